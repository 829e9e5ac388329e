"""Tables in numbers, two-sample tests, distances, trends and multiple testing.

``ks_2samp``, ``cramervonmises_2samp``, ``anderson_ksamp``, ``mannwhitneyu``, ``ttest_ind``,
``epps_singleton_2samp``, ``wasserstein_distance`` and ``energy_distance`` have SciPy's signatures
and SciPy's results; the others answer what a monitored model asks: have shares shifted, and how
far, does a metric decay, what is left after many tests.
"""

from treering.stats._bins import Bin, BinnedSamples, bin_samples
from treering.stats._correlation import CorrelationMatrix, correlation
from treering.stats._counts import (
    ChiSquaredResult,
    FisherExactResult,
    GTestResult,
    ProportionsResult,
    chi2_2samp,
    fisher_exact_2samp,
    g_test_2samp,
    proportions_ztest,
)
from treering.stats._describe import ColumnDescription, TableDescription, describe
from treering.stats._distances import energy_distance, wasserstein_distance
from treering.stats._divergences import (
    cramers_v,
    hellinger,
    jensen_shannon,
    kl_divergence,
    l_infinity,
    psi,
    total_variation,
)
from treering.stats._histogram import ColumnHistogram, TableHistogram, histogram
from treering.stats._ks import KstestResult, ks_2samp
from treering.stats._means import (
    ConfidenceInterval,
    EppsSingletonResult,
    TtestResult,
    epps_singleton_2samp,
    ttest_ind,
)
from treering.stats._multiple_testing import adjust_pvalues
from treering.stats._ranks import (
    AndersonResult,
    CramerVonMisesResult,
    MannwhitneyuResult,
    anderson_ksamp,
    cramervonmises_2samp,
    mannwhitneyu,
)
from treering.stats._trend import MannKendallResult, mann_kendall

__all__ = [
    "AndersonResult",
    "Bin",
    "BinnedSamples",
    "ChiSquaredResult",
    "ColumnDescription",
    "ColumnHistogram",
    "ConfidenceInterval",
    "CorrelationMatrix",
    "CramerVonMisesResult",
    "EppsSingletonResult",
    "FisherExactResult",
    "GTestResult",
    "KstestResult",
    "MannKendallResult",
    "MannwhitneyuResult",
    "ProportionsResult",
    "TableDescription",
    "TableHistogram",
    "TtestResult",
    "adjust_pvalues",
    "anderson_ksamp",
    "bin_samples",
    "chi2_2samp",
    "correlation",
    "cramers_v",
    "cramervonmises_2samp",
    "describe",
    "energy_distance",
    "epps_singleton_2samp",
    "fisher_exact_2samp",
    "g_test_2samp",
    "hellinger",
    "histogram",
    "jensen_shannon",
    "kl_divergence",
    "ks_2samp",
    "l_infinity",
    "mann_kendall",
    "mannwhitneyu",
    "proportions_ztest",
    "psi",
    "total_variation",
    "ttest_ind",
    "wasserstein_distance",
]
