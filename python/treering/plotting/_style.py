"""How every picture looks: colours told apart without colour vision, quiet axes, few ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_array, label_text, positions, thinned
from treering._checks import check_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

# Okabe and Ito's set, in an order whose neighbours also differ in lightness.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
RED = "#D55E00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
GREY = "#6B6B6B"
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, GREY, "#8C6D1F")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
MOST_MARKED = 62
_LONGEST_NAME = 60
_LONGEST_WINDOW = 16
_CHARACTERS_PER_INCH = 12


def pyplot() -> Any:
    """Import matplotlib's pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            'pictures need matplotlib: pip install "treering[plot]"', name="matplotlib"
        ) from error
    return plt


def plain_text(label: Any) -> str:
    """Write a name as it is: matplotlib would read a pair of dollar signs as a formula."""
    return label_text(label, longest=_LONGEST_NAME).replace("$", r"\$")


def axes_of(ax: Any, *, width: float, height: float) -> tuple[Any, Any]:
    """Return the figure and axes to draw into; new ones if none are given."""
    check_axes(ax)
    plt = pyplot()
    if ax is None:
        figure, ax = plt.subplots(figsize=(width, height), layout="constrained")
    else:
        figure = ax.figure
    return figure, ax


def arrange(figure: Any) -> None:
    """Keep the titles and labels of several pictures apart, unless the figure's user has done so.

    matplotlib's own distances are for pictures without titles.
    """
    figure = figure.figure  # of a part of a figure, the whole
    chosen = figure.subplotpars
    usual = type(chosen)()
    names = ("left", "right", "bottom", "top", "wspace", "hspace")
    is_untouched = all(getattr(chosen, name) == getattr(usual, name) for name in names)
    if figure.get_layout_engine() is None and is_untouched:
        figure.set_layout_engine("constrained")


def places_beside(ax: Any, longest: int) -> int:
    """Return how many texts of so many characters can be read below axes."""
    inches = ax.get_window_extent().width / ax.figure.dpi
    return int(_CHARACTERS_PER_INCH * inches / (longest + 2))


def legend_size(ax: Any) -> float:
    """Return the points of a legend's text that leave room for what it explains."""
    inches = ax.get_window_extent().height / ax.figure.dpi
    return float(np.clip(4.5 * inches, 5.0, 8.5))


def quiet(ax: Any, *, title: str, xlabel: str, ylabel: str) -> None:
    """Take away what does not speak: two spines, tick marks, the vertical grid."""
    ax.set_title(title, fontsize=11, fontweight="bold")
    ax.set_xlabel(xlabel, color=GREY)
    ax.set_ylabel(ylabel, color=GREY)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#B5B5B5")
    ax.tick_params(color="#B5B5B5", labelsize=9)
    ax.grid(visible=True, axis="y", color="#E3E3E3", linewidth=0.8)
    ax.set_axisbelow(True)


def label_windows(ax: Any, labels: Sequence[Any], *, most: int = 8) -> Any:
    """Put the windows on the x axis and return their places.

    Numbers and moments use matplotlib's own scales; other labels are written at whole numbers,
    only as many as fit.
    """
    array = label_array(labels)
    places = positions(labels)
    if len(labels) == 1:  # a scale would only count fractions of it
        ax.set_xticks(places, [plain_text(labels[0])])
        return places
    if array.dtype.kind == "M" and not np.array_equal(places, np.arange(len(array))):
        from matplotlib import dates

        untyped: Any = dates
        locator = untyped.AutoDateLocator(minticks=3, maxticks=most)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))
        return untyped.date2num(array)
    if array.dtype.kind in "iuf" and np.array_equal(places, array):
        from matplotlib.ticker import MaxNLocator

        whole = bool((places == np.round(places)).all())
        ax.xaxis.set_major_locator(MaxNLocator(nbins=most, integer=whole))
        return places
    texts = [label_text(label, longest=_LONGEST_WINDOW) for label in labels]
    longest = max((len(text) for text in texts), default=0)
    shown = thinned(len(texts), max(1, min(most, places_beside(ax, longest))))
    ax.set_xticks(places[shown], [plain_text(texts[index]) for index in shown])
    return places
