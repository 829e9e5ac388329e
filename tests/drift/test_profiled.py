"""Drift between profiles: what is sure within all bounds, and what is undecided."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from treering import stats
from treering.drift import Reference, detect_drift
from treering.profile import Profile, _profile


def homes(rows, seed=0, shares=(0.5, 0.3, 0.2), shift=0.0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.normal(10 + shift, 1, rows),
            "town": rng.choice(["Bonn", "Köln", "Ulm"], rows, p=shares),
            "owner": rng.random(rows) < 0.4,
            "sold": np.datetime64("2026-01-01", "us"),
        }
    )
    frame.loc[::10, "income"] = np.nan
    return frame


@pytest.mark.parametrize("rows", [900, 60_000])
def test_profiles_say_what_their_tables_say(rows):
    before = homes(rows)
    for now in (homes(rows // 2, 1), homes(rows // 2, 1, (0.3, 0.3, 0.4), 0.4)):
        profiled = detect_drift(Profile.of(before), Profile.of(now))
        whole = detect_drift(before.drop(columns="owner"), now)
        for name in ("income", "town"):
            one, other = profiled[name], whole[name]
            assert one.verdict == other.verdict
            assert one.effect_size == pytest.approx(other.effect_size, abs=0.003)
            assert one.interval[0] <= other.interval[0] + 1e-12
            assert one.interval[1] >= other.interval[1] - 1e-12
            assert one.missing_pvalue == other.missing_pvalue
        counts = [[(~frame["owner"]).sum(), frame["owner"].sum()] for frame in (before, now)]
        assert profiled["owner"].pvalue == stats.chi2_2samp(*counts).pvalue
        assert profiled.skipped == {"sold": "holds times"}


def test_what_bounds_do_not_tell_is_undecided():
    rng = np.random.default_rng(0)
    before = rng.normal(size=(400_000, 1))
    now = before[:200_000] + 0.0045
    sides = [Profile.of(side) for side in (before, now)]
    found = detect_drift(*sides, min_effect=0)["x0"]
    assert found.verdict == "undecided"
    assert "lies between" in found.note
    report = detect_drift(*sides, min_effect=0)
    assert report.undecided == ("x0",)
    assert "undecided" in repr(report)
    assert report.to_html()
    assert detect_drift(*sides)["x0"].verdict == "no drift"  # the effect is too small for certain
    assert detect_drift(sides[0], Profile.of(now + 1))["x0"].verdict == "drift"


def test_a_stored_reference_is_compared_with_files_streams_and_profiles(tmp_path):
    before, now = homes(5000), homes(3000, 1, shift=0.5)
    reference = Reference.from_bytes(Reference(before).to_bytes())
    path = tmp_path / "now.parquet"
    table = pa.Table.from_pandas(now)
    pq.write_table(table, path)
    expected = detect_drift(reference, Profile.of(now))
    assert expected.drifted == ("income",)
    stream = pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
    for current in (path, str(path), stream):
        found = detect_drift(reference, current)
        assert dict(found) == dict(expected)
    assert detect_drift(before, path).drifted == ("income",)


def test_columns_that_changed_are_named_and_the_others_compared():
    before, now = homes(900), homes(800, 1)
    now["town"] = 3.0
    report = detect_drift(Profile.of(before), Profile.of(now.assign(new=1.0)))
    assert (report["town"].verdict, report["town"].test) == ("drift", "type")
    assert report["income"].verdict == "no drift"
    assert report.skipped["new"] == "not in the reference"
    missing = detect_drift(Profile.of(before), Profile.of(now.assign(income=np.nan)))
    assert missing["income"].lies_in_the_missing
    few = detect_drift(Profile.of(before), Profile.of(now[:8]))
    assert few["income"].verdict == "not enough data"
    gone = detect_drift(Profile.of(before), Profile.of(now.drop(columns="income")))
    assert (gone["income"].cause, gone["income"].current_missing) == ("absent", 1.0)
    assert tuple(gone) == tuple(report)
    with pytest.raises(ValueError, match="current has none of the columns to compare"):
        detect_drift(Profile.of(before), Profile.of(now[["sold"]]))
    chosen = detect_drift(Profile.of(before), Profile.of(now), columns=["income"])
    assert tuple(chosen) == ("income",)
    with pytest.raises(ValueError, match="'sold' of reference cannot be compared: it holds times"):
        detect_drift(Profile.of(before), Profile.of(now), columns=["sold"])
    with pytest.raises(ValueError, match="other tests of two profiles are those"):
        detect_drift(Profile.of(before), Profile.of(now), tests="psi")
    with pytest.raises(ValueError, match="has no column to compare; skipped: sold"):
        detect_drift(Profile.of(before[["sold"]]), Profile.of(now[["sold"]]))


def test_too_many_categories_are_known_between_bounds():
    rng = np.random.default_rng(1)
    before, now = (
        pd.DataFrame({"id": [f"c{i}" for i in rng.integers(0, 9000, rows)]})
        for rows in (60_000, 50_000)
    )
    found = detect_drift(Profile.of(before), Profile.of(now))["id"]
    assert found.verdict == "undecided"


def test_false_alarms_of_profiles_are_bounded():
    report = detect_drift(
        Profile.of(homes(900)), Profile.of(homes(800, 1)), false_alarms="1 per year", window="1d"
    )
    assert (report.correction, report.drifted) == ("bonferroni", ())


def test_names_of_many_columns_are_looked_up_at_once(monkeypatch):
    """Nothing searches for names alike unless an error is raised for it."""
    monkeypatch.setattr(_profile, "close_names", lambda *_: pytest.fail("names were searched"))
    values = np.random.default_rng(0).normal(size=(30, 1000))
    before = Profile.of(values, columns=["a", *(f"before {at}" for at in range(999))])
    now = Profile.of(values, columns=["a", *(f"now {at}" for at in range(999))])
    report = detect_drift(before, now)
    assert report["a"].verdict == "no drift"
    assert len(report.drifted) == len(report.skipped) == 999
    assert ("a" in before, "now 3" in before, "now 3" in now) == (True, False, True)
    assert "b" in before.update(pd.DataFrame({"b": [1.0]}))
    assert before["before 998"].missing == 1
