"""Alerts follow the written rule, also for losses, negative and zero baselines."""

import copy
import json
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt

from treering.metrics import Interval, classification_summary
from treering.performance import (
    HealthAlerts,
    PerformanceHistory,
    WindowPerformance,
    check_model_health,
    track,
)


def history_of(metric: str, values: list[float], half: float = 0.01) -> PerformanceHistory:
    return PerformanceHistory(
        tuple(
            WindowPerformance(day, 50, {metric: Interval(v, v - half, v + half)})
            for day, v in enumerate(values, 1)
        )
    )


def test_the_alert_says_what_where_and_how_much() -> None:
    (alert,) = check_model_health(
        {"accuracy": 0.9, "recall": 0.96}, {"accuracy": 0.96, "recall": 0.96}
    )
    assert (alert.metric, alert.severity) == ("accuracy", "MEDIUM")
    assert alert.degradation == pytest.approx(6.25)
    assert alert.message == "accuracy degraded by 6.25%"
    assert (alert.current, alert.baseline, alert.threshold) == (0.9, 0.96, 0.95)
    assert (alert.certain, alert.consecutive, alert.window) == (None, 1, None)


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0.5, 1))
def test_the_rule_is_current_below_baseline_times_threshold(
    current: float, baseline: float, threshold: float
) -> None:
    alerts = check_model_health({"f1": current}, {"f1": baseline}, threshold)
    assert bool(alerts) == (current < baseline * threshold * (1 - 1e-11))
    for alert in alerts:
        degradation = (baseline - current) / baseline * 100
        assert alert.degradation == pytest.approx(degradation)
        assert alert.severity == ("HIGH" if alert.degradation > 10 else "MEDIUM")


LOSSES = [
    "log_loss",
    "rmse",
    "MAE",
    "mean_squared_error",
    "Brier_score",
    "logLoss",
    "rootMeanSquaredError",
    "val_nll",
    "fpr",
    "FNR",
    "test_fdr",
    "false_positive_rate",
    "falseNegativeRate",
    "false_discovery_rate",
    "miss_rate",
    "hinge_loss",
    "mean_poisson_deviance",
    "mean_pinball_loss",
    "perplexity",
    "mlogloss",
    "binary_crossentropy",
    "RMSE_val",
    "valRMSE",
    "negative_log_likelihood",
    "negLogLikelihood",
    "l2",
    "NLLLoss",
    "fpr_at_95_tpr",
    "max_error",
    "zero_one_loss",
    "latency_p99",
    "request_duration",
    "runtime",
    "cost",
    "infrastructure_costs",
    "psi",
    "score_psi",
    "KL",
    "js_divergence",
    "wasserstein_distance",
    "emd",
    "feature_drift",
    "mean_absolute_error",
    "root_mean_squared_error",
    "mean_absolute_percentage_error",
    "root_mean_squared_log_error",
]
SCORES = [
    "accuracy",
    "roc_auc",
    "r2",
    "R2",
    "r2_score",
    "business_value",
    "neg_root_mean_squared_error",
    "recall",
    "test_neg_log_loss",
    "negMeanSquaredError",
    "mean_test_neg_brier_score",
    "negative_predictive_value",
    "true_negative_rate",
    "f1Score",
    "log_likelihood",
    "d2_absolute_error_score",
    "D2LogLoss",
    "brier_skill_score",
    "recall_at_fpr_0.01",
    "recall@fpr1",
    "negative_mean_squared_error",
    "average_precision",
    "ndcg@10",
    "true_positive_rate",
]
UNKNOWN = ["uplift", "rows_right", "neg_uplift", "coverage", "X"]


@pytest.mark.parametrize("name", [*LOSSES, "Brier score"])
def test_losses_alert_when_they_rise(name: str) -> None:
    assert not check_model_health({name: 2.0}, {name: 1.9})
    assert not check_model_health({name: 0.1}, {name: 1.9})
    (alert,) = check_model_health({name: 2.1}, {name: 1.9})
    assert alert.degradation == pytest.approx(100 * 0.2 / 1.9)
    assert alert.severity == "HIGH"


@pytest.mark.parametrize("name", SCORES)
def test_scores_alert_when_they_fall(name: str) -> None:
    assert check_model_health({name: 0.5}, {name: 0.9})
    assert not check_model_health({name: 0.99}, {name: 0.9})


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_direction_that_nothing_says_is_told_to_be_assumed(name: str) -> None:
    alerts = check_model_health({name: 0.5, "accuracy": 0.9}, {name: 0.9, "accuracy": 0.9})
    assert [alert.metric for alert in alerts] == [name]
    assert alerts.assumed == (name,)
    assert repr(alerts).splitlines()[-1] == f"taken as higher is better: {name}"
    assert "taken as higher is better" in alerts._repr_html_()
    assert json.loads(alerts.to_json())["assumed"] == [name]
    assert pickle.loads(pickle.dumps(alerts)).assumed == (name,)
    for said in ({"lower_is_better": [name]}, {"higher_is_better": [name]}):
        assert check_model_health({name: 1.0}, {name: 0.5}, **said).assumed == ()


@pytest.mark.parametrize("name", [*LOSSES, *SCORES])
def test_a_direction_that_the_name_says_is_not_assumed(name: str) -> None:
    alerts = check_model_health({name: 0.5}, {name: 0.5})
    assert alerts.assumed == ()
    assert repr(alerts) == "no alerts"


def test_a_name_may_be_said_to_be_a_loss() -> None:
    assert check_model_health({"churn": 3}, {"churn": 2}, lower_is_better=["churn"])


def test_names_that_end_in_low_or_high_are_metrics_unless_they_are_an_interval() -> None:
    now, then = {"recall_low": 0.5, "f1_high": 0.9}, {"recall_low": 0.9, "f1_high": 0.9}
    alerts = check_model_health(now, then)
    assert [alert.metric for alert in alerts] == ["recall_low"]
    assert alerts.not_compared == {}
    alerts = check_model_health({**now, "recall": 0.8}, {**then, "recall": 0.8})
    assert [alert.metric for alert in alerts] == ["recall_low"]

    row = {"recall": 0.8, "recall_low": 0.7, "recall_high": 0.85, "count": 9, "model": "v2"}
    (alert,) = alerts = check_model_health(row, {"recall": 0.9})
    assert alert.certain is True
    assert alerts.not_compared == {
        "recall_low": "an end of an interval",
        "recall_high": "an end of an interval",
        "count": "not a score",
        "model": "not a score",
    }
    assert "not compared: recall_low, recall_high (an end of an interval)" in repr(alerts)
    many = check_model_health({f"x{i}": 1 for i in range(9)}, {f"x{i}": 1 for i in range(9)})
    assert repr(many).endswith("taken as higher is better: x0, x1, x2, x3, x4 and 4 more")
    assert len(many.assumed) == 9
    assert check_model_health({**row, "recall_high": 0.9}, {"recall": 0.9})[0].certain is False


def test_what_is_said_goes_before_what_the_name_tells() -> None:
    now, then = {"error_budget": 0.5, "churn": 3.0}, {"error_budget": 0.9, "churn": 2.0}
    assert not check_model_health(now, then)
    alerts = check_model_health(
        now, then, lower_is_better=["churn"], higher_is_better={"error_budget"}
    )
    assert [alert.metric for alert in alerts] == ["churn", "error_budget"]


@pytest.mark.parametrize(
    ("current", "baseline", "severity"),
    [
        (0.9, 1.0, "MEDIUM"),
        (0.81, 0.9, "MEDIUM"),
        (0.63, 0.7, "MEDIUM"),
        (0.27, 0.3, "MEDIUM"),
        (0.8999, 1.0, "HIGH"),
        (0.89999999, 1.0, "HIGH"),
    ],
)
def test_exactly_ten_percent_is_medium(current: float, baseline: float, severity: str) -> None:
    (alert,) = check_model_health({"accuracy": current}, {"accuracy": baseline})
    assert alert.severity == severity
    (loss,) = check_model_health({"rmse": 2 * baseline - current}, {"rmse": baseline})
    assert loss.severity == severity


def test_a_score_on_the_line_does_not_alert() -> None:
    for baseline in np.arange(1, 100) / 100:
        for threshold in (0.9, 0.95, 0.7):
            on_line = float(f"{baseline * threshold:.10f}")
            assert not check_model_health({"f1": on_line}, {"f1": baseline}, threshold)


def test_numbers_of_every_kind_are_scores() -> None:
    baseline = {"accuracy": Fraction(96, 100)}
    for value in (Decimal("0.8"), Fraction(4, 5), np.float32(0.8), np.float64(0.8), np.array(0.8)):
        (alert,) = check_model_health({"accuracy": value}, baseline, Decimal("0.95"))
        assert alert.current == pytest.approx(0.8)
        assert type(alert.current) is float
    (alert,) = check_model_health({"rows_right": np.int64(80)}, {"rows_right": 96})
    assert alert.current == 80
    with pytest.raises(ValueError, match="current accuracy is missing"):
        check_model_health({"accuracy": pd.NA}, baseline)


def test_what_was_not_compared_is_told() -> None:
    now = track([0, 0], [0, 1], y_proba=[[0.9, 0.1], [0.2, 0.8]], classes=[0, 1])
    alerts = check_model_health(now, {"roc_auc": 0.9, "accuracy": 0.4, "mcc": 0.9})
    assert alerts.not_compared == {
        "precision": "not in baseline",
        "recall": "not in baseline",
        "f1_score": "not in baseline",
        "log_loss": "not in baseline",
        "mcc": "not in current",
        "roc_auc": "undefined in the window",
    }
    assert repr(alerts).splitlines() == [
        "no alerts",
        "not compared: precision, recall, f1_score, log_loss (not in baseline)",
        "not compared: mcc (not in current)",
        "not compared: roc_auc (undefined in the window)",
    ]
    worse = check_model_health({"f1": 1, "b": 1}, {"f1": 2})
    assert repr(worse).splitlines()[-1] == "not compared: b (not in baseline)"
    assert pickle.loads(pickle.dumps(worse)).not_compared == {"b": "not in baseline"}


def test_negative_baselines_keep_the_same_margin() -> None:
    assert not check_model_health(
        {"neg_mean_squared_error": -10.4}, {"neg_mean_squared_error": -10}
    )
    (alert,) = check_model_health(
        {"neg_mean_squared_error": -10.6}, {"neg_mean_squared_error": -10}
    )
    assert alert.degradation == pytest.approx(6)


def test_a_zero_baseline_allows_no_worsening() -> None:
    (alert,) = check_model_health({"rmse": 0.25}, {"rmse": 0})
    assert (alert.severity, alert.degradation) == ("HIGH", np.inf)
    assert alert.message == "rmse degraded from 0 to 0.25"
    assert not check_model_health({"rmse": 0}, {"rmse": 0})
    alerts = check_model_health({"rmse": 0.25}, {"rmse": 0})
    assert json.loads(alerts.to_json())["alerts"][0]["degradation"] is None


def test_an_infinitely_bad_score_alerts_and_says_so() -> None:
    now, then = {"log_loss": np.inf, "r2": -np.inf}, {"log_loss": 0.3, "r2": 0.9}
    alerts = check_model_health(now, then)
    assert [alert.message for alert in alerts] == [
        "log_loss degraded from 0.3 to inf",
        "r2 degraded from 0.9 to -inf",
    ]
    assert {(alert.severity, alert.degradation) for alert in alerts} == {("HIGH", np.inf)}
    assert "log_loss degraded from 0.3 to inf" in alerts.to_html()
    (tiny,) = check_model_health({"rmse": 1.0}, {"rmse": 5e-324})
    assert tiny.message == "rmse degraded from 4.941e-324 to 1"
    diverged = history_of("log_loss", [0.3, float("inf"), float("inf")])
    (alert,) = check_model_health(diverged, {"log_loss": 0.3}, consecutive=2)
    assert (alert.consecutive, alert.message) == (2, "log_loss degraded from 0.3 to inf")
    endless = check_model_health(history_of("accuracy", [float("inf")]), {"accuracy": 0.9})
    assert endless == []
    assert endless.not_compared == {"accuracy": "infinite in the window"}


def test_thresholds_may_differ_by_metric() -> None:
    now, then = {"accuracy": 0.9, "recall": 0.9}, {"accuracy": 1.0, "recall": 1.0}
    alerts = check_model_health(now, then, {"accuracy": 0.85})
    assert [alert.metric for alert in alerts] == ["recall"]


def test_the_worst_comes_first() -> None:
    now = {"a": 0.8, "b": 0.5, "c": 0.7}
    assert [x.metric for x in check_model_health(now, dict.fromkeys(now, 1.0))] == ["b", "c", "a"]


def test_scores_come_in_many_forms() -> None:
    truth = np.tile([0, 1], 50)
    predicted = np.where(np.arange(100) % 4 == 0, 1 - truth, truth)
    history = track(truth, predicted, window=50)
    forms: list[Any] = [
        history,
        history[-1],
        dict(history[-1]),
        classification_summary(truth[50:], predicted[50:]),
        history.to_frame("pandas").iloc[-1],
        history.to_frame("polars").row(-1, named=True),
    ]
    baseline = {"accuracy": 0.9, "count": 1000}
    for form in forms:
        (alert,) = check_model_health(form, baseline)
        assert (alert.metric, alert.current) == ("accuracy", history[-1]["accuracy"])
    assert check_model_health({"accuracy": 0.1}, history)


def test_certainty_comes_from_the_interval() -> None:
    wide, narrow = history_of("accuracy", [0.9], half=0.1), history_of("accuracy", [0.9])
    assert check_model_health(wide, {"accuracy": 1.0})[0].certain is False
    assert check_model_health(narrow, {"accuracy": 1.0})[0].certain is True
    loss = history_of("rmse", [1.2], half=0.2)
    assert check_model_health(loss, {"rmse": 1.0})[0].certain is False
    assert "may be chance" in check_model_health(wide, {"accuracy": 1.0})._repr_html_()


def test_several_bad_windows_in_a_row_can_be_asked_for() -> None:
    history = history_of("accuracy", [0.8, 1.0, 0.9, float("nan"), 0.8, 0.7])
    (alert,) = check_model_health(history, {"accuracy": 1.0}, consecutive=3)
    assert (alert.consecutive, alert.window) == (3, 6)
    assert not check_model_health(history, {"accuracy": 1.0}, consecutive=4)
    assert not check_model_health(history_of("accuracy", [0.8, 1.0]), {"accuracy": 1.0})


def test_an_undefined_metric_of_a_window_is_passed_over() -> None:
    history = track([0, 0], [0, 1], y_proba=[[0.9, 0.1], [0.2, 0.8]], classes=[0, 1])
    alerts = check_model_health(history, {"roc_auc": 0.9, "accuracy": 0.9})
    assert [alert.metric for alert in alerts] == ["accuracy"]


@pytest.mark.parametrize(
    ("now", "then", "options", "error", "message"),
    [
        ({"a": 1}, {"b": 1}, {}, ValueError, "no metric in common"),
        ({}, {"b": 1}, {}, ValueError, "no metric in common"),
        ({"a": 1}, {"a": np.nan}, {}, ValueError, "baseline a is missing"),
        ({"a": None}, {"a": 1}, {}, ValueError, "current a is missing"),
        ({"a": 1}, {"a": np.inf}, {}, ValueError, r"baseline a is infinite \(inf\); leave it out"),
        ({"rmse": 1}, {"rmse": -np.inf}, {}, ValueError, r"baseline rmse is infinite \(-inf\)"),
        ({"rmse": 1}, {"rmse": np.inf}, {}, ValueError, "baseline rmse is infinite"),
        ({"a": np.inf}, {"a": 1}, {}, ValueError, r"current a is infinite \(inf\); leave it out"),
        ({"rmse": -np.inf}, {"rmse": 1}, {}, ValueError, r"current rmse is infinite \(-inf\)"),
        ({"a": 1}, {"a": 1}, {"thresholds": 1.2}, ValueError, "above 0 and at most 1"),
        ({"a": 1}, {"a": 1}, {"thresholds": {"a": "x"}}, TypeError, "for a must be.*'x'"),
        ({"a": 1}, {"a": 1}, {"thresholds": "0.95"}, TypeError, "thresholds must be a number"),
        ({"a": 1}, {"a": 1}, {"thresholds": True}, TypeError, "thresholds must be a number"),
        ({"a": 1}, {"a": 1}, {"consecutive": "2"}, TypeError, "consecutive must be a whole"),
        ({"a": 1}, {"a": 1}, {"lower_is_better": "a"}, TypeError, r"such as \['cost'\]; got 'a'"),
        ({"a": 1}, {"a": 1}, {"higher_is_better": 3}, TypeError, "higher_is_better must be a list"),
        ({"a": 1}, {"a": 1}, {"lower_is_better": ["b"]}, ValueError, "lower_is_better names 'b'"),
        (
            {"a": 1},
            {"a": 1},
            {"lower_is_better": ["a"], "higher_is_better": ["a"]},
            ValueError,
            "'a' cannot be in both",
        ),
        ({"a": np.array([1.0])}, {"a": 1}, {}, TypeError, "convert it first"),
        ({"a": 1j}, {"a": 1}, {}, TypeError, "convert it first"),
        ({"a": 1}, {"a": 1}, {"thresholds": {"aa": 0.9}}, ValueError, "thresholds names 'aa'"),
        ({"a": 1}, {"a": 1}, {"consecutive": 2}, ValueError, "needs a PerformanceHistory"),
        ({"a": 1}, {"a": 1}, {"consecutive": 0}, ValueError, "at least 1"),
        (0.9, {"a": 1}, {}, TypeError, "current must map metrics to numbers"),
    ],
)
def test_bad_input_is_named(
    now: Any, then: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        check_model_health(now, then, **options)


def test_alerts_print_and_convert() -> None:
    alerts = check_model_health({"accuracy": 0.8, "f1": 0.93}, {"accuracy": 1.0, "f1": 1.0})
    assert repr(alerts).splitlines()[2].startswith("HIGH      accuracy degraded by 20.00%")
    assert str(alerts[1]) == "MEDIUM: f1 degraded by 7.00%"
    assert isinstance(alerts.to_frame(), pd.DataFrame)
    assert isinstance(alerts.to_frame("polars"), pl.DataFrame)
    assert "HIGH" in alerts._repr_html_()
    none = check_model_health({"f1": 1}, {"f1": 1})
    assert repr(none) == "no alerts"
    assert none == []
    assert "OK" in none._repr_html_()
    assert len(none.to_frame()) == 0
    plt.close("all")


@pytest.mark.parametrize("value", ["0.5", True, [0.8, 0.9]])
def test_scores_that_are_not_numbers_are_named(value: Any) -> None:
    with pytest.raises(TypeError, match=r"'accuracy' is .* convert it first"):
        check_model_health({"accuracy": value, "f1": 0.9}, {"accuracy": 0.95, "f1": 0.9})


def test_a_comparison_that_cannot_alert_is_warned_of() -> None:
    history = track([0, 1] * 20, [0, 1] * 20, window=20)
    for current, baseline in ((history, history), (history, history[-1]), (history[1:], history)):
        with pytest.warns(UserWarning, match="current and baseline are the same window 2"):
            assert check_model_health(current, baseline) == []
    scores = {"accuracy": 0.9}
    with pytest.warns(UserWarning, match="are the same scores, so that no alert is possible"):
        check_model_health(scores, scores)
    check_model_health(scores, dict(scores))
    check_model_health(history, history[0])


def test_a_history_too_short_for_so_many_windows_in_a_row_says_so() -> None:
    history = track([0, 1] * 20, [1, 1] * 20, window=20)
    alerts = check_model_health(history, {"accuracy": 0.9}, consecutive=3)
    assert alerts == []
    assert alerts.windows_missing == alerts.to_dict()["windows_missing"] == 1
    assert "no alert is possible before 1 more window" in repr(alerts)
    html = alerts.to_html()
    assert "no alert is possible before 1 more window" in html
    assert "OK" not in html
    assert "rgba(31,146,112" not in html  # the green of what is well
    enough = check_model_health(history, {"accuracy": 0.9}, consecutive=2)
    assert enough
    assert enough.windows_missing == 0
    assert "possible" not in repr(enough)


def test_slices_and_copies_keep_what_is_told_beside_the_alerts() -> None:
    table = pl.DataFrame({"b": [0.5], "f1": [0.5], "uplift": [0.1]})
    alerts = check_model_health(
        table.row(0, named=True), {"f1": 0.9, "uplift": 0.9}, higher_is_better=["f1"]
    )
    alerts.windows_missing, alerts.backend = 2, "polars"
    for same in (alerts[:], alerts.copy(), alerts[:1], alerts[::-1], copy.copy(alerts)):
        assert type(same) is HealthAlerts
        assert same.not_compared == {"b": "not in baseline"}
        assert (same.assumed, same.windows_missing) == (("uplift",), 2)
        assert isinstance(same.to_frame(), pl.DataFrame)
        same.not_compared = {}
    assert alerts.not_compared == {"b": "not in baseline"}
    assert alerts.copy() == alerts
    assert alerts[::-1] == [alerts[1], alerts[0]]
    assert alerts[-1].metric == "f1"
    own = alerts.copy()
    own.not_compared.clear()
    own.clear()
    assert (len(alerts), alerts.not_compared) == (2, {"b": "not in baseline"})
    assert type(alerts + alerts) is list


def test_a_page_shows_the_worst_alerts_and_says_how_many_there_are() -> None:
    alerts = check_model_health(
        {f"auc{i}": 0.5 - i / 1000 for i in range(100)}, {f"auc{i}": 0.9 for i in range(100)}
    )
    html = alerts.to_html()
    assert html.count("degraded by") == 40
    assert "auc99 degraded" in html
    assert "And 60 less severe alerts: to_frame() and to_json() hold all." in html
