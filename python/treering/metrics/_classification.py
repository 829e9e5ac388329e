"""Scores of predicted labels, in scikit-learn's names and to its values."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import sklearn.metrics as _sklearn
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import UndefinedMetricWarning

from treering._checks import as_float
from treering._core import metrics as _core
from treering._encoding import Integers
from treering._labels import Labels, as_vector, as_weights, encode

_Average: TypeAlias = Literal["binary", "micro", "macro", "samples", "weighted"] | None
_Score: TypeAlias = float | NDArray[np.float64]
_Scores: TypeAlias = tuple[_Score, _Score, _Score, NDArray[Any] | None]

_PARTS = ("precision", "recall", "f-score")
_ORIGINALS = dict(
    zip(_PARTS, (_sklearn.precision_score, _sklearn.recall_score, _sklearn.f1_score), strict=True)
)
_MODIFIERS = ("predicted", "true", "true nor predicted")


# Doubles, in which weights are added up, leave out whole numbers beyond this one.
_INEXACT = 2.0**53


@dataclass(frozen=True, slots=True)
class Counted:
    """A table of counts and what its whole numbers stand for."""

    table: _core.Contingency
    labels: Labels
    whole: bool  # counts of rows or sums of whole weights


def count(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Counted | None:
    """Count label pairs; None for what scikit-learn shall judge."""
    labels = encode(y_true, y_pred)
    if labels is None:
        return None
    true, pred = labels.arrays
    if true.size != pred.size:
        return None
    if sample_weight is None:
        return Counted(_core.contingency(true, pred), labels, whole=True)
    weights = as_weights(sample_weight, true.size)
    if weights is None:
        return None
    given = as_vector(sample_weight)
    whole = given is not None and given.dtype.kind in "iu"
    if whole and weights.sum() >= _INEXACT:
        return None
    return Counted(_core.contingency(true, pred, weights), labels, whole)


def accuracy_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    normalize: bool = True,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Share of rows whose label was predicted.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels: numbers, booleans or text. Multilabel targets are passed on to scikit-learn.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    normalize : bool, default=True
        False returns the number of such rows (or the sum of their weights) instead.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.

    Returns
    -------
    float
        The share, or the number.

    Examples
    --------
    >>> from treering.metrics import accuracy_score
    >>> accuracy_score(["a", "b", "b", "c"], ["a", "b", "c", "c"])
    0.75
    """
    counted = count(y_true, y_pred, sample_weight)
    if counted is None or not isinstance(normalize, (bool, np.bool_)):
        return float(
            _sklearn.accuracy_score(
                y_true, y_pred, normalize=normalize, sample_weight=sample_weight
            )
        )
    return counted.table.accuracy if normalize else counted.table.correct


def balanced_accuracy_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    adjusted: bool = False,
) -> float:
    """Mean recall over the true labels.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    adjusted : bool, default=False
        True rescales the score so that guessing scores 0.

    Returns
    -------
    float
        The mean recall.

    Examples
    --------
    >>> from treering.metrics import balanced_accuracy_score
    >>> balanced_accuracy_score([0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 0, 1])
    0.625
    """
    counted = count(y_true, y_pred, sample_weight)
    if counted is None or counted.table.n_labels < 2 or not isinstance(adjusted, (bool, np.bool_)):
        return float(
            _sklearn.balanced_accuracy_score(
                y_true, y_pred, sample_weight=sample_weight, adjusted=adjusted
            )
        )
    (_, recall, _, _), undefined, _ = counted.table.scores(None, "none", 1.0, np.nan)
    if undefined[1]:
        warnings.warn("y_pred contains classes not in y_true", stacklevel=2)
        recall = recall[~np.isnan(recall)]
    score = float(recall.mean())
    if adjusted:
        chance = 1 / recall.size
        # One true label makes this 0/0, which is NaN here as it is there.
        score = float(np.divide(score - chance, 1 - chance))
    return score


def confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    normalize: Literal["true", "pred", "all"] | None = None,
) -> NDArray[Any]:
    """Count rows by true label (rows) and predicted label (columns).

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    labels : array-like of shape (n_classes,), default=None
        The labels of the table, in its order; rows with other labels are left out. By default
        all that occur, sorted.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    normalize : {'true', 'pred', 'all'}, default=None
        Divide by the sum of each row, of each column, or of everything.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Whole numbers, or floats if weights are or if the table is normalised.

    Examples
    --------
    >>> from treering.metrics import confusion_matrix
    >>> confusion_matrix([0, 1, 0, 1], [1, 1, 0, 1])
    array([[1, 1],
           [0, 2]])
    """
    matrix = _confusion(count(y_true, y_pred, sample_weight), labels)
    if matrix is None or matrix.size == 1 or normalize not in (None, "true", "pred", "all"):
        return np.asarray(
            _sklearn.confusion_matrix(
                y_true, y_pred, labels=labels, sample_weight=sample_weight, normalize=normalize
            )
        )
    if normalize is None:
        return matrix
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    with np.errstate(all="ignore"):
        shares = matrix / matrix.sum(axis=axis, keepdims=True)
    return np.asarray(np.nan_to_num(shares))


def _confusion(counted: Counted | None, labels: Any) -> NDArray[Any] | None:
    cells = None if counted is None else counted.table.cells
    if counted is None or cells is None:
        return None
    if labels is not None:
        codes = counted.labels.codes(labels)
        if codes is None or (codes.size > 1 and np.unique(codes).size < codes.size):
            return None
        places = counted.table.positions(codes)
        known = places >= 0
        if not cells[places[known]].any():
            return None
        wide = np.zeros((codes.size, codes.size))
        wide[np.ix_(known, known)] = cells[np.ix_(places[known], places[known])]
        cells = wide
    return cells.astype(np.int64) if counted.whole else cells


def precision_recall_fscore_support(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    beta: float = 1.0,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: _Average = None,
    warn_for: Iterable[str] = _PARTS,
    sample_weight: ArrayLike | None = None,
    zero_division: float | Literal["warn"] = "warn",
) -> _Scores:
    """Precision, recall, F-score and support of each label, or averages of them.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    beta : float, default=1.0
        How much recall counts in the F-score.
    labels : array-like, default=None
        The labels to score, in the result's order. By default all that occur, sorted.
    pos_label : int, float, bool or str, default=1
        The label to score where ``average='binary'``.
    average : {'binary', 'micro', 'macro', 'weighted', 'samples'}, default=None
        How scores of several labels become one; None returns one per label. 'samples' is for
        multilabel targets and passed on to scikit-learn.
    warn_for : list, tuple or set, default=('precision', 'recall', 'f-score')
        The scores whose ill-defined values are warned of.
    sample_weight : array-like of shape (n_samples,), default=None
        A weight per row.
    zero_division : {'warn', 0.0, 1.0, nan}, default='warn'
        What an ill-defined score becomes; 'warn' gives 0 and a warning. Averages leave NaN out.

    Returns
    -------
    precision : float or ndarray of shape (n_classes,)
    recall : float or ndarray of shape (n_classes,)
    fscore : float or ndarray of shape (n_classes,)
    support : None or ndarray of shape (n_classes,)
        How often each label was true; None for an average.

    Examples
    --------
    >>> from treering.metrics import precision_recall_fscore_support
    >>> y_true = ["cat", "dog", "pig", "cat", "dog", "pig"]
    >>> y_pred = ["cat", "pig", "dog", "cat", "cat", "dog"]
    >>> precision, recall, fscore, support = precision_recall_fscore_support(y_true, y_pred)
    >>> support
    array([2, 2, 2])
    """
    scoring = _Scoring(labels, pos_label, average, sample_weight, zero_division)
    return scoring.all(y_true, y_pred, beta, warn_for)


def precision_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: _Average = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: float | Literal["warn"] = "warn",
) -> _Score:
    """Share of a label's predictions that were right.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    labels, pos_label, average, sample_weight, zero_division
        As in :func:`precision_recall_fscore_support`, with ``average='binary'``.

    Returns
    -------
    float or ndarray of shape (n_classes,)
        The precision; one per label where ``average=None``.

    Examples
    --------
    >>> from treering.metrics import precision_score
    >>> precision_score([0, 1, 1, 0], [1, 1, 1, 0], average="weighted")
    0.8333333333333333
    """
    scoring = _Scoring(labels, pos_label, average, sample_weight, zero_division)
    return scoring.one("precision", y_true, y_pred)


def recall_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: _Average = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: float | Literal["warn"] = "warn",
) -> _Score:
    """Share of a label's rows that were found.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    labels, pos_label, average, sample_weight, zero_division
        As in :func:`precision_recall_fscore_support`, with ``average='binary'``.

    Returns
    -------
    float or ndarray of shape (n_classes,)
        The recall; one per label where ``average=None``.

    Examples
    --------
    >>> from treering.metrics import recall_score
    >>> recall_score([0, 1, 1, 0], [1, 1, 1, 0], average="macro")
    0.75
    """
    scoring = _Scoring(labels, pos_label, average, sample_weight, zero_division)
    return scoring.one("recall", y_true, y_pred)


def f1_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    pos_label: Any = 1,
    average: _Average = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: float | Literal["warn"] = "warn",
) -> _Score:
    """Harmonic mean of precision and recall.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    labels, pos_label, average, sample_weight, zero_division
        As in :func:`precision_recall_fscore_support`, with ``average='binary'``.

    Returns
    -------
    float or ndarray of shape (n_classes,)
        The F1 score; one per label where ``average=None``.

    Examples
    --------
    >>> from treering.metrics import f1_score
    >>> f1_score([0, 1, 1, 0], [1, 1, 1, 0])
    0.8
    """
    scoring = _Scoring(labels, pos_label, average, sample_weight, zero_division)
    return scoring.one("f-score", y_true, y_pred)


class _Scoring(NamedTuple):
    """What precision, recall and F-score are asked for in the same words."""

    labels: Any
    pos_label: Any
    average: Any
    sample_weight: Any
    zero_division: Any

    def one(self, part: str, y_true: Any, y_pred: Any) -> _Score:
        """Score one part, through the kernel or through scikit-learn's function of the part."""
        scores = self._by_kernel(y_true, y_pred, 1.0, (part,))
        if scores is None:
            score: _Score = _ORIGINALS[part](y_true, y_pred, **self._asdict())
            return score
        return scores[:3][_PARTS.index(part)]

    def all(self, y_true: Any, y_pred: Any, beta: Any, warn_for: Any) -> _Scores:
        """Score all parts, through the kernel or through scikit-learn."""
        scores = self._by_kernel(y_true, y_pred, beta, warn_for)
        if scores is None:
            scores = _sklearn.precision_recall_fscore_support(
                y_true, y_pred, beta=beta, warn_for=warn_for, **self._asdict()
            )
        return scores

    def _by_kernel(self, y_true: Any, y_pred: Any, beta: Any, warn_for: Any) -> _Scores | None:
        """Score all parts through the kernel; None for what scikit-learn shall judge."""
        average = self.average
        value = zero_division_value(self.zero_division)
        if (
            value is None
            or not (average is None or average in ("binary", "micro", "macro", "weighted"))
            or not (average == "binary" or self.pos_label is None or self.pos_label == 1)
            or not (isinstance(beta, Real) and as_float("beta", beta) >= 0)
            or not isinstance(warn_for, (tuple, list, set))
        ):
            return None
        counted = count(y_true, y_pred, self.sample_weight)
        if counted is None:
            return None
        codes = _selected(counted, self.labels, self.pos_label, average)
        if codes is False:
            return None
        kind = "none" if average in (None, "binary") else average
        (precision, recall, fscore, support), undefined, compared = counted.table.scores(
            codes, kind, float(beta), value
        )
        if self.zero_division == "warn":
            for part, modifier, missing in zip(_PARTS, _MODIFIERS, undefined, strict=True):
                if missing and part in warn_for:
                    _warn_ill_defined(part, modifier, compared)
        if average is None:
            return precision, recall, fscore, support.astype(np.int64) if counted.whole else support
        return float(precision[0]), float(recall[0]), float(fscore[0]), None


def zero_division_value(zero_division: Any) -> float | None:
    """Return the number that stands for an undefined score; None for what scikit-learn refuses."""
    if isinstance(zero_division, str):
        return 0.0 if zero_division == "warn" else None
    if isinstance(zero_division, Real) and (
        zero_division in (0, 1) or np.isnan(as_float("zero_division", zero_division))
    ):
        return float(zero_division)
    return None


def _selected(
    counted: Counted, labels: Any, pos_label: Any, average: Any
) -> Integers | Literal[False] | None:
    """Return the labels to score, None for all, False where scikit-learn shall judge."""
    if average == "binary":
        code = counted.labels.code(pos_label)
        if code is None or counted.table.n_labels > 2:
            return False
        codes = np.array([code], dtype=np.int64)
        if counted.table.n_labels == 2 and counted.table.positions(codes)[0] < 0:
            return False
        return codes
    if labels is None:
        return None
    chosen = counted.labels.codes(labels)
    return False if chosen is None else chosen


def _warn_ill_defined(part: str, modifier: str, compared: int) -> None:
    where = "due to" if compared == 1 else "in labels with"
    warnings.warn(
        f"{part.capitalize()} is ill-defined and being set to 0.0 {where} no {modifier} samples. "
        "Use `zero_division` parameter to control this behavior.",
        UndefinedMetricWarning,
        stacklevel=5,  # past this, the kernel's method, the scoring's and the public function
    )
