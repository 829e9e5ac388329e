"""From p-values to verdicts: corrected for the number of tests, or for what chance alone finds.

Changes too small to matter are left out before the correction, not after it: so what a correction
promises holds for what is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from treering.stats import adjust_pvalues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treering._corrections import Correction
    from treering._text import Verdict
    from treering.drift._column import Cause
    from treering.drift._compare import Finding
    from treering.drift._false_alarms import Resampled


class Judgement(NamedTuple):
    """What is said of a column, its corrected p-value, and which of its tests says so."""

    verdict: Verdict
    adjusted: float | None
    cause: Cause | None


class Evidence(NamedTuple):
    """One test of a column: its p-value, and whether the effect that it shows matters."""

    cause: Cause
    pvalue: float
    matters: bool


def evidence(finding: Finding, min_effect: float) -> list[Evidence]:
    """Return the tests of a column that have a p-value."""
    found: list[Evidence] = []
    outcome, effect = finding.outcome, finding.effect
    if outcome is not None and outcome.pvalue is not None:
        matters = effect is None or effect.size >= min_effect
        found.append(Evidence("values", outcome.pvalue, matters))
    if finding.missing_pvalue is not None:
        matters = finding.missing_effect >= min_effect
        found.append(Evidence("missing values", finding.missing_pvalue, matters))
    return found


def judge(
    findings: Sequence[Finding], alpha: float, correction: Correction | None, min_effect: float
) -> list[Judgement]:
    """Judge columns by their p-values, corrected for their number."""
    tests = [evidence(finding, min_effect) for finding in findings]
    adjusted = adjusted_pvalues(combined(tests, correction), correction)
    mattering = adjusted_pvalues(
        combined([[test for test in each if test.matters] for each in tests], correction, tests),
        correction,
    )
    found = []
    for finding, each, reported, after in zip(findings, tests, adjusted, mattering, strict=True):
        is_drift = after is not None and after < alpha
        cause = strongest([test for test in each if test.matters]).cause if is_drift else None
        found.append(_judged(finding, reported, cause))
    return found


def combined(
    tests: Sequence[Sequence[Evidence]],
    correction: Correction | None,
    made: Sequence[Sequence[Evidence]] | None = None,
) -> list[float | None]:
    """Return one p-value for each column, which holds for all of its tests if one is to correct.

    Parameters
    ----------
    tests
        Of each column.
    correction
        How columns are corrected for their number; None takes the smallest p-value as it is.
    made
        All tests that were made, if `tests` are some of them: a column without any of `tests` that
        was tested counts with a p-value of 1.
    """
    found: list[float | None] = []
    for each, all_made in zip(tests, made or tests, strict=True):
        factor = 1 if correction is None else len(all_made)
        smallest = min((test.pvalue for test in each), default=1.0 if all_made else None)
        found.append(None if smallest is None else min(1.0, factor * smallest))
    return found


def judge_by_windows(
    findings: Sequence[Finding], alpha: float, min_effect: float, windows: Resampled | None
) -> list[Judgement]:
    """Judge columns so that a share `alpha` of all reports about nothing raises any alarm.

    P-values of tests that windows of the reference were looked at by are adjusted by what these
    found (Westfall and Young's single step), and never by more than Bonferroni's factor; others,
    of which the windows know nothing, by that factor.
    """
    tests = [evidence(finding, min_effect) for finding in findings]
    count = sum(map(len, tests))
    covered = sum(
        _limit(finding, test) is not None
        for finding, each in zip(findings, tests, strict=True)
        for test in each
    )
    found = []
    for finding, each in zip(findings, tests, strict=True):
        adjusted = []
        for test in each:
            best, limit = min(1.0, count * test.pvalue), _limit(finding, test)
            if windows is not None and limit is not None:
                best = min(best, count / covered * windows.adjusted(limit))
            adjusted.append(best)
        small = [
            (best, test.cause)
            for best, test in zip(adjusted, each, strict=True)
            if test.matters and best < alpha
        ]
        cause = min(small)[1] if small else None
        found.append(_judged(finding, min(adjusted, default=None), cause))
    return found


def strongest(tests: Sequence[Evidence]) -> Evidence:
    """Return the test with the smallest p-value."""
    return min(tests, key=lambda test: test.pvalue)


def _limit(finding: Finding, test: Evidence) -> float | None:
    return finding.limit if test.cause == "values" else finding.missing_limit


def adjusted_pvalues(
    pvalues: list[float | None], correction: Correction | None
) -> list[float | None]:
    """Correct the p-values that there are for their number."""
    tested = [place for place, pvalue in enumerate(pvalues) if pvalue is not None]
    if correction is None or not tested:
        return pvalues
    adjusted = adjust_pvalues(np.array([pvalues[place] for place in tested]), correction)
    found: list[float | None] = [None] * len(pvalues)
    for place, pvalue in zip(tested, adjusted.tolist(), strict=True):
        found[place] = pvalue
    return found


def _judged(finding: Finding, adjusted: float | None, cause: Cause | None) -> Judgement:
    if finding.change is not None:
        return Judgement("drift", None, finding.change)
    outcome = finding.outcome
    is_beyond = (
        outcome is not None
        and finding.threshold is not None
        and outcome.statistic > finding.threshold
    )
    if cause is not None or is_beyond:
        return Judgement("drift", adjusted, cause or "values")
    return Judgement("not enough data" if outcome is None else "no drift", adjusted, None)
