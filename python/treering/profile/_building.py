"""Profiles of batches that follow one another, and of the parts of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treering._core import profile as _core
from treering._frames import encodable, reject_duplicates
from treering._kinds import read_column
from treering.profile._batches import DATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from treering._frames import Table
    from treering._kinds import ColumnInput

# Parts that a frame's profile keeps apart: a part of twenty columns of numbers takes half a MB.
_MOST_PARTS = 64


# Columns of numbers that are correlated unless somebody asks for more: 4,950 pairs.
MOST_CORRELATED = 100


@dataclass(frozen=True)
class Wanted:
    """What a profile is to know beside what it always does.

    Attributes
    ----------
    ends
        Where the bins of columns end that are counted in those of a reference.
    correlations
        Whether columns of numbers are correlated; None if they are few.
    """

    ends: Mapping[str, list[float]]
    correlations: bool | None

    def has_pairs(self, columns: Sequence[ColumnInput]) -> bool:
        """Tell whether the columns of a batch are to be correlated."""
        if self.correlations is None:
            return sum(column.numbers is not None for column in columns) <= MOST_CORRELATED
        return self.correlations


def build(tables: Iterable[Table], wanted: Wanted) -> _core.Profile | None:
    """Profile batches that follow one another, as one part; None if there is none."""
    builder = _core.ProfileBuilder()
    for table in tables:
        columns = _columns_of(table, wanted)
        builder.push(table.rows, columns, wanted.has_pairs(columns))
    return builder.finish()


def _columns_of(table: Table, wanted: Wanted) -> list[ColumnInput]:
    """Read the columns of a batch; what is wrong with those of a file is said with its name."""
    try:
        return _read_columns(table, wanted.ends)
    except (ValueError, NotImplementedError) as error:
        if table.what == DATA:
            raise
        raise ValueError(f"{table.what} cannot be read as Parquet: {error}") from error


def _read_columns(table: Table, ends: Mapping[str, list[float]]) -> list[ColumnInput]:
    """Read all columns of a batch; numbers are counted in bins that end there."""
    columns = [read_column(name, table) for name in table.names]
    if not all(name.isascii() for name in table.names):
        for column in columns:
            column.name = encodable(column.name)
        reject_duplicates([column.name for column in columns], table.what)
    for column in columns:
        if column.numbers is not None:
            column.ends = ends.get(column.name)
    return columns


def merge_parts(parts: Sequence[bytes]) -> _core.Profile:
    """Merge the bytes of parts, whatever their order: groups of many become one part each."""
    cores = [_core.Profile.from_bytes(part) for part in sorted(parts)]
    while len(cores) > _MOST_PARTS:
        groups = (cores[at : at + _MOST_PARTS] for at in range(0, len(cores), _MOST_PARTS))
        cores = [_merged(group).compact() for group in groups]
    return _merged(cores)


def _merged(cores: list[_core.Profile]) -> _core.Profile:
    """Merge two by two: each merge copies what it merges."""
    while len(cores) > 1:
        pairs = (cores[at : at + 2] for at in range(0, len(cores), 2))
        cores = [pair[0].merged(pair[1]) if len(pair) == 2 else pair[0] for pair in pairs]
    return cores[0]
