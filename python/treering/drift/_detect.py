"""Comparing a table with its reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._checks import as_float, between_0_and_1, least_effect, one_of, quoted, whole_number
from treering._corrections import CORRECTIONS, Correction
from treering.drift import _tests
from treering.drift._column import ColumnDrift
from treering.drift._compare import Finding, compare_tables, share
from treering.drift._distances import add_pvalues
from treering.drift._false_alarms import false_alarm_rate, resample
from treering.drift._judge import Judgement, judge, judge_by_windows
from treering.drift._match import match
from treering.drift._profiled import compare_profiles, is_profiled
from treering.drift._report import DriftReport

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from treering.drift._reference import Reference

_ALPHA, _CORRECTION = 0.05, "fdr_bh"


def detect_drift(
    reference: Any,
    current: Any,
    *,
    tests: str | Mapping[str, str] | None = None,
    alpha: float = 0.05,
    correction: Correction | None = "fdr_bh",
    columns: Sequence[str] | None = None,
    min_size: int = 30,
    min_effect: float = 0.05,
    thresholds: float | Mapping[str, float] | None = None,
    false_alarms: str | None = None,
    window: str | dt.timedelta | None = None,
) -> DriftReport:
    """Compare a table with its reference, column by column.

    The values of each numeric or boolean column are compared by the two-sample Kolmogorov-Smirnov
    test, those of columns of categories by the chi-squared test and, if either side lacks values,
    the shares of missing values by a test of two shares. P-values are then corrected for the
    number of columns, and changes too small to matter are left out. With the default correction, at
    most `alpha` of the columns reported as drifted are expected to be false alarms; with
    ``"holm"`` or ``"bonferroni"``, the chance of any false alarm in a report is at most `alpha`;
    with `false_alarms`, no more of them than that are expected over time. The rows of a side are
    taken as independent.

    Parameters
    ----------
    reference
        What the model was trained on, as the model saw it: a two-dimensional array, a pandas,
        polars or pyarrow table, or a :class:`Reference` made of one; beside a profile also a
        :class:`~treering.profile.Profile`.
    current
        What the model sees now. The columns of a table go by name, in any order; those of an
        array by position: all columns of the reference, or all of its numeric ones. A
        :class:`~treering.profile.Profile`, or what is best profiled where it lies (the path of a
        Parquet file or folder, a stream of record batches, a frame of Spark or Dask), is compared
        by what a profile knows, between bounds; the verdict is "undecided" where these do not tell.
    tests
        The name of a test or a distance of :mod:`treering.stats`, or a mapping from columns to
        such names. A name alone is taken for the columns that it can compare. None is ``"ks"`` for
        numbers and ``"chi2_2samp"`` for categories, whatever the size of the samples. Distances
        take their p-values from exchanging rows of both sides.
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
    min_effect
        The least change that is a drift, as a share of the rows: of the values of a column as its
        ``effect_size``, and of its share of missing ones. 0 takes every change for one that can
        be told from chance.
    thresholds
        Above which a distance is a drift, for all columns that are compared by one or by column;
        it then needs no p-value.
    false_alarms
        How many false alarms are allowed over time, such as ``"1 per month"``, ``"2 per year"`` or
        ``"1 per 100 windows"``; it takes the place of `alpha` and `correction`. An alarm is a
        report in which any column has drifted.
    window
        How long the time of `current` is, such as ``"1d"``, ``"6 hours"`` or a timedelta.

    Returns
    -------
    DriftReport
        A mapping from column to :class:`ColumnDrift`.

    Raises
    ------
    TypeError
        If a side is no table, or a parameter of the wrong type.
    ValueError
        If there is no column to compare, the current table has none of them, or a parameter is
        outside its range.

    Notes
    -----
    Missing values are dropped for the Kolmogorov-Smirnov test, whose statistic and p-value are
    those of the others. Where either side has any, their shares are compared by
    :func:`treering.stats.chi2_2samp`, exactly where they are few. Such a column enters a
    correction with the smaller of its two p-values, doubled; without one its ``adjusted_pvalue`` is
    the smaller of the two as it is. Infinite values count as the largest
    or smallest of all. Columns that cannot be compared and columns that the reference does not have
    are listed in ``skipped`` with the reason, unless `columns` asks for them, which is an error. A
    column that holds categories where it held numbers, or the other way round, has drifted; so has
    one that the current table lacks.

    With `false_alarms`, rows of the reference are parted a thousand times into a window of the
    current one's size and the rest, and all columns are tested; how often chance alone finds so
    small a p-value in any of them is a column's ``adjusted_pvalue`` [2]_. However the columns go
    together, the share of windows with an alarm is the one that is allowed, as long as the
    reference's rows and those of windows are independent draws of the same.

    References
    ----------
    .. [1] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", Journal of the
       Royal Statistical Society B 57 (1995).
    .. [2] P. Westfall and S. Young, "Resampling-based multiple testing" (1993).

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
    min_effect = least_effect(min_effect)
    one_of("correction", correction, CORRECTIONS)
    if false_alarms is not None:
        if (alpha, correction) != (_ALPHA, _CORRECTION):
            raise ValueError("false_alarms takes the place of alpha and correction; leave them out")
        alpha = false_alarm_rate(false_alarms, window)
    elif window is not None:
        raise ValueError("window says how long a window is for false_alarms; give both or neither")

    if is_profiled(reference, current):
        if tests is not None or thresholds is not None:
            raise ValueError(
                "profiles are compared by ks and chi2_2samp, without tests and thresholds; other "
                "tests of two profiles are those of treering.profile.compare, which knows between "
                "which bounds they lie"
            )
        return compare_profiles(
            reference,
            current,
            columns=columns,
            alpha=alpha,
            correction=correction,
            min_size=min_size,
            min_effect=min_effect,
            false_alarms=false_alarms,
        )

    names = _names_of(tests, thresholds)
    with_pool = false_alarms is not None or bool(names & {*_tests.DISTANCES})
    base, table, chosen = match(reference, current, columns, with_pool=with_pool)
    chosen_tests = _tests_of(tests, base, chosen)
    findings = compare_tables(base, table, chosen, chosen_tests, min_size)
    _set_thresholds(findings, thresholds)
    add_pvalues(findings, base)
    applied: str | None = correction
    if false_alarms is None:
        judgements = judge(findings, alpha, correction, min_effect)
    else:
        covered = [finding.name for finding in findings if finding.limit is not None]
        windows = resample(base, covered, table.rows, alpha)
        _keep_known_limits(findings, base)
        judgements = judge_by_windows(findings, alpha, min_effect, windows)
        applied = "bonferroni" if windows is None else "resampling"
    skipped = {} if columns is not None else dict(base.skipped)
    if columns is None:
        skipped |= {name: "not in the reference" for name in table.names if name not in base.names}
        for name in base.compared:
            if name not in chosen:
                skipped[name] = "not among the numeric columns of the array"
    return DriftReport(
        columns={
            finding.name: column_drift(finding, judgement, table.backend)
            for finding, judgement in zip(findings, judgements, strict=True)
        },
        skipped=skipped,
        alpha=alpha,
        correction=applied,
        min_size=min_size,
        reference_rows=base.rows,
        current_rows=table.rows,
        backend=table.backend,
        min_effect=min_effect,
        false_alarms=false_alarms,
    )


def _names_of(tests: Any, thresholds: Any) -> set[str]:
    """Return the names of all tests that are asked for, after a look at what was given."""
    if not (tests is None or isinstance(tests, str | Mapping)):
        raise TypeError(
            f"tests must be the name of a test or a mapping from columns to names; got {tests!r}"
        )
    names = {tests} if isinstance(tests, str) else {*map(str, (tests or {}).values())}
    for name in sorted(names):
        if name not in _tests.TESTS:
            raise ValueError(
                f"tests names {quoted(str(name))}; known are {', '.join(_tests.TESTS)}"
            )
    if not (thresholds is None or isinstance(thresholds, int | float | Mapping)):
        raise TypeError(
            f"thresholds must be a number or a mapping from columns to numbers; got {thresholds!r}"
        )
    return names


def _tests_of(tests: Any, base: Reference, chosen: Sequence[str]) -> dict[str, str]:
    """Return the test of each column."""
    found = {}
    for name in chosen:
        is_categorical = name in base._categories
        usual = _tests.CHI_SQUARED if is_categorical else _tests.KS
        fits = isinstance(tests, str) and _tests.fits(tests, is_categorical=is_categorical)
        found[name] = tests if fits else usual
    if isinstance(tests, Mapping):
        unknown = [str(name) for name in tests if str(name) not in chosen]
        if unknown:
            raise ValueError(
                f"tests names {', '.join(map(repr, unknown))}, which is not compared; compared "
                f"are {', '.join(map(repr, chosen[:20]))}"
            )
        for name, test in tests.items():
            is_categorical = str(name) in base._categories
            if not _tests.fits(test, is_categorical=is_categorical):
                kind = "categories" if is_categorical else "numbers"
                raise ValueError(f"{test} cannot compare column {str(name)!r}, which holds {kind}")
            found[str(name)] = test
    return found


def _keep_known_limits(findings: Sequence[Finding], base: Reference) -> None:
    """Leave out what windows of the reference know nothing of: values that it never lacked."""
    for finding in findings:
        pool = base._pool
        rows = None if pool is None else pool.numbers.get(finding.name)
        codes = None if pool is None else pool.codes.get(finding.name)
        is_seen = (rows is not None and np.isnan(rows).any()) or (
            codes is not None and (codes < 0).any()
        )
        if finding.limit is None or not is_seen:
            finding.missing_limit = None


def _threshold(value: Any) -> float:
    threshold = as_float("thresholds", value)
    if not 0 <= threshold < np.inf:
        raise ValueError(f"thresholds must be finite numbers, at least 0; got {threshold}")
    return threshold


def _set_thresholds(findings: Sequence[Finding], thresholds: Any) -> None:
    by_name = {finding.name: finding for finding in findings}
    if isinstance(thresholds, Mapping):
        for name, threshold in thresholds.items():
            finding = by_name.get(str(name))
            if finding is None or finding.test not in _tests.DISTANCES:
                raise ValueError(
                    f"thresholds names {quoted(str(name))}, which is not compared by a distance; "
                    f"give tests={{{str(name)!r}: 'psi'}}, or another one"
                )
            finding.threshold = _threshold(threshold)
    elif thresholds is not None:
        measured = [finding for finding in findings if finding.test in _tests.DISTANCES]
        if not measured:
            raise ValueError(
                "thresholds is for distances, and no column is compared by one; give tests='psi', "
                "or another one"
            )
        for finding in measured:
            finding.threshold = _threshold(thresholds)


def column_drift(finding: Finding, judgement: Judgement, backend: str | None) -> ColumnDrift:
    """Return what is told of a column."""
    outcome, effect = finding.outcome, finding.effect
    return ColumnDrift(
        column=finding.name,
        test=finding.test,
        statistic=None if outcome is None else outcome.statistic,
        pvalue=None if outcome is None else outcome.pvalue,
        adjusted_pvalue=judgement.adjusted,
        drift=judgement.verdict == "drift",
        verdict=judgement.verdict,
        reference_size=finding.before[0],
        current_size=finding.now[0],
        reference_missing=share(finding.before),
        current_missing=share(finding.now),
        location=finding.location,
        sign=finding.sign,
        missing_pvalue=finding.missing_pvalue,
        kind=finding.kind,
        effect_size=None if effect is None else effect.size,
        effect_low=None if effect is None else effect.low,
        effect_high=None if effect is None else effect.high,
        threshold=finding.threshold,
        cause=judgement.cause,
        note=finding.note,
        histogram=finding.histogram,
        shares=finding.shares,
        ecdf=finding.ecdf,
        backend=backend,
    )
