"""scikit-learn's test_score_objects.py on treering's functions."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.metrics.tests.test_score_objects"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED = {
    "test_scoring_is_not_metric": (
        "scikit-learn's check_scoring knows its own metrics alone; treering's calls know both"
    )
}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN: tuple[str, ...] = (
    "test_all_scorers_repr",
    "test_average_precision_pos_label",
    "test_brier_score_loss_pos_label",
    "test_check_scoring_and_check_multimetric_scoring",
    "test_check_scoring_and_check_multimetric_scoring_errors",
    "test_get_scorer_return_copy",
    "test_make_scorer_repr",
    "test_metadata_routing_multimetric_metadata_routing",
    "test_multiclass_roc_no_proba_scorer_errors",
    "test_multimetric_scorer_calls_method_once_classifier_no_decision",
    "test_multimetric_scorer_repr",
    "test_non_symmetric_metric_pos_label",
    "test_scorer_memmap_input",
    "test_scorer_metadata_request",
    "test_scorer_set_score_request_raises",
)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN} <= set(globals())
