"""Explanations of trees."""

from collections.abc import Sequence
from typing import TypedDict, final

import numpy as np
from numpy.typing import NDArray

from treering._core.boosting import Boosting
from treering._core.ensemble import Forest
from treering._core.tree import Tree, _Rows

class _Arrays(TypedDict):
    children_left: NDArray[np.int64]
    children_right: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    missing_go_to_left: NDArray[np.uint8]
    cover: NDArray[np.float64]
    value: NDArray[np.float64]
    category_row: NDArray[np.int64]
    left_categories: NDArray[np.uint64]
    known_categories: NDArray[np.uint64]

@final
class Background:
    def expected(self) -> NDArray[np.float64]: ...

@final
class TreeModel:
    @staticmethod
    def of_forest(forest: Forest) -> TreeModel: ...
    @staticmethod
    def of_tree(tree: Tree) -> TreeModel: ...
    @staticmethod
    def of_boosting(model: Boosting, output: int) -> TreeModel: ...
    @staticmethod
    def of_arrays(
        trees: Sequence[_Arrays], columns: int, width: int, is_single: bool, scale: float
    ) -> TreeModel: ...
    @property
    def columns(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def nodes(self) -> int: ...
    def expected(self) -> NDArray[np.float64]: ...
    def shapley_values(self, x: _Rows, n_jobs: int | None = None) -> NDArray[np.float64]: ...
    def interaction_values(self, x: _Rows, n_jobs: int | None = None) -> NDArray[np.float64]: ...
    def interventional_values(
        self, x: _Rows, background: Background, n_jobs: int | None = None
    ) -> NDArray[np.float64]: ...
    def background(self, x: _Rows, n_jobs: int | None = None) -> Background: ...
