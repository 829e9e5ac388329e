"""Rows of any source, batch by batch, as tables."""

from __future__ import annotations

from importlib import import_module
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from narwhals.exceptions import DuplicateError

from treering._checks import shown
from treering._frames import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from treering._frames import Table

# Rows that are read at a time: a million numbers of a column are sorted in 16 MB.
BATCH_ROWS = 1 << 20

# Rows of a Parquet file that are read at a time, of all columns together.
_FILE_ROWS = 1 << 17


def batches(data: Any, columns: Sequence[str] | None) -> Iterator[Table]:
    """Yield the rows of a source, batch by batch; of an empty table one batch without rows.

    Parameters
    ----------
    data
        A two-dimensional array; a pandas, polars or pyarrow table; anything that offers Arrow's
        stream interface (a record-batch reader, a cursor); the path of a Parquet file, or of a
        folder of them.
    columns
        The columns' names if `data` is an array.
    """
    if isinstance(data, str | PathLike):
        yield from _of_files(Path(fspath(data)).expanduser())
    elif hasattr(data, "__arrow_c_stream__") and not _is_frame(data):
        try:
            reader = _arrow().RecordBatchReader.from_stream(data)
        except _arrow().ArrowInvalid as error:
            raise TypeError(
                f"data must be a table, or a stream of record batches; got {shown(data)}: of a "
                "single column make a table, for example by .to_frame()"
            ) from error
        yield from _of_arrow(reader)
    else:
        table = read_table(data, names=columns, what="data")
        if table.rows <= BATCH_ROWS:
            yield table
        else:
            for start in range(0, table.rows, BATCH_ROWS):
                rows = _rows(data, start, start + BATCH_ROWS)
                yield read_table(rows, names=columns, what="data")


def _is_frame(data: Any) -> bool:
    try:
        return nw.from_native(data, pass_through=True) is not data
    except DuplicateError:
        return True


def _rows(data: Any, start: int, stop: int) -> Any:
    frame = nw.from_native(data, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return frame[start:stop].to_native()
    return np.asarray(data)[start:stop]


def _of_files(path: Path) -> Iterator[Table]:
    parquet = _arrow("pyarrow.parquet")
    if path.is_dir():
        files = sorted(each for each in path.rglob("*.parquet") if each.is_file())
        if not files:
            raise FileNotFoundError(f"the folder {path} holds no file that ends in .parquet")
    elif path.is_file():
        files = [path]
    else:
        raise FileNotFoundError(f"{path} does not exist; give the path of a Parquet file or folder")
    for file in files:
        try:
            with parquet.ParquetFile(file) as opened:
                yield from _of_arrow(opened.iter_batches(_FILE_ROWS), opened.schema_arrow)
        except _arrow().ArrowException as error:
            raise ValueError(f"{file} cannot be read as Parquet: {error}") from error


def _of_arrow(reader: Any, schema: Any = None) -> Iterator[Table]:
    arrow = _arrow()
    schema = reader.schema if schema is None else schema
    is_empty = True
    for batch in reader:
        is_empty = False
        yield read_table(arrow.Table.from_batches([batch]), names=None, what="data")
    if is_empty:
        yield read_table(schema.empty_table(), names=None, what="data")


def _arrow(module: str = "pyarrow") -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            "Parquet files and Arrow streams are read by pyarrow: pip install pyarrow",
            name="pyarrow",
        ) from error
