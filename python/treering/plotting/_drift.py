"""Categories, distribution functions and many windows of a feature, in the reference and now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering.plotting._style import BLUE, GREY, ORANGE, axes_of, places_beside, plain_text
from treering.plotting._two_sides import LARGEST_DRAWN, TwoSides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

_COLOURS = "OrRd"
_UNKNOWN = "#D9D9D9"


class DriftShareDisplay(TwoSides):
    """The share of each category in the reference and now, side by side.

    Parameters
    ----------
    labels
        The categories.
    reference, current
        The share of each.
    name
        The feature's name.
    verdict
        ``"drift"``, ``"no drift"``, ``"not enough data"`` or ``"undecided"``.
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
    >>> from treering.plotting import DriftShareDisplay
    >>> display = DriftShareDisplay(["Bonn", "Ulm"], [0.6, 0.4], [0.5, 0.5], name="town")
    >>> display.plot().ax_.get_title()
    'town'
    """

    def __init__(
        self,
        labels: Sequence[str],
        reference: ArrayLike,
        current: ArrayLike,
        *,
        name: str = "feature",
        verdict: str | None = None,
        detail: str | None = None,
    ) -> None:
        self.labels = list(labels)
        self.reference = np.asarray(reference, dtype=np.float64)
        self.current = np.asarray(current, dtype=np.float64)
        for what, shares in (("reference", self.reference), ("current", self.current)):
            if shares.shape != (len(self.labels),) or not self.labels:
                raise ValueError(
                    f"{what} must hold one share for each of the {len(self.labels)} labels, and at "
                    f"least one; got shape {shares.shape}"
                )
        self._tell(name, verdict, detail)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        DriftShareDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        self.figure_, self.ax_ = axes_of(ax, width=5.6, height=3.4)
        places = np.arange(len(self.labels))
        for shares, colour, label, move, hatch in (
            (self.reference, BLUE, "reference", -0.2, None),
            (self.current, ORANGE, "current", 0.2, "//"),
        ):
            self.ax_.bar(
                places + move,
                100 * shares,
                0.38,
                color=colour,
                alpha=0.75,
                label=label,
                hatch=hatch,
                edgecolor="white",
            )
        labels = [plain_text(label) for label in self.labels]
        crowded = len(labels) > places_beside(self.ax_, max(map(len, labels)))
        tilt = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
        self.ax_.set_xticks(places, labels, **tilt)
        self._finish("share, %")
        return self


class DriftEcdfDisplay(TwoSides):
    """The distribution functions of a feature in the reference and now.

    Parameters
    ----------
    values
        Numbers, ascending.
    reference, current
        Which share of the values lies below each.
    location
        Where the two lie furthest apart; marked, if it is given.
    name, verdict, detail
        As for :class:`DriftShareDisplay`.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> from treering.plotting import DriftEcdfDisplay
    >>> display = DriftEcdfDisplay([0, 1, 2], [0, 0.5, 1], [0, 0.2, 1], name="age")
    >>> display.plot().ax_.get_ylabel()
    'share below, %'
    """

    def __init__(
        self,
        values: ArrayLike,
        reference: ArrayLike,
        current: ArrayLike,
        *,
        location: float | None = None,
        name: str = "feature",
        verdict: str | None = None,
        detail: str | None = None,
    ) -> None:
        self.values = np.asarray(values, dtype=np.float64)
        self.reference = np.asarray(reference, dtype=np.float64)
        self.current = np.asarray(current, dtype=np.float64)
        self.location = location
        for what, shares in (("reference", self.reference), ("current", self.current)):
            if shares.shape != self.values.shape or shares.ndim != 1:
                raise ValueError(
                    f"{what} must hold one share for each of the {self.values.size} values; got "
                    f"shape {shares.shape}"
                )
        self._tell(name, verdict, detail)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        DriftEcdfDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        self.figure_, self.ax_ = axes_of(ax, width=5.6, height=3.4)
        # matplotlib cannot place ticks so near the largest number there is.
        unit = LARGEST_DRAWN if np.abs(self.values).max(initial=0) > LARGEST_DRAWN else 1.0
        values = self.values / unit
        for shares, colour, label, dashes in (
            (self.reference, BLUE, "reference", "-"),
            (self.current, ORANGE, "current", (0, (4, 1.5))),
        ):
            self.ax_.plot(values, 100 * shares, color=colour, linestyle=dashes, label=label)
        if self.location is not None and values[0] <= self.location / unit <= values[-1]:
            self.ax_.axvline(self.location / unit, color=GREY, linewidth=0.8, linestyle=":")
        self.ax_.set_ylim(0, 100)
        self._finish("share below, %")
        return self


class DriftHeatMapDisplay:
    """How far each feature moved in each of many windows; a dot marks a drift, grey is unknown.

    Parameters
    ----------
    effects
        Effect sizes from 0 to 1, one row per feature and one column per window; NaN is unknown.
    features, windows
        Their names and labels.
    drifted
        Of the same shape: where the verdict is "drift". None marks nothing.
    name
        The title.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure, once drawn.
    ax_ : matplotlib.axes.Axes
        The axes, once drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import Reference, detect_drift
    >>> from treering.plotting import DriftHeatMapDisplay
    >>> rng = np.random.default_rng(0)
    >>> reference = Reference(rng.normal(size=(300, 2)))
    >>> reports = {day: detect_drift(reference, rng.normal(size=(99, 2))) for day in ("Mo", "Tu")}
    >>> DriftHeatMapDisplay.from_reports(reports).effects.shape
    (2, 2)
    """

    figure_: Any
    ax_: Any

    def __init__(
        self,
        effects: ArrayLike,
        features: Sequence[str],
        windows: Sequence[Any],
        *,
        drifted: ArrayLike | None = None,
        name: str = "effect size",
    ) -> None:
        self.effects = np.asarray(effects, dtype=np.float64)
        self.features, self.windows, self.name = list(features), list(windows), name
        shape = (len(self.features), len(self.windows))
        self.drifted = np.zeros(shape, bool) if drifted is None else np.asarray(drifted, dtype=bool)
        for what, found in (("effects", self.effects), ("drifted", self.drifted)):
            if found.shape != shape or not found.size:
                raise ValueError(
                    f"{what} must have one row for each of the {shape[0]} features and one column "
                    f"for each of the {shape[1]} windows, and at least one; got shape {found.shape}"
                )

    @classmethod
    def from_reports(cls, reports: Mapping[Any, Any], *, most: int = 40) -> Self:
        """Lay reports about many windows side by side.

        Parameters
        ----------
        reports
            From a window's label to its :class:`~treering.drift.DriftReport`, in order.
        most
            How many features are drawn at most: those that drifted most often, and moved furthest.

        Returns
        -------
        DriftHeatMapDisplay
        """
        if not isinstance(reports, Mapping):
            raise TypeError(
                "reports must be a mapping from a window's label to its report, such as "
                f"dict(zip(days, reports)); got {type(reports).__name__}"
            )
        features = list(dict.fromkeys(name for report in reports.values() for name in report))
        effects = np.full((len(features), len(reports)), np.nan)
        drifted = np.zeros(effects.shape, dtype=bool)
        for column, report in enumerate(reports.values()):
            for row, name in enumerate(features):
                found = report.get(name)
                if found is not None:
                    effects[row, column] = (
                        np.nan if found.effect_size is None else found.effect_size
                    )
                    drifted[row, column] = found.drift
        title = "effect size, a dot where it is a drift"
        if most < len(features):
            furthest = np.nan_to_num(effects).max(axis=1, initial=0.0)
            order = np.sort(np.lexsort((-furthest, -drifted.sum(axis=1)))[:most])
            title += f"; {most} of {len(features):,} features"
            features = [features[row] for row in order]
            effects, drifted = effects[order], drifted[order]
        return cls(effects, features, list(reports), drifted=drifted, name=title)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        DriftHeatMapDisplay
            Itself, with ``figure_`` and ``ax_``.
        """
        rows, columns = self.effects.shape
        width = float(np.clip(0.34 * columns, 3.0, 14.0))
        height = float(np.clip(0.28 * rows, 1.6, 12.0))
        self.figure_, self.ax_ = axes_of(ax, width=width + 2.4, height=height + 1.3)
        ax = self.ax_
        top = max(0.2, float(np.nanmax(self.effects, initial=0.0)))
        image = ax.imshow(self.effects, cmap=_COLOURS, vmin=0, vmax=top, aspect="auto")
        ax.set_facecolor(_UNKNOWN)
        places = np.argwhere(self.drifted)
        ax.scatter(places[:, 1], places[:, 0], s=14, color="black", linewidths=0)
        ax.set_yticks(range(rows), [plain_text(name) for name in self.features], fontsize=8)
        step = max(1, -(-columns // 16))
        shown = range(0, columns, step)
        labels = [plain_text(self.windows[place]) for place in shown]
        ax.set_xticks(shown, labels, rotation=45, ha="right", rotation_mode="anchor", fontsize=8)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_title(plain_text(self.name), fontsize=11, fontweight="bold")
        self.figure_.colorbar(image, ax=ax, fraction=0.046, pad=0.02)
        return self
