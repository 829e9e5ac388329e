"""scikit-learn's test_warm_start.py of boosted trees on treering's classes."""

import pytest

import sklearn_tests

globals().update(
    sklearn_tests.tests_of("sklearn.ensemble._hist_gradient_boosting.tests.test_warm_start")
)

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED = dict.fromkeys(
    (
        "test_warm_start_max_depth",
        "test_warm_start_yields_identical_results",
        "test_warm_start_equal_n_estimators",
        "test_warm_start_clear",
    ),
    "reads private attributes of scikit-learn's classes; test_boosting.py holds its subject",
)

# Tests of scikit-learn's own parts, which no class of treering takes part in: left out.
FOREIGN: tuple[str, ...] = ()

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW: tuple[str, ...] = ()


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
