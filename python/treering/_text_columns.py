"""Columns of texts, read by the core where they lie."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np

from treering._core.categories import CategoryTable

TEXT_TYPES = (nw.String, nw.Categorical, nw.Enum)
"""The types of columns that :func:`read_texts` reads."""


def read_texts(series: nw.Series[Any]) -> CategoryTable | None:
    """Read a column of texts or categories; None if something else is among them."""
    texts = series.cast(nw.String)
    native = texts.to_native()
    if type(native).__module__.split(".")[0] in {"polars", "pyarrow"}:
        found = CategoryTable.read([native], True)
        if found is not None:
            return found
    return CategoryTable.read([np.asarray(texts.to_list(), dtype=object)], True)
