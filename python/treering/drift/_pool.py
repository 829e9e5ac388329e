"""Some rows of the reference as they are: what windows look like in which nothing has changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._text import counted
from treering.drift._categories import some_labels

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from treering._core.drift import ReferenceColumn
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
        numbers: Mapping[str, ReferenceColumn],
        categories: Mapping[str, ReferenceCategories],
        table_rows: int,
    ) -> Pool | None:
        """Read what :meth:`to_bytes` wrote; whatever does not fit is a ValueError."""
        if not rows:
            return None
        columns = len(numbers) + len(categories)
        if not isinstance(rows, int) or rows > MOST_ROWS or len(data) != 8 * rows * columns:
            raise ValueError("its rows are not as many as it says")
        if rows != min(table_rows, MOST_ROWS):
            raise ValueError(f"it keeps {counted(rows, 'row')} of {table_rows:,}")
        values = np.frombuffer(data, "<f8").reshape(columns, rows)[: len(numbers)]
        codes = np.frombuffer(data, "<i8").reshape(columns, rows)[len(numbers) :]
        for name, found in zip(numbers, values, strict=True):
            _refuse_strange_numbers(name, numbers[name], found)
        for name, found in zip(categories, codes, strict=True):
            _refuse_strange_codes(name, categories[name], found)
        return cls(
            rows,
            {name: values[place].astype(np.float64) for place, name in enumerate(numbers)},
            {name: codes[place].astype(np.int64) for place, name in enumerate(categories)},
        )


def _refuse_strange_numbers(name: str, column: ReferenceColumn, found: NDArray[np.float64]) -> None:
    """Refuse rows that are none of the column: windows of them would look like anything."""
    is_missing = np.isnan(found)
    if np.count_nonzero(is_missing) > column.missing:
        raise ValueError(f"more rows lack column {name!r} than there are")
    present = found[~is_missing]
    if not ((present >= column.minimum) & (present <= column.maximum)).all():
        raise ValueError(f"a row holds a number that column {name!r} does not")
    is_whole = len(found) == column.size + column.missing
    if is_whole and not np.array_equal(np.sort(present), np.sort(column.values())):
        raise ValueError(f"the rows hold other numbers than column {name!r}")


def _refuse_strange_codes(name: str, column: ReferenceCategories, found: NDArray[np.int64]) -> None:
    """Refuse rows that are none of the column, or hold a category more often than it does."""
    most = [column.missing, *column.counts.values(), column.rest]
    if found.min() < -1 or found.max() > len(column.counts):
        raise ValueError("a row holds a category that there is not")
    if (np.bincount(found + 1, minlength=len(most)) > most).any():
        raise ValueError(f"more rows hold a category of column {name!r} than there are")


def _numbers(table: Table, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    values = table.column(name)
    assert not isinstance(values, str)
    return np.asarray(values[rows], dtype=np.float64)
