import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier as SklearnForest
from sklearn.model_selection import train_test_split

import treering
from treering._core.ensemble import Forest
from treering.ensemble import RandomForestClassifier
from treering.model_selection import cross_val_score

X, y = load_iris(return_X_y=True)


def test_the_number_of_threads_changes_no_byte():
    rows, labels = load_digits(return_X_y=True)
    rows = rows.copy()
    rows[::17, 5] = np.nan
    forests = [
        RandomForestClassifier(20, random_state=4, n_jobs=threads, oob_score=True).fit(rows, labels)
        for threads in (1, 2, 3, 7)
    ]
    first = forests[0]
    for forest in forests[1:]:
        assert forest._forest.to_bytes() == first._forest.to_bytes()
        assert forest.predict_proba(rows).tobytes() == first.predict_proba(rows).tobytes()
        assert forest.oob_decision_function_.tobytes() == first.oob_decision_function_.tobytes()


@given(st.integers(2, 60), st.integers(1, 6), st.integers(0, 2**31 - 1))
@settings(max_examples=30, deadline=None)
def test_shares_are_means_of_the_trees(rows, columns, seed):
    rng = np.random.RandomState(seed)
    data, labels = rng.normal(size=(rows, columns)), rng.randint(0, 3, rows)
    forest = RandomForestClassifier(7, random_state=seed).fit(data, labels)
    shares = forest.predict_proba(data)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
    trees = sum(tree.predict_proba(data) for tree in forest.estimators_)
    assert (trees / 7 == shares).all()
    leaves = np.stack([tree.apply(data) for tree in forest.estimators_], axis=1)
    assert (forest.apply(data) == leaves).all()
    assert (forest.predict(data) == forest.classes_[shares.argmax(axis=1)]).all()


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_digits])
def test_forests_are_as_accurate_as_scikit_learns(load):
    rows, labels = load(return_X_y=True)
    accuracy = {RandomForestClassifier: [], SklearnForest: []}
    for seed in range(20):
        split = train_test_split(rows, labels, test_size=0.3, random_state=seed, stratify=labels)
        for kind, scores in accuracy.items():
            forest = kind(30, random_state=seed, n_jobs=1).fit(split[0], split[2])
            scores.append(forest.score(split[1], split[3]))
    ours, theirs = accuracy.values()
    difference = np.subtract(ours, theirs)
    # Seeds are fixed, so this cannot flicker: a paired test at the 1 % level.
    if difference.any():
        assert stats.ttest_1samp(difference, 0).pvalue > 0.01, difference.mean()
    assert abs(difference.mean()) < 0.01


def test_out_of_bag_shares_come_from_trees_that_left_the_row_out():
    forest = RandomForestClassifier(60, oob_score=True, random_state=1).fit(X, y)
    expected = np.zeros((150, 3))
    for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        outside = np.setdiff1d(np.arange(150), drawn)
        expected[outside] += tree.predict_proba(X[outside])
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(forest.oob_decision_function_, expected, rtol=1e-12)
    assert forest.oob_score_ == np.mean(expected.argmax(axis=1) == y)
    with pytest.warns(UserWarning, match="OOB"):
        RandomForestClassifier(2, oob_score=True, random_state=1).fit(X, y)


def test_a_callable_scores_out_of_bag():
    forest = RandomForestClassifier(60, oob_score=lambda a, b: 7.0, random_state=1).fit(X, y)
    assert forest.oob_score_ == 7.0


def test_warm_start_grows_the_forest_that_one_fit_grows():
    warm = RandomForestClassifier(10, warm_start=True, random_state=3).fit(X, y)
    ten = warm._forest.to_bytes()
    warm.set_params(n_estimators=25).fit(X, y)
    assert (
        warm._forest.to_bytes()
        == RandomForestClassifier(25, random_state=3).fit(X, y)._forest.to_bytes()
    )
    assert ten == RandomForestClassifier(10, random_state=3).fit(X, y)._forest.to_bytes()
    with pytest.warns(UserWarning, match="without increasing n_estimators"):
        warm.fit(X, y)
    with pytest.raises(ValueError, match="n_estimators=5 must be larger"):
        warm.set_params(n_estimators=5).fit(X, y)


def test_weights_steer_the_draws():
    weights = np.where(y == 0, 0.0, 1.0)
    forest = RandomForestClassifier(20, random_state=0).fit(X, y, sample_weight=weights)
    assert all((y[drawn] != 0).all() for drawn in forest.estimators_samples_)
    assert (forest.predict(X) != 0).all()


@pytest.mark.parametrize("class_weight", ["balanced", "balanced_subsample", {0: 1, 1: 20}])
@pytest.mark.parametrize("bootstrap", [True, False])
def test_class_weights_lift_the_rare_class(class_weight, bootstrap):
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(600, 3))
    labels = (rows[:, 0] + rng.normal(size=600) > 2.2).astype(int)
    options = {"max_depth": 3, "random_state": 0, "bootstrap": bootstrap, "n_estimators": 300}
    plain = RandomForestClassifier(**options).fit(rows, labels)
    heavy = RandomForestClassifier(**options, class_weight=class_weight).fit(rows, labels)
    theirs = SklearnForest(**options, class_weight=class_weight).fit(rows, labels)
    assert heavy.predict(rows).mean() > plain.predict(rows).mean()
    difference = heavy.predict_proba(rows)[:, 1] - theirs.predict_proba(rows)[:, 1]
    assert abs(difference.mean()) < 0.02


@pytest.mark.parametrize("max_samples", [20, 0.2, 300])
def test_max_samples_sets_the_draws(max_samples):
    forest = RandomForestClassifier(5, max_samples=max_samples, random_state=0).fit(X, y)
    expected = max_samples if max_samples >= 1 else int(max_samples * 150)
    assert [len(drawn) for drawn in forest.estimators_samples_] == [expected] * 5


def test_importances_are_means_of_the_trees():
    forest = RandomForestClassifier(30, random_state=0).fit(X, y)
    mean = np.mean([tree.feature_importances_ for tree in forest.estimators_], axis=0)
    np.testing.assert_allclose(forest.feature_importances_, mean / mean.sum(), rtol=1e-12)
    theirs = SklearnForest(300, random_state=0).fit(X, y).feature_importances_
    ours = RandomForestClassifier(300, random_state=0).fit(X, y).feature_importances_
    np.testing.assert_allclose(ours, theirs, atol=0.05)


def test_paths_stand_side_by_side():
    forest = RandomForestClassifier(3, random_state=0).fit(X, y)
    paths, starts = forest.decision_path(X)
    assert paths.shape == (150, starts[-1])
    assert (
        starts.tolist()
        == np.cumsum([0, *(t.tree_.node_count for t in forest.estimators_)]).tolist()
    )


def test_pickles_hold_the_model_file():
    forest = RandomForestClassifier(10, random_state=0).fit(X, y)
    forest.estimators_  # noqa: B018 (made on demand, and not pickled)
    again = pickle.loads(pickle.dumps(forest))
    assert again._forest.to_bytes() == forest._forest.to_bytes()
    assert (again.predict_proba(X) == forest.predict_proba(X)).all()


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_altered_model_bytes_are_refused(data):
    whole = RandomForestClassifier(2, max_depth=2, random_state=0).fit(X, y)._forest.to_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    flip = data.draw(st.integers(1, 255))
    broken = whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]
    for bad in (broken, whole[:at]):
        with pytest.raises(treering.ModelFileError):
            Forest.from_bytes(bad)


BAD = [
    ({"n_estimators": 0}, "n_estimators.*must be"),
    ({"bootstrap": False, "oob_score": True}, "only available if bootstrap=True"),
    ({"bootstrap": False, "max_samples": 5}, "max_samples.*bootstrap=False"),
    ({"n_estimators": 10**12}, r"'n_estimators'.*\[1, 2147483647\]"),
    ({"n_estimators": 10**30}, r"'n_estimators'.*\[1, 2147483647\]"),
    ({"max_samples": 10**30}, r"'max_samples'.*\[1, 2147483647\]"),
    ({"max_samples": 1e300}, "max_samples=1e.300 of a total of 150 is more than the 2147483647"),
    ({"max_samples": np.inf}, "'max_samples'"),
    ({"max_samples": np.nan}, "'max_samples'"),
    ({"random_state": 2**70}, "'random_state'"),
    ({"n_jobs": 0}, "n_jobs must be"),
    ({"class_weight": "heavy"}, "class_weight.*must be"),
]


@pytest.mark.parametrize(("params", "message"), BAD)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        RandomForestClassifier(**params).fit(X, y)


@pytest.mark.parametrize("n_jobs", [2**63, 10**30, np.uint64(2**64 - 1), -(2**63), -(10**30)])
def test_any_number_of_threads_can_be_asked_for(n_jobs):
    """By work that one thread does: a thousand threads are more than some machines allow."""
    column = X[:, :1]
    forest = RandomForestClassifier(1, random_state=0).fit(column, y)
    huge = RandomForestClassifier(1, random_state=0, n_jobs=n_jobs).fit(column, y)
    assert huge._forest.to_bytes() == forest._forest.to_bytes()
    for method in ("predict", "predict_proba", "apply"):
        assert (getattr(huge, method)(column) == getattr(forest, method)(column)).all()
    if n_jobs < 0:
        assert (cross_val_score(huge, X, y) == cross_val_score(forest, X, y)).all()


def test_balance_does_not_ask_for_rows_of_every_class():
    weights = np.where(y == 0, 0.0, 1.0)
    for bootstrap in (True, False):
        forest = RandomForestClassifier(5, class_weight="balanced", bootstrap=bootstrap)
        assert (forest.fit(X, y, sample_weight=weights).predict(X) != 0).all()


def test_verbose_says_what_was_grown(capsys):
    RandomForestClassifier(3, verbose=1, random_state=0).fit(X, y)
    assert capsys.readouterr().out.startswith("grew 3 trees on 150 rows: ")


def test_weights_of_infinite_sum_are_named():
    for max_samples in (None, 0.5, 20):
        with pytest.raises(ValueError, match=r"sum is too large|total of inf"):
            RandomForestClassifier(3, max_samples=max_samples).fit(
                X, y, sample_weight=np.full(150, 1e308)
            )


def test_one_class_is_enough():
    forest = RandomForestClassifier(5).fit(X, np.ones(150))
    assert (forest.predict(X) == 1).all()
    assert forest.feature_importances_.tolist() == [0, 0, 0, 0]


def test_rows_of_trees_are_drawn_when_they_are_asked_for():
    forest = RandomForestClassifier(3, random_state=1).fit(X, y)
    drawn = forest.estimators_samples_
    assert repr(drawn) == "<150 rows drawn for each of 3 trees>"
    assert [len(rows) for rows in drawn] == [150] * 3
    np.testing.assert_array_equal(drawn[-1], drawn[1:][1])
    with pytest.raises(IndexError):
        drawn[3]
    whole = RandomForestClassifier(2, bootstrap=False).fit(X, y).estimators_samples_
    np.testing.assert_array_equal(whole[1], np.arange(150))
    # A notebook that shows a forest asks for every attribute: that may not take rows times trees.
    forest._sampling = (2**31 - 1, 2**31 - 2, None)
    assert "DrawnRows" in forest._repr_html_()
