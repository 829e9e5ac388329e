"""Scikit-learn's own linear models, which a model file can hold."""

from treering.linear_model._classifier import LogisticRegression
from treering.linear_model._regressors import ElasticNet, Lasso, LinearRegression, Ridge

__all__ = ["ElasticNet", "Lasso", "LinearRegression", "LogisticRegression", "Ridge"]
