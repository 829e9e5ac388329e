"""What scores are to be expected where probabilities are known and labels are not."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np

from treering._area_interval import area_interval
from treering.metrics import Interval
from treering.performance._scores import SMALLEST, UNDEFINED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Average = Literal["weighted", "macro", "binary"]
TABLE_METRICS = ("accuracy", "precision", "recall", "f1_score", "specificity", "business_value")
METRICS = (*TABLE_METRICS, "log_loss", "roc_auc")

_DRAWS = 1000
_MOST_TOGETHER = 32
"""Up to so many classes it is known how the counts of a predicted class go together."""


@dataclass(frozen=True)
class Expected:
    """Rows of a window: what their classes may be, what was said, and how sure that is.

    Attributes
    ----------
    chances
        The calibrated probability of each class.
    scores
        The model's own, by which rows are ordered and losses told.
    predicted
        The place of each row's predicted class.
    inflation
        How much larger variances are than those of labels drawn by these chances, which are
        estimates themselves.
    """

    chances: Floats
    scores: Floats
    predicted: NDArray[np.intp]
    inflation: float

    @property
    def table(self) -> Floats:
        """Expected counts of true classes by predicted ones."""
        return self._sums(lambda true: self.chances[:, true])

    def interval(
        self, metric: str, average: Average, level: float, values: Floats | None
    ) -> Interval:
        """Return the expected score, and between which the realised one is expected."""
        if metric == "roc_auc":
            return self._area(average, level)
        if metric == "log_loss":
            return self._log_loss(level)
        draws = _scores(metric, self._drawn_tables(), average, values)
        expected = float(_scores(metric, self.table[np.newaxis], average, values)[0])
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        return Interval(expected, min(float(low), expected), max(float(high), expected))

    def _sums(self, of_class: object) -> Floats:
        classes = self.chances.shape[1]
        sums = [
            np.bincount(self.predicted, weights=of_class(true), minlength=classes)  # type: ignore[operator]
            for true in range(classes)
        ]
        return np.asarray(sums, dtype=np.float64)

    def _drawn_tables(self) -> Floats:
        """Draw tables of counts, by the normal law that sums of many labels follow."""
        classes = self.chances.shape[1]
        rng = np.random.default_rng(0)
        table = self.table
        if classes > _MOST_TOGETHER:
            spread = np.sqrt(self._sums(lambda k: self.chances[:, k] * (1 - self.chances[:, k])))
            noise = rng.standard_normal((_DRAWS // 5, classes, classes)) * spread
        else:
            noise = np.empty((_DRAWS, classes, classes))
            together = np.asarray(
                [
                    self._sums(lambda k, other=other: self.chances[:, k] * self.chances[:, other])
                    for other in range(classes)
                ]
            )
            for said in range(classes):
                covariance = np.diag(table[:, said]) - together[:, :, said]
                variances, axes = np.linalg.eigh(covariance)
                root = axes * np.sqrt(np.maximum(variances, 0.0))
                noise[:, :, said] = rng.standard_normal((_DRAWS, classes)) @ root.T
        drawn: Floats = np.maximum(table + noise * np.sqrt(self.inflation), 0.0)
        # As many rows as there are were said to be of each class, whatever they are.
        totals = drawn.sum(axis=1, keepdims=True)
        drawn *= np.divide(table.sum(axis=0), totals, out=np.zeros_like(totals), where=totals > 0)
        return drawn

    def _area(self, average: Average, level: float) -> Interval:
        positives = self.chances.sum(axis=0)
        negatives = len(self.chances) - positives
        places = [1] if len(positives) == 2 else range(len(positives))
        if len(positives) == 2:
            average = "binary"
        found = []
        for place in places:
            area = expected_area(self.scores[:, place], self.chances[:, place])
            least = min(positives[place], negatives[place]) / self.inflation
            if np.isnan(area) or least < 1:
                return UNDEFINED
            sizes = [int(count[place] / self.inflation) for count in (positives, negatives)]
            found.append((area, *area_interval(area, sizes[0], sizes[1], level)))
        weights = positives if average == "weighted" else None
        value, low, high = np.average(np.asarray(found), axis=0, weights=weights)
        return Interval(float(value), float(low), float(high))

    def _log_loss(self, level: float) -> Interval:
        losses = -np.log(np.clip(self.scores, SMALLEST, 1.0))
        means = (self.chances * losses).sum(axis=1)
        variances = (self.chances * losses**2).sum(axis=1) - means**2
        # The rows' expected losses differ, too; but these rows are the ones that are judged.
        spread = np.sqrt(max(float(variances.sum()), 0.0) * self.inflation) / len(means)
        half = NormalDist().inv_cdf(0.5 + level / 2) * spread
        value = float(means.mean())
        return Interval(value, max(0.0, value - half), value + half)


def expected_area(scores: Floats, chances: Floats) -> float:
    """Return the expected area under the curve of rows that are positive by these chances."""
    order = np.argsort(scores, kind="stable")
    scores, chances = scores[order], chances[order]
    starts = np.flatnonzero(np.r_[True, scores[1:] != scores[:-1]])
    positive = np.add.reduceat(chances, starts)
    negative = np.add.reduceat(1 - chances, starts)
    total = positive.sum() * negative.sum()
    if total <= 0:
        return float("nan")
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / total)


def _scores(metric: str, tables: Floats, average: Average, values: Floats | None) -> Floats:
    """Return a score of each table of counts, true classes by predicted ones."""
    total = tables.sum(axis=(1, 2))
    right = np.diagonal(tables, axis1=1, axis2=2)
    if metric == "accuracy":
        return _ratio(right.sum(axis=1), total)
    if metric == "business_value":
        assert values is not None
        return _ratio((tables * values).sum(axis=(1, 2)), total)
    true, said = tables.sum(axis=2), tables.sum(axis=1)
    by_class = {
        "precision": lambda: _ratio(right, said),
        "recall": lambda: _ratio(right, true),
        "f1_score": lambda: _ratio(2 * right, true + said),
        "specificity": lambda: _ratio(
            total[:, np.newaxis] - true - said + right, total[:, np.newaxis] - true
        ),
    }[metric]()
    if average == "binary":
        return by_class[:, 1]
    if average == "macro":
        means: Floats = by_class.mean(axis=1)
        return means
    weighted: Floats = _ratio((by_class * true).sum(axis=1), total)
    return weighted


def _ratio(above: Floats, below: Floats) -> Floats:
    """Divide; 0 where there is nothing to divide by, as scikit-learn's scores are."""
    above, below = np.broadcast_arrays(above, below)
    found: Floats = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return found
