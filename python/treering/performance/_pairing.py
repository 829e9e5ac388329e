"""Scores that were expected beside those that came, window by window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import key_text, moment_of
from treering._checks import shown
from treering._results import Result
from treering.performance._windows import own_order

if TYPE_CHECKING:
    from treering.metrics import Interval
    from treering.performance._history import PerformanceHistory
    from treering.performance._maturity import LabelMaturity, Maturity


@dataclass(frozen=True, repr=False)
class ScoredWindow(Result):
    """One metric in one window: what was expected of it, and what it came to.

    Attributes
    ----------
    window : object
        The window's label.
    metric : str
        The metric.
    estimated : Interval or None
        What was expected without labels.
    realised : Interval or None
        What it came to, as far as labels have come.
    state : str or None
        "final", "provisional" or "no labels", if it is known how far labels have come.
    labelled : float or None
        The share of labels that have come, if it is known.
    backend : str or None
        The library that the labels came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.performance import performance_report, track
    >>> performance_report(track([0, 1], [0, 1])).scores[0].realised.value
    1.0
    """

    window: Any
    metric: str
    estimated: Interval | None
    realised: Interval | None
    state: Maturity | None = None
    labelled: float | None = None
    backend: str | None = field(default=None, repr=False, compare=False)

    @property
    def as_expected(self) -> bool | None:
        """Whether the realised score lies in the interval that was expected; None if unknown.

        It is not known while labels are still coming: the interval is that of all rows.
        """
        if self.estimated is None or self.realised is None or self.state == "provisional":
            return None
        ends = self.estimated.low, self.estimated.high
        if np.isnan([*ends, self.realised.value]).any():
            return None
        return bool(ends[0] <= self.realised.value <= ends[1])


def check_labels(history: PerformanceHistory, estimate: PerformanceHistory) -> None:
    """Refuse windows that could never be the same, since only one side's are moments."""
    kinds = [{_kind_of_label(row.window) for row in side} for side in (history, estimate)]
    if kinds[0] != kinds[1] and not shared_windows(history, estimate):
        raise ValueError(
            f"windows of history, such as {shown(history[0].window)}, and of estimate, such as "
            f"{shown(estimate[0].window)}, are labelled in two ways, so that none are the same; "
            "give both the same window="
        )


def _kind_of_label(label: Any) -> str:
    if moment_of(label) is not None:
        return "moment"
    return "text" if isinstance(label, str) else "other"


def shared_windows(history: PerformanceHistory, estimate: PerformanceHistory) -> set[str]:
    """Return the windows that are in both."""
    return {key_text(row.window) for row in history} & {key_text(row.window) for row in estimate}


def states_of(maturity: LabelMaturity | None) -> dict[str, tuple[Maturity, float | None]]:
    """Return by window whether its labels have come, and what share of them."""
    return {key_text(row.window): (row.state, row.share) for row in maturity or ()}


def paired_scores(
    history: PerformanceHistory | None,
    estimate: PerformanceHistory | None,
    maturity: LabelMaturity | None,
    backend: str | None,
) -> tuple[ScoredWindow, ...]:
    """Pair the scores of windows of the same label; windows that one side lacks stand alone."""
    states = states_of(maturity)
    expected, come = (
        {key_text(row.window): row for row in side or ()} for side in (estimate, history)
    )
    known = {key: row.window for side in (expected, come) for key, row in side.items()}
    keys, windows = [*known], [*known.values()]
    order = own_order(windows)
    labels = {keys[place]: windows[place] for place in order or range(len(keys))}
    found = []
    for key, label in labels.items():
        before, after = expected.get(key), come.get(key)
        state, share = states.get(key, (None, None))
        found += [
            ScoredWindow(
                window=label,
                metric=metric,
                estimated=None if before is None else before.intervals.get(metric),
                realised=None if after is None else after.intervals.get(metric),
                state=state,
                labelled=share,
                backend=backend,
            )
            for metric in dict.fromkeys(metric for row in (before, after) for metric in row or ())
        ]
    return tuple(found)
