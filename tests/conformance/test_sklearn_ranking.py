"""scikit-learn's test_ranking.py on treering's functions."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.metrics.tests.test_ranking"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN: tuple[str, ...] = (
    "test_alternative_lrap_implementation",
    "test_auc",
    "test_auc_errors",
    "test_average_precision_constant_values",
    "test_average_precision_score_binary_pos_label_errors",
    "test_average_precision_score_multiclass_pos_label_errors",
    "test_average_precision_score_multilabel_pos_label_errors",
    "test_confusion_matrix_at_thresholds",
    "test_confusion_matrix_at_thresholds_implicit_bytes_pos_label",
    "test_confusion_matrix_at_thresholds_implicit_pos_label",
    "test_confusion_matrix_at_thresholds_multiclass_error",
    "test_confusion_matrix_at_thresholds_positional_args_deprecation",
    "test_confusion_matrix_at_thresholds_zero_sample_weight",
    "test_coverage_1d_error_message",
    "test_coverage_error",
    "test_coverage_tie_handling",
    "test_dcg_score",
    "test_dcg_ties",
    "test_det_curve_bad_input",
    "test_det_curve_constant_scores",
    "test_det_curve_drop_intermediate",
    "test_det_curve_perfect_scores",
    "test_det_curve_pos_label",
    "test_det_curve_sanity_check",
    "test_det_curve_tie_handling",
    "test_det_curve_toydata",
    "test_label_ranking_avg_precision_score_should_allow_csr_matrix_for_y_true_input",
    "test_label_ranking_avp",
    "test_label_ranking_loss",
    "test_label_ranking_loss_sparse",
    "test_lrap_error_raised",
    "test_lrap_sample_weighting_zero_labels",
    "test_metric_at_thresholds",
    "test_metric_at_thresholds_sample_weight_error",
    "test_ndcg_error_single_document",
    "test_ndcg_ignore_ties_with_k",
    "test_ndcg_invariant",
    "test_ndcg_negative_ndarray_error",
    "test_ndcg_score",
    "test_ndcg_toy_examples",
    "test_precision_recall_curve_drop_intermediate",
    "test_precision_recall_curve_toydata",
    "test_ranking_appropriate_input_shape",
    "test_ranking_loss_ties_handling",
    "test_ranking_metric_pos_label_types",
    "test_roc_curve_drop_intermediate",
    "test_roc_curve_end_points",
    "test_roc_curve_fpr_tpr_increasing",
    "test_roc_curve_one_label",
    "test_roc_curve_with_probability_estimates",
    "test_sort_inputs_and_compute_classification_thresholds_input_validation",
    "test_sort_inputs_and_compute_classification_thresholds_sorting",
    "test_sort_inputs_and_compute_classification_thresholds_zero_weights",
    "test_top_k_accuracy_score",
    "test_top_k_accuracy_score_error",
    "test_top_k_accuracy_score_multiclass_with_labels",
    "test_top_k_accuracy_score_ties",
    "test_top_k_accuracy_score_warning",
)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN} <= set(globals())
