"""Scores of each window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from treering._checks import between_0_and_1, names_of, shown
from treering._frames import backend_of, read_vector
from treering._text import counted
from treering._worth import in_sorted_order, read_values
from treering.metrics import Interval
from treering.performance._errors import ERROR_METRICS, Errors
from treering.performance._history import PerformanceHistory
from treering.performance._labels import (
    classes_of,
    complete,
    complete_predictions,
    refuse_continuous,
)
from treering.performance._probabilities import read_probabilities
from treering.performance._scores import (
    business_value_interval,
    label_intervals,
    log_loss_interval,
    roc_auc_interval,
)
from treering.performance._window_scores import WindowPerformance
from treering.performance._windows import Windows, split

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    Metrics: TypeAlias = Sequence[str] | Mapping[str, Callable[..., float]]

_DEFAULT_LEVEL = 0.95
_LABEL_METRICS = ("accuracy", "precision", "recall", "f1_score")
_NEEDS = {"log_loss": "y_proba", "roc_auc": "y_proba", "business_value": "values"}
_WHAT = {"y_proba": "predicted probabilities", "values": "what each outcome is worth"}
_USUAL = (*_LABEL_METRICS, *_NEEDS)
_NAMED = (*_USUAL, *ERROR_METRICS)
_PROBABILITY_METRICS = {"log_loss": log_loss_interval, "roc_auc": roc_auc_interval}


def track(
    y_true: Any,
    y_pred: Any,
    *,
    window: Any = None,
    metrics: Metrics | None = None,
    y_proba: Any = None,
    classes: Any = None,
    values: Any = None,
    every: str | dt.timedelta | None = None,
    label: Any = None,
    level: float | None = None,
    history: PerformanceHistory | None = None,
) -> PerformanceHistory:
    """Score predictions window by window, each score with a confidence interval.

    Parameters
    ----------
    y_true, y_pred
        True and predicted labels, or numbers for metrics of regression, one per row: lists, arrays,
        or pandas, polars or pyarrow columns. Leave rows out whose truth is not known yet.
    window
        None makes one window. A whole number is the rows per window, in the rows' order; the last
        window may be shorter. Anything else is a label for each row, such as a day: windows then
        stand in order of their labels if these are numbers, moments, periods or text such as
        "2025-03", else of first appearance.
    metrics
        Names, or one name; by default those of `history`, else all of the first three groups
        that can be told:

        - of labels ``accuracy``, ``precision``, ``recall``, ``f1_score`` (averaged over classes,
          weighted by support);
        - with `y_proba` ``log_loss`` and ``roc_auc`` (one class against the rest, weighted by
          support);
        - with `values` ``business_value``, the mean worth of a row;
        - of numbers ``mean_absolute_error``, ``mean_squared_error``,
          ``root_mean_squared_error``, ``mean_absolute_percentage_error`` (a share: 0.1 is 10 %),
          ``mean_squared_log_error``, ``root_mean_squared_log_error`` and ``r2_score``.

        Or a mapping from names to functions of true and predicted values, such as
        ``{"median": median_absolute_error}``: these have no interval.
    y_proba
        Predicted probabilities: a column per class, or the second class's alone.
    classes
        The classes of `y_proba`'s columns, as in a classifier's ``classes_``; by default those in
        `y_true`, sorted. Those of `values`' rows and columns too, by default those in `y_true` and
        `y_pred`, sorted.
    values
        What each pair of a true class (row) and a predicted one (column) is worth, in the order of
        `classes`, or a table whose rows and columns are named after them, for ``business_value``:
        costs are negative.
    every
        The length of a window in time, if `window` holds moments: a timedelta, or a number and
        ``s``, ``min``, ``h``, ``d`` or ``w``, such as ``"1d"``, or the unit's name, as in ``"2
        weeks"``. Days start at midnight and weeks on Monday, in UTC for moments with a time zone. A
        stretch without rows makes no window. Needed where more than
        half of the rows have a moment of their own.
    label
        The label of the one window, if `window` is None.
    level
        The intervals' level, the same for a whole history: by default that of `history`, else 0.95.
    history
        Earlier windows, which the new ones are added to. A window is never rewritten.

    Returns
    -------
    PerformanceHistory

    Raises
    ------
    TypeError
        If an argument is of the wrong type, or a metric of numbers is asked of other values.
    ValueError
        If there are no rows, lengths differ, a label is missing or no class, the probabilities of a
        row do not add up to 1, a number is not finite, a logarithmic metric is asked of numbers
        that are not above -1, `values` does not fit the classes, a window is in the history already
        or precedes its last one, the history has other metrics or another level, or a window has
        more than 512 classes and precision or F1 is asked for.

    Notes
    -----
    Accuracy and weighted recall carry Wilson's interval; weighted precision and F1 the bootstrap's
    over the window's confusion matrix; log loss the normal interval of a mean; ROC AUC Newcombe's.
    ROC AUC is undefined (NaN, shown as "n/a") in a window that lacks one of the classes.

    The business value and errors of numbers carry Student's interval of a mean of independent rows,
    root errors the roots of its ends; R squared that of the delta method [1]_, the mean over rows
    of what each adds to the score to first order. R squared is undefined in a window whose true
    values are all equal; a window of one row has no interval of a mean.

    References
    ----------
    .. [1] A. W. van der Vaart, "Asymptotic Statistics", Cambridge University Press, 1998, chapter
       3.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import track
    >>> truth = np.tile([0, 1], 100)
    >>> predicted = np.where(np.arange(200) % 10 == 0, 1 - truth, truth)
    >>> history = track(truth, predicted, label="Monday")
    >>> history = track(truth, truth, label="Tuesday", history=history)
    >>> history.values("accuracy")
    array([0.9, 1. ])

    Errors of a regression:

    >>> prices = np.linspace(100, 200, 50)
    >>> made = track(prices, prices + np.tile([2, -4], 25), metrics=["mean_absolute_error"])
    >>> print(made[0].intervals["mean_absolute_error"])
    3.000 [2.713, 3.287]
    """
    backend = backend_of(y_pred, y_true, window)
    truth = complete(read_vector(y_true, what="y_true"), "y_true")
    predicted = complete_predictions(read_vector(y_pred, what="y_pred"))
    if len(truth) != len(predicted):
        raise ValueError(
            f"y_true has {counted(len(truth), 'row')} and y_pred {len(predicted)}; give one "
            "of each per row"
        )
    if history is not None and not isinstance(history, PerformanceHistory):
        raise TypeError(
            "history must be a PerformanceHistory, such as an earlier track() returns, or None; "
            f"got {shown(history)}"
        )
    if history is not None and history.estimated:
        raise ValueError(
            "history holds estimates, which realised scores do not go on; leave it out, and track "
            "rows whose labels are known in a history of their own"
        )
    level = _level(level, history)
    windows = _windows(len(truth), window, every, label, history)
    given = {"y_proba": y_proba is not None, "values": values is not None}
    names, functions = _chosen(metrics, given, history)
    scorer = _Scorer.of(truth, predicted, names, functions, (y_proba, values, classes), level)
    scored = [
        WindowPerformance(
            window=name,
            count=len(truth[rows]),
            intervals=scorer.intervals(rows),
            backend=backend,
        )
        for name, rows in zip(windows.labels, windows.rows, strict=True)
    ]
    earlier = () if history is None else history.windows
    if history is not None:
        backend = backend or history.backend
    return PerformanceHistory(windows=(*earlier, *scored), level=level, backend=backend)


def _windows(
    count: int,
    window: Any,
    every: str | dt.timedelta | None,
    label: Any,
    history: PerformanceHistory | None,
) -> Windows:
    """Divide rows into windows; those that are numbered go on from the history's."""
    if history is not None and label is None and window is None:
        label = _next_label(history)
    windows = split(count, window, every=every, label=label)
    if history is None or not isinstance(window, int | np.integer):
        return windows
    first = _next_label(history)
    return Windows(tuple(first + place for place in range(len(windows.rows))), windows.rows)


@dataclass(frozen=True)
class _Scorer:
    """Rows, and what is to be told of any of them; what metrics need of all rows is told once.

    Attributes
    ----------
    truth, predicted
        True and predicted labels or values.
    names
        The metrics, in their order.
    functions
        Those of them that are functions.
    errors
        The losses of numbers, if one of the metrics asks for them.
    worth
        The classes and what their pairs are worth, for the business value.
    proba
        Probabilities and their classes, for metrics of probabilities.
    level
        The intervals' level.
    """

    truth: NDArray[Any]
    predicted: NDArray[Any]
    names: tuple[str, ...]
    functions: Mapping[str, Callable[..., float]]
    errors: Errors | None
    worth: tuple[NDArray[Any], NDArray[np.float64]] | None
    proba: tuple[NDArray[np.float64], NDArray[Any]] | None
    level: float

    @classmethod
    def of(
        cls,
        truth: NDArray[Any],
        predicted: NDArray[Any],
        names: tuple[str, ...],
        functions: Mapping[str, Callable[..., float]],
        options: tuple[Any, Any, Any],
        level: float,
    ) -> _Scorer:
        y_proba, values, classes = options
        named = [metric for metric in names if metric not in functions]
        of_classes = [metric for metric in named if metric in (*_LABEL_METRICS, "business_value")]
        if of_classes:
            _refuse_numbers(of_classes[0], truth, predicted)
        of_numbers = [metric for metric in named if metric in ERROR_METRICS]
        errors = Errors.of(truth, predicted, of_numbers) if of_numbers else None
        worth = _worth(values, classes, truth, predicted) if "business_value" in named else None
        proba = None if y_proba is None else read_probabilities(y_proba, classes, truth)
        return cls(truth, predicted, names, functions, errors, worth, proba, level)

    def intervals(self, rows: Any) -> dict[str, Interval]:
        """Return the score of each metric in some rows."""
        truth, predicted = self.truth[rows], self.predicted[rows]
        scores: dict[str, Interval] = {}
        of_labels = [
            name for name in self.names if name in _LABEL_METRICS and name not in self.functions
        ]
        if of_labels:
            scores.update(label_intervals(truth, predicted, of_labels, self.level))
        if self.errors is not None:
            scores.update(self.errors.intervals(rows, self.level))
        if self.worth is not None:
            scores["business_value"] = business_value_interval(
                truth, predicted, *self.worth, self.level
            )
        if self.proba is not None:
            proba, classes = self.proba
            for metric, interval in _PROBABILITY_METRICS.items():
                if metric in self.names and metric not in self.functions:
                    scores[metric] = interval(truth, proba[rows], classes, self.level)
        for metric, function in self.functions.items():
            value = float(function(truth, predicted))
            scores[metric] = Interval(value, float("nan"), float("nan"))
        return {metric: scores[metric] for metric in self.names}


def _refuse_numbers(metric: str, truth: NDArray[Any], predicted: NDArray[Any]) -> None:
    """Refuse numbers that are no classes, and say how the metrics of numbers are asked for."""
    why = (
        f"{metric} is for classes; for regression name its metrics, such as "
        "metrics=['mean_absolute_error', 'root_mean_squared_error', 'r2_score'], or functions, "
        "such as metrics={'median': median_absolute_error}; "
    )
    refuse_continuous(
        truth, "y_true", f"{why}put them into classes first if that is what they stand for"
    )
    refuse_continuous(
        predicted,
        "y_pred",
        f"{why}if they are probabilities, give them as y_proba= and the labels as y_pred",
    )


def _worth(
    values: Any, classes: Any, truth: NDArray[Any], predicted: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the sorted classes, and what each pair of a true and a predicted one is worth."""
    known = classes_of(classes, y_true=truth, y_pred=predicted)
    advice = "If a class does not occur, name all of them by classes="
    order = known if classes is None else read_vector(classes, what="classes")
    return known, in_sorted_order(read_values(values, order.tolist(), advice), order)


def _level(level: float | None, history: PerformanceHistory | None) -> float:
    """Return the one level of all intervals of a history."""
    if level is None:
        return _DEFAULT_LEVEL if history is None else history.level
    level = between_0_and_1("level", level)
    if history is not None and level != history.level:
        raise ValueError(
            f"level is {level:g} and the history's intervals have the level {history.level:g}, "
            "which is one for all windows; leave level out, or track all rows anew with it"
        )
    return level


def _next_label(history: PerformanceHistory) -> int:
    """Return the number after the last window's, if windows are numbered."""
    last = history.windows[-1].window
    if isinstance(last, bool) or not isinstance(last, int):
        raise ValueError(  # noqa: TRY004 - the label is of a good type, it only has no successor
            f"the history's last window is {last!r}, which has no successor; name the new one by "
            "label=, or give a label per row by window="
        )
    return last + 1


def _chosen(
    metrics: Metrics | None, given: Mapping[str, bool], history: PerformanceHistory | None
) -> tuple[tuple[str, ...], dict[str, Callable[..., float]]]:
    """Return the metrics' names, and the functions of those that are given as such."""
    functions: dict[str, Callable[..., float]] = {}
    if metrics is None and history is not None:
        if lost := [name for name in history.metrics if _is_function(name, history)]:
            raise ValueError(
                f"the history's {', '.join(lost)} came from functions, which it does not keep; "
                "pass metrics= with the same functions again"
            )
        metrics = history.metrics
    if metrics is None:
        names = tuple(name for name in _USUAL if name not in _NEEDS or given[_NEEDS[name]])
    elif isinstance(metrics, Mapping):
        functions = {str(name): function for name, function in metrics.items()}
        for name, function in functions.items():
            if not callable(function):
                raise TypeError(
                    f"metrics[{name!r}] must be a function of true and predicted values; "
                    f"got {function!r}"
                )
        names = tuple(functions)
    else:
        names = (metrics,) if isinstance(metrics, str) else names_of("metrics", metrics)
        for name in names:
            if name not in _NAMED:
                raise ValueError(
                    f"metrics must be out of {', '.join(_NAMED)}, or a mapping from names to "
                    f"functions; got {name!r}"
                )
            if name in _NEEDS and not given[_NEEDS[name]]:
                raise ValueError(f"{name} needs {_WHAT[_NEEDS[name]]}: give {_NEEDS[name]}=")
    if not names:
        raise ValueError("metrics is empty; name at least one metric, or leave it out")
    if history is not None and names != history.metrics:
        raise ValueError(
            f"the history holds {', '.join(history.metrics)} and the new windows would hold "
            f"{', '.join(names)}; track both with the same metrics"
        )
    return names, functions


def _is_function(name: str, history: PerformanceHistory) -> bool:
    """Tell a metric that was given as a function, whatever its name: it has no interval.

    Nor has the mean of one row, whose window tells nothing.
    """
    if name not in _NAMED:
        return True
    scores = [row.intervals[name] for row in history if row.count > 1 or name in _LABEL_METRICS]
    return any(np.isfinite(score.value) and np.isnan(score.low) for score in scores)
