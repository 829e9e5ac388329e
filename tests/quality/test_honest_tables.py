"""What users send every day: no false faults, no silence where something is wrong."""

import datetime as dt
import json
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from treering.quality import Expectations, check_quality


def faults(report):
    return [(each.column, each.check) for each in report.faults]


def hints(report):
    return [(each.column, each.check) for each in report.warnings]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("share", [0.003, 0.03, 0.3])
def test_copies_of_rare_classes_are_found(rng, share):
    target = (rng.random(20_000) < share).astype(int)
    leak = target * 2.0 + rng.normal(0, 0.1, 20_000)
    honest = rng.normal(size=20_000) + target
    table = pd.DataFrame({"y": target, "leak": leak, "honest": honest})
    found = hints(check_quality(None, table, target="y"))
    assert [each for each in found if each[0] != "y"] == [("leak", "copy of the target")]


def test_copies_of_many_classes_are_found():
    rows = np.arange(6000) * 7919 % 6000
    table = pd.DataFrame({"y": [f"c{i % 300}" for i in rows], "k": [f"k{i % 300}" for i in rows]})
    assert ("k", "copy of the target") in hints(check_quality(None, table, target="y"))


@pytest.mark.parametrize("factor", [1.5, 2.3, 2.8, 3.0, 3.5, 5.0, 6.0, 8.0, 20.0, 50.0])
@pytest.mark.parametrize("law", ["lognormal", "exponential", "uniform"])
def test_growth_is_no_other_unit(rng, law, factor):
    draw = {
        "lognormal": lambda n: rng.lognormal(3, 1, n),
        "exponential": lambda n: rng.exponential(9, n),
        "uniform": lambda n: rng.uniform(0, 9, n),
    }[law]
    for rows in (1000, 20_000):
        report = check_quality(draw(rows).reshape(-1, 1), factor * draw(rows).reshape(-1, 1))
        assert "unit" not in {each.check for each in report.faults}
        assert not any("(" in each.found for each in report.findings if each.check == "unit")


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1000, "1,000"),
        (0.01, "100"),
        (10, "10 times"),
        (25.4, "25.4"),
        (3600, "3,600"),
        (2.54, "2.54"),
    ],
)
def test_units_are_told_by_their_names(rng, factor, words):
    before, now = rng.normal(50, 10, (20_000, 1)), rng.normal(50, 10, (5000, 1))
    (fault,) = check_quality(before, now * factor).faults
    assert fault.check == "unit"
    assert words in fault.found


def test_a_range_set_by_hand_is_looked_at_whatever_the_unit(rng):
    before, now = rng.normal(50, 10, (2000, 1)), rng.normal(50, 10, (500, 1)) * 1000
    assert faults(check_quality(before, now)) == [("x0", "unit")]
    wide = Expectations.of(before).edit("x0", low=0, high=1e6)
    assert check_quality(wide, now).passed
    assert faults(check_quality(wide.edit("x0", high=1e3), now)) == [("x0", "range")]


def test_days_move_on(rng):
    days = pd.date_range("2026-01-01", periods=50)
    before = pd.DataFrame({"day": np.repeat(days, 100), "v": rng.normal(size=5000)})
    before["text"] = before["day"].dt.strftime("%Y-%m-%d")
    now = pd.DataFrame({"day": pd.Timestamp("2026-03-01"), "v": rng.normal(size=300)})
    now["text"] = "2026-03-01"
    assert check_quality(before, now).findings == ()


def test_identifiers_go_on(rng):
    ids = np.cumsum(rng.integers(1, 6, 3000))
    before, now = pd.DataFrame({"id": ids[:2000]}), pd.DataFrame({"id": ids[2000:]})
    assert check_quality(before, now).findings == ()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_large_whole_numbers_are_told_apart(library):
    values = [2**60 + k for k in range(60)]
    make = {
        "pandas": lambda v: pd.DataFrame({"id": pd.array(v, dtype="Int64")}),
        "polars": lambda v: pl.DataFrame({"id": v}),
    }[library]
    report = check_quality(None, make([*values, None]), keys="id")
    assert faults(report) == [("id", "missing keys")]
    assert check_quality(make(values), make(values), keys="id").findings == ()
    objects = pd.DataFrame({"id": pd.Series(values, dtype=object)})
    assert check_quality(None, objects, keys="id").passed


def test_what_is_changed_in_the_json_holds_to_the_letter(rng):
    before = pd.DataFrame({"a": rng.uniform(0, 5, 500), "t": rng.choice(["u", "v"], 500)})
    document = json.loads(Expectations.of(before).to_json())
    a, t = document["columns"]["a"], document["columns"]["t"]
    a["missing"], a["high"], t["categories"] = 0.0, 4.0, ["u", "v", "w"]
    expectations = Expectations.from_json(json.dumps(document))
    assert expectations["a"].edited == ("high",)  # no value was missing before, either
    assert expectations["t"].edited == ("categories",)
    now = pd.DataFrame({"a": [4.5] + [1.0, 2.0] * 50, "t": ["w"] * 101})
    assert faults(check_quality(expectations, now)) == [
        ("a", "range"),
        ("t", "constant"),
        (None, "duplicate rows"),
    ]
    for wrong in ({"low": 9.0}, {"maximum": 1}, {"rows": 2**60}):
        document["columns"]["a"] = a | wrong
        with pytest.raises(ValueError, match="not the JSON of expectations"):
            Expectations.from_json(json.dumps(document))
    document["columns"]["a"] = a | {"reference": None}
    without = Expectations.from_json(json.dumps(document))
    assert ("a", "range") in faults(check_quality(without, now))


def test_single_precision_holds_the_nearest_numbers(rng):
    before = pd.DataFrame({"r": rng.choice([0.1, 0.2, 0.7], 2000).astype(np.float32)})
    now = pd.DataFrame({"r": rng.choice([0.1, 0.2, 0.7], 500)})
    assert check_quality(before, now).findings == ()


@pytest.mark.parametrize("zone", ["America/New_York", "Etc/GMT-5", "Europe/Berlin", "UTC"])
def test_zones_of_every_name_are_times(zone):
    moments = pd.date_range("2026-02-01", periods=60, freq="h", tz=zone)
    table = pd.DataFrame({"t": moments})
    report = check_quality(None, table, time="t", now=dt.datetime(2026, 2, 4, tzinfo=dt.UTC))
    assert report.columns["t"].kind == "times"
    assert report.passed


def test_duplicates_are_compared_at_equal_sizes():
    wrong = 0
    for run in range(40):
        rng = np.random.default_rng(run)
        sides = [rng.integers(0, 20_000, (rows, 1)) * 1.5 for rows in (150, 4000)]
        wrong += not check_quality(*sides).passed
    assert wrong <= 3


def test_two_rows_that_agree_are_no_constant():
    wrong = 0
    for run in range(60):
        rng = np.random.default_rng(run)
        sides = [
            pd.DataFrame({f"c{i}": rng.integers(0, 30, rows).astype(str) for i in range(5)})
            for rows in (5000, 2)
        ]
        wrong += not check_quality(*sides, alpha=0.05).passed
    assert wrong <= 9


def test_a_column_that_becomes_unique_texts_is_a_fault(rng):
    before = pd.DataFrame({"town": rng.choice(["Bonn", "Ulm", "Köln"], 20_000)})
    now = pd.DataFrame({"town": [f"id{k}" for k in range(6000)]})
    assert faults(check_quality(before, now)) == [("town", "unseen category")]


def test_first_oddities_are_warnings(rng):
    before = pd.DataFrame(
        {"town": rng.choice(["Bonn", "Ulm"], 1000), "age": rng.integers(18, 90, 1000) * 1.0}
    )
    now = before.sample(1000, replace=True, random_state=1, ignore_index=True)
    now.loc[:4, "town"], now.loc[5:7, "age"] = "Bon", -1.0
    now.loc[10:20, "age"] = np.nan
    report = check_quality(before.drop_duplicates(), now, alpha=1e-9)
    assert {("town", "unseen category"), ("age", "range"), ("age", "missing values")} <= {
        *hints(report)
    }


def test_heavy_tails_are_no_noise():
    noisy = 0
    for run in range(30):
        rng = np.random.default_rng(run)
        sides = [rng.lognormal(0, 2, (rows, 10)) for rows in (1000, 1000)]
        noisy += bool(check_quality(*sides).findings)
    assert noisy <= 2


def test_cells_that_are_arrays_are_compared(tmp_path):
    path = tmp_path / "tags.parquet"
    pd.DataFrame({"tags": [["a"], ["b"]] * 60}).to_parquet(path)
    table = pd.read_parquet(path)
    assert check_quality(table, table).passed
    long = [np.arange(2000), np.r_[np.arange(1000), 0, np.arange(1001, 2000)]]
    assert check_quality(None, pd.DataFrame({"v": long}), keys="v").passed


def test_a_reference_without_rows_is_refused(rng):
    now = pd.DataFrame({"a": rng.normal(size=50)})
    with pytest.raises(ValueError, match="reference has no rows; give None"):
        check_quality(now[:0], now)
    assert check_quality(Expectations.of(now[:0]), now).passed


@pytest.mark.parametrize("factor", [60.0, 1 / 60, 24.0, 1 / 3600])
@pytest.mark.parametrize("law", ["exponential", "lognormal", "gamma"])
def test_another_scale_is_never_passed_over(rng, law, factor):
    draw = {
        "exponential": lambda n: rng.exponential(250, n),
        "lognormal": lambda n: rng.lognormal(5, 1, n),
        "gamma": lambda n: rng.gamma(2, 100, n),
    }[law]
    report = check_quality(draw(20_000).reshape(-1, 1), factor * draw(1000).reshape(-1, 1))
    assert "unit" in {each.check for each in report.findings}


def test_columns_may_be_called_by_numbers(rng):
    table = pd.DataFrame(rng.integers(0, 2, (200, 3)))
    table[2] = table[0]
    report = check_quality(None, table, target=0)
    assert (("2", "copy of the target")) in hints(report)
    assert faults(check_quality(None, table, keys=1)) == [("1", "duplicate keys")]


def test_wide_tables_take_no_square_of_time(rng):
    before = pd.DataFrame(rng.normal(size=(40, 1500)), columns=[f"a{i}" for i in range(1500)])
    now = before.rename(columns=lambda name: "b" + name[1:])
    report = check_quality(before, now)
    assert len(report.faults) == 1500
    assert "did you mean" not in report.to_json()


def test_moments_and_lengths_beyond_reason_are_refused():
    table = pd.DataFrame({"t": pd.date_range("2026-01-01", periods=5)})
    for options, words in (
        ({"now": "2026-01-09", "max_age": "300000 years"}, "shorter than 10,000 years"),
        ({"now": np.datetime64("300000-01-01")}, "years 1 to 9999"),
        ({"now": "today"}, "now must be a moment"),
        ({"now": ""}, "now must be a moment"),
    ):
        with pytest.raises(ValueError, match=words):
            check_quality(None, table, time="t", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_quality(None, table, time="t", now="2026-02-13T12:00:00Z").passed


def test_odd_keys_and_targets_end_in_a_finding():
    times = pd.DataFrame({"k": [dt.time(9), dt.time(9)], "y": [np.inf, 1.0]})
    assert "09:00:00" in check_quality(None, times, keys="k").faults[0].found
    large = pd.DataFrame({"k": pd.Series([10**5000, 10**5000], dtype=object)})
    assert faults(check_quality(None, large, keys="k")) == [("k", "duplicate keys")]
    rng = np.random.default_rng(0)
    infinite = pd.DataFrame({"x": rng.normal(size=99), "y": np.r_[np.inf, rng.normal(size=98)]})
    assert hints(check_quality(None, infinite, target="y")) == [("y", "infinite values")]


def test_numbers_are_written_so_that_they_differ():
    expectations = Expectations().edit("x0", high=1_234_567).edit("x1", missing=0)
    now = np.column_stack([np.full(10_000, 1_234_568.0), np.r_[np.nan, np.ones(9999)]])
    first, second = check_quality(expectations, now).faults
    assert (
        "above 1234567, the highest is 1234568"
        in {first.check: first, second.check: second}["range"].found
    )
    assert (
        "0.0100 % of values are missing"
        in {first.check: first, second.check: second}["missing values"].found
    )


def test_bounds_for_another_kind_are_a_fault():
    rating = pd.DataFrame({"rating": [1.0, 3.5]})
    for expectations in (
        Expectations().edit("rating", categories=["1", "2"]),
        Expectations().edit("text", low=0),
    ):
        table = rating.assign(text=["99", "x"])
        assert [each.check for each in check_quality(expectations, table).faults] == ["type"]


def test_files_say_what_was_not_looked_at(tmp_path):
    table = pd.DataFrame(
        {"k": [None, "a", "a"], "t": pd.to_datetime(["2026-03-02", "2026-03-01", "2026-03-03"])}
    )
    table.to_parquet(tmp_path / "f.parquet")
    report = check_quality(None, tmp_path / "f.parquet", keys="k", time="t")
    assert faults(report) == [("k", "missing keys")]
    assert report.skipped.keys() == {"duplicate rows", "duplicate keys", "order"}


def test_panels_have_several_rows_of_a_moment():
    days = np.repeat(pd.date_range("2026-01-01", periods=40), 5)
    before = pd.DataFrame({"t": days})
    now = pd.DataFrame({"t": days + pd.Timedelta("60D")})
    assert ("t", "order") not in hints(check_quality(before, now, time="t"))
    assert ("t", "order") in hints(check_quality(None, now, time="t"))


def test_bounds_by_hand_are_said_beside_what_chance_does_not_explain(rng):
    before = pd.DataFrame({"x": rng.uniform(0, 1, 1000)})
    now = pd.DataFrame({"x": np.r_[-1.0, rng.uniform(0, 1, 400), np.linspace(2, 3, 100)]})
    report = check_quality(Expectations.of(before).edit("x", low=0), now)
    assert report.faults[0].found.startswith("1 value below 0,")
    assert len(report.faults) == 2


@pytest.mark.parametrize("rows", [1000, 10_000, 100_000])
def test_a_table_that_was_loaded_twice_is_said(rng, rows):
    before, once = rng.normal(size=(1000, 2)), rng.normal(size=(rows, 2))
    report = check_quality(before, np.r_[once, once])
    assert (None, "duplicate rows") in [*faults(report), *hints(report)]


def test_sorted_prices_have_a_range(rng):
    before = pd.DataFrame({"price": np.sort(rng.lognormal(3, 1, 500))})
    now = pd.DataFrame({"price": np.r_[rng.lognormal(3, 1, 400), np.full(100, -5.0)]})
    assert ("price", "range") in faults(check_quality(before, now))


def test_copies_of_targets_with_many_zeros_are_found(rng):
    target = np.where(rng.random(5000) < 0.8, 0, rng.lognormal(3, 1, 5000))
    table = pd.DataFrame({"y": target, "copy": 2 * target + 1, "honest": rng.normal(size=5000)})
    assert ("copy", "copy of the target") in hints(check_quality(None, table, target="y"))


def test_a_number_among_times_is_no_age():
    before = pd.DataFrame({"t": pd.date_range("2026-01-01", periods=60)})
    values = [*pd.date_range("2026-05-01", periods=3), 7.0]
    now = pd.DataFrame({"t": pd.Series(values, dtype=object)})
    assert faults(check_quality(before, now, time="t")) == [("t", "type")]


@pytest.mark.parametrize("factor", [4, 5, 6, 8, 15, 20])
def test_growth_of_few_rows_is_no_other_unit(factor):
    found = 0
    for run in range(20):
        rng = np.random.default_rng(run)
        for rows in (40, 300):
            sides = rng.lognormal(3, 1, (1000, 1)), factor * rng.lognormal(3, 1, (rows, 1))
            report = check_quality(*sides)
            found += "unit" in {each.check for each in report.faults}
    assert found == 0


def test_no_least_effect_makes_no_warnings(rng):
    table = pd.DataFrame({"a": rng.normal(size=500)})
    assert check_quality(table, table, min_effect=0).warnings == ()
    some = pd.DataFrame({"a": np.r_[np.full(40, np.nan), rng.normal(size=9960)]})
    assert ("a", "missing values") in hints(check_quality(table, some))


def test_names_for_a_table_that_has_its_own_are_refused(rng):
    table = pd.DataFrame({"a": rng.normal(size=50)})
    with pytest.raises(TypeError, match="has names of its own"):
        check_quality(table, table, columns=["a"])
    with pytest.raises(TypeError, match="has names of its own"):
        Expectations.of(table, columns=["b"])


def test_many_identifiers_and_categories_by_hand(rng):
    ids = pd.DataFrame({"id": [f"user {i}" for i in range(30_000)]})
    assert hints(check_quality(None, ids)) == [("id", "like an identifier")]
    assert check_quality(None, ids, keys="id").findings == ()
    named = [f"c{i}" for i in range(5000)]
    now = pd.DataFrame({"t": [*named[:4600], "x", "x"]})
    report = check_quality(Expectations().edit("t", categories=named), now)
    assert [each.found for each in report.faults] == ["new categories 'x' (2)"]


def test_whole_numbers_have_exact_ranges():
    before = pd.DataFrame({"n": 10**8 + np.arange(500) % 5})
    now = pd.DataFrame({"n": np.r_[10**8 + np.arange(300) % 5, np.full(200, 10**8 + 11)]})
    assert ("n", "range") in faults(check_quality(before, now))


def test_keys_of_several_columns_count_rows():
    table = pd.DataFrame({"a": ["x", None, "y", "z"], "b": ["u", "v", None, None]})
    (fault,) = check_quality(None, table, keys=["a", "b"]).faults
    assert (fault.check, fault.rows) == ("missing keys", 3)
