"""Rows of any source, batch by batch, as tables."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from treering._checks import shown
from treering._frames import backend_of, read_table
from treering._sources import arrow, is_read_in_batches
from treering._text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from treering._frames import Table

DATA = "data"
"""What messages call a source that has no path."""

# Rows that are read at a time: a million numbers of a column are sorted in 16 MB.
BATCH_ROWS = 1 << 20

# Rows of streams and files that are read at a time, however these divide them.
_STREAM_ROWS = 1 << 17

# Rows of files with texts that are written out at a time, before each text is kept once.
_TEXT_ROWS = 1 << 12


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
    elif is_read_in_batches(data):
        try:
            reader = arrow().RecordBatchReader.from_stream(data)
        except arrow().ArrowInvalid as error:
            raise TypeError(
                f"data must be a table, or a stream of record batches; got {shown(data)}: of a "
                "single column make a table, for example by .to_frame()"
            ) from error
        yield from of_arrow(reader, reader.schema)
    else:
        table = read_table(data, names=columns, what=DATA)
        if table.rows <= BATCH_ROWS:
            yield table
        else:
            for start in range(0, table.rows, BATCH_ROWS):
                rows = _rows(data, start, start + BATCH_ROWS)
                yield read_table(rows, names=columns, what=DATA)


def library_of(data: Any) -> str | None:
    """Return the library in which results are given back; None for arrays and files."""
    if isinstance(data, str | PathLike):
        return None
    return backend_of(data) or ("pyarrow" if hasattr(data, "__arrow_c_stream__") else None)


def _rows(data: Any, start: int, stop: int) -> Any:
    frame = nw.from_native(data, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        return frame[start:stop].to_native()
    return np.asarray(data)[start:stop]


def _of_files(path: Path) -> Iterator[Table]:
    parquet = arrow("pyarrow.parquet")
    if str(path).lstrip().startswith("{") and '"' in str(path):
        raise TypeError(
            f"{shortened(str(path), 40)} is no path of a Parquet file or folder; JSON of "
            "expectations is read by treering.quality.Expectations.from_json"
        )
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
            # pyarrow would keep what it has read of a file until its end.
            options = {"pre_buffer": False, "buffer_size": 1 << 20}
            with parquet.ParquetFile(file, **options) as opened:
                rows, schema = _with_texts_once(opened)
                yield from of_arrow(rows, schema, what=str(file))
        except (arrow().ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the system's word; pyarrow's own tells that the bytes are wrong
            raise ValueError(f"{file} cannot be read as Parquet: {error}") from error


def _with_texts_once(file: Any) -> tuple[Iterator[Any], Any]:
    """Return the rows of a file and what they hold, texts as categories.

    A text that is in all rows takes a few bytes in a file, and would take its length in memory for
    each row. (Arrow's own reading of categories keeps all those of a group of rows.)
    """
    schema = file.schema_arrow
    types = arrow().types
    kinds = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    texts = [at for at, each in enumerate(schema) if any(is_kind(each.type) for is_kind in kinds)]
    if not texts:
        return file.iter_batches(_STREAM_ROWS), schema
    for at in texts:
        coded = arrow().dictionary(arrow().int32(), schema.field(at).type)
        schema = schema.set(at, schema.field(at).with_type(coded))
    return (_coded(rows, texts, schema) for rows in file.iter_batches(_TEXT_ROWS)), schema


def _coded(rows: Any, texts: Sequence[int], schema: Any) -> Any:
    columns = rows.columns
    for at in texts:
        columns[at] = columns[at].dictionary_encode()
    return arrow().RecordBatch.from_arrays(columns, schema=schema)


def of_arrow(rows: Iterator[Any], schema: Any, what: str = DATA) -> Iterator[Table]:
    """Yield Arrow's record batches as tables of 131,072 rows: the last one has what is left.

    Parameters
    ----------
    rows
        The record batches.
    schema
        What they hold.
    what
        What messages call them: the path of a file.
    """
    waiting: list[Any] = []
    count = 0
    is_empty = True
    for batch in rows:
        waiting.append(batch)
        count += batch.num_rows
        if count >= _STREAM_ROWS:
            whole = arrow().Table.from_batches(waiting, schema)
            full = count - count % _STREAM_ROWS
            for start in range(0, full, _STREAM_ROWS):
                yield read_table(whole.slice(start, _STREAM_ROWS), names=None, what=what)
            count -= full
            # A copy: a slice of a few rows would keep all of them in memory.
            waiting = whole.slice(full).combine_chunks().to_batches() if count else []
            is_empty = False
    if waiting or is_empty:
        whole = arrow().Table.from_batches(waiting, schema)
        yield read_table(whole, names=None, what=what)
