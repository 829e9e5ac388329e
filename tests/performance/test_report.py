"""What was expected of a model, what it came to, and how far its labels have come."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from treering.performance import (
    CBPE,
    PerformanceReport,
    label_maturity,
    performance_report,
    track,
    worst_segments,
)

DAYS = 6
ROWS = 200


@pytest.fixture(scope="module")
def parts():
    rng = np.random.default_rng(0)
    chance = rng.uniform(0, 1, (DAYS + 3) * ROWS)
    truth = (rng.random(len(chance)) < chance).astype(int)
    said = (chance > 0.5).astype(int)
    day = np.datetime64("2026-03-01") + np.arange(DAYS).repeat(ROWS)
    first = slice(0, 3 * ROWS)
    later = slice(3 * ROWS, None)
    estimator = CBPE(metrics=["accuracy"]).fit(truth[first], chance[first])
    estimate = estimator.estimate(chance[later], window=day)
    labelled = day < np.datetime64("2026-03-06")
    history = track(
        truth[later][labelled], said[later][labelled], window=day[labelled], metrics="accuracy"
    )
    came = day + rng.integers(1, 4, len(day)).astype("m8[D]")
    now = np.datetime64("2026-03-07")
    came[(came > now) | ~labelled] = "NaT"
    maturity = label_maturity(day, came, now=now, window=day)
    return {
        "history": history,
        "estimate": estimate,
        "maturity": maturity,
        "segments": worst_segments(
            chance[later].reshape(-1, 1), truth[later], said[later], names=["chance"]
        ),
    }


def test_windows_stand_beside_each_other(parts):
    report = performance_report(
        parts["history"], estimate=parts["estimate"], maturity=parts["maturity"]
    )
    assert len(report.scores) == DAYS
    assert report.as_expected is not None
    assert report.as_expected >= 0.8
    last = report.scores[-1]
    assert (last.realised, last.as_expected, last.state) == (None, None, "no labels")
    first = report.scores[0]
    assert first.realised == parts["history"][0].intervals["accuracy"]
    assert first.estimated == parts["estimate"][0].intervals["accuracy"]
    assert first.state == "final"
    told = str(report)
    assert "6 windows, 1 metric, " in told
    assert "no labels" in told
    assert len(report.to_frame()) == DAYS


def test_alerts_wait_for_labels(parts):
    history, maturity = parts["history"], parts["maturity"]
    states = {str(row.window): row.state for row in maturity}
    assert states[str(history[-1].window)] == "provisional"
    report = performance_report(history, maturity=maturity, baseline={"accuracy": 1.0})
    assert report.alerts is not None
    assert [alert.window for alert in report.alerts] == [history[-2].window]
    at_once = performance_report(history, baseline={"accuracy": 1.0})
    assert at_once.alerts is not None
    assert [alert.window for alert in at_once.alerts] == [history[-1].window]


def test_pages_and_json_hold_all_parts(parts):
    report = performance_report(**parts, baseline={"accuracy": 0.9})
    page = report.to_html()
    for words in ("Worst slices", "Labels", "as expected", "expected", "<svg"):
        assert words in page
    assert "<script" not in page
    told = json.loads(report.to_json())
    assert told["type"] == "PerformanceReport"
    assert told["scores"][0]["as_expected"] in {True, False}
    assert {"history", "estimate", "maturity", "segments", "alerts"} <= told.keys()


def test_an_estimate_alone_is_a_report(parts):
    report = performance_report(estimate=parts["estimate"], baseline={"accuracy": 1.0})
    assert isinstance(report, PerformanceReport)
    assert report.as_expected is None
    assert report.alerts is not None
    assert [alert.window for alert in report.alerts] == [parts["estimate"][-1].window]
    assert "PerformanceReport: 6 windows, 1 metric" in str(report)


def test_bad_input_is_named(parts):
    for call, error, words in (
        (performance_report, ValueError, "nothing to report"),
        (lambda: performance_report([1]), TypeError, "history must be a PerformanceHistory"),
        (lambda: performance_report(parts["estimate"]), ValueError, "give them as estimate="),
        (
            lambda: performance_report(estimate=parts["history"]),
            ValueError,
            "give them as history=",
        ),
        (
            lambda: performance_report(parts["history"], segments=3),
            TypeError,
            "segments must be a SegmentReport",
        ),
        (
            lambda: performance_report(
                track([1, 0], [1, 1], metrics="accuracy", label="March"),
                estimate=parts["estimate"],
            ),
            ValueError,
            "windows of history, such as 'March', .*and of estimate, .* are labelled in two ways",
        ),
    ):
        with pytest.raises(error, match=words):
            call()


def test_expected_and_realised_scores_are_drawn_together(parts):
    report = performance_report(parts["history"], estimate=parts["estimate"])
    display = report.plot()
    drawn = [line.get_label() for line in display.ax_.get_lines()]
    assert "expected without labels" in drawn
    expected = next(
        line for line in display.ax_.get_lines() if line.get_label() == "expected without labels"
    )
    assert expected.get_ydata().tolist() == parts["estimate"].values("accuracy").tolist()
    assert len(report.plot(metrics=["accuracy"]).ax_.collections) == 2
    alone = performance_report(parts["history"]).plot()
    assert "expected without labels" not in [line.get_label() for line in alone.ax_.get_lines()]
    with pytest.raises(ValueError, match="metrics must be out of accuracy"):
        report.plot(metrics=["recall"])
    assert ">expected<" in report.to_html()


def test_charts_show_what_alerts_are_judged_by():
    truth = np.arange(400) % 2
    said = np.where(np.arange(400) % 9, truth, 1 - truth)
    metrics = ["accuracy", "recall", "log_loss"]
    chance = np.where(said == 1, 0.8, 0.2)
    history = track(truth, said, y_proba=chance, window=100, metrics=metrics)
    report = performance_report(
        history,
        baseline={"accuracy": 0.96, "log_loss": 0.36, "precision": 0.9},
        threshold={"accuracy": 0.9, "precision": 0.8},
    )
    assert report.baseline == {"accuracy": 0.96, "log_loss": 0.36}
    lines = report.alert_lines
    assert lines == {"accuracy": 0.96 * 0.9, "log_loss": 0.36 / 0.95}
    for alert in report.alerts:  # they are the lines that alerts are raised at
        worse = alert.current > lines[alert.metric]
        assert worse if alert.metric == "log_loss" else not worse
    charts = {
        re.search("<title>([^<]*)", chart)[1]: re.findall(">((?:baseline|alert line)[^<]*)<", chart)
        for chart in report.to_html().split("<svg")[1:]
    }
    assert charts == {
        "accuracy": ["baseline 0.96", "alert line 0.864"],
        "recall": [],
        "log loss": ["baseline 0.36", "alert line 0.379"],
    }
    drawn = {ax.get_title(): ax.get_legend_handles_labels()[1] for ax in report.plot().ax_}
    for name, told in charts.items():
        assert [label for label in drawn[name] if "line" in label] == told
    assert json.loads(report.to_json())["alert_lines"] == lines
    assert performance_report(history).baseline == {}


def test_levels_are_drawn_while_alerts_wait_for_labels(parts):
    waiting = replace(
        parts["maturity"],
        windows=tuple(replace(row, state="provisional") for row in parts["maturity"].windows),
    )
    report = performance_report(**parts | {"maturity": waiting}, baseline={"accuracy": 0.9})
    assert report.waits
    assert report.alert_lines == {"accuracy": 0.9 * 0.95}
    assert "alert line 0.855" in report.to_html()


def test_windows_that_one_side_lacks_stand_in_their_order():
    truth = np.arange(100) % 2
    history = track(truth, truth, window=np.arange(100) // 10 + 1, metrics="accuracy")
    chance = np.where(truth == 1, 0.9, 0.1)
    estimator = CBPE(metrics=["accuracy"]).fit(np.tile(truth, 20), np.tile(chance, 20))
    estimate = estimator.estimate(chance[:50], window=np.arange(50) // 10 + 8)
    report = performance_report(history, estimate=estimate)
    assert [score.window for score in report.scores] == [*range(1, 13)]
    assert report.scores[0].estimated is None
    assert report.scores[-1].realised is None


def test_alerts_that_wait_say_so(parts):
    history, maturity = parts["history"], parts["maturity"]
    report = performance_report(history[-1:], maturity=maturity, baseline={"accuracy": 1.0})
    assert report.waits
    assert report.alerts is None
    assert "alerts wait for labels" in str(report)
    assert "wait for labels" in report.to_html()
    truth = np.arange(100) % 2
    strange = track(truth, truth, window=np.array(["2026-04-01"] * 100), metrics="accuracy")
    with pytest.raises(ValueError, match="maturity knows nothing of window '2026-04-01'"):
        performance_report(strange, maturity=maturity)


def test_windows_that_have_nothing_in_common_are_told(parts):
    later = track([1, 0], [1, 1], metrics="accuracy", label=np.datetime64("2027-01-01"))
    report = performance_report(later, estimate=parts["estimate"])
    assert "none of them both expected and realised" in str(report)
    by_number = track([1, 0], [1, 1], metrics="accuracy")
    named = CBPE(metrics=["accuracy"]).fit([0, 1] * 200, [0.2, 0.8] * 200)
    estimate = named.estimate([0.2, 0.9], label="2026-01")
    with pytest.raises(ValueError, match="labelled in two ways"):
        performance_report(by_number, estimate=estimate)
