//! Rows as they are walked: numbers turned into integers of the same order.
//!
//! A comparison of two such keys is that of the numbers, -0.0 and 0.0 being one. A missing value
//! has two keys, one below and one above all others, so that it needs no branch of its own: a
//! block with missing values holds each column twice, and each node reads the one of its side.

use std::ops::Range;

use ndarray::{ArrayView2, s};

use super::LANES;
use crate::data::matrix::infinite;
use crate::data::{Features, MatrixView, SparseView};
use crate::error::Result;
use crate::runtime::memory::make_room;

/// Bytes of a block of rows without missing values, which double it: with a tree of 20,000 nodes it
/// fits a level-two cache of one MiB.
const BLOCK_BYTES: usize = 3 << 18;

/// The most rows of a block.
const MOST_ROWS: usize = 4096;

/// The key of a missing value for nodes that send it right, and for those that send it left.
pub(super) const MISSING: [i32; 2] = [POSITIVE_INFINITY + 1, i32::MIN];

pub(super) const POSITIVE_INFINITY: i32 = 0x7f80_0000;

/// An integer that is ordered as the numbers are; NaN has none.
#[inline]
pub(super) fn key(value: f32) -> i32 {
    // Adding zero makes a positive zero of a negative one.
    let bits = (value + 0.0).to_bits() as i32;
    bits ^ ((bits >> 31) as u32 >> 1) as i32
}

/// Some rows of a matrix, as keys.
///
/// Rows that walk alone lie one after the other; those that walk in lock step lie in groups of
/// [`LANES`], column by column, so that their values lie side by side.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) keys: Vec<i32>,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) has_missing: bool,
    /// Whether rows lie in groups.
    pub(super) grouped: bool,
    /// Single-precision values of one row, while it is read.
    row: Vec<f32>,
}

impl Block {
    /// How many rows a block should have, so that all threads have as much to do.
    pub(super) fn size(rows: usize, columns: usize, threads: usize) -> usize {
        let most = (BLOCK_BYTES / size_of::<i32>() / columns.max(1)).clamp(LANES, MOST_ROWS);
        let blocks = rows.div_ceil(most).next_multiple_of(threads.max(1));
        rows.div_ceil(blocks.max(1)).next_multiple_of(LANES)
    }

    /// How many keys each value has.
    pub(super) fn sides(&self) -> usize {
        1 + usize::from(self.has_missing)
    }

    /// How many keys a row, or a group of rows, takes.
    pub(super) fn stride(&self) -> usize {
        self.columns * self.sides() * if self.grouped { LANES } else { 1 }
    }

    /// Reads a range of rows of a matrix, in groups or not.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] for an infinite value, or one beyond single precision;
    /// [`crate::ErrorKind::Memory`].
    pub(super) fn read(&mut self, matrix: Features<'_>, rows: Range<usize>, grouped: bool) -> Result<()> {
        self.grouped = grouped;
        (self.rows, self.columns) = (rows.len(), matrix.columns());
        match matrix {
            Features::Dense(MatrixView::F32(view)) => {
                self.fill(view.slice(s![rows.clone(), ..]), |value| value, rows.start)
            }
            Features::Dense(MatrixView::F64(view)) => {
                self.fill(view.slice(s![rows.clone(), ..]), |value| value as f32, rows.start)
            }
            Features::Sparse(view) => self.scatter(view, rows),
        }
    }

    fn fill<T: Copy>(&mut self, view: ArrayView2<'_, T>, single: impl Fn(T) -> f32, first: usize) -> Result<()> {
        if self.convert::<1, T>(view, &single)? {
            return Ok(());
        }
        if let Some((at, _)) = view.indexed_iter().find(|(_, value)| single(**value).is_infinite()) {
            return Err(infinite(at.1, first + at.0));
        }
        self.convert::<2, T>(view, &single).map(|_| ())
    }

    fn scatter(&mut self, view: SparseView<'_>, rows: Range<usize>) -> Result<()> {
        if self.convert_entries::<1>(view, rows.clone())? {
            return Ok(());
        }
        for row in rows.clone() {
            if let Some((column, _)) = view.row(row).find(|(_, value)| value.is_infinite()) {
                return Err(infinite(column, row));
            }
        }
        self.convert_entries::<2>(view, rows).map(|_| ())
    }

    /// Makes room for the keys, one or two for each value, which are all those of zero; says how
    /// many rows lie in a group.
    fn clear<const SIDES: usize>(&mut self) -> Result<usize> {
        self.has_missing = SIDES == 2;
        let lanes = if self.grouped { LANES } else { 1 };
        let length = self.rows.next_multiple_of(lanes) * self.columns * SIDES;
        self.keys.clear();
        make_room(&mut self.keys, length)?;
        self.keys.resize(length, key(0.0));
        Ok(lanes)
    }

    /// Writes the keys of all values; says whether these are finite.
    fn convert<const SIDES: usize, T: Copy>(
        &mut self,
        view: ArrayView2<'_, T>,
        single: &impl Fn(T) -> f32,
    ) -> Result<bool> {
        let lanes = self.clear::<SIDES>()?;
        let step = SIDES * lanes;
        let mut largest = 0;
        let by_columns = view.strides()[1].unsigned_abs() > view.strides()[0].unsigned_abs();
        for (group, keys) in self.keys.chunks_exact_mut((self.columns * step).max(1)).enumerate() {
            let rows = group * lanes..self.rows.min((group + 1) * lanes);
            let part = view.slice(s![rows, ..]);
            if by_columns {
                for (column, values) in part.columns().into_iter().enumerate() {
                    for (lane, value) in values.iter().enumerate() {
                        write::<SIDES>(keys, column * step + lane, lanes, single(*value), &mut largest);
                    }
                }
            } else {
                for (lane, values) in part.rows().into_iter().enumerate() {
                    self.row.clear();
                    self.row.extend(values.iter().map(|value| single(*value)));
                    for (column, value) in self.row.iter().enumerate() {
                        write::<SIDES>(keys, column * step + lane, lanes, *value, &mut largest);
                    }
                }
            }
        }
        Ok(largest < POSITIVE_INFINITY as u32)
    }

    /// The same for the values that a sparse matrix stores.
    fn convert_entries<const SIDES: usize>(&mut self, view: SparseView<'_>, rows: Range<usize>) -> Result<bool> {
        let lanes = self.clear::<SIDES>()?;
        let step = SIDES * lanes;
        let mut largest = 0;
        for (place, row) in rows.enumerate() {
            let first = place / lanes * self.columns * step + place % lanes;
            for (column, value) in view.row(row) {
                write::<SIDES>(&mut self.keys, first + column * step, lanes, value, &mut largest);
            }
        }
        Ok(largest < POSITIVE_INFINITY as u32)
    }
}

/// Writes the one or two keys of a value, and keeps the bits of the largest magnitude.
#[inline]
fn write<const SIDES: usize>(keys: &mut [i32], at: usize, lanes: usize, value: f32, largest: &mut u32) {
    *largest = (*largest).max(value.to_bits() & !(1 << 31));
    if SIDES == 1 {
        keys[at] = key(value);
    } else {
        let sides = if value.is_nan() { MISSING } else { [key(value); 2] };
        keys[at] = sides[0];
        keys[at + lanes] = sides[1];
    }
}
