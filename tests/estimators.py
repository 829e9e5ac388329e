"""Every estimator that users can import, and what each is excused from, with the reason.

Only checks that scikit-learn excuses for its own class of the same name stand here.
"""

import importlib
from typing import Any

from sklearn.base import BaseEstimator, MetaEstimatorMixin, is_classifier
from sklearn.pipeline import make_pipeline

import treering
from treering.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.linear_model import LogisticRegression, Ridge
from treering.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from treering.preprocessing import FormulaFeatures, StandardScaler
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
EXCUSED = {
    RandomForestClassifier: BOOTSTRAP,
    RandomForestRegressor: BOOTSTRAP,
    IsolationForest: dict.fromkeys(
        BOOTSTRAP,
        "rows are drawn, others from repeated rows than from weighted ones; scikit-learn excuses "
        "its own class for the same reason",
    ),
    **dict.fromkeys(
        (HistGradientBoostingClassifier, HistGradientBoostingRegressor),
        dict.fromkeys(
            BOOTSTRAP,
            "leaves and thresholds count rows, which repeated rows are more of; scikit-learn "
            "excuses its own classes for the same reason",
        ),
    ),
    Ridge: {
        "check_non_transformer_estimators_n_iter": (
            "solvers that take no steps leave n_iter_ None; scikit-learn excuses its own class"
        )
    },
}

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

SEARCHES: dict[type, str] = {
    GridSearchCV: "param_grid",
    HalvingGridSearchCV: "param_grid",
    HalvingRandomSearchCV: "param_distributions",
    RandomizedSearchCV: "param_distributions",
}


def _search(cls: type, model: BaseEstimator, name: str) -> dict[str, Any]:
    options: dict[str, Any] = {"cv": 2, "error_score": "raise"}
    if cls is HalvingGridSearchCV:
        options["min_resources"] = "smallest"
    if cls is not GridSearchCV:
        options["random_state"] = 0
    if cls is RandomizedSearchCV:
        options["n_iter"] = 2
    if cls is HalvingRandomSearchCV:
        options["n_candidates"] = 2
    return options | {"estimator": model, SEARCHES[cls]: {name: [1, 3]}}


# What an estimator needs, and what makes it quick enough to be fitted a hundred times
QUICK: dict[type, dict[str, Any]] = {cls: {"n_estimators": 5} for cls in FORESTS} | {
    HistGradientBoostingClassifier: {"max_iter": 5, "min_samples_leaf": 5},
    HistGradientBoostingRegressor: {"max_iter": 5, "min_samples_leaf": 5},
    IsolationForest: {"n_estimators": 5},
    LogisticRegression: {"max_iter": 1000},
    **{cls: _search(cls, DecisionTreeClassifier(random_state=0), "max_depth") for cls in SEARCHES},
}

# Parameters that take another way through the code than the defaults do
VARIANTS: dict[type, list[dict[str, Any]]] = {
    DecisionTreeClassifier: [{"criterion": "entropy", "splitter": "random", "max_leaf_nodes": 12}],
    DecisionTreeRegressor: [{"criterion": "absolute_error"}, {"categorical_features": [0]}],
    ExtraTreesClassifier: [{"categorical_features": [0]}],
    HistGradientBoostingClassifier: [{"max_features": 0.5, "max_bins": 16}],
    HistGradientBoostingRegressor: [{"early_stopping": True, "max_features": 0.5}],
    IsolationForest: [{"contamination": 0.1, "bootstrap": True, "max_features": 0.5}],
    FormulaFeatures: [{"formulas": {"three": "1 + 2"}, "remainder": "drop"}],
    StandardScaler: [{"with_mean": False}],
} | {
    cls: [
        _search(
            cls,
            make_pipeline(StandardScaler(), RandomForestRegressor(3, random_state=0)),
            "randomforestregressor__max_depth",
        )
    ]
    for cls in SEARCHES
}


def excused(estimator: BaseEstimator) -> dict[str, str]:
    """Checks that an estimator fails, with the reason."""
    if type(estimator) not in SEARCHES:
        return EXCUSED.get(type(estimator), {})
    checks = {}
    if not is_classifier(estimator):
        checks["check_estimators_nan_inf"] = "a pipeline does not say that its steps take NaN"
    if "Halving" in type(estimator).__name__:
        checks["check_fit2d_1sample"] = "there are fewer rows than the least resource"
        if is_classifier(estimator):
            checks |= {
                f"check_classifiers_multilabel_{name}": "halving takes labels of one output alone"
                for name in (
                    "output_format_decision_function",
                    "output_format_predict",
                    "output_format_predict_proba",
                    "representation_invariance",
                )
            }
    elif is_classifier(estimator):
        checks["check_supervised_y_2d"] = "trees take a column of labels without a warning"
    return checks


def classes() -> list[type[BaseEstimator]]:
    """Every estimator that a public module of treering offers."""
    modules = [importlib.import_module(f"treering.{name}") for name in treering._ROOMS]
    things = [getattr(module, name) for module in modules for name in module.__all__]
    return [
        thing for thing in things if isinstance(thing, type) and issubclass(thing, BaseEstimator)
    ]


def models() -> list[BaseEstimator]:
    """Those that predict or transform by what they learned, without a search around them."""
    return [each for each in instances() if not isinstance(each, MetaEstimatorMixin)]


def instances() -> list[BaseEstimator]:
    return [
        cls(**(QUICK.get(cls, {}) | variant))
        for cls in classes()
        for variant in [{}, *VARIANTS.get(cls, [])]
    ]
