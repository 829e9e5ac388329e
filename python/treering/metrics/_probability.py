"""Scores of predicted probabilities, in scikit-learn's names and to its values."""

import warnings
from typing import Any, Literal

import numpy as np
import sklearn.metrics as _sklearn
from numpy.typing import ArrayLike, NDArray

from treering._core import metrics as _core
from treering._labels import Floats, Labels, as_array, as_weights, encode


def log_loss(
    y_true: ArrayLike,
    y_proba: ArrayLike | None = None,
    *,
    normalize: bool = True,
    sample_weight: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    y_pred: Any = "deprecated",
) -> float:
    """Mean of -ln p over rows, p being the probability given to the true label.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_proba : array-like of shape (n_samples, n_classes) or (n_samples,)
        Probabilities; columns follow the sorted labels. One column holds the probability of the
        greater of two labels. Probabilities of 0 and 1 are moved inwards by the machine epsilon
        of their dtype.
    normalize : bool, default=True
        False returns the sum instead of the mean.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    labels : array-like, default=None
        All labels, sorted; needed where `y_true` does not hold them all.
    y_pred : array-like
        The former name of `y_proba`, which scikit-learn 1.11 removes.

    Returns
    -------
    float
        The loss. float32 probabilities are read as they are and summed in double precision.

    Examples
    --------
    >>> from treering.metrics import log_loss
    >>> round(log_loss(["spam", "ham"], [[0.1, 0.9], [0.9, 0.1]]), 6)
    0.105361
    """
    given = isinstance(y_pred, str) and y_pred == "deprecated"
    result = _log_loss(y_true, y_proba, sample_weight, labels) if given else None
    if result is None or not isinstance(normalize, (bool, np.bool_)):
        return float(
            _sklearn.log_loss(
                y_true,
                y_proba,
                normalize=normalize,
                sample_weight=sample_weight,
                labels=labels,
                y_pred=y_pred,
            )
        )
    loss, weight, sums_to_one = result
    if not sums_to_one:
        warnings.warn(
            "The y_prob values do not sum to one. Make sure to pass probabilities.",
            UserWarning,
            stacklevel=2,
        )
    return loss / weight if normalize else loss


def _log_loss(
    y_true: Any, y_proba: Any, sample_weight: Any, labels: Any
) -> tuple[float, float, bool] | None:
    probabilities = _as_scores(y_proba)
    if probabilities is None:
        return None
    if probabilities.ndim == 1:
        probabilities = probabilities[:, np.newaxis]
    rows, columns = probabilities.shape
    coded = _class_codes(y_true, labels, max(columns, 2))
    if coded is None or coded.size != rows:
        return None
    weights = None
    if sample_weight is not None and (weights := as_weights(sample_weight, rows)) is None:
        return None
    epsilon = float(np.finfo(probabilities.dtype).eps)
    loss, weight, sums_to_one, in_range = _core.log_loss(
        coded, probabilities, weights, epsilon, 1e-8 + epsilon**0.5
    )
    return (loss, weight, sums_to_one) if in_range else None


def roc_auc_score(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    average: Literal["micro", "macro", "samples", "weighted"] | None = "macro",
    sample_weight: ArrayLike | None = None,
    max_fpr: float | None = None,
    multi_class: Literal["raise", "ovr", "ovo"] = "raise",
    labels: ArrayLike | None = None,
) -> float | NDArray[np.float64]:
    """Area under the ROC curve: how often a positive row scores above a negative one.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels. Multilabel targets are passed on to scikit-learn.
    y_score : array-like of shape (n_samples,) or (n_samples, n_classes)
        Scores of the greater of two labels, or probabilities of each label.
    average : {'micro', 'macro', 'samples', 'weighted'}, default='macro'
        How the areas of several labels become one; None returns one per label.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    max_fpr : float, default=None
        The partial area up to this false-positive rate; passed on to scikit-learn.
    multi_class : {'raise', 'ovr', 'ovo'}, default='raise'
        Each label against the rest, or (passed on to scikit-learn) labels in pairs.
    labels : array-like of shape (n_classes,), default=None
        All labels, sorted.

    Returns
    -------
    float or ndarray of shape (n_classes,)
        The area.

    Notes
    -----
    Without weights the ordered pairs are counted exactly, in whole numbers.

    Examples
    --------
    >>> from treering.metrics import roc_auc_score
    >>> roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    area = None
    if max_fpr is None and (average is None or average in ("macro", "weighted")):
        area = _roc_auc(
            y_true,
            y_score,
            average=average,
            sample_weight=sample_weight,
            multi_class=multi_class,
            labels=labels,
        )
    if area is None:
        try:
            area = _sklearn.roc_auc_score(
                y_true,
                y_score,
                average=average,
                sample_weight=sample_weight,
                max_fpr=max_fpr,
                multi_class=multi_class,
                labels=labels,
            )
        except OverflowError as error:
            raise ValueError(
                f"y_score or sample_weight holds a number beyond double precision ({error})"
            ) from error
    return area


def _roc_auc(
    y_true: Any, y_score: Any, *, average: Any, sample_weight: Any, multi_class: Any, labels: Any
) -> float | NDArray[np.float64] | None:
    scores = _as_scores(y_score)
    if scores is None or not np.isfinite(scores).all():
        return None
    scores = scores.astype(np.float64, copy=False)
    weights = None
    if sample_weight is not None and (weights := as_weights(sample_weight, len(scores))) is None:
        return None
    if scores.ndim == 1:
        codes = _class_codes(y_true, None, 2)
        if codes is None or codes.size != scores.size or multi_class not in _MULTI_CLASS:
            return None
        area = _core.roc_auc(codes, 1, scores, weights)
        return None if np.isnan(area) else area
    if scores.shape[1] < 3 or multi_class != "ovr" or not np.allclose(1, scores.sum(axis=1)):
        return None
    codes = _class_codes(y_true, labels, scores.shape[1])
    if codes is None or codes.size != len(scores):
        return None
    areas = _core.roc_auc_one_vs_rest(codes, scores, weights)
    if np.isnan(areas).any():
        return None
    if average is None:
        return areas
    share = None
    if average == "weighted":
        share = np.bincount(codes, weights=weights, minlength=areas.size)
    return float(np.average(areas, weights=share))


_MULTI_CLASS = ("raise", "ovr", "ovo")


def _as_scores(values: Any) -> NDArray[np.float32] | Floats | None:
    """Read a vector or matrix of finite-width floats."""
    array = as_array(values)
    if array is None or array.ndim not in (1, 2) or array.size == 0:
        return None
    if array.dtype == np.float32:
        return array
    if array.dtype.kind == "f" and array.itemsize == 8:
        return array.astype(np.float64, copy=False)
    if array.dtype.kind in "biu" and array.itemsize <= 4:
        return array.astype(np.float64)
    whole = array.dtype.kind in "iu" and abs(int(array.min())) < 2**53 > int(array.max())
    return array.astype(np.float64) if whole else None


def _class_codes(y_true: Any, labels: Any, classes: int) -> NDArray[np.uint32] | None:
    """Return each row's class as a column number; None unless there are so many classes."""
    encoded = encode(y_true)
    if encoded is None:
        return None
    if labels is not None:
        return _codes_among(encoded, y_true, labels, classes)
    distinct, codes = _core.ranks(encoded.arrays[0])
    return codes if distinct.size == classes else None


def _codes_among(
    encoded: Labels, y_true: Any, labels: Any, classes: int
) -> NDArray[np.uint32] | None:
    if encoded.texts is not None:
        both = encode(y_true, labels)
        if both is None:
            return None
        true, known = both.arrays
    else:
        true = encoded.arrays[0]
        coded = encoded.codes(labels)
        if coded is None:
            return None
        known = coded
    if known.size != classes or (np.diff(known) <= 0).any():
        return None
    distinct, codes = _core.ranks(true)
    if not np.isin(distinct, known).all():
        return None
    return np.searchsorted(known, distinct).astype(np.uint32)[codes]
