"""A linear model of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.linear_model as _sklearn

from treering._model_file import expect
from treering.linear_model._linear_file import LinearFileMixin


class LogisticRegression(LinearFileMixin, _sklearn.LogisticRegression):
    """The logarithm of the odds of a class as a linear function; two classes or several.

    :class:`sklearn.linear_model.LogisticRegression`, which can be saved.

    Parameters
    ----------
    penalty : str, default="deprecated"
        Scikit-learn's older way to choose a penalty; `C` and `l1_ratio` say the same.
    C : float, default=1.0
        The inverse of the weight of the penalty; ``numpy.inf`` means none.
    l1_ratio : float, default=0.0
        The share of the penalty on sizes; the rest is on squares.
    dual : bool, default=False
        Whether "liblinear" solves the dual problem.
    tol : float, default=1e-4
        When the solver stops.
    fit_intercept : bool, default=True
        Whether a constant is added.
    intercept_scaling : float, default=1
        The value of the constant's column for "liblinear".
    class_weight : dict or "balanced", default=None
        The weights of the classes.
    random_state : int, RandomState instance or None, default=None
        The order of rows for "liblinear", "sag" and "saga".
    solver : {"lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga"}, \
default="lbfgs"
        How it is solved.
    max_iter : int, default=100
        The most steps.
    verbose : int, default=0
        Whether "liblinear" and "lbfgs" tell what they do.
    warm_start : bool, default=False
        Whether `fit` goes on from the last solution.
    n_jobs : int, default=None
        Without effect; scikit-learn's older versions solved classes in parallel.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        What each column is multiplied by.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        The constants.
    n_iter_ : ndarray of shape (1,) or (n_classes,)
        The steps taken.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from treering.linear_model import LogisticRegression
    >>> from treering.preprocessing import StandardScaler
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    >>> bool(model.score(X, y) > 0.95)
    True
    """

    classes_: Any

    def _restore_outputs(self, outputs: int | list[Any] | None) -> None:
        expect("classes_", isinstance(outputs, list) and len(outputs) == 1)
        if isinstance(outputs, list):
            self.classes_ = outputs[0]

    def _check_restored(self, predictor: None) -> None:
        super()._check_restored(predictor)
        expect("classes_", len(self.classes_) > 1)
        rows = 1 if len(self.classes_) <= 2 else len(self.classes_)
        expect("coef_", np.shape(self.coef_) == (rows, self.n_features_in_))
