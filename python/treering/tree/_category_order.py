"""The order of categories: by their targets, once, before the trees grow.

A threshold of such an order parts categories of low targets from those of high ones, whatever they
are called (M. Wright and I. König, "Splitting on categorical predictors in random forests", PeerJ
7:e6339, 2019).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from treering.tree._categories import Categories, Floats, keep_categories, keeps_trees


def order_categories(
    estimator: Any,
    rows: NDArray[Any],
    labels: NDArray[Any],
    class_counts: list[int] | None,
    weights: Floats | None,
) -> None:
    """Put categories in the order of their targets, and positions in that order into the rows."""
    if estimator._categories is None or keeps_trees(estimator):
        return
    if len(labels) != len(rows):
        return  # which the core refuses; without checks, nobody has done so
    if weights is None:
        weights = np.ones(len(rows))
    if not weights.any():
        return  # which the core refuses
    weights = weights / weights.max()  # whose sums are finite
    if class_counts is None and labels.shape[1] > 1:
        labels = _standardized(labels, weights)
    ordered: Categories = [*estimator._categories]
    for column, categories in enumerate(ordered):
        if categories is None:
            continue
        values = rows[:, column]
        present = ~np.isnan(values)
        codes = values[present].astype(np.intp)
        totals = np.bincount(codes, weights[present], len(categories)).astype(np.float64)
        means = _means(codes, labels[present], class_counts, weights[present], totals)
        # Stable: equals stay sorted. What no row of any weight has is NaN, and goes last.
        order = np.argsort(_scores(means, totals), kind="stable")
        positions = np.empty(len(order))
        positions[order] = np.arange(len(order))
        values[present] = positions[codes]
        ordered[column] = categories[order]
    keep_categories(estimator, ordered)


def _standardized(numbers: Floats, weights: Floats) -> Floats:
    """Numbers of several outputs on one scale."""
    with np.errstate(all="ignore"):  # the core refuses numbers that are too large
        centred = numbers - np.average(numbers, axis=0, weights=weights)
        spread = np.sqrt(np.average(centred**2, axis=0, weights=weights))
        return centred / np.where(spread == 0, 1, spread)


def _means(
    codes: NDArray[np.intp],
    labels: NDArray[Any],
    class_counts: list[int] | None,
    weights: Floats,
    totals: Floats,
) -> Floats:
    """Mean targets of each category: a row of numbers, or of the classes' shares."""
    count = len(totals)
    if class_counts is None:
        sums = [
            np.bincount(codes, weights * numbers, count)[:, None]
            for numbers in np.ascontiguousarray(labels.T)
        ]
    else:
        sums = [
            np.bincount(codes * classes + labels[:, output], weights, count * classes).reshape(
                count, classes
            )
            for output, classes in enumerate(class_counts)
        ]
        if class_counts == [2]:
            sums = [sums[0][:, 1:]]  # whose order is that of the other, reversed
    with np.errstate(all="ignore"):
        means: Floats = np.hstack(sums) / totals[:, None]
    return means


def _scores(means: Floats, totals: Floats) -> Floats:
    """One number for each row of means: itself, or its place along their first component.

    D. Coppersmith, S. J. Hong and J. R. M. Hosking, "Partitioning nominal attributes in decision
    trees", Data Mining and Knowledge Discovery 3, 197-217, 1999.
    """
    known = np.flatnonzero(totals > 0)
    if means.shape[1] == 1 or len(known) == 0:
        return means[:, 0]
    # Summed in an order that does not depend on what the categories are called
    known = known[np.lexsort((totals[known], *means[known].T))]
    with np.errstate(all="ignore"):
        centred = means[known] - np.average(means[known], axis=0, weights=totals[known])
        weighted = centred * np.sqrt(totals[known])[:, None]
    if not np.isfinite(weighted).all():
        return means[:, 0]  # of numbers that the core refuses
    loadings = np.linalg.svd(weighted, full_matrices=False)[2][0]
    sizes = np.abs(loadings)
    first = int(np.argmax(sizes >= sizes.max() * (1 - 1e-9)))  # equal but for rounding
    scores: Floats = (means * (loadings if loadings[first] > 0 else -loadings)).sum(axis=1)
    return scores
