"""P-values of distances, which know none of their own: by windows of the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincc

from treering.drift import _tests
from treering.drift._tests import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    assert pool is not None
    is_categorical = finding.kind == "categories"
    values = pool.codes[finding.name] if is_categorical else pool.numbers[finding.name]
    values = values[values >= 0] if is_categorical else values[~np.isnan(values)]
    window = min(finding.now[0], len(values) // 2)
    if window < 2:
        return []
    rng = np.random.default_rng(0)
    rest = len(values) - window
    sizes = (finding.before[0], finding.now[0])
    scale = sum(1 / size for size in sizes) / (1 / window + 1 / rest)
    scale **= _tests.exponent(finding.test)
    found = []
    for _ in range(_WINDOWS):
        drawn = rng.permutation(values)
        one, other = drawn[window:], drawn[:window]
        if is_categorical:
            count = int(values.max()) + 1
            counts = [np.bincount(side, minlength=count).tolist() for side in (one, other)]
            labels = [str(place) for place in range(count)]
            outcome = _tests.compare_categories(finding.test, labels, counts[0], counts[1])
        else:
            outcome = _tests.compare_numbers(finding.test, one, other)
        found.append(scale * outcome.statistic)
    return found


def _gamma_tail(statistic: float, found: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    mean, variance = float(found.mean()), float(found.var(ddof=1))
    if not (mean > 0 and variance > 1e-24 * mean * mean):
        return float(np.count_nonzero(found >= statistic) + 1) / (len(found) + 1)
    return float(gammaincc(mean * mean / variance, max(statistic, 0.0) * mean / variance))
