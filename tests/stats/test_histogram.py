"""histogram: numpy's counts for every column of a table."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import parallel_config

from treering.plotting import HistogramDisplay
from treering.stats import histogram

mpl.use("Agg")


def same(column, values, bins=10):
    counts, edges = np.histogram(values[~np.isnan(values)], bins)
    np.testing.assert_array_equal(column.counts, counts)
    np.testing.assert_array_equal(column.edges, edges)


@pytest.mark.parametrize("bins", [1, 7, 10, 1000, [0.0, 0.5, 4.0], np.linspace(-1, 1, 12)])
def test_counts_are_those_of_numpy(bins):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=9000), "b": rng.integers(0, 9, 9000) / 2})
    frame.loc[::50, "a"] = np.nan
    result = histogram(frame, bins)
    for name, column in result.items():
        same(column, frame[name].to_numpy(), bins)
        assert column.missing == frame[name].isna().sum()
        assert sum(column.counts) + column.outside + column.missing == 9000


@given(
    arrays(
        np.float64, st.integers(1, 60), elements=st.floats(-1e3, 1e3).map(lambda x: round(x, 1))
    ),
    st.integers(1, 30),
)
def test_properties(values, bins):
    if np.ptp(values) == 0 or np.ptp(values) > 1e-9:
        same(histogram(values.reshape(-1, 1), bins)["x0"], values, bins)


def test_any_number_of_threads_gives_the_same():
    array = np.random.default_rng(0).normal(size=(60_000, 6))
    expected = histogram(array, 50)
    for threads in (1, 2, 5):
        with parallel_config(n_jobs=threads):
            assert histogram(np.asfortranarray(array), 50) == expected


def test_infinities_are_outside():
    column = histogram([[np.inf], [1.0], [-np.inf], [3.0], [np.nan]], 2)["x0"]
    assert (column.edges, column.counts) == ((1.0, 2.0, 3.0), (1, 1))
    assert (column.outside, column.missing) == (2, 1)
    assert histogram([[np.inf], [0.5]], [0, 1, np.inf])["x0"].counts == (1, 1)


def test_what_has_no_range():
    for empty in (np.full((3, 1), np.nan), np.empty((0, 1)), np.array([[np.inf]])):
        column = histogram(empty, 4)["x0"]
        assert (column.edges[0], column.edges[-1], sum(column.counts)) == (0, 1, 0)
    column = histogram([[3.0], [3.0]], 2)["x0"]
    assert (column.edges, column.counts) == ((2.5, 3.0, 3.5), (0, 2))
    assert len(histogram(np.empty((3, 0)))) == 0


@pytest.mark.parametrize(
    "ends", [(1e17, 1e17 + 16), (-1.7e308, 1.7e308), (1e300, 1e300), (5e-324, 1e-323), (0, 5e-324)]
)
def test_ranges_at_the_limits_of_double_precision(ends):
    column = histogram(np.array(ends).reshape(2, 1), 10)["x0"]
    assert (np.diff(np.array(column.edges) / 2) >= 0).all()
    assert len(set(column.edges)) == 11
    assert np.isfinite(column.edges).all()
    assert sum(column.counts) == 2


def test_columns_that_are_no_numbers_are_listed():
    result = histogram(pd.DataFrame({"t": ["a"], "n": [1]}))
    assert list(result) == ["n"]
    with pytest.raises(KeyError, match="'t' has no histogram: it has the type"):
        result["t"]


def test_pictures():
    result = histogram(np.arange(30.0).reshape(10, 3), 5)
    display = result["x1"].plot()
    assert isinstance(display, HistogramDisplay)
    assert display.ax_.get_title() == "x1"
    grid = result.plot(most=2)
    assert [ax.get_title() for ax in grid.ax_] == ["x0", "x1"]
    assert grid.title.startswith("2 of 3 columns")
    with pytest.raises(ValueError, match="nothing to draw"):
        histogram(np.empty((2, 0))).plot()
    with pytest.raises(ValueError, match="one number for each bin"):
        HistogramDisplay([0, 1], [1, 2])


@pytest.mark.parametrize(
    ("bins", "kind", "message"),
    [
        (0, ValueError, "bins must be a whole number from 1"),
        (2.5, ValueError, "whole number"),
        (10**9, ValueError, "to 1000000"),
        ("auto", TypeError, "bins must be a number of bins, or their edges; got 'auto'"),
        (None, TypeError, "bins must be a number of bins"),
        ([1], ValueError, "that increase"),
        ([1, 1], ValueError, "that increase"),
        ([0, np.nan], ValueError, "that increase"),
    ],
)
def test_other_bins_are_refused(bins, kind, message):
    with pytest.raises(kind, match=message):
        histogram([[1.0]], bins)
