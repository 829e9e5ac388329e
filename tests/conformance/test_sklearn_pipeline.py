"""scikit-learn's test_pipeline.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.tests.test_pipeline"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN: tuple[str, ...] = (
    "test_empty_pipeline",
    "test_empty_pipeline_dir",
    "test_feature_union",
    "test_feature_union_1d_output",
    "test_feature_union_array_api_compliance",
    "test_feature_union_check_if_fitted",
    "test_feature_union_feature_names",
    "test_feature_union_fit_params",
    "test_feature_union_fit_params_without_fit_transform",
    "test_feature_union_get_metadata_routing_without_fit",
    "test_feature_union_metadata_routing",
    "test_feature_union_metadata_routing_error",
    "test_feature_union_named_transformers",
    "test_feature_union_parallel",
    "test_feature_union_passthrough_get_feature_names_out_false",
    "test_feature_union_passthrough_get_feature_names_out_false_errors_overlap_over_5",
    "test_feature_union_passthrough_get_feature_names_out_true",
    "test_feature_union_warns_unknown_transformer_weight",
    "test_feature_union_weights",
    "test_fit_predict_with_intermediate_fit_params",
    "test_make_pipeline",
    "test_make_pipeline_memory",
    "test_make_union",
    "test_make_union_kwargs",
    "test_make_union_passes_verbose_feature_names_out",
    "test_metadata_routing_error_for_pipeline",
    "test_metadata_routing_for_pipeline",
    "test_pipeline_check_if_fitted",
    "test_pipeline_correctly_adjusts_steps",
    "test_pipeline_ducktyping",
    "test_pipeline_feature_names_out_error_without_definition",
    "test_pipeline_fit_params",
    "test_pipeline_fit_transform",
    "test_pipeline_get_tags_none",
    "test_pipeline_index",
    "test_pipeline_init_tuple",
    "test_pipeline_invalid_parameters",
    "test_pipeline_named_steps",
    "test_pipeline_sample_weight_supported",
    "test_pipeline_sample_weight_unsupported",
    "test_pipeline_score_samples_pca_lof",
    "test_pipeline_slice",
    "test_pipeline_transform",
    "test_pipeline_warns_not_fitted",
    "test_pipeline_with_no_last_step",
    "test_predict_methods_with_predict_params",
    "test_routing_passed_metadata_not_supported",
    "test_set_feature_union_passthrough",
    "test_set_feature_union_step_drop",
    "test_set_feature_union_steps",
    "test_set_pipeline_step_passthrough",
    "test_set_pipeline_steps",
    "test_sklearn_tags_with_empty_pipeline",
    "test_step_name_validation",
    "test_transform_input_explicit_value_check",
    "test_transform_input_no_slep6",
    "test_transform_input_pipeline",
    "test_transform_tuple_input",
    "test_verbose",
)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN} <= set(globals())
