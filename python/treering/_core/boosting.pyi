"""Boosting."""

from collections.abc import Sequence
from typing import Any, Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

_Matrix: TypeAlias = NDArray[np.float32] | NDArray[np.float64]

@final
class Bins:
    @staticmethod
    def learn(
        x: _Matrix,
        drawn: NDArray[np.uint32] | None,
        weights: NDArray[np.float64] | None,
        categories: Sequence[int | None],
        max_bins: int,
        n_jobs: int | None = None,
    ) -> Bins: ...
    def code(self, x: _Matrix, n_jobs: int | None = None) -> CodedRows: ...

@final
class CodedRows:
    def __len__(self) -> int: ...

@final
class BoostingParams:
    def __new__(
        cls,
        *,
        max_leaf_nodes: int | None,
        max_depth: int | None,
        min_samples_leaf: int,
        l2_regularization: float,
        learning_rate: float,
        max_features: float,
        monotonic: Sequence[int],
        interactions: Sequence[Sequence[int]] | None,
    ) -> Self: ...

@final
class BoostingLoss:
    def __new__(
        cls, name: str, *, quantile: float | None = None, classes: int | None = None
    ) -> Self: ...
    def baseline(
        self, labels: NDArray[np.float64], weights: NDArray[np.float64] | None
    ) -> NDArray[np.float64]: ...
    def mean(
        self,
        labels: NDArray[np.float64],
        raw: NDArray[np.float64],
        weights: NDArray[np.float64] | None,
        n_jobs: int | None = None,
    ) -> float: ...

@final
class Boosting:
    @staticmethod
    def empty(bins: Bins, classes: int | None, baseline: Sequence[float]) -> Boosting: ...
    @property
    def bins(self) -> Bins: ...
    @property
    def baseline(self) -> NDArray[np.float64]: ...
    @property
    def columns(self) -> int: ...
    @property
    def categories(self) -> list[int | None]: ...
    @property
    def width(self) -> int: ...
    def __len__(self) -> int: ...
    def size(self, first: int) -> tuple[int, int]: ...
    def first(self, iterations: int) -> Boosting: ...
    def raw(self, x: _Matrix, n_jobs: int | None = None) -> NDArray[np.float64]: ...
    def added(
        self, rows: CodedRows, first: int, end: int, n_jobs: int | None = None
    ) -> NDArray[np.float64]: ...
    def partial_dependence(
        self, grid: _Matrix, columns: Sequence[int], output: int
    ) -> NDArray[np.float64]: ...
    def to_bytes(self) -> bytes: ...
    @staticmethod
    def from_bytes(data: bytes) -> Boosting: ...
    def __reduce__(self) -> tuple[Any, tuple[bytes]]: ...

@final
class BoostingTraining:
    def __new__(
        cls,
        model: Boosting,
        rows: CodedRows,
        labels: NDArray[np.float64],
        weights: NDArray[np.float64] | None,
        loss: BoostingLoss,
        seed: int,
        n_jobs: int | None = None,
    ) -> Self: ...
    def boost(self, params: BoostingParams, n_jobs: int | None = None) -> None: ...
    def mean_loss(self, n_jobs: int | None = None) -> float: ...
    def raw(self) -> NDArray[np.float64]: ...
    def with_last(
        self, rows: CodedRows, raw: NDArray[np.float64], n_jobs: int | None = None
    ) -> NDArray[np.float64]: ...
    def last_size(self) -> tuple[int, int]: ...
    def model(self) -> Boosting: ...
