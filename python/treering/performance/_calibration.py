"""How often classes occur at a model's probabilities: calibration, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Calibration = Literal["none", "logistic", "isotonic"]

_MOST_HELD_OUT = 10_000
"""Rows that tell which calibration is best."""
_SMALLEST = 1e-12
_STEPS = 30


class Curve(Protocol):
    """How often a class occurs at each score."""

    def __call__(self, scores: Floats) -> Floats:
        """Return the chance of the class at each score."""
        ...

    def spread(self, scores: Floats) -> tuple[float, float]:
        """Return the variance of a sum of labels: by their own chance, and by the curve's."""
        ...


@dataclass(frozen=True)
class LogisticCurve:
    """A straight line through the logits [1]_: few rows tell it.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines" (1999).

    Attributes
    ----------
    line
        Slope and intercept.
    covariance
        Of both.
    ends
        Scores of 0 and 1, which have no logits, are taken for half as far from the ends as the
        nearest of the others: models and files round.
    """

    line: Floats
    covariance: Floats
    ends: tuple[float, float]

    @classmethod
    def of(cls, scores: Floats, truth: Floats) -> LogisticCurve:
        """Fit by Newton's method, drawn to the line that changes nothing by the weight of a row."""
        inner = scores[(scores > 0) & (scores < 1)]
        nearest = (float(inner.min()), 1 - float(inner.max())) if len(inner) else (0.5, 0.5)
        ends = max(nearest[0] / 2, _SMALLEST), 1 - max(nearest[1] / 2, _SMALLEST)
        design = _design(scores, ends)
        start = np.array([1.0, 0.0])
        line = start.copy()
        information = np.eye(2)
        for _ in range(_STEPS):
            chances = expit(design @ line)
            information = (design * (chances * (1 - chances))[:, np.newaxis]).T @ design + np.eye(2)
            step = np.linalg.solve(information, design.T @ (truth - chances) - (line - start))
            line = line + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
            if np.abs(step).max() < 1e-10:
                break
        return cls(line, np.linalg.inv(information).astype(np.float64), ends)

    def __call__(self, scores: Floats) -> Floats:
        chances: Floats = expit(_design(scores, self.ends) @ self.line)
        return chances

    def spread(self, scores: Floats) -> tuple[float, float]:
        """Return the variance of a sum of labels: by their own chance, and by the curve's."""
        chances = self(scores)
        own = chances * (1 - chances)
        slope = _design(scores, self.ends).T @ own
        return float(own.sum()), float(slope @ self.covariance @ slope)


def _design(scores: Floats, ends: tuple[float, float]) -> Floats:
    return np.column_stack([logit(np.clip(scores, *ends)), np.ones(len(scores))])


@dataclass(frozen=True)
class IsotonicCurve:
    """How often a class occurs at each score: isotonic regression, and how many rows tell it.

    Attributes
    ----------
    scores, shares
        Points of the curve, which is straight between them.
    levels, counts
        The levels of the regression, and how many rows each of them was told by.
    """

    scores: Floats
    shares: Floats
    levels: Floats
    counts: Floats

    @classmethod
    def of(cls, scores: Floats, truth: Floats) -> IsotonicCurve:
        """Fit a curve that never falls."""
        fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, truth)
        raw, counts = np.unique(fitted.predict(scores), return_counts=True)
        # The first and the last level are as long as they happen to be pure: a chance of 0 or 1 is
        # not what rows beyond them have. But no level may pass the one beside it, however few rows
        # it was told by.
        levels = raw.copy()
        if raw[0] <= 0:
            levels[0] = min(0.5 / (counts[0] + 1), raw[1] if len(raw) > 1 else 1.0)
        if raw[-1] >= 1:
            levels[-1] = max(1 - 0.5 / (counts[-1] + 1), raw[-2] if len(raw) > 1 else 0.0)
        shares = levels[np.searchsorted(raw, fitted.y_thresholds_).clip(0, len(raw) - 1)]
        return cls(fitted.X_thresholds_, shares, levels, counts.astype(np.float64))

    def __call__(self, scores: Floats) -> Floats:
        return np.interp(scores, self.scores, self.shares)

    def spread(self, scores: Floats) -> tuple[float, float]:
        """Return the variance of a sum of labels: by their own chance, and by the curve's."""
        shares = self(scores)
        between = (self.levels[1:] + self.levels[:-1]) / 2
        here = np.bincount(np.searchsorted(between, shares), minlength=len(self.levels))
        own = self.levels * (1 - self.levels)
        return float((here * own).sum()), float((here**2 * own / self.counts).sum())


_KINDS: dict[Calibration, Callable[[Floats, Floats], Curve]] = {
    "logistic": LogisticCurve.of,
    "isotonic": IsotonicCurve.of,
}


def curves_of(kind: Calibration, scores: Floats, codes: NDArray[np.intp]) -> list[Curve] | None:
    """Learn how often each class occurs at each score; of two classes the second one."""
    if kind == "none":
        return None
    places = [1] if scores.shape[1] == 2 else range(scores.shape[1])
    return [_KINDS[kind](scores[:, place], (codes == place).astype(np.float64)) for place in places]


def mended(curves: Sequence[Curve] | None, scores: Floats) -> Floats:
    """Return how often each class occurs at these scores; rows add up to 1."""
    if curves is None:
        return scores
    if len(curves) == 1:
        second = curves[0](scores[:, 1])
        return np.column_stack([1 - second, second])
    chances = np.column_stack([curve(scores[:, place]) for place, curve in enumerate(curves)])
    found: Floats = chances / chances.sum(axis=1, keepdims=True)
    return found


def best_calibration(scores: Floats, codes: NDArray[np.intp]) -> Calibration:
    """Tell what makes rows that it has not seen best, by Brier's score: the simplest of equals."""
    rng = np.random.default_rng(0)
    if len(codes) > _MOST_HELD_OUT:
        some = rng.choice(len(codes), _MOST_HELD_OUT, replace=False)
        scores, codes = scores[some], codes[some]
    half = rng.permutation(len(codes)) % 2
    truth = (codes[:, np.newaxis] == np.arange(scores.shape[1])).astype(np.float64)
    kinds: tuple[Calibration, ...] = ("none", "logistic", "isotonic")
    loss = dict.fromkeys(kinds, 0.0)
    for side in (0, 1):
        learned, others = half != side, half == side
        if not learned.any() or not others.any():
            return "none"
        for kind in kinds:
            chances = mended(curves_of(kind, scores[learned], codes[learned]), scores[others])
            loss[kind] += float(((chances - truth[others]) ** 2).sum())
    return min(kinds, key=lambda kind: loss[kind])
