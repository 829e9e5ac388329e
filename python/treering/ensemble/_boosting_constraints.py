"""How boosted trees are grown, from what an estimator was told."""

from itertools import combinations
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from treering._checks import shown
from treering._core.boosting import BoostingParams
from treering._jobs import bounded
from treering.tree._training import checked_signs

# The core counts rows and levels by 32 bits.
_MOST = 2**32 - 1

# Names of columns that an error tells
_MOST_NAMED = 5


def boosting_params(estimator: Any) -> BoostingParams:
    """Turn an estimator's parameters into what the core grows trees by."""
    columns = estimator.n_features_in_
    depth = estimator.max_depth
    return BoostingParams(
        max_leaf_nodes=bounded(estimator.max_leaf_nodes),
        max_depth=None if depth is None else min(int(depth), _MOST),
        min_samples_leaf=min(int(estimator.min_samples_leaf), _MOST),
        l2_regularization=float(estimator.l2_regularization),
        learning_rate=float(estimator.learning_rate),
        max_features=float(estimator.max_features),
        monotonic=_monotonic(estimator, columns),
        interactions=_interactions(estimator.interaction_cst, columns),
    )


def _monotonic(estimator: Any, columns: int) -> list[int]:
    """Return -1, 0 or 1 for each column."""
    given = estimator.monotonic_cst
    if given is None:
        return [0] * columns
    if is_classifier(estimator) and len(estimator.classes_) > 2:
        raise ValueError(
            "monotonic constraints are not supported for multiclass classification: got "
            f"{len(estimator.classes_)} classes"
        )
    if isinstance(given, dict):
        given = _by_name(given, estimator)
    return checked_signs(estimator, given, columns).astype(np.int8).tolist()  # type: ignore[no-any-return]


def _by_name(given: dict[Any, Any], estimator: Any) -> list[Any]:
    if not hasattr(estimator, "feature_names_in_"):
        raise ValueError(
            f"{type(estimator).__name__} was not fitted on data with feature names. Pass "
            "monotonic_cst as an integer array instead."
        )
    names = estimator.feature_names_in_.tolist()
    if unknown := sorted(str(name) for name in given if name not in set(names)):
        first = unknown if len(unknown) <= _MOST_NAMED else [*unknown[:_MOST_NAMED], "..."]
        raise ValueError(
            f"monotonic_cst contains {len(unknown)} unexpected feature names: {first}. X has the "
            f"columns {names[:20]}"
        )
    for name, sign in given.items():
        if not isinstance(sign, (Integral, float)) or sign not in (-1, 0, 1):
            raise ValueError(
                f"monotonic_cst['{name}'] must be either -1, 0 or 1. Got {sign!r:.60}."
            )
    return [given.get(name, 0) for name in names]


def _interactions(given: Any, columns: int) -> list[list[int]] | None:
    """Return the sets of columns of which those on a path are all in one; None without any."""
    if given is None:
        return None
    if given == "no_interactions":
        return [[column] for column in range(columns)]
    if given == "pairwise":
        if columns < 2:
            return [[0]]
        return [list(pair) for pair in combinations(range(columns), 2)]
    try:
        groups = [set(group) for group in given]
    except TypeError as error:
        raise ValueError(
            f"Interaction constraints must be a sequence of tuples or lists, got: {shown(given)}."
        ) from error
    for group in groups:
        for column in group:
            if not (isinstance(column, Integral) and 0 <= int(column) < columns):
                raise ValueError(
                    "Interaction constraints must consist of integer indices in [0, n_features - 1]"
                    f" = [0, {columns - 1}], specifying the position of features, got invalid "
                    f"indices: {group!r:.60}"
                )
    # Columns that no set names may interact with one another.
    rest = set(range(columns)).difference(*groups)
    return [sorted(map(int, group)) for group in [*groups, rest] if group]
