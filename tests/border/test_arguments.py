"""Arguments that Python or numpy take for numbers and names: answered, or refused by name."""

import errno
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from treering.drift import Reference, detect_drift
from treering.ensemble import RandomForestClassifier
from treering.metrics import (
    accuracy_score,
    classification_intervals,
    classification_summary,
    precision_recall_fscore_support,
    precision_score,
)
from treering.performance import check_model_health, track
from treering.plotting import DriftHistogramDisplay
from treering.preprocessing import MinMaxScaler, StandardScaler
from treering.report import Page
from treering.stats import adjust_pvalues, ks_2samp, mann_kendall
from treering.tree import DecisionTreeClassifier

mpl.use("agg")

X = np.arange(40.0).reshape(20, 2)
Y = np.tile([0, 1], 10)
LENGTH_OF_TIME = np.timedelta64(3, "D")
NOT_IN_DOUBLE_PRECISION = [10**400, Fraction(10**400), Decimal("sNaN"), 10**5000]


@pytest.mark.parametrize("number", NOT_IN_DOUBLE_PRECISION, ids=["int", "fraction", "nan", "long"])
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda n: detect_drift(X, X, alpha=n), "alpha"),
        (lambda n: detect_drift(X, X, min_size=n), "min_size"),
        (lambda n: check_model_health({"r2": n}, {"r2": 0.9}), "current r2"),
        (lambda n: check_model_health({"r2": (0.8, 0.7, n)}, {"r2": 0.9}), "current r2"),
        (lambda n: check_model_health({"r2": 0.8}, {"r2": n}), "baseline r2"),
        (lambda n: check_model_health({"r2": 0.8}, {"r2": 0.9}, thresholds=n), "thresholds"),
        (lambda n: check_model_health({"r2": 0.8}, {"r2": 0.9}, consecutive=n), "consecutive"),
        (lambda n: track(Y, Y, level=n), "level"),
        (lambda n: track(Y, Y, y_proba=[n, *Y[1:]]), "y_proba"),
        (lambda n: classification_summary(Y, Y, level=n), "level"),
        (lambda n: classification_summary(Y, Y, zero_division=n), "zero_division"),
        (lambda n: classification_intervals([[n, 1], [1, 1]]), "confusion_matrix"),
        (lambda n: precision_recall_fscore_support(Y, Y, beta=n), "beta"),
        (lambda n: precision_recall_fscore_support(Y, Y, zero_division=n), "zero_division"),
        (lambda n: adjust_pvalues([n, 0.5]), "pvalues"),
        (lambda n: mann_kendall([n, 1, 2]), "values"),
        (lambda n: DecisionTreeClassifier().fit(X, Y, [n, *Y[1:]]), "sample_weight"),
        (lambda n: RandomForestClassifier(2).fit(X, Y, [n, *Y[1:]]), "sample_weight"),
        (lambda n: StandardScaler().fit(X, sample_weight=[n, *Y[1:]]), "sample_weight"),
        (lambda n: StandardScaler().fit([[n], [1]]), "Column 0 of X"),
        (lambda n: MinMaxScaler().fit([[n], [1]]), "Column 0 of X"),
        (lambda n: MinMaxScaler(feature_range=(0, n)).fit(X), "feature_range"),
        (lambda n: DecisionTreeClassifier().fit([[n], [1]], [0, 1]), "Column 0 of X"),
    ],
)
def test_numbers_beyond_double_precision_are_refused_by_name(
    call: Any, name: str, number: Any
) -> None:
    with pytest.raises(ValueError, match=name):
        call(number)


def test_a_label_beyond_the_whole_numbers_of_the_core_is_scikit_learns() -> None:
    for label in (10**400, Fraction(10**400), 2**63):
        with pytest.raises(ValueError, match=r"pos_label=.* is not a valid label"):
            precision_score(Y, Y, pos_label=label)


def test_samples_of_too_large_numbers_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="data1 must hold numbers that double precision can hold"):
        ks_2samp([10**400, 1], [1, 2])


def test_a_signalling_nan_is_missing() -> None:
    with pytest.raises(ValueError, match="y_true lacks 1 of 3 labels"):
        track([Decimal("sNaN"), 0, 1], [0, 0, 1])


@pytest.mark.parametrize("score", [classification_summary, classification_intervals])
@pytest.mark.parametrize(
    ("keywords", "kind"),
    [
        ({"n_resamples": 0}, ValueError),
        ({"n_resamples": 10_000_001}, ValueError),
        ({"n_resamples": 2**62}, ValueError),
        ({"n_resamples": 1.5}, ValueError),
        ({"n_resamples": 10**30}, ValueError),
        ({"n_resamples": True}, TypeError),
        ({"n_resamples": LENGTH_OF_TIME}, TypeError),
        ({"seed": -1}, ValueError),
        ({"seed": 2**64}, ValueError),
        ({"seed": 10**30}, ValueError),
        ({"seed": None}, TypeError),
    ],
)
def test_draws_and_their_key_have_bounds(
    score: Any, keywords: dict[str, Any], kind: type[Exception]
) -> None:
    arguments = (Y, Y) if score is classification_summary else ([[5, 1], [2, 4]],)
    with pytest.raises(kind, match=next(iter(keywords))):
        score(*arguments, **keywords)


def test_the_ends_of_the_bounds_are_inside() -> None:
    first = classification_intervals([[5, 1], [2, 4]], n_resamples=1, seed=2**64 - 1)
    assert 0 < first.f1_score.low <= first.f1_score.high < 1
    assert classification_intervals([[5, 1], [2, 4]], seed=0, n_resamples=np.int64(7)).count == 12


@pytest.mark.parametrize(
    ("keywords", "kind"),
    [
        ({"alternative": []}, TypeError),
        ({"alternative": np.True_}, TypeError),
        ({"alternative": "\ud800"}, ValueError),
        ({"alternative": ""}, ValueError),
        ({"method": []}, TypeError),
        ({"method": np.array(["auto", "exact"])}, TypeError),
        ({"nan_policy": None}, TypeError),
        ({"axis": 10**30}, ValueError),
        ({"axis": 1}, ValueError),
        ({"axis": "abc"}, TypeError),
        ({"axis": []}, TypeError),
    ],
)
def test_choices_of_the_ks_test_are_refused_by_name(
    keywords: dict[str, Any], kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=next(iter(keywords))):
        ks_2samp([1.0, 2.0], [1.0, 3.0], **keywords)


@pytest.mark.parametrize(("method", "kind"), [("\ud800", ValueError), ([], TypeError)])
def test_an_unknown_correction_is_refused_by_name(method: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="method must be one of bonferroni, holm, fdr_bh, fdr_by"):
        adjust_pvalues([0.1, 0.2], method)


@pytest.mark.parametrize("names", [np.array(3), np.array("a"), np.array([["a"]]), 5, b"a"])
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda n: Reference(X, columns=n), "columns"),
        (lambda n: detect_drift(X, X, columns=n), "columns"),
        (lambda n: detect_drift(Reference(X, columns=["a", "b"]), X, columns=n), "columns"),
        (lambda n: track(Y, Y, metrics=n), "metrics"),
        (lambda n: check_model_health({"a": 1}, {"a": 1}, lower_is_better=n), "lower_is_better"),
        (lambda n: check_model_health({"a": 1}, {"a": 1}, higher_is_better=n), "higher_is_better"),
    ],
)
def test_what_is_no_list_of_names_is_refused_by_name(call: Any, name: str, names: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a list of names"):
        call(names)


@pytest.mark.parametrize("history", [3, "x", [], np.array(3)])
def test_a_history_is_one_of_track(history: Any) -> None:
    with pytest.raises(TypeError, match="history must be a PerformanceHistory"):
        track(Y, Y, history=history)


@pytest.mark.parametrize("ends", [(), (1,), (0, 1, 2), ("a", "b"), (0, None), (np.arange(2), 3)])
def test_a_range_has_two_ends(ends: Any) -> None:
    with pytest.raises(ValueError, match="feature_range must hold two numbers"):
        MinMaxScaler(feature_range=ends).fit(X)


@pytest.mark.parametrize("name", ["with_mean", "with_std", "copy"])
def test_switches_are_single(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' parameter of StandardScaler"):
        StandardScaler(**{name: np.array([1, 2])}).fit(X)


@pytest.mark.parametrize("name", ["n_jobs", "n_estimators", "max_samples", "max_depth"])
def test_lengths_of_time_are_no_numbers_of_a_forest(name: str) -> None:
    parameters = {"n_estimators": 2, name: LENGTH_OF_TIME}
    with pytest.raises(TypeError, match=f"{name} must be a number"):
        RandomForestClassifier(**parameters).fit(X, Y)


def test_a_length_of_time_is_no_number_of_rows() -> None:
    with pytest.raises(TypeError, match="a length of time goes into every="):
        track(Y, Y, window=LENGTH_OF_TIME)


@pytest.mark.parametrize(
    "name", ["ccp_alpha", "min_impurity_decrease", "min_weight_fraction_leaf", "min_samples_leaf"]
)
@pytest.mark.parametrize("model", [DecisionTreeClassifier, RandomForestClassifier])
def test_fractions_are_refused_by_name(model: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} must be an int or a float"):
        model(**{name: Fraction(1, 2)}).fit(X, Y)


@pytest.mark.parametrize("container", [np.array, list, lambda texts: np.array(texts, object)])
def test_labels_need_not_be_valid_unicode(container: Any) -> None:
    odd, plain = ["b", "\ud800", "a", "\ud800"], ["b", "c", "a", "c"]
    truth, predicted = container(odd), container(odd[::-1])
    expected = classification_summary(plain, plain[::-1])
    assert classification_summary(truth, predicted) == expected
    assert accuracy_score(truth, predicted) == expected.accuracy.value
    assert track(truth, predicted)[-1].intervals["f1_score"] == expected.f1_score


@pytest.mark.parametrize("values", [[1e308] * 4, [1e308, 1e307, 5e307, 2.0], [-1e308, 0, 1, 2]])
def test_values_near_the_largest_number_are_drawn(values: list[float]) -> None:
    column = np.array(values * 10).reshape(-1, 1)
    grid = detect_drift(column, column).plot()
    grid.figure_.canvas.draw()
    assert "in units of 1e+300" in grid.ax_[0].get_xlabel()
    low, high = grid.ax_[0].dataLim.intervalx
    assert low <= min(values) / 1e300 < max(values) / 1e300 * (1 + 1e-9) <= high * (1 + 2e-9)


@pytest.mark.parametrize("values", [[np.inf] * 4, [np.nan] * 4, [-1e308, 1e308, 0, 1]])
def test_what_cannot_be_drawn_is_explained(values: list[float]) -> None:
    column = np.array(values * 10).reshape(-1, 1)
    with pytest.raises(ValueError, match=r"nothing to draw: .*no finite value .* too far apart"):
        detect_drift(column, column).plot()


def test_values_too_far_apart_for_bins_are_named() -> None:
    with pytest.raises(ValueError, match=r"age goes from -1e\+308 to 1e\+308"):
        DriftHistogramDisplay.from_values([-1e308], [1e308], name="age")


@pytest.mark.parametrize("name", ["loop", "loop/page.html"])
def test_a_page_is_not_saved_through_a_loop_of_links(tmp_path: Path, name: str) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(OSError) as caught:
        Page("title").save(tmp_path / name)
    # Later versions of Python say of a folder beyond the loop that it does not exist.
    assert caught.value.errno in {errno.ELOOP, None}
    assert loop.is_symlink()
