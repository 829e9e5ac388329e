"""Two samples of one feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering.plotting._style import BLUE, ORANGE, axes_of
from treering.plotting._two_sides import LARGEST_DRAWN, TwoSides

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class DriftHistogramDisplay(TwoSides):
    """The densities of a feature in the reference and now, one over the other.

    Parameters
    ----------
    edges
        The bins' edges, one more than there are bins; the same for both samples.
    reference, current
        The density in each bin.
    name
        The feature's name.
    verdict
        ``"drift"``, ``"no drift"`` or ``"not enough data"``; the title says DRIFT, OK or that.
    detail
        A line under the title, such as the test's outcome.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> from treering.plotting import DriftHistogramDisplay
    >>> now = [2, 3, 3, 4]
    >>> display = DriftHistogramDisplay.from_values([1, 2, 2, 3], now, name="age", verdict="drift")
    >>> display.plot().ax_.get_title()
    'age: DRIFT'
    """

    def __init__(
        self,
        edges: ArrayLike,
        reference: ArrayLike,
        current: ArrayLike,
        *,
        name: str = "feature",
        verdict: str | None = None,
        detail: str | None = None,
    ) -> None:
        self.edges = np.asarray(edges, dtype=np.float64)
        self.reference = np.asarray(reference, dtype=np.float64)
        self.current = np.asarray(current, dtype=np.float64)
        bins = len(self.edges) - 1
        for what, density in (("reference", self.reference), ("current", self.current)):
            if density.shape != (bins,):
                raise ValueError(
                    f"{what} must hold one density for each of the {bins} bins; "
                    f"got shape {density.shape}"
                )
        self._tell(name, verdict, detail)

    @classmethod
    def from_values(
        cls,
        reference: ArrayLike,
        current: ArrayLike,
        *,
        bins: int = 20,
        name: str = "feature",
        verdict: str | None = None,
        detail: str | None = None,
    ) -> Self:
        """Count two samples into bins on their common range.

        Parameters
        ----------
        reference, current
            The samples; missing and infinite values are left out.
        bins
            How many bins.
        name, verdict, detail
            As for the class.

        Returns
        -------
        DriftHistogramDisplay
        """
        samples = [np.asarray(sample, dtype=np.float64).ravel() for sample in (reference, current)]
        samples = [sample[np.isfinite(sample)] for sample in samples]
        everything = np.concatenate(samples)
        if not len(everything):
            raise ValueError(f"{name} has no finite value on either side; there is nothing to draw")
        with np.errstate(over="ignore"):
            span = np.ptp(everything)
        if not np.isfinite(span):
            raise ValueError(
                f"{name} goes from {everything.min():g} to {everything.max():g}, too far apart for "
                "bins in double precision; rescale it, or leave out the extremes"
            )
        edges = np.histogram_bin_edges(everything, bins=bins)
        densities = [
            np.histogram(sample, edges, density=True)[0] if len(sample) else np.zeros(bins)
            for sample in samples
        ]
        return cls(edges, *densities, name=name, verdict=verdict, detail=detail)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        DriftHistogramDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        self.figure_, self.ax_ = axes_of(ax, width=5.6, height=3.4)
        ax = self.ax_
        # matplotlib cannot place ticks so near the largest number there is.
        unit = LARGEST_DRAWN if np.abs(self.edges).max(initial=0) > LARGEST_DRAWN else 1.0
        edges = self.edges / unit
        detail = self.detail or ""
        if unit != 1:
            detail = f"in units of {unit:g}" + (f"; {detail}" if detail else "")
        for density, colour, label, dashes in (
            (self.reference, BLUE, "reference", "-"),
            (self.current, ORANGE, "current", (0, (4, 1.5))),
        ):
            ax.stairs(density * unit, edges, fill=True, color=colour, alpha=0.28, linewidth=0)
            ax.stairs(
                density * unit,
                edges,
                color=colour,
                linewidth=1.6,
                linestyle=dashes,
                label=label,
            )
        ax.set_ylim(bottom=0)
        self._finish("density", detail)
        return self
