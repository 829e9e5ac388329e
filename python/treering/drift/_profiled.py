"""Drift between profiles: what can be told from constant memory, and what is undecided."""

from __future__ import annotations

import math
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from treering._sources import is_on_cluster
from treering.drift import _effect, _tests
from treering.drift._categories import side_by_side
from treering.drift._column import ColumnDrift
from treering.drift._compare import ABSENT, missing_pvalue
from treering.drift._drawing import shares_of
from treering.drift._judge import Evidence, adjusted_pvalues, combined, strongest
from treering.drift._match import refuse_strangers
from treering.drift._reference import Reference, select
from treering.drift._report import DriftReport
from treering.profile import BoundedDistance, BoundedTest, Profile, compare
from treering.stats import chi2_2samp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treering._corrections import Correction
    from treering._text import Verdict
    from treering.drift._column import Cause, Shares
    from treering.profile import ColumnProfile


_KINDS = ("numbers", "texts", "truth values")


def is_profiled(reference: Any, current: Any) -> bool:
    """Tell whether tables are compared by their profiles."""
    return _is_profiled(reference) or _is_profiled(current)


def _is_profiled(data: Any) -> bool:
    return isinstance(data, Profile | str | PathLike) or is_on_cluster(data) or _is_stream(data)


def _is_stream(data: Any) -> bool:
    """Whether rows come in batches, of which each is read once."""
    return hasattr(data, "__arrow_c_stream__") and not hasattr(data, "columns")


def compare_profiles(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] | None,
    alpha: float,
    correction: Correction | None,
    min_size: int,
    min_effect: float,
    false_alarms: str | None,
) -> DriftReport:
    """Compare two tables by what their profiles know."""
    before = _profile_of(reference)
    now = _profile_of(current)
    names, skipped = _matched(before, now, columns)
    if false_alarms is not None:
        correction = "bonferroni"  # which holds however the columns go together
    pairs = [_compare(before, now, name, min_size) for name in names if name in now]
    every = [pair.evidence(1, 0, 0.0) for pair in pairs]
    reported = adjusted_pvalues(combined(every, correction), correction)
    # What is sure at one end of the bounds, and what is possible at the other.
    sure, possible = (
        adjusted_pvalues(combined(tests, correction, every), correction)
        for tests in (
            [pair.evidence(1, 0, min_effect) for pair in pairs],
            [pair.evidence(0, 1, min_effect) for pair in pairs],
        )
    )
    found = {name: _absent(before, now, name) for name in names if name not in now}
    found |= {
        pair.name: pair.told(
            after,
            is_sure=one is not None and one < alpha,
            is_possible=other is not None and other < alpha,
            min_effect=min_effect,
            backend=now.backend,
        )
        for pair, after, one, other in zip(pairs, reported, sure, possible, strict=True)
    }
    return DriftReport(
        columns={name: found[name] for name in names},
        skipped=skipped,
        alpha=alpha,
        correction=correction,
        min_size=min_size,
        reference_rows=before.rows,
        current_rows=now.rows,
        backend=now.backend,
        min_effect=min_effect,
        false_alarms=false_alarms,
    )


def _profile_of(data: Any) -> Profile:
    if isinstance(data, Profile):
        return data
    return data.profile if isinstance(data, Reference) else Profile.of(data)


def _matched(
    before: Profile, now: Profile, columns: Sequence[str] | None
) -> tuple[list[str], dict[str, str]]:
    """Return the columns to compare, and why others are not."""
    chosen = before.names if columns is None else select(before.names, columns, where="reference")
    skipped = {name: "not in the reference" for name in now.names if name not in before}
    names = []
    for name in chosen:
        why = _why_not(before[name])
        if why is None:
            names.append(name)
        elif columns is not None:
            raise ValueError(f"column {name!r} of reference cannot be compared: it {why}")
        else:
            skipped[name] = why
    if not names:
        raise ValueError(f"reference has no column to compare; skipped: {', '.join(skipped)}")
    refuse_strangers(names, now.names)
    return names, skipped if columns is None else {}


def _why_not(column: ColumnProfile) -> str | None:
    present = column.rows - column.missing
    if column.kind == "texts" and (column.distinct or 0) > max(100, 0.9 * present):
        return f"holds {column.distinct:,} different texts, like an identifier"
    if column.kind in _KINDS:
        return None
    return f"holds {column.kind}" if column.kind != "empty" else "holds no values"


@dataclass
class _Bounded:
    """A test: between which p-values, and which changes as shares of the rows, it lies."""

    pvalues: tuple[float, float]
    effect: tuple[float, float]


@dataclass
class _Pair:
    """A column of two profiles."""

    name: str
    before: ColumnProfile
    now: ColumnProfile
    test: str
    values: _Bounded | None = None
    missing: _Bounded | None = None
    interval: tuple[float, float] | None = None
    statistic: float | None = None
    shares: Shares | None = None
    note: str | None = None

    def evidence(self, pvalue: int, effect: int, min_effect: float) -> list[Evidence]:
        """Return the tests that matter, at these ends of the bounds of p-values and effects."""
        tests: list[tuple[Cause, _Bounded | None]] = [
            ("values", self.values),
            ("missing values", self.missing),
        ]
        return [
            Evidence(cause, test.pvalues[pvalue], matters=True)
            for cause, test in tests
            if test is not None and test.effect[effect] >= min_effect
        ]

    def told(
        self,
        adjusted: float | None,
        *,
        is_sure: bool,
        is_possible: bool,
        min_effect: float,
        backend: str | None,
    ) -> ColumnDrift:
        """Return what is told of the column: a drift only if it is one within all bounds."""
        verdict: Verdict = "no drift" if self.values is not None else "not enough data"
        cause: Cause | None = None
        if self.note is not None:
            verdict, cause = "drift", "type"
        elif is_sure:
            tests = self.evidence(1, 0, min_effect)
            verdict, cause = "drift", strongest(tests).cause
        elif is_possible:
            verdict = "undecided"
        values = self.values
        sizes = [_present(column) for column in (self.before, self.now)]
        is_missing = [column.missing_share for column in (self.before, self.now)]
        return ColumnDrift(
            column=self.name,
            test="type" if self.note is not None else self.test,
            statistic=self.statistic,
            pvalue=None if values is None else values.pvalues[1],
            adjusted_pvalue=adjusted,
            drift=verdict == "drift",
            verdict=verdict,
            reference_size=sizes[0],
            current_size=sizes[1],
            reference_missing=is_missing[0],
            current_missing=is_missing[1],
            location=None,
            sign=None,
            missing_pvalue=None if self.missing is None else self.missing.pvalues[1],
            kind="numbers" if self.before.kind == "numbers" else "categories",
            effect_size=None if values is None else sum(values.effect) / 2,
            effect_low=None if self.interval is None else self.interval[0],
            effect_high=None if self.interval is None else self.interval[1],
            cause=cause,
            note=self.note or self._between(),
            shares=self.shares,
            backend=backend,
        )

    def _between(self) -> str | None:
        if self.values is None or self.values.effect[0] == self.values.effect[1]:
            return None
        low, high = self.values.effect
        return f"the effect in these rows lies between {low:.4g} and {high:.4g}"


def _compare(before: Profile, now: Profile, name: str, min_size: int) -> _Pair:
    one, other = before[name], now[name]
    is_number = one.kind == "numbers"
    pair = _Pair(name, one, other, _tests.KS if is_number else _tests.CHI_SQUARED)
    if other.kind not in {one.kind, "empty"}:
        pair.note = f"was a column of {one.kind}, and now holds {other.kind}"
        return pair
    counts = [(_present(column), column.missing) for column in (one, other)]
    pvalue = missing_pvalue(counts[0], counts[1], min_size)
    if pvalue is not None:
        change = abs(one.missing_share - other.missing_share)
        pair.missing = _Bounded((pvalue, pvalue), (change, change))
    if min(counts[0][0], counts[1][0]) < min_size:
        return pair
    sizes = (counts[0][0], counts[1][0])
    if is_number:
        test = compare(before, now, name, "ks_2samp")
        assert isinstance(test, BoundedTest)
        bounds = (test.statistic_low, test.statistic_high)
        pair.values = _Bounded((test.pvalue_low, test.pvalue_high), bounds)
        outer = [_effect.of_numbers(bound, sizes) for bound in bounds]
        pair.interval = (outer[0].low, outer[1].high)
        pair.statistic = sum(bounds) / 2
        return pair
    first, second = _categories(before, name), _categories(now, name)
    if first is None or second is None:
        distance = compare(before, now, name, "total_variation", smoothing=0)
        assert isinstance(distance, BoundedDistance)
        low, high = (0.0, 1.0) if math.isnan(distance.low) else (distance.low, distance.high)
        pair.values, pair.interval = _Bounded((0.0, 1.0), (low, high)), (0.0, 1.0)
        return pair
    labels, then, after = side_by_side(first, second)
    found = chi2_2samp(then, after)
    effect = _effect.of_categories(then, after)
    pair.values = _Bounded((found.pvalue, found.pvalue), (effect.size, effect.size))
    pair.statistic = found.statistic
    pair.interval = (effect.low, effect.high)
    pair.shares = shares_of(labels, then, after)
    return pair


def _absent(before: Profile, now: Profile, name: str) -> ColumnDrift:
    column = before[name]
    return ColumnDrift(
        column=name,
        test="absent",
        statistic=None,
        pvalue=None,
        adjusted_pvalue=None,
        drift=True,
        verdict="drift",
        reference_size=_present(column),
        current_size=0,
        reference_missing=column.missing_share,
        current_missing=1.0 if now.rows else 0.0,
        location=None,
        sign=None,
        missing_pvalue=None,
        kind="numbers" if column.kind == "numbers" else "categories",
        cause="absent",
        note=ABSENT,
        backend=now.backend,
    )


def _present(column: ColumnProfile) -> int:
    return column.rows - column.missing


def _categories(profile: Profile, name: str) -> dict[str, int] | None:
    """Return how often each category occurs; None if that is not known exactly."""
    column = profile[name]
    if column.kind == "truth values":
        true = column.true or 0
        return {"false": _present(column) - true, "true": true}
    counts = profile.value_counts(name)
    return counts if sum(counts.values()) == _present(column) else None
