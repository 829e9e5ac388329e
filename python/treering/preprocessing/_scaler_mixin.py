"""What the transforms of scalers share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from treering._core import preprocessing as _core
from treering._model_file import ModelFileMixin
from treering._validation import checked_sparse, naming_columns
from treering.preprocessing._columns import (
    DTYPES,
    Floats,
    is_special,
    refuse_infinities,
    validated,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class AffineMap(NamedTuple):
    """What becomes of each column: x * scale + shift, or (x - shift) / scale."""

    shift: Floats
    scale: Floats
    multiply: bool
    clip: tuple[float, float] | None = None

    def inverse(self) -> AffineMap:
        """Return the map back, of values that were not clipped."""
        return AffineMap(self.shift, self.scale, not self.multiply)

    def apply(self, scaler: Any, X: NDArray[Any]) -> NDArray[Any]:
        """Return mapped rows; refuse infinite ones."""
        out = np.empty_like(X, subok=False)
        if _core.scale(X, out, *self):
            refuse_infinities(scaler, X)
        if self.clip is not None and not self.multiply:
            np.clip(out, *self.clip, out=out)  # the core clips what it multiplies alone
        return out


def rounded(values: NDArray[Any], dtype: np.dtype[Any]) -> Floats:
    """Round to the width of the data, as array arithmetic would."""
    return values.astype(dtype).astype(np.float64)


class ScalerMixin(ModelFileMixin, TransformerMixin):
    """Transforms of a scaler that maps each column by itself."""

    copy: bool
    n_features_in_: int

    def _affine_map(self, dtype: np.dtype[Any]) -> AffineMap:
        """Return what `transform` does to rows of a type."""
        raise NotImplementedError

    def transform(self, X: Any) -> Any:
        """Scale rows by what was fitted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The rows; MinMaxScaler takes no sparse ones.

        Returns
        -------
        X_tr : {ndarray, sparse matrix} of shape (n_samples, n_features)
            The scaled rows, of the container that ``set_output`` asks for.
        """
        by_scikit_learn: Any = super()
        return self._mapped(X, by_scikit_learn.transform, copies=self.copy)

    def inverse_transform(self, X: Any) -> Any:
        """Undo the scaling.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Scaled rows; MinMaxScaler takes no sparse ones.

        Returns
        -------
        X_original : {ndarray, sparse matrix} of shape (n_samples, n_features)
            The rows in their own units.
        """
        by_scikit_learn: Any = super()
        return self._mapped(X, by_scikit_learn.inverse_transform, copies=self.copy, back=True)

    def _mapped(
        self, X: Any, by_scikit_learn: Callable[[Any], Any], *, copies: bool, back: bool = False
    ) -> Any:
        check_is_fitted(self)
        X = checked_sparse(X)
        if not copies or is_special(self, X):
            return by_scikit_learn(X)
        array = _scaled_rows(X) if back else validated(self, X)
        if array.dtype == np.float16 or array.shape[1] != self.n_features_in_:
            return by_scikit_learn(X)
        affine_map = self._affine_map(array.dtype)
        return (affine_map.inverse() if back else affine_map).apply(self, array)


def _scaled_rows(X: Any) -> NDArray[Any]:
    """Rows to scale back, as floats; like scikit-learn's, they need not carry columns' names."""
    with naming_columns(X):
        array: NDArray[Any] = check_array(X, dtype=DTYPES, ensure_all_finite=False)
    return array
