//! Columns in numbers: moments, quantiles, correlations, histograms, two-sample tests, trends.
//!
//! * [`sort`]: samples of either float width, sorted once, missing values dropped and counted;
//! * [`moments`]: moments and extremes of every column in one reading of a matrix;
//! * [`order`]: medians and other quantiles of every column, without sorting;
//! * [`describe`]: every column's size, mean, spread and quantiles;
//! * [`correlation`]: Pearson's, Spearman's and Kendall's, of all pairs of columns;
//! * [`histogram`]: counts of values in bins;
//! * [`ks`]: the two-sample Kolmogorov–Smirnov test, with `SciPy`'s results;
//! * [`cramer_von_mises`], [`anderson_darling`], [`mann_whitney`]: two-sample tests by ranks, with `SciPy`'s results;
//! * [`t_test`], [`epps_singleton`]: two-sample tests of means and of characteristic functions, likewise;
//! * [`wasserstein`]: how far two samples are apart, in the unit of their values;
//! * [`alternative`], [`method`]: what a two-sample test looks for, and how its p-value is computed;
//! * [`homogeneity`]: whether two vectors of counts come from one distribution;
//! * [`binning`], [`divergence`]: two samples in the bins of the reference, and how far their shares are apart;
//! * [`student`], [`chi_squared`], [`normal`]: tails of laws;
//! * [`trend`]: the Mann–Kendall test and the Theil–Sen slope of an ordered series;
//! * [`multiple_testing`]: p-values adjusted for the number of tests.

pub mod alternative;
pub mod anderson_darling;
pub mod binning;
pub mod chi_squared;
pub mod correlation;
pub mod cramer_von_mises;
pub mod describe;
pub mod divergence;
pub mod epps_singleton;
pub mod histogram;
pub mod homogeneity;
mod hypergeometric;
mod inversions;
pub mod ks;
mod limit_law;
pub mod mann_whitney;
pub mod method;
pub mod moments;
pub mod multiple_testing;
pub mod normal;
pub mod order;
mod pooled;
mod rank_correlation;
pub mod sort;
pub mod student;
pub mod t_test;
pub mod trend;
pub mod wasserstein;
mod whole;
