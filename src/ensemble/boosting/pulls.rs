//! Gradients, hessians and rows as whole numbers, whose sums are exact in any order.
//!
//! Gradients are whole multiples of a power of two that is so small that 31 bits hold the largest,
//! and hessians of another. Sums are therefore the same in any order, by any number of threads,
//! and a parent's less one child's are the other's to the last bit.
//!
//! A few rows can be so much larger than the others that these are few multiples or none. Such rows
//! are rounded by chance, so that many of them add up to what they are, and trees have units by
//! node: as soon as a split has parted the large rows, the others are rounded anew.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};
use crate::runtime::memory::filled;
use crate::runtime::{Workers, mix};

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
    pub(super) fn less(self, other: Self) -> Self {
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

/// Of what sums are multiples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Units {
    /// Bits of the number of rows in a sum.
    count_bits: u32,
    gradient: f64,
    /// None where all hessians are one.
    hessian: Option<f64>,
}

impl Units {
    /// The units of so many rows, of which these are the largest gradient and hessian.
    fn new(rows: usize, gradient: f64, hessian: Option<f64>) -> Self {
        let count_bits = u64::BITS - (rows as u64).leading_zeros();
        let bits = 31.min(u64::BITS - 1 - 2 * count_bits);
        Self { count_bits, gradient: unit(gradient, 30), hessian: hessian.map(|hessian| unit(hessian, bits)) }
    }

    /// Whether these are so much finer than others that it is worth rounding anew.
    fn are_much_finer_than(self, other: Self) -> bool {
        const MUCH: f64 = 64.0;
        let hessians = self.hessian.zip(other.hessian);
        self.gradient * MUCH <= other.gradient || hessians.is_some_and(|(own, other)| own * MUCH <= other)
    }

    /// How many units one is, of gradients and of hessians.
    fn reciprocals(self) -> (f64, f64) {
        (1.0 / self.gradient, 1.0 / self.hessian.unwrap_or(1.0))
    }

    /// How many rows a sum has.
    #[inline]
    fn count(self, sum: Sum) -> u64 {
        sum.rest & ((1 << self.count_bits) - 1)
    }

    /// Gradient and hessian of a sum as they are added up.
    #[inline]
    pub(super) fn multiples(self, sum: Sum) -> (f64, f64) {
        let hessian = match self.hessian {
            Some(_) => sum.rest >> self.count_bits,
            None => self.count(sum),
        };
        // Both fit: signed numbers take one instruction.
        (sum.gradient as f64, hessian as i64 as f64)
    }

    /// The same of what is in double precision.
    pub(super) fn multiples_of(self, totals: Totals) -> (f64, f64) {
        (totals.gradient / self.gradient, self.of_hessian(totals.hessian))
    }

    /// A number that is added to hessians, as these are added up.
    pub(super) fn of_hessian(self, number: f64) -> f64 {
        number / self.hessian.unwrap_or(1.0)
    }

    /// A sum in double precision.
    #[inline]
    pub(super) fn totals(self, sum: Sum) -> Totals {
        let (gradient, hessian) = self.multiples(sum);
        Totals {
            gradient: gradient * self.gradient,
            hessian: hessian * self.hessian.unwrap_or(1.0),
            rows: self.count(sum) as u32,
        }
    }
}

/// Gradients and hessians of all rows, and as whole numbers.
#[derive(Debug)]
pub(super) struct Pulls<'a> {
    gradients: &'a [f64],
    /// None where all hessians are one.
    hessians: Option<&'a [f64]>,
    /// Eight bytes for each row.
    rows: &'a mut [Pull],
    units: Units,
    /// Whether many rows are but few multiples of a unit.
    are_wide: bool,
    /// What the rounding of such rows is drawn by.
    key: u64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pull {
    gradient: i32,
    hessian: u32,
}

impl<'a> Pulls<'a> {
    /// Rounds gradients, and hessians unless all of them are one, of which none is below zero.
    /// `key` seeds what is drawn; `room` is used again by the next tree.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] if one is not finite or too large to be added up,
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub(super) fn new(
        gradients: &'a [f64],
        hessians: Option<&'a [f64]>,
        key: u64,
        room: &'a mut Vec<Pull>,
        workers: Workers<'_>,
    ) -> Result<Self> {
        let workers = workers.alone_if(gradients.len() < 2 * ROWS_TO_ROUND);
        let most = largest(gradients, workers)?;
        let most_hessian = hessians.map(|hessians| largest(hessians, workers)).transpose()?;
        if !(most <= MOST_PULL && most_hessian.is_none_or(|most| most <= MOST_PULL)) {
            return Err(Error::value(
                "the slope of the loss",
                "numbers too large to be added up",
                "smaller numbers in y and sample_weight, or a smaller learning_rate",
            ));
        }
        let units = Units::new(gradients.len(), most, most_hessian);
        if room.len() != gradients.len() {
            *room = filled(Pull::default(), gradients.len())?;
        }
        let rows = room.as_mut_slice();
        let rough = AtomicUsize::new(0);
        workers.fill(rows, ROWS_TO_ROUND, |chunk, pulls| {
            let rows = chunk * ROWS_TO_ROUND..chunk * ROWS_TO_ROUND + pulls.len();
            let mut count = 0;
            // The units are powers of two: so are these, and products are exact.
            let (per_gradient, per_hessian) = units.reciprocals();
            for (pull, &gradient) in pulls.iter_mut().zip(&gradients[rows.clone()]) {
                let multiple = gradient * per_gradient;
                pull.gradient = rounded(multiple) as i32;
                count += usize::from(is_rough(multiple));
            }
            if let Some(hessians) = hessians {
                for (pull, &hessian) in pulls.iter_mut().zip(&hessians[rows]) {
                    let multiple = hessian * per_hessian;
                    pull.hessian = rounded(multiple) as u32;
                    count += usize::from(is_rough(multiple));
                }
            }
            rough.fetch_add(count, Ordering::Relaxed);
            Ok(())
        })?;
        let are_wide = rough.into_inner() > gradients.len() / ROWS_FOR_A_ROUGH_ONE;
        let mut pulls = Self { gradients, hessians, rows, units, are_wide, key };
        if are_wide {
            pulls.dither(0..gradients.len(), units);
        }
        Ok(pulls)
    }

    /// The units of all rows.
    pub(super) fn units(&self) -> Units {
        self.units
    }

    /// Whether rows are so unequal that nodes have units of their own.
    pub(super) fn are_wide(&self) -> bool {
        self.are_wide
    }

    /// What a row adds, by the units of its node.
    #[inline]
    pub(super) fn of(&self, row: u32, units: Units) -> Sum {
        let pull = self.rows[row as usize];
        Sum { gradient: i64::from(pull.gradient), rest: (u64::from(pull.hessian) << units.count_bits) + 1 }
    }

    /// Rounds the rows of a node anew where it is worth it; returns by what units.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub(super) fn refine(&mut self, units: Units, rows: &[u32], workers: Workers<'_>) -> Result<Option<Units>> {
        if !self.are_wide {
            return Ok(None);
        }
        let most = largest_of(self.gradients, rows, workers)?;
        let most_hessian = self.hessians.map(|hessians| largest_of(hessians, rows, workers)).transpose()?;
        let own = Units::new(rows.len(), most, most_hessian);
        if !own.are_much_finer_than(units) {
            return Ok(None);
        }
        self.dither(rows.iter().map(|&row| row as usize), own);
        Ok(Some(own))
    }

    /// Rounds rows up by the chance of their last fraction: many that are each less than a unit
    /// still add up to what they are.
    fn dither(&mut self, rows: impl Iterator<Item = usize>, units: Units) {
        let (per_gradient, per_hessian) = units.reciprocals();
        for row in rows {
            let bits = mix(self.key, row as u64);
            let shifts = [bits as u32, (bits >> 32) as u32].map(|bits| f64::from(bits) / TWO_TO_32 - 0.5);
            self.rows[row].gradient = rounded(self.gradients[row] * per_gradient + shifts[0]) as i32;
            if let Some(hessians) = self.hessians {
                self.rows[row].hessian = rounded(hessians[row] * per_hessian + shifts[1]) as u32;
            }
        }
    }

    /// What rows add up to in double precision, one after the other.
    pub(super) fn totals(&self, rows: &[u32]) -> Totals {
        let sum = |values: &[f64]| rows.iter().map(|&row| values[row as usize]).sum();
        Totals {
            gradient: sum(self.gradients),
            hessian: self.hessians.map_or(rows.len() as f64, sum),
            rows: rows.len() as u32,
        }
    }
}

const TWO_TO_32: f64 = (1u64 << 32) as f64;

/// Rows that are rounded at a time.
const ROWS_TO_ROUND: usize = 1 << 15;

/// Of so many rows one may be rounded roughly.
const ROWS_FOR_A_ROUGH_ONE: usize = 256;

/// Whether rounding loses more than a five-hundredth of a multiple.
#[inline]
fn is_rough(multiple: f64) -> bool {
    multiple.abs() < 256.0 && multiple != 0.0
}

/// The largest size of some numbers; no number if one of them is none.
fn largest(values: &[f64], workers: Workers<'_>) -> Result<f64> {
    let parts = workers.map(values.len().div_ceil(ROWS_TO_ROUND), |part| {
        let values = &values[part * ROWS_TO_ROUND..values.len().min((part + 1) * ROWS_TO_ROUND)];
        Ok(most_bits(values.iter()))
    })?;
    Ok(f64::from_bits(parts.into_iter().max().unwrap_or(0)))
}

/// The same of the numbers of some rows.
fn largest_of(values: &[f64], rows: &[u32], workers: Workers<'_>) -> Result<f64> {
    let workers = workers.alone_if(rows.len() < 2 * ROWS_TO_ROUND);
    let parts = workers.map(rows.len().div_ceil(ROWS_TO_ROUND), |part| {
        let rows = &rows[part * ROWS_TO_ROUND..rows.len().min((part + 1) * ROWS_TO_ROUND)];
        Ok(most_bits(rows.iter().map(|&row| &values[row as usize])))
    })?;
    Ok(f64::from_bits(parts.into_iter().max().unwrap_or(0)))
}

/// Bits of numbers without their signs are ordered as these; what is no number comes last.
fn most_bits<'n>(values: impl Iterator<Item = &'n f64>) -> u64 {
    values.map(|value| value.abs().to_bits()).max().unwrap_or(0)
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
    // The exponent of the next power of two: of numbers whose own is not in their bits, too low.
    let exponent = (largest.to_bits() >> 52) as i32 - 1023 + i32::from(!largest.to_bits().is_multiple_of(1 << 52));
    f64::from((exponent - bits as i32).max(-1020)).exp2()
}
