"""Shares of the variation of true numbers that predictions explain."""

from typing import Any, Literal

import numpy as np
import sklearn.metrics as _sklearn
from numpy.typing import ArrayLike

from treering._core import metrics as _core
from treering._labels import Floats
from treering.metrics._targets import OutputErrors, output_weights, read_targets


def r2_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: Literal["raw_values", "uniform_average", "variance_weighted"]
    | ArrayLike
    | None = "uniform_average",
    force_finite: bool = True,
) -> OutputErrors:
    """Coefficient of determination: 1 less the squared errors' share of the true variation.

    1 is perfect, 0 as good as the mean of `y_true`; worse predictions score below 0.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    multioutput : {'raw_values', 'uniform_average', 'variance_weighted'}, array-like or None
        One score per output, their mean (None too), or their mean with the variance of each output
        or these numbers as weights.
    force_finite : bool, default=True
        Whether a constant `y_true` scores 1 if predictions are perfect, else 0, instead of NaN
        and minus infinity.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The score.

    Examples
    --------
    >>> from treering.metrics import r2_score
    >>> round(r2_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]), 6)
    0.948608
    """
    score = None
    targets = read_targets(y_true, y_pred, sample_weight)
    if targets is not None and len(targets.true) > 1:
        sums = _core.variations(*targets)
        if sums is not None:
            score = _score(sums[0], sums[2], multioutput, force_finite)
    if score is None:
        score = _sklearn.r2_score(
            y_true,
            y_pred,
            sample_weight=sample_weight,
            multioutput=multioutput,
            force_finite=force_finite,
        )
    return score


def explained_variance_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: Literal["raw_values", "uniform_average", "variance_weighted"]
    | ArrayLike = "uniform_average",
    force_finite: bool = True,
) -> OutputErrors:
    """Share of the variance that predictions explain, whatever they are off by on average.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        True values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Predicted values.
    sample_weight, multioutput, force_finite
        As in :func:`r2_score`; `multioutput` may not be None.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        The score.

    See Also
    --------
    r2_score : The same where predictions are right on average, lower where they are not.

    Examples
    --------
    >>> from treering.metrics import explained_variance_score
    >>> round(explained_variance_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]), 6)
    0.957173
    """
    score = None
    targets = read_targets(y_true, y_pred, sample_weight)
    if targets is not None and multioutput is not None:
        sums = _core.variations(*targets)
        if sums is not None:
            score = _score(sums[1], sums[2], multioutput, force_finite)
    if score is None:
        score = _sklearn.explained_variance_score(
            y_true,
            y_pred,
            sample_weight=sample_weight,
            multioutput=multioutput,
            force_finite=force_finite,
        )
    return score


def _score(
    unexplained: Floats, variation: Floats, multioutput: Any, force_finite: Any
) -> OutputErrors | None:
    """Make the score from the sums of each output; None for what scikit-learn shall judge."""
    if not isinstance(force_finite, (bool, np.bool_)):
        return None
    weights = None
    if isinstance(multioutput, str):
        if multioutput not in ("raw_values", "uniform_average", "variance_weighted"):
            return None
        if multioutput == "variance_weighted" and variation.any():
            weights = variation
    elif multioutput is not None:
        weights = output_weights(multioutput, variation.size)
        if weights is None:
            return None
    if force_finite:
        # Perfect predictions of a constant score 1, others of it 0.
        scores = np.where(unexplained == 0, 1.0, 0.0)
        usual = (unexplained != 0) & (variation != 0)
        scores[usual] = 1 - unexplained[usual] / variation[usual]
    else:
        scores = 1 - unexplained / variation
    if isinstance(multioutput, str) and multioutput == "raw_values":
        return scores
    return float(np.average(scores, weights=weights))
