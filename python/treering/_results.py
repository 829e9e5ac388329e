"""What every result object shares: JSON that is valid, and tables that read well as text."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SCHEMA_VERSION = 1
"""Revision of all results' JSON; a reader may rely on the fields of a revision for ever."""


def to_json(kind: str, fields: dict[str, Any], *, indent: int | None = None) -> str:
    """Write a result as JSON.

    Parameters
    ----------
    kind
        The result's type, written into the field ``type``.
    fields
        What it holds; undefined or infinite numbers become null, since JSON has no others.
    indent
        Spaces per level; None for one line.

    Returns
    -------
    str
    """
    document = {"type": kind, "schema_version": SCHEMA_VERSION, **fields}
    return json.dumps(json_ready(document), indent=indent, allow_nan=False, ensure_ascii=False)


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
        return label_text(value)
    if isinstance(value, dict):
        return {key_text(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [json_ready(item) for item in value]
    if hasattr(value, "isoformat"):
        return label_text(value)
    return str(value)


def key_text(key: Any) -> str:
    """Write a class or column label as text, whole."""
    return label_text(key, longest=1 << 30)


def plain_label(label: Any) -> Any:
    """Turn a numpy scalar into Python's own; moments stay as they are."""
    if isinstance(label, np.generic) and not isinstance(label, np.datetime64):
        return label.item()
    return label


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


def percent_text(share: float | None, digits: int = 1) -> str:
    """Write a share in 0..1 as a percentage."""
    if share is None or math.isnan(share):
        return "n/a"
    return f"{100 * share:.{digits}f} %"


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
    cells = [[str(cell) for cell in row] for row in rows]
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
