"""What is drawn of a column: bins, distribution functions and shares of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treering._axis import label_text
from treering.drift._categories import OTHER
from treering.drift._column import Ecdf, Histogram, Shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FINE = 5  # steps of a distribution function in a bin of the histogram
_MOST_CATEGORIES = 20


def distribution(
    bins: tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]] | None,
) -> tuple[Histogram | None, Ecdf | None]:
    """Return both samples' densities and distribution functions; None if nothing was counted."""
    if bins is None:
        return None, None
    edges, *sides = bins
    width = float(edges[_FINE] - edges[0])

    def densities(counts: NDArray[np.int64]) -> tuple[float, ...]:
        in_bins = counts.reshape(-1, _FINE).sum(axis=1)
        return tuple((in_bins / (max(int(in_bins.sum()), 1) * width)).tolist())

    def shares(counts: NDArray[np.int64]) -> tuple[float, ...]:
        return tuple((np.cumsum([0, *counts]) / max(int(counts.sum()), 1)).tolist())

    histogram = Histogram(tuple(edges[::_FINE].tolist()), *map(densities, sides))
    return histogram, Ecdf(tuple(edges.tolist()), *map(shares, sides))


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
