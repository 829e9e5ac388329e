"""Where windows stand on an axis, and how their labels are written. Pictures share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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
            return array.astype("datetime64[us]")
        except (TypeError, ValueError):
            return array
    return array


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
    if not np.isfinite(places).all() or (len(places) > 1 and (np.diff(places) <= 0).any()):
        return np.arange(len(array), dtype=np.float64)
    return places


def label_text(label: Any, *, longest: int = _LONGEST) -> str:
    """Write one label: short, and a midnight as its date."""
    if isinstance(label, np.datetime64):
        day = label.astype("datetime64[D]")
        text = str(day if day == label else label.astype("datetime64[s]")).replace("T", " ")
    elif hasattr(label, "isoformat"):
        text = label.isoformat(" ") if hasattr(label, "hour") else label.isoformat()
        text = text.removesuffix(" 00:00:00")
    elif isinstance(label, float | np.floating):
        text = f"{float(label):g}"
    else:
        text = str(label)
    return text if len(text) <= longest else text[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"


def thinned(count: int, most: int) -> NDArray[np.intp]:
    """Pick at most `most` of `count` points, evenly spread, first and last among them."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.round(np.linspace(0, count - 1, most)).astype(np.intp))


def _is_moment(label: Any) -> bool:
    return isinstance(label, np.datetime64) or hasattr(label, "isoformat")
