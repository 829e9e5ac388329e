"""Decision trees under scikit-learn's names, grown by the Rust core."""

from treering.tree._classifier import DecisionTreeClassifier, ExtraTreeClassifier
from treering.tree._regressor import DecisionTreeRegressor, ExtraTreeRegressor

__all__ = [
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreeClassifier",
    "ExtraTreeRegressor",
]
