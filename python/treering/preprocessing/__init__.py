"""Scikit-learn's own scalers, encoders and imputer, with the dense work done by the Rust core.

Beside them, :class:`FormulaFeatures` computes columns from others, as data.
"""

from treering.preprocessing._encoders import OneHotEncoder, OrdinalEncoder
from treering.preprocessing._formula_features import FormulaFeatures
from treering.preprocessing._imputer import SimpleImputer
from treering.preprocessing._max_abs import MaxAbsScaler
from treering.preprocessing._robust import RobustScaler
from treering.preprocessing._scalers import MinMaxScaler, StandardScaler

__all__ = [
    "FormulaFeatures",
    "MaxAbsScaler",
    "MinMaxScaler",
    "OneHotEncoder",
    "OrdinalEncoder",
    "RobustScaler",
    "SimpleImputer",
    "StandardScaler",
]
