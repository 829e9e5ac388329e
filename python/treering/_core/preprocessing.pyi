"""Column statistics and affine transforms."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[np.float64]
_Matrix: TypeAlias = NDArray[np.floating[Any]]
_Moments: TypeAlias = tuple[_Floats, _Floats, _Floats, _Floats]

def extremes(x: _Matrix) -> tuple[_Floats, _Floats]: ...
def fill_missing(x: _Matrix, out: _Matrix, values: _Floats) -> bool: ...
def moments(
    x: _Matrix, weights: _Floats | None = None, seen: _Moments | None = None
) -> _Moments: ...
def order_statistics(
    x: _Matrix, shares: Sequence[float]
) -> tuple[NDArray[np.int64], _Floats, _Floats]: ...
def scale(
    x: _Matrix,
    out: _Matrix,
    shift: _Floats,
    scale: _Floats,
    multiply: bool,
    clip: tuple[float, float] | None = None,
) -> bool: ...
