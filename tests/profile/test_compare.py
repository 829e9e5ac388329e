"""Tests and distances of profiles: what the whole columns say lies between the bounds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import treering.stats
from treering.profile import BoundedDistance, BoundedTest, Profile, compare

BINNED = (
    "psi",
    "kl_divergence",
    "jensen_shannon",
    "hellinger",
    "total_variation",
    "l_infinity",
    "cramers_v",
)
columns = hnp.arrays(np.float64, st.integers(2, 300), elements=st.integers(-9, 9).map(float))


def profiles(*samples):
    return [Profile.of(np.asarray(sample, dtype=np.float64)[:, None]) for sample in samples]


@pytest.mark.parametrize("shift", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("rows", [(300, 500), (40_000, 30_000)])
def test_exact_results_lie_between_the_bounds(shift, rows):
    rng = np.random.default_rng(rows)
    first, second = rng.normal(size=rows[0]), rng.normal(size=rows[1]) + shift
    before, now = profiles(first, second)
    exact = treering.stats.ks_2samp(first, second)
    found = compare(before, now, "x0")
    assert isinstance(found, BoundedTest)
    assert found.statistic_low - 1e-12 <= exact.statistic <= found.statistic_high + 1e-12
    assert found.pvalue_low <= exact.pvalue * (1 + 1e-9)
    assert exact.pvalue * (1 - 1e-9) <= found.pvalue_high
    distance = compare(before, now, "x0", "wasserstein_distance")
    exact = treering.stats.wasserstein_distance(first, second)
    assert distance.low - 1e-9 <= exact <= distance.high + 1e-9
    if max(rows) < 1025:
        assert found.statistic_low == found.statistic_high


@settings(deadline=None)
@given(columns, columns, st.sampled_from(BINNED))
def test_binned_distances_of_small_columns_are_exact(first, second, name):
    found = compare(*profiles(first, second), "x0", name, bins=5)
    expected = getattr(treering.stats, name)(first, second, bins=5)
    assert found.low == pytest.approx(found.high, abs=1e-12)
    assert found.low == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", BINNED)
def test_texts_and_truth_values_are_exact(name):
    rng = np.random.default_rng(3)
    first = pd.DataFrame({"town": rng.choice(list("abc"), 400), "ok": rng.random(400) < 0.3})
    second = pd.DataFrame({"town": rng.choice(list("abd"), 300), "ok": rng.random(300) < 0.5})
    second.loc[::9, "town"] = None
    before, now = Profile.of(first), Profile.of(second)
    for column in ("town", "ok"):
        found = compare(before, now, column, name)
        assert isinstance(found, BoundedDistance)
        expected = getattr(treering.stats, name)(first[column], second[column])
        assert (found.low, found.high) == pytest.approx((expected, expected), rel=1e-9)


def test_references_of_very_many_categories_are_undecided():
    before, now = (
        Profile.of(pd.DataFrame({"x": [f"c{row % count}" for row in range(20_000)]}))
        for count in (5000, 4000)
    )
    found = compare(before, now, "x", "psi")
    assert np.isnan(found.low)
    assert found.verdict(0.1) == "undecided"
    long = [
        Profile.of(pd.DataFrame({"x": ["z" * 300 + end for end in ends]})) for ends in ("ab", "aa")
    ]
    assert compare(*long, "x", "psi").low > 0.1


def test_verdicts_say_what_cannot_be_told():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=200_000)
    same = rng.normal(size=200_000)
    before, near, far = profiles(reference, same + 0.0105, same + 1)
    assert compare(before, far, "x0").verdict() == "drift"
    assert compare(before, near, "x0").verdict() == "undecided"  # the bounds are as wide as chance
    assert compare(before, before, "x0", "wasserstein_distance").verdict(0.1) == "no drift"
    distance = compare(before, near, "x0", "wasserstein_distance")
    middle = (distance.low + distance.high) / 2
    assert [distance.verdict(each) for each in (0.0, middle, 1.0)] in (
        ["drift", "undecided", "no drift"],
        ["undecided", "undecided", "no drift"],
    )
    few = profiles(reference[:500], reference[500:900])
    assert compare(*few, "x0").verdict() == "no drift"


def test_bins_of_the_reference_make_binned_distances_exact():
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=(30_000, 1)), rng.normal(size=(40_000, 1)) + 0.1
    second[::11] = np.nan
    before = Profile.of(first)
    plain = compare(before, Profile.of(second), "x0", "psi")
    parts = [Profile.of(each, reference=before) for each in np.split(second, 4)]
    now = parts[0].merge(parts[1]).merge(parts[2].merge(parts[3]))
    exact = compare(before, now, "x0", "psi")
    assert exact.high - exact.low < 1e-12 < plain.high - plain.low
    assert plain.low <= exact.low <= plain.high
    assert compare(before, now.compact(), "x0", "psi") == exact
    assert Profile.from_bytes(now.to_bytes()) == now
    fewer = compare(before, now, "x0", "psi", bins=5)
    assert fewer.low < fewer.high
    expected = treering.stats.psi(first.ravel(), second.ravel())
    assert exact.low == pytest.approx(expected, rel=0.01)


def test_parts_and_other_orders_change_no_bound_for_the_worse():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=20_000)
    whole, *parts = profiles(rows, *np.split(rows, 4))
    merged = parts[0].merge(parts[1]).merge(parts[2]).merge(parts[3])
    found = compare(whole, merged, "x0")
    assert found.statistic_low == 0
    assert found.statistic_high < 0.003


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (("x1",), KeyError, "no column 'x1'"),
        (("x0", "ks"), ValueError, "test"),
        (("x0", "psi"), ValueError, "bins"),
        (("text",), ValueError, "reference holds texts.*psi"),
        (("mixed",), ValueError, "current holds texts.*psi"),
    ],
)
def test_bad_input_is_named(arguments, kind, message):
    rows = pd.DataFrame({"x0": [1.0, 2.0], "text": ["a", "b"], "mixed": [1.0, 2.0]})
    before = Profile.of(rows)
    now = Profile.of(rows.assign(mixed=["a", "b"]))
    options = {"bins": 1} if arguments[-1] == "psi" else {}
    with pytest.raises(kind, match=message):
        compare(before, now, *arguments, **options)
