"""Given scikit-learn's own random choices, trees are scikit-learn's, node for node."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier as SklearnTree

from treering._core.tree import Tree, TreeParams

SAME = (
    "children_left",
    "children_right",
    "feature",
    "threshold",
    "n_node_samples",
    "weighted_n_node_samples",
)


def random_case(rng):
    """Rows, classes, weights and parameters of every kind that trees meet."""
    rows = int(rng.choice([5, 20, 60, 200, 600, 2000]))
    columns = int(rng.choice([1, 2, 5, 12, 40]))
    classes = int(rng.choice([2, 3, 5, 11]))
    X = rng.normal(size=(rows, columns))
    kind = rng.choice(["continuous", "ties", "mixed", "tiny"])
    if kind == "ties":
        X = np.round(X * 2) / 2
    elif kind == "mixed":
        X[:, ::2] = np.round(X[:, ::2])
        X[:, rng.randint(columns)] = 3.0
    elif kind == "tiny":  # neighbouring values closer than scikit-learn tells apart
        X *= 1e-6
    if rng.rand() < 0.3:
        X[rng.rand(rows, columns) < rng.choice([0.02, 0.3])] = np.nan
    if rng.rand() < 0.1:
        X[:, 0] = np.nan
    X = X.astype(np.float32 if rng.rand() < 0.5 else np.float64)
    noise = rng.randint(0, classes, size=rows) * (rng.rand(rows) < 0.3)
    y = (np.nan_to_num(X[:, 0]) * 3 + rng.normal(size=rows) > 0).astype(int) + noise
    y = np.unique(y % classes, return_inverse=True)[1]
    weights = None
    if rng.rand() < 0.6:
        weights = np.bincount(rng.randint(0, rows, rows), minlength=rows).astype(float)
    return X, y, weights


def random_params(rng):
    choices = {
        "max_features": (0.5, lambda: str(rng.choice(["sqrt", "log2"]))),
        "criterion": (0.3, lambda: "entropy"),
        "splitter": (0.25, lambda: "random"),
        "max_depth": (0.2, lambda: int(rng.randint(1, 8))),
        "min_samples_leaf": (0.2, lambda: int(rng.randint(2, 8))),
        "min_samples_split": (0.2, lambda: int(rng.randint(2, 20))),
        "min_weight_fraction_leaf": (0.15, lambda: float(rng.choice([0.01, 0.1]))),
        "min_impurity_decrease": (0.15, lambda: float(rng.choice([1e-4, 1e-2]))),
        "ccp_alpha": (0.15, lambda: float(rng.choice([1e-4, 1e-2]))),
    }
    return {name: draw() for name, (chance, draw) in choices.items() if rng.rand() < chance}


def both(X, y, weights, params, seed):
    theirs = SklearnTree(random_state=seed, **params).fit(X, y, sample_weight=weights)
    leaf = params.get("min_samples_leaf", 1)
    ours = Tree.fit(
        X,
        y.astype(np.uint32),
        int(y.max()) + 1,
        weights,
        TreeParams(
            criterion=params.get("criterion", "gini"),
            splitter=params.get("splitter", "best"),
            max_depth=params.get("max_depth"),
            min_samples_split=max(params.get("min_samples_split", 2), 2 * leaf),
            min_samples_leaf=leaf,
            min_weight_fraction_leaf=params.get("min_weight_fraction_leaf", 0.0),
            max_features=theirs.max_features_,
            max_leaf_nodes=params.get("max_leaf_nodes"),
            min_impurity_decrease=params.get("min_impurity_decrease", 0.0),
            ccp_alpha=params.get("ccp_alpha", 0.0),
        ),
        0,
        np.random.RandomState(seed).randint(0, np.iinfo(np.int32).max),
    )
    return theirs.tree_, ours


def assert_same(theirs, ours):
    for name in SAME:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    inner = theirs.children_left >= 0
    np.testing.assert_array_equal(
        ours.missing_go_to_left.astype(bool)[inner], theirs.missing_go_to_left.astype(bool)[inner]
    )
    np.testing.assert_allclose(ours.impurity, theirs.impurity, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours.value, theirs.value, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        ours.compute_feature_importances(),
        theirs.compute_feature_importances(),
        rtol=0,
        atol=1e-12,
    )


def check_range(first, last):
    for seed in range(first, last):
        rng = np.random.RandomState(seed)
        X, y, weights = random_case(rng)
        if y.max() > 0:
            params = random_params(rng)
            theirs, ours = both(X, y, weights, params, seed)
            try:
                assert_same(theirs, ours)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, {X.shape}, {params}: {error}") from error


def test_trees_equal_scikit_learns_node_for_node():
    check_range(0, 150)


@pytest.mark.slow
def test_many_trees_equal_scikit_learns_node_for_node():
    check_range(150, 3000)


@pytest.mark.parametrize("leaves", [2, 5, 17, 60])
def test_best_first_growth_equals_scikit_learns(leaves):
    # Without ties between nodes, whose order scikit-learn leaves to its heap.
    rng = np.random.RandomState(leaves)
    X = rng.normal(size=(997, 6))
    y = (X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=997) > 0).astype(int)
    theirs, ours = both(X, y, None, {"max_leaf_nodes": leaves, "max_features": "sqrt"}, leaves)
    assert_same(theirs, ours)


def test_fractional_weights_give_the_same_tree():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(500, 5))
    y = rng.randint(0, 3, 500)
    weights = rng.uniform(0.1, 3.0, 500)
    theirs, ours = both(X, y, weights, {"max_depth": 4}, 3)
    np.testing.assert_array_equal(ours.feature, theirs.feature)
    np.testing.assert_allclose(ours.threshold, theirs.threshold, rtol=0, atol=0)
    np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-10)


def test_the_pruning_path_equals_scikit_learns():
    from treering.tree import DecisionTreeClassifier

    rng = np.random.RandomState(1)
    X = rng.normal(size=(400, 4))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    # One drawn order of columns for both: a single column leaves no choice.
    theirs = SklearnTree(random_state=0).cost_complexity_pruning_path(X[:, :1], y)
    ours = DecisionTreeClassifier(random_state=0).cost_complexity_pruning_path(X[:, :1], y)
    np.testing.assert_allclose(ours.ccp_alphas, theirs.ccp_alphas, rtol=0, atol=1e-14)
    np.testing.assert_allclose(ours.impurities, theirs.impurities, rtol=0, atol=1e-12)
