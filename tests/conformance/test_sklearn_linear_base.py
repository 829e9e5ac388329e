"""scikit-learn's test_base.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.linear_model.tests.test_base"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN: tuple[str, ...] = (
    # Some of its cases may fail by scikit-learn's own mark, and pass here.
    "test_linear_regression_sample_weight_consistency",
    "test_csr_preprocess_data",
    "test_dtype_preprocess_data",
    "test_fused_types_make_dataset",
    "test_predict_proba_lr_large_values",
    "test_preprocess_copy_data_no_checks",
    "test_preprocess_data",
    "test_preprocess_data_integer_array_api_on_float32_only_device",
    "test_preprocess_data_multioutput",
    "test_preprocess_data_weighted",
    "test_rescale_data",
    "test_sparse_preprocess_data_offsets",
)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN} <= set(globals())
