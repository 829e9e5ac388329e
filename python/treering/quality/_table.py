"""Whole rows beside what is expected of them: duplicates, keys, times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from treering._axis import label_text
from treering._checks import close_names, quoted
from treering._kinds import read_column
from treering._results import percent_text
from treering._text import counted
from treering.quality._chance import chance_of_more
from treering.quality._findings import QualityFinding
from treering.quality._rows import fingerprints, is_missing_in, repeated_count, repeated_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treering._frames import Table
    from treering.quality._expectations import Expectations
    from treering.quality._judge import Judge
    from treering.quality._source import Source

_NOT_AT_HAND = "needs rows, and only a profile of them is at hand"
_MOST_NAMED = 5


def check_duplicates(judge: Judge, source: Source, expectations: Expectations | None) -> None:
    """Look for rows that occur more than once."""
    if source.table is None:
        judge.skipped["duplicate rows"] = _NOT_AT_HAND
        return
    if expectations is not None and not expectations.rows:
        return
    known = None if expectations is None else expectations.duplicates
    if expectations is not None and known is None:
        judge.skipped["duplicate rows"] = "the reference's rows were not at hand"
        return
    judge.checks += 1
    rows = source.table.rows
    prints = fingerprints(source.table, source.table.names)
    count = all_repeated = repeated_count(prints)
    found = f"{counted(count, 'row')} ({percent_text(count / rows)}) occur before"
    if known is None:
        if count:
            judge.warning(None, "duplicate rows", found, "rows that differ", count)
        return
    assert expectations is not None
    if rows > expectations.rows:
        # Among more rows a larger share occurs before: as many are compared.
        rows = expectations.rows
        count = repeated_count(np.random.default_rng(0).choice(prints, rows, replace=False))
        found += f"; {counted(count, 'row')} of {rows:,}"
    pvalue = chance_of_more(count, rows, known, expectations.rows)
    expected = f"about {percent_text(known / expectations.rows)}"
    if all_repeated and not known:
        judge.warning(None, "duplicate rows", found, expected, all_repeated)
    judge.tested(
        pvalue,
        QualityFinding(
            None, "duplicate rows", "fault", found, expected, count, pvalue, judge.backend
        ),
    )


def check_keys(judge: Judge, source: Source, keys: Sequence[str]) -> None:
    """Look for rows whose key is missing, or that of another row."""
    if not keys:
        return
    require(source, keys, "keys")
    judge.checks += 1
    name = keys[0] if len(keys) == 1 else None
    told = ", ".join(keys)
    if source.table is None:
        missing = max(source.profile[key].missing for key in keys)
        lacks = np.zeros(0, dtype=bool)
    else:
        lacks = np.any([is_missing_in(source.table, key) for key in keys], axis=0)
        missing = int(lacks.sum())
    if missing:
        found = f"{counted(missing, 'row')} without a key ({told})"
        judge.fault(name, "missing keys", found, "a key in each row", missing)
    if source.table is None:
        judge.skipped["duplicate keys"] = _NOT_AT_HAND
        return
    judge.checks += 1
    repeated = repeated_rows(source.table, keys)
    repeated = repeated[~lacks[repeated]]
    if len(repeated):
        examples = [_key_text(source.table, keys, int(row)) for row in repeated[:_MOST_NAMED]]
        more = ", ..." if len(repeated) > _MOST_NAMED else ""
        found = (
            f"{counted(len(repeated), 'row')} with the key ({told}) of a row before: "
            f"{', '.join(dict.fromkeys(examples))}{more}"
        )
        judge.fault(name, "duplicate keys", found, "each key once", len(repeated))


def check_time(
    judge: Judge,
    source: Source,
    time: str | None,
    reference: Expectations | None,
    now: np.datetime64 | None,
    max_age: float | None,
) -> None:
    """Look at when the rows were: not older than allowed, newer than the reference, in order."""
    if time is None:
        return
    require(source, [time], "time")
    kinds = source.profile[time].kinds
    if "times" not in kinds:
        if judge.has_fault(time, "type"):
            return
        held = " and ".join(kinds) or "no values"
        judge.fault(time, "type", f"holds {held}", "times, such as pandas.to_datetime makes")
        return
    if "numbers" in kinds:
        if not judge.has_fault(time, "type"):
            judge.fault(time, "type", f"holds {' and '.join(kinds)}", "times alone")
        return
    low, high = (_moment(value) for value in source.profile.quantile(time, [0, 1]))
    judge.checks += 1
    if now is not None and max_age is not None:
        oldest = now - np.timedelta64(round(max_age * 1e6), "us")
        if high < oldest:
            judge.fault(
                time, "stale", f"the newest is {label_text(high)}", f"{label_text(oldest)} or later"
            )
    if now is not None and high > now:
        judge.fault(
            time, "future", f"the newest is {label_text(high)}", f"{label_text(now)} or before"
        )
    newest = _newest(reference, time)
    if newest is not None and high <= newest:
        found = (
            f"the newest is {label_text(high)}, and the reference goes up to {label_text(newest)}"
        )
        judge.fault(time, "stale", found, "later times")
    elif newest is not None and low <= newest:
        found = (
            f"the oldest is {label_text(low)}, and the reference goes up to {label_text(newest)}"
        )
        judge.warning(time, "stale", found, "later times")
    if source.table is None:
        judge.skipped["order"] = _NOT_AT_HAND
    else:
        _check_order(judge, source.table, time, repeats=_repeats(reference, time))


def _repeats(reference: Expectations | None, time: str) -> bool:
    """Whether moments occurred more than once in the reference: several rows have one."""
    facts = None if reference is None or time not in reference else reference[time].reference
    return facts is not None and (facts.distinct or 0) < 0.95 * facts.values


def _check_order(judge: Judge, table: Table, time: str, *, repeats: bool) -> None:
    judge.checks += 2
    moments = read_column(time, table).times
    if moments is None:
        return
    moments = moments[~np.isnan(moments)]
    back = int((np.diff(moments) < 0).sum())
    if back:
        found = f"{counted(back, 'row')} before the row above"
        judge.warning(time, "order", found, "times that ascend", back)
    again = len(moments) - len(np.unique(moments))
    if again and not repeats:
        found = f"{counted(again, 'row')} at the moment of another row"
        judge.warning(time, "order", found, "each moment once", again)


def _newest(reference: Expectations | None, time: str) -> np.datetime64 | None:
    if reference is None or time not in reference:
        return None
    facts = reference[time].reference
    if facts is None or not facts.kinds.get("times") or facts.kinds.get("numbers"):
        return None
    return _moment(facts.quantiles[-1])


def require(source: Source, names: Sequence[str], what: str) -> None:
    """Refuse names that are no columns of the table."""
    for name in names:
        if name not in source.profile:
            near = close_names(name, source.profile.names)
            raise ValueError(f"{what} names {quoted(name)}, which current lacks{near}")


def _key_text(table: Table, keys: Sequence[str], row: int) -> str:
    try:
        return " ".join(label_text(table.raw(key)[row], longest=40) for key in keys)
    except (OverflowError, ValueError):  # moments that Python does not know
        return f"row {row}"


def _moment(seconds: float) -> np.datetime64:
    return np.datetime64(round(seconds * 1e6), "us")
