//! Scalers, and what fills missing values.
//!
//! * [`categories`]: columns of texts as numbers of their categories;
//! * [`affine`]: shifting, scaling or filling every column in one reading and one writing;
//! * [`scalers`]: [`StandardScaler`] and [`MinMaxScaler`] for Rust users, with linfa's traits.
//!
//! What they learn from a table is counted by [`crate::stats`]. NaN is a missing value: left out of statistics, kept by transforms. Infinities are found during
//! the same reading. Statistics run over fixed blocks of rows merged in order: the same bits for
//! any number of threads.

pub mod affine;
pub mod categories;
pub mod scalers;

pub use affine::{Affine, apply, fill_missing};
pub use categories::{Category, CategoryColumn};
pub use scalers::{FittedScaler, MinMaxScaler, StandardScaler};
