"""How the columns of a table go together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from treering import _html
from treering._axis import label_text
from treering._checks import close_names, one_of, quoted, whole_number
from treering._core import stats as _native
from treering._frames import read_table
from treering._results import ALL_ROWS, Result, number_text, text_table
from treering._text import counted
from treering.stats._describe import skipped_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering._html import Html
    from treering.plotting import CorrelationDisplay

_METHODS = ("pearson", "spearman", "kendall")
_MOST_PRINTED = 10
_MOST_DRAWN = 30
_LONGEST_NAME = 12


@dataclass(frozen=True, repr=False, eq=False)
class CorrelationMatrix(Result, Mapping[str, dict[str, float]]):
    """The correlations of all pairs of columns: a mapping from column to its correlations.

    Attributes
    ----------
    names : tuple of str
        The columns.
    matrix : ndarray of shape (n_columns, n_columns)
        The correlations, a symmetric matrix; NaN where a column does not vary.
    method : {'pearson', 'spearman', 'kendall'}
        Which correlation.
    rows : int
        How many rows the table has.
    skipped : dict
        Columns that are no numbers, and what they are.
    backend : str or None
        The library that the table came from; None for an array.

    Examples
    --------
    >>> from treering.stats import correlation
    >>> result = correlation([[1, 5], [2, 4], [3, 1]])
    >>> round(result["x0"]["x1"], 4)
    -0.9608
    """

    names: tuple[str, ...]
    matrix: NDArray[np.float64]
    method: Literal["pearson", "spearman", "kendall"]
    rows: int
    skipped: dict[str, str]
    backend: str | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: Any) -> dict[str, float]:
        try:
            place = self.names.index(str(name))
        except ValueError:
            why = self.skipped.get(str(name))
            told = f"it {why}" if why else "there is none" + close_names(str(name), self.names)
            raise KeyError(f"column {quoted(str(name))} has no correlations: {told}") from None
        return dict(zip(self.names, self.matrix[place].tolist(), strict=True))

    def __contains__(self, name: object) -> bool:
        return str(name) in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CorrelationMatrix):
            return NotImplemented
        return (self.names, self.method) == (other.names, other.method) and np.array_equal(
            self.matrix, other.matrix, equal_nan=True
        )

    __hash__ = None  # type: ignore[assignment]  # as of every mapping that compares by its content

    def strongest(self, column: str) -> dict[str, float]:
        """Return the correlations with one column, the strongest of either sign first.

        Parameters
        ----------
        column
            The column's name.

        Returns
        -------
        dict
            The other columns and their correlations; undefined ones come last.
        """
        found = self[column]
        del found[str(column)]

        def weakness(item: tuple[str, float]) -> float:
            return math.inf if math.isnan(item[1]) else -abs(item[1])

        return dict(sorted(found.items(), key=weakness))

    def plot(self, ax: Any = None, *, most: int = _MOST_DRAWN) -> CorrelationDisplay:
        """Draw the matrix as a heat map.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.
        most
            How many columns are drawn at most; the title says how many there are.

        Returns
        -------
        treering.plotting.CorrelationDisplay
        """
        from treering.plotting import CorrelationDisplay

        whole_number("most", most, meaning="is how many columns are drawn at most,")
        if not self.names:
            raise ValueError("there is nothing to draw: the table has no column of numbers")
        title: str = self.method
        if most < len(self.names):
            title += f", {most} of {len(self.names):,} columns; plot(most=...) draws more"
        matrix = self.matrix[:most, :most]
        return CorrelationDisplay(matrix, self.names[:most], name=title).plot(ax=ax)

    def to_dict(self) -> dict[str, Any]:
        """Return the correlations as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "method": self.method,
            "rows": self.rows,
            "columns": {name: self[name] for name in self.names},
            "skipped": dict(self.skipped),
        }

    def to_html(self) -> Html:
        """Return the correlations as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        blocks = [_html.paragraph(self._head()), _html.table(*self._table_of(_MOST_PRINTED))]
        if len(self.names) > _MOST_PRINTED:
            blocks.append(_html.paragraph(self._left_out(), quiet=True))
        if self.skipped:
            blocks.append(_html.paragraph(skipped_text(self.skipped), quiet=True))
        return _html.join(blocks)

    def _columns(self) -> dict[str, Any]:
        # The column of names must not take the place of a column of the table.
        title = "column"
        while title in self.names:
            title += "_"
        columns = (np.ascontiguousarray(column) for column in self.matrix.T)
        return {title: list(self.names), **dict(zip(self.names, columns, strict=True))}

    def _head(self) -> str:
        width = counted(len(self.names), "column")
        return f"{self.method}, {width}, {counted(self.rows, 'row')}"

    def _left_out(self) -> str:
        more = counted(len(self.names) - _MOST_PRINTED, "more column")
        return f"and {more}; strongest(column) sorts those of one, {ALL_ROWS}"

    def _text(self) -> str:
        headers, rows = self._table_of(_MOST_PRINTED)
        lines = [f"CorrelationMatrix: {self._head()}", text_table(headers, rows)]
        if len(self.names) > _MOST_PRINTED:
            lines.append(self._left_out())
        if self.skipped:
            lines.append(skipped_text(self.skipped))
        return "\n".join(lines)

    def _table_of(self, most: int) -> tuple[list[str], list[list[str]]]:
        names = self.names[:most]
        rows = [
            [label_text(name), *(number_text(float(value)) for value in values[:most])]
            for name, values in zip(names, self.matrix, strict=False)
        ]
        return ["", *_distinct(names)], rows


def _distinct(names: Sequence[str]) -> list[str]:
    """Shorten names, but no further than they can be told apart."""
    for longest in range(_LONGEST_NAME, 2 * _LONGEST_NAME):
        short = [label_text(name, longest=longest) for name in names]
        if len({*short}) == len(names):
            return short
    return [label_text(name) for name in names]


def correlation(
    table: Any, method: Literal["pearson", "spearman", "kendall"] = "pearson"
) -> CorrelationMatrix:
    """Correlate all pairs of a table's columns.

    Parameters
    ----------
    table
        A two-dimensional array, or a pandas, polars or pyarrow table. Columns of truth values count
        as 0 and 1; others that are no numbers are listed in ``skipped``.
    method
        ``"pearson"`` of the values, ``"spearman"`` of their average ranks, or ``"kendall"``, tau-b.

    Returns
    -------
    CorrelationMatrix
        A mapping from column to its correlations.

    Raises
    ------
    TypeError
        If `table` is no table, or `method` no text.
    ValueError
        If columns have the same name, or `method` is another text.

    Notes
    -----
    As in pandas, each pair of columns is correlated over the rows where both are finite: NaN, null
    and infinities are left out, and ranks are those among the rows that stay. A column that does
    not vary in these rows has no correlation, also not with itself: NaN.

    References
    ----------
    .. [1] W. R. Knight, "A computer method for calculating Kendall's tau with ungrouped data",
       Journal of the American Statistical Association 61 (1966).

    Examples
    --------
    >>> import pandas as pd
    >>> from treering.stats import correlation
    >>> homes = pd.DataFrame({"rooms": [3, 4, 8], "price": [10, 14, 30], "age": [9, 1, 4]})
    >>> list(correlation(homes).strongest("price"))
    ['rooms', 'age']
    """
    one_of("method", method, _METHODS, optional=False)
    read = read_table(table, names=None, what="table")
    columns: dict[str, NDArray[Any]] = {}
    skipped: dict[str, str] = {}
    for name in read.names:
        column = read.column(name)
        if isinstance(column, str):
            skipped[name] = column
        else:
            columns[name] = column
    matrix = _native.correlation([*columns.values()], method)
    return CorrelationMatrix(tuple(columns), matrix, method, read.rows, skipped, read.backend)
