import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from treering.stats import anderson_ksamp, cramervonmises_2samp, mannwhitneyu

TOLERANCE = 1e-11  # relative, of exact and normal p-values; statistics within 1e-13
LIMIT_TOLERANCE = 2e-7  # absolute, of Cramer-von Mises' limit law: where SciPy stops summing

ALTERNATIVES = ["two-sided", "less", "greater"]
METHODS = ["auto", "exact", "asymptotic"]

values = hnp.arrays(np.float64, st.integers(1, 25), elements=st.integers(-6, 6).map(float))
pairs = hnp.arrays(np.float64, st.integers(2, 9), elements=st.integers(-6, 6).map(float))


def assert_mann_whitney(first, second, **options):
    with np.errstate(all="ignore"):
        theirs = stats.mannwhitneyu(first, second, **options)
    ours = mannwhitneyu(first, second, **options)
    assert ours.statistic == theirs.statistic
    np.testing.assert_allclose(ours.pvalue, theirs.pvalue, rtol=TOLERANCE, atol=0)


@given(values, values, st.sampled_from(ALTERNATIVES), st.sampled_from(METHODS), st.booleans())
def test_mann_whitney_is_scipys(first, second, alternative, method, use_continuity):
    assert_mann_whitney(
        first, second, alternative=alternative, method=method, use_continuity=use_continuity
    )


@pytest.mark.parametrize("sizes", [(8, 300), (40, 35), (1, 1), (1000, 1200), (70_000, 50)])
def test_mann_whitney_of_all_sizes(sizes):
    rng = np.random.default_rng(sizes)
    for shift in (0.0, 0.4, 3.0):
        first, second = rng.normal(size=sizes[0]), rng.normal(size=sizes[1]) + shift
        assert_mann_whitney(first, second)
        if max(sizes) < 100:
            assert_mann_whitney(first, second, method="exact", alternative="less")


def test_exact_p_values_count_all_orders():
    first, second = np.array([1.0, 4.0, 5.0]), np.array([2.0, 3.0, 6.0, 7.0])
    pooled = np.concatenate([first, second])
    found = []
    for chosen in itertools.combinations(range(7), 3):
        inside = np.isin(np.arange(7), chosen)
        found.append((pooled[inside][:, None] > pooled[~inside]).sum())
    observed = (first[:, None] > second).sum()
    expected = 2 * min(np.mean(found <= observed), np.mean(found >= observed))
    assert mannwhitneyu(first, second).pvalue == pytest.approx(min(expected, 1), rel=1e-14)


def test_sizes_beyond_exact_tests_are_refused():
    first, second = np.arange(60_000.0), np.arange(50_000.0) + 0.5
    for test in (mannwhitneyu, cramervonmises_2samp):
        with pytest.raises(ValueError, match="'exact' for 60000 and 50000 values"):
            test(first, second, method="exact")


@settings(deadline=None)
@given(pairs, pairs, st.sampled_from(METHODS))
def test_cramer_von_mises_is_scipys(first, second, method):
    theirs = stats.cramervonmises_2samp(first, second, method=method)
    ours = cramervonmises_2samp(first, second, method=method)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-13, abs=1e-13)
    limit = LIMIT_TOLERANCE if method == "asymptotic" else TOLERANCE
    assert ours.pvalue == pytest.approx(theirs.pvalue, abs=limit)


@pytest.mark.parametrize("sizes", [(12, 15), (20, 19), (300, 40), (5000, 7000)])
def test_cramer_von_mises_of_all_sizes(sizes):
    rng = np.random.default_rng(sizes)
    for shift in (0.0, 0.1, 1.0):
        first, second = rng.normal(size=sizes[0]), rng.normal(size=sizes[1]) + shift
        theirs = stats.cramervonmises_2samp(first, second)
        ours = cramervonmises_2samp(first, second)
        assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-10, abs=1e-13)
        limit = LIMIT_TOLERANCE if max(sizes) > 20 else TOLERANCE
        assert ours.pvalue == pytest.approx(theirs.pvalue, abs=limit)


@pytest.mark.parametrize("test", [mannwhitneyu, cramervonmises_2samp])
@given(first=pairs, second=pairs)
def test_only_the_order_counts(test, first, second):
    ours = test(first, second, method="asymptotic")
    assert test(np.exp(first), np.exp(second), method="asymptotic") == ours or np.isnan(ours.pvalue)


@pytest.mark.parametrize("name", ["mannwhitneyu", "cramervonmises_2samp"])
@pytest.mark.parametrize(
    ("axis", "keepdims"), [(0, False), (1, False), (-1, False), (None, False), (0, True), (1, True)]
)
def test_axes_are_scipys(name, axis, keepdims):
    rng = np.random.default_rng(4)
    # Without ties: SciPy takes one method for all slices if any of them has some.
    first, second = rng.normal(size=(6, 5)), rng.normal(size=(6, 5))
    ours = {"mannwhitneyu": mannwhitneyu, "cramervonmises_2samp": cramervonmises_2samp}[name]
    result = ours(first, second, axis=axis, keepdims=keepdims)
    theirs = getattr(stats, name)(first, second, axis=axis, keepdims=keepdims)
    assert np.shape(result.pvalue) == np.shape(theirs.pvalue)
    np.testing.assert_allclose(result.statistic, theirs.statistic, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(result.pvalue, theirs.pvalue, atol=LIMIT_TOLERANCE)


@pytest.mark.parametrize("test", [mannwhitneyu, cramervonmises_2samp])
def test_missing_values_follow_the_policy(test):
    first, second = [1.0, np.nan, 3.0, 2.5], pd.Series([2.0, 4.0, None])
    assert np.isnan(test(first, second).pvalue)
    assert np.isnan(test(first, second).statistic)
    omitted = test(first, second, nan_policy="omit")
    assert omitted == test([1.0, 3.0, 2.5], [2.0, 4.0])
    assert omitted.to_dict()["pvalue"] == omitted.pvalue
    with pytest.raises(ValueError, match="nan_policy='omit'"):
        test(first, second, nan_policy="raise")
    with pytest.warns(RuntimeWarning, match="is left of a sample"):
        assert np.isnan(test(first, [np.nan, np.nan], nan_policy="omit").pvalue)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="y is empty; expected at least one observation"):
        mannwhitneyu([1.0], [])
    with pytest.raises(ValueError, match="x has 1 observation; expected at least 2 observations"):
        cramervonmises_2samp([1.0], [1.0, 2.0])
    with pytest.raises(
        ValueError, match="method must be one of auto, exact, asymptotic; got 'asymp'"
    ):
        cramervonmises_2samp([1.0, 2.0], [1.0, 2.0], method="asymp")
    with pytest.raises(ValueError, match="alternative must be one of"):
        mannwhitneyu([1.0, 2.0], [1.0, 2.0], alternative="more")
    with pytest.raises(TypeError, match="x must hold numbers"):
        mannwhitneyu(["a"], [1.0])


def test_results_unpack_as_scipys():
    statistic, pvalue = mannwhitneyu([1, 2, 3], [4, 5, 6])
    assert (statistic, pvalue) == tuple(stats.mannwhitneyu([1, 2, 3], [4, 5, 6]))
    result = cramervonmises_2samp([1, 2, 3], [4, 5, 6])
    assert not hasattr(result, "__iter__")
    assert "statistic" in str(result)


def test_whole_numbers_beyond_double_precision_are_told_apart():
    first = np.array([2**60, 2**60 + 2, 2**60 + 4])
    result = mannwhitneyu(first, first + 1)
    assert result == mannwhitneyu([0, 2, 4], [1, 3, 5])


def test_equal_values_say_nothing():
    first, second = [1.0] * 9, [1.0] * 12
    assert mannwhitneyu(first, second).pvalue == stats.mannwhitneyu(first, second).pvalue == 1
    assert np.isnan(mannwhitneyu(first, second, use_continuity=False).pvalue)


@given(pairs, pairs, st.sampled_from(["midrank", "right"]))
def test_anderson_darling_is_scipys(first, second, variant):
    if np.ptp(np.concatenate([first, second])) == 0:
        with pytest.raises(ValueError, match="all values are"):
            anderson_ksamp([first, second], variant=variant)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = stats.anderson_ksamp([first, second], variant=variant)
    ours = anderson_ksamp([first, second], variant=variant)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-10, abs=1e-10)
    assert_anderson_pvalue(ours.pvalue, theirs.pvalue)


def assert_anderson_pvalue(ours, theirs):
    """SciPy's table ends at 0.25 and 0.001."""
    if theirs == 0.25:
        assert 0.25 <= ours <= 1
    elif theirs == 0.001:
        assert 0 <= ours <= 0.001
    else:
        assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.filterwarnings("ignore:p-value")
@pytest.mark.parametrize("sizes", [(2, 2), (12, 15), (300, 40), (5000, 70_000)])
def test_anderson_darling_of_all_sizes(sizes):
    rng = np.random.default_rng(sizes)
    for shift in (0.0, 0.05, 0.4, 2.0):
        first, second = rng.normal(size=sizes[0]), rng.normal(size=sizes[1]) + shift
        for samples in ([first, second], [first.astype(np.float32), second.round(1)]):
            theirs = stats.anderson_ksamp(samples, variant="midrank")
            ours = anderson_ksamp(samples)
            assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-7, abs=1e-9)
            assert_anderson_pvalue(ours.pvalue, theirs.pvalue)


def test_anderson_darlings_pvalues_are_as_rare_as_they_say():
    rng = np.random.default_rng(5)
    found = [anderson_ksamp(rng.normal(size=(2, 60))).pvalue for _ in range(4000)]
    for level in (0.9, 0.5, 0.3, 0.25, 0.1, 0.05, 0.01):
        share = np.mean(np.array(found) <= level)
        error = 4 * np.sqrt(level * (1 - level) / len(found))
        assert share == pytest.approx(level, abs=error + 0.01)


def test_anderson_darling_of_more_samples_and_odd_ones():
    rng = np.random.default_rng(2)
    samples = [rng.normal(size=20) + shift for shift in (0, 0.3, 0.9)]
    theirs = stats.anderson_ksamp(samples, variant="midrank")
    ours = anderson_ksamp(samples)
    assert (ours.statistic, ours.pvalue) == (theirs.statistic, theirs.pvalue)
    continuous = anderson_ksamp(samples[:2], variant="continuous")
    assert np.isfinite(continuous.statistic)
    assert np.isnan(anderson_ksamp([[1.0, np.nan, 2.0], [3.0, 4.0]]).pvalue)
    wide = np.array([2**60, 2**60 + 1, 2**60 + 2, 2**60 + 3])
    near = anderson_ksamp([wide[:2], wide[2:]])
    assert near.statistic == anderson_ksamp([[0, 1], [2, 3]]).statistic
    for wrong, message in (
        ([[1, 2, 3]], "two samples"),
        ([[1, 2, 3], []], "sample 1 must have"),
        ([[1, 2, 3], [[1]]], "sample 1 must have"),
        ([[1, 2], [3]], "four observations"),
        ("ab", "two samples"),
    ):
        with pytest.raises(ValueError, match=message):
            anderson_ksamp(wrong)
    with pytest.raises(ValueError, match="variant"):
        anderson_ksamp(samples, variant="left")
    with pytest.raises(TypeError, match="sample 1 must hold numbers"):
        anderson_ksamp([[1, 2, 3], ["a", "b"]])
