"""Labels of any kind become whole numbers that the kernels count.

Every function here answers None to what it does not take: multilabel targets, missing values,
lengths that disagree. The caller then passes the user's call on to scikit-learn, so that rare
cases and errors are scikit-learn's own, to the letter.
"""

from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from treering._core import metrics as _core

Integers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

_FRAMES = ("pandas", "polars", "pyarrow")


@dataclass(frozen=True, slots=True)
class Labels:
    """Label arrays as whole numbers; text labels by their place among the sorted texts."""

    arrays: list[Integers]
    texts: dict[str, int] | None

    def codes(self, labels: Any) -> Integers | None:
        """Whole numbers for labels of the same kind; -1 for a text that does not occur."""
        array = as_vector(labels)
        if array is None or array.size == 0:
            return None
        if self.texts is None:
            return _whole(array)
        texts = array.tolist()
        if not all(isinstance(text, str) for text in texts):
            return None
        return np.array([self.texts.get(text, -1) for text in texts], dtype=np.int64)

    def code(self, label: Any) -> int | None:
        """Return the whole number of one label; None for a label of another kind."""
        if self.texts is not None:
            return self.texts.get(label, -1) if isinstance(label, str) else None
        if isinstance(label, np.bool_) or (isinstance(label, Real) and label % 1 == 0):
            whole = int(cast("Any", label))
            return whole if -(2**63) <= whole < 2**63 else None
        return None


def encode(*ys: Any) -> Labels | None:
    """Encode label arrays of one kind together."""
    arrays: list[NDArray[Any]] = []
    for y in ys:
        array = as_vector(y)
        if array is None or array.size == 0:
            return None
        arrays.append(array)
    kinds: set[str] = {array.dtype.kind for array in arrays}
    if kinds <= {"U", "O"}:
        return _encode_text(arrays, kinds)
    numbers: list[Integers] = []
    for array in arrays:
        whole = _whole(array)
        if whole is None:
            return None
        numbers.append(whole)
    return Labels(numbers, None)


def as_vector(y: Any) -> NDArray[Any] | None:
    """Read an array, list or series as a one-dimensional array of numbers or text."""
    if type(y) in (np.ndarray, np.memmap):
        array: NDArray[Any] = y
    elif isinstance(y, (list, tuple)) or type(y).__module__.split(".", 1)[0] in _FRAMES:
        try:
            array = np.asarray(y)
        except (TypeError, ValueError):
            return None
    else:
        return None
    if array.ndim != 1 or array.dtype.kind not in "biufUO":
        return None
    return array


def as_weights(sample_weight: Any, rows: int) -> Floats | None:
    """Read weights that are finite, not negative and not all zero."""
    array = as_vector(sample_weight)
    if array is None or array.dtype.kind not in "iuf" or array.size != rows:
        return None
    weights = array.astype(np.float64, copy=False)
    low, high = weights.min(), weights.max()
    return weights if low >= 0 and 0 < high < np.inf else None


def _whole(array: NDArray[Any]) -> Integers | None:
    kind = array.dtype.kind
    if kind in "bi" or (kind == "u" and (array.itemsize < 8 or array.max() < 2**63)):
        return array.astype(np.int64, copy=False)
    if kind == "f" and array.itemsize <= 8:
        if array.dtype != np.float32:
            array = array.astype(np.float64, copy=False)
        return _core.whole_numbers(array)
    return None


def _encode_text(arrays: list[NDArray[Any]], kinds: set[str]) -> Labels | None:
    if kinds == {"U"} and all(array.itemsize for array in arrays):
        encoded = _core.encode_text_rows([_code_points(array) for array in arrays])
    else:
        encoded = _core.encode_text([array.astype(object, copy=False) for array in arrays])
    if encoded is None:
        encoded = _encode_invalid_text(arrays)
    if encoded is None:
        return None
    texts, codes = encoded
    return Labels(codes, {text: code for code, text in enumerate(texts)})


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
