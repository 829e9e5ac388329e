"""The summary holds the numbers of its parts."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from treering.drift import detect_drift
from treering.performance import check_model_health, monitoring_summary, track

TRUTH = np.zeros(400, dtype=int)
PREDICTED = (np.arange(400) % 40 < np.arange(400) // 40).astype(int)
HISTORY = track(TRUTH, PREDICTED, window=40)
DRIFT = {
    name: SimpleNamespace(verdict=verdict)
    for name, verdict in {"a": "drift", "b": "no drift", "c": "not enough data"}.items()
}


def test_it_sums_up() -> None:
    alerts = check_model_health(HISTORY, {"accuracy": 1.0})
    summary = monitoring_summary(HISTORY, DRIFT, alerts)
    assert summary.to_dict() == {
        "monitoring_period": "10 windows (1 to 10)",
        "total_predictions": 400,
        "metric": "accuracy",
        "avg_accuracy": pytest.approx(np.mean(PREDICTED == 0)),
        "current_accuracy": pytest.approx(1 - 9 / 40),
        "accuracy_trend": "decreasing",
        "accuracy_slope": pytest.approx(-1 / 40),
        "accuracy_pvalue": HISTORY.trend().pvalue,
        "first_accuracy": 1.0,
        "drift_detected": 1,
        "total_features": 3,
        "undecided_features": 1,
        "skipped_features": [],
        "active_alerts": 1,
        "alert_severity": "HIGH",
    }


def test_it_prints_and_converts(tmp_path: Path) -> None:
    summary = monitoring_summary(HISTORY, DRIFT, [])
    text = str(summary)
    assert repr(summary) == text
    assert "drift detected     1 of 3 features, 1 undecided" in text
    assert "accuracy trend     decreasing (-0.025 per window)" in text
    assert json.loads(summary.to_json())["alert_severity"] == "NONE"
    assert isinstance(summary.to_frame(), pd.DataFrame)
    page = summary.save_html(tmp_path / "s.html", "Some <words>.", HISTORY)
    text = page.read_text(encoding="utf-8")
    assert "Some &lt;words&gt;." in text
    assert "<svg" in text


def test_a_history_too_short_for_an_alert_is_not_green() -> None:
    alerts = check_model_health(HISTORY, {"accuracy": 1.0}, consecutive=12)
    summary = monitoring_summary(HISTORY, None, alerts)
    assert (summary.active_alerts, summary.alert_severity) == (0, "NONE POSSIBLE YET")
    assert "alert severity     NONE POSSIBLE YET" in str(summary)
    green = "rgba(31,146,112"
    assert green not in summary.to_html()
    assert monitoring_summary(HISTORY, None, alerts[:0]).alert_severity == "NONE POSSIBLE YET"
    assert monitoring_summary(HISTORY).to_html().count(green) == 2


def test_skipped_columns_are_named() -> None:
    rng = np.random.default_rng(0)
    days = dict.fromkeys(("town", "street"), pd.Timestamp("2026-01-01"))
    table = pd.DataFrame({"age": rng.normal(size=50), **days})
    summary = monitoring_summary(HISTORY, detect_drift(table, table))
    assert summary.skipped_features == ("town", "street")
    assert "0 of 1 feature, 2 skipped (town, street)" in str(summary)
    assert json.loads(summary.to_json())["skipped_features"] == ["town", "street"]
    assert len(summary.to_frame()) == 1
    wide = detect_drift(table, table.assign(**{f"new{i}": 1 for i in range(9)}))
    assert "11 skipped (town, street, new0, new1, new2, ...)" in str(
        monitoring_summary(HISTORY, wide)
    )


def test_drift_may_be_left_out_and_the_metric_may_not() -> None:
    assert "not checked" in str(monitoring_summary(HISTORY))
    recall = track(TRUTH, PREDICTED, metrics=["recall", "f1_score"])
    with pytest.raises(
        ValueError,
        match=r"no metric 'accuracy'; it has recall, f1_score: choose .* metric='recall'",
    ):
        monitoring_summary(recall)
    with pytest.raises(TypeError, match="metric must be the name of one metric; got 3"):
        monitoring_summary(recall, metric=3)  # type: ignore[arg-type]


def test_a_slip_in_the_metric_is_answered_with_close_names() -> None:
    slip = r"no metric 'Accuracy' \(did you mean 'accuracy'\?\); it has accuracy, precision"
    with pytest.raises(ValueError, match=rf"{slip}.*: choose one of these, such as metric='acc"):
        monitoring_summary(HISTORY, metric="Accuracy")
    for ask in (HISTORY.trend, HISTORY.average):
        with pytest.raises(ValueError, match=slip):
            ask("Accuracy")
    with pytest.raises(ValueError, match="no metric '3'; it has"):
        HISTORY.values(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no metric 'zzz") as error:
        HISTORY.trend("z" * 5000)
    assert len(str(error.value)) < 200


def test_any_metric_is_summed_up_under_its_own_name() -> None:
    rmse = {"rmse": lambda true, predicted: float(np.sqrt(np.mean((true - predicted) ** 2)))}
    history = track(TRUTH, PREDICTED, window=40, metrics=rmse)
    summary = monitoring_summary(history, metric="rmse")
    assert (summary.current, summary.first) == (history[-1]["rmse"], 0.0)
    found = summary.to_dict()
    assert found["metric"] == "rmse"
    assert found["avg_rmse"] == summary.average == history.average("rmse")
    assert found["rmse_trend"] == "increasing"
    assert not [key for key in found if "accuracy" in key]
    assert list(summary.to_frame()) == list(found)
    assert "current rmse" in str(summary)
    assert "accuracy" not in str(summary)
    assert "(192,122,0" in summary.to_html()  # an error that grows is a warning
    with pytest.raises(AttributeError, match="of rmse, not of accuracy; take average, current"):
        summary.avg_accuracy  # noqa: B018


def test_accuracy_has_the_attributes_of_its_name() -> None:
    summary = monitoring_summary(HISTORY)
    assert summary.avg_accuracy == summary.average == summary.to_dict()["avg_accuracy"]
    assert summary.current_accuracy == summary.current
    assert summary.accuracy_trend == summary.trend == "decreasing"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({"accuracy": 0.9},), "history must be a PerformanceHistory, which track.*got dict"),
        (([],), "history must be a PerformanceHistory"),
        ((HISTORY, HISTORY), "drift must be a DriftReport.*got PerformanceHistory"),
        ((HISTORY, {"a": 0.3}), "drift must be a DriftReport"),
        ((HISTORY, None, DRIFT), "alerts must be a list of HealthAlert.*got dict"),
        ((HISTORY, None, "HIGH"), "alerts must be a list of HealthAlert.*got str"),
        ((HISTORY, None, ""), "alerts must be a list of HealthAlert.*got str"),
        ((HISTORY, None, b""), "alerts must be a list of HealthAlert.*got bytes"),
        ((HISTORY, None, None), "alerts must be a list of HealthAlert.*got NoneType"),
        (
            (HISTORY, None, check_model_health(HISTORY, {"accuracy": 1.0})[0]),
            "put the one alert into a list",
        ),
    ],
)
def test_arguments_of_another_kind_are_named(arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        monitoring_summary(*arguments)
