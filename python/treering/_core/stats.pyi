"""Columns in numbers, two-sample tests, trends and adjusted p-values."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Floats: TypeAlias = NDArray[np.float64]
_Sample: TypeAlias = NDArray[np.float64] | NDArray[np.float32]
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
    firsts: Sequence[_Sample],
    seconds: Sequence[_Sample],
    alternative: str,
    method: str,
) -> list[tuple[Any, ...]]: ...
def mannwhitneyu(
    firsts: Sequence[_Sample],
    seconds: Sequence[_Sample],
    alternative: str,
    method: str,
    continuity: bool,
) -> list[tuple[Any, ...]]: ...
def cramervonmises_2samp(
    firsts: Sequence[_Sample],
    seconds: Sequence[_Sample],
    method: str,
) -> list[tuple[Any, ...]]: ...
def distance(
    u: _Sample,
    v: _Sample,
    kind: str,
) -> float: ...
def anderson_2samp(x: _Sample, y: _Sample, variant: str) -> tuple[float, float]: ...
def ttest_2samp(
    firsts: Sequence[_Sample],
    seconds: Sequence[_Sample],
    equal_variances: bool,
    alternative: str,
) -> list[tuple[Any, ...]]: ...
def student_quantile(level: float, freedom: float) -> float: ...
def normal_pvalue(z: float, alternative: str) -> float: ...
def chi_squared_tail(x: float, degrees_of_freedom: int) -> float: ...
def waves(
    x: _Sample, y: _Sample, points: Sequence[float]
) -> tuple[tuple[_Floats, _Floats], tuple[_Floats, _Floats]] | None: ...
def bin_ends(reference: _Sample, bins: int) -> _Floats: ...
def bin_counts(values: _Sample, ends: Sequence[float]) -> tuple[NDArray[np.int64], int]: ...
def divergence(
    reference: NDArray[np.int64], current: NDArray[np.int64], smoothing: float, kind: str
) -> float: ...
def homogeneity(
    reference: NDArray[np.int64], current: NDArray[np.int64], kind: str
) -> tuple[float, float, int, float, Literal["asymptotic", "exact", "resampled", "bounded"]]: ...
def mann_kendall(
    values: NDArray[np.float64],
) -> tuple[float, int, float, float, float, bool]: ...
def adjust_pvalues(pvalues: NDArray[np.float64], method: str) -> NDArray[np.float64]: ...
