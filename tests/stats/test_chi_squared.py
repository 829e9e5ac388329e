import numpy as np
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
    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-9, abs=1e-290)
    cramers_v = stats.contingency.association(np.array([reference, current]), method="cramer")
    assert ours.cramers_v == pytest.approx(cramers_v, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.45, 0.499])
@pytest.mark.parametrize("size", [200, 20_000, 2_000_000])
def test_tiny_pvalues_keep_their_digits(size, share):
    reference = np.array([size // 2, size // 2])
    current = np.array([round(size * share), size - round(size * share)])
    theirs = stats.chi2_contingency([reference, current], correction=False)
    assert chi2_2samp(reference, current).pvalue == pytest.approx(
        theirs.pvalue, rel=1e-9, abs=1e-300
    )


@pytest.mark.parametrize(
    ("reference", "current"),
    [((3, 1), (1, 3)), ((8, 2), (1, 5)), ((12, 3), (3, 9)), ((40, 2), (60, 0))],
)
def test_rare_categories_come_near_the_exact_pvalue(reference, current):
    # In 2 x 2 tables all tables with the same margins can be listed.
    margins = np.array(reference) + np.array(current)
    n, total = sum(reference), margins.sum()
    counts = np.arange(max(0, n - margins[1]), min(n, margins[0]) + 1)
    chances = stats.hypergeom.pmf(counts, total, margins[0], n)
    unevenness = np.abs(counts - n * margins[0] / total)
    exact = chances[unevenness >= abs(reference[0] - n * margins[0] / total) - 1e-9].sum()
    result = chi2_2samp(reference, current)
    assert result.pvalue == pytest.approx(
        exact, abs=4 * np.sqrt(exact * (1 - exact) / 10_000) + 1e-4
    )
    assert chi2_2samp(reference, current) == result
    # Whichever sample is called the reference makes no difference beyond the draws.
    assert chi2_2samp(current, reference).pvalue == pytest.approx(result.pvalue, abs=0.03)


def test_rare_categories_under_the_null_hypothesis_raise_no_alarms():
    rng = np.random.default_rng(1)
    shares = np.array([0.6, 0.3, 0.08, 0.02])
    pvalues = [
        chi2_2samp(rng.multinomial(60, shares), rng.multinomial(40, shares)).pvalue
        for _ in range(100)
    ]
    assert np.mean(np.array(pvalues) < 0.05) < 0.12
    assert 0.4 < np.mean(pvalues) < 0.65


def test_a_rare_category_among_millions_is_quick():
    result = chi2_2samp([3, 5_000_000, 4_000_000], [1, 5_000_500, 4_000_200])
    assert result.dof == 2
    assert 0.0001 <= result.pvalue <= 1


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
