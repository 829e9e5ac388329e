"""ttest_ind and epps_singleton_2samp: SciPy's results."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from treering.stats import epps_singleton_2samp, ttest_ind

TOLERANCE = 1e-9  # relative, of p-values; statistics within 1e-10

ALTERNATIVES = ["two-sided", "less", "greater"]
values = hnp.arrays(np.float64, st.integers(2, 25), elements=st.floats(-100, 100, width=32))
discrete = hnp.arrays(np.float64, st.integers(5, 40), elements=st.integers(0, 9).map(float))


def assert_t(first, second, **options):
    with np.errstate(all="ignore"):
        theirs = stats.ttest_ind(first, second, **options)
    ours = ttest_ind(first, second, **options)
    if np.isnan(theirs.statistic) or abs(theirs.statistic) > 1e6:
        return  # what does not vary but for rounding
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-8, abs=1e-10)
    assert ours.df == pytest.approx(theirs.df, rel=1e-8)
    np.testing.assert_allclose(ours.pvalue, theirs.pvalue, rtol=1e-6, atol=1e-12)


@given(values, values, st.sampled_from(ALTERNATIVES), st.booleans())
def test_t_is_scipys(first, second, alternative, equal_var):
    if np.ptp(first) > 1e-3 and np.ptp(second) > 1e-3:
        assert_t(first, second, alternative=alternative, equal_var=equal_var)


@pytest.mark.parametrize("sizes", [(3, 2), (30, 45), (5000, 700), (300_000, 200_000)])
@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_t_of_all_sizes(sizes, alternative):
    rng = np.random.default_rng(sizes)
    for shift in (0.0, 0.01, 0.5):
        first, second = rng.normal(size=sizes[0]), rng.normal(size=sizes[1]) * 2 + shift
        for equal_var in (False, True):
            theirs = stats.ttest_ind(first, second, equal_var=equal_var, alternative=alternative)
            ours = ttest_ind(first, second, equal_var=equal_var, alternative=alternative)
            assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-10)
            np.testing.assert_allclose(ours.pvalue, theirs.pvalue, rtol=TOLERANCE)
            expected = theirs.confidence_interval(0.9)
            found = ours.confidence_interval(0.9)
            np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_t_along_axes_and_with_missing_values():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(20, 3)), rng.normal(size=(15, 3))
    first[2, 1] = np.nan
    for options in ({}, {"nan_policy": "omit"}, {"keepdims": True}, {"axis": None}):
        theirs = stats.ttest_ind(first, second, **options)
        ours = ttest_ind(first, second, **options)
        np.testing.assert_allclose(ours.statistic, theirs.statistic, rtol=1e-12)
        np.testing.assert_allclose(ours.pvalue, theirs.pvalue, rtol=TOLERANCE)
        np.testing.assert_allclose(ours.df, theirs.df, rtol=1e-12)
    omitted = ttest_ind(first, second, nan_policy="omit").confidence_interval()
    theirs = stats.ttest_ind(first, second, nan_policy="omit").confidence_interval()
    np.testing.assert_allclose(omitted.low, theirs.low, rtol=1e-9)
    with pytest.raises(ValueError, match="contain NaN"):
        ttest_ind(first, second, nan_policy="raise")


def test_what_scipy_does_is_passed_on():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=40), rng.normal(size=30)
    theirs = stats.ttest_ind(first, second, trim=0.2)
    ours = ttest_ind(first, second, trim=0.2)
    assert tuple(ours) == (theirs.statistic, theirs.pvalue)
    assert np.isnan(ours.difference)


def test_pairs_unpack_and_name_their_library():
    rows = pd.Series([1.0, 2.0, 3.0])
    result = ttest_ind(rows, rows + 1)
    statistic, pvalue = result
    assert (statistic, pvalue) == (result[0], result[1])
    assert result.backend == "pandas"
    assert result.difference == -1
    with pytest.raises(ValueError, match="alternative"):
        ttest_ind(rows, rows, alternative="both")
    with pytest.raises(ValueError, match="confidence_level"):
        result.confidence_interval(2)


@given(discrete, discrete)
def test_epps_singleton_is_scipys(first, second):
    pooled = np.concatenate([first, second])
    quartiles = np.percentile(pooled, [25, 75])
    if quartiles[0] == quartiles[1]:
        assert np.isnan(epps_singleton_2samp(first, second).pvalue)
        return
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        theirs = stats.epps_singleton_2samp(first, second)
    if caught:
        return  # the rank hangs on rounding
    ours = epps_singleton_2samp(first, second)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-6, abs=1e-9)
    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("sizes", [(5, 5), (24, 24), (25, 30), (40_000, 30_000)])
def test_epps_singleton_of_all_sizes(sizes):
    rng = np.random.default_rng(sizes)
    for shift in (0.0, 0.1):
        first, second = rng.normal(size=sizes[0]), rng.normal(size=sizes[1]) + shift
        for points in ((0.4, 0.8), (0.3,), (0.2, 0.5, 1.1)):
            theirs = stats.epps_singleton_2samp(first, second, points)
            ours = epps_singleton_2samp(first, second, points)
            assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-7)
            assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-6)


def test_epps_singleton_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="x has 4 observation"):
        epps_singleton_2samp([1, 2, 3, 4], [1, 2, 3, 4, 5])
    for points in ((0.0,), (), (-1,), (np.inf,), 0.4):
        with pytest.raises(ValueError, match="t must hold positive numbers"):
            epps_singleton_2samp(range(9), range(9), points)
    assert np.isnan(epps_singleton_2samp([1, 2, 3, 4, np.inf], range(9)).statistic)


def test_t_holds_at_the_ends_of_double_precision():
    assert ttest_ind([1e200] * 3, [0, 1, 2]).pvalue == 0
    plain = ttest_ind([1, 2, 4], [3, 5, 9], equal_var=False)
    for unit in (1e-90, 1e90):
        found = ttest_ind(
            [unit, 2 * unit, 4 * unit], [3 * unit, 5 * unit, 9 * unit], equal_var=False
        )
        assert (found.pvalue, found.df) == pytest.approx((plain.pvalue, plain.df), rel=1e-9)
