"""scikit-learn's test_search.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.model_selection.tests.test_search"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out. So are
# those that wait for an array library (PyTorch, array-api-strict) that the tests do not install.
FOREIGN = (
    "test_array_api_search_cv_classifier",
    "test_param_sampler",
    "test_parameter_grid",
    "test_parameters_sampler_replacement",
    "test_validate_parameter_input",
    "test_yield_masked_array_for_each_param",
    "test_yield_masked_array_no_runtime_warning",
)

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW = (
    "test_cv_results_dtype_issue_29074",
    "test_n_features_in",
    "test_random_search_cv_results_multimetric",
    "test_search_cv_sample_weight_equivalence",
    "test_search_with_2d_array",
)


@pytest.fixture(autouse=True)
def _own_run(own_run: None) -> None:
    """Hold treering's own run of a search to all of these tests."""


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
