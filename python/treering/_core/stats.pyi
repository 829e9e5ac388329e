"""Columns in numbers, two-sample tests, trends and adjusted p-values."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[np.float64]
_Columns: TypeAlias = Sequence[NDArray[np.floating[Any]]]

def describe(
    columns: _Columns, shares: Sequence[float]
) -> tuple[NDArray[np.int64], _Floats, _Floats, _Floats, _Floats, _Floats]: ...
def correlation(columns: _Columns, method: str) -> _Floats: ...
def finite_ranges(columns: _Columns) -> list[tuple[float, float] | None]: ...
def histograms(
    columns: _Columns, edges: Sequence[_Floats]
) -> list[tuple[NDArray[np.int64], int, int]]: ...
def ks_2samp(
    a: NDArray[np.float64] | NDArray[np.float32],
    b: NDArray[np.float64] | NDArray[np.float32],
    alternative: str,
    method: str,
) -> tuple[float, float, float, int, bool]: ...
def mannwhitneyu(
    x: NDArray[np.float64] | NDArray[np.float32],
    y: NDArray[np.float64] | NDArray[np.float32],
    alternative: str,
    method: str,
    continuity: bool,
) -> tuple[float, float]: ...
def cramervonmises_2samp(
    x: NDArray[np.float64] | NDArray[np.float32],
    y: NDArray[np.float64] | NDArray[np.float32],
    method: str,
) -> tuple[float, float]: ...
def distance(
    u: NDArray[np.float64] | NDArray[np.float32],
    v: NDArray[np.float64] | NDArray[np.float32],
    kind: str,
) -> float: ...
def chi2_2samp(
    reference: NDArray[np.int64], current: NDArray[np.int64]
) -> tuple[float, float, int, float, Literal["asymptotic", "exact", "resampled", "bounded"]]: ...
def mann_kendall(
    values: NDArray[np.float64],
) -> tuple[float, int, float, float, float, bool]: ...
def adjust_pvalues(pvalues: NDArray[np.float64], method: str) -> NDArray[np.float64]: ...
