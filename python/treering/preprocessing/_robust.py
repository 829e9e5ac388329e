"""Scaling by quantiles, which few far values do not move."""

from typing import Any, ClassVar, Self

import numpy as np
import sklearn.preprocessing as _sklearn
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn import get_config  # type: ignore[attr-defined]  # public, but not in __all__
from sklearn.utils.validation import check_is_fitted

from treering._core import preprocessing as _core
from treering._model_file import ModelFileMixin, expect, is_row
from treering._validation import checked_sparse
from treering.preprocessing._columns import (
    Floats,
    is_special,
    refuse_infinities,
    scaled,
    scaled_rows,
    validated,
    without_zeros,
)


class RobustScaler(ModelFileMixin, _sklearn.RobustScaler):
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
        expect("predictor", not hasattr(self, "n_outputs_"))
        for name, is_needed in (("center_", self.with_centering), ("scale_", self.with_scaling)):
            value = vars(self).get(name, ())
            expect(name, is_row(value, self.n_features_in_) if is_needed else value is None)

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
        if is_special(self, X):
            super().fit(X, y)
            return self
        if not get_config()["skip_parameter_validation"]:
            self._validate_params()
        array = validated(self, X, reset=True)
        if array.dtype == np.float16:
            super().fit(X, y)
            return self
        q_min, q_max = self.quantile_range
        if not 0 <= q_min <= q_max <= 100:
            raise ValueError(f"Invalid quantile range: {self.quantile_range}")
        least, greatest = _core.extremes(array)
        if (least == -np.inf).any() or (greatest == np.inf).any():
            refuse_infinities(self, array)
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
        return scaled(self, array, *self._factors(array), multiply=False)

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
        return scaled(self, array, *self._factors(array), multiply=True)

    def _factors(self, X: NDArray[Any]) -> tuple[Floats, Floats]:
        """Shift and scale, rounded to the width of the data as array arithmetic would."""
        shift = self.center_ if self.with_centering else np.zeros(X.shape[1])
        scale = self.scale_ if self.with_scaling else np.ones(X.shape[1])
        return shift.astype(X.dtype).astype(np.float64), scale.astype(X.dtype).astype(np.float64)


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
