"""Counts of predictions by window, and their test against the reference."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from treering.performance import prediction_distribution, track
from treering.stats import chi2_2samp

RNG = np.random.default_rng(6)
REFERENCE = {"a": 200, "b": 200, "c": 100}


def drawn(*shares: float, size: int = 200) -> Any:
    return RNG.choice(["a", "b", "c"], size, p=shares)


def test_counts_and_percentages_are_those_of_the_window() -> None:
    made = prediction_distribution(["b", "a", "b", "b"], window=[1, 1, 1, 2])
    assert made.classes == ("a", "b")
    assert [row.counts for row in made.windows] == [{"a": 1, "b": 2}, {"a": 0, "b": 1}]
    frame = made.to_frame()
    assert list(frame.columns) == ["window", "class", "count", "percentage"]
    assert frame["percentage"].tolist() == pytest.approx([100 / 3, 200 / 3, 0, 100])
    assert made.windows[0].verdict is None
    assert not made.windows[0].drift


def test_windows_are_tested_by_chi_squared() -> None:
    labels = np.concatenate([drawn(0.4, 0.4, 0.2), drawn(0.2, 0.4, 0.4)])
    made = prediction_distribution(labels, window=200, reference=REFERENCE, correction=None)
    for row in made.windows:
        table = [[200, 200, 100], [row.counts[label] for label in "abc"]]
        expected = stats.chi2_contingency(table, correction=False)
        assert row.statistic == pytest.approx(expected.statistic)
        assert row.pvalue == chi2_2samp(*table).pvalue
        assert row.cramers_v == pytest.approx((expected.statistic / np.sum(table)) ** 0.5)
    assert made.drifted == (2,)


def test_the_reference_may_be_labels() -> None:
    labels = drawn(0.4, 0.4, 0.2)
    by_labels = prediction_distribution(labels, reference=["a"] * 200 + ["b"] * 200 + ["c"] * 100)
    assert by_labels == prediction_distribution(labels, reference=REFERENCE)


def test_unseen_and_vanished_classes_are_counted_as_zero() -> None:
    made = prediction_distribution(["z"] * 50 + ["a"] * 50, reference=REFERENCE)
    assert made.windows[0].counts == {"a": 50, "b": 0, "c": 0, "z": 50}
    assert made.reference == {**REFERENCE, "z": 0}
    assert made.windows[0].drift
    assert made.windows[0].statistic is not None


def test_pvalues_are_corrected_over_windows() -> None:
    labels = drawn(0.36, 0.4, 0.24, size=2000)
    made = prediction_distribution(labels, window=100, reference=REFERENCE)
    plain = [row.pvalue for row in made.windows]
    adjusted = [row.adjusted_pvalue for row in made.windows]
    np.testing.assert_allclose(adjusted, stats.false_discovery_control(plain), rtol=1e-12)


def test_one_drifted_window_among_a_thousand_is_found() -> None:
    # Classes c and d are rare: no window of 60 can rely on the chi-squared law.
    rng = np.random.default_rng(12)
    labels = rng.choice(["a", "b", "c", "d"], 60_000, p=[0.6, 0.36, 0.03, 0.01])
    labels[30_000:30_060] = rng.choice(["a", "b", "c", "d"], 60, p=[0.3, 0.3, 0.1, 0.3])
    made = prediction_distribution(
        labels, window=60, reference={"a": 3000, "b": 1800, "c": 150, "d": 50}
    )
    assert made.drifted == (501,)
    assert made.windows[500].method == "bounded"
    assert {row.method for row in made.windows} <= {"resampled", "bounded"}
    assert json.loads(made.to_json())["windows"][0]["method"] == "resampled"


def test_small_windows_get_no_verdict_and_do_not_count() -> None:
    labels = np.concatenate([drawn(0.4, 0.4, 0.2), drawn(0.1, 0.1, 0.8, size=20)])
    made = prediction_distribution(labels, window=200, reference=REFERENCE)
    assert made.windows[1].verdict == "not enough data"
    assert made.windows[1].pvalue is None
    assert made.windows[0].adjusted_pvalue == made.windows[0].pvalue
    few = prediction_distribution(labels, reference={"a": 2, "b": 1})
    assert few.windows[0].verdict == "not enough data"


def test_one_class_on_both_sides_is_no_drift() -> None:
    made = prediction_distribution([1] * 50, reference=[1] * 50)
    assert (made.windows[0].verdict, made.windows[0].pvalue) == ("no drift", 1.0)


def test_false_alarms_keep_to_the_stated_rate() -> None:
    alarms = [
        bool(
            prediction_distribution(
                drawn(0.4, 0.4, 0.2, size=300), window=60, reference=drawn(0.4, 0.4, 0.2, size=300)
            ).drifted
        )
        for _ in range(200)
    ]
    assert np.mean(alarms) < 0.05 + 4 * (0.05 * 0.95 / 200) ** 0.5


@pytest.mark.parametrize(
    ("column", "table"),
    [
        (pd.Series, pd.DataFrame),
        (lambda values: pd.Series(values, dtype="category"), pd.DataFrame),
        (pl.Series, pl.DataFrame),
        (lambda values: pl.Series(values, dtype=pl.Categorical), pl.DataFrame),
        (lambda values: pa.chunked_array([values]), pa.Table),
    ],
)
def test_columns_of_every_library_give_its_tables(column: Any, table: type) -> None:
    labels = ["a", "b", "a", "c"] * 20
    made = prediction_distribution(column(labels), window=40, reference=REFERENCE)
    assert made.windows == prediction_distribution(labels, window=40, reference=REFERENCE).windows
    assert isinstance(made.to_frame(), table)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: prediction_distribution([]), ValueError, "y_pred has no rows"),
        (lambda: prediction_distribution(["a", None]), ValueError, "lacks 1 of 2 labels"),
        (lambda: prediction_distribution("a"), TypeError, "one value per row"),
        (lambda: prediction_distribution([1], reference={1: 0.5}), ValueError, "not to shares"),
        (lambda: prediction_distribution([1], reference={1: -3}), ValueError, "not to shares"),
        (lambda: prediction_distribution([1], reference=[]), ValueError, "reference has no rows"),
        (lambda: prediction_distribution([1], reference={1: 0}), ValueError, "holds no label"),
        (lambda: prediction_distribution([1], alpha=0), ValueError, "alpha must lie"),
        (lambda: prediction_distribution([1], min_size=-1), ValueError, "min_size must be"),
        (lambda: prediction_distribution([1], alpha="0.05"), TypeError, "alpha must be a number"),
        (lambda: prediction_distribution([1], min_size="3"), TypeError, "min_size must be a whole"),
        (lambda: prediction_distribution([1], correction=1), TypeError, "correction must be one"),
        (lambda: prediction_distribution([1], reference={1: "3"}), ValueError, "got '3' for 1"),
        (
            lambda: prediction_distribution([1] * 40, reference=[1] * 40, correction="none"),
            ValueError,
            "none",
        ),
    ],
)
def test_bad_input_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_it_prints_draws_and_converts(tmp_path: Path) -> None:
    made = prediction_distribution(
        np.concatenate([drawn(0.4, 0.4, 0.2), drawn(0, 0.5, 0.5)]), window=200, reference=REFERENCE
    )
    lines = repr(made).splitlines()
    assert "1 window drifted from the reference" in lines[0]
    assert lines[-1].endswith("drift")
    document = json.loads(made.to_json())
    assert document["windows"][1]["verdict"] == "drift"
    assert document["reference"] == REFERENCE
    display = made.plot()
    assert len(display.ax_.lines) == 6
    page = made.save_html(tmp_path / "p.html").read_text(encoding="utf-8")
    assert "<svg" in page
    plt.close("all")


@pytest.mark.parametrize(
    ("labels", "reference"),
    [
        ([1, "1", "a"], None),
        ([1, 2, 1], {"1": 3, "2": 4}),
        (["1", "2"], np.asarray([1, 2])),
        ([True, False], ["True", "False"]),
        ([(1, 2), "(1, 2)"], None),
    ],
)
def test_labels_that_share_a_text_are_refused(labels: list[Any], reference: Any) -> None:
    with pytest.raises(ValueError, match=r"labels .* are both written .*; give .* of one type"):
        prediction_distribution(labels, reference=reference)


def test_labels_of_mixed_kinds_and_many_classes_are_shown() -> None:
    made = prediction_distribution([1, "one", 2.5, (1, 2)] * 5)
    assert len(made.classes) == 4
    assert all(count == 5 for count in made.windows[0].counts.values())
    many = prediction_distribution(np.arange(3000) % 60, window=300)
    assert "52 more" in repr(many)
    assert len(many._repr_html_()) < 40_000
    many.plot()
    plt.close("all")


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, np.ndarray.tolist])
def test_probabilities_for_labels_are_refused_with_what_to_do(kind: Any) -> None:
    probabilities = kind(np.asarray([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]]))
    advice = r"if these are probabilities, the labels are model.predict\(X\), or model.classes_\["
    with pytest.raises(ValueError, match=rf"y_pred must be one-dim.* shape \(3, 2\); {advice}"):
        prediction_distribution(probabilities)
    with pytest.raises(ValueError, match=rf"reference must be one-dim.*; {advice}"):
        prediction_distribution([0, 1], reference=probabilities)


@pytest.mark.parametrize("values", [[1.0, 0.25], np.array([[0.25], [1.0]]), pd.Series([0.25])])
def test_continuous_numbers_are_no_classes(values: Any) -> None:
    for call, what in (
        (lambda: prediction_distribution(values), "y_pred"),
        (lambda: prediction_distribution([1.0], reference=values), "reference"),
    ):
        with pytest.raises(
            ValueError, match=rf"{what} holds 0.25, .*model.predict.*argmax.*numpy.digitize"
        ):
            call()
    assert prediction_distribution([1.0, 2.0]).classes == (1.0, 2.0)


def test_shares_and_percentages_are_what_their_names_say() -> None:
    made = prediction_distribution(["a", "b", "a", "a"])
    assert made.windows[0].share("a") == made.shares[0, 0] == 0.75
    assert made.to_frame("pandas")["percentage"].tolist() == [75.0, 25.0]
    assert "75.0 %" in str(made)


def test_one_of_a_thing_is_singular() -> None:
    assert str(prediction_distribution(["a"])).splitlines()[0] == (
        "PredictionDistribution: 1 class, 1 window, 1 prediction"
    )
    history = track([1], [1])
    assert str(history).startswith("PerformanceHistory: 1 window, 1 row, 95 %")
    assert str(history.trend()) == "accuracy: not enough data (1 window)"
