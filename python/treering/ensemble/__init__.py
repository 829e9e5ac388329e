"""Forests and boosted trees under scikit-learn's names, grown by the Rust core."""

import sklearn.ensemble as _sklearn

from treering.ensemble._boosting_classifier import HistGradientBoostingClassifier
from treering.ensemble._boosting_regressor import HistGradientBoostingRegressor
from treering.ensemble._classifier import ExtraTreesClassifier, RandomForestClassifier
from treering.ensemble._isolation import IsolationForest
from treering.ensemble._regressor import ExtraTreesRegressor, RandomForestRegressor

__all__ = [
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor",
    "IsolationForest",
    "RandomForestClassifier",
    "RandomForestRegressor",
]

# As for trees: scikit-learn's partial_dependence asks whether it is given its own forests.
for _forest in (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
):
    getattr(_sklearn, _forest.__name__).register(_forest)
del _forest
