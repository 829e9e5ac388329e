"""A test that fails where a model is not good enough."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from treering._axis import label_text
from treering._checks import as_float, boolean, is_number, shown
from treering._results import number_text
from treering._text import counted
from treering.performance import PerformanceHistory, track
from treering.testing._message import failure

if TYPE_CHECKING:
    from treering.metrics import Interval
    from treering.performance import WindowPerformance


def assert_performance(
    y_true: Any,
    y_pred: Any = None,
    *,
    at_least: Mapping[str, float] | None = None,
    at_most: Mapping[str, float] | None = None,
    sure: bool = False,
    **options: Any,
) -> PerformanceHistory:
    """Fail if a score is not as good as it has to be, in any window.

    Parameters
    ----------
    y_true, y_pred
        True and predicted values, as in :func:`treering.performance.track`; or a
        :class:`~treering.performance.PerformanceHistory` alone, realised or estimated.
    at_least, at_most
        Mappings from metrics, such as ``accuracy`` or ``mean_absolute_error``, to their bounds.
    sure
        Whether the whole confidence interval has to keep the bound, and not the score alone: a
        few lucky rows do not pass. Scores of functions have no interval.
    **options
        Those of :func:`treering.performance.track`, such as ``window`` or ``y_proba``.

    Returns
    -------
    PerformanceHistory

    Raises
    ------
    AssertionError
        With a line for each score that misses its bound: by how much, its interval, its rows.
    TypeError, ValueError
        If bounds are no numbers or of no metric, or `sure` asks for intervals that there are not.

    Examples
    --------
    >>> from treering.testing import assert_performance
    >>> truth, said = [0, 1] * 50, [0, 1] * 45 + [1, 0] * 5
    >>> assert_performance(truth, said, at_least={"accuracy": 0.9})[0]["accuracy"]
    0.9
    >>> assert_performance(truth, said, at_least={"accuracy": 0.95})
    Traceback (most recent call last):
        ...
    AssertionError: 1 of 1 score misses its bound
      accuracy: 0.9000 [0.8256, 0.9448] in 100 rows, at least 0.95 expected: 0.05 too low
    """
    __tracebackhide__ = True
    bounds = _bounds(at_least, at_most)
    is_sure = boolean("sure", sure)
    if isinstance(y_true, PerformanceHistory):
        if y_pred is not None or options:
            raise TypeError("a PerformanceHistory takes neither y_pred nor options of track()")
        history = y_true
        _require(history, bounds)
    else:
        options.setdefault("metrics", [*dict.fromkeys(metric for metric, _, _ in bounds)])
        history = track(y_true, y_pred, **options)
        _require(history, bounds)
    if is_sure:
        _require_intervals(history, bounds)
    wrong = []
    for window in history:
        for metric, side, bound in bounds:
            missed = _missed(window.intervals[metric], side, bound, sure=is_sure)
            if missed is not None:
                where = f"{label_text(window.window)}: " if len(history) > 1 else ""
                wrong.append(where + _line(metric, window, side, bound, missed, sure=is_sure))
    if wrong:
        scores = counted(len(bounds) * len(history), "score")
        misses = "misses its bound" if len(wrong) == 1 else "miss their bounds"
        raise failure(f"{len(wrong):,} of {scores} {misses}", wrong)
    return history


def _bounds(
    at_least: Mapping[str, float] | None, at_most: Mapping[str, float] | None
) -> list[tuple[str, str, float]]:
    """Return metrics, "least" or "most", and bounds."""
    found = []
    for side, given in (("least", at_least), ("most", at_most)):
        if given is None:
            continue
        if not isinstance(given, Mapping):
            raise TypeError(
                f"at_{side} must be a mapping from metrics to bounds, such as "
                f"{{'accuracy': 0.9}}; got {shown(given)}"
            )
        for metric, bound in given.items():
            if not is_number(bound) or math.isnan(as_float(f"at_{side}", bound)):
                raise TypeError(f"at_{side}[{metric!r}] must be a number; got {shown(bound)}")
            found.append((str(metric), side, float(bound)))
    if not found:
        raise ValueError("no bound is given: name one, such as at_least={'accuracy': 0.9}")
    return found


def _require(history: PerformanceHistory, bounds: list[tuple[str, str, float]]) -> None:
    for metric, side, _ in bounds:
        if metric not in history.metrics:
            raise ValueError(
                f"at_{side} names {metric!r}, and the scores are {', '.join(history.metrics)}"
            )


def _require_intervals(history: PerformanceHistory, bounds: list[tuple[str, str, float]]) -> None:
    for metric, _, _ in bounds:
        scores = [window.intervals[metric] for window in history]
        if not any(math.isfinite(score.low) for score in scores) and any(
            math.isfinite(score.value) for score in scores
        ):
            raise ValueError(
                f"sure=True asks for the interval of {metric!r}, which has none, as scores of "
                "functions and of single rows have not; leave sure out, or name a metric of track()"
            )


def _missed(score: Interval, side: str, bound: float, *, sure: bool) -> float | None:
    """Return by how much a score misses its bound, NaN if it is not known; None if it does not."""
    value, low, high = score
    if sure:
        value = low if side == "least" else high
    if math.isnan(value):
        return math.nan
    beyond = bound - value if side == "least" else value - bound
    return beyond if beyond > 0 else None


def _line(
    metric: str, window: WindowPerformance, side: str, bound: float, missed: float, *, sure: bool
) -> str:
    value, low, high = window.intervals[metric]
    interval = "" if math.isnan(low) else f" [{number_text(low)}, {number_text(high)}]"
    told = "it cannot be told"
    if not math.isnan(missed):
        what = f"the interval's {'lower' if side == 'least' else 'upper'} end is " if sure else ""
        told = f"{what}{missed:.4g} too {'low' if side == 'least' else 'high'}"
    return (
        f"{label_text(metric)}: {number_text(value)}{interval} in {counted(window.count, 'row')}, "
        f"at {side} {bound:g} expected: {told}"
    )
