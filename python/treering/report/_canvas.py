"""The frame that all charts share: a title, two linear scales with their axes, a legend."""

from __future__ import annotations

import math
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text
from treering._checks import whole_number
from treering._html import FONT, GREY, Html, escape
from treering._text import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

_LARGEST = sys.float_info.max
_LONGEST_TITLE = 200
_LONGEST_DESCRIPTION = 400
_MARKED = 62
_LEAST_AREA = 36  # pixels of the plot area in either direction
_MOST_PIXELS = 10_000
_WIDEST_CATEGORY = 78  # pixels
_GAP = 10  # pixels between what is written at two places
_TILTED = 15  # pixels that a text at half a right angle takes along an axis

Entry = tuple[str, str, str]
"""A line's name, colour and dashes, for a legend."""


class Canvas:
    """A plot area with two linear scales, and the elements drawn so far.

    Parameters
    ----------
    width, height
        Pixels.
    x_range, y_range
        What the plot area shows; values outside are drawn at its edge.
    right
        Pixels to the right of the plot area.
    """

    def __init__(
        self,
        width: int,
        height: int,
        *,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        right: int = 14,
    ) -> None:
        self.left, self.right, self.top, self.bottom = 50, right, 34, 34
        beside, above = self.left + self.right, self.top + self.bottom
        self.width = whole_number("width", width, least=beside + _LEAST_AREA, most=_MOST_PIXELS)
        self.height = whole_number("height", height, least=above + _LEAST_AREA, most=_MOST_PIXELS)
        self.elements: list[str] = []
        self.x_range, self.y_range = x_range, y_range

    def x(self, value: float) -> float:
        return self.left + _fraction(value, self.x_range) * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        floor = self.height - self.bottom
        return floor - _fraction(value, self.y_range) * (floor - self.top)

    def points(self, xs: Iterable[float], ys: Iterable[float]) -> list[str]:
        return [f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True)]

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
        self.elements.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="currentColor"{more}>{escape(text)}</text>'
        )

    def title(self, name: str, *, note: str = "", entries: Sequence[Entry] = ()) -> None:
        """Write the title as long as there is room for it, and a legend beside or below it."""
        room = self.width - self.left - min(self.right, 14) - 6.6 * len(note) - 24
        beside = room - sum(_entry_width(text) for text, _, _ in entries)
        text = label_text(name, longest=max(12, int(room / 7.5)))
        self.text(self.left, 16, text, more=' font-weight="600"', size=13)
        if 7.5 * len(text) <= beside:
            self.legend(entries, x=self.left + 24 + 7.5 * len(text), y=16)
        else:
            self.legend(entries, x=self.left, y=self.top - 4)
        if note:
            self.text(self.width - 8, 16, note, anchor="end", more=' opacity=".85"')

    def ticks(self, ticks: Sequence[float], write: Callable[[float], str]) -> None:
        """Draw the ticks beside the plot area with their lines."""
        for tick in ticks:
            self.across(tick, "currentColor", thickness=1, opacity=0.13)
            height = self.y(tick) + 4
            self.text(self.left - 6, height, write(tick), anchor="end", more=' opacity=".75"')
        self.across(self.y_range[0], "currentColor", thickness=1, opacity=0.35)

    def places(
        self,
        places: Sequence[float] | NDArray[np.float64],
        texts: Sequence[str],
        *,
        most: int = 8,
    ) -> None:
        """Write what stands at places below the plot area, as many as can be told apart."""
        halves = [text_width(text) / 2 for text in texts]
        middles = [
            min(max(self.x(place), half + 2), self.width - half - 2)
            for place, half in zip(places, halves, strict=True)
        ]
        below = self.height - self.bottom + 16
        for index in _apart(middles, halves, most):
            self.text(middles[index], below, texts[index], anchor="middle", more=' opacity=".75"')

    def categories(self, names: Sequence[str]) -> None:
        """Write a category at each whole number; tilted, with more room below, if they are many.

        To be called before anything whose height depends on that room.
        """
        texts = [fitting(label_text(name), _WIDEST_CATEGORY) for name in names]
        widest = max(map(text_width, texts))
        is_wide = len(texts) * (widest + _GAP) > self.width - self.left - self.right
        deep = 20 + int(0.71 * widest)
        if not is_wide or self.height - self.top - deep < _LEAST_AREA:
            self.places(range(len(texts)), texts, most=len(texts))
            return
        self.bottom = deep
        ends = [self.x(place) + 4 for place in range(len(texts))]
        for index in _apart(ends, [(_TILTED - _GAP) / 2] * len(ends), len(ends)):
            x, y = ends[index], self.height - self.bottom + 12
            turned = f' opacity=".75" transform="rotate(-45 {x:.1f} {y:.1f})"'
            self.text(x, y, texts[index], anchor="end", more=turned)

    def across(
        self,
        value: float,
        colour: str,
        *,
        thickness: float = 1.5,
        opacity: float = 1.0,
        dash: str = "",
    ) -> None:
        """Draw a level from side to side."""
        height = self.y(value)
        self.elements.append(
            f'<line x1="{self.left}" y1="{height:.1f}" x2="{self.width - self.right}" '
            f'y2="{height:.1f}" stroke="{colour}" stroke-width="{thickness:g}" '
            f'stroke-opacity="{opacity:g}"{_dashes(dash)}/>'
        )

    def area(self, points: Sequence[str], colour: str, *, opacity: float, more: str = "") -> None:
        self.elements.append(
            f'<polygon points="{" ".join(points)}" fill="{colour}" fill-opacity="{opacity:g}"'
            f"{more}/>"
        )

    def steps(
        self,
        edges: NDArray[np.float64],
        heights: NDArray[np.float64],
        colour: str,
        *,
        dash: str = "",
    ) -> None:
        """Fill the outline of a histogram."""
        ends = np.repeat(edges, 2)
        tops = np.concatenate([[0.0], np.repeat(heights, 2), [0.0]])
        edge = f' stroke="{colour}" stroke-width="1.6"{_dashes(dash)}'
        self.area(self.points(ends, tops), colour, opacity=0.22, more=edge)

    def band(
        self,
        places: NDArray[np.float64],
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        colour: str,
    ) -> None:
        """Fill between two lines where both are defined."""
        for run in _runs(np.isfinite(low) & np.isfinite(high)):
            above = self.points(places[run], high[run])
            below = self.points(places[run], low[run])
            self.area(above + below[::-1], colour, opacity=0.18)

    def line(
        self,
        places: NDArray[np.float64],
        values: NDArray[np.float64],
        colour: str,
        *,
        dash: str = "",
        marked: bool = False,
    ) -> None:
        """Draw a line with gaps where it is undefined, and its points if they are few."""
        runs = _runs(np.isfinite(values))
        for run in runs:
            self.elements.append(
                f'<polyline points="{" ".join(self.points(places[run], values[run]))}" '
                f'fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"'
                f"{_dashes(dash)}/>"
            )
        lonely = [run.start for run in runs if run.stop - run.start == 1]
        every = marked and len(places) <= _MARKED
        for index in np.flatnonzero(np.isfinite(values)) if every else lonely:
            self.elements.append(
                f'<circle cx="{self.x(places[index]):.1f}" cy="{self.y(values[index]):.1f}" '
                f'r="2.6" fill="{colour}"/>'
            )

    def legend(self, entries: Sequence[Entry], *, x: float, y: float) -> None:
        """Write entries in a row."""
        for text, colour, dash in entries:
            self.elements.append(
                f'<line x1="{x:.1f}" y1="{y - 4:.1f}" x2="{x + 20:.1f}" y2="{y - 4:.1f}" '
                f'stroke="{colour}" stroke-width="2.5"{_dashes(dash)}/>'
            )
            self.text(x + 25, y, text, more=' opacity=".85"')
            x += _entry_width(text)

    def svg(self, title: str, description: str) -> Html:
        title = label_text(title, longest=_LONGEST_TITLE)
        description = label_text(description, longest=_LONGEST_DESCRIPTION)
        return Html(
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {self.width} '
            f'{self.height}" width="{self.width}" height="{self.height}" '
            f'style="max-width:100%;height:auto;font-family:{FONT}">'
            f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
            f"{''.join(self.elements)}</svg>"
        )


def text_width(text: str) -> float:
    """Return about how many pixels a text of a chart takes, rather too many than too few."""
    return sum(map(_character_width, text))


def fitting(text: str, pixels: float) -> str:
    """Leave out the middle of a text that takes more pixels than there are."""
    longest = len(text)
    while longest > 1 and text_width(shortened(text, longest)) > pixels:
        longest -= 1
    return shortened(text, longest)


def level_entry(name: str, value: float, colour: str = GREY, dash: str = "6 4") -> Entry:
    """Name a level drawn across."""
    return f"{name} {value:.3g}", colour, dash


def scale(arrays: Sequence[NDArray[np.float64]]) -> tuple[tuple[float, float], list[float]]:
    """Return a range with some air around everything finite, and its ticks."""
    values = np.concatenate([array[np.isfinite(array)] for array in arrays])
    if not len(values):
        return (0.0, 1.0), [0.0, 0.5, 1.0]
    low, high = float(values.min()), float(values.max())
    # Of each end by itself: the difference of two very large numbers is infinite.
    air = (0.06 * high - 0.06 * low) or 0.05 * abs(high) or 0.5
    low, high = max(low - air, -_LARGEST), min(high + air, _LARGEST)
    return (low, high), [tick for tick in ticks_between(low, high, 5) if low <= tick <= high]


def ticks_between(low: float, high: float, count: int) -> list[float]:
    """Cover low..high by about `count` steps of 1, 2 or 5 times a power of ten."""
    raw = high / count - low / count
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 0.0
    if not power:
        return [low]
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = [index * step for index in range(first, last + 1)]
    return [tick for tick in ticks if math.isfinite(tick)]


def tick_writer(ticks: Sequence[float]) -> Callable[[float], str]:
    """Write ticks with as many digits as tell them apart."""
    largest = max((abs(tick) for tick in ticks), default=1.0)
    if largest >= 1e6:
        return lambda tick: f"{tick:.3g}"
    step = min(np.diff(ticks)) if len(ticks) > 1 else largest
    if 0 < step < 1e-4:
        return lambda tick: f"{tick:.3g}"
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return lambda tick: f"{tick + 0.0:.{digits}f}"


def _fraction(value: float, ends: tuple[float, float]) -> float:
    """Where a value lies between two ends, from 0 to 1; a range without width has one place."""
    low, high = ends
    if math.isinf(high - low):
        value, low, high = value / 2, low / 2, high / 2
    return min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.5


def _runs(defined: NDArray[np.bool_]) -> list[slice]:
    """Stretches of consecutive defined points."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], defined, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _apart(middles: Sequence[float], halves: Sequence[float], most: int) -> range:
    """Pick each so-manieth text, at even steps, such that none reaches into the next."""

    def touches(before: int, after: int) -> bool:
        return middles[after] - middles[before] < halves[before] + halves[after] + _GAP

    count = len(middles)
    for step in range(max(1, -(-count // most)), count):
        picked = range(0, count, step)
        if not any(touches(index, index + step) for index in picked[:-1]):
            return picked
    return range(min(count, 1))


def _character_width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF" or character in "MWmw@%":
        return 11.5
    return 8.2 if character.isupper() else 6.8


def _dashes(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""


def _entry_width(text: str) -> float:
    return 39 + 6.2 * len(text)
