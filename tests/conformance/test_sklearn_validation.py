"""scikit-learn's test_validation.py on treering's classes."""

from typing import Any

import pytest

import sklearn_tests
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

globals().update(sklearn_tests.tests_of("sklearn.model_selection.tests.test_validation"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out. So are
# those that wait for an array library (PyTorch, array-api-strict) that the tests do not install.
FOREIGN = (
    "test_check_is_permutation",
    "test_cross_val_predict_array_api_compliance",
    "test_fit_and_score_failing",
    "test_score",
)

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW = (
    "test_cross_val_predict_predict_log_proba_shape",
    "test_cross_validate_params_none",
    "test_permutation_test_score_allow_nans",
    "test_validation_functions_routing",
    "test_cross_val_predict",
    "test_cross_val_predict_class_subset",
    "test_cross_val_predict_decision_function_shape",
    "test_cross_val_predict_input_types",
    "test_cross_val_predict_predict_proba_shape",
    "test_cross_val_predict_with_method",
    "test_cross_val_predict_with_method_rare_class",
    "test_cross_validate_many_jobs",
    "test_cross_validate_return_indices",
    "test_gridsearchcv_cross_val_predict_with_method",
    "test_permutation_score",
)

# Tests that say nothing of one kind of estimator run on trees once more: the models of these come
# from shared fits, those of the file's own estimators from scikit-learn's functions.
ON_TREES = (
    "test_callable_multimetric_confusion_matrix_cross_validate",
    "test_cross_val_predict",
    "test_cross_val_predict_predict_log_proba_shape",
    "test_cross_val_predict_predict_proba_shape",
    "test_cross_val_score_failing_scorer",
    "test_cross_val_score_mask",
    "test_cross_validate_array_function_not_called",
    "test_cross_validate_failing_scorer",
    "test_cross_validate_return_indices",
)


def classifier(**_of_others: Any) -> DecisionTreeClassifier:
    """Stand for a classifier, whatever its parameters."""
    return DecisionTreeClassifier(random_state=0)


def regressor(**_of_others: Any) -> DecisionTreeRegressor:
    """Stand for a regressor, whatever its parameters."""
    return DecisionTreeRegressor(random_state=0)


_OF_TREES = sklearn_tests.tests_of(
    "sklearn.model_selection.tests.test_validation",
    KNeighborsClassifier=classifier,
    LogisticRegression=classifier,
    Ridge=regressor,
    SVC=classifier,
    LinearSVC=classifier,
)
globals().update({f"{name}_on_trees": _OF_TREES[name] for name in ON_TREES})


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
