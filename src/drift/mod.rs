//! Drift: a reference sample sorted once and compared with many windows, and detectors of change in streams.

pub mod reference;
pub mod stream;

pub use reference::{Comparison, ReferenceColumn, compare_columns};
