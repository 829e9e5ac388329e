"""What is known of one column of a table, as far as expectations are about it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._checks import is_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treering.profile import Profile

GRID = tuple(np.linspace(0.0, 1.0, 201).tolist())
"""Shares at which quantiles are kept: a value that fills one of their steps is frequent."""

_LEAST_COUNTED = 50
_MOST_COUNTED = 2**40
_EXACT = 2.0**53
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class ColumnFacts:
    """What is known of one column.

    Attributes
    ----------
    rows, missing
        How many rows there are, and how many have no value.
    kinds
        How many values there are of each kind.
    distinct
        How many distinct values; None where several kinds are mixed.
    infinite
        How many numbers are infinite.
    quantiles
        Of numbers at the shares of :data:`GRID`, of times in seconds since 1970; empty if there
        are neither.
    categories
        How often each text occurs; None if there are too many to know all.
    most_frequent
        How often the most frequent value occurs, at least.
    """

    rows: int
    missing: int
    kinds: dict[str, int]
    distinct: int | None
    infinite: int
    quantiles: tuple[float, ...]
    categories: dict[str, int] | None
    most_frequent: int

    @property
    def values(self) -> int:
        """How many values there are, missing ones not counted."""
        return self.rows - self.missing

    @property
    def missing_share(self) -> float:
        """The share of missing values; 0 without rows."""
        return self.missing / self.rows if self.rows else 0.0

    @property
    def top_share(self) -> float:
        """The share of the most frequent value, at least; 0 without values."""
        return self.most_frequent / self.values if self.values else 0.0

    @property
    def is_constant(self) -> bool:
        """Whether there is one value alone."""
        return self.distinct == 1

    @property
    def is_exact(self) -> bool:
        """Whether numbers are no larger than double precision tells apart."""
        return not self.quantiles or max(map(abs, self.quantiles[:: len(GRID) - 1])) < _EXACT

    @property
    def is_of_dates(self) -> bool:
        """Whether there are times, or texts that all begin as dates do."""
        if "times" in self.kinds:
            return True
        named = self.categories or {}
        return bool(named) and all(_DATE.match(text) for text in named)

    @property
    def counts_rows(self) -> bool:
        """Whether there are whole numbers with few gaps and, as far as is known, each once."""
        values = self.kinds.get("numbers", 0)
        if values < _LEAST_COUNTED or self.distinct is None or self.infinite:
            return False
        width = self.quantiles[-1] - self.quantiles[0]
        is_whole = all(value == round(value) for value in self.quantiles)
        return is_whole and self.distinct > 0.95 * values and width < 2 * values

    @classmethod
    def of(cls, profile: Profile, name: str) -> Self:
        """Read what a profile knows of a column."""
        column = profile[name]
        kinds = dict(column.kinds)
        quantiles: tuple[float, ...] = ()
        if "numbers" in kinds or "times" in kinds:
            quantiles = tuple(profile.quantile(name, GRID).tolist())
        categories = profile.value_counts(name) if "texts" in kinds else {}
        top = _frequency_by_quantiles(quantiles, kinds.get("numbers", kinds.get("times", 0)))
        if "texts" in kinds:
            top = max(top, column.top_count or 0)
        if "truth values" in kinds:
            true = column.true or 0
            top = max(top, true, kinds["truth values"] - true)
        return cls(
            rows=column.rows,
            missing=column.missing,
            kinds=kinds,
            distinct=column.distinct,
            infinite=column.infinite or 0,
            quantiles=quantiles,
            # Beyond 4,096 a profile keeps the most frequent ones, and counts them in part.
            categories=categories if sum(categories.values()) == kinds.get("texts", 0) else None,
            most_frequent=sum(kinds.values()) if column.distinct == 1 else top,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain Python values."""
        return {
            "rows": self.rows,
            "missing": self.missing,
            "kinds": dict(self.kinds),
            "distinct": self.distinct,
            "infinite": self.infinite,
            "quantiles": [value if np.isfinite(value) else str(value) for value in self.quantiles],
            "categories": None if self.categories is None else dict(self.categories),
            "most_frequent": self.most_frequent,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` returned; what does not fit is a ValueError."""
        rows, missing, infinite, most_frequent = (
            read_count(values[name]) for name in ("rows", "missing", "infinite", "most_frequent")
        )
        quantiles = tuple(float(value) for value in values["quantiles"])
        ascending = all(a <= b for a, b in itertools.pairwise(quantiles))
        if len(quantiles) not in {0, len(GRID)} or not ascending:
            raise ValueError("quantiles do not ascend")
        categories = values["categories"]
        distinct = values["distinct"]
        return cls(
            rows=rows,
            missing=min(missing, rows),
            kinds={str(kind): read_count(count) for kind, count in dict(values["kinds"]).items()},
            distinct=None if distinct is None else read_count(distinct),
            infinite=infinite,
            quantiles=quantiles,
            categories=None
            if categories is None
            else {str(text): read_count(count) for text, count in dict(categories).items()},
            most_frequent=min(most_frequent, rows),
        )


def _frequency_by_quantiles(quantiles: tuple[float, ...], count: int) -> int:
    """Return how often the most frequent number occurs, at least: it fills steps of the grid."""
    longest = run = 0
    for first, second in itertools.pairwise(quantiles):
        run = run + 1 if first == second else 0
        longest = max(longest, run)
    return longest * count // (len(GRID) - 1)


def read_count(value: Any) -> int:
    """Read a number of rows; what is none is a ValueError."""
    if not is_number(value) or not 0 <= value <= _MOST_COUNTED or value % 1:
        raise ValueError(f"{value!r} is no count")
    return int(value)
