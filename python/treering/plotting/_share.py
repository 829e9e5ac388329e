"""What a model predicts, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._axis import commonest, label_text
from treering.plotting._style import (
    MARKERS,
    MOST_MARKED,
    SERIES,
    axes_of,
    label_windows,
    legend_size,
    plain_text,
    quiet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


class PredictionShareDisplay:
    """The share of each predicted class over time.

    Parameters
    ----------
    windows
        The windows' labels: numbers, moments or text.
    shares
        Shares in 0..1, one row per window and one column per class.
    classes
        The classes' names. Beyond eight, the rarest are drawn together as "other".
    reference
        The share of each class that is expected; drawn as a thin dashed line in its colour.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> from treering.plotting import PredictionShareDisplay
    >>> display = PredictionShareDisplay([1, 2], [[0.5, 0.5], [0.7, 0.3]], ["no", "yes"])
    >>> len(display.plot().ax_.lines)
    2
    """

    figure_: Any
    ax_: Any

    def __init__(
        self,
        windows: Sequence[Any],
        shares: ArrayLike,
        classes: Sequence[Any],
        *,
        reference: ArrayLike | None = None,
    ) -> None:
        self.windows = list(windows)
        self.shares = np.asarray(shares, dtype=np.float64)
        self.classes = list(classes)
        self.reference = None if reference is None else np.asarray(reference, dtype=np.float64)
        expected = (len(self.windows), len(self.classes))
        if self.shares.shape != expected:
            raise ValueError(
                "shares must have one row per window and one column per class, "
                f"{expected}; got shape {self.shares.shape}"
            )
        if self.reference is not None and self.reference.shape != (len(self.classes),):
            raise ValueError(
                f"reference must hold one share for each of the {len(self.classes)} classes; "
                f"got shape {self.reference.shape}"
            )

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        PredictionShareDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        self.figure_, self.ax_ = axes_of(ax, width=7.2, height=3.6)
        ax = self.ax_
        places = label_windows(ax, self.windows)
        names, shares, reference = commonest(
            [label_text(label) for label in self.classes], self.shares, self.reference
        )
        for index, name in enumerate(names):
            colour = SERIES[index % len(SERIES)]
            ax.plot(
                places,
                100 * shares[:, index],
                color=colour,
                linewidth=1.8,
                marker=MARKERS[index] if len(self.windows) <= MOST_MARKED else None,
                markersize=4,
                label=plain_text(name),
            )
            if reference is not None:
                ax.axhline(100 * reference[index], color=colour, linewidth=1, linestyle=(0, (5, 3)))
        ax.set_ylim(bottom=0)
        quiet(ax, title="predicted classes", xlabel="window", ylabel="share, %")
        # Beside the axes only where the layout makes room for it.
        has_room = self.figure_.get_layout_engine() is not None
        beside = {"frameon": False, "loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
        ax.legend(
            **(beside if has_room else {"framealpha": 0.7, "loc": "best"}),
            fontsize=legend_size(ax),
            title=None if reference is None else "dashed: reference",
            title_fontsize=8,
        )
        return self
