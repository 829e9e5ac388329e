"""Checks that fail a test: drift, data quality and performance, for suites that gate releases.

Each looks as the function of its room does, returns what that one finds, and raises an
AssertionError that says what failed and by how much.
"""

from treering.testing._drift import assert_no_drift
from treering.testing._performance import assert_performance
from treering.testing._quality import assert_quality

__all__ = ["assert_no_drift", "assert_performance", "assert_quality"]
