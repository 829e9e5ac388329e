"""Tables of true against predicted labels, and what follows from them."""

from collections.abc import Sequence
from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[np.float64]
_Integers: TypeAlias = NDArray[np.int64]
_Codes: TypeAlias = NDArray[np.uint32]
_Triple: TypeAlias = tuple[float, float, float]
_Encoded: TypeAlias = tuple[list[str], list[_Integers]]

@final
class Contingency:
    @property
    def labels(self) -> _Integers: ...
    @property
    def n_labels(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def total(self) -> float: ...
    @property
    def correct(self) -> float: ...
    @property
    def accuracy(self) -> float: ...
    @property
    def cells(self) -> _Floats | None: ...
    def positions(self, labels: _Integers) -> _Integers: ...
    def scores(
        self, labels: _Integers | None, average: str, beta: float, zero_division: float
    ) -> tuple[tuple[_Floats, _Floats, _Floats, _Floats], tuple[bool, bool, bool], int]: ...
    def summary(
        self,
        labels: _Integers | None,
        average: str,
        level: float,
        zero_division: float,
        n_resamples: int,
        seed: int,
    ) -> tuple[_Triple, _Triple, _Triple, _Triple]: ...

def contingency(
    y_true: _Integers, y_pred: _Integers, weights: _Floats | None = None
) -> Contingency: ...
def contingency_of_matrix(matrix: _Floats) -> Contingency: ...
def encode_text(arrays: Sequence[NDArray[np.object_]]) -> _Encoded | None: ...
def encode_text_rows(arrays: Sequence[_Codes]) -> _Encoded | None: ...
def log_loss(
    codes: _Codes,
    probabilities: NDArray[np.floating[Any]],
    weights: _Floats | None,
    epsilon: float,
    tolerance: float,
) -> tuple[float, float, bool, bool]: ...
def ranks(labels: _Integers) -> tuple[_Integers, _Codes]: ...
def roc_auc(
    codes: _Codes, positive: int, scores: _Floats, weights: _Floats | None
) -> float: ...
def roc_auc_one_vs_rest(
    codes: _Codes, scores: _Floats, weights: _Floats | None
) -> _Floats: ...
def whole_numbers(values: NDArray[np.floating[Any]]) -> _Integers | None: ...
