"""Labels as whole numbers, by the core: without the lock, and stopped by Ctrl-C."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets

from treering._core import metrics as _core
from treering._validation import naming_labels

Integers: TypeAlias = NDArray[np.int64]


def encode_labels(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.uint32]]:
    """Sorted classes, and the place of every label among them.

    Raises scikit-learn's errors, and its warning, for labels that are no classes.
    """
    encoded = _encode_text_labels(y) if y.dtype.kind in "UO" else _encode_whole_numbers(y)
    if encoded is None and y.dtype.kind == "O":
        # Slots without any object become None, which the checks and numpy know.
        y = np.array([*y.tolist(), None], dtype=object)[:-1]
    if encoded is None or 2 * len(encoded[0]) > len(y):
        with naming_labels(y):
            _check_classes(y)
    if encoded is None:
        classes, codes = np.unique(y, return_inverse=True)
        return classes, codes.astype(np.uint32)
    return encoded


def _check_classes(y: NDArray[Any]) -> None:
    try:
        check_classification_targets(y)
    except ValueError as error:
        kinds = {type(label) for label in y.tolist()} if y.dtype.kind == "O" else set()
        if kinds in ({int}, {bool}):
            kind = kinds.pop().__name__
            raise ValueError(
                f"Unknown label type: y holds objects of type {kind}; pass y.astype({kind})"
            ) from error
        raise


def whole_numbers(array: NDArray[Any]) -> Integers | None:
    """Numbers of any width as int64; None unless each is whole and fits."""
    kind = array.dtype.kind
    if kind in "bi" or (kind == "u" and (array.itemsize < 8 or array.max() < 2**63)):
        return array.astype(np.int64, copy=False)
    if kind == "f" and array.itemsize <= 8:
        if array.dtype != np.float32:
            array = array.astype(np.float64, copy=False)
        return _core.whole_numbers(array)
    return None


def encode_text(arrays: list[NDArray[Any]]) -> tuple[list[str], list[Integers]] | None:
    """Sorted texts of all arrays, and the places of each array's; None where one is no text."""
    kinds = {array.dtype.kind for array in arrays}
    if kinds == {"U"} and all(array.itemsize for array in arrays):
        encoded = _core.encode_text_rows([_code_points(array) for array in arrays])
    else:
        encoded = _core.encode_text([array.astype(object, copy=False) for array in arrays])
    return _encode_invalid_text(arrays) if encoded is None else encoded


def _encode_text_labels(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.uint32]] | None:
    encoded = encode_text([y])
    if encoded is None:
        return None
    texts, (codes,) = encoded
    return np.array(texts, dtype=y.dtype), codes.astype(np.uint32)


def _encode_whole_numbers(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.uint32]] | None:
    whole = whole_numbers(y)
    if whole is None:
        return None
    classes, codes = _core.ranks(whole)
    return classes.astype(y.dtype), codes


def _encode_invalid_text(arrays: list[NDArray[Any]]) -> tuple[list[str], list[Integers]] | None:
    """Encode text with half surrogate pairs, which the core's text cannot hold."""
    texts: list[list[Any]] = [array.tolist() for array in arrays]
    if not all(isinstance(text, str) for column in texts for text in column):
        return None
    distinct = sorted({text for column in texts for text in column})
    places = {text: place for place, text in enumerate(distinct)}
    return distinct, [np.array([places[text] for text in column], np.int64) for column in texts]


def _code_points(array: NDArray[Any]) -> NDArray[np.uint32]:
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    return native.view(np.uint32).reshape(array.size, -1)
