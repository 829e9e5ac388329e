"""Tables as matrices of numbers, for methods that look at all columns together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import narwhals as nw
import numpy as np

from treering._categories import MOST_KEPT, read_categories, why_not
from treering._checks import is_missing
from treering._text_columns import TEXT_TYPES, read_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._frames import Table


@dataclass(frozen=True)
class FeatureReader:
    """How the columns of a table become numbers, told from one table and used for any.

    A category is its place among those of the table, the most frequent first; one that the table
    does not have comes after them all. Missing values are NaN.

    Attributes
    ----------
    names
        The columns that are used, in their order.
    categories
        The categories of a column of them.
    skipped
        Columns that are not used, and why.
    """

    names: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]
    skipped: dict[str, str]

    @classmethod
    def of(cls, table: Table, wanted: Sequence[str] | None = None) -> Self:
        """Choose those of the columns that can be used."""
        if not table.rows:
            raise ValueError(f"{table.what} has no rows")
        names: list[str] = []
        categories: dict[str, tuple[str, ...]] = {}
        skipped: dict[str, str] = {}
        for name in table.names if wanted is None else wanted:
            values = table.column(name)
            if not isinstance(values, str):
                if np.isnan(values).all():
                    skipped[name] = "holds no values"
                else:
                    names.append(name)
                continue
            counts = read_categories(table, name)
            why = values if counts == "" else counts
            if not isinstance(counts, str):
                why = why_not(counts, table.rows) or ""
            if isinstance(counts, str) or why:
                skipped[name] = str(why)
            else:
                names.append(name)
                categories[name] = tuple(counts.counts)[:MOST_KEPT]
        return cls(tuple(names), categories, skipped)

    def column(self, table: Table, name: str) -> NDArray[np.float64] | str:
        """Return a column as numbers, or why that cannot be."""
        if name not in table.names:
            return f"is not in {table.what}"
        values = table.column(name)
        labels = self.categories.get(name)
        is_text = isinstance(values, str) and _holds_texts(table, name)
        if labels is None:
            if not isinstance(values, str):
                return values
            return "holds categories in " + table.what if is_text else values
        if not is_text:
            if not isinstance(values, str) and np.isnan(values).all():
                return values
            return f"holds no categories in {table.what}"
        return _places(table, name, labels)

    def read(self, table: Table) -> NDArray[np.float64]:
        """Return the columns of a table as a matrix; it must have all of them."""
        columns = []
        for name in self.names:
            values = self.column(table, name)
            if isinstance(values, str):
                told = f"column {name!r} {values}; the reference has it"
                raise ValueError(told)  # noqa: TRY004 - the text says why it cannot be read
            columns.append(values)
        if not columns:
            return np.empty((table.rows, 0))
        return np.column_stack(columns).astype(np.float64, copy=False)


def _holds_texts(table: Table, name: str) -> bool:
    raw = table.raw(name)
    if isinstance(raw, nw.Series) and raw.dtype in TEXT_TYPES:
        return True
    return not isinstance(read_categories(table, name), str)


def _places(table: Table, name: str, labels: Sequence[str]) -> NDArray[np.float64]:
    """Return the place of each value among the labels, NaN where it is missing."""
    raw = table.raw(name)
    if isinstance(raw, nw.Series) and raw.dtype in TEXT_TYPES:
        texts = read_texts(raw)
        found = None if texts is None else texts.find([[*labels, None, math.nan]])
        if found is not None:
            places = found[0][:, 0].astype(np.float64)
            is_missing_value = places >= len(labels)
            places[places < 0] = len(labels)
            places[is_missing_value] = math.nan
            return places
    return _places_of_objects(raw, labels)


def _places_of_objects(raw: Any, labels: Sequence[str]) -> NDArray[np.float64]:
    places = {label: float(place) for place, label in enumerate(labels)}
    values = raw.tolist() if isinstance(raw, np.ndarray) else raw.to_list()
    others = float(len(places))

    def place(value: Any) -> float:
        return math.nan if is_missing(value) else places.get(str(value), others)

    # Most values are texts, found at once; what is not may be missing, new or no text.
    found = (places.get(value) for value in values)
    return np.array(
        [
            place(value) if known is None else known
            for value, known in zip(values, found, strict=True)
        ],
        dtype=np.float64,
    )
