"""Sources that hold odd values, or altered bytes."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from treering.drift import Reference
from treering.profile import Profile


@pytest.mark.parametrize("large", [2**53 + 1, 2**60, -(2**63)])
def test_whole_numbers_beyond_double_precision_are_rounded(large):
    expected = Profile.of(pd.DataFrame({"id": [large, 1]}))
    rows = pa.table({"id": [large, 1]})
    for table in (rows, pl.from_arrow(rows), rows.to_pandas(types_mapper=pd.ArrowDtype)):
        assert Profile.of(table) == expected
        assert Reference(table) == Reference(pd.DataFrame({"id": [large, 1]}))
    with_null = pa.table({"id": pa.array([large, None])})
    for table in (with_null, with_null.to_pandas(types_mapper=pd.ArrowDtype)):
        found = Profile.of(table)["id"]
        assert (found.max, found.missing) == (float(large), 1)


def test_days_beyond_what_microseconds_hold_are_others():
    days = pa.table({"day": pa.array([2**31 - 1, 5, None], pa.date32())})
    for table in (days, pl.from_arrow(days), days.to_pandas(types_mapper=pd.ArrowDtype)):
        found = Profile.of(table)["day"]
        assert (found.kinds, found.missing) == ({"times": 1, "others": 1}, 1)
        assert found.max == "1970-01-06T00:00:00"


def test_altered_files_are_named(tmp_path):
    path = tmp_path / "altered.parquet"
    pq.write_table(pa.table({"a": [1.0, 2.0, 3.0] * 100}), path)
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\xff" * 12 + data[16:])
    with pytest.raises(ValueError, match=r"altered.parquet cannot be read as Parquet"):
        Profile.of(path)
    texts = pa.array(["abc"] * 9)
    altered = pa.StringArray.from_buffers(9, texts.buffers()[1], pa.py_buffer(b"\xff" * 27))
    pq.write_table(pa.table({"t": altered}), path)
    with pytest.raises(ValueError, match=r"altered.parquet cannot be read as Parquet"):
        Profile.of(path)


def test_the_word_of_the_system_is_passed_on(tmp_path, monkeypatch):
    path = tmp_path / "locked.parquet"
    path.write_bytes(b"PAR1")

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(pq, "ParquetFile", refused)
    with pytest.raises(PermissionError):
        Profile.of(path)


TEXTS = [f"{'x' * 2000}{at % 3}" if at % 7 else None for at in range(1 << 17)]


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"row_group_size": 50_000}])
def test_long_texts_of_files_take_memory_once(tmp_path, options):
    path = tmp_path / "long.parquet"
    columns = {
        "long": pa.array(TEXTS).dictionary_encode(),
        "bytes": pa.array([b"0" * 9 if text else None for text in TEXTS], pa.binary()),
        "short": pa.array([text and text[-1] for text in TEXTS], pa.large_string()),
    }
    schema = pa.schema({"long": pa.string(), "bytes": pa.binary(), "short": pa.large_string()})
    rows = pa.table(columns).cast(schema)
    pq.write_table(rows, path, compression="zstd", **options)
    expected = Profile.of(rows)
    del rows
    default, before = pa.default_memory_pool(), pa.total_allocated_bytes()
    pool = pa.system_memory_pool()
    pa.set_memory_pool(pool)
    try:
        found = Profile.of(path)
        assert pool.max_memory() < 10**8
    finally:
        pa.set_memory_pool(default)
    assert pa.total_allocated_bytes() <= before
    assert found == expected
    assert found["bytes"].kinds == {"others": sum(text is not None for text in TEXTS)}
    assert found["long"].missing == TEXTS.count(None)


def test_long_categories_of_any_width_are_read():
    texts = pa.array(TEXTS)
    expected = Profile.of(pa.table({"long": texts}))
    assert expected["long"].distinct == 3
    for width in (pa.int8(), pa.uint8(), pa.uint32()):
        coded = texts.cast(pa.dictionary(width, pa.string()))
        assert Profile.of(pa.table({"long": coded})) == expected
