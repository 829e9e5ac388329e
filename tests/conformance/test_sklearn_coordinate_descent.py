"""scikit-learn's test_coordinate_descent.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.linear_model.tests.test_coordinate_descent"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN: tuple[str, ...] = (
    "test_1d_multioutput_enet_and_multitask_enet_cv",
    "test_1d_multioutput_lasso_and_multitask_lasso_cv",
    "test_convergence_warnings",
    "test_cython_solver_equivalence",
    "test_enet_cv_positive_constraint",
    "test_enet_l1_ratio",
    "test_enet_path",
    "test_enet_path_check_input_false",
    "test_enet_path_positive",
    "test_lasso_cv",
    "test_lasso_cv_positive_constraint",
    "test_lasso_path_return_models_vs_new_return_gives_same_coefficients",
    "test_lassocv_alphas_validation",
    "test_multi_task_lasso_and_enet",
    "test_multi_task_lasso_cv_dtype",
    "test_multi_task_lasso_readonly_data",
    "test_multi_task_lasso_vs_skglm",
    "test_multioutput_enetcv_error",
    "test_multitask_enet_and_lasso_cv",
    "test_path_function_deprecated_n_alphas",
    "test_path_unknown_parameter",
    "test_set_order_dense",
    "test_set_order_sparse",
    "test_sparse_dense_descent_paths",
    "test_uniform_targets",
    "test_warm_start_multitask_lasso",
)

SLOW = ("test_linear_models_cv_fit_with_loky",)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
