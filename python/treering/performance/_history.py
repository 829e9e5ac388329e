"""Scores over time, and whether they move."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from treering._axis import label_text
from treering._checks import check_axes, close_names, quoted
from treering._page import Page
from treering._results import (
    ALL_ROWS,
    Result,
    number_text,
    pvalue_text,
    slope_text,
    text_table,
)
from treering._text import counted
from treering.performance._direction import alert_lines
from treering.performance._numbers import numbers_of
from treering.performance._trend import Trend, trend_of
from treering.performance._window_scores import WindowPerformance, score_text
from treering.performance._windows import check_order, place_of

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from numpy.typing import NDArray

    from treering.report import Html

_MOST_PRINTED = 40
_MOST_CHARTS = 8


@dataclass(frozen=True, repr=False)
class PerformanceHistory(Result, Sequence[WindowPerformance]):
    """The scores of windows in order; never rewritten, only extended.

    Attributes
    ----------
    windows : tuple of WindowPerformance
        The windows.
    level : float
        The level of their confidence intervals.
    backend : str or None
        The library that the labels came from; None for lists and arrays.
    estimated : bool
        Whether these are scores that are expected, of rows without labels, rather than realised
        ones.

    Examples
    --------
    >>> from treering.performance import track
    >>> history = track([0, 1, 1, 0], [0, 1, 0, 0], window=2)
    >>> history.extend([1, 1], [1, 1])
    PerformanceHistory: 3 windows, 6 rows, 95 % intervals
    window  count                 accuracy  precision  recall  f1_score
    ------  -----  -----------------------  ---------  ------  --------
    1           2  1.0000 [0.3424, 1.0000]     1.0000  1.0000    1.0000
    2           2  0.5000 [0.0945, 0.9055]     0.2500  0.5000    0.3333
    3           2  1.0000 [0.3424, 1.0000]     1.0000  1.0000    1.0000
    """

    windows: tuple[WindowPerformance, ...]
    level: float = 0.95
    backend: str | None = None
    estimated: bool = False

    def __post_init__(self) -> None:
        if not self.windows:
            raise ValueError("a history has at least one window")
        check_order([row.window for row in self.windows])

    @overload
    def __getitem__(self, index: int) -> WindowPerformance: ...
    @overload
    def __getitem__(self, index: slice) -> PerformanceHistory: ...
    def __getitem__(self, index: int | slice) -> WindowPerformance | PerformanceHistory:
        if isinstance(index, slice):
            return replace(self, windows=self.windows[index])
        if isinstance(index, str):
            raise TypeError(
                f"a history is a sequence of windows; history.values({index!r}) are a metric's "
                f"values and history[-1][{index!r}] is the last one"
            )
        return self.windows[place_of(index, len(self))]

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics' names."""
        return tuple(self.windows[0].intervals)

    @property
    def labels(self) -> tuple[Any, ...]:
        """The windows' labels."""
        return tuple(row.window for row in self.windows)

    @property
    def total_count(self) -> int:
        """How many rows there are in all windows."""
        return sum(row.count for row in self.windows)

    def values(self, metric: str) -> NDArray[np.float64]:
        """Return a metric's value in each window.

        Parameters
        ----------
        metric
            Its name.

        Returns
        -------
        numpy.ndarray
        """
        values: NDArray[np.float64] = self._ends(metric)[0]
        return values

    def _ends(self, metric: str) -> NDArray[np.float64]:
        """Values, lower and upper ends as three rows."""
        if metric not in self.metrics:
            raise ValueError(unknown_metric(metric, self.metrics))
        rows = np.asarray([row.intervals[metric] for row in self.windows], dtype=np.float64)
        return np.ascontiguousarray(rows.T)

    def average(self, metric: str) -> float:
        """Return a metric's mean over windows, weighted by their rows; undefined ones left out.

        Parameters
        ----------
        metric
            Its name.

        Returns
        -------
        float
            NaN if it is undefined in every window. For accuracy this is the accuracy of all rows.
        """
        values = self.values(metric)
        counts = np.asarray([row.count for row in self.windows], dtype=np.float64)
        known = np.isfinite(values)
        return float(np.average(values[known], weights=counts[known])) if known.any() else np.nan

    def trend(self, metric: str = "accuracy", *, alpha: float = 0.05) -> Trend:
        """Test whether a metric moves over the whole series.

        The Mann-Kendall test uses every window, so that it sees a slow decay that no single window
        shows and is not misled by an odd first or last one.

        Parameters
        ----------
        metric
            Its name.
        alpha
            The p-value below which there is a trend.

        Returns
        -------
        Trend

        References
        ----------
        .. [1] H. B. Mann, "Nonparametric tests against trend", Econometrica 13 (1945).
        .. [2] P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal
           of the American Statistical Association 63 (1968).
        """
        return replace(trend_of(metric, self.values(metric), alpha), backend=self.backend)

    def extend(self, y_true: Any, y_pred: Any, **options: Any) -> PerformanceHistory:
        """Return a new history with the windows of more rows at its end.

        Parameters
        ----------
        y_true, y_pred
            True and predicted labels, or numbers, of the new rows.
        **options
            Those of :func:`treering.performance.track`. Without `window` and `label`, the rows
            make one window with the number after the last one's. Metrics and level are the
            history's; probabilities, `values` and metrics that are functions have to be given
            again.

        Returns
        -------
        PerformanceHistory

        Raises
        ------
        ValueError
            If a window is in the history already or precedes its last one, or the metrics or
            the level differ.
        """
        from treering.performance._track import track

        return track(y_true, y_pred, history=self, **options)

    def to_dict(self) -> dict[str, Any]:
        """Return the history as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "level": self.level,
            "estimated": self.estimated,
            "metrics": list(self.metrics),
            "windows": [row.to_dict() for row in self.windows],
        }

    def plot(
        self,
        ax: Any = None,
        *,
        baseline: Any = None,
        threshold: float | Mapping[str, float] = 0.95,
        metrics: Sequence[str] | None = None,
        lower_is_better: Collection[str] = (),
        higher_is_better: Collection[str] = (),
    ) -> Any:
        """Draw metrics over time with their confidence bands.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.
        baseline
            A mapping from metric to its value when the model was accepted; drawn with the line
            below (or above) which :func:`treering.performance.check_model_health` alerts.
        threshold
            Of that line: one number, or one for each metric.
        metrics
            What to draw: the first four by default, in a 2x2 grid.
        lower_is_better, higher_is_better
            As in :func:`treering.performance.check_model_health`.

        Returns
        -------
        treering.plotting.MetricOverTimeDisplay or treering.plotting.DisplayGrid
            A grid unless one metric is drawn.
        """
        from treering.plotting import DisplayGrid, MetricOverTimeDisplay

        check_axes(ax, many=True, instead="metrics are named by metrics=")
        names = self.metrics[:4] if metrics is None else _names(metrics)
        displays = [
            MetricOverTimeDisplay(self.labels, **series)
            for series in self._series(
                names, baseline, threshold, lower_is_better, higher_is_better
            )
        ]
        if len(displays) == 1:
            return displays[0].plot(ax=ax)
        left = len(self.metrics) - len(displays)
        told = (
            f"{len(displays)} of {counted(len(self.metrics), 'metric')}\n"
            f"{left} not drawn: plot(metrics=[...]) draws any"
        )
        title = told if metrics is None and left else None
        return DisplayGrid(displays, title=title).plot(ax=ax)

    def _series(
        self,
        names: Sequence[str],
        baseline: Any,
        threshold: float | Mapping[str, float],
        lower_is_better: Collection[str],
        higher_is_better: Collection[str],
    ) -> Iterator[dict[str, Any]]:
        """Yield what a picture of each metric shows."""
        levels = _baseline(baseline)
        lines = alert_lines(
            self.metrics,
            levels,
            threshold,
            lower_is_better=lower_is_better,
            higher_is_better=higher_is_better,
        )
        for name in names:
            values, low, high = self._ends(name)
            yield {
                "values": values,
                "low": low,
                "high": high,
                "name": name,
                "baseline": levels.get(name),
                "alert": lines.get(name),
            }

    def to_html(
        self,
        *,
        baseline: Any = None,
        threshold: float | Mapping[str, float] = 0.95,
        lower_is_better: Collection[str] = (),
        higher_is_better: Collection[str] = (),
    ) -> Html:
        """Return the history as a fragment of HTML: charts, trends and a table.

        Parameters
        ----------
        baseline, threshold, lower_is_better, higher_is_better
            As in :meth:`plot`.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        charts = [
            report.line_chart(self.labels, **series)
            for series in self._series(
                self.metrics[:_MOST_CHARTS], baseline, threshold, lower_is_better, higher_is_better
            )
        ]
        told = f"{len(charts)} of {len(self.metrics)} metrics; plot(metrics=[...]) draws any."
        note = [report.paragraph(told, quiet=True)] if len(charts) < len(self.metrics) else []
        shown_charts = [report.columns(charts, width=520), *note]
        trends = [self.trend(name) for name in self.metrics]
        estimated = [report.paragraph("Estimated without labels.")] if self.estimated else []
        blocks = [
            *estimated,
            *(shown_charts if len(self) > 1 else ()),
            report.table(
                ("metric", "trend", "first", "last", "slope per window", "pvalue"),
                [
                    (
                        label_text(trend.metric),
                        trend.direction,
                        number_text(trend.first),
                        number_text(trend.last),
                        slope_text(trend.slope),
                        pvalue_text(trend.pvalue),
                    )
                    for trend in trends
                ],
                align="<<>>>>",
                rest=ALL_ROWS,
            ),
            report.table(
                *self._cells(self.windows, all_intervals=True),
                keep="last",
                most=_MOST_PRINTED,
                rest=ALL_ROWS,
            ),
        ]
        return report.Html("\n".join(blocks))

    def save_html(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        **options: Any,
    ) -> Path:
        """Write the history as a static HTML page.

        Parameters
        ----------
        path
            Where to.
        title
            The page's title; "Performance report" by default.
        **options
            As in :meth:`to_html`.

        Returns
        -------
        pathlib.Path
            The path, absolute.
        """
        page = Page(title or "Performance report", subtitle=self._headline())
        return page.add(self.to_html(**options)).save(path)

    def _columns(self) -> dict[str, Any]:
        return WindowPerformance._table(self.windows)

    def _text(self) -> str:
        shown = self.windows[-_MOST_PRINTED:]
        hidden = len(self.windows) - len(shown)
        note = [f"({counted(hidden, 'earlier window')}; to_frame() has all)"] if hidden else []
        title = f"PerformanceHistory: {self._headline()}"
        return "\n".join([title, *note, text_table(*self._cells(shown))])

    def _headline(self) -> str:
        return (
            f"{counted(len(self), 'window')}, "
            f"{counted(self.total_count, 'row')}, "
            f"{100 * self.level:g} % intervals"
            f"{', estimated without labels' if self.estimated else ''}"
        )

    def _cells(
        self, rows: Sequence[WindowPerformance], *, all_intervals: bool = False
    ) -> tuple[list[str], list[list[str]]]:
        """Headers and cells; the first metric with its interval, the others if asked."""
        wide = self.metrics if all_intervals else self.metrics[:1]
        return ["window", "count", *map(label_text, self.metrics)], [
            [
                label_text(row.window),
                f"{row.count:,}",
                *(score_text(row.intervals[name], wide=name in wide) for name in self.metrics),
            ]
            for row in rows
        ]


def unknown_metric(metric: Any, known: Sequence[str]) -> str:
    """Say which metric is unknown, what it may have been a slip for, and what there is."""
    name = str(metric)
    listed = ", ".join(map(label_text, known))
    return f"the history has no metric {quoted(name)}{close_names(name, known)}; it has {listed}"


def _names(metrics: Sequence[str]) -> tuple[str, ...]:
    names = (metrics,) if isinstance(metrics, str) else metrics
    if not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"metrics must be a metric's name or a list of names; got {metrics!r}")
    names = tuple(names)
    if not names:
        raise ValueError("metrics is empty; name at least one metric, or leave it out")
    return names


def _baseline(baseline: Any) -> dict[str, float]:
    return {} if baseline is None else numbers_of(baseline, "baseline")[0]
