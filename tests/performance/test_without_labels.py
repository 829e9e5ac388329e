"""Scores that are expected before labels come, beside those that came."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn import metrics as theirs
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from treering.metrics import business_value, confusion_matrix
from treering.performance import CBPE, DLE, check_model_health, track

CLASS_METRICS = [
    "accuracy",
    "precision",
    "recall",
    "f1_score",
    "specificity",
    "log_loss",
    "roc_auc",
    "business_value",
]
VALUES = [[1.0, -2.0], [-5.0, 3.0]]


def scores(rows, rng, shift=0.0):
    """Labels, and a score that is far too sure of them."""
    x = rng.normal(shift, 1, rows)
    truth = (rng.random(rows) < 1 / (1 + np.exp(-1.5 * x))).astype(int)
    return truth, 1 / (1 + np.exp(-3 * x))


def realised(truth, share):
    """What the metrics were, by scikit-learn."""
    said = (share > 0.5).astype(int)
    average = {"average": "weighted", "zero_division": 0}
    counts = np.bincount(truth, minlength=2)
    by_class = [theirs.recall_score(truth == k, said == k, pos_label=False) for k in (0, 1)]
    return {
        "accuracy": theirs.accuracy_score(truth, said),
        "precision": theirs.precision_score(truth, said, **average),
        "recall": theirs.recall_score(truth, said, **average),
        "f1_score": theirs.f1_score(truth, said, **average),
        "specificity": np.average(by_class, weights=counts),
        "log_loss": theirs.log_loss(truth, share),
        "roc_auc": theirs.roc_auc_score(truth, share),
        "business_value": business_value(truth, said, values=VALUES),
    }


def test_intervals_hold_what_labels_say_under_covariate_shift():
    inside = dict.fromkeys(CLASS_METRICS, 0)
    bias = dict.fromkeys(CLASS_METRICS, 0.0)
    months = 100
    for seed in range(months):
        rng = np.random.default_rng(seed)
        estimator = CBPE(metrics=CLASS_METRICS, values=VALUES).fit(*scores(2000, rng))
        assert estimator.is_calibrated_
        truth, share = scores(800, rng, shift=0.7)
        found = estimator.estimate(share)[0].intervals
        for metric, value in realised(truth, share).items():
            inside[metric] += found[metric].low <= value <= found[metric].high
            bias[metric] += (found[metric].value - value) / months
    # 95 are expected; fewer than 86 come in 1 of 3,000 such tests.
    assert min(inside.values()) >= 86, inside
    assert max(abs(bias[metric]) for metric in CLASS_METRICS[:5]) < 0.012
    assert abs(bias["roc_auc"]) < 0.012


def test_an_estimate_follows_scores_where_the_plain_reference_does_not():
    rng = np.random.default_rng(0)
    before, share = scores(20_000, rng)
    reference = theirs.accuracy_score(before, share > 0.5)
    truth, now = scores(20_000, rng, shift=1.5)
    estimate = CBPE(metrics=["accuracy"]).fit(before, share).estimate(now)[0]["accuracy"]
    accuracy = theirs.accuracy_score(truth, now > 0.5)
    assert accuracy > reference + 0.05
    assert estimate == pytest.approx(accuracy, abs=0.01)


@pytest.mark.parametrize("average", ["weighted", "macro"])
def test_more_than_two_classes(average):
    X, y = make_classification(9000, 8, n_informative=5, n_classes=3, class_sep=0.8, random_state=0)
    names = np.array(["red", "blue", "green"])[y]
    model = LogisticRegression().fit(X[:3000], names[:3000])
    proba = model.predict_proba(X)
    estimator = CBPE(average=average).fit(names[3000:6000], proba[3000:6000])
    found = estimator.estimate(proba[6000:])[0]
    truth, said = names[6000:], model.predict(X[6000:])
    assert found["accuracy"] == pytest.approx(theirs.accuracy_score(truth, said), abs=0.02)
    for metric in ("precision", "recall", "f1_score"):
        value = getattr(theirs, f"{metric.removesuffix('_score')}_score")(
            truth, said, average=average
        )
        assert found.intervals[metric].low <= value <= found.intervals[metric].high
    area = theirs.roc_auc_score(truth, proba[6000:], multi_class="ovr", average=average)
    assert found["roc_auc"] == pytest.approx(area, abs=0.02)
    # The order of columns is the user's, by classes= or by a table's names.
    order = [2, 0, 1]
    given = list(model.classes_[order])
    again = CBPE(average=average).fit(names[3000:6000], proba[3000:6000][:, order], classes=given)
    assert again.estimate(proba[6000:][:, order])[0] == found
    table = pd.DataFrame(proba, columns=model.classes_)[given]
    by_name = CBPE(average=average).fit(names[3000:6000], table[3000:6000])
    assert by_name.estimate(table[6000:])[0].intervals == found.intervals


def test_calibrated_probabilities_are_left_nearly_as_they_are():
    rng = np.random.default_rng(0)
    share = rng.random(4000)
    truth = rng.random(4000) < share
    estimator = CBPE().fit(truth, share)
    assert estimator.calibration_ != "isotonic"
    assert estimator.calibrated(share)[:, 1] == pytest.approx(share, abs=0.02)
    expected = np.maximum(share, 1 - share).mean()
    assert estimator.estimate(share)[0]["accuracy"] == pytest.approx(expected, abs=0.01)


def test_the_history_is_one_as_of_realised_scores():
    rng = np.random.default_rng(0)
    truth, share = scores(3000, rng)
    day = np.repeat(np.arange("2026-01-01", "2026-01-04", dtype="datetime64[D]"), 300)
    now = pd.Series(scores(900, rng)[1])
    history = CBPE().fit(truth, share).estimate(now, window=pd.Series(day))
    assert len(history) == 3
    assert history.estimated
    assert "estimated without labels" in repr(history)
    assert json.loads(history.to_json())["estimated"] is True
    assert isinstance(history.to_frame(), pd.DataFrame)
    assert check_model_health(history, {"accuracy": 0.99})
    assert history[1:].estimated
    for call in (
        lambda: history.extend([0, 1], [0, 1]),
        lambda: track([0, 1], [0, 1], history=history),
    ):
        with pytest.raises(ValueError, match="history holds estimates"):
            call()


def test_a_window_without_one_class_and_one_row_are_judged():
    rng = np.random.default_rng(0)
    truth, share = scores(2000, rng)
    estimator = CBPE(metrics=CLASS_METRICS, values=VALUES).fit(truth, share)
    for window in (np.full(50, 0.999), np.full(50, 0.001), np.array([0.5])):
        found = estimator.estimate(window)[0].intervals
        assert 0 <= found["accuracy"].low <= found["accuracy"].value <= found["accuracy"].high <= 1
        assert all(np.isfinite(score.value) or name == "roc_auc" for name, score in found.items())


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda t, p: CBPE().fit(t, p[:-1]), "y_proba must hold a row for each of 200 rows"),
        (lambda t, p: CBPE().fit([None, *t[1:]], p), "y_true lacks 1 of 200 labels"),
        (lambda t, p: CBPE().fit([], []), "y_true holds no labels"),
        (lambda t, p: CBPE().fit(p, p), "CBPE is for classes; for regression there is DLE"),
        (lambda t, p: CBPE().fit(np.ones(200), p), "stands for 2 classes and y_true has 1"),
        (
            lambda t, p: CBPE().fit(t, np.column_stack([p, p])),
            "the probabilities of row 0 add up to",
        ),
        (
            lambda t, p: CBPE().fit(t, np.c_[1 - p, p / 2, p / 2], classes=[0, 1, 2]),
            "no row of y_true is of class",
        ),
        (lambda t, p: CBPE(metrics=["rmse"]).fit(t, p), "metrics must be out of accuracy"),
        (lambda t, p: CBPE(metrics=["business_value"]).fit(t, p), "business_value needs values="),
        (lambda t, p: CBPE(values=[[1, 2]]).fit(t, p), "values must hold a finite number"),
        (lambda t, p: CBPE(average="best").fit(t, p), "average must be one of weighted"),
        (lambda t, p: CBPE().estimate(p), "knows no reference yet"),
        (lambda t, p: CBPE().fit(t, p).estimate(p * 2), "probabilities between 0 and 1"),
        (lambda t, p: CBPE().fit(t, p).estimate(p, y_pred=t[:9]), "y_pred has 9 rows and y_proba"),
        (lambda t, p: CBPE().fit(t, p).estimate(p, y_pred=t + 5), "which is none of the reference"),
        (lambda t, p: CBPE(level=2).fit(t, p).estimate(p), "level must lie between 0 and 1"),
    ],
)
def test_bad_input_of_classes_is_named(call, told):
    truth, share = scores(200, np.random.default_rng(0))
    with pytest.raises(ValueError, match=told):
        call(truth, share)


def losses(rows, rng, low=0.0):
    """A model that errs the more, the larger the first column is."""
    X = pd.DataFrame(
        {
            "far": low + (1 - low) * rng.random(rows),
            "level": rng.random(rows),
            "town": rng.choice(["Bonn", "Ulm"], rows),
        }
    )
    truth = 5 + X["level"] + X["far"] * rng.normal(size=rows) * np.where(X["town"] == "Ulm", 2, 1)
    return X, truth.to_numpy(), (5 + X["level"]).to_numpy()


def test_errors_are_expected_where_labels_say_they_are():
    metrics = {
        "mean_absolute_error": theirs.mean_absolute_error,
        "mean_squared_error": theirs.mean_squared_error,
        "root_mean_squared_error": theirs.root_mean_squared_error,
        "mean_absolute_percentage_error": theirs.mean_absolute_percentage_error,
        "mean_squared_log_error": theirs.mean_squared_log_error,
        "root_mean_squared_log_error": theirs.root_mean_squared_log_error,
    }
    inside, times = dict.fromkeys(metrics, 0), 30
    for seed in range(times):
        rng = np.random.default_rng(seed)
        X, truth, predicted = losses(3000, rng)
        truth = np.maximum(truth, 0.1)
        estimator = DLE(metrics=list(metrics), n_estimators=30).fit(X, truth, predicted)
        now, later, said = losses(800, rng, low=0.5)
        later = np.maximum(later, 0.1)
        found = estimator.estimate(now, said)[0].intervals
        for name, metric in metrics.items():
            inside[name] += found[name].low <= metric(later, said) <= found[name].high
    assert min(inside.values()) >= 26, inside  # 28.5 of 30 are expected


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_every_kind_of_table_gives_the_same_errors(kind):
    rng = np.random.default_rng(0)
    X, truth, predicted = losses(600, rng)
    now, _, said = losses(300, rng, low=0.5)
    expected = DLE(n_estimators=10).fit(X, truth, predicted).estimate(now, said, window=100)
    found = (
        DLE(n_estimators=10).fit(kind(X), truth, predicted).estimate(kind(now), said, window=100)
    )
    assert [row.intervals for row in found] == [row.intervals for row in expected]
    assert found.estimated


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda X, t, p: DLE().fit(X, t[:-1], p), "X has 100 rows and y_true 99"),
        (lambda X, t, p: DLE().fit(X, t, np.where(p > 5.5, np.nan, p)), "y_pred holds nan in row"),
        (lambda X, t, p: DLE(metrics="r2").fit(X, t, p), "metrics must be out of mean_absolute"),
        (
            lambda X, t, p: DLE(metrics="mean_squared_log_error").fit(X, t - 99, p),
            "need values above -1",
        ),
        (lambda X, t, p: DLE().estimate(X, p), "knows no reference yet"),
        (
            lambda X, t, p: DLE().fit(X, t, p).estimate(X.drop(columns="far"), p),
            "column 'far' is not in X; the reference has it",
        ),
        (lambda X, t, p: DLE().fit(X, t, p).estimate(X, p[1:]), "X has 100 rows and y_pred 99"),
        (lambda X, t, p: DLE().fit(X[:1], t[:1], p[:1]), "the reference has 1 row"),
        (lambda X, t, p: DLE().fit(X, t * 1e200, p), "too large for double precision"),
    ],
)
def test_bad_input_of_regression_is_named(call, told):
    with pytest.raises(ValueError, match=told):
        call(*losses(100, np.random.default_rng(0)))


def test_what_predictions_are_worth_is_the_sum_over_the_confusion_matrix():
    rng = np.random.default_rng(0)
    truth, said = rng.integers(0, 3, 500), rng.integers(0, 3, 500)
    values = rng.normal(size=(3, 3))
    total = (confusion_matrix(truth, said) * values).sum()
    assert business_value(truth, said, values=values, normalize=False) == pytest.approx(total)
    assert business_value(truth, said, values=values) == pytest.approx(total / 500)
    weights = rng.random(500)
    expected = np.average(values[truth, said], weights=weights)
    found = business_value(truth, said, values=values, sample_weight=weights)
    assert found == pytest.approx(expected)
    with pytest.raises(ValueError, match="values must hold a finite number"):
        business_value(truth, said, values=[[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="which is none of labels"):
        business_value([0, 5], [0, 0], values=[[1, 2], [3, 4]], labels=[0, 1])
    assert business_value([0, 0], [0, 0], values=[[1, 2], [3, 4]], labels=[0, 1]) == 1.0


def test_figures_of_another_implementation_are_met():
    """The binary data that NannyML 0.13 ships, and its own estimates by window."""
    stored = json.loads(Path(__file__).with_name("nannyml_figures.json").read_text())

    def rows(counts):
        """The kind of each row, 0 or 1, and its score."""
        scores = [np.repeat(stored["scores"], counts[kind]) for kind in (0, 1)]
        return np.repeat([0, 1], [len(part) for part in scores]), np.concatenate(scores)

    estimator = CBPE(average="binary", metrics=list(stored["estimates"]))
    estimator.fit(*rows(stored["reference"]))
    for place, counts in enumerate(stored["windows"]):
        said, share = rows(counts)
        found = estimator.estimate(share, y_pred=said)[0]
        for metric, (values, half_widths) in stored["estimates"].items():
            apart = abs(found[metric] - values[place])
            assert apart < 0.001 * half_widths[place] + 1e-6, (metric, place)


def test_one_row_at_an_end_does_not_decide_the_estimate():
    rng = np.random.default_rng(0)
    chance = np.sort(rng.uniform(0.02, 0.3, 2000))
    truth = (rng.random(2000) < chance / 2).astype(int)
    for first in (0, 1):
        truth[0], truth[1] = first, 1
        found = CBPE(metrics=["accuracy"]).fit(truth, chance).estimate(chance)[0]
        assert found["accuracy"] == pytest.approx(1 - truth.mean(), abs=0.01)


def test_estimates_do_not_collapse():
    for run in range(60, 72):
        rng = np.random.default_rng(run)
        chance = rng.beta(1, 8, 400)
        truth = (rng.random(400) < np.clip(0.02 + 0.6 * chance, 0, 1)).astype(int)
        found = CBPE(metrics=["accuracy", "roc_auc"]).fit(truth, chance).estimate(chance)[0]
        assert found["accuracy"] == pytest.approx((truth == (chance > 0.5)).mean(), abs=0.05)
        assert np.isfinite(found["roc_auc"])


def test_intervals_hold_where_probabilities_are_too_sure():
    metrics, times = ("accuracy", "roc_auc", "log_loss"), 30
    inside = dict.fromkeys(metrics, 0)
    for run in range(times):
        rng = np.random.default_rng(run)

        def rows(count, rng=rng):
            logits = rng.normal(-2.2, 1.2, count)
            truth = rng.random(count) < 1 / (1 + np.exp(0.3 - 0.8 * logits))
            return 1 / (1 + np.exp(-logits)), truth.astype(int)

        chance, truth = rows(4000)
        estimator = CBPE(metrics=metrics).fit(truth, chance)
        assert estimator.calibration_ in {"none", "logistic", "isotonic"}
        chance, truth = rows(2000)
        found = estimator.estimate(chance)[0].intervals
        realised = {
            "accuracy": ((chance > 0.5) == truth).mean(),
            "roc_auc": theirs.roc_auc_score(truth, chance),
            "log_loss": theirs.log_loss(truth, chance),
        }
        for metric in metrics:
            inside[metric] += found[metric].low <= realised[metric] <= found[metric].high
    assert min(inside.values()) >= 25, inside  # 28.5 of 30 are expected


def test_probabilities_that_are_rounded_to_0_and_1_are_mended():
    off = []
    for run in range(5):
        rng = np.random.default_rng(run)

        def rows(shift, rng=rng):
            logits = rng.normal(shift, 2.1, 20_000)
            truth = (rng.random(20_000) < 1 / (1 + np.exp(-logits))).astype(int)
            return (1 / (1 + np.exp(-1.5 * logits))).round(2), truth

        chance, truth = rows(0.0)
        assert {0.0, 1.0} <= set(chance)
        estimator = CBPE(metrics=["accuracy"]).fit(truth, chance)
        chance, truth = rows(0.5)
        off.append(estimator.estimate(chance)[0]["accuracy"] - ((chance > 0.5) == truth).mean())
    assert abs(np.mean(off)) < 0.003


def test_worth_stands_in_the_order_of_the_classes_that_are_named():
    rng = np.random.default_rng(3)
    chance = rng.random(2000)
    truth = np.where(rng.random(2000) < chance, "yes", "no")
    sides = {}
    for classes, columns in ((["no", "yes"], [1 - chance, chance]), (["yes", "no"], None)):
        proba = np.column_stack(columns or [chance, 1 - chance])
        values = np.asarray(VALUES) if classes[0] == "no" else np.asarray(VALUES)[::-1, ::-1]
        estimator = CBPE(metrics=["business_value"], values=values)
        sides[classes[0]] = estimator.fit(truth, proba, classes=classes).estimate(proba)
    assert sides["no"].values("business_value") == sides["yes"].values("business_value")


def test_probabilities_that_do_not_add_up_are_named_by_realised_scores_too():
    with pytest.raises(ValueError, match=r"the probabilities of row 1 add up to 0\.9,"):
        track([0, 1], [0, 1], y_proba=[[0.5, 0.5], [0.1, 0.8]], metrics=["log_loss"])
