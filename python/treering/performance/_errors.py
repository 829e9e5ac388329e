"""Errors of predicted numbers: the losses of rows, and metrics of them with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np

from treering._checks import float_array, is_missing, is_number, shown
from treering._frames import read_vector
from treering.metrics import Interval, confidence_interval
from treering.performance._scores import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Loss: TypeAlias = Callable[[Floats, Floats], Floats]


def _absolute(truth: Floats, predicted: Floats) -> Floats:
    return np.abs(truth - predicted)


def _squared(truth: Floats, predicted: Floats) -> Floats:
    return (truth - predicted) ** 2


def _relative(truth: Floats, predicted: Floats) -> Floats:
    return np.abs(truth - predicted) / np.maximum(np.abs(truth), np.finfo(np.float64).eps)


def _squared_log(truth: Floats, predicted: Floats) -> Floats:
    difference: Floats = (np.log1p(truth) - np.log1p(predicted)) ** 2
    return difference


LOSSES: dict[str, tuple[Loss, bool]] = {
    "mean_absolute_error": (_absolute, False),
    "mean_squared_error": (_squared, False),
    "root_mean_squared_error": (_squared, True),
    "mean_absolute_percentage_error": (_relative, False),
    "mean_squared_log_error": (_squared_log, False),
    "root_mean_squared_log_error": (_squared_log, True),
}
"""A metric's loss of a row, and whether the metric is the root of the mean."""
ERROR_METRICS = (*LOSSES, "r2_score")

_LARGEST = 1e150
"""Losses below have squares that double precision holds, many of them added up too."""


@dataclass(frozen=True)
class Errors:
    """True numbers, and of each metric the loss of every row: windows take their own of both."""

    truth: Floats
    losses: dict[str, Floats]

    @classmethod
    def of(cls, y_true: Any, y_pred: Any, metrics: Collection[str]) -> Self:
        """Read true and predicted numbers, as many of one as of the other."""
        truth, predicted = read_numbers(y_true, "y_true"), read_numbers(y_pred, "y_pred")
        check_logarithms(metrics, y_true=truth, y_pred=predicted)
        of_row = {metric: LOSSES.get(metric, (_squared, False))[0] for metric in metrics}
        return cls(
            truth, {metric: row_losses(loss, truth, predicted) for metric, loss in of_row.items()}
        )

    def intervals(self, rows: Any, level: float) -> dict[str, Interval]:
        """Return the metrics of a window's rows."""
        return {
            metric: _r2_interval(self.truth[rows], losses[rows], level)
            if metric == "r2_score"
            else loss_interval(losses[rows], level, is_root=LOSSES[metric][1])
            for metric, losses in self.losses.items()
        }


def loss_interval(losses: Floats, level: float, *, is_root: bool) -> Interval:
    """Return the mean of losses, or its root, with Student's interval of independent rows."""
    interval = confidence_interval(losses, level, statistic="mae")
    return Interval(*np.sqrt(interval).tolist()) if is_root else interval


def _r2_interval(truth: Floats, squares: Floats, level: float) -> Interval:
    """Return R squared, with the interval of the delta method.

    The score is 1 less a ratio of means. To first order a row moves the ratio by as much as its
    squared error is off from the ratio's share of its squared deviation, so that the score is the
    mean of numbers that each row has for itself. Undefined where the truth does not vary.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        # Equal numbers leave exactly 0, whatever rounding does to their mean.
        shifted = truth - truth[0]
        deviations = np.square(shifted - shifted.mean())
        variance = deviations.mean()
        ratio = squares.mean() / variance
        scores = 1 - ratio - (squares - ratio * deviations) / variance
    if not (np.abs(scores) < _LARGEST).all():
        return UNDEFINED
    _, low, high = confidence_interval(scores, level, statistic="mean")
    return Interval(float(1 - ratio), low, min(high, 1.0))


def row_losses(loss: Loss, truth: Floats, predicted: Floats) -> Floats:
    """Return the loss of each row; refuse those that are too large to be told apart."""
    with np.errstate(over="ignore"):
        losses = loss(truth, predicted)
    bad = np.flatnonzero(~(losses < _LARGEST))
    if len(bad):
        row = bad[0]
        raise ValueError(
            f"row {row} has {truth[row]:g} in y_true and {predicted[row]:g} in y_pred, whose loss "
            "is too large for double precision; leave the row out, or give both in a larger unit"
        )
    return losses


def read_numbers(values: Any, what: str) -> Floats:
    """Read one finite number per row; name the first row that holds none."""
    array = read_vector(values, what=what)
    if array.dtype.kind not in "fiub":
        for row, value in enumerate(array):
            if not (is_number(value) or is_missing(value)):
                raise TypeError(
                    f"{what} must hold numbers, which errors are told of; got {shown(value)}, in "
                    f"row {row}: convert the column to numbers first"
                )
        array = np.asarray([np.nan if is_missing(value) else value for value in array])
    numbers = float_array(what, array)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        raise ValueError(
            f"{what} holds {numbers[bad[0]]} in row {bad[0]}; leave out rows whose value is not "
            "known"
        )
    return numbers


def check_logarithms(metrics: Collection[str], **columns: Floats) -> None:
    """Refuse numbers that metrics of logarithms cannot be told of."""
    if not any("log" in metric for metric in metrics):
        return
    for what, numbers in columns.items():
        bad = np.flatnonzero(numbers <= -1)
        if len(bad):
            raise ValueError(
                f"{what} holds {numbers[bad[0]]:g} in row {bad[0]}, and metrics of logarithms "
                "need values above -1; name others, such as mean_absolute_error"
            )
