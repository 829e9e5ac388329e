import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from treering.stats import adjust_pvalues


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("bonferroni", [0.04, 0.16, 0.12, 0.02, np.nan]),
        ("holm", [0.03, 0.06, 0.06, 0.02, np.nan]),
        ("fdr_bh", [0.02, 0.04, 0.04, 0.02, np.nan]),
        ("fdr_by", [0.02 * 25 / 12, 0.04 * 25 / 12, 0.04 * 25 / 12, 0.02 * 25 / 12, np.nan]),
    ],
)
def test_values_worked_out_by_hand(method, expected):
    adjusted = adjust_pvalues([0.01, 0.04, 0.03, 0.005, np.nan], method)
    np.testing.assert_allclose(adjusted, expected, rtol=1e-14)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_false_discovery_rates_equal_scipy(pvalues):
    for method, theirs in [("fdr_bh", "bh"), ("fdr_by", "by")]:
        expected = stats.false_discovery_control(pvalues, method=theirs)
        np.testing.assert_allclose(
            adjust_pvalues(pvalues, method), expected, rtol=1e-13, atol=1e-300
        )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holm_is_between_the_pvalues_and_bonferroni(pvalues):
    holm = adjust_pvalues(pvalues, "holm")
    assert (holm >= np.array(pvalues)).all()
    assert (holm <= adjust_pvalues(pvalues, "bonferroni")).all()


def test_nothing_to_adjust():
    assert adjust_pvalues([]).shape == (0,)
    assert np.isnan(adjust_pvalues([np.nan])).all()


@pytest.mark.parametrize(
    ("pvalues", "method", "message"),
    [
        ([0.1, 1.5], "holm", "index 1, contains 1.5; expected numbers from 0 to 1"),
        ([-0.1], "fdr_bh", "index 0, contains -0.1"),
        ([0.1], "sidak", "method must be one of bonferroni, holm, fdr_bh, fdr_by"),
        ([[0.1]], "holm", "one-dimensional; got 2 dimensions"),
    ],
)
def test_bad_input_is_explained(pvalues, method, message):
    with pytest.raises(ValueError, match=message):
        adjust_pvalues(pvalues, method)
