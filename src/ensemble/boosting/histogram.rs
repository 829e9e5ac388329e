//! Sums of gradients, hessians and rows by code.

use super::bins::CODES;
use super::codes::{Binned, COLUMNS_OF_WORD, Word};
use super::pulls::{Pulls, Sum, Totals, Units};
use crate::error::Result;
use crate::runtime::Workers;
use crate::runtime::memory::filled;

/// Rows whose gradients and codes are gathered at a time, to stay in the cache while they are added.
const ROWS_TOGETHER: usize = 512;

/// Rows that are worth a thread.
const ROWS_OF_THREAD: usize = 1 << 13;

/// The sums of a block's codes, column by column.
type BlockSums = [Sum; SUMS_OF_BLOCK];
const SUMS_OF_BLOCK: usize = COLUMNS_OF_WORD * CODES;

/// The sums by code of every column, for some rows.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    /// One column after the other.
    sums: Vec<Sum>,
    units: Units,
}

impl Histogram {
    /// Zeros, for so many blocks of columns.
    fn empty(blocks: usize, units: Units) -> Result<Self> {
        Ok(Self { sums: filled(Sum::default(), blocks * SUMS_OF_BLOCK)?, units })
    }

    /// Adds up some rows, which have been rounded by such units.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub(super) fn of(
        binned: &Binned,
        pulls: &Pulls<'_>,
        units: Units,
        rows: &[u32],
        workers: Workers<'_>,
    ) -> Result<Self> {
        let threads = (rows.len() / ROWS_OF_THREAD).clamp(1, workers.threads());
        let size = rows.len().div_ceil(threads).max(1);
        let parts = workers.map(rows.len().div_ceil(size).max(1), |part| {
            let mut histogram = Self::empty(binned.blocks(), units)?;
            let rows = &rows[(part * size).min(rows.len())..((part + 1) * size).min(rows.len())];
            histogram.add(binned, pulls, rows);
            Ok(histogram)
        })?;
        let mut parts = parts.into_iter();
        let mut whole = parts.next().map_or_else(|| Self::empty(binned.blocks(), units), Ok)?;
        for part in parts {
            whole.sums.iter_mut().zip(&part.sums).for_each(|(sum, other)| sum.add(*other));
        }
        Ok(whole)
    }

    fn add(&mut self, binned: &Binned, pulls: &Pulls<'_>, rows: &[u32]) {
        let mut sums = [Sum::default(); ROWS_TOGETHER];
        let mut words = vec![Word::default(); ROWS_TOGETHER * binned.blocks()];
        let blocks = binned.blocks();
        for rows in rows.chunks(ROWS_TOGETHER) {
            let sums = &mut sums[..rows.len()];
            // Many rows are fetched at once here, where nothing waits for them.
            for (place, (sum, &row)) in sums.iter_mut().zip(rows).enumerate() {
                *sum = pulls.of(row, self.units);
                let codes = &binned.words()[row as usize * blocks..][..blocks];
                codes.iter().enumerate().for_each(|(block, &word)| words[block * ROWS_TOGETHER + place] = word);
            }
            for (block, histogram) in self.sums.as_chunks_mut().0.iter_mut().enumerate() {
                let words = &words[block * ROWS_TOGETHER..][..rows.len()];
                match binned.columns_of(block) {
                    1 => add_rows::<1>(histogram, words, sums),
                    2 => add_rows::<2>(histogram, words, sums),
                    3 => add_rows::<3>(histogram, words, sums),
                    4 => add_rows::<4>(histogram, words, sums),
                    5 => add_rows::<5>(histogram, words, sums),
                    6 => add_rows::<6>(histogram, words, sums),
                    7 => add_rows::<7>(histogram, words, sums),
                    _ => add_rows::<8>(histogram, words, sums),
                }
            }
        }
    }

    /// Takes away what other rows, which are among these, add up to.
    pub(super) fn subtract(&mut self, other: &Self) {
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| *sum = sum.less(*other));
    }

    /// Of what the sums are multiples.
    pub(super) fn units(&self) -> Units {
        self.units
    }

    /// What all rows add up to.
    pub(super) fn totals(&self) -> Totals {
        self.column(0).iter().fold(Totals::default(), |sum, &code| sum.plus(self.units.totals(code)))
    }

    /// The sums of a column, code by code.
    pub(super) fn column(&self, column: usize) -> &[Sum] {
        &self.sums[column * CODES..][..CODES]
    }
}

/// Adds rows to the sums of so many columns.
#[inline]
fn add_rows<const COLUMNS: usize>(histogram: &mut BlockSums, words: &[Word], sums: &[Sum]) {
    for (word, &sum) in words.iter().zip(sums) {
        for column in 0..COLUMNS {
            histogram[column * CODES + usize::from(word[column])].add(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bins::ColumnBins;
    use super::*;
    use crate::data::MatrixView;
    use crate::runtime::Stream;
    use ndarray::Array2;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn sums_are_those_of_the_rows_in_any_order_and_by_any_number_of_threads(
            seed: u64, rows in 1usize..40_000, columns in 1usize..18, with_hessians: bool, scale in -300i32..300,
        ) {
            let mut stream = Stream::new(seed);
            let x = Array2::from_shape_simple_fn((rows, columns), || (stream.uniform() * 7.0).floor());
            let bins = vec![ColumnBins::Numbers(vec![1.5, 3.5]); columns];
            let binned = Binned::new(MatrixView::F64(x.view()), &bins, Workers::alone())?;
            let scale = f64::from(scale).exp2();
            let gradients: Vec<f64> = (0..rows).map(|_| (stream.uniform() - 0.5) * scale).collect();
            let hessians: Vec<f64> = (0..rows).map(|_| stream.uniform() * scale).collect();
            let mut room = Vec::new();
            let pulls = Pulls::new(&gradients, with_hessians.then_some(&hessians[..]), 0, &mut room, Workers::alone())?;
            let units = pulls.units();
            let own: Vec<u32> = (0..rows as u32).filter(|row| row % 3 != 1).collect();
            let histogram = Histogram::of(&binned, &pulls, units, &own, Workers::alone())?;
            for (column, code) in [(0, 0), (columns - 1, 1), (columns / 2, 2)] {
                let rows = || own.iter().map(|&row| row as usize).filter(|&row| binned.code(row, column) == code);
                let found = histogram.units().totals(histogram.column(column)[usize::from(code)]);
                prop_assert_eq!(found.rows as usize, rows().count());
                let near = |one: f64, other: f64| (one - other).abs() <= 1e-6 * scale * rows().count() as f64;
                prop_assert!(near(found.gradient, rows().map(|row| gradients[row]).sum()));
                let hessian = rows().map(|row| if with_hessians { hessians[row] } else { 1.0 }).sum();
                let is_right = if with_hessians { near(found.hessian, hessian) } else { found.hessian == hessian };
                prop_assert!(is_right);
            }
            let reversed: Vec<u32> = own.iter().rev().copied().collect();
            let other = Histogram::of(&binned, &pulls, units, &reversed, Workers::unstoppable(3))?;
            let mut whole = Histogram::of(&binned, &pulls, units, &(0..rows as u32).collect::<Vec<_>>(), Workers::alone())?;
            whole.subtract(&other);
            let rest: Vec<u32> = (0..rows as u32).filter(|row| row % 3 == 1).collect();
            let rest = Histogram::of(&binned, &pulls, units, &rest, Workers::alone())?;
            for column in 0..columns {
                prop_assert_eq!(other.column(column), histogram.column(column));
                prop_assert_eq!(whole.column(column), rest.column(column));
            }
        }
    }
}
