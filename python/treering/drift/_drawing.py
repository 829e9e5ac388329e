"""What is drawn of a column: bins, distribution functions and shares of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text
from treering.drift._categories import OTHER
from treering.drift._column import Ecdf, Histogram, Shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._core.drift import ReferenceColumn

_BINS = 20
_FINE = 5  # steps of a distribution function in a bin
_MOST_CATEGORIES = 20


def distribution(
    reference: ReferenceColumn, current: NDArray[Any]
) -> tuple[Histogram | None, Ecdf | None]:
    """Count both samples into the same bins; None if nothing finite can be counted."""
    now = current[np.isfinite(current)]
    ends = list(reference.finite_range or ())
    if len(now):
        ends += [float(now.min()), float(now.max())]
    edges = _edges(ends)
    if edges is None:
        return None, None
    before = reference.histogram(edges)
    after, _ = np.histogram(now, len(edges) - 1, range=(edges[0], edges[-1]))
    width = float(edges[_FINE] - edges[0])

    def densities(counts: NDArray[np.int64]) -> tuple[float, ...]:
        in_bins = counts.reshape(_BINS, _FINE).sum(axis=1)
        return tuple((in_bins / (max(int(in_bins.sum()), 1) * width)).tolist())

    def shares(counts: NDArray[np.int64]) -> tuple[float, ...]:
        return tuple((np.cumsum([0, *counts]) / max(int(counts.sum()), 1)).tolist())

    histogram = Histogram(tuple(edges[::_FINE].tolist()), densities(before), densities(after))
    return histogram, Ecdf(tuple(edges.tolist()), shares(before), shares(after))


def _edges(ends: Sequence[float]) -> NDArray[np.float64] | None:
    if not ends:
        return None
    low, high = min(ends), max(ends)
    if not np.isfinite(high - low):
        return None
    edges = np.linspace(low, high, _BINS * _FINE + 1)
    if not (np.diff(edges) > 0).all():
        air = max(0.5, 1e-6 * abs(low))
        if not np.isfinite((high + air) - (low - air)):
            return None
        edges = np.linspace(low - air, high + air, _BINS * _FINE + 1)
    return edges


def shares_of(labels: Sequence[str], before: Sequence[int], now: Sequence[int]) -> Shares | None:
    """Return the shares of the most frequent categories, the others together."""
    if not sum(before) + sum(now):
        return None
    kept = [*labels[:_MOST_CATEGORIES]]
    sides = []
    for counts in (before, now):
        shown = [*counts[:_MOST_CATEGORIES]]
        rest = sum(counts[_MOST_CATEGORIES:])
        sides.append([*shown, rest] if len(labels) > _MOST_CATEGORIES else shown)
    if len(labels) > _MOST_CATEGORIES:
        kept.append(OTHER)
    parted = [tuple(count / max(sum(side), 1) for count in side) for side in sides]
    return Shares(tuple(map(label_text, kept)), parted[0], parted[1])
