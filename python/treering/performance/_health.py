"""Has a model become worse than it was when it was accepted."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, overload

from treering._axis import label_text
from treering._checks import whole_number
from treering._frames import backend_of
from treering._html import worst_tone
from treering._results import ALL_ROWS, Result, number_text, text_table
from treering._text import counted
from treering.performance._direction import Directions, is_beyond, limits_of, line_of
from treering.performance._numbers import numbers_of, windows_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from treering._html import Tone
    from treering.report import Html

Severity = Literal["HIGH", "MEDIUM"]

_HIGH_ABOVE = 10.0
_LONGEST_MESSAGE = 72
_MOST_NAMED = 5
_MOST_NOTICES = 40
_DIGITS = 9  # of a degradation in percent: more are what rounding leaves


@dataclass(frozen=True, repr=False)
class HealthAlert(Result):
    """A metric that has become worse than its threshold allows.

    Attributes
    ----------
    metric : str
        Its name.
    severity : str
        ``"HIGH"`` above 10 % of degradation, else ``"MEDIUM"``; 0.9 after 1.0 is exactly 10 %.
    degradation : float
        By how many percent of the baseline the metric is worse (6.25, not 0.0625), rounded to nine
        decimals; infinite for a baseline of zero or an infinite score.
    message : str
        "<metric> degraded by x.xx%", or "degraded from ... to ..." where that is infinite.
    current, baseline : float
        What was compared, in the metric's own unit.
    threshold : float
        The share of the baseline that is still good, above 0 and at most 1.
    certain : bool or None
        Whether the metric's whole confidence interval lies beyond the alert line; None if there is
        no interval. An alert that is not certain may be the luck of a small window.
    consecutive : int
        How many of the latest windows in a row are beyond the line, this one among them.
    window : object
        The window's label, if the metric came with one.
    backend : str or None
        The library that the scores came from; None for numbers, lists and arrays.

    Examples
    --------
    >>> from treering.performance import check_model_health
    >>> alert, = check_model_health({"accuracy": 0.9}, {"accuracy": 0.96})
    >>> alert.severity, alert.message
    ('MEDIUM', 'accuracy degraded by 6.25%')
    """

    metric: str
    severity: Severity
    degradation: float
    message: str
    current: float
    baseline: float
    threshold: float
    certain: bool | None = None
    consecutive: int = 1
    window: Any = None
    backend: str | None = field(default=None, repr=False, compare=False)

    def _tone(self) -> Tone:
        return "bad" if self.severity == "HIGH" else "warning"

    def __str__(self) -> str:
        return f"{self.severity}: {label_text(self.message, longest=_LONGEST_MESSAGE)}"


class HealthAlerts(Result, list[HealthAlert]):
    """Alerts, the worst first: a list that prints as a table.

    Slices and copies keep the attributes below; a sum of two is a plain list.

    Parameters
    ----------
    iterable
        The alerts.

    Attributes
    ----------
    not_compared : dict
        What was passed over, and why: "not in current", "not in baseline", "undefined in the
        window", "infinite in the window", "an end of an interval" or "not a score".
    assumed : tuple of str
        Metrics that were compared as higher is better though neither their names nor the arguments
        say so.
    windows_missing : int
        How many windows the history lacks before `consecutive` bad ones can be in it; until then
        there can be no alert.
    backend : str or None
        The library that the scores came from; None for mappings.

    Examples
    --------
    >>> from treering.performance import check_model_health
    >>> alerts = check_model_health({"accuracy": 0.96}, {"accuracy": 0.96, "recall": 0.9})
    >>> alerts
    no alerts
    not compared: recall (not in current)
    >>> alerts.not_compared
    {'recall': 'not in current'}
    >>> check_model_health({"uplift": 0.3}, {"uplift": 0.3})
    no alerts
    taken as higher is better: uplift
    """

    backend: str | None = None

    def __init__(self, iterable: Iterable[HealthAlert] = ()) -> None:
        super().__init__(iterable)
        self.not_compared: dict[str, str] = {}
        self.assumed: tuple[str, ...] = ()
        self.windows_missing = 0

    @overload
    def __getitem__(self, index: SupportsIndex) -> HealthAlert: ...
    @overload
    def __getitem__(self, index: slice) -> HealthAlerts: ...
    def __getitem__(self, index: SupportsIndex | slice) -> HealthAlert | HealthAlerts:
        if not isinstance(index, slice):
            return super().__getitem__(index)
        part = HealthAlerts(super().__getitem__(index))
        part.not_compared = dict(self.not_compared)
        part.assumed = self.assumed
        part.windows_missing = self.windows_missing
        part.backend = self.backend
        return part

    def copy(self) -> HealthAlerts:
        """Return a list of the same alerts, with the same notes.

        Returns
        -------
        HealthAlerts
        """
        return self[:]

    def to_dict(self) -> dict[str, Any]:
        """Return the alerts as plain Python values.

        Returns
        -------
        dict
        """
        alerts = [alert.to_dict() for alert in self]
        return {
            "alerts": alerts,
            "not_compared": dict(self.not_compared),
            "assumed": list(self.assumed),
            "windows_missing": self.windows_missing,
        }

    def to_html(self) -> Html:
        """Return the alerts as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        blocks = [
            report.notice(
                _explained(alert),
                tone=alert._tone(),
                title=alert.severity,
            )
            for alert in self[:_MOST_NOTICES]
        ]
        if len(self) > _MOST_NOTICES:
            left = counted(len(self) - _MOST_NOTICES, "less severe alert")
            blocks.append(report.paragraph(f"And {left}: {ALL_ROWS}.", quiet=True))
        if not self and not self.windows_missing:  # else the notes say why there is none
            calm = "No metric asks for an alert."
            blocks.append(report.notice(calm, tone="good", title="OK"))
        blocks += [report.notice(line, tone="plain") for line in self._notes()]
        return report.Html("\n".join(blocks))

    def _columns(self) -> dict[str, Any]:
        return HealthAlert._table(self)

    def _tone(self) -> Tone:
        if not self:
            return "plain" if self.windows_missing else "good"
        return worst_tone(alert._tone() for alert in self)

    def _headline(self) -> str:
        told = ", ".join(map(str, self[:_MOST_NAMED]))
        more = ", ..." if len(self) > _MOST_NAMED else ""
        alerts = f"{counted(len(self), 'alert')} ({told}{more})" if self else "no alerts"
        return "; ".join([alerts, *self._notes()])

    def _text(self) -> str:
        notes = self._notes()
        if not self:
            return "\n".join(["no alerts", *notes])
        table = text_table(
            ("severity", "message", "current", "baseline", "threshold", "certain", "in a row"),
            [
                (
                    alert.severity,
                    label_text(alert.message, longest=_LONGEST_MESSAGE),
                    number_text(alert.current),
                    number_text(alert.baseline),
                    f"{alert.threshold:g}",
                    {True: "yes", False: "no", None: "n/a"}[alert.certain],
                    str(alert.consecutive),
                )
                for alert in self
            ],
            align="<<>>>>>",
        )
        return "\n".join([table, *notes])

    def _notes(self) -> list[str]:
        """One line for each reason why metrics were not compared, and one for what was assumed."""
        by_reason: dict[str, list[str]] = {}
        for name, reason in self.not_compared.items():
            by_reason.setdefault(reason, []).append(name)
        notes = [f"not compared: {_named(names)} ({reason})" for reason, names in by_reason.items()]
        if self.assumed:
            notes.append(f"taken as higher is better: {_named(self.assumed)}")
        if self.windows_missing:
            missing = counted(self.windows_missing, "more window")
            notes.append(f"no alert is possible before {missing}: consecutive asks for them")
        return notes


def check_model_health(
    current: Any,
    baseline: Any,
    thresholds: float | Mapping[str, float] = 0.95,
    *,
    consecutive: int = 1,
    lower_is_better: Collection[str] = (),
    higher_is_better: Collection[str] = (),
) -> HealthAlerts:
    """Compare a model's scores with those it had when it was accepted.

    A metric raises an alert when it is below ``baseline * threshold``; one where lower is better,
    when it is above ``baseline / threshold``. Which it is, is told by the words of its name (see
    the notes); a metric whose name tells nothing is taken as higher is better, and listed in
    ``assumed`` and in print. Metrics that only one side has are not compared, and listed in
    ``not_compared`` and in print.

    Parameters
    ----------
    current
        The scores now: a mapping, a row of a frame, a window of a history, a
        :class:`treering.metrics.ClassificationSummary`, or a whole
        :class:`PerformanceHistory`, whose last window is judged.
    baseline
        The scores then, in any of these forms.
    thresholds
        One number in (0, 1] for all metrics, or one for each; 0.95 for metrics not named.
    consecutive
        Alert only when so many latest windows in a row are beyond the line; above 1, `current` must
        be a history.
    lower_is_better, higher_is_better
        Names of metrics for which the name's words are not to decide.

    Returns
    -------
    HealthAlerts
        A list of :class:`HealthAlert`, the worst first; empty if all is well.

    Raises
    ------
    TypeError
        If a score or a threshold is no number.
    ValueError
        If no metric is in both, a score is missing, a baseline is infinite, a score is infinitely
        good, a threshold is outside (0, 1], or an argument names an unknown metric.

    Warns
    -----
    UserWarning
        If `current` and `baseline` are the same object or window, which no alert can come of.

    Notes
    -----
    Lower is better for names with a word such as loss, error, rmse, mse, mae, mape, brier, nll,
    deviance, hinge, pinball, entropy, perplexity, fpr, fnr, fdr, ``false_positive_rate``, latency,
    duration, runtime, cost, psi, kl, divergence, wasserstein, emd, drift and the like, written with
    underscores, spaces or capitals (``logLoss``). The word "neg" or "negative" anywhere turns that
    round, as in ``test_neg_log_loss``.

    Where a mapping holds ``X``, ``X_low`` and ``X_high``, as a row of a history's table does, the
    latter two are the ends of X's interval; by themselves they are metrics like any other.

    Degradation is rounded to nine decimals of a percent before its severity is told, and a score
    that is beyond the line by no more than rounding can explain (1e-9 percent) raises no alert:
    0.9 after 1.0 is exactly 10 %, which is "MEDIUM".

    For a negative baseline (R squared, scikit-learn's ``neg_`` scores) the margin is the same share
    of its absolute value. For a baseline of zero there is no share: any worsening alerts, with
    infinite degradation, and so does an infinitely bad score. A missing (NaN) or infinitely good
    score is an error; only windows of a history may have such metrics, which are passed over.

    Examples
    --------
    >>> from treering.performance import check_model_health
    >>> check_model_health({"accuracy": 0.82, "rmse": 2.0}, {"accuracy": 0.96, "rmse": 1.98})
    severity  message                      current  baseline  threshold  certain  in a row
    --------  ---------------------------  -------  --------  ---------  -------  --------
    HIGH      accuracy degraded by 14.58%   0.8200    0.9600       0.95      n/a         1
    """
    consecutive = whole_number("consecutive", consecutive, least=1)
    windows = windows_of(current)
    if consecutive > 1 and windows is None:
        raise ValueError(
            f"consecutive={consecutive} needs a PerformanceHistory as current, which holds earlier "
            "windows"
        )
    latest = current if windows is None else windows[-1]
    _warn_of_itself(latest, baseline)
    now, intervals, passed_over = numbers_of(latest, "current")
    before, _, passed_over_before = numbers_of(baseline, "baseline")
    is_window = hasattr(latest, "intervals")
    shared = [name for name in now if name in before]
    if not shared:
        raise ValueError(
            f"current ({', '.join(now) or 'no metric'}) and baseline "
            f"({', '.join(before) or 'no metric'}) have no metric in common; give both the same "
            "names"
        )
    known = set(now) | set(before)
    limits = limits_of(thresholds, known, argument="thresholds")
    directions = Directions(lower_is_better, higher_is_better, known)

    alerts = HealthAlerts()
    alerts.not_compared = {name: "not in baseline" for name in now if name not in before}
    alerts.not_compared |= {name: "not in current" for name in before if name not in now}
    alerts.not_compared |= passed_over_before | passed_over
    alerts.windows_missing = 0 if windows is None else max(0, consecutive - len(windows))
    alerts.backend = getattr(current, "backend", None) or backend_of(current)
    for name in shared:
        value, base, threshold = now[name], before[name], limits[name]
        if not math.isfinite(base):
            raise _unusable("baseline", name, base)
        loss = directions.is_loss(name)
        line = line_of(base, threshold, loss=loss)
        worse_than_line = is_beyond(value, line, loss=loss)
        # A loss may diverge, which is to be told; no model is infinitely good.
        if not math.isfinite(value) and not worse_than_line:
            if not is_window:
                raise _unusable("current", name, value)
            why = "undefined" if math.isnan(value) else "infinite"
            alerts.not_compared[name] = f"{why} in the window"
            continue
        if directions.is_assumed(name):
            alerts.assumed += (name,)
        if not worse_than_line:
            continue
        run = 1 if windows is None else _run(windows, name, line, loss=loss)
        if run < consecutive:
            continue
        worse = value - base if loss else base - value
        degradation = round(100 * worse / abs(base), _DIGITS) if base else math.inf
        message = (
            f"{name} degraded by {degradation:.2f}%"
            if math.isfinite(degradation)
            else f"{name} degraded from {base:.4g} to {value:.4g}"
        )
        interval = intervals.get(name)
        certain = None
        if interval is not None and not math.isnan(interval[0]):
            certain = is_beyond(interval[0] if loss else interval[1], line, loss=loss)
        alerts.append(
            HealthAlert(
                metric=name,
                severity="HIGH" if degradation > _HIGH_ABOVE else "MEDIUM",
                degradation=degradation,
                message=message,
                current=value,
                baseline=base,
                threshold=threshold,
                certain=certain,
                consecutive=run,
                window=getattr(latest, "window", None),
                backend=alerts.backend,
            )
        )
    alerts.sort(key=lambda alert: -alert.degradation)
    return alerts


def _warn_of_itself(latest: Any, baseline: Any) -> None:
    """Warn of scores compared with themselves, which no alert can come of."""
    before = (windows_of(baseline) or (baseline,))[-1]
    if latest is before:
        named = f"window {label_text(latest.window)}" if hasattr(latest, "window") else "scores"
        warnings.warn(
            f"current and baseline are the same {named}, so that no alert is possible; give as "
            "baseline what the scores were when the model was accepted, such as history[0] or "
            "{'accuracy': 0.95}",
            UserWarning,
            stacklevel=3,
        )


def _unusable(side: str, name: str, value: float) -> ValueError:
    fault = "missing (NaN)" if math.isnan(value) else f"infinite ({value})"
    return ValueError(f"{side} {name} is {fault}; leave it out or give its value")


def _run(windows: Sequence[Any], name: str, line: float, *, loss: bool) -> int:
    """How many latest windows are beyond the line; undefined ones neither count nor end it."""
    run = 0
    for window in reversed(windows):
        value = window.intervals[name].value
        if math.isnan(value):
            continue
        if not is_beyond(value, line, loss=loss):
            break
        run += 1
    return run


def _named(names: Sequence[str]) -> str:
    """List names in one line; ``not_compared`` and ``assumed`` have all."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(map(label_text, names[:_MOST_NAMED])) + more


def _explained(alert: HealthAlert) -> str:
    where = "" if alert.window is None else f" in window {label_text(alert.window)}"
    told = (
        f"{label_text(alert.message, longest=_LONGEST_MESSAGE)}{where}: "
        f"{number_text(alert.current)} against a baseline of {number_text(alert.baseline)} "
        f"(threshold {alert.threshold:g})."
    )
    if alert.consecutive > 1:
        told += f" {alert.consecutive} windows in a row are beyond the alert line."
    if alert.certain is False:
        told += " Its confidence interval reaches back over the line: this may be chance."
    return told
