"""Checks of arguments that several rooms take."""

from __future__ import annotations

from numbers import Real
from typing import Any


def check_alpha(alpha: Any) -> None:
    """Refuse a rate of false alarms that is none."""
    if not isinstance(alpha, Real) or not 0 < float(alpha) < 1:
        raise ValueError(f"alpha must lie between 0 and 1; got {alpha!r}")


def check_whole(name: str, value: Any, *, least: int = 1, meaning: str = "") -> None:
    """Refuse what is not a whole number of at least so many.

    Parameters
    ----------
    name
        The argument's.
    value
        What was given.
    least
        The smallest number allowed.
    meaning
        What the number says, for whoever took it for something else.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if meaning and not is_number:
        raise TypeError(f"{name} {meaning}, a whole number of at least {least}; got {value!r}")
    if not is_number or value != value // 1 or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}; got {value!r}")


def is_missing(value: Any) -> bool:
    """Tell None, NaN, pandas' NA and NaT from a value, whatever its type."""
    return value is None or type(value).__name__ == "NAType" or bool(value != value)  # noqa: PLR0124
