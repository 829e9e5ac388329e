"""Isolation forests: scores as scikit-learn's, draws, files, explanations."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.ensemble import IsolationForest as Theirs
from sklearn.metrics import roc_auc_score

import treering
from treering.ensemble import IsolationForest, RandomForestRegressor
from treering.explain import TreeExplainer


@pytest.fixture(scope="module")
def rows():
    """Rows of a cloud, and some that lie anywhere."""
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(size=(970, 5)), rng.uniform(-6, 6, size=(30, 5))]
    return X, np.arange(1000) >= 970


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"max_samples": 0.5},
        {"max_features": 0.4},
        {"max_features": 2, "bootstrap": True},
        {"max_samples": 1000},
        {"max_samples": 20},
    ],
    ids=str,
)
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_scores_are_those_of_scikit_learn(rows, options, missing, effort):
    """Means over seeds agree within four of their standard errors, for the cloud and the others."""
    X, is_outlier = rows
    X = np.where(np.random.default_rng(1).random(X.shape) < missing, np.nan, X)
    seeds = effort(15, 200)
    sides = []
    for Forest in (IsolationForest, Theirs):
        forests = (Forest(n_estimators=20, random_state=seed, **options) for seed in range(seeds))
        scores = np.array([forest.fit(X).score_samples(X) for forest in forests])
        sides.append(np.stack([scores[:, is_outlier].mean(1), scores[:, ~is_outlier].mean(1)]))
    ours, theirs = sides
    error = np.sqrt((ours.var(axis=1, ddof=1) + theirs.var(axis=1, ddof=1)) / seeds)
    assert (np.abs(ours.mean(axis=1) - theirs.mean(axis=1)) < 4 * error).all()


def test_outliers_are_found_as_well(rows):
    X, is_outlier = rows
    areas = []
    for Forest in (IsolationForest, Theirs):
        forests = (Forest(random_state=seed).fit(X) for seed in range(5))
        areas.append([roc_auc_score(is_outlier, -forest.score_samples(X)) for forest in forests])
    assert np.mean(areas[0]) == pytest.approx(np.mean(areas[1]), abs=0.005)


@given(
    seed=st.integers(0, 100),
    count=st.integers(1, 80),
    columns=st.integers(1, 4),
    values=st.integers(1, 5),
    bootstrap=st.booleans(),
)
def test_a_score_is_the_mean_path_of_the_trees(seed, count, columns, values, bootstrap):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, values, (count, columns)).astype(float)
    X[rng.random(X.shape) < 0.1] = np.nan
    forest = IsolationForest(
        n_estimators=4, max_samples=0.7, bootstrap=bootstrap, random_state=seed
    ).fit(X)
    draws = max(1, int(0.7 * count))
    assert forest.max_samples_ == draws
    depth = int(np.ceil(np.log2(max(draws, 2))))
    lengths = np.mean([tree.predict(X) for tree in forest.estimators_], axis=0)
    usual = mean_path(draws)
    shares = lengths / usual if usual else np.ones(count)
    np.testing.assert_allclose(forest.score_samples(X), -(2.0**-shares), rtol=1e-12)
    for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        nodes = tree.tree_
        assert nodes.max_depth <= depth
        assert nodes.n_node_samples[0] == len(drawn) == len(set(drawn.tolist()))
        reached = np.bincount(tree.apply(X[drawn]), minlength=nodes.node_count)
        leaves = nodes.children_left == -1
        np.testing.assert_array_equal(reached[leaves], nodes.n_node_samples[leaves])
        depths = np.zeros(nodes.node_count)
        for node in np.flatnonzero(~leaves):
            depths[[nodes.children_left[node], nodes.children_right[node]]] = depths[node] + 1
        paths = depths + [mean_path(int(rows)) for rows in nodes.n_node_samples]
        np.testing.assert_allclose(nodes.value.ravel(), paths, rtol=1e-12)


def mean_path(rows):
    if rows <= 2:
        return max(0.0, rows - 1.0)
    return 2 * (np.log(rows - 1) + np.euler_gamma) - 2 * (rows - 1) / rows


def test_results_do_not_depend_on_threads_or_layout(rows):
    X, _ = rows
    X = np.where(np.abs(X) < 0.3, 0.0, X)
    expected = IsolationForest(random_state=0, n_jobs=1).fit(X).score_samples(X)
    for jobs, made in ((3, np.asfortranarray), (2, sparse.csr_matrix), (2, pd.DataFrame)):
        given_rows = made(X)
        if isinstance(given_rows, pd.DataFrame):
            given_rows.columns = list("abcde")
        forest = IsolationForest(random_state=0, n_jobs=jobs).fit(given_rows)
        np.testing.assert_array_equal(forest.score_samples(given_rows), expected)


def test_a_share_of_the_rows_are_outliers(rows):
    X, is_outlier = rows
    forest = IsolationForest(contamination=0.03, random_state=0).fit(X)
    assert (forest.predict(X) == -1).sum() == 30
    assert is_outlier[forest.predict(X) == -1].mean() > 0.8
    np.testing.assert_array_equal(forest.predict(X) == -1, forest.decision_function(X) < 0)
    assert forest.offset_ == np.percentile(forest.score_samples(X), 3)


def test_weights_say_which_rows_are_drawn(rows):
    X, is_outlier = rows
    never = IsolationForest(n_estimators=20, random_state=0).fit(X, sample_weight=~is_outlier)
    drawn = np.concatenate(never.estimators_samples_)
    assert not is_outlier[drawn].any()
    often = IsolationForest(n_estimators=20, random_state=0, max_samples=30)
    often.fit(X, sample_weight=np.where(is_outlier, 1000.0, 1.0))
    assert is_outlier[np.concatenate(often.estimators_samples_)].mean() > 0.7
    with pytest.raises(ValueError, match=r"at least 256 such rows.*30 rows of a weight above 0"):
        IsolationForest().fit(X, sample_weight=is_outlier)


def test_trees_are_added(rows):
    X, _ = rows
    whole = IsolationForest(n_estimators=12, random_state=3).fit(X)
    grown = IsolationForest(n_estimators=5, random_state=3, warm_start=True).fit(X)
    grown.set_params(n_estimators=12).fit(X)
    np.testing.assert_array_equal(grown.score_samples(X), whole.score_samples(X))
    with pytest.raises(ValueError, match="must be larger or equal"):
        grown.set_params(n_estimators=3).fit(X)
    for other in (X[:500], X[:100]):
        with pytest.raises(ValueError, match="like those of the first fit, of 256 of 1000"):
            grown.set_params(n_estimators=20).fit(other)
    with pytest.raises(ValueError, match="needs the 5 columns of the first fit"):
        grown.set_params(n_estimators=20).fit(X[:, :2])


def test_it_travels(rows, tmp_path):
    X, is_outlier = rows
    forest = IsolationForest(contamination=0.1, max_features=0.5, random_state=0)
    forest.fit(X, sample_weight=1.0 + is_outlier)
    for again in (
        treering.load(forest.save(tmp_path / "forest.treering")),
        pickle.loads(pickle.dumps(forest)),
    ):
        np.testing.assert_array_equal(again.score_samples(X), forest.score_samples(X))
        np.testing.assert_array_equal(again.predict(X), forest.predict(X))
        for ours, theirs in zip(again.estimators_samples_, forest.estimators_samples_, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert again.estimators_features_[0].tolist() == forest.estimators_features_[0].tolist()


def test_columns_that_shorten_the_path_are_told(rows):
    X, _ = rows
    odd = X.copy()
    odd[0] = [0.0, 0.0, 9.0, 0.0, 0.0]
    forest = IsolationForest(random_state=0).fit(odd)
    explainer = TreeExplainer(forest)
    contributions = explainer.shap_values(odd[:1])
    assert contributions.argmin() == 2
    lengths = np.mean([tree.predict(odd[:1]) for tree in forest.estimators_])
    assert contributions.sum() + explainer.expected_value == pytest.approx(lengths)


@pytest.mark.parametrize(
    ("options", "X", "words"),
    [
        ({"max_features": 3}, [[1.0], [2.0]], r"max_features must be in \(0, n_features\]"),
        ({"max_features": 0}, [[1.0], [2.0]], r"max_features must be in \(0, n_features\]"),
        ({"contamination": 0.6}, [[1.0]], "contamination"),
        ({"max_samples": "all"}, [[1.0]], "max_samples"),
        ({}, [[np.inf], [1.0]], "infinity"),
        ({}, [["a"], ["b"]], "Column 0 of X holds the text 'a'"),
        ({}, np.empty((0, 2)), "0 sample"),
    ],
)
def test_bad_input_is_named(options, X, words):
    with pytest.raises(ValueError, match=words):
        IsolationForest(**options).fit(X)


def test_more_rows_than_there_are_is_a_warning():
    with pytest.warns(UserWarning, match=r"max_samples \(30\) is greater"):
        assert IsolationForest(max_samples=30).fit([[1.0], [2.0]]).max_samples_ == 2


def test_files_of_other_forests_are_refused(rows, tmp_path):
    X, _ = rows
    numbers = RandomForestRegressor(3, random_state=0).fit(X, -1e5 * np.abs(X[:, 0]))
    for forest, change in (
        (numbers._forest, {}),
        (None, {"_sampling": (10, False, None)}),
        (None, {"max_samples_": 2}),
        (None, {"offset_": 7.0}),
    ):
        model = IsolationForest(n_estimators=3, random_state=0).fit(X)
        vars(model).update(change)
        model._forest = forest or model._forest
        with pytest.raises(ValueError, match="is not one that a fit sets"):
            model._check_restored(model._forest)


def test_what_was_drawn_is_drawn_when_it_is_asked_for(rows):
    X, _ = rows
    forest = IsolationForest(n_estimators=3, max_features=2, random_state=0).fit(X)
    assert repr(forest.estimators_samples_) == "<rows drawn for each of 3 trees>"
    assert [len(columns) for columns in forest.estimators_features_[:2]] == [2, 2]
    assert forest.estimators_samples_[-1].tolist() == forest.estimators_samples_[2].tolist()
