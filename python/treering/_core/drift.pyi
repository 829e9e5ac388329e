"""Reference columns sorted once and compared with many windows."""

from collections.abc import Sequence
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

_Vector: TypeAlias = NDArray[np.float64] | NDArray[np.float32]
_Bins: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]

@final
class ReferenceColumn:
    def __new__(cls, values: _Vector) -> ReferenceColumn: ...
    @property
    def size(self) -> int: ...
    @property
    def missing(self) -> int: ...
    @property
    def minimum(self) -> float: ...
    @property
    def maximum(self) -> float: ...
    def ks(
        self, current: _Vector, alternative: str, method: str
    ) -> tuple[float, float, float, int, int, int, _Bins | None]: ...
    def values(self) -> _Vector: ...
    def to_bytes(self) -> bytes: ...
    @staticmethod
    def from_bytes(data: bytes) -> ReferenceColumn: ...

def compare_columns(
    references: Sequence[ReferenceColumn],
    currents: Sequence[_Vector],
    alternative: str,
    method: str,
    n_jobs: int | None = None,
) -> list[tuple[float, float, float, int, int, int, _Bins | None]]: ...
def compare_samples(
    references: Sequence[_Vector],
    currents: Sequence[_Vector],
    alternative: str,
    method: str,
) -> list[tuple[float, float, float, int, int, int, _Bins | None]]: ...
def smallest_pvalues(
    numbers: Sequence[NDArray[np.float64]],
    categories: Sequence[tuple[NDArray[np.int64], int]],
    rows: int,
    window: int,
    times: int,
    seed: int,
) -> NDArray[np.float64]: ...
def movements(
    trees: Sequence[
        tuple[
            NDArray[np.int64],
            NDArray[np.int64],
            NDArray[np.int64],
            NDArray[np.float64],
            NDArray[np.int64],
        ]
    ],
    columns: int,
    reference: int,
    times: int,
    seed: int,
    n_jobs: int | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]: ...
def ks_limit(first: int, second: int, statistic: float) -> float: ...
def chi_squared_limit(reference: Sequence[int], current: Sequence[int]) -> float: ...
