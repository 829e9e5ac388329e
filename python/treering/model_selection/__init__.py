"""Splitters, cross-validation and searches, with scikit-learn's names and results."""

from treering.model_selection._cross_validation import (
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from treering.model_selection._curves import (
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from treering.model_selection._hash_split import hash_split
from treering.model_selection._search import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from treering.model_selection._split import (
    GroupKFold,
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
    train_test_split,
)

__all__ = [
    "GridSearchCV",
    "GroupKFold",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "KFold",
    "RandomizedSearchCV",
    "RepeatedKFold",
    "ShuffleSplit",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
    "cross_val_predict",
    "cross_val_score",
    "cross_validate",
    "hash_split",
    "learning_curve",
    "permutation_test_score",
    "train_test_split",
    "validation_curve",
]
