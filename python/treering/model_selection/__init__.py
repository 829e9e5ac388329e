"""Splitters: scikit-learn's own splits for every seed, with the index work in the Rust core."""

from treering.model_selection._split import (
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
    train_test_split,
)

__all__ = [
    "KFold",
    "ShuffleSplit",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "train_test_split",
]
