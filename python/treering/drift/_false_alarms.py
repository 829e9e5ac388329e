"""How many false alarms are allowed, and what that leaves for one report."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._checks import quoted, shown
from treering._core.drift import chi_squared_limit, ks_limit, smallest_pvalues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering.drift._pool import Pool
    from treering.drift._reference import Reference

_DAY = 86_400.0
_SECONDS = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": 365.25 / 12 * _DAY,
    "quarter": 365.25 / 4 * _DAY,
    "year": 365.25 * _DAY,
}
_UNITS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "w": "week"}
_RATE = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s+(?:per|a|in)\s+(?:(\d+(?:\.\d+)?)\s*)?([a-z]+)\s*", re.IGNORECASE
)
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)?\s*([a-z]+)\s*", re.IGNORECASE)

# Sizes of windows whose p-values a reference remembers.
_MOST_KNOWN = 64

TIMES = 1000
"""How many windows of the reference are looked at."""


def false_alarm_rate(false_alarms: Any, window: Any) -> float:
    """Return the share of windows in which a false alarm is allowed.

    Parameters
    ----------
    false_alarms
        Such as ``"1 per month"``, ``"2 per 100 windows"``.
    window
        How long a window is, such as ``"1d"``, ``"6 hours"`` or a ``datetime.timedelta``.
    """
    if not isinstance(false_alarms, str):
        raise TypeError(
            f"false_alarms must be a text such as '1 per month'; got {shown(false_alarms)}"
        )
    found = _RATE.fullmatch(false_alarms)
    unit = None if found is None else _unit(found[3])
    if found is None or unit is None:
        raise ValueError(
            "false_alarms must say how many in what time, such as '1 per month', '2 per year' or "
            f"'1 per 100 windows'; got {quoted(false_alarms)}"
        )
    count, length = float(found[1]), float(found[2] or 1)
    if unit == "window":
        windows = length
    elif window is None:
        raise ValueError(
            f"false_alarms={quoted(false_alarms)} needs to know how long a window is: give "
            "window='1d', or say '1 per 100 windows'"
        )
    else:
        windows = length * _SECONDS[unit] / _seconds(window)
    rate = count / windows if windows else np.inf
    if not 0 < rate < 0.5:
        raise ValueError(
            f"false_alarms={quoted(false_alarms)} allows {rate:.3g} false alarms for each window; "
            "expected more than 0 and less than 0.5: allow fewer, or take longer windows"
        )
    return rate


def _unit(word: str) -> str | None:
    word = word.lower()
    if word in {"window", "windows"}:
        return "window"
    return _UNITS.get(word) or next((u for u in _SECONDS if word in {u, u + "s"}), None)


def _seconds(window: Any) -> float:
    if isinstance(window, np.timedelta64):
        seconds = float(window / np.timedelta64(1, "us")) / 1e6
    elif isinstance(window, dt.timedelta):
        seconds = window.total_seconds()
    elif isinstance(window, str):
        found = _LENGTH.fullmatch(window)
        unit = None if found is None else _unit(found[2])
        if found is None or unit is None or unit == "window":
            raise ValueError(
                "window must say how long a window is, such as '1d', '6h' or '2 weeks'; got "
                f"{quoted(window)}"
            )
        seconds = float(found[1] or 1) * _SECONDS[unit]
    else:
        raise TypeError(f"window must be a text such as '1d', or a timedelta; got {shown(window)}")
    if not 0 < seconds < np.inf:
        raise ValueError(f"window must be longer than nothing; got {window!r}")
    return seconds


@dataclass(frozen=True)
class Resampled:
    """The smallest p-values of reports about windows of the reference, ascending.

    Attributes
    ----------
    pvalues
        By the limit laws of the tests, as those of :func:`limit_of_numbers`.
    """

    pvalues: NDArray[np.float64]

    def adjusted(self, pvalue: float) -> float:
        """Return how often a report about nothing has so small a p-value."""
        found = np.searchsorted(self.pvalues, pvalue, side="right")
        return float(found + 1) / (len(self.pvalues) + 1)


def resample(reference: Reference, columns: Sequence[str], window: int) -> Resampled | None:
    """Look at windows of the reference's own rows; None if it keeps too few.

    Parameters
    ----------
    reference
        The reference.
    columns
        The columns that are tested.
    window
        How many rows the current window has.
    """
    pool = reference._pool
    if pool is None or pool.rows < 2:
        return None
    # A window larger than half of the rows that are kept leaves too few to compare with: p-values
    # of smaller ones have the same law.
    size = min(window, pool.rows // 2)
    known = reference._windows
    if (size, *columns) not in known:
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known[size, *columns] = _resampled(pool, columns, size)
    return known[size, *columns]


def _resampled(pool: Pool, columns: Sequence[str], size: int) -> Resampled | None:
    numbers = [pool.numbers[name] for name in columns if name in pool.numbers]
    codes = [pool.codes[name] for name in columns if name in pool.codes]
    if not numbers and not codes:
        return None
    coded = [(values, int(values.max(initial=-1)) + 1) for values in codes]
    return Resampled(smallest_pvalues(numbers, coded, pool.rows, size, TIMES, 0))


def limit_of_numbers(before: int, now: int, statistic: float) -> float:
    """Return the p-value of a Kolmogorov-Smirnov statistic by its limit law."""
    return ks_limit(before, now, statistic)


def limit_of_counts(before: Sequence[int], now: Sequence[int]) -> float:
    """Return the p-value of two vectors of counts by the chi-squared law."""
    return chi_squared_limit(before, now)
