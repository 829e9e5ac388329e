"""Whether a table is as expected: what is wrong is found, what chance does is not."""

import datetime as dt
import json
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treering.profile import Profile
from treering.quality import Expectations, QualityReport, check_quality

ROWS = 2000


def homes(rows=ROWS, seed=0):
    rng = np.random.default_rng(seed)
    start = np.datetime64("2026-01-01", "us") + np.timedelta64(seed, "W")
    return pd.DataFrame(
        {
            "size": rng.normal(1.75, 0.1, rows),
            "price": rng.lognormal(3, 1, rows),
            "town": rng.choice(["Bonn", "Ulm", "Köln"], rows, p=[0.6, 0.3, 0.1]),
            "sold": rng.random(rows) < 0.3,
            "at": start + np.arange(rows) * np.timedelta64(1, "m"),
        }
    )


REFERENCE = homes()
EXPECTED = Expectations.of(REFERENCE)


def found(report, *, level="fault"):
    return {(each.column, each.check) for each in report.findings if each.level == level}


def test_rows_as_before_have_no_faults():
    report = check_quality(EXPECTED, homes(500, 1), time="at")
    assert report.passed
    assert report.findings == ()
    assert report.checks > 20
    assert str(report).startswith("QualityReport: 0 faults and 0 warnings in 5 columns of 500 rows")


def changed(**columns):
    return homes(500, 1).assign(**columns)


@pytest.mark.parametrize(
    ("now", "expected", "words"),
    [
        (changed(size=lambda d: d["size"] * 100), ("size", "unit"), "100 times the reference's"),
        (
            changed(size=lambda d: d["size"] / 1000),
            ("size", "unit"),
            "the reference's are 1,000 times these",
        ),
        (
            changed(size=lambda d: d["size"].where(d.index > 99)),
            ("size", "missing values"),
            r"20\.0 % of values are missing; expected about 0\.0 %",
        ),
        (
            changed(size=lambda d: d["size"].where(d.index != 7, np.inf)),
            ("size", "infinite values"),
            "1 infinite value",
        ),
        (
            changed(price=lambda d: d["price"].where(d.index > 5, -1.0)),
            ("price", "range"),
            r"[6-9] values below .*, the lowest is -1; expected at least",
        ),
        (
            changed(town=lambda d: d["town"].where(d.index > 20, "bonn")),
            ("town", "unseen category"),
            r"new categories 'bonn' \(21\); expected 3 known categories",
        ),
        (
            changed(town=lambda d: np.where(d.index > 20, d["town"], [f"x{i}" for i in d.index])),
            ("town", "unseen category"),
            "'x0'.*and 16 more",
        ),
        (changed(price=3.0), ("price", "constant"), "one value alone"),
        (
            changed(price=lambda d: d["price"].where(d.index == 3, 20.0)),
            ("price", "near-constant"),
            r"99\.[0-9] % of values are the same",
        ),
        (changed(price="cheap"), ("price", "type"), r"holds texts \(500\) alone; expected numbers"),
        (
            changed(price=lambda d: d["price"].astype(object).where(d.index != 3, "n/a")),
            ("price", "type"),
            r"holds texts \(1\); expected numbers",
        ),
        (homes(500, 1).drop(columns="price"), ("price", "missing column"), "no such column"),
        (
            homes(500, 1).iloc[[*range(490), *range(10)]],
            (None, "duplicate rows"),
            r"10 rows \(2\.0 %\) occur before; expected about 0\.0 %",
        ),
        (homes(0, 1), (None, "empty table"), "no rows"),
    ],
)
def test_each_fault_is_found_and_named(now, expected, words):
    report = check_quality(EXPECTED, now)
    assert not report.passed
    assert found(report) == {expected}
    (fault,) = report.faults
    assert re.search(words, fault.message)
    assert fault in (report[fault.column] if fault.column else report.findings)


def test_new_columns_are_warnings_and_slips_are_named():
    report = check_quality(EXPECTED, homes(500, 1).rename(columns={"price": "Price"}))
    assert found(report) == {("price", "missing column")}
    assert found(report, level="warning") == {("Price", "new column")}
    assert "did you mean 'Price'" in report["price"][0].found
    assert not report.passed


def test_kelvins_are_told_from_degrees():
    degrees = np.random.default_rng(0).normal(15, 8, (3000, 1))
    report = check_quality(degrees, degrees[:600] + 273.15)
    assert found(report) == {("x0", "unit")}
    assert report.faults[0].found == "Kelvin where the reference has Celsius"
    report = check_quality(degrees, degrees[:600] * 1.8 + 32)
    assert "Fahrenheit" in report.faults[0].found


@pytest.mark.parametrize(
    "make", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"]
)
def test_every_library_gives_the_same(make):
    now = homes(500, 1)
    now["town"] = now["town"].where(now.index > 20, "bonn")
    now = pd.concat([now, now[:20]], ignore_index=True)
    plain = {name: [*now[name]] if name != "at" else now[name].to_numpy() for name in now}
    report = check_quality(EXPECTED, make(plain), keys="at")
    expected = {("town", "unseen category"), (None, "duplicate rows"), ("at", "duplicate keys")}
    assert found(report) == expected
    assert report.to_dict() == check_quality(EXPECTED, now, keys="at").to_dict()
    assert len(report.to_frame()) == 3


def test_arrays_go_by_position():
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=(500, 2)), rng.normal(size=(400, 2))
    assert check_quality(before, now).passed
    now[:, 1] = 1e9
    report = check_quality(before, now, columns=["a", "b"])
    assert found(report) == {("b", "range"), ("b", "constant")}
    assert check_quality(REFERENCE[["size"]], now[:, :1]).columns.keys() == {"size"}


def test_profiles_and_files_know_all_but_rows(tmp_path):
    now = homes(500, 1)
    now["price"] = now["price"].where(now.index > 40, -1.0)
    now.to_parquet(tmp_path / "now.parquet")
    for current in (Profile.of(now), tmp_path / "now.parquet"):
        report = check_quality(Profile.of(REFERENCE), current, keys="at")
        assert found(report) == {("price", "range")}
        assert report.faults[0].rows == (now["price"] < REFERENCE["price"].min()).sum()
        assert report.skipped.keys() == {"duplicate rows", "duplicate keys"}
        assert "only a profile" in str(report)


def test_without_a_reference_oddities_are_warnings():
    now = homes(500)
    now["same"], now["empty"], now["id"] = 1, None, np.arange(500)
    now["mixed"] = pd.Series([1, "x"] * 250, dtype=object)
    now = pd.concat([now, now[:1]], ignore_index=True)
    report = check_quality(None, now)
    assert report.passed
    assert found(report, level="warning") == {
        ("same", "constant"),
        ("empty", "empty column"),
        ("mixed", "type"),
        (None, "duplicate rows"),
        ("id", "like an identifier"),
    }
    assert "nothing was learned" in str(report)


def test_copies_of_the_target_are_found_and_honest_columns_are_not():
    rng = np.random.default_rng(5)
    now = homes(1000)
    now["sold"] = (now["size"] + rng.normal(0, 0.1, 1000) > 1.75).astype(int)
    now["paid"] = now["sold"] * 100.0 + rng.normal(size=1000)
    now["note"] = np.where(now["sold"] == 1, "sold", "free")
    report = check_quality(None, now, target="sold")
    assert found(report, level="warning") == {
        ("paid", "copy of the target"),
        ("note", "copy of the target"),
    }
    now["log"] = np.log(now["price"])
    report = check_quality(None, now, target="price")
    assert found(report, level="warning") == {("log", "copy of the target")}
    few = check_quality(None, now[:20], target="price")
    assert few.skipped["copy of the target"] == "20 rows with a target, fewer than 50"
    assert (
        "does not vary"
        in check_quality(None, now.assign(sold=1), target="sold").skipped["copy of the target"]
    )


def test_times_are_to_be_new_young_and_in_order():
    moments = homes(100, 9)
    report = check_quality(EXPECTED, moments, time="at", now="2026-03-10", max_age="2d")
    assert found(report) == {("at", "stale")}
    assert "2026-03-08 or later" in report.faults[0].message.replace("T00:00:00", "")
    young = check_quality(EXPECTED, moments, time="at", now=dt.datetime(2026, 3, 6), max_age="2d")  # noqa: DTZ001
    assert young.passed
    ahead = check_quality(EXPECTED, moments, time="at", now="2026-03-01")
    assert found(ahead) == {("at", "future")}
    again = check_quality(EXPECTED, homes(100), time="at")
    assert found(again) == {("at", "stale")}
    assert "the reference goes up to 2026-01-02" in again.faults[0].found
    mixed = check_quality(EXPECTED, moments.iloc[[5, 4, 4, 7]], time="at")
    assert {"1 row before the row above", "1 row at the moment of another row"} <= {
        each.found for each in mixed.warnings
    }


def test_keys_are_to_be_there_and_each_once():
    now = homes(300, 1)
    now["key"] = [None, "a", "b", "b", *map(str, range(296))]
    report = check_quality(None, now, keys=["key"])
    assert found(report) == {("key", "missing keys"), ("key", "duplicate keys")}
    assert "a row before: b" in report["key"][1].found + report["key"][0].found
    # Whole numbers beyond double precision are told apart.
    large = pd.DataFrame({"key": 2**60 + np.arange(50)})
    assert check_quality(None, large, keys="key").passed
    assert check_quality(None, now, keys=["town", "at"]).passed


def test_bounds_set_by_hand_hold_to_the_letter():
    expectations = (
        EXPECTED.edit("price", low=0, high=1000)
        .edit("town", categories=["Bonn", "Ulm"], missing=0.0)
        .edit("size", missing=None)
    )
    now = homes(500, 1)
    now.loc[3, "price"] = 1001.0
    now.loc[4, "town"] = None
    report = check_quality(expectations, now)
    assert {("price", "range"), ("town", "unseen category"), ("town", "missing values")} == found(
        report
    )
    assert all(each.pvalue is None for each in report.faults)
    assert check_quality(expectations.drop("price", "town"), now).passed
    missing = check_quality(expectations.edit("extra", required=False), now.drop(columns="size"))
    assert ("extra", "missing column") not in found(missing)
    with pytest.raises(KeyError, match="did you mean 'town'"):
        EXPECTED["Town"]


def test_expectations_travel_as_text():
    text = EXPECTED.edit("price", high=1e6).to_json(indent=1)
    again = Expectations.from_json(text)
    assert again == EXPECTED.edit("price", high=1e6)
    assert json.loads(text)["schema_version"] == 1
    now = homes(500, 1).assign(town="Rome")
    assert check_quality(again, now).to_dict() == (
        check_quality(EXPECTED.edit("price", high=1e6), now).to_dict()
    )
    infinite = Expectations.of(np.array([[np.inf], [1.0], [-np.inf]]))
    assert Expectations.from_json(infinite.to_json())["x0"].finite is False


@given(data=st.data())
def test_altered_expectations_are_refused_or_do_no_harm(data):
    document = json.loads(EXPECTED.to_json())
    place = document
    while isinstance(place, dict | list) and place:
        keys = [*place] if isinstance(place, dict) else [*range(len(place))]
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(
                st.sampled_from([None, -1, 2**80, "x", [], {}, 1e308, True, ["a"], {"a": 1}])
            )
            break
        place = place[key]
    try:
        expectations = Expectations.from_json(json.dumps(document))
    except ValueError:
        return
    assert isinstance(check_quality(expectations, homes(20, 1)), QualityReport)
    repr(expectations)


@pytest.mark.parametrize(
    ("text", "error"), [("[]", ValueError), ("{", ValueError), ("{}", ValueError), (3, TypeError)]
)
def test_what_is_no_json_of_expectations_is_named(text, error):
    with pytest.raises(error, match="JSON"):
        Expectations.from_json(text)


def test_false_faults_are_as_rare_as_promised():
    """Heavy tails, rare categories, many duplicates: at most `alpha` of tables have a fault."""

    def table(rows, rng):
        shares = 1 / np.arange(1, 500)
        return pd.DataFrame(
            {
                "cauchy": rng.standard_cauchy(rows),
                "income": rng.lognormal(3, 1, rows).round(1),
                "rare": rng.choice(list("abcd"), rows, p=[0.6, 0.3, 0.097, 0.003]),
                "word": rng.choice(499, rows, p=shares / shares.sum()).astype(str),
                "flag": rng.random(rows) < 0.005,
                "few": np.where(rng.random(rows) < 0.03, np.nan, rng.integers(0, 4, rows)),
            }
        )

    runs, alpha = 60, 0.1
    for sizes in ((300, 300), (1000, 150), (200, 1200)):
        wrong = 0
        for run in range(runs):
            rng = np.random.default_rng(run)
            sides = [table(rows, rng) for rows in sizes]
            few = [side[["rare", "few"]] for side in sides]
            wrong += not check_quality(*sides, alpha=alpha).passed
            wrong += not check_quality(*few, alpha=alpha).passed
        # 120 reports with at most 12 expected: more than 22 would come once in a thousand times.
        assert wrong <= 22


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: check_quality(EXPECTED, 3), TypeError, "current must be a two-dimensional"),
        (lambda: check_quality(3, REFERENCE), TypeError, "reference must be a two-dimensional"),
        (lambda: check_quality(None, REFERENCE, keys="id"), ValueError, "keys names 'id', which"),
        (lambda: check_quality(None, REFERENCE, time="At"), ValueError, "did you mean 'at'"),
        (lambda: check_quality(None, REFERENCE, time=["at"]), TypeError, "time must be the name"),
        (lambda: check_quality(None, REFERENCE, target=3), ValueError, "target names '3', which"),
        (lambda: check_quality(None, REFERENCE, target="y"), ValueError, "target names 'y'"),
        (lambda: check_quality(None, REFERENCE, max_age="2d"), ValueError, "say by time="),
        (
            lambda: check_quality(None, REFERENCE, time="at", max_age="2d"),
            ValueError,
            "needs a moment",
        ),
        (
            lambda: check_quality(None, REFERENCE, time="at", max_age="soon", now="2026-01-01"),
            ValueError,
            "max_age must be a length of time",
        ),
        (lambda: check_quality(None, REFERENCE, alpha=1), ValueError, "alpha must lie between"),
        (lambda: check_quality(None, REFERENCE, min_effect=-1), ValueError, "min_effect must be"),
        (lambda: EXPECTED.edit("sise", low=1), KeyError, "did you mean 'size'.*required=True or"),
        (
            lambda: EXPECTED.edit("size", categories=[1, 2]),
            (TypeError, ValueError),
            "categories",
        ),
        (
            lambda: EXPECTED.edit("size", categories=["1", "2"]),
            ValueError,
            "categories are texts, and column 'size' holds numbers",
        ),
        (
            lambda: check_quality(EXPECTED.to_json(indent=1), homes()),
            TypeError,
            r"JSON of expectations is read by treering\.quality\.Expectations\.from_json",
        ),
        (lambda: EXPECTED.edit("size", lowest=1), TypeError, "there is no bound 'lowest'"),
        (lambda: EXPECTED.edit("size", low="1"), TypeError, "low must be a number"),
        (lambda: EXPECTED.edit("size", low=3), ValueError, "low must not be above high"),
        (lambda: EXPECTED.edit("size", missing=2), ValueError, "a share between 0 and 1"),
        (lambda: EXPECTED.edit("size", kinds="number"), ValueError, "kinds must be out of"),
        (lambda: EXPECTED.edit("size", required=None), TypeError, "required must be True or"),
        (lambda: EXPECTED.drop("sise"), KeyError, "did you mean 'size'"),
        (lambda: check_quality(EXPECTED, REFERENCE)["sise"], KeyError, "did you mean 'size'"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_columns_of_any_kind_are_looked_at():
    odd = pd.DataFrame(
        {
            "list": [[1], [2], [1]] * 20,
            "bytes": [b"a", b"b", b"a"] * 20,
            "decimal": pd.Series([pa.scalar(1).as_py()] * 60, dtype=object),
            "none": [None] * 60,
            "delta": np.arange(60).astype("m8[s]"),
        }
    )
    report = check_quality(odd, odd)
    assert report.passed
    assert "empty column" not in {each.check for each in report.findings}
    assert check_quality(odd, odd, keys="list").faults[0].rows == 58


def test_reports_show_themselves():
    now = homes(500, 1).assign(price=3.0)
    report = check_quality(EXPECTED, now)
    page = report.to_html()
    assert "one value alone" in page
    assert "<script" not in page
    told = json.loads(report.to_json())
    assert told["type"] == "QualityReport"
    assert told["findings"][0]["check"] == "constant"
    assert told["columns"]["price"]["distinct"] == 1
    assert "Expectations" in repr(EXPECTED)
    assert "low" in EXPECTED.to_html()
    assert len(EXPECTED.to_frame()) == 5
