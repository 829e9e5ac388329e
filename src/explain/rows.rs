//! Some rows, column by column, and which way each goes at a split.

use std::ops::Range;

use super::model::Split;
use crate::data::matrix::infinite;
use crate::data::{Features, MatrixView};
use crate::error::Result;
use crate::runtime::memory::{cells, filled};

/// Rows that are explained together.
pub(super) const ROWS: usize = 32;

/// Rows of a matrix, as many as are explained together; what is missing of them is zero.
#[derive(Debug)]
pub(super) struct Block {
    values: Vec<f64>,
    has_missing: bool,
}

impl Block {
    /// Reads rows, rounded to single precision if asked.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] for an infinite value where single precision is asked for;
    /// [`crate::ErrorKind::Memory`].
    pub(super) fn read(matrix: Features<'_>, rows: Range<usize>, is_single: bool) -> Result<Self> {
        let mut block = Self { values: filled(0.0, cells(matrix.columns(), ROWS)?)?, has_missing: false };
        let mut put = |lane: usize, column: usize, value: f64| {
            let value = if is_single { f64::from(value as f32) } else { value };
            block.values[column * ROWS + lane] = value;
            block.has_missing |= value.is_nan();
            value.is_infinite()
        };
        for (lane, row) in rows.enumerate() {
            let mut bad = None;
            match matrix {
                Features::Dense(MatrixView::F32(view)) => {
                    for (column, &value) in view.row(row).iter().enumerate() {
                        if put(lane, column, f64::from(value)) {
                            bad = Some(column);
                        }
                    }
                }
                Features::Dense(MatrixView::F64(view)) => {
                    for (column, &value) in view.row(row).iter().enumerate() {
                        if put(lane, column, value) {
                            bad = Some(column);
                        }
                    }
                }
                Features::Sparse(view) => {
                    for (column, value) in view.row(row) {
                        if put(lane, column, f64::from(value)) {
                            bad = Some(column);
                        }
                    }
                }
            }
            if let Some(column) = bad.filter(|_| is_single) {
                return Err(infinite(column, row));
            }
        }
        Ok(block)
    }

    /// The value of a row.
    pub(super) fn value(&self, lane: usize, column: usize) -> f64 {
        self.values[column * ROWS + lane]
    }

    /// Tells for each row whether it goes to the left child, as 1 or 0.
    #[allow(clippy::inline_always)] // into kernels that are compiled for several processors
    #[inline(always)]
    pub(super) fn goes_left(&self, split: &Split, sides: &mut [u8; ROWS]) {
        let values = &self.values[split.feature as usize * ROWS..][..ROWS];
        if split.categories.is_some() {
            sides.iter_mut().zip(values).for_each(|(side, &value)| *side = u8::from(split.sends_left(value)));
        } else if self.has_missing && split.missing_left {
            let is_left = |value: f64| value <= split.threshold || value.is_nan();
            sides.iter_mut().zip(values).for_each(|(side, &value)| *side = u8::from(is_left(value)));
        } else {
            sides.iter_mut().zip(values).for_each(|(side, &value)| *side = u8::from(value <= split.threshold));
        }
    }
}
