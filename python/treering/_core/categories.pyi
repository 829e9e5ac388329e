"""Columns of texts, for encoders."""

from collections.abc import Sequence
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

_Whole: TypeAlias = NDArray[np.int64]

@final
class CategoryTable:
    @staticmethod
    def read(columns: Sequence[Any], null_is_none: bool) -> CategoryTable | None: ...
    def learn(self) -> list[tuple[list[str | float | None], _Whole]]: ...
    def find(
        self, known: Sequence[list[Any]]
    ) -> tuple[_Whole, list[list[str | float | None]]] | None: ...
