"""Given scikit-learn's own random choices, trees are scikit-learn's, node for node."""

import numpy as np
import pytest
from sklearn import ensemble as sklearn_ensemble
from sklearn import tree as sklearn_tree
from sklearn.base import is_classifier
from sklearn.ensemble._forest import _generate_sample_indices

from treering._core.tree import Tree, TreeParams

SAME = (
    "children_left",
    "children_right",
    "feature",
    "threshold",
    "n_node_samples",
    "weighted_n_node_samples",
)

CRITERIA = {
    True: ("gini", "entropy"),
    False: ("squared_error", "squared_error", "absolute_error", "poisson"),
}
TREES = (
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreeClassifier",
    "ExtraTreeRegressor",
)
FORESTS = (
    "RandomForestClassifier",
    "RandomForestRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
)


def random_rows(rng, *, missing):
    """Columns of every kind that trees meet."""
    rows = int(rng.choice([5, 20, 60, 200, 600, 2000]))
    columns = int(rng.choice([1, 2, 5, 12, 40]))
    X = rng.normal(size=(rows, columns))
    kind = rng.choice(["continuous", "ties", "mixed", "tiny"])
    if kind == "ties":
        X = np.round(X * 2) / 2
    elif kind == "mixed":
        X[:, ::2] = np.round(X[:, ::2])
        X[:, rng.randint(columns)] = 3.0
    elif kind == "tiny":  # neighbouring values closer than scikit-learn tells apart
        X *= 1e-6
    if missing and rng.rand() < 0.3:
        X[rng.rand(rows, columns) < rng.choice([0.02, 0.3])] = np.nan
    if missing and rng.rand() < 0.1:
        X[:, 0] = np.nan
    return X.astype(np.float32 if rng.rand() < 0.5 else np.float64)


def random_labels(rng, X, *, classes):
    """Classes, or numbers whose sums are exact, so that the order of summing does not matter."""
    rows, outputs = len(X), int(rng.choice([1, 1, 1, 2, 3]))
    signal = np.nan_to_num(X[:, [0]]) * 3 + rng.normal(size=(rows, outputs))
    if classes:
        most = int(rng.choice([2, 3, 5, 11]))
        noise = rng.randint(0, most, size=signal.shape) * (rng.rand(*signal.shape) < 0.3)
        labels = ((signal > 0) + noise) % most
        y = np.column_stack([np.unique(c, return_inverse=True)[1] for c in labels.T])
    else:
        y = np.abs(np.round(signal * 16) / 16)
        y[rng.randint(rows)] += 1.0  # a Poisson mean above zero
    return y[:, 0] if outputs == 1 else y


def random_params(rng, criteria):
    choices = {
        "criterion": (1.0, lambda: str(rng.choice(criteria))),
        "max_features": (0.5, lambda: str(rng.choice(["sqrt", "log2"]))),
        "max_depth": (0.2, lambda: int(rng.randint(1, 8))),
        "min_samples_leaf": (0.2, lambda: int(rng.randint(2, 8))),
        "min_samples_split": (0.2, lambda: int(rng.randint(2, 20))),
        "min_weight_fraction_leaf": (0.15, lambda: float(rng.choice([0.01, 0.1]))),
        "min_impurity_decrease": (0.15, lambda: float(rng.choice([1e-4, 1e-2]))),
        "ccp_alpha": (0.15, lambda: float(rng.choice([1e-4, 1e-2]))),
    }
    return {name: draw() for name, (chance, draw) in choices.items() if rng.rand() < chance}


def ours_of(theirs, X, y, weights):
    """Our tree of the same data, parameters and random choices."""
    classes = is_classifier(theirs)
    labels = np.ascontiguousarray(y.reshape(len(y), -1), dtype=np.uint32 if classes else np.float64)
    counts = [int(column.max()) + 1 for column in labels.T] if classes else None
    signs = [] if theirs.monotonic_cst is None else np.asarray(theirs.monotonic_cst)
    params = TreeParams(
        criterion=theirs.criterion,
        splitter=theirs.splitter,
        max_depth=theirs.max_depth,
        min_samples_split=max(theirs.min_samples_split, 2 * theirs.min_samples_leaf),
        min_samples_leaf=theirs.min_samples_leaf,
        min_weight_fraction_leaf=theirs.min_weight_fraction_leaf,
        max_features=theirs.max_features_,
        max_leaf_nodes=theirs.max_leaf_nodes,
        min_impurity_decrease=theirs.min_impurity_decrease,
        ccp_alpha=theirs.ccp_alpha,
        monotonic=[int(-sign if classes else sign) for sign in signs],
        max_bins=None,
    )
    draws = np.random.RandomState(theirs.random_state).randint(0, np.iinfo(np.int32).max)
    return Tree.grow(X, labels, counts, weights, params, 0, draws)


def random_tree(seed):
    """Return a random tree of scikit-learn's, its data and its weights."""
    rng = np.random.RandomState(seed)
    cls = getattr(sklearn_tree, TREES[seed % len(TREES)])
    classes = is_classifier(cls())
    params = random_params(rng, CRITERIA[classes])
    X = random_rows(rng, missing=True)
    y = random_labels(rng, X, classes=classes)
    weights = None
    if rng.rand() < 0.6:
        weights = np.bincount(rng.randint(0, len(X), len(X)), minlength=len(X)).astype(float)
    if rng.rand() < 0.3 and y.ndim == 1 and (not classes or y.max() < 2):
        params["monotonic_cst"] = rng.randint(-1, 2, X.shape[1])
    if params["criterion"] == "poisson" and weights is not None:
        weights += 1  # a row of weight zero may hold the only number above zero
    return cls(random_state=seed, **params).fit(X, y, sample_weight=weights), X, y, weights


def assert_same(theirs, ours):
    for name in SAME:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    inner = theirs.children_left >= 0
    np.testing.assert_array_equal(
        ours.missing_go_to_left.astype(bool)[inner], theirs.missing_go_to_left.astype(bool)[inner]
    )
    np.testing.assert_allclose(ours.impurity, theirs.impurity, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        ours.compute_feature_importances(),
        theirs.compute_feature_importances(),
        rtol=0,
        atol=1e-12,
    )


def check_range(first, last):
    for seed in range(first, last):
        theirs, X, y, weights = random_tree(seed)
        try:
            assert_same(theirs.tree_, ours_of(theirs, X, y, weights))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, {X.shape}, {theirs}: {error}") from error


def test_trees_equal_scikit_learns_node_for_node():
    check_range(0, 300)


@pytest.mark.slow
def test_many_trees_equal_scikit_learns_node_for_node():
    check_range(300, 6000)


def check_forests(first, last):
    for seed in range(first, last):
        rng = np.random.RandomState(seed)
        cls = getattr(sklearn_ensemble, FORESTS[seed % len(FORESTS)])
        classes = is_classifier(cls())
        params = random_params(rng, CRITERIA[classes][:2])
        X = random_rows(rng, missing=True)
        y = random_labels(rng, X, classes=classes)
        bootstrap = bool(rng.rand() < 0.7)
        forest = cls(3, bootstrap=bootstrap, random_state=seed, **params).fit(X, y)
        for theirs in forest.estimators_:
            counts = None
            if bootstrap:
                drawn = _generate_sample_indices(theirs.random_state, len(X), len(X), None)
                counts = np.bincount(drawn, minlength=len(X)).astype(float)
            try:
                assert_same(theirs.tree_, ours_of(theirs, X, y, counts))
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, {X.shape}, {theirs}: {error}") from error


def test_trees_of_forests_equal_scikit_learns_node_for_node():
    check_forests(0, 60)


@pytest.mark.slow
def test_trees_of_many_forests_equal_scikit_learns_node_for_node():
    check_forests(60, 1500)


@pytest.mark.parametrize("leaves", [2, 5, 17, 60])
def test_best_first_growth_equals_scikit_learns(leaves):
    # Without ties between nodes, whose order scikit-learn leaves to its heap.
    rng = np.random.RandomState(leaves)
    X = rng.normal(size=(997, 6))
    y = (X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=997) > 0).astype(int)
    params = {"max_leaf_nodes": leaves, "max_features": "sqrt", "random_state": leaves}
    theirs = sklearn_tree.DecisionTreeClassifier(**params).fit(X, y)
    assert_same(theirs.tree_, ours_of(theirs, X, y, None))
    numbers = np.round(16 * (X[:, 0] + X[:, 1] * X[:, 2])) / 16
    theirs = sklearn_tree.DecisionTreeRegressor(**params).fit(X, numbers)
    assert_same(theirs.tree_, ours_of(theirs, X, numbers, None))


def test_fractional_weights_give_the_same_tree():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(500, 5))
    y = rng.randint(0, 3, 500)
    weights = rng.uniform(0.1, 3.0, 500)
    tree = sklearn_tree.DecisionTreeClassifier(max_depth=4, random_state=3)
    tree.fit(X, y, sample_weight=weights)
    theirs, ours = tree.tree_, ours_of(tree, X, y, weights)
    np.testing.assert_array_equal(ours.feature, theirs.feature)
    np.testing.assert_allclose(ours.threshold, theirs.threshold, rtol=0, atol=0)
    np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-10)


def test_the_pruning_path_equals_scikit_learns():
    from treering.tree import DecisionTreeClassifier

    rng = np.random.RandomState(1)
    X = rng.normal(size=(400, 4))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    # One drawn order of columns for both: a single column leaves no choice.
    theirs = sklearn_tree.DecisionTreeClassifier(random_state=0).cost_complexity_pruning_path(
        X[:, :1], y
    )
    ours = DecisionTreeClassifier(random_state=0).cost_complexity_pruning_path(X[:, :1], y)
    np.testing.assert_allclose(ours.ccp_alphas, theirs.ccp_alphas, rtol=0, atol=1e-14)
    np.testing.assert_allclose(ours.impurities, theirs.impurities, rtol=0, atol=1e-12)
