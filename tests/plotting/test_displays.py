"""Displays draw what they are given, into the axes they are given, without a warning."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt

from treering.performance import track
from treering.plotting import (
    DisplayGrid,
    DriftHistogramDisplay,
    MetricOverTimeDisplay,
    PredictionShareDisplay,
)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    plt.close("all")


DAYS = np.arange("2026-01-01", "2026-01-31", dtype="datetime64[D]")


def displays() -> list[MetricOverTimeDisplay | DriftHistogramDisplay | PredictionShareDisplay]:
    return [
        MetricOverTimeDisplay([1, 2, 3], [0.9, np.nan, 0.8], low=[0.8, 0.7, 0.7], high=[1, 1, 0.9]),
        DriftHistogramDisplay.from_values([1.0, 2, np.nan], [np.inf, 3]),
        PredictionShareDisplay(
            ["a", "b"], [[0.5, 0.5], [1, 0]], ["no", "yes"], reference=[0.4, 0.6]
        ),
    ]


@pytest.mark.parametrize("index", range(3))
def test_a_display_draws_into_given_axes_or_makes_its_own(index: int) -> None:
    display = displays()[index]
    assert display.plot() is display
    assert display.ax_.figure is display.figure_
    figure, ax = plt.subplots()
    assert display.plot(ax=ax).ax_ is ax
    assert display.figure_ is figure
    figure.canvas.draw()


def boxes(grid: DisplayGrid) -> list[Any]:
    """What each picture takes with its title and labels, where it is drawn."""
    grid.figure_.canvas.draw()
    return [ax.get_tightbbox() for ax in grid.ax_]


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("size", [(6, 4), (4, 3)])
def test_pictures_in_small_axes_of_the_user_do_not_overlap(
    many: bool, size: tuple[float, float]
) -> None:
    metrics = [
        MetricOverTimeDisplay(range(20), np.full(20, 0.9), name=name, baseline=0.9, alert=0.8)
        for name in ("accuracy", "precision", "recall", "f1_score")
    ]
    _, ax = plt.subplots(2, 2, figsize=size) if many else plt.subplots(figsize=size)
    grid = DisplayGrid(metrics).plot(ax=ax)
    for one, other in combinations(boxes(grid), 2):
        assert not one.overlaps(other)
    for ax in grid.ax_:
        legend = ax.get_legend().get_window_extent()
        assert legend.y1 <= ax.get_window_extent().y1


def test_a_layout_that_was_chosen_is_left_alone() -> None:
    figure, ax = plt.subplots(1, 2)
    figure.subplots_adjust(wspace=0.7)
    DisplayGrid(displays()[:2]).plot(ax=ax)
    assert figure.get_layout_engine() is None
    figure, ax = plt.subplots(1, 2, layout="tight")
    engine = figure.get_layout_engine()
    DisplayGrid(displays()[:2]).plot(ax=ax)
    assert figure.get_layout_engine() is engine
    parts = plt.figure().subfigures(1, 2)
    DisplayGrid(displays()[:2]).plot(ax=parts[0].subplots(1, 2))
    assert parts[0].get_layout_engine() is not None


def test_a_title_stands_above_the_pictures_in_one_axes() -> None:
    _, ax = plt.subplots()
    grid = DisplayGrid(displays()[:2], title="two pictures").plot(ax=ax)
    found = boxes(grid)
    (title,) = ax.texts
    assert title.get_text() == "two pictures"
    assert title.get_window_extent().y0 >= max(box.y1 for box in found)


def test_one_window_is_seen() -> None:
    display = MetricOverTimeDisplay(["May"], [0.9], low=[0.8], high=[0.95]).plot()
    (line,) = display.ax_.lines
    assert (line.get_marker(), line.get_markersize()) == ("o", 8)
    (interval,) = display.ax_.collections
    assert interval.get_segments()[0][:, 1].tolist() == [0.8, 0.95]
    for label, text in (("May", "May"), (7, "7"), (DAYS[0], "2026-01-01")):
        ax = MetricOverTimeDisplay([label], [0.9]).plot().ax_
        assert [tick.get_text() for tick in ax.get_xticklabels()] == [text]


def test_the_legend_of_shares_stays_inside_axes_without_room_beside_them() -> None:
    figure, ax = plt.subplots()
    displays()[2].plot(ax=ax)
    figure.canvas.draw()
    inside, legend = ax.get_window_extent(), ax.get_legend().get_window_extent()
    assert inside.x0 <= legend.x0
    assert legend.x1 <= inside.x1


def test_a_metric_shows_band_baseline_and_alert_line() -> None:
    display = MetricOverTimeDisplay(
        [1, 2], [0.9, 0.8], low=[0.8, 0.7], high=[1, 0.9], name="f1_score", baseline=0.9, alert=0.85
    ).plot()
    assert display.ax_.get_title() == "f1 score"
    assert len(display.ax_.collections) == 1
    assert [line.get_ydata()[0] for line in display.ax_.lines] == [0.9, 0.9, 0.85]
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["confidence interval", "baseline 0.9", "alert line 0.85"]


@pytest.mark.parametrize(
    "windows",
    [
        range(1, 31),
        DAYS,
        [f"a long label of window number {i}" for i in range(30)],
        list(np.linspace(0, 1, 30)),
        [10**9 + i for i in range(30)],
    ],
)
def test_ticks_are_few_and_do_not_overlap(windows: list[object]) -> None:
    display = MetricOverTimeDisplay(list(windows), np.linspace(1, 0.8, 30)).plot()
    display.figure_.canvas.draw()
    low, high = display.ax_.get_xlim()
    labels = [
        label
        for place, label in zip(
            display.ax_.get_xticks(), display.ax_.get_xticklabels(), strict=True
        )
        if low <= place <= high and label.get_text()
    ]
    assert 2 <= len(labels) <= 10
    boxes = [label.get_window_extent() for label in labels]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


@pytest.mark.parametrize("width", [7.2, 3.2, 1.6])
@pytest.mark.parametrize(
    "windows",
    [
        [f"2025-{month:02d}" for month in range(1, 12)],
        [f"2025-W{week:02d}" for week in range(1, 28)],
        [f"batch {i}" for i in range(11)],
        [f"a long label of window number {i}" for i in range(12)],
    ],
)
def test_names_of_windows_are_written_at_even_steps(windows: list[str], width: float) -> None:
    figure, ax = plt.subplots(figsize=(width, 2.5), layout="constrained")
    MetricOverTimeDisplay(windows, np.linspace(1, 0.8, len(windows))).plot(ax=ax)
    figure.canvas.draw()
    assert np.ptp(np.diff(ax.get_xticks())) == 0 if len(ax.get_xticks()) > 1 else width < 4
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]
    assert all(left.x1 + 4 < right.x0 for left, right in pairwise(boxes))


def test_a_gap_in_time_is_a_gap_on_the_axis() -> None:
    days = np.array(["2026-01-01", "2026-01-02", "2026-01-12"], dtype="datetime64[D]")
    places = MetricOverTimeDisplay(days, [1, 1, 1]).plot().ax_.lines[0].get_xdata()
    assert np.diff(places).tolist() == [1, 10]


@pytest.mark.parametrize(
    ("verdict", "title"),
    [
        ("drift", "x: DRIFT"),
        ("no drift", "x: OK"),
        ("not enough data", "x: not enough data"),
        (None, "x"),
    ],
)
def test_a_histogram_says_its_verdict(verdict: str | None, title: str) -> None:
    display = DriftHistogramDisplay.from_values(range(40), range(20, 60), name="x", verdict=verdict)
    assert display.plot().ax_.get_title() == title
    assert len(display.edges) == 21
    for density in (display.reference, display.current):
        assert np.sum(density * np.diff(display.edges)) == pytest.approx(1)


def test_many_classes_share_one_line() -> None:
    shares = np.full((5, 20), 0.05)
    display = PredictionShareDisplay(range(5), shares, range(20), reference=shares[0]).plot()
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels[-1] == "other (13)"
    assert display.ax_.lines[-2].get_ydata()[0] == pytest.approx(65)


def test_a_grid_takes_a_place_or_axes_or_makes_a_figure() -> None:
    grid = DisplayGrid(displays(), title="All")
    assert grid.plot() is grid
    assert grid.ax_.shape == (3,)
    figure, ax = plt.subplots(1, 2)
    assert grid.plot(ax=ax[1]).figure_ is figure
    figure, axes = plt.subplots(2, 2)
    assert list(grid.plot(ax=axes).ax_) == list(axes.ravel()[:3])
    figure.canvas.draw()
    with pytest.raises(ValueError, match="3 displays need 3 axes; got 2"):
        grid.plot(ax=ax)
    with pytest.raises(ValueError, match="nothing to draw"):
        DisplayGrid([])
    with pytest.raises(ValueError, match="columns must be a whole number of at least 1"):
        DisplayGrid(displays(), columns=0)
    with pytest.raises(ValueError, match="no place in a grid"):
        grid.plot(ax=plt.figure().add_axes((0, 0, 1, 1)))


def test_bad_shapes_are_named() -> None:
    with pytest.raises(ValueError, match="values must hold one number for each of 2 windows"):
        MetricOverTimeDisplay([1, 2], [1])
    with pytest.raises(ValueError, match="needs both low and high"):
        MetricOverTimeDisplay([1], [1], low=[1])
    with pytest.raises(ValueError, match="current must hold one density for each of the 1 bins"):
        DriftHistogramDisplay([0, 1], [1], [1, 2])
    with pytest.raises(ValueError, match="verdict must be one of"):
        DriftHistogramDisplay([0, 1], [1], [1], verdict="maybe")
    with pytest.raises(ValueError, match="no finite value on either side"):
        DriftHistogramDisplay.from_values([np.nan], [])
    with pytest.raises(ValueError, match="one row per window and one column per class"):
        PredictionShareDisplay([1], [[1]], ["a", "b"])
    with pytest.raises(ValueError, match="reference must hold one share"):
        PredictionShareDisplay([1], [[1]], ["a"], reference=[1, 2])


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("ax", ["accuracy", 3, ["a"], plt.Figure()])
def test_what_cannot_be_drawn_into_is_named(index: int, ax: object) -> None:
    with pytest.raises(TypeError, match=r"ax must be matplotlib axes, such as plt.subplots\(\)"):
        displays()[index].plot(ax=ax)
    with pytest.raises(TypeError, match="several of them, or None; got"):
        DisplayGrid(displays()).plot(ax=ax)
    with pytest.raises(TypeError, match="is how many displays stand in a row, a whole number"):
        DisplayGrid(displays(), columns="two")  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("name", ["$\\frac$", "a$b$c", "x" * 5000, "\u202e\x1b[31m"])
def test_names_are_drawn_as_they_are(name: str) -> None:
    for display in (
        MetricOverTimeDisplay([name, name + "2"], [1, 2], name=name),
        DriftHistogramDisplay([0, 1], [1], [1], name=name, verdict="drift", detail=name),
        PredictionShareDisplay([1, 2], [[1], [1]], [name]),
    ):
        display.plot().figure_.canvas.draw()
        title = display.ax_.get_title()
        assert len(title) < 80
        assert title.isprintable()


def test_without_matplotlib_the_message_names_the_command() -> None:
    code = """
import sys
sys.modules["matplotlib"] = None
from treering.plotting import MetricOverTimeDisplay
try:
    MetricOverTimeDisplay([1], [1]).plot()
except ImportError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "treering[plot]"' in told.stdout


def test_a_history_says_which_metrics_it_does_not_draw() -> None:
    history = track([0, 1] * 40, [0, 1] * 40, window=20, y_proba=[[0.6, 0.4], [0.3, 0.7]] * 40)
    figure = history.plot().figure_
    assert "4 of 6 metrics" in figure.get_suptitle()
    assert "2 not drawn: plot(metrics=[...]) draws any" in figure.get_suptitle()
    chosen = history.plot(metrics=["accuracy", "roc_auc"]).figure_
    assert chosen.get_suptitle() == ""
