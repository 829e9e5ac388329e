"""g_test_2samp, fisher_exact_2samp and proportions_ztest: SciPy's values where SciPy has them."""

import itertools
from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from treering.stats import chi2_2samp, fisher_exact_2samp, g_test_2samp, proportions_ztest

tables = st.lists(st.tuples(st.integers(20, 5000), st.integers(20, 5000)), min_size=3, max_size=12)
fourfold = st.tuples(*[st.integers(0, 60)] * 4).filter(lambda t: t[0] + t[1] and t[2] + t[3])


@given(tables)
def test_g_is_scipys(table):
    reference, current = np.array(table).T
    theirs = stats.chi2_contingency(
        [reference, current], correction=False, lambda_="log-likelihood"
    )
    ours = g_test_2samp(reference, current)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-9, abs=1e-9)
    assert ours.dof == theirs.dof
    if ours.method == "asymptotic":
        assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-7, abs=1e-290)
    assert ours.cramers_v == chi2_2samp(reference, current).cramers_v


@given(fourfold)
def test_fisher_of_two_categories_is_scipys(table):
    reference, current = table[:2], table[2:]
    theirs = stats.fisher_exact([reference, current])
    ours = fisher_exact_2samp(reference, current)
    assert ours.method == "exact"
    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-7, abs=1e-290)
    if 0 not in np.add(reference, current):
        np.testing.assert_allclose(ours.statistic, theirs.statistic)


def test_fisher_of_large_counts_is_exact_and_quick():
    theirs = stats.fisher_exact([[60_000, 40_000], [59_500, 40_500]])
    ours = fisher_exact_2samp([60_000, 40_000], [59_500, 40_500])
    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-6)
    for counts in ([[5, 10**9], [20, 10**9]], [[5, 10**10], [20, 10**10]]):
        found = fisher_exact_2samp(*counts).pvalue
        assert found == pytest.approx(stats.fisher_exact(counts).pvalue, rel=1e-5)
    assert fisher_exact_2samp([10**6, 10**6], [0, 10**6]).pvalue <= 1e-300


def test_fisher_of_more_categories_is_that_of_all_tables():
    reference, current = np.array([4, 1, 0, 3]), np.array([1, 3, 2, 1])
    totals = reference + current

    def chance(counts):
        ways = np.prod(
            [stats.binom.pmf(c, t, 0.5) * 2.0**t for c, t in zip(counts, totals, strict=True)]
        )
        return ways / (stats.binom.pmf(sum(counts), sum(totals), 0.5) * 2.0 ** sum(totals))

    observed = chance(reference)
    expected = sum(
        chance(counts)
        for counts in itertools.product(*(range(total + 1) for total in totals))
        if sum(counts) == sum(reference) and chance(counts) <= observed * (1 + 1e-7)
    )
    found = fisher_exact_2samp(reference, current)
    assert found.pvalue == pytest.approx(expected, rel=1e-9)
    assert found.statistic == pytest.approx(observed, rel=1e-9)
    assert found.method == "exact"


def test_fisher_of_many_tables_is_near_the_chi_squared_test():
    rng = np.random.default_rng(0)
    for shift in (0.0, 0.02):
        shares = np.array([0.4, 0.3, 0.2, 0.1])
        moved = shares + shift * np.array([1, -1, 1, -1])
        reference, current = rng.multinomial(4000, shares), rng.multinomial(3000, moved)
        ours, other = fisher_exact_2samp(reference, current), chi2_2samp(reference, current)
        assert ours.method == "asymptotic"
        assert ours.pvalue == pytest.approx(other.pvalue, rel=0.1)
    rare = fisher_exact_2samp([400, 300, 3, 2, 4, 6], [300, 310, 1, 5, 2, 9])
    assert rare.method == "resampled"
    assert 0.005 < rare.pvalue < 0.5


@given(st.lists(st.booleans(), min_size=1), st.lists(st.booleans(), min_size=1))
def test_two_shares_are_compared_as_in_the_chi_squared_test(reference, current):
    found = proportions_ztest(reference, current)
    counts = [[sum(sample), len(sample) - sum(sample)] for sample in (reference, current)]
    assert (found.reference_share, found.current_share) == (
        np.mean(reference),
        np.mean(current),
    )
    if 0 in np.sum(counts, axis=0):
        assert np.isnan(found.statistic)
        return
    theirs = stats.chi2_contingency(counts, correction=False)
    assert found.statistic**2 == pytest.approx(theirs.statistic, rel=1e-9, abs=1e-12)
    assert found.pvalue == pytest.approx(theirs.pvalue, rel=1e-9, abs=1e-12)
    less, greater = (
        proportions_ztest(reference, current, alternative=side).pvalue
        for side in ("less", "greater")
    )
    assert less + greater == pytest.approx(1)
    assert (less < greater) == (found.statistic < 0) or found.statistic == 0


def test_counts_go_by_name_and_shares_by_value():
    expected = g_test_2samp([3, 9, 4], [7, 2, 5])
    before, now = Counter(a=3, b=9, c=4), Counter(c=5, b=2, a=7)
    assert g_test_2samp(before, now) == expected
    assert fisher_exact_2samp(before, now) == fisher_exact_2samp([3, 9, 4], [7, 2, 5])
    truths = [True, False, None, True]
    expected = proportions_ztest([1, 0, 1], [0, 1])
    for wrap in (pd.Series, pl.Series, list):
        other = wrap([False, True])
        found = proportions_ztest(wrap([1.0, 0.0, np.nan, 1.0]), other)
        assert tuple(found) == tuple(expected)
    assert tuple(proportions_ztest(pd.Series(truths, dtype="boolean"), [0, 1])) == tuple(expected)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: proportions_ztest([0, 2], [1]), ValueError, "0 and 1; got 2"),
        (lambda: proportions_ztest([], [1]), ValueError, "reference has no observations"),
        (lambda: proportions_ztest([1], [np.nan]), ValueError, "current has no observations"),
        (lambda: proportions_ztest(["yes"], [1]), TypeError, "reference must hold numbers"),
        (lambda: proportions_ztest([1], [1], alternative="x"), ValueError, "alternative"),
        (lambda: g_test_2samp([1, -2], [1, 1]), ValueError, "not negative"),
        (lambda: fisher_exact_2samp([0.5, 2], [1, 1]), ValueError, "whole numbers"),
        (lambda: fisher_exact_2samp([1, 2], [1]), ValueError, "same categories"),
    ],
)
def test_bad_input_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
