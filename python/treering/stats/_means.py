"""Two-sample tests of means, and of characteristic functions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from treering._checks import between_0_and_1, one_of
from treering._core import stats as _native
from treering.stats._samples import FloatArray
from treering.stats._two_samples import (
    ALTERNATIVES,
    NanPolicy,
    PairResult,
    Row,
    Samples,
    columns,
)


class ConfidenceInterval(NamedTuple):
    """The ends of an interval.

    Attributes
    ----------
    low, high : float or ndarray
        The ends.

    Examples
    --------
    >>> from treering.stats import ttest_ind
    >>> low, high = ttest_ind([1, 2, 3], [4, 5, 6]).confidence_interval()
    >>> round(float(low), 2), round(float(high), 2)
    (-5.27, -0.73)
    """

    low: Any
    high: Any


@dataclass(frozen=True, slots=True)
class TtestResult(PairResult):
    """The result of `ttest_ind`, which unpacks as ``(statistic, pvalue)``.

    Parameters
    ----------
    statistic : float or ndarray
        The difference of the means, `a` less `b`, in standard errors.
    pvalue : float or ndarray
        The p-value.
    df : float or ndarray
        The degrees of freedom; of Welch's test they need not be whole.
    difference : float or ndarray
        The difference of the means, `a` less `b`.
    standard_error : float or ndarray
        Its standard error.
    alternative : str
        What the test looked for.
    backend : str or None, default None
        The library that the samples came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import ttest_ind
    >>> statistic, pvalue = ttest_ind([1, 2, 3], [4, 6, 8], equal_var=False)
    >>> round(statistic, 3), round(pvalue, 3)
    (-3.098, 0.055)
    """

    statistic: Any
    pvalue: Any
    df: Any
    difference: Any
    standard_error: Any
    alternative: str = "two-sided"
    backend: str | None = field(default=None, repr=False, compare=False)

    def confidence_interval(self, confidence_level: float = 0.95) -> ConfidenceInterval:
        """Return an interval that holds the difference of the means.

        Parameters
        ----------
        confidence_level : float, default 0.95
            How often such an interval holds it.

        Returns
        -------
        ConfidenceInterval
            One-sided tests have an infinite end.
        """
        level = between_0_and_1("confidence_level", confidence_level)
        if self.alternative != "two-sided":
            level = abs(2 * level - 1)
        freedoms = np.asarray(self.df, dtype=np.float64)
        quantiles = np.array([_quantile(level, freedom) for freedom in freedoms.ravel()])
        if self.alternative != "two-sided" and confidence_level < 0.5:
            quantiles = -quantiles
        half = quantiles.reshape(freedoms.shape)[()] * self.standard_error
        low, high = self.difference - half, self.difference + half
        if self.alternative == "less":
            low = low * 0 - np.inf
        if self.alternative == "greater":
            high = high * 0 + np.inf
        return ConfidenceInterval(low, high)


def _quantile(level: float, freedom: float) -> float:
    if level == 0.0:
        return 0.0
    return _native.student_quantile(level, freedom) if freedom > 0 else np.nan


@dataclass(frozen=True, slots=True)
class EppsSingletonResult(PairResult):
    """The result of `epps_singleton_2samp`, which unpacks as ``(statistic, pvalue)``.

    Parameters
    ----------
    statistic : float or ndarray
        The distance of both characteristic functions at the points.
    pvalue : float or ndarray
        The p-value.
    backend : str or None, default None
        The library that the samples came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import epps_singleton_2samp
    >>> statistic, pvalue = epps_singleton_2samp([1, 2, 3, 4, 5, 6], [2, 4, 6, 8, 10, 12])
    >>> round(pvalue, 2)
    0.6
    """

    statistic: Any
    pvalue: Any
    backend: str | None = field(default=None, repr=False, compare=False)


def ttest_ind(
    a: ArrayLike,
    b: ArrayLike,
    *,
    axis: int | None = 0,
    equal_var: bool = True,
    nan_policy: NanPolicy = "propagate",
    alternative: str = "two-sided",
    trim: float = 0,
    method: Any = None,
    keepdims: bool = False,
) -> TtestResult:
    """Test whether two samples have one mean.

    Signature, defaults and results are those of `scipy.stats.ttest_ind`.

    Parameters
    ----------
    a, b : array_like
        The samples; sizes may differ. Numbers of any width, lists, pandas or polars Series.
    axis : int or None, default 0
        The axis along which the observations lie; None flattens both samples first.
    equal_var : bool, default True
        Whether both samples have one variance (Student's test); False is Welch's test, which is to
        be preferred where that is not known.
    nan_policy : {'propagate', 'omit', 'raise'}, default 'propagate'
        What to do about NaN: return NaN, leave them out, or raise ValueError.
    alternative : {'two-sided', 'less', 'greater'}, default 'two-sided'
        What the test looks for: 'less' means that the mean of `a` is the lesser one.
    trim : float, default 0
        The share of values that Yuen's test leaves out at each end, by SciPy's function.
    method : object, default None
        SciPy's resampling methods, by SciPy's function.
    keepdims : bool, default False
        Whether the axis stays in the result, with length 1.

    Returns
    -------
    TtestResult

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
        If nothing is left of a sample after its NaN were omitted.

    References
    ----------
    .. [1] B. L. Welch, "The generalization of Student's problem when several different population
       variances are involved", Biometrika 34 (1947).

    Examples
    --------
    >>> from treering.stats import ttest_ind
    >>> result = ttest_ind([2.1, 2.5, 1.9, 2.2], [2.9, 3.4, 2.4], equal_var=False)
    >>> round(result.statistic, 3), round(result.pvalue, 3), round(result.df, 2)
    (-2.305, 0.112, 2.76)
    """
    one_of("alternative", alternative, ALTERNATIVES, optional=False)
    samples = Samples.read(
        (a, b),
        function="ttest_ind",
        names=("a", "b"),
        axis=axis,
        nan_policy=nan_policy,
        keepdims=keepdims,
        ranks_do=False,
    )
    if trim or method is not None:
        return _by_scipy(
            samples, equal_var=equal_var, alternative=alternative, trim=trim, method=method
        )

    def test(firsts: list[FloatArray], seconds: list[FloatArray]) -> list[Row]:
        return _native.ttest_2samp(firsts, seconds, bool(equal_var), alternative)

    rows, shape = samples.each(test)
    statistic, pvalue, df, difference, error = columns(rows, shape, 5)
    return TtestResult(statistic, pvalue, df, difference, error, alternative, samples.backend)


def _by_scipy(samples: Samples, **options: Any) -> TtestResult:
    found = import_module("scipy.stats").ttest_ind(
        samples.first,
        samples.second,
        axis=samples.axis,
        nan_policy=samples.policy,
        keepdims=samples.keepdims,
        **options,
    )
    undefined = np.full(np.shape(found.statistic), np.nan)[()]
    statistic, pvalue = found
    alternative = options["alternative"]
    return TtestResult(
        statistic, pvalue, found.df, undefined, undefined, alternative, samples.backend
    )


def epps_singleton_2samp(
    x: ArrayLike,
    y: ArrayLike,
    t: Sequence[float] = (0.4, 0.8),
    *,
    axis: int | None = 0,
    nan_policy: NanPolicy = "propagate",
    keepdims: bool = False,
) -> EppsSingletonResult:
    """Test whether two samples come from one distribution, which need not be continuous.

    The characteristic functions of the samples are compared at a few points, so that ties do no
    harm. Signature, defaults and results are those of `scipy.stats.epps_singleton_2samp`.

    Parameters
    ----------
    x, y : array_like
        The samples, of five observations at least.
    t : sequence of float, default (0.4, 0.8)
        The points, in units of half the interquartile range of all values.
    axis : int or None, default 0
        The axis along which the observations lie; None flattens both samples first.
    nan_policy : {'propagate', 'omit', 'raise'}, default 'propagate'
        What to do about NaN: return NaN, leave them out, or raise ValueError.
    keepdims : bool, default False
        Whether the axis stays in the result, with length 1.

    Returns
    -------
    EppsSingletonResult
        NaN for samples with infinite values, or whose interquartile range is 0.

    Raises
    ------
    ValueError
        If a sample has fewer than five observations, a point is not positive, or there are NaN
        under ``nan_policy='raise'``.
    TypeError
        If a sample does not hold numbers.

    Warns
    -----
    RuntimeWarning
        If fewer than five observations are left of a sample after its NaN were omitted.

    References
    ----------
    .. [1] T. W. Epps and K. J. Singleton, "An omnibus test for the two-sample problem using the
       empirical characteristic function", Journal of Statistical Computation and Simulation 26
       (1986).

    Examples
    --------
    >>> from treering.stats import epps_singleton_2samp
    >>> result = epps_singleton_2samp([0, 1, 1, 2, 3, 2] * 3, [1, 3, 4, 4, 5, 7, 6] * 3)
    >>> result.pvalue < 0.001
    True
    """
    points = np.asarray(t, dtype=np.float64)
    if points.ndim != 1 or points.size == 0 or not ((points > 0) & np.isfinite(points)).all():
        raise ValueError(f"t must hold positive numbers, one at least; got {t!r:.60}")
    samples = Samples.read(
        (x, y),
        function="epps_singleton_2samp",
        names=("x", "y"),
        axis=axis,
        nan_policy=nan_policy,
        keepdims=keepdims,
        ranks_do=False,
    )

    def test(firsts: list[FloatArray], seconds: list[FloatArray]) -> list[Row]:
        return [one(first, second) for first, second in zip(firsts, seconds, strict=True)]

    def one(first: FloatArray, second: FloatArray) -> Row:
        waves = _native.waves(first, second, points.tolist())
        if waves is None:
            return (np.nan, np.nan)
        return _wave_test(waves[0], waves[1], (first.size, second.size))

    rows, shape = samples.each(test, least=5)
    statistic, pvalue = columns(rows, shape, 2)
    return EppsSingletonResult(statistic, pvalue, samples.backend)


def _wave_test(
    first: tuple[NDArray[Any], NDArray[Any]],
    second: tuple[NDArray[Any], NDArray[Any]],
    sizes: tuple[int, int],
) -> Row:
    (m, n), total = sizes, sum(sizes)

    def covariance(waves: tuple[NDArray[Any], NDArray[Any]]) -> NDArray[Any]:
        means, products = waves
        matrix: NDArray[Any] = products.reshape(len(means), -1) - np.outer(means, means)
        return matrix

    inverse = np.linalg.pinv(total / m * covariance(first) + total / n * covariance(second))
    apart = first[0] - second[0]
    statistic = float(total * (apart @ inverse @ apart))
    if max(m, n) < 25:  # the authors' correction
        statistic *= 1 / (1 + total**-0.45 + 10.1 * (m**-1.7 + n**-1.7))
    freedom = int(np.linalg.matrix_rank(inverse))
    return statistic, _native.chi_squared_tail(statistic, freedom)
