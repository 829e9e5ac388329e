"""Charts as inline SVG: a metric over time, two histograms, two sets of shares, shares over time.

Each takes plain arrays and returns one ``<svg>`` element of a few kilobytes: at most
:data:`MOST_POINTS` points are drawn, each then standing for several windows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import commonest, label_text, positions
from treering._checks import as_float, float_array, is_number, shown
from treering._html import BLUE, GREY, ORANGE, RED, SERIES, Html
from treering._text import counted
from treering.report._canvas import Canvas, level_entry, scale, tick_writer, ticks_between

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

MOST_POINTS = 200
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 4", "1 3", "14 3 3 3")
_LONGEST_NOTE = 40
_ROUNDING = 1e-9
_LONGEST_CLASS = 18
_LONGEST_NAME = 120


def line_chart(
    windows: Sequence[Any],
    values: ArrayLike,
    *,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    name: str = "metric",
    baseline: float | None = None,
    alert: float | None = None,
    expected: ArrayLike | None = None,
    expected_low: ArrayLike | None = None,
    expected_high: ArrayLike | None = None,
    width: int = 520,
    height: int = 230,
) -> Html:
    """Draw a metric over time with its confidence band, baseline and alert line.

    Parameters
    ----------
    windows
        The windows' labels.
    values
        The metric in each; NaN leaves a gap.
    low, high
        The confidence interval's ends in each.
    name
        The chart's title.
    baseline, alert
        Levels drawn across.
    expected, expected_low, expected_high
        What was expected in each window, and between which ends; drawn dashed.
    width, height
        Pixels, at most 10,000; titles and axes take some of them.

    Returns
    -------
    Html
        An ``<svg>`` element.

    Examples
    --------
    >>> from treering.report import line_chart
    >>> line_chart(["Mon", "Tue"], [0.9, 0.8], baseline=0.9, alert=0.86)[:4]
    '<svg'
    """
    places, texts, stride = _thin_windows(windows)
    count = len(windows)
    middle = _buckets(_one_each("values", values, count), stride, _mean)
    band = _band(("low", low), ("high", high), count, stride)
    before = None
    if expected is not None:
        before = _buckets(_one_each("expected", expected, count), stride, _mean)
    ends = ("expected_low", expected_low), ("expected_high", expected_high)
    expected_band = _band(*ends, count, stride)
    levels = [
        (level, level_entry(told, level, colour, dash))
        for told, level, colour, dash in (
            ("baseline", _level("baseline", baseline), GREY, "6 4"),
            ("alert line", _level("alert", alert), RED, "2 3"),
        )
        if math.isfinite(level)
    ]
    drawn = [middle, *(band or ()), *(expected_band or ()), *(() if before is None else (before,))]
    y_range, ticks = scale([*drawn, np.asarray([level for level, _ in levels])])
    canvas = Canvas(width, height, x_range=_span(places), y_range=y_range)
    title = _text("name", name).replace("_", " ")
    entries = [entry for _, entry in levels]
    if before is not None:
        entries.insert(0, ("expected", ORANGE, _DASHES[1]))
    canvas.title(title, entries=entries)
    canvas.ticks(ticks, tick_writer(ticks))
    canvas.places(places, texts)
    if expected_band is not None:
        canvas.band(places, *expected_band, ORANGE)
    if before is not None:
        canvas.line(places, before, ORANGE, dash=_DASHES[1])
    if band is not None:
        canvas.band(places, *band, BLUE)
    for level, (_, colour, dash) in levels:
        canvas.across(level, colour, dash=dash)
    canvas.line(places, middle, BLUE, marked=True)
    finite = middle[np.isfinite(middle)]
    told = f", from {finite[0]:.4g} to {finite[-1]:.4g}" if len(finite) else ", undefined"
    return canvas.svg(
        title, f"{_named(title)} over {counted(len(windows), 'window')}{told}{_each_point(stride)}"
    )


def _band(
    low: tuple[str, ArrayLike | None], high: tuple[str, ArrayLike | None], count: int, stride: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the ends of a band where a point stands for several windows; None without both."""
    if low[1] is None or high[1] is None:
        return None
    return (
        _buckets(_one_each(low[0], low[1], count), stride, np.min),
        _buckets(_one_each(high[0], high[1], count), stride, np.max),
    )


def histogram_chart(
    edges: ArrayLike,
    reference: ArrayLike,
    current: ArrayLike,
    *,
    name: str = "feature",
    note: str = "",
    width: int = 380,
    height: int = 210,
) -> Html:
    """Draw two densities, one over the other.

    Parameters
    ----------
    edges
        The bins' edges, one more than there are bins.
    reference, current
        The density in each bin.
    name
        The chart's title.
    note
        Said after the title, such as the verdict.
    width, height
        Pixels, at most 10,000; titles and axes take some of them.

    Returns
    -------
    Html
        An ``<svg>`` element.

    Examples
    --------
    >>> from treering.report import histogram_chart
    >>> histogram_chart([0, 1, 2], [0.5, 0.5], [0.9, 0.1], name="age", note="DRIFT")[:4]
    '<svg'
    """
    name, note = _text("name", name), _text("note", note)
    bins = float_array("edges", edges)
    if (
        bins.ndim != 1
        or len(bins) < 2
        or not np.isfinite(bins).all()
        or (bins[1:] <= bins[:-1]).any()
    ):
        raise ValueError("edges must hold at least two finite numbers, each above the one before")
    densities = [float_array("reference", reference), float_array("current", current)]
    if any(density.shape != (len(bins) - 1,) for density in densities):
        raise ValueError("reference and current must hold one density for each bin")
    top = max(float(density.max(initial=0.0, where=np.isfinite(density))) for density in densities)
    # In bins that are extremely narrow a density overflows: it is drawn as the highest.
    densities = [np.nan_to_num(density, nan=0.0, posinf=top or 1.0) for density in densities]
    ticks = ticks_between(0.0, top or 1.0, 4)
    canvas = Canvas(
        width,
        height,
        x_range=(float(bins[0]), float(bins[-1])),
        y_range=(0.0, max(top or 1.0, ticks[-1])),
    )
    canvas.title(name, note=label_text(note, longest=_LONGEST_NOTE))
    marks = [tick for tick in ticks_between(*canvas.x_range, 6) if bins[0] <= tick <= bins[-1]]
    canvas.ticks(ticks, tick_writer(ticks))
    canvas.places(marks, [tick_writer(marks)(mark) for mark in marks])
    sides = [("reference", BLUE, ""), ("current", ORANGE, "5 2")]
    for density, (_, colour, dash) in zip(densities, sides, strict=True):
        canvas.steps(bins, density, colour, dash=dash)
    canvas.legend(sides, x=canvas.left, y=canvas.top - 4)
    return canvas.svg(name, f"densities of {_named(name)} in the reference and now. {note}")


def bar_chart(
    labels: Sequence[str],
    reference: ArrayLike,
    current: ArrayLike,
    *,
    name: str = "feature",
    note: str = "",
    width: int = 380,
    height: int = 210,
) -> Html:
    """Draw the shares of categories in the reference and now, side by side.

    Parameters
    ----------
    labels
        The categories; tilted where they are many or long, and as many as can be told apart.
    reference, current
        The share of each.
    name
        The chart's title.
    note
        Said after the title, such as the verdict.
    width, height
        Pixels, at most 10,000; titles and axes take some of them.

    Returns
    -------
    Html
        An ``<svg>`` element.

    Examples
    --------
    >>> from treering.report import bar_chart
    >>> bar_chart(["Bonn", "Ulm"], [0.6, 0.4], [0.5, 0.5], name="town")[:4]
    '<svg'
    """
    name, note = _text("name", name), _text("note", note)
    count = len(labels)
    sides = [_one_each("reference", reference, count), _one_each("current", current, count)]
    if not count or not all(np.isfinite(shares).all() for shares in sides):
        raise ValueError("reference and current must hold one finite share for each label")
    ticks = ticks_between(0.0, max(float(shares.max()) for shares in sides) or 1.0, 4)
    canvas = Canvas(
        width, height, x_range=(-0.5, count - 0.5), y_range=(0.0, max(ticks[-1], *map(max, sides)))
    )
    canvas.title(name, note=label_text(note, longest=_LONGEST_NOTE))
    canvas.categories(labels)
    canvas.ticks(ticks, tick_writer(ticks))
    told = [("reference", BLUE, ""), ("current", ORANGE, "5 2")]
    for shares, move, (_, colour, dash) in zip(sides, (-0.4, 0.0), told, strict=True):
        for place, share in enumerate(shares):
            edges = np.array([place + move, place + move + 0.4])
            canvas.steps(edges, np.array([share]), colour, dash=dash)
    canvas.legend(told, x=canvas.left, y=canvas.top - 4)
    return canvas.svg(name, f"shares of {_named(name)} in the reference and now. {note}")


def share_chart(
    windows: Sequence[Any],
    shares: ArrayLike,
    classes: Sequence[Any],
    *,
    reference: ArrayLike | None = None,
    name: str = "predicted classes",
    width: int = 640,
    height: int = 260,
) -> Html:
    """Draw each class's share over time.

    Parameters
    ----------
    windows
        The windows' labels.
    shares
        Shares in 0..1, one row per window and one column per class.
    classes
        The classes' names; beyond eight, the rarest are drawn together as "other".
    reference
        The shares that are expected, drawn as thin lines.
    name
        The chart's title.
    width, height
        Pixels, at most 10,000; titles and axes take some of them.

    Returns
    -------
    Html
        An ``<svg>`` element.

    Examples
    --------
    >>> from treering.report import share_chart
    >>> share_chart(["Mon", "Tue"], [[0.5, 0.5], [0.6, 0.4]], ["no", "yes"])[:4]
    '<svg'
    """
    places, texts, stride = _thin_windows(windows)
    name = _text("name", name)
    table = float_array("shares", shares)
    if table.shape != (len(windows), _listed("classes", classes)):
        raise ValueError(
            "shares must have one row per window and one column per class, "
            f"{(len(windows), len(classes))}; got shape {table.shape}"
        )
    expected = None
    if reference is not None:
        expected = _one_each("reference", reference, len(classes), of="class")
    for what, array in (("shares", table), ("reference", expected)):
        if array is not None and (np.abs(array - 0.5) > 0.5 + _ROUNDING).any():
            raise ValueError(f"{what} must lie between 0 and 1, NaN where undefined; not percent")
    names, table, expected = commonest(
        [label_text(label, longest=_LONGEST_CLASS) for label in classes], table, expected
    )
    lines = [100 * _buckets(table[:, index], stride, _mean) for index in range(len(names))]
    levels = np.asarray([] if expected is None else 100 * expected)
    everything = np.concatenate([*lines, levels])
    top = float(everything.max(initial=0.0, where=np.isfinite(everything)))
    ticks = [tick for tick in ticks_between(0.0, top or 1.0, 5) if tick <= max(top, 100)]
    canvas = Canvas(
        width,
        height,
        x_range=_span(places),
        y_range=(0.0, max(top, ticks[-1])),
        right=40 + int(6.6 * max(len(text) for text in names)),
    )
    canvas.title(name, note="" if expected is None else "thin lines: reference")
    canvas.ticks(ticks, lambda tick: f"{tick:g} %")
    canvas.places(places, texts)
    for index, (text, line) in enumerate(zip(names, lines, strict=True)):
        colour, dash = SERIES[index], _DASHES[index]
        if len(levels) and np.isfinite(levels[index]):
            canvas.across(levels[index], colour, thickness=1, opacity=0.6)
        canvas.line(places, line, colour, dash=dash)
        canvas.legend([(text, colour, dash)], x=canvas.width - canvas.right + 8, y=44 + 18 * index)
    told = f"shares of {', '.join(names)} over {counted(len(windows), 'window')}"
    return canvas.svg(name, told + _each_point(stride))


def _thin_windows(windows: Sequence[Any]) -> tuple[NDArray[np.float64], list[str], int]:
    """Return places and texts of the points to draw, and how many windows each stands for."""
    if not _listed("windows", windows):
        raise ValueError("there is no window to draw")
    stride = math.ceil(len(windows) / MOST_POINTS)
    places = positions(windows)[::stride]
    return places, [label_text(label, longest=16) for label in windows[::stride]], stride


def _one_each(
    what: str, values: ArrayLike, count: int, *, of: str = "window"
) -> NDArray[np.float64]:
    array = float_array(what, values)
    if array.shape != (count,):
        raise ValueError(
            f"{what} must hold one number for each {of}, {count:,} in all; got shape {array.shape}"
        )
    return array


def _level(what: str, level: Any) -> float:
    """Return a level to draw across; NaN for none."""
    if level is None:
        return math.nan
    if not is_number(level):
        raise TypeError(f"{what} must be a number or None; got {shown(level)}")
    return as_float(what, level)


def _listed(what: str, items: Any) -> int:
    """Return how many items there are."""
    if not hasattr(items, "__len__"):
        raise TypeError(f"{what} must be a list of labels; got {shown(items)}")
    return len(items)


def _text(what: str, text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{what} must be text; got {shown(text)}")
    return text


def _buckets(
    array: NDArray[np.float64], stride: int, summarise: Callable[[NDArray[np.float64]], Any]
) -> NDArray[np.float64]:
    """Return a value for each point to draw; NaN where none of its windows has a finite one."""
    if stride == 1:
        return array
    parts = [array[start : start + stride] for start in range(0, len(array), stride)]
    finite = [part[np.isfinite(part)] for part in parts]
    return np.asarray([summarise(part) if len(part) else np.nan for part in finite], np.float64)


def _mean(values: NDArray[np.float64]) -> float:
    # As shares of the largest: the sum of very large numbers is infinite.
    largest = float(np.abs(values).max()) or 1.0
    return float(np.clip(np.mean(values / largest), -1, 1)) * largest


def _span(places: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(places[0]), float(places[-1])
    return (low, high) if high > low else (low - 1.0, low + 1.0)


def _named(name: str) -> str:
    return label_text(name, longest=_LONGEST_NAME)


def _each_point(stride: int) -> str:
    return f"; each point stands for {stride} windows" if stride > 1 else ""
