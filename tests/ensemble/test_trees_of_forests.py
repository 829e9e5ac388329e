"""The trees of a forest: their seeds, leaving some out, and adding to them."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestRegressor as SklearnRandomForestRegressor

import treering
from treering.ensemble import RandomForestClassifier, RandomForestRegressor

FLOWERS, KINDS = load_iris(return_X_y=True)
ROWS, PRICES = load_diabetes(return_X_y=True)


def test_some_of_the_trees_can_be_kept(tmp_path):
    forest = RandomForestClassifier(6, max_depth=2, random_state=0).fit(FLOWERS, KINDS)
    kept = forest.estimators_[1:4]
    samples = forest.estimators_samples_[1:4]
    expected = np.mean([tree.predict_proba(FLOWERS) for tree in kept], axis=0)

    forest.estimators_ = kept

    for model in (
        forest,
        pickle.loads(pickle.dumps(forest)),
        treering.load(forest.save(tmp_path / "forest.treering")),
    ):
        assert len(model) == 3
        np.testing.assert_allclose(model.predict_proba(FLOWERS), expected, rtol=1e-15)
        for drawn, before in zip(model.estimators_samples_, samples, strict=True):
            np.testing.assert_array_equal(drawn, before)
    assert forest.estimators_ == kept


def test_trees_that_are_not_the_forests_own_are_refused():
    forest = RandomForestClassifier(2, random_state=0).fit(FLOWERS, KINDS)
    other = RandomForestClassifier(2, random_state=0).fit(FLOWERS, KINDS)
    for trees in (other.estimators_, [], [None]):
        with pytest.raises(ValueError, match="can be set to some of the forest's own trees"):
            forest.estimators_ = trees
    with pytest.raises(TypeError):
        del forest.estimators_[0]
    assert len(forest) == 2


def test_a_copy_of_a_tree_grows_the_same_each_time():
    forest = RandomForestRegressor(3, max_features=0.3, random_state=0).fit(ROWS, PRICES)
    seeds = [tree.random_state for tree in forest]
    assert len(set(seeds)) == 3
    assert all(type(seed) is int and 0 <= seed < 2**31 for seed in seeds)
    first, again = (clone(forest[0]).fit(ROWS, PRICES).tree_.threshold for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_a_fit_without_new_trees_keeps_the_score_out_of_bag():
    forest = RandomForestRegressor(40, oob_score=True, warm_start=True, random_state=0)
    before = forest.fit(ROWS, PRICES).oob_score_
    with pytest.warns(UserWarning, match="does not fit new trees"):
        forest.fit(ROWS[::2], PRICES[::2])
    assert forest.oob_score_ == before
    assert forest.set_params(n_estimators=50).fit(ROWS, PRICES).oob_score_ != before


def test_other_columns_are_refused_by_name():
    forest = RandomForestRegressor(2, warm_start=True, random_state=0).fit(ROWS, PRICES)
    with pytest.raises(ValueError, match=r"warm_start=True needs the 10 columns .* X has 3"):
        forest.set_params(n_estimators=3).fit(ROWS[:, :3], PRICES)
    assert forest.predict(ROWS).shape == PRICES.shape


def test_rare_counts_are_learned_where_a_bootstrap_misses_them_all(tmp_path):
    counts = np.zeros(60)
    counts[7] = 3.0
    options = {"n_estimators": 40, "criterion": "poisson", "random_state": 0}
    forest = RandomForestRegressor(**options).fit(ROWS[:60], counts)
    leaves = [tree for tree in forest if tree.tree_.impurity[0] == np.inf]
    assert leaves  # a third of the trees see zeros alone
    assert all(tree.tree_.node_count == 1 for tree in leaves)
    theirs = SklearnRandomForestRegressor(**options).fit(ROWS[:60], counts)
    assert abs(forest.predict(ROWS[:60]).mean() - theirs.predict(ROWS[:60]).mean()) < 0.02
    again = treering.load(forest.save(tmp_path / "counts.treering"))
    np.testing.assert_array_equal(again.predict(ROWS), forest.predict(ROWS))


def test_one_of_several_outputs_may_be_zeros_alone():
    pairs = np.column_stack([PRICES, np.zeros(len(PRICES))])
    options = {"n_estimators": 5, "criterion": "poisson", "random_state": 0}
    ours = RandomForestRegressor(**options).fit(ROWS, pairs).predict(ROWS)
    theirs = SklearnRandomForestRegressor(**options).fit(ROWS, pairs).predict(ROWS)
    assert ours.shape == theirs.shape
    np.testing.assert_array_equal(ours[:, 1], theirs[:, 1])
