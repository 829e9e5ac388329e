"""scikit-learn's test_forest.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.ensemble.tests.test_forest"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED = {
    "test_forest_multioutput_integral_regression_target": (
        "computes the rows left out by each tree with scikit-learn's private functions and its "
        "random stream"
    ),
    "test_estimators_samples": (
        "a clone of a forest's tree has no random_state here, so a fit of its own does not "
        "repeat the tree: its draws are keyed by the forest's seed and its place"
    ),
    "test_validate_y_class_weight": (
        "reads or replaces a private attribute of scikit-learn's forest: _validate_y_class_weight"
    ),
    "test_class_weights_forest": (
        "reads or replaces a private attribute of scikit-learn's forest: _sample_weight"
    ),
    "test_oob_not_computed_twice": (
        "reads or replaces a private attribute of scikit-learn's forest: "
        "_set_oob_score_and_attributes"
    ),
    "test_max_samples_geq_one": (
        "reads or replaces a private attribute of scikit-learn's forest: _n_samples_bootstrap"
    ),
    "test_class_weight_errors": (
        "awaits a warning where warm_start meets labels of another shape; treering refuses "
        "them, since the forest would answer for the old labels under the new names"
    ),
    "test_backend_respected": (
        "counts the calls of a joblib backend; treering's threads are its own, and take from "
        "joblib how many they may be"
    ),
    "test_max_samples_bootstrap": ("scikit-learn's message misspells the parameter as max_sample"),
    "test_mse_criterion_object_segfault_smoke_test": (
        "passes a private Cython object as the criterion"
    ),
}

# Tests of scikit-learn's own parts, which no class of treering takes part in: left out.
FOREIGN = (
    "test_random_hasher",
    "test_random_hasher_sparse_data",
    "test_random_trees_dense_equal",
    "test_random_trees_dense_type",
    "test_random_trees_embedding_feature_names_out",
    "test_random_trees_embedding_raise_error_oob",
)

# Classes of scikit-learn's own, with which a test runs beside treering's
FOREIGN_CLASSES = ("RandomTreesEmbedding",)

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW = (
    "test_importances",
    "test_missing_value_is_predictive",
    "test_missing_values_is_resilient",
)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
