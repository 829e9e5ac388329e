"""The tests and distances of a column, under their names in `treering.stats`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from treering import stats
from treering.stats._counts import proportions_of_counts
from treering.stats._divergences import distance_of_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

KS = "ks"
CHI_SQUARED = "chi2_2samp"

DISTANCES = (
    "wasserstein_distance",
    "energy_distance",
    "psi",
    "jensen_shannon",
    "kl_divergence",
    "hellinger",
    "total_variation",
    "l_infinity",
    "cramers_v",
)
"""What says how far two samples are apart, and knows no p-value of its own."""

_QUADRATIC = ("psi", "kl_divergence")
"""Of distances those that fall with the size of samples, rather than with its root."""

BINNED = DISTANCES[2:]

_OF_NUMBERS = (
    KS,
    "ks_2samp",
    "mannwhitneyu",
    "cramervonmises_2samp",
    "anderson_ksamp",
    "ttest_ind",
    "epps_singleton_2samp",
    *DISTANCES,
)
_OF_CATEGORIES = (
    CHI_SQUARED,
    "g_test_2samp",
    "fisher_exact_2samp",
    "proportions_ztest",
    *BINNED,
)

TESTS = tuple(dict.fromkeys((*_OF_NUMBERS, *_OF_CATEGORIES)))


class Outcome(NamedTuple):
    """What a test found; the p-value of a distance is None."""

    statistic: float
    pvalue: float | None


def fits(test: str, *, is_categorical: bool) -> bool:
    """Tell whether a test can compare columns of this kind."""
    return test in (_OF_CATEGORIES if is_categorical else _OF_NUMBERS)


def null_scale(test: str, sizes: tuple[int, int], others: tuple[int, int]) -> float:
    """Return by how much a distance of samples of these sizes is larger than of others by chance.

    Where nothing has changed, most fall with the root of 1/n + 1/m, quadratic ones with it, and
    Cramer's V, which divides by the number of all values, with the root of that number.
    """
    if test == "cramers_v":
        return float(np.sqrt(sum(others) / sum(sizes)))
    ratio = sum(1 / size for size in sizes) / sum(1 / size for size in others)
    return float(ratio if test in _QUADRATIC else np.sqrt(ratio))


def compare_numbers(test: str, before: NDArray[Any], now: NDArray[Any]) -> Outcome:
    """Compare two samples of numbers without missing ones."""
    if test == "wasserstein_distance":
        # In units of the reference's spread, so that columns can be told apart by it.
        return Outcome(stats.wasserstein_distance(before, now) / spread(before), None)
    if test in DISTANCES:
        return Outcome(float(getattr(stats, test)(before, now)), None)
    if test == "anderson_ksamp":
        found: Any = stats.anderson_ksamp([before, now])
    elif test == "ttest_ind":
        found = stats.ttest_ind(before, now, equal_var=False)
    else:
        compare: Callable[..., Any] = getattr(stats, test)
        found = compare(before, now)
    return Outcome(float(found.statistic), float(found.pvalue))


def spread(values: NDArray[Any]) -> float:
    """Return the standard deviation of a normal law with these quartiles, or that of the values."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return 1.0
    low, high = np.percentile(finite, [25, 75])
    return float((high - low) / 1.349) or float(finite.std()) or 1.0


def compare_categories(test: str, before: Sequence[int], now: Sequence[int]) -> Outcome:
    """Compare two vectors of counts, the reference's most frequent category first.

    The share of that one is what `proportions_ztest` compares.
    """
    if test in DISTANCES:
        named = [
            {str(place): count for place, count in enumerate(counts) if count}
            for counts in (before, now)
        ]
        return Outcome(distance_of_counts(test, *named), None)
    if test == "proportions_ztest":
        found: Any = proportions_of_counts((before[0], sum(before)), (now[0], sum(now)))
    else:
        found = getattr(stats, test)(list(before), list(now))
    return Outcome(float(found.statistic), float(found.pvalue))
