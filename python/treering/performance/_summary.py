"""The state of a model in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from treering._axis import label_text
from treering._page import Page
from treering._results import Result, number_text, pairs_text, slope_text
from treering.performance._health import HealthAlert
from treering.performance._history import PerformanceHistory

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from treering._html import Tone
    from treering.performance._trend import Direction
    from treering.report import Html


_MOST_NAMED = 5


@dataclass(frozen=True, repr=False)
class MonitoringSummary(Result):
    """The state of a model in a few lines.

    Attributes
    ----------
    monitoring_period : str
        How many windows, from which to which.
    total_predictions : int
        How many rows they hold.
    avg_accuracy : float
        Accuracy over all rows.
    current_accuracy : float
        Accuracy in the last window.
    accuracy_trend : str
        "increasing", "decreasing", "no trend" or "not enough data", by a test over all windows.
    accuracy_slope, accuracy_pvalue : float or None
        The change per window, and the test's p-value.
    first_accuracy : float
        Accuracy in the first window.
    drift_detected : int or None
        How many features drifted; None if drift was not looked at.
    total_features : int or None
        How many features were compared.
    undecided_features : int or None
        How many of them had not enough data.
    skipped_features : tuple of str or None
        The columns that could not be compared; the report's ``skipped`` says why.
    active_alerts : int
        How many alerts there are.
    alert_severity : str
        The highest of them: "HIGH", "MEDIUM" or "NONE".
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
    avg_accuracy: float
    current_accuracy: float
    accuracy_trend: Direction
    accuracy_slope: float | None
    accuracy_pvalue: float | None
    first_accuracy: float
    drift_detected: int | None
    total_features: int | None
    undecided_features: int | None
    skipped_features: tuple[str, ...] | None
    active_alerts: int
    alert_severity: Literal["HIGH", "MEDIUM", "NONE"]
    backend: str | None = field(default=None, repr=False, compare=False)

    def to_html(self) -> Html:
        """Return the summary as a card of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        return report.cards([(name, value, self._tone(name)) for name, value in self._lines()])

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

    def _lines(self) -> list[tuple[str, str]]:
        trend: str = self.accuracy_trend
        if self.accuracy_slope:
            trend += f" ({slope_text(self.accuracy_slope)} per window)"
        if self.drift_detected is None:
            drift = "not checked"
        else:
            drift = f"{self.drift_detected} of {self.total_features} features"
            if self.undecided_features:
                drift += f", {self.undecided_features} without enough data"
            if self.skipped_features:
                named = ", ".join(self.skipped_features[:_MOST_NAMED])
                more = ", ..." if len(self.skipped_features) > _MOST_NAMED else ""
                drift += f", {len(self.skipped_features)} skipped ({named}{more})"
        return [
            ("monitoring period", self.monitoring_period),
            ("total predictions", f"{self.total_predictions:,}"),
            ("average accuracy", number_text(self.avg_accuracy)),
            ("current accuracy", number_text(self.current_accuracy)),
            ("accuracy trend", trend),
            ("drift detected", drift),
            ("active alerts", str(self.active_alerts)),
            ("alert severity", self.alert_severity),
        ]

    def _tone(self, name: str) -> Tone:
        severity: dict[str, Tone] = {"HIGH": "bad", "MEDIUM": "warning", "NONE": "good"}
        if name in {"active alerts", "alert severity"}:
            return severity[self.alert_severity]
        if name == "drift detected" and self.drift_detected is not None:
            return "bad" if self.drift_detected else "good"
        if name == "accuracy trend":
            return "warning" if self.accuracy_trend == "decreasing" else "plain"
        return "plain"


def monitoring_summary(
    history: PerformanceHistory,
    drift: Mapping[str, Any] | None = None,
    alerts: Sequence[HealthAlert] = (),
) -> MonitoringSummary:
    """Sum up performance, drift and alerts.

    Parameters
    ----------
    history
        Scores over time, accuracy among them.
    drift
        A :class:`treering.drift.DriftReport`, or any mapping from feature to something with a
        ``verdict``; None if drift was not looked at.
    alerts
        What :func:`check_model_health` returned.

    Returns
    -------
    MonitoringSummary

    Raises
    ------
    TypeError
        If an argument is not of the kind that is named above.
    ValueError
        If the history does not hold accuracy.

    Examples
    --------
    >>> from treering.performance import monitoring_summary, track
    >>> summary = monitoring_summary(track([0, 1, 1, 0], [0, 1, 0, 0]))
    >>> summary.to_dict()["current_accuracy"]
    0.75
    """
    _check(history, drift, alerts)
    trend = history.trend("accuracy")
    labels = history.labels
    period = f"{len(labels)} window{'s' * (len(labels) > 1)} ({label_text(labels[0])}"
    period += f" to {label_text(labels[-1])})" if len(labels) > 1 else ")"
    verdicts = None if drift is None else [found.verdict for found in drift.values()]
    severities = {alert.severity for alert in alerts}
    return MonitoringSummary(
        monitoring_period=period,
        total_predictions=history.total_count,
        avg_accuracy=history.average("accuracy"),
        current_accuracy=history[-1]["accuracy"],
        accuracy_trend=trend.direction,
        accuracy_slope=trend.slope,
        accuracy_pvalue=trend.pvalue,
        first_accuracy=history[0]["accuracy"],
        drift_detected=None if verdicts is None else verdicts.count("drift"),
        total_features=None if verdicts is None else len(verdicts),
        undecided_features=None if verdicts is None else verdicts.count("not enough data"),
        skipped_features=None if drift is None else tuple(map(str, getattr(drift, "skipped", ()))),
        active_alerts=len(alerts),
        alert_severity="HIGH"
        if "HIGH" in severities
        else "MEDIUM"
        if "MEDIUM" in severities
        else "NONE",
        backend=history.backend,
    )


def _check(history: Any, drift: Any, alerts: Any) -> None:
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
    listed = isinstance(alerts, Sequence) and all(
        isinstance(alert, HealthAlert) for alert in alerts
    )
    if not listed:
        raise TypeError(
            "alerts must be a list of HealthAlert, which check_model_health(current, baseline) "
            f"returns; got {type(alerts).__name__}"
            + ("; put the one alert into a list" if isinstance(alerts, HealthAlert) else "")
        )
