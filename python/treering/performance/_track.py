"""Scores of each window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from treering._checks import between_0_and_1, names_of, shown
from treering._frames import backend_of, read_vector
from treering._text import counted
from treering.metrics import Interval
from treering.performance._history import PerformanceHistory
from treering.performance._labels import complete, refuse_continuous
from treering.performance._probabilities import read_probabilities
from treering.performance._scores import label_intervals, log_loss_interval, roc_auc_interval
from treering.performance._window_scores import WindowPerformance
from treering.performance._windows import Windows, split

if TYPE_CHECKING:
    Metrics: TypeAlias = Sequence[str] | Mapping[str, Callable[..., float]]

_DEFAULT_LEVEL = 0.95
_LABEL_METRICS = ("accuracy", "precision", "recall", "f1_score")
_PROBA_METRICS = ("log_loss", "roc_auc")


def track(
    y_true: Any,
    y_pred: Any,
    *,
    window: Any = None,
    metrics: Metrics | None = None,
    y_proba: Any = None,
    classes: Any = None,
    every: str | None = None,
    label: Any = None,
    level: float | None = None,
    history: PerformanceHistory | None = None,
) -> PerformanceHistory:
    """Score predictions window by window, each score with a confidence interval.

    Parameters
    ----------
    y_true, y_pred
        True and predicted labels, one per row: lists, arrays, or pandas, polars or pyarrow columns.
        Leave rows out whose truth is not known yet.
    window
        None makes one window. A whole number is the rows per window, in the rows' order; the last
        window may be shorter. Anything else is a label for each row, such as a day: windows then
        stand in order of their labels if these are numbers, moments, periods or text such as
        "2025-03", else of first appearance.
    metrics
        Names out of ``accuracy``, ``precision``, ``recall``, ``f1_score`` (averaged over classes,
        weighted by support) and, with `y_proba`, ``log_loss`` and ``roc_auc`` (one class against
        the rest, weighted by support); by default those of `history`, else all. Or a
        mapping from names to functions of true and predicted values, such as ``{"rmse":
        root_mean_squared_error}``: these have no interval.
    y_proba
        Predicted probabilities: a column per class, or the second class's alone.
    classes
        The classes of `y_proba`'s columns, as in a classifier's ``classes_``; by default those in
        `y_true`, sorted.
    every
        The length of a window in time, if `window` holds moments: a number and ``s``, ``min``,
        ``h``, ``d`` or ``w``, such as ``"1d"``. Days start at midnight and weeks on Monday, in UTC
        for moments with a time zone. A stretch without rows makes no window. Needed where more than
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
        If an argument is of the wrong type.
    ValueError
        If there are no rows, lengths differ, a label is missing or no class, a window is in the
        history already or precedes its last one, the history has other metrics or another level, or
        a window has more than 512 classes and
        precision or F1 is asked for.

    Notes
    -----
    Accuracy and weighted recall carry Wilson's interval; weighted precision and F1 the bootstrap's
    over the window's confusion matrix; log loss the normal interval of a mean; ROC AUC Newcombe's.
    ROC AUC is undefined (NaN, shown as "n/a") in a window that lacks one of the classes.

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
    """
    backend = backend_of(y_pred, y_true, window)
    truth = complete(read_vector(y_true, what="y_true"), "y_true")
    predicted = complete(read_vector(y_pred, what="y_pred"), "y_pred")
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
    if history is not None and label is None and window is None:
        label = _next_label(history)
    windows = split(len(truth), window, every=every, label=label)
    if history is not None and isinstance(window, int | np.integer):
        first = _next_label(history)
        windows = Windows(tuple(first + i for i in range(len(windows.rows))), windows.rows)

    names, functions = _chosen(metrics, y_proba is not None, history)
    wanted = [metric for metric in names if metric in _LABEL_METRICS and metric not in functions]
    if wanted:
        for values, what in ((truth, "y_true"), (predicted, "y_pred")):
            advice = (
                "if they are probabilities, give them as y_proba= and the labels as y_pred"
                if what == "y_pred"
                else "put them into classes first if that is what they stand for"
            )
            refuse_continuous(
                values,
                what,
                f"{wanted[0]} is for classes; for regression name functions, such as "
                f"metrics={{'rmse': root_mean_squared_error}}; {advice}",
            )
    proba, known = (
        read_probabilities(y_proba, classes, truth) if y_proba is not None else (None, None)
    )

    scored = []
    for name, rows in zip(windows.labels, windows.rows, strict=True):
        scores: dict[str, Interval] = {}
        if wanted:
            scores.update(label_intervals(truth[rows], predicted[rows], wanted, level))
        if proba is not None and known is not None:
            part = truth[rows], proba[rows], known, level
            if "log_loss" in names:
                scores["log_loss"] = log_loss_interval(*part)
            if "roc_auc" in names:
                scores["roc_auc"] = roc_auc_interval(*part)
        for metric, function in functions.items():
            value = float(function(truth[rows], predicted[rows]))
            scores[metric] = Interval(value, float("nan"), float("nan"))
        scored.append(
            WindowPerformance(
                window=name,
                count=len(truth[rows]),
                intervals={metric: scores[metric] for metric in names},
                backend=backend,
            )
        )
    earlier = () if history is None else history.windows
    if history is not None:
        backend = backend or history.backend
    return PerformanceHistory(windows=(*earlier, *scored), level=level, backend=backend)


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
    metrics: Metrics | None, has_proba: bool, history: PerformanceHistory | None
) -> tuple[tuple[str, ...], dict[str, Callable[..., float]]]:
    functions: dict[str, Callable[..., float]] = {}
    if metrics is None and history is not None:
        if given := [name for name in history.metrics if _is_function(name, history)]:
            raise ValueError(
                f"the history's {', '.join(given)} came from functions, which it does not keep; "
                "pass metrics= with the same functions again"
            )
        metrics = history.metrics
    if metrics is None:
        names = (*_LABEL_METRICS, *(_PROBA_METRICS if has_proba else ()))
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
        known = (*_LABEL_METRICS, *_PROBA_METRICS)
        for name in names:
            if name not in known:
                raise ValueError(
                    f"metrics must be out of {', '.join(known)}, or a mapping from names to "
                    f"functions; got {name!r}"
                )
            if name in _PROBA_METRICS and not has_proba:
                raise ValueError(f"{name} needs predicted probabilities: give y_proba=")
    if not names:
        raise ValueError("metrics is empty; name at least one metric, or leave it out")
    if history is not None and names != history.metrics:
        raise ValueError(
            f"the history holds {', '.join(history.metrics)} and the new windows would hold "
            f"{', '.join(names)}; track both with the same metrics"
        )
    return names, functions


def _is_function(name: str, history: PerformanceHistory) -> bool:
    """Tell a metric that was given as a function, whatever its name: it has no interval."""
    scores = [row.intervals[name] for row in history]
    return name not in {*_LABEL_METRICS, *_PROBA_METRICS} or any(
        np.isfinite(score.value) and np.isnan(score.low) for score in scores
    )
