"""scikit-learn's test_classification.py on treering's classes."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.metrics.tests.test_classification"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {}

# Tests of scikit-learn's own parts, which nothing of treering takes part in: left out.
FOREIGN = (
    "test__check_targets",
    "test__check_targets_multiclass_with_both_y_true_and_y_pred_binary",
    "test__check_targets_raises_on_empty_inputs",
    "test__check_targets_sparse_inputs",
    "test_average_binary_jaccard_score",
    "test_average_precision_score_duplicate_values",
    "test_average_precision_score_non_binary_class",
    "test_average_precision_score_tied_values",
    "test_brier_score_loss_binary",
    "test_brier_score_loss_invalid_inputs",
    "test_brier_score_loss_multiclass",
    "test_brier_score_loss_warnings",
    "test_classification_report_dictionary_output",
    "test_classification_report_labels_subset_superset",
    "test_classification_report_labels_target_names_unequal_length",
    "test_classification_report_multiclass",
    "test_classification_report_multiclass_balanced",
    "test_classification_report_multiclass_with_digits",
    "test_classification_report_multiclass_with_label_detection",
    "test_classification_report_multiclass_with_long_string_label",
    "test_classification_report_multiclass_with_string_label",
    "test_classification_report_multiclass_with_unicode_label",
    "test_classification_report_no_labels_target_names_unequal_length",
    "test_classification_report_zero_division_warning",
    "test_cohen_kappa",
    "test_cohen_kappa_score_error_wrong_label",
    "test_cohen_kappa_undefined",
    "test_cohen_kappa_zero_division_warning",
    "test_confusion_matrix_array_api",
    "test_d2_brier_score",
    "test_d2_brier_score_raises",
    "test_d2_brier_score_warning_on_less_than_two_samples",
    "test_d2_brier_score_with_labels",
    "test_d2_log_loss_score_label_order",
    "test_d2_log_loss_score_raises",
    "test_d2_log_loss_score_y_pred_deprecation",
    "test_hinge_loss_binary",
    "test_hinge_loss_multiclass",
    "test_hinge_loss_multiclass_invariance_lists",
    "test_hinge_loss_multiclass_missing_labels_only_two_unq_in_y_true",
    "test_hinge_loss_multiclass_missing_labels_with_labels_none",
    "test_hinge_loss_multiclass_no_consistent_pred_decision_shape",
    "test_hinge_loss_multiclass_with_missing_labels",
    "test_jaccard_score_validation",
    "test_jaccard_score_zero_division_set_value",
    "test_jaccard_score_zero_division_warning",
    "test_likelihood_ratios",
    "test_likelihood_ratios_errors",
    "test_likelihood_ratios_replace_undefined_by_0_fp",
    "test_likelihood_ratios_replace_undefined_by_0_tn",
    "test_likelihood_ratios_replace_undefined_by_worst",
    "test_likelihood_ratios_warnings",
    "test_likelihood_ratios_wrong_dict_replace_undefined_by",
    "test_matthews_corrcoef",
    "test_matthews_corrcoef_against_numpy_corrcoef",
    "test_matthews_corrcoef_multiclass",
    "test_multiclass_jaccard_score",
    "test_multilabel_classification_report",
    "test_multilabel_confusion_matrix_binary",
    "test_multilabel_confusion_matrix_errors",
    "test_multilabel_confusion_matrix_multiclass",
    "test_multilabel_confusion_matrix_multilabel",
    "test_multilabel_hamming_loss",
    "test_multilabel_jaccard_score",
    "test_multilabel_zero_one_loss_subset",
)


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN} <= set(globals())
