from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from treering.stats import chi2_2samp

tables = st.lists(st.tuples(st.integers(20, 5000), st.integers(20, 5000)), min_size=2, max_size=12)


@given(tables)
def test_frequent_categories_equal_scipy(table):
    reference, current = np.array(table).T
    theirs = stats.chi2_contingency([reference, current], correction=False)
    if theirs.expected_freq.min() < 5:
        return
    ours = chi2_2samp(reference, current)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-10, abs=1e-10)
    assert ours.dof == theirs.dof
    if ours.method == "asymptotic":
        assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-9, abs=1e-290)
    cramers_v = stats.contingency.association(np.array([reference, current]), method="cramer")
    assert ours.cramers_v == pytest.approx(cramers_v, rel=1e-10, abs=1e-10)


def hypergeometric_pvalue(reference, current):
    """All tables with the same margins, at least as uneven."""
    margins = np.array(reference) + np.array(current)
    n, total = sum(reference), margins.sum()
    counts = np.arange(max(0, n - margins[1]), min(n, margins[0]) + 1)
    unevenness = abs(counts * total - n * margins[0])
    chances = stats.hypergeom.pmf(counts, total, margins[0], n)
    return chances[unevenness >= abs(reference[0] * total - n * margins[0])].sum()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.45, 0.499])
@pytest.mark.parametrize("size", [200, 20_000, 200_000])
def test_tiny_pvalues_of_two_categories_keep_their_digits(size, share):
    reference = [size // 2, size // 2]
    current = [round(size * share), size - round(size * share)]
    result = chi2_2samp(reference, current)
    assert result.method == "exact"
    exact = hypergeometric_pvalue(reference, current)
    assert result.pvalue == pytest.approx(exact, rel=1e-7, abs=1e-300)


@pytest.mark.parametrize("size", [10**7, 10**9])
def test_the_law_serves_where_counts_are_large_enough(size):
    result = chi2_2samp([size, size, size], [size, size + int(5 * size**0.5), size])
    theirs = stats.chi2_contingency([[size] * 3, [size, size + int(5 * size**0.5), size]])
    assert result.method == "asymptotic"
    assert result.pvalue == pytest.approx(theirs.pvalue, rel=1e-9)


@pytest.mark.parametrize(("n", "m", "members"), [(10_000, 1_000, 55), (10**6, 1_000, 5_005)])
def test_uneven_sizes_reject_no_more_often_than_they_say(n, m, members):
    """The chi-squared law would reject 8 to 64 times too often at these levels."""
    counts = np.arange(max(0, members - n), min(members, m) + 1)
    chances = stats.hypergeom.pmf(counts, n + m, members, m)
    likely = chances > 1e-12
    pvalues = np.array(
        [
            chi2_2samp([n - members + c, members - c], [m - c, c]).pvalue
            for c in map(int, counts[likely])
        ]
    )
    for level in (0.05, 1e-3, 2.5e-5, 1e-6):
        assert chances[likely][pvalues <= level].sum() <= level * (1 + 1e-6)


@pytest.mark.slow
def test_more_categories_reject_about_as_often_as_they_say_far_out():
    """Every category is expected more than five times; plain chi-squared: 4.2 times at 1e-4."""
    random = np.random.default_rng(0)
    shares = np.array([0.6, 0.394, 0.006])
    draws = 40_000
    reference = random.multinomial(20_000, shares, draws)
    current = random.multinomial(1_000, shares, draws)
    pvalues = [chi2_2samp(a, b).pvalue for a, b in zip(reference, current, strict=True)]
    for level in (0.01, 1e-3, 2e-4):
        assert is_not_too_often(pvalues, level), level


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=2).filter(any),
    st.lists(st.integers(0, 60), min_size=2, max_size=2).filter(any),
)
def test_two_rare_categories_have_the_exact_pvalue(reference, current):
    result = chi2_2samp(reference, current)
    if result.dof == 0:
        return
    exact = hypergeometric_pvalue(reference, current)
    assert result.pvalue == pytest.approx(exact, rel=1e-9)
    assert chi2_2samp(current, reference).pvalue == pytest.approx(exact, rel=1e-9)


def test_more_rare_categories_are_resampled():
    result = chi2_2samp([30, 5, 1], [20, 1, 5])
    assert result.method == "resampled"
    assert chi2_2samp([30, 5, 1], [20, 1, 5]) == result
    assert chi2_2samp([20, 1, 5], [30, 5, 1]).pvalue == pytest.approx(result.pvalue, rel=0.2)
    assert chi2_2samp([300, 500, 400], [290, 510, 400]).method == "asymptotic"


def test_a_category_far_off_has_a_pvalue_below_what_tables_can_show():
    counts = [500, 480, 20, 0]
    tails = [chi2_2samp(counts, [5, 5, 0, seen]).pvalue for seen in (5, 10, 20, 40)]
    assert tails == sorted(tails, reverse=True)
    assert tails[-1] < 1e-40
    assert chi2_2samp(counts, [5, 5, 0, 40]).method == "bounded"


def is_not_too_often(pvalues, level):
    spread = np.sqrt(level * (1 - level) / len(pvalues))
    return np.mean(np.array(pvalues) <= level) <= level + 4 * spread


def drawn_pvalues(shares, sizes, count, seed):
    rng = np.random.default_rng(seed)
    return [
        chi2_2samp(*(rng.multinomial(size, shares) for size in sizes)).pvalue for _ in range(count)
    ]


def test_rare_categories_under_the_null_hypothesis_raise_no_alarms():
    pvalues = drawn_pvalues([0.6, 0.3, 0.08, 0.02], (60, 40), 300, seed=1)
    for level in (0.001, 0.01, 0.05, 0.2):
        assert is_not_too_often(pvalues, level)
    assert 0.4 < np.mean(pvalues) < 0.65


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("shares", "sizes"),
    [
        ([0.6, 0.3, 0.08, 0.02], (60, 40)),
        ([0.9, 0.06, 0.03, 0.01], (1000, 30)),
        (np.full(30, 1 / 30), (90, 60)),
        ([0.997, 0.001, 0.001, 0.001], (500, 500)),
    ],
)
def test_no_pvalue_comes_more_often_than_it_says(shares, sizes):
    pvalues = drawn_pvalues(shares, sizes, 10_000, seed=2)
    for level in (1e-4, 5e-4, 0.001, 0.0011, 0.002, 0.01, 0.05, 0.1, 0.5):
        assert is_not_too_often(pvalues, level)


def test_a_rare_category_among_millions_is_quick():
    result = chi2_2samp([3, 5_000_000, 4_000_000], [1, 5_000_500, 4_000_200])
    assert result.dof == 2
    assert 0.00001 <= result.pvalue <= 1


def test_categories_that_occur_nowhere_do_not_count():
    assert chi2_2samp([50, 0, 50, 0], [40, 0, 60, 0]) == chi2_2samp([50, 50], [40, 60])
    only = chi2_2samp([5, 0], [9, 0])
    assert (only.statistic, only.pvalue, only.dof, only.cramers_v) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("reference", "current", "error", "message"),
    [
        ([1, 2], [1], ValueError, "counts of the same categories: expected 2, got 1"),
        ([1, -2], [1, 1], ValueError, "reference_counts, at index 1, contains -2"),
        ([0, 0], [1, 1], ValueError, "reference_counts contains no observation"),
        ([1, 1], [0.5, 0.5], ValueError, "current_counts must hold whole numbers"),
        ([1, 1], [np.nan, 1], ValueError, "current_counts must hold whole numbers"),
        ([], [], ValueError, "reference_counts is empty"),
        ([[1]], [1], ValueError, "one-dimensional"),
        (["a"], [1], TypeError, "reference_counts must hold counts"),
        ([1e300, 1], [1, 1], ValueError, "below 2"),
        ([2**62, 1], [1, 1], ValueError, "fewer than 2"),
    ],
)
def test_bad_input_is_explained(reference, current, error, message):
    with pytest.raises(error, match=message):
        chi2_2samp(reference, current)


def test_counts_go_by_the_names_they_carry():
    before = pd.Series(["Rome"] * 600 + ["Oslo"] * 300 + ["Bern"] * 100)
    now = pd.Series(["Oslo"] * 600 + ["Bern"] * 300 + ["Ulm"] * 100)
    expected = chi2_2samp([600, 300, 100, 0], [0, 600, 300, 100])
    assert chi2_2samp(before.value_counts(), now.value_counts()) == expected
    assert chi2_2samp(Counter(before), Counter(now)) == expected
    by_place = chi2_2samp(pd.Series([600, 300]), pd.Series([300, 600]))
    assert by_place == chi2_2samp([600, 300], [300, 600])
    with pytest.raises(TypeError, match="one of reference_counts and current_counts maps"):
        chi2_2samp(Counter(before), [1, 2, 3])
    with pytest.raises(ValueError, match="current_counts holds the category 'a' more than once"):
        chi2_2samp(pd.Series([1, 2], index=["a", "b"]), pd.Series([1, 2], index=["a", "a"]))
    with pytest.raises(TypeError, match=r"count how often each category occurs first.*Counter"):
        chi2_2samp(before, now)
    with pytest.raises(ValueError, match=r"dict\(zip\(categories, counts\)\)"):
        chi2_2samp(pl.Series(before).value_counts(), pl.Series(now).value_counts())
