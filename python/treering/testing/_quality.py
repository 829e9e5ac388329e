"""A test that fails where a table is not as expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treering._checks import boolean
from treering._results import pvalue_text
from treering._text import counted
from treering.quality import check_quality
from treering.testing._message import failure

if TYPE_CHECKING:
    from treering.quality import QualityFinding, QualityReport


def assert_quality(
    reference: Any, current: Any, *, warnings: bool = False, **options: Any
) -> QualityReport:
    """Fail if a table is not as expected.

    Parameters
    ----------
    reference, current
        As in :func:`treering.quality.check_quality`.
    warnings
        Whether warnings fail, too.
    **options
        Those of :func:`treering.quality.check_quality`, such as ``keys``, ``time`` or ``alpha``.

    Returns
    -------
    QualityReport

    Raises
    ------
    AssertionError
        With a line for each fault: what there is, and what was expected.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.quality import Expectations
    >>> from treering.testing import assert_quality
    >>> expectations = Expectations().edit("x0", high=1)
    >>> assert_quality(expectations, np.array([[0.5]])).passed
    True
    >>> assert_quality(expectations, np.array([[2.0]]))
    Traceback (most recent call last):
        ...
    AssertionError: 1 fault in 1 row
      column 'x0': 1 value above 1, the highest is 2; expected at most 1
    """
    __tracebackhide__ = True
    fails_on_warnings = boolean("warnings", warnings)
    report = check_quality(reference, current, **options)
    wrong = report.findings if fails_on_warnings else report.faults
    if wrong:
        what = counted(len(report.faults), "fault")
        if fails_on_warnings:
            what += f" and {counted(len(report.warnings), 'warning')}"
        raise failure(f"{what} in {counted(report.rows, 'row')}", map(_line, wrong))
    return report


def _line(found: QualityFinding) -> str:
    sure = "" if found.pvalue is None else f" (p {pvalue_text(found.pvalue)})"
    return f"{found.message}{sure}"
