"""Values in place of those that are missing."""

from typing import Any, ClassVar, Self

import numpy as np
import sklearn.impute as _sklearn
from sklearn.impute import MissingIndicator
from sklearn.utils.validation import check_is_fitted

from treering._checks import is_missing
from treering._core import preprocessing as _core
from treering._model_file import ModelFileMixin, expect
from treering._validation import checked_sparse
from treering.preprocessing._columns import (
    check_transformer,
    finite_extremes,
    is_special,
    refuse_infinities,
    rows_to_learn,
    validated,
)

# What columns of numbers or of text can be
_DTYPES = {np.dtype(kind).str for kind in ("O", *np.typecodes["AllInteger"], *"efdg")}


class SimpleImputer(ModelFileMixin, _sklearn.SimpleImputer):
    """Fill missing values with a statistic of their column, or a constant.

    A subclass of :class:`sklearn.impute.SimpleImputer` with its parameters, attributes and values.
    Means and medians of dense numbers are found, and filled in, by the core; other strategies,
    sparse rows and `add_indicator` take scikit-learn's own path.

    Parameters
    ----------
    missing_values : int, float, str, numpy.nan, None or pandas.NA, default=numpy.nan
        What stands for a missing value.
    strategy : {"mean", "median", "most_frequent", "constant"} or callable, default="mean"
        What is filled in; a callable is given the values of a column that are not missing.
    fill_value : str or number, default=None
        What "constant" fills in; None means 0, or "missing_value" in columns of text.
    copy : bool, default=True
        False fills in place where that is possible.
    add_indicator : bool, default=False
        Append a column that says where values were missing, for each that lacked any in `fit`.
    keep_empty_features : bool, default=False
        Keep columns of nothing but missing values, filled with 0 or `fill_value`; else they are
        left out.

    Attributes
    ----------
    statistics_ : ndarray of shape (n_features,)
        What is filled into each column; NaN for one that is left out.
    indicator_ : sklearn.impute.MissingIndicator or None
        What appends the columns of `add_indicator`.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.preprocessing import SimpleImputer
    >>> X = [[1.0, 10.0], [np.nan, 20.0], [2.0, np.nan], [30.0, 0.0]]
    >>> SimpleImputer(strategy="median").fit_transform(X)
    array([[ 1., 10.],
           [ 2., 20.],
           [ 2., 10.],
           [30.,  0.]])
    """

    statistics_: Any
    indicator_: Any
    n_features_in_: int
    _fit_dtype: Any
    _fill_dtype: Any
    _kept_attributes: ClassVar = (
        "statistics_",
        "indicator_",
        "_fit_dtype",
        "_fill_dtype",
        "_sklearn_output_config",
    )

    def _file_attributes(self) -> dict[str, Any]:
        attributes = super()._file_attributes()
        for name in ("_fit_dtype", "_fill_dtype"):
            attributes[name] = attributes[name].str
        if self.indicator_ is not None:
            attributes["indicator_"] = self.indicator_.features_
        return attributes

    def _check_restored(self, _predictor: None) -> None:
        check_transformer(self)
        statistics: Any = vars(self).get("statistics_")
        is_array = isinstance(statistics, np.ndarray) and statistics.dtype.kind in "iufO"
        expect("statistics_", is_array and np.shape(statistics) == (self.n_features_in_,))
        for name in ("_fit_dtype", "_fill_dtype"):
            given = vars(self).get(name)
            if isinstance(given, str):
                expect(name, given in _DTYPES)
                setattr(self, name, np.dtype(given))
            expect(name, isinstance(getattr(self, name, None), np.dtype))
        features = vars(self).get("indicator_")
        expect("indicator_", (features is not None) is bool(self.add_indicator))
        if features is None or isinstance(features, MissingIndicator):
            return
        is_list = isinstance(features, np.ndarray) and features.ndim == 1
        expect("indicator_", is_list and features.dtype.kind in "iu")
        missing = np.zeros((1, self.n_features_in_), dtype=bool)
        missing[0, features] = True
        self._fit_indicator(missing)
        expect("indicator_", np.array_equal(self.indicator_.features_, features))

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find what is filled into each column.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The imputer.
        """
        X = checked_sparse(X)
        array = rows_to_learn(self, X, reset=True) if self._is_quick(X) else None
        if array is None:
            super().fit(X, y)
            return self
        finite_extremes(self, array)
        if self.strategy == "mean":
            weights, means, _, _ = _core.moments(array)
            statistics = np.where(weights > 0, means, np.nan)
        else:
            _, lower, upper = _core.order_statistics(array, [0.5])
            with np.errstate(over="ignore"):
                statistics = (lower[0].astype(array.dtype) + upper[0].astype(array.dtype)) / 2
        self.statistics_ = np.nan_to_num(statistics) if self.keep_empty_features else statistics
        self.indicator_ = None
        self._fit_dtype = self._fill_dtype = array.dtype
        return self

    def transform(self, X: Any) -> Any:
        """Fill missing values in.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        X_imputed : {ndarray, sparse matrix} of shape (n_samples, n_features_out)
            The rows without missing values, of the container that ``set_output`` asks for.
        """
        check_is_fitted(self)
        X = checked_sparse(X)
        is_whole = self.statistics_.dtype.kind == "f" and not np.isnan(self.statistics_).any()
        if not (self.copy and is_whole and self._is_quick(X)):
            return super().transform(X)
        array = validated(self, X)
        if array.dtype == np.float16 or self._fit_dtype.kind == "O":
            return super().transform(X)
        out = np.empty_like(array, subok=False)
        values = self.statistics_.astype(self._fill_dtype).astype(array.dtype).astype(np.float64)
        if _core.fill_missing(array, out, values):
            refuse_infinities(self, array)
        return out

    def _is_quick(self, X: Any) -> bool:
        """Whether rows are dense numbers, filled with means or medians where they are NaN."""
        return (
            isinstance(self.strategy, str)
            and self.strategy in ("mean", "median")
            and isinstance(self.missing_values, float)
            and is_missing(self.missing_values)
            and self.add_indicator is False
            and not is_special(self, X)
        )
