"""Profiles: what can be said of a table in constant memory, in parts that merge.

:class:`Profile` reads arrays, tables of pandas, polars and pyarrow, streams of record batches and
Parquet files once, and keeps counts, moments, quantiles with bounds, categories and distinct
counts. Profiles of parts merge to the same bytes in any order. Two profiles are compared by tests
and distances of `treering.stats`, whose results lie between bounds for certain.
"""

from treering.profile._column import ColumnProfile
from treering.profile._compare import BoundedDistance, BoundedTest, compare
from treering.profile._profile import Profile

__all__ = ["BoundedDistance", "BoundedTest", "ColumnProfile", "Profile", "compare"]
