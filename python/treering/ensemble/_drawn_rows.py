"""The rows that the trees of a forest were grown on."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from treering._core.ensemble import Forest
from treering._text import counted


class DrawnRows(Sequence[NDArray[np.int32]]):
    """The rows drawn for each tree, drawn anew whenever a tree's are asked for.

    Those of all trees would be many times as large as the forest, and a notebook that shows one
    asks for all its attributes.
    """

    def __init__(
        self, forest: Forest, rows: int, draws: int | None, weights: NDArray[np.float64] | None
    ) -> None:
        self._forest = forest
        self._rows = rows
        self._draws = draws
        self._weights = weights

    def __len__(self) -> int:
        return len(self._forest)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.int32]: ...

    @overload
    def __getitem__(self, index: slice) -> list[NDArray[np.int32]]: ...

    def __getitem__(self, index: Any) -> Any:
        places = range(len(self))[index]
        return [*map(self._drawn, places)] if isinstance(places, range) else self._drawn(places)

    def _drawn(self, place: int) -> NDArray[np.int32]:
        if self._draws is None:
            return np.arange(self._rows, dtype=np.int32)
        return self._forest.drawn_rows(place, self._rows, self._draws, self._weights)

    def __repr__(self) -> str:
        draws = counted(self._rows if self._draws is None else self._draws, "row")
        return f"<{draws} drawn for each of {counted(len(self), 'tree')}>"
