"""How sure the mean error of a sample of rows is."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from treering._checks import between_0_and_1, float_array, one_of, shown, whole_number
from treering._core import metrics as _core
from treering.metrics._intervals import MOST_RESAMPLES, Interval

_STATISTICS = ("rmse", "mse", "mae", "mean")
_METHODS = ("t", "z", "bootstrap", "bca")


def confidence_interval(
    errors: ArrayLike,
    level: float = 0.95,
    *,
    statistic: Literal["rmse", "mse", "mae", "mean"] = "rmse",
    method: Literal["t", "z", "bootstrap", "bca"] = "t",
    n_resamples: int = 9999,
    seed: int = 0,
) -> Interval:
    """RMSE, MSE, MAE or mean of one sample's errors, with a confidence interval.

    Parameters
    ----------
    errors : array-like of shape (n_samples,)
        The error of each row, ``y_true - y_pred``, neither squared nor rooted: `statistic` says
        what is made of it. For another loss, give the loss of each row and ``statistic="mean"``.
    level : float, default=0.95
        The share of samples whose interval holds the population's value.
    statistic : {'rmse', 'mse', 'mae', 'mean'}, default='rmse'
        The root of the mean of the squared errors, that mean itself, the mean of the absolute
        errors, or the mean of `errors` as they are: of signed errors, the bias.
    method : {'t', 'z', 'bootstrap', 'bca'}, default='t'
        Student's t or the normal quantile, times the standard error; or the percentiles of
        `n_resamples` samples drawn anew, plain or corrected for bias and acceleration [1]_.
    n_resamples : int, default=9999
        How many samples the bootstrap draws, from 1 to 10,000,000.
    seed : int, default=0
        The key of its draws, from 0 to ``2**64 - 1``.

    Returns
    -------
    Interval
        The statistic and the ends of its interval. One row alone has no interval: its ends are
        NaN. Equal errors have one without width.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If `errors` is empty, not one-dimensional or holds missing or infinite values, or an
        argument is outside its range.

    See Also
    --------
    classification_summary : Scores of predicted labels with their intervals.

    Notes
    -----
    The interval of the RMSE is the root of that of the mean squared error; ends below 0 are 0.
    Squared errors are skewed, so 'bca' covers better than the others where there are few rows.

    A draw costs as many steps as there are rows, but at most 16,384: of more rows, the 4,096
    that are farthest from the mean are drawn one by one, and the sum of the others from the normal
    distribution that it follows.

    References
    ----------
    .. [1] B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical
           Association 82, 1987.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.metrics import confidence_interval
    >>> errors = np.random.default_rng(0).normal(0, 50_000, 4000)
    >>> print(confidence_interval(errors))
    49921.022 [48836.291, 50982.678]
    """
    if np.ndim(level):
        raise TypeError(
            f"level must be a number between 0 and 1; got {shown(level)}. The interval is one of "
            "errors: confidence_interval(y_true - y_pred)"
        )
    level = between_0_and_1("level", level)
    one_of("statistic", statistic, _STATISTICS, optional=False)
    one_of("method", method, _METHODS, optional=False)
    n_resamples = whole_number("n_resamples", n_resamples, most=MOST_RESAMPLES)
    seed = whole_number("seed", seed, least=0, most=2**64 - 1)
    losses = float_array("errors", errors)
    if losses.ndim != 1 or losses.size == 0:
        raise ValueError(
            "errors must hold one number for each row, such as y_true - y_pred, and at least one; "
            f"got an array of shape {losses.shape}"
        )
    with np.errstate(over="ignore"):
        if statistic in ("rmse", "mse"):
            losses = np.square(losses)
        elif statistic == "mae":
            losses = np.abs(losses)
    bad = np.flatnonzero(~np.isfinite(losses))
    if bad.size:
        raise ValueError(
            f"errors must hold finite numbers whose {statistic} double precision can hold; got "
            f"{float_array('errors', errors)[bad[0]]} in row {bad[0]}. Leave out rows whose error "
            "is unknown"
        )
    interval = _core.mean_interval(losses, method, level, n_resamples, seed)
    if statistic != "mean":
        interval = tuple(np.maximum(interval, 0.0).tolist())
    if statistic == "rmse":
        interval = tuple(np.sqrt(interval).tolist())
    return Interval(*interval)
