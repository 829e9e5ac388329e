"""P-values of distances, which know none of their own: by exchanging rows of both samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincc

from treering.drift import _tests
from treering.drift._tests import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering.drift._compare import Finding
    from treering.drift._reference import Reference

    Floats = NDArray[np.float64]

_EXCHANGES = 200
_MANY_EXCHANGES = 2000
"""Of distances between sorted values, which are quick to find and may have any law."""
_MOST_VALUES = 10_000
_LARGEST_COUNT = 10**9
"""numpy draws from no more."""


def add_pvalues(findings: Sequence[Finding], reference: Reference) -> None:
    """Give distances without a threshold a p-value.

    Where nothing has changed, rows of both samples may be exchanged: how large the distance is then
    is seen by doing so. Of some distances that has the gamma law of the same mean and variance;
    those between sorted values have any law, and a tail that is fitted [1]_.

    References
    ----------
    .. [1] T. Knijnenburg and others, "Fewer permutations, more accurate P-values", Bioinformatics
       25 (2009).
    """
    for finding in findings:
        outcome = finding.outcome
        if outcome is None or finding.test not in _tests.DISTANCES or finding.threshold is not None:
            continue
        if finding.kind == "categories":
            pvalue = _gamma_tail(outcome.statistic, _of_categories(finding))
        else:
            before, now = _samples(finding, reference)
            scale = _tests.null_scale(
                finding.test, (finding.before[0], finding.now[0]), (len(before), len(now))
            )
            if finding.test in _tests.BINNED:
                found = _of_bins(finding.test, before, now)
                pvalue = _gamma_tail(outcome.statistic, scale * found)
            else:
                found = _of_sorted(finding.test, before, now)
                pvalue = _fitted_tail(outcome.statistic, scale * found)
        finding.outcome = Outcome(outcome.statistic, pvalue)


def _samples(finding: Finding, reference: Reference) -> tuple[Floats, Floats]:
    """Return values of both sides, of many some of them."""
    pool = reference._pool
    if pool is None:
        raise ValueError(
            f"{finding.test} of column {finding.name!r} takes its p-value from rows of the "
            "reference, and this one was stored by an earlier release, without any: make it anew "
            "by Reference(table), or give thresholds="
        )
    before = pool.numbers[finding.name]
    before, now = before[~np.isnan(before)], finding.sample
    assert now is not None
    if len(now) > _MOST_VALUES:
        now = np.random.default_rng(1).choice(now, _MOST_VALUES, replace=False)
    return before, now.astype(np.float64)


def _of_categories(finding: Finding) -> Floats:
    """Return the distances between counts of which each row is on either side by chance."""
    assert finding.counts is not None
    before, now = (np.array(side, dtype=np.int64) for side in finding.counts)
    both = before + now
    shrink = max(1, -(-int(both.sum()) // _LARGEST_COUNT))
    drawn = np.random.default_rng(0).multivariate_hypergeometric(
        both // shrink, int(now.sum()) // shrink, size=_EXCHANGES, method="marginals"
    )
    found = []
    for counts in drawn * shrink:
        sides = (both - counts).tolist(), counts.tolist()
        found.append(_tests.compare_categories(finding.test, *sides).statistic)
    return np.array(found)


def _of_bins(test: str, before: Floats, now: Floats) -> Floats:
    both, rng = np.concatenate([before, now]), np.random.default_rng(0)
    found = []
    for _ in range(_EXCHANGES):
        drawn = rng.permutation(both)
        one, other = drawn[: len(before)], drawn[len(before) :]
        found.append(_tests.compare_numbers(test, one, other).statistic)
    return np.array(found)


def _of_sorted(test: str, before: Floats, now: Floats) -> Floats:
    """Return distances between the distribution functions of sorted values, exchanged at random."""
    both = np.sort(np.concatenate([before, now]))
    gaps = np.diff(both)
    rng = np.random.default_rng(0)
    is_now = np.repeat([0.0, 1.0], [len(before), len(now)])
    places = np.arange(1, len(both))
    found = np.empty(_MANY_EXCHANGES)
    for time in range(_MANY_EXCHANGES):
        above = np.cumsum(rng.permutation(is_now)[:-1])
        apart = above / len(now) - (places - above) / len(before)
        if test == "wasserstein_distance":
            found[time] = np.abs(apart) @ gaps
        else:
            found[time] = np.sqrt(2 * (apart * apart @ gaps))
    if test == "wasserstein_distance":
        found /= _tests.spread(before)
    return found


def _gamma_tail(statistic: float, found: Floats) -> float:
    mean, variance = float(found.mean()), float(found.var(ddof=1))
    if not variance > 1e-24 * mean * mean:
        return 1.0  # whatever is exchanged, all rows are alike
    return float(gammaincc(mean * mean / variance, max(statistic, 0.0) * mean / variance))


def _fitted_tail(statistic: float, found: Floats) -> float:
    """Return the share of distances that are as large; beyond the largest tenth by a Pareto law."""
    found = np.sort(found)
    if not found[-1] > found[0]:
        return 1.0
    larger = len(found) - int(np.searchsorted(found, statistic))
    start = len(found) - len(found) // 10
    if larger >= (len(found) - start) // 2:
        return (larger + 1) / (len(found) + 1)
    beyond = found[start:] - found[start - 1]
    # By probability-weighted moments; a tail that ends is taken for one that falls exponentially.
    mean = float(beyond.mean())
    ranks = 1 - (np.arange(1, len(beyond) + 1) - 0.35) / len(beyond)
    weighted = float((beyond * ranks).mean())
    shape = 2 - mean / max(mean - 2 * weighted, 1e-300)
    shape = min(max(shape, 0.0), 0.9)
    scale = mean * (1 - shape)
    over = (statistic - found[start - 1]) / scale
    tail = np.exp(-over) if shape < 1e-6 else (1 + shape * over) ** (-1 / shape)
    return float(max(tail, 0.0)) * len(beyond) / len(found)
