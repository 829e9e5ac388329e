"""The two-sample Kolmogorov-Smirnov test."""

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from treering._checks import one_of
from treering._core import stats as _native
from treering.stats._samples import FloatArray
from treering.stats._two_samples import NanPolicy, PairResult, Row, Samples, columns

_ALTERNATIVES = {"t": "two-sided", "l": "less", "g": "greater"}
_METHODS = ("auto", "exact", "asymp")


@dataclass(frozen=True, slots=True)
class KstestResult(PairResult):
    """The result of `ks_2samp`.

    Like SciPy's, it unpacks and indexes as ``(statistic, pvalue)``. For samples of more than one
    dimension the attributes are arrays.

    Parameters
    ----------
    statistic : float or ndarray
        The largest distance between both empirical distribution functions, from 0 to 1.
    pvalue : float or ndarray
        The p-value.
    statistic_location : float or ndarray
        The observation at which that distance is reached.
    statistic_sign : int, float or ndarray
        1 where the first sample's distribution function is above the second's there, -1 where it
        is below; NaN, as everything else, if the result is undefined.
    backend : str or None, default None
        The library that the samples came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import KstestResult
    >>> statistic, pvalue = KstestResult(0.5, 0.2, 3.0, 1)
    >>> pvalue
    0.2
    """

    statistic: Any
    pvalue: Any
    statistic_location: Any
    statistic_sign: Any
    backend: str | None = field(default=None, repr=False, compare=False)


def ks_2samp(
    data1: ArrayLike,
    data2: ArrayLike,
    alternative: str = "two-sided",
    method: str = "auto",
    *,
    axis: int | None = 0,
    nan_policy: NanPolicy = "propagate",
    keepdims: bool = False,
) -> KstestResult:
    """Test whether two samples come from one continuous distribution.

    Signature, defaults and results are those of `scipy.stats.ks_2samp`.

    Parameters
    ----------
    data1, data2 : array_like
        The samples; sizes may differ. Numbers of any width, lists, pandas or polars Series.
        Infinities are ordinary values, since only the order matters.
    alternative : {'two-sided', 'less', 'greater'}, default 'two-sided'
        What the test looks for, said about distribution functions: 'less' means that the first
        sample's lies below the second's somewhere, so its values tend to be the greater ones.
    method : {'auto', 'exact', 'asymp'}, default 'auto'
        How the p-value is computed; 'auto' means exact up to 10,000 values in the larger sample.
    axis : int or None, default 0
        The axis along which the observations lie; None flattens both samples first.
    nan_policy : {'propagate', 'omit', 'raise'}, default 'propagate'
        What to do about NaN: return NaN, leave them out, or raise ValueError.
    keepdims : bool, default False
        Whether the axis stays in the result, with length 1.

    Returns
    -------
    KstestResult
        The statistic and p-value, the statistic's location and sign.

    Raises
    ------
    ValueError
        If a sample is empty, a parameter is not one of those above, or there are NaN under
        ``nan_policy='raise'``.
    TypeError
        If a sample does not hold numbers.

    Warns
    -----
    RuntimeWarning
        If an exact p-value is not possible and the asymptotic one is returned, or if nothing is
        left of a sample after its NaN were omitted.

    Notes
    -----
    An exact p-value is not possible, as in SciPy, where the least common multiple of the sample
    sizes is too large, or in one-sided tests of different sizes where the number of possible
    orders overflows a double (some 1,000 values together).

    References
    ----------
    .. [1] J. L. Hodges, "The significance probability of the Smirnov two-sample test", Arkiv för
       Matematik 3 (1958).
    .. [2] R. Simard and P. L'Ecuyer, "Computing the two-sided Kolmogorov-Smirnov distribution",
       Journal of Statistical Software 39 (2011).
    .. [3] T. Viehmann, "Numerically more stable computation of the p-values for the two-sample
       Kolmogorov-Smirnov test" (2021).

    Examples
    --------
    >>> from treering.stats import ks_2samp
    >>> result = ks_2samp([1, 2, 3, 4], [3, 4, 5, 6])
    >>> result.statistic, result.statistic_location, result.statistic_sign
    (0.5, 2.0, 1)
    >>> round(result.pvalue, 4)
    0.7714
    """
    is_text = isinstance(alternative, str)
    name = _ALTERNATIVES.get(alternative[:1].lower(), alternative) if is_text else alternative
    one_of("alternative", name, _ALTERNATIVES.values(), optional=False)
    one_of("method", method, _METHODS, optional=False)
    samples = Samples.read(
        (data1, data2),
        function="ks_2samp",
        names=("data1", "data2"),
        axis=axis,
        nan_policy=nan_policy,
        keepdims=keepdims,
    )

    def test(firsts: list[FloatArray], seconds: list[FloatArray]) -> list[Row]:
        found = _native.ks_2samp(firsts, seconds, name, method)
        # Without a sign the test is undefined.
        return [row if row[3] else (*[np.nan] * 4, row[4]) for row in found]

    rows, shape = samples.each(test)
    if any(row[-1] for row in rows if row):
        warnings.warn(
            "ks_2samp: an exact p-value is not possible for samples of these sizes; "
            "the asymptotic p-value is returned",
            RuntimeWarning,
            stacklevel=2,
        )
    statistic, pvalue, location, sign = columns([row[:4] for row in rows], shape, 4)
    if samples.levels is not None:
        levels = samples.levels
        location = (
            levels[int(location)].item() if shape is None else levels[location.astype(np.intp)]
        )
    return KstestResult(statistic, pvalue, location, sign, samples.backend)
