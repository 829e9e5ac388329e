"""What a forest answers for rows of which one column after the other is shuffled."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from treering._core.ensemble import Forest

# Answers that are kept at a time: 64 MB, unless those of one shuffle are more.
_MOST_ANSWERS = 1 << 23


def shuffled_answers(
    forest: Forest,
    read: Callable[..., NDArray[np.float64]],
    orders: NDArray[np.uint32],
    n_jobs: int | None,
) -> Iterator[NDArray[np.float64]]:
    """Yield answers column by column and order by order; `read` has the core read the rows."""
    count, rows = orders.shape
    answers = max(1, rows * forest.width)
    orders_together = min(count, max(1, _MOST_ANSWERS // answers))
    columns_together = max(1, _MOST_ANSWERS // (answers * max(1, count)))
    for first in range(0, forest.columns, columns_together):
        columns = first, min(first + columns_together, forest.columns)
        for start in range(0, count, orders_together):
            yield from read(columns, orders[start : start + orders_together], n_jobs)


class KnownAnswers:
    """A forest of the core that has answers for rows, whatever rows it is given."""

    def __init__(self, answers: NDArray[np.float64]) -> None:
        self._answers = answers

    def predict(self, _rows: Any, _n_jobs: int | None) -> NDArray[np.float64]:
        """Return the answers."""
        return self._answers

    def predict_codes(self, _rows: Any, _n_jobs: int | None) -> NDArray[np.int64]:
        """Return the place of the largest answer of each row, the first of equals."""
        codes: NDArray[np.int64] = self._answers.argmax(axis=1)
        return codes
