"""Decision trees under scikit-learn's names, grown by the Rust core."""

import sklearn.tree as _sklearn

from treering.tree._classifier import DecisionTreeClassifier, ExtraTreeClassifier
from treering.tree._regressor import DecisionTreeRegressor, ExtraTreeRegressor

__all__ = [
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreeClassifier",
    "ExtraTreeRegressor",
]

# scikit-learn's functions for trees (export_text, plot_tree, partial_dependence) ask whether they
# are given its own classes, which are abstract base classes: these trees stand in for them.
for _tree in (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
):
    getattr(_sklearn, _tree.__name__).register(_tree)
del _tree
