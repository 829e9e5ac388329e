"""Verdicts one can trust: categories, effects, tests by name, thresholds, stated false alarms."""

import datetime as dt
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treering import ModelFileError, stats
from treering.drift import Reference, detect_drift
from treering.drift import _tests as tests_of_drift
from treering.drift._effect import of_categories, of_numbers
from treering.drift._false_alarms import false_alarm_rate

RNG = np.random.default_rng(3)
TOWNS = ["Bonn", "Köln", "Ulm"]


def homes(rows, seed=0, shares=(0.5, 0.3, 0.2), shift=0.0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.normal(10 + shift, 1, rows),
            "town": rng.choice(TOWNS, rows, p=shares),
            "rooms": rng.integers(0, 9, rows),
        }
    )
    frame.loc[:: rows // 10, "town"] = None
    return frame


KINDS = [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas]


@pytest.mark.parametrize("kind", KINDS, ids=["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("stored", [True, False])
def test_categories_are_compared_by_their_counts(kind, stored):
    before, now = homes(2000), homes(1500, 1, (0.4, 0.3, 0.3))
    reference = kind(before)
    if stored:
        reference = Reference.from_bytes(Reference(reference).to_bytes())
    report = detect_drift(reference, kind(now))
    town = report["town"]
    counts = [frame["town"].value_counts()[TOWNS].to_list() for frame in (before, now)]
    expected = stats.chi2_2samp(*counts)
    assert (town.test, town.kind, town.verdict) == ("chi2_2samp", "categories", "drift")
    assert (town.statistic, town.pvalue) == (expected.statistic, expected.pvalue)
    shares = [np.array(side) / sum(side) for side in counts]
    assert town.effect_size == pytest.approx(abs(shares[0] - shares[1]).sum() / 2)
    assert town.interval[0] < town.effect_size < town.interval[1]
    assert dict(zip(town.shares.labels, town.shares.current, strict=True)) == pytest.approx(
        dict(zip(TOWNS, shares[1], strict=True))
    )
    assert town.current_missing == now["town"].isna().mean()
    assert "more Ulm" in repr(report) or "fewer Bonn" in repr(report)
    assert report.drifted == ("town",)
    assert "town" in report.to_html()


def test_categories_that_the_reference_lacks_are_other_ones():
    before = pd.DataFrame({"town": ["Bonn"] * 60 + ["Ulm"] * 40})
    now = pd.DataFrame({"town": ["Bonn"] * 50 + ["Ulm"] * 30 + ["Jena"] * 15 + ["Gera"] * 5})
    town = detect_drift(before, now)["town"]
    assert town.pvalue == stats.chi2_2samp([60, 40, 0, 0], [50, 30, 15, 5]).pvalue
    labels = ("Bonn", "Ulm", "Jena", "(other)")
    assert town.shares == (labels, (0.6, 0.4, 0.0, 0.0), (0.5, 0.3, 0.15, 0.05))
    categories = now["town"].astype("category")
    assert detect_drift(before, pd.DataFrame({"town": categories}))["town"].pvalue == town.pvalue


def test_a_million_categories_are_compared_with_a_few():
    before = pd.DataFrame({"town": np.repeat(TOWNS, 400), "x": np.arange(1200.0)})
    now = pd.DataFrame({"town": [f"t{i}" for i in range(1_000_000)], "x": np.arange(1e6) / 1e3})
    report = detect_drift(before, now)
    assert report["town"].verdict == "drift"
    assert report["town"].effect_size == 1.0
    assert report["x"].verdict == "drift"
    many = pd.DataFrame({"town": [f"t{i % 6000}" for i in range(60_000)]})
    again = detect_drift(Reference(many), many.sample(20_000, random_state=0))["town"]
    assert again.verdict == "no drift"


@pytest.mark.parametrize(("before", "now"), [(1.0, "a"), ("a", 1.0)])
def test_a_column_of_another_type_has_drifted_and_the_others_are_compared(before, now):
    frames = [
        pd.DataFrame({"changed": [value] * 100, "same": RNG.normal(size=100)})
        for value in (before, now)
    ]
    report = detect_drift(*frames)
    changed = report["changed"]
    assert (changed.verdict, changed.test, changed.pvalue) == ("drift", "type", None)
    assert "was a column of" in changed.note
    assert report["same"].pvalue is not None
    assert "another type" in repr(report)
    empty = frames[1].assign(changed=None)
    assert detect_drift(frames[0], empty)["changed"].current_missing == 1.0


@given(st.lists(st.integers(0, 400), min_size=1, max_size=8), st.data())
def test_the_effect_of_categories_is_the_share_that_has_moved(before, data):
    now = data.draw(st.lists(st.integers(0, 400), min_size=len(before), max_size=len(before)))
    if not sum(before) or not sum(now):
        return
    effect = of_categories(before, now)
    shares = [np.array(side) / sum(side) for side in (before, now)]
    assert effect.size == pytest.approx(abs(shares[0] - shares[1]).sum() / 2)
    assert 0 <= effect.low <= effect.size <= effect.high <= 1


def test_intervals_hold_the_effect_of_all_rows(effort):
    rng, runs = np.random.default_rng(4), effort(150, 2000)
    true = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.3, 0.3])
    missed = {"numbers": 0, "categories": 0}
    for _ in range(runs):
        counts = [rng.multinomial(size, p) for size, p in zip((300, 200), true, strict=True)]
        effect = of_categories(*counts)
        missed["categories"] += not effect.low <= 0.1 <= effect.high
        # Uniform on (0, 1) and on (0.2, 1.2): the distribution functions are 0.2 apart.
        samples = rng.random(300), rng.random(200) + 0.2
        effect = of_numbers(stats.ks_2samp(*samples).statistic, (300, 200))
        missed["numbers"] += not effect.low <= 0.2 <= effect.high
    assert max(missed.values()) <= 0.05 * runs


def test_a_difference_too_small_to_matter_is_no_drift_however_many_rows_there_are():
    rng = np.random.default_rng(6)
    before = rng.normal(size=(200_000, 1))
    small, large = before + 0.05, before + 0.3
    assert detect_drift(before, small).drifted == ()
    found = detect_drift(before, small, min_effect=0)["x0"]
    assert (found.verdict, found.effect_size < 0.05) == ("drift", True)
    assert detect_drift(before, large).drifted == ("x0",)
    few = detect_drift(before[:2000], large[:2000])["x0"]
    assert (few.verdict, few.test) == ("drift", "ks")
    missing = before.copy()
    missing[:6000] = np.nan
    assert detect_drift(before, missing).drifted == ()
    assert detect_drift(before, missing, min_effect=0.01)["x0"].lies_in_the_missing


@pytest.mark.parametrize("test", tests_of_drift.TESTS)
def test_every_test_has_a_name(test):
    before, now, shifted = homes(600), homes(500, 1), homes(500, 1, (0.2, 0.2, 0.6), 1.0)
    for frame in (before, now, shifted):
        frame["open"] = np.where(frame["town"] == "Ulm", "yes", "no")
    if test == "proportions_ztest":
        names = ["open"]
    else:
        names = ["income"] if tests_of_drift.fits(test, is_categorical=False) else []
        names += ["town"] if tests_of_drift.fits(test, is_categorical=True) else []
    asked = dict.fromkeys(names, test)
    still, moved = (detect_drift(before, frame, tests=asked) for frame in (now, shifted))
    for name in names:
        assert (still[name].test, still[name].verdict) == (test, "no drift")
        assert moved[name].verdict == "drift"
        assert 0 <= moved[name].pvalue < 1e-4
        assert still[name].pvalue > 0.01
    if test in tests_of_drift.DISTANCES and test not in {"wasserstein_distance", "cramers_v"}:
        samples = [frame[names[0]] for frame in (before, now)]
        assert still[names[0]].statistic == pytest.approx(getattr(stats, test)(*samples))


def test_a_distance_of_wasserstein_is_in_units_of_the_spread():
    before, now = homes(5000), homes(5000, 1, shift=0.5)
    scaled = [frame.assign(income=frame["income"] * 1e-5) for frame in (before, now)]
    for frames in ((before, now), scaled):
        found = detect_drift(*frames, tests={"income": "wasserstein_distance"})["income"]
        assert found.statistic == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    "test", ["psi", "jensen_shannon", "wasserstein_distance", "energy_distance"]
)
def test_pvalues_of_distances_are_those_of_chance(test, effort):
    """Where nothing has changed a share alpha of them is below alpha, about."""
    rng, runs = np.random.default_rng(8), effort(120, 2000)
    small = 0
    for _ in range(runs):
        before, now = rng.normal(size=(400, 1)), rng.normal(size=(150, 1))
        small += detect_drift(before, now, tests=test, min_effect=0)["x0"].pvalue < 0.1
    assert abs(small / runs - 0.1) < 4 * (0.1 * 0.9 / runs) ** 0.5 + 0.02


def test_thresholds_take_the_place_of_pvalues():
    before, now = homes(600), homes(500, 1, (0.2, 0.2, 0.6), 1.0)
    report = detect_drift(before, now, tests="psi", thresholds=0.2)
    assert report["income"].threshold == report["town"].threshold == 0.2
    assert report["income"].pvalue is None
    assert report.drifted == ("income", "town")
    one = detect_drift(before, now, tests={"income": "psi"}, thresholds={"income": 99.0})
    assert (one["income"].verdict, one["town"].test) == ("no drift", "chi2_2samp")


@pytest.mark.parametrize(
    ("false_alarms", "window", "rate"),
    [
        ("1 per month", "1d", 12 / 365.25),
        ("2 per year", "6 hours", 2 / (4 * 365.25)),
        ("1 per 100 windows", None, 0.01),
        ("1.5 per 4 weeks", dt.timedelta(days=1), 1.5 / 28),
        ("1 a quarter", np.timedelta64(1, "D"), 4 / 365.25),
        ("1 per 30d", "12h", 1 / 60),
    ],
)
def test_rates_are_read(false_alarms, window, rate):
    assert false_alarm_rate(false_alarms, window) == pytest.approx(rate)


BOTH = [homes(100), homes(100, 1)]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"false_alarms": "few"}, ValueError, "such as '1 per month'.*got 'few'"),
        ({"false_alarms": 1}, TypeError, "must be a text such as '1 per month'; got 1"),
        ({"false_alarms": "1 per month"}, ValueError, "needs to know how long a window is"),
        ({"false_alarms": "1 per day", "window": "1d"}, ValueError, "allows 1 false alarms for"),
        ({"false_alarms": "1 per month", "window": "often"}, ValueError, "such as '1d', '6h'"),
        ({"false_alarms": "1 per month", "window": "0d"}, ValueError, "longer than nothing"),
        ({"false_alarms": "1 per month", "window": 3}, TypeError, "or a timedelta; got 3"),
        ({"window": "1d"}, ValueError, "give both or neither"),
        (
            {"false_alarms": "1 per month", "window": "1d", "alpha": 0.01},
            ValueError,
            "takes the place of alpha",
        ),
        ({"min_effect": 1}, ValueError, "min_effect must be a share"),
        ({"thresholds": 0.1}, ValueError, "no column is compared by one"),
        ({"thresholds": {"income": 0.1}}, ValueError, "'income', which is not compared by a dist"),
        ({"thresholds": "0.1"}, TypeError, "thresholds must be a number or"),
        ({"tests": {"town": "ks"}}, ValueError, "ks cannot compare column 'town', which holds cat"),
        ({"tests": {"income": "chi2_2samp"}}, ValueError, "column 'income', which holds numbers"),
        ({"tests": {"town": ["psi"]}}, ValueError, "known are ks, ks_2samp"),
        ({"tests": "psi", "thresholds": -1}, ValueError, "finite numbers, at least 0; got -1"),
        ({"tests": "psi", "thresholds": float("nan")}, ValueError, "finite numbers, at least 0"),
    ],
)
def test_what_cannot_be_is_named(options, error, message):
    with pytest.raises(error, match=message):
        detect_drift(*BOTH, **options)


def correlated(rng, rows, columns=20):
    common = rng.normal(size=(rows, 1))
    values = common + rng.normal(size=(rows, columns))
    values[:, 3] = np.round(values[:, 3])
    values[rng.random(rows) < 0.1, 5] = np.nan
    return values


@pytest.mark.parametrize("window", [30, 200])
def test_false_alarms_are_as_many_as_allowed(window, effort):
    """Of windows in which nothing has changed, whatever the columns have in common."""
    rng, runs, rate = np.random.default_rng(window), effort(120, 2000), 0.1
    alarms = 0
    for _ in range(runs):
        before, now = correlated(rng, 600), correlated(rng, window)
        report = detect_drift(before, now, false_alarms="1 per 10 windows", min_effect=0)
        alarms += bool(report.drifted)
    assert abs(alarms / runs - rate) < 3 * (rate * (1 - rate) / runs) ** 0.5


def test_columns_that_go_together_are_not_counted_twice():
    """Bonferroni would take twenty copies of one column for twenty tests."""
    rng = np.random.default_rng(0)
    before, now = (np.repeat(rng.normal(size=(rows, 1)), 20, axis=1) for rows in (900, 300))
    report = detect_drift(before, now, false_alarms="1 per month", window="1d")
    found = report["x0"]
    plain = found.pvalue
    assert plain / 2 - 0.02 < found.adjusted_pvalue < 2 * plain + 0.02
    assert (report.correction, report.alpha) == ("resampling", pytest.approx(12 / 365.25))
    assert "1 per month, resampling" in repr(report)
    assert report.to_dict()["false_alarms"] == "1 per month"


def test_stated_false_alarms_still_find_what_has_changed():
    before, now = homes(3000), homes(400, 1, (0.3, 0.3, 0.4), 0.5)
    report = detect_drift(Reference(before), now, false_alarms="1 per year", window="1d")
    assert report.drifted == ("income", "town")
    assert report["rooms"].verdict == "no drift"
    mixed = detect_drift(
        before,
        now,
        false_alarms="1 per year",
        window="1d",
        tests={"income": "mannwhitneyu", "rooms": "psi"},
    )
    assert mixed.drifted == ("income", "town")
    no_rows = detect_drift(before, now[:0], false_alarms="1 per year", window="1d")
    assert set(no_rows.undecided) == {"income", "town", "rooms"}


def test_distribution_functions_are_those_of_the_values():
    before, now = RNG.normal(size=400), RNG.normal(1, 1, 300)
    found = detect_drift(before[:, None], now[:, None])["x0"].ecdf
    for side, values in ((found.reference, before), (found.current, now)):
        expected = [np.mean(values < edge) for edge in found[0][:-1]] + [1.0]
        np.testing.assert_allclose(side, expected, atol=1e-12)


STORED = Reference(homes(400)).to_bytes()


def test_a_stored_reference_has_its_profile_and_its_rows():
    reference = Reference.from_bytes(STORED)
    assert reference.profile == Reference(homes(400)).profile
    assert reference.profile["town"].top == "Bonn"
    options = {"false_alarms": "1 per month", "window": "1d"}
    one, other = (detect_drift(each, homes(100, 1), **options) for each in (reference, homes(400)))
    assert one == other
    assert Reference.from_bytes(reference.to_bytes()).to_bytes() == STORED
    large = Reference(RNG.normal(size=(30_000, 2)))
    assert large._pool.rows == 10_000


@given(place=st.integers(0, len(STORED) - 1), change=st.integers(1, 255))
def test_an_altered_reference_is_refused(place, change):
    altered = bytearray(STORED)
    altered[place] ^= change
    with pytest.raises(ModelFileError):
        Reference.from_bytes(bytes(altered))


def test_a_tiny_pvalue_of_the_missing_share_hides_no_drift_of_the_values():
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=(20_000, 1)), rng.normal(0.2, 1, size=(20_000, 1))
    now[:600] = np.nan
    for options in (
        {},
        {"correction": "holm"},
        {"correction": None},
        {"false_alarms": "1 per month", "window": "1d"},
    ):
        found = detect_drift(before, now, **options)["x0"]
        assert found.missing_pvalue < found.pvalue < 1e-20
        assert (found.verdict, found.cause, found.direction) == ("drift", "values", "higher")


@pytest.mark.parametrize("options", [{}, {"false_alarms": "1 per 10 windows"}])
def test_rare_categories_raise_no_alarm_where_nothing_has_changed(options, effort):
    rng, runs = np.random.default_rng(1), effort(40, 400)
    alarms = 0
    for _ in range(runs):
        sides = [rng.integers(0, 1000, rows) for rows in (2000, 500)]
        zipf = [rng.zipf(1.5, rows) for rows in (2000, 500)]
        frames = [
            pd.DataFrame({"zip": zips.astype(str), "word": words.astype(str)})
            for zips, words in zip([*sides], [zipf[0], zipf[1]], strict=True)
        ]
        alarms += bool(detect_drift(*frames, min_effect=0, **options).drifted)
    assert alarms <= (0.1 if options else 0.05) * runs + 3 * (0.1 * 0.9 * runs) ** 0.5


def test_a_category_called_other_is_one():
    before = pd.DataFrame({"t": ["a"] * 60 + ["other"] * 40})
    now = pd.DataFrame({"t": ["a"] * 60 + ["new"] * 40})
    for test in ("psi", "total_variation", "chi2_2samp"):
        assert detect_drift(before, now, tests=test)["t"].drift
    numbers = pd.DataFrame({"t": pd.Categorical([1, "1"] * 40)})
    reference = Reference(numbers)
    assert Reference.from_bytes(reference.to_bytes()) == reference
    assert detect_drift(reference, numbers)["t"].reference_size == 80


def test_what_a_test_cannot_say_is_noted_and_the_others_are_told():
    before = pd.DataFrame({"x": RNG.normal(size=200), "y": RNG.normal(size=200), "one": 1.0})
    now = before.assign(x=np.where(np.arange(200) == 3, np.inf, before["x"] + 5))
    report = detect_drift(before, now, tests="ttest_ind")
    assert (report["x"].verdict, report["x"].pvalue) == ("not enough data", None)
    assert "ttest_ind is undefined" in report["x"].note
    assert report["y"].pvalue == 1.0
    one = detect_drift(before, before, tests="anderson_ksamp")["one"]
    assert "anderson_ksamp" in one.note
    for frame in (pl.DataFrame({"x": []}), pa.table({"x": pa.nulls(0)}), before[["x"]][:0]):
        assert detect_drift(before[["x"]], frame)["x"].verdict == "not enough data"
    old = Reference(before)
    old._pool = None
    with pytest.raises(ValueError, match=r"stored by an earlier release.*thresholds="):
        detect_drift(old, before, tests="psi")
    report = detect_drift(old, before, false_alarms="1 per 50 windows")
    assert report.correction == "bonferroni"


def test_cramers_v_keeps_its_level_for_sizes_unlike_one_another():
    rng = np.random.default_rng(5)
    before = pd.DataFrame({"t": rng.choice(TOWNS, 20_000)})
    reference = Reference(before)
    pvalues = [
        detect_drift(reference, pd.DataFrame({"t": rng.choice(TOWNS, 400)}), tests="cramers_v")[
            "t"
        ].pvalue
        for _ in range(20)
    ]
    assert 0.2 < np.median(pvalues) < 0.8
    moved = pd.DataFrame({"t": rng.choice(TOWNS, 400, p=[0.5, 0.25, 0.25])})
    assert detect_drift(reference, moved, tests="cramers_v")["t"].pvalue < 1e-5


def test_intervals_are_those_of_the_inequalities():
    # Each half of 5 %: log(2 / 0.025) and log((2**3 - 2) / 0.025).
    numbers = of_numbers(0.2, (300, 200))
    air = np.sqrt(np.log(80) / 600) + np.sqrt(np.log(80) / 400)
    assert (numbers.low, numbers.high) == pytest.approx((0.2 - air, 0.2 + air))
    categories = of_categories((150, 90, 60), (80, 60, 60))
    air = (np.sqrt(2 * np.log(240) / 300) + np.sqrt(2 * np.log(240) / 200)) / 2
    assert categories.high == pytest.approx(categories.size + air)


@pytest.mark.parametrize("options", [{}, {"false_alarms": "1 per month", "window": "1d"}])
def test_a_column_that_is_gone_is_a_drift_and_the_rest_is_reported(options):
    before, now = homes(2000), homes(1500, 1)
    report = detect_drift(before, now.drop(columns=["town", "income"]), **options)
    for name in ("town", "income"):
        found = report[name]
        assert (found.verdict, found.cause, found.test) == ("drift", "absent", "absent")
        assert (found.current_size, found.current_missing, found.pvalue) == (0, 1.0, None)
    assert "is gone" in repr(report)
    assert "no such column now" not in report.to_html()
    rest = detect_drift(before[["rooms"]], now[["rooms"]], **options)
    assert report["rooms"].pvalue == rest["rooms"].pvalue
    with pytest.raises(ValueError, match=r"another type than before or no such column now"):
        report.display("town")


@pytest.mark.parametrize("name", ["proportions_ztest", *tests_of_drift.BINNED])
def test_counts_are_compared_without_their_rows(name):
    before, now = [40, 60, 0, 15], [30, 20, 25, 0]
    if name == "proportions_ztest":
        rows = [[True] * counts[0] + [False] * sum(counts[1:]) for counts in (before, now)]
    else:
        rows = [np.repeat(list("abcd"), counts).tolist() for counts in (before, now)]
    expected = getattr(stats, name)(*rows)
    found = tests_of_drift.compare_categories(name, before, now).statistic
    assert found == getattr(expected, "statistic", expected)
    tracemalloc.start()
    try:
        tests_of_drift.compare_categories(name, [3_000_000, 2_000_000], [20, 30])
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("test", ["wasserstein_distance", "energy_distance", "psi", "hellinger"])
def test_constant_columns_drift_when_they_change_and_only_then(test):
    before, now = np.full((744, 1), 5.0), np.full((720, 1), 6.0)
    changed = detect_drift(before, now, tests=test, correction="bonferroni", alpha=1e-4)["x0"]
    assert (changed.verdict, changed.effect_size) == ("drift", 1.0)
    same = detect_drift(before, before[:720], tests=test, min_effect=0)["x0"]
    assert (same.verdict, same.pvalue) == ("no drift", 1.0)


def test_constant_texts_drift_when_they_change_and_only_then():
    before, now = pd.DataFrame({"t": ["a"] * 744}), pd.DataFrame({"t": ["b"] * 720})
    assert detect_drift(before, now, tests="psi", alpha=1e-6)["t"].drift
    same = detect_drift(before, before[:720], tests="psi", min_effect=0)["t"]
    assert (same.verdict, same.pvalue) == ("no drift", 1.0)


@pytest.mark.parametrize("test", ["wasserstein_distance", "energy_distance", "psi"])
@pytest.mark.parametrize("law", ["normal", "standard_cauchy", "pareto"])
def test_pvalues_of_distances_hold_for_any_law(test, law):
    pvalues = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        values = rng.pareto(0.9, (500, 1)) if law == "pareto" else getattr(rng, law)(size=(500, 1))
        found = detect_drift(values[:150], values[150:], tests=test, min_effect=0)
        pvalues.append(found["x0"].pvalue)
    # Six and 0.1 are expected; more come in 1 of 1,000 such tests.
    assert np.less(pvalues, 0.05).sum() <= 15
    assert np.less(pvalues, 0.001).sum() <= 2
