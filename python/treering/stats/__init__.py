"""Tables in numbers, two-sample tests, trends and multiple testing.

``ks_2samp``, ``cramervonmises_2samp``, ``mannwhitneyu``, ``wasserstein_distance`` and
``energy_distance`` have SciPy's signatures and SciPy's results; the others answer what a monitored
model asks: have shares shifted, does a metric decay, what is left after many tests.
"""

from treering.stats._chi_squared import ChiSquaredResult, chi2_2samp
from treering.stats._correlation import CorrelationMatrix, correlation
from treering.stats._describe import ColumnDescription, TableDescription, describe
from treering.stats._distances import energy_distance, wasserstein_distance
from treering.stats._histogram import ColumnHistogram, TableHistogram, histogram
from treering.stats._ks import KstestResult, ks_2samp
from treering.stats._multiple_testing import adjust_pvalues
from treering.stats._ranks import (
    CramerVonMisesResult,
    MannwhitneyuResult,
    cramervonmises_2samp,
    mannwhitneyu,
)
from treering.stats._trend import MannKendallResult, mann_kendall

__all__ = [
    "ChiSquaredResult",
    "ColumnDescription",
    "ColumnHistogram",
    "CorrelationMatrix",
    "CramerVonMisesResult",
    "KstestResult",
    "MannKendallResult",
    "MannwhitneyuResult",
    "TableDescription",
    "TableHistogram",
    "adjust_pvalues",
    "chi2_2samp",
    "correlation",
    "cramervonmises_2samp",
    "describe",
    "energy_distance",
    "histogram",
    "ks_2samp",
    "mann_kendall",
    "mannwhitneyu",
    "wasserstein_distance",
]
