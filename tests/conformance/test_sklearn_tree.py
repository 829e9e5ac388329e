"""scikit-learn's test_tree.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.tree.tests.test_tree"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED = {
    "test_error": (
        "its last case gives three labels for one row and awaits a word about their sum; "
        "treering names the lengths first, and test_forest.py holds the word"
    ),
    "test_huge_allocations": (
        "awaits that room for max_leaf_nodes leaves is taken before they grow; treering takes none"
    ),
    "test_build_pruned_tree_py": (
        "calls a private Cython function that takes scikit-learn's own Tree alone"
    ),
    "test_build_pruned_tree_infinite_loop": (
        "calls a private Cython function that takes scikit-learn's own Tree alone"
    ),
}

# Tests of scikit-learn's own parts, which no class of treering takes part in: left out.
FOREIGN = (
    "test_absolute_errors_precomputation_function",
    "test_check_n_classes",
    "test_check_node_ndarray",
    "test_check_value_ndarray",
    "test_criterion_copy",
    "test_realloc",
    "test_splitter_serializable",
)

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW = ("test_sparse_input",)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
