import numpy as np
import pytest
from sklearn import model_selection as theirs
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier

from treering.ensemble import RandomForestClassifier
from treering.metrics import mean_squared_error
from treering.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    cross_val_score,
    cross_validate,
)
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

X, y = load_iris(return_X_y=True)

ESTIMATORS = [
    RandomForestClassifier(8, random_state=1),
    RandomForestClassifier(8, random_state=1, class_weight="balanced", max_samples=0.5),
    RandomForestClassifier(8, random_state=1, class_weight="balanced_subsample", bootstrap=False),
    RandomForestClassifier(8, random_state=np.random.RandomState(3), min_samples_leaf=0.05),
    DecisionTreeClassifier(random_state=1, max_features="sqrt"),
    DecisionTreeClassifier(random_state=1, splitter="random", class_weight={0: 2, 1: 1, 2: 1}),
]
CASES = [
    {},
    {"cv": 3, "scoring": "f1_weighted"},
    {"cv": KFold(4, shuffle=True, random_state=0), "scoring": "neg_log_loss"},
    {"cv": StratifiedKFold(6), "scoring": "roc_auc_ovr_weighted", "n_jobs": 3},
]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("case", CASES)
def test_scores_equal_those_of_separate_fits(estimator, case):
    rows = X.copy()
    rows[::11, 2] = np.nan
    case = {**case}
    jobs = case.pop("n_jobs", None)
    expected = theirs.cross_val_score(estimator, rows, y, **case)
    scores = cross_val_score(estimator, rows, y, n_jobs=jobs, **case)
    np.testing.assert_array_equal(scores, expected)


def test_columns_with_names_keep_them():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    names = pandas.Series(np.array(["u", "v", "w"])[y])
    forest = RandomForestClassifier(5, random_state=0)
    expected = theirs.cross_val_score(forest, frame, names)
    np.testing.assert_array_equal(cross_val_score(forest, frame, names), expected)


def test_folds_without_a_class_are_scored():
    # The last fold trains without the last class.
    forest = RandomForestClassifier(5, random_state=0)
    expected = theirs.cross_val_score(forest, X, y, cv=theirs.KFold(3))
    np.testing.assert_array_equal(cross_val_score(forest, X, y, cv=KFold(3)), expected)


def test_folds_may_be_masks_or_count_from_the_end():
    mask = np.arange(150) % 4 == 0
    forest = RandomForestClassifier(5, random_state=0)
    folds = [(~mask, mask), (np.flatnonzero(~mask) - 150, np.flatnonzero(mask))]
    scores = cross_val_score(forest, X, y, cv=folds)
    assert scores[0] == scores[1]


def test_other_estimators_go_through_scikit_learn():
    dummy = DummyClassifier()
    np.testing.assert_array_equal(cross_val_score(dummy, X, y), theirs.cross_val_score(dummy, X, y))


def test_the_estimator_is_not_changed():
    forest = RandomForestClassifier(3, random_state=0)
    cross_val_score(forest, X, y)
    assert not hasattr(forest, "classes_")


def test_bad_input_is_named():
    forest = RandomForestClassifier(3)
    with pytest.raises(ValueError, match="infinity"):
        cross_val_score(forest, np.where(X > 6, np.inf, X), y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        cross_val_score(forest, X, y[:-1])


@pytest.mark.parametrize("jobs", [np.inf, np.nan, 2.0, "2", [2], np.timedelta64(2, "s")])
@pytest.mark.parametrize("estimator", [RandomForestClassifier(3), DummyClassifier()])
def test_a_number_of_jobs_that_is_none_is_named(jobs, estimator):
    with pytest.raises(TypeError, match=r"n_jobs must be a whole number of threads.*; got "):
        cross_val_score(estimator, X, y, n_jobs=jobs)


@pytest.mark.parametrize("jobs", [np.int64(2), 10**400, -1])
def test_any_whole_number_of_jobs_will_do(jobs):
    forest = RandomForestClassifier(3, random_state=0)
    assert (cross_val_score(forest, X, y, n_jobs=jobs) == cross_val_score(forest, X, y)).all()


@pytest.mark.parametrize(
    "params", [{"min_samples_leaf": 1.5}, {"max_samples": -0.5}, {"n_estimators": 2.5}]
)
def test_bad_parameters_are_named(params):
    forest = RandomForestClassifier(3).set_params(**params)
    with pytest.raises(ValueError, match=f"{next(iter(params))}.*must be"):
        cross_val_score(forest, X, y)


@pytest.mark.parametrize("scoring", [mean_squared_error, {"error": mean_squared_error}])
def test_a_metric_is_no_scorer(scoring):
    X, y = np.arange(30.0).reshape(-1, 1), np.arange(30.0)
    tree = DecisionTreeRegressor()
    message = "scoring is mean_squared_error, a metric"
    with pytest.raises(ValueError, match=message):
        cross_validate(tree, X, y, scoring=scoring)
    with pytest.raises(ValueError, match=message):
        GridSearchCV(tree, {"max_depth": [1]}, scoring=scoring, refit=False).fit(X, y)
    if callable(scoring):
        with pytest.raises(ValueError, match=message):
            cross_val_score(tree, X, y, scoring=scoring)
