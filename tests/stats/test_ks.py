import math
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from scipy_ks import assert_same_distance, widened
from treering.stats import KstestResult, ks_2samp

ALTERNATIVES = ["two-sided", "less", "greater"]
METHODS = ["auto", "exact", "asymp"]
TOLERANCE = 1e-9  # relative, of p-values; the statistic, its place and sign are equal
LEAST = 1e-290  # below, SciPy's own recursions run out of digits


def distance(result):
    return (result.statistic, result.statistic_location, result.statistic_sign)


def assert_all_as_scipy(first, second, ours, theirs):
    """The same of samples along the last axis."""
    kept = [np.asarray(place) for place in (*distance(ours), *distance(theirs))]
    assert len({place.shape for place in kept}) == 1
    shape = np.broadcast_shapes(first.shape[:-1], second.shape[:-1])
    first = np.broadcast_to(first, (*shape, first.shape[-1])).reshape(-1, first.shape[-1])
    second = np.broadcast_to(second, (*shape, second.shape[-1])).reshape(-1, second.shape[-1])
    flat = [place.ravel() for place in kept]
    for row in range(len(first)):
        if np.isnan(flat[3][row]):
            assert all(np.isnan(place[row]) for place in flat)
            continue
        mine, yours = (tuple(place[row] for place in side) for side in (flat[:3], flat[3:]))
        assert_same_distance(first[row], second[row], mine, yours)
    np.testing.assert_allclose(ours.pvalue, theirs.pvalue, rtol=TOLERANCE)


def assert_as_scipy(first, second, alternative="two-sided", method="auto"):
    with warnings.catch_warnings(record=True) as caught_theirs:
        warnings.simplefilter("always")
        theirs = stats.ks_2samp(
            widened(first), widened(second), alternative=alternative, method=method
        )
    with warnings.catch_warnings(record=True) as caught_ours:
        warnings.simplefilter("always")
        ours = ks_2samp(first, second, alternative, method)
    assert_same_distance(first, second, distance(ours), distance(theirs))
    if caught_theirs and not caught_ours and alternative == "two-sided":
        # The exact p-value is 1; SciPy's is rounded to a little more, which it takes for a failure.
        assert ours.pvalue == pytest.approx(1, rel=1e-12)
        return
    assert abs(ours.pvalue - theirs.pvalue) <= TOLERANCE * max(theirs.pvalue, LEAST)
    assert [w.category for w in caught_ours] == [w.category for w in caught_theirs]


def test_certain_distances_have_pvalue_one():
    # Seven against seven values without pairs differ by a seventh somewhere: the p-value is 1.
    first, second = [0.0] * 7, [0.0] * 6 + [1.0]
    assert ks_2samp(first, second).pvalue == 1
    with pytest.warns(RuntimeWarning, match="unsuccessful"):
        assert stats.ks_2samp(first, second).pvalue == pytest.approx(0.99996, abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("sizes", [(1, 2), (2, 3), (10, 10), (30, 120), (120, 30), (41, 43)])
def test_small_samples_equal_scipy(sizes, alternative, method):
    rng = np.random.default_rng(sizes)
    for shift in [0.0, 0.3, 2.0, 50.0]:
        for digits in [0, 1, 15]:
            first = np.round(rng.normal(size=sizes[0]), digits)
            second = np.round(rng.normal(size=sizes[1]) + shift, digits)
            assert_as_scipy(first, second, alternative, method)


@pytest.mark.parametrize(
    ("sizes", "shift", "method"),
    [
        ((5_000, 5_000), 0.03, "exact"),
        ((5_000, 5_000), 1.0, "exact"),
        ((9_000, 8_999), 0.01, "exact"),
        ((9_000, 8_999), 0.2, "auto"),
        ((3_000, 2_000), 2.0, "exact"),
        ((10_000, 10_000), 0.01, "auto"),
        ((10_001, 10_000), 0.01, "auto"),
        ((20_000, 50), 0.2, "auto"),
        ((150, 11_000), 0.0, "auto"),
        ((50_000, 40_000), 0.01, "exact"),
        ((100_000, 100_000), 0.01, "auto"),
    ],
)
def test_large_samples_equal_scipy(sizes, shift, method):
    rng = np.random.default_rng(sizes)
    first, second = rng.normal(size=sizes[0]), rng.normal(size=sizes[1]) + shift
    assert_as_scipy(first, second, method=method)
    assert_as_scipy(first.round(1), second.round(1), method=method)
    assert_as_scipy(first.astype(np.float32), second.astype(np.float32), method=method)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_a_million_against_a_million_equals_scipy(alternative):
    rng = np.random.default_rng(6)
    first, second = rng.normal(size=1_000_000), rng.normal(size=1_000_000) + 2e-3
    assert_as_scipy(first, second, alternative)


@pytest.mark.parametrize(
    ("n", "z"),
    [(n, z) for n in [150, 1_500, 20_000, 200_000] for z in [0.2, 0.4, 0.7, 1, 1.4, 1.5, 3, 10, 19]]
    + [(200_000, 0.05), (1_100_000, 3)],
)
def test_every_branch_of_the_asymptotic_law_equals_scipy(n, z):
    # Samples whose effective size is n and whose statistic is about z / sqrt(n).
    size = 2 * n
    values = np.arange(size, dtype=np.float64)
    assert_as_scipy(values, values + min(round(z / math.sqrt(n) * size), size), method="asymp")


@pytest.mark.parametrize("n", [3, 20, 60, 140])
def test_every_statistic_of_the_small_asymptotic_law_equals_scipy(n):
    values = np.arange(2 * n, dtype=np.float64)
    for shift in range(2 * n + 1):
        assert_as_scipy(values, values + shift, method="asymp")


samples = hnp.arrays(
    st.sampled_from([np.float64, np.float32]),
    st.integers(1, 60),
    elements=st.one_of(
        st.integers(-3, 3).map(float),
        st.floats(-10, 10, width=32),
        st.sampled_from([np.inf, -np.inf]),
    ),
)


@given(samples, samples, st.sampled_from(ALTERNATIVES), st.sampled_from(["auto", "exact"]))
def test_any_samples_equal_scipy(first, second, alternative, method):
    assert_as_scipy(first, second, alternative, method)


@given(samples, samples)
def test_swapping_samples_swaps_the_alternatives(first, second):
    less, greater = ks_2samp(first, second, "less"), ks_2samp(second, first, "greater")
    assert less.statistic == greater.statistic
    assert less.pvalue == pytest.approx(greater.pvalue, rel=1e-13)
    assert 0 <= ks_2samp(first, second).pvalue <= 1


def one_sided_share(m, n, h):
    """The share of lattice paths that reach the lead h, in whole numbers."""
    common = math.gcd(m, n)
    inside = {(0, 0): 1}
    for x in range(m + 1):
        for y in range(n + 1):
            if (x, y) != (0, 0):
                lead = (x * n - y * m) // common
                inside[x, y] = (
                    0 if lead >= h else inside.get((x - 1, y), 0) + inside.get((x, y - 1), 0)
                )
    return 1 - Fraction(inside[m, n], math.comb(m + n, n))


@pytest.mark.parametrize(("m", "n"), [(200, 150), (150, 200), (300, 299)])
def test_one_sided_exact_pvalues_keep_their_digits(m, n):
    # SciPy's formula subtracts here; whole numbers are the judge.
    first, second = np.arange(m, dtype=float), np.arange(n, dtype=float) + m // 3
    result = ks_2samp(first, second, "greater", "exact")
    h = round(result.statistic * math.lcm(m, n))
    expected = float(one_sided_share(m, n, h))
    assert abs(result.pvalue - expected) <= 1e-12 * expected


def test_tiny_pvalues_do_not_stop_at_rounding():
    values = np.arange(500.0)
    result = ks_2samp(values, values[:499] + 450)
    assert 0 < result.pvalue < 1e-200
    assert_as_scipy(values, values[:499] + 450)
    assert ks_2samp(np.arange(30_000.0), np.arange(20_000.0) + 30_000, method="exact").pvalue == 0


def test_equal_samples_and_separated_samples():
    values = np.arange(50.0)
    for method in METHODS:
        same = ks_2samp(values, values, method=method)
        assert (same.statistic, same.pvalue, same.statistic_location) == (0, 1, 0)
        for other in [values + 100, values[:40] + 100]:
            assert ks_2samp(values, other, method=method).statistic == 1
            assert_as_scipy(values, other, method=method)


def test_one_value_against_one():
    assert ks_2samp([1.0], [2.0]).pvalue == 1
    # SciPy gives NaN: the effective sample size, one half, rounds to no law at all.
    assert ks_2samp([1.0], [2.0], method="asymp").pvalue == 1


def test_lists_series_and_other_numbers():
    expected = ks_2samp(np.array([1.0, 2, 3, 9]), np.array([2.0, 5, 7]))
    for make in [
        list,
        tuple,
        pd.Series,
        pl.Series,
        lambda v: pd.Series(v, dtype="Int64"),
        lambda v: pd.Series(v, dtype="Float32"),
        lambda v: pd.Series(v, dtype="int64[pyarrow]"),
        lambda v: np.array(v, dtype=np.int8),
        lambda v: np.array(v, dtype=np.uint64),
        lambda v: np.array(v, dtype=np.float16),
        lambda v: np.array(v, dtype=np.longdouble),
        lambda v: np.array(v, dtype=">f8"),
        lambda v: np.array(v, dtype=">f4"),
        lambda v: np.array(v, dtype=object),
        lambda v: np.repeat(np.array(v, dtype=np.float64), 3)[::3],
        lambda v: np.array(v, dtype=np.float64)[::-1],
        lambda v: np.ma.masked_array([*v, 100.0], mask=[False] * len(v) + [True]),
    ]:
        assert ks_2samp(make([1, 2, 3, 9]), make([2, 5, 7])) == expected
    packed = np.zeros(4, dtype=[("flag", "i1"), ("x", "f8")])
    packed["x"] = [1, 2, 3, 9]
    assert ks_2samp(packed["x"], [2, 5, 7]) == expected
    assert ks_2samp(np.array([True, False]), [0, 1]).pvalue == 1
    assert ks_2samp(3, [3]).pvalue == 1


def test_whole_numbers_beyond_double_precision_are_told_apart():
    base = 2**60
    first, second = base + np.arange(0, 200, 2), base + np.arange(1, 201, 2)
    result = ks_2samp(first, second)
    theirs = stats.ks_2samp(first, second)
    assert result.statistic == 0.01
    assert_same_distance(first, second, distance(result), distance(theirs))
    assert result.statistic_location in first
    rows = ks_2samp(first[None], second[None], axis=1)
    assert rows.statistic_location.tolist() == [result.statistic_location]


def test_missing_values_follow_the_policy():
    first, second = [1.0, np.nan, 2.0, 3.0], [2.0, 4.0, np.nan]
    result = ks_2samp(first, second)
    theirs = stats.ks_2samp(first, second)
    for found in (result, theirs):
        assert np.isnan([*found, found.statistic_location, found.statistic_sign]).all()
    assert ks_2samp(first, second, nan_policy="omit") == ks_2samp([1.0, 2.0, 3.0], [2.0, 4.0])
    with pytest.raises(ValueError, match=r"contain NaN.*nan_policy='omit'"):
        ks_2samp(first, second, nan_policy="raise")
    with pytest.warns(RuntimeWarning, match="nothing is left"):
        emptied = ks_2samp([np.nan], second, nan_policy="omit")
    assert np.isnan([*emptied, emptied.statistic_location, emptied.statistic_sign]).all()
    assert ks_2samp(pd.Series([1, None, 2, 3], dtype="Int64"), [2, 4], nan_policy="omit") == (
        ks_2samp([1, 2, 3], [2, 4])
    )


@pytest.mark.parametrize("axis", [0, 1, -1, None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_axes_equal_scipy(axis, keepdims):
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(8, 9)), rng.normal(size=(8, 9)) + 0.5
    theirs = stats.ks_2samp(first, second, axis=axis, keepdims=keepdims)
    ours = ks_2samp(first, second, axis=axis, keepdims=keepdims)
    if axis is None and keepdims:
        assert np.shape(ours.statistic) == (1,)  # the flattened axis; SciPy keeps both
        assert ours.statistic[0] == np.ravel(theirs.statistic)[0]
        return
    samples = [np.ravel(s) if axis is None else np.moveaxis(s, axis, -1) for s in (first, second)]
    assert_all_as_scipy(*samples, ours, theirs)
    assert np.shape(ours.pvalue) == np.shape(theirs.pvalue)


def test_one_sample_is_compared_with_many():
    rng = np.random.default_rng(4)
    reference, windows = rng.normal(size=(1, 30)), rng.normal(size=(2, 3, 20))
    windows[0, 0, 0] = np.nan
    theirs = stats.ks_2samp(reference, windows, axis=-1)
    ours = ks_2samp(reference, windows, axis=-1)
    assert np.isnan(theirs.statistic_sign[0, 0])
    assert_all_as_scipy(reference, windows, ours, theirs)


def test_the_result_is_a_pair_with_attributes():
    result = ks_2samp([1, 2, 3], [2, 3, 4])
    statistic, pvalue = result
    assert (result[0], result[1], result[-1]) == (statistic, pvalue, pvalue)
    assert len(result) == 2
    assert result[:] == (statistic, pvalue)
    assert isinstance(result, KstestResult)
    with pytest.raises(AttributeError):
        result.pvalue = 0.5


def test_an_exact_pvalue_that_is_not_possible_warns():
    values = np.arange(100_000.0)
    with pytest.warns(RuntimeWarning, match="asymptotic"):
        ks_2samp(values, values[:-1], method="exact")
    with pytest.warns(RuntimeWarning, match="asymptotic"):
        ks_2samp(values[:900], values[:800], "less")


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([], [1.0]), {}, ValueError, "data1 is empty"),
        (([1.0], []), {}, ValueError, "data2 is empty"),
        (
            ([1.0], [2.0], "both"),
            {},
            ValueError,
            "alternative must be one of two-sided, less, greater",
        ),
        (([1.0], [2.0], "less", "fast"), {}, ValueError, "method must be one of .*'fast'"),
        (([1.0], [2.0]), {"nan_policy": "drop"}, ValueError, "nan_policy must be one of .*'drop'"),
        ((["a", "b"], [2.0]), {}, TypeError, "data1 must hold numbers"),
        (([1.0], [1j]), {}, TypeError, "data2 must hold numbers; got complex128"),
        ((np.array(["2020-01-01"], "M8[D]"), [1.0]), {}, TypeError, "data1 must hold numbers"),
        ((np.array(["1", 2], object), [1.0]), {}, TypeError, "data1 must hold numbers; got text"),
        ((np.ma.ones((2, 2)), [1.0]), {}, TypeError, "masked array of 2 dimensions"),
        (
            ([1.0], [2.0]),
            {"axis": 1},
            ValueError,
            "axis must be a whole number from -1 to 0; got 1",
        ),
    ],
)
def test_bad_input_is_explained(arguments, options, error, message):
    with pytest.raises(error, match=message):
        ks_2samp(*arguments, **options)


@pytest.mark.parametrize(
    "text", [np.array(["a", "1"]), np.array(["a"], dtype=object), ["a", "b"], [b"a", b"b"]]
)
def test_text_is_refused_with_what_to_do(text: Any) -> None:
    with pytest.raises(TypeError, match=r"data2 .* got text such as b?'a'.*astype.*chi2_2samp"):
        ks_2samp([1.0, 2.0], text)
    with pytest.raises(TypeError, match="data1 must hold numbers; got <U1"):
        ks_2samp(np.array([], dtype="U1"), [1.0])
