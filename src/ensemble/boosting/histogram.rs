//! Sums of gradients, hessians and rows by code, exact in whole numbers.
//!
//! Gradients are whole multiples of a power of two that is so small that 31 bits hold the largest,
//! and hessians of another. Sums are therefore the same in any order, by any number of threads,
//! and a parent's less one child's are the other's to the last bit.

use super::bins::CODES;
use super::codes::{Binned, COLUMNS_OF_WORD, Word};
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::runtime::memory::filled;

/// What the rows of a code add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub(super) struct Sum {
    gradient: i64,
    /// The hessian above the number of rows.
    rest: u64,
}

impl Sum {
    #[inline]
    pub(super) fn add(&mut self, other: Self) {
        self.gradient = self.gradient.wrapping_add(other.gradient);
        self.rest = self.rest.wrapping_add(other.rest);
    }

    #[inline]
    pub(super) fn plus(mut self, other: Self) -> Self {
        self.add(other);
        self
    }

    #[inline]
    fn less(self, other: Self) -> Self {
        Self { gradient: self.gradient.wrapping_sub(other.gradient), rest: self.rest.wrapping_sub(other.rest) }
    }
}

/// A sum in double precision.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Totals {
    /// Of the gradients.
    pub gradient: f64,
    /// Of the hessians; how many rows there are where all hessians are one.
    pub hessian: f64,
    /// How many rows.
    pub rows: u32,
}

impl Totals {
    pub(super) fn less(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            hessian: self.hessian - other.hessian,
            rows: self.rows - other.rows,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            hessian: self.hessian + other.hessian,
            rows: self.rows + other.rows,
        }
    }
}

/// The largest gradient: squares of sums of so large ones are finite.
const MOST_PULL: f64 = 1e140;

/// Gradients and hessians of all rows as whole numbers.
#[derive(Debug)]
pub(super) struct Pulls {
    /// Eight bytes for each row.
    rows: Vec<Pull>,
    /// Bits of the number of rows in a sum.
    count_bits: u32,
    gradient_unit: f64,
    /// None where all hessians are one.
    hessian_unit: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Pull {
    gradient: i32,
    hessian: u32,
}

impl Pulls {
    /// Rounds gradients, and hessians unless all of them are one, of which none is below zero.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] if one is not finite or too large to be added up,
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub(super) fn new(gradients: &[f64], hessians: Option<&[f64]>, workers: Workers<'_>) -> Result<Self> {
        let count_bits = u64::BITS - (gradients.len() as u64).leading_zeros();
        let largest = |values: &[f64]| values.iter().fold(0.0f64, |most, value| most.max(value.abs()));
        let are_usable = |values: &[f64]| values.iter().all(|value| value.abs() <= MOST_PULL);
        if !are_usable(gradients) || hessians.is_some_and(|hessians| !are_usable(hessians)) {
            return Err(Error::value(
                "the slope of the loss",
                "numbers too large to be added up",
                "smaller numbers in y and sample_weight, or a smaller learning_rate",
            ));
        }
        let gradient_unit = unit(largest(gradients), 30);
        let hessian_unit = hessians.map(|hessians| unit(largest(hessians), 31.min(u64::BITS - 1 - 2 * count_bits)));
        let mut rows = filled(Pull::default(), gradients.len())?;
        let per_unit = (1.0 / gradient_unit, 1.0 / hessian_unit.unwrap_or(1.0));
        workers.fill(&mut rows, ROWS_TO_ROUND, |chunk, pulls| {
            let rows = chunk * ROWS_TO_ROUND..chunk * ROWS_TO_ROUND + pulls.len();
            for (pull, gradient) in pulls.iter_mut().zip(&gradients[rows.clone()]) {
                pull.gradient = rounded(gradient * per_unit.0) as i32;
            }
            if let Some(hessians) = hessians {
                for (pull, hessian) in pulls.iter_mut().zip(&hessians[rows]) {
                    pull.hessian = rounded(hessian * per_unit.1) as u32;
                }
            }
            Ok(())
        })?;
        Ok(Self { rows, count_bits, gradient_unit, hessian_unit })
    }

    /// What a row adds.
    #[inline]
    fn of(&self, row: u32) -> Sum {
        let pull = self.rows[row as usize];
        Sum { gradient: i64::from(pull.gradient), rest: (u64::from(pull.hessian) << self.count_bits) + 1 }
    }

    /// How many rows a sum has.
    #[inline]
    fn count(&self, sum: Sum) -> u64 {
        sum.rest & ((1 << self.count_bits) - 1)
    }

    /// Gradient and hessian of a sum as they are added up.
    #[inline]
    pub(super) fn without_units(&self, sum: Sum) -> (f64, f64) {
        let hessian = match self.hessian_unit {
            Some(_) => sum.rest >> self.count_bits,
            None => self.count(sum),
        };
        // Both fit: signed numbers take one instruction.
        (sum.gradient as f64, hessian as i64 as f64)
    }

    /// The same of what is in double precision.
    pub(super) fn without_units_of(&self, totals: Totals) -> (f64, f64) {
        (totals.gradient / self.gradient_unit, self.hessians_in_units(totals.hessian))
    }

    /// A number that is added to hessians, as these are added up.
    pub(super) fn hessians_in_units(&self, number: f64) -> f64 {
        number / self.hessian_unit.unwrap_or(1.0)
    }

    /// A sum in double precision.
    #[inline]
    pub(super) fn totals(&self, sum: Sum) -> Totals {
        let (gradient, hessian) = self.without_units(sum);
        Totals {
            gradient: gradient * self.gradient_unit,
            hessian: hessian * self.hessian_unit.unwrap_or(1.0),
            rows: self.count(sum) as u32,
        }
    }
}

/// The next whole number, the even one of two, of numbers below 2⁵¹: beyond 2⁵² doubles have no
/// fractions. Processors without an instruction for it take longer by a call.
#[inline]
fn rounded(number: f64) -> f64 {
    const FROM_HERE_WHOLE: f64 = 1.5 * (1u64 << 52) as f64;
    number + FROM_HERE_WHOLE - FROM_HERE_WHOLE
}

/// The power of two of which numbers up to the largest are at most 2^`bits` whole multiples.
fn unit(largest: f64, bits: u32) -> f64 {
    if largest == 0.0 {
        return 1.0;
    }
    let (mut unit, most) = (1.0, f64::from(bits).exp2());
    while largest > unit * most {
        unit *= 2.0;
    }
    while largest <= unit * most / 2.0 && unit > f64::MIN_POSITIVE * 4.0 {
        unit /= 2.0;
    }
    unit
}

const ROWS_TO_ROUND: usize = 1 << 15;

/// Rows whose gradients and codes are gathered at a time, to stay in the cache while they are added.
const ROWS_TOGETHER: usize = 512;

/// Rows that are worth a thread.
const ROWS_OF_THREAD: usize = 1 << 13;

/// The sums of a block's codes, column by column.
type BlockSums = [Sum; SUMS_OF_BLOCK];
const SUMS_OF_BLOCK: usize = COLUMNS_OF_WORD * CODES;

/// The sums by code of every column, for some rows: one column after the other.
#[derive(Debug, Clone)]
pub(super) struct Histogram(Vec<Sum>);

impl Histogram {
    /// Zeros, for so many blocks of columns.
    fn empty(blocks: usize) -> Result<Self> {
        Ok(Self(filled(Sum::default(), blocks * SUMS_OF_BLOCK)?))
    }

    /// Adds up some rows.
    pub(super) fn of(binned: &Binned, pulls: &Pulls, rows: &[u32], workers: Workers<'_>) -> Result<Self> {
        let threads = (rows.len() / ROWS_OF_THREAD).clamp(1, workers.threads());
        let size = rows.len().div_ceil(threads).max(1);
        let parts = workers.map(rows.len().div_ceil(size).max(1), |part| {
            let mut histogram = Self::empty(binned.blocks())?;
            let rows = &rows[(part * size).min(rows.len())..((part + 1) * size).min(rows.len())];
            histogram.add(binned, pulls, rows);
            Ok(histogram)
        })?;
        let mut parts = parts.into_iter();
        let mut whole = parts.next().map_or_else(|| Self::empty(binned.blocks()), Ok)?;
        for part in parts {
            whole.0.iter_mut().zip(&part.0).for_each(|(sum, other)| sum.add(*other));
        }
        Ok(whole)
    }

    fn add(&mut self, binned: &Binned, pulls: &Pulls, rows: &[u32]) {
        let mut sums = [Sum::default(); ROWS_TOGETHER];
        let mut words = vec![Word::default(); ROWS_TOGETHER * binned.blocks()];
        let blocks = binned.blocks();
        for rows in rows.chunks(ROWS_TOGETHER) {
            let sums = &mut sums[..rows.len()];
            // Many rows are fetched at once here, where nothing waits for them.
            for (place, (sum, &row)) in sums.iter_mut().zip(rows).enumerate() {
                *sum = pulls.of(row);
                let codes = &binned.words()[row as usize * blocks..][..blocks];
                codes.iter().enumerate().for_each(|(block, &word)| words[block * ROWS_TOGETHER + place] = word);
            }
            for (block, histogram) in self.0.as_chunks_mut().0.iter_mut().enumerate() {
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
        self.0.iter_mut().zip(&other.0).for_each(|(sum, other)| *sum = sum.less(*other));
    }

    /// The sums of a column, code by code.
    pub(super) fn column(&self, column: usize) -> &[Sum] {
        &self.0[column * CODES..][..CODES]
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
            let pulls = Pulls::new(&gradients, with_hessians.then_some(&hessians[..]), Workers::alone())?;
            let own: Vec<u32> = (0..rows as u32).filter(|row| row % 3 != 1).collect();
            let histogram = Histogram::of(&binned, &pulls, &own, Workers::alone())?;
            for (column, code) in [(0, 0), (columns - 1, 1), (columns / 2, 2)] {
                let rows = || own.iter().map(|&row| row as usize).filter(|&row| binned.code(row, column) == code);
                let found = pulls.totals(histogram.column(column)[usize::from(code)]);
                prop_assert_eq!(found.rows as usize, rows().count());
                let near = |one: f64, other: f64| (one - other).abs() <= 1e-6 * scale * rows().count() as f64;
                prop_assert!(near(found.gradient, rows().map(|row| gradients[row]).sum()));
                let hessian = rows().map(|row| if with_hessians { hessians[row] } else { 1.0 }).sum();
                let is_right = if with_hessians { near(found.hessian, hessian) } else { found.hessian == hessian };
                prop_assert!(is_right);
            }
            let reversed: Vec<u32> = own.iter().rev().copied().collect();
            let other = Histogram::of(&binned, &pulls, &reversed, Workers::unstoppable(3))?;
            let mut whole = Histogram::of(&binned, &pulls, &(0..rows as u32).collect::<Vec<_>>(), Workers::alone())?;
            whole.subtract(&other);
            let rest: Vec<u32> = (0..rows as u32).filter(|row| row % 3 == 1).collect();
            let rest = Histogram::of(&binned, &pulls, &rest, Workers::alone())?;
            for column in 0..columns {
                prop_assert_eq!(other.column(column), histogram.column(column));
                prop_assert_eq!(whole.column(column), rest.column(column));
            }
        }
    }
}
