"""One sample, counted in bins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering.plotting._style import BLUE, axes_of, plain_text, quiet

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_LARGEST_DRAWN = 1e300


class HistogramDisplay:
    """How many values lie in each bin.

    Parameters
    ----------
    edges
        The bins' edges, one more than there are bins.
    counts
        How many values lie in each bin.
    name
        What was counted.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> from treering.plotting import HistogramDisplay
    >>> HistogramDisplay([0, 1, 2], [5, 3], name="rooms").plot().ax_.get_title()
    'rooms'
    """

    figure_: Any
    ax_: Any

    def __init__(self, edges: ArrayLike, counts: ArrayLike, *, name: str = "feature") -> None:
        self.edges = np.asarray(edges, dtype=np.float64)
        self.counts = np.asarray(counts)
        self.name = name
        if self.edges.ndim != 1 or self.counts.shape != (len(self.edges) - 1,):
            raise ValueError(
                f"counts must hold one number for each bin, and edges one more; got shapes "
                f"{self.counts.shape} and {self.edges.shape}"
            )

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        HistogramDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        self.figure_, self.ax_ = axes_of(ax, width=5.2, height=3.2)
        # An edge may be infinite, and matplotlib cannot place ticks near the largest number.
        edges = np.clip(self.edges, -_LARGEST_DRAWN, _LARGEST_DRAWN)
        self.ax_.stairs(self.counts, edges, fill=True, color=BLUE, alpha=0.75)
        self.ax_.set_ylim(bottom=0)
        quiet(self.ax_, title=plain_text(self.name), xlabel="", ylabel="rows")
        return self
