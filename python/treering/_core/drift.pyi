"""Reference columns sorted once and compared with many windows."""

from collections.abc import Sequence
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

type _Vector = NDArray[np.float64] | NDArray[np.float32]

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
    def values(self) -> _Vector: ...
    def ks(
        self, current: _Vector, alternative: str, method: str
    ) -> tuple[float, float, float, int, int, int, bool]: ...
    def to_bytes(self) -> bytes: ...
    @staticmethod
    def from_bytes(data: bytes) -> ReferenceColumn: ...

def compare_columns(
    references: Sequence[ReferenceColumn],
    currents: Sequence[_Vector],
    alternative: str,
    method: str,
    n_jobs: int | None = None,
) -> list[tuple[float, float, float, int, int, int, bool]]: ...
