import copy
import pickle
import sys

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier as SklearnTree
from sklearn.tree import DecisionTreeRegressor as SklearnRegressor
from sklearn.tree import export_text

import treering
from treering._core.tree import Tree
from treering.ensemble import RandomForestClassifier
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

X, y = load_iris(return_X_y=True)


@pytest.fixture
def tree():
    return DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)


def test_a_full_tree_knows_its_training_rows():
    full = DecisionTreeClassifier(random_state=0).fit(X, y)
    assert full.score(X, y) == 1.0
    assert full.get_n_leaves() == (full.tree_.children_left == -1).sum()
    assert full.get_depth() == full.tree_.compute_node_depths().max() - 1


def test_predictions_follow_the_nodes(tree):
    nodes = tree.tree_
    for row in X[::7].astype(np.float32):
        at = 0
        while nodes.children_left[at] >= 0:
            left = row[nodes.feature[at]] <= nodes.threshold[at]
            at = (nodes.children_left if left else nodes.children_right)[at]
        assert tree.apply(row[None])[0] == at
        np.testing.assert_array_equal(tree.predict_proba(row[None])[0], nodes.value[at, 0])


def test_paths_end_in_the_leaves(tree):
    paths = tree.decision_path(X)
    assert paths.shape == (150, tree.tree_.node_count)
    leaves = tree.apply(X)
    assert all(paths[row, leaf] == 1 for row, leaf in enumerate(leaves))
    np.testing.assert_array_equal(
        np.asarray(paths.sum(axis=1)).ravel(), tree.tree_.compute_node_depths()[leaves]
    )


def test_labels_may_be_strings():
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    tree = DecisionTreeClassifier(random_state=0).fit(X, names)
    assert tree.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert (tree.predict(X) == names).all()


def test_missing_values_are_learned():
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(400, 2))
    labels = rng.randint(0, 2, 400)
    rows[labels == 1, 0] = np.nan
    tree = DecisionTreeClassifier(random_state=0).fit(rows, labels)
    assert tree.score(rows, labels) == 1.0
    assert tree.get_depth() == 1
    assert tree.tree_.threshold[0] == np.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_strides_give_the_same_tree(dtype):
    whole = np.asfortranarray(np.repeat(np.repeat(X.astype(dtype), 2, axis=0), 2, axis=1))
    reference = DecisionTreeClassifier(random_state=3).fit(X.astype(dtype).copy(), y)
    for view in (whole[::2, ::2], whole[::2][:, ::2].copy(), np.ascontiguousarray(whole)[::2, ::2]):
        view.flags.writeable = False
        other = DecisionTreeClassifier(random_state=3).fit(view, y)
        assert other.tree_.to_bytes() == reference.tree_.to_bytes()


def test_copies_and_pickles_are_equal(tree):
    for other in (pickle.loads(pickle.dumps(tree)), copy.deepcopy(tree)):
        assert other.tree_.to_bytes() == tree.tree_.to_bytes()
        np.testing.assert_array_equal(other.predict_proba(X), tree.predict_proba(X))


def test_altered_bytes_are_refused(tree):
    data = tree.tree_.to_bytes()
    assert Tree.from_bytes(data).node_count == tree.tree_.node_count
    for broken in (b"", data[:-1], data + b"x", data[:30] + bytes([data[30] ^ 1]) + data[31:]):
        with pytest.raises(treering.ModelFileError, match="not a readable treering model"):
            Tree.from_bytes(broken)
    newer = data[:8] + (99).to_bytes(2, "little") + data[10:]
    with pytest.raises(treering.ModelFileError, match="revision 99"):
        Tree.from_bytes(newer)


def test_class_weights_move_the_tree():
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(300, 2))
    labels = (rows[:, 0] + rng.normal(size=300) > 1.2).astype(int)
    plain = DecisionTreeClassifier(max_depth=1, random_state=0).fit(rows, labels)
    for weight in ("balanced", {0: 1.0, 1: 9.0}):
        heavy = DecisionTreeClassifier(max_depth=1, class_weight=weight, random_state=0)
        theirs = SklearnTree(max_depth=1, class_weight=weight, random_state=0).fit(rows, labels)
        heavy.fit(rows, labels)
        assert heavy.predict(rows).mean() > plain.predict(rows).mean()
        np.testing.assert_allclose(
            heavy.predict_proba(rows), theirs.predict_proba(rows), rtol=1e-12
        )


def test_scikit_learn_can_describe_the_tree(tree):
    theirs = SklearnTree(max_depth=3, random_state=0).fit(X, y)
    theirs.tree_ = tree.tree_
    text = export_text(theirs)
    thresholds = tree.tree_.threshold[tree.tree_.children_left >= 0]
    assert all(f"{threshold:.2f}" in text for threshold in thresholds)


BAD = [
    ({}, np.where(X > 6, np.inf, X), y, "infinity .* Column 0 holds inf in row"),
    ({}, X * 1e39, y, "too large for dtype"),
    ({}, X[:0], y[:0], "0 sample"),
    ({}, X[:, :0], y, "0 feature"),
    ({}, X, y[:-1], "inconsistent numbers of samples"),
    ({}, X, np.linspace(0, 1, 150), "Unknown label type"),
    ({}, X, np.stack([y, y], axis=1)[None], "dim|3"),
    ({"max_depth": 0}, X, y, "max_depth.*must be"),
    ({"criterion": "gain"}, X, y, "criterion.*must be"),
    ({"max_features": 1.5}, X, y, "max_features.*must be"),
    ({"monotonic_cst": [1, 0, 0, 0]}, X, y, "not supported with multiclass"),
    ({"monotonic_cst": [1, 0, 0]}, X, y > 0, "monotonic_cst has shape 3 .* 4 features"),
    ({"monotonic_cst": [2, 0, 0, 0]}, X, y > 0, "-1, 0 or 1, but got .0, 2."),
    ({"monotonic_cst": "up"}, X, y > 0, "monotonic_cst.* must be an array-like or None"),
    ({"monotonic_cst": ["up"] * 4}, X, y > 0, "monotonic_cst must be None or an array-like"),
    ({"monotonic_cst": [1, 0, 0, 0]}, X, np.stack([y, y], axis=1), "multiple outputs"),
]


@pytest.mark.parametrize(("params", "rows", "labels", "message"), BAD)
def test_bad_input_is_named(params, rows, labels, message):
    with pytest.raises(ValueError, match=message):
        DecisionTreeClassifier(**params).fit(rows, labels)


FLOAT = sys.float_info.max
HUGE = [
    ({"max_depth": 10**30}, {}),
    ({"max_leaf_nodes": 10**30}, {"max_leaf_nodes": 1000}),
    ({"max_features": 10**30}, {}),
    ({"min_samples_split": 10**30}, {"min_samples_split": 151}),
    ({"min_samples_leaf": 10**30}, {"min_samples_leaf": 151}),
    ({"min_impurity_decrease": 10**400}, {"min_impurity_decrease": FLOAT}),
    ({"ccp_alpha": 10**400}, {"ccp_alpha": FLOAT}),
]


@pytest.mark.parametrize("forest", [False, True])
@pytest.mark.parametrize(("huge", "plain"), HUGE)
def test_numbers_beyond_the_cores_mean_the_largest(huge, plain, forest):
    kind = RandomForestClassifier if forest else DecisionTreeClassifier
    more = {"n_estimators": 3, "max_features": None} if forest else {}
    given = kind(random_state=0, **(more | huge)).fit(X, y)
    expected = kind(random_state=0, **(more | plain)).fit(X, y)
    np.testing.assert_array_equal(given.apply(X), expected.apply(X))


INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]


@pytest.mark.parametrize("integer", INTEGERS)
def test_integers_of_every_width_are_numbers(integer):
    params = {"max_depth": 100, "min_samples_split": 90, "min_samples_leaf": 70}
    params |= {"max_leaf_nodes": 100, "max_features": 2, "random_state": 1}
    given = DecisionTreeClassifier(**{name: integer(value) for name, value in params.items()})
    expected = DecisionTreeClassifier(**params).fit(X, y)
    assert given.fit(X, y).tree_.to_bytes() == expected.tree_.to_bytes()
    params |= {"n_estimators": 3, "n_jobs": 2, "max_samples": 100, "min_samples_leaf": 1}
    forest = RandomForestClassifier(**{name: integer(value) for name, value in params.items()})
    expected = RandomForestClassifier(**params).fit(X, y)
    np.testing.assert_array_equal(forest.fit(X, y).apply(X), expected.apply(X))


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestClassifier])
@pytest.mark.parametrize("weight", [np.inf, np.nan, -1, None, "heavy", 10**400])
def test_bad_class_weights_are_named(kind, weight):
    with pytest.raises(ValueError, match=r"class_weight gives the class 1 the weight .*finite"):
        kind(class_weight={0: 1, 1: weight, 2: 1}).fit(X, y)


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestClassifier])
def test_class_weights_need_a_sum(kind):
    for weight, total in ((0, "0.0"), (1e308, "inf")):
        with pytest.raises(ValueError, match=f"class_weight=.* total weight of {total}"):
            kind(class_weight=dict.fromkeys(range(3), weight)).fit(X, y)
    with pytest.raises(ValueError, match=r"class_weight=.*, multiplied by sample_weight, .* 0\.0"):
        kind(class_weight={0: 0, 1: 1, 2: 1}).fit(X, y, sample_weight=y == 0)
    with pytest.raises(ValueError, match="not in class_weight"):
        kind(class_weight={7: 1.0}).fit(X, y)


WEIGHTS = [
    (np.zeros(150), "non-zero"),
    (-np.ones(150), "Negative"),
    (np.where(np.arange(150) == 7, np.inf, 1.0), "infinity"),
    (np.where(np.arange(150) == 7, np.nan, 1.0), "NaN"),
    (np.ones(149), r"\(149,\)"),
    (np.ones((150, 2)), "1D"),
    (["heavy"] * 150, "heavy"),
]


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestClassifier])
@pytest.mark.parametrize(("weights", "message"), WEIGHTS)
def test_bad_weights_are_named(kind, weights, message):
    with pytest.raises(ValueError, match=f"sample_weight must hold .* 150 rows.*{message}"):
        kind().fit(X, y, sample_weight=weights)


def test_other_columns_are_named(tree):
    with pytest.raises(
        ValueError, match="X has 3 features, but DecisionTreeClassifier is expecting 4"
    ):
        tree.predict(X[:, :3])
    pandas = pytest.importorskip("pandas")
    named = DecisionTreeClassifier().fit(pandas.DataFrame(X, columns=list("abcd")), y)
    with pytest.raises(ValueError, match="feature names"):
        named.predict(pandas.DataFrame(X, columns=list("abce")))


def test_checks_may_be_skipped(tree):
    rows, labels = X.astype(np.float32), np.array(["setosa", "versicolor", "virginica"])[y]
    checked = DecisionTreeClassifier(random_state=0).fit(X, labels)
    skipped = DecisionTreeClassifier(random_state=0).fit(rows, labels, check_input=False)
    assert skipped.tree_.to_bytes() == checked.tree_.to_bytes()
    assert skipped.n_features_in_ == 4
    for method in ("predict", "predict_proba", "apply"):
        expected = getattr(checked, method)(X)
        np.testing.assert_array_equal(getattr(skipped, method)(rows, check_input=False), expected)
    paths = skipped.decision_path(rows, check_input=False)
    assert (paths != checked.decision_path(X)).nnz == 0


def test_skipped_checks_leave_memory_safe(tree):
    bad = [X[:, :3], X.astype(int), X[0], np.where(X > 6, np.inf, X), X.astype(object), X.tolist()]
    for rows in bad:
        with pytest.raises((ValueError, TypeError, AttributeError)):
            tree.predict(rows, check_input=False)
        if np.shape(rows) != (150, 3):
            with pytest.raises((ValueError, TypeError, AttributeError, IndexError)):
                DecisionTreeClassifier().fit(rows, y, check_input=False)
    for labels in (y[:-1], np.append(y, 0), y[:, None][:75]):
        with pytest.raises((ValueError, TypeError)):
            DecisionTreeClassifier().fit(X, labels, check_input=False)


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
@pytest.mark.parametrize("weight", [5e-324, 1e-310, 1e-200, 1e-163, 1e155, 4e305])
def test_weights_whose_squares_leave_the_range_of_numbers(criterion: str, weight: float) -> None:
    """scikit-learn's root has an undefined impurity here, and is never split."""
    X, y = np.arange(6.0)[:, None], [0, 0, 0, 1, 1, 1]
    model = DecisionTreeClassifier(criterion=criterion).fit(X, y, np.full(6, weight))
    np.testing.assert_array_equal(model.predict(X), y)
    assert pickle.loads(pickle.dumps(model)).tree_.threshold[0] == 2.5


def test_weights_of_every_size_leave_a_model_that_can_be_stored() -> None:
    random = np.random.default_rng(0)
    for draw in range(200):
        rows = random.integers(2, 60)
        X, y = random.integers(0, 5, (rows, 3)).astype(float), random.integers(0, 3, rows)
        weights = 10.0 ** random.uniform(-320, 305, rows) * random.integers(0, 2, rows)
        weights[0] = 1.0
        criterion = ("gini", "entropy")[draw % 2]
        model = DecisionTreeClassifier(criterion=criterion).fit(X, y, sample_weight=weights)
        shares = pickle.loads(pickle.dumps(model)).predict_proba(X)
        np.testing.assert_allclose(shares.sum(axis=1), 1.0)


def test_weights_of_every_size_leave_a_regressor_that_can_be_stored() -> None:
    random = np.random.default_rng(0)
    refused = 0
    for draw in range(200):
        rows = random.integers(2, 60)
        X = random.integers(0, 5, (rows, 3)).astype(float)
        y = 10.0 ** random.uniform(-300, 100, rows) * random.choice((0, 1), rows)
        y[0] = 1.0
        weights = 10.0 ** random.uniform(-320, 305, rows) * random.integers(0, 2, rows)
        weights[0] = 1.0
        criterion = ("squared_error", "absolute_error", "poisson")[draw % 3]
        model = DecisionTreeRegressor(criterion=criterion)
        with np.errstate(over="ignore"):
            is_refused = not np.isfinite(y.max() ** 2 * weights.sum())
        refused += is_refused
        if is_refused:
            with pytest.raises(ValueError, match="products with the squares of y are too large"):
                model.fit(X, y, sample_weight=weights)
            continue
        model.fit(X, y, sample_weight=weights)
        assert np.isfinite(pickle.loads(pickle.dumps(model)).predict(X)).all()
    assert 0 < refused < 200


def test_zeros_too_small_for_a_deviance_are_one_leaf() -> None:
    model = DecisionTreeRegressor(criterion="poisson").fit([[0.0], [1.0]], [0.0, 1e-17])
    assert model.tree_.impurity.tolist() == [np.inf]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict([[1.0]]), [5e-18])


def test_weights_whose_sum_is_beyond_use_are_refused() -> None:
    with pytest.raises(ValueError, match="sample_weight contains weights whose sum is too large"):
        DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1], sample_weight=[1e308, 1e307])


@pytest.mark.parametrize("leaves", [4, 9, 12])
@pytest.mark.parametrize("decrease", [0.0, 1e-3, 2e-3, 5e-3])
def test_best_first_trees_that_drop_splits_are_scikit_learns(leaves, decrease):
    rng = np.random.default_rng(leaves)
    X = rng.normal(size=(400, 4))
    classes = (np.digitize(X[:, 0] + 0.3 * rng.normal(size=400), [-0.5, 0.5])).astype(int)
    numbers = X[:, 0] * X[:, 1] + 0.1 * rng.normal(size=400)
    params = {"max_leaf_nodes": leaves, "min_impurity_decrease": decrease, "random_state": 0}
    for ours, theirs, y in [
        (DecisionTreeClassifier, SklearnTree, classes),
        (DecisionTreeRegressor, SklearnRegressor, numbers),
    ]:
        tree, expected = (kind(**params).fit(X, y) for kind in (ours, theirs))
        for name in ("n_node_samples", "children_left", "feature"):
            np.testing.assert_array_equal(getattr(tree.tree_, name), getattr(expected.tree_, name))
        for name in ("impurity", "weighted_n_node_samples", "value", "threshold"):
            values, others = getattr(tree.tree_, name), getattr(expected.tree_, name)
            np.testing.assert_allclose(values, others, rtol=1e-9, atol=1e-12)
