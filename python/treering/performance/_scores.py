"""Scores of predicted labels and probabilities, with intervals."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._area_interval import area_interval
from treering.metrics import (
    Interval,
    accuracy_score,
    classification_intervals,
    classification_summary,
    confidence_interval,
    confusion_matrix,
    log_loss,
    roc_auc_score,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SMALLEST = float(np.finfo(np.float64).eps)
_DRAWN = frozenset({"precision", "f1_score"})
_MOST_CLASSES = 512
UNDEFINED = Interval(float("nan"), float("nan"), float("nan"))


def label_intervals(
    truth: NDArray[Any], predicted: NDArray[Any], metrics: Sequence[str], level: float
) -> dict[str, Interval]:
    """Scores of predicted labels; nothing is drawn unless precision or F1 is asked for."""
    if _DRAWN.isdisjoint(metrics):
        right = int(accuracy_score(truth, predicted, normalize=False))
        # Recall weighted by support is accuracy; both are shares of rows, whatever the classes.
        table = [[right, len(truth) - right], [0, 0]]
        share = classification_intervals(table, average="micro", level=level).accuracy
        return dict.fromkeys(metrics, share)
    try:
        summary = classification_summary(truth, predicted, level=level)
    except ValueError as error:
        classes = len({*truth.tolist(), *predicted.tolist()})
        if classes <= _MOST_CLASSES:
            raise
        raise ValueError(
            f"a window has {classes:,} classes, and precision and f1_score have intervals for at "
            f"most {_MOST_CLASSES}; ask for metrics=['accuracy', 'recall'], put rare classes "
            "together, or name functions, which have no interval: metrics={'f1': ...}"
        ) from error
    return {metric: getattr(summary, metric) for metric in metrics}


def business_value_interval(
    truth: NDArray[Any],
    predicted: NDArray[Any],
    classes: NDArray[Any],
    values: NDArray[np.float64],
    level: float,
) -> Interval:
    """Mean worth of a row, with Student's interval of a mean of independent rows."""
    counts = confusion_matrix(truth, predicted, labels=classes)
    return confidence_interval(np.repeat(values, counts.ravel()), level, statistic="mean")


def log_loss_interval(
    truth: NDArray[Any], proba: NDArray[np.float64], classes: NDArray[Any], level: float
) -> Interval:
    """Log loss, with the normal interval of a mean of independent losses."""
    value = float(log_loss(truth, proba, labels=classes))
    losses = log_losses(truth, proba, classes)
    if len(losses) < 2:
        return Interval(value, float("nan"), float("nan"))
    z = NormalDist().inv_cdf(0.5 + level / 2)
    half = z * float(losses.std(ddof=1)) / len(losses) ** 0.5
    return Interval(value, max(0.0, value - half), value + half)


def roc_auc_interval(
    truth: NDArray[Any], proba: NDArray[np.float64], classes: NDArray[Any], level: float
) -> Interval:
    """Area under the curve, one class against the rest weighted by support.

    Undefined where a class does not occur, since its curve has no area. The interval is Newcombe's
    for each class, averaged with the same weights: exact in form for two classes, and wide rather
    than narrow for more, as it takes the classes' errors to agree.
    """
    counts = np.asarray([(truth == name).sum() for name in classes])
    if (counts == 0).any():
        return UNDEFINED
    table = by_class(proba)
    if len(classes) == 2:
        value = float(roc_auc_score(truth, table[:, 1]))
        low, high = area_interval(value, int(counts[1]), int(counts[0]), level)
        return Interval(value, low, high)
    value = float(
        roc_auc_score(truth, table, multi_class="ovr", average="weighted", labels=classes)
    )
    ends = [
        area_interval(
            float(roc_auc_score(truth == name, table[:, index])),
            int(counts[index]),
            int(len(truth) - counts[index]),
            level,
        )
        for index, name in enumerate(classes)
    ]
    low, high = np.average(np.asarray(ends), axis=0, weights=counts)
    return Interval(value, float(low), float(high))


def log_losses(
    truth: NDArray[Any], proba: NDArray[np.float64], classes: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the loss of each row: how unlikely its class was held to be."""
    codes = np.searchsorted(classes, truth)
    chosen = by_class(proba)[np.arange(len(codes)), codes]
    return np.asarray(-np.log(np.clip(chosen, SMALLEST, 1)), dtype=np.float64)


def by_class(proba: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a column for each class; of two classes the second one's alone may be given."""
    return np.column_stack([1 - proba, proba]) if proba.ndim == 1 else proba
