"""Checks of plain arguments, with messages that name the argument."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_SEARCHED = 1000
_LONGEST_SEARCHED = 100
_MOST_QUOTED = 20
_LONGEST_QUOTED = 60


def is_number(value: Any) -> bool:
    """Tell whether a value is one real number: Python's, a Decimal, a fraction or numpy's."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    # numpy registers its lengths of time among the whole numbers.
    return isinstance(value, Real | Decimal) and not isinstance(
        value, bool | np.bool_ | np.timedelta64
    )


def is_missing(value: Any) -> bool:
    """Tell None, NaN, pandas' NA and NaT from a value, whatever its type."""
    if isinstance(value, Decimal):
        return value.is_nan()  # a signalling NaN refuses every comparison
    return value is None or type(value).__name__ == "NAType" or bool(value != value)  # noqa: PLR0124


def as_float(name: str, value: Any) -> float:
    """Return a number in double precision, which may be too small for it."""
    try:
        return float(value)
    except (OverflowError, ValueError) as error:
        raise ValueError(
            f"{name} must be a number that double precision can hold; got {shown(value)} ({error})"
        ) from error


def float_array(name: str, values: Any) -> NDArray[np.float64]:
    """Return numbers in double precision, as the core reads them."""
    try:
        dtype = _dtype_of(values)
        if dtype.kind not in "mM":
            return np.require(values, np.float64, ["ALIGNED"])
    except (ArithmeticError, TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name} must hold numbers that double precision can hold ({error})") from error
    # numpy takes both for the number of units since 1970, or of units, whatever the unit is.
    what, advice = (
        ("moments", "give what was measured at these moments, in their order")
        if dtype.kind == "M"
        else ("lengths of time", "divide them by a unit, such as numpy.timedelta64(1, 's')")
    )
    raise TypeError(f"{name} must hold numbers; got {what}, of type {dtype}: {advice}")


def _dtype_of(values: Any) -> Any:
    """Return the type of some values; of objects that are moments or lengths of time, theirs."""
    own = getattr(values, "dtype", None)
    if getattr(own, "kind", None) in {"m", "M"}:
        return own  # with a time zone, an array of them holds objects
    array = np.asarray(values)
    if array.dtype.kind == "O":
        times = (item for item in array.flat if isinstance(item, np.datetime64 | np.timedelta64))
        return next((item.dtype for item in times), array.dtype)
    return array.dtype


def one_dimension(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return an array that must have one dimension."""
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension; got {array.ndim}")
    return array


def between_0_and_1(name: str, value: Any) -> float:
    """Return a number that must lie between 0 and 1, both excluded."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number between 0 and 1; got {shown(value)}")
    number = as_float(name, value)
    if not 0 < number < 1:
        raise ValueError(f"{name} must lie between 0 and 1; got {value!r}")
    return number


def least_effect(value: Any, *, most: float = 1.0) -> float:
    """Return the least change that matters, a share below `most`."""
    if not is_number(value):
        raise TypeError(f"min_effect must be a share of the rows, a number; got {shown(value)}")
    share = as_float("min_effect", value)
    if not 0 <= share < most:
        raise ValueError(f"min_effect must be a share, at least 0 and below {most:g}; got {share}")
    return share


def whole_number(
    name: str, value: Any, *, least: int = 1, most: int | None = None, meaning: str = "must be"
) -> int:
    """Return a whole number, such as 3 or 3.0, from `least` to `most`.

    Parameters
    ----------
    name
        The argument's.
    value
        What was given.
    least
        The smallest number allowed.
    most
        The largest number allowed, if there is one.
    meaning
        What the number says, for whoever took it for something else.
    """
    bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
    if not is_number(value):
        raise TypeError(f"{name} {meaning} a whole number {bounds}; got {shown(value)}")
    if as_float(name, value) % 1 != 0 or value < least or (most is not None and value > most):
        raise ValueError(f"{name} must be a whole number {bounds}; got {shown(value)}")
    return int(value)


def boolean(name: str, value: Any) -> bool:
    """Return a truth value."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False; got {shown(value)}")
    return bool(value)


def one_of(name: str, value: Any, known: Collection[str], *, optional: bool = True) -> None:
    """Check a choice, which may be left open by None if it is optional."""
    if (optional and value is None) or (isinstance(value, str) and value in known):
        return
    kind = ValueError if isinstance(value, str) else TypeError
    none = " or None" if optional else ""
    raise kind(f"{name} must be one of {', '.join(known)}{none}; got {value!r}")


def names_of(name: str, value: Any) -> tuple[str, ...]:
    """Return a list of names; one text alone is taken for a slip."""
    if (
        isinstance(value, str | bytes | Mapping)
        or not isinstance(value, Collection)
        or (isinstance(value, np.ndarray) and value.ndim != 1)
    ):
        raise TypeError(f"{name} must be a list of names, such as ['cost']; got {shown(value)}")
    return tuple(map(str, value))


def check_axes(ax: Any, *, many: bool = False, instead: str = "") -> None:
    """Refuse what cannot be drawn into, before anything is drawn.

    Parameters
    ----------
    ax
        What was given.
    many
        Whether a sequence of axes will do.
    instead
        What to write if it was meant for something else.
    """
    if ax is None or _is_axes(ax):
        return
    if many and not isinstance(ax, str) and all(map(_is_axes, np.ravel(np.asarray(ax, object)))):
        return
    several = ", several of them" if many else ""
    raise TypeError(
        f"ax must be matplotlib axes, such as plt.subplots() makes{several}, or None; got "
        f"{ax!r}{instead and '; ' + instead}"
    )


def _is_axes(ax: Any) -> bool:
    return hasattr(ax, "get_subplotspec") and hasattr(ax, "plot")


def close_names(name: str, known: Iterable[str]) -> str:
    """Ask after the names that one may have been a slip for; nothing if there are none.

    Every name is compared without regard to case; only so many names of a readable length are
    searched for likeness, which takes far longer.
    """
    wanted = name.lower()
    by_lower: dict[str, list[str]] = {}
    for other in known:
        by_lower.setdefault(other.lower(), []).append(other)
    near = [wanted] if wanted in by_lower else []
    if len(wanted) <= _LONGEST_SEARCHED:
        readable = (other for other in by_lower if len(other) <= _LONGEST_SEARCHED)
        found = get_close_matches(wanted, islice(readable, _MOST_SEARCHED))
        near += [other for other in found if other != wanted]
    names = [quoted(other) for lower in near[:3] for other in by_lower[lower]]
    return f" (did you mean {' or '.join(names)}?)" if names else ""


def quoted(name: str) -> str:
    """Write a name into a message, however long it is."""
    return f"'{label_text(name, longest=_LONGEST_QUOTED)}'"


def quoted_names(names: Collection[str]) -> str:
    """List names in a message, however many there are."""
    more = ", ..." if len(names) > _MOST_QUOTED else ""
    return ", ".join(map(quoted, islice(names, _MOST_QUOTED))) + more


def shown(value: Any) -> str:
    """Write a value and its type into a message, however long it is."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        text = "a number of very many digits"
    text = " ".join(text.split()) if "\n" in text else text  # a table has many lines
    short = text if len(text) <= 60 else text[:59] + "\N{HORIZONTAL ELLIPSIS}"
    return f"{short}, of type {type(value).__name__}"
