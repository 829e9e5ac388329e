"""Scores without labels, from calibrated probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._checks import between_0_and_1, one_of
from treering._frames import backend_of, read_vector
from treering._results import plain_label
from treering._text import counted
from treering._worth import in_sorted_order, read_values
from treering.performance._calibration import best_calibration, curves_of, mended
from treering.performance._expected import METRICS, Expected
from treering.performance._history import PerformanceHistory
from treering.performance._labels import (
    complete,
    metric_names,
    refuse_continuous,
)
from treering.performance._probabilities import check_sums, read_probabilities
from treering.performance._scores import by_class
from treering.performance._window_scores import WindowPerformance
from treering.performance._windows import split

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering.performance._expected import Average

_USUAL = ("accuracy", "precision", "recall", "f1_score", "log_loss", "roc_auc")
_AVERAGES = ("weighted", "macro", "binary")


class CBPE:
    """Confidence-based performance estimation: scores of a classifier before labels come.

    A probability of 0.8 that is calibrated is right eight times out of ten: sums of such chances
    are the confusion matrix that is to be expected, and scores follow from it [1]_. They are right
    as long as the classes depend on the scores as they did in the reference, whatever becomes of
    the columns: a concept that drifts does not show.

    Parameters
    ----------
    metrics
        Out of ``accuracy``, ``precision``, ``recall``, ``f1_score``, ``specificity``, ``log_loss``,
        ``roc_auc`` and ``business_value``; by default all but ``specificity``, and the last one if
        `values` is given.
    average
        How scores of classes become one: ``"weighted"`` by how often each class is expected, as in
        :func:`track`, ``"macro"``, or ``"binary"``, that of the second of two classes.
    values
        What each pair of a true class (row) and a predicted one (column) is worth, for
        ``business_value``: the mean worth of a row. Rows and columns stand in the order of
        :meth:`fit`'s `classes`, by default that of the sorted ones, or are named after them.
    level
        Of the intervals in which the realised scores are expected.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The classes, sorted.
    calibration_ : str
        How probabilities are mended: "logistic" (a line through their logits [2]_), "isotonic" (a
        curve that never falls), or "none"; whichever is best by Brier's score on rows held out.
    is_calibrated_ : bool
        Whether they are mended at all.
    reference_rows_ : int
        How many rows the reference had.

    Notes
    -----
    Intervals hold what labels do by chance, as well as what is not known of the chances: the
    reference's rows are finite, too. Time grows with the rows and the square of the classes.

    References
    ----------
    .. [1] J. Białek, J. Kivimäki, W. Kuberski, N. Perrakis, "Estimating model performance under
       covariate shift without labels" (2024).
    .. [2] J. Platt, "Probabilistic outputs for support vector machines" (1999).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import CBPE
    >>> rng = np.random.default_rng(0)
    >>> share = rng.random(2000)
    >>> truth = rng.random(2000) < share
    >>> estimator = CBPE(metrics=["accuracy"]).fit(truth, share)
    >>> today = 0.5 + 0.5 * rng.random(500)  # surer than before
    >>> history = estimator.estimate(today)
    >>> 0.7 < history[0]["accuracy"] < 0.8
    True
    """

    def __init__(
        self,
        *,
        metrics: Sequence[str] | None = None,
        average: Average = "weighted",
        values: Any = None,
        level: float = 0.95,
    ) -> None:
        self.metrics = metrics
        self.average = average
        self.values = values
        self.level = level

    def fit(self, y_true: Any, y_proba: Any, *, classes: Any = None) -> Self:
        """Learn how probabilities go with classes from rows whose labels are known.

        Parameters
        ----------
        y_true
            True labels: of rows that the model was not trained on.
        y_proba
            Predicted probabilities: a column per class, or the second class's alone.
        classes
            The classes of its columns, as in a classifier's ``classes_``; by default those in
            `y_true`, sorted.

        Returns
        -------
        CBPE
            Itself.

        Raises
        ------
        ValueError
            If a label is missing, lengths differ, a class does not occur, or the probabilities of
            a row do not add up to 1.
        """
        self._names()
        truth = complete(read_vector(y_true, what="y_true"), "y_true")
        if not len(truth):
            raise ValueError("y_true holds no labels; give rows whose truth is known")
        refuse_continuous(truth, "y_true", "CBPE is for classes; for regression there is DLE")
        proba, known = read_probabilities(y_proba, classes, truth)
        if len(known) < 2:
            raise ValueError(
                f"y_true holds the class {plain_label(known[0])!r} alone; there is nothing to tell"
            )
        scores = by_class(proba)
        codes = np.searchsorted(known, truth)
        lacking = np.setdiff1d(np.arange(len(known)), codes)
        if len(lacking):
            raise ValueError(
                f"no row of y_true is of class {plain_label(known[lacking[0]])!r}, so that nothing "
                "is known of its probabilities; give more rows"
            )
        if self.average == "binary" and len(known) != 2:
            raise ValueError(f"average='binary' is for two classes; there are {len(known)}")
        self._values = None
        self.classes_ = known
        self._order = known if classes is None else np.asarray(classes)
        if self.values is not None:
            advice = "They stand in the order of classes="
            worth = read_values(self.values, self._order.tolist(), advice)
            self._values = in_sorted_order(worth, self._order)
        self.reference_rows_ = len(truth)
        self.calibration_ = best_calibration(scores, codes)
        self.is_calibrated_ = self.calibration_ != "none"
        self._curves = curves_of(self.calibration_, scores, codes)
        return self

    def estimate(
        self,
        y_proba: Any,
        *,
        y_pred: Any = None,
        window: Any = None,
        every: str | dt.timedelta | None = None,
        label: Any = None,
    ) -> PerformanceHistory:
        """Estimate the scores of rows whose labels are not known.

        Parameters
        ----------
        y_proba
            Predicted probabilities, as given to :meth:`fit`.
        y_pred
            Predicted labels; by default the likeliest class.
        window, every, label
            As in :func:`track`.

        Returns
        -------
        PerformanceHistory
            With ``estimated=True``: scores that are expected, and intervals in which the realised
            ones are.

        Raises
        ------
        ValueError
            If there are no rows, lengths differ, a label is none of the reference's classes, or
            the probabilities of a row do not add up to 1.
        """
        if not hasattr(self, "classes_"):
            raise ValueError("this CBPE knows no reference yet; call fit(y_true, y_proba) first")
        names = self._names()
        some = np.repeat(self.classes_[:1], len(y_proba))
        scores = by_class(read_probabilities(y_proba, self._order, some)[0])
        windows = split(len(scores), window, every=every, label=label)
        predicted = self._codes(y_pred, scores)
        chances = self.calibrated(scores)
        level = between_0_and_1("level", self.level)
        backend = backend_of(y_proba, y_pred, window)
        found = []
        for name, rows in zip(windows.labels, windows.rows, strict=True):
            own = predicted[rows]
            expected = Expected(chances[rows], scores[rows], own, self._inflation(scores[rows]))
            intervals = {
                metric: expected.interval(metric, self.average, level, self._values)
                for metric in names
            }
            found.append(WindowPerformance(name, len(own), intervals, backend))
        return PerformanceHistory(tuple(found), level, backend, estimated=True)

    def calibrated(self, y_proba: Any) -> NDArray[np.float64]:
        """Return the chances of the classes that probabilities stand for.

        Parameters
        ----------
        y_proba
            Predicted probabilities, a column for each of the sorted classes.

        Returns
        -------
        numpy.ndarray
            A column for each class; rows add up to 1.
        """
        scores = by_class(np.asarray(y_proba, dtype=np.float64))
        check_sums(scores)
        return mended(self._curves, scores)

    def _inflation(self, scores: NDArray[np.float64]) -> float:
        """How much larger variances are for what is not known of the chances."""
        if self._curves is None:
            return 1 + len(scores) / self.reference_rows_
        places = [1] if len(self._curves) == 1 else range(len(self._curves))
        spreads = [
            curve.spread(scores[:, place])
            for place, curve in zip(places, self._curves, strict=True)
        ]
        own = sum(spread[0] for spread in spreads)
        return 1 + sum(spread[1] for spread in spreads) / own if own else 1.0

    def _names(self) -> tuple[str, ...]:
        one_of("average", self.average, _AVERAGES, optional=False)
        if self.metrics is None:
            return (*_USUAL, *(("business_value",) if self.values is not None else ()))
        names = metric_names(self.metrics, METRICS)
        if "business_value" in names and self.values is None:
            raise ValueError("business_value needs values=, what each outcome is worth")
        return names

    def _codes(self, y_pred: Any, scores: NDArray[np.float64]) -> NDArray[np.intp]:
        if y_pred is None:
            likeliest: NDArray[np.intp] = scores.argmax(axis=1)
            # Of equal chances the first class, as classifiers say.
            return likeliest
        labels = complete(read_vector(y_pred, what="y_pred"), "y_pred")
        if len(labels) != len(scores):
            raise ValueError(
                f"y_pred has {counted(len(labels), 'row')} and y_proba {len(scores):,}; give one "
                "of each per row"
            )
        strangers = np.setdiff1d(labels, self.classes_)
        if len(strangers):
            raise ValueError(
                f"y_pred holds {plain_label(strangers[0])!r}, which is none of the reference's "
                f"classes ({', '.join(map(repr, self.classes_.tolist()[:20]))})"
            )
        return np.searchsorted(self.classes_, labels)
