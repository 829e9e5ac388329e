"""Forests under scikit-learn's names, grown by the Rust core."""

from treering.ensemble._forest import RandomForestClassifier

__all__ = ["RandomForestClassifier"]
