"""Cross-validation in all its forms gives what scikit-learn's own functions give."""

import numpy as np
import pytest
from sklearn import model_selection as theirs
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.utils._param_validation import InvalidParameterError

from treering import model_selection as ours
from treering.ensemble import RandomForestClassifier, RandomForestRegressor
from treering.model_selection import _shared_fits
from treering.preprocessing import StandardScaler
from treering.tree import DecisionTreeRegressor

IRIS = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
CLASSIFIER = RandomForestClassifier(5, random_state=0)
REGRESSOR = RandomForestRegressor(4, random_state=0, max_features=3)
PIPELINE = make_pipeline(StandardScaler(), DecisionTreeRegressor(random_state=0))
MODELS = [(CLASSIFIER, IRIS), (REGRESSOR, DIABETES), (PIPELINE, DIABETES)]
MODEL_IDS = ["classifier", "regressor", "pipeline"]


@pytest.fixture
def coded(monkeypatch):
    """How often rows are coded; empty where scikit-learn fitted."""
    calls = []
    original = _shared_fits.CodedRows
    monkeypatch.setattr(
        _shared_fits, "CodedRows", lambda X, n_jobs: calls.append(1) or original(X, n_jobs)
    )
    return calls


def assert_equal(results, expected):
    assert len(results) == len(expected)
    for result, other in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, other)


@pytest.mark.parametrize(("model", "data"), MODELS, ids=MODEL_IDS)
def test_cross_validate(model, data, coded):
    scoring = None if model is not CLASSIFIER else ["accuracy", "roc_auc_ovr"]
    options = {
        "scoring": scoring,
        "cv": 3,
        "return_train_score": True,
        "return_estimator": True,
        "return_indices": True,
    }
    results = ours.cross_validate(model, *data, **options)
    assert coded
    expected = theirs.cross_validate(model, *data, **options)
    assert list(results) == list(expected)
    for name in results:
        if name.startswith(("test", "train")):
            np.testing.assert_array_equal(results[name], expected[name])
    for part in ("train", "test"):
        assert_equal(results["indices"][part], expected["indices"][part])
    for fitted, other in zip(results["estimator"], expected["estimator"], strict=True):
        assert type(fitted) is type(model)
        np.testing.assert_array_equal(fitted.predict(data[0]), other.predict(data[0]))
        assert fitted.get_params().keys() == model.get_params().keys()


def test_cross_validate_shows_how_far_it_is(capsys):
    ours.cross_validate(CLASSIFIER, *IRIS, cv=3, verbose=1)
    assert "3/3" in capsys.readouterr().err


@pytest.mark.parametrize(("model", "data"), MODELS, ids=MODEL_IDS)
def test_cross_val_predict(model, data, coded):
    for cv in (4, ours.KFold(4, shuffle=True, random_state=2)):
        predicted = ours.cross_val_predict(model, *data, cv=cv)
        np.testing.assert_array_equal(predicted, theirs.cross_val_predict(model, *data, cv=cv))
    assert coded


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba"])
def test_cross_val_predict_of_shares(method, coded):
    X, y = IRIS
    names = np.array(["u", "v", "w"])[y]
    shares = ours.cross_val_predict(CLASSIFIER, X, names, method=method)
    assert len(coded) == 1
    np.testing.assert_array_equal(
        shares, theirs.cross_val_predict(CLASSIFIER, X, names, method=method)
    )


def test_cross_val_predict_where_a_fold_lacks_a_class():
    X, y = IRIS
    with pytest.warns(RuntimeWarning, match="Number of classes in training fold"):
        shares = ours.cross_val_predict(CLASSIFIER, X, y, cv=ours.KFold(3), method="predict_proba")
    with pytest.warns(RuntimeWarning, match="Number of classes in training fold"):
        expected = theirs.cross_val_predict(
            CLASSIFIER, X, y, cv=theirs.KFold(3), method="predict_proba"
        )
    np.testing.assert_array_equal(shares, expected)


def test_cross_val_predict_of_several_outputs():
    X, y = IRIS
    labels = np.column_stack([y, y == 1])
    cv = ours.KFold(3, shuffle=True, random_state=0)
    predicted = ours.cross_val_predict(CLASSIFIER, X, labels, cv=cv)
    np.testing.assert_array_equal(predicted, theirs.cross_val_predict(CLASSIFIER, X, labels, cv=cv))
    shares = ours.cross_val_predict(CLASSIFIER, X, labels, cv=cv, method="predict_proba")
    assert_equal(
        shares, theirs.cross_val_predict(CLASSIFIER, X, labels, cv=cv, method="predict_proba")
    )


def test_cross_val_predict_needs_each_row_once():
    with pytest.raises(ValueError, match="only works for partitions"):
        ours.cross_val_predict(CLASSIFIER, *IRIS, cv=ours.ShuffleSplit(3, random_state=0))


@pytest.mark.parametrize(("model", "data"), MODELS, ids=MODEL_IDS)
def test_learning_curve(model, data, coded):
    for options in (
        {"train_sizes": [0.3, 0.6, 1.0], "shuffle": True, "random_state": 1},
        {"train_sizes": [60, 90], "cv": 3, "shuffle": True, "random_state": 1},
    ):
        results = ours.learning_curve(model, *data, **options)
        assert_equal(results, theirs.learning_curve(model, *data, **options))
    assert coded
    *_, fit_times, score_times = ours.learning_curve(model, *data, shuffle=True, return_times=True)
    assert fit_times.shape == score_times.shape == (5, 5)
    with pytest.raises(ValueError, match="train_sizes"):
        ours.learning_curve(model, *data, train_sizes=[10**6])


def test_validation_curve(coded):
    for model, (X, y), name, values in [
        (CLASSIFIER, IRIS, "n_estimators", [1, 3, 5]),
        (REGRESSOR, DIABETES, "min_samples_split", [2, 10, 50]),
        (PIPELINE, DIABETES, "decisiontreeregressor__max_depth", [1, 2, 3]),
    ]:
        before = len(coded)
        options = {"param_name": name, "param_range": values, "cv": 3}
        results = ours.validation_curve(model, X, y, **options)
        assert len(coded) - before == (3 if model is PIPELINE else 1)
        assert_equal(results, theirs.validation_curve(model, X, y, **options))


@pytest.mark.parametrize("groups", [None, np.arange(150) % 10])
def test_permutation_test_score(groups, coded):
    cv = 3 if groups is None else ours.GroupKFold(3)
    options = {"n_permutations": 5, "cv": cv, "groups": groups}
    results = ours.permutation_test_score(CLASSIFIER, *IRIS, **options)
    assert coded
    assert_equal(results, theirs.permutation_test_score(CLASSIFIER, *IRIS, **options))


def test_other_estimators_go_through_scikit_learn(coded):
    X, y = DIABETES
    ridge = Ridge()
    np.testing.assert_array_equal(
        ours.cross_val_predict(ridge, X, y), theirs.cross_val_predict(ridge, X, y)
    )
    np.testing.assert_array_equal(
        ours.cross_validate(ridge, X, y)["test_score"], theirs.cross_val_score(ridge, X, y)
    )
    assert_equal(ours.learning_curve(ridge, X, y), theirs.learning_curve(ridge, X, y))
    options = {"param_name": "alpha", "param_range": [0.1, 1]}
    assert_equal(
        ours.validation_curve(ridge, X, y, **options),
        theirs.validation_curve(ridge, X, y, **options),
    )
    options = {"n_permutations": 3}
    assert_equal(
        ours.permutation_test_score(ridge, X, y, **options),
        theirs.permutation_test_score(ridge, X, y, **options),
    )
    weighted = {"params": {"sample_weight": np.ones(len(y))}}
    np.testing.assert_array_equal(
        ours.cross_val_score(REGRESSOR, X, y, **weighted), ours.cross_val_score(REGRESSOR, X, y)
    )
    assert len(coded) == 1


@pytest.mark.parametrize(
    "function",
    ["cross_validate", "cross_val_predict", "learning_curve", "permutation_test_score"],
)
def test_jobs_are_whole_numbers(function):
    with pytest.raises(TypeError, match="n_jobs"):
        getattr(ours, function)(CLASSIFIER, *IRIS, n_jobs=0.5)


@pytest.mark.parametrize(
    ("function", "options"),
    [
        ("cross_validate", {"error_score": "xx"}),
        ("cross_validate", {"return_train_score": "yes"}),
        ("cross_validate", {"cv": "five"}),
        ("cross_validate", {"scoring": {"accuracy"}}),
        ("cross_validate", {"verbose": -1}),
        ("cross_val_predict", {"method": "apply"}),
        ("learning_curve", {"train_sizes": 5}),
        ("learning_curve", {"scoring": ["accuracy"]}),
        ("permutation_test_score", {"n_permutations": -3}),
        ("validation_curve", {"param_name": 5, "param_range": [1]}),
        ("cross_validate", {"cv": [(np.arange(100), np.arange(200))]}),
        ("cross_validate", {"cv": [(np.ones(3, bool), np.ones(3, bool))]}),
        ("cross_validate", {"cv": []}),
    ],
)
def test_what_scikit_learn_refuses_is_refused(function, options):
    errors = []
    for library in (ours, theirs):
        with pytest.raises((ValueError, IndexError, TypeError)) as caught:
            getattr(library, function)(CLASSIFIER, *IRIS, **options)
        errors.append(type(caught.value))
    assert errors[0] is errors[1]


def test_draws_that_go_on_are_scikit_learns():
    X, y = IRIS
    for options in (
        {"cv": lambda: theirs.KFold(3, shuffle=True, random_state=np.random.RandomState(0))},
        {"cv": lambda: theirs.KFold(3).split(X)},
    ):
        scores = [
            library.cross_val_score(CLASSIFIER, X, y, cv=options["cv"]())
            for library in (ours, theirs)
        ]
        np.testing.assert_array_equal(*scores)
    results = [
        library.permutation_test_score(
            RandomForestClassifier(2, random_state=np.random.RandomState(3), max_depth=2),
            X,
            y,
            n_permutations=2,
        )
        for library in (ours, theirs)
    ]
    assert_equal(*results)


def test_folds_that_are_masks_count_the_rows_that_they_choose():
    X, y = IRIS
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    masks = [(np.isin(np.arange(len(y)), train), test) for train, test in folds]
    options = {"train_sizes": [0.2, 1.0]}
    sizes, *expected = ours.learning_curve(CLASSIFIER, X, y, cv=folds, **options)
    assert sizes.tolist() == [20, 100]
    for cv in (masks, [(mask.tolist(), test) for mask, test in masks]):
        found, *scores = ours.learning_curve(CLASSIFIER, X, y, cv=cv, **options)
        assert found.tolist() == sizes.tolist()
        np.testing.assert_array_equal(scores, expected)


def test_faults_name_the_function_that_was_called():
    for argument in ({"cv": "five"}, {"scoring": ["accuracy"]}, {"error_score": "x"}):
        with pytest.raises(InvalidParameterError, match="parameter of cross_val_score must"):
            ours.cross_val_score(CLASSIFIER, *IRIS, **argument)
