"""What every result shares: text, HTML, tables of the user's own kind, and JSON that is valid."""

from __future__ import annotations

import json
import math
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering import _html
from treering._axis import key_text, label_text
from treering._frames import build_frame
from treering._page import Page
from treering._text import visible

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from treering._html import Html, Tone

SCHEMA_VERSION = 1
"""Revision of all results' JSON; a reader may rely on the fields of a revision for ever."""

ALL_ROWS = "to_frame() and to_json() hold all"
"""Where the rows are that a page leaves out."""

_LONGEST_VALUE = 60
_MOST_REASONS = 20
_SURROGATE = re.compile("[\ud800-\udfff]")


class Result:
    """What every result can do, told from the fields of its dataclass.

    A single finding is a few names and values, and one row of a table; a report of many findings
    says in `_text`, `to_html` and `_columns` how these are laid out. What is not to be seen in
    either, such as the bins of a histogram, is a field with ``repr=False``.

    A result remembers in the field ``backend`` which library its user's data came from, and makes
    tables of the same kind.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain Python values.

        Returns
        -------
        dict
        """
        return {name: _plain_value(getattr(self, name)) for name in field_names(self)}

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the result as JSON: `to_dict` with the result's type and a schema version.

        Parameters
        ----------
        indent
            Spaces per level; None for one line.

        Returns
        -------
        str
        """
        return to_json(type(self).__name__, self.to_dict(), indent=indent)

    def to_frame(self, backend: str | None = None) -> Any:
        """Return the result as a table.

        Parameters
        ----------
        backend
            ``"pandas"``, ``"polars"`` or ``"pyarrow"``. By default the library that the data came
            from; for lists and arrays the first of these that is installed, and if none is, a list
            of dictionaries.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame, pyarrow.Table or list of dict
        """
        return build_frame(self._columns(), backend or getattr(self, "backend", None))

    def to_html(self) -> Html:
        """Return the result as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        return _html.table((type(self).__name__, ""), self._lines(), align="<<")

    def save_html(self, path: str | os.PathLike[str], *, title: str | None = None) -> Path:
        """Write the result as a static HTML page.

        Parameters
        ----------
        path
            Where to.
        title
            The page's title; by default it names the kind of result.

        Returns
        -------
        pathlib.Path
            The path, absolute.
        """
        return Page(title or kind_text(self)).add(self.to_html()).save(path)

    def _repr_html_(self) -> str:
        return str(self.to_html())

    def __repr__(self) -> str:
        return visible(self._text(), keep="\n")

    def __str__(self) -> str:
        return visible(self._text(), keep="\n")

    def _text(self) -> str:
        """Return the result for a terminal."""
        return "\n".join([type(self).__name__, *pairs_text(self._lines()).splitlines()])

    def _headline(self) -> str:
        """Return what the result says, in one line and without its own name."""
        name, first = type(self).__name__, str(self).split("\n", 1)[0]
        if first != name:
            return first.removeprefix(f"{name}: ")
        return pairs_line(self._lines())

    def _tone(self) -> Tone:
        """Return the tone of what the result says; that of its verdict, if it has one."""
        verdict = getattr(self, "verdict", None)
        return "plain" if verdict is None else _html.VERDICT_TONES[verdict]

    def _lines(self) -> list[tuple[str, str]]:
        """Return what there is to see as names and values."""
        return [
            (name.replace("_", " "), value_text(name, getattr(self, name)))
            for name in field_names(self, seen=True)
        ]

    def _columns(self) -> dict[str, Any]:
        """Return the columns of the table."""
        return self._table([self])

    @classmethod
    def _table(cls, rows: Sequence[Self]) -> dict[str, Any]:
        """Return the columns of a table with a row for each result."""
        floats = {item.name for item in fields(cls) if "float" in str(item.type)}  # type: ignore[arg-type]
        table: dict[str, Any] = {}
        for name in field_names(cls, seen=True):
            values = [getattr(row, name) for row in rows]
            # As floats, None becomes NaN, and a column without any value still has a type.
            is_float = name in floats
            table[name] = np.asarray(values, np.float64) if is_float else label_column(values)
        return table


def kind_text(result: Result) -> str:
    """Write the kind of a result as words: "Drift report"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(result).__name__).capitalize()


def reasons_text(skipped: Mapping[str, str]) -> str:
    """List what was left out, and why; of many the first ones."""
    listed = [f"{label_text(name)} ({why})" for name, why in [*skipped.items()][:_MOST_REASONS]]
    rest = len(skipped) - _MOST_REASONS
    return f"{', '.join(listed)}{f' and {rest:,} more' if rest > 0 else ''}"


def field_names(result: Any, *, seen: bool = False) -> tuple[str, ...]:
    """Return the names of what a result found; only what is shown in text and tables if asked."""
    return tuple(
        item.name for item in fields(result) if item.name != "backend" and (item.repr or not seen)
    )


# A text of JSON holds no line break as such: what is found here is a list, and no part of a text.
_LISTED_NUMBERS = re.compile(r"\[\n\s*(?:(?:[-+.\deE]+|null|true|false),?\s+)+\]")


def to_json(kind: str, fields: dict[str, Any], *, indent: int | None = None) -> str:
    """Write a result as JSON.

    Parameters
    ----------
    kind
        The result's type, written into the field ``type``.
    fields
        What it holds; undefined or infinite numbers become null, since JSON has no others.
    indent
        Spaces per level, a list of numbers in one line; None for one line.

    Returns
    -------
    str
    """
    document = {"type": kind, "schema_version": SCHEMA_VERSION, **fields}
    text = json.dumps(json_ready(document), indent=indent, allow_nan=False, ensure_ascii=False)
    if indent is not None:
        text = _LISTED_NUMBERS.sub(lambda found: " ".join(found[0].split()), text)
    # Half a surrogate pair is no character, and UTF-8 cannot write it; JSON's own escape can.
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def json_ready(value: Any) -> Any:
    """Turn numpy values, moments and NaN into what JSON knows."""
    if value is None or isinstance(value, str | bool | int):
        return str(value) if isinstance(value, np.str_) else value
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.datetime64):
        return key_text(value)
    if isinstance(value, dict):
        return {key_text(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [json_ready(item) for item in value]
    return key_text(value)


def _plain_value(value: Any) -> Any:
    """Turn what a field holds into Python's own values."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if hasattr(value, "_asdict"):
        return {name: _plain_value(item) for name, item in value._asdict().items()}
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain_value(item) for item in value]
    return python_label(value)


def label_column(values: Sequence[Any]) -> Any:
    """Return names, classes or window labels as a column that every library can hold.

    Moments stay moments; labels of several kinds, which no library has a type for, become text.
    """
    if len(values) and all(isinstance(value, np.datetime64) for value in values):
        return np.asarray(values, dtype="datetime64[us]")
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 and all(
        issubclass(kind, str | bool | int | float) or hasattr(kind, "isoformat") for kind in kinds
    ):
        return list(values)
    if kinds == {int, float}:
        return np.asarray([math.nan if value is None else value for value in values], np.float64)
    return [None if value is None else key_text(value) for value in values]


def interval_columns(rows: Iterable[Mapping[str, Any]]) -> dict[str, NDArray[np.float64]]:
    """Return three columns for each score: its value and its interval's two ends."""
    table: dict[str, NDArray[np.float64]] = {}
    listed = list(rows)
    for name in listed[0]:
        ends = np.asarray([row[name] for row in listed], dtype=np.float64)
        table[name], table[f"{name}_low"], table[f"{name}_high"] = np.ascontiguousarray(ends.T)
    return table


def plain_label(label: Any) -> Any:
    """Turn a numpy scalar into Python's own; moments stay as they are."""
    if isinstance(label, np.generic) and not isinstance(label, np.datetime64):
        return label.item()
    return label


def python_label(label: Any) -> Any:
    """Turn numpy's scalars into Python's own, moments into `datetime`."""
    if isinstance(label, np.datetime64):
        return label.astype("datetime64[us]").item()
    return plain_label(label)


def number_text(value: float | None, digits: int = 4) -> str:
    """Write a measured number; "n/a" where it is undefined."""
    if value is None or math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    size = abs(value)
    if size != 0 and (size >= 10**7 or size < 10**-digits):
        return f"{value:.{digits - 1}e}"
    return f"{value:.{digits}f}"


def pvalue_text(value: float | None) -> str:
    """Write a p-value: four digits, and no false zero."""
    if value is None or math.isnan(value):
        return "n/a"
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"


def slope_text(value: float | None) -> str:
    """Write a change per step with its sign: a slope of 0 is exactly 0, and no other reads so."""
    if value is None or math.isnan(value):
        return "n/a"
    return "0" if value == 0 else f"{value:+.4g}"


def percent_text(share: float | None, digits: int = 1) -> str:
    """Write a share in 0..1 as a percentage."""
    if share is None or math.isnan(share):
        return "n/a"
    return f"{100 * share:.{digits}f} %"


def value_text(name: str, value: Any) -> str:
    """Write what a field holds; its name tells p-values and slopes from other numbers."""
    if value is None:
        return "n/a"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        write = {"pvalue": pvalue_text, "slope": slope_text}.get(
            name.rsplit("_", maxsplit=1)[-1], number_text
        )
        return write(float(value))
    if isinstance(value, int | np.integer) and name != "window":
        return f"{value:,}"
    return label_text(value, longest=_LONGEST_VALUE)


def pairs_text(pairs: Iterable[tuple[str, str]]) -> str:
    """Lay out names and values for a terminal."""
    return "\n".join(text_table(("", ""), list(pairs), align="<<").splitlines()[2:])


def pairs_line(pairs: Iterable[tuple[str, str]]) -> str:
    """Write names and values in one line."""
    return ", ".join(f"{name} {value}" for name, value in pairs)


def text_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, align: str | None = None
) -> str:
    """Lay out a table for a terminal.

    Parameters
    ----------
    headers
        One per column.
    rows
        The cells.
    align
        ``<`` or ``>`` for each column; the first is left-aligned and the rest right by default.

    Returns
    -------
    str
        The lines, without one at the end.
    """
    headers = [visible(header) for header in headers]
    cells = [[visible(str(cell)) for cell in row] for row in rows]
    align = align or "<" + ">" * (len(headers) - 1)
    widths = [
        max([len(header), *(len(row[column]) for row in cells)])
        for column, header in enumerate(headers)
    ]
    lines = [list(headers), ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(line, align, widths, strict=True)
        ).rstrip()
        for line in lines
    )
