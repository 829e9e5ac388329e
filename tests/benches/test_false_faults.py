"""The simulation of honest tables, with a few of them."""

import numpy as np
from benches.false_faults import NARROW, count, table


def test_honest_tables_are_counted() -> None:
    found = count(3, 300, 200)
    assert (found.faults, found.narrow_faults) == (0, 0)


def test_many_rows_of_the_narrow_tables_occur_before() -> None:
    narrow = table(2000, np.random.default_rng(0))[NARROW]
    assert narrow.duplicated().mean() > 0.3
