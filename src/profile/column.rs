//! What can be said of one column.

use serde::{Deserialize, Serialize};

use super::categories::Categories;
use super::distinct::Distinct;
use super::moments::Moments;
use super::quantiles::Quantiles;
use crate::error::{Error, Result};
use crate::runtime::{Cancel, mix};
use crate::stats::sort::{Column, Values};

/// How many quantiles a finished profile keeps: ranks are known to a part in about so many.
pub const FINISHED: usize = 1025;

/// How many a part keeps while it is being made.
pub const IN_THE_MAKING: usize = 4097;

/// Seconds that fit into 64 bits as microseconds.
const LATEST: f64 = 9.2e12;

const KEY: u64 = 0x7072_6f66_696c_6521;

/// One column: numbers, truth values and texts that it holds, and what is missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Values that are missing.
    pub missing: u64,
    /// Values that are numbers.
    pub numbers: Numbers,
    /// Values that are moments, in seconds since 1970.
    pub times: Numbers,
    /// How many values are false, and how many true.
    pub truths: (u64, u64),
    /// Values that are texts.
    pub texts: Categories,
    /// Values of any other kind.
    pub others: u64,
}

/// The numbers of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// The infinite ones: below, and above all.
    pub infinite: (u64, u64),
    /// How many are zero.
    pub zeros: u64,
    /// Moments of those that are finite.
    pub moments: Moments,
    /// The order of all.
    pub quantiles: Quantiles,
    /// How many are distinct.
    pub distinct: Distinct,
}

impl Numbers {
    /// No numbers.
    pub fn empty() -> Self {
        Self {
            infinite: (0, 0),
            zeros: 0,
            moments: Moments::EMPTY,
            quantiles: Quantiles::empty(),
            distinct: Distinct::empty(),
        }
    }

    /// The numbers of a column, and how many are missing (NaN). O(n), with a copy of the column.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] from 2³² values on; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn of(column: Column<'_>, cancel: &Cancel) -> Result<(Self, u64)> {
        let sorted = column.sorted(cancel)?;
        let missing = sorted.missing as u64;
        let numbers = match &sorted.values {
            Values::F32(values) => Self::of_sorted(values)?,
            Values::F64(values) => Self::of_sorted(values)?,
        };
        Ok((numbers, missing))
    }

    fn of_sorted<F: Copy + Into<f64>>(sorted: &[F]) -> Result<Self> {
        let up_to = |value: f64| sorted.partition_point(|&other| other.into() <= value);
        let below = |value: f64| sorted.partition_point(|&other| other.into() < value);
        let (start, stop) = (up_to(f64::NEG_INFINITY), below(f64::INFINITY));
        let mut distinct = Distinct::empty();
        // Both zeros are one number.
        distinct.extend(sorted.iter().map(|&value| mix(KEY, (value.into() + 0.0).to_bits())));
        Ok(Self {
            infinite: (start as u64, (sorted.len() - stop) as u64),
            zeros: (up_to(0.0) - below(0.0)) as u64,
            moments: Moments::of(&sorted[start..stop]),
            quantiles: Quantiles::of_sorted(sorted, IN_THE_MAKING)?,
            distinct,
        })
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.quantiles.count()
    }

    /// These numbers and others together.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Value`] for too many numbers.
    pub fn merged(&self, other: &Self) -> Result<Self> {
        let mut distinct = self.distinct.clone();
        distinct.merge(&other.distinct);
        Ok(Self {
            infinite: (
                self.infinite.0.saturating_add(other.infinite.0),
                self.infinite.1.saturating_add(other.infinite.1),
            ),
            zeros: self.zeros.saturating_add(other.zeros),
            moments: self.moments.merged(&other.moments),
            quantiles: self.quantiles.merged(&other.quantiles)?,
            distinct,
        })
    }

    fn check(&self) -> Result<()> {
        self.quantiles.check()?;
        self.distinct.check()?;
        let infinite = self.infinite.0.checked_add(self.infinite.1);
        let finite = infinite.and_then(|infinite| self.count().checked_sub(infinite));
        let fits = finite == Some(self.moments.count) && self.zeros <= self.moments.count;
        if fits { Ok(()) } else { Err(Error::model_file("the numbers of a column do not hold together")) }
    }
}

impl ColumnProfile {
    /// No values.
    pub fn empty() -> Self {
        let (numbers, times, texts) = (Numbers::empty(), Numbers::empty(), Categories::empty());
        Self { missing: 0, numbers, times, truths: (0, 0), texts, others: 0 }
    }

    /// How many values there are, missing ones included.
    pub fn rows(&self) -> u64 {
        let counts = [self.missing, self.numbers.count(), self.times.count(), self.texts.count, self.others];
        counts.into_iter().chain([self.truths.0, self.truths.1]).fold(0, u64::saturating_add)
    }

    /// The values of this column and another together.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Value`] for too many values.
    pub fn merged(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            missing: self.missing.saturating_add(other.missing),
            numbers: self.numbers.merged(&other.numbers)?,
            times: self.times.merged(&other.times)?,
            truths: (self.truths.0.saturating_add(other.truths.0), self.truths.1.saturating_add(other.truths.1)),
            texts: self.texts.merged(&other.texts),
            others: self.others.saturating_add(other.others),
        })
    }

    /// The same with no more than `size` quantiles.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn pruned(mut self, size: usize) -> Result<Self> {
        self.numbers.quantiles = self.numbers.quantiles.pruned(size)?;
        self.times.quantiles = self.times.quantiles.pruned(size)?;
        Ok(self)
    }

    /// Checks what a file says.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`].
    pub fn check(&self) -> Result<()> {
        self.numbers.check()?;
        self.times.check()?;
        let are_times = self.times.infinite == (0, 0)
            && self.times.quantiles.values().iter().chain([&self.times.moments.mean]).all(|time| time.abs() < LATEST);
        if !are_times {
            return Err(Error::model_file("the times of a column are none"));
        }
        self.texts.check()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn numbers_are_counted_by_kind() -> Result<()> {
        let values = array![0.0, -0.0, 1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY];
        let (numbers, missing) = Numbers::of(Column::F64(values.view()), &Cancel::new())?;
        assert_eq!((missing, numbers.count(), numbers.infinite, numbers.zeros), (1, 6, (1, 2), 2));
        assert_eq!((numbers.moments.count, numbers.moments.mean), (3, 0.5));
        assert_eq!(numbers.distinct.count(numbers.count()), (4.0, true));
        numbers.check()?;
        let twice = numbers.merged(&numbers)?;
        assert_eq!((twice.count(), twice.distinct.count(12)), (12, (4.0, true)));
        twice.check()
    }

    #[test]
    fn single_precision_is_the_same_numbers() -> Result<()> {
        let (wide, narrow) = (array![0.5, 2.0, f64::NAN], array![0.5_f32, 2.0, f32::NAN]);
        let wide = Numbers::of(Column::F64(wide.view()), &Cancel::new())?;
        assert_eq!(wide, Numbers::of(Column::F32(narrow.view()), &Cancel::new())?);
        Ok(())
    }

    #[test]
    fn contradictions_are_refused() {
        let mut column = ColumnProfile::empty();
        assert!(column.check().is_ok());
        column.numbers.zeros = 1;
        assert!(column.check().is_err());
        column = ColumnProfile::empty();
        column.numbers.infinite = (u64::MAX, 3);
        assert!(column.check().is_err());
    }
}
