"""A metric over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._text import counted
from treering.plotting._style import (
    BLUE,
    GREY,
    MOST_MARKED,
    ORANGE,
    RED,
    axes_of,
    label_windows,
    legend_size,
    plain_text,
    quiet,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


class MetricOverTimeDisplay:
    """A metric over time with its confidence band, its baseline and the line of alarm.

    Parameters
    ----------
    windows
        The windows' labels: numbers, moments or text.
    values
        The metric in each window; NaN leaves a gap.
    low, high
        The confidence interval's ends in each window.
    name
        The metric's name.
    baseline
        What the metric was when the model was accepted.
    alert
        Where the alarm is raised, usually ``threshold * baseline``.
    expected, expected_low, expected_high
        What was expected of it in each window, and between which ends.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> from treering.plotting import MetricOverTimeDisplay
    >>> display = MetricOverTimeDisplay([1, 2, 3], [0.97, 0.95, 0.88], baseline=0.97, alert=0.92)
    >>> display.plot().ax_.get_title()
    'metric'
    """

    figure_: Any
    ax_: Any

    def __init__(
        self,
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
    ) -> None:
        self.windows = list(windows)
        self.values = np.asarray(values, dtype=np.float64)
        if (low is None) != (high is None) or (expected_low is None) != (expected_high is None):
            raise ValueError("a confidence band needs both low and high")
        self.low, self.high = _floats(low), _floats(high)
        self.expected = _floats(expected)
        self.expected_low, self.expected_high = _floats(expected_low), _floats(expected_high)
        self.name = name
        self.baseline = baseline
        self.alert = alert
        for what in ("values", "low", "high", "expected", "expected_low", "expected_high"):
            array = getattr(self, what)
            if array is not None and array.shape != (len(self.windows),):
                raise ValueError(
                    f"{what} must hold one number for each of "
                    f"{counted(len(self.windows), 'window')}; got shape {array.shape}"
                )

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        MetricOverTimeDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        self.figure_, self.ax_ = axes_of(ax, width=7.2, height=3.6)
        ax = self.ax_
        places = label_windows(ax, self.windows)
        has_band = self.low is not None and self.high is not None and np.isfinite(self.low).any()
        is_alone = len(self.windows) == 1
        if has_band and is_alone:  # a band over one point would have no width
            ax.vlines(
                places,
                self.low,
                self.high,
                color=BLUE,
                alpha=0.4,
                linewidth=5,
                label="confidence interval",
            )
        elif has_band:
            ax.fill_between(
                places,
                self.low,
                self.high,
                color=BLUE,
                alpha=0.16,
                linewidth=0,
                label="confidence interval",
            )
        if self.expected_low is not None and np.isfinite(self.expected_low).any():
            ax.fill_between(
                places,
                self.expected_low,
                self.expected_high,
                color=ORANGE,
                alpha=0.16,
                linewidth=0,
            )
        if self.expected is not None:
            ax.plot(
                places,
                self.expected,
                color=ORANGE,
                linewidth=1.6,
                linestyle=(0, (4, 2)),
                marker="D" if is_alone else None,
                label="expected without labels",
            )
        marker = "o" if len(self.windows) <= MOST_MARKED else None
        size = 8 if is_alone else 3.6
        ax.plot(places, self.values, color=BLUE, linewidth=1.8, marker=marker, markersize=size)
        if self.baseline is not None:
            ax.axhline(
                self.baseline,
                color=GREY,
                linewidth=1.3,
                linestyle=(0, (5, 3)),
                label=f"baseline {self.baseline:.3g}",
            )
        if self.alert is not None:
            ax.axhline(
                self.alert,
                color=RED,
                linewidth=1.3,
                linestyle=(0, (1.5, 2)),
                label=f"alert line {self.alert:.3g}",
            )
        quiet(ax, title=plain_text(self.name.replace("_", " ")), xlabel="window", ylabel="")
        if ax.get_legend_handles_labels()[0]:
            ax.legend(
                frameon=False,
                fontsize=legend_size(ax),
                loc="best",
                labelcolor=GREY,
                handlelength=1.8,
            )
        return self


def _floats(values: ArrayLike | None) -> NDArray[np.float64] | None:
    return None if values is None else np.asarray(values, dtype=np.float64)
