"""Kinds of values, and the values of a column parted by them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import numpy as np

from treering._checks import is_missing, is_number
from treering._core.categories import CategoryTable
from treering._frames import as_objects
from treering._sources import arrow
from treering._text_columns import TEXT_TYPES, read_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering._frames import Table

Kind = Literal["numbers", "times", "texts", "truth values", "mixed", "others", "empty"]
"""What the values of a column are."""

# Seconds that 64 bits hold as microseconds
_LATEST = 9.2e12

# Bytes of a column of texts in a batch that may be written out, one after the other
_MOST_WRITTEN_OUT = 1 << 26

# What Arrow calls its types
_TEXTS = ("string", "large_string")
_BYTES = ("binary", "large_binary")

_MOMENTS = (dt.datetime, dt.date, np.datetime64)


@dataclass
class ColumnInput:
    """What the core takes of one column; NaN among numbers and times are missing values."""

    name: str
    numbers: NDArray[Any] | None = None
    ends: list[float] | None = None
    times: NDArray[Any] | None = None
    texts: CategoryTable | None = None
    truths: tuple[int, int] = (0, 0)
    missing: int = 0
    others: int = 0


def read_column(name: str, table: Table) -> ColumnInput:
    """Read one column of a table."""
    raw = table.raw(name)
    if isinstance(raw, nw.Series):
        return _of_series(name, raw, table)
    if raw.dtype.kind in "iuf":
        return ColumnInput(name, numbers=_floats(raw))
    if raw.dtype.kind == "b":
        return _of_truths(name, int(np.count_nonzero(raw)), raw.size, 0)
    if raw.dtype.kind in "UT":
        raw = raw.astype(object)
    return _of_objects(name, raw)


def _of_series(name: str, series: nw.Series[Any], table: Table) -> ColumnInput:
    dtype = series.dtype
    missing = series.null_count()
    if missing == len(series):
        return ColumnInput(name, missing=missing)
    if dtype.is_numeric():
        values = table.column(name)
        assert not isinstance(values, str)
        return ColumnInput(name, numbers=np.ascontiguousarray(values))
    if dtype == nw.Boolean:
        return _of_truths(name, int(series.sum()), len(series), missing)
    if dtype in (nw.Datetime, nw.Date):
        return _of_times(name, _seconds(_moments_of(series)))
    if getattr(getattr(series.to_native(), "dtype", None), "tz", None) is not None:
        # pandas' moments in a zone whose name narwhals does not read, such as America/New_York
        moments = series.to_native().dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return _of_times(name, _seconds(moments))
    if dtype == nw.Categorical and _is_dictionary(series.to_native()):
        return _of_dictionary(name, series)
    if dtype in TEXT_TYPES:
        return _of_texts(name, series)
    if dtype == nw.Object:
        return _of_objects(name, np.asarray(series.to_numpy(), dtype=object))
    return ColumnInput(name, missing=missing, others=len(series) - missing)


def _of_texts(name: str, series: nw.Series[Any]) -> ColumnInput:
    """Read texts where they lie; what is no text to others becomes objects."""
    if (found := read_texts(series)) is not None:
        return ColumnInput(name, texts=found)
    return _of_objects(name, np.asarray(series.to_list(), dtype=object))


def _is_dictionary(native: Any) -> bool:
    """Whether a column of Arrow's holds texts or bytes, each once, and their places."""
    return hasattr(native, "chunks") and str(native.type.value_type) in (*_TEXTS, *_BYTES)


def _of_dictionary(name: str, series: nw.Series[Any]) -> ColumnInput:
    """Read texts, long ones without writing them out for each row."""
    native = series.to_native()
    if str(native.type.value_type) in _BYTES:
        missing = native.null_count
        return ColumnInput(name, missing=missing, others=len(native) - missing)
    longest = max(_longest(piece) for piece in native.chunks)
    if longest * len(native) <= _MOST_WRITTEN_OUT:
        return _of_texts(name, series)
    return _of_objects(name, np.concatenate([_objects_of(piece) for piece in native.chunks]))


def _longest(piece: Any) -> int:
    lengths = arrow("pyarrow.compute").binary_length(piece.dictionary)
    return int(arrow("pyarrow.compute").max(lengths).as_py() or 0)


def _objects_of(piece: Any) -> NDArray[Any]:
    """Return the texts of a piece, None where missing; equal ones are the same object."""
    places = piece.indices.cast("int64").fill_null(-1).to_numpy(zero_copy_only=False)
    used, places = np.unique(places, return_inverse=True)
    is_null = used < 0  # the first, if any
    texts = piece.dictionary.take(arrow().array(used[~is_null])).to_pylist()
    found: NDArray[Any] = as_objects([None] * int(is_null.sum()) + texts)[places]
    return found


def _moments_of(series: nw.Series[Any]) -> NDArray[Any]:
    """Return days and times as numpy's, in units that hold them all."""
    if series.dtype != nw.Date or series.implementation.is_polars():
        moments: NDArray[Any] = series.to_numpy()
    else:  # of pandas they would be Python's, which end in the year 9999
        moments = series.to_arrow().to_numpy(zero_copy_only=False)
    return moments.astype("M8[s]") if moments.dtype == "M8[D]" else moments


def _of_times(name: str, seconds: NDArray[np.float64]) -> ColumnInput:
    """Read times; those that microseconds cannot tell are of another kind."""
    beyond = np.abs(seconds) > _LATEST
    return ColumnInput(name, times=seconds[~beyond], others=int(np.count_nonzero(beyond)))


def _of_truths(name: str, true: int, rows: int, missing: int) -> ColumnInput:
    return ColumnInput(name, truths=(rows - missing - true, true), missing=missing)


def _of_objects(name: str, values: NDArray[Any]) -> ColumnInput:
    """Part Python's objects by their kinds; a column of texts at once."""
    texts = CategoryTable.read([values], True) if len(values) else None
    if texts is not None:
        return ColumnInput(name, texts=texts)
    parted: dict[str, list[Any]] = {"numbers": [], "times": [], "texts": []}
    found = ColumnInput(name)
    for value in values.tolist():
        if isinstance(value, str):
            parted["texts"].append(value)
        elif np.ndim(value) or hasattr(value, "__len__"):
            found.others += 1
        elif is_missing(value):
            found.missing += 1
        elif isinstance(value, bool | np.bool_):
            false, true = found.truths
            found.truths = (false + (not value), true + bool(value))
        elif is_number(value):
            parted["numbers"].append(value)
        elif isinstance(value, _MOMENTS):
            parted["times"].append(value)
        else:
            found.others += 1
    if parted["numbers"]:
        found.numbers = np.array([_float(value) for value in parted["numbers"]])
    if parted["times"]:
        moments = [np.datetime64(_without_zone(value), "us") for value in parted["times"]]
        times = _of_times(name, _seconds(np.array(moments)))
        found.times, found.others = times.times, found.others + times.others
    if parted["texts"]:
        found.texts = CategoryTable.read([as_objects(parted["texts"])], True)
        if found.texts is None:  # half a character is no text
            found.others += len(parted["texts"])
    return found


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def _without_zone(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        try:
            return value.astimezone(dt.UTC).replace(tzinfo=None)
        except OverflowError:  # within hours of the first or the last moment that Python knows
            return value.replace(tzinfo=None)
    return value


def _floats(values: NDArray[Any]) -> NDArray[Any]:
    is_narrow = values.dtype.kind == "f" and values.dtype.itemsize <= 4
    return values.astype(np.float32 if is_narrow else np.float64, copy=False)


# Parts of a second that a count of coarser units would overflow as microseconds
_PARTS = {"ms": 1e3, "s": 1.0}


def _seconds(moments: NDArray[Any]) -> NDArray[np.float64]:
    """Return seconds since 1970; NaN where there is no moment."""
    unit, step = np.datetime_data(moments.dtype)
    whole = moments if unit in _PARTS and step == 1 else moments.astype("M8[us]")
    seconds: NDArray[np.float64] = whole.astype(np.int64) / _PARTS.get(unit, 1e6)
    seconds[np.isnat(whole)] = np.nan
    return seconds
