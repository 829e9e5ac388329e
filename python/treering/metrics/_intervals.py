"""Scores of one sample of rows, each with a confidence interval."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from treering._checks import between_0_and_1, float_array, whole_number
from treering._core import metrics as _core
from treering._frames import backend_of
from treering._results import Result, interval_columns, number_text, pairs_text
from treering._text import counted
from treering.metrics._classification import count, zero_division_value


class _Values(NamedTuple):
    value: float
    low: float
    high: float


class Interval(Result, _Values):
    """A score and the interval that holds the population's value at the stated level.

    A named tuple of three numbers that prints and converts as every result does.

    Attributes
    ----------
    value : float
        The score of the sample.
    low, high : float
        The ends of the interval; NaN, shown as "n/a", if there is none.
    backend : None
        An interval does not know where its data came from.

    Examples
    --------
    >>> from treering.metrics import Interval
    >>> print(Interval(0.91, 0.88, 0.935))
    0.910 [0.880, 0.935]
    >>> Interval(0.91, 0.88, 0.935).to_dict()
    {'value': 0.91, 'low': 0.88, 'high': 0.935}
    """

    __slots__ = ()
    backend: ClassVar[None] = None

    def to_dict(self) -> dict[str, Any]:
        """Return the score and the ends of its interval by name.

        Returns
        -------
        dict
        """
        return self._asdict()

    def _text(self) -> str:
        value, low, high = (number_text(number, 3) for number in self)
        return f"{value} [{low}, {high}]"

    def _lines(self) -> list[tuple[str, str]]:
        return [(name, number_text(number)) for name, number in self._asdict().items()]

    @classmethod
    def _table(cls, rows: Sequence[Self]) -> dict[str, Any]:
        return {
            name: np.asarray([getattr(row, name) for row in rows], dtype=np.float64)
            for name in cls._fields
        }


# Their scores are kept until they are sorted.
MOST_RESAMPLES = 10_000_000

_SCORES = ("accuracy", "precision", "recall", "f1_score")


@dataclass(frozen=True, slots=True, repr=False)
class ClassificationSummary(Result):
    """The usual scores of predicted labels, each with its interval.

    Attributes
    ----------
    count : int
        The number of rows.
    accuracy, precision, recall, f1_score : Interval
        The scores; precision, recall and F1 averaged over labels.
    average : str
        How they were averaged.
    level : float
        The level of the intervals.
    backend : str or None
        The library that the labels came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.metrics import classification_summary
    >>> classification_summary([0, 1, 1, 0], [0, 1, 0, 0])
    ClassificationSummary: 4 rows, weighted averages, 95 % intervals
    accuracy   0.750 [0.301, 0.954]
    precision  0.833 [0.062, 1.000]
    recall     0.750 [0.301, 0.954]
    f1_score   0.733 [0.100, 1.000]
    """

    count: int
    accuracy: Interval
    precision: Interval
    recall: Interval
    f1_score: Interval
    average: str
    level: float
    backend: str | None = field(default=None, repr=False, compare=False)

    def _text(self) -> str:
        rows, level = counted(self.count, "row"), 100 * self.level
        heading = f"{rows}, {self.average} averages, {level:g} % intervals"
        scores = [(name, str(getattr(self, name))) for name in _SCORES]
        return f"ClassificationSummary: {heading}\n{pairs_text(scores)}"

    @classmethod
    def _table(cls, rows: Sequence[Self]) -> dict[str, Any]:
        return {
            "count": [row.count for row in rows],
            **interval_columns({name: getattr(row, name) for name in _SCORES} for row in rows),
            "average": [row.average for row in rows],
            "level": [row.level for row in rows],
        }


def classification_summary(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    average: Literal["weighted", "macro", "micro"] = "weighted",
    level: float = 0.95,
    zero_division: float = 0,
    n_resamples: int = 2000,
    seed: int = 0,
) -> ClassificationSummary:
    """Accuracy, precision, recall and F1 of one sample, each with a confidence interval.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    labels : array-like, default=None
        The labels that precision, recall and F1 are averaged over. By default all that occur.
    average : {'weighted', 'macro', 'micro'}, default='weighted'
        How scores of several labels become one.
    level : float, default=0.95
        The share of samples whose interval holds the population's value.
    zero_division : {0, 1, nan}, default=0
        What an ill-defined score of a label becomes.
    n_resamples : int, default=2000
        How many tables the bootstrap draws, from 1 to 10,000,000.
    seed : int, default=0
        The key of its draws, from 0 to ``2**64 - 1``.

    Returns
    -------
    ClassificationSummary
        The scores with their intervals.

    Raises
    ------
    TypeError
        If a parameter is of the wrong type.
    ValueError
        If the labels cannot be counted (empty, of two kinds, multilabel, of different lengths),
        or a parameter is outside its range.

    See Also
    --------
    classification_intervals : The same from a confusion matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.metrics import classification_summary
    >>> y_true = np.repeat([0, 1], 100)
    >>> y_pred = np.where(np.arange(200) % 10 == 0, 1 - y_true, y_true)
    >>> print(classification_summary(y_true, y_pred).accuracy)
    0.900 [0.851, 0.934]
    """
    counted = count(y_true, y_pred)
    if counted is None:
        # scikit-learn's checks of targets say what is wrong with these.
        from sklearn.metrics import accuracy_score

        accuracy_score(y_true, y_pred)
        raise ValueError(
            "classification_summary expects one label per row in y_true and in y_pred; got "
            "multilabel targets or an array type it does not read. Pass one-dimensional "
            "arrays, lists or series."
        )
    codes = None
    if labels is not None and (codes := counted.labels.codes(labels)) is None:
        raise ValueError(
            f"labels must be a list of labels of the same kind as y_true; got {labels!r}"
        )
    summary = _summary(
        counted.table,
        codes,
        average=average,
        level=level,
        zero_division=zero_division,
        n_resamples=n_resamples,
        seed=seed,
    )
    return replace(summary, backend=backend_of(y_true, y_pred))


def classification_intervals(
    confusion_matrix: ArrayLike,
    *,
    average: Literal["weighted", "macro", "micro"] = "weighted",
    level: float = 0.95,
    zero_division: float = 0,
    n_resamples: int = 2000,
    seed: int = 0,
) -> ClassificationSummary:
    """Accuracy, precision, recall and F1 of a confusion matrix, each with a confidence interval.

    Accuracy carries Wilson's interval; so do weighted recall and micro averages, which equal it.
    The others carry the percentiles of tables drawn anew from the matrix.

    Parameters
    ----------
    confusion_matrix : array-like of shape (n_classes, n_classes)
        Counts of rows: true labels by predicted labels, as :func:`confusion_matrix` gives.
    average, level, zero_division, n_resamples, seed
        As in :func:`classification_summary`.

    Returns
    -------
    ClassificationSummary
        The scores with their intervals.

    Raises
    ------
    TypeError
        If a parameter is of the wrong type.
    ValueError
        If the matrix is not square, empty or holds anything but counts, or a parameter is outside
        its range.

    References
    ----------
    .. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
           Journal of the American Statistical Association 22, 1927.
    .. [2] B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical
           Association 82, 1987.

    Examples
    --------
    >>> from treering.metrics import classification_intervals
    >>> summary = classification_intervals([[90, 10], [5, 95]])
    >>> print(summary.accuracy)
    0.925 [0.880, 0.954]
    """
    matrix = np.asarray(confusion_matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise ValueError(
            "confusion_matrix must be square, true labels by predicted labels; "
            f"got an array of shape {matrix.shape}"
        )
    counts = float_array("confusion_matrix", matrix)
    if not (np.isfinite(counts).all() and (counts >= 0).all() and (counts % 1 == 0).all()):
        raise ValueError(
            "confusion_matrix must hold counts of rows (whole numbers of at least 0); intervals "
            "need to know how many rows there were, so pass the matrix before it is normalised"
        )
    table = _core.contingency_of_matrix(counts)
    summary = _summary(
        table,
        None,
        average=average,
        level=level,
        zero_division=zero_division,
        n_resamples=n_resamples,
        seed=seed,
    )
    return replace(summary, backend=backend_of(confusion_matrix))


def _summary(
    table: _core.Contingency,
    labels: Any,
    *,
    average: str,
    level: float,
    zero_division: float,
    n_resamples: int,
    seed: int,
) -> ClassificationSummary:
    if not (isinstance(average, str) and average in ("weighted", "macro", "micro")):
        raise ValueError(f"average must be 'weighted', 'macro' or 'micro'; got {average!r}")
    level = between_0_and_1("level", level)
    undefined = None if isinstance(zero_division, str) else zero_division_value(zero_division)
    if undefined is None:
        raise ValueError(f"zero_division must be 0, 1 or nan; got {zero_division!r}")
    n_resamples = whole_number("n_resamples", n_resamples, most=MOST_RESAMPLES)
    seed = whole_number("seed", seed, least=0, most=2**64 - 1)
    scores = table.summary(labels, average, level, undefined, n_resamples, seed)
    accuracy, precision, recall, fscore = (Interval(*score) for score in scores)
    return ClassificationSummary(
        count=table.rows,
        accuracy=accuracy,
        precision=precision,
        recall=recall,
        f1_score=fscore,
        average=average,
        level=level,
    )
