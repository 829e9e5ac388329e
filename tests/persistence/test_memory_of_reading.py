"""What Python's own objects take while a file is read, however its values were chosen."""

import tracemalloc

import pytest

from damage import sealed
from treering._core import ModelFileError, persistence

COUNT = 60_000
# The page promises 32 bytes for each byte of the file, and 12 MiB for lists and dicts.
MOST, CONTAINERS = 32, 12 << 20


def varint(number: int) -> bytes:
    digits = [number >> shift & 0x7F for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([*(digit | 0x80 for digit in digits[:-1]), digits[-1]])


def model(value: bytes, count: int) -> bytes:
    """A scaler of no known class, with so many equal values in a list."""
    each = 3 if value[:2] == b"\x08\x01" else 1  # a dict is followed by its key and its value
    values = varint(each * count + 3) + b"\x08\x01\x04\x01a\x06" + varint(count) + value * count
    return sealed(b"\0\0\x01\0\x01\0" + values + b"\x01\x08\0")


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (b"\x00", COUNT),  # None
        (b"\x02\x02\xff\x7f", COUNT),  # a whole number of two bytes
        (b"\x03" + b"\x01" * 8, COUNT),  # a float
        (b"\x04\x02ab", COUNT),  # a text of two letters
        (b"\x04\x03\xe2\x98\x83", COUNT),  # a snowman
        (b"\x05\x02ab", COUNT),  # bytes
        (b"\x09\x03|i1\x01\x01\x01\x00", COUNT),  # an array of one number
        (b"\x09\x03|i1\x01\x00\x00", COUNT),  # of none
        (b"\x0a\x03|i1\x00\x01\x00", COUNT),  # a single number
        (b"\x09\x04|S64\x01\x00\x00", COUNT),  # of no long ones: numpy makes room for one
        (b"\x06\x00", 16_000),  # an empty list
        (b"\x08\x00", 16_000),  # an empty dict
        (b"\x08\x01\x00\x00", 16_000),  # a dict of one entry
        (b"\x0b\x01\x00", 16_000),  # an array of no objects
    ],
)
def test_reading_takes_a_bounded_multiple_of_the_file(value, count) -> None:
    data = model(value, count)
    tracemalloc.start()
    try:
        parts = persistence.read_model(data)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(parts[5]["a"]) == count
    assert most < MOST * len(data) + CONTAINERS
    assert most > len(data), "nothing was counted"


def test_more_lists_than_the_page_promises_are_refused() -> None:
    with pytest.raises(ModelFileError, match="too many"):
        persistence.read_model(model(b"\x06\x00", 17_000))


@pytest.mark.parametrize(
    "value",
    [
        b"\x09\x05|S999\x01\x00\x00",
        b"\x09\x0a<U99999999\x01\x00\x00",
        b"\x09\x03<f8\x04\x00" + b"\xff\xff\xff\x07" * 3 + b"\x00",
    ],
)
def test_arrays_of_nothing_that_numpy_makes_room_for_are_refused(value) -> None:
    with pytest.raises(ModelFileError, match=r"very long ones|than its shape says"):
        persistence.read_model(model(value, 1))
