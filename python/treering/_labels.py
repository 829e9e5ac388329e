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

from treering._encoding import Integers, encode_text, whole_numbers

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
            return whole_numbers(array)
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
        encoded = encode_text(arrays)
        if encoded is None:
            return None
        texts, codes = encoded
        return Labels(codes, {text: code for code, text in enumerate(texts)})
    numbers: list[Integers] = []
    for array in arrays:
        whole = whole_numbers(array)
        if whole is None:
            return None
        numbers.append(whole)
    return Labels(numbers, None)


def as_array(values: Any) -> NDArray[Any] | None:
    """Read an array, list, series or frame as numpy does, whatever it holds."""
    if type(values) in (np.ndarray, np.memmap):
        array: NDArray[Any] = values
        return array
    if isinstance(values, (list, tuple)) or type(values).__module__.split(".", 1)[0] in _FRAMES:
        try:
            return np.asarray(values)
        except (TypeError, ValueError):
            return None
    return None


def as_vector(y: Any) -> NDArray[Any] | None:
    """Read an array, list or series as a one-dimensional array of numbers or text."""
    array = as_array(y)
    if array is None or array.ndim != 1 or array.dtype.kind not in "biufUO":
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
