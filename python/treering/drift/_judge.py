"""From p-values to verdicts: corrected for the number of tests, or for what chance alone finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from treering.stats import adjust_pvalues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treering._text import Verdict
    from treering.drift._compare import Finding
    from treering.drift._false_alarms import Resampled
    from treering.stats._multiple_testing import Correction


class Judgement(NamedTuple):
    """What is said of a column."""

    verdict: Verdict
    adjusted: float | None


def judge(
    findings: Sequence[Finding],
    alpha: float,
    correction: Correction | None,
    min_effect: float,
) -> list[Judgement]:
    """Judge columns by their p-values, corrected for their number.

    A column has drifted if its corrected p-value is below `alpha` and one of its tests that are
    small enough, of the values or of their missing share, shows an effect that matters.
    """
    factors = [1 if correction is None else max(1, len(_pvalues(finding))) for finding in findings]
    combined = [
        min(1.0, factor * min(pvalues)) if (pvalues := _pvalues(finding)) else None
        for finding, factor in zip(findings, factors, strict=True)
    ]
    adjusted = adjusted_pvalues(combined, correction)
    largest = max(
        (
            before
            for before, after in zip(combined, adjusted, strict=True)
            if before is not None and after is not None and after < alpha
        ),
        default=0.0,
    )
    return [
        _judged(
            finding,
            after,
            after is not None and after < alpha and _matters(finding, largest / factor, min_effect),
        )
        for finding, after, factor in zip(findings, adjusted, factors, strict=True)
    ]


def judge_by_windows(
    findings: Sequence[Finding], alpha: float, min_effect: float, windows: Resampled | None
) -> list[Judgement]:
    """Judge columns so that a share `alpha` of all reports about nothing raises any alarm.

    P-values of columns that windows of the reference were tested on are adjusted by what these
    found (Westfall and Young's single step), and never by more than Bonferroni's factor; others,
    of which the windows know nothing, by that factor.
    """
    tests = sum(len(_pvalues(finding)) for finding in findings)
    covered = sum(len(_pvalues(finding)) for finding in findings if finding.limit is not None)
    adjusted = []
    for finding in findings:
        pvalues = _pvalues(finding)
        best = min((tests * pvalue for pvalue in pvalues), default=None)
        limits = [p for p in (finding.limit, finding.missing_limit) if p is not None]
        if windows is not None and finding.limit is not None and best is not None:
            best = min(best, tests / covered * windows.adjusted(min(limits)))
        adjusted.append(None if best is None else min(1.0, best))
    largest = max(
        (
            min(_pvalues(finding))
            for finding, after in zip(findings, adjusted, strict=True)
            if after is not None and after < alpha
        ),
        default=0.0,
    )
    return [
        _judged(
            finding,
            after,
            after is not None and after < alpha and _matters(finding, largest, min_effect),
        )
        for finding, after in zip(findings, adjusted, strict=True)
    ]


def _pvalues(finding: Finding) -> list[float]:
    values = None if finding.outcome is None else finding.outcome.pvalue
    return [p for p in (values, finding.missing_pvalue) if p is not None]


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


def _matters(finding: Finding, largest: float, min_effect: float) -> bool:
    """Whether a test whose p-value is small enough shows an effect that is large enough."""
    values = None if finding.outcome is None else finding.outcome.pvalue
    by_values = (
        values is not None
        and values <= largest
        and (finding.effect is None or finding.effect.size >= min_effect)
    )
    missing = finding.missing_pvalue
    by_missing = missing is not None and missing <= largest and finding.missing_effect >= min_effect
    return by_values or by_missing


def _judged(finding: Finding, adjusted: float | None, is_drift: bool) -> Judgement:
    if finding.note is not None:  # it is another column now
        return Judgement("drift", None)
    outcome = finding.outcome
    if outcome is not None and finding.threshold is not None:
        is_drift = is_drift or outcome.statistic > finding.threshold
    if is_drift:
        return Judgement("drift", adjusted)
    return Judgement("not enough data" if outcome is None else "no drift", adjusted)
