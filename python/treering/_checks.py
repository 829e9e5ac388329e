"""Checks of plain arguments, with messages that name the argument."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np


def is_number(value: Any) -> bool:
    """Tell whether a value is one real number: Python's, a Decimal, a fraction or numpy's."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return isinstance(value, Real | Decimal) and not isinstance(value, bool | np.bool_)


def is_missing(value: Any) -> bool:
    """Tell None, NaN, pandas' NA and NaT from a value, whatever its type."""
    return value is None or type(value).__name__ == "NAType" or bool(value != value)  # noqa: PLR0124


def between_0_and_1(name: str, value: Any) -> float:
    """Return a number that must lie between 0 and 1, both excluded."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number between 0 and 1; got {_shown(value)}")
    if not 0 < float(value) < 1:  # a Decimal's NaN has no order of its own
        raise ValueError(f"{name} must lie between 0 and 1; got {value!r}")
    return float(value)


def whole_number(name: str, value: Any, *, least: int = 1, meaning: str = "must be") -> int:
    """Return a whole number, such as 3 or 3.0, that must not be below `least`.

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
    if not is_number(value):
        raise TypeError(f"{name} {meaning} a whole number of at least {least}; got {_shown(value)}")
    if float(value) % 1 != 0 or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}; got {value!r}")
    return int(value)


def one_of(name: str, value: Any, known: Collection[str]) -> None:
    """Check a choice that may be left open by None."""
    if value is None or (isinstance(value, str) and value in known):
        return
    kind = ValueError if isinstance(value, str) else TypeError
    raise kind(f"{name} must be one of {', '.join(known)} or None; got {value!r}")


def names_of(name: str, value: Any) -> tuple[str, ...]:
    """Return a list of names; one text alone is taken for a slip."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Collection):
        raise TypeError(f"{name} must be a list of names, such as ['cost']; got {_shown(value)}")
    return tuple(map(str, value))


def _shown(value: Any) -> str:
    text = repr(value)
    short = text if len(text) <= 60 else text[:59] + "\N{HORIZONTAL ELLIPSIS}"
    return f"{short}, of type {type(value).__name__}"
