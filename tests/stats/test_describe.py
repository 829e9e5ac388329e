"""describe: pandas' numbers, of every kind of table."""

import math
from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from joblib import parallel_config

from treering.stats import correlation, describe, histogram

STATISTICS = ["count", "mean", "std", "min", "25%", "50%", "75%", "max"]


def found(result, names=STATISTICS):
    return np.array([[column[name] for name in names] for column in result.values()]).T


def day(text):
    return datetime.fromisoformat(text)


def mixed(rows=5000, columns=7):
    rng = np.random.default_rng(0)
    values = rng.standard_normal((rows, columns)) * 10.0 ** rng.integers(-3, 4, columns) + 7
    return pd.DataFrame(values).mask(rng.random((rows, columns)) < 0.1).rename(columns=str)


def same(result, frame):
    expected = frame.describe().to_numpy()
    values = found(result)
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    # The numbers next to a percentile are exact, and so is what lies between them.
    np.testing.assert_array_equal(values[3:], expected[3:])


@pytest.mark.parametrize("rows", [1, 2, 3, 400, 600, 5000])
def test_numbers_are_those_of_pandas(rows):
    frame = mixed(rows)
    same(describe(frame), frame)


@pytest.mark.parametrize(
    "make",
    [
        pl.from_pandas,
        pa.Table.from_pandas,
        lambda frame: np.ascontiguousarray(frame.to_numpy()),
        lambda frame: np.asfortranarray(frame.to_numpy()),
        lambda frame: np.repeat(frame.to_numpy(), 2, axis=0)[::2],
        lambda frame: frame.to_numpy().astype(object),
        lambda frame: frame.astype("Float64"),
    ],
)
def test_every_kind_of_table_gives_the_same(make):
    frame = mixed()
    np.testing.assert_array_equal(found(describe(make(frame))), found(describe(frame)))


def test_any_number_of_threads_gives_the_same_bits():
    frame = mixed(60_000, 9)
    by_rows = np.ascontiguousarray(frame.to_numpy())
    expected = found(describe(frame))
    for threads in (1, 2, 5):
        with parallel_config(n_jobs=threads):
            np.testing.assert_array_equal(found(describe(frame)), expected)
            np.testing.assert_array_equal(found(describe(by_rows)), expected)


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, max_side=40),
        elements=st.floats(-1e6, 1e6) | st.just(np.nan) | st.sampled_from([0.0, -0.0, 1.0]),
    ),
    st.lists(st.floats(0, 1), max_size=4, unique_by=lambda share: f"{100 * share:.12g}"),
)
def test_properties(array, percentiles):
    result = describe(array, percentiles=percentiles)
    for values, column in zip(array.T, result.values(), strict=True):
        known = values[~np.isnan(values)]
        assert column.count == len(known)
        assert column.count + column.missing == len(array)
        quantiles = list(column.quantiles.values())
        if len(known):
            np.testing.assert_array_equal(quantiles, np.quantile(known, percentiles))
            assert column.min == known.min()
            assert column.max == known.max()
            np.testing.assert_allclose(column.mean, known.mean(), rtol=1e-12, atol=1e-9)
        else:
            assert np.isnan([column.mean, column.min, *quantiles]).all()


@pytest.mark.parametrize(
    "values",
    [
        np.r_[np.zeros(3000), 1e300, np.full(2000, 1e-300)],  # all bits vary, and few do
        1e9 + np.arange(5000) / 7,
        np.r_[np.full(4000, 7.5), np.nan],
        np.random.default_rng(0).integers(0, 4, 9000).astype(float),
        np.r_[-np.inf, np.arange(1000.0), np.inf],
        np.nextafter(1, 2) ** np.arange(3000),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
def test_percentiles_are_exact_whatever_the_values(values, dtype):
    values = values.astype(dtype)
    shares = np.linspace(0, 1, 97)
    column = describe(values.reshape(-1, 1), percentiles=shares)["x0"]
    known = values[~np.isnan(values)].astype(np.float64)
    got = np.array(list(column.quantiles.values()))
    places = shares * (len(known) - 1)
    low, high = (np.sort(known)[f(places).astype(int)] for f in (np.floor, np.ceil))
    inside = np.isfinite(low) & np.isfinite(high)
    np.testing.assert_array_equal(got[inside], np.quantile(known, shares)[inside])


def test_infinities_are_numbers():
    frame = pd.DataFrame({"up": [1.0, np.inf, 2.0], "down": [-np.inf, 0.0, 1.0]})
    result = describe(frame)
    assert (result["up"].mean, result["up"].max) == (math.inf, math.inf)
    assert (result["down"].mean, result["down"].min) == (-math.inf, -math.inf)
    assert math.isnan(result["up"].std)
    assert math.isnan(describe([[np.inf], [-np.inf]])["x0"].mean)


def test_empty_tables():
    assert len(describe(pd.DataFrame())) == 0
    assert describe(np.empty((0, 2)))["x1"].count == 0
    assert describe(np.empty((4, 0))).rows == 4
    column = describe(np.full((3, 1), np.nan))["x0"]
    assert (column.count, column.missing) == (0, 3)
    assert math.isnan(column.mean)
    one = describe([[5.0]])["x0"]
    assert (one.mean, one["75%"]) == (5.0, 5.0)
    assert math.isnan(one.std)
    assert describe([[3.5], [3.5], [3.5]])["x0"].std == 0


def test_whole_numbers_are_read_in_double_precision():
    column = describe(np.array([[2**53 + 1], [2**53 + 1]]))["x0"]
    assert column.max == float(2**53)
    assert describe(np.array([[1], [2]], dtype=np.uint8))["x0"].mean == 1.5


def test_a_large_offset_costs_no_digits():
    column = describe((1e9 + np.arange(4.0)).repeat(30_000).reshape(-1, 1))["x0"]
    assert column.std == pytest.approx(math.sqrt(1.25 * 120_000 / 119_999), rel=1e-13)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_texts_truth_and_moments(library):
    columns = {
        "text": ["b", "a", "b", None],
        "tie": ["z", "y", None, None],
        "truth": [True, False, True, True],
        "day": [day("2024-01-01"), day("2025-06-07"), None, day("2024-03-03")],
    }
    make = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}[library]
    result = describe(make(columns))
    text = result["text"]
    assert (text.kind, text.count, text.missing) == ("categories", 3, 1)
    assert (text.unique, text.top, text.freq) == (2, "b", 2)
    assert result["tie"].top == "y"
    assert (result["truth"].top, result["truth"].freq) == (True, 3)
    days = result["day"]
    assert (days.kind, days.count, days.missing) == ("moments", 3, 1)
    assert (days.first, days.last) == (day("2024-01-01"), day("2025-06-07"))
    with pytest.raises(KeyError, match="a column of moments has no 'mean'; it has column"):
        days["mean"]
    assert "nan" not in repr(result).lower()


def test_categories_that_no_row_has_are_not_counted():
    column = pd.Categorical(["u", "v", "u", None], categories=["u", "v", "w"])
    found = describe(pd.DataFrame({"c": column}))["c"]
    assert (found.unique, found.top, found.freq, found.missing) == (2, "u", 2, 1)


def test_objects():
    table = pd.DataFrame(
        {
            "numbers": np.array([1, 2.5, None], dtype=object),
            "kinds": np.array([1, "a", "a"], dtype=object),
            "lists": [[1], [2], [3]],
        }
    )
    result = describe(table)
    assert result["numbers"].mean == 1.75
    assert (result["kinds"].top, result["kinds"].unique) == ("a", 2)
    assert list(result.skipped) == ["lists"]
    with pytest.raises(KeyError, match="'lists' is not described: it holds values that cannot be"):
        result["lists"]


def test_names_that_are_no_text_and_near_misses():
    result = describe(pd.DataFrame({1: [0.5], ("a", 2): [1.5]}))
    assert list(result) == ["1", "('a', 2)"]
    assert result[1].mean == 0.5
    with pytest.raises(KeyError, match=r"did you mean 'price'\?"):
        describe(pd.DataFrame({"price": [1.0]}))["prise"]


def test_wide_tables():
    array = np.random.default_rng(0).normal(size=(500, 1000))
    np.testing.assert_allclose(
        found(describe(array)), pd.DataFrame(array).describe(), rtol=1e-12, atol=1e-14
    )
    assert "and 960 more" in repr(describe(array))


def test_percentiles_have_pandas_names():
    shares = [0.999, 0.05, 1 / 3, 0.5]
    column = describe([[1.0], [2.0]], percentiles=shares)["x0"]
    assert list(column.quantiles) == ["99.9%", "5%", "33.3333333333%", "50%"]
    assert column["99.9%"] == pytest.approx(1.999)
    assert describe([[1.0]], percentiles=[])["x0"].quantiles == {}


@pytest.mark.parametrize(
    ("percentiles", "kind", "message"),
    [
        ([25, 75], ValueError, "between 0 and 1; got 25"),
        ([float("nan")], ValueError, "between 0 and 1; got nan"),
        ([0.5, 0.5], ValueError, "names 50% twice"),
        (["a"], TypeError, "must be numbers between 0 and 1; got 'a'"),
        ("0.5", TypeError, "must be shares between 0 and 1"),
        (0.5, TypeError, "must be shares between 0 and 1"),
    ],
)
def test_other_percentiles_are_refused(percentiles, kind, message):
    with pytest.raises(kind, match=message):
        describe([[1.0]], percentiles=percentiles)


def test_what_is_no_table_is_refused():
    with pytest.raises(ValueError, match="two-dimensional"):
        describe([1.0, 2.0])
    with pytest.raises(TypeError, match="single column"):
        describe(pd.Series([1.0]))
    with pytest.raises(ValueError, match=r"more than one column named|same name"):
        describe(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_masked_cells_are_missing():
    masked = np.ma.masked_equal([[1.0, 2.0], [0.0, 4.0], [3.0, 1.0], [5.0, 0.0]], 0)
    table = pd.DataFrame(masked)
    assert [describe(masked)[name].count for name in ("x0", "x1")] == [3, 3]
    assert describe(masked)["x0"].mean == table[0].mean()
    np.testing.assert_allclose(correlation(masked).matrix, table.corr())


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_columns_of_text_without_rows_are_no_numbers(library):
    table = library({"price": [1.0, 2.0], "ocean": ["near", "far"]}).head(0)
    assert [*correlation(table).skipped] == [*histogram(table).skipped] == ["ocean"]
