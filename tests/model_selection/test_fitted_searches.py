"""A fitted search has the attributes that scikit-learn's has, of the same types."""

import numpy as np
import pytest
from sklearn import model_selection as theirs
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import RidgeClassifier

from searches import IRIS
from treering import model_selection as ours
from treering.tree import DecisionTreeClassifier

SEARCHES = {
    "GridSearchCV": {},
    "RandomizedSearchCV": {"random_state": 0, "n_iter": 2},
    "HalvingGridSearchCV": {"random_state": 0},
    "HalvingRandomSearchCV": {"random_state": 0, "n_candidates": 3},
}
# Trees share fits; other estimators go through scikit-learn.
MODELS = {
    "shared": (DecisionTreeClassifier(random_state=0), "max_depth"),
    "delegated": (RidgeClassifier(), "alpha"),
}


def first(results):
    return 0


def two_metrics(estimator, X, y):
    return {"constant": 1.0, "accuracy": estimator.score(X, y)}


OPTIONS = {
    "refit": {},
    "no refit": {"refit": False},
    "choice": {"refit": first},
    "metrics": {"scoring": ["accuracy", "f1_macro"], "refit": "f1_macro"},
    "metrics without refit": {"scoring": ["accuracy", "f1_macro"], "refit": False},
    "callable of metrics": {"scoring": two_metrics, "refit": "accuracy"},
}


# Halving takes one metric.
CASES = [
    (name, options)
    for name in SEARCHES
    for options in OPTIONS
    if not (name.startswith("Halving") and "scoring" in OPTIONS[options])
]


def kind(value):
    """Return the type of a value, and of those that it holds."""
    if isinstance(value, dict):
        return type(value), [(name, kind(each)) for name, each in value.items()]
    if isinstance(value, list):
        return list, [kind(each) for each in value]
    if isinstance(value, np.ndarray):
        return type(value), value.dtype, value.shape
    return type(value)


def assert_same_attributes(name, model, options, X):
    estimator, parameter = MODELS[model]
    grid = {parameter: [1, 2, 3]}
    options = {"cv": 3, **SEARCHES[name], **options}
    searches = [getattr(library, name)(estimator, grid, **options) for library in (ours, theirs)]
    attributes, expected = (
        {
            each: kind(value)
            for each, value in vars(search.fit(X, IRIS[1])).items()
            if each[0] != "_"
        }
        for search in searches
    )
    assert "cv_results_" in attributes
    assert attributes == expected


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("name", "options"), CASES)
def test_attributes_are_those_of_scikit_learn(name, model, options, grown):
    assert_same_attributes(name, model, OPTIONS[options], IRIS[0])
    assert bool(grown) is (model == "shared")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", SEARCHES)
def test_attributes_of_tables_are_those_of_scikit_learn(name, model):
    frame = pytest.importorskip("pandas").DataFrame(IRIS[0], columns=list("abcd"))
    assert_same_attributes(name, model, {}, frame)
