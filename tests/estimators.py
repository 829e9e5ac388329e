"""Every estimator that users can import, and what each is excused from, with the reason.

Only checks that scikit-learn excuses for its own class of the same name stand here.
"""

import importlib
from typing import Any

from sklearn.base import BaseEstimator

import treering
from treering.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.preprocessing import StandardScaler
from treering.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

BOOTSTRAP = dict.fromkeys(
    (
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weight_equivalence_on_sparse_data",
    ),
    "a bootstrap draws other rows from repeated rows than from weighted ones; "
    "scikit-learn excuses its own forests for the same reason",
)
EXCUSED = {RandomForestClassifier: BOOTSTRAP, RandomForestRegressor: BOOTSTRAP}

TREES: tuple[type, ...] = (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)
FORESTS: tuple[type, ...] = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

# What makes an estimator quick enough to be fitted a hundred times
QUICK: dict[type, dict[str, Any]] = {cls: {"n_estimators": 5} for cls in FORESTS}

# Parameters that take another way through the code than the defaults do
VARIANTS: dict[type, list[dict[str, Any]]] = {
    DecisionTreeClassifier: [{"criterion": "entropy", "splitter": "random", "max_leaf_nodes": 12}],
    DecisionTreeRegressor: [{"criterion": "absolute_error"}, {"categorical_features": [0]}],
    ExtraTreesClassifier: [{"categorical_features": [0]}],
    StandardScaler: [{"with_mean": False}],
}


def classes() -> list[type[BaseEstimator]]:
    """Every estimator that a public module of treering offers."""
    modules = [importlib.import_module(f"treering.{name}") for name in treering._ROOMS]
    things = [getattr(module, name) for module in modules for name in module.__all__]
    return [
        thing for thing in things if isinstance(thing, type) and issubclass(thing, BaseEstimator)
    ]


def instances() -> list[BaseEstimator]:
    return [
        cls(**QUICK.get(cls, {}), **variant)
        for cls in classes()
        for variant in [{}, *VARIANTS.get(cls, [])]
    ]
