"""The table that later ones are compared with: each column sorted once."""

from __future__ import annotations

import json
import struct
import zlib
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Self

import narwhals as nw
import numpy as np

from treering import _html
from treering._axis import label_text
from treering._categories import read_categories, why_not
from treering._checks import close_names, names_of, quoted_names, shown
from treering._core import ModelFileError
from treering._core.drift import ReferenceColumn
from treering._frames import encodable, is_array, read_table
from treering._text import counted
from treering.drift._categories import MOST_ROWS, ReferenceCategories, refuse_too_many
from treering.drift._pool import Pool
from treering.profile import Profile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray
    from typing_extensions import Buffer

    from treering._frames import Table
    from treering.drift._false_alarms import Resampled

_MAGIC = b"TRREFTAB"
REVISION = 2
"""Of the bytes that are written; those of earlier ones are read."""
_HEADER = struct.Struct("<8sHQ")
_CHECKSUM = struct.Struct("<I")
_MOST_SHOWN = 10


class Sample:
    """A column of numbers that is compared once, and left where it lies."""

    __slots__ = ("_values", "missing", "size")

    def __init__(self, values: NDArray[Any]) -> None:
        self._values = np.ascontiguousarray(values)
        self.missing = int(np.count_nonzero(np.isnan(self._values)))
        self.size = len(self._values) - self.missing

    @property
    def raw(self) -> NDArray[Any]:
        """The values, NaN where missing."""
        return self._values

    def values(self) -> NDArray[Any]:
        """Return the values that are not missing."""
        present: NDArray[Any] = self._values[~np.isnan(self._values)]
        return present


class Reference:
    """A reference table, prepared once and compared with any number of windows.

    Numeric and boolean columns are sorted, and categories of texts counted; every other column is
    listed in `skipped`. Some rows, up to 10,000, are kept as they are: what windows look like in
    which nothing has changed is seen by them. A :class:`~treering.profile.Profile` of the table is
    what profiles are compared with.

    Parameters
    ----------
    data
        A two-dimensional array, or a pandas, polars or pyarrow table: usually the features that
        the model was trained on, as the model saw them.
    columns
        For an array, a name for each column (``x0``, ``x1``, ... by default). For a table, the
        columns to keep (all by default).

    Attributes
    ----------
    names : tuple of str
        All columns, in order, the skipped ones among them.
    rows : int
        How many rows the table had.
    skipped : dict
        Columns that cannot be compared, and why.
    profile : treering.profile.Profile
        What can be said of the table in constant memory.

    Raises
    ------
    TypeError
        If `data` is no table.
    ValueError
        If there are no rows, or a column is unknown, occurs twice, or was asked for and is not
        numeric.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import Reference
    >>> reference = Reference(np.arange(60.0).reshape(30, 2), columns=["age", "income"])
    >>> reference
    Reference(30 rows, 2 columns: age, income)
    >>> Reference.from_bytes(reference.to_bytes()).names
    ('age', 'income')
    """

    names: tuple[str, ...]
    rows: int
    skipped: dict[str, str]

    _profile: Profile | None

    def __init__(self, data: Any, *, columns: Sequence[str] | None = None) -> None:
        self._read(data, columns, with_pool=True)
        if is_array(data):
            self._profile = Profile.of(data, columns=columns)
        else:
            self._profile = Profile.of(data if columns is None else _columns_of(data, self.names))

    @classmethod
    def _for_once(cls, data: Any, columns: Sequence[str] | None, *, with_pool: bool) -> Self:
        """Prepare a table for one comparison, which needs no profile of it."""
        reference = cls.__new__(cls)
        reference._read(data, columns, with_pool=with_pool, for_once=True)
        reference._profile = None
        return reference

    @property
    def profile(self) -> Profile:
        """What can be said of the table in constant memory."""
        if self._profile is None:
            raise ValueError(
                "this reference was stored by an earlier release, without a profile; make it anew "
                "by Reference(table)"
            )
        return self._profile

    def _read(
        self, data: Any, columns: Sequence[str] | None, *, with_pool: bool, for_once: bool = False
    ) -> None:
        table = read_table(data, names=columns, what="reference")
        if not table.rows:
            raise ValueError("reference has no rows; give the table that the model was trained on")
        refuse_too_many(table.rows, "reference")
        names = table.names
        if table.named and columns is not None:
            names = select(names, columns, where="reference")
        kept: dict[str, ReferenceColumn | Sample] = {}
        categories: dict[str, ReferenceCategories] = {}
        skipped: dict[str, str] = {}
        for name in names:
            found = _prepared(table, name, for_once=for_once)
            if isinstance(found, ReferenceColumn | Sample):
                kept[name] = found
            elif isinstance(found, ReferenceCategories):
                categories[name] = found
            elif columns is not None and table.named:
                raise ValueError(
                    f"column {name!r} of reference cannot be compared: it {found}; leave it "
                    "out of columns, or encode it as numbers first"
                )
            else:
                skipped[name] = found
        pool = Pool.of(table, kept, categories) if with_pool else None
        named = table.named or columns is not None
        self._set(names, kept, categories, skipped, table.rows, named, pool)

    def _set(
        self,
        names: tuple[str, ...],
        kept: Mapping[str, ReferenceColumn | Sample],
        categories: Mapping[str, ReferenceCategories],
        skipped: Mapping[str, str],
        rows: int,
        named: bool,
        pool: Pool | None,
    ) -> None:
        self.names = names
        self.rows = rows
        self.skipped = dict(skipped)
        self._kept = dict(kept)
        self._categories = dict(categories)
        self._named = named
        self._pool = pool
        # What windows of its own rows showed, by their size and the columns: see `resample`.
        self._windows: dict[tuple[Any, ...], Resampled | None] = {}

    def _sorted(self) -> dict[str, ReferenceColumn]:
        return {
            name: column if isinstance(column, ReferenceColumn) else ReferenceColumn(column.raw)
            for name, column in self._kept.items()
        }

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns that are compared, in the order of the table."""
        return tuple(name for name in self.names if name not in self.skipped)

    def to_bytes(self) -> bytes:
        """Write the reference as data that holds no code.

        Returns
        -------
        bytes
            Magic, revision, a header of JSON, the columns, and a CRC-32 of it all.
        """
        blobs = [column.to_bytes() for column in self._sorted().values()]
        pool = b"" if self._pool is None else self._pool.to_bytes()
        profile = b"" if self._profile is None else self._profile.to_bytes()
        header = json.dumps(
            {
                "names": self.names,
                "rows": self.rows,
                "named": self._named,
                "skipped": self.skipped,
                "columns": [
                    [name, len(blob)] for name, blob in zip(self._kept, blobs, strict=True)
                ],
                "categories": {
                    name: [column.counts, column.rest, column.missing]
                    for name, column in self._categories.items()
                },
                "pool": [0 if self._pool is None else self._pool.rows, len(pool)],
                "profile": len(profile),
            }
        ).encode()
        parts = [_HEADER.pack(_MAGIC, REVISION, len(header)), header, *blobs, pool, profile]
        body = b"".join(parts)
        return body + _CHECKSUM.pack(zlib.crc32(body))

    @classmethod
    def from_bytes(cls, data: Buffer) -> Self:
        """Read what :meth:`to_bytes` wrote.

        Parameters
        ----------
        data
            The bytes, in any object that lends its memory: bytes, a bytearray, a memoryview, a
            file mapped by mmap.

        Returns
        -------
        Reference

        Raises
        ------
        treering.ModelFileError
            If the bytes are not a reference, are truncated or altered, or come from a newer
            release.
        TypeError
            If `data` holds no bytes, such as the path of a file, which is to be read first.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from treering.drift import Reference
        >>> reference = Reference(np.eye(40), columns=[f"pixel{i}" for i in range(40)])
        >>> path = Path(tempfile.mkdtemp()) / "reference.treering"
        >>> _ = path.write_bytes(reference.to_bytes())
        >>> Reference.from_bytes(path.read_bytes()) == reference
        True
        """
        data = _bytes_of(data)
        if len(data) < _HEADER.size + _CHECKSUM.size or data[:8] != _MAGIC:
            raise ModelFileError(
                "these bytes are not a stored reference; give what Reference.to_bytes() returned"
            )
        _, revision, length = _HEADER.unpack_from(data)
        if not 1 <= revision <= REVISION:
            raise ModelFileError(
                f"this reference has format revision {revision} and this release reads 1 to "
                f"{REVISION}; "
                + ("install a newer treering" if revision else "make it anew by Reference(table)")
            )
        body, checksum = data[: -_CHECKSUM.size], data[-_CHECKSUM.size :]
        if _CHECKSUM.unpack(checksum)[0] != zlib.crc32(body):
            raise ModelFileError(
                "this reference is truncated or altered: its checksum does not fit; make it anew "
                "or restore it from a copy"
            )
        try:
            header = json.loads(body[_HEADER.size : _HEADER.size + length])
            columns: list[tuple[str, ReferenceColumn]] = []
            start = _HEADER.size + length
            for name, size in header["columns"]:
                column = ReferenceColumn.from_bytes(body[start : start + size])
                columns.append((str(name), column))
                start += size
            categories = {
                str(name): ReferenceCategories.from_header(*column)
                for name, column in header.get("categories", {}).items()
            }
            kept = dict(columns)
            names, rows = tuple(map(str, header["names"])), int(header["rows"])
            pool_rows, size = header.get("pool", (0, 0))
            pool = Pool.from_bytes(body[start : start + size], pool_rows, kept, categories, rows)
            start += size
            size = header.get("profile", 0)
            reference = cls.__new__(cls)
            reference._profile = _stored_profile(body[start : start + size], names, rows)
            start += size
            reference._set(
                names,
                kept,
                categories,
                {str(name): str(why) for name, why in header["skipped"].items()},
                rows,
                bool(header["named"]),
                pool,
            )
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise ModelFileError(f"this reference cannot be read: {error}") from error
        if start != len(body):
            raise ModelFileError(
                f"this reference does not hold together: its columns take {start:,} bytes of "
                f"{len(body):,}"
            )
        reference._check(len(columns))
        return reference

    def _check(self, columns: int) -> None:
        """Refuse a header that contradicts itself or the columns, whatever its checksum."""
        names, found = list(self.names), [*self._kept, *self._categories, *self.skipped]
        fault = None
        if self.rows < 1:
            fault = f"it claims {counted(self.rows, 'row')}"
        elif self.rows > MOST_ROWS:
            fault = f"it claims {self.rows:,} rows, of {MOST_ROWS:,} at most"
        elif columns != len(self._kept) or len(set(names)) != len(names):
            fault = "a column occurs twice"
        elif sorted(names) != sorted(found):
            fault = "its names are not those of its kept and skipped columns"
        else:
            rows = {name: column.size + int(column.missing) for name, column in self._kept.items()}
            for name, categories in self._categories.items():
                rows[name] = categories.size + categories.missing
            for name, count in rows.items():
                if count != self.rows:
                    fault = f"column {name!r} has {counted(count, 'row')} of {self.rows:,}"
        if fault is not None:
            raise ModelFileError(
                f"this reference does not hold together: {fault}; make it anew by Reference(table)"
            )

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return type(self).from_bytes, (self.to_bytes(),)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        # By the columns: the rows that are kept as they are depend on the order of the table.
        return self is other or (
            (self.names, self.rows, self._named) == (other.names, other.rows, other._named)
            and (self._categories, self.skipped) == (other._categories, other.skipped)
            and all(
                column.to_bytes() == theirs.to_bytes()
                for column, theirs in zip(
                    self._sorted().values(), other._sorted().values(), strict=True
                )
            )
        )

    def __hash__(self) -> int:
        return hash((self.names, self.rows))

    def __repr__(self) -> str:
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        columns = counted(len(self.compared), "column")
        some = _some(self.compared, 6)
        return f"Reference({counted(self.rows, 'row')}, {columns}: {some}{skipped})"

    def _repr_html_(self) -> str:
        lines = [
            ("rows", f"{self.rows:,}"),
            (counted(len(self.compared), "column"), _some(self.compared, _MOST_SHOWN)),
        ]
        if self.skipped:
            lines.append((f"{len(self.skipped):,} skipped", _some(self.skipped, _MOST_SHOWN)))
        return str(_html.table(("Reference", ""), lines, align="<<"))


def _columns_of(data: Any, names: Sequence[str]) -> Any:
    """Return some columns of a table, whose names may be other things than texts."""
    frame: Any = nw.from_native(data)
    places = {str(name): place for place, name in enumerate(frame.columns)}
    return frame[:, [places[name] for name in names]].to_native()


def _stored_profile(data: bytes, names: Sequence[str], rows: int) -> Profile | None:
    """Read the profile of a reference; one of another table is a ValueError."""
    if not data:
        return None
    profile = Profile.from_bytes(data)
    if profile.rows != rows:
        raise ValueError(f"its profile has {counted(profile.rows, 'row')} of {rows:,}")
    if set(profile.names) != set(map(encodable, names)):
        raise ValueError("its profile has columns of other names")
    return profile


def _prepared(
    table: Table, name: str, *, for_once: bool
) -> ReferenceColumn | Sample | ReferenceCategories | str:
    """Prepare a column, or say why it cannot be compared."""
    values = table.column(name)
    if not isinstance(values, str):
        return Sample(values) if for_once else ReferenceColumn(values)
    column = read_categories(table, name)
    if isinstance(column, str):
        return column or values
    return why_not(column, table.rows) or ReferenceCategories.of(column)


def _bytes_of(data: Any) -> bytes:
    """Copy bytes out of whatever lends its memory: not every view compares or divides as they."""
    try:
        return memoryview(data).tobytes()
    except (BufferError, TypeError, ValueError) as error:
        advice = "give what Reference.to_bytes() returned"
        if isinstance(data, str | PathLike):
            path = fspath(data)
            advice = f"read the file first: Reference.from_bytes(Path({path!r}).read_bytes())"
        raise TypeError(f"data must be bytes; got {shown(data)}: {advice}") from error


def _some(names: Collection[str], most: int) -> str:
    more = ", ..." if len(names) > most else ""
    return ", ".join(map(label_text, list(names)[:most])) + more


def select(names: tuple[str, ...], wanted: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Return the wanted columns in the user's order; name those that do not exist."""
    chosen = tuple(dict.fromkeys(names_of("columns", wanted)))
    known = set(names)
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise ValueError(
            f"{where} has no column {quoted_names(unknown)}{close_names(unknown[0], names)}; it "
            f"has {quoted_names(names)}"
        )
    if not chosen:
        raise ValueError("columns is empty; name at least one column, or leave it out for all")
    return chosen
