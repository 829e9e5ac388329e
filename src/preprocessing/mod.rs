//! Scalers, and what fills missing values.
//!
//! * [`columns`]: moments and extremes of every column in one reading of a matrix;
//! * [`order`]: medians and other quantiles of every column;
//! * [`categories`]: columns of texts as numbers of their categories;
//! * [`affine`]: shifting, scaling or filling every column in one reading and one writing;
//! * [`scalers`]: [`StandardScaler`] and [`MinMaxScaler`] for Rust users, with linfa's traits.
//!
//! NaN is a missing value: left out of statistics, kept by transforms. Infinities are found during
//! the same reading. Statistics run over fixed blocks of rows merged in order: the same bits for
//! any number of threads.

pub mod affine;
pub mod categories;
pub mod columns;
pub mod order;
pub mod scalers;

pub use affine::{Affine, apply, fill_missing};
pub use categories::{Category, CategoryColumn};
pub use columns::{Extremes, Moments};
pub use order::{OrderStatistics, order_statistics};
pub use scalers::{FittedScaler, MinMaxScaler, StandardScaler};

/// A float that the kernels read: `f32` or `f64`, computed with in double precision.
pub trait Real: Copy + Send + Sync + Into<f64> {
    /// The nearest value of this width.
    fn nearest(value: f64) -> Self;
}

impl Real for f32 {
    #[inline]
    fn nearest(value: f64) -> Self {
        value as Self
    }
}

impl Real for f64 {
    #[inline]
    fn nearest(value: f64) -> Self {
        value
    }
}

/// Elements that one thread handles at a time.
const BLOCK_ELEMENTS: usize = 1 << 20;

/// Rows of a block: a function of the number of columns alone, so that results do not depend on
/// threads.
fn block_rows(columns: usize) -> usize {
    (BLOCK_ELEMENTS / columns.max(1)).clamp(256, 65_536)
}

/// Fewer elements than this are handled faster by one thread.
const PARALLEL_ELEMENTS: usize = 200_000;
