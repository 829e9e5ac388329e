"""Scalers that are scikit-learn's, but for how dense arrays are read and written.

Sparse matrices, half precision, array-API arrays, work in place (``copy=False``) and estimators
with callbacks take scikit-learn's own path.
"""

import warnings
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
import sklearn.preprocessing as _sklearn
from numpy.typing import ArrayLike
from sklearn import get_config  # type: ignore[attr-defined]  # public, but not in __all__

from treering._checks import is_missing, is_number, shown
from treering._core import preprocessing as _core
from treering._model_file import expect, is_row
from treering._sklearn import check_sample_weight
from treering._validation import checked_sparse
from treering.preprocessing._columns import (
    Floats,
    check_samples_seen,
    check_statistics,
    finite_extremes,
    is_special,
    refuse_infinities,
    refuse_overflow,
    rows_to_learn,
    validated,
)
from treering.preprocessing._scaler_mixin import AffineMap, ScalerMixin, rounded

_EPSILON = float(np.finfo(np.float64).eps)
_LARGEST = float(np.finfo(np.float64).max)


class StandardScaler(ScalerMixin, _sklearn.StandardScaler):
    """Centre every column and scale it to unit variance: z = (x - mean) / deviation.

    A subclass of :class:`sklearn.preprocessing.StandardScaler` with its parameters, attributes and
    values. Missing values (NaN) are left out of the statistics and kept by the transforms;
    near-constant columns are centred only; float32 stays float32 while sums run in double
    precision.

    Parameters
    ----------
    copy : bool, default=True
        False scales in place where that is possible.
    with_mean : bool, default=True
        Subtract the mean; must be False for sparse input.
    with_std : bool, default=True
        Divide by the standard deviation.

    Attributes
    ----------
    scale_ : ndarray of shape (n_features,) or None
        The deviation of each column, 1 for a near-constant one.
    mean_ : ndarray of shape (n_features,) or None
        The mean of each column.
    var_ : ndarray of shape (n_features,) or None
        The variance of each column (divisor n).
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.
    n_samples_seen_ : number or ndarray of shape (n_features,)
        The rows (or weights) seen; one number per column where columns differ by missing values.

    Notes
    -----
    A column of nothing but NaN gives NaN statistics, and takes part again as soon as a later
    ``partial_fit`` shows values of it.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.preprocessing import StandardScaler
    >>> X = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    >>> StandardScaler().fit_transform(X)
    array([[-1., -1.],
           [-1., -1.],
           [ 1.,  1.],
           [ 1.,  1.]])
    """

    mean_: Any
    var_: Any
    scale_: Any
    n_samples_seen_: Any
    n_features_in_: int
    _kept_attributes: ClassVar = (
        "mean_",
        "var_",
        "scale_",
        "n_samples_seen_",
        "_mean_rest",
        "_sklearn_output_config",
    )

    def _check_restored(self, _predictor: None) -> None:
        needs = {"scale_": self.with_std, "mean_": self.with_mean or self.with_std}
        check_statistics(self, {**needs, "var_": self.with_std})
        check_samples_seen(self)
        rest = getattr(self, "_mean_rest", None)
        expect("_mean_rest", rest is None or is_row(rest, self.n_features_in_))

    def partial_fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Take in more rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            A weight per row.

        Returns
        -------
        self : object
            The scaler.
        """
        X = checked_sparse(X)
        # As scikit-learn's reset: a refused sparse matrix leaves n_samples_seen_ and nothing else.
        first = not hasattr(self, "scale_")
        # Other values than truth values are refused by the checks of parameters.
        learns_nothing = all(
            isinstance(switch, bool | np.bool_) and not switch
            for switch in (self.with_mean, self.with_std)
        )
        array = None if learns_nothing else rows_to_learn(self, X, reset=first)
        if array is None:
            super().partial_fit(X, y, sample_weight)
            return self
        weights = None
        if sample_weight is not None:
            try:
                weights = check_sample_weight(
                    sample_weight, array, dtype=array.dtype, ensure_non_negative=True
                ).astype(np.float64)
            except (ArithmeticError, TypeError, ValueError) as error:
                raise ValueError(
                    "sample_weight must hold a finite number of 0 or more for each of the "
                    f"{len(array)} rows ({error})"
                ) from error
        seen = None if first else self._seen(array.shape[1])
        weight, mean, rest, squares = _core.moments(array, weights, seen)
        if not (np.isfinite(mean).all() and np.isfinite(squares).all()):
            refuse_infinities(self, array)
            refuse_overflow(self, array, np.isfinite(mean) & np.isfinite(squares))
        self._mean_rest = rest
        known = weight > 0
        self.mean_ = np.where(known, mean, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = np.where(known, squares / weight, np.nan)
        self.n_samples_seen_ = weight[0] if (weight == weight[0]).all() else weight
        if self.with_std:
            self.var_ = variance
            rounding = weight * self.mean_ * _EPSILON
            constant = variance <= weight * _EPSILON * variance + rounding**2
            self.scale_ = np.where(constant, 1.0, np.sqrt(variance))
        else:
            self.var_ = self.scale_ = None
        return self

    def _seen(self, columns: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Moments of the rows seen so far."""

        def per_column(values: Any) -> Floats:
            values = 0.0 if values is None else values
            return np.nan_to_num(np.broadcast_to(np.asarray(values, dtype=np.float64), (columns,)))

        weight = per_column(self.n_samples_seen_)
        rest = per_column(getattr(self, "_mean_rest", None))
        return weight, per_column(self.mean_), rest, per_column(self.var_) * weight

    def transform(self, X: Any, copy: bool | None = None) -> Any:
        """Scale rows by what was fitted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The rows.
        copy : bool, default=None
            Overrides the parameter of that name.

        Returns
        -------
        X_tr : {ndarray, sparse matrix} of shape (n_samples, n_features)
            The scaled rows, of the container that ``set_output`` asks for.
        """
        copies = self.copy if copy is None else copy
        by_scikit_learn = partial(_sklearn.StandardScaler.transform, self, copy=copy)
        return self._mapped(X, by_scikit_learn, copies=copies)

    def inverse_transform(self, X: Any, copy: bool | None = None) -> Any:
        """Undo the scaling.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Scaled rows.
        copy : bool, default=None
            Overrides the parameter of that name.

        Returns
        -------
        X_original : {ndarray, sparse matrix} of shape (n_samples, n_features)
            The rows in their own units.
        """
        copies = self.copy if copy is None else copy
        by_scikit_learn = partial(_sklearn.StandardScaler.inverse_transform, self, copy=copy)
        return self._mapped(X, by_scikit_learn, copies=copies, back=True)

    def _affine_map(self, dtype: np.dtype[Any]) -> AffineMap:
        shift = self.mean_ if self.with_mean else np.zeros(self.n_features_in_)
        scale = self.scale_ if self.with_std else np.ones(self.n_features_in_)
        return AffineMap(rounded(shift, dtype), rounded(scale, dtype), multiply=False)


class MinMaxScaler(ScalerMixin, _sklearn.MinMaxScaler):
    """Map every column's least and greatest value to the ends of a range.

    A subclass of :class:`sklearn.preprocessing.MinMaxScaler` with its parameters, attributes and
    values. Missing values (NaN) are left out of the statistics and kept by the transforms.

    Parameters
    ----------
    feature_range : tuple (min, max), default=(0, 1)
        The range.
    copy : bool, default=True
        False scales in place where that is possible.
    clip : bool, default=False
        Move values outside what was seen to the ends of the range.

    Attributes
    ----------
    min_, scale_ : ndarray of shape (n_features,)
        The transform is ``X * scale_ + min_``.
    data_min_, data_max_, data_range_ : ndarray of shape (n_features,)
        The least and the greatest value of each column, and their difference.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.
    n_samples_seen_ : int
        The rows seen.

    Examples
    --------
    >>> from treering.preprocessing import MinMaxScaler
    >>> MinMaxScaler().fit_transform([[-1.0, 2.0], [0.0, 6.0], [1.0, 18.0]])
    array([[0.  , 0.  ],
           [0.5 , 0.25],
           [1.  , 1.  ]])
    """

    min_: Any
    scale_: Any
    data_min_: Any
    data_max_: Any
    data_range_: Any
    n_samples_seen_: int
    n_features_in_: int
    _kept_attributes: ClassVar = (
        "min_",
        "scale_",
        "data_min_",
        "data_max_",
        "data_range_",
        "n_samples_seen_",
        "_sklearn_output_config",
    )

    def _check_restored(self, _predictor: None) -> None:
        rows = ("min_", "scale_", "data_min_", "data_max_", "data_range_")
        check_statistics(self, dict.fromkeys(rows, True))
        check_samples_seen(self)

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Take in more rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The scaler.
        """
        if is_special(self, X):
            super().partial_fit(X, y)
            return self
        if not get_config()["skip_parameter_validation"]:
            self._validate_params()
        ends = self._checked_range()
        first = not hasattr(self, "n_samples_seen_")
        given, X = X, validated(self, X, reset=first)
        if X.dtype == np.float16:
            super().partial_fit(given, y)
            return self
        least, greatest = finite_extremes(self, X)
        empty = least > greatest
        if empty.any():
            warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=2)
            least[empty] = greatest[empty] = np.nan
        least, greatest = least.astype(X.dtype), greatest.astype(X.dtype)
        if first:
            self.n_samples_seen_ = X.shape[0]
        else:
            least = np.minimum(self.data_min_, least)
            greatest = np.maximum(self.data_max_, greatest)
            self.n_samples_seen_ += X.shape[0]
        # Factors are computed in the width of the data, which a later transform rounds to.
        low, high = np.asarray(ends, dtype=X.dtype)
        spread = greatest - least
        constant = spread < 10 * np.finfo(spread.dtype).eps
        self.scale_ = (high - low) / np.where(constant, spread.dtype.type(1), spread)
        self.min_ = low - least * self.scale_
        self.data_min_, self.data_max_, self.data_range_ = least, greatest, spread
        return self

    def _checked_range(self) -> tuple[float, float]:
        if len(self.feature_range) != 2 or not all(map(is_number, self.feature_range)):
            raise ValueError(
                "feature_range must hold two numbers, the ends of the range; got "
                f"{shown(self.feature_range)}"
            )
        low, high = self.feature_range
        if is_missing(low) or is_missing(high) or not (low >= -_LARGEST and high <= _LARGEST):
            raise ValueError(
                f"feature_range must hold finite numbers; got {shown(self.feature_range)}"
            )
        if low >= high:
            raise ValueError(
                "Minimum of desired feature range must be smaller than maximum. Got "
                f"{self.feature_range}."
            )
        return low, high

    def _affine_map(self, dtype: np.dtype[Any]) -> AffineMap:
        clip = None
        if self.clip:
            low, high = np.asarray(self.feature_range, dtype=dtype).tolist()
            clip = (low, high)
        shift, scale = (values.astype(np.float64) for values in (self.min_, self.scale_))
        return AffineMap(shift, scale, multiply=True, clip=clip)
