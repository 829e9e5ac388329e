"""Tables as matrices of numbers, for methods that look at all columns together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._checks import is_missing
from treering._frames import is_array, read_table
from treering._text import counted
from treering.drift._categories import MOST_KEPT, read_categories, why_not
from treering.drift._match import refuse_strangers
from treering.drift._reference import select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._frames import Table


@dataclass(frozen=True)
class Features:
    """The columns that both tables have and that can be turned into numbers.

    Attributes
    ----------
    names
        The columns, in the order of the reference.
    categories
        The categories of a column of them in the reference, the most frequent first.
    reference, current
        The numbers: a row for each row, NaN where a value is missing. A category is its place among
        those of the reference; one that the reference does not have comes after them all.
    skipped
        Columns that are not used, and why.
    backend
        The library that the current table came from.
    """

    names: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]
    reference: NDArray[np.float64]
    current: NDArray[np.float64]
    skipped: dict[str, str]
    backend: str | None

    @classmethod
    def read(cls, reference: Any, current: Any, columns: Sequence[str] | None) -> Self:
        """Read two tables; columns of tables go by name, those of arrays by position."""
        names_arrays = columns if is_array(reference) else None
        before = _with_rows(read_table(reference, names=names_arrays, what="reference"))
        names = before.names if is_array(current) else None
        now = _with_rows(read_table(current, names=names, what="current"))
        if now.named and not before.named and names_arrays is None:
            raise ValueError(
                "current is a table and reference an array whose columns have no names; name them "
                f"by columns=[...], {len(before.names)} in all, or give the reference as a table"
            )
        wanted = before.names
        if columns is not None and before.named:
            wanted = select(before.names, columns, where="reference")
        refuse_strangers(wanted, now.names)
        skipped = {name: "not in the reference" for name in now.names if name not in before.names}
        read: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        categories: dict[str, tuple[str, ...]] = {}
        for name in wanted:
            found = _numbers(before, now, name)
            if isinstance(found, str):
                found = _categories(before, now, name, categories)
            if isinstance(found, str):
                skipped[name] = found
            else:
                read[name] = found
        if not read:
            raise ValueError(
                "there is no column that both tables have and that can be used; skipped: "
                + ", ".join(f"{name!r} ({why})" for name, why in skipped.items())
            )
        matrices = [
            np.column_stack([pair[side] for pair in read.values()]).astype(np.float64, copy=False)
            for side in (0, 1)
        ]
        return cls(tuple(read), categories, matrices[0], matrices[1], skipped, now.backend)


def _with_rows(table: Table) -> Table:
    if not table.rows:
        raise ValueError(f"{table._what} has no rows")
    return table


_ABSENT = "not in the current table"


def _numbers(
    before: Table, now: Table, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | str:
    """Return a column of numbers of both tables, or why that cannot be."""
    if name not in now.names:
        return _ABSENT
    found = before.column(name), now.column(name)
    for values, table in zip(found, (before, now), strict=True):
        if isinstance(values, str):
            return f"{values} in {table._what}"
    if np.isnan(found[0]).all():
        return "holds no values in reference"
    return found  # type: ignore[return-value]


def _categories(
    before: Table, now: Table, name: str, categories: dict[str, tuple[str, ...]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | str:
    """Return a column of categories of both tables as places, or why that cannot be."""
    if name not in now.names:
        return _ABSENT
    counts = read_categories(before, name)
    if isinstance(counts, str):
        return counts or "holds neither numbers nor texts"
    if not counts.counts:
        return "holds no values in reference"
    if why := why_not(counts, before.rows):
        return why
    if isinstance(read_categories(now, name), str) and not _is_empty(now, name):
        return "holds categories in reference and something else in current"
    labels = tuple(counts.counts)[:MOST_KEPT]
    categories[name] = labels
    places = {label: float(place) for place, label in enumerate(labels)}
    return _places(before, name, places), _places(now, name, places)


def _is_empty(table: Table, name: str) -> bool:
    values = table.column(name)
    return not isinstance(values, str) and bool(np.isnan(values).all())


def _places(table: Table, name: str, places: dict[str, float]) -> NDArray[np.float64]:
    raw = table.raw(name)
    values = raw.tolist() if isinstance(raw, np.ndarray) else raw.to_list()
    others = float(len(places))
    return np.array(
        [math.nan if is_missing(value) else places.get(str(value), others) for value in values],
        dtype=np.float64,
    )


def rows_needed(features: Features, least: int) -> str | None:
    """Say which side has too few rows, if one has."""
    for side, rows in (("reference", features.reference), ("current", features.current)):
        if len(rows) < least:
            return f"{side} has {counted(len(rows), 'row')}; {least} are needed"
    return None
