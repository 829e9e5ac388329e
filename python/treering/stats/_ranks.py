"""Two-sample tests by ranks: Mann-Whitney's, Cramer-von Mises' and Anderson-Darling's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from treering._checks import one_of
from treering._core import stats as _native
from treering._frames import backend_of
from treering.stats._samples import FloatArray, exact_levels, float_array, number_array
from treering.stats._two_samples import (
    ALTERNATIVES,
    NanPolicy,
    PairResult,
    Row,
    Samples,
    TestResult,
    columns,
)

_METHODS = ("auto", "exact", "asymptotic")


@dataclass(frozen=True, slots=True)
class MannwhitneyuResult(PairResult):
    """The result of `mannwhitneyu`, which unpacks as ``(statistic, pvalue)``.

    Parameters
    ----------
    statistic : float or ndarray
        In how many pairs of values that of `x` is the greater one; ties count a half.
    pvalue : float or ndarray
        The p-value.
    backend : str or None, default None
        The library that the samples came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import mannwhitneyu
    >>> statistic, pvalue = mannwhitneyu([1, 2, 3], [4, 5, 6])
    >>> statistic, round(pvalue, 3)
    (0.0, 0.1)
    """

    statistic: Any
    pvalue: Any
    backend: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class CramerVonMisesResult(TestResult):
    """The result of `cramervonmises_2samp`.

    Parameters
    ----------
    statistic : float or ndarray
        Anderson's T: the squared distance of both distribution functions, over all values.
    pvalue : float or ndarray
        The p-value.
    backend : str or None, default None
        The library that the samples came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import cramervonmises_2samp
    >>> cramervonmises_2samp([1, 2, 3], [4, 5, 6]).pvalue
    0.1
    """

    statistic: Any
    pvalue: Any
    backend: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class AndersonResult(TestResult):
    """The result of `anderson_ksamp`.

    Parameters
    ----------
    statistic : float
        The weighted distance of the distribution functions, less its mean, in standard deviations.
    pvalue : float
        The p-value.
    backend : str or None, default None
        The library that the samples came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import anderson_ksamp
    >>> round(anderson_ksamp([[1, 2, 3, 4], [5, 6, 7, 8]]).pvalue, 3)
    0.011
    """

    statistic: Any
    pvalue: Any
    backend: str | None = field(default=None, repr=False, compare=False)


def mannwhitneyu(
    x: ArrayLike,
    y: ArrayLike,
    use_continuity: bool = True,
    alternative: str = "two-sided",
    axis: int | None = 0,
    method: Literal["auto", "exact", "asymptotic"] = "auto",
    *,
    nan_policy: NanPolicy = "propagate",
    keepdims: bool = False,
) -> MannwhitneyuResult:
    """Test whether the values of one sample tend to be greater than those of another.

    Signature, defaults and results are those of `scipy.stats.mannwhitneyu`.

    Parameters
    ----------
    x, y : array_like
        The samples; sizes may differ. Numbers of any width, lists, pandas or polars Series.
    use_continuity : bool, default True
        Whether the asymptotic p-value takes half a step off the statistic.
    alternative : {'two-sided', 'less', 'greater'}, default 'two-sided'
        What the test looks for: 'less' means that values of `x` tend to be the lesser ones.
    axis : int or None, default 0
        The axis along which the observations lie; None flattens both samples first.
    method : {'auto', 'exact', 'asymptotic'}, default 'auto'
        How the p-value is computed. 'exact' counts the orders of different values, also if some
        are equal; 'asymptotic' is the normal law, corrected for ties; 'auto' is exact if a sample
        has at most 8 values and none are equal.
    nan_policy : {'propagate', 'omit', 'raise'}, default 'propagate'
        What to do about NaN: return NaN, leave them out, or raise ValueError.
    keepdims : bool, default False
        Whether the axis stays in the result, with length 1.

    Returns
    -------
    MannwhitneyuResult

    Raises
    ------
    ValueError
        If a sample is empty, a parameter is not one of those above, there are NaN under
        ``nan_policy='raise'``, or samples are too large for an exact p-value.
    TypeError
        If a sample does not hold numbers, or `method` is one of SciPy's resampling methods.

    Warns
    -----
    RuntimeWarning
        If nothing is left of a sample after its NaN were omitted.

    References
    ----------
    .. [1] H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is
       stochastically larger than the other", Annals of Mathematical Statistics 18 (1947).

    Examples
    --------
    >>> from treering.stats import mannwhitneyu
    >>> result = mannwhitneyu([19, 22, 16, 29, 24], [20, 11, 17, 12])
    >>> result.statistic, round(result.pvalue, 4)
    (17.0, 0.1111)
    """
    name = _lower(alternative)
    one_of("alternative", name, ALTERNATIVES, optional=False)
    how = _lower(method)
    one_of("method", how, _METHODS, optional=False)
    samples = Samples.read(
        (x, y),
        function="mannwhitneyu",
        names=("x", "y"),
        axis=axis,
        nan_policy=nan_policy,
        keepdims=keepdims,
    )

    def test(firsts: list[FloatArray], seconds: list[FloatArray]) -> list[Row]:
        return _native.mannwhitneyu(firsts, seconds, name, how, bool(use_continuity))

    rows, shape = samples.each(test)
    statistic, pvalue = columns(rows, shape, 2)
    return MannwhitneyuResult(statistic, pvalue, samples.backend)


def cramervonmises_2samp(
    x: ArrayLike,
    y: ArrayLike,
    method: Literal["auto", "exact", "asymptotic"] = "auto",
    *,
    axis: int | None = 0,
    nan_policy: NanPolicy = "propagate",
    keepdims: bool = False,
) -> CramerVonMisesResult:
    """Test whether two samples come from one continuous distribution, by all of their values.

    Where `ks_2samp` looks at the place where the distribution functions are furthest apart, this
    test adds up how far they are apart everywhere. Signature, defaults and results are those of
    `scipy.stats.cramervonmises_2samp`.

    Parameters
    ----------
    x, y : array_like
        The samples, of at least two observations. Numbers of any width, lists, pandas or polars
        Series.
    method : {'auto', 'exact', 'asymptotic'}, default 'auto'
        How the p-value is computed; 'auto' means exact up to 20 values in the larger sample.
    axis : int or None, default 0
        The axis along which the observations lie; None flattens both samples first.
    nan_policy : {'propagate', 'omit', 'raise'}, default 'propagate'
        What to do about NaN: return NaN, leave them out, or raise ValueError.
    keepdims : bool, default False
        Whether the axis stays in the result, with length 1.

    Returns
    -------
    CramerVonMisesResult

    Raises
    ------
    ValueError
        If a sample has fewer than two observations, a parameter is not one of those above, there
        are NaN under ``nan_policy='raise'``, or samples have more than 4,096 pairs of values for
        an exact p-value.
    TypeError
        If a sample does not hold numbers.

    Warns
    -----
    RuntimeWarning
        If fewer than two observations are left of a sample after its NaN were omitted.

    Notes
    -----
    The limit law is summed to all digits, where SciPy stops at 1e-7, so asymptotic p-values differ
    by up to that much, and small ones keep their digits.

    References
    ----------
    .. [1] T. W. Anderson, "On the distribution of the two-sample Cramer-von Mises criterion",
       Annals of Mathematical Statistics 33 (1962).
    .. [2] Y. Xiao, A. Gordon and A. Yakovlev, "A C++ program for the Cramer-von Mises two-sample
       test", Journal of Statistical Software 17 (2006).

    Examples
    --------
    >>> from treering.stats import cramervonmises_2samp
    >>> result = cramervonmises_2samp([1, 2, 3, 4], [3, 4, 5, 6])
    >>> round(result.statistic, 4), round(result.pvalue, 4)
    (0.3438, 0.1143)
    """
    one_of("method", method, _METHODS, optional=False)
    samples = Samples.read(
        (x, y),
        function="cramervonmises_2samp",
        names=("x", "y"),
        axis=axis,
        nan_policy=nan_policy,
        keepdims=keepdims,
    )

    def test(firsts: list[FloatArray], seconds: list[FloatArray]) -> list[Row]:
        return _native.cramervonmises_2samp(firsts, seconds, method)

    rows, shape = samples.each(test, least=2)
    statistic, pvalue = columns(rows, shape, 2)
    return CramerVonMisesResult(statistic, pvalue, samples.backend)


def anderson_ksamp(
    samples: Sequence[ArrayLike],
    *,
    variant: Literal["midrank", "right", "continuous"] = "midrank",
    method: Any = None,
) -> AndersonResult:
    """Test whether samples come from one distribution, with more weight on its tails.

    Like `cramervonmises_2samp` it adds up how far distribution functions are apart everywhere, but
    divides by how far they are apart by chance, so that differences in the tails count as much as
    those in the middle. The statistic is that of `scipy.stats.anderson_ksamp` with `variant`.

    Parameters
    ----------
    samples : sequence of array_like
        Two samples or more, each of one dimension, of four observations together. More than two
        are handed to SciPy's function.
    variant : {'midrank', 'right', 'continuous'}, default 'midrank'
        How ties are counted: half of the values that are equal lie below, or all of them;
        'continuous' knows no ties and is SciPy's.
    method : object, default None
        SciPy's `PermutationMethod`, by SciPy's function.

    Returns
    -------
    AndersonResult

    Raises
    ------
    ValueError
        If there are fewer than two samples, one is empty or has more than one dimension, or all
        values are equal.
    TypeError
        If a sample does not hold numbers.

    Notes
    -----
    Between 0.25 and 0.001 the p-value is interpolated from the published table, as in SciPy, which
    stops there: beyond, p-values of two samples are those of the limit law, so that corrections for
    many tests can tell small ones apart. A sample that contains NaN makes the result NaN.

    References
    ----------
    .. [1] F. W. Scholz and M. A. Stephens, "K-sample Anderson-Darling tests", Journal of the
       American Statistical Association 82 (1987).

    Examples
    --------
    >>> from treering.stats import anderson_ksamp
    >>> result = anderson_ksamp([[38.7, 41.5, 43.8, 44.5], [39.2, 39.3, 39.7, 41.4]])
    >>> round(result.statistic, 3), round(result.pvalue, 3)
    (0.914, 0.138)
    """
    one_of("variant", variant, ("midrank", "right", "continuous"), optional=False)
    if isinstance(samples, str) or len(samples) < 2:
        raise ValueError("anderson_ksamp needs two samples at least: anderson_ksamp([x, y])")
    arrays = [number_array(sample, f"sample {place}") for place, sample in enumerate(samples)]
    for place, array in enumerate(arrays):
        if array.ndim != 1 or array.size == 0:
            raise ValueError(
                f"sample {place} must have one dimension and an observation at least; got shape "
                f"{array.shape}"
            )
    backend = backend_of(*samples)
    if any(array.dtype.kind == "f" and np.isnan(array).any() for array in arrays):
        return AndersonResult(np.nan, np.nan, backend)
    least, most = min(array.min() for array in arrays), max(array.max() for array in arrays)
    if least == most:
        raise ValueError(f"all values are {least}: anderson_ksamp needs two that differ")
    if sum(array.size for array in arrays) < 4:
        raise ValueError("anderson_ksamp needs four observations at least, in all samples together")
    if len(arrays) > 2 or variant == "continuous" or method is not None:
        scipys = import_module("scipy.stats").anderson_ksamp
        by_scipy = scipys(arrays, variant=variant, method=method)
        return AndersonResult(float(by_scipy.statistic), float(by_scipy.pvalue), backend)
    if (ranked := exact_levels(*arrays)) is not None:
        arrays = list(ranked[1:])
    first, second = map(float_array, arrays)
    return AndersonResult(*_native.anderson_2samp(first, second, variant), backend)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
