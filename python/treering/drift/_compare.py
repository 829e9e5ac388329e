"""Comparing columns: what the tests say, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from treering._categories import CategoryCounts, read_categories
from treering._core.drift import (
    ReferenceColumn,
    chi_squared_limit,
    compare_columns,
    compare_samples,
    ks_limit,
)
from treering.drift import _effect, _tests
from treering.drift._drawing import distribution, shares_of
from treering.drift._reference import Sample
from treering.stats import chi2_2samp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from treering._frames import Table
    from treering.drift._categories import ReferenceCategories
    from treering.drift._column import Ecdf, Histogram, Shares
    from treering.drift._effect import Effect
    from treering.drift._reference import Reference


_CHANGES: dict[str, Literal["type", "absent"]] = {"type": "type", "absent": "absent"}
ABSENT = "the reference has this column, and the current table does not"


@dataclass
class Finding:
    """What the tests of one column say.

    Attributes
    ----------
    before, now
        How many values either side has, and how many are missing.
    outcome
        Of the values; None if they were not compared.
    limit, missing_limit
        P-values by limit laws, which windows of the reference are judged by, too.
    sample, counts
        The current values, and how often each category occurs on both sides, of distances.
    """

    name: str
    kind: Literal["numbers", "categories"]
    test: str
    before: tuple[int, int]
    now: tuple[int, int]
    outcome: _tests.Outcome | None = None
    limit: float | None = None
    missing_pvalue: float | None = None
    missing_limit: float | None = None
    effect: Effect | None = None
    location: float | None = None
    sign: int | None = None
    threshold: float | None = None
    note: str | None = None
    sample: NDArray[Any] | None = None
    counts: tuple[list[int], list[int]] | None = None
    histogram: Histogram | None = None
    ecdf: Ecdf | None = None
    shares: Shares | None = None

    @property
    def change(self) -> Literal["type", "absent"] | None:
        """What keeps its values from being compared: it is of another kind now, or is gone."""
        return _CHANGES.get(self.test)

    @property
    def missing_effect(self) -> float:
        """By how much the share of missing values has changed."""
        return abs(share(self.now) - share(self.before))


def share(counts: tuple[int, int]) -> float:
    """Return the share of missing values; 0 without rows."""
    present, missing = counts
    return missing / (missing + present) if missing + present else 0.0


def compare_tables(
    base: Reference, table: Table, chosen: Sequence[str], tests: Mapping[str, str], min_size: int
) -> list[Finding]:
    """Compare the chosen columns, in their order, with the tests that are named."""
    numbers: dict[str, NDArray[Any]] = {}
    found: dict[str, Finding] = {}
    for name in chosen:
        if name not in table.names:
            found[name] = _absent(base, table, name)
            continue
        values = table.column(name) if name in base._kept else None
        if isinstance(values, str) and not table.rows:
            values = np.empty(0)  # an empty column has no telling type
        if name in base._categories:
            found[name] = _compare_categories(
                base._categories[name], table, name, tests[name], min_size
            )
        elif isinstance(values, str):
            column = base._kept[name]
            before = (column.size, int(column.missing))
            found[name] = _changed_type(
                name, "numbers", before, table, f"numbers, and now {values}"
            )
        else:
            assert values is not None
            numbers[name] = np.ascontiguousarray(values)
    rows = _ks(base, numbers)
    for (name, values), row in zip(numbers.items(), rows, strict=True):
        found[name] = _compare_numbers(base, name, values, row, tests[name], min_size)
    for finding in found.values():
        _compare_missing(finding, min_size)
        if finding.outcome is not None and min(finding.before[0], finding.now[0]) < min_size:
            finding.outcome = finding.limit = finding.effect = None
            finding.location = finding.sign = None
    return [found[name] for name in chosen]


def _ks(base: Reference, numbers: Mapping[str, NDArray[Any]]) -> list[Any]:
    """Test all columns of numbers; columns that are compared once are sorted, and not kept."""
    columns = [base._kept[name] for name in numbers]
    now = [*numbers.values()]
    samples = [column.raw for column in columns if isinstance(column, Sample)]
    if samples:
        return list(compare_samples(samples, now, "two-sided", "auto"))
    kept = [column for column in columns if isinstance(column, ReferenceColumn)]
    return list(compare_columns(kept, now, "two-sided", "auto", None))


def _compare_numbers(
    base: Reference, name: str, values: NDArray[Any], row: Any, test: str, min_size: int
) -> Finding:
    statistic, pvalue, location, sign, size, missing, bins = row
    column = base._kept[name]
    finding = Finding(
        name, "numbers", test, (column.size, int(column.missing)), (int(size), int(missing))
    )
    if column.size and size:
        finding.effect = _effect.of_numbers(statistic, (column.size, int(size)))
        finding.location, finding.sign = float(location), int(sign)
        if test in {_tests.KS, "ks_2samp"}:
            finding.outcome = _tests.Outcome(float(statistic), float(pvalue))
            finding.limit = ks_limit(column.size, int(size), float(statistic))
        elif min(column.size, int(size)) >= min_size:
            now = finding.sample = values[~np.isnan(values)]
            _try(finding, lambda: _tests.compare_numbers(test, column.values(), now))
    finding.histogram, finding.ecdf = distribution(bins)
    return finding


def _try(finding: Finding, compare: Callable[[], _tests.Outcome]) -> None:
    """Compare, or note why a test says nothing of this column: the others are compared."""
    try:
        outcome = compare()
    except ValueError as error:
        finding.note = f"{finding.test}: {error}"
        return
    if np.isnan(outcome.statistic) or (outcome.pvalue is not None and np.isnan(outcome.pvalue)):
        finding.note = f"{finding.test} is undefined for these values"
        return
    finding.outcome = outcome


def _compare_categories(
    column: ReferenceCategories, table: Table, name: str, test: str, min_size: int
) -> Finding:
    before = (column.size, column.missing)
    current = read_categories(table, name)
    if isinstance(current, str):
        missing = _missing(table, name)
        if missing < table.rows:
            kind = current or f"holds {_type_of(table, name)} values"
            return _changed_type(name, "categories", before, table, f"categories, and now {kind}")
        current = CategoryCounts({}, missing)  # an empty column has no telling type
    finding = Finding(name, "categories", test, before, (current.size, current.missing))
    labels, then, now = column.beside(current)
    if column.size and current.size:
        finding.effect = _effect.of_categories(then, now)
        finding.counts = (then, now)
        if min(column.size, current.size) >= min_size:
            _try(finding, lambda: _tests.compare_categories(test, then, now))
        if test == _tests.CHI_SQUARED:
            finding.limit = chi_squared_limit(then, now)
    finding.shares = shares_of(labels, then, now)
    return finding


def _missing(table: Table, name: str) -> int:
    raw = table.raw(name)
    return int(raw.null_count()) if hasattr(raw, "null_count") else 0


def _type_of(table: Table, name: str) -> str:
    raw = table.raw(name)
    return str(raw.dtype if isinstance(raw, np.ndarray) else raw.to_native().dtype)


def _changed_type(
    name: str,
    kind: Literal["numbers", "categories"],
    before: tuple[int, int],
    table: Table,
    what: str,
) -> Finding:
    return Finding(name, kind, "type", before, (table.rows, 0), note=f"was a column of {what}")


def _absent(base: Reference, table: Table, name: str) -> Finding:
    column = base._kept.get(name) or base._categories[name]
    return Finding(
        name,
        "numbers" if name in base._kept else "categories",
        "absent",
        (column.size, int(column.missing)),
        (0, table.rows),
        note=ABSENT,
    )


def _compare_missing(finding: Finding, min_size: int) -> None:
    """Test the share of missing values, unless there are none, or too few rows."""
    if finding.change is not None:
        return
    finding.missing_pvalue = missing_pvalue(finding.before, finding.now, min_size)
    if finding.missing_pvalue is not None:
        finding.missing_limit = chi_squared_limit(finding.before, finding.now)


def missing_pvalue(before: tuple[int, int], now: tuple[int, int], min_size: int) -> float | None:
    """Test present and missing values; None without missing ones, or with too few rows."""
    if not before[1] + now[1] or min(sum(before), sum(now)) < min_size:
        return None
    return chi2_2samp(before, now).pvalue
