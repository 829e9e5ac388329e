"""The state of a model in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from treering._axis import label_text
from treering._checks import quoted, shown
from treering._html import worst_tone
from treering._page import Page
from treering._results import Result, number_text, pairs_line, pairs_text, slope_text
from treering._text import counted
from treering.performance._direction import is_loss
from treering.performance._health import HealthAlert, HealthAlerts
from treering.performance._history import PerformanceHistory, unknown_metric

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from treering._html import Tone
    from treering.performance._trend import Direction
    from treering.report import Html


_MOST_NAMED = 5
_UNDECIDED = frozenset({"not enough data", "undecided"})
_Found = TypeVar("_Found")
Severest = Literal["HIGH", "MEDIUM", "NONE", "NONE POSSIBLE YET"]
_ALERT_TONES: dict[str, Tone] = {"HIGH": "bad", "MEDIUM": "warning", "NONE": "good"}


@dataclass(frozen=True, repr=False)
class MonitoringSummary(Result):
    """The state of a model in a few lines.

    Attributes
    ----------
    monitoring_period : str
        How many windows, from which to which.
    total_predictions : int
        How many rows they hold.
    metric : str
        What is summed up below: accuracy, unless another was asked for.
    average, current, first : float
        The metric over all rows, in the last window and in the first one.
    trend : str
        "increasing", "decreasing", "no trend" or "not enough data", by a test over all windows.
    slope, pvalue : float or None
        The change per window, and the test's p-value.
    drift_detected : int or None
        How many features drifted; None if drift was not looked at.
    total_features : int or None
        How many features were compared.
    undecided_features : int or None
        Of how many of them nothing can be said, for want of data or within the bounds of profiles.
    skipped_features : tuple of str or None
        The columns that could not be compared; the report's ``skipped`` says why.
    active_alerts : int
        How many alerts there are.
    alert_severity : str
        The highest of them: "HIGH", "MEDIUM" or "NONE"; "NONE POSSIBLE YET" while the history has
        fewer windows than an alert asks for.
    backend : str or None
        The library that the history's labels came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.performance import monitoring_summary, track
    >>> print(monitoring_summary(track([0, 1] * 20, [0, 1] * 20, window=20), None, []))
    monitoring period  2 windows (1 to 2)
    total predictions  40
    average accuracy   1.0000
    current accuracy   1.0000
    accuracy trend     not enough data
    drift detected     not checked
    active alerts      0
    alert severity     NONE
    """

    monitoring_period: str
    total_predictions: int
    metric: str
    average: float
    current: float
    first: float
    trend: Direction
    slope: float | None
    pvalue: float | None
    drift_detected: int | None
    total_features: int | None
    undecided_features: int | None
    skipped_features: tuple[str, ...] | None
    active_alerts: int
    alert_severity: Severest
    backend: str | None = field(default=None, repr=False, compare=False)

    @property
    def avg_accuracy(self) -> float:
        """Accuracy over all rows."""
        return self._of_accuracy(self.average)

    @property
    def current_accuracy(self) -> float:
        """Accuracy in the last window."""
        return self._of_accuracy(self.current)

    @property
    def accuracy_trend(self) -> Direction:
        """Where accuracy moves."""
        return self._of_accuracy(self.trend)

    def _of_accuracy(self, found: _Found) -> _Found:
        if self.metric != "accuracy":
            raise AttributeError(
                f"this summary is of {self.metric}, not of accuracy; take average, current or trend"
            )
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain Python values, scores under the name of their metric.

        Returns
        -------
        dict
            For accuracy ``avg_accuracy``, ``current_accuracy``, ``first_accuracy``,
            ``accuracy_trend``, ``accuracy_slope`` and ``accuracy_pvalue`` among them.
        """
        keys = _keys(self.metric)
        return {keys.get(name, name): value for name, value in super().to_dict().items()}

    def to_html(self) -> Html:
        """Return the summary as a card of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        return report.cards([(name, value, self._tone_of(name)) for name, value in self._lines()])

    def save_html(
        self, path: str | os.PathLike[str], *blocks: Any, title: str | None = None
    ) -> Path:
        """Write the summary, and what else belongs to it, as a static HTML page.

        Parameters
        ----------
        path
            Where to.
        *blocks
            What stands below the summary: results of this package, fragments or text, as in
            :meth:`treering.report.Page.add`.
        title
            The page's title; "Model report" by default.

        Returns
        -------
        pathlib.Path
            The path, absolute.
        """
        return Page(title or "Model report").add(self, *blocks).save(path)

    def _text(self) -> str:
        # Without a heading: the names say it all.
        return pairs_text(self._lines())

    def _columns(self) -> dict[str, Any]:
        keys = _keys(self.metric)
        return {keys.get(name, name): values for name, values in super()._columns().items()}

    def _lines(self) -> list[tuple[str, str]]:
        metric = label_text(self.metric)
        trend: str = self.trend
        if self.slope:
            trend += f" ({slope_text(self.slope)} per window)"
        if self.drift_detected is None:
            drift = "not checked"
        else:
            drift = f"{self.drift_detected} of {counted(self.total_features or 0, 'feature')}"
            if self.undecided_features:
                drift += f", {self.undecided_features} undecided"
            if self.skipped_features:
                named = ", ".join(map(label_text, self.skipped_features[:_MOST_NAMED]))
                more = ", ..." if len(self.skipped_features) > _MOST_NAMED else ""
                drift += f", {len(self.skipped_features)} skipped ({named}{more})"
        return [
            ("monitoring period", self.monitoring_period),
            ("total predictions", f"{self.total_predictions:,}"),
            (f"average {metric}", number_text(self.average)),
            (f"current {metric}", number_text(self.current)),
            (f"{metric} trend", trend),
            ("drift detected", drift),
            ("active alerts", str(self.active_alerts)),
            ("alert severity", self.alert_severity),
        ]

    def _headline(self) -> str:
        return pairs_line(self._lines())

    def _tone(self) -> Tone:
        return worst_tone(self._tone_of(name) for name, _ in self._lines())

    def _tone_of(self, name: str) -> Tone:
        if name in {"active alerts", "alert severity"}:
            return _ALERT_TONES.get(self.alert_severity, "plain")
        if name == "drift detected" and self.drift_detected is not None:
            return "bad" if self.drift_detected else "good"
        if name == f"{label_text(self.metric)} trend":
            worse = "increasing" if is_loss(self.metric) else "decreasing"
            return "warning" if self.trend == worse else "plain"
        return "plain"


def monitoring_summary(
    history: PerformanceHistory,
    drift: Mapping[str, Any] | None = None,
    alerts: Sequence[HealthAlert] = (),
    *,
    metric: str = "accuracy",
) -> MonitoringSummary:
    """Sum up performance, drift and alerts.

    Parameters
    ----------
    history
        Scores over time.
    drift
        A :class:`treering.drift.DriftReport`, or any mapping from feature to something with a
        ``verdict``; None if drift was not looked at.
    alerts
        What :func:`check_model_health` returned.
    metric
        Which of the history's metrics to sum up. Keys of ``to_dict`` and columns of ``to_frame``
        carry its name, such as ``avg_rmse``; the attributes are the same for every metric.

    Returns
    -------
    MonitoringSummary

    Raises
    ------
    TypeError
        If an argument is not of the kind that is named above.
    ValueError
        If the history does not hold the metric.

    Examples
    --------
    >>> from treering.performance import monitoring_summary, track
    >>> summary = monitoring_summary(track([0, 1, 1, 0], [0, 1, 0, 0]))
    >>> summary.to_dict()["current_accuracy"]
    0.75
    """
    _check(history, drift, alerts, metric)
    trend = history.trend(metric)
    labels = history.labels
    period = f"{counted(len(labels), 'window')} ({label_text(labels[0])}"
    period += f" to {label_text(labels[-1])})" if len(labels) > 1 else ")"
    verdicts = None if drift is None else [found.verdict for found in drift.values()]
    return MonitoringSummary(
        monitoring_period=period,
        total_predictions=history.total_count,
        metric=metric,
        average=history.average(metric),
        current=history[-1][metric],
        first=history[0][metric],
        trend=trend.direction,
        slope=trend.slope,
        pvalue=trend.pvalue,
        drift_detected=None if verdicts is None else verdicts.count("drift"),
        total_features=None if verdicts is None else len(verdicts),
        undecided_features=None
        if verdicts is None
        else sum(map(_UNDECIDED.__contains__, verdicts)),
        skipped_features=None if drift is None else tuple(map(str, getattr(drift, "skipped", ()))),
        active_alerts=len(alerts),
        alert_severity=_severest(alerts),
        backend=history.backend,
    )


def _severest(alerts: Sequence[HealthAlert]) -> Severest:
    if not alerts and isinstance(alerts, HealthAlerts) and alerts.windows_missing:
        return "NONE POSSIBLE YET"
    severities = {alert.severity for alert in alerts}
    return "HIGH" if "HIGH" in severities else "MEDIUM" if severities else "NONE"


def _keys(metric: str) -> dict[str, str]:
    """Name the scores after their metric, as the columns of a history's table are."""
    return {
        "average": f"avg_{metric}",
        "current": f"current_{metric}",
        "first": f"first_{metric}",
        "trend": f"{metric}_trend",
        "slope": f"{metric}_slope",
        "pvalue": f"{metric}_pvalue",
    }


def _check(history: Any, drift: Any, alerts: Any, metric: Any) -> None:
    """Say which argument is not what it should be, and where to get the right one."""
    if not isinstance(history, PerformanceHistory):
        raise TypeError(
            "history must be a PerformanceHistory, which track(y_true, y_pred, window=...) "
            f"returns; got {type(history).__name__}"
        )
    is_report = isinstance(drift, Mapping) and all(
        hasattr(found, "verdict") for found in drift.values()
    )
    if drift is not None and not is_report:
        raise TypeError(
            "drift must be a DriftReport, which detect_drift(reference, current) returns, a "
            f"mapping from feature to something with a verdict, or None; got {type(drift).__name__}"
        )
    listed = isinstance(alerts, Sequence) and not isinstance(alerts, str | bytes | bytearray)
    if not listed or not all(isinstance(alert, HealthAlert) for alert in alerts):
        raise TypeError(
            "alerts must be a list of HealthAlert, which check_model_health(current, baseline) "
            f"returns; got {type(alerts).__name__}"
            + ("; put the one alert into a list" if isinstance(alerts, HealthAlert) else "")
        )
    if not isinstance(metric, str):
        raise TypeError(f"metric must be the name of one metric; got {shown(metric)}")
    if metric not in history.metrics:
        raise ValueError(
            f"{unknown_metric(metric, history.metrics)}: choose one of these, such as "
            f"metric={quoted(history.metrics[0])}"
        )
