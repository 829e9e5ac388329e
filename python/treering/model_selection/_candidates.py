"""Candidates of a search, taken apart into what prepares rows and what learns from them."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from re import Pattern
from types import BuiltinFunctionType, FunctionType, NoneType
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn import get_config  # type: ignore[attr-defined]  # public, but not in __all__
from sklearn.base import BaseEstimator, clone
from sklearn.compose import make_column_selector
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from treering.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
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

# Estimators that are trained for each fold, of which those of fewer iterations are read from one
BOOSTED = {HistGradientBoostingClassifier, HistGradientBoostingRegressor}

# What the codes of boosted rows follow from
CODING = {
    "categorical_features",
    "class_weight",
    "early_stopping",
    "max_bins",
    "random_state",
    "validation_fraction",
}

# By how much forests are read from one another: fewer trees, a smaller depth, ...
NESTED = {"n_estimators", "max_depth", "min_samples_split", "min_impurity_decrease", "ccp_alpha"}

# What the codes of labels and the weights of rows follow from
LABELLING = {"criterion", "class_weight", "bootstrap", "warm_start"}

# What changes no model
IDLE = {"n_jobs", "verbose"}

# What is known by its value; anything else by itself alone
_NUMBERS = (bool, int, float, complex, np.generic)
_FUNCTIONS = (FunctionType, BuiltinFunctionType)
_PLAIN = (*_NUMBERS, *_FUNCTIONS, str, bytes, NoneType, type, np.dtype, Pattern)


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
    # Equal for candidates that learn the same from labels
    labels_key: Hashable
    # Equal for candidates whose forests are read from one
    family_key: Hashable


def candidate_of(base: BaseEstimator, parameters: dict[str, Any]) -> Candidate:
    """Take an estimator apart that has some parameters of its own.

    Raises
    ------
    CannotShareError
        If its fits cannot be shared.
    """
    estimator = clone(base).set_params(**clone(parameters, safe=False))
    preparation, learner = _parts(estimator)
    if not _is_shareable(learner) or _has_callbacks(estimator):
        raise CannotShareError
    try:
        learner._validate_params()
    except (TypeError, ValueError) as error:
        raise CannotShareError from error
    # Trees that grow best first do so in another order by other limits.
    names = learner.get_params(deep=False).keys()
    if type(learner) in BOOSTED:
        labelling, nested = CODING, {"max_iter"}
    else:
        labelling = LABELLING
        nested = IDLE | (NESTED if learner.max_leaf_nodes is None else {"n_estimators"})
    return Candidate(
        estimator,
        preparation,
        learner,
        rows_key=_key(preparation),
        labels_key=_key_by(learner, names & labelling),
        family_key=_key_by(learner, names - nested),
    )


def _parts(estimator: Any) -> tuple[Pipeline | None, Any]:
    """Return what prepares rows, if anything does, and what learns from them."""
    if type(estimator) is not Pipeline:
        return None, estimator
    if estimator.memory is not None or estimator.transform_input is not None:
        raise CannotShareError
    try:
        estimator._validate_params()
        estimator._validate_steps()
    except Exception as error:
        raise CannotShareError from error
    *before, (_, learner) = estimator.steps
    is_prepared = any(step not in (None, "passthrough") for _, step in before)
    return Pipeline(before) if is_prepared else None, learner


def may_share(estimator: Any, y: Any, params: dict[str, Any] | None) -> bool:
    """Whether fits of an estimator can be shared at all; its candidates are looked at later."""
    learner = estimator
    if type(estimator) is Pipeline:
        learner = estimator.steps[-1][1] if estimator.steps else None
    has_own_way = bool(params) or get_config()["enable_metadata_routing"]
    if not _is_shareable(learner) or has_own_way or y is None or issparse(y):
        return False
    # Of pairs of rows, the columns would have to be split, too.
    return not get_tags(estimator).input_tags.pairwise


def _is_shareable(learner: Any) -> bool:
    """Whether models of a learner can be read from fits that are shared."""
    if type(learner) in BOOSTED:
        # What a fit prints is told of each, and of what goes on each goes on from its own.
        return not (learner.verbose or learner.warm_start)
    if type(learner) not in LEARNERS or learner.categorical_features is not None:
        return False
    # What is known out of the bag is known of whole forests.
    return not getattr(learner, "oob_score", False)


def _has_callbacks(estimator: Any) -> bool:
    """Whether scikit-learn is to call something while any part is fitted."""
    parts = estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ()
    return any(getattr(part, "_skl_callbacks", None) for part in (estimator, *parts))


def _key_by(learner: Any, names: Iterable[str]) -> Hashable:
    """Return what is equal for learners of one class that agree in some parameters."""
    return type(learner), tuple((name, _key(getattr(learner, name))) for name in sorted(names))


def _key(value: Any) -> Hashable:
    """Return what is equal for values that make equal models."""
    is_estimator = isinstance(value, BaseEstimator)
    if is_estimator and type(value).__sklearn_clone__ is BaseEstimator.__sklearn_clone__:
        return type(value), _key(value.get_params(deep=False)), _key_of_output(value)
    if isinstance(value, dict):
        return dict, tuple((_key(name), _key(each)) for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return type(value), tuple(map(_key, value))
    if type(value) is make_column_selector:
        return make_column_selector, _key(vars(value))
    if isinstance(value, np.random.RandomState):
        return np.random.RandomState, _key(value.get_state(legacy=False))
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufSU":
        return np.ndarray, value.dtype.str, value.shape, value.tobytes()
    # Copies live as long as their candidates, and are no two at one address.
    return type(value), value if isinstance(value, _PLAIN) else id(value)


def _key_of_output(value: Any) -> Hashable:
    """Return what `set_output` chose."""
    return _key(vars(value).get("_sklearn_output_config", {}))
