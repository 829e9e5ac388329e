"""Categories, and how often each of them occurs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from treering._checks import is_missing, one_dimension
from treering._text import counted
from treering._text_columns import TEXT_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treering._frames import Table

MOST_KEPT = 4096
"""Categories of a column that are kept, the most frequent ones."""


@dataclass(frozen=True)
class CategoryCounts:
    """How often each category of a column occurs.

    Attributes
    ----------
    counts
        By category, the most frequent first.
    missing
        How many values are missing.
    """

    counts: dict[str, int]
    missing: int

    @property
    def size(self) -> int:
        """How many values there are, missing ones not counted."""
        return sum(self.counts.values())


def read_categories(table: Table, name: str) -> CategoryCounts | str:
    """Count the categories of a column, or say why that cannot be; "" if it holds none at all."""
    raw = table.raw(name)
    dtype = raw.dtype
    is_objects = dtype in (nw.Object, object)
    if not (is_objects or dtype in TEXT_TYPES):
        return ""
    try:
        counts, missing = count_categories(raw)
    except TypeError:  # objects that cannot be told apart, such as lists
        return "holds values that are no categories"
    if is_objects and not all(isinstance(category, str) for category in counts):
        kinds = sorted({type(category).__name__ for category in counts})
        return f"holds {' and '.join(kinds)} values"
    named: Counter[str] = Counter()
    for category, count in counts.items():
        named[str(category)] += count
    return CategoryCounts(dict(sorted(named.items(), key=most_first)), missing)


def why_not(column: CategoryCounts, rows: int) -> str | None:
    """Say why a column cannot be compared, as one whose values hardly ever repeat."""
    distinct = len(column.counts)
    if distinct > max(MOST_KEPT, rows // 2) or (distinct > 100 and distinct > 0.9 * column.size):
        return f"holds {counted(distinct, 'different text')} in {rows:,} rows, like an identifier"
    return None


def count_categories(values: Any) -> tuple[dict[Any, int], int]:
    """Return how often each category occurs, and how many values are missing."""
    pairs: Iterator[tuple[Any, Any]]
    column = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(column, nw.Series):
        table = column.alias("category").value_counts(name="count")
        pairs = zip(table["category"].to_list(), table["count"].to_list(), strict=True)
    else:
        array = np.asarray(values, dtype=object if isinstance(values, list | tuple) else None)
        if one_dimension("a sample", array).dtype.kind == "O":
            pairs = iter(Counter(array.tolist()).items())
        else:
            found, often = np.unique(array, return_counts=True)
            pairs = zip(found.tolist(), often.tolist(), strict=True)
    counts: Counter[Any] = Counter()
    missing = 0
    for category, count in pairs:
        if category is None or is_missing(category):
            missing += int(count)
        else:
            counts[category] += int(count)
    return dict(counts), missing


def most_first(item: tuple[Any, int]) -> tuple[int, str]:
    """Sort categories and their counts, the most frequent first."""
    return (-item[1], str(item[0]))
