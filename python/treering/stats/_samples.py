"""Samples as the native module reads them: arrays of float32 or float64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from treering._checks import shown

FloatArray = NDArray[np.float64] | NDArray[np.float32]

_FLOAT64 = np.dtype(np.float64)
_FLOAT32 = np.dtype(np.float32)

# Up to here every whole number is a double-precision number too.
_LARGEST_EXACT_INTEGER = 2**53


def float_array(numbers: NDArray[Any]) -> FloatArray:
    """Convert to float32 or float64, whichever holds the numbers, without a copy if possible."""
    if numbers.dtype in (_FLOAT64, _FLOAT32) and numbers.flags.aligned:
        return numbers
    is_narrow = numbers.dtype.itemsize < 4 or numbers.dtype.newbyteorder("=") == _FLOAT32
    if is_narrow:
        return numbers.astype(np.float32)
    return numbers.astype(np.float64)


def exact_levels(
    first: NDArray[Any], second: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]] | None:
    """Rank whole numbers that double precision would round, and so make ties of.

    Returns the distinct values and both samples as indices into them; None where floats do.
    """
    if first.dtype.kind not in "iu" or np.result_type(first, second).kind not in "iu":
        return None
    if not (is_wide(first) or is_wide(second)):
        return None
    levels, codes = np.unique(np.concatenate([first.ravel(), second.ravel()]), return_inverse=True)
    return (
        levels,
        codes[: first.size].reshape(first.shape),
        codes[first.size :].reshape(second.shape),
    )


def is_wide(numbers: NDArray[Any]) -> bool:
    """Tell whether some of these whole numbers are beyond what double precision tells apart."""
    if numbers.dtype.itemsize < 8 or numbers.size == 0:
        return False
    return bool(numbers.min() < -_LARGEST_EXACT_INTEGER or numbers.max() > _LARGEST_EXACT_INTEGER)


def number_array(values: Any, name: str) -> NDArray[Any]:
    """Read numbers of any width; missing values of other libraries become NaN.

    Raises
    ------
    TypeError
        If the values are not numbers.
    ValueError
        If a number is too large for double precision.
    """
    if type(values) is np.ndarray and values.dtype.kind == "f":
        return values
    if isinstance(values, np.ma.MaskedArray):
        if values.ndim > 1:
            raise TypeError(
                f"{name} is a masked array of {values.ndim} dimensions; only one-dimensional ones "
                "are supported: fill the masked values with NaN and pass nan_policy='omit'"
            )
        return np.asarray(values.compressed())
    array = np.asarray(values)
    if array.dtype.kind == "O":
        array = _from_objects(values, array, name)
    if array.dtype.kind not in "fiub":
        if array.dtype.kind in "UST" and array.size:
            raise _text_error(name, array.ravel()[:1].tolist()[0])
        raise TypeError(f"{name} must hold numbers; got {array.dtype}")
    return array


def _text_error(name: str, text: str | bytes) -> TypeError:
    return TypeError(
        f"{name} must hold numbers; got text such as {shown(text)}: convert numbers written as "
        "text by astype(float), and compare how often each category occurs by chi2_2samp"
    )


def _from_objects(values: Any, array: NDArray[Any], name: str) -> NDArray[Any]:
    """Read objects as numbers: a nullable column, or a list with None in it."""
    texts = (value for value in array.flat if isinstance(value, str | bytes))
    if (text := next(texts, None)) is not None:
        raise _text_error(name, text)
    try:
        if hasattr(values, "to_numpy"):
            return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
        return array.astype(np.float64)
    except OverflowError as error:
        raise ValueError(
            f"{name} must hold numbers that double precision can hold ({error})"
        ) from error
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must hold numbers; got objects: {error}") from error
