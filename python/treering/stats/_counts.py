"""Two-sample tests of counts: chi-squared, G, Fisher's, and of two shares."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from treering._checks import one_of
from treering._core import stats as _native
from treering._frames import backend_of
from treering._results import Result
from treering.stats._samples import number_array
from treering.stats._two_samples import ALTERNATIVES


@dataclass(frozen=True, slots=True)
class ChiSquaredResult(Result):
    """The result of `chi2_2samp`.

    Parameters
    ----------
    statistic : float
        Pearson's chi-squared, without a continuity correction.
    pvalue : float
        The p-value.
    dof : int
        The degrees of freedom: the categories that occur, less one.
    cramers_v : float
        How far the two distributions are apart, from 0 to 1, whatever the sample sizes.
    method : str
        Where the p-value comes from: "asymptotic" (the chi-squared law), "exact" (all tables with
        the same margins), "resampled" (random ones) or "bounded" (the exact chance of the category
        that is furthest off, times the number of categories).
    backend : str or None, default None
        The library that the counts came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import chi2_2samp
    >>> chi2_2samp([50, 50], [50, 50])
    ChiSquaredResult(statistic=0.0, pvalue=1.0, dof=1, cramers_v=0.0, method='exact')
    """

    statistic: float
    pvalue: float
    dof: int
    cramers_v: float
    method: Literal["asymptotic", "exact", "resampled", "bounded"] = "asymptotic"
    backend: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class GTestResult(Result):
    """The result of `g_test_2samp`.

    Parameters
    ----------
    statistic : float
        Twice the logarithm of the likelihood ratio.
    pvalue : float
        The p-value.
    dof : int
        The degrees of freedom: the categories that occur, less one.
    cramers_v : float
        How far the two distributions are apart, from 0 to 1, whatever the sample sizes.
    method : str
        Where the p-value comes from, as in `chi2_2samp`.
    backend : str or None, default None
        The library that the counts came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import g_test_2samp
    >>> g_test_2samp([50, 50], [50, 50])
    GTestResult(statistic=0.0, pvalue=1.0, dof=1, cramers_v=0.0, method='exact')
    """

    statistic: float
    pvalue: float
    dof: int
    cramers_v: float
    method: Literal["asymptotic", "exact", "resampled", "bounded"] = "asymptotic"
    backend: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class FisherExactResult(Result):
    """The result of `fisher_exact_2samp`.

    Parameters
    ----------
    statistic : float
        Of two categories the ratio of the odds of the first one, reference to current; of more the
        chance of the counts, given the sizes of the samples and of the categories.
    pvalue : float
        The p-value.
    cramers_v : float
        How far the two distributions are apart, from 0 to 1, whatever the sample sizes.
    method : str
        Where the p-value comes from, as in `chi2_2samp`.
    backend : str or None, default None
        The library that the counts came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import fisher_exact_2samp
    >>> fisher_exact_2samp([8, 2], [1, 5]).statistic
    20.0
    """

    statistic: float
    pvalue: float
    cramers_v: float
    method: Literal["asymptotic", "exact", "resampled", "bounded"] = "exact"
    backend: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ProportionsResult(Result):
    """The result of `proportions_ztest`, which unpacks as ``(statistic, pvalue)``.

    Parameters
    ----------
    statistic : float
        The difference of the shares, reference less current, in standard errors.
    pvalue : float
        The p-value.
    reference_share, current_share : float
        The share of True in either sample.
    backend : str or None, default None
        The library that the samples came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.stats import proportions_ztest
    >>> proportions_ztest([True, True, False, False], [True, False, False, False]).current_share
    0.25
    """

    statistic: float
    pvalue: float
    reference_share: float
    current_share: float
    backend: str | None = field(default=None, repr=False, compare=False)

    def __iter__(self) -> Iterator[float]:
        return iter((self.statistic, self.pvalue))


def chi2_2samp(
    reference_counts: ArrayLike | Mapping[Any, int], current_counts: ArrayLike | Mapping[Any, int]
) -> ChiSquaredResult:
    """Test whether two vectors of counts come from one distribution over categories.

    Parameters
    ----------
    reference_counts, current_counts : array_like of shape (n_categories,), or mapping
        How often each category occurs in either sample: in the same order of categories, or by
        name, as mappings such as a ``Counter`` or as pandas Series whose index holds the
        categories, such as ``value_counts()`` gives. Categories that occur in neither are left out.

    Returns
    -------
    ChiSquaredResult
        The statistic, p-value, degrees of freedom and effect size.

    Raises
    ------
    ValueError
        If the lengths differ, a count is negative or not a whole number, or a sample has no
        observations.

    Notes
    -----
    For two categories the p-value is exact, conditional on the margins. For more it comes from the
    chi-squared law, as `scipy.stats.chi2_contingency` with ``correction=False`` has it, if the
    rarest category is expected often enough for how small the p-value is: at least five times, and
    at least (-2 ln p)^3 / 9 times. (Far out in its tail, where corrections for many tests look, the
    law would reject many times too often.) Otherwise it is the share of tables that are at least
    as uneven, among the observed one and random ones with the same margins: drawn until 400 of them
    are, 9,999 at most, and 99,999 where fewer than ten of those are. A category so far off that its
    exact tail, times the number of categories, is at most 1e-6 gives that product as the p-value;
    the others are raised by 1e-6 in return, so that no p-value comes more often than it says, on
    average over the keys of the random tables; a single one carries the error of its tables. They
    are drawn under keys made of the margins: equal counts always give equal p-values.

    References
    ----------
    .. [1] A. C. A. Hope, "A simplified Monte Carlo significance test procedure", Journal of the
       Royal Statistical Society B 30 (1968).
    .. [2] J. Besag and P. Clifford, "Sequential Monte Carlo p-values", Biometrika 78 (1991).

    Examples
    --------
    >>> from treering.stats import chi2_2samp
    >>> result = chi2_2samp([30, 70], [50, 50])
    >>> round(result.statistic, 2), round(result.pvalue, 4), round(result.cramers_v, 2)
    (8.33, 0.0059, 0.2)
    >>> chi2_2samp({"ant": 30, "bee": 70}, {"bee": 50, "ant": 50}) == result
    True
    """
    statistic, pvalue, dof, cramers_v, method = _compared(
        reference_counts, current_counts, "pearson"
    )
    backend = backend_of(reference_counts, current_counts)
    return ChiSquaredResult(statistic, pvalue, dof, cramers_v, method, backend)


def g_test_2samp(
    reference_counts: ArrayLike | Mapping[Any, int], current_counts: ArrayLike | Mapping[Any, int]
) -> GTestResult:
    """Test whether two vectors of counts come from one distribution, by the likelihood ratio.

    Parameters
    ----------
    reference_counts, current_counts : array_like of shape (n_categories,), or mapping
        As for `chi2_2samp`.

    Returns
    -------
    GTestResult
        The statistic, p-value, degrees of freedom and effect size.

    Raises
    ------
    ValueError
        If the lengths differ, a count is negative or not a whole number, or a sample has no
        observations.

    Notes
    -----
    The statistic is that of `scipy.stats.chi2_contingency` with ``lambda_="log-likelihood"`` and
    ``correction=False``, and so is the p-value where the chi-squared law gives it; elsewhere it is
    exact or resampled, as in `chi2_2samp`.

    References
    ----------
    .. [1] R. R. Sokal and F. J. Rohlf, "Biometry", chapter 17 (1981).

    Examples
    --------
    >>> from treering.stats import g_test_2samp
    >>> result = g_test_2samp([30, 70], [50, 50])
    >>> round(result.statistic, 2), round(result.pvalue, 4)
    (8.4, 0.0059)
    """
    statistic, pvalue, dof, cramers_v, method = _compared(
        reference_counts, current_counts, "log-likelihood"
    )
    backend = backend_of(reference_counts, current_counts)
    return GTestResult(statistic, pvalue, dof, cramers_v, method, backend)


def fisher_exact_2samp(
    reference_counts: ArrayLike | Mapping[Any, int], current_counts: ArrayLike | Mapping[Any, int]
) -> FisherExactResult:
    """Test whether two vectors of counts come from one distribution, by the chance of the counts.

    Parameters
    ----------
    reference_counts, current_counts : array_like of shape (n_categories,), or mapping
        As for `chi2_2samp`.

    Returns
    -------
    FisherExactResult
        The statistic, p-value and effect size.

    Raises
    ------
    ValueError
        If the lengths differ, a count is negative or not a whole number, or a sample has no
        observations.

    Notes
    -----
    The p-value is the chance of all counts that are no likelier than the observed ones, given the
    sizes of the samples and of the categories. For two categories it is that of
    `scipy.stats.fisher_exact`, however large the counts. For more (Freeman and Halton's extension)
    all tables are looked at where there are at most about a hundred thousand; elsewhere random
    ones, or the chi-squared law of the likelihood ratio, as in `chi2_2samp`.

    References
    ----------
    .. [1] R. A. Fisher, "Statistical Methods for Research Workers", section 21.02 (1934).
    .. [2] G. H. Freeman and J. H. Halton, "Note on an exact treatment of contingency, goodness of
       fit and other problems of significance", Biometrika 38 (1951).

    Examples
    --------
    >>> from treering.stats import fisher_exact_2samp
    >>> result = fisher_exact_2samp([8, 2], [1, 5])
    >>> result.statistic, round(result.pvalue, 4)
    (20.0, 0.035)
    """
    statistic, pvalue, _, cramers_v, method = _compared(reference_counts, current_counts, "chance")
    backend = backend_of(reference_counts, current_counts)
    return FisherExactResult(statistic, pvalue, cramers_v, method, backend)


def proportions_ztest(
    reference: ArrayLike, current: ArrayLike, *, alternative: str = "two-sided"
) -> ProportionsResult:
    """Test whether two samples of truth values have one share of True.

    Parameters
    ----------
    reference, current : array_like
        Truth values, or 0 and 1, one for each observation; missing ones are left out.
    alternative : {'two-sided', 'less', 'greater'}, default 'two-sided'
        What the test looks for: 'less' means that the share of the reference is the lesser one.

    Returns
    -------
    ProportionsResult
        The share of both samples together gives the standard error. NaN if it is 0 or 1.

    Raises
    ------
    ValueError
        If a value is neither 0 nor 1, or a sample has no observations.
    TypeError
        If a sample holds neither truth values nor numbers.

    Notes
    -----
    The normal law stands for the binomial one: with fewer than ten of either value in a sample,
    `fisher_exact_2samp` is to be preferred, which is exact.

    Examples
    --------
    >>> from treering.stats import proportions_ztest
    >>> statistic, pvalue = proportions_ztest([1] * 30 + [0] * 70, [1] * 50 + [0] * 50)
    >>> round(statistic, 3), round(pvalue, 4)
    (-2.887, 0.0039)
    """
    one_of("alternative", alternative, ALTERNATIVES, optional=False)
    before, now = _share_of(reference, "reference"), _share_of(current, "current")
    return proportions_of_counts(before, now, alternative, backend_of(reference, current))


def proportions_of_counts(
    before: tuple[int, int],
    now: tuple[int, int],
    alternative: str = "two-sided",
    backend: str | None = None,
) -> ProportionsResult:
    """Test how many of how many values are True in two samples, as `proportions_ztest` does."""
    hits, sizes = zip(before, now, strict=True)
    shares = (hits[0] / sizes[0], hits[1] / sizes[1])
    together = sum(hits) / sum(sizes)
    error = math.sqrt(together * (1 - together) * (1 / sizes[0] + 1 / sizes[1]))
    statistic = (shares[0] - shares[1]) / error if error else math.nan
    pvalue = _native.normal_pvalue(statistic, alternative)
    return ProportionsResult(statistic, pvalue, *shares, backend)


def _share_of(values: ArrayLike, name: str) -> tuple[int, int]:
    """Return how many values are 1, and how many there are."""
    numbers = number_array(values, name).ravel()
    if numbers.dtype.kind == "f":
        numbers = numbers[~np.isnan(numbers)]
    other = numbers[(numbers != 0) & (numbers != 1)]
    if other.size:
        raise ValueError(f"{name} must hold truth values, or 0 and 1; got {other[0]}")
    if not numbers.size:
        raise ValueError(f"{name} has no observations; expected one at least")
    return int(np.count_nonzero(numbers)), int(numbers.size)


def _compared(reference: Any, current: Any, kind: str) -> tuple[Any, ...]:
    before, now = _by_name(reference, current)
    return _native.homogeneity(
        _counts(before, "reference_counts"), _counts(now, "current_counts"), kind
    )


def _by_name(reference: Any, current: Any) -> tuple[Any, Any]:
    """Put counts that carry the names of their categories in one order."""
    before = _named(reference, "reference_counts")
    now = _named(current, "current_counts")
    if before is None or now is None:
        if isinstance(reference, Mapping) != isinstance(current, Mapping):
            raise TypeError(
                "one of reference_counts and current_counts maps categories to counts, the other "
                "does not; give both in one way"
            )
        return reference, current
    every = list(dict.fromkeys([*before, *now]))
    return [before.get(name, 0) for name in every], [now.get(name, 0) for name in every]


def _named(counts: Any, what: str) -> dict[Any, Any] | None:
    """Return counts by the names of their categories; None where they go by position."""
    if isinstance(counts, Mapping):
        return dict(counts)
    index = getattr(counts, "index", None)
    if index is None or callable(index) or type(index).__name__ == "RangeIndex":
        return None
    names = list(index)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{what} holds the category {twice!r:.60} more than once")
    return dict(zip(names, counts, strict=True))


def _counts(values: ArrayLike, name: str) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(
            f"{name} must be one-dimensional; got {array.ndim} dimensions: of a table of "
            "categories and counts, give dict(zip(categories, counts))"
        )
    if array.size == 0:
        raise ValueError(f"{name} is empty; expected the count of at least one category")
    if array.dtype.kind not in "iufb":
        raise TypeError(
            f"{name} must hold counts; got {array.dtype}: count how often each category occurs "
            "first, such as by collections.Counter(values) or pandas' value_counts()"
        )
    if array.dtype.kind == "f" and not (np.isfinite(array) & (array == np.floor(array))).all():
        raise ValueError(f"{name} must hold whole numbers: counts, not shares")
    if (np.abs(array.astype(np.float64)) >= 2.0**63).any():
        raise ValueError(f"{name} must hold counts below 2^63")
    return array.astype(np.int64)
