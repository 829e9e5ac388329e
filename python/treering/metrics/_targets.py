"""True and predicted numbers as the kernels read them, and errors of several outputs as one.

Every function here answers None to what the kernels do not take; the caller then passes the user's
call on to scikit-learn, so that rare cases and errors are scikit-learn's own, to the letter.
"""

from numbers import Real
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from treering._core import metrics as _core
from treering._labels import Floats, as_array, as_vector, as_weights

OutputErrors: TypeAlias = float | Floats
MultiOutput: TypeAlias = Literal["raw_values", "uniform_average"] | Any

_Numbers: TypeAlias = NDArray[np.float32] | Floats | NDArray[np.int64]


class Targets(NamedTuple):
    """Rows by outputs, of one shape, and a weight for each row."""

    true: _Numbers
    pred: _Numbers
    weights: Floats | None


def read_targets(y_true: Any, y_pred: Any, sample_weight: Any = None) -> Targets | None:
    """Read true and predicted numbers of one shape."""
    true, pred = _as_matrix(y_true), _as_matrix(y_pred)
    if true is None or pred is None or true.shape != pred.shape:
        return None
    weights = None
    if sample_weight is not None and (weights := as_weights(sample_weight, len(true))) is None:
        return None
    return Targets(true, pred, weights)


def mean_losses(
    y_true: Any, y_pred: Any, sample_weight: Any, loss: str, parameter: float = 0.0
) -> Floats | None:
    """Return the mean loss of each output."""
    targets = read_targets(y_true, y_pred, sample_weight)
    return None if targets is None else _core.mean_losses(*targets, loss, parameter)


def combined(errors: Floats | None, multioutput: Any) -> OutputErrors | None:
    """Return the errors of all outputs, or one of them all."""
    if errors is None or isinstance(multioutput, str):
        if errors is None or multioutput == "raw_values":
            return errors
        return float(np.average(errors)) if multioutput == "uniform_average" else None
    weights = output_weights(multioutput, errors.size)
    return None if weights is None else float(np.average(errors, weights=weights))


def output_weights(multioutput: Any, outputs: int) -> NDArray[Any] | None:
    """Read a weight for each of several outputs."""
    weights = as_vector(multioutput)
    if (
        weights is None
        or outputs == 1
        or weights.size != outputs
        or weights.dtype.kind not in "iuf"
    ):
        return None
    return weights if np.isfinite(weights).all() and weights.sum() != 0 else None


def real_number(value: Any) -> float | None:
    """Return a real number in double precision."""
    try:
        return float(value) if isinstance(value, Real) and np.isfinite(float(value)) else None
    except OverflowError:
        return None


def _as_matrix(values: Any) -> _Numbers | None:
    """Read numbers as rows by outputs: floats and 64-bit whole numbers where they lie."""
    array = as_array(values)
    if array is None or array.size == 0 or array.ndim not in (1, 2):
        return None
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.dtype.kind == "f" and array.itemsize in (4, 8):
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind == "i" or (array.dtype.kind == "u" and array.max() < 2**63):
        return array.astype(np.int64, copy=False)
    return None
