"""A table to be judged: its profile, and its rows if they are at hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._frames import is_array, read_table
from treering._sources import is_on_cluster, is_read_in_batches
from treering.profile import Profile
from treering.quality._rows import fingerprints, repeated_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treering._frames import Table


_LEAST_ROWS = 50
"""Fewer rows may ascend by chance, or be sorted."""


@dataclass(frozen=True)
class Source:
    """A table to be judged.

    Attributes
    ----------
    profile
        What one reading said of it.
    table
        Its rows; None where only a profile is at hand, or rows lie in files or on a cluster.
    """

    profile: Profile
    table: Table | None

    @classmethod
    def read(cls, data: Any, what: str, columns: Sequence[str] | None = None) -> Source:
        """Read a table, or take its profile; an array's columns have these names."""
        if isinstance(data, Profile):
            return cls(data, None)
        if is_read_in_batches(data) or is_on_cluster(data):
            return cls(Profile.of(data, correlations=False), None)
        if columns is not None and not is_array(data):
            raise TypeError(
                f"columns are the names of an array's columns, and {what} has names of its own; "
                "give those of its columns alone that you want"
            )
        table = read_table(data, names=columns, what=what)
        profile = Profile.of(data, columns=None if table.named else table.names, correlations=False)
        return cls(profile, replace(table, names=profile.names))  # which write out half surrogates

    @property
    def backend(self) -> str | None:
        """The library that the table came from."""
        return self.profile.backend if self.table is None else self.table.backend

    def count_repeated(self) -> int | None:
        """Return how many rows occur before; None where they are not at hand."""
        if self.table is None:
            return None
        return repeated_count(fingerprints(self.table, self.table.names))

    def ascends(self, name: str) -> bool:
        """Tell whether whole numbers are seen to grow from row to row, as numbers of rows do."""
        if self.table is None or self.profile.rows < _LEAST_ROWS:
            return False
        if [*self.profile[name].kinds] != ["numbers"]:
            return False
        values = self.table.column(name)
        if isinstance(values, str) or (values != np.floor(values)).any():
            return False
        return bool((np.diff(values) > 0).all())

    def outside(self, name: str, low: float | None, high: float | None) -> tuple[int, int]:
        """Return how many numbers of a column lie below and above a range.

        Exactly where rows are at hand, else so many at least.
        """
        below = -np.inf if low is None else low
        above = np.inf if high is None else high
        values = "" if self.table is None else self.table.column(name)
        if not isinstance(values, str):
            return int((values < below).sum()), int((values > above).sum())
        ends = [np.nextafter(below, -np.inf), above]
        least, most = self.profile.count_up_to(name, ends)
        is_open = below == -np.inf
        count = self.profile[name].kinds["numbers"]
        return (0 if is_open else int(least[0])), count - int(most[1])
