"""A forest's parameters as numbers of rows, columns and draws, and as weights of rows."""

from numbers import Integral
from typing import Any
from warnings import warn

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import compute_class_weight

from treering._core.ensemble import ForestParams
from treering.tree._training import tree_params, weigh_classes

# The core numbers trees and draws by 32 bits.
LARGEST_COUNT = 2**31 - 1


def forest_params(
    estimator: Any,
    shape: tuple[int, int],
    weights: NDArray[np.float64] | None,
    splitter: str,
) -> ForestParams:
    """Turn a forest's parameters into numbers of rows, columns and draws."""
    rows, columns = shape
    return ForestParams(
        n_estimators=estimator.n_estimators,
        tree=tree_params(estimator, rows, columns, splitter=splitter),
        bootstrap_draws=count_draws(estimator, rows, weights),
        balanced_subsample=getattr(estimator, "class_weight", None) == "balanced_subsample",
    )


def count_draws(estimator: Any, rows: int, weights: NDArray[np.float64] | None) -> int | None:
    """Turn ``bootstrap`` and ``max_samples`` into a number of draws for each tree."""
    max_samples = estimator.max_samples
    if not estimator.bootstrap:
        if max_samples is not None:
            raise ValueError(
                "`max_samples` cannot be set if `bootstrap=False`. Either switch to "
                "`bootstrap=True` or set `max_samples=None`."
            )
        return None
    if max_samples is None:
        return rows
    if isinstance(max_samples, Integral):
        return int(max_samples)
    with np.errstate(over="ignore"):
        total = rows if weights is None else weights.sum()
    if not max_samples * total <= LARGEST_COUNT:
        raise ValueError(
            f"max_samples={max_samples} of a total of {total} is more than the {LARGEST_COUNT} "
            "draws that a tree can have; pass max_samples as an integer, or smaller weights"
        )
    draws = max(int(max_samples * total), 1)
    if draws < max(10, rows ** (1 / 3)):
        warn(
            f"max_samples={max_samples} of a total of {total} gives only {draws} draws for each "
            "tree. Pass max_samples as an integer instead.",
            UserWarning,
            stacklevel=4,
        )
    return draws


def weigh_rows(
    estimator: Any, y: NDArray[Any], weights: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    """Multiply the weights of rows by those of their classes, where each tree does not do so."""
    class_weight = estimator.class_weight
    if class_weight is None or (class_weight == "balanced_subsample" and estimator.bootstrap):
        return weights
    if isinstance(class_weight, str):
        if estimator.warm_start:
            warn(
                f"class_weight={class_weight!r} is not recommended for warm_start if the data of a "
                "later fit differs: pass the weights of the whole data as a dictionary instead "
                "(see sklearn.utils.compute_class_weight).",
                UserWarning,
                stacklevel=4,
            )
        if y.ndim == 2:
            return weigh_classes("balanced", y, weights)
        classes = np.unique(y)
        with np.errstate(divide="ignore"):
            balanced = compute_class_weight("balanced", classes=classes, y=y, sample_weight=weights)
        balanced[np.isinf(balanced)] = 0  # classes whose rows all weigh nothing
        class_weight = dict(zip(classes.tolist(), balanced, strict=True))
    return weigh_classes(class_weight, y, weights)
