"""Scaling by quantiles, which few far values do not move."""

from typing import Any, ClassVar, Self

import numpy as np
import sklearn.preprocessing as _sklearn
from numpy.typing import NDArray
from scipy.special import ndtri

from treering._core import preprocessing as _core
from treering._validation import checked_sparse
from treering.preprocessing._columns import (
    Floats,
    check_statistics,
    finite_extremes,
    rows_to_learn,
    without_zeros,
)
from treering.preprocessing._scaler_mixin import AffineMap, ScalerMixin, rounded


class RobustScaler(ScalerMixin, _sklearn.RobustScaler):
    """Centre every column at its median and divide it by the distance between two quantiles.

    A subclass of :class:`sklearn.preprocessing.RobustScaler` with its parameters, attributes and
    values. Missing values (NaN) are left out of the statistics and kept by the transforms.

    Parameters
    ----------
    with_centering : bool, default=True
        Subtract the median; must be False for sparse input.
    with_scaling : bool, default=True
        Divide by the distance between the quantiles.
    quantile_range : tuple (q_min, q_max), default=(25.0, 75.0)
        The quantiles, in percent.
    copy : bool, default=True
        False scales in place where that is possible.
    unit_variance : bool, default=False
        Divide so that normal data gets the variance 1.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,) or None
        The median of each column.
    scale_ : ndarray of shape (n_features,) or None
        What each column is divided by, 1 for a near-constant one.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.

    Examples
    --------
    >>> from treering.preprocessing import RobustScaler
    >>> RobustScaler().fit_transform([[1.0], [2.0], [3.0], [4.0], [1000.0]]).ravel()
    array([ -1. ,  -0.5,   0. ,   0.5, 498.5])
    """

    center_: Any
    scale_: Any
    n_features_in_: int
    _kept_attributes: ClassVar = ("center_", "scale_", "_sklearn_output_config")

    def _check_restored(self, _predictor: None) -> None:
        check_statistics(self, {"center_": self.with_centering, "scale_": self.with_scaling})

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the medians and the distances between the quantiles.

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
        array = rows_to_learn(self, X, reset=True)
        if array is None:
            super().fit(X, y)
            return self
        q_min, q_max = self.quantile_range
        if not 0 <= q_min <= q_max <= 100:
            raise ValueError(f"Invalid quantile range: {self.quantile_range}")
        finite_extremes(self, array)
        self.center_ = self.scale_ = None
        if self.with_centering:
            _, (below,), (above,) = _core.order_statistics(array, [0.5])
            self.center_ = (below.astype(array.dtype) + above.astype(array.dtype)) / 2
        if self.with_scaling:
            low, high = _quantiles(array, q_min / 100, q_max / 100)
            self.scale_ = without_zeros(high - low)
            if self.unit_variance:
                self.scale_ = self.scale_ / (ndtri(q_max / 100) - ndtri(q_min / 100))
        return self

    def _affine_map(self, dtype: np.dtype[Any]) -> AffineMap:
        shift = self.center_ if self.with_centering else np.zeros(self.n_features_in_)
        scale = self.scale_ if self.with_scaling else np.ones(self.n_features_in_)
        return AffineMap(rounded(shift, dtype), rounded(scale, dtype), multiply=False)


def _quantiles(X: NDArray[Any], *shares: float) -> list[Floats]:
    """Return the quantiles of every column at ascending shares, as numpy's linear method does."""
    counts, lower, upper = _core.order_statistics(X, shares)
    found = []
    around = zip(shares, lower.astype(X.dtype), upper.astype(X.dtype), strict=True)
    for share, below, above in around:
        position = share * np.maximum(counts - 1, 0)
        part = position - np.floor(position)
        # From the nearer end, so that neither is left by rounding.
        distance = above - below
        near = np.where(part < 0.5, below + distance * part, above - distance * (1 - part))
        found.append(near.astype(np.float64))
    return found
