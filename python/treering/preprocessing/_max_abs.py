"""Scaling by the greatest absolute value."""

import warnings
from typing import Any, ClassVar, Self

import numpy as np
import sklearn.preprocessing as _sklearn
from sklearn import get_config  # type: ignore[attr-defined]  # public, but not in __all__
from sklearn.utils.validation import check_is_fitted

from treering._core import preprocessing as _core
from treering._model_file import ModelFileMixin
from treering._validation import checked_sparse
from treering.preprocessing._columns import (
    check_fitted,
    is_special,
    refuse_infinities,
    scaled,
    scaled_rows,
    validated,
    without_zeros,
)


class MaxAbsScaler(ModelFileMixin, _sklearn.MaxAbsScaler):
    """Divide every column by its greatest absolute value: zeros stay zeros.

    A subclass of :class:`sklearn.preprocessing.MaxAbsScaler` with its parameters, attributes and
    values. Missing values (NaN) are left out of the statistics and kept by the transforms.

    Parameters
    ----------
    copy : bool, default=True
        False scales in place where that is possible.
    clip : bool, default=False
        Move values outside what was seen to -1 and 1.

    Attributes
    ----------
    scale_ : ndarray of shape (n_features,)
        What each column is divided by, 1 for a column of zeros.
    max_abs_ : ndarray of shape (n_features,)
        The greatest absolute value of each column.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.
    n_samples_seen_ : int
        The rows seen.

    Examples
    --------
    >>> from treering.preprocessing import MaxAbsScaler
    >>> MaxAbsScaler().fit_transform([[1.0, -1.0], [2.0, 0.0], [0.0, 4.0]])
    array([[ 0.5 , -0.25],
           [ 1.  ,  0.  ],
           [ 0.  ,  1.  ]])
    """

    max_abs_: Any
    scale_: Any
    n_samples_seen_: int
    n_features_in_: int
    _kept_attributes: ClassVar = ("max_abs_", "scale_", "n_samples_seen_", "_sklearn_output_config")

    def _check_restored(self, _predictor: None) -> None:
        check_fitted(self, {"max_abs_": True, "scale_": True})

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Take in more rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The scaler.
        """
        X = checked_sparse(X)
        if is_special(self, X):
            super().partial_fit(X, y)
            return self
        if not get_config()["skip_parameter_validation"]:
            self._validate_params()
        first = not hasattr(self, "n_samples_seen_")
        X = validated(self, X, reset=first)
        if X.dtype == np.float16:
            super().partial_fit(X, y)
            return self
        least, greatest = _core.extremes(X)
        if (least == -np.inf).any() or (greatest == np.inf).any():
            refuse_infinities(self, X)
        empty = least > greatest
        most = np.where(empty, np.nan, np.maximum(np.abs(least), np.abs(greatest))).astype(X.dtype)
        if empty.any():
            warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=2)
        if first:
            self.n_samples_seen_ = X.shape[0]
        else:
            most = np.maximum(self.max_abs_, most)
            self.n_samples_seen_ += X.shape[0]
        self.max_abs_, self.scale_ = most, without_zeros(most)
        return self

    def transform(self, X: Any) -> Any:
        """Scale rows by what was fitted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        X_tr : {ndarray, sparse matrix} of shape (n_samples, n_features)
            The scaled rows, of the container that ``set_output`` asks for.
        """
        check_is_fitted(self)
        X = checked_sparse(X)
        if not self.copy or is_special(self, X):
            return super().transform(X)
        array = validated(self, X)
        if array.dtype == np.float16:
            return super().transform(X)
        scale = self.scale_.astype(array.dtype).astype(np.float64)
        out = scaled(self, array, np.zeros(len(scale)), scale, multiply=False)
        return np.clip(out, -1, 1, out=out) if self.clip else out

    def inverse_transform(self, X: Any) -> Any:
        """Undo the scaling.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Scaled rows.

        Returns
        -------
        X_original : {ndarray, sparse matrix} of shape (n_samples, n_features)
            The rows in their own units.
        """
        check_is_fitted(self)
        X = checked_sparse(X)
        if not self.copy or is_special(self, X):
            return super().inverse_transform(X)
        array = scaled_rows(X)
        if array.dtype == np.float16 or array.shape[1] != self.n_features_in_:
            return super().inverse_transform(X)
        scale = self.scale_.astype(array.dtype).astype(np.float64)
        return scaled(self, array, np.zeros(len(scale)), scale, multiply=True)
