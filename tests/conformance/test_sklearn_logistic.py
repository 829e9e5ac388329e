"""scikit-learn's test_logistic.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.linear_model.tests.test_logistic"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN: tuple[str, ...] = (
    "test_LogisticRegressionCV_elasticnet_attribute_shapes",
    "test_LogisticRegressionCV_no_refit",
    "test_get_default_scorer",
    "test_logistic_cv_mock_scorer",
    "test_logistic_cv_refit_false_non_elasticnet",
    "test_logistic_cv_sparse",
    "test_logistic_regression_path_coefs_multinomial",
    "test_logistic_regression_path_convergence_fail",
    "test_logistic_regression_path_init_coefs",
    "test_logistic_regressioncv_class_weights",
    "test_logisticregressioncv_warns_with_use_legacy_attributes",
    "test_lr_cv_scores_differ_when_sample_weight_is_requested",
    "test_lr_cv_scores_without_enabling_metadata_routing",
    "test_lr_scoring_warns",
    "test_passing_params_without_enabling_metadata_routing",
)

SLOW = (
    "test_logistic_regression_solvers_multiclass",
    "test_multinomial_cv_iris",
    "test_multinomial_logistic_regression_string_inputs",
)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
