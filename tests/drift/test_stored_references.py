"""A stored reference whose checksum is right is looked at all the same: it must hold together."""

import json
import struct
import zlib

import numpy as np
import pandas as pd
import pytest

from treering import ModelFileError
from treering.drift import Reference, detect_drift
from treering.profile import Profile

FRAME = pd.DataFrame({"a": [1.0, None, 4.0, 2.0], "t": ["x", "y", None, "x"]})
STORED = Reference(FRAME).to_bytes()
HEAD = struct.Struct("<8sHQ")


def stored(pool=None, profile=None, *, is_bare=False, **changes):
    """The reference of FRAME with other parts, and a right checksum."""
    length = HEAD.unpack_from(STORED)[2]
    header = json.loads(STORED[HEAD.size : HEAD.size + length])
    start = HEAD.size + length
    parts = []
    for size in (header["columns"][0][1], header["pool"][1], header["profile"]):
        parts.append(STORED[start : start + size])
        start += size
    if pool is not None:
        numbers, codes = pool
        parts[1] = struct.pack(f"<{len(numbers)}d{len(codes)}q", *numbers, *codes)
        header["pool"] = [len(numbers), len(parts[1])]
    if profile is not None:
        parts[2], header["profile"] = profile, len(profile)
    if is_bare:
        parts = []
        header |= {"columns": [], "pool": [0, 0], "profile": 0}
    text = json.dumps(header | changes).encode()
    body = HEAD.pack(b"TRREFTAB", 2, len(text)) + text + b"".join(parts)
    return body + struct.pack("<I", zlib.crc32(body))


NUMBERS, CODES = [1.0, np.nan, 4.0, 2.0], [0, 1, -1, 0]


def test_a_reference_that_holds_together_is_read():
    assert stored() == STORED
    assert Reference.from_bytes(stored(pool=(NUMBERS, CODES))) == Reference(FRAME)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ((NUMBERS[:3], CODES[:3]), "it keeps 3 rows of 4"),
        ((NUMBERS * 2, CODES * 2), "it keeps 8 rows of 4"),
        (([np.nan, np.nan, 1, 2], CODES), "more rows lack column 'a' than there are"),
        (([0.5, np.nan, 4, 2], CODES), "a row holds a number that column 'a' does not"),
        (([1, np.nan, np.inf, 2], CODES), "a row holds a number that column 'a' does not"),
        (([2, np.nan, 2, 2], CODES), "the rows hold other numbers than column 'a'"),
        ((NUMBERS, [0, 1, -1, -1]), "more rows hold a category of column 't' than there are"),
        ((NUMBERS, [1, 1, -1, 0]), "more rows hold a category of column 't' than there are"),
        ((NUMBERS, [0, 2, -1, 0]), "more rows hold a category of column 't' than there are"),
        ((NUMBERS, [0, 3, -1, 0]), "a category that there is not"),
    ],
)
def test_rows_of_another_table_are_refused(pool, message):
    with pytest.raises(ModelFileError, match=message):
        Reference.from_bytes(stored(pool=pool))


def test_profiles_of_other_tables_are_refused():
    fewer = Profile.of(FRAME[:3]).to_bytes()
    with pytest.raises(ModelFileError, match="its profile has 3 rows of 4"):
        Reference.from_bytes(stored(profile=fewer))
    other = Profile.of(FRAME.rename(columns={"a": "b"})).to_bytes()
    with pytest.raises(ModelFileError, match="its profile has columns of other names"):
        Reference.from_bytes(stored(profile=other))


def test_profiles_of_more_rows_than_can_be_counted_are_refused(monkeypatch):
    def overflowing(_):
        raise ValueError("a profile contains too many numbers")

    monkeypatch.setattr(Profile, "rows", property(overflowing))
    with pytest.raises(ModelFileError, match="cannot be read: a profile contains too many"):
        Reference.from_bytes(STORED)


@pytest.mark.parametrize("name", ["a\ud800", "\udfff"])
def test_names_with_half_characters_are_written_out(name):
    frame = pd.DataFrame(np.eye(30)[:, :2], columns=pd.Index([name, "b"], dtype=object))
    reference = Reference(frame)
    assert reference.names == (name, "b")
    written = name.encode("utf-8", "backslashreplace").decode()
    assert [*reference.profile] == [written, "b"]
    assert name in reference.profile
    assert reference.profile[name] == reference.profile[written]
    back = Reference.from_bytes(reference.to_bytes())
    assert back == reference
    assert [*detect_drift(back, Profile.of(frame))] == [written, "b"]
    assert [*detect_drift(back, frame)] == [name, "b"]
    twice = frame.set_axis(pd.Index([name, written], dtype=object), axis="columns")
    with pytest.raises(ValueError, match="data has more than one column named"):
        Profile.of(twice)


@pytest.mark.parametrize(
    ("counts", "rows"),
    [
        ([{"x": 2**32, "y": 2**32}, 0, 0], 2**33),
        ([{"x": 100}, 0, 2**40], 2**40 + 100),
        ([{"x": 5}, 2**61, 0], 2**61 + 5),
    ],
)
def test_counts_beyond_32_bits_are_refused(counts, rows):
    with pytest.raises(ModelFileError, match="the counts of a column of categories are none"):
        Reference.from_bytes(stored(categories={"t": counts}, rows=rows))


def test_rows_beyond_32_bits_are_refused():
    half = 1 << 31
    halves = {"t": [{"x": half, "y": half}, 0, 0]}
    data = stored(is_bare=True, names=["t"], rows=2 * half, categories=halves)
    with pytest.raises(ModelFileError, match="claims 4,294,967,296 rows, of 4,294,967,295 at"):
        Reference.from_bytes(data)
    many = np.broadcast_to(np.zeros((1, 1)), (2 * half, 1))
    with pytest.raises(ValueError, match=r"reference has 4,294,967,296 rows.*give profiles"):
        Reference(many)
    with pytest.raises(ValueError, match=r"current has 4,294,967,296 rows.*give profiles"):
        detect_drift(Reference([[1.0], [2.0]]), many)


@pytest.mark.parametrize("names", [["t"], ["a"], ["t", "a"]])
def test_the_profile_has_the_columns_that_were_asked_for(names):
    reference = Reference(FRAME, columns=names)
    assert sorted(reference.profile) == sorted(names)
    assert Reference.from_bytes(reference.to_bytes()) == reference
    numbered = FRAME.set_axis([3, 0], axis="columns")
    assert [*Reference(numbered, columns=["3"]).profile] == ["3"]
