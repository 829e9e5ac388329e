"""A column beside what is expected of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treering._axis import label_text
from treering._categories import read_categories
from treering._results import percent_text
from treering._text import counted
from treering.quality._chance import chance_of_more, chance_of_new_categories
from treering.quality._findings import QualityFinding
from treering.quality._units import changed_scale, changed_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from treering.quality._expectations import ColumnExpectation
    from treering.quality._facts import ColumnFacts
    from treering.quality._findings import Check
    from treering.quality._judge import Judge
    from treering.quality._source import Source

_NEAR_CONSTANT = 0.99
_FAR = 3.0
"""Numbers so many times the width of the range outside of it are told, if not a fault."""
_LIGHT = 2.5
_SINGLE = 2.0**-23
_MOST_NAMED = 5


def check_column(
    judge: Judge,
    source: Source,
    expectation: ColumnExpectation,
    facts: ColumnFacts,
    min_effect: float,
) -> None:
    """Look at one column of a table that has rows."""
    name = expectation.column
    _check_type(judge, expectation, facts)
    _check_missing(judge, expectation, facts, min_effect)
    if not facts.values or facts.kinds.keys().isdisjoint(expectation.kinds or facts.kinds):
        return  # nothing is left that could be as expected
    if expectation.finite:
        judge.checks += 1
        if facts.infinite:
            found = f"{counted(facts.infinite, 'infinite value')}"
            judge.fault(name, "infinite values", found, "finite numbers", facts.infinite)
    if not _check_use(judge, expectation, facts):
        return
    has_own_range = not {"low", "high"}.isdisjoint(expectation.edited)
    before = None if has_own_range else expectation.reference
    judge.checks += 1 if before is not None and facts.kinds.get("numbers") else 0
    unit = None if before is None else changed_unit(before, facts)
    if unit is not None:
        judge.fault(name, "unit", unit, "the reference's unit")
    elif facts.kinds.get("numbers"):
        _check_range(judge, source, expectation, facts)
        scale = None if before is None else changed_scale(before, facts)
        if scale is not None:
            judge.warning(name, "unit", scale, "the reference's scale")
    if expectation.categories is not None and facts.kinds.get("texts"):
        _check_categories(judge, source, expectation, facts)
    if facts.is_exact:
        _check_variety(judge, expectation, facts)


def _check_use(judge: Judge, expectation: ColumnExpectation, facts: ColumnFacts) -> bool:
    """Tell whether bounds that were set by hand are about values of this kind."""
    edited = set(expectation.edited)
    for bounds, kind, what in (
        ({"low", "high"}, "numbers", "a range"),
        ({"categories"}, "texts", "categories"),
    ):
        own = {bound for bound in bounds & edited if getattr(expectation, bound) is not None}
        if own and kind not in facts.kinds:
            found = f"holds {' and '.join(facts.kinds)}"
            judge.fault(expectation.column, "type", found, f"{kind}, which {what} was set for")
            return False
    return True


def _check_type(judge: Judge, expectation: ColumnExpectation, facts: ColumnFacts) -> None:
    """Look for values of kinds that are not expected."""
    if not expectation.kinds:
        return
    judge.checks += 1
    others = {kind: n for kind, n in facts.kinds.items() if kind not in expectation.kinds}
    if others:
        whole = " alone" if others.keys() == facts.kinds.keys() else ""
        told = ", ".join(f"{kind} ({count:,})" for kind, count in others.items())
        judge.fault(
            expectation.column,
            "type",
            f"holds {told}{whole}",
            " or ".join(expectation.kinds),
            sum(others.values()),
        )


def _check_missing(
    judge: Judge, expectation: ColumnExpectation, facts: ColumnFacts, min_effect: float
) -> None:
    share = facts.missing_share
    found = f"{_percent(share)} of values are missing"
    if "missing" in expectation.edited:
        judge.checks += 1
        if share > expectation.missing:
            allowed = f"at most {_percent(expectation.missing)}"
            judge.fault(expectation.column, "missing values", found, allowed, facts.missing)
        return
    before = expectation.reference
    if before is None or not before.rows:
        return
    judge.checks += 1
    pvalue = chance_of_more(facts.missing, facts.rows, before.missing, before.rows)
    finding = None
    allowed = f"about {_percent(before.missing_share)}"
    if share - before.missing_share >= min_effect:
        finding = _finding(
            judge, expectation, "missing values", (found, allowed), facts.missing, pvalue
        )
    judge.tested(pvalue, finding)
    if facts.missing and not before.missing:  # none so far: worth a look, however few they are
        judge.warning(expectation.column, "missing values", found, allowed, facts.missing)


def _check_range(
    judge: Judge, source: Source, expectation: ColumnExpectation, facts: ColumnFacts
) -> None:
    low, high = expectation.low, expectation.high
    name = expectation.column
    wide = (
        low if "low" in expectation.edited else _rounded(low, -_SINGLE),
        high if "high" in expectation.edited else _rounded(high, _SINGLE),
    )
    counts = dict(zip(("low", "high"), source.outside(name, *wide), strict=True))
    ends = {"low": facts.quantiles[0], "high": facts.quantiles[-1]}
    words = {"low": ("below", "lowest", "least"), "high": ("above", "highest", "most")}
    for side, bound in (("low", low), ("high", high)):
        if bound is None:
            continue
        judge.checks += 1
        count = counts[side]
        where, furthest, limit = words[side]
        least = "" if source.table is not None else "at least "
        values = f"{least}{counted(count, 'value')}"
        found = f"{values} {where} {bound:.12g}, the {furthest} is {ends[side]:.12g}"
        told = found, f"at {limit} {bound:.12g}"
        if side in expectation.edited:
            if count:
                judge.fault(name, "range", *told, rows=count)
            continue
        assert expectation.reference is not None  # bounds are learned or set by hand
        known = expectation.reference.kinds.get("numbers", 0)
        pvalue = chance_of_more(count, facts.kinds["numbers"], 0, known) if known else 1.0
        judge.tested(pvalue, _finding(judge, expectation, "range", told, count, pvalue))
        if count and known and _is_odd(side, ends[side], expectation.reference):
            judge.warning(name, "range", *told, rows=count)


def _rounded(bound: float | None, air: float) -> float | None:
    """Widen a bound by what single precision rounds, in which the reference may have been."""
    if bound is None or bound == np.floor(bound):
        return bound  # whole numbers are the same in both
    return bound + air * abs(bound)


def _is_odd(side: str, furthest: float, before: ColumnFacts) -> bool:
    """Tell whether a number is worth a look: the first below zero, or far outside of light tails.

    Tails are light where the range ends soon behind the quantiles that hold 95 % of the values.
    """
    low, high = before.quantiles[0], before.quantiles[-1]
    if side == "low" and furthest < 0 <= low:
        return True
    low_tail, middle, high_tail = (before.quantiles[place] for place in (5, 100, 195))
    bound, tail = (low, low_tail) if side == "low" else (high, high_tail)
    width = high - low
    if not np.isfinite(width) or abs(bound - middle) > _LIGHT * abs(tail - middle):
        return False
    return 0 < _FAR * width < abs(furthest - bound)


def _check_categories(
    judge: Judge, source: Source, expectation: ColumnExpectation, facts: ColumnFacts
) -> None:
    name = expectation.column
    known = set(expectation.categories or ())
    judge.checks += 1
    if facts.categories is None:
        _check_many_categories(judge, source, expectation, facts)
        return
    new = {text: count for text, count in facts.categories.items() if text not in known}
    told = _named(new), _known_text(len(known))
    rows = sum(new.values())
    if "categories" in expectation.edited:
        if new:
            judge.fault(name, "unseen category", *told, rows=rows)
        return
    before = expectation.reference
    assert before is not None  # categories are learned or set by hand
    pvalue = _chance_of(new, before, facts)
    finding = _finding(judge, expectation, "unseen category", told, rows, pvalue) if new else None
    judge.tested(pvalue, finding)
    if new and 1 not in (before.categories or {}).values():
        # Each category of the reference came again and again: it seemed to have all.
        judge.warning(name, "unseen category", *told, rows=rows)


def _check_many_categories(
    judge: Judge, source: Source, expectation: ColumnExpectation, facts: ColumnFacts
) -> None:
    """Look at a column of more categories than are known one by one."""
    known = expectation.categories or ()
    if "categories" in expectation.edited:
        _check_named_categories(judge, source, expectation)
        return
    distinct = int(0.9 * (facts.distinct or 0))  # it is an estimate
    new = max(0, distinct - len(known))
    told = f"at least {new:,} new categories", _known_text(len(known))
    before = expectation.reference
    assert before is not None  # categories are learned or set by hand
    once = sum(count == 1 for count in (before.categories or {}).values())
    sizes = facts.kinds["texts"], before.kinds.get("texts", 0)
    pvalue = chance_of_new_categories(new, sizes[0], once, sizes[1])
    judge.tested(
        pvalue, _finding(judge, expectation, "unseen category", told, None, pvalue) if new else None
    )


def _check_named_categories(judge: Judge, source: Source, expectation: ColumnExpectation) -> None:
    """Look for texts that are none of those that were named by hand."""
    name, known = expectation.column, set(expectation.categories or ())
    counts = "" if source.table is None else read_categories(source.table, name)
    if isinstance(counts, str):
        judge.skipped[f"unseen category of {name}"] = "needs rows: there are too many categories"
        return
    new = {text: count for text, count in counts.counts.items() if text not in known}
    if new:
        told = _named(new), _known_text(len(known))
        judge.fault(name, "unseen category", *told, rows=sum(new.values()))


def _known_text(count: int) -> str:
    return f"{count:,} known {'category' if count == 1 else 'categories'}"


def _chance_of(new: Mapping[str, int], before: ColumnFacts, now: ColumnFacts) -> float:
    """Return how often chance shows as many new categories, or one of them as often."""
    if not new:
        return 1.0
    sizes = now.kinds["texts"], before.kinds.get("texts", 0)
    categories = before.categories or {}
    once = sum(count == 1 for count in categories.values())
    many = chance_of_new_categories(len(new), sizes[0], once, sizes[1])
    frequent = chance_of_more(max(new.values()), sizes[0], 0, sizes[1])
    return min(1.0, 2 * min(many, frequent * (len(categories) + len(new))))


def _named(new: Mapping[str, int]) -> str:
    listed = [
        f"'{label_text(text, longest=40)}' ({count:,})"
        for text, count in [*new.items()][:_MOST_NAMED]
    ]
    more = f" and {len(new) - _MOST_NAMED:,} more" if len(new) > _MOST_NAMED else ""
    return f"new categories {', '.join(listed)}{more}"


def _check_variety(judge: Judge, expectation: ColumnExpectation, facts: ColumnFacts) -> None:
    """Look for one value that stands almost everywhere."""
    name = expectation.column
    found = _top(facts)
    check: Check = "constant" if facts.is_constant else "near-constant"
    if "top_share" in expectation.edited:
        judge.checks += 1
        if facts.top_share > expectation.top_share:
            allowed = f"at most {percent_text(expectation.top_share)}"
            judge.fault(name, check, found, allowed, facts.most_frequent)
        return
    before = expectation.reference
    if before is None or not before.values or before.is_constant or before.is_of_dates:
        return
    judge.checks += 1
    is_near = facts.top_share >= _NEAR_CONSTANT > before.top_share
    # The frequency of numbers is known by steps of the quantiles: one more may belong to it.
    most = min(before.values, before.most_frequent + before.values // 100 + 1)
    # Whichever value is first, the others are to be the same.
    pvalue = chance_of_more(facts.most_frequent - 1, facts.values - 1, most, before.values)
    finding = None
    if is_near or facts.is_constant:
        told = found, f"at most {percent_text(before.top_share)}"
        finding = _finding(judge, expectation, check, told, facts.most_frequent, pvalue)
    judge.tested(pvalue, finding)


def _top(facts: ColumnFacts) -> str:
    if facts.is_constant:
        return "one value alone"
    return f"{percent_text(facts.top_share)} of values are the same"


def check_by_itself(judge: Judge, name: str, facts: ColumnFacts) -> None:
    """Look at a column of which nothing is expected."""
    judge.checks += 4
    if not facts.values:
        judge.warning(name, "empty column", "no values", "some", facts.rows)
        return
    if len(facts.kinds) > 1:
        told = ", ".join(f"{kind} ({count:,})" for kind, count in facts.kinds.items())
        judge.warning(name, "type", f"holds {told}", "values of one kind")
    if facts.infinite:
        found = counted(facts.infinite, "infinite value")
        judge.warning(name, "infinite values", found, "finite numbers", facts.infinite)
    if facts.values > 1 and (facts.is_constant or facts.top_share >= _NEAR_CONSTANT):
        check: Check = "constant" if facts.is_constant else "near-constant"
        judge.warning(name, check, _top(facts), "values that differ", facts.most_frequent)


def _finding(
    judge: Judge,
    expectation: ColumnExpectation,
    check: Check,
    told: tuple[str, str],
    rows: int | None,
    pvalue: float,
) -> QualityFinding:
    return QualityFinding(
        expectation.column, check, "fault", *told, rows, pvalue, backend=judge.backend
    )


def _percent(share: float) -> str:
    """Write a share so that what is not zero does not read as zero."""
    return percent_text(share, 1 if share == 0 or share >= 0.001 else 4)
