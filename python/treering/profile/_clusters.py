"""Frames of Spark and Dask, profiled where they lie: only the parts' profiles travel."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from treering._frames import reject_duplicates
from treering._sources import arrow, is_spark
from treering.profile._batches import batches, of_arrow
from treering.profile._building import build, merge_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treering._core import profile as _core
    from treering.profile._building import Wanted

_SPARK_IS_GONE = (
    "data is a Spark frame whose session has stopped: start one with SparkSession.builder, and "
    "make the frame again"
)


def build_on_cluster(data: Any, wanted: Wanted) -> _core.Profile:
    """Profile each partition on its worker and merge the profiles here.

    Parameters
    ----------
    data
        A frame of Spark or Dask.
    wanted
        What the profile is to know.
    """
    empty, parts = _of_spark(data, wanted) if is_spark(data) else _of_dask(data, wanted)
    nothing = build(batches(empty, None), wanted)
    assert nothing is not None
    return merge_parts(parts or [nothing.to_bytes()])


def _of_spark(frame: Any, wanted: Wanted) -> tuple[Any, list[bytes]]:
    """Return a table without rows, and the profiles of all partitions that have any."""
    names = list(frame.columns)

    def profiled(rows: Iterator[Any]) -> Iterator[Any]:
        named = (batch.rename_columns(names) for batch in rows)
        first = next(named, None)
        core = (
            None if first is None else build(of_arrow(chain([first], named), first.schema), wanted)
        )
        if core is not None and core.rows():
            yield arrow().RecordBatch.from_pydict({"profile": [core.to_bytes()]})

    if _has_stopped(frame):
        raise RuntimeError(_SPARK_IS_GONE)
    reject_duplicates(names, "data")
    try:
        # Spark takes a dot in a column's name apart: names go round it.
        numbered = frame.toDF(*(str(place) for place in range(len(names))))
        empty = numbered.limit(0).toArrow().rename_columns(names)
        found = numbered.mapInArrow(profiled, "profile binary").collect()
    except Exception as error:
        if _has_stopped(frame):
            raise RuntimeError(_SPARK_IS_GONE) from error
        raise
    return empty, [bytes(row.profile) for row in found]


def _has_stopped(frame: Any) -> bool:
    """Whether the session of a frame of Spark has ended; a remote one says so by its errors."""
    context = getattr(frame.sparkSession, "_sc", None)
    if context is None:
        return bool(getattr(frame.sparkSession, "is_stopped", False))
    java = context._jsc
    return java is None or bool(java.sc().isStopped())


def _of_dask(frame: Any, wanted: Wanted) -> tuple[Any, list[bytes]]:
    """Return a table without rows, and the profiles of all partitions that have any."""
    import pandas as pd

    found = frame.map_partitions(
        _profiled_partition, wanted, meta=pd.Series([], dtype=object)
    ).compute()
    return frame._meta, [part for part in found if part]


def _profiled_partition(rows: Any, wanted: Wanted) -> Any:
    import pandas as pd

    core = build(batches(rows, None), wanted)
    return pd.Series([core.to_bytes() if core is not None and len(rows) else b""], dtype=object)
