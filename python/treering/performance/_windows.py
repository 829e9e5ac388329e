"""Which rows belong to which window."""

from __future__ import annotations

import itertools
import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_array, label_text, moment_of
from treering._checks import is_missing, shown
from treering._frames import read_vector
from treering._results import plain_label
from treering._text import counted
from treering._time import microseconds_of

if TYPE_CHECKING:
    import datetime as dt

_MONTHS = (
    "months and years differ in length, so label their rows yourself, as by "
    "window=when.dt.strftime('%Y-%m')"
)
# Up to so many rows, a window for each moment may well be meant.
_MOST_OWN_WINDOWS = 10
# The epoch was a Thursday; weeks start on the Monday before it.
_MONDAY = np.datetime64("1969-12-29", "us")


@dataclass(frozen=True)
class Windows:
    """Windows in order, each with the rows that belong to it."""

    labels: tuple[Any, ...]
    rows: tuple[Any, ...]


def split(
    count: int,
    window: Any,
    *,
    every: str | dt.timedelta | None = None,
    label: Any = None,
) -> Windows:
    """Divide rows into windows.

    Parameters
    ----------
    count
        How many rows there are.
    window
        None is one window; a whole number is that many rows per window, in the rows' order, the
        last one perhaps shorter; anything else holds a label for each row.
    every
        With moments as labels: the length of a window, such as ``"1d"`` or a timedelta.
    label
        With one window: its label.

    Returns
    -------
    Windows
        In order of their labels if these are numbers, moments, periods or text such as
        "2025-03", else of first appearance.
    """
    if not count:
        raise ValueError("there are no rows; give at least one prediction")
    if every is not None:
        _step(every)
        if window is None or isinstance(window, int | np.integer):
            raise ValueError(
                f"every={every!r} needs window= to hold the moment of each row, such as a column "
                f"of dates; got window={window!r}"
            )
    if window is None:
        moment = moment_of(label)
        label = 1 if label is None else plain_label(label) if moment is None else moment
        return Windows((label,), (slice(None),))
    if label is not None:
        raise ValueError("label= names a single window; leave window= out, or label= out")
    if isinstance(window, int | np.integer) and not isinstance(window, bool | np.timedelta64):
        if window < 1:
            raise ValueError(f"window must be at least 1 row; got {window}")
        starts = range(0, count, int(window))
        return Windows(
            tuple(range(1, len(starts) + 1)),
            tuple(slice(start, min(start + int(window), count)) for start in starts),
        )
    if isinstance(window, bool | float | str | np.timedelta64):
        raise TypeError(
            "window must be None, a number of rows, or one label per row; got "
            f"{window!r}"
            + (
                "; a length of time goes into every="
                if isinstance(window, str | np.timedelta64)
                else ""
            )
        )
    labels = read_vector(window, what="window")
    if len(labels) != count:
        raise ValueError(
            f"window holds {counted(len(labels), 'label')} for {counted(count, 'row')}; give one "
            "per row"
        )
    labels = label_array(labels)
    if labels.dtype.kind == "M":
        if np.isnat(labels).any():
            raise ValueError("window holds missing moments; drop those rows or date them first")
        if every is not None:
            labels = floor(labels, every)
        elif count > _MOST_OWN_WINDOWS and 2 * (different := len(np.unique(labels))) > count:
            raise ValueError(
                f"window holds {different:,} different moments in {count:,} rows, which would be "
                "nearly a window for each row; give the length of a window, such as every='1D' "
                f"(any number of s, min, h, d or w, such as '30s', '15min' or '2 weeks'; {_MONTHS})"
            )
    elif every is not None:
        raise ValueError(
            f"every={every!r} needs moments (datetimes) in window=; "
            f"got {shown(_stranger(labels))}: convert it first, such as by "
            "pandas.to_datetime(...) or numpy.asarray(..., dtype='datetime64[s]')"
        )
    elif labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError("window holds missing labels; drop those rows or label them first")
    return _group(labels)


def floor(moments: Any, every: str | dt.timedelta) -> Any:
    """Round moments down to the start of their window."""
    step = _step(every)
    moments = moments.astype("datetime64[us]")
    return moments - (moments - _MONDAY) % step


def _stranger(labels: Any) -> Any:
    """Return the first label that is no moment."""
    return next((label for label in labels.tolist() if moment_of(label) is None), labels[0])


def _step(every: Any) -> np.timedelta64:
    """Read the length of a window in time."""
    try:
        return np.timedelta64(microseconds_of("every", every), "us")
    except ValueError as error:
        raise ValueError(f"{error}; {_MONTHS}") from None


def _group(labels: Any) -> Windows:
    if labels.dtype == object:
        codes_of: dict[Any, int] = {}
        try:
            codes = np.fromiter(
                (codes_of.setdefault(label, len(codes_of)) for label in labels),
                np.intp,
                len(labels),
            )
        except TypeError as error:
            raise TypeError(f"window holds labels that cannot be told apart: {error}") from error
        names = list(codes_of)
        if any(map(is_missing, names)):
            raise ValueError("window holds missing labels; drop those rows or label them first")
        order = own_order(names)
    else:
        unique, first, codes = np.unique(labels, return_index=True, return_inverse=True)
        names = list(unique)
        order = list(range(len(names)))
        if labels.dtype.kind == "U" and own_order(names) is None:
            order = np.argsort(first).tolist()
    if order is not None:
        rank = np.empty(len(order), dtype=np.intp)
        rank[order] = np.arange(len(order))
        codes, names = rank[codes], [names[index] for index in order]
    by_window = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[by_window], np.arange(len(names) + 1))
    rows = tuple(by_window[edges[i] : edges[i + 1]] for i in range(len(names)))
    return Windows(tuple(plain_label(name) for name in names), rows)


# Text that sorts as the calendar runs: 2025, 2025-03, 2025-03-10, 2025Q1, 2025-W05, 20250310
_CALENDAR = re.compile(r"(19|20)\d\d([-/]?(\d\d|Q[1-4]|W\d\d)([-/]?\d\d)?)?")


def own_order(names: list[Any]) -> list[int] | None:
    """Places of labels in their own order, such as that of periods; None where they have none.

    Text has none, but for years, quarters, months, weeks and days that are all written in one way.
    """
    if len({type(name) for name in names}) != 1:
        return None
    if isinstance(names[0], str) and not (
        len({len(name) for name in names}) == 1 and all(map(_CALENDAR.fullmatch, names))
    ):
        return None
    try:
        return sorted(range(len(names)), key=names.__getitem__)
    except (TypeError, ValueError):
        return None


def check_order(labels: list[Any]) -> None:
    """Refuse windows that occur twice, are of several kinds, or are not in their order."""
    moments = [moment_of(label) for label in labels]
    if None in moments and any(moment is not None for moment in moments):
        is_moment = moments[0] is not None
        at = next(at for at, moment in enumerate(moments) if (moment is not None) != is_moment)
        raise ValueError(
            f"windows {label_text(labels[0])} and {label_text(labels[at])} cannot be put in order: "
            "only one of them is a moment; label all windows in one way"
        )
    keys = labels if None in moments else moments
    seen: set[Any] = set()
    for label, key in zip(labels, keys, strict=True):
        if key in seen:
            raise ValueError(
                f"window {label_text(label)} is in the history already; a window is never "
                "rewritten, so give the new one a label of its own"
            )
        seen.add(key)
    for (before, after), label in zip(itertools.pairwise(keys), labels[1:], strict=True):
        if _precedes(after, before):
            raise ValueError(
                f"window {label_text(label)} comes after {label_text(before)} but precedes it; "
                "add windows in their order"
            )


def place_of(index: Any, count: int) -> int:
    """Return the place of one of so many windows; say how windows are taken."""
    told = "a history's windows are taken by their place"
    try:
        place = operator.index(index)
    except TypeError:
        raise TypeError(
            f"{told}; got {shown(index)}: the place of the window with a label is "
            "history.labels.index(label)"
        ) from None
    if not -count <= place < count:
        raise IndexError(
            f"{told}, from 0 to {count - 1} or from the end by -1 to {-count}; got {place}"
        )
    return place


def _precedes(after: Any, before: Any) -> bool:
    """Tell whether two labels have an order and are not in it; texts have none."""
    if isinstance(after, str) or type(after) is not type(before):
        return False
    try:
        return bool(after < before)
    except TypeError:
        return False
