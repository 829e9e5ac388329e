"""The index work of splitters."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from treering._core.ensemble import Forest, ForestParams

_Rows: TypeAlias = NDArray[np.int64]
_Codes: TypeAlias = NDArray[np.uint32]
_Folds: TypeAlias = NDArray[np.int32]

def by_appearance(codes: _Codes, classes: int) -> tuple[_Codes, _Rows]: ...
def deal(codes: _Codes, counts: _Rows, dealt: _Folds) -> _Folds: ...
def group(codes: _Codes, classes: int) -> tuple[_Rows, _Rows]: ...
def grow_folds(
    x: Any,  # an array, or scipy.sparse in compressed rows
    y: _Codes | NDArray[np.float64],
    class_counts: Sequence[int] | None,
    folds: list[tuple[_Rows, NDArray[np.float64] | None, ForestParams, int]],
    n_jobs: int | None,
) -> list[Forest]: ...
def train_test(assignment: _Folds, fold: int) -> tuple[_Rows, _Rows]: ...
