"""Where the rows of a table lie: in memory, in files, in a stream, on a cluster."""

from __future__ import annotations

from importlib import import_module
from os import PathLike
from typing import Any

import narwhals as nw
from narwhals.exceptions import DuplicateError


def is_read_in_batches(data: Any) -> bool:
    """Tell whether `data` is a file, a folder or a stream of Arrow's."""
    if isinstance(data, str | PathLike):
        return True
    return hasattr(data, "__arrow_c_stream__") and not _is_frame(data)


def _is_frame(data: Any) -> bool:
    try:
        return nw.from_native(data, pass_through=True) is not data
    except DuplicateError:
        return True


def is_on_cluster(data: Any) -> bool:
    """Tell whether `data` is a frame of Spark or Dask."""
    return is_spark(data) or is_dask(data)


def is_spark(data: Any) -> bool:
    """Tell whether `data` is a frame of Spark."""
    return type(data).__module__.startswith("pyspark.") and hasattr(data, "mapInArrow")


def is_dask(data: Any) -> bool:
    """Tell whether `data` is a frame of Dask."""
    return type(data).__module__.startswith("dask.") and hasattr(data, "map_partitions")


def arrow(module: str = "pyarrow") -> Any:
    """Import a module of pyarrow, or say how to get it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            "Parquet files and Arrow streams are read by pyarrow: pip install pyarrow",
            name="pyarrow",
        ) from error
