"""Scaling by the greatest absolute value."""

import warnings
from typing import Any, ClassVar, Self

import numpy as np
import sklearn.preprocessing as _sklearn

from treering._validation import checked_sparse
from treering.preprocessing._columns import (
    check_samples_seen,
    check_statistics,
    finite_extremes,
    rows_to_learn,
    without_zeros,
)
from treering.preprocessing._scaler_mixin import AffineMap, ScalerMixin, rounded


class MaxAbsScaler(ScalerMixin, _sklearn.MaxAbsScaler):
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
        check_statistics(self, {"max_abs_": True, "scale_": True})
        check_samples_seen(self)

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
        first = not hasattr(self, "n_samples_seen_")
        array = rows_to_learn(self, X, reset=first)
        if array is None:
            super().partial_fit(X, y)
            return self
        least, greatest = finite_extremes(self, array)
        empty = least > greatest
        most = np.where(empty, np.nan, np.maximum(np.abs(least), np.abs(greatest)))
        most = most.astype(array.dtype)
        if empty.any():
            warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=2)
        if first:
            self.n_samples_seen_ = array.shape[0]
        else:
            most = np.maximum(self.max_abs_, most)
            self.n_samples_seen_ += array.shape[0]
        self.max_abs_, self.scale_ = most, without_zeros(most)
        return self

    def _affine_map(self, dtype: np.dtype[Any]) -> AffineMap:
        clip = (-1.0, 1.0) if self.clip else None
        scale = rounded(self.scale_, dtype)
        return AffineMap(np.zeros(len(scale)), scale, multiply=False, clip=clip)
