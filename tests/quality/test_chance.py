"""What chance explains is exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from treering.quality._chance import chance_of_more, chance_of_new_categories


@given(
    rows=st.integers(1, 400),
    reference_rows=st.integers(1, 400),
    data=st.data(),
)
def test_tails_are_the_hypergeometric_law(rows, reference_rows, data):
    now = data.draw(st.integers(0, rows))
    before = data.draw(st.integers(0, reference_rows))
    found = chance_of_more(now, rows, before, reference_rows)
    marked, total = now + before, rows + reference_rows
    if now * total <= marked * rows:
        assert found == 1
    else:
        law = stats.hypergeom(total, marked, rows)
        assert found == pytest.approx(law.sf(now - 1), rel=1e-8, abs=1e-300)


def test_tails_of_many_rows_are_found_at_once():
    found = chance_of_more(1200, 10**6, 1000, 10**6)
    assert found == pytest.approx(stats.hypergeom(2 * 10**6, 2200, 10**6).sf(1199), rel=1e-5)
    assert chance_of_more(10**6, 10**6, 0, 10**6) == 0.0


def test_the_largest_values_are_dealt_out_by_chance():
    assert chance_of_more(3, 10, 0, 30) == pytest.approx(10 * 9 * 8 / (40 * 39 * 38))


def test_new_categories_are_as_many_as_those_that_came_once():
    assert chance_of_new_categories(0, 100, 5, 100) == 1.0
    assert chance_of_new_categories(1, 100, 0, 300) == pytest.approx(0.25)
    assert chance_of_new_categories(8, 50, 3, 100) == pytest.approx(
        stats.binom.sf(7, 11, 1 / 3), rel=1e-12
    )
