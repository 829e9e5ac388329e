"""Scores by name, from whatever holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from treering._checks import as_float, is_number

# Columns of a history's table that are no scores.
_NOT_SCORES = frozenset({"window", "day", "count", "prediction_count", "level"})


def windows_of(scores: Any) -> Sequence[Any] | None:
    """Return the windows of a history; None for anything else."""
    windows = getattr(scores, "windows", None)
    return windows if isinstance(windows, tuple) and hasattr(scores, "trend") else None


def numbers_of(
    scores: Any, what: str
) -> tuple[dict[str, float], dict[str, tuple[float, float]], dict[str, str]]:
    """Return scores by name, the intervals of those that have one, and why others were left out."""
    windows = windows_of(scores)
    if windows is not None:
        scores = windows[-1]
    if hasattr(scores, "intervals"):
        scores = scores.intervals
    elif not hasattr(scores, "items") and hasattr(scores, "to_dict"):
        scores = scores.to_dict()
    if not hasattr(scores, "items"):
        raise TypeError(
            f"{what} must map metrics to numbers: a mapping, a row of a frame or a window of a "
            f"history; got {type(scores).__name__}"
        )
    values: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    passed_over: dict[str, str] = {}
    for key, value in scores.items():
        name = str(key)
        if isinstance(value, Mapping) and {"value", "low", "high"} <= set(value):
            value = (value["value"], value["low"], value["high"])  # noqa: PLW2901
        if isinstance(value, tuple) and len(value) == 3:
            score, low, high = (as_float(f"{what} {name}", part) for part in value)
            values[name], intervals[name] = score, (low, high)
        elif name in _NOT_SCORES:
            passed_over[name] = "not a score"
        elif is_number(value):
            values[name] = as_float(f"{what} {name}", value)
        elif value is None or type(value).__name__ == "NAType":
            values[name] = math.nan
        elif _was_meant_as_number(value):
            raise TypeError(
                f"{what} must map metrics to numbers; {name!r} is {value!r}, "
                f"of type {type(value).__name__}: convert it first"
            )
        else:
            passed_over[name] = "not a score"
    for name in list(values):
        ends = f"{name}_low", f"{name}_high"
        if name in values and name not in intervals and set(ends) <= set(values):
            intervals[name] = values.pop(ends[0]), values.pop(ends[1])
            passed_over |= dict.fromkeys(ends, "an end of an interval")
    return values, intervals, passed_over


def _was_meant_as_number(value: object) -> bool:
    """Whether leaving a value out could hide a score: all but names and moments could."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
        return True
    return not (hasattr(value, "isoformat") or isinstance(value, np.datetime64))
