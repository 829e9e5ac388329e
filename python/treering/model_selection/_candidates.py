"""Candidates of a search, taken apart into what prepares rows and what learns from them."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from treering.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

# Estimators whose folds and candidates share one coded matrix
LEARNERS = {
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
}

# By how much forests are read from one another: fewer trees, a smaller depth, ...
NESTED = {"n_estimators", "max_depth", "min_samples_split", "min_impurity_decrease", "ccp_alpha"}

# What changes no model
IDLE = {"n_jobs", "verbose"}


class CannotShareError(Exception):
    """A model is to be made by a fit of its own."""


@dataclass(frozen=True)
class Candidate:
    """An estimator that is not fitted yet, and its parts."""

    estimator: Any
    # The steps of a pipeline before its last, if there are any
    preparation: Pipeline | None
    learner: Any
    # Equal for candidates that prepare rows alike
    rows_key: Hashable
    # Equal for candidates whose forests are read from one
    family_key: Hashable


def candidate(estimator: Any) -> Candidate:
    """Take an estimator apart; raise CannotShareError if its fits cannot be shared."""
    preparation, learner = None, estimator
    if type(estimator) is Pipeline:
        if estimator.memory is not None or estimator.transform_input is not None:
            raise CannotShareError
        learner = estimator.steps[-1][1]
        if any(step not in (None, "passthrough") for _, step in estimator.steps[:-1]):
            preparation = Pipeline(estimator.steps[:-1])
    if not is_ours(learner) or _has_callbacks(estimator):
        raise CannotShareError
    learner._validate_params()
    rows_key = _key(preparation)
    # Trees that grow best first do so in another order by other limits.
    nested = NESTED if learner.max_leaf_nodes is None else {"n_estimators"}
    parameters = learner.get_params(deep=False).items()
    shared = [(name, value) for name, value in parameters if name not in nested | IDLE]
    return Candidate(estimator, preparation, learner, rows_key, (type(learner), _key(shared)))


def candidates(base: BaseEstimator, all_parameters: Iterable[dict[str, Any]]) -> list[Candidate]:
    """Return a candidate for each set of parameters."""
    return [
        candidate(clone(base).set_params(**clone(parameters, safe=False)))
        for parameters in all_parameters
    ]


def is_ours(learner: Any) -> bool:
    """Whether models of a learner can be read from fits that are shared."""
    if type(learner) not in LEARNERS or learner.categorical_features is not None:
        return False
    # What is known out of the bag is known of whole forests.
    return not getattr(learner, "oob_score", False)


def _has_callbacks(estimator: Any) -> bool:
    """Whether scikit-learn is to call something while any part is fitted."""
    parts = estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ()
    return any(getattr(part, "_skl_callbacks", None) for part in (estimator, *parts))


def _key(value: Any) -> Hashable:
    """Return what is equal for values that make equal models."""
    if isinstance(value, BaseEstimator):
        return type(value), _key(value.get_params(deep=False)), _key_of_output(value)
    if isinstance(value, dict):
        return dict, tuple((_key(name), _key(each)) for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return type(value), tuple(map(_key, value))
    if isinstance(value, np.random.RandomState):
        return np.random.RandomState, _key(value.get_state(legacy=False))
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufSU":
        return np.ndarray, value.dtype.str, value.shape, value.tobytes()
    try:
        hash(value)
    except TypeError:
        # Each copy is known by itself alone: it lives as long as its candidate.
        return type(value), id(value)
    return type(value), value


def _key_of_output(value: Any) -> Hashable:
    """Return what `set_output` chose."""
    return _key(vars(value).get("_sklearn_output_config", {}))
