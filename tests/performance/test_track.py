"""Scores by window equal scikit-learn's; windows follow labels, counts and time."""

import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from treering.performance import PerformanceHistory, _scores, prediction_distribution, track

RNG = np.random.default_rng(1)
TRUTH = RNG.integers(0, 3, 400)
PREDICTED = np.where(RNG.random(400) < 0.8, TRUTH, RNG.integers(0, 3, 400))
DAYS = np.repeat(np.arange(1, 11), 40)
PROBA = RNG.dirichlet([1, 1, 1], 400)


def test_scores_are_scikit_learns_in_each_window() -> None:
    history = track(TRUTH, PREDICTED, window=DAYS, y_proba=PROBA)
    assert history.labels == tuple(range(1, 11))
    for row in history:
        truth, predicted = TRUTH[row.window == DAYS], PREDICTED[row.window == DAYS]
        several = {"average": "weighted", "zero_division": 0}
        expected = {
            "accuracy": sk.accuracy_score(truth, predicted),
            "precision": sk.precision_score(truth, predicted, **several),
            "recall": sk.recall_score(truth, predicted, **several),
            "f1_score": sk.f1_score(truth, predicted, **several),
            "log_loss": sk.log_loss(truth, PROBA[row.window == DAYS], labels=[0, 1, 2]),
            "roc_auc": sk.roc_auc_score(
                truth, PROBA[row.window == DAYS], multi_class="ovr", average="weighted"
            ),
        }
        assert dict(row) == pytest.approx(expected, rel=1e-12)
        assert row.count == 40
        for value, low, high in row.intervals.values():
            assert low <= value <= high


def test_weighted_averages_need_no_labels_of_other_windows() -> None:
    history = track(["a", "a", "b", "b"], ["a", "a", "b", "a"], window=2)
    assert history.values("accuracy").tolist() == [1.0, 0.5]
    assert history.values("recall").tolist() == [1.0, 0.5]


@pytest.mark.parametrize("classes", [None, [0, 1], [1, 0]])
def test_one_column_of_probabilities_is_the_second_class(classes: list[int] | None) -> None:
    truth, positive = TRUTH % 2, RNG.random(400)
    given = positive if classes != [1, 0] else 1 - positive
    history = track(truth, truth, y_proba=given, classes=classes)
    assert history[0]["roc_auc"] == pytest.approx(sk.roc_auc_score(truth, positive))
    assert history[0]["log_loss"] == pytest.approx(sk.log_loss(truth, positive))
    columns = np.column_stack([1 - given, given])
    both = track(truth, truth, y_proba=columns, classes=classes)
    assert both[0] == pytest.approx(dict(history[0]))


def test_roc_auc_is_undefined_where_a_class_is_missing() -> None:
    history = track([0, 1, 0, 0], [0, 1, 0, 0], window=2, y_proba=[0.2, 0.8, 0.1, 0.3])
    assert np.isnan(history[1]["roc_auc"])
    assert "n/a" in repr(history)
    assert json.loads(history.to_json())["windows"][1]["roc_auc"]["value"] is None
    assert history.to_frame("polars")["roc_auc"].null_count() == 1


def test_roc_auc_of_a_perfect_window_is_not_certain() -> None:
    truth = np.repeat([0, 1], 15)
    interval = track(truth, truth, y_proba=truth.astype(float))[0].intervals["roc_auc"]
    assert interval.value == interval.high == 1.0
    assert 0.8 < interval.low < 0.95


def test_intervals_hold_the_true_accuracy_as_often_as_they_say() -> None:
    rng = np.random.default_rng(8)
    right = rng.random((800, 60)) < 0.9
    truth = np.zeros(800 * 60, dtype=int)
    history = track(truth, np.where(right.ravel(), 0, 1), window=60, metrics=["accuracy"])
    ends = np.asarray([row.intervals["accuracy"] for row in history])
    covered = np.mean((ends[:, 1] <= 0.9) & (ends[:, 2] >= 0.9))
    assert 0.93 < covered < 0.98


# ---- windows


def test_rows_per_window_leave_a_shorter_last_one() -> None:
    history = track(TRUTH[:90], PREDICTED[:90], window=40)
    assert [(row.window, row.count) for row in history] == [(1, 40), (2, 40), (3, 10)]


def test_numbers_and_moments_are_sorted_and_texts_are_not() -> None:
    order = RNG.permutation(400)
    shuffled = track(TRUTH[order], PREDICTED[order], window=DAYS[order])
    assert shuffled.labels == tuple(range(1, 11))
    np.testing.assert_array_equal(
        shuffled.values("accuracy"), track(TRUTH, PREDICTED, window=DAYS).values("accuracy")
    )
    weeks = track([0, 0, 0, 1], [0, 0, 1, 1], window=["week 9", "week 10", "week 9", "week 11"])
    assert weeks.labels == ("week 9", "week 10", "week 11")
    assert weeks.values("accuracy").tolist() == [0.5, 1.0, 1.0]
    days = [dt.date(2026, 1, 2), dt.date(2026, 1, 1)]
    assert track([0, 1], [0, 0], window=days).values("accuracy").tolist() == [0.0, 1.0]


MOMENTS = np.arange("2026-01-01T00:00", "2026-01-17T16:00", 60, dtype="datetime64[m]")[:400]


@pytest.mark.parametrize(
    ("every", "count", "second"),
    [("1d", 17, "2026-01-02"), ("12h", 34, "2026-01-01T12:00"), ("1w", 3, "2026-01-05")],
)
def test_moments_fall_into_windows_of_time(every: str, count: int, second: str) -> None:
    history = track(TRUTH, PREDICTED, window=MOMENTS, every=every)
    assert len(history) == count
    assert history[1].window == np.datetime64(second)
    by_pandas = track(
        TRUTH, PREDICTED, window=pd.Series(MOMENTS.astype("datetime64[ns]")), every=every
    )
    np.testing.assert_array_equal(by_pandas.values("accuracy"), history.values("accuracy"))
    by_polars = track(
        TRUTH, PREDICTED, window=pl.Series(MOMENTS.astype("datetime64[us]")), every=every
    )
    assert by_polars.labels == history.labels
    assert by_polars.to_frame().schema["window"] == pl.Datetime("us")


def test_moments_without_a_length_are_refused_where_they_are_many() -> None:
    with pytest.raises(ValueError, match=r"400 different moments in 400 rows.*every='1D'"):
        track(TRUTH, PREDICTED, window=MOMENTS)
    with pytest.raises(ValueError, match=r"every='1D'.*such as '30s', '15min'"):
        prediction_distribution(PREDICTED, window=pd.Series(MOMENTS.astype("datetime64[ns]")))
    by_day = track(TRUTH, PREDICTED, window=MOMENTS.astype("datetime64[D]"), metrics="accuracy")
    assert by_day.labels == track(TRUTH, PREDICTED, window=MOMENTS, every="1D").labels


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=60))
def test_no_row_is_lost(labels: list[int]) -> None:
    history = track([0] * len(labels), [0] * len(labels), window=labels, metrics=["accuracy"])
    assert history.total_count == len(labels)
    assert history.labels == tuple(sorted(set(labels)))
    assert [row.count for row in history] == [labels.count(row.window) for row in history]


# ---- a history grows


def test_a_daily_loop_gives_what_one_call_gives() -> None:
    history: PerformanceHistory | None = None
    for day in range(1, 11):
        rows = day == DAYS
        history = track(TRUTH[rows], PREDICTED[rows], label=day, history=history)
    assert history == track(TRUTH, PREDICTED, window=DAYS)


def test_extending_numbers_the_next_window() -> None:
    first = track(TRUTH[:40], PREDICTED[:40], metrics=["accuracy", "recall"])
    longer = first.extend(TRUTH[40:80], PREDICTED[40:80]).extend(
        TRUTH[80:], PREDICTED[80:], window=40
    )
    assert longer.labels == tuple(range(1, 11))
    assert longer.metrics == ("accuracy", "recall")
    assert len(first) == 1
    assert longer[2:4].labels == (3, 4)


def test_a_window_is_never_rewritten() -> None:
    history = track(TRUTH, PREDICTED, window=DAYS)
    with pytest.raises(ValueError, match="window 10 is in the history already"):
        history.extend(TRUTH, PREDICTED, label=10)
    with pytest.raises(ValueError, match="add windows in their order"):
        history.extend(TRUTH, PREDICTED, label=0)
    with pytest.raises(ValueError, match="track both with the same metrics"):
        history.extend(TRUTH, PREDICTED, label=11, metrics=["recall"])
    with pytest.raises(ValueError, match="has no successor"):
        track([0], [0], label="Monday").extend([0], [0])


def test_a_history_has_one_level() -> None:
    history = track(TRUTH[:40], PREDICTED[:40], level=0.9)
    for longer in (
        history.extend(TRUTH[40:], PREDICTED[40:]),
        track(TRUTH[40:], PREDICTED[40:], history=history),
        history.extend(TRUTH[40:], PREDICTED[40:], level=0.9),
    ):
        assert longer.level == 0.9
        alone = track(TRUTH[40:], PREDICTED[40:], level=0.9, label=2)
        assert longer[1] == alone[0]
    assert track(TRUTH, PREDICTED).level == 0.95
    with pytest.raises(ValueError, match=r"level is 0.95 and the history's .* level 0.9, .* anew"):
        history.extend(TRUTH[40:], PREDICTED[40:], level=0.95)
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        history.extend(TRUTH[40:], PREDICTED[40:], level=1.5)


@pytest.mark.parametrize("metrics", [("log_loss", "accuracy"), ("roc_auc",), ("recall",), None])
def test_extending_keeps_the_metrics(metrics: tuple[str, ...] | None) -> None:
    truth, predicted = np.asarray([0, 1] * 20), np.asarray([0, 1, 1, 1] * 10)
    proba = np.where(predicted, 0.7, 0.2)
    whole = track(truth, predicted, window=20, y_proba=proba, metrics=metrics)
    first = track(truth[:20], predicted[:20], y_proba=proba[:20], metrics=metrics)
    assert first.extend(truth[20:], predicted[20:], y_proba=proba[20:]) == whole
    if metrics != ("recall",):
        with pytest.raises(ValueError, match="needs predicted probabilities: give y_proba="):
            first.extend(truth[20:], predicted[20:])


@pytest.mark.parametrize("name", ["rmse", "accuracy"])
def test_functions_are_not_kept_by_a_history(name: str) -> None:
    history = track([0, 1], [0, 1], metrics={name: sk.root_mean_squared_error})
    with pytest.raises(
        ValueError, match=f"{name} came from functions.* pass metrics= with the same functions"
    ):
        history.extend([0, 1], [0, 1])
    again = history.extend([0, 1], [1, 1], metrics={name: sk.root_mean_squared_error})
    assert len(again) == 2


# ---- other metrics


def test_functions_serve_any_other_metric() -> None:
    truth = RNG.normal(size=100)
    history = track(truth, truth + 0.5, window=50, metrics={"rmse": sk.root_mean_squared_error})
    np.testing.assert_allclose(history.values("rmse"), [0.5, 0.5])
    assert "rmse" in repr(history)
    assert np.isnan(history[0].intervals["rmse"].low)
    longer = history.extend(truth, truth, metrics={"rmse": sk.root_mean_squared_error})
    assert longer.values("rmse")[-1] == 0


def test_nothing_is_drawn_that_was_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    every_metric = track(TRUTH, PREDICTED, window=DAYS)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(_scores, "classification_summary", refuse)
    history = track(TRUTH, PREDICTED, window=DAYS, metrics=["accuracy", "recall"])
    for metric in ("accuracy", "recall"):
        np.testing.assert_allclose(history._ends(metric), every_metric._ends(metric), rtol=1e-13)
    with pytest.raises(AssertionError):
        track(TRUTH, PREDICTED, metrics=["f1_score"])


def test_more_classes_than_can_be_drawn_from() -> None:
    many = np.arange(1200) % 600
    history = track(many, np.where(many < 60, 0, many), metrics=["accuracy", "recall"])
    assert history[-1]["accuracy"] == pytest.approx(0.9 + 1 / 600)
    assert history[-1]["recall"] == history[-1]["accuracy"]
    with pytest.raises(ValueError, match=r"600 classes.*at most 512; ask for metrics=\['accuracy'"):
        track(many, many)


# ---- the user's own kind


@pytest.mark.parametrize(
    ("column", "table"),
    [
        (pd.Series, pd.DataFrame),
        (pl.Series, pl.DataFrame),
        (lambda values: pa.chunked_array([values]), pa.Table),
    ],
)
def test_columns_of_every_library_give_its_tables(column: Any, table: type) -> None:
    history = track(column(TRUTH), column(PREDICTED), window=column(DAYS))
    assert history == PerformanceHistory(
        track(TRUTH, PREDICTED, window=DAYS).windows, backend=history.backend
    )
    frame = history.to_frame()
    assert isinstance(frame, table)
    names = frame.column_names if table is pa.Table else list(frame.columns)
    assert names[:5] == ["window", "count", "accuracy", "accuracy_low", "accuracy_high"]
    assert names[-3:] == ["f1_score", "f1_score_low", "f1_score_high"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: track([], []), ValueError, "no rows"),
        (lambda: track([0], [0, 1]), ValueError, "y_true has 1 row and y_pred 2"),
        (lambda: track([0, np.nan], [0, 1]), ValueError, "y_true lacks 1 of 2 labels"),
        (lambda: track([0, 1], ["a", None]), ValueError, "y_pred lacks 1 prediction of 2"),
        (lambda: track(0, [0]), TypeError, "y_true must hold one value per row"),
        (lambda: track([[0, 1]], [0]), ValueError, "y_true must be one-dimensional"),
        (lambda: track([0], [0], window=0), ValueError, "at least 1 row"),
        (lambda: track([0], [0], window=True), TypeError, "window must be None"),
        (lambda: track([0], [0], window="1d"), TypeError, "goes into every="),
        (lambda: track([0], [0], window=[1, 2]), ValueError, "2 labels for 1 row"),
        (lambda: track([0], [0], window=[np.nan]), ValueError, "missing labels"),
        (lambda: track([0], [0], window=[None]), ValueError, "missing labels"),
        (lambda: track([0], [0], window=[1], label=1), ValueError, "label= names a single"),
        (lambda: track([0], [0], every="1d"), ValueError, "needs window="),
        (lambda: track([0], [0], window=[1], every="1d"), ValueError, "needs moments"),
        (
            lambda: track([0], [0], window=np.array(["2026"], "M8[D]"), every="1 month"),
            ValueError,
            "one length at any date.*got '1 month'.*; months and years differ.*strftime",
        ),
        (
            lambda: track([0], [0], window=np.array(["2026"], "M8[D]"), every="1M"),
            ValueError,
            "such as '1d', '6h' or '2 weeks'; got '1M'; months and years.*strftime",
        ),
        (
            lambda: track([0], [0], window=np.array(["2026"], "M8[D]"), every=1),
            TypeError,
            "every must be a text such as '1d', or a timedelta; got 1",
        ),
        (lambda: track([0], [0], window="100"), TypeError, "window must be None, a number"),
        (lambda: track([0], [0], level="0.95"), TypeError, "level must be a number"),
        (lambda: track([0.5, 1], [0, 1]), ValueError, "y_true holds 0.5.*for regression name"),
        (lambda: track([0, 1], [0.2, 1]), ValueError, "y_pred holds 0.2.*as y_proba="),
        (lambda: track([0], [0], metrics=["auc"]), ValueError, "got 'auc'"),
        (lambda: track([0], [0], metrics=["roc_auc"]), ValueError, "give y_proba="),
        (lambda: track([0], [0], metrics=[]), ValueError, "metrics is empty"),
        (lambda: track([0], [0], metrics={"rmse": 3}), TypeError, "must be a function"),
        (lambda: track([0], [0], level=95), ValueError, "level must lie between 0 and 1"),
        (lambda: track([0, 1], [0, 1], y_proba=[2.0, 0.1]), ValueError, "between 0 and 1"),
        (lambda: track([0, 1], [0, 1], y_proba=[0.1]), ValueError, "a row for each of 2 rows"),
        (lambda: track([0, 0], [0, 1], y_proba=[0.1, 0.2]), ValueError, "classes=model.classes_"),
        (
            lambda: track([0, 2], [0, 1], y_proba=[0.1, 0.2], classes=[0, 1]),
            ValueError,
            "which y_proba has no column for",
        ),
    ],
)
def test_bad_input_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("window", "message"),
    [
        (None, "needs window= to hold the moment of each row.*got window=None"),
        (2, "needs window= to hold the moment of each row.*got window=2"),
        (["2026-01-01", "soon"], r"got '2026-01-01', of type str: convert it.*pandas.to_datetime"),
        ([1, 2], r"needs moments \(datetimes\) in window=; got 1, of type int"),
        ([pd.Timestamp("2026-01-01"), "soon"], "got 'soon', of type str"),
    ],
)
def test_a_length_of_time_without_moments_says_what_to_convert(window: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        track([0, 1], [0, 1], window=window, every="1d")


@pytest.mark.parametrize(
    ("every", "same"),
    [
        ("2 weeks", "2w"),
        ("6 hours", "6h"),
        ("D", "1d"),
        (" 1 Day ", "1d"),
        ("1.5h", "90min"),
        (dt.timedelta(days=1), "1d"),
        (pd.Timedelta("12h"), "12h"),
        (np.timedelta64(12, "h"), "12h"),
        ("0.1s", dt.timedelta(microseconds=100_000)),
        (dt.timedelta(days=400, microseconds=1), np.timedelta64(34_560_000_000_001, "us")),
    ],
)
def test_a_length_of_time_has_many_spellings(every: Any, same: Any) -> None:
    found = track(TRUTH, PREDICTED, window=MOMENTS, every=every)
    assert found.labels == track(TRUTH, PREDICTED, window=MOMENTS, every=same).labels


@pytest.mark.parametrize(
    ("every", "message"),
    [
        ("1 quarter", "one length at any date"),
        ("2 years", "months and years differ in length"),
        (np.timedelta64(1, "M"), "one length at any date"),
        (np.timedelta64(1, "Y"), "one length at any date"),
        ("0d", "longer than nothing"),
        (np.timedelta64(1, "ns"), "a whole number of microseconds"),
        ("1.0000001s", "a whole number of microseconds"),
        ("soon", "must be a length of time"),
    ],
)
def test_windows_of_no_fixed_length_are_refused(every: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        track(TRUTH, PREDICTED, window=MOMENTS, every=every)


@pytest.mark.parametrize("kind", [list, pd.Series, np.array])
@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (["2025-03", "2025-01", "2025-02"], ("2025-01", "2025-02", "2025-03")),
        (["2025Q4", "2025Q1"], ("2025Q1", "2025Q4")),
        (["2026-W02", "2025-W50"], ("2025-W50", "2026-W02")),
        (["2025-03-10", "2025-03-02"], ("2025-03-02", "2025-03-10")),
        (["march", "april"], ("march", "april")),
        (["2025-3", "2025-12", "2025-1"], ("2025-3", "2025-12", "2025-1")),
    ],
)
def test_text_of_the_calendar_is_put_in_its_order(kind, texts, labels) -> None:
    window = kind(texts * 20)
    history = track([0, 1] * (10 * len(texts)), [1, 1] * (10 * len(texts)), window=window)
    assert history.labels == labels


def test_periods_are_put_in_their_order() -> None:
    moments = pd.Series(pd.to_datetime(["2025-03-05", "2025-01-09", "2025-02-01"] * 20))
    history = track([0, 1, 1] * 20, [1] * 60, window=moments.dt.to_period("M"))
    assert [str(label) for label in history.labels] == ["2025-01", "2025-02", "2025-03"]
    accuracies = [window.intervals["accuracy"].value for window in history]
    assert accuracies == [1, 1, 0]
