"""Decision trees under scikit-learn's names, grown by the Rust core."""

from treering.tree._classifier import DecisionTreeClassifier

__all__ = ["DecisionTreeClassifier"]
