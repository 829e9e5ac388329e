"""The Mann-Kendall test for a trend."""

from dataclasses import dataclass, field
from typing import Literal

from numpy.typing import ArrayLike

from treering._checks import float_array
from treering._core import stats as _native
from treering._frames import backend_of
from treering._results import Result
from treering._text import counted


@dataclass(frozen=True, slots=True)
class MannKendallResult(Result):
    """The result of `mann_kendall`.

    Parameters
    ----------
    tau : float
        Kendall's tau-b between the values and their order, from -1 (always falling) to 1 (always
        rising); 0 if all values are equal.
    pvalue : float
        The two-sided p-value.
    slope : float
        The median change per step over all pairs of values (Theil and Sen).
    s : int
        How many pairs of values rise minus how many fall.
    variance : float
        The variance of `s` if there is no trend, corrected for ties.
    size : int
        The number of values.
    method : {'exact', 'normal'}
        How the p-value was computed.
    backend : str or None, default None
        The library that the values came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import mann_kendall
    >>> mann_kendall([0.95, 0.94, 0.94, 0.91]).s
    -5
    """

    tau: float
    pvalue: float
    slope: float
    s: int
    variance: float
    size: int
    method: Literal["exact", "normal"]
    backend: str | None = field(default=None, repr=False, compare=False)


def mann_kendall(values: ArrayLike) -> MannKendallResult:
    """Test whether an ordered series rises or falls.

    Nothing is assumed about the shape of the trend or the distribution of the values, and a few
    wild values change little. Values are assumed to be independent of each other.

    Parameters
    ----------
    values : array_like of shape (n_values,)
        The series in its order, equally spaced; at least two finite values.

    Returns
    -------
    MannKendallResult
        Tau, p-value and slope.

    Raises
    ------
    TypeError
        If the values are no numbers, such as moments.
    ValueError
        If there are fewer than two values, or one is NaN or infinite.

    Notes
    -----
    The p-value is exact for at most 50 values without ties. Otherwise ``s``, brought one nearer to
    0 for continuity, over its standard deviation is taken as normal. (SciPy's ``kendalltau`` leaves
    that correction out, so its asymptotic p-values are a little smaller.)

    The slope is exact for at most 512 values; beyond that it is searched for, as near as the
    values' rounding lets pairs be told apart.

    References
    ----------
    .. [1] H. B. Mann, "Nonparametric tests against trend", Econometrica 13 (1945).
    .. [2] M. G. Kendall, "Rank correlation methods" (1948).
    .. [3] P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau" (1968).

    Examples
    --------
    >>> from treering.stats import mann_kendall
    >>> result = mann_kendall([0.97, 0.96, 0.95, 0.93, 0.94, 0.90, 0.88])
    >>> round(result.slope, 3), round(result.pvalue, 4)
    (-0.015, 0.0028)
    """
    array = float_array("values", values)
    if array.ndim != 1:
        raise ValueError(f"values must be one-dimensional; got {array.ndim} dimensions")
    if array.size < 2:
        raise ValueError(
            f"values has {counted(array.size, 'value')}; a trend takes at least 2, and 5 to be "
            "significant at 0.05"
        )
    tau, s, variance, pvalue, slope, is_exact = _native.mann_kendall(array)
    method: Literal["exact", "normal"] = "exact" if is_exact else "normal"
    return MannKendallResult(
        tau, pvalue, slope, s, variance, array.size, method, backend_of(values)
    )
