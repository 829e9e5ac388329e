"""What transformers share before and after the native call."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import get_config  # type: ignore[attr-defined]  # public, but not in __all__
from sklearn.utils.validation import validate_data

from treering._core import preprocessing as _core
from treering._model_file import expect, expect_container, is_row
from treering._validation import naming_columns, refuse_infinite

DTYPES = (np.float64, np.float32, np.float16)
Floats: TypeAlias = NDArray[np.float64]


def is_special(scaler: Any, X: Any) -> bool:
    """Whether scikit-learn's own path is the one to take."""
    return (
        sparse.issparse(X)
        or get_config()["array_api_dispatch"]
        or bool(getattr(scaler, "_skl_callbacks", None))
    )


def rows_to_learn(estimator: Any, X: Any, *, reset: bool) -> NDArray[Any] | None:
    """Return checked rows; None if scikit-learn is to learn from them."""
    if is_special(estimator, X):
        return None
    if not get_config()["skip_parameter_validation"]:
        estimator._validate_params()
    array = validated(estimator, X, reset=reset)
    return None if array.dtype == np.float16 else array


def finite_extremes(estimator: Any, X: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the least and the greatest value of each column; refuse infinite ones."""
    least, greatest = _core.extremes(X)
    if (least == -np.inf).any() or (greatest == np.inf).any():
        refuse_infinities(estimator, X)
    return least, greatest


def check_transformer(estimator: Any) -> None:
    """Refuse a file's transformer that predicts, or whose output is of an unknown container."""
    expect("predictor", not hasattr(estimator, "n_outputs_"))
    expect_container(vars(estimator).get("_sklearn_output_config", {}))


def check_statistics(scaler: Any, rows: dict[str, bool]) -> None:
    """Refuse a file's statistics unless there is one for each column, where they are needed."""
    check_transformer(scaler)
    for name, is_needed in rows.items():
        value = vars(scaler).get(name, ())
        expect(name, is_row(value, scaler.n_features_in_) or (value is None and not is_needed))


def check_samples_seen(scaler: Any) -> None:
    """Refuse a file's numbers of rows unless there is one, or one for each column."""
    seen = np.asarray(vars(scaler).get("n_samples_seen_"))
    expect("n_samples_seen_", seen.shape in {(), (scaler.n_features_in_,)})
    expect("n_samples_seen_", seen.dtype.kind in "iuf")


def refuse_infinities(scaler: Any, X: NDArray[Any]) -> None:
    """Raise scikit-learn's error, and say where; finite values that overflow a sum may pass."""
    if not get_config()["assume_finite"]:
        refuse_infinite(scaler, X, X.dtype)


def refuse_overflow(scaler: Any, X: NDArray[Any], is_finite: NDArray[np.bool_]) -> None:
    """Raise an error for finite values whose squares, times their weights, are not."""
    for column in np.flatnonzero(~is_finite):
        if not np.isinf(X[:, column]).any():
            names = getattr(scaler, "feature_names_in_", None)
            named = f"Column {column}" + ("" if names is None else f" ({names[column]!r})")
            raise ValueError(
                f"{named} holds values up to {np.nanmax(np.abs(X[:, column])):.8g}, whose variance "
                "is beyond double precision: rescale the column, or the sample weights"
            )


def validated(scaler: Any, X: Any, *, reset: bool = False) -> NDArray[Any]:
    """Rows in their own units, as floats; infinite values pass here."""
    with naming_columns(X):
        array: NDArray[Any] = validate_data(
            scaler, X, dtype=DTYPES, ensure_all_finite=False, reset=reset
        )
    # Of tables, scikit-learn leaves numbers in the order of another machine's bytes as they are.
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def without_zeros(scale: NDArray[Any]) -> NDArray[Any]:
    """Replace what is too small to divide by, as scikit-learn does."""
    widths: NDArray[Any] = np.where(scale < 10 * np.finfo(scale.dtype).eps, 1, scale)
    return widths.astype(scale.dtype)
