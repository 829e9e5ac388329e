"""Charts as inline SVG: a metric over time, two histograms, shares over time.

Each takes plain arrays and returns one ``<svg>`` element of a few kilobytes: at most
:data:`MOST_POINTS` points are drawn, each then standing for several windows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text, positions, thinned
from treering._html import BLUE, FONT, GREY, ORANGE, RED, SERIES, Html, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

MOST_POINTS = 200
MOST_CLASSES = 8
_MARKED = 62
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 4", "1 3", "14 3 3 3")


class _Canvas:
    """A plot area with two linear scales, and the elements drawn so far."""

    def __init__(self, width: int, height: int, *, right: int = 14) -> None:
        self.width, self.height = width, height
        self.left, self.right, self.top, self.bottom = 50, right, 34, 34
        self.elements: list[str] = []
        self.x_range = (0.0, 1.0)
        self.y_range = (0.0, 1.0)

    def x(self, value: float) -> float:
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        low, high = self.y_range
        inner = self.height - self.top - self.bottom
        return self.top + (high - value) / (high - low) * inner

    def add(self, element: str) -> None:
        self.elements.append(element)

    def text(
        self,
        x: float,
        y: float,
        text: Any,
        *,
        anchor: str = "start",
        more: str = "",
        size: int = 11,
    ) -> None:
        self.add(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="currentColor"{more}>{escape(text)}</text>'
        )

    def horizontal_axis(self, texts: Sequence[str], places: NDArray[np.float64]) -> None:
        floor = self.height - self.bottom
        self.add(
            f'<line x1="{self.left}" y1="{floor}" x2="{self.width - self.right}" y2="{floor}" '
            'stroke="currentColor" stroke-opacity=".35"/>'
        )
        longest = max((len(text) for text in texts), default=1)
        room = (self.width - self.left - self.right) / (6.6 * longest + 16)
        for index in thinned(len(texts), max(2, min(8, int(room)))):
            anchor = "end" if index == len(texts) - 1 and longest > 3 else "middle"
            self.text(
                self.x(places[index]),
                floor + 16,
                texts[index],
                anchor=anchor,
                more=' opacity=".75"',
            )

    def vertical_axis(self, ticks: Sequence[float], write: Callable[[float], str]) -> None:
        for tick in ticks:
            height = self.y(tick)
            self.add(
                f'<line x1="{self.left}" y1="{height:.1f}" x2="{self.width - self.right}" '
                f'y2="{height:.1f}" stroke="currentColor" stroke-opacity=".13"/>'
            )
            self.text(self.left - 6, height + 4, write(tick), anchor="end", more=' opacity=".75"')

    def line(
        self,
        places: NDArray[np.float64],
        values: NDArray[np.float64],
        colour: str,
        *,
        dash: str = "",
        marked: bool,
    ) -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        for run in _runs(np.isfinite(values)):
            points = " ".join(
                f"{self.x(x):.1f},{self.y(y):.1f}"
                for x, y in zip(places[run], values[run], strict=True)
            )
            self.add(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
                f'stroke-linejoin="round"{dashes}/>'
            )
        lonely = [run.start for run in _runs(np.isfinite(values)) if run.stop - run.start == 1]
        for index in np.flatnonzero(np.isfinite(values)) if marked else lonely:
            self.add(
                f'<circle cx="{self.x(places[index]):.1f}" cy="{self.y(values[index]):.1f}" '
                f'r="2.6" fill="{colour}"/>'
            )

    def level(self, value: float, colour: str, dash: str) -> None:
        height = self.y(value)
        self.add(
            f'<line x1="{self.left}" y1="{height:.1f}" x2="{self.width - self.right}" '
            f'y2="{height:.1f}" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dash}"/>'
        )

    def legend(self, entries: Sequence[tuple[str, str, str]], *, x: float, y: float) -> None:
        """Write (text, colour, dash) entries in a row."""
        for text, colour, dash in entries:
            dashes = f' stroke-dasharray="{dash}"' if dash else ""
            self.add(
                f'<line x1="{x:.1f}" y1="{y - 4:.1f}" x2="{x + 20:.1f}" y2="{y - 4:.1f}" '
                f'stroke="{colour}" stroke-width="2.5"{dashes}/>'
            )
            self.text(x + 25, y, text, more=' opacity=".85"')
            x += 39 + 6.2 * len(text)

    def svg(self, title: str, description: str) -> Html:
        body = "".join(self.elements)
        return Html(
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {self.width} '
            f'{self.height}" width="{self.width}" height="{self.height}" '
            f'style="max-width:100%;height:auto;font-family:{FONT}">'
            f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{body}</svg>"
        )


def line_chart(
    windows: Sequence[Any],
    values: ArrayLike,
    *,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    name: str = "metric",
    baseline: float | None = None,
    alert: float | None = None,
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
    width, height
        Pixels.

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
    middle = _buckets(values, stride, np.nanmean)
    band = None
    if low is not None and high is not None:
        band = _buckets(low, stride, np.nanmin), _buckets(high, stride, np.nanmax)
    canvas = _Canvas(width, height)
    levels = [level for level in (baseline, alert) if level is not None and math.isfinite(level)]
    canvas.y_range, ticks = _scale([middle, *(band or ()), np.asarray(levels)])
    canvas.x_range = _span(places)
    canvas.vertical_axis(ticks, _tick_writer(ticks))
    canvas.horizontal_axis(texts, places)
    if band is not None:
        for run in _runs(np.isfinite(band[0]) & np.isfinite(band[1])):
            above = [
                f"{canvas.x(x):.1f},{canvas.y(y):.1f}"
                for x, y in zip(places[run], band[1][run], strict=True)
            ]
            below = [
                f"{canvas.x(x):.1f},{canvas.y(y):.1f}"
                for x, y in zip(places[run], band[0][run], strict=True)
            ]
            canvas.add(
                f'<polygon points="{" ".join(above + below[::-1])}" fill="{BLUE}" '
                'fill-opacity=".18"/>'
            )
    entries = []
    if baseline is not None and math.isfinite(baseline):
        canvas.level(baseline, GREY, "6 4")
        entries.append((f"baseline {baseline:.3g}", GREY, "6 4"))
    if alert is not None and math.isfinite(alert):
        canvas.level(alert, RED, "2 3")
        entries.append((f"alert line {alert:.3g}", RED, "2 3"))
    canvas.line(places, middle, BLUE, marked=len(places) <= _MARKED)
    title = name.replace("_", " ")
    canvas.text(canvas.left, 16, title, more=' font-weight="600"', size=13)
    start = canvas.left + 24 + 7.5 * len(title)
    canvas.legend(entries, x=start, y=16)
    finite = middle[np.isfinite(middle)]
    told = (
        f"{title} over {len(windows)} windows"
        + (f", from {finite[0]:.4g} to {finite[-1]:.4g}" if len(finite) else ", undefined")
        + (f"; each point stands for {stride} windows" if stride > 1 else "")
    )
    return canvas.svg(title, told)


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
        Pixels.

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
    bins = np.asarray(edges, dtype=np.float64)
    canvas = _Canvas(width, height)
    densities = [np.asarray(density, dtype=np.float64) for density in (reference, current)]
    if any(density.shape != (len(bins) - 1,) for density in densities):
        raise ValueError("reference and current must hold one density for each bin")
    top = max([float(density.max(initial=0.0)) for density in densities])
    ticks = _ticks(0.0, top or 1.0, 4)
    canvas.y_range = (0.0, max(top or 1.0, ticks[-1]))
    canvas.x_range = (float(bins[0]), float(bins[-1])) if bins[-1] > bins[0] else (0.0, 1.0)
    canvas.vertical_axis(ticks, _tick_writer(ticks))
    marks = [tick for tick in _ticks(*canvas.x_range, 6) if bins[0] <= tick <= bins[-1]]
    write = _tick_writer(marks)
    canvas.horizontal_axis([write(mark) for mark in marks], np.asarray(marks))
    for density, colour, dash in zip(densities, (BLUE, ORANGE), ("", "5 2"), strict=True):
        floor = canvas.y(0)
        steps = [f"{canvas.x(bins[0]):.1f},{floor:.1f}"]
        for index, value in enumerate(density):
            height_of = f"{canvas.y(value):.1f}"
            steps += [f"{canvas.x(edge):.1f},{height_of}" for edge in bins[index : index + 2]]
        steps.append(f"{canvas.x(bins[-1]):.1f},{floor:.1f}")
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        canvas.add(
            f'<polygon points="{" ".join(steps)}" fill="{colour}" fill-opacity=".22" '
            f'stroke="{colour}" stroke-width="1.6"{dashes}/>'
        )
    canvas.text(canvas.left, 13, name, more=' font-weight="600"', size=13)
    if note:
        canvas.text(canvas.width - canvas.right, 13, note, anchor="end")
    canvas.legend(
        [("reference", BLUE, ""), ("current", ORANGE, "5 2")], x=canvas.left, y=canvas.top - 6
    )
    return canvas.svg(name, f"densities of {name} in the reference and now. {note}")


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
        Pixels.

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
    table = np.asarray(shares, dtype=np.float64)
    if table.shape != (len(windows), len(classes)):
        raise ValueError(
            "shares must have one row per window and one column per class, "
            f"{(len(windows), len(classes))}; got shape {table.shape}"
        )
    expected = None if reference is None else np.asarray(reference, dtype=np.float64)
    names = [label_text(label, longest=18) for label in classes]
    if len(names) > MOST_CLASSES:
        order = np.argsort(-np.nanmean(table, axis=0), kind="stable")
        kept, rest = np.sort(order[: MOST_CLASSES - 1]), order[MOST_CLASSES - 1 :]
        names = [*(names[index] for index in kept), f"other ({len(rest)})"]
        table = np.column_stack([table[:, kept], table[:, rest].sum(axis=1)])
        if expected is not None:
            expected = np.append(expected[kept], expected[rest].sum())
    lines = [100 * _buckets(table[:, index], stride, np.nanmean) for index in range(len(names))]
    canvas = _Canvas(width, height, right=40 + int(6.6 * max(len(text) for text in names)))
    levels = [] if expected is None else [100 * expected]
    top = max(float(np.nanmax(array, initial=0.0)) for array in [*lines, *levels])
    ticks = [tick for tick in _ticks(0.0, top or 1.0, 5) if tick <= 100]
    canvas.y_range = (0.0, max(top, ticks[-1]))
    canvas.x_range = _span(places)
    canvas.vertical_axis(ticks, lambda tick: f"{tick:g} %")
    canvas.horizontal_axis(texts, places)
    for index, (text, line) in enumerate(zip(names, lines, strict=True)):
        colour, dash = SERIES[index], _DASHES[index]
        if expected is not None:
            height_of = canvas.y(100 * expected[index])
            canvas.add(
                f'<line x1="{canvas.left}" y1="{height_of:.1f}" x2="{width - canvas.right}" '
                f'y2="{height_of:.1f}" stroke="{colour}" stroke-opacity=".6"/>'
            )
        canvas.line(places, line, colour, dash=dash, marked=False)
        canvas.legend([(text, colour, dash)], x=width - canvas.right + 8, y=44 + 18 * index)
    canvas.text(canvas.left, 16, name, more=' font-weight="600"', size=13)
    if expected is not None:
        canvas.text(width - 6, 16, "thin lines: reference", anchor="end", more=' opacity=".75"')
    told = f"shares of {', '.join(names)} over {len(windows)} windows"
    return canvas.svg(name, told + (f"; each point stands for {stride}" if stride > 1 else ""))


def _thin_windows(windows: Sequence[Any]) -> tuple[NDArray[np.float64], list[str], int]:
    """Return places and texts of the points to draw, and how many windows each stands for."""
    if not len(windows):
        raise ValueError("there is no window to draw")
    stride = math.ceil(len(windows) / MOST_POINTS)
    places = positions(windows)[::stride]
    return places, [label_text(label, longest=16) for label in windows[::stride]], stride


def _buckets(
    values: ArrayLike, stride: int, summarise: Callable[[NDArray[np.float64]], Any]
) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if stride == 1:
        return array
    parts = [array[start : start + stride] for start in range(0, len(array), stride)]
    return np.asarray(
        [summarise(part) if np.isfinite(part).any() else np.nan for part in parts], dtype=np.float64
    )


def _runs(defined: NDArray[np.bool_]) -> list[slice]:
    """Stretches of consecutive defined points."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], defined, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _span(places: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(places[0]), float(places[-1])
    return (low, high) if high > low else (low - 1.0, low + 1.0)


def _scale(arrays: Sequence[NDArray[np.float64]]) -> tuple[tuple[float, float], list[float]]:
    """Return a range with some air around everything finite, and its ticks."""
    values = np.concatenate([array[np.isfinite(array)] for array in arrays])
    if not len(values):
        return (0.0, 1.0), [0.0, 0.5, 1.0]
    low, high = float(values.min()), float(values.max())
    air = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
    low, high = low - air, high + air
    return (low, high), [tick for tick in _ticks(low, high, 5) if low <= tick <= high]


def _ticks(low: float, high: float, count: int) -> list[float]:
    """Cover low..high by about `count` steps of 1, 2 or 5 times a power of ten."""
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 and math.isfinite(raw) else 0.0
    if not power or not math.isfinite(low + high):
        return [low]
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [index * step for index in range(first, last + 1)]


def _tick_writer(ticks: Sequence[float]) -> Callable[[float], str]:
    """Write ticks with as many digits as tell them apart."""
    step = min(np.diff(ticks)) if len(ticks) > 1 else abs(ticks[0]) if ticks else 1.0
    largest = max((abs(tick) for tick in ticks), default=1.0)
    if largest >= 1e6 or (0 < step < 1e-4):
        return lambda tick: f"{tick:.3g}"
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return lambda tick: f"{tick + 0.0:.{digits}f}"
