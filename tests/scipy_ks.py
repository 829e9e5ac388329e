"""What "equal to SciPy's" means of a two-sample Kolmogorov-Smirnov result."""

from typing import Any

import numpy as np
import scipy

# From 1.18 on, SciPy multiplies by a rounded 1/n where it divided by n before: its statistic is off
# by some units in the last place, and where several values have the same distance, that decides
# which of them is the location.
IS_EXACT = tuple(int(part) for part in scipy.__version__.split(".")[:2]) < (1, 18)


def widened(sample: Any) -> Any:
    """Return a sample for SciPy, which from 1.18 on computes in single precision what is float32.

    Every float32 is a float64, so the samples stay what they are.
    """
    is_single = isinstance(sample, np.ndarray) and sample.dtype == np.float32
    return sample.astype(np.float64) if is_single and not IS_EXACT else sample


def assert_same_distance(
    first: Any, second: Any, ours: tuple[float, float, int], theirs: tuple[float, float, int]
) -> None:
    """Assert that (statistic, location, sign) are SciPy's, of values that are not missing."""
    if IS_EXACT:
        assert ours == theirs
        return
    assert abs(ours[0] - theirs[0]) <= 4 * np.finfo(float).eps
    if ours[1:] != theirs[1:]:
        assert _lead(first, second, *ours[1:]) == _lead(first, second, *theirs[1:])


def _lead(first: Any, second: Any, location: float, sign: int) -> int:
    """By how much the first sample's distribution function is ahead, times both sizes."""
    first, second = np.ravel(first), np.ravel(second)
    of_first = int(np.count_nonzero(first <= location)) * len(second)
    of_second = int(np.count_nonzero(second <= location)) * len(first)
    return int(sign) * (of_first - of_second)
