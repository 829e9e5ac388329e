"""How many false alarms are allowed, and what that leaves for one report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._checks import quoted, shown
from treering._core.drift import smallest_pvalues
from treering._time import SECONDS, seconds_of, unit_of
from treering.drift._categories import OTHER, side_by_side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering.drift._pool import Pool
    from treering.drift._reference import Reference

_RATE = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s+(?:per|a|in)\s+(?:(\d+(?:\.\d+)?)\s*)?([a-z]+)\s*", re.IGNORECASE
)

# Sizes of windows whose p-values a reference remembers.
_MOST_KNOWN = 64

_LEAST_WINDOWS, _MOST_WINDOWS = 1000, 20_000
_BELOW = 20  # windows that are looked at for each that raises an alarm, at least


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
        windows = length * SECONDS[unit] / seconds_of("window", window)
    rate = count / windows if windows else np.inf
    if not 0 < rate < 0.5:
        raise ValueError(
            f"false_alarms={quoted(false_alarms)} allows {rate:.3g} false alarms for each window; "
            "expected more than 0 and less than 0.5: allow fewer, or take shorter windows"
        )
    return rate


def _unit(word: str) -> str | None:
    return "window" if word.lower() in {"window", "windows"} else unit_of(word)


@dataclass(frozen=True)
class Resampled:
    """The smallest p-values of reports about windows of the reference, ascending.

    Attributes
    ----------
    pvalues
        By the limit laws of the tests, as those of `ks_limit` in the core.
    """

    pvalues: NDArray[np.float64]

    def adjusted(self, pvalue: float) -> float:
        """Return how often a report about nothing has so small a p-value."""
        found = np.searchsorted(self.pvalues, pvalue, side="right")
        return float(found + 1) / (len(self.pvalues) + 1)


def resample(
    reference: Reference, columns: Sequence[str], window: int, rate: float
) -> Resampled | None:
    """Look at windows of the reference's own rows; None if it keeps too few.

    Parameters
    ----------
    reference
        The reference.
    columns
        The columns that are tested.
    window
        How many rows the current window has.
    rate
        In which share of windows an alarm is allowed: the fewer, the more windows are looked at.
    """
    pool = reference._pool
    if pool is None or pool.rows < 2 or not window:
        return None
    # A window larger than half of the rows that are kept leaves too few to compare with: p-values
    # of smaller ones have the same law.
    size = min(window, pool.rows // 2)
    times = int(min(_MOST_WINDOWS, max(_LEAST_WINDOWS, _BELOW / rate)))
    known, key = reference._windows, (size, times, *columns)
    if key not in known:
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known[key] = _resampled(pool, columns, size, times)
    return known[key]


def _resampled(pool: Pool, columns: Sequence[str], size: int, times: int) -> Resampled | None:
    numbers = [pool.numbers[name] for name in columns if name in pool.numbers]
    codes = [pool.codes[name] for name in columns if name in pool.codes]
    if not numbers and not codes:
        return None
    coded = [_without_rare(values) for values in codes]
    return Resampled(smallest_pvalues(numbers, coded, pool.rows, size, times, 0))


def _without_rare(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Count rare categories together, as those of two samples are; return codes and how many."""
    known, counts = np.unique(codes[codes >= 0], return_counts=True)
    by_code = {str(code): int(count) for code, count in zip(known, counts, strict=True)}
    labels, *_ = side_by_side(by_code, {})
    places = {int(label): place for place, label in enumerate(labels) if label != OTHER}
    other = len(places)
    found = np.array([-1 if code < 0 else places.get(int(code), other) for code in codes], np.int64)
    return found, other + 1
