"""Rows that boosted trees are tested on, and scikit-learn's trees beside treering's."""

import numpy as np
import sklearn.ensemble as sk
from sklearn.base import clone

from treering.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

OWN = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
rng = np.random.default_rng(0)
X = rng.normal(size=(2000, 6))
X[rng.random(X.shape) < 0.05] = np.nan
X[:, 5] = rng.integers(0, 12, len(X))
FILLED = np.nan_to_num(X)
Y = FILLED[:, 0] + FILLED[:, 1] * FILLED[:, 2] + FILLED[:, 5] % 3 + rng.normal(size=len(X)) / 3
WEIGHTS = rng.random(len(X))
CLASSES = np.array(["a", "b", "c"])[np.digitize(Y, [0, 2])]


def theirs(model):
    """Return scikit-learn's class with the same parameters."""
    return getattr(sk, type(model).__name__)(**model.get_params())


def beside(model, X, y, *args, **keywords):
    """Fit both; return raw answers of treering's and of scikit-learn's."""
    ours, other = clone(model).fit(X, y, *args, **keywords), theirs(model).fit(X, y, *args)
    return ours._raw_predict(X), other._raw_predict(X)
