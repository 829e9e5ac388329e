//! Drift: a reference sample sorted once and compared with many windows, how often nothing looks like something,
//! drift where a forest cuts, and detectors of change in streams.

pub mod occupancy;
pub mod reference;
pub mod resampling;
pub mod stream;

pub use reference::{Comparison, Distribution, ReferenceColumn, compare_columns, compare_samples};
