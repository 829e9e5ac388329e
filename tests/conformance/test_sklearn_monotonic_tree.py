"""scikit-learn's test_monotonic_tree.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.tree.tests.test_monotonic_tree"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW = ("test_monotonic_constraints_regressions",)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *SLOW} <= set(globals())
