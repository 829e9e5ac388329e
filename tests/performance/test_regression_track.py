"""Errors of numbers and the worth of predictions, window by window, with honest intervals."""

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn import metrics as theirs

from treering.metrics import business_value
from treering.performance import PerformanceHistory, check_model_health, track

METRICS = [
    "mean_absolute_error",
    "mean_squared_error",
    "root_mean_squared_error",
    "mean_absolute_percentage_error",
    "mean_squared_log_error",
    "root_mean_squared_log_error",
    "r2_score",
]
RNG = np.random.default_rng(3)
DAYS = np.repeat([1, 2, 3], [50, 80, 20])
TRUTH = 20 + RNG.normal(size=150)
PREDICTED = TRUTH + RNG.normal(0.1, 0.5, size=150)

LABELS = RNG.integers(0, 2, 150)
SAID = np.where(RNG.random(150) < 0.8, LABELS, 1 - LABELS)
WORTH = [[0.0, -1.0], [-10.0, 5.0]]


# ---- errors of numbers


def test_errors_are_scikit_learns_in_each_window() -> None:
    history = track(TRUTH, PREDICTED, window=DAYS, metrics=METRICS)
    assert history.metrics == tuple(METRICS)
    for row in history:
        own = row.window == DAYS
        expected = {name: getattr(theirs, name)(TRUTH[own], PREDICTED[own]) for name in METRICS}
        assert dict(row) == pytest.approx(expected, rel=1e-12)
        for value, low, high in row.intervals.values():
            assert low < value < high


def test_roots_have_the_roots_of_the_ends() -> None:
    names = ["mean_squared_error", "root_mean_squared_error"]
    intervals = track(TRUTH, PREDICTED, metrics=names)[0].intervals
    assert intervals[names[1]] == pytest.approx(np.sqrt(intervals[names[0]]))


@pytest.mark.parametrize("noise", [0.3, 1.0, 2.0])
def test_intervals_hold_the_true_value_as_often_as_they_say(noise: float) -> None:
    rng = np.random.default_rng(7)
    predicted = rng.normal(size=2000 * 200)
    truth = predicted + rng.normal(0, noise, size=predicted.size)
    true_values = {
        "mean_absolute_error": noise * math.sqrt(2 / math.pi),
        "mean_squared_error": noise**2,
        "root_mean_squared_error": noise,
        "r2_score": 1 / (1 + noise**2),
    }
    history = track(truth, predicted, window=200, metrics=list(true_values))
    for name, true_value in true_values.items():
        _, low, high = history._ends(name)
        covered = np.mean((low <= true_value) & (true_value <= high))
        assert 0.93 < covered < 0.97, name


def test_perfect_predictions_leave_no_width() -> None:
    row = track(TRUTH, TRUTH, metrics=METRICS)[0]
    for name in METRICS:
        assert set(row.intervals[name]) == {1.0 if name == "r2_score" else 0.0}


def test_r2_is_at_most_1_at_its_upper_end() -> None:
    interval = track([1, 2, 3, 9], [1, 2, 3.1, 9], metrics="r2_score")[0].intervals["r2_score"]
    assert 0.99 < interval.value < interval.high == 1.0


@pytest.mark.parametrize("truth", [[0.1, 0.1, 0.1], [1e9 + 0.1] * 3, [4.0]])
def test_r2_is_undefined_where_the_truth_does_not_vary(truth: list[float]) -> None:
    history = track(truth, np.arange(len(truth)) + 0.5, metrics=["r2_score"])
    assert np.isnan(history[0].intervals["r2_score"]).all()
    assert "n/a" in repr(history)
    alerts = check_model_health(history, {"r2_score": 0.9})
    assert alerts.not_compared == {"r2_score": "undefined in the window"}


# ---- a history grows


def test_a_history_keeps_its_errors() -> None:
    first = track(TRUTH[:50], PREDICTED[:50], metrics=METRICS, level=0.9)
    longer = track(TRUTH[50:130], PREDICTED[50:130], history=first)
    longer = longer.extend(TRUTH[130:], PREDICTED[130:])
    assert longer == track(TRUTH, PREDICTED, window=DAYS, metrics=METRICS, level=0.9)


def test_windows_of_one_row_are_no_metrics_that_came_from_functions() -> None:
    history = track([1.5], [1.0], metrics=["mean_absolute_error", "r2_score"])
    assert history[0]["mean_absolute_error"] == 0.5
    assert np.isnan(history[0].intervals["mean_absolute_error"].low)
    assert len(history.extend([2.5, 4], [2, 3.5])) == 2
    losses = track([0], [0], metrics="log_loss", y_proba=[0.1], classes=[0, 1])
    assert len(losses.extend([1], [1], y_proba=[0.9], classes=[0, 1])) == 2


def test_functions_may_bear_the_name_of_an_error() -> None:
    given = {"mean_absolute_error": lambda truth, predicted: 7.0, "business_value": max_of_both}
    history = track(TRUTH, PREDICTED, metrics=given)
    assert history[0]["mean_absolute_error"] == 7.0
    with pytest.raises(ValueError, match="mean_absolute_error, business_value came from functions"):
        history.extend(TRUTH, PREDICTED)


def max_of_both(truth: Any, predicted: Any) -> float:
    return float(max(truth.max(), predicted.max()))


# ---- what predictions are worth


def test_worth_is_business_value_in_each_window() -> None:
    history = track(LABELS, SAID, window=DAYS, metrics=["business_value"], values=WORTH)
    for row in history:
        own = row.window == DAYS
        expected = business_value(LABELS[own], SAID[own], values=WORTH)
        assert row["business_value"] == pytest.approx(expected)
        value, low, high = row.intervals["business_value"]
        assert low < value < high


def test_worth_is_a_mean_of_independent_rows() -> None:
    names = ["mean_absolute_error", "business_value"]
    row = track(LABELS, SAID, metrics=names, values=[[0, 1], [1, 0]])[0]
    assert row.intervals["business_value"] == pytest.approx(row.intervals["mean_absolute_error"])


@pytest.mark.parametrize("classes", [None, ["no", "yes"], ["yes", "no"]])
def test_worth_stands_in_the_order_of_the_classes(classes: list[str] | None) -> None:
    names = np.asarray(["no", "yes"])
    # Named the other way round, the table is turned round, too.
    values = WORTH if classes != ["yes", "no"] else np.asarray(WORTH)[::-1, ::-1]
    options: dict[str, Any] = {"metrics": "business_value", "values": values, "classes": classes}
    history = track(names[LABELS], names[SAID], **options)
    assert history[0]["business_value"] == pytest.approx(business_value(LABELS, SAID, values=WORTH))


@pytest.mark.parametrize("table", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_worth_of_a_table_goes_by_its_names(table: Any) -> None:
    names = np.asarray(["no", "yes"])
    turned = np.asarray(WORTH)[::-1, ::-1]
    values = table({"yes": turned[:, 0], "no": turned[:, 1]})
    if table is pd.DataFrame:
        values = values.set_axis(["yes", "no"]).loc[["no", "yes"]]
    expected = business_value(LABELS, SAID, values=WORTH)
    for classes in (None, ["no", "yes"], ["yes", "no"]):
        options: dict[str, Any] = {"metrics": "business_value", "classes": classes}
        history = track(names[LABELS], names[SAID], values=values, **options)
        assert history[0]["business_value"] == pytest.approx(expected)
    assert business_value(names[LABELS], names[SAID], values=values) == pytest.approx(expected)
    with pytest.raises(ValueError, match="the columns of values are a, b, and the classes no, yes"):
        track(
            names[LABELS],
            names[SAID],
            metrics="business_value",
            values=table({"a": [0, 1], "b": [2, 3]}),
        )


def test_values_are_asked_for_and_asked_again() -> None:
    usual = track(LABELS, SAID, values=WORTH)
    assert usual.metrics == ("accuracy", "precision", "recall", "f1_score", "business_value")
    history = track(LABELS, SAID, metrics="business_value", values=WORTH)
    with pytest.raises(ValueError, match=r"business_value needs what each .* worth: give values="):
        history.extend(LABELS, SAID)
    with pytest.raises(
        ValueError, match=r"values must hold .*, 1 by 1; .* name all of them by cla"
    ):
        history.extend([1, 1], [1, 1], values=WORTH)
    longer = history.extend([1, 1], [1, 1], values=WORTH, classes=[0, 1])
    assert longer.values("business_value")[1] == 5.0


def test_intervals_of_worth_hold_it_as_often_as_they_say() -> None:
    shares = np.asarray([0.6, 0.1, 0.05, 0.25])
    outcome = np.random.default_rng(2).choice(4, size=2000 * 200, p=shares)
    history = track(outcome // 2, outcome % 2, window=200, metrics=["business_value"], values=WORTH)
    true_worth = float(shares @ np.ravel(WORTH))
    _, low, high = history._ends("business_value")
    assert 0.93 < np.mean((low <= true_worth) & (true_worth <= high)) < 0.97


# ---- alerts, tables


def test_alerts_know_which_way_is_better() -> None:
    history = track(TRUTH, PREDICTED, metrics=METRICS)
    baseline = {name: value * 2 for name, value in history[0].items()} | {"r2_score": 0.99}
    (alert,) = check_model_health(history, baseline)
    assert alert.metric == "r2_score"
    alerts = check_model_health(history, {name: history[0][name] / 2 for name in METRICS[:-1]})
    assert {found.metric for found in alerts} == set(METRICS[:-1])
    worth = track(LABELS, SAID, metrics="business_value", values=WORTH)
    (alert,) = check_model_health(worth, {"business_value": worth[0]["business_value"] + 1})
    assert alert.metric == "business_value"
    assert check_model_health(worth, {"business_value": -50}).assumed == ()


@pytest.mark.parametrize(
    ("column", "table"),
    [
        (pd.Series, pd.DataFrame),
        (lambda values: pd.Series(values, dtype="object"), pd.DataFrame),
        (pl.Series, pl.DataFrame),
        (lambda values: pa.chunked_array([values]), pa.Table),
    ],
)
def test_columns_of_every_library_give_its_tables(column: Any, table: type) -> None:
    plain = track(TRUTH, PREDICTED, window=DAYS, metrics=METRICS)
    history = track(column(TRUTH), column(PREDICTED), window=column(DAYS), metrics=METRICS)
    assert history == PerformanceHistory(plain.windows, backend=history.backend)
    frame = history.to_frame()
    assert isinstance(frame, table)
    names = frame.column_names if table is pa.Table else list(frame.columns)
    assert names[2:5] == [
        "mean_absolute_error",
        "mean_absolute_error_low",
        "mean_absolute_error_high",
    ]


def test_json_holds_the_intervals() -> None:
    history = track([1.5, 2.5, 4.0], [1.0, 2.5, 4.5], window=2, metrics=["r2_score"])
    found = json.loads(history.to_json())
    assert found["metrics"] == ["r2_score"]
    first, last = (row["r2_score"] for row in found["windows"])
    assert (first["value"], first["high"]) == (history[0]["r2_score"], 1.0)
    assert last == {"value": None, "low": None, "high": None}


# ---- bad input


MAE = ["mean_absolute_error"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: track([0.5, 1.5], [1, 2]),
            ValueError,
            r"accuracy is for classes; for regression name its metrics, .*'mean_absolute_error'",
        ),
        (
            lambda: track([0.5, 1.5], [1, 2], metrics="business_value", values=WORTH),
            ValueError,
            "business_value is for classes",
        ),
        (
            lambda: track([1, 2, np.nan], [1, 2, 3], metrics=MAE),
            ValueError,
            "y_true lacks 1 of 3 labels, the first in row 2",
        ),
        (
            lambda: track([1, 2, 3], [1, None, 3], metrics=MAE),
            ValueError,
            "y_pred lacks 1 prediction of 3, the first in row 1",
        ),
        (
            lambda: track([1, 2, 3], [1, 2, np.inf], metrics=MAE, window=1),
            ValueError,
            "y_pred holds inf in row 2; leave out",
        ),
        (
            lambda: track([1, "2", 3], [1, 2, 3], metrics=MAE),
            TypeError,
            "y_true must hold numbers.* got '2', of type str, in row 1: convert",
        ),
        (
            lambda: track(["1", "2"], [1, 2], metrics=MAE),
            TypeError,
            "y_true must hold numbers.* in row 0",
        ),
        (
            lambda: track([1, 2], np.array([1, 2j]), metrics=MAE),
            TypeError,
            "y_pred must hold numbers.* of type complex128, in row 0",
        ),
        (
            lambda: track(np.array(["2026", "2027"], "M8[D]"), [1, 2], metrics=MAE),
            TypeError,
            "y_true must hold numbers.* datetime64, in row 0",
        ),
        (
            lambda: track([1, -2], [1, 2], metrics=["root_mean_squared_log_error"]),
            ValueError,
            "y_true holds -2 in row 1, and metrics of logarithms need values above -1",
        ),
        (
            lambda: track([1, 1e200], [1, 2], metrics=["r2_score"]),
            ValueError,
            r"row 1 has 1e\+200 in y_true and 2 in y_pred, .* too large for double precision",
        ),
        (lambda: track([1.5], [1.0], metrics=["mae"]), ValueError, "r2_score, or a .* got 'mae'"),
        (
            lambda: track(LABELS, SAID, metrics="business_value", values=[[1, np.nan], [0, 1]]),
            ValueError,
            "values must hold a finite number .* got nan in row 0, column 1",
        ),
        (
            lambda: track(LABELS, SAID, metrics="business_value", values=[["a", 1], [0, 1]]),
            ValueError,
            "values must hold numbers",
        ),
        (
            lambda: track([0, 5], [0, 1], metrics="business_value", values=WORTH, classes=[0, 1]),
            ValueError,
            r"y_true holds 5, which is none of classes \(0, 1\)",
        ),
        (
            lambda: track([0, 1], ["0", "1"], metrics="business_value", values=WORTH),
            ValueError,
            "y_true, y_pred hold text and other labels",
        ),
    ],
)
def test_bad_input_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
