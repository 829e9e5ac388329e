"""scikit-learn's test_column_transformer.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.compose.tests.test_column_transformer"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests without a scaler or an encoder of treering: left out.
FOREIGN = (
    "test_2D_transformer_output",
    "test_2D_transformer_output_pandas",
    "test_column_transformer",
    "test_column_transformer__getitem__",
    "test_column_transformer_callable_specifier",
    "test_column_transformer_callable_specifier_dataframe",
    "test_column_transformer_dataframe",
    "test_column_transformer_drop_all_sparse_remainder_transformer",
    "test_column_transformer_drops_all_remainder_transformer",
    "test_column_transformer_empty_columns",
    "test_column_transformer_get_feature_names",
    "test_column_transformer_invalid_columns",
    "test_column_transformer_invalid_transformer",
    "test_column_transformer_mask_indexing",
    "test_column_transformer_no_estimators_set_params",
    "test_column_transformer_no_remaining_remainder_transformer",
    "test_column_transformer_non_default_index",
    "test_column_transformer_output_indices",
    "test_column_transformer_output_indices_df",
    "test_column_transformer_raises_class_not_instance_error",
    "test_column_transformer_remainder",
    "test_column_transformer_remainder_dtypes",
    "test_column_transformer_remainder_numpy",
    "test_column_transformer_remainder_pandas",
    "test_column_transformer_remainder_transformer",
    "test_column_transformer_reordered_column_names_remainder",
    "test_column_transformer_set_output",
    "test_column_transformer_sparse_array",
    "test_column_transformer_sparse_remainder_transformer",
    "test_column_transformer_sparse_stacking",
    "test_column_transformer_special_strings",
    "test_column_transformer_tuple_transformers_parameter",
    "test_column_transformer_verbose",
    "test_dataframe_different_dataframe_libraries",
    "test_feature_name_validation_missing_columns_drop_passthrough",
    "test_feature_names_in_",
    "test_get_metadata_routing_works_without_fit",
    "test_make_column_selector_error",
    "test_make_column_selector_pickle",
    "test_make_column_selector_with_select_dtypes",
    "test_make_column_transformer_pandas",
    "test_metadata_routing_error_for_column_transformer",
    "test_metadata_routing_for_column_transformer",
    "test_metadata_routing_no_fit_transform",
    "test_metadata_routing_with_remainder_no_error",
    "test_n_features_in",
    "test_raise_error_if_index_not_aligned",
    "test_remainder_set_output",
    "test_routing_passed_metadata_not_supported",
    "test_sk_visual_block_full_transform",
    "test_transform_pd_na",
    "test_transformers_with_pandas_out_but_not_feature_names_out",
    "test_unused_transformer_request_present",
    "test_verbose_feature_names_out_callable_or_str",
    "test_verbose_feature_names_out_false",
    "test_verbose_feature_names_out_false_errors",
    "test_verbose_feature_names_out_true",
)

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW = ("test_column_transformer_auto_memmap",)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
