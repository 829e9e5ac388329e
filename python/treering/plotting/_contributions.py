"""What columns contribute to a model's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._checks import whole_number
from treering.plotting._style import BLUE, GREY, RED, SERIES, axes_of, plain_text, quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

_COLOURS = "coolwarm"
_MOST_DRAWN = 2000
"""Rows of a beeswarm: more cover one another."""


class ContributionBarDisplay:
    """The mean size of each column's contributions, the largest first.

    Parameters
    ----------
    sizes
        One row for each column, and one column for each answer.
    names
        The columns' names.
    outputs
        The answers' names; None for a single one.
    xlabel
        What the sizes are.
    spread
        For each column, how far its size varies; drawn as a line.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> from treering.plotting import ContributionBarDisplay
    >>> display = ContributionBarDisplay([[0.5], [2.0]], ["age", "rooms"])
    >>> [text.get_text() for text in display.plot().ax_.get_yticklabels()]
    ['rooms', 'age']
    """

    figure_: Any
    ax_: Any

    def __init__(
        self,
        sizes: ArrayLike,
        names: Sequence[str],
        *,
        outputs: Sequence[str] | None = None,
        xlabel: str = "mean |contribution|",
        spread: ArrayLike | None = None,
    ) -> None:
        self.sizes = np.asarray(sizes, dtype=np.float64)
        self.names = list(names)
        self.outputs = None if outputs is None else list(outputs)
        self.xlabel = xlabel
        self.spread = None if spread is None else np.asarray(spread, dtype=np.float64)
        answers = 1 if self.outputs is None else len(self.outputs)
        if self.sizes.shape != (len(self.names), answers):
            raise ValueError(
                "sizes must have a row for each column and a column for each answer, "
                f"{(len(self.names), answers)}; got shape {self.sizes.shape}"
            )
        if self.spread is not None and self.spread.shape != (len(self.names),):
            raise ValueError(
                f"spread must hold one number for each of the {len(self.names)} columns; got shape "
                f"{self.spread.shape}"
            )

    def plot(self, ax: Any = None, *, most: int = 12) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.
        most
            How many columns are shown; the others together are one more.

        Returns
        -------
        ContributionBarDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        order, names, sizes = _largest(self.sizes, self.names, most)
        self.figure_, self.ax_ = axes_of(ax, width=6.0, height=0.6 + 0.28 * len(names))
        places, start = np.arange(len(names)), np.zeros(len(names))
        spread = None
        if self.spread is not None:
            rest = len(names) - len(order)
            spread = np.r_[self.spread[order], np.full(rest, np.nan)]
        for answer in range(sizes.shape[1]):
            self.ax_.barh(
                places,
                sizes[:, answer],
                left=start,
                height=0.66,
                color=SERIES[answer % len(SERIES)],
                xerr=spread if answer == 0 else None,
                error_kw={"ecolor": GREY, "elinewidth": 1.2},
                label=None if self.outputs is None else plain_text(self.outputs[answer]),
            )
            start = start + sizes[:, answer]
        _name_rows(self.ax_, names)
        quiet(self.ax_, title="", xlabel=self.xlabel, ylabel="")
        _grid_across(self.ax_)
        if self.outputs is not None:
            self.ax_.legend(frameon=False, fontsize=8.5, loc="lower right")
        return self


class ContributionBeeswarmDisplay:
    """Each row's contributions, one line of points for each column, the largest first.

    Parameters
    ----------
    contributions
        One row for each row, and one column for each column.
    data
        The rows' values; those of a column colour its points where they are numbers.
    names
        The columns' names.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.plotting import ContributionBeeswarmDisplay
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> display = ContributionBeeswarmDisplay(rows * [1, 5], rows, ["age", "rooms"])
    >>> [text.get_text() for text in display.plot().ax_.get_yticklabels()]
    ['rooms', 'age']
    """

    figure_: Any
    ax_: Any

    def __init__(self, contributions: ArrayLike, data: Any, names: Sequence[str]) -> None:
        self.contributions = np.asarray(contributions, dtype=np.float64)
        self.data = np.asarray(data)
        self.names = list(names)
        if self.contributions.ndim != 2 or self.contributions.shape[1] != len(self.names):
            raise ValueError(
                f"contributions must have a column for each of the {len(self.names)} names; got "
                f"shape {self.contributions.shape}"
            )
        if self.data.shape != self.contributions.shape:
            raise ValueError(
                f"data must have the shape of the contributions, {self.contributions.shape}; got "
                f"{self.data.shape}"
            )

    def plot(self, ax: Any = None, *, most: int = 12) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.
        most
            How many columns are shown.

        Returns
        -------
        ContributionBeeswarmDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        step = -(-len(self.contributions) // _MOST_DRAWN) or 1
        values, data = self.contributions[::step], self.data[::step]
        sizes = (
            np.abs(self.contributions).mean(axis=0) if len(values) else np.zeros(len(self.names))
        )
        order = np.argsort(-sizes, kind="stable")[: whole_number("most", most, least=1)]
        self.figure_, self.ax_ = axes_of(ax, width=6.6, height=0.9 + 0.36 * len(order))
        points = None
        for place, column in enumerate(order):
            shades = _shades(data[:, column])
            offsets = place + _swarm(values[:, column])
            options: dict[str, Any] = {"s": 9, "linewidths": 0, "alpha": 0.85}
            if shades is None:
                self.ax_.scatter(values[:, column], offsets, color=GREY, **options)
            else:
                points = self.ax_.scatter(
                    values[:, column], offsets, c=shades, cmap=_COLOURS, vmin=0, vmax=1, **options
                )
        self.ax_.axvline(0, color=GREY, linewidth=0.8)
        _name_rows(self.ax_, [self.names[column] for column in order])
        quiet(self.ax_, title="", xlabel="contribution to the answer", ylabel="")
        _grid_across(self.ax_)
        if points is not None:
            _explain_shades(self.ax_, points, "value of the column", aspect=30)
        return self


class ContributionWaterfallDisplay:
    """How the contributions of one row lead from the mean answer to its own.

    Parameters
    ----------
    contributions
        One for each column.
    base
        The mean answer.
    names
        The columns' names.
    cells
        The row's values, as text; written beside the names.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> from treering.plotting import ContributionWaterfallDisplay
    >>> display = ContributionWaterfallDisplay([0.2, -0.5], 1.0, ["age", "rooms"])
    >>> [text.get_text() for text in display.plot().ax_.get_yticklabels()]
    ['rooms', 'age']
    """

    figure_: Any
    ax_: Any

    def __init__(
        self,
        contributions: ArrayLike,
        base: float,
        names: Sequence[str],
        *,
        cells: Sequence[str] | None = None,
    ) -> None:
        self.contributions = np.asarray(contributions, dtype=np.float64)
        self.base = float(base)
        self.names = list(names)
        self.cells = None if cells is None else list(cells)
        if self.contributions.shape != (len(self.names),):
            raise ValueError(
                f"contributions must hold one number for each of the {len(self.names)} names; got "
                f"shape {self.contributions.shape}"
            )
        if self.cells is not None and len(self.cells) != len(self.names):
            raise ValueError(f"cells must hold {len(self.names)} texts; got {len(self.cells)}")

    def plot(self, ax: Any = None, *, most: int = 12) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.
        most
            How many columns are shown; the others together are one more.

        Returns
        -------
        ContributionWaterfallDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        most = whole_number("most", most, least=1)
        order = np.argsort(-np.abs(self.contributions), kind="stable")
        first, rest = order[:most], order[most:]
        names = [self._name(place) for place in first]
        steps = self.contributions[first]
        if len(rest):
            names.append(f"{len(rest)} others")
            steps = np.r_[steps, self.contributions[rest].sum()]
        answer = self.base + self.contributions.sum()
        self.figure_, self.ax_ = axes_of(ax, width=6.6, height=1.0 + 0.34 * len(names))
        # The last step stands at the bottom, next to the mean answer.
        starts = answer - np.cumsum(steps)
        for place, (start, step) in enumerate(zip(starts, steps, strict=True)):
            self.ax_.barh(place, step, left=start, height=0.62, color=RED if step > 0 else BLUE)
            self.ax_.annotate(
                f"{step:+.3g}",
                (max(start, start + step), place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                color=RED if step > 0 else BLUE,
            )
            if place + 1 < len(steps):
                self.ax_.plot([start, start], [place, place + 1], color=GREY, linewidth=0.6)
        _name_rows(self.ax_, names)
        title = f"answer {answer:.4g}, mean {self.base:.4g}"
        quiet(self.ax_, title=title, xlabel="answer", ylabel="")
        _grid_across(self.ax_)
        self.ax_.axvline(self.base, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
        self.ax_.axvline(answer, color=GREY, linewidth=0.8)
        self.ax_.margins(x=0.14)
        return self

    def _name(self, place: int) -> str:
        return (
            self.names[place]
            if self.cells is None
            else f"{self.names[place]} = {self.cells[place]}"
        )


class ContributionDependenceDisplay:
    """A column's contributions over its values.

    Parameters
    ----------
    values
        The column's values: numbers, or others, which stand side by side.
    contributions
        One for each value.
    name
        The column's name.
    colour
        Values of another column, which colour the points.
    colour_name
        Its name.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> from treering.plotting import ContributionDependenceDisplay
    >>> display = ContributionDependenceDisplay([1, 2, 3], [0.1, 0.0, -0.1], "rooms")
    >>> display.plot().ax_.get_xlabel()
    'rooms'
    """

    figure_: Any
    ax_: Any

    def __init__(
        self,
        values: Any,
        contributions: ArrayLike,
        name: str = "column",
        *,
        colour: Any = None,
        colour_name: str | None = None,
    ) -> None:
        self.values = np.asarray(values)
        self.contributions = np.asarray(contributions, dtype=np.float64)
        self.name = name
        self.colour = None if colour is None else np.asarray(colour)
        self.colour_name = colour_name
        for what, other in (("contributions", self.contributions), ("colour", self.colour)):
            if other is not None and other.shape != self.values.shape:
                raise ValueError(
                    f"{what} must hold one for each of the {len(self.values)} values; got shape "
                    f"{other.shape}"
                )

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        ContributionDependenceDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        self.figure_, self.ax_ = axes_of(ax, width=5.6, height=3.4)
        numbers: Any = _numbers(self.values)
        if numbers is None:
            texts = np.array([str(value) for value in self.values.tolist()])
            labels, numbers = np.unique(texts, return_inverse=True)
            tilt: dict[str, Any] = {"rotation": 45, "ha": "right"} if len(labels) > 6 else {}
            self.ax_.set_xticks(range(len(labels)), [plain_text(label) for label in labels], **tilt)
            numbers = numbers + 0.35 * _swarm(self.contributions)
        shades = None if self.colour is None else _shades(self.colour)
        options: dict[str, Any] = {"s": 11, "linewidths": 0, "alpha": 0.8}
        if shades is None:
            self.ax_.scatter(numbers, self.contributions, color=BLUE, **options)
        else:
            points = self.ax_.scatter(
                numbers, self.contributions, c=shades, cmap=_COLOURS, vmin=0, vmax=1, **options
            )
            _explain_shades(self.ax_, points, plain_text(self.colour_name or "other column"))
        self.ax_.axhline(0, color=GREY, linewidth=0.8)
        quiet(self.ax_, title="", xlabel=plain_text(self.name), ylabel="contribution to the answer")
        return self


def _largest(
    sizes: NDArray[np.float64], names: Sequence[str], most: int
) -> tuple[NDArray[np.intp], list[str], NDArray[np.float64]]:
    """Return the places of the largest, the names of what is drawn, and its sizes."""
    most = whole_number("most", most, least=1)
    order = np.argsort(-sizes.sum(axis=1), kind="stable")
    first, rest = order[:most], order[most:]
    shown, drawn = [names[place] for place in first], sizes[first]
    if len(rest):
        shown.append(f"{len(rest)} others")
        drawn = np.vstack([drawn, sizes[rest].sum(axis=0)])
    return first, shown, drawn


def _name_rows(ax: Any, names: Sequence[str]) -> None:
    """Name lines from the top down."""
    ax.set_yticks(range(len(names)), [plain_text(name) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)


def _grid_across(ax: Any) -> None:
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x", color="#E3E3E3", linewidth=0.8)


def _numbers(values: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return values as numbers; None where they are none."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _shades(values: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return where values lie between the twentieth and the last but twentieth of a hundred."""
    numbers = _numbers(values)
    if numbers is None or not np.isfinite(numbers).any():
        return None
    low, high = np.percentile(numbers[np.isfinite(numbers)], [5, 95])
    if high <= low:
        low, high = np.nanmin(numbers), np.nanmax(numbers)
    shades: NDArray[np.float64] = np.clip((numbers - low) / ((high - low) or 1.0), 0, 1)
    return shades


def _explain_shades(ax: Any, points: Any, label: str, **options: Any) -> None:
    """Draw beside the axes which shades stand for low and which for high values."""
    bar = ax.figure.colorbar(points, ax=ax, ticks=[0, 1], pad=0.02, **options)
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label(label, color=GREY)
    bar.outline.set_visible(False)


def _swarm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far points stand off their line, so that those of like values lie side by side."""
    offsets = np.zeros(len(values))
    if not len(values):
        return offsets
    width = (float(values.max()) - float(values.min())) / 100 or 1.0
    bins = np.floor((values - values.min()) / width).astype(np.int64)
    order = np.argsort(bins, kind="stable")
    _, first, counts = np.unique(bins[order], return_index=True, return_counts=True)
    most = max(12, int(counts.max()))
    for start, count in zip(first, counts, strict=True):
        ranks = np.arange(count)
        sides = np.where(ranks % 2 == 0, 1, -1) * ((ranks + 1) // 2)
        offsets[order[start : start + count]] = 0.8 * sides / most
    return offsets
