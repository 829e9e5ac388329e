"""scikit-learn's test_data.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.preprocessing.tests.test_data"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out. So are
# those that wait for an array library (PyTorch, array-api-strict) that the tests do not install.
FOREIGN = (
    "test_add_dummy_feature",
    "test_add_dummy_feature_sparse",
    "test_binarizer",
    "test_binarizer_array_api_int",
    "test_handle_zeros_in_scale",
    "test_invserse_box_cox",
    "test_kernel_centerer_feature_names_out",
    "test_minmax_scale_axis1",
    "test_normalize",
    "test_normalize_integer_array_api_on_float32_only_device",
    "test_normalizer_l1_l2_max",
    "test_normalizer_l1_l2_max_non_csr",
    "test_normalizer_max_sign",
    "test_optimization_power_transformer",
    "test_power_transformer_1d",
    "test_power_transformer_2d",
    "test_power_transformer_box_cox_raise_all_nans_col",
    "test_power_transformer_boxcox_strictly_positive_exception",
    "test_power_transformer_constant_feature",
    "test_power_transformer_copy_False",
    "test_power_transformer_copy_True",
    "test_power_transformer_fit_transform",
    "test_power_transformer_inverse",
    "test_power_transformer_lambda_one",
    "test_power_transformer_lambda_zero",
    "test_power_transformer_nans",
    "test_power_transformer_no_warnings",
    "test_power_transformer_notfitted",
    "test_power_transformer_shape_exception",
    "test_power_transformer_significantly_non_gaussian",
    "test_power_transformer_yeojohnson_any_input",
    "test_preprocessing_array_api_compliance",
    "test_preprocessing_integer_array_api_on_float32_only_device",
    "test_quantile_transform_and_inverse",
    "test_quantile_transform_axis1",
    "test_quantile_transform_bounds",
    "test_quantile_transform_check_error",
    "test_quantile_transform_dense_toy",
    "test_quantile_transform_iris",
    "test_quantile_transform_nan",
    "test_quantile_transform_sparse_ignore_zeros",
    "test_quantile_transform_sparse_toy",
    "test_quantile_transform_subsampling",
    "test_quantile_transform_subsampling_disabled",
    "test_quantile_transformer_sorted_quantiles",
    "test_quantile_transformer_sparse_subsampling",
    "test_robust_scale_1d_array",
    "test_robust_scale_axis1",
    "test_scale_1d",
    "test_scale_function_without_centering",
    "test_scale_input_finiteness_validation",
    "test_standard_scaler_array_api_compliance",
    "test_standard_scaler_numerical_stability",
    "test_standard_scaler_sample_weight_array_api",
    "test_transformer_inverse_transform_feature_names_warning",
    "test_transformer_inverse_transform_shape_error",
    "test_yeo_johnson_darwin_example",
    "test_yeo_johnson_inverse_transform_warning",
    "test_yeojohnson_for_different_scipy_version",
)

# Classes of scikit-learn's own, with which a test runs beside treering's
FOREIGN_CLASSES = (
    "Binarizer",
    "Normalizer",
    "PowerTransformer",
    "QuantileTransformer",
)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN} <= set(globals())
