"""Trends see a slow decay; a history prints, draws and is written as a page."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from treering.metrics import Interval
from treering.performance import PerformanceHistory, WindowPerformance, track


def history_of(values: list[float], metric: str = "accuracy") -> PerformanceHistory:
    return PerformanceHistory(
        tuple(
            WindowPerformance(day, 50, {metric: Interval(value, value - 0.05, value + 0.05)})
            for day, value in enumerate(values, 1)
        )
    )


def test_a_slow_decay_is_seen_though_first_and_last_agree() -> None:
    values = [0.90, 0.97, 0.96, 0.95, 0.95, 0.94, 0.93, 0.92, 0.91, 0.905, 0.90]
    trend = history_of(values).trend()
    assert (trend.first, trend.last) == (0.90, 0.90)
    assert trend.direction == "decreasing"
    assert trend.slope is not None
    assert -0.01 < trend.slope < -0.004
    assert "decreasing" in str(trend)


@pytest.mark.parametrize("step", [1e-3, 1e-7, 1e-12])
def test_no_slope_but_zero_reads_as_zero(step: float) -> None:
    trend = history_of([0.5 - step * day for day in range(8)]).trend()
    for text in (str(trend), repr(trend), trend._repr_html_()):
        assert f"{-step:+.4g}"[:4] in text or f"{-step:.2g}"[:4] in text
    flat = history_of([0.9] * 8).trend()
    assert "slope 0 per window" in str(flat)


def test_one_bad_day_is_no_trend() -> None:
    values = [0.95, 0.96, 0.95, 0.96, 0.95, 0.96, 0.95, 0.96, 0.95, 0.60]
    assert history_of(values).trend().direction == "no trend"


@pytest.mark.parametrize("size", [5, 12, 40])
def test_the_trend_test_is_kendalls(size: int) -> None:
    values = np.random.default_rng(size).normal(size=size)
    trend = history_of(values.tolist()).trend()
    expected = stats.kendalltau(np.arange(size), values)
    assert trend.tau == pytest.approx(expected.statistic, abs=1e-12)
    assert trend.slope == pytest.approx(stats.theilslopes(values).slope)


def test_few_or_equal_windows_are_not_judged() -> None:
    few = history_of([0.9, 0.8, 0.7, 0.6]).trend()
    assert (few.direction, few.pvalue) == ("not enough data", None)
    assert "not enough data" in str(few)
    flat = history_of([0.9] * 8).trend()
    assert (flat.direction, flat.pvalue, flat.slope) == ("no trend", 1.0, 0.0)


def test_undefined_windows_are_left_out() -> None:
    values = [0.9, float("nan"), 0.8, 0.7, 0.6, 0.5, 0.4]
    trend = history_of(values).trend()
    assert (trend.windows, trend.direction) == (6, "decreasing")
    assert history_of(values).average("accuracy") == pytest.approx(0.65)
    undefined = history_of([float("nan")] * 6)
    assert undefined.trend().direction == "not enough data"
    assert np.isnan(undefined.average("accuracy"))
    undefined._repr_html_()
    undefined.plot(baseline={"accuracy": 0.9})
    plt.close("all")


def test_the_false_alarm_rate_of_trends_is_as_stated() -> None:
    rng = np.random.default_rng(4)
    found = [
        history_of(rng.normal(size=15).tolist()).trend().direction != "no trend" for _ in range(600)
    ]
    assert np.mean(found) < 0.05 + 4 * (0.05 * 0.95 / 600) ** 0.5


def test_the_average_is_that_of_all_rows() -> None:
    truth, predicted = np.zeros(50, dtype=int), (np.arange(50) < 5).astype(int)
    history = track(truth, predicted, window=[1] * 10 + [2] * 40)
    assert history.average("accuracy") == pytest.approx(0.9)


def test_a_history_is_a_sequence() -> None:
    history = history_of([0.9, 0.8, 0.7])
    assert history[-1]["accuracy"] == 0.7
    assert [row.window for row in history] == [1, 2, 3]
    assert len(history[:2]) == 2
    with pytest.raises(TypeError, match=r"history.values\('accuracy'\)"):
        history["accuracy"]  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="no metric 'auc'; it has accuracy"):
        history.values("auc")
    with pytest.raises(ValueError, match="alpha"):
        history.trend(alpha=2)
    with pytest.raises(ValueError, match="at least one window"):
        PerformanceHistory(())


def test_a_long_history_prints_its_end() -> None:
    text = repr(history_of([0.9] * 500))
    assert len(text.splitlines()) == 44
    assert "460 earlier windows" in text
    assert text.splitlines()[-1].startswith("500")


def test_its_json_says_what_it_is() -> None:
    document = json.loads(history_of([0.9]).to_json())
    assert document["type"] == "PerformanceHistory"
    assert document["windows"][0]["accuracy"] == {
        "value": 0.9,
        "low": pytest.approx(0.85),
        "high": pytest.approx(0.95),
    }


def test_pictures_carry_baseline_and_alert_line() -> None:
    truth = np.tile([0, 1], 100)
    history = track(truth, truth, window=20)
    grid = history.plot(baseline={"accuracy": 0.9}, threshold=0.9)
    assert [ax.get_title() for ax in grid.ax_] == ["accuracy", "precision", "recall", "f1 score"]
    assert len(grid.ax_[0].lines) == 3
    assert grid.ax_[0].lines[2].get_ydata()[0] == pytest.approx(0.81)
    assert len(grid.ax_[1].lines) == 1
    _, ax = plt.subplots()
    assert history.plot(ax=ax, metrics="recall").ax_ is ax
    with pytest.raises(ValueError, match="no metric 'auc'"):
        history.plot(metrics=["auc"])
    with pytest.raises(ValueError, match="metrics is empty"):
        history.plot(metrics=[])
    plt.close("all")


def test_what_plot_cannot_take_is_named() -> None:
    history = history_of([0.9, 0.8])
    with pytest.raises(TypeError, match=r"got 'accuracy'; metrics are named by metrics="):
        history.plot("accuracy")
    for metrics in (3, [1], [None]):
        with pytest.raises(TypeError, match="metrics must be a metric's name or a list of names"):
            history.plot(metrics=metrics)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="baseline must map metrics to numbers"):
        history.plot(baseline=0.9)
    assert history.plot(metrics="accuracy").name == "accuracy"
    plt.close("all")


def test_the_alert_line_of_a_loss_lies_above() -> None:
    display = history_of([1.0, 1.1], "log_loss").plot(baseline={"log_loss": 1.9}, threshold=0.95)
    assert display.alert == pytest.approx(2.0)
    plt.close("all")


def test_the_alert_line_is_drawn_where_the_alert_is_raised() -> None:
    history = history_of([3.0, 3.1], "churn")
    options = {"threshold": {"churn": 0.8}, "lower_is_better": ["churn"]}
    assert history.plot(baseline={"churn": 2.0}, **options).alert == pytest.approx(2.5)
    assert history.plot(baseline={"churn": 2.0}).alert == pytest.approx(1.9)
    with pytest.raises(ValueError, match="threshold names 'price'"):
        history.plot(baseline={"cost": 2.0}, threshold={"price": 0.8})
    plt.close("all")


def test_its_page_is_bounded(tmp_path: Path) -> None:
    path = history_of([0.9, 0.8] * 5000).save_html(tmp_path / "p.html", baseline={"accuracy": 0.95})
    assert path.stat().st_size < 60_000


def test_a_window_is_taken_by_its_place() -> None:
    history = track([0, 1] * 20, [0, 1] * 20, window=10)
    assert history[np.int64(-4)] is history[0]
    with pytest.raises(IndexError, match=r"place, from 0 to 3 or from the end by -1 to -4; got 4"):
        history[4]
    label = pd.Timestamp("2027-01-01")
    with pytest.raises(TypeError, match=r"place; got Timestamp\('2027.*history.labels.index\("):
        history[label]  # type: ignore[call-overload]
    days = track([0, 1], [0, 1], window=[label, label + pd.Timedelta(days=1)])
    assert days[days.labels.index(label)] is days[0]


def test_a_page_of_a_thousand_windows_shows_the_last_and_says_so() -> None:
    long = track([0, 1] * 1000, [0, 1] * 1000, window=2)
    html = long.to_html()
    assert "The last 40 of 1,000 rows; 960 are left out: to_frame() and to_json() hold all." in html
    assert len(html) < 100_000
    many = {f"m{i}": lambda y, p: 0.5 for i in range(100)}
    html = track([0, 1], [0, 1], window=1, metrics=many).to_html()
    assert "8 of 100 metrics; plot(metrics=[...]) draws any." in html
    assert "The first 60 of 100 rows; 40 are left out" in html
