"""Some rows of the reference as they are: what windows look like in which nothing has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treering.drift._categories import some_labels

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from treering._frames import Table
    from treering.drift._categories import ReferenceCategories

MOST_ROWS = 10_000


@dataclass(frozen=True)
class Pool:
    """Rows of the reference.

    Attributes
    ----------
    rows
        How many.
    numbers
        By column of numbers: their values, NaN where missing.
    codes
        By column of categories: their places among the reference's, -1 where missing.
    """

    rows: int
    numbers: dict[str, NDArray[np.float64]]
    codes: dict[str, NDArray[np.int64]]

    @classmethod
    def of(
        cls,
        table: Table,
        numbers: Collection[str],
        categories: Mapping[str, ReferenceCategories],
    ) -> Pool:
        """Take rows at random, always the same ones of a table."""
        chosen = np.arange(table.rows)
        if table.rows > MOST_ROWS:
            rng = np.random.default_rng(0)
            chosen = np.sort(rng.choice(table.rows, MOST_ROWS, replace=False))
        return cls(
            len(chosen),
            {name: _numbers(table, name, chosen) for name in numbers},
            {
                name: column.codes(some_labels(table, name, chosen))
                for name, column in categories.items()
            },
        )

    def to_bytes(self) -> bytes:
        """Write the columns one after the other, in eight bytes for each value."""
        columns = [*self.numbers.values(), *self.codes.values()]
        return b"".join(
            column.astype(column.dtype.newbyteorder("<")).tobytes() for column in columns
        )

    @classmethod
    def from_bytes(
        cls,
        data: bytes,
        rows: Any,
        numbers: Collection[str],
        categories: Mapping[str, ReferenceCategories],
    ) -> Pool | None:
        """Read what :meth:`to_bytes` wrote; whatever does not fit is a ValueError."""
        if not rows:
            return None
        columns = len(numbers) + len(categories)
        if not isinstance(rows, int) or rows > MOST_ROWS or len(data) != 8 * rows * columns:
            raise ValueError("its rows are not as many as it says")
        values = np.frombuffer(data, "<f8").reshape(columns, rows)
        codes = np.frombuffer(data, "<i8").reshape(columns, rows)[len(numbers) :]
        for column, found in zip(categories.values(), codes, strict=True):
            if found.min() < -1 or found.max() > len(column.counts):
                raise ValueError("a row holds a category that there is not")
        return cls(
            rows,
            {name: values[place].astype(np.float64) for place, name in enumerate(numbers)},
            {name: codes[place].astype(np.int64) for place, name in enumerate(categories)},
        )


def _numbers(table: Table, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    values = table.column(name)
    assert not isinstance(values, str)
    return np.asarray(values[rows], dtype=np.float64)
