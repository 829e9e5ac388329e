"""Scores before and after labels came, how far labels have come, where and whether it is worse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import key_text, label_text
from treering._checks import shown
from treering._html import worst_tone
from treering._results import ALL_ROWS, Result, label_column, percent_text, text_table
from treering._text import counted
from treering.metrics import Interval
from treering.performance._direction import alert_lines
from treering.performance._history import PerformanceHistory
from treering.performance._labels import metric_names
from treering.performance._maturity import LabelMaturity
from treering.performance._numbers import numbers_of
from treering.performance._pairing import (
    ScoredWindow,
    check_labels,
    paired_scores,
    shared_windows,
    states_of,
)
from treering.performance._segments import SegmentReport
from treering.performance._window_scores import score_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._html import Tone
    from treering.performance._health import HealthAlerts
    from treering.report import Html

_MOST_PRINTED = 40
_MOST_CHARTS = 4


@dataclass(frozen=True, repr=False)
class PerformanceReport(Result):
    """Scores by window, before and after labels came, with all that is known about them.

    Attributes
    ----------
    scores : tuple of ScoredWindow
        Window by window, metric by metric.
    history, estimate : PerformanceHistory or None
        The realised scores, and those that were expected without labels.
    maturity : LabelMaturity or None
        How far labels have come.
    segments : SegmentReport or None
        Slices of rows, the worst first.
    alerts : HealthAlerts or None
        Metrics that are worse than when the model was accepted.
    waits : bool
        Whether alerts wait for labels: no window is final yet.
    baseline, alert_lines : dict
        By metric, what it was when the model was accepted, and beyond which value it alerts; of
        metrics without a baseline there is neither.
    backend : str or None
        The library that the labels came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.performance import performance_report, track
    >>> history = track([0, 1] * 20, [0, 1] * 19 + [1, 1], window=20, metrics="accuracy")
    >>> performance_report(history, baseline={"accuracy": 1.0}).alerts is not None
    True
    """

    scores: tuple[ScoredWindow, ...]
    history: PerformanceHistory | None
    estimate: PerformanceHistory | None
    maturity: LabelMaturity | None = None
    segments: SegmentReport | None = None
    alerts: HealthAlerts | None = None
    waits: bool = False
    baseline: dict[str, float] = field(default_factory=dict)
    alert_lines: dict[str, float] = field(default_factory=dict)
    backend: str | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics' names."""
        return tuple(dict.fromkeys(score.metric for score in self.scores))

    @property
    def as_expected(self) -> float | None:
        """The share of scores that lie where they were expected; None if none can be told."""
        told = [each.as_expected for each in self.scores if each.as_expected is not None]
        return sum(told) / len(told) if told else None

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values.

        Returns
        -------
        dict
        """
        parts = {
            "history": self.history,
            "estimate": self.estimate,
            "maturity": self.maturity,
            "segments": self.segments,
            "alerts": self.alerts,
        }
        return {
            "as_expected": self.as_expected,
            "waits": self.waits,
            "baseline": dict(self.baseline),
            "alert_lines": dict(self.alert_lines),
            "scores": [
                {**score.to_dict(), "as_expected": score.as_expected} for score in self.scores
            ],
            **{name: None if part is None else part.to_dict() for name, part in parts.items()},
        }

    def to_html(self) -> Html:
        """Return the report as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        blocks = [report.cards(self._cards())]
        if self._count() > 1:
            drawn = [self._series(metric) for metric in self.metrics[:_MOST_CHARTS]]
            charts = [report.line_chart(windows, values, **more) for windows, values, more in drawn]
            blocks.append(report.columns(charts, width=520))
        tones: list[Tone] = [
            "warning" if each.as_expected is False else "plain" for each in self.scores
        ]
        blocks.append(
            report.table(
                self._headers(),
                [self._cells(each) for each in self.scores],
                align=self._alignment(),
                tones=tones,
                keep="last",
                rest=ALL_ROWS,
            )
        )
        for title, part in (
            ("Labels", self.maturity),
            ("Worst slices", self.segments),
            ("Alerts", self.alerts),
        ):
            if part is not None:
                blocks.append(report.section(title, part.to_html()))
        return report.Html("\n".join(blocks))

    def plot(self, ax: Any = None, *, metrics: Sequence[str] | None = None) -> Any:
        """Draw each metric over time, and what was expected of it without labels.

        Parameters
        ----------
        ax
            As in :meth:`treering.plotting.DisplayGrid.plot`.
        metrics
            What to draw; the first four by default.

        Returns
        -------
        treering.plotting.MetricOverTimeDisplay or treering.plotting.DisplayGrid
            A grid unless one metric is drawn.
        """
        from treering.plotting import DisplayGrid, MetricOverTimeDisplay

        if metrics is None:
            names = self.metrics[:_MOST_CHARTS]
        else:
            names = metric_names(metrics, self.metrics)
        displays = []
        for metric in names:
            windows, values, options = self._series(metric)
            displays.append(MetricOverTimeDisplay(windows, values, **options))
        return displays[0].plot(ax=ax) if len(displays) == 1 else DisplayGrid(displays).plot(ax=ax)

    def _series(self, metric: str) -> tuple[list[Any], NDArray[np.float64], dict[str, Any]]:
        """Return windows, realised values, and what else a picture of a metric shows."""
        scores = [score for score in self.scores if score.metric == metric]
        nothing = Interval(np.nan, np.nan, np.nan)
        sides = [
            np.asarray([tuple(getattr(score, name) or nothing) for score in scores]).T
            for name in ("realised", "estimated")
        ]
        (values, low, high), (expected, expected_low, expected_high) = sides
        options: dict[str, Any] = {"name": metric, "low": low, "high": high}
        options |= {"baseline": self.baseline.get(metric), "alert": self.alert_lines.get(metric)}
        if self.estimate is not None and metric in self.estimate.metrics:
            options |= {
                "expected": expected,
                "expected_low": expected_low,
                "expected_high": expected_high,
            }
        return [score.window for score in scores], values, options

    def _cards(self) -> list[Any]:
        cards: list[Any] = [("windows", f"{self._count():,}")]
        if self.history is not None:
            cards.append(("rows with a label", f"{self.history.total_count:,}"))
        if self.as_expected is not None:
            cards.append(("scores as expected", percent_text(self.as_expected)))
        if self.waits:
            cards.append(("alerts", "wait for labels", "warning"))
        if self.alerts is not None:
            cards.append(("alerts", f"{len(self.alerts)}", self.alerts._tone()))
        if self.segments is not None:
            worse = len(self.segments.worse)
            cards.append(("worse slices", f"{worse}", "warning" if worse else "good"))
        return cards

    def _count(self) -> int:
        return len({key_text(score.window) for score in self.scores})

    def _headers(self) -> list[str]:
        headers = ["window", "metric"]
        if self.estimate is not None:
            headers.append("expected")
        headers.append("realised")
        if self.estimate is not None:
            headers.append("as expected")
        return [*headers, "labels", "state"] if self.maturity is not None else headers

    def _alignment(self) -> str:
        sides = {"expected": ">", "realised": ">", "labels": ">"}
        return "".join(sides.get(header, "<") for header in self._headers())

    def _cells(self, score: ScoredWindow) -> list[str]:
        told = {None: "", True: "yes", False: "no"}[score.as_expected]
        written = {
            "window": label_text(score.window),
            "metric": label_text(score.metric),
            "expected": "" if score.estimated is None else score_text(score.estimated, wide=True),
            "realised": "" if score.realised is None else score_text(score.realised, wide=True),
            "as expected": told,
            "labels": "" if score.labelled is None else percent_text(score.labelled),
            "state": score.state or "",
        }
        return [written[header] for header in self._headers()]

    def _columns(self) -> dict[str, Any]:
        nothing = Interval(np.nan, np.nan, np.nan)
        columns: dict[str, Any] = {
            "window": label_column([score.window for score in self.scores]),
            "metric": [score.metric for score in self.scores],
        }
        for name in ("estimated", "realised"):
            found = [getattr(score, name) or nothing for score in self.scores]
            ends = np.asarray([tuple(each) for each in found], dtype=np.float64).reshape(-1, 3)
            columns[name] = np.ascontiguousarray(ends[:, 0])
            columns[f"{name}_low"] = np.ascontiguousarray(ends[:, 1])
            columns[f"{name}_high"] = np.ascontiguousarray(ends[:, 2])
        columns["as_expected"] = [score.as_expected for score in self.scores]
        columns["state"] = [score.state for score in self.scores]
        columns["labelled"] = np.asarray(
            [np.nan if score.labelled is None else score.labelled for score in self.scores]
        )
        return columns

    def _text(self) -> str:
        lines = [f"PerformanceReport: {self._headline()}"]
        drawn = self.scores[-_MOST_PRINTED:]
        if len(drawn) < len(self.scores):
            lines.append(f"the last {len(drawn)} of {len(self.scores):,} scores; {ALL_ROWS}")
        cells = [self._cells(each) for each in drawn]
        lines.append(text_table(self._headers(), cells, align=self._alignment()))
        lines += [str(part) for part in (self.segments, self.alerts) if part is not None]
        return "\n".join(lines)

    def _tone(self) -> Tone:
        return worst_tone(tone for _, _, *tones in self._cards() for tone in tones)

    def _headline(self) -> str:
        told = f"{counted(self._count(), 'window')}, {counted(len(self.metrics), 'metric')}"
        history, estimate = self.history, self.estimate
        if history is not None and estimate is not None and not shared_windows(history, estimate):
            told += ", none of them both expected and realised"
        if self.as_expected is not None:
            told += f", {percent_text(self.as_expected)} of scores as expected without labels"
        if self.alerts is not None:
            told += f", {counted(len(self.alerts), 'alert')}"
        if self.segments is not None and self.segments.worse:
            told += f", {counted(len(self.segments.worse), 'worse slice')}"
        return f"{told}, alerts wait for labels" if self.waits else told


def performance_report(
    history: PerformanceHistory | None = None,
    *,
    estimate: PerformanceHistory | None = None,
    maturity: LabelMaturity | None = None,
    segments: SegmentReport | None = None,
    baseline: Any = None,
    threshold: Any = 0.95,
) -> PerformanceReport:
    """Put together what is known of a model's performance.

    Parameters
    ----------
    history
        Realised scores, as :func:`track` returns them; None while no label has come.
    estimate
        Scores that were expected without labels, as :class:`CBPE` and :class:`DLE` estimate them.
    maturity
        How far the labels of the same windows have come, as :func:`label_maturity` tells it:
        scores of a window whose labels are still coming are provisional.
    segments
        Slices, as :func:`worst_segments` finds them.
    baseline, threshold
        As in :func:`check_model_health`, for alerts about the last window of the history or,
        without one, of the estimate; None for none. With `maturity` the last window that is final
        is looked at.

    Returns
    -------
    PerformanceReport

    Raises
    ------
    TypeError
        If a part is not what its function returns.
    ValueError
        If neither a history nor an estimate is given, `maturity` lacks a window of the history, or
        windows of history and estimate are labelled in two ways, such as by moments and texts.

    Examples
    --------
    >>> from treering.performance import performance_report, track
    >>> history = track([0, 1] * 20, [0, 1] * 19 + [1, 1], window=20, metrics="accuracy")
    >>> print(performance_report(history))
    PerformanceReport: 2 windows, 1 metric
    window  metric                   realised
    ------  --------  -----------------------
    1       accuracy  1.0000 [0.8389, 1.0000]
    2       accuracy  0.9500 [0.7639, 0.9911]
    """
    _check_kind("history", history, PerformanceHistory)
    _check_kind("estimate", estimate, PerformanceHistory)
    _check_kind("maturity", maturity, LabelMaturity)
    _check_kind("segments", segments, SegmentReport)
    if history is None and estimate is None:
        raise ValueError("there is nothing to report: give a history, an estimate, or both")
    if history is not None and history.estimated:
        raise ValueError("history holds estimates; give them as estimate=")
    if estimate is not None and not estimate.estimated:
        raise ValueError("estimate holds realised scores; give them as history=")
    if maturity is not None and history is not None:
        strange = [row.window for row in history if key_text(row.window) not in states_of(maturity)]
        if strange:
            raise ValueError(
                f"maturity knows nothing of window {label_text(strange[0])!r}; give the same "
                "window= to track and to label_maturity"
            )
    if history is not None and estimate is not None:
        check_labels(history, estimate)
    first = history if history is not None else estimate
    assert first is not None  # one of both is there
    alerts = None if baseline is None else _alerts(first, maturity, baseline, threshold)
    scores = paired_scores(history, estimate, maturity, first.backend)
    levels, lines = _levels({score.metric for score in scores}, baseline, threshold)
    return PerformanceReport(
        scores=scores,
        history=history,
        estimate=estimate,
        maturity=maturity,
        segments=segments,
        alerts=alerts,
        waits=baseline is not None and alerts is None,
        baseline=levels,
        alert_lines=lines,
        backend=first.backend,
    )


def _check_kind(name: str, value: Any, kind: type) -> None:
    if not (value is None or isinstance(value, kind)):
        raise TypeError(f"{name} must be a {kind.__name__} or None; got {shown(value)}")


def _alerts(
    history: PerformanceHistory, maturity: LabelMaturity | None, baseline: Any, threshold: Any
) -> HealthAlerts | None:
    from treering.performance._health import check_model_health

    if maturity is None or history.estimated:
        return check_model_health(history, baseline, threshold)
    states = states_of(maturity)
    final = [
        place
        for place, window in enumerate(history)
        if states[key_text(window.window)][0] == "final"
    ]
    if not final:
        return None
    return check_model_health(history[: final[-1] + 1], baseline, threshold)


def _levels(
    metrics: set[str], baseline: Any, threshold: Any
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the baseline of each metric that has one, and where its alert is raised."""
    if baseline is None:
        return {}, {}
    known, _, _ = numbers_of(baseline, "baseline")
    lines = alert_lines(metrics, known, threshold)
    drawn = [name for name in known if name in metrics and np.isfinite(known[name])]
    return {name: known[name] for name in drawn}, {name: lines[name] for name in drawn}
