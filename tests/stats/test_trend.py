import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from treering.stats import mann_kendall


@given(
    st.permutations(list(range(7)))
    | st.integers(8, 50).flatmap(lambda n: st.permutations(range(n)))
)
def test_without_ties_pvalues_are_exact(values):
    result = mann_kendall(values)
    expected = stats.kendalltau(np.arange(len(values)), values, method="exact")
    assert result.method == "exact"
    assert result.tau == pytest.approx(expected.statistic, abs=1e-14)
    assert result.pvalue == pytest.approx(expected.pvalue, rel=1e-12)


@given(st.lists(st.integers(-5, 5), min_size=3, max_size=60).filter(lambda v: len(set(v)) > 1))
def test_with_ties_tau_variance_and_slope_equal_scipy(values):
    result = mann_kendall(values)
    steps = np.arange(len(values))
    assert result.tau == pytest.approx(stats.kendalltau(steps, values).statistic, abs=1e-14)
    assert result.slope == pytest.approx(stats.theilslopes(values, steps).slope, abs=1e-14)
    if result.method == "normal":
        z = max(abs(result.s) - 1, 0) / np.sqrt(result.variance)
        assert result.pvalue == pytest.approx(2 * stats.norm.sf(z), rel=1e-11)
        if result.s:
            # SciPy's asymptotic p-value has the same variance and no continuity correction.
            theirs = stats.kendalltau(steps, values, method="asymptotic").pvalue
            assert stats.norm.isf(theirs / 2) == pytest.approx(
                abs(result.s) / np.sqrt(result.variance), rel=1e-9
            )


@pytest.mark.parametrize("size", [512, 513, 800, 801])
def test_long_series_have_the_same_slope(size):
    rng = np.random.default_rng(size)
    values = np.cumsum(rng.normal(size=size))
    expected = stats.theilslopes(values, np.arange(size)).slope
    assert mann_kendall(values).slope == pytest.approx(expected, abs=1e-13)
    rounded = values.round()
    assert mann_kendall(rounded).slope == pytest.approx(
        stats.theilslopes(rounded, np.arange(size)).slope, abs=1e-13
    )


def test_many_values_take_no_square_of_their_number():
    values = np.arange(20_000.0) + np.random.default_rng(0).normal(size=20_000)
    result = mann_kendall(values)
    assert result.slope == pytest.approx(1, abs=1e-4)
    assert result.pvalue == 0


def test_slow_decay_is_seen_that_first_and_last_do_not_show():
    values = [0.95, 0.955, 0.945, 0.94, 0.942, 0.935, 0.93, 0.931, 0.925, 0.92, 0.918, 0.95]
    result = mann_kendall(values)
    assert values[0] == values[-1]
    assert result.pvalue < 0.01
    assert result.slope < 0


def test_constant_series_have_no_trend():
    result = mann_kendall([0.9] * 30)
    assert (result.tau, result.s, result.pvalue, result.slope, result.size) == (0, 0, 1, 0, 30)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, np.nan, 2.0], "index 1, contains NaN; expected finite numbers"),
        ([1.0, np.inf], "index 1, contains inf"),
        ([[1.0, 2.0]], "one-dimensional; got 2 dimensions"),
    ],
)
def test_bad_input_is_explained(values, message):
    with pytest.raises(ValueError, match=message):
        mann_kendall(values)


DAYS = np.arange("2026-01-01", "2026-01-09", dtype="datetime64[D]")


@pytest.mark.parametrize(
    "values",
    [
        DAYS,
        list(DAYS),
        DAYS.tolist(),
        pd.Series(DAYS),
        pd.Series(DAYS).dt.tz_localize("UTC"),
        list(pd.Series(DAYS)),
        pl.Series(DAYS),
        pa.array(DAYS),
        DAYS - DAYS[0],
        pd.Series(DAYS - DAYS[0]),
        pl.Series(DAYS).diff(),
        np.array(DAYS.tolist(), dtype=object),
        np.array([*DAYS, None])[:8],
    ],
)
def test_moments_are_no_numbers(values):
    with pytest.raises(TypeError, match="values must hold numbers"):
        mann_kendall(values)


def test_who_gives_moments_is_told_what_to_give():
    with pytest.raises(
        TypeError, match=r"got moments, of type datetime64\[D\]: give what was meas"
    ):
        mann_kendall(DAYS)
    with pytest.raises(TypeError, match=r"lengths of time, of type timedelta64\[D\]: divide them"):
        mann_kendall(DAYS - DAYS[0])
    assert mann_kendall((DAYS - DAYS[0]) / np.timedelta64(1, "D")).slope == 1


@pytest.mark.parametrize("kind", [pd.Series, pl.Series, pa.array, list, tuple])
def test_numbers_of_every_library_are_read(kind):
    assert mann_kendall(kind([1.0, 2.0, 4.0])).s == 3
    assert mann_kendall(kind([1, 2, 4])).s == 3


@pytest.mark.parametrize("values", [[], [0.9]])
def test_too_short_a_series_says_how_long_it_has_to_be(values: list[float]) -> None:
    told = f"values has {len(values)} value{'s' * (not values)}; a trend takes at least 2, and 5"
    with pytest.raises(ValueError, match=told):
        mann_kendall(values)
