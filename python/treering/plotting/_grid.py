"""Several displays in one figure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from treering._checks import check_axes, whole_number
from treering.plotting._style import arrange, pyplot

if TYPE_CHECKING:
    from collections.abc import Sequence


_TITLE_INCHES = 0.4


class _Display(Protocol):
    def plot(self, ax: Any = None) -> Any: ...


class DisplayGrid:
    """Displays side by side.

    Parameters
    ----------
    displays
        What to draw, row by row.
    columns
        How many stand in a row; two by default, so that four make a 2x2 grid.
    title
        Written above all of them, unless each is drawn into an axes of yours.
    width, height
        Inches for each display, if a figure is made.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : numpy.ndarray of matplotlib.axes.Axes
        One per display, once drawn.

    Examples
    --------
    >>> from treering.plotting import DisplayGrid, MetricOverTimeDisplay
    >>> metrics = {"accuracy": [1.0, 0.9], "recall": [0.9, 0.8]}
    >>> displays = [MetricOverTimeDisplay([1, 2], v, name=k) for k, v in metrics.items()]
    >>> DisplayGrid(displays).plot().ax_.shape
    (2,)
    """

    figure_: Any
    ax_: Any

    def __init__(
        self,
        displays: Sequence[_Display],
        *,
        columns: int = 2,
        title: str | None = None,
        width: float = 5.2,
        height: float = 3.2,
    ) -> None:
        if not displays:
            raise ValueError("there is nothing to draw: displays is empty")
        whole_number("columns", columns, meaning="is how many displays stand in a row,")
        self.displays = tuple(displays)
        self.columns = min(columns, len(self.displays))
        self.title = title
        self.width = width
        self.height = height

    def plot(self, ax: Any = None) -> Self:
        """Draw all displays.

        Parameters
        ----------
        ax
            None makes a figure; one axes gives up its place to the grid; as many axes as there
            are displays are drawn into. A figure whose layout nobody has chosen becomes
            "constrained", so that titles and labels do not overlap.

        Returns
        -------
        DisplayGrid
            Itself, with ``figure_`` and ``ax_``.
        """
        check_axes(ax, many=True)
        count = len(self.displays)
        rows = math.ceil(count / self.columns)
        if ax is None:
            figure = pyplot().figure(
                figsize=(self.width * self.columns, self.height * rows), layout="constrained"
            )
            axes = self._fill(figure.add_gridspec(rows, self.columns), figure)
        elif hasattr(ax, "get_subplotspec"):
            figure = ax.figure
            place = ax.get_subplotspec()
            if place is None:
                raise ValueError(
                    "ax has no place in a grid of subplots; give an axes made by plt.subplots, "
                    f"or {count} axes"
                )
            ax.set_axis_off()
            if self.title:
                ax.text(0, 1, self.title, transform=ax.transAxes, fontsize=9, va="top")
                inches = ax.get_window_extent().height / figure.dpi
                below = max(inches - _TITLE_INCHES, _TITLE_INCHES)
                place = place.subgridspec(2, 1, height_ratios=(_TITLE_INCHES, below))[1]
            axes = self._fill(place.subgridspec(rows, self.columns), figure)
        else:
            axes = list(np.ravel(ax))
            if len(axes) < count:
                raise ValueError(f"{count} displays need {count} axes; got {len(axes)}")
            for spare in axes[count:]:
                spare.set_axis_off()
            axes = axes[:count]
            figure = axes[0].figure
        arrange(figure)
        for display, place in zip(self.displays, axes, strict=True):
            display.plot(ax=place)
        if self.title and ax is None:
            figure.suptitle(self.title, fontsize=11, x=0.01, ha="left")
        self.figure_ = figure
        self.ax_ = np.empty(count, dtype=object)
        self.ax_[:] = axes
        return self

    def _fill(self, grid: Any, figure: Any) -> list[Any]:
        return [
            figure.add_subplot(grid[index // self.columns, index % self.columns])
            for index in range(len(self.displays))
        ]
