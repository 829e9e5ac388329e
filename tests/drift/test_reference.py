"""A reference is made once, travels as bytes, and refuses bytes that were altered."""

import array
import copy
import json
import mmap
import pickle
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treering import ModelFileError
from treering._core.drift import ReferenceColumn
from treering.drift import Reference, detect_drift

RNG = np.random.default_rng(5)
FRAME = pd.DataFrame({"age": RNG.normal(size=80), "town": "x", "b": RNG.random(80) < 0.5})
NOW = FRAME.sample(60, random_state=0)


def test_a_reference_gives_what_its_table_gives() -> None:
    reference = Reference(FRAME)
    assert detect_drift(reference, NOW) == detect_drift(FRAME, NOW)
    assert reference.names == ("age", "town", "b")
    assert repr(reference) == "Reference(80 rows, 3 columns: age, town, b)"


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r)), copy.copy]
)
def test_a_reference_can_be_copied(copied: object) -> None:
    reference = Reference(FRAME)
    assert detect_drift(copied(reference), NOW) == detect_drift(reference, NOW)  # type: ignore[operator]


def test_a_reference_comes_back_from_its_bytes() -> None:
    reference = Reference(FRAME)
    back = Reference.from_bytes(reference.to_bytes())
    assert (back.names, back.rows, back.skipped) == (reference.names, 80, reference.skipped)
    assert back.to_bytes() == reference.to_bytes()


def test_references_of_the_same_content_are_equal() -> None:
    reference = Reference(FRAME)
    back = Reference.from_bytes(reference.to_bytes())
    assert reference == back
    assert len({reference, back, Reference(FRAME.sample(frac=1, random_state=1))}) == 1
    others = [
        Reference(FRAME.assign(age=FRAME.age + 1)),
        Reference(FRAME.drop(columns="town")),
        Reference(FRAME.rename(columns={"b": "c"})),
        Reference(FRAME[:-1]),
        Reference(FRAME[["age"]].to_numpy()),
        reference.to_bytes(),
    ]
    assert not [other for other in others if other == reference]


def test_a_reference_shows_itself_in_a_notebook() -> None:
    table = FRAME.rename(columns={"age": "<age>"}).assign(day=pd.Timestamp("2026-01-01"))
    shown = Reference(table)._repr_html_()
    assert "<table" in shown
    assert "&lt;age&gt;, town, b" in shown
    assert "1 skipped" in shown
    wide = Reference(np.zeros((1, 4000)))
    assert len(wide._repr_html_()) < 2000
    assert repr(Reference(np.zeros((1, 1)))) == "Reference(1 row, 1 column: x0)"


def test_it_is_written_to_a_file_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "reference.treering"
    path.write_bytes(Reference(FRAME).to_bytes())
    assert Reference.from_bytes(path.read_bytes()) == Reference(FRAME)
    assert Reference.from_bytes(bytearray(path.read_bytes())) == Reference(FRAME)
    for place in (path, str(path)):
        with pytest.raises(
            TypeError, match=r"must be bytes; got .*: read the file first: Ref"
        ) as e:
            Reference.from_bytes(place)  # type: ignore[arg-type]
        assert f"Reference.from_bytes(Path({str(path)!r}).read_bytes())" in str(e.value)
    with pytest.raises(TypeError, match=r"must be bytes; got 3.*give what Reference.to_bytes"):
        Reference.from_bytes(3)  # type: ignore[arg-type]


STORED = Reference(FRAME).to_bytes()


def test_bytes_are_read_from_whatever_lends_its_memory(tmp_path: Path) -> None:
    reference = Reference(FRAME)
    doubled = bytes(byte for byte in STORED for _ in range(2))
    for view in (
        memoryview(STORED),
        memoryview(doubled)[::2],
        memoryview(STORED).cast("c"),
        memoryview(STORED + b"\0" * (-len(STORED) % 8)).cast("Q").cast("B")[: len(STORED)],
        array.array("B", STORED),
        np.frombuffer(STORED, np.uint8),
    ):
        assert Reference.from_bytes(view) == reference
    path = tmp_path / "reference"
    path.write_bytes(STORED)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert Reference.from_bytes(mapped) == reference
    for nothing in (memoryview(b""), memoryview(STORED)[:40], memoryview(STORED)[::-1]):
        with pytest.raises(ModelFileError, match=r"not a stored reference|truncated"):
            Reference.from_bytes(nothing)
    released = memoryview(STORED)
    released.release()
    with pytest.raises(TypeError, match="data must be bytes; got <released memory"):
        Reference.from_bytes(released)


@given(st.integers(0, len(STORED) - 1), st.integers(1, 255))
def test_altered_bytes_are_refused(place: int, change: int) -> None:
    altered = bytearray(STORED)
    altered[place] ^= change
    with pytest.raises(ModelFileError):
        Reference.from_bytes(bytes(altered))


@given(st.integers(0, len(STORED) - 1))
def test_truncated_bytes_are_refused(length: int) -> None:
    with pytest.raises(ModelFileError):
        Reference.from_bytes(STORED[:length])


def test_a_newer_revision_is_named() -> None:
    newer = STORED[:8] + b"\x09\x00" + STORED[10:]
    with pytest.raises(ModelFileError, match=r"format revision 9.*install a newer"):
        Reference.from_bytes(newer)


def crafted(revision: int = 1, columns: Any = None, **changes: Any) -> bytes:
    """A reference file with a right checksum, whatever its header says."""
    blob = ReferenceColumn(np.array([1.0, np.nan, 2.0])).to_bytes()
    header = {"names": ["a", "t"], "rows": 3, "named": True, "skipped": {"t": "is text"}}
    header |= {"columns": columns or [["a", len(blob)]], **changes}
    text = json.dumps(header).encode()
    body = struct.pack("<8sHQ", b"TRREFTAB", revision, len(text)) + text
    body += blob * len(header["columns"])  # type: ignore[arg-type]
    return body + struct.pack("<I", zlib.crc32(body))


SIZE = len(ReferenceColumn(np.array([1.0, np.nan, 2.0])).to_bytes())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (crafted(revision=0), "format revision 0 and this release reads 1 to 2; make it anew"),
        (crafted(rows=0), "it claims 0 rows"),
        (crafted(rows=-3), "it claims -3 rows"),
        (crafted(rows=4), "column 'a' has 3 rows of 4"),
        (crafted(names=["a"]), "names are not those of its kept and skipped"),
        (crafted(names=["a", "t", "z"]), "names are not those of its kept and skipped"),
        (crafted(names=["a", "a", "t"]), "a column occurs twice"),
        (crafted(skipped={"a": "is text"}), "names are not those of its kept and skipped"),
        (crafted(columns=[["a", SIZE]] * 2), "a column occurs twice"),
        (crafted(columns=[["a", SIZE - 1]]), "length|checksum|truncated"),
        (crafted(rows="three"), "cannot be read"),
        (crafted(rows=float("inf")), "cannot be read"),
        (crafted(names=None), "cannot be read"),
        (crafted(skipped=[]), "cannot be read"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        Reference.from_bytes(data)


def test_a_crafted_file_that_holds_together_is_read() -> None:
    reference = Reference.from_bytes(crafted())
    assert (reference.names, reference.rows) == (("a", "t"), 3)


def test_a_selection_keeps_only_its_columns() -> None:
    reference = Reference(FRAME, columns=["age"])
    assert list(detect_drift(reference, NOW)) == ["age"]
    with pytest.raises(ValueError, match="has no column 'height'"):
        Reference(FRAME, columns=["height"])
    with pytest.raises(ValueError, match="columns is empty"):
        Reference(FRAME, columns=[])
    with pytest.raises(ValueError, match=r"same name(.|\n)*'a' 2 times"):
        Reference(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_columns_with_numbers_as_names_go_by_their_text() -> None:
    frame = pd.DataFrame(RNG.normal(size=(40, 2)))
    report = detect_drift(frame, frame + 9)
    assert report.drifted == ("0", "1")
    assert report[1].drift
