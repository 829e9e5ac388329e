"""Binned distances: one rule of bins, one smoothing, SciPy's values without it."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, entropy

from treering.stats import (
    Bin,
    bin_samples,
    chi2_2samp,
    cramers_v,
    hellinger,
    jensen_shannon,
    kl_divergence,
    l_infinity,
    psi,
    total_variation,
)

DISTANCES = (psi, kl_divergence, jensen_shannon, hellinger, total_variation, l_infinity, cramers_v)
BOUNDED = DISTANCES[2:]

numbers = hnp.arrays(np.float64, st.integers(1, 60), elements=st.integers(-9, 9).map(float))


@given(numbers, numbers, st.integers(2, 12))
def test_bins_are_the_references_quantiles(reference, current, bins):
    binned = bin_samples(reference, current, bins=bins)
    assert sum(binned.reference) == len(reference)
    assert sum(binned.current) == len(current)
    ends = np.array(binned.ends)
    assert (np.diff(ends) > 0).all()
    places = np.searchsorted(ends, current)  # above the end before, up to its own
    np.testing.assert_array_equal(binned.current, np.bincount(places, minlength=len(ends) + 1))
    # Every quantile of the reference that is a number of its own ends a bin.
    quantiles = np.quantile(reference, np.arange(1, bins) / bins, method="lower")
    inside = set(quantiles) - {reference.min(), reference.max()}
    assert inside <= set(ends.tolist())
    # Between two ends there is no more than two parts of the reference, since ties stay together.
    alone = [label.startswith("= ") for label in binned.labels[: len(ends) + 1]]
    part = np.array(binned.reference)[: len(ends) + 1][~np.array(alone)]
    assert part.max(initial=0) <= 2 * np.ceil(len(reference) / bins) + 1


def test_one_huge_value_silences_nothing():
    rng = np.random.default_rng(0)
    reference, current = rng.normal(size=20_000), rng.normal(size=20_000) + 0.5
    plain = psi(reference, current)
    current[0] = 1e9
    reference[0] = -1e9
    assert psi(reference, current) == pytest.approx(plain, rel=0.01)
    assert plain > 0.2


def test_numbers_that_occur_often_have_bins_of_their_own():
    binned = bin_samples([0.0] * 60 + [1.0, 2.0, 3.0, 4.0] * 10, [-1.0, 0.0, 0.5, 4.0, 9.0])
    assert binned.labels[:3] == ("up to -4.94066e-324", "= 0", "0 to 1")
    assert binned.reference[:3] == (0, 60, 10)
    assert binned.current[:3] == (1, 1, 1)
    assert sum(binned.current) == 5
    assert psi([5] * 50, [4] * 50) > 1  # a constant that becomes another one


def test_missing_and_unseen_values_have_bins_of_their_own():
    binned = bin_samples(["b", "a", "b", None], ["a", "z", "y", np.nan, np.nan])
    assert binned.labels == ("b", "a", "unseen", "missing")
    assert binned.reference == (2, 1, 0, 1)
    assert binned.current == (0, 1, 2, 2)
    assert binned[0] == Bin("b", 2, 0)
    assert len(binned) == 4
    numeric = bin_samples([1.0, 2.0, np.nan, 3.0], [1.0, 2.0, 3.0], bins=2)
    assert numeric.labels[-1] == "missing"
    assert (numeric.reference[-1], numeric.current[-1]) == (1, 0)
    frame = binned.to_frame()
    assert list(frame) == ["bin", "reference", "current"]


@pytest.mark.parametrize(
    "wrap",
    [
        list,
        lambda v: np.array(v, object),
        pd.Series,
        lambda v: pd.Series(v, dtype="category"),
        lambda v: pd.Series(v, dtype="string"),
        pl.Series,
        lambda v: pl.Series(v, dtype=pl.Categorical),
        lambda v: pa.chunked_array([v]),
    ],
    ids=["list", "objects", "pandas", "category", "string", "polars", "categorical", "pyarrow"],
)
def test_texts_of_every_container(wrap):
    reference, current = ["a", "b", "a", None] * 5, ["a", "c", None, "b"] * 4
    expected = bin_samples(reference, current)
    binned = bin_samples(wrap(reference), wrap(current))
    assert (binned.labels, binned.reference, binned.current) == (
        expected.labels,
        expected.reference,
        expected.current,
    )


@pytest.mark.parametrize("wrap", [list, np.array, pd.Series, pl.Series, pa.array])
def test_truth_values_are_categories_and_numbers_are_not(wrap):
    assert bin_samples(wrap([True, False, True]), wrap([False])).labels == ("True", "False")
    assert bin_samples(wrap([1, 2, 3, 4]), wrap([2, 3]), bins=2).ends == (2.0,)
    with_missing = [1.0, None, 2.0, 3.0] if wrap is not np.array else [1.0, np.nan, 2.0, 3.0]
    assert bin_samples(wrap(with_missing), wrap([2, 3]), bins=2).labels[-1] == "missing"


def shares(seed):
    rng = np.random.default_rng(seed)
    reference = rng.choice(list("abcdef"), 500, p=[0.3, 0.25, 0.2, 0.1, 0.1, 0.05])
    current = rng.choice(list("abcdef"), 300, p=[0.2, 0.25, 0.2, 0.15, 0.1, 0.1])
    binned = bin_samples(reference, current)
    r, c = np.array(binned.reference), np.array(binned.current)
    return (reference, current), (r / r.sum(), c / c.sum()), (r, c)


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_those_of_scipy_and_the_books(seed):
    samples, (r, c), counts = shares(seed)
    plain = {"smoothing": 0}
    for found, expected in (
        (jensen_shannon(*samples, **plain), jensenshannon(r, c, base=2)),
        (kl_divergence(*samples, **plain), entropy(r, c)),
        (psi(*samples, **plain), entropy(r, c) + entropy(c, r)),
        (hellinger(*samples, **plain), np.sqrt(1 - np.sqrt(r * c).sum())),
        (total_variation(*samples, **plain), np.abs(r - c).sum() / 2),
        (l_infinity(*samples, **plain), np.abs(r - c).max()),
        (cramers_v(*samples, **plain), chi2_2samp(*counts).cramers_v),
    ):
        assert found == pytest.approx(expected, rel=1e-12)
    table = chi2_contingency(counts, correction=False)
    n = sum(map(sum, counts))
    assert cramers_v(*samples, **plain) == pytest.approx(np.sqrt(table.statistic / n), rel=1e-12)
    # The smoothing is half an observation for each bin, on both sides.
    more = [(count + 0.5) / (count + 0.5).sum() for count in counts]
    assert psi(*samples) == pytest.approx(entropy(*more) + entropy(*more[::-1]), rel=1e-12)


def test_what_has_nothing_in_common_and_what_is_equal():
    for distance in BOUNDED:
        assert distance(["a"] * 5, ["b"] * 7, smoothing=0) == pytest.approx(1)
    assert psi(["a"] * 5, ["b"] * 7, smoothing=0) == np.inf
    assert psi(["a"] * 5, ["b"] * 7) < np.inf
    for distance in DISTANCES:
        assert distance([1, 2, 3] * 9, [1, 2, 3] * 9) == 0
        assert distance(np.arange(2000.0), np.arange(2000.0) + 900) > 0.3


@pytest.mark.parametrize(
    ("reference", "current", "options", "kind", "message"),
    [
        ([], [1.0], {}, ValueError, "reference is empty"),
        (["a"], [], {}, (TypeError, ValueError), "current"),
        ([1.0], ["a"], {}, TypeError, "reference holds numbers and current does not"),
        (["a"], [1.0], {}, TypeError, "current holds numbers and reference does not"),
        ([1.0], [1.0], {"bins": 1}, ValueError, "bins"),
        ([1.0], [1.0], {"bins": "auto"}, (TypeError, ValueError), "bins"),
        ([1.0], [1.0], {"smoothing": -1}, ValueError, "smoothing"),
        ([1.0], [1.0], {"smoothing": "no"}, TypeError, "smoothing"),
        ([[1.0]], [[1.0]], {}, ValueError, "one dimension"),
        (np.array(["2026-01-01"], "M8[D]"), [1.0], {}, TypeError, "numbers or categories"),
    ],
)
def test_bad_input_is_named(reference, current, options, kind, message):
    with pytest.raises(kind, match=message):
        psi(reference, current, **options)
