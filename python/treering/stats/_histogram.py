"""How the values of each column of a table lie in bins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from treering import _html
from treering._axis import label_text
from treering._checks import close_names, float_array, is_number, quoted, shown, whole_number
from treering._core import stats as _native
from treering._frames import read_table
from treering._results import ALL_ROWS, Result, number_text, text_table, value_text
from treering._text import counted
from treering.stats._describe import skipped_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from treering._html import Html
    from treering.plotting import HistogramDisplay

_MOST_PRINTED = 40
_MOST_CHARTS = 12
_LONGEST_NAME = 24
_MOST_BINS = 1_000_000
_HEADERS = ("column", "count", "missing", "outside", "bins", "from", "to", "fullest bin", "rows")


@dataclass(frozen=True, repr=False)
class ColumnHistogram(Result):
    """How the values of a column lie in bins.

    Attributes
    ----------
    column : str
        Its name.
    edges : tuple of float
        The bins' edges, one more than there are bins.
    counts : tuple of int
        How many values lie in each bin: from its lower edge up to, and without, its upper one; the
        last bin has both.
    missing : int
        How many values are missing.
    outside : int
        How many lie in no bin; infinities are among them.
    backend : str or None
        The library that the table came from; None for an array.

    Examples
    --------
    >>> from treering.stats import histogram
    >>> histogram([[1.0], [2.0], [2.5], [3.0]], bins=2)["x0"].counts
    (1, 3)
    """

    column: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int
    outside: int
    backend: str | None = field(default=None, repr=False, compare=False)

    def display(self) -> HistogramDisplay:
        """Return the display of the column, to be drawn by its ``plot(ax=...)``.

        Returns
        -------
        treering.plotting.HistogramDisplay
        """
        from treering.plotting import HistogramDisplay

        return HistogramDisplay(self.edges, self.counts, name=self.column)

    def plot(self, ax: Any = None) -> HistogramDisplay:
        """Draw the counts.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        treering.plotting.HistogramDisplay
        """
        return self.display().plot(ax=ax)

    def _lines(self) -> list[tuple[str, str]]:
        return list(zip(_HEADERS, _cells(self), strict=True))

    def _columns(self) -> dict[str, Any]:
        return _frame_columns([self])


@dataclass(frozen=True, repr=False)
class TableHistogram(Result, Mapping[str, ColumnHistogram]):
    """How the values of each column lie in bins: a mapping to :class:`ColumnHistogram`.

    Attributes
    ----------
    columns : dict
        The columns in their order.
    skipped : dict
        Columns that are no numbers, and what they are.
    rows : int
        How many rows the table has.
    backend : str or None
        The library that the table came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.stats import histogram
    >>> histogram(np.arange(8.0).reshape(4, 2), bins=3)
    TableHistogram: 4 rows, 2 columns
    column  count  missing  outside  bins    from      to  fullest bin  rows
    ------  -----  -------  -------  ----  ------  ------  -----------  ----
    x0          4        0        0     3  0.0000  6.0000       4.0000     2
    x1          4        0        0     3  1.0000  7.0000       5.0000     2
    """

    columns: dict[str, ColumnHistogram]
    skipped: dict[str, str]
    rows: int
    backend: str | None = None

    def __getitem__(self, name: Any) -> ColumnHistogram:
        try:
            return self.columns[str(name)]
        except KeyError:
            why = self.skipped.get(str(name))
            told = f"it {why}" if why else "there is none" + close_names(str(name), self.columns)
            raise KeyError(f"column {quoted(str(name))} has no histogram: {told}") from None

    def __contains__(self, name: object) -> bool:
        return str(name) in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def plot(self, ax: Any = None, *, columns: int = 3, most: int = _MOST_CHARTS) -> Any:
        """Draw the columns side by side.

        Parameters
        ----------
        ax
            As in :meth:`treering.plotting.DisplayGrid.plot`.
        columns
            How many pictures stand in a row.
        most
            How many columns are drawn at most; the figure says how many are left out.

        Returns
        -------
        treering.plotting.DisplayGrid
        """
        from treering.plotting import DisplayGrid

        whole_number("most", most, meaning="is how many columns are drawn at most,")
        drawn = list(self.columns.values())[:most]
        if not drawn:
            raise ValueError("there is nothing to draw: the table has no column of numbers")
        title = None
        if len(drawn) < len(self.columns):
            title = f"{len(drawn)} of {len(self.columns):,} columns; plot(most=...) draws more"
        displays = [column.display() for column in drawn]
        return DisplayGrid(displays, columns=columns, title=title).plot(ax=ax)

    def to_dict(self) -> dict[str, Any]:
        """Return the histograms as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "rows": self.rows,
            "columns": {name: column.to_dict() for name, column in self.columns.items()},
            "skipped": dict(self.skipped),
        }

    def to_html(self) -> Html:
        """Return the histograms as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        rows = [_cells(column) for column in self.columns.values()]
        blocks = [_html.paragraph(self._head()), _html.table(_HEADERS, rows, rest=ALL_ROWS)]
        if self.skipped:
            blocks.append(_html.paragraph(skipped_text(self.skipped), quiet=True))
        return _html.join(blocks)

    def _columns(self) -> dict[str, Any]:
        return _frame_columns(list(self.columns.values()))

    def _head(self) -> str:
        width = len(self.columns) + len(self.skipped)
        return f"{counted(self.rows, 'row')}, {counted(width, 'column')}"

    def _text(self) -> str:
        rows = [_cells(column) for column in list(self.columns.values())[:_MOST_PRINTED]]
        lines = [f"TableHistogram: {self._head()}", text_table(_HEADERS, rows)]
        if len(self.columns) > _MOST_PRINTED:
            lines.append(f"and {len(self.columns) - _MOST_PRINTED:,} more; {ALL_ROWS}")
        if self.skipped:
            lines.append(skipped_text(self.skipped))
        return "\n".join(lines)


def histogram(table: Any, bins: int | ArrayLike = 10) -> TableHistogram:
    """Count the values of every column of numbers in bins.

    Parameters
    ----------
    table
        A two-dimensional array, or a pandas, polars or pyarrow table. Columns of truth values count
        as 0 and 1; others that are no numbers are listed in ``skipped``.
    bins
        How many bins of one width there are between the least and the greatest finite value of each
        column; or their edges, the same for all columns.

    Returns
    -------
    TableHistogram
        A mapping from column to :class:`ColumnHistogram`.

    Raises
    ------
    TypeError
        If `table` is no table, or `bins` no numbers.
    ValueError
        If columns have the same name, if there are no bins, or edges do not increase.

    Notes
    -----
    Edges and counts are those of ``numpy.histogram``, in double precision for float32 too: the last
    bin has both of its edges, a column of one value v has bins from v - 0.5 to v + 0.5, one without
    any from 0 to 1. Infinities count as outside. Where values are too close for bins that double
    precision can tell apart, the range is widened.

    Examples
    --------
    >>> import pandas as pd
    >>> from treering.stats import histogram
    >>> homes = pd.DataFrame({"rooms": [3, 4, 8, 7]})
    >>> histogram(homes, bins=[0, 5, 10])["rooms"].counts
    (2, 2)
    """
    given = _given_edges(bins)
    read = read_table(table, names=None, what="table")
    columns: dict[str, NDArray[Any]] = {}
    skipped: dict[str, str] = {}
    for name in read.names:
        column = read.column(name)
        if isinstance(column, str):
            skipped[name] = column
        else:
            columns[name] = column
    arrays = [*columns.values()]
    if isinstance(given, int):
        edges = [_edges(ends, given) for ends in _native.finite_ranges(arrays)]
    else:
        edges = [given] * len(arrays)
    found = {}
    results = _native.histograms(arrays, edges)
    for name, own, (counts, outside, missing) in zip(columns, edges, results, strict=True):
        found[name] = ColumnHistogram(
            name, tuple(own.tolist()), tuple(counts.tolist()), missing, outside, read.backend
        )
    return TableHistogram(found, skipped, read.rows, read.backend)


def _given_edges(bins: Any) -> int | NDArray[np.float64]:
    if is_number(bins):
        return whole_number("bins", bins, most=_MOST_BINS, meaning="is how many bins there are,")
    if isinstance(bins, str | bytes | Mapping) or not np.iterable(bins):
        raise TypeError(f"bins must be a number of bins, or their edges; got {shown(bins)}")
    edges = float_array("bins", bins)
    if edges.ndim != 1 or edges.size < 2 or not (np.diff(edges) > 0).all():
        raise ValueError(
            f"bins must be a number of bins, or two edges and more that increase; got {shown(bins)}"
        )
    return edges


def _edges(ends: tuple[float, float] | None, bins: int) -> NDArray[np.float64]:
    low, high = (0.0, 1.0) if ends is None else ends
    if low == high:
        low, high = low - 0.5, high + 0.5
    # Halves, where the width of the whole is beyond double precision.
    unit = 1.0 if np.isfinite(high - low) else 2.0
    edges = np.linspace(low / unit, high / unit, bins + 1) * unit
    air = 0.5
    while not (np.diff(edges) > 0).all():
        air = max(2 * air, np.spacing(max(abs(low), abs(high))) * bins)
        edges = np.linspace(max(low - air, -_LARGEST), min(high + air, _LARGEST), bins + 1)
    return edges


_LARGEST = float(np.finfo(np.float64).max) / 2


def _cells(column: ColumnHistogram) -> tuple[str, ...]:
    fullest = int(np.argmax(column.counts))
    edges = column.edges
    return (
        label_text(column.column, longest=_LONGEST_NAME),
        value_text("count", sum(column.counts) + column.outside),
        value_text("missing", column.missing),
        value_text("outside", column.outside),
        value_text("bins", len(column.counts)),
        number_text(edges[0]),
        number_text(edges[-1]),
        number_text(edges[fullest]),
        value_text("rows", column.counts[fullest]),
    )


def _frame_columns(columns: Sequence[ColumnHistogram]) -> dict[str, Any]:
    """Return a row for each bin."""
    names = [one.column for one in columns for _ in one.counts]
    floats = {
        "low": [edge for one in columns for edge in one.edges[:-1]],
        "high": [edge for one in columns for edge in one.edges[1:]],
    }
    counts = [count for one in columns for count in one.counts]
    return {
        "column": names,
        **{name: np.asarray(values, np.float64) for name, values in floats.items()},
        "count": np.asarray(counts, np.int64),
    }
