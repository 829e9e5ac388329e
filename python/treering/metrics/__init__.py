"""How good predictions are: scikit-learn's names and values, on one pass over the labels.

Beside them, intervals: :func:`classification_summary` and :func:`classification_intervals` say how
far each score may be from its value in the population.
"""

from treering.metrics._classification import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from treering.metrics._intervals import (
    ClassificationSummary,
    Interval,
    classification_intervals,
    classification_summary,
)
from treering.metrics._probability import log_loss, roc_auc_score

__all__ = [
    "ClassificationSummary",
    "Interval",
    "accuracy_score",
    "balanced_accuracy_score",
    "classification_intervals",
    "classification_summary",
    "confusion_matrix",
    "f1_score",
    "log_loss",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
    "roc_auc_score",
]
