//! Two-sample tests, trends and multiple testing.
//!
//! * [`sort`]: samples of either float width, sorted once, missing values dropped and counted;
//! * [`ks`]: the two-sample Kolmogorov–Smirnov test, with `SciPy`'s results;
//! * [`chi_squared`]: whether two vectors of counts come from one distribution;
//! * [`trend`]: the Mann–Kendall test and the Theil–Sen slope of an ordered series;
//! * [`multiple_testing`]: p-values adjusted for the number of tests.

pub mod chi_squared;
mod hypergeometric;
pub mod ks;
pub mod multiple_testing;
pub mod sort;
pub mod trend;
