"""A table in some numbers for each column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import numpy as np

from treering import _html
from treering._axis import key_text, label_text
from treering._checks import as_float, close_names, is_missing, is_number, quoted, shown
from treering._core import stats as _native
from treering._frames import Table, read_table
from treering._results import ALL_ROWS, Result, label_column, number_text, text_table, value_text
from treering._text import counted
from treering._text_columns import TEXT_TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering._html import Html

_MOST_PRINTED = 40
_LONGEST_NAME = 24
_QUARTILES = (0.25, 0.5, 0.75)
_OF_KIND = {
    "numbers": ("mean", "std", "min", "quantiles", "max"),
    "categories": ("unique", "top", "freq"),
    "moments": ("first", "last"),
}


@dataclass(frozen=True, repr=False)
class ColumnDescription(Result):
    """A column in some numbers. What its kind does not have is None.

    Attributes
    ----------
    column : str
        Its name.
    kind : {'numbers', 'categories', 'moments'}
        Numbers; texts, truth values and other categories; dates, times and durations.
    count, missing : int
        How many values there are, and how many are missing.
    mean, std, min, max : float or None
        Of numbers; NaN where there are too few. The standard deviation has one less than the count
        in its denominator.
    quantiles : dict or None
        Of numbers: the percentiles by their names, such as ``"25%"``.
    unique : int or None
        How many categories there are.
    top : object or None
        The category that is most frequent; of several, the one whose text comes first.
    freq : int or None
        How many rows have it.
    first, last : object or None
        The earliest and the latest of moments.
    backend : str or None
        The library that the table came from; None for an array.

    Examples
    --------
    >>> from treering.stats import describe
    >>> column = describe([[1.0], [2.0], [4.0]])["x0"]
    >>> column.count, column.max, column["50%"]
    (3, 4.0, 2.0)
    """

    column: str
    kind: Literal["numbers", "categories", "moments"]
    count: int
    missing: int
    mean: float | None = None
    std: float | None = None
    min: float | None = None
    quantiles: dict[str, float] | None = None
    max: float | None = None
    unique: int | None = None
    top: Any = None
    freq: int | None = None
    first: Any = None
    last: Any = None
    backend: str | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> Any:
        found = self._values()
        if name in found:
            return found[name]
        raise KeyError(f"a column of {self.kind} has no {name!r}; it has {', '.join(found)}")

    def to_dict(self) -> dict[str, Any]:
        """Return what the column's kind has, as plain Python values.

        Returns
        -------
        dict
        """
        return self._values()

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in ("column", "kind", "count", "missing", *_OF_KIND[self.kind]):
            value = getattr(self, name)
            values.update(value if name == "quantiles" else {name: value})
        return values

    def _lines(self) -> list[tuple[str, str]]:
        return [(name, value_text(name, value)) for name, value in self._values().items()]

    def _columns(self) -> dict[str, Any]:
        return _frame_columns([self])


@dataclass(frozen=True, repr=False)
class TableDescription(Result, Mapping[str, ColumnDescription]):
    """A table in some numbers: a mapping from column to :class:`ColumnDescription`.

    Attributes
    ----------
    columns : dict
        The columns in their order.
    skipped : dict
        Columns that cannot be described, such as lists, and why.
    rows : int
        How many rows the table has.
    backend : str or None
        The library that the table came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.stats import describe
    >>> describe(np.arange(8.0).reshape(4, 2))
    TableDescription: 4 rows, 2 columns
    column  count  missing    mean     std     min     25%     50%     75%     max
    ------  -----  -------  ------  ------  ------  ------  ------  ------  ------
    x0          4        0  3.0000  2.5820  0.0000  1.5000  3.0000  4.5000  6.0000
    x1          4        0  4.0000  2.5820  1.0000  2.5000  4.0000  5.5000  7.0000
    """

    columns: dict[str, ColumnDescription]
    skipped: dict[str, str]
    rows: int
    backend: str | None = None

    def __getitem__(self, name: Any) -> ColumnDescription:
        try:
            return self.columns[str(name)]
        except KeyError:
            why = self.skipped.get(str(name))
            told = f"it {why}" if why else "there is none" + close_names(str(name), self.columns)
            raise KeyError(f"column {quoted(str(name))} is not described: {told}") from None

    def __contains__(self, name: object) -> bool:
        return str(name) in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def to_dict(self) -> dict[str, Any]:
        """Return the description as plain Python values.

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
        """Return the description as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        blocks = [_html.paragraph(self._head())]
        for headers, rows, align in self._tables():
            blocks.append(_html.table(headers, rows, align=align, rest=ALL_ROWS))
        if self.skipped:
            blocks.append(_html.paragraph(skipped_text(self.skipped), quiet=True))
        return _html.join(blocks)

    def _columns(self) -> dict[str, Any]:
        return _frame_columns(list(self.columns.values()))

    def _head(self) -> str:
        width = len(self.columns) + len(self.skipped)
        return f"{counted(self.rows, 'row')}, {counted(width, 'column')}"

    def _text(self) -> str:
        lines = [f"TableDescription: {self._head()}"]
        for headers, rows, align in self._tables():
            lines.append(text_table(headers, rows[:_MOST_PRINTED], align=align))
            if len(rows) > _MOST_PRINTED:
                lines.append(f"and {len(rows) - _MOST_PRINTED:,} more; {ALL_ROWS}")
        if self.skipped:
            lines.append(skipped_text(self.skipped))
        return "\n".join(lines)

    def _tables(self) -> Iterator[tuple[list[str], list[list[str]], str]]:
        """Lay out the columns of each kind, whose numbers differ."""
        for kind in _OF_KIND:
            of_kind = [column for column in self.columns.values() if column.kind == kind]
            if of_kind:
                names = [name for name in of_kind[0]._values() if name != "kind"]
                rows = [
                    [label_text(one.column, longest=_LONGEST_NAME), *_cells(one, names[1:])]
                    for one in of_kind
                ]
                yield names, rows, "<" + ">" * (len(names) - 1)


def describe(table: Any, *, percentiles: Sequence[float] = _QUARTILES) -> TableDescription:
    """Describe every column of a table.

    Numbers are described as pandas does: count, mean, standard deviation, extremes and percentiles.
    Texts, categories and truth values by how many there are and which is most frequent, moments by
    the earliest and the latest.

    Parameters
    ----------
    table
        A two-dimensional array, or a pandas, polars or pyarrow table.
    percentiles
        Shares between 0 and 1; they are named as percentages.

    Returns
    -------
    TableDescription
        A mapping from column to :class:`ColumnDescription`.

    Raises
    ------
    TypeError
        If `table` is no table, or `percentiles` are no numbers.
    ValueError
        If columns have the same name, or percentiles are not between 0 and 1, or given twice.

    Notes
    -----
    NaN and null are missing. Infinities are numbers: they are extremes and quantiles, they make the
    mean infinite, and the standard deviation NaN. Everything is computed in double precision, so
    whole numbers beyond 2^53 are rounded.

    Percentiles are exact and linear between the two numbers next to them. They are found without
    sorting: a sample tells where they lie, and of the numbers only those near it are selected from.

    Examples
    --------
    >>> import pandas as pd
    >>> from treering.stats import describe
    >>> homes = pd.DataFrame({"rooms": [3, 4, 8], "ocean": ["near", "far", "near"]})
    >>> result = describe(homes)
    >>> result["rooms"].mean, result["ocean"].top
    (5.0, 'near')
    """
    shares = _shares(percentiles)
    read = read_table(table, names=None, what="table")
    described: dict[str, ColumnDescription] = {}
    skipped: dict[str, str] = {}
    numbers: dict[str, NDArray[Any]] = {}
    for name in read.names:
        column = _read(read, name)
        if isinstance(column, str):
            skipped[name] = column
        elif isinstance(column, ColumnDescription):
            described[name] = column
        else:
            numbers[name] = column
    ascending = sorted(shares.values())
    counts, *moments, quantiles = _native.describe([*numbers.values()], ascending)
    places = [ascending.index(share) for share in shares.values()]
    for row, name in enumerate(numbers):
        mean, std, least, greatest = (float(values[row]) for values in moments)
        found = (float(quantiles[row, place]) for place in places)
        described[name] = ColumnDescription(
            name,
            "numbers",
            int(counts[row]),
            read.rows - int(counts[row]),
            mean=mean,
            std=std,
            min=least,
            quantiles=dict(zip(shares, found, strict=True)),
            max=greatest,
            backend=read.backend,
        )
    ordered = {name: described[name] for name in read.names if name in described}
    return TableDescription(ordered, skipped, read.rows, read.backend)


def skipped_text(skipped: Mapping[str, str]) -> str:
    """Write which columns were left out, and why."""
    told = [f"{label_text(name)} ({why})" for name, why in list(skipped.items())[:10]]
    more = f" and {len(skipped) - 10} more" if len(skipped) > 10 else ""
    return f"skipped: {', '.join(told)}{more}"


def _shares(percentiles: Any) -> dict[str, float]:
    """Return the shares in the order given, by their names."""
    if isinstance(percentiles, str | bytes | Mapping) or not np.iterable(percentiles):
        raise TypeError(
            f"percentiles must be shares between 0 and 1, such as [0.05, 0.95]; got "
            f"{shown(percentiles)}"
        )
    shares: dict[str, float] = {}
    for value in percentiles:
        if not is_number(value):
            raise TypeError(f"percentiles must be numbers between 0 and 1; got {shown(value)}")
        share = as_float("percentiles", value)
        if not 0 <= share <= 1:
            raise ValueError(f"percentiles must be between 0 and 1; got {shown(value)}")
        name = f"{float(f'{100 * share:.12g}')!r}".removesuffix(".0") + "%"
        if name in shares:
            raise ValueError(f"percentiles names {name} twice; give each share once")
        shares[name] = share
    return shares


def _read(table: Table, name: str) -> ColumnDescription | NDArray[Any] | str:
    """Return a column of numbers, the description of another, or why there is none."""
    raw = table.raw(name)
    if isinstance(raw, np.ndarray):
        if raw.dtype == bool:
            return _of_objects(table, name, raw)
    elif raw.dtype == nw.Boolean or raw.dtype in TEXT_TYPES:
        return _of_categories(table, name, raw)
    elif raw.dtype.is_temporal():
        missing = int(raw.null_count())
        is_empty = missing == table.rows
        first, last = (None, None) if is_empty else (raw.min(), raw.max())
        return ColumnDescription(
            name,
            "moments",
            table.rows - missing,
            missing,
            first=first,
            last=last,
            backend=table.backend,
        )
    numbers = table.column(name)
    if isinstance(numbers, str) and (isinstance(raw, np.ndarray) or raw.dtype == nw.Object):
        return _of_objects(table, name, np.asarray(raw, dtype=object))
    return numbers


def _of_categories(table: Table, name: str, series: Any) -> ColumnDescription:
    present = series.alias("value").drop_nulls()
    found = present.value_counts(sort=False, name="count")
    counts = np.asarray(found.get_column("count").to_numpy(), dtype=np.int64)
    freq = int(counts.max(initial=0))
    top = None
    if freq:
        most = found.filter(nw.col("count") == freq).get_column("value").to_list()
        top = min(most, key=key_text)
    # A categorical column of pandas also counts the categories that no row has.
    unique = int(np.count_nonzero(counts))
    return _categories(table, name, len(present), unique, top, freq)


def _of_objects(table: Table, name: str, values: NDArray[Any]) -> ColumnDescription | str:
    try:
        counter = Counter(value for value in values.tolist() if not is_missing(value))
    except (TypeError, ValueError) as error:  # what no dictionary holds, such as lists and arrays
        return f"holds values that cannot be counted ({error})"
    freq = max(counter.values(), default=0)
    top = min((key for key, count in counter.items() if count == freq), key=key_text, default=None)
    return _categories(table, name, counter.total(), len(counter), top, freq)


def _categories(
    table: Table, name: str, count: int, unique: int, top: Any, freq: int
) -> ColumnDescription:
    return ColumnDescription(
        name,
        "categories",
        count,
        table.rows - count,
        unique=unique,
        top=top,
        freq=freq,
        backend=table.backend,
    )


def _cells(column: ColumnDescription, names: Sequence[str]) -> list[str]:
    values = column._values()
    return [
        number_text(value) if isinstance(value := values[name], float) else _cell(name, value)
        for name in names
    ]


def _cell(name: str, value: Any) -> str:
    return label_text(value, longest=32) if isinstance(value, str) else value_text(name, value)


def _frame_columns(columns: Sequence[ColumnDescription]) -> dict[str, Any]:
    """Return a row for each column, with what any of their kinds has."""
    frame: dict[str, Any] = {
        "column": [column.column for column in columns],
        "kind": [str(column.kind) for column in columns],
        "count": np.asarray([column.count for column in columns], dtype=np.int64),
        "missing": np.asarray([column.missing for column in columns], dtype=np.int64),
    }
    for column in columns:
        for name in column._values():
            if name in frame:
                continue
            values = [other._values().get(name) for other in columns]
            if name in {"top", "first", "last"}:
                frame[name] = label_column(values)
            else:
                gaps = [np.nan if value is None else value for value in values]
                frame[name] = np.asarray(gaps, dtype=np.float64)
    return frame
