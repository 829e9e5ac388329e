"""scikit-learn's test_regression.py on treering's functions."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.metrics.tests.test_regression"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN: tuple[str, ...] = (
    "test__check_reg_targets",
    "test__check_reg_targets_exception",
    "test_regression_single_sample",
)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN} <= set(globals())
