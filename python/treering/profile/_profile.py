"""What can be said of a table in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering import _html
from treering._checks import close_names, float_array, quoted, shown, whole_number
from treering._core import profile as _core
from treering._files import replace_file, writable_target
from treering._frames import encodable, is_array
from treering._results import ALL_ROWS, Result, text_table
from treering._sources import is_on_cluster, is_read_in_batches
from treering._text import counted
from treering.profile._batches import batches, library_of
from treering.profile._building import MOST_CORRELATED, Wanted, build
from treering.profile._clusters import build_on_cluster
from treering.profile._column import COLUMN_HEADERS, ColumnProfile, column_cells
from treering.profile._describing import check_texts, describe, is_of_times, kinds_of
from treering.stats import CorrelationMatrix

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from treering._html import Html

_MOST_PRINTED = 40
_HALF = 512  # of the parts that a profile keeps apart


class Profile(Result, Mapping[str, ColumnProfile]):
    """What can be said of a table in constant memory: a mapping from column to its profile.

    Made by :meth:`of`; profiles of parts of a table are merged by :meth:`merge`, in any order, to
    the same bytes.

    See Also
    --------
    treering.stats.describe : Exact statistics of a table in memory.

    Notes
    -----
    Quantiles come from some of the numbers, each with the least and the most that its rank can be
    [1]_: nothing is random, and how many numbers are at most as large as another lies between two
    counts for certain (:meth:`count_up_to`). Moments to the fourth merge by Pebay's formulas [2]_,
    distinct values are counted by HyperLogLog beyond 1,024 [3]_, categories by Misra and Gries'
    rule beyond 4,096 [4]_.

    References
    ----------
    .. [1] M. Greenwald and S. Khanna, "Power-conserving computation of order-statistics over sensor
       networks" (2004).
    .. [2] P. Pebay, "Formulas for robust, one-pass parallel computation of covariances and
       arbitrary-order statistical moments" (2008).
    .. [3] P. Flajolet and others, "HyperLogLog: the analysis of a near-optimal cardinality
       estimation algorithm" (2007).
    .. [4] J. Misra and D. Gries, "Finding repeated elements" (1982).

    Examples
    --------
    >>> import pandas as pd
    >>> from treering.profile import Profile
    >>> homes = pd.DataFrame({"rooms": [3.0, 4.0, None, 8.0], "ocean": list("nnfn")})
    >>> profile = Profile.of(homes)
    >>> profile["rooms"].mean, profile["ocean"].top
    (5.0, 'n')
    >>> profile.merge(Profile.of(homes[:2])).rows
    6
    """

    def __init__(self) -> None:
        raise TypeError(
            "a profile is made by Profile.of(data), or read by Profile.from_bytes(data)"
        )

    @classmethod
    def _with(cls, core: _core.Profile, backend: str | None) -> Self:
        profile = cls.__new__(cls)
        profile._core = core
        profile._known = None
        profile.backend = backend
        return profile

    _core: _core.Profile
    _known: dict[str, int] | None
    backend: str | None = None
    _first: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        data: Any,
        *,
        columns: Sequence[str] | None = None,
        reference: Profile | None = None,
        bins: int = 10,
        correlations: bool | None = None,
    ) -> Self:
        """Profile a table in one reading.

        Parameters
        ----------
        data : table, stream or path
            A two-dimensional array; a pandas, polars or pyarrow table; a stream of Arrow record
            batches; the path of a Parquet file, or of a folder of them. Streams and files are read
            batch by batch, in memory that does not grow with their length. A frame of Spark (4 or
            later) or Dask is profiled where it lies, a part for each partition, by workers on which
            treering is installed.
        columns : sequence of str, default None
            The columns' names if `data` is an array; all else has names of its own.
        reference : Profile, default None
            Also count numbers in the bins of this profile, so that binned distances from it are
            exact (see `compare`), however many rows there are.
        bins : int, default 10
            How many bins the reference's numbers are divided into, from 2 to 1,000.
        correlations : bool, default None
            Whether to keep what :meth:`correlation` needs, which takes time and space by the
            square of the number of columns; None keeps it up to 100 columns of numbers.

        Returns
        -------
        Profile

        Raises
        ------
        TypeError
            If `data` is none of these, or has names of its own and `columns` are given.
        ValueError
            If columns have the same name, or a file cannot be read.
        FileNotFoundError
            If there is no such file.
        ImportError
            If pyarrow is needed and not installed.
        RuntimeError
            If `data` is a frame of Spark whose session has stopped.
        """
        if not (correlations is None or isinstance(correlations, bool)):
            raise TypeError(f"correlations must be True, False or None; got {shown(correlations)}")
        if not (reference is None or isinstance(reference, Profile)):
            raise TypeError(
                f"reference must be a profile; got {shown(reference)}: Profile.of(...) makes one"
            )
        if columns is not None and not (is_array(data) and not is_read_in_batches(data)):
            raise TypeError(
                "columns are the names of an array's columns, and data has names of its own; "
                "give those of its columns alone that you want"
            )
        return cls._of(data, columns, reference, bins, correlations)

    @classmethod
    def _of(
        cls,
        data: Any,
        names: Sequence[str] | None,
        reference: Profile | None = None,
        bins: int = 10,
        correlations: bool | None = None,
    ) -> Self:
        """Profile a table; an array's columns have these names."""
        bins = whole_number("bins", bins, least=2, most=1000)
        wanted = Wanted({} if reference is None else reference._ends(bins), correlations)
        if is_on_cluster(data):
            return cls._with(build_on_cluster(data, wanted), None)
        core = build(batches(data, names), wanted)
        assert core is not None  # every source gives a batch, though it be without rows
        return cls._with(core, library_of(data))

    def update(self, batch: Any) -> Self:
        """Add rows to this profile.

        Parameters
        ----------
        batch : table, stream or path
            As for :meth:`of`.

        Returns
        -------
        Profile
            This profile, changed.
        """
        # Later rows may bring columns of their own: those of an array are the first ones.
        self._first = self._first or self.names
        more = type(self)._of(batch, self._first)
        if self._core.parts >= _HALF:
            self._core = self._core.compact()
        self._core, self._known = self._core.merged(more._core), None
        return self

    def merge(self, other: Profile) -> Profile:
        """Return the profile of these rows and others.

        Parameters
        ----------
        other : Profile
            The profile of other rows. Columns that one of both lacks are missing from its rows.

        Returns
        -------
        Profile
            Its bytes do not depend on the order in which parts are merged, up to 1,024 of them.

        Raises
        ------
        ValueError
            Beyond 1,024 parts: make one of them by :meth:`compact` first.
        """
        if not isinstance(other, Profile):
            raise TypeError(
                f"other must be a profile; got {shown(other)}: Profile.of(...) makes one"
            )
        return self._with(self._core.merged(other._core), self.backend or other.backend)

    def compact(self) -> Profile:
        """Return the same rows as one part, of a size that does not depend on their number.

        Returns
        -------
        Profile
        """
        return self._with(self._core.compact(), self.backend)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._core.rows()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self._places)

    @property
    def _places(self) -> dict[str, int]:
        """The columns, and their places, until rows are added."""
        if self._known is None:
            self._known = {name: place for place, name in enumerate(self._core.names())}
        return self._known

    @property
    def parts(self) -> int:
        """How many parts are kept apart, until :meth:`compact` adds them up."""
        return self._core.parts

    def __getitem__(self, name: Any) -> ColumnProfile:
        name = encodable(str(name))
        return describe(self._core, name, self._place(name), self.backend)

    def __contains__(self, name: object) -> bool:
        return encodable(str(name)) in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self._places)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Profile):
            return NotImplemented
        return self._core == other._core

    __hash__ = None  # type: ignore[assignment]  # it can be updated

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return type(self).from_bytes, (self.to_bytes(),)

    def _ends(self, bins: int) -> dict[str, list[float]]:
        """Return where the bins of each column of numbers end."""
        found = {name: self._core.bin_ends(place, bins) for place, name in enumerate(self.names)}
        return {name: ends for name, ends in found.items() if ends}

    def _place(self, name: str) -> int:
        try:
            return self._places[encodable(name)]
        except KeyError:
            raise KeyError(
                f"the profile has no column {quoted(name)}{close_names(name, self.names)}"
            ) from None

    def quantile(self, column: str, shares: ArrayLike) -> NDArray[np.float64]:
        """Return numbers of a column by their place in order.

        Parameters
        ----------
        column : str
            A column of numbers, or of times (in seconds since 1970).
        shares : array_like
            Places between 0, the least number, and 1, the greatest.

        Returns
        -------
        ndarray of shape (n_shares,)
            Numbers of the column whose ranks are off by no more than its ``rank_error``; NaN if it
            has no values.

        Raises
        ------
        ValueError
            If the column holds values of other kinds alone, or shares are not between 0 and 1.
        """
        wanted = np.atleast_1d(float_array("shares", shares))
        if not ((wanted >= 0) & (wanted <= 1)).all():
            raise ValueError(f"shares must lie between 0 and 1; got {shown(shares)}")
        place, times = self._numeric(column)
        return self._core.quantiles(place, times, wanted.tolist())

    def count_up_to(
        self, column: str, values: ArrayLike
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return between which counts the number of values lies that are at most as large.

        Parameters
        ----------
        column : str
            A column of numbers, or of times (in seconds since 1970).
        values : array_like
            Numbers to compare with.

        Returns
        -------
        low, high : ndarray of int
            Bounds that hold for certain, for each of the `values`.

        Raises
        ------
        ValueError
            If the column holds values of other kinds alone.
        """
        wanted = np.atleast_1d(float_array("values", values)).astype(np.float64)
        place, times = self._numeric(column)
        return self._core.up_to(place, times, wanted)

    def value_counts(self, column: str) -> dict[str, int]:
        """Return the categories of a column of texts, the most frequent first.

        Parameters
        ----------
        column : str
            A column of texts.

        Returns
        -------
        dict
            How often each occurs: exactly up to 4,096 categories, at least beyond.

        Raises
        ------
        ValueError
            If the column holds values, but no texts.
        """
        place = self._place(str(column))
        check_texts(self._core, place, str(column))
        found = self._core.categories(place)
        return dict(sorted(found, key=lambda pair: (-pair[1], pair[0])))

    def correlation(self) -> CorrelationMatrix:
        """Correlate all pairs of columns of numbers, over the rows where both are finite.

        Returns
        -------
        treering.stats.CorrelationMatrix
            Pearson's correlations, as :func:`treering.stats.correlation` finds them in the table.
            Columns that hold no numbers, or other things beside them, are ``skipped``.

        Raises
        ------
        ValueError
            If the profile was made without correlations.
        """
        names: list[str] = []
        places: list[int] = []
        skipped: dict[str, str] = {}
        unpaired = 0
        for place, name in enumerate(self.names):
            kinds = kinds_of(self._core, place)
            if [*kinds] != ["numbers"]:
                skipped[name] = f"holds {' and '.join(kinds) or 'no values'}"
            elif self._core.is_paired(place):
                names.append(name)
                places.append(place)
            else:
                unpaired += 1
                skipped[name] = "holds numbers that were not correlated in all parts"
        if unpaired and not places:
            raise ValueError(
                f"this profile keeps no correlations of its {counted(unpaired, 'column')} of "
                "numbers: Profile.of(data, correlations=True) does (without being asked, up to "
                f"{MOST_CORRELATED} columns)"
            )
        matrix = self._core.correlation(places)
        assert matrix is not None
        return CorrelationMatrix(tuple(names), matrix, "pearson", self.rows, skipped, self.backend)

    def _numeric(self, column: str) -> tuple[int, bool]:
        place = self._place(str(column))
        return place, is_of_times(self._core, place, str(column))

    def to_bytes(self) -> bytes:
        """Write the profile as data that holds no code.

        Returns
        -------
        bytes
            Magic, revision, parts and a CRC-32 of it all.
        """
        return self._core.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what :meth:`to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            The bytes.

        Returns
        -------
        Profile

        Raises
        ------
        treering.ModelFileError
            If the bytes are not a whole, unaltered profile, or come from a newer release.
        TypeError
            If `data` holds no bytes.
        """
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(
                f"data must be bytes; got {shown(data)}: give what Profile.to_bytes() returned"
            )
        return cls._with(_core.Profile.from_bytes(bytes(data)), None)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the profile into a file, whole or not at all.

        Parameters
        ----------
        path : str or os.PathLike
            Where to; its folder exists.

        Returns
        -------
        pathlib.Path
            The path, absolute.
        """
        target = writable_target(path, "a profile")
        replace_file(target, self.to_bytes())
        return target

    def to_dict(self) -> dict[str, Any]:
        """Return the profile as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "rows": self.rows,
            "columns": {name: column.to_dict() for name, column in self.items()},
        }

    def to_html(self) -> Html:
        """Return the profile as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        rows = [column_cells(column) for column in self.values()]
        table = _html.table(COLUMN_HEADERS, rows, rest=ALL_ROWS)
        return _html.join([_html.paragraph(self._head()), table])

    def _columns(self) -> dict[str, Any]:
        return ColumnProfile._table([*self.values()])

    def _head(self) -> str:
        return f"{counted(self.rows, 'row')}, {counted(len(self), 'column')}"

    def _text(self) -> str:
        drawn = [self[name] for name in self.names[:_MOST_PRINTED]]
        lines = [
            f"Profile: {self._head()}",
            text_table(COLUMN_HEADERS, [column_cells(each) for each in drawn]),
        ]
        if len(drawn) < len(self):
            lines.append(f"and {counted(len(self) - len(drawn), 'more column')}; {ALL_ROWS}")
        return "\n".join(lines)
