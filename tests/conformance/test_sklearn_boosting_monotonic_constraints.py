"""scikit-learn's test_monotonic_constraints.py of boosted trees on treering's classes."""

import pytest

import sklearn_tests

globals().update(
    sklearn_tests.tests_of(
        "sklearn.ensemble._hist_gradient_boosting.tests.test_monotonic_constraints"
    )
)

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED = {
    "test_input_error": "awaits other words for a wrong number of constraints than those of trees",
}

# Tests of scikit-learn's own parts, which no class of treering takes part in: left out.
FOREIGN: tuple[str, ...] = ()

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW: tuple[str, ...] = ()


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
