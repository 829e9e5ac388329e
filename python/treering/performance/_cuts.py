"""Which cuts of a tree tell more than the best of as many cuts would by chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 255
"""Between which values of a column cuts are looked for."""


def by_chance(variance: float, rows: float, columns: int) -> float:
    """Return what the best of all cuts takes off a variance where no column tells anything."""
    return variance * 2 * math.log(max(2, columns * BINS)) / rows


def telling_cuts(tree: Any, columns: int) -> NDArray[np.bool_]:
    """Return which cuts tell more than chance, beside the variance of the rows that they cut.

    A cut above one that tells is kept, too.
    """
    kept = np.zeros(len(tree.children_left), dtype=bool)
    rows = tree.weighted_n_node_samples
    # A node's children stand behind it.
    for node in range(len(kept) - 1, -1, -1):
        children = [tree.children_left[node], tree.children_right[node]]
        if children[0] < 0:
            continue
        left = sum(tree.impurity[child] * rows[child] for child in children) / rows[node]
        taken = tree.impurity[node] - left
        kept[node] = kept[children].any() or taken > by_chance(
            tree.impurity[node], rows[node], columns
        )
    return kept


def ends(tree: Any, cuts: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return for each node the one in which its rows end up where these cuts are made alone."""
    ends = np.arange(len(cuts))
    for node in range(len(cuts)):
        if tree.children_left[node] >= 0 and not (ends[node] == node and cuts[node]):
            ends[[tree.children_left[node], tree.children_right[node]]] = ends[node]
    return ends
