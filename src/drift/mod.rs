//! A reference sample sorted once, compared with many windows.

pub mod reference;

pub use reference::{Comparison, ReferenceColumn, compare_columns};
