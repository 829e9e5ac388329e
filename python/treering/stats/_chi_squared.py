"""The chi-squared test of two vectors of counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from treering._core import stats as _native
from treering._frames import backend_of
from treering._results import Result


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
    aligned = _by_name(reference_counts, current_counts)
    reference = _counts(aligned[0], "reference_counts")
    current = _counts(aligned[1], "current_counts")
    statistic, pvalue, dof, cramers_v, method = _native.chi2_2samp(reference, current)
    backend = backend_of(reference_counts, current_counts)
    return ChiSquaredResult(statistic, pvalue, dof, cramers_v, method, backend)


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
