"""Splitters that split as scikit-learn's, and cross-validation on one coded matrix."""

from treering.model_selection._split import (
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
    train_test_split,
)
from treering.model_selection._validation import cross_val_score

__all__ = [
    "KFold",
    "ShuffleSplit",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "cross_val_score",
    "train_test_split",
]
