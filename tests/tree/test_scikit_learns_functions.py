"""What scikit-learn's own functions make of treering's trees."""

import numpy as np
import pytest
import sklearn.ensemble
import sklearn.tree
from scipy.sparse import csr_array, csr_matrix
from sklearn.datasets import load_iris, make_friedman1
from sklearn.inspection import partial_dependence
from sklearn.tree import export_graphviz, export_text, plot_tree

import treering.ensemble
import treering.tree
from treering.ensemble import ExtraTreesRegressor, RandomForestRegressor
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeRegressor

IRIS = load_iris()
X, y = make_friedman1(400, random_state=0)


def twin(tree, theirs):
    """One of scikit-learn's estimators whose nodes are treering's."""
    theirs = theirs.fit(*theirs_data(tree))
    theirs.tree_ = tree.tree_
    return theirs


def theirs_data(tree):
    return (IRIS.data, IRIS.target) if hasattr(tree, "classes_") else (X, y)


@pytest.fixture(params=["classes", "numbers"])
def pair(request):
    """A tree, and scikit-learn's own with the same nodes."""
    if request.param == "classes":
        ours = DecisionTreeClassifier(max_depth=4, random_state=0).fit(IRIS.data, IRIS.target)
        return ours, twin(ours, sklearn.tree.DecisionTreeClassifier(max_depth=4))
    ours = DecisionTreeRegressor(max_leaf_nodes=9, random_state=0).fit(X, y)
    return ours, twin(ours, sklearn.tree.DecisionTreeRegressor())


def test_trees_are_printed_as_scikit_learns_are(pair):
    ours, theirs = pair
    assert export_text(ours) == export_text(theirs)
    assert export_text(ours, show_weights=True) == export_text(theirs, show_weights=True)
    assert len(export_text(ours).splitlines()) > ours.tree_.node_count


def test_trees_are_drawn_as_scikit_learns_are(pair):
    ours, theirs = pair
    options = {"filled": True, "proportion": True, "node_ids": True, "rounded": True}
    assert export_graphviz(ours, None, **options) == export_graphviz(theirs, None, **options)
    drawn, expected = ([node.get_text() for node in plot_tree(tree)] for tree in pair)
    assert drawn == expected


def test_several_outputs_are_drawn():
    labels = np.column_stack([IRIS.target, IRIS.target == 1])
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(IRIS.data, labels)
    assert "gini" in export_graphviz(tree, None, filled=True)
    assert plot_tree(tree, filled=True)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(treering.tree, sklearn.tree), (treering.ensemble, sklearn.ensemble)]
)
def test_classes_stand_in_for_scikit_learns(ours, theirs):
    for name in ours.__all__:
        assert issubclass(getattr(ours, name), getattr(theirs, name))
        assert not issubclass(getattr(theirs, name), getattr(ours, name))
    assert isinstance(ExtraTreeRegressor(), sklearn.tree.DecisionTreeRegressor)
    assert not isinstance(ExtraTreeRegressor(), sklearn.tree.DecisionTreeClassifier)


@pytest.mark.parametrize("features", [[2], [2, 8], [8, 2]])
def test_partial_dependence_of_a_tree_is_scikit_learns(features):
    params = {"min_samples_leaf": 20, "random_state": 0}  # nodes without equally good splits
    ours = DecisionTreeRegressor(**params).fit(X, y)
    theirs = sklearn.tree.DecisionTreeRegressor(**params).fit(X, y)
    np.testing.assert_array_equal(ours.tree_.threshold, theirs.tree_.threshold)
    mine, peers = (
        partial_dependence(tree, X, features, method="recursion", grid_resolution=20)
        for tree in (ours, theirs)
    )
    np.testing.assert_allclose(mine["average"], peers["average"], rtol=1e-12)


def test_partial_dependence_of_a_forest_is_the_mean_over_its_trees():
    forest = RandomForestRegressor(10, min_samples_leaf=3, random_state=0).fit(X, y)
    fast = partial_dependence(forest, X, [8], grid_resolution=10)
    trees = [partial_dependence(tree, X, [8], grid_resolution=10)["average"] for tree in forest]
    np.testing.assert_allclose(fast["average"], np.mean(trees, axis=0), rtol=1e-12)
    slow = partial_dependence(forest, X, [8], grid_resolution=10, method="brute")
    assert np.corrcoef(fast["average"][0], slow["average"][0])[0, 1] > 0.9


def test_partial_dependence_of_other_forests_is_taken_row_by_row():
    forest = ExtraTreesRegressor(3, random_state=0).fit(X, y)
    found = partial_dependence(forest, X[:50], [8], grid_resolution=5)
    assert found["average"].shape == (1, 5)


def test_grids_that_do_not_fit_are_refused():
    tree = DecisionTreeRegressor(max_depth=2).fit(X, y).tree_
    grid, out = np.zeros((3, 1), dtype=np.float32), np.zeros(3)
    for columns, place, message in (
        ([0, 1], out, "columns of the grid: expected 2, got 1"),
        ([10], out, "one of which the grid stands for: expected 10, got 10"),
        ([-1], out, "target_features contains -1; expected columns from 0 to 9"),
        ([0], out[:2], "values of out"),
    ):
        with pytest.raises(ValueError, match=message):
            tree.compute_partial_dependence(grid, np.array(columns), place)


def test_arrays_of_nodes_are_made_once_and_cannot_be_written():
    nodes = DecisionTreeClassifier(random_state=0).fit(IRIS.data, IRIS.target).tree_
    theirs = sklearn.tree.DecisionTreeClassifier(random_state=0).fit(IRIS.data, IRIS.target).tree_
    for name in (
        "children_left",
        "children_right",
        "feature",
        "threshold",
        "impurity",
        "n_node_samples",
        "weighted_n_node_samples",
        "missing_go_to_left",
        "value",
    ):
        array = getattr(nodes, name)
        assert array is getattr(nodes, name)
        assert array.dtype == getattr(theirs, name).dtype
        assert array.ndim == getattr(theirs, name).ndim
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("labels", [IRIS.target, np.column_stack([IRIS.target, IRIS.target > 0])])
def test_the_nodes_answer_in_scikit_learns_shapes(labels):
    rows = IRIS.data.astype(np.float32)
    ours = DecisionTreeClassifier(random_state=0).fit(rows, labels).tree_
    theirs = sklearn.tree.DecisionTreeClassifier(random_state=0).fit(rows, labels).tree_
    assert ours.predict(rows).shape == theirs.predict(rows).shape
    assert ours.value.shape[1:] == theirs.value.shape[1:]
    assert ours.apply(rows).shape == theirs.apply(rows).shape
    for given in (rows, csr_array(rows)):
        paths = ours.decision_path(given)
        assert type(paths) is csr_matrix
        assert paths.shape == (150, ours.node_count)
        np.testing.assert_array_equal(paths.indices[paths.indptr[1:] - 1], ours.apply(rows))
