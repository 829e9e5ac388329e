"""Where windows stand on an axis, and how their labels are written. Pictures share it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._text import shortened, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LONGEST = 28


def label_array(labels: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    """Return labels as one array: numeric, dates, or objects where kinds are mixed."""
    array = np.asarray(labels) if len(labels) else np.empty(0, dtype=object)
    if array.ndim != 1 or array.dtype.kind not in "iufMU":
        array = np.empty(len(labels), dtype=object)
        array[:] = list(labels)
    if array.dtype == object and len(array) and all(_is_moment(label) for label in array):
        # Pandas' Timestamps and Python's dates are moments, whatever array they come in.
        try:
            return np.array([moment_of(label) for label in array], dtype="datetime64[us]")
        except (TypeError, ValueError):
            return array
    return array


def moment_of(label: Any) -> np.datetime64 | None:
    """Return a moment to the microsecond, one with a time zone in UTC; None for other labels."""
    if isinstance(label, np.datetime64):
        moment: np.datetime64 = label.astype("datetime64[us]")
        return moment
    if not hasattr(label, "isoformat"):
        return None
    zone = getattr(label, "tzinfo", None)
    if zone is not None:
        label = label.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(label, "us")


def positions(labels: Sequence[Any]) -> NDArray[np.float64]:
    """Place labels on a line.

    Numbers and moments stand where they belong, so that a gap in time shows as a gap; any other
    label takes the next whole number.
    """
    array = label_array(labels)
    if array.dtype.kind in "iuf":
        places = array.astype(np.float64)
    elif array.dtype.kind == "M":
        places = array.astype("datetime64[us]").astype(np.int64).astype(np.float64)
    else:
        places = np.arange(len(array), dtype=np.float64)
    if not np.isfinite(places).all() or (places[1:] <= places[:-1]).any():
        return np.arange(len(array), dtype=np.float64)
    return places


def label_text(label: Any, *, longest: int = _LONGEST) -> str:
    """Write one label to be read: a midnight as its date, long ones without their middle."""
    text = f"{float(label):g}" if isinstance(label, float | np.floating) else key_text(label)
    return shortened(visible(text), longest)


def key_text(label: Any) -> str:
    """Write one label whole and as it is, for JSON and tables of data."""
    if isinstance(label, np.datetime64):
        forms = (label.astype(f"datetime64[{unit}]") for unit in "Ds")
        return str(next((form for form in forms if form == label), label)).replace("T", " ")
    if hasattr(label, "isoformat"):
        is_moment = hasattr(label, "hour") and hasattr(label, "year")
        text = label.isoformat(" ") if is_moment else label.isoformat()
        return str(text).removesuffix(" 00:00:00")
    if isinstance(label, float | np.floating):
        short = f"{float(label):g}"
        return short if float(short) == label else repr(float(label))
    return str(label)


MOST_CLASSES = 8
"""How many classes a picture tells apart."""


def commonest(
    names: Sequence[str],
    shares: NDArray[np.float64],
    reference: NDArray[np.float64] | None,
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64] | None]:
    """Keep the classes that a picture can tell apart, and gather the rarest as one.

    Parameters
    ----------
    names
        The classes' names.
    shares
        A row per window, a column per class.
    reference
        The expected share of each class, if there is one.

    Returns
    -------
    tuple
        Names, shares and reference of at most :data:`MOST_CLASSES` lines.
    """
    if len(names) <= MOST_CLASSES:
        return list(names), shares, reference
    order = np.argsort(-np.nan_to_num(shares).sum(axis=0), kind="stable")
    kept, rest = np.sort(order[: MOST_CLASSES - 1]), order[MOST_CLASSES - 1 :]

    def gathered(array: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.concatenate(
            [array[..., kept], array[..., rest].sum(axis=-1, keepdims=True)], axis=-1
        )

    return (
        [*(names[index] for index in kept), f"other ({len(rest)})"],
        gathered(shares),
        None if reference is None else gathered(reference),
    )


def thinned(count: int, most: int) -> NDArray[np.intp]:
    """Pick at most `most` of `count` points from the first on, at one step."""
    return np.arange(0, count, -(-count // most))


def _is_moment(label: Any) -> bool:
    return isinstance(label, np.datetime64) or hasattr(label, "isoformat")
