"""Data quality: whether a table is as expected, at a stated rate of false faults.

:class:`Expectations` are learned from a reference and edited by hand; :func:`check_quality` looks
at types, missing values, ranges, categories, units, constants, duplicates, keys, times and leakage.
"""

from treering.quality._check import check_quality
from treering.quality._expectations import ColumnExpectation, Expectations
from treering.quality._findings import QualityFinding
from treering.quality._report import QualityReport

__all__ = [
    "ColumnExpectation",
    "Expectations",
    "QualityFinding",
    "QualityReport",
    "check_quality",
]
