"""Slices in which a model is worst."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn import metrics as theirs

from treering.performance import worst_segments


def people(rows, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.uniform(18, 90, rows),
            "income": rng.lognormal(3, 1, rows),
            "town": rng.choice(["Bonn", "Ulm", "Jena", "Köln"], rows),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "income"] = np.nan
    return frame


def errors(frame, bad, seed=0):
    """Labels and predictions that are wrong for one in ten, and where it is bad for one in two."""
    rng = np.random.default_rng(seed + 99)
    truth = rng.integers(0, 2, len(frame))
    return truth, truth ^ (rng.random(len(frame)) < np.where(bad, 0.5, 0.1))


BAD = {
    "age > 7": lambda frame: frame["age"] > 70,
    "town in (Ulm)": lambda frame: frame["town"] == "Ulm",
    "missing": lambda frame: frame["income"].isna(),
}


@pytest.mark.parametrize("rule", BAD)
@pytest.mark.parametrize("kind", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_a_slice_that_is_bad_is_found_and_named(rule, kind):
    frame = people(4000)
    truth, said = errors(frame, BAD[rule](frame))
    report = worst_segments(kind(frame), truth, said)
    worst = report[0]
    assert rule in worst.rule
    assert worst.worse
    assert worst.low < 0.5 < worst.high or abs(worst.value - 0.5) < 0.1
    assert worst.rest > 0.8
    assert worst.adjusted_pvalue < 1e-6
    assert sum(segment.count for segment in report) == report.rows == 2000
    assert sum(segment.share for segment in report) == pytest.approx(1.0)


def test_two_conditions_are_found_together():
    frame = people(20_000)
    truth, said = errors(frame, (frame["town"] == "Ulm") & (frame["age"] <= 40))
    rule = worst_segments(frame, truth, said)[0].rule
    assert "town in (Ulm)" in rule
    assert float(rule.split("age <= ")[1].split()[0]) < 41


def test_alarms_are_as_many_as_stated_where_no_slice_is_bad():
    alarms = 0
    for seed in range(150):
        frame = people(800, seed)
        truth, said = errors(frame, np.zeros(800, dtype=bool), seed)
        alarms += bool(worst_segments(frame, truth, said, max_depth=2).worse)
    assert alarms <= 16  # at most 7.5 are expected; more than 16 come in 1 of 1,000 such tests


def test_metrics_are_those_of_the_rows_that_judge():
    rng = np.random.default_rng(0)
    X, truth = rng.random((2000, 2)), rng.normal(size=2000)
    said = truth + np.where(X[:, 0] > 0.5, 3, 1) * rng.normal(size=2000)
    share = 1 / (1 + np.exp(-said))
    judges = np.random.default_rng(0).permutation(2000) % 2 == 1
    label = (truth > 0).astype(int)
    for metric, of_all in {
        "mean_absolute_error": theirs.mean_absolute_error,
        "mean_squared_error": theirs.mean_squared_error,
        "root_mean_squared_error": theirs.root_mean_squared_error,
    }.items():
        report = worst_segments(X, truth, said, metric=metric)
        assert report.overall.value == pytest.approx(of_all(truth[judges], said[judges]))
        assert report.overall.low < report.overall.value < report.overall.high
        assert report[0].value > report.overall.value > report[-1].value
    report = worst_segments(X, label, share > 0.5, metric="log_loss", y_proba=share)
    assert report.overall.value == pytest.approx(theirs.log_loss(label[judges], share[judges]))
    report = worst_segments(X, label, share > 0.5)
    right = (label == (share > 0.5))[judges]
    assert report.overall.value == pytest.approx(right.mean())
    assert worst_segments(X, label, label)[0].rule == "all rows"
    assert worst_segments(X, label, label).worse == ()


def test_the_report_is_a_result():
    frame = people(1000)
    truth, said = errors(frame, frame["age"] > 70)
    report = worst_segments(frame, truth, said)
    assert report == worst_segments(frame, truth, said)
    assert list(report.to_frame().columns)[:3] == ["rule", "count", "share"]
    assert report[:1] == (report[0],)
    assert "worse than the rest" in report.to_html()
    assert len(list(report)) == len(report)


def test_columns_that_cannot_be_used_are_named():
    frame = people(1000).assign(born=np.datetime64("1980-01-01"))
    truth, said = errors(frame, frame["age"] > 70)
    report = worst_segments(frame, truth, said)
    assert [*report.skipped] == ["born"]
    assert "skipped: born (has the type datetime64" in str(report)
    assert "skipped: born (has the type datetime64" in report.to_html()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda X, t, p: worst_segments(X, t[1:], p), "X has 300 rows and y_true 299"),
        (lambda X, t, p: worst_segments(X, [None, *t[1:]], p), "y_true lacks 1 of 300 labels"),
        (lambda X, t, p: worst_segments(X[:150], t[:150], p[:150]), "need 200"),
        (
            lambda X, t, p: worst_segments(X * np.nan, t, p, names=["age", "size"]),
            r"X has no column to slice by: age \(holds no values\), size",
        ),
        (
            lambda X, t, p: worst_segments(X, t, p, metric="log_loss", y_proba=X),
            "the probabilities of row 0 add up to",
        ),
        (
            lambda X, t, p: worst_segments(X, t + 0.25, p),
            "accuracy is for classes; of numbers, ask for metric='mean_absolute_error'",
        ),
        (lambda X, t, p: worst_segments(X, t, p, metric="auc"), "metric must be one of accuracy"),
        (lambda X, t, p: worst_segments(X, t, p, metric="log_loss"), "give y_proba="),
        (lambda X, t, p: worst_segments(X, t, p, max_depth=11), "max_depth must be"),
        (lambda X, t, p: worst_segments(X, t, p, alpha=0), "alpha must lie between"),
        (
            lambda X, t, p: worst_segments(X, t * np.inf, p, metric="mean_squared_error"),
            "leave out rows|the loss of row",
        ),
    ],
)
def test_bad_input_is_named(call, told):
    rng = np.random.default_rng(0)
    with (
        np.errstate(invalid="ignore"),
        pytest.raises(ValueError, match=told),
    ):
        call(rng.random((300, 2)), rng.integers(0, 2, 300), rng.integers(0, 2, 300))
