"""How the columns of a table go together, as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering.plotting._style import axes_of, plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

# Blue and red through white: told apart without colour vision, and printed in grey by their signs.
_COLOURS = "RdBu_r"
_UNDEFINED = "#D9D9D9"
# More numbers cannot be read beside one another.
_MOST_NUMBERS = 12


class CorrelationDisplay:
    """A matrix of correlations, from -1 (blue) over 0 (white) to 1 (red); undefined ones grey.

    Parameters
    ----------
    matrix
        The correlations, of shape (n_columns, n_columns).
    names
        The columns' names.
    name
        Which correlation, for the title.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> from treering.plotting import CorrelationDisplay
    >>> display = CorrelationDisplay([[1, 0.5], [0.5, 1]], ["rooms", "price"], name="pearson")
    >>> display.plot().ax_.get_title()
    'pearson'
    """

    figure_: Any
    ax_: Any

    def __init__(
        self, matrix: ArrayLike, names: Sequence[str], *, name: str = "correlation"
    ) -> None:
        self.matrix = np.asarray(matrix, dtype=np.float64)
        self.names = list(names)
        self.name = name
        if self.matrix.shape != (len(self.names),) * 2 or not self.names:
            raise ValueError(
                f"matrix must hold a correlation for each pair of the {len(self.names)} names, "
                f"and at least one; got shape {self.matrix.shape}"
            )

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        CorrelationDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        size = len(self.names)
        side = float(np.clip(0.55 * size, 2.4, 12.0))
        self.figure_, self.ax_ = axes_of(ax, width=side + 2.2, height=side + 1.2)
        ax = self.ax_
        image = ax.imshow(self.matrix, cmap=_COLOURS, vmin=-1, vmax=1)
        ax.set_facecolor(_UNDEFINED)
        labels = [plain_text(name) for name in self.names]
        ax.set_xticks(range(size), labels, rotation=45, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(size), labels)
        ax.tick_params(length=0, labelsize=float(np.clip(180 / size, 4.0, 9.0)))
        ax.spines[:].set_visible(False)
        ax.set_title(plain_text(self.name), fontsize=11, fontweight="bold")
        if size <= _MOST_NUMBERS:
            for (row, column), value in np.ndenumerate(self.matrix):
                text = "" if np.isnan(value) else f"{value:.2f}"
                dark = abs(value) > 0.6
                ax.text(
                    column,
                    row,
                    text,
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if dark else "black",
                )
        self.figure_.colorbar(image, ax=ax, fraction=0.046, pad=0.04)
        return self
