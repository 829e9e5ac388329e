"""scikit-learn's test_encoders.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.preprocessing.tests.test_encoders"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED} <= set(globals())
