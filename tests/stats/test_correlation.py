"""correlation: pandas' matrices, for every method, with missing values too."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import parallel_config
from matplotlib import pyplot as plt
from scipy import stats

from treering.plotting import CorrelationDisplay
from treering.stats import correlation

METHODS = ("pearson", "spearman", "kendall")


def table(rows=400, columns=5, *, missing=0.0, ties=False):
    rng = np.random.default_rng(3)
    values = rng.standard_normal((rows, columns)) + rng.standard_normal((rows, 1))
    frame = pd.DataFrame(np.round(values, 1 if ties else 17)).rename(columns=str)
    return frame.mask(rng.random(frame.shape) < missing)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("ties", [False, True])
def test_matrices_are_those_of_pandas(method, missing, ties):
    frame = table(missing=missing, ties=ties)
    result = correlation(frame, method)
    np.testing.assert_allclose(result.matrix, frame.corr(method), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(result.matrix, result.matrix.T)
    pd.testing.assert_frame_equal(
        result.to_frame().set_index("column").rename_axis(None), frame.corr(method), atol=1e-12
    )


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("columns", [1, 2, 63, 64, 65, 130])
def test_bands_of_columns_meet(columns, missing):
    frame = table(300, columns, missing=missing)
    np.testing.assert_allclose(correlation(frame).matrix, frame.corr(), rtol=0, atol=1e-12)


def test_wide_tables():
    array = np.random.default_rng(0).normal(size=(500, 1000))
    result = correlation(array)
    np.testing.assert_allclose(result.matrix, np.corrcoef(array.T), rtol=0, atol=1e-12)
    assert "and 990 more columns" in repr(result)
    assert len(result._repr_html_()) < 60_000


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_layouts_and_threads_change_no_bit(method, missing):
    frame = table(20_000 if method == "kendall" else 60_000, 4, missing=missing)
    expected = correlation(frame, method)
    for threads in (1, 2, 5):
        with parallel_config(n_jobs=threads):
            assert correlation(frame, method) == expected
            for other in (np.ascontiguousarray, np.asfortranarray):
                array = correlation(other(frame.to_numpy()), method)
                np.testing.assert_array_equal(array.matrix, expected.matrix)
    assert correlation(pl.from_pandas(frame), method) == expected


@given(arrays(np.int8, st.tuples(st.integers(2, 40), st.just(2)), elements=st.integers(-3, 3)))
def test_properties(array):
    for method in METHODS:
        matrix = correlation(array, method).matrix
        known = ~np.isnan(matrix)
        assert (np.abs(matrix[known]) <= 1).all()
        varies = [len(set(column)) > 1 for column in array.T.tolist()]
        np.testing.assert_array_equal(known, np.outer(varies, varies))
        mirrored = correlation(-array[:, ::-1].astype(float), method).matrix[::-1, ::-1]
        np.testing.assert_allclose(mirrored, matrix, atol=1e-12)
    if all(varies):
        tau = stats.kendalltau(*array.T).statistic
        np.testing.assert_allclose(correlation(array, "kendall").matrix[0, 1], tau, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_infinities_are_left_out_as_in_pandas(method):
    frame = table(100, 3)
    frame.iloc[3, 0], frame.iloc[7, 0], frame.iloc[9, 2] = np.inf, -np.inf, np.nan
    result = correlation(frame, method)
    np.testing.assert_allclose(result.matrix, frame.corr(method), rtol=0, atol=1e-12)
    without = frame.replace([np.inf, -np.inf], np.nan)
    assert correlation(without, method) == result


@pytest.mark.parametrize("method", METHODS)
def test_what_does_not_vary_has_no_correlation(method):
    frame = pd.DataFrame({"a": [0.1] * 4, "b": [1.0, 2, 4, 3], "c": [np.nan] * 4})
    result = correlation(frame, method)
    assert np.isnan(result.matrix[[0, 2]]).all()
    assert result["b"]["b"] == 1
    assert "nan" not in repr(result)
    assert np.isnan(correlation(frame[:1], method).matrix).all()
    assert np.isnan(correlation(frame[:0], method).matrix).all()


def test_rows_of_a_pair_that_do_not_vary_have_none_either():
    rng = np.random.default_rng(0)
    a, b = np.r_[np.full(50, 0.1), rng.normal(size=50)], rng.normal(size=100)
    b[50:] = np.nan
    assert np.isnan(correlation(pd.DataFrame({"a": a, "b": b}))["a"]["b"])


def test_rows_of_a_pair_far_from_the_means_lose_no_digits():
    rng = np.random.default_rng(0)
    a = np.r_[1e6 + rng.normal(size=50) * 1e-3, rng.normal(size=5000)]
    b = np.r_[a[:50] * 2 + rng.normal(size=50) * 1e-3, np.full(5000, np.nan)]
    expected = np.corrcoef(a[:50] - 1e6, b[:50] - 2e6)[0, 1]
    assert correlation(pd.DataFrame({"a": a, "b": b}))["a"]["b"] == pytest.approx(
        expected, abs=1e-9
    )


def test_offsets_and_scales_cost_no_digits():
    frame = table(1000, 3)
    expected = correlation(frame).matrix
    for factor in (1e-200, 1e200):
        np.testing.assert_allclose(correlation(frame * factor).matrix, expected, atol=1e-12)
    whole = (frame * 1000).round()
    moved = correlation(whole + 2.0**40).matrix
    np.testing.assert_allclose(moved, correlation(whole).matrix, rtol=0, atol=1e-12)


def test_kinds_of_columns():
    frame = pd.DataFrame(
        {
            "truth": [True, False, True, True],
            "whole": [1, 2, 3, 5],
            "single": np.array([1, 2, 4, 3], dtype=np.float32),
            "text": list("abca"),
        }
    )
    result = correlation(frame)
    assert list(result) == ["truth", "whole", "single"]
    np.testing.assert_allclose(result.matrix, frame.corr(numeric_only=True), atol=1e-12)
    with pytest.raises(KeyError, match="'text' has no correlations: it has the type"):
        result["text"]
    with pytest.raises(KeyError, match=r"did you mean 'whole'\?"):
        result["hole"]


def test_strongest_sorts_by_size():
    frame = pd.DataFrame(
        {"y": [1.0, 2, 3, 4], "a": [4.0, 3, 2, 1.5], "b": [1.0, 4, 2, 3], "c": 1.0}
    )
    strongest = correlation(frame).strongest("y")
    assert list(strongest) == ["a", "b", "c"]
    assert strongest["a"] < -0.9
    assert list(correlation(frame).strongest("a")) == ["y", "b", "c"]


def test_a_column_named_column():
    frame = correlation(pd.DataFrame({"column": [1.0, 2], "column_": [2.0, 1]})).to_frame()
    assert list(frame.columns) == ["column__", "column", "column_"]


def test_other_methods_are_refused():
    with pytest.raises(ValueError, match="method must be one of pearson, spearman, kendall; got"):
        correlation([[1.0]], "phi")
    with pytest.raises(TypeError, match="method must be one of"):
        correlation([[1.0]], None)
    with pytest.raises(ValueError, match="two-dimensional"):
        correlation([1.0])


def test_a_heat_map_holds_the_matrix():
    table = np.random.default_rng(0).normal(size=(20, 3))
    table[:, 2] = 1
    display = correlation(table).plot()
    assert isinstance(display, CorrelationDisplay)
    np.testing.assert_array_equal(display.ax_.images[0].get_array().filled(np.nan), display.matrix)
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts[:3] == ["1.00", f"{display.matrix[0, 1]:.2f}", ""]
    assert [label.get_text() for label in display.ax_.get_xticklabels()] == ["x0", "x1", "x2"]
    wide = correlation(np.random.default_rng(0).normal(size=(20, 40))).plot()
    assert wide.ax_.get_title() == "pearson, 30 of 40 columns; plot(most=...) draws more"
    assert wide.matrix.shape == (30, 30)
    assert not wide.ax_.texts
    figure, ax = plt.subplots()
    assert correlation(table).plot(ax, most=2).ax_ is ax
    figure.canvas.draw()
    plt.close("all")
    with pytest.raises(ValueError, match="nothing to draw"):
        correlation(pd.DataFrame({"a": ["x"]})).plot()
    with pytest.raises(ValueError, match=r"for each pair of the 2 names.*shape \(2,\)"):
        CorrelationDisplay([1, 2], ["a", "b"])
