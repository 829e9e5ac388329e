"""Forests under scikit-learn's names, grown by the Rust core."""

from treering.ensemble._classifier import ExtraTreesClassifier, RandomForestClassifier
from treering.ensemble._regressor import ExtraTreesRegressor, RandomForestRegressor

__all__ = [
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
]
