"""scikit-learn's test_split.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.model_selection.tests.test_split"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out. So are
# those that wait for an array library (PyTorch, array-api-strict) that the tests do not install.
FOREIGN = (
    "test_array_api_train_test_split",
    "test_build_repr",
    "test_get_n_splits_for_repeated_stratified_kfold",
    "test_group_shuffle_split",
    "test_group_shuffle_split_default_test_size",
    "test_leave_group_out_changing_groups",
    "test_leave_group_out_order_dependence",
    "test_leave_one_out_empty_trainset",
    "test_leave_one_p_group_out",
    "test_leave_one_p_group_out_error_on_fewer_number_of_groups",
    "test_leave_p_out_empty_trainset",
    "test_repeated_stratified_kfold_deterministic_split",
    "test_stratified_group_kfold_approximate",
    "test_stratified_group_kfold_homogeneous_groups",
    "test_stratified_group_kfold_shuffle_preserves_stratification",
    "test_stratified_group_kfold_trivial",
)

# Classes of scikit-learn's own, with which a test runs beside treering's
FOREIGN_CLASSES = (
    "GroupShuffleSplit",
    "RepeatedStratifiedKFold",
    "StratifiedGroupKFold",
)

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW = ("test_nested_cv",)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
