"""scikit-learn's test_impute.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.impute.tests.test_impute"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED = {
    "test_imputation_mean_median_error_invalid_type": (
        "awaits scikit-learn's words for text; treering's name the column, the row and the text"
    ),
    "test_imputation_mean_median_error_invalid_type_list_pandas": (
        "awaits scikit-learn's words for text; treering's name the column, the row and the text"
    ),
}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN = (
    "test_imputation_order",
    "test_iterative_imputer_additive_matrix",
    "test_iterative_imputer_all_missing",
    "test_iterative_imputer_catch_min_max_error",
    "test_iterative_imputer_catch_warning",
    "test_iterative_imputer_clip",
    "test_iterative_imputer_clip_truncnorm",
    "test_iterative_imputer_constant_fill_value",
    "test_iterative_imputer_dont_set_random_state",
    "test_iterative_imputer_early_stopping",
    "test_iterative_imputer_estimators",
    "test_iterative_imputer_imputation_order",
    "test_iterative_imputer_keep_empty_features",
    "test_iterative_imputer_min_max_array_like",
    "test_iterative_imputer_min_max_array_like_imputation",
    "test_iterative_imputer_min_max_value_remove_empty",
    "test_iterative_imputer_no_empty_features",
    "test_iterative_imputer_no_missing",
    "test_iterative_imputer_one_feature",
    "test_iterative_imputer_rank_one",
    "test_iterative_imputer_skip_non_missing",
    "test_iterative_imputer_transform_recovery",
    "test_iterative_imputer_transform_stochasticity",
    "test_iterative_imputer_truncated_normal_posterior",
    "test_iterative_imputer_verbose",
    "test_iterative_imputer_with_empty_features",
    "test_iterative_imputer_zero_iters",
    "test_knn_imputer_keep_empty_features",
    "test_missing_indicator_error",
    "test_missing_indicator_feature_names_out",
    "test_missing_indicator_new",
    "test_missing_indicator_no_missing",
    "test_missing_indicator_raise_on_sparse_with_missing_0",
    "test_missing_indicator_sparse_no_explicit_zeros",
    "test_missing_indicator_sparse_param",
    "test_missing_indicator_string",
    "test_most_frequent",
    "test_most_frequent_tie_object",
)

# Classes of scikit-learn's own, with which a test runs beside treering's
FOREIGN_CLASSES = ("IterativeImputer",)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN} <= set(globals())
