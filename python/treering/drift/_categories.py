"""Columns of categories: how often each one of the reference occurs, then and now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._categories import MOST_KEPT
from treering._checks import is_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from treering._categories import CategoryCounts
    from treering._frames import Table

MOST_ROWS = (1 << 32) - 1
"""Rows of a table that is compared: places of sorted values and counts take 32 bits."""

OTHER = "(other)"
"""The label of categories that are counted together."""

_LEAST = 10
"""Categories that occur less often in both samples together are counted as one."""


@dataclass(frozen=True)
class ReferenceCategories:
    """The categories of a column of the reference.

    Attributes
    ----------
    counts
        By category, the most frequent first; at most 4,096.
    rest
        How often all others occur.
    missing
        How many values are missing.
    """

    counts: dict[str, int]
    rest: int
    missing: int

    @classmethod
    def of(cls, column: CategoryCounts) -> ReferenceCategories:
        """Keep the most frequent categories."""
        kept = dict(list(column.counts.items())[:MOST_KEPT])
        return cls(kept, column.size - sum(kept.values()), column.missing)

    @classmethod
    def from_header(cls, counts: Any, rest: Any, missing: Any) -> ReferenceCategories:
        """Read what a stored reference says; whatever does not fit is a ValueError."""
        named = {str(label): int(count) for label, count in counts.items()}
        numbers = (*named.values(), int(rest), int(missing))
        if not all(0 <= number <= MOST_ROWS for number in numbers) or len(named) > MOST_KEPT:
            raise ValueError("the counts of a column of categories are none")
        return cls(named, int(rest), int(missing))

    @property
    def size(self) -> int:
        """How many values there were, missing ones not counted."""
        return sum(self.counts.values()) + self.rest

    def beside(self, current: CategoryCounts) -> tuple[list[str], list[int], list[int]]:
        """Return labels, and how often each occurs in the reference and now."""
        return side_by_side(self.counts, current.counts, self.rest)

    def codes(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Return the place of each value among the categories, -1 where it is missing."""
        places = {label: place for place, label in enumerate(self.counts)}
        other = len(places)
        return np.array(
            [-1 if value is None else places.get(value, other) for value in values.tolist()],
            dtype=np.int64,
        )


def side_by_side(
    before: Mapping[str, int],
    now: Mapping[str, int],
    rest: int = 0,
) -> tuple[list[str], list[int], list[int]]:
    """Return labels, and how often each occurs in two samples; rare ones are counted together.

    Which ones are rare is told by both samples together, so that where nothing has changed neither
    of them has more of these than the other. `rest` are values of the first sample whose categories
    are not listed; those that the second sample alone has may be among them.
    """
    sizes = sum(before.values()) + rest, sum(now.values())
    least = max(_LEAST, sum(sizes) / MOST_KEPT)
    labels: list[str] = []
    counts: tuple[list[int], list[int]] = ([], [])
    for label in [*before, *(label for label in now if label not in before)]:
        pair = before.get(label, 0), now.get(label, 0)
        if (pair[0] or not rest) and sum(pair) >= least:
            labels.append(label)
            for side, count in zip(counts, pair, strict=True):
                side.append(count)
    others = [size - sum(side) for size, side in zip(sizes, counts, strict=True)]
    if any(others):
        labels.append(OTHER)
        for side, count in zip(counts, others, strict=True):
            side.append(count)
    return labels, *counts


def some_labels(table: Table, name: str, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Return the values of a column of categories in some rows as texts, None where missing."""
    raw = table.raw(name)
    chosen = raw[rows].tolist() if isinstance(raw, np.ndarray) else raw[rows.tolist()].to_list()
    found = np.empty(len(chosen), dtype=object)
    found[:] = [None if is_missing(value) else str(value) for value in chosen]
    return found


def refuse_too_many(rows: int, what: str) -> None:
    """Refuse a table of more rows than are compared one by one."""
    if rows > MOST_ROWS:
        raise ValueError(
            f"{what} has {rows:,} rows, where {MOST_ROWS:,} are the most that are compared one by "
            "one; give profiles, which Profile.of(data) makes, or fewer rows"
        )
