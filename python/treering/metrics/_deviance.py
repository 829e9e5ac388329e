"""Losses of predicted quantiles and of predicted means of counts and amounts."""

from typing import Any

import sklearn.metrics as _sklearn
from numpy.typing import ArrayLike

from treering.metrics._targets import (
    MultiOutput,
    OutputErrors,
    combined,
    mean_losses,
    real_number,
)


def mean_pinball_loss(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    alpha: float = 0.5,
    multioutput: MultiOutput = "uniform_average",
) -> OutputErrors:
    """Mean loss of a predicted quantile.

    A row loses ``alpha`` times its error where the prediction is too low, and ``1 - alpha`` times
    its error where it is too high.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted quantiles.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    alpha : float, default=0.5
        The share of values below the quantile, from 0 to 1.
    multioutput : {'raw_values', 'uniform_average'} or array-like of shape (n_outputs,)
        One loss per output, their mean, or their mean with these weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The loss.

    Examples
    --------
    >>> from treering.metrics import mean_pinball_loss
    >>> round(mean_pinball_loss([1, 2, 3], [0, 2, 3], alpha=0.9), 6)
    0.3
    """
    share, losses = real_number(alpha), None
    if share is not None and 0 <= share <= 1:
        losses = combined(mean_losses(y_true, y_pred, sample_weight, "pinball", share), multioutput)
    if losses is None:
        losses = _sklearn.mean_pinball_loss(
            y_true, y_pred, sample_weight=sample_weight, alpha=alpha, multioutput=multioutput
        )
    return losses


def mean_tweedie_deviance(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    power: float = 0,
) -> float:
    """Mean Tweedie deviance: twice the log likelihood that predicted means lose to true values.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True values: at least 0 where `power` is from 1 to 2, above 0 from 2 on.
    y_pred : array-like of shape (n_samples,)
        Predicted means: above 0 unless `power` is 0.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    power : float, default=0
        How the variance grows with the mean; at most 0 or at least 1. 0 is the normal
        distribution, 1 Poisson's, 2 the gamma and 3 the inverse Gaussian one.

    Returns
    -------
    float
        The deviance.

    Examples
    --------
    >>> from treering.metrics import mean_tweedie_deviance
    >>> round(mean_tweedie_deviance([2, 0, 1, 4], [0.5, 0.5, 2, 2], power=1), 6)
    1.426015
    """
    deviance, number = None, real_number(power)
    if number is not None and (number <= 0 or number >= 1):
        deviance = _deviance(y_true, y_pred, sample_weight, number)
    if deviance is None:
        deviance = _sklearn.mean_tweedie_deviance(
            y_true, y_pred, sample_weight=sample_weight, power=power
        )
    return deviance


def mean_poisson_deviance(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Mean Poisson deviance, the loss of predicted mean counts.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True counts, at least 0.
    y_pred : array-like of shape (n_samples,)
        Predicted means, above 0.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.

    Returns
    -------
    float
        The deviance.

    See Also
    --------
    mean_tweedie_deviance : The same with ``power=1``.

    Examples
    --------
    >>> from treering.metrics import mean_poisson_deviance
    >>> round(mean_poisson_deviance([2, 0, 1, 4], [0.5, 0.5, 2, 2]), 6)
    1.426015
    """
    deviance = _deviance(y_true, y_pred, sample_weight, 1.0)
    if deviance is None:
        deviance = _sklearn.mean_poisson_deviance(y_true, y_pred, sample_weight=sample_weight)
    return deviance


def mean_gamma_deviance(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Mean gamma deviance, the loss of predicted mean amounts by their relative errors.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True amounts, above 0.
    y_pred : array-like of shape (n_samples,)
        Predicted means, above 0.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.

    Returns
    -------
    float
        The deviance.

    See Also
    --------
    mean_tweedie_deviance : The same with ``power=2``.

    Examples
    --------
    >>> from treering.metrics import mean_gamma_deviance
    >>> round(mean_gamma_deviance([2, 0.5, 1, 4], [0.5, 0.5, 2, 2]), 6)
    1.056853
    """
    deviance = _deviance(y_true, y_pred, sample_weight, 2.0)
    if deviance is None:
        deviance = _sklearn.mean_gamma_deviance(y_true, y_pred, sample_weight=sample_weight)
    return deviance


def _deviance(y_true: Any, y_pred: Any, sample_weight: Any, power: float) -> float | None:
    losses = mean_losses(y_true, y_pred, sample_weight, "tweedie", power)
    return None if losses is None or losses.size > 1 else float(losses[0])
