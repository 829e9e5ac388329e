"""Forests."""

from collections.abc import Sequence
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

from treering._core.tree import Tree, TreeParams, _Rows

@final
class ForestParams:
    def __new__(
        cls,
        *,
        n_estimators: int,
        tree: TreeParams,
        bootstrap_draws: int | None,
        balanced_subsample: bool,
    ) -> Self: ...
    @staticmethod
    def loosest(variants: Sequence[ForestParams]) -> ForestParams | None: ...
    @property
    def n_estimators(self) -> int: ...
    @property
    def bootstrap_draws(self) -> int | None: ...

@final
class Forest:
    @staticmethod
    def empty(columns: int, class_counts: Sequence[int] | None, numbers: int) -> Forest: ...
    def grown(
        self,
        x: _Rows,
        y: NDArray[np.uint32] | NDArray[np.float64],
        weights: NDArray[np.float64] | None,
        params: ForestParams,
        seed: int,
        n_jobs: int | None,
    ) -> Forest: ...
    def isolated(
        self,
        x: _Rows,
        weights: NDArray[np.float64] | None,
        n_estimators: int,
        draws: int,
        bootstrap: bool,
        max_features: int,
        seed: int,
        n_jobs: int | None,
    ) -> Forest: ...
    def isolated_from(
        self,
        index: int,
        rows: int,
        weights: NDArray[np.float64] | None,
        draws: int,
        bootstrap: bool,
        max_features: int,
    ) -> list[NDArray[np.int32]]: ...
    @property
    def columns(self) -> int: ...
    @property
    def width(self) -> int: ...
    def __len__(self) -> int: ...
    def tree(self, index: int) -> Tree: ...
    def seed(self, index: int) -> int: ...
    def kept(self, indices: Sequence[int]) -> Forest: ...
    def limited(
        self, params: ForestParams, grown: ForestParams, n_jobs: int | None = None
    ) -> Forest: ...
    def importances(self) -> NDArray[np.float64]: ...
    def predict(self, x: _Rows, n_jobs: int | None = None) -> NDArray[np.float64]: ...
    def predict_shuffled(
        self,
        x: _Rows,
        columns: tuple[int, int],
        orders: NDArray[np.uint32],
        n_jobs: int | None = None,
    ) -> NDArray[np.float64]: ...
    def predict_codes(self, x: _Rows, n_jobs: int | None = None) -> NDArray[np.int64]: ...
    def apply(self, x: _Rows, n_jobs: int | None = None) -> NDArray[np.int64]: ...
    def decision_path(self, x: _Rows, n_jobs: int | None = None) -> Any: ...
    def out_of_bag(
        self,
        x: _Rows,
        draws: int,
        weights: NDArray[np.float64] | None,
        n_jobs: int | None,
    ) -> tuple[NDArray[np.float64], int]: ...
    def drawn_rows(
        self, index: int, rows: int, draws: int, weights: NDArray[np.float64] | None
    ) -> NDArray[np.int32]: ...
    def to_bytes(self) -> bytes: ...
    @staticmethod
    def from_bytes(data: bytes) -> Forest: ...
    def __reduce__(self) -> tuple[Any, tuple[bytes]]: ...
