"""The index work of splitters."""

from collections.abc import Sequence
from typing import Any, Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from treering._core.ensemble import Forest, ForestParams

_Rows: TypeAlias = NDArray[np.int64]
_Codes: TypeAlias = NDArray[np.uint32]
_Folds: TypeAlias = NDArray[np.int32]
# Rows (None for all), labels, numbers of classes, weights, parameters, seed
_Fold: TypeAlias = tuple[
    _Rows | None,
    _Codes | NDArray[np.float64],
    Sequence[int] | None,
    NDArray[np.float64] | None,
    ForestParams,
    int,
]

def by_appearance(codes: _Codes, classes: int) -> tuple[_Codes, _Rows]: ...
def deal(codes: _Codes, counts: _Rows, dealt: _Folds) -> _Folds: ...
def group(codes: _Codes, classes: int) -> tuple[_Rows, _Rows]: ...
def hash_split(identifiers: _Rows, test_size: float) -> tuple[_Rows, _Rows]: ...
def hash_split_text(identifiers: list[str], test_size: float) -> tuple[_Rows, _Rows] | None: ...
def train_test(assignment: _Folds, fold: int) -> tuple[_Rows, _Rows]: ...

@final
class CodedRows:
    # x is an array, or scipy.sparse in compressed rows.
    def __new__(cls, x: Any, n_jobs: int | None = None) -> Self: ...
    def grow(self, folds: Sequence[_Fold], n_jobs: int | None = None) -> list[Forest]: ...
