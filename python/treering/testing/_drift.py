"""A test that fails where columns have drifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treering._axis import label_text
from treering._checks import names_of, quoted
from treering._results import percent_text, pvalue_text
from treering._text import counted
from treering.drift import detect_drift
from treering.testing._message import failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treering.drift import ColumnDrift, DriftReport


def assert_no_drift(
    reference: Any,
    current: Any,
    *,
    allowed: Sequence[str] = (),
    enough_data: bool = False,
    **options: Any,
) -> DriftReport:
    """Fail if a column has drifted.

    Parameters
    ----------
    reference, current
        As in :func:`treering.drift.detect_drift`.
    allowed
        Columns that may drift.
    enough_data
        Whether to fail also where there is not enough data to tell, or profiles leave it undecided.
    **options
        Those of :func:`treering.drift.detect_drift`, such as ``alpha``, ``min_effect`` or
        ``columns``.

    Returns
    -------
    DriftReport

    Raises
    ------
    AssertionError
        With a line for each column that drifted: by which test, how far, how sure.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.testing import assert_no_drift
    >>> ramp = np.arange(100.0).reshape(-1, 1)
    >>> assert_no_drift(ramp, ramp + 1).drifted
    ()
    >>> assert_no_drift(ramp, ramp + 50)
    Traceback (most recent call last):
        ...
    AssertionError: 1 of 1 column drifted (100 rows, then 100)
      x0: drift, 50.0 % of rows moved higher, at most 5.0 % allowed (ks, adjusted p <0.0001)
    """
    __tracebackhide__ = True
    free = set(names_of("allowed", allowed))
    report = detect_drift(reference, current, **options)
    for name in free - {*report, *report.skipped}:
        raise ValueError(f"allowed names {quoted(name)}, which was not compared")
    if not report.current_rows:
        raise failure("current has no rows", ())
    wrong = [found for name, found in report.items() if found.drift and name not in free]
    unknown = [report[name] for name in report.undecided if name not in free]
    if wrong or (enough_data and unknown):
        details = [_line(found, report.min_effect) for found in wrong]
        if enough_data:
            details += [f"{label_text(each.column)}: {each.verdict}" for each in unknown]
        others = len(report.drifted) - len(wrong)
        may = f", {others:,} more that may" if others else ""
        raise failure(
            f"{len(wrong):,} of {counted(len(report), 'column')} drifted{may} "
            f"({counted(report.reference_rows, 'row')}, then {report.current_rows:,})",
            details,
        )
    return report


def _line(found: ColumnDrift, min_effect: float) -> str:
    name = label_text(found.column, longest=60)
    if found.cause == "absent":
        return f"{name}: is gone"
    if found.cause == "type":
        return f"{name}: holds values of another type than before"
    if found.lies_in_the_missing:
        return (
            f"{name}: drift, {percent_text(found.current_missing)} missing after "
            f"{percent_text(found.reference_missing)} (adjusted p "
            f"{pvalue_text(found.adjusted_pvalue)})"
        )
    moved = f" {found.direction}" if found.direction else ""
    return (
        f"{name}: drift, {percent_text(found.effect_size)} of rows moved{moved}, at most "
        f"{percent_text(min_effect)} allowed ({found.test}, adjusted p "
        f"{pvalue_text(found.adjusted_pvalue)})"
    )
