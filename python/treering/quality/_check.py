"""A table beside what is expected of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treering._checks import between_0_and_1, close_names, least_effect, names_of, shown
from treering._frames import encodable, is_array
from treering._time import moment, seconds_of
from treering.quality._columns import check_by_itself, check_column
from treering.quality._expectations import Expectations, learn
from treering.quality._facts import ColumnFacts
from treering.quality._judge import Judge
from treering.quality._leakage import check_copies, check_identifier
from treering.quality._report import QualityReport
from treering.quality._source import Source
from treering.quality._table import check_duplicates, check_keys, check_time, require

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_SLIPS = 20


def check_quality(
    reference: Any,
    current: Any,
    *,
    keys: str | Sequence[str] | None = None,
    time: str | None = None,
    target: str | None = None,
    max_age: Any = None,
    now: Any = None,
    columns: Sequence[str] | None = None,
    alpha: float = 0.01,
    min_effect: float = 0.01,
) -> QualityReport:
    """Look for what is not as expected in a table.

    What is learned from a reference holds as far as chance allows: the chance that shares, ranges,
    categories or duplicates are called a fault where rows come as before, independently of one
    another, is at most `alpha`, however many columns there are. Values of another type, infinite
    ones where there were none, and bounds set by hand are faults for certain.

    Parameters
    ----------
    reference
        A table that is as it should be, :class:`Expectations` learned from one, its
        :class:`~treering.profile.Profile`, or None, if there is none: what looks odd by itself is
        then a warning.
    current
        The table to look at: an array, a pandas, polars or pyarrow table, a profile, or what is
        read in parts (Parquet files, streams, frames of Spark and Dask), of whose whole rows
        nothing is known.
    keys
        The column, or columns, that no two rows share.
    time
        The column that says when a row was: its times are to be newer than the reference's, not
        older than `max_age`, in order and each once.
    target
        The column that a model is to predict: others are then looked at for copies of it, and for
        identifiers.
    max_age
        How old the newest row may be, such as ``"2d"``; it asks for `time` and `now`.
    now
        The moment that ages are told by, such as ``"2026-03-01"``.
    columns
        The columns' names if both sides are arrays.
    alpha
        The chance of any false fault, between 0 and 1.
    min_effect
        By how much the share of missing values must exceed the reference's to be a fault.

    Returns
    -------
    QualityReport
        A mapping from column to findings.

    Raises
    ------
    TypeError
        If a side is no table, or a parameter of the wrong type.
    ValueError
        If a column that is named is not there, or a parameter is outside its range.

    Notes
    -----
    Of columns: type, missing values, infinite values, range, unseen categories, unit, constant and
    near-constant values, and whether they are there; of rows: duplicates, keys and times; for
    leakage: identifiers, and columns that alone tell the target. P-values of shares and of ranges
    are exact (hypergeometric): so many of the largest values of both tables are in the current one
    by chance. New categories are judged by how many occur once in the reference [1]_. All of them
    are compared with `alpha` divided by their number.

    References
    ----------
    .. [1] I. J. Good, "The population frequencies of species and the estimation of population
       parameters", Biometrika 40 (1953).

    Examples
    --------
    >>> import pandas as pd
    >>> from treering.quality import check_quality
    >>> before = pd.DataFrame({"height": [1.6, 1.7, 1.8] * 50, "town": ["Bonn", "Ulm", "Ulm"] * 50})
    >>> now = pd.DataFrame({"height": [160.0, 1.7, 180.0] * 9, "town": ["Ulm", "ulm", "Bonn"] * 9})
    >>> [found.check for found in check_quality(before, now).faults]
    ['range', 'unseen category']
    """
    alpha = between_0_and_1("alpha", alpha)
    min_effect = least_effect(min_effect)
    if keys is None:
        key_names: tuple[str, ...] = ()
    else:
        key_names = (
            names_of("keys", keys) if isinstance(keys, list | tuple) else (_name("keys", keys),)
        )
    target = None if target is None else _name("target", target)
    time = None if time is None else _name("time", time)
    age, today = _ages(time, max_age, now)
    expectations = _expectations(reference, columns)
    names: Sequence[str] | None = columns
    if columns is None and expectations is not None and is_array(current):
        names = _positional(expectations, current)
    source = Source.read(current, "current", names)
    judge = Judge(source.backend)
    if not source.profile.rows:
        judge.checks += 1
        judge.fault(None, "empty table", "no rows", "some", 0)
    else:
        facts = {name: ColumnFacts.of(source.profile, name) for name in source.profile}
        _check_columns(judge, source, facts, expectations, min_effect)
        check_duplicates(judge, source, expectations)
        check_keys(judge, source, key_names)
        check_time(judge, source, time, expectations, today, age)
        if target is not None or expectations is None:
            _check_leakage(judge, source, facts, target, key_names)
    return QualityReport(
        findings=judge.findings(alpha),
        columns=dict(source.profile.items()),
        rows=source.profile.rows,
        reference_rows=0 if expectations is None else expectations.rows,
        checks=judge.checks,
        skipped=judge.skipped,
        alpha=alpha,
        min_effect=min_effect,
        backend=source.backend,
    )


def _expectations(reference: Any, columns: Sequence[str] | None) -> Expectations | None:
    if reference is None or isinstance(reference, Expectations):
        return reference
    source = Source.read(reference, "reference", columns)
    if not source.profile.rows:
        raise ValueError("reference has no rows; give None to look at current by itself")
    return learn(source)


def _positional(expectations: Expectations, current: Any) -> tuple[str, ...] | None:
    """Name the columns of an array as those of the reference, if it has as many."""
    width = getattr(current, "shape", (0, 0))[-1]
    return tuple(expectations) if width == len(expectations) and expectations.rows else None


def _check_columns(
    judge: Judge,
    source: Source,
    facts: Mapping[str, ColumnFacts],
    expectations: Expectations | None,
    min_effect: float,
) -> None:
    gone = [name for name in expectations or () if name not in facts]
    # Names are compared only where they are few: who renames all of them does not slip.
    has_few = len(gone) <= _MOST_SLIPS
    for name, found in facts.items():
        if expectations is None:
            check_by_itself(judge, name, found)
        elif name in expectations:
            check_column(judge, source, expectations[name], found, min_effect)
        elif expectations.rows:
            judge.checks += 1
            near = close_names(name, gone) if has_few else ""
            judge.warning(name, "new column", f"a new column{near}", "the reference's columns")
    for name in gone:
        if expectations is not None and expectations[name].required:
            judge.checks += 1
            near = close_names(name, facts) if has_few else ""
            judge.fault(name, "missing column", f"no such column{near}", "a column of this name")


def _check_leakage(
    judge: Judge,
    source: Source,
    facts: Mapping[str, ColumnFacts],
    target: str | None,
    keys: Sequence[str],
) -> None:
    if target is not None:
        require(source, [target], "target")
    for name, found in facts.items():
        if name != target and name not in keys:
            check_identifier(judge, name, found)
    if target is None:
        return
    if source.table is None:
        judge.skipped["copy of the target"] = "needs rows, and only a profile is at hand"
    else:
        check_copies(judge, source.table, target)


def _name(what: str, value: Any) -> str:
    """Return a column's name, which may be a number in pandas."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TypeError(f"{what} must be the name of a column; got {shown(value)}")
    name: str = encodable(str(value))
    return name


def _ages(time: str | None, max_age: Any, now: Any) -> tuple[float | None, Any]:
    """Return how old the newest row may be, in seconds, and the moment that ages are told by."""
    if max_age is None and now is None:
        return None, None
    if time is None:
        raise ValueError("max_age and now are about times; say by time= which column holds them")
    if now is None:
        raise ValueError(
            f"max_age={max_age!r} needs a moment that ages are told by: give now=, such as "
            "now=datetime.datetime.now()"
        )
    return None if max_age is None else seconds_of("max_age", max_age), moment("now", now)
