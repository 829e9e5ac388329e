"""The index work of splitters."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

_Rows: TypeAlias = NDArray[np.int64]
_Codes: TypeAlias = NDArray[np.uint32]
_Folds: TypeAlias = NDArray[np.int32]

def by_appearance(codes: _Codes, classes: int) -> tuple[_Codes, _Rows]: ...
def deal(codes: _Codes, counts: _Rows, dealt: _Folds) -> _Folds: ...
def group(codes: _Codes, classes: int) -> tuple[_Rows, _Rows]: ...
def train_test(assignment: _Folds, fold: int) -> tuple[_Rows, _Rows]: ...
