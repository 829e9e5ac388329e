//! What can be said of one column.

use serde::{Deserialize, Serialize};

use super::categories::Categories;
use super::distinct::Distinct;
use super::moments::Moments;
use super::quantiles::Quantiles;
use crate::error::{Error, Result};
use crate::persistence::decoding::counted;
use crate::runtime::{Cancel, mix};
use crate::stats::binning::counts_of_sorted;
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
    /// Exact counts in the bins of a reference, if there is one.
    pub histogram: Option<Histogram>,
}

/// Counts in the bins of a reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The upper ends of all bins but the last, as in [`crate::stats::binning`].
    #[serde(deserialize_with = "counted")]
    ends: Vec<f64>,
    #[serde(deserialize_with = "counted")]
    counts: Vec<u64>,
}

impl Histogram {
    /// The counts, if the bins end there.
    pub fn counts_at(&self, ends: &[f64]) -> Option<&[u64]> {
        (self.ends == ends).then_some(&self.counts)
    }

    /// The counts of both, if their bins are the same.
    fn merged(&self, other: &Self) -> Option<Self> {
        let theirs = other.counts_at(&self.ends)?;
        let counts = self.counts.iter().zip(theirs).map(|(mine, theirs)| mine.saturating_add(*theirs)).collect();
        Some(Self { ends: self.ends.clone(), counts })
    }

    fn check(&self, count: u64) -> Result<()> {
        let sum = self.counts.iter().try_fold(0_u64, |sum, &count| sum.checked_add(count));
        let fits = self.counts.len() == self.ends.len() + 1
            && self.ends.is_sorted_by(|one, next| one < next)
            && self.ends.iter().all(|end| end.is_finite())
            && sum == Some(count);
        if fits { Ok(()) } else { Err(Error::model_file("the bins of a column do not hold together")) }
    }
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
            histogram: None,
        }
    }

    /// The numbers of a column, and how many are missing (NaN); counted in bins too, if `ends` says where these end.
    /// O(n), with a copy of the column.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] from 2³² values on; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn of(column: Column<'_>, ends: Option<&[f64]>, cancel: &Cancel) -> Result<(Self, u64)> {
        let sorted = column.sorted(cancel)?;
        let missing = sorted.missing as u64;
        let mut numbers = match &sorted.values {
            Values::F32(values) => Self::of_sorted(values)?,
            Values::F64(values) => Self::of_sorted(values)?,
        };
        numbers.histogram =
            ends.map(|ends| Histogram { ends: ends.to_vec(), counts: counts_of_sorted(&sorted.values, ends) });
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
            moments: moments_of(&sorted[start..stop]),
            quantiles: Quantiles::of_sorted(sorted, IN_THE_MAKING)?,
            distinct,
            histogram: None,
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
            histogram: self.merged_histogram(other),
        })
    }

    /// Counts in the same bins; of a part without numbers there are none to add.
    fn merged_histogram(&self, other: &Self) -> Option<Histogram> {
        match (&self.histogram, &other.histogram) {
            (Some(mine), Some(theirs)) => mine.merged(theirs),
            (Some(mine), None) if other.count() == 0 => Some(mine.clone()),
            (None, Some(theirs)) if self.count() == 0 => Some(theirs.clone()),
            _ => None,
        }
    }

    fn check(&self) -> Result<()> {
        self.quantiles.check()?;
        self.distinct.check()?;
        if let Some(histogram) = &self.histogram {
            histogram.check(self.count())?;
        }
        let infinite = self.infinite.0.checked_add(self.infinite.1);
        let finite = infinite.and_then(|infinite| self.count().checked_sub(infinite));
        let Moments { count, mean, second, fourth, .. } = self.moments;
        let fits = finite == Some(count)
            && self.zeros <= count
            && !(second < 0.0 || fourth < 0.0)
            && !(count == 0 && (mean != 0.0 || second != 0.0));
        if fits { Ok(()) } else { Err(Error::model_file("the numbers of a column do not hold together")) }
    }
}

/// The moments of sorted finite numbers: of one number alone exact, which rounding of a mean would not be.
fn moments_of<F: Copy + Into<f64>>(sorted: &[F]) -> Moments {
    match (sorted.first(), sorted.last()) {
        (Some(&first), Some(&last)) if first.into() == last.into() => {
            Moments { count: sorted.len() as u64, mean: first.into(), ..Moments::EMPTY }
        }
        _ => Moments::of(sorted),
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
        /// More rows than this are none.
        const MOST: u64 = 1 << 62;
        self.numbers.check()?;
        self.times.check()?;
        let counts = [self.missing, self.truths.0, self.truths.1, self.others, self.texts.count, self.rows()];
        if counts.iter().any(|&count| count >= MOST) {
            return Err(Error::model_file("a column has no possible number of values"));
        }
        let are_times = self.times.infinite == (0, 0)
            && self.times.quantiles.values().chain([self.times.moments.mean]).all(|time| time.abs() < LATEST);
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
        let (numbers, missing) = Numbers::of(Column::F64(values.view()), Some(&[0.0, 2.0]), &Cancel::new())?;
        let histogram = numbers.histogram.as_ref().and_then(|histogram| histogram.counts_at(&[0.0, 2.0]));
        assert_eq!(histogram, Some(&[3, 1, 2][..]));
        assert_eq!((missing, numbers.count(), numbers.infinite, numbers.zeros), (1, 6, (1, 2), 2));
        assert_eq!((numbers.moments.count, numbers.moments.mean), (3, 0.5));
        assert_eq!(numbers.distinct.count(numbers.count()), (4.0, true));
        numbers.check()?;
        let twice = numbers.merged(&numbers)?;
        assert_eq!((twice.count(), twice.distinct.count(12)), (12, (4.0, true)));
        let histogram = twice.histogram.as_ref().and_then(|histogram| histogram.counts_at(&[0.0, 2.0]));
        assert_eq!(histogram, Some(&[6, 2, 4][..]));
        assert_eq!(Numbers::empty().merged(&twice)?.histogram, twice.histogram);
        let other = Numbers::of(Column::F64(values.view()), Some(&[1.0]), &Cancel::new())?.0;
        assert_eq!(twice.merged(&other)?.histogram, None);
        twice.check()
    }

    #[test]
    fn single_precision_is_the_same_numbers() -> Result<()> {
        let (wide, narrow) = (array![0.5, 2.0, f64::NAN], array![0.5_f32, 2.0, f32::NAN]);
        let wide = Numbers::of(Column::F64(wide.view()), None, &Cancel::new())?;
        assert_eq!(wide, Numbers::of(Column::F32(narrow.view()), None, &Cancel::new())?);
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
