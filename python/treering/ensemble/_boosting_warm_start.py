"""What a boosted model that goes on has to agree with."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier


def kept_before(estimator: Any) -> dict[str, Any]:
    """Return what the last fit learned of its labels, if there was one."""
    return {name: vars(estimator).get(name) for name in ("classes_", "_is_logarithmic")}


def check_goes_on(estimator: Any, before: dict[str, Any]) -> None:
    """Refuse what does not go on from the last fit."""
    if estimator._boosting.columns != estimator.n_features_in_:
        raise ValueError(
            f"warm_start=True needs the {estimator._boosting.columns} columns of the first fit; X "
            f"has {estimator.n_features_in_}. Fit a new model instead."
        )
    if is_classifier(estimator) and not np.array_equal(before["classes_"], estimator.classes_):
        raise ValueError(
            f"warm_start=True needs the classes of the first fit, {before['classes_'].tolist()}"
            f"; got {estimator.classes_.tolist()}. Fit a new model instead."
        )
    if before["_is_logarithmic"] != vars(estimator).get("_is_logarithmic"):
        first = "logarithms" if before["_is_logarithmic"] else "no logarithms"
        raise ValueError(
            f"warm_start=True needs a loss like that of the first fit, whose trees answer with "
            f"{first}; got loss={estimator.loss!r}. Fit a new model instead."
        )
    if estimator.max_iter < estimator.n_iter_:
        raise ValueError(
            f"max_iter={estimator.max_iter} must be larger than or equal to "
            f"n_iter_={estimator.n_iter_} when warm_start==True"
        )
