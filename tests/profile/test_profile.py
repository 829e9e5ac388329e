"""Profiles: what one reading says is what the whole table says, within stated bounds."""

import datetime as dt
import itertools
import json
import pickle
import re

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from joblib import parallel_config
from scipy import stats

import treering
from damage import content, sealed
from treering.profile import Profile, compare
from treering.profile import _batches as batches
from treering.profile._column import column_cells

rng = np.random.default_rng(0)
ROWS = 3000
START = np.datetime64("2026-01-01T00:00:00", "us")


def table(rows=ROWS, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.lognormal(10, 1, rows),
            "rooms": rng.integers(0, 9, rows),
            "town": rng.choice(["Bonn", "Köln", "Ulm"], rows, p=[0.6, 0.3, 0.1]),
            "owner": rng.random(rows) < 0.3,
            "sold": START + rng.integers(0, 10**13, rows).astype("m8[us]"),
        }
    )
    frame.loc[::7, "income"] = np.nan
    frame.loc[::5, "town"] = None
    return frame


STORED = Profile.of(table(40)).merge(Profile.of(table(30, 1))).to_bytes()


def test_numbers_are_those_of_the_table():
    frame = table()
    income = frame["income"].dropna()
    found = Profile.of(frame)["income"]
    assert (found.kind, found.rows, found.missing) == (
        "numbers",
        ROWS,
        frame["income"].isna().sum(),
    )
    assert found.mean == pytest.approx(income.mean(), rel=1e-12)
    assert found.std == pytest.approx(income.std(), rel=1e-12)
    assert found.skewness == pytest.approx(stats.skew(income), rel=1e-9)
    assert found.kurtosis == pytest.approx(stats.kurtosis(income), rel=1e-9)
    assert (found.min, found.max) == (income.min(), income.max())
    ranks = np.sort(income.to_numpy())
    for share, value in ((0.25, found.q25), (0.5, found.median), (0.75, found.q75)):
        off = abs(np.searchsorted(ranks, value) / len(ranks) - share)
        assert off <= found.rank_error + 1 / len(ranks)
    rooms = Profile.of(frame)["rooms"]
    assert (rooms.distinct, rooms.distinct_is_exact) == (9, True)
    assert rooms.zeros == (frame["rooms"] == 0).sum()


def test_texts_truth_values_and_times_are_those_of_the_table():
    frame = table()
    profile = Profile.of(frame)
    town, owner, sold = profile["town"], profile["owner"], profile["sold"]
    counts = frame["town"].value_counts()
    assert (town.kind, town.top, town.top_count) == ("texts", counts.index[0], counts.iloc[0])
    assert profile.value_counts("town") == counts.to_dict()
    assert town.missing == frame["town"].isna().sum()
    assert (town.shortest, town.longest, town.distinct) == (3, 4, 3)
    assert town.mean_length == pytest.approx(frame["town"].str.len().mean())
    assert (owner.kind, owner.true, owner.distinct) == ("truth values", frame["owner"].sum(), 2)
    assert sold.kind == "times"
    assert np.datetime64(sold.max) == frame["sold"].max().to_datetime64()
    assert np.datetime64(sold.min) == frame["sold"].min().to_datetime64()


def test_every_container_has_the_same_profile(tmp_path):
    frame = table()
    arrow = pa.Table.from_pandas(frame)
    pq.write_table(arrow, tmp_path / "one.parquet", row_group_size=700)
    expected = Profile.of(frame)
    sources = {
        "polars": pl.from_pandas(frame),
        "pyarrow": arrow,
        "categories": frame.astype({"town": "category"}),
        "strings": frame.astype({"town": "string"}),
        "reader": pa.RecordBatchReader.from_batches(arrow.schema, arrow.to_batches()),
        "file": tmp_path / "one.parquet",
        "path": str(tmp_path / "one.parquet"),
        "folder": tmp_path,
    }
    for name, source in sources.items():
        assert Profile.of(source) == expected, name
    numbers = frame[["income", "rooms"]]
    assert Profile.of(numbers.to_numpy(), columns=["income", "rooms"]) == Profile.of(numbers)


def test_values_of_a_mixed_column_are_counted_by_kind():
    values = [1, 2.5, "a", None, True, dt.date(2026, 1, 2), np.nan, [3], 10**400, "\ud800"]
    found = Profile.of(pd.DataFrame({"odd": pd.Series(values, dtype=object)}))["odd"]
    assert found.kind == "mixed"
    assert found.missing == 2
    # Half a character is no text, nor is what stands beside it.
    assert found.kinds == {"numbers": 3, "times": 1, "truth values": 1, "others": 3}
    assert found.infinite == 1
    empty = Profile.of(pd.DataFrame({"none": [None, None]}))["none"]
    assert (empty.kind, empty.missing, empty.distinct) == ("empty", 2, None)


def test_odd_columns_are_read():
    constant = Profile.of(np.full((1000, 1), 0.1))["x0"]
    assert (constant.std, constant.mean) == (0, 0.1)
    assert (constant.skewness, constant.kurtosis) == (None, None)
    arrays = np.empty((3, 1), dtype=object)
    arrays[:, 0] = [np.array([1, 2]), None, "a\ud800"]
    found = Profile.of(arrays)["x0"]
    assert Profile.of(pd.DataFrame({"x": arrays[:2, 0]}))["x"].kinds == {"others": 1}
    assert (found.missing, found.kinds) == (1, {"others": 2})
    halves = Profile.of(np.array([["a\ud800"], ["b"]], dtype=object))["x0"]
    assert halves.kinds == {"others": 2}
    coarse = pl.DataFrame({"x": pl.Series([2**62, 0]).cast(pl.Datetime("ms"))})
    assert Profile.of(coarse)["x"].kinds == {"times": 1, "others": 1}
    huge = Profile.of([[1e200], [-1e200], [3e200]])
    assert huge == Profile.from_bytes(huge.to_bytes())
    for one in (pd.Series([1, 2]), pl.Series([1, 2]), pa.chunked_array([[1]])):
        with pytest.raises((TypeError, ValueError), match=r"single column|to_frame"):
            Profile.of(one)


def test_arrays_go_on_with_the_first_columns():
    profile = Profile.of(np.zeros((3, 2)), columns=["b", "c"])
    profile.update(pd.DataFrame({"a": [1.0, 2.0]})).update(np.ones((2, 2)))
    assert (profile.rows, profile["a"].missing) == (7, 5)
    assert profile["b"].mean == pytest.approx(2 / 5)


def test_parts_merge_to_the_same_bytes_in_any_order():
    parts = [Profile.of(table(200, seed)) for seed in range(4)]
    whole = {
        first.merge(second).merge(third).merge(fourth).to_bytes()
        for first, second, third, fourth in itertools.permutations(parts)
    }
    assert len(whole) == 1
    paired = parts[0].merge(parts[1]).merge(parts[2].merge(parts[3]))
    assert {paired.to_bytes()} == whole
    assert (paired.rows, paired.parts) == (800, 4)
    together = pd.concat([table(200, seed) for seed in range(4)])
    once = Profile.of(together)
    assert paired["income"].mean == pytest.approx(once["income"].mean, rel=1e-12)
    assert paired["income"].kurtosis == pytest.approx(once["income"].kurtosis, rel=1e-9)
    assert paired.value_counts("town") == once.value_counts("town")
    assert paired["rooms"].distinct == once["rooms"].distinct
    compact = paired.compact()
    assert (compact.parts, compact.rows) == (1, 800)
    assert compact == compact.compact()
    large = [Profile.of(table(seed=seed)) for seed in range(3)]
    merged = large[0].merge(large[1]).merge(large[2])
    assert len(merged.compact().to_bytes()) < 0.6 * len(merged.to_bytes())


def test_threads_change_no_byte():
    frame = table(20_000)
    expected = Profile.of(frame).to_bytes()
    for jobs in (1, 3):
        with parallel_config(n_jobs=jobs):
            assert Profile.of(frame).to_bytes() == expected


@settings(deadline=None, max_examples=60)
@given(
    hnp.arrays(np.float64, st.integers(1, 400), elements=st.floats(-50, 50, width=16)),
    st.integers(1, 90),
)
def test_bounds_hold_however_a_column_is_divided(values, size):
    profile = Profile.of(values[:size, None])
    for start in range(size, len(values), size):
        profile = profile.merge(Profile.of(values[start : start + size, None]))
    wanted = np.concatenate([values, values + 0.25, [-np.inf, np.inf]])
    exact = np.searchsorted(np.sort(values), wanted, side="right")
    for each in (profile, profile.compact()):
        low, high = each.count_up_to("x0", wanted)
        assert (low <= exact).all()
        assert (exact <= high).all()
        assert each["x0"].rank_error * len(values) >= (high - low).max() - 1e-9


@pytest.mark.parametrize("order", ["up", "down", "inwards", "random"])
def test_ranks_are_within_their_bound_for_orders_that_do_harm(order, monkeypatch):
    count = 200_000
    values = np.arange(count, dtype=np.float64)
    values = {
        "up": values,
        "down": values[::-1],
        "inwards": np.stack([values, values[::-1]], axis=1).ravel()[:count],
        "random": rng.permutation(values),
    }[order]
    monkeypatch.setattr(batches, "BATCH_ROWS", 5000)
    profile = Profile.of(values[:, None])
    found = profile["x0"]
    assert found.rank_error < 0.004
    shares = np.linspace(0, 1, 101)
    off = np.abs(profile.quantile("x0", shares) / (count - 1) - shares)
    assert off.max() <= found.rank_error


def test_streams_take_memory_of_a_batch(tmp_path):
    schema = pa.schema([("x", pa.float64())])

    def stream(count):
        return pa.RecordBatchReader.from_batches(
            schema,
            (pa.record_batch([rng.normal(size=10_000)], schema=schema) for _ in range(count)),
        )

    before = pa.total_allocated_bytes()
    profile = Profile.of(stream(60))
    assert profile.rows == 600_000
    assert pa.total_allocated_bytes() - before < 10**6
    assert len(profile.to_bytes()) < 40_000
    nothing = Profile.of(stream(0))
    assert (nothing.rows, nothing["x"].kind) == (0, "empty")


def test_update_adds_rows():
    frame = table(300)
    profile = Profile.of(frame[:100])
    assert profile.update(frame[100:200]).update(frame[200:]) is profile
    assert profile.rows == 300
    assert profile["income"].mean == pytest.approx(frame["income"].mean(), rel=1e-12)
    for _ in range(1100):
        profile.update(frame[:1])
    assert (profile.rows, profile.parts < 1024) == (1400, True)


def test_profiles_are_stored_as_data(tmp_path):
    profile = Profile.of(table())
    data = profile.to_bytes()
    assert Profile.from_bytes(data) == profile
    assert Profile.from_bytes(memoryview(data)).to_bytes() == data
    assert pickle.loads(pickle.dumps(profile)) == profile
    path = profile.save(tmp_path / "table.profile")
    assert path.read_bytes() == data
    document = json.loads(profile.to_json())
    assert (document["type"], document["rows"]) == ("Profile", ROWS)
    assert document["columns"]["town"]["top"] == "Bonn"
    with pytest.raises(treering.ModelFileError, match="it holds the profile of a table"):
        treering.load(path)


def test_bytes_that_are_no_profile_are_refused():
    data = Profile.of(table(50)).to_bytes()
    for place in range(0, len(data), 41):
        altered = bytearray(data)
        altered[place] ^= 1
        with pytest.raises(treering.ModelFileError):
            Profile.from_bytes(bytes(altered))
    with pytest.raises(treering.ModelFileError, match=r"truncated|ends after"):
        Profile.from_bytes(data[:-5])
    with pytest.raises(treering.ModelFileError):
        Profile.from_bytes(b"")
    with pytest.raises(TypeError, match="to_bytes"):
        Profile.from_bytes("profile")


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4))
def test_altered_bytes_are_refused_or_do_no_harm(changes):
    """With the checksum put right: what a file says then is looked at."""
    altered = bytearray(content(STORED))
    for place, byte in changes:
        altered[place % len(altered)] = byte
    try:
        profile = Profile.from_bytes(sealed(bytes(altered), kind=5))
    except treering.ModelFileError:
        return
    repr(profile)
    profile.to_json()
    again = profile.merge(profile).compact()
    for name, column in again.items():
        if "texts" in column.kinds:
            again.value_counts(name)
        if column.kinds.keys() & {"numbers", "times"}:
            low, high = again.count_up_to(name, [-1e300, 0.0, 1e300])
            assert (low <= high).all()


def test_frequent_categories_survive_many():
    names = [f"user {number}" for number in range(20_000)]
    rows = pd.DataFrame({"name": names + ["often"] * 4000})
    profile = Profile.of(rows[:15_000]).merge(Profile.of(rows[15_000:]))
    found = profile["name"]
    assert (found.top, found.distinct_is_exact) == ("often", False)
    assert 3900 <= found.top_count <= 4000
    assert found.distinct == pytest.approx(20_001, rel=0.05)
    assert len(profile.value_counts("name")) <= 4096


def test_columns_that_a_part_lacks_are_missing():
    frame = table(100)
    merged = Profile.of(frame).merge(Profile.of(frame.drop(columns="town")))
    assert merged["town"].missing == frame["town"].isna().sum() + 100
    other = Profile.of(pd.DataFrame({"income": ["much", "little"]}))
    assert Profile.of(frame).merge(other)["income"].kind == "mixed"


def test_it_prints_and_becomes_a_table():
    profile = Profile.of(table())
    assert re.search(r"Profile: 3,000 rows, 5 columns", repr(profile))
    assert "income" in profile.to_html()
    frame = profile.to_frame()
    assert list(frame["column"]) == list(profile)
    assert isinstance(Profile.of(pl.from_pandas(table())).to_frame(), pl.DataFrame)
    wide = Profile.of(np.zeros((3, 60)))
    assert "and 20 more columns" in repr(wide)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: Profile.of(3), TypeError, "data must be a two-dimensional array"),
        (lambda: Profile.of({"a": [1]}), TypeError, "data must be a two-dimensional array"),
        (lambda: Profile.of(table(5), columns=["rooms"]), TypeError, "names of an array's columns"),
        (lambda: Profile.of(table(5), bins=0), ValueError, "bins must be a whole number from 2"),
        (
            lambda: Profile.of(table(5), reference=table(5)),
            TypeError,
            "reference must be a profile",
        ),
        (
            lambda: Profile.of(table(5)).value_counts("rooms"),
            ValueError,
            "holds numbers, where texts",
        ),
        (
            lambda: Profile.of(table(5)).quantile("town", 0.5),
            ValueError,
            "holds texts, where numbers",
        ),
        (lambda: Profile.of(table(5)).count_up_to("town", 1), ValueError, "value_counts tells of"),
        (
            lambda: compare(table(5), table(5), "rooms"),
            TypeError,
            "reference must be a profile; got",
        ),
        (lambda: Profile.of("nowhere.parquet"), FileNotFoundError, "does not exist"),
        (lambda: Profile.of([1, 2]), ValueError, "two-dimensional|dimension"),
        (Profile, TypeError, r"Profile.of\(data\)"),
        (lambda: Profile.of([[1.0]]).merge(3), TypeError, "other must be a profile"),
        (lambda: Profile.of([[1.0]])["x1"], KeyError, "no column 'x1'"),
        (lambda: Profile.of([[1.0]]).quantile("x0", 2), ValueError, "between 0 and 1"),
        (lambda: Profile.of(pd.DataFrame([[1, 2]], columns=["a", "a"])), ValueError, "same name"),
    ],
)
def test_bad_input_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_files_that_end_early_are_named(tmp_path):
    path = tmp_path / "cut.parquet"
    pq.write_table(pa.Table.from_pandas(table()), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"cut.parquet cannot be read as Parquet"):
        Profile.of(path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"holds no file that ends in \.parquet"):
        Profile.of(tmp_path / "empty")


def test_correlations_are_those_of_the_table():
    frame = table()
    frame["twice"] = 2 * frame["income"] + 1e6
    frame["mixed"] = [1.0, "a"] * (ROWS // 2)
    frame["far"] = np.where(np.arange(ROWS) % 3, 1e9 + frame["rooms"], np.nan)
    frame["same"] = 3.5
    expected = treering.stats.correlation(frame[["income", "rooms", "twice", "far", "same"]])
    in_parts = Profile.of(frame[:700]).merge(Profile.of(frame[[*reversed(frame.columns)]][700:]))
    for found in (Profile.of(frame).correlation(), in_parts.correlation()):
        assert found.names == expected.names
        np.testing.assert_allclose(found.matrix, expected.matrix, atol=1e-9)
        assert found.skipped["mixed"] == "holds numbers and texts"
        assert found.skipped["town"] == "holds texts"
    assert np.isnan(found["same"]["same"])


def test_correlations_of_many_columns_are_asked_for():
    wide = rng.normal(size=(30, 101))
    with pytest.raises(ValueError, match=r"of its 101 columns.*correlations=True.*up to 100"):
        Profile.of(wide).correlation()
    found = Profile.of(wide, correlations=True)
    assert found.correlation()["x0"]["x100"] == pytest.approx(np.corrcoef(wide.T)[0, 100])
    assert len(Profile.of(wide[:, :100]).correlation()) == 100
    with pytest.raises(ValueError, match="keeps no correlations"):
        Profile.of(wide[:, :5], correlations=False).correlation()
    some = Profile.of(wide[:, :5]).merge(Profile.of(wide[:, :3], correlations=False)).correlation()
    assert (some.names, [*some.skipped]) == (("x3", "x4"), ["x0", "x1", "x2"])
    with pytest.raises(TypeError, match="correlations must be True, False or None"):
        Profile.of(wide, correlations="yes")


def test_a_parquet_file_is_not_kept_while_it_is_read(tmp_path):
    path = tmp_path / "wide.parquet"
    rows = pa.table({f"c{at}": rng.normal(size=1 << 17) for at in range(4)})
    with pq.ParquetWriter(path, rows.schema, compression="none") as writer:
        for _ in range(12):
            writer.write_table(rows)
    most = 0
    for table in batches.batches(path, None):
        most = max(most, pa.total_allocated_bytes())
        assert table.rows == 1 << 17
    assert most < 0.6 * path.stat().st_size


def test_columns_that_hardly_vary_are_kept():
    rng = np.random.default_rng(0)
    for _ in range(50):
        odd = rng.integers(1, 999)
        values = np.where(np.arange(1000) < odd, 0.1 + 0.2, 0.3)
        profile = Profile.of(
            pd.DataFrame({"total": values, "key": 1e16 + 2 * rng.integers(0, 3, 1000)})
        )
        assert Profile.from_bytes(profile.to_bytes()) == profile
        share = odd / 1000 * (1 - odd / 1000)
        assert profile["total"].kurtosis == pytest.approx(
            (1 - 3 * share) / share - 3, rel=0.05, abs=0.05
        )


@pytest.mark.parametrize(
    ("every", "cells"),
    [
        ("D", ["2026-01-03", "2026-01-01", "2026-01-03", "2026-01-06"]),
        ("h", ["2026-01-01 02:30:00", *(f"2026-01-01 0{hour}:00:00" for hour in (0, 2, 5))]),
        ("s", [f"2026-01-01 00:00:0{second}" for second in (2, 0, 2, 5)]),
        (
            "ms",
            [
                "2026-01-01 00:00:00.0025",
                "2026-01-01 00:00:00",
                "2026-01-01 00:00:00.002",
                "2026-01-01 00:00:00.005",
            ],
        ),
    ],
)
def test_moments_are_printed_no_longer_than_they_are(every, cells):
    """The mean of whole days or seconds is hardly ever one; in a table it is told as they are."""
    profile = Profile.of(pd.DataFrame({"sold": pd.date_range(START, periods=6, freq=every)}))
    mean, spread, *others = column_cells(profile["sold"])[4:]
    assert ([mean, *others], spread) == (cells, "")
    assert all(cell in repr(profile) and cell in profile.to_html() for cell in cells)
    assert profile["sold"].min == "2026-01-01T00:00:00"


def test_moments_among_other_values_are_printed_as_they_are():
    column = Profile.of(pd.DataFrame({"x": [pd.Timestamp(START), "a", None]}))["x"]
    assert column.kind == "mixed"
    assert len(column_cells(column)) == 9
