"""The scores of one window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._axis import label_text
from treering._results import Result, interval_columns, label_column, number_text, python_label

if TYPE_CHECKING:
    from treering.metrics import Interval


@dataclass(frozen=True, repr=False)
class WindowPerformance(Result, Mapping[str, float]):
    """The scores of one window: a mapping from metric to value.

    Attributes
    ----------
    window : object
        The window's label.
    count : int
        How many rows it has.
    intervals : dict
        Metric to its value and confidence interval.
    backend : str or None
        The library that the labels came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.performance import track
    >>> row = track([0, 1, 1, 0], [0, 1, 0, 0])[-1]
    >>> row["accuracy"], row.intervals["accuracy"].low < 0.75
    (0.75, True)
    """

    window: Any
    count: int
    intervals: dict[str, Interval]
    backend: str | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, metric: str) -> float:
        return self.intervals[metric].value

    def __iter__(self) -> Iterator[str]:
        return iter(self.intervals)

    def __len__(self) -> int:
        return len(self.intervals)

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain Python values.

        Returns
        -------
        dict
            ``{"window": ..., "count": ..., "accuracy": {"value": ..., "low": ..., "high": ...}}``
        """
        scores = {name: interval._asdict() for name, interval in self.intervals.items()}
        return {"window": python_label(self.window), "count": self.count, **scores}

    def _lines(self) -> list[tuple[str, str]]:
        scores = [
            (label_text(name), score_text(found, wide=True))
            for name, found in self.intervals.items()
        ]
        return [("window", label_text(self.window)), ("count", f"{self.count:,}"), *scores]

    @classmethod
    def _table(cls, rows: Sequence[Self]) -> dict[str, Any]:
        return {
            "window": label_column([row.window for row in rows]),
            "count": [row.count for row in rows],
            **interval_columns(row.intervals for row in rows),
        }


def score_text(interval: Interval, *, wide: bool) -> str:
    """Write a score, with the ends of its interval if there is room and they are known."""
    value, low, high = interval
    if not wide or np.isnan(low):
        return number_text(value)
    return f"{number_text(value)} [{number_text(low)}, {number_text(high)}]"
