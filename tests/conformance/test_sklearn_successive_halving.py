"""scikit-learn's test_successive_halving.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.model_selection.tests.test_successive_halving"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED = {
    "test_base_estimator_inputs": (
        "counts the calls of set_params; treering's run sets the parameters of each candidate once "
        "more, on a clone, to see which candidates share a fit"
    ),
}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN = (
    "test_select_best_index",
    "test_top_k",
)

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW = ("test_aggressive_elimination", "test_random_search")


@pytest.fixture(autouse=True)
def _own_run(own_run: None) -> None:
    """Hold treering's own run of a search to all of these tests."""


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
