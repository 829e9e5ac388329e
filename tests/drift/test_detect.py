"""Verdicts on tables of every kind, against SciPy, and at the stated false-alarm rate."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scipy_ks import assert_same_distance
from treering.drift import DriftReport, Reference, detect_drift
from treering.stats import chi2_2samp

RNG = np.random.default_rng(7)
BEFORE = {"age": RNG.normal(40, 9, 300), "income": RNG.lognormal(3, 1, 300)}
NOW = {"income": RNG.lognormal(3.5, 1, 200), "age": RNG.normal(40, 9, 200)}
KINDS: list[Callable[[dict[str, Any]], Any]] = [pd.DataFrame, pl.DataFrame, pa.table]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_tables_of_every_kind_are_compared_by_name(kind: Any, other: Any) -> None:
    report = detect_drift(kind(BEFORE), other(NOW))
    assert list(report) == ["age", "income"]
    assert report.drifted == ("income",)
    for name, found in report.items():
        expected = stats.ks_2samp(BEFORE[name], NOW[name])
        ours = (found.statistic, found.location, found.sign)
        theirs = (expected.statistic, expected.statistic_location, expected.statistic_sign)
        assert_same_distance(BEFORE[name], NOW[name], ours, theirs)
        assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-9)
    assert isinstance(report.to_frame(), type(other(NOW)))


def test_arrays_go_by_position() -> None:
    before, now = (
        np.column_stack(list(BEFORE.values())),
        np.column_stack([NOW["age"], NOW["income"]]),
    )
    assert detect_drift(before, now).drifted == ("x1",)
    named = detect_drift(before, now, columns=["age", "income"])
    assert named.drifted == ("income",)
    by_table = detect_drift(pd.DataFrame(BEFORE), now)
    assert by_table["income"].pvalue == named["income"].pvalue
    assert detect_drift(pd.DataFrame(BEFORE), now, columns=["income"]).drifted == ("income",)
    assert isinstance(named.to_frame(), pd.DataFrame)
    assert isinstance(named.to_frame("polars"), pl.DataFrame)


def test_a_lookup_reads_like_a_mapping() -> None:
    report = detect_drift(pd.DataFrame(BEFORE), pd.DataFrame(NOW))
    found = report["income"]
    assert found["pvalue"] == found.pvalue
    assert dict(found)["verdict"] == "drift"
    assert found["direction"] == "higher"
    assert report.share == 0.5
    with pytest.raises(KeyError, match="'height' was not compared"):
        report["height"]
    with pytest.raises(KeyError):
        found["colour"]


@pytest.mark.parametrize("correction", ["fdr_bh", "fdr_by", "holm", "bonferroni", None])
def test_corrections_are_those_of_the_judged_columns(correction: str | None) -> None:
    rng = np.random.default_rng(3)
    before = rng.normal(size=(200, 6))
    now = rng.normal(size=(150, 6)) + np.linspace(0, 0.4, 6)
    before[10:, 2] = np.nan
    now[10:, 2] = np.nan
    before[:5, 4] = np.nan
    report = detect_drift(before, now, correction=correction)
    judged = [found for found in report.values() if found.least_pvalue is not None]
    assert report.undecided == ("x2",)
    x2, x4 = report["x2"], report["x4"]
    assert x2.pvalue is None
    assert x2.missing_pvalue == chi2_2samp([10, 190], [10, 140]).pvalue
    assert x4.missing_pvalue == chi2_2samp([195, 5], [150, 0]).pvalue
    tests_made = np.asarray([1, 1, 1, 1, 2, 1])
    least = np.asarray([found.least_pvalue for found in judged])
    plain = np.minimum(tests_made * least, 1)
    if correction is None:
        expected = least
    elif correction == "bonferroni":
        expected = np.minimum(plain * 6, 1)
    elif correction == "holm":
        order = np.argsort(plain)
        expected = np.empty(6)
        expected[order] = np.minimum(np.maximum.accumulate(plain[order] * np.arange(6, 0, -1)), 1)
    else:
        expected = stats.false_discovery_control(plain, method=correction[-2:])
    np.testing.assert_allclose([found.adjusted_pvalue for found in judged], expected, rtol=1e-12)
    assert [found.drift for found in judged] == list(expected < 0.05)


def test_missing_values_are_dropped_counted_and_told() -> None:
    values = np.where(np.arange(300) % 3 == 0, np.nan, BEFORE["age"])
    found = detect_drift(pd.DataFrame({"age": BEFORE["age"]}), pd.DataFrame({"age": values}))["age"]
    assert (found.current_size, found.reference_missing) == (200, 0.0)
    assert found.current_missing == pytest.approx(1 / 3)
    expected = stats.ks_2samp(BEFORE["age"], values[~np.isnan(values)])
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-9)


def test_a_column_that_goes_missing_is_drift() -> None:
    values = np.where(np.arange(300) % 3 == 0, BEFORE["age"], np.nan)
    report = detect_drift(pd.DataFrame(BEFORE), pd.DataFrame({**BEFORE, "age": values}))
    found = report["age"]
    assert report.drifted == ("age",)
    assert found.pvalue == pytest.approx(stats.ks_2samp(BEFORE["age"], values[::3]).pvalue)
    assert found.missing_pvalue == pytest.approx(
        stats.chi2_contingency([[300, 0], [100, 200]], correction=False).pvalue
    )
    assert found["least_pvalue"] == found.missing_pvalue
    assert found.adjusted_pvalue == pytest.approx(4 * found.missing_pvalue)
    assert "more missing" in repr(report)
    assert "missing 0.0 %, then 66.7 %" in str(report.display("age").detail)
    back = detect_drift(pd.DataFrame({**BEFORE, "age": values}), pd.DataFrame(BEFORE))
    assert "fewer missing" in repr(back)
    assert report["income"].missing_pvalue is None


def test_without_a_correction_a_missing_value_does_not_halve_alpha() -> None:
    rng = np.random.default_rng(39)
    before, now = rng.normal(size=(200, 1)), rng.normal(0.21, size=(200, 1))
    plain = detect_drift(before, now, correction=None)["x0"]
    assert 0.025 < plain.pvalue < 0.05
    before[0] = np.nan
    found = detect_drift(before, now, correction=None)["x0"]
    assert found.missing_pvalue > 0.05
    assert 0.025 < found.pvalue == found.adjusted_pvalue < 0.05
    assert plain.drift
    assert found.drift
    assert not detect_drift(before, now, correction="holm")["x0"].drift


def test_equal_shares_of_missing_values_are_no_drift() -> None:
    rng, alarms, runs = np.random.default_rng(13), 0, 200
    for _ in range(runs):
        before, now = rng.normal(size=(120, 5)), rng.normal(size=(90, 5))
        before[rng.random(before.shape) < 0.02] = np.nan
        now[rng.random(now.shape) < 0.02] = np.nan
        alarms += bool(detect_drift(before, now).drifted)
    assert alarms / runs < 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, None, 3] * 20, dtype="Int64"),
        pd.Series([1, None, 3] * 20, dtype=object),
        pd.Series([1.0, pd.NA, 3.0] * 20, dtype="Float64"),
        pl.Series([1, None, 3] * 20),
        pa.chunked_array([[1, None, 3] * 20]),
    ],
)
def test_nulls_of_every_library_are_missing(values: Any) -> None:
    kind = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[
        type(values).__module__.partition(".")[0]
    ]
    found = detect_drift(np.tile([[1.0], [3.0]], (30, 1)), kind({"x": values}), columns=["x"])["x"]
    assert (found.current_size, found.statistic) == (40, 0.0)
    assert found.current_missing == pytest.approx(1 / 3)


MIXED = pd.DataFrame(
    {
        "town": "x",
        "age": np.arange(60.0),
        "since": pd.date_range("2026-01-01", periods=60),
        "income": np.arange(60.0) * 2,
    }
)


def test_an_array_beside_a_table_takes_its_numeric_columns_or_all() -> None:
    reference = Reference(MIXED)
    numbers = MIXED[["age", "income"]] + 30
    by_name = detect_drift(reference, numbers, columns=["age", "income"])
    numeric = detect_drift(reference, MIXED[["age", "income"]].to_numpy() + 30)
    everything = detect_drift(reference, MIXED.assign(age=MIXED.age + 30).to_numpy())
    assert [found.pvalue for found in numeric.values()] == [
        found.pvalue for found in by_name.values()
    ]
    assert tuple(numeric) == ("age", "income")
    assert numeric.skipped["town"] == "not among the numeric columns of the array"
    assert tuple(everything) == ("town", "age", "income")
    assert everything.drifted == ("age",)
    assert (by_gap := detect_drift(reference, numbers))["town"].cause == "absent"
    assert by_gap.drifted == ("town", *by_name.drifted)


@pytest.mark.parametrize("width", [1, 3, 5])
def test_an_array_of_any_other_width_is_told_what_is_expected(width: int) -> None:
    with pytest.raises(
        ValueError,
        match=rf"current has {width} columns? and reference has 4 columns \(town, age, since, "
        r"income\), of which 2 are numeric \(age, income\); an array's columns go by position, so "
        "give all of them, or all numeric ones, in this order, or give a table",
    ):
        detect_drift(Reference(MIXED), np.zeros((40, width)))


def test_a_column_that_went_missing_has_no_direction() -> None:
    before = pd.DataFrame({"age": np.arange(400.0), "income": np.arange(400.0)})
    now = before.assign(age=before.age.where(np.arange(400) % 2 == 1), income=before.income + 200)
    report = detect_drift(before, now)
    assert report["age"].missing_pvalue is not None
    assert report["age"].sign == 1  # which is chance
    assert report["age"].drift
    assert report["age"]["direction"] is None
    assert report.to_frame().direction.tolist()[1] == "higher"
    assert report.to_frame("polars")["direction"].to_list() == [None, "higher"]


def test_booleans_integers_and_float32_are_compared() -> None:
    before = pd.DataFrame({"b": [True, False] * 50, "i": range(100), "f": np.ones(100, np.float32)})
    report = detect_drift(before, before.assign(b=True))
    assert report.drifted == ("b",)
    assert report["b"].statistic == 0.5


@pytest.mark.parametrize("stored", [False, True])
def test_sides_of_unlike_precision_are_compared_at_the_lesser(stored: bool) -> None:
    wide = np.tile([0.1, 0.2, 0.3, 1e300, np.inf, np.nan], 50)[:, None]
    with np.errstate(over="ignore"):
        narrow = wide.astype(np.float32)
    for before, now in ((wide, narrow), (narrow, wide)):
        reference = Reference(before)
        if stored:
            reference = Reference.from_bytes(reference.to_bytes())
        found = detect_drift(reference, now)["x0"]
        assert (found.statistic, found.pvalue, found.verdict) == (0.0, 1.0, "no drift")
        moved = detect_drift(reference, now[:200] + now.dtype.type(0.1))["x0"]
        with np.errstate(over="ignore"):
            shifted = (now[:200] + now.dtype.type(0.1)).astype(np.float32)
        both = detect_drift(narrow, shifted)["x0"]
        assert (moved.statistic, moved.pvalue) == (both.statistic, both.pvalue)


def test_other_columns_are_skipped_with_the_reason() -> None:
    before = pd.DataFrame(
        {
            **BEFORE,
            "day": pd.Timestamp("2026-01-01"),
            "id": [f"customer {place}" for place in range(300)],
            "list": [[1]] * 300,
            "some": ["a", 1] * 150,
        }
    )
    report = detect_drift(before, pd.DataFrame(NOW).assign(score=1.0))
    assert set(report.skipped) == {"day", "id", "list", "some", "score"}
    assert report.skipped["score"] == "not in the reference"
    assert report.skipped["id"] == "holds 300 different texts in 300 rows, like an identifier"
    assert report.skipped["list"] == "holds values that are no categories"
    assert report.skipped["some"] == "holds int and str values"
    assert "skipped: day" in repr(report)
    with pytest.raises(ValueError, match=r"column 'day' of reference cannot be compared"):
        detect_drift(before, before, columns=["day"])
    with pytest.raises(ValueError, match=r"'id' of reference cannot be compared.*encode"):
        Reference(before, columns=["id"])


@pytest.mark.parametrize(
    ("kind", "name"), [(pd.DataFrame, "datetime64[us]"), (pl.DataFrame, "Date"), (pa.table, "date")]
)
def test_types_are_named_as_their_library_names_them(kind: Any, name: str) -> None:
    days = np.arange("2026-01-01", "2026-02-10", dtype="datetime64[D]")
    before = kind({"x": np.arange(40.0), "day": days.astype("M8[us]") if name[-1] == "]" else days})
    assert f"has the type {name}" in detect_drift(before, before).skipped["day"]
    report = detect_drift(pd.DataFrame({"day": np.arange(40.0)}), before)
    assert report["day"].verdict == "drift"
    assert f"was a column of numbers, and now has the type {name}" in report["day"].note


@pytest.mark.parametrize(
    ("reference", "current"), [(3, 300), (300, 3), (29, 300), (300, 29), (30, 0)]
)
def test_too_few_rows_give_no_verdict(reference: int, current: int) -> None:
    before, now = RNG.normal(size=(reference, 2)), RNG.normal(9, 1, size=(current, 2))
    report = detect_drift(before, now)
    for found in report.values():
        assert found.verdict == "not enough data"
        assert not found.drift
        assert found.pvalue is found.statistic is found.adjusted_pvalue is None
    assert report.share == 0.0
    assert "not enough data" in repr(report)
    assert report.to_json().count("NaN") == 0
    report.plot() if reference + current > 30 else None


def test_a_column_without_any_value_has_drifted_if_it_had_values() -> None:
    empty = {"age": [None] * 200, "income": BEFORE["income"][:200]}
    for kind in KINDS:
        found = detect_drift(pd.DataFrame(BEFORE), kind(empty))["age"]
        assert (found.verdict, found.pvalue, found.current_missing) == ("drift", None, 1.0)
        assert detect_drift(kind(empty), kind(empty)).undecided == ("age",)


def test_infinite_values_are_the_largest_of_all() -> None:
    before, now = np.arange(100.0), np.where(np.arange(100) < 50, np.inf, np.arange(100.0))
    found = detect_drift(before[:, None], now[:, None])["x0"]
    assert found.statistic == stats.ks_2samp(before, now).statistic
    assert found.histogram is not None
    assert np.isfinite(found.histogram.edges).all()


def test_histograms_hold_what_numpy_counts() -> None:
    before, now = np.round(RNG.normal(size=400), 1), np.round(RNG.normal(1, 1, 300), 1)
    found = detect_drift(before[:, None], now[:, None])["x0"].histogram
    assert found is not None
    edges = np.histogram_bin_edges(np.concatenate([before, now]), 20)
    np.testing.assert_allclose(found.edges, edges, rtol=1e-12)
    for density, values in ((found.reference, before), (found.current, now)):
        expected = np.histogram(values, 20, range=(edges[0], edges[-1]), density=True)[0]
        np.testing.assert_allclose(density, expected, rtol=1e-9)


@pytest.mark.parametrize("value", [0.0, 1e300, -5e-324, 1e20, 16777217.0])
def test_a_constant_column_is_compared_and_drawn(value: float) -> None:
    column = np.full((50, 1), value)
    found = detect_drift(column, column)["x0"]
    assert (found.verdict, found.pvalue) == ("no drift", 1.0)
    assert found.histogram is not None
    assert np.all(np.diff(found.histogram.edges) > 0)


def test_a_report_does_not_grow_with_the_rows() -> None:
    small = detect_drift(RNG.normal(size=(100, 3)), RNG.normal(size=(100, 3)))
    large = detect_drift(RNG.normal(size=(100_000, 3)), RNG.normal(size=(100_000, 3)))
    assert len(large.to_json()) < 1.2 * len(small.to_json())
    assert len(large._repr_html_()) < 1.2 * len(small._repr_html_())


def test_false_alarms_keep_to_the_stated_rate() -> None:
    rng, alarms, runs = np.random.default_rng(11), 0, 300
    for _ in range(runs):
        alarms += bool(detect_drift(rng.normal(size=(120, 5)), rng.normal(size=(90, 5))).drifted)
    # 5 % at most; 4 standard errors above it.
    assert alarms / runs < 0.05 + 4 * (0.05 * 0.95 / runs) ** 0.5


@given(st.permutations(["a", "b", "c"]), st.integers(0, 2**32 - 1))
def test_the_order_of_columns_does_not_matter(order: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = pd.DataFrame(rng.normal(size=(40, 3)), columns=["a", "b", "c"])
    now = pd.DataFrame(rng.normal(size=(35, 3)), columns=["a", "b", "c"])
    assert dict(detect_drift(before, now)) == dict(detect_drift(before, now[order]))


GOOD = np.zeros((40, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: detect_drift(GOOD, GOOD[:, :1]), ValueError, "current has 1 column and"),
        (lambda: detect_drift(GOOD[:, 0], GOOD), ValueError, r"reshape\(-1, 1\)"),
        (lambda: detect_drift(GOOD, 3), TypeError, "current must be a two-dimensional"),
        (lambda: detect_drift(GOOD[:0], GOOD), ValueError, "reference has no rows"),
        (lambda: detect_drift(GOOD, GOOD, alpha=5), ValueError, "alpha must lie between 0 and 1"),
        (lambda: detect_drift(GOOD, GOOD, correction="fdr"), ValueError, "correction must be one"),
        (lambda: detect_drift(GOOD, GOOD, min_size=0), ValueError, "min_size must be a whole"),
        (lambda: detect_drift(GOOD, GOOD, alpha="0.05"), TypeError, "alpha must be a number.*str"),
        (lambda: detect_drift(GOOD, GOOD, alpha=True), TypeError, "alpha must be a number"),
        (lambda: detect_drift(GOOD, GOOD, alpha=Decimal("nan")), ValueError, "alpha must lie"),
        (lambda: detect_drift(GOOD, GOOD, min_size=np.inf), ValueError, "min_size must be a whole"),
        (lambda: detect_drift(GOOD, GOOD, min_size="3"), TypeError, "min_size must be a whole"),
        (lambda: detect_drift(GOOD, GOOD, min_size=2.5), ValueError, "min_size must be a whole"),
        (lambda: detect_drift(GOOD, GOOD, correction=3), TypeError, "correction must be one"),
        (lambda: detect_drift(GOOD, GOOD, tests=3), TypeError, "tests must be the name"),
        (lambda: detect_drift(GOOD, GOOD, tests="ps"), ValueError, "tests names 'ps'; known"),
        (lambda: detect_drift(GOOD, GOOD, tests={"x0": "t"}), ValueError, "tests names 't'; known"),
        (lambda: detect_drift(GOOD, GOOD, tests={"z": "ks"}), ValueError, "tests names 'z'"),
        (lambda: detect_drift(GOOD, GOOD, columns=["a"]), ValueError, "2 columns but 1 name given"),
        (lambda: detect_drift(GOOD, GOOD, columns=["a", "a"]), ValueError, "more than one column"),
        (lambda: detect_drift(np.array([["a"]]), GOOD), ValueError, "reference holds <U1"),
        (lambda: detect_drift(GOOD, pd.DataFrame(GOOD)), ValueError, "have no names; name them"),
        (
            lambda: detect_drift(pd.DataFrame(BEFORE), pd.DataFrame({"zip": [1.0]})),
            ValueError,
            r"current has none of the columns to compare \(age, income\); it has zip",
        ),
        (
            lambda: detect_drift(pd.DataFrame(BEFORE), pd.DataFrame(NOW), columns=["agee"]),
            ValueError,
            "reference has no column 'agee' \\(did you mean 'age'\\?\\); it has 'age', 'income'",
        ),
        (
            lambda: detect_drift(pd.DataFrame(BEFORE), pd.DataFrame(NOW), columns="age"),
            TypeError,
            "columns must be a list of names",
        ),
        (
            lambda: detect_drift(pd.DataFrame({"t": [b"a"]}), pd.DataFrame({"t": [b"a"]})),
            ValueError,
            "no column to compare; skipped: 't'",
        ),
        (lambda: detect_drift(pl.LazyFrame(BEFORE), GOOD), TypeError, "lazy; collect it"),
        (lambda: detect_drift(pd.Series([1.0]), GOOD), TypeError, r"single column.*to_frame\(\)"),
    ],
)
def test_bad_input_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_tests_may_be_given_by_column() -> None:
    report = detect_drift(GOOD, GOOD, tests={"x1": "ks"})
    assert isinstance(report, DriftReport)
    assert detect_drift(GOOD, GOOD, tests="ks") == report


def test_columns_of_the_same_name_are_refused_by_table() -> None:
    table = pd.DataFrame(np.eye(40, 2), columns=["age", "age"])
    for arguments, what in (((table, table), "reference"), ((table.iloc[:, :1], table), "current")):
        with pytest.raises(ValueError, match=f"{what} has columns with the same name"):
            detect_drift(*arguments)
