"""How good predictions are: scikit-learn's names and values, on one pass over labels or numbers.

Beside them, intervals: :func:`classification_summary`, :func:`classification_intervals` and, for
errors of predicted numbers, :func:`confidence_interval` say how far each score may be from its
value in the population.
"""

from treering.metrics._business import business_value
from treering.metrics._classification import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from treering.metrics._deviance import (
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_tweedie_deviance,
)
from treering.metrics._error_intervals import confidence_interval
from treering.metrics._explained import explained_variance_score, r2_score
from treering.metrics._intervals import (
    ClassificationSummary,
    Interval,
    classification_intervals,
    classification_summary,
)
from treering.metrics._probability import log_loss, roc_auc_score
from treering.metrics._regression import (
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_log_error,
    median_absolute_error,
    root_mean_squared_error,
    root_mean_squared_log_error,
)

__all__ = [
    "ClassificationSummary",
    "Interval",
    "accuracy_score",
    "balanced_accuracy_score",
    "business_value",
    "classification_intervals",
    "classification_summary",
    "confidence_interval",
    "confusion_matrix",
    "explained_variance_score",
    "f1_score",
    "log_loss",
    "max_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_gamma_deviance",
    "mean_pinball_loss",
    "mean_poisson_deviance",
    "mean_squared_error",
    "mean_squared_log_error",
    "mean_tweedie_deviance",
    "median_absolute_error",
    "precision_recall_fscore_support",
    "precision_score",
    "r2_score",
    "recall_score",
    "roc_auc_score",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
]
