"""Comparing a table with its reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text
from treering._checks import between_0_and_1, one_of, whole_number
from treering._core.drift import compare_columns
from treering._frames import is_array, read_table
from treering._text import counted
from treering.drift._reference import Reference, select
from treering.drift._report import ColumnDrift, DriftReport, Histogram
from treering.stats import adjust_pvalues, chi2_2samp
from treering.stats._multiple_testing import CORRECTIONS, Correction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._core.drift import ReferenceColumn
    from treering._text import Verdict

_BINS = 20
_MOST_NAMED = 20


def detect_drift(
    reference: Any,
    current: Any,
    *,
    tests: str | Mapping[str, str] | None = None,
    alpha: float = 0.05,
    correction: Correction | None = "fdr_bh",
    columns: Sequence[str] | None = None,
    min_size: int = 30,
) -> DriftReport:
    """Compare a table with its reference, column by column.

    The values of each numeric or boolean column are compared by the two-sample Kolmogorov-Smirnov
    test and, if either side lacks values, its share of missing values by a test of two shares.
    P-values are then corrected for the number of columns. With the default correction, at most
    `alpha` of the columns reported as drifted are expected to be false alarms; with ``"holm"`` or
    ``"bonferroni"``, the chance of any false alarm in a report is at most `alpha`. The rows of a
    side are taken as independent.

    Parameters
    ----------
    reference
        What the model was trained on, as the model saw it: a two-dimensional array, a pandas,
        polars or pyarrow table, or a :class:`Reference` made of one.
    current
        What the model sees now. The columns of a table go by name, in any order; those of an
        array by position: all columns of the reference, or all of its numeric ones.
    tests
        ``"ks"``, or a mapping from columns to it. None is the Kolmogorov-Smirnov test for all.
    alpha
        The false-alarm rate, between 0 and 1.
    correction
        ``"fdr_bh"``, ``"fdr_by"``, ``"holm"``, ``"bonferroni"``, or None for the plain rule:
        drift where `pvalue` or `missing_pvalue` is below `alpha`.
    columns
        The columns to compare. If both sides are arrays, a name for each of their columns.
    min_size
        With fewer values than this on either side, missing ones not counted, the values of a column
        are not compared; with fewer rows, nor is its share of missing values. A column of which
        nothing was compared is left out of the correction. The verdict is "not enough data" if the
        values were not compared and the share of missing ones shows no drift.

    Returns
    -------
    DriftReport
        A mapping from column to :class:`ColumnDrift`.

    Raises
    ------
    TypeError
        If a side is no table, or a parameter of the wrong type.
    ValueError
        If a column of the reference is missing or no longer numeric, if there is no column to
        compare, or a parameter is outside its range.

    Notes
    -----
    Missing values are dropped for the Kolmogorov-Smirnov test, whose statistic and p-value are
    those of the others. Where either side has any, their shares are compared by
    :func:`treering.stats.chi2_2samp`, exactly where they are few. Such a column enters a
    correction with the smaller of its two p-values, doubled; without one its ``adjusted_pvalue`` is
    the smaller of the two as it is. Infinite values count as the largest
    or smallest of all. Columns that are not numeric and columns that the reference does not have
    are listed in ``skipped`` with the reason, unless `columns` asks for them, which is an error.

    References
    ----------
    .. [1] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", Journal of the
       Royal Statistical Society B 57 (1995).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import detect_drift
    >>> rng = np.random.default_rng(0)
    >>> report = detect_drift(rng.normal(size=(500, 2)), rng.normal(size=(400, 2)) + [0.0, 0.5])
    >>> report["x1"].verdict
    'drift'
    >>> report["x1"]["pvalue"] < 1e-6
    True
    """
    alpha = between_0_and_1("alpha", alpha)
    min_size = whole_number("min_size", min_size, least=1)
    one_of("correction", correction, CORRECTIONS)
    base, table, chosen = _match(reference, current, columns)
    skipped = dict(base.skipped)
    for name in table.names:
        if name not in base.names:
            skipped[name] = "not in the reference"
    for name in chosen:
        skipped.pop(name, None)
    if columns is not None:
        skipped = {}
    _check_tests(tests, chosen)

    references = [base._kept[name] for name in chosen]
    currents = []
    for name in chosen:
        values = table.column(name)
        if isinstance(values, str):
            raise ValueError(  # noqa: TRY004 - a table's content, not the type of an argument
                f"column {name!r} is numeric in the reference but in current it {values}; "
                "mend current, or leave the column out by columns="
            )
        currents.append(np.ascontiguousarray(values))
    rows = compare_columns(references, currents, "two-sided", "auto", None)

    values_pvalues: list[float | None] = []
    missing_pvalues: list[float | None] = []
    for column, (_, pvalue, _, _, size, missing, _) in zip(references, rows, strict=True):
        values_pvalues.append(float(pvalue) if min(column.size, size) >= min_size else None)
        missing_pvalues.append(
            _missing_pvalue((column.size, column.missing), (size, missing), min_size)
        )
    combined = [
        _combined([pvalue for pvalue in pair if pvalue is not None], correction)
        for pair in zip(values_pvalues, missing_pvalues, strict=True)
    ]
    tested = [index for index, pvalue in enumerate(combined) if pvalue is not None]
    plain = np.asarray([combined[index] for index in tested], dtype=np.float64)
    adjusted = plain if correction is None or not tested else adjust_pvalues(plain, correction)
    adjusted_of = dict(zip(tested, map(float, adjusted), strict=True))

    results = {}
    for index, (name, row) in enumerate(zip(chosen, rows, strict=True)):
        statistic, _, location, sign, size, missing, _ = row
        is_compared = values_pvalues[index] is not None
        drifted = index in adjusted_of and adjusted_of[index] < alpha
        verdict: Verdict = "drift" if drifted else "no drift" if is_compared else "not enough data"
        results[name] = ColumnDrift(
            column=name,
            test="ks",
            statistic=float(statistic) if is_compared else None,
            pvalue=values_pvalues[index],
            adjusted_pvalue=adjusted_of.get(index),
            drift=drifted,
            verdict=verdict,
            reference_size=references[index].size,
            current_size=size,
            reference_missing=_share(references[index].missing, references[index].size),
            current_missing=_share(missing, size),
            location=float(location) if is_compared else None,
            sign=int(sign) if is_compared else None,
            missing_pvalue=missing_pvalues[index],
            histogram=_histogram(references[index], currents[index]),
            backend=table.backend,
        )
    return DriftReport(
        columns=results,
        skipped=skipped,
        alpha=alpha,
        correction=correction,
        min_size=min_size,
        reference_rows=base.rows,
        current_rows=table.rows,
        backend=table.backend,
    )


def _match(
    reference: Any, current: Any, columns: Sequence[str] | None
) -> tuple[Reference, Any, tuple[str, ...]]:
    """Return the reference, the current table and the columns to compare."""
    names_arrays = not isinstance(reference, Reference) and is_array(reference)
    base = (
        reference
        if isinstance(reference, Reference)
        else Reference(reference, columns=columns if names_arrays else None)
    )
    if is_array(current):
        table = read_table(current, names=_names_by_position(base, current), what="current")
    else:
        table = read_table(current, names=None, what="current")
        if not base._named:
            raise ValueError(
                "current is a table and reference an array whose columns have no names; name them "
                f"by columns=[...], {len(base.names)} in all, or give the reference as a table"
            )
    if columns is not None and not names_arrays:
        chosen = select(base.names, columns, where="reference")
        for name in chosen:
            if name in base.skipped:
                raise ValueError(
                    f"column {name!r} of reference cannot be compared: it "
                    f"{base.skipped[name]}; leave it out of columns, or encode it as numbers first"
                )
    else:
        chosen = tuple(base._kept)
    if not chosen:
        raise ValueError(
            "reference has no numeric column to compare; skipped: "
            + ", ".join(f"{name!r} ({why})" for name, why in base.skipped.items())
        )
    missing = [name for name in chosen if name not in table.names]
    if missing:
        raise ValueError(
            f"current lacks {', '.join(map(repr, missing))}, which the reference has; add the "
            "missing columns, or name the ones to compare by columns="
        )
    return base, table, chosen


def _names_by_position(base: Reference, current: Any) -> tuple[str, ...]:
    """Name the columns of an array: those of the reference, with or without those not numeric."""
    shape = np.shape(current)
    numeric = tuple(base._kept)
    if len(shape) != 2 or shape[1] == len(base.names):
        return base.names
    if shape[1] == len(numeric):
        return numeric
    expected = f"{counted(len(base.names), 'column')} ({_listed(base.names)})"
    if base.skipped and numeric:
        expected += f", of which {len(numeric)} are numeric ({_listed(numeric)})"
    either = ", or all numeric ones," if base.skipped and numeric else ""
    by_name = ", or give a table, whose columns go by name" if base._named else ""
    raise ValueError(
        f"current has {counted(shape[1], 'column')} and reference has {expected}; an array's "
        f"columns go by position, so give all of them{either} in this order{by_name}"
    )


def _listed(names: tuple[str, ...]) -> str:
    more = ", ..." if len(names) > _MOST_NAMED else ""
    return ", ".join(map(label_text, names[:_MOST_NAMED])) + more


def _check_tests(tests: str | Mapping[str, str] | None, chosen: tuple[str, ...]) -> None:
    if tests is None or tests == "ks":
        return
    if isinstance(tests, Mapping):
        unknown = [str(name) for name in tests if str(name) not in chosen]
        if unknown:
            raise ValueError(
                f"tests names {', '.join(map(repr, unknown))}, which is not compared; compared "
                f"are {', '.join(map(repr, chosen[:20]))}"
            )
        for name, test in tests.items():
            if test != "ks":
                raise ValueError(f"the test for column {name!r} must be 'ks'; got {test!r}")
        return
    kind = ValueError if isinstance(tests, str) else TypeError
    raise kind(f"tests must be 'ks' or a mapping from column to 'ks'; got {tests!r}")


def _missing_pvalue(before: tuple[int, int], now: tuple[int, int], min_size: int) -> float | None:
    """Test the counts of present and missing values; None without missing ones or enough rows."""
    if not before[1] + now[1] or min(sum(before), sum(now)) < min_size:
        return None
    return chi2_2samp(before, now).pvalue


def _combined(pvalues: list[float], correction: Correction | None) -> float | None:
    """Return one p-value for a column, which holds for both of its tests if one is to correct."""
    if not pvalues:
        return None
    return min(pvalues) if correction is None else min(1.0, len(pvalues) * min(pvalues))


def _share(missing: int, present: int) -> float:
    return missing / (missing + present) if missing + present else 0.0


def _histogram(reference: ReferenceColumn, current: NDArray[Any]) -> Histogram | None:
    """Count both samples into the same bins; None if nothing finite can be counted."""
    now = current[np.isfinite(current)]
    ends = list(reference.finite_range or ())
    if len(now):
        ends += [float(now.min()), float(now.max())]
    if not ends:
        return None
    low, high = min(ends), max(ends)
    if not np.isfinite(high - low):
        return None
    edges = np.linspace(low, high, _BINS + 1)
    if not (np.diff(edges) > 0).all():
        air = max(0.5, 1e-6 * abs(low))
        if not np.isfinite((high + air) - (low - air)):
            return None
        edges = np.linspace(low - air, high + air, _BINS + 1)
    counts = reference.histogram(edges)
    counted, _ = np.histogram(now, _BINS, range=(edges[0], edges[-1]))
    width = float(edges[1] - edges[0])
    return Histogram(
        tuple(edges.tolist()),
        tuple((counts / (max(int(counts.sum()), 1) * width)).tolist()),
        tuple((counted / (max(len(now), 1) * width)).tolist()),
    )
