"""Shapley values of trees: by their definition, as shap has them, and as they add up."""

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.ensemble as theirs
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import make_friedman1

from treering._core.explain import TreeModel
from treering.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.explain import TreeExplainer
from treering.tree import DecisionTreeRegressor

SHAP = json.loads(Path(__file__).with_name("shap_values.json").read_text(encoding="utf-8"))

Answer = Callable[[frozenset[int]], np.ndarray]


# ---- the definition


def shapley(answer: Answer, columns: int) -> np.ndarray:
    """Shapley values of a game by their definition: all orders in which columns may be known."""
    values = []
    for column in range(columns):
        rest = [other for other in range(columns) if other != column]
        total = 0.0
        for size in range(columns):
            weight = (
                math.factorial(size) * math.factorial(columns - size - 1) / math.factorial(columns)
            )
            for known in map(frozenset, itertools.combinations(rest, size)):
                total = total + weight * (answer(known | {column}) - answer(known))
        values.append(total)
    return np.array(values)


def interactions(answer: Answer, columns: int) -> np.ndarray:
    """Shapley interaction values by their definition."""
    width = len(answer(frozenset()))
    values = np.zeros((columns, columns, width))
    for one, other in itertools.permutations(range(columns), 2):
        rest = [column for column in range(columns) if column not in (one, other)]
        for size in range(columns - 1):
            weight = math.factorial(size) * math.factorial(columns - size - 2)
            weight /= 2 * math.factorial(columns - 1)
            for known in map(frozenset, itertools.combinations(rest, size)):
                both = answer(known | {one, other}) - answer(known | {one})
                values[one, other] += weight * (both - answer(known | {other}) + answer(known))
    alone = shapley(answer, columns)
    for column in range(columns):
        values[column, column] = alone[column] - values[column].sum(axis=0)
    return values


def goes_left(tree: Any, node: int, row: np.ndarray) -> bool:
    value = np.float32(row[tree.feature[node]])
    return bool(tree.missing_go_to_left[node]) if np.isnan(value) else value <= tree.threshold[node]


def averaged(tree: Any, row: np.ndarray) -> Answer:
    """What a tree answers where columns that are not known are averaged by its training rows."""

    def at(node: int, known: frozenset[int]) -> np.ndarray:
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            return tree.value[node].ravel()
        if tree.feature[node] in known:
            return at(left if goes_left(tree, node, row) else right, known)
        weights = tree.weighted_n_node_samples
        sides = weights[left] * at(left, known) + weights[right] * at(right, known)
        return sides / weights[node]

    return lambda known: at(0, known)


def mixed(tree: Any, row: np.ndarray, background: np.ndarray) -> Answer:
    """What a tree answers where columns that are not known are taken from background rows."""

    def answer(known: frozenset[int]) -> np.ndarray:
        total = 0.0
        for other in background:
            mixture = np.where([place in known for place in range(len(row))], row, other)
            node = 0
            while tree.children_left[node] >= 0:
                is_left = goes_left(tree, node, mixture)
                node = (tree.children_left if is_left else tree.children_right)[node]
            total = total + tree.value[node].ravel()
        return total / len(background)

    return answer


def mean_of_trees(make: Callable[..., Answer], trees: list[Any], *args: Any) -> Answer:
    answers = [make(tree, *args) for tree in trees]
    return lambda known: np.mean([answer(known) for answer in answers], axis=0)


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    """Rows with missing values, whose columns are compared again and again on a path."""
    rng = np.random.default_rng(0)
    X, y = make_friedman1(300, n_features=5, random_state=0)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X, y


@pytest.mark.parametrize(
    ("model", "classes"),
    [
        (RandomForestRegressor(3, max_depth=7, random_state=0), None),
        (ExtraTreesRegressor(2, random_state=0), None),
        (RandomForestClassifier(3, max_depth=7, random_state=0), 2),
        (ExtraTreesClassifier(2, max_depth=6, random_state=0), 3),
        (theirs.RandomForestRegressor(3, max_depth=7, random_state=0), None),
        (theirs.RandomForestClassifier(3, max_depth=6, random_state=0), 3),
    ],
    ids=lambda given: type(given).__name__,
)
def test_values_are_those_of_their_definition(rows, model, classes):
    X, y = rows
    parts = np.arange(1, classes or 1) / (classes or 1)
    labels = y if classes is None else np.digitize(y, np.quantile(y, parts))
    model = model.fit(X, labels)
    trees = [tree.tree_ for tree in model.estimators_]
    explainer, background = TreeExplainer(model), X[50:53]
    beside = TreeExplainer(model, background)
    values, pairs = explainer.shap_values(X[:2]), explainer.shap_interaction_values(X[:2])
    given = beside.shap_values(X[:2])
    for place, row in enumerate(X[:2]):
        answer = mean_of_trees(averaged, trees, row)
        np.testing.assert_allclose(
            values[place].reshape(5, -1), shapley(answer, 5), rtol=0, atol=1e-12
        )
        np.testing.assert_allclose(
            pairs[place].reshape(5, 5, -1), interactions(answer, 5), rtol=0, atol=1e-12
        )
        np.testing.assert_allclose(
            np.atleast_1d(explainer.expected_value), answer(frozenset()), rtol=0, atol=1e-12
        )
        mixture = mean_of_trees(mixed, trees, row, background)
        np.testing.assert_allclose(
            given[place].reshape(5, -1), shapley(mixture, 5), rtol=0, atol=1e-12
        )
        np.testing.assert_allclose(
            np.atleast_1d(beside.expected_value), mixture(frozenset()), rtol=0, atol=1e-12
        )


# ---- shap


def model_of(case: dict[str, Any]) -> TreeModel:
    kinds = {"children_left": np.int64, "children_right": np.int64, "feature": np.int64}
    nothing = np.empty((0, 4), dtype=np.uint64)
    trees: list[Any] = [
        {
            **{name: np.asarray(tree[name], kinds.get(name, np.float64)) for name in tree},
            "missing_go_to_left": np.asarray(tree["missing_go_to_left"], np.uint8),
            "category_row": np.full(len(tree["feature"]), -1),
            "left_categories": nothing,
            "known_categories": nothing,
        }
        for tree in case["trees"]
    ]
    width = trees[0]["value"].shape[1]
    return TreeModel.of_arrays(trees, len(case["rows"][0]), width, True, 1 / len(trees))


@pytest.mark.parametrize("name", ["numbers", "classes"])
def test_values_are_those_of_shap(name):
    case = SHAP[name]
    model, X = model_of(case), np.asarray(case["rows"])
    largest = np.abs(case["values"]).max()
    background = model.background(np.asarray(case["background"]))
    for found, expected in (
        (model.expected(), case["expected"]),
        (model.shapley_values(X), case["values"]),
        (model.interaction_values(X), case["interactions"]),
        (background.expected(), case["interventional_expected"]),
    ):
        theirs_say = np.asarray(expected).reshape(found.shape)
        np.testing.assert_allclose(found, theirs_say, rtol=1e-9, atol=1e-9 * largest)


# ---- properties


@given(
    seed=st.integers(0, 1000),
    columns=st.integers(1, 9),
    leaves=st.integers(2, 60),
    missing=st.sampled_from([0.0, 0.2]),
)
def test_contributions_add_up_and_pairs_to_them(seed, columns, leaves, missing):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 6, (60, columns)).astype(np.float64)
    X[rng.random(X.shape) < missing] = np.nan
    y = rng.normal(size=60)
    tree = DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=seed).fit(X, y)
    explainer = TreeExplainer(tree)
    values = explainer.shap_values(X, check_additivity=False)
    np.testing.assert_allclose(
        values.sum(axis=1) + explainer.expected_value, tree.predict(X), rtol=0, atol=1e-12
    )
    pairs = explainer.shap_interaction_values(X[:7])
    np.testing.assert_allclose(pairs.sum(axis=2), values[:7], rtol=0, atol=1e-12)
    np.testing.assert_allclose(pairs, pairs.transpose(0, 2, 1), rtol=0, atol=1e-13)
    beside = TreeExplainer(tree, X[:5])
    np.testing.assert_allclose(
        beside.shap_values(X, check_additivity=False).sum(axis=1) + beside.expected_value,
        tree.predict(X),
        rtol=0,
        atol=1e-12,
    )
    never = [place for place in range(columns) if place not in tree.tree_.feature]
    assert not values[:, never].any()


def broken(**changes: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "children_left": np.array([1, -1, -1]),
        "children_right": np.array([2, -1, -1]),
        "feature": np.array([0, -2, -2]),
        "threshold": np.array([0.5, -2.0, -2.0]),
        "missing_go_to_left": np.zeros(3, dtype=np.uint8),
        "cover": np.array([4.0, 3.0, 1.0]),
        "value": np.array([[0.0], [1.0], [2.0]]),
        "category_row": np.full(3, -1),
        "left_categories": np.empty((0, 4), dtype=np.uint64),
        "known_categories": np.empty((0, 4), dtype=np.uint64),
    }
    return tree | {name: np.asarray(value) for name, value in changes.items()}


def chain(depth: int, columns: int, seed: int = 0) -> dict[str, Any]:
    """A tree whose every split parts a leaf from the rest."""
    rng = np.random.default_rng(seed)
    inner = np.arange(depth)
    leaf = np.full(depth + 1, -1)
    return broken(
        children_left=np.r_[inner + depth, leaf],
        children_right=np.r_[inner[1:], 2 * depth, leaf],
        feature=np.r_[inner % columns, leaf],
        threshold=np.r_[rng.uniform(-1.5, 0.5, depth), np.zeros(depth + 1)],
        missing_go_to_left=np.zeros(2 * depth + 1, dtype=np.uint8),
        cover=np.r_[depth + 1.0 - inner, np.ones(depth + 1)],
        value=rng.normal(size=(2 * depth + 1, 1)),
        category_row=np.full(2 * depth + 1, -1),
    )


@pytest.mark.parametrize(("depth", "columns"), [(270, 1), (270, 98), (1000, 40), (3000, 3000)])
def test_contributions_add_up_however_deep_the_tree(depth, columns):
    """A chain of splits, where algorithms that divide by the factors of a path lose all digits."""
    tree = chain(depth, columns)
    model = TreeModel.of_arrays([tree], columns, 1, False, 1.0)
    X = np.random.default_rng(1).normal(size=(5, columns))
    X[0] = 1.0  # all the way down
    values, expected = model.shapley_values(X)[:, :, 0], model.expected()[0]
    for row, own in zip(X, values, strict=True):
        node = 0
        while tree["children_left"][node] >= 0:
            is_left = row[tree["feature"][node]] <= tree["threshold"][node]
            node = tree["children_left" if is_left else "children_right"][node]
        assert own.sum() + expected == pytest.approx(tree["value"][node, 0], abs=1e-9)
    assert np.abs(values).max() < 100
    if columns <= 98:
        pairs = model.interaction_values(X[:2])[:, :, :, 0]
        np.testing.assert_allclose(pairs.sum(axis=2), values[:2], rtol=0, atol=1e-9)
        background = model.background(X[1:])
        given = model.interventional_values(X, background)[:, :, 0].sum(axis=1)
        np.testing.assert_allclose(
            given + background.expected(), values.sum(axis=1) + expected, rtol=0, atol=1e-9
        )


def test_results_do_not_depend_on_threads_or_on_the_rows_beside(rows):
    X, y = rows
    model = TreeModel.of_forest(RandomForestRegressor(5, random_state=0).fit(X, y)._forest)
    background = model.background(X[:4])
    for explain in (
        model.shapley_values,
        model.interaction_values,
        lambda some, jobs: model.interventional_values(some, background, jobs),
    ):
        whole = explain(X[:40], 1)
        np.testing.assert_array_equal(explain(X[:40], 3), whole)
        np.testing.assert_array_equal(explain(X[7:9], 1), whole[7:9])
        np.testing.assert_array_equal(explain(np.asfortranarray(X[:40]), 2), whole)


def test_rows_of_any_layout_are_read(rows):
    X, y = np.nan_to_num(rows[0]), rows[1]
    X[X < 0.3] = 0.0
    model = RandomForestRegressor(5, random_state=0).fit(X, y)
    explainer = TreeExplainer(model)
    whole = explainer.shap_values(X)
    np.testing.assert_array_equal(explainer.shap_values(sparse.csr_matrix(X)), whole)
    np.testing.assert_array_equal(explainer.shap_values(sparse.csc_array(X)), whole)
    np.testing.assert_array_equal(explainer.shap_values(X.astype(np.float32)), whole)
    assert explainer.shap_values(X[:1]).shape == (1, 5)


# ---- what is no tree


@pytest.mark.parametrize(
    "changes",
    [
        {"children_left": [1, 0, -1]},
        {"children_left": [2, -1, -1]},
        {"children_left": [7, -1, -1]},
        {"children_right": [2, -1]},
        {"feature": [3, -2, -2]},
        {"threshold": [np.nan, 0.0, 0.0]},
        {"cover": [4.0, -3.0, 1.0]},
        {"cover": [4.0, np.inf, 1.0]},
        {"value": [[0.0], [np.nan], [1.0]]},
        {"value": [[0.0, 1.0]] * 3},
        {"category_row": [0, -1, -1]},
    ],
)
def test_what_is_no_tree_is_refused(changes):
    assert TreeModel.of_arrays([broken()], 2, 1, True, 1.0).nodes == 3
    with pytest.raises(ValueError, match=r"tree|categories"):
        TreeModel.of_arrays([broken(**changes)], 2, 1, True, 1.0)


def test_nodes_that_no_row_reached_divide_their_weight():
    model = TreeModel.of_arrays([broken(cover=[0.0, 0.0, 0.0])], 2, 1, True, 1.0)
    assert model.expected() == [1.5]
    np.testing.assert_allclose(model.shapley_values(np.zeros((1, 2)))[0, :, 0], [-0.5, 0.0])
    lost = TreeModel.of_arrays([broken(cover=[4.0, 4.0, 0.0])], 2, 1, True, 1.0)
    assert lost.expected() == [1.0]
    np.testing.assert_allclose(lost.shapley_values(np.ones((1, 2)))[0, :, 0], [1.0, 0.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"children_left": [2**32 + 1, -1, -1]}, "a child in a tree"),
        ({"feature": [2**32, -2, -2]}, "a column that a tree compares"),
        ({"feature": [-7, -2, -2]}, "a column that a tree compares"),
        ({"cover": [11.0, 3.0, 1.0]}, "weight of its children's rows"),
    ],
)
def test_numbers_of_nodes_and_weights_that_do_not_fit_are_refused(change, message):
    assert TreeModel.of_arrays([broken()], 2, 1, is_single=True, scale=1.0).columns == 2
    with pytest.raises(ValueError, match=message):
        TreeModel.of_arrays([broken(**change)], 2, 1, is_single=True, scale=1.0)
