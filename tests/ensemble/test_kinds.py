"""Forests of every kind: numbers, several outputs, random thresholds, constraints."""

import pickle

import numpy as np
import pytest
from scipy import stats
from sklearn import ensemble as sklearn_ensemble
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_friedman1
from sklearn.metrics import mean_poisson_deviance, r2_score
from sklearn.model_selection import cross_val_score as sklearn_cross_val_score
from sklearn.model_selection import train_test_split

from treering import ensemble
from treering.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.model_selection import cross_val_score
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeRegressor

ROWS, PRICES = load_diabetes(return_X_y=True)
PAIRS = np.column_stack([PRICES, ROWS[:, 2] * 1000])
KINDS = [ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor]


def labels_for(kind, *, outputs=1):
    numbers = PRICES if outputs == 1 else PAIRS
    return (
        (numbers > np.median(numbers, axis=0)).astype(int) if "Class" in kind.__name__ else numbers
    )


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_threads_changes_no_byte(kind, outputs):
    y = labels_for(kind, outputs=outputs)
    options = {"bootstrap": True, "oob_score": True, "random_state": 4, "max_features": 0.4}
    forests = [kind(40, n_jobs=threads, **options).fit(ROWS, y) for threads in (1, 2, 3, 7)]
    for forest in forests[1:]:
        assert forest._forest.to_bytes() == forests[0]._forest.to_bytes()
        assert forest.oob_score_ == forests[0].oob_score_
        assert (forest.predict(ROWS) == forests[0].predict(ROWS)).all()


def friedman(**_):
    return make_friedman1(400, random_state=0)


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("RandomForestRegressor", load_diabetes),
        ("RandomForestRegressor", friedman),
        ("ExtraTreesRegressor", load_diabetes),
        ("ExtraTreesRegressor", friedman),
        ("ExtraTreesClassifier", load_wine),
        ("ExtraTreesClassifier", load_breast_cancer),
    ],
)
def test_forests_are_as_accurate_as_scikit_learns(name, load):
    rows, labels = load(return_X_y=True)
    scores = []
    for module in (ensemble, sklearn_ensemble):
        scores.append([])
        for seed in range(20):
            split = train_test_split(rows, labels, test_size=0.3, random_state=seed)
            options = {"max_features": 0.4, "n_jobs": 1, "random_state": seed}
            forest = getattr(module, name)(30, **options).fit(split[0], split[2])
            scores[-1].append(forest.score(split[1], split[3]))
    difference = np.subtract(*scores)
    # Seeds are fixed, so this cannot flicker: a paired test at the 1 % level.
    if difference.any():
        assert stats.ttest_1samp(difference, 0).pvalue > 0.01, difference.mean()
    assert abs(difference.mean()) < 0.015


@pytest.mark.parametrize("criterion", ["squared_error", "absolute_error", "poisson"])
@pytest.mark.parametrize("kind", [ExtraTreesRegressor, RandomForestRegressor])
def test_predictions_are_means_of_the_trees(kind, criterion):
    forest = kind(7, criterion=criterion, random_state=0).fit(ROWS, PRICES)
    trees = np.zeros(len(ROWS))
    for tree in forest.estimators_:
        trees += tree.predict(ROWS)
    assert (forest.predict(ROWS) == trees / 7).all()
    assert forest.score(ROWS, PRICES) > 0.7


def test_out_of_bag_numbers_come_from_trees_that_left_the_row_out():
    for y in (PRICES, PAIRS):
        forest = RandomForestRegressor(60, oob_score=True, random_state=1).fit(ROWS, y)
        sums, trees = np.zeros(y.shape), np.zeros(len(ROWS))
        for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
            outside = np.setdiff1d(np.arange(len(ROWS)), drawn)
            sums[outside] += tree.predict(ROWS[outside])
            trees[outside] += 1
        expected = sums / (trees if y.ndim == 1 else trees[:, None])
        np.testing.assert_allclose(forest.oob_prediction_, expected, rtol=1e-12)
        assert forest.oob_score_ == pytest.approx(r2_score(y, expected), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_several_outputs_have_scikit_learns_shapes(kind):
    y = labels_for(kind, outputs=2)
    options = {"bootstrap": True, "oob_score": True, "random_state": 0}
    ours = kind(30, **options).fit(ROWS, y)
    theirs = getattr(sklearn_ensemble, kind.__name__)(30, **options).fit(ROWS, y)
    assert ours.predict(ROWS).shape == theirs.predict(ROWS).shape == (len(ROWS), 2)
    assert (ours.n_outputs_, ours.score(ROWS, y) > 0.7) == (2, True)
    if "Class" in kind.__name__:
        mine, peers = ours.predict_proba(ROWS), theirs.predict_proba(ROWS)
        assert [each.shape for each in mine] == [each.shape for each in peers]
        logarithms = ours.predict_log_proba(ROWS)
        assert [each.shape for each in logarithms] == [each.shape for each in peers]
        assert ours.oob_decision_function_.shape == theirs.oob_decision_function_.shape
        assert ours.n_classes_ == theirs.n_classes_
    else:
        assert ours.oob_prediction_.shape == theirs.oob_prediction_.shape
    assert ours.oob_score_ == pytest.approx(theirs.oob_score_, abs=0.06)
    again = pickle.loads(pickle.dumps(ours))
    assert (again.predict(ROWS) == ours.predict(ROWS)).all()


def test_outputs_may_differ_in_their_classes():
    quarter = np.array(list("abcd"))[np.digitize(PRICES, [80, 140, 200])]
    y = np.column_stack([quarter, np.where(PRICES > 150, "high", "low")])
    forest = RandomForestClassifier(30, class_weight="balanced_subsample", random_state=0)
    forest.fit(ROWS, y)
    assert [classes.tolist() for classes in forest.classes_] == [list("abcd"), ["high", "low"]]
    assert [shares.shape[1] for shares in forest.predict_proba(ROWS)] == [4, 2]
    assert (forest.predict(ROWS) == y).mean() > 0.95
    listed = RandomForestClassifier(
        5, class_weight=[{"a": 1, "b": 1, "c": 1, "d": 9}, {"high": 1, "low": 1}]
    )
    assert listed.fit(ROWS, y).n_classes_ == [4, 2]
    with pytest.raises(ValueError, match="several of two classes"):
        RandomForestClassifier(30, oob_score=True, random_state=0).fit(ROWS, y)


def test_warm_start_grows_the_forest_that_one_fit_grows():
    warm = RandomForestRegressor(5, warm_start=True, random_state=3).fit(ROWS, PRICES)
    warm.set_params(n_estimators=12).fit(ROWS, PRICES)
    whole = RandomForestRegressor(12, random_state=3).fit(ROWS, PRICES)
    assert warm._forest.to_bytes() == whole._forest.to_bytes()


@pytest.mark.parametrize("kind", [*KINDS, DecisionTreeRegressor, ExtraTreeRegressor])
def test_folds_of_one_coding_score_as_separate_fits(kind):
    options = {"n_estimators": 7} if "n_estimators" in kind().get_params() else {}
    estimator, y = kind(random_state=0, **options), labels_for(kind)
    together = cross_val_score(estimator, ROWS, y, cv=4)
    assert together.tolist() == sklearn_cross_val_score(estimator, ROWS, y, cv=4).tolist()


def test_constraints_hold_everywhere():
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(600, 3))
    y = X[:, 0] - X[:, 1] + np.sin(9 * X[:, 2]) + rng.normal(0, 0.3, 600)
    grid = np.linspace(0, 1, 50)
    for kind in KINDS:
        labels = y > 0 if "Class" in kind.__name__ else y
        forest = kind(20, monotonic_cst=[1, -1, 0], random_state=0).fit(X, labels)
        for column, sign in ((0, 1), (1, -1)):
            rows = np.repeat(rng.uniform(size=(40, 3)), len(grid), axis=0)
            rows[:, column] = np.tile(grid, 40)
            answers = (
                forest.predict_proba(rows)[:, 1]
                if "Class" in kind.__name__
                else forest.predict(rows)
            )
            steps = np.diff(answers.reshape(40, -1), axis=1) * sign
            assert steps.min() >= -1e-12
            assert steps.max() > 0


def test_constraints_on_a_single_class_are_met() -> None:
    tree = DecisionTreeClassifier(monotonic_cst=[1, -1]).fit(np.eye(2), [7, 7])
    assert tree.predict_proba(np.eye(2)).tolist() == [[1.0], [1.0]]


def test_poisson_suits_counts():
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(2000, 4))
    y = rng.poisson(np.exp(3 * X[:, 0] - 2))
    options = {"min_samples_leaf": 20, "random_state": 0}
    deviance = {}
    for criterion in ("poisson", "squared_error"):
        forest = RandomForestRegressor(50, criterion=criterion, **options).fit(X[:1000], y[:1000])
        deviance[criterion] = mean_poisson_deviance(y[1000:], forest.predict(X[1000:]))
    assert deviance["poisson"] <= deviance["squared_error"] * 1.01


@pytest.mark.parametrize("kind", [DecisionTreeRegressor, RandomForestRegressor])
@pytest.mark.parametrize(
    ("options", "X", "y", "message"),
    [
        ({}, ROWS, np.where(PRICES > 300, np.nan, PRICES), "no label in .* of its rows"),
        ({}, ROWS, PRICES * 1e200, "y, row 0,.*rescale"),
        ({"criterion": "poisson"}, ROWS, PRICES - 100, "negative .* Row .* 0 or more"),
        ({"criterion": "poisson"}, ROWS, PRICES * 0, "y.* a number above 0"),
        ({"criterion": "gini"}, ROWS, PRICES, "criterion.*must be"),
        ({}, ROWS, ["high"] * len(ROWS), "could not convert|must hold numbers"),
        ({"monotonic_cst": [1] * 10}, ROWS, PAIRS, "multiple outputs"),
    ],
)
def test_numbers_that_cannot_be_learned_are_refused(kind, options, X, y, message):
    with pytest.raises(ValueError, match=message):
        kind(**options).fit(X, y)


def test_the_old_name_of_squared_error_is_told():
    with pytest.warns(FutureWarning, match="means 'squared_error'"):
        old = DecisionTreeRegressor(criterion="friedman_mse", random_state=0).fit(ROWS, PRICES)
    new = DecisionTreeRegressor(random_state=0).fit(ROWS, PRICES)
    assert old.tree_.to_bytes() == new.tree_.to_bytes()
