"""Errors of predicted numbers, in scikit-learn's names and to its values."""

import numpy as np
import sklearn.metrics as _sklearn
from numpy.typing import ArrayLike

from treering._core import metrics as _core
from treering.metrics._targets import (
    MultiOutput,
    OutputErrors,
    combined,
    mean_losses,
    read_targets,
)


def mean_squared_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: MultiOutput = "uniform_average",
) -> OutputErrors:
    """Mean of the squared errors.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,)
        One error per output, their mean, or their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The error.

    Examples
    --------
    >>> from treering.metrics import mean_squared_error
    >>> mean_squared_error([3, -0.5, 2, 7], [2.5, 0.0, 2, 8])
    0.375
    """
    losses = mean_losses(y_true, y_pred, sample_weight, "squared")
    errors = combined(losses, multioutput)
    if errors is None:
        errors = _sklearn.mean_squared_error(
            y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput
        )
    return errors


def root_mean_squared_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: MultiOutput = "uniform_average",
) -> OutputErrors:
    """Root of the mean of the squared errors, in the units of the target.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,)
        One error per output, their mean, or their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The error.

    See Also
    --------
    confidence_interval : How sure it is, with ``statistic="rmse"``.

    Examples
    --------
    >>> from treering.metrics import root_mean_squared_error
    >>> round(root_mean_squared_error([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]), 6)
    0.612372
    """
    losses = mean_losses(y_true, y_pred, sample_weight, "squared")
    errors = combined(None if losses is None else np.sqrt(losses), multioutput)
    if errors is None:
        errors = _sklearn.root_mean_squared_error(
            y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput
        )
    return errors


def mean_absolute_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: MultiOutput = "uniform_average",
) -> OutputErrors:
    """Mean of the absolute errors.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,)
        One error per output, their mean, or their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The error.

    Examples
    --------
    >>> from treering.metrics import mean_absolute_error
    >>> mean_absolute_error([3, -0.5, 2, 7], [2.5, 0.0, 2, 8])
    0.5
    """
    losses = mean_losses(y_true, y_pred, sample_weight, "absolute")
    errors = combined(losses, multioutput)
    if errors is None:
        errors = _sklearn.mean_absolute_error(
            y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput
        )
    return errors


def mean_absolute_percentage_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: MultiOutput = "uniform_average",
) -> OutputErrors:
    """Mean of the absolute errors, each divided by its true value.

    A share, not a percentage: 0.1 is an error of 10 %. True values of 0 count as the machine
    epsilon.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,)
        One error per output, their mean, or their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The error.

    Examples
    --------
    >>> from treering.metrics import mean_absolute_percentage_error
    >>> round(mean_absolute_percentage_error([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]), 6)
    0.327381
    """
    losses = mean_losses(y_true, y_pred, sample_weight, "absolute_percentage")
    errors = combined(losses, multioutput)
    if errors is None:
        errors = _sklearn.mean_absolute_percentage_error(
            y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput
        )
    return errors


def median_absolute_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    multioutput: MultiOutput = "uniform_average",
    sample_weight: ArrayLike | None = None,
) -> OutputErrors:
    """Median of the absolute errors, which a few wild rows do not move.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,)
        One error per output, their mean, or their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The error.

    Examples
    --------
    >>> from treering.metrics import median_absolute_error
    >>> median_absolute_error([3, -0.5, 2, 7], [2.5, 0.0, 2, 8])
    0.5
    """
    targets = read_targets(y_true, y_pred, sample_weight)
    medians = None if targets is None else _core.median_absolute_errors(*targets)
    errors = combined(medians, multioutput)
    if errors is None:
        errors = _sklearn.median_absolute_error(
            y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput
        )
    return errors


def mean_squared_log_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: MultiOutput = "uniform_average",
) -> OutputErrors:
    """Mean of the squared errors of ln(1 + y), for targets above -1.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,)
        One error per output, their mean, or their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The error.

    Examples
    --------
    >>> from treering.metrics import mean_squared_log_error
    >>> round(mean_squared_log_error([3, 5, 2.5, 7], [2.5, 5, 4, 8]), 6)
    0.03973
    """
    losses = mean_losses(y_true, y_pred, sample_weight, "squared_log")
    errors = combined(losses, multioutput)
    if errors is None:
        errors = _sklearn.mean_squared_log_error(
            y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput
        )
    return errors


def root_mean_squared_log_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: MultiOutput = "uniform_average",
) -> OutputErrors:
    """Root of the mean of the squared errors of ln(1 + y), for targets above -1.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,)
        One error per output, their mean, or their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The error.

    Examples
    --------
    >>> from treering.metrics import root_mean_squared_log_error
    >>> round(root_mean_squared_log_error([3, 5, 2.5, 7], [2.5, 5, 4, 8]), 6)
    0.199324
    """
    losses = mean_losses(y_true, y_pred, sample_weight, "squared_log")
    errors = combined(None if losses is None else np.sqrt(losses), multioutput)
    if errors is None:
        errors = _sklearn.root_mean_squared_log_error(
            y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput
        )
    return errors


def max_error(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Largest absolute error of all rows.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True values.
    y_pred : array-like of shape (n_samples,)
        Predicted values.

    Returns
    -------
    float
        The error.

    Examples
    --------
    >>> from treering.metrics import max_error
    >>> max_error([3, 2, 7, 1], [4, 2, 7, 1])
    1.0
    """
    targets = read_targets(y_true, y_pred)
    largest = None if targets is None else _core.max_errors(targets.true, targets.pred)
    if largest is None or largest.size > 1:
        return float(_sklearn.max_error(y_true, y_pred))
    return float(largest[0])
