"""P-values of distances, which know none of their own: by windows of the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincc

from treering.drift import _tests
from treering.drift._categories import side_by_side
from treering.drift._tests import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering.drift._compare import Finding
    from treering.drift._reference import Reference

_WINDOWS = 200


def add_pvalues(findings: Sequence[Finding], reference: Reference) -> None:
    """Give distances without a threshold a p-value.

    The distance of 200 windows of the reference's own rows from the other rows, brought to the
    sizes at hand, has a mean and a variance; the p-value is that of the gamma law that has both,
    which is the law of many distances where nothing has changed.
    """
    for finding in findings:
        outcome = finding.outcome
        if outcome is None or finding.test not in _tests.DISTANCES or finding.threshold is not None:
            continue
        found = _of_windows(finding, reference)
        pvalue = 1.0 if not found else _gamma_tail(outcome.statistic, np.array(found))
        finding.outcome = Outcome(outcome.statistic, pvalue)


def _of_windows(finding: Finding, reference: Reference) -> list[float]:
    """Return the distances of windows, as if they and the rest were as large as the samples."""
    pool = reference._pool
    if pool is None:
        raise ValueError(
            f"{finding.test} of column {finding.name!r} takes its p-value from rows of the "
            "reference, and this one was stored by an earlier release, without any: make it anew "
            "by Reference(table), or give thresholds="
        )
    is_categorical = finding.kind == "categories"
    values = pool.codes[finding.name] if is_categorical else pool.numbers[finding.name]
    values = values[values >= 0] if is_categorical else values[~np.isnan(values)]
    window = min(finding.now[0], len(values) // 2)
    if window < 2:
        return []
    rng = np.random.default_rng(0)
    rest = len(values) - window
    sizes = (finding.before[0], finding.now[0])
    scale = _tests.null_scale(finding.test, sizes, (rest, window))
    found = []
    for _ in range(_WINDOWS):
        drawn = rng.permutation(values)
        one, other = drawn[window:], drawn[:window]
        if is_categorical:
            _, before, now = side_by_side(_counted(one), _counted(other))
            outcome = _tests.compare_categories(finding.test, before, now)
        else:
            outcome = _tests.compare_numbers(finding.test, one, other)
        found.append(scale * outcome.statistic)
    return found


def _counted(codes: NDArray[np.int64]) -> dict[str, int]:
    found, counts = np.unique(codes, return_counts=True)
    return {str(code): int(count) for code, count in zip(found, counts, strict=True)}


def _gamma_tail(statistic: float, found: NDArray[np.float64]) -> float:
    mean, variance = float(found.mean()), float(found.var(ddof=1))
    if not (mean > 0 and variance > 1e-24 * mean * mean):
        return float(np.count_nonzero(found >= statistic) + 1) / (len(found) + 1)
    return float(gammaincc(mean * mean / variance, max(statistic, 0.0) * mean / variance))
