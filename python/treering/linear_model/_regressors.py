"""Linear models of numbers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import sklearn.linear_model as _sklearn

from treering._model_file import expect
from treering.linear_model._linear_file import LinearFileMixin


class _RegressorFileMixin(LinearFileMixin):
    def _file_outputs(self) -> int:
        return 1 if np.ndim(self.coef_) == 1 else len(self.coef_)

    def _restore_outputs(self, outputs: int | list[Any] | None) -> None:
        expect("outputs", isinstance(outputs, int))
        self._outputs = outputs

    def _check_restored(self, predictor: None) -> None:
        super()._check_restored(predictor)
        expect("outputs", vars(self).pop("_outputs", None) in (None, self._file_outputs()))


class LinearRegression(_RegressorFileMixin, _sklearn.LinearRegression):
    """Ordinary least squares.

    :class:`sklearn.linear_model.LinearRegression`, which can be saved.

    Parameters
    ----------
    fit_intercept : bool, default=True
        Whether a constant is added; False where rows are centred.
    copy_X : bool, default=True
        Whether X is left as it is.
    tol : float, default=1e-6
        When the solver of sparse rows stops.
    n_jobs : int, default=None
        How many outputs are solved at a time, for sparse rows and positive coefficients.
    positive : bool, default=False
        Whether coefficients must not be negative.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_outputs, n_features)
        What each column is multiplied by.
    intercept_ : float or ndarray of shape (n_outputs,)
        The constant.
    rank_ : int
        The rank of X, where it is dense.
    singular_ : ndarray of shape (min(n_samples, n_features),)
        The singular values of X, where it is dense.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.

    Examples
    --------
    >>> from treering.linear_model import LinearRegression
    >>> model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.predict([[10.0]]).round(6).tolist()
    [21.0]
    """


class Ridge(_RegressorFileMixin, _sklearn.Ridge):
    """Least squares with a penalty on the squares of the coefficients.

    :class:`sklearn.linear_model.Ridge`, which can be saved.

    Parameters
    ----------
    alpha : float or array-like of shape (n_outputs,), default=1.0
        The weight of the penalty.
    fit_intercept : bool, default=True
        Whether a constant is added.
    copy_X : bool, default=True
        Whether X is left as it is.
    max_iter : int, default=None
        The most steps of solvers that go in steps.
    tol : float, default=1e-4
        When they stop.
    solver : {"auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga", "lbfgs"}, \
default="auto"
        How it is solved.
    positive : bool, default=False
        Whether coefficients must not be negative.
    random_state : int, RandomState instance or None, default=None
        The order of rows for "sag" and "saga".

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_outputs, n_features)
        What each column is multiplied by.
    intercept_ : float or ndarray of shape (n_outputs,)
        The constant.
    n_iter_ : None or ndarray of shape (n_outputs,)
        The steps taken.
    solver_ : str
        The solver that "auto" chose.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.

    Examples
    --------
    >>> from treering.linear_model import Ridge
    >>> model = Ridge(alpha=2.0).fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.coef_.round(6).tolist()
    [1.0]
    """


class Lasso(_RegressorFileMixin, _sklearn.Lasso):
    """Least squares with a penalty on the sizes of the coefficients, which sets some to 0.

    :class:`sklearn.linear_model.Lasso`, which can be saved.

    Parameters
    ----------
    alpha : float, default=1.0
        The weight of the penalty.
    fit_intercept : bool, default=True
        Whether a constant is added.
    precompute : bool or array-like of shape (n_features, n_features), default=False
        Whether the products of columns are computed first.
    copy_X : bool, default=True
        Whether X is left as it is.
    max_iter : int, default=1000
        The most rounds through the columns.
    tol : float, default=1e-4
        When they stop.
    warm_start : bool, default=False
        Whether `fit` goes on from the last solution.
    positive : bool, default=False
        Whether coefficients must not be negative.
    random_state : int, RandomState instance or None, default=None
        The order of columns for ``selection="random"``.
    selection : {"cyclic", "random"}, default="cyclic"
        The order of columns in a round.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_outputs, n_features)
        What each column is multiplied by.
    intercept_ : float or ndarray of shape (n_outputs,)
        The constant.
    sparse_coef_ : sparse matrix
        The coefficients, without zeros.
    dual_gap_ : float or ndarray of shape (n_outputs,)
        How far the solution may be from the best.
    n_iter_ : int or list of int
        The rounds taken.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.

    Examples
    --------
    >>> from treering.linear_model import Lasso
    >>> rows = [[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, 0.0]]
    >>> Lasso(alpha=0.5).fit(rows, [0.0, 2.0, 4.0, 6.0]).coef_.round(6).tolist()
    [1.6, -0.0]
    """

    _rebuilt_attributes: ClassVar = ("l1_ratio",)


class ElasticNet(_RegressorFileMixin, _sklearn.ElasticNet):
    """Least squares with both penalties: of the Lasso and of Ridge.

    :class:`sklearn.linear_model.ElasticNet`, which can be saved.

    Parameters
    ----------
    alpha : float, default=1.0
        The weight of the penalties.
    l1_ratio : float, default=0.5
        The share of the Lasso's.
    fit_intercept : bool, default=True
        Whether a constant is added.
    precompute : bool or array-like of shape (n_features, n_features), default=False
        Whether the products of columns are computed first.
    max_iter : int, default=1000
        The most rounds through the columns.
    copy_X : bool, default=True
        Whether X is left as it is.
    tol : float, default=1e-4
        When they stop.
    warm_start : bool, default=False
        Whether `fit` goes on from the last solution.
    positive : bool, default=False
        Whether coefficients must not be negative.
    random_state : int, RandomState instance or None, default=None
        The order of columns for ``selection="random"``.
    selection : {"cyclic", "random"}, default="cyclic"
        The order of columns in a round.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_outputs, n_features)
        What each column is multiplied by.
    intercept_ : float or ndarray of shape (n_outputs,)
        The constant.
    sparse_coef_ : sparse matrix
        The coefficients, without zeros.
    dual_gap_ : float or ndarray of shape (n_outputs,)
        How far the solution may be from the best.
    n_iter_ : int or list of int
        The rounds taken.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.

    Examples
    --------
    >>> from treering.linear_model import ElasticNet
    >>> rows = [[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, 0.0]]
    >>> model = ElasticNet(alpha=0.1).fit(rows, [0.0, 2.0, 4.0, 6.0])
    >>> model.predict([[4.0, 1.0]]).round(1).tolist()
    [7.7]
    """
