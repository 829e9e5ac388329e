"""Whole rows: which ones occur before, by fingerprints of 64 bits."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from treering._checks import is_missing
from treering._core.categories import CategoryTable
from treering._frames import as_objects
from treering._text_columns import TEXT_TYPES, read_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._frames import Table

    Words = NDArray[np.uint64]

_MISSING = np.uint64(0x9E3779B97F4A7C15)


def repeated_rows(table: Table, columns: Sequence[str]) -> NDArray[np.int64]:
    """Return the places of rows that hold, in these columns, what a row before them holds.

    Missing values are alike; -0.0 is 0.0. Rows are told apart by fingerprints: of a million rows,
    two that differ are taken for the same once in thirty million tables.
    """
    prints = fingerprints(table, columns)
    order = np.argsort(prints, kind="stable")
    is_repeated = prints[order][1:] == prints[order][:-1]
    return np.sort(order[1:][is_repeated])


def repeated_count(prints: Words) -> int:
    """Return how many rows with these fingerprints occur before."""
    return len(prints) - len(np.unique(prints))


def is_missing_in(table: Table, name: str) -> NDArray[np.bool_]:
    """Tell which rows have no value in a column."""
    found: NDArray[np.bool_] = words(table, name) == _MISSING
    return found


def fingerprints(table: Table, columns: Sequence[str]) -> Words:
    """Return a number for each row that is the same for the same values in the same columns."""
    if not columns:  # rows without values are not alike
        return np.arange(table.rows, dtype=np.uint64)
    found = np.zeros(table.rows, dtype=np.uint64)
    for name in columns:
        found *= np.uint64(0xFF51AFD7ED558CCD)
        found ^= _mixed(words(table, name))
    return _mixed(found)


def words(table: Table, name: str) -> Words:
    """Return a number for each value of a column, the same for the same values."""
    raw = table.raw(name)
    if isinstance(raw, np.ndarray):
        return _of_array(raw)
    dtype = raw.dtype
    if dtype.is_integer():
        found = _of_array(np.asarray(raw.fill_null(0).to_numpy()))
        if raw.null_count():
            found[np.asarray(raw.is_null().to_numpy(), dtype=bool)] = _MISSING
        return found
    if dtype.is_float() or dtype == nw.Boolean:
        values = table.column(name)
        if not isinstance(values, str):
            return _of_array(values)
    if dtype in TEXT_TYPES:
        texts = read_texts(raw)
        return _of_table(texts) if texts is not None else _of_objects(as_objects(raw.to_list()))
    if dtype in {nw.Datetime, nw.Date}:
        moments = np.asarray(raw.to_numpy())
        if moments.dtype.kind == "M":
            found = moments.astype(np.int64).view(np.uint64)
            found[np.isnat(moments)] = _MISSING
            return found
    return _of_texts(as_objects(raw.to_list()))


def _of_array(values: NDArray[Any]) -> Words:
    if values.dtype.kind in "iu":
        return values.astype(np.int64).view(np.uint64)
    if values.dtype.kind in "fb":
        floats = values.astype(np.float64) + 0.0  # which makes 0.0 of -0.0
        found = floats.view(np.uint64)
        found[np.isnan(floats)] = _MISSING
        return found
    return _of_texts(as_objects(values.tolist()))


def _of_texts(values: NDArray[Any]) -> Words:
    table = CategoryTable.read([values], True)
    return _of_objects(values) if table is None else _of_table(table)


def _of_table(table: CategoryTable) -> Words:
    """Return a digest of each text, which is found once for all its rows."""
    texts, _ = table.learn()[0]
    found = table.find([texts])
    assert found is not None  # they are its own
    return _digests(texts)[found[0][:, 0]]


def _of_objects(values: NDArray[Any]) -> Words:
    known: dict[Any, int] = {}
    written = [_written(value) for value in values.tolist()]
    places = np.array([known.setdefault(text, len(known)) for text in written], dtype=np.int64)
    return _digests([*known])[places]


def _written(value: Any) -> str | None:
    """Write a value so that values that differ are written differently; None if it is missing."""
    if isinstance(value, np.ndarray):
        return repr(value.tolist())  # numpy's own leaves out the middle
    if hasattr(value, "__len__") or np.ndim(value):
        return repr(value)
    if is_missing(value):
        return None
    return hex(value) if isinstance(value, int) else repr(value)


def _digests(texts: Sequence[Any]) -> Words:
    return np.array([_digest(text) for text in texts], dtype=np.uint64)


def _digest(value: Any) -> int:
    if is_missing(value):
        return int(_MISSING)
    data = str(value).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def _mixed(values: Words) -> Words:
    """Spread every bit over all others: the finaliser of splitmix64."""
    found = values.copy()
    found ^= found >> np.uint64(30)
    found *= np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(27)
    found *= np.uint64(0x94D049BB133111EB)
    found ^= found >> np.uint64(31)
    return found
