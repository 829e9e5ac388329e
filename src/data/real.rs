//! Floats of either width, and the blocks in which tables of them are read.

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
pub(crate) fn block_rows(columns: usize) -> usize {
    (BLOCK_ELEMENTS / columns.max(1)).clamp(256, 65_536)
}

/// Fewer elements than this are handled faster by one thread.
pub(crate) const PARALLEL_ELEMENTS: usize = 200_000;
