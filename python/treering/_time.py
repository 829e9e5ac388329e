"""Lengths of time and moments, as people write them."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

import numpy as np

from treering._axis import moment_of
from treering._checks import quoted, shown

_DAY = 86_400.0
SECONDS = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": 365.25 / 12 * _DAY,
    "quarter": 365.25 / 4 * _DAY,
    "year": 365.25 * _DAY,
}
"""How long each unit is."""

_LONGEST = 10_000 * SECONDS["year"]
_DIFFERING = ("month", "quarter", "year")
"""Units that are not equally long at any date; they count with their mean."""

_SHORT = {"s": "second", "min": "minute", "h": "hour", "d": "day", "w": "week"}
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)?\s*([a-z]+)\s*", re.IGNORECASE)


def unit_of(word: str) -> str | None:
    """Return the unit of time that a word stands for; None if it stands for none."""
    word = word.lower()
    return _SHORT.get(word) or next((unit for unit in SECONDS if word in {unit, unit + "s"}), None)


def seconds_of(name: str, length: Any) -> float:
    """Return a length of time, such as "1d", "6 hours" or a timedelta, in seconds."""
    count, unit = _parts(name, length)
    seconds = count * SECONDS[unit]
    if not 0 < seconds < _LONGEST:
        raise ValueError(
            f"{name} must be longer than nothing, and shorter than 10,000 years; got {length!r}"
        )
    return seconds


def microseconds_of(name: str, length: Any) -> int:
    """Return a length of time that is the same at any date, in microseconds."""
    _, unit = _parts(name, length)
    if unit in _DIFFERING:
        raise ValueError(
            f"{name} must be of one length at any date, such as '1d', '6h' or '2 weeks'; got "
            f"{shown(length)}"
        )
    microseconds = seconds_of(name, length) * 1e6
    whole = round(microseconds)
    if not math.isclose(microseconds, whole, rel_tol=1e-14):  # some digits of a double are off
        raise ValueError(f"{name} must be a whole number of microseconds; got {shown(length)}")
    return whole


def _parts(name: str, length: Any) -> tuple[float, str]:
    """Return how many of which unit a length of time is."""
    if isinstance(length, np.timedelta64):
        return _parts_of_numpy(length)
    if isinstance(length, dt.timedelta):
        return length.total_seconds(), "second"
    if not isinstance(length, str):
        raise TypeError(f"{name} must be a text such as '1d', or a timedelta; got {shown(length)}")
    found = _LENGTH.fullmatch(length)
    unit = None if found is None else unit_of(found[2])
    if found is None or unit is None:
        raise ValueError(
            f"{name} must be a length of time, such as '1d', '6h' or '2 weeks'; got "
            f"{quoted(length)}"
        )
    return float(found[1] or 1), unit


def _parts_of_numpy(length: np.timedelta64) -> tuple[float, str]:
    if np.datetime_data(length.dtype)[0] in {"M", "Y"}:  # which numpy does not turn into others
        return float(length / np.timedelta64(1, "M")), "month"
    return float(length / np.timedelta64(1, "us")) / 1e6, "second"


def moment(name: str, value: Any) -> np.datetime64:
    """Return a moment, such as "2026-03-01", a datetime or numpy's, to the microsecond."""
    if isinstance(value, str):
        try:
            # A month alone stands for its first day.
            value = dt.datetime.fromisoformat(value + "-01" if len(value) == 7 else value)
        except ValueError:
            raise ValueError(
                f"{name} must be a moment, such as '2026-03-01'; got {value!r}"
            ) from None
    if isinstance(value, np.datetime64) and not (
        np.isnat(value) or 1 <= int(value.astype("M8[Y]").astype(np.int64)) + 1970 <= 9999
    ):
        raise ValueError(f"{name} must lie within the years 1 to 9999; got {value}")
    found = moment_of(value)
    if found is None or np.isnat(found):
        raise TypeError(f"{name} must be a moment, such as '2026-03-01'; got {shown(value)}")
    return found
