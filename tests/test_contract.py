"""Every estimator keeps scikit-learn's contract, and survives joblib."""

import importlib
from pathlib import Path

import joblib
import numpy as np
import pytest
import sklearn.model_selection
from scipy.sparse import issparse
from sklearn.datasets import load_iris
from sklearn.utils._test_common import instance_generator
from sklearn.utils.estimator_checks import (
    estimator_checks_generator,
    parametrize_with_checks,
)

from estimators import EXCUSED, QUICK, SEARCHES, VARIANTS, classes, excused, instances
from treering.drift import Reference, detect_drift
from treering.preprocessing import MinMaxScaler
from treering.tree import DecisionTreeClassifier


@parametrize_with_checks(
    instances(),
    expected_failed_checks=excused,
    xfail_strict=True,
)
@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks provoke warnings on purpose
def test_scikit_learns_contract(estimator, check):
    check(estimator)


def test_every_estimator_is_found():
    assert {DecisionTreeClassifier, MinMaxScaler} <= set(classes())
    assert {*EXCUSED, *QUICK, *VARIANTS} <= set(classes())


def test_only_what_scikit_learn_excuses_is_excused():
    theirs = instance_generator.PER_ESTIMATOR_XFAIL_CHECKS
    for ours, checks in EXCUSED.items():
        room = importlib.import_module(
            ours.__module__.replace("treering", "sklearn", 1).rpartition(".")[0]
        )
        assert set(checks) <= set(theirs[getattr(room, ours.__name__)])


@pytest.mark.parametrize(
    "search", [each for each in instances() if type(each) in SEARCHES], ids=repr
)
@pytest.mark.filterwarnings("ignore")
def test_searches_are_excused_from_what_scikit_learns_fail(search):
    peer = getattr(sklearn.model_selection, type(search).__name__)
    checks = estimator_checks_generator(peer(**search.get_params(deep=False)), legacy=True)
    for estimator, check in checks:
        if check.func.__name__ in excused(search):
            with pytest.raises(Exception, match=r"."):
                check(estimator)


@pytest.mark.parametrize("compress", [0, 3])
@pytest.mark.parametrize("estimator", instances(), ids=str)
def test_estimators_survive_joblib(estimator, compress, tmp_path: Path):
    X, y = load_iris(return_X_y=True, as_frame=True)
    fitted = estimator.fit(X, y)
    joblib.dump(fitted, tmp_path / "model.joblib", compress=compress)
    again = joblib.load(tmp_path / "model.joblib")
    assert type(again) is type(fitted)
    assert repr(again.get_params()) == repr(fitted.get_params())
    assert list(again.feature_names_in_) == list(X.columns)
    methods = [
        name for name in ("transform", "predict", "predict_proba", "apply") if hasattr(again, name)
    ]
    assert methods
    for name in methods:
        found = [getattr(each, name)(X) for each in (again, fitted)]
        np.testing.assert_array_equal(
            *(each.toarray() if issparse(each) else each for each in found)
        )
    if type(fitted) not in SEARCHES:  # joblib cannot hash the masked arrays of their results
        assert joblib.hash(again) == joblib.hash(fitted)


def test_references_survive_joblib(tmp_path: Path):
    X, _ = load_iris(return_X_y=True, as_frame=True)
    joblib.dump(Reference(X[::2]), tmp_path / "reference.joblib")
    again = joblib.load(tmp_path / "reference.joblib")
    assert type(again) is Reference
    given, expected = detect_drift(again, X[1::2]), detect_drift(X[::2], X[1::2])
    assert list(given) == list(X.columns)
    assert given.to_json() == expected.to_json()
