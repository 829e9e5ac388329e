"""Two-sample tests, trends and adjusted p-values."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

def ks_2samp(
    a: NDArray[np.float64] | NDArray[np.float32],
    b: NDArray[np.float64] | NDArray[np.float32],
    alternative: str,
    method: str,
) -> tuple[float, float, float, int, bool]: ...
def chi2_2samp(
    reference: NDArray[np.int64], current: NDArray[np.int64]
) -> tuple[float, float, int, float, Literal["asymptotic", "exact", "resampled", "bounded"]]: ...
def mann_kendall(
    values: NDArray[np.float64],
) -> tuple[float, int, float, float, float, bool]: ...
def adjust_pvalues(pvalues: NDArray[np.float64], method: str) -> NDArray[np.float64]: ...
