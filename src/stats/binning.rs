//! One rule of bins for all distances between shares: the reference's quantiles, and values that it often holds.

use super::order::order_statistics;
use super::sort::{Column, Values};
use super::whole::{Whole, each_column};
use crate::data::{PARALLEL_ELEMENTS, Real};
use crate::error::{Error, Result};
use crate::runtime::memory::filled;
use crate::runtime::{Cancel, Workers};

/// Values between two looks at the cancel flag.
const POLL_VALUES: usize = 1 << 18;

/// The most bins that can be asked for.
pub const MOST_BINS: usize = 1000;

/// The upper ends of all bins but the last, ascending: a bin holds what is above the end before it, up to its own.
///
/// They are the numbers at the shares 1/bins, 2/bins, ... of the reference, without interpolation. A number at two of
/// these places and more, 0 and 1 among them, fills a bin of its own: it is an end, and so is the number before it. The
/// first and the last bin are open, so that every number, infinite ones too, lies in one.
///
/// Fewer bins than asked for come of a reference with few distinct numbers; one bin, without an end, of an empty one.
pub type Ends = Vec<f64>;

/// The ends of bins of an unsorted reference; NaN is left out. O(n).
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for a number of bins outside 2 to [`MOST_BINS`]; [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Workers;
/// use treering::stats::binning::ends;
/// use treering::stats::sort::Column;
///
/// let values = array![4.0, 1.0, 3.0, 2.0, 5.0];
/// assert_eq!(ends(Column::F64(values.view()), 2, Workers::alone())?, [3.0]);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn ends(reference: Column<'_>, bins: usize, workers: Workers<'_>) -> Result<Ends> {
    check_bins(bins)?;
    let shares: Vec<f64> = (0..=bins).map(|place| place as f64 / bins as f64).collect();
    let found = order_statistics(&[reference], &shares, workers)?;
    let Some(found) = found.first().filter(|found| found.count > 0) else { return Ok(Vec::new()) };
    let last = found.count - 1;
    let numbers = found.around.iter().zip(&shares).enumerate().map(|(place, (&(low, high), share))| {
        // Rounding may put a place that is whole just below itself.
        if ((share * last as f64) as usize) < place_of(place, bins, last) { high } else { low }
    });
    Ok(ends_at(numbers))
}

/// The ends of bins of a sorted reference. O(bins).
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for a number of bins outside 2 to [`MOST_BINS`].
pub fn ends_of_sorted(reference: &Values, bins: usize) -> Result<Ends> {
    ends_by(bins, reference.len(), |place| reference.at(place))
}

/// The ends of bins of a reference of so many numbers, by their places in order, from 0 on.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for a number of bins outside 2 to [`MOST_BINS`].
pub fn ends_by(bins: usize, count: usize, number: impl Fn(usize) -> f64) -> Result<Ends> {
    check_bins(bins)?;
    let Some(last) = count.checked_sub(1) else { return Ok(Vec::new()) };
    Ok(ends_at((0..=bins).map(|place| number(place_of(place, bins, last)))))
}

/// The place that is `part` of `parts` of the way to `last`, rounded down.
fn place_of(part: usize, parts: usize, last: usize) -> usize {
    (part as u128 * last as u128 / parts as u128) as usize
}

fn check_bins(bins: usize) -> Result<()> {
    let are_possible = (2..=MOST_BINS).contains(&bins);
    if are_possible { Ok(()) } else { Err(Error::parameter("bins", format!("from 2 to {MOST_BINS}"), bins)) }
}

/// From the numbers at the ends of the shares, the reference's least and greatest among them.
fn ends_at(numbers: impl Iterator<Item = f64>) -> Ends {
    let numbers: Vec<f64> = numbers.collect();
    let mut ends = Vec::with_capacity(2 * numbers.len());
    let mut start = 0;
    while start < numbers.len() {
        let number = numbers[start];
        let stop = numbers[start..].iter().position(|&other| other != number).map_or(numbers.len(), |at| start + at);
        let is_inside = start > 0 && stop < numbers.len();
        if stop - start > 1 {
            let before = number.next_down();
            if ends.last().is_none_or(|&last| last < before) {
                ends.push(before);
            }
            ends.push(number);
        } else if is_inside {
            ends.push(number);
        }
        start = stop;
    }
    // Above the greatest number there is, and below the least, nothing can lie.
    ends.retain(|end| end.is_finite());
    ends
}

/// How many values lie in each bin, and how many are missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinCounts {
    /// A count for each bin, one more than there are ends.
    pub bins: Vec<u64>,
    /// How many are NaN.
    pub missing: u64,
}

/// Counts the values of every column in bins of its own ends, which ascend. O(log bins) for each value.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] unless every column has its ends; [`crate::ErrorKind::Value`] for ends that do not
/// ascend; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Workers;
/// use treering::stats::binning::counts;
/// use treering::stats::sort::Column;
///
/// let values = array![0.0, 3.0, 3.5, f64::INFINITY, f64::NAN];
/// let found = counts(&[Column::F64(values.view())], &[&[3.0]], Workers::alone())?;
/// assert_eq!((found[0].bins.as_slice(), found[0].missing), ([2, 2].as_slice(), 1));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn counts(columns: &[Column<'_>], ends: &[&[f64]], workers: Workers<'_>) -> Result<Vec<BinCounts>> {
    if ends.len() != columns.len() {
        return Err(Error::shape("the number of lists of ends", columns.len(), ends.len()));
    }
    if let Some(ends) = ends.iter().find(|ends| !ends.is_sorted_by(|one, next| one < next)) {
        return Err(Error::value("the ends of bins", format!("{ends:?}"), "numbers that ascend"));
    }
    let count = |number: usize| {
        let found = each_column(&columns[number..=number], workers.alone_if(true), |values| match values {
            Whole::F32(values) => count(values, ends[number], workers.cancel()),
            Whole::F64(values) => count(values, ends[number], workers.cancel()),
        })?;
        found.into_iter().next().ok_or_else(|| Error::internal("a column has no counts"))
    };
    let values = columns.iter().fold(0_usize, |sum, column| sum.saturating_add(column.len()));
    workers.alone_if(values < PARALLEL_ELEMENTS).map(columns.len(), count)
}

fn count<F: Real>(values: &[F], ends: &[f64], cancel: &Cancel) -> Result<BinCounts> {
    let mut bins = filled(0_u64, ends.len() + 1)?;
    let mut missing = 0;
    for piece in values.chunks(POLL_VALUES) {
        cancel.check()?;
        for &value in piece {
            let value: f64 = value.into();
            if value.is_nan() {
                missing += 1;
            } else {
                bins[ends.partition_point(|&end| end < value)] += 1;
            }
        }
    }
    Ok(BinCounts { bins, missing })
}

/// Counts sorted values in bins. O(bins log n).
pub fn counts_of_sorted(values: &Values, ends: &[f64]) -> Vec<u64> {
    let mut before = 0;
    let mut counts = Vec::with_capacity(ends.len() + 1);
    for &end in ends {
        let upto = values.up_to(end);
        counts.push((upto - before) as u64);
        before = upto;
    }
    counts.push((values.len() - before) as u64);
    counts
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    use super::*;

    fn ends_of(values: &[f64], bins: usize) -> Result<Ends> {
        ends(Column::F64(Array1::from(values.to_vec()).view()), bins, Workers::alone())
    }

    #[test]
    fn tens_of_a_hundred_make_ten_bins() -> Result<()> {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let ends = ends_of(&values, 10)?;
        assert_eq!(ends, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]);
        let found = counts(&[Column::F64(Array1::from(values).view())], &[&ends], Workers::alone())?;
        assert_eq!(found[0].bins, [10; 10]);
        Ok(())
    }

    #[test]
    fn whole_places_are_not_missed_by_rounding() -> Result<()> {
        let values: Vec<f64> = (0..91).map(f64::from).collect();
        assert_eq!(ends_of(&values, 10)?, [9.0, 18.0, 27.0, 36.0, 45.0, 54.0, 63.0, 72.0, 81.0]);
        let values: Vec<f64> = (0..101).map(f64::from).collect();
        assert_eq!(ends_of(&values, 100)?.len(), 99);
        Ok(())
    }

    #[test]
    fn a_number_that_occurs_often_has_a_bin_of_its_own() -> Result<()> {
        let ends = ends_of(&[5.0; 7], 10)?;
        assert_eq!(ends, [5.0_f64.next_down(), 5.0]);
        let now = array![4.0, 5.0, 5.0, 6.0];
        let found = counts(&[Column::F64(now.view())], &[&ends], Workers::alone())?;
        assert_eq!(found[0].bins, [1, 2, 1]);
        // Two values: a bin for each, one between them, and the open ones.
        let ends = ends_of(&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0], 4)?;
        assert_eq!(ends, [0.0_f64.next_down(), 0.0, 1.0_f64.next_down(), 1.0]);
        Ok(())
    }

    #[test]
    fn what_is_empty_or_infinite_has_one_bin() -> Result<()> {
        assert!(ends_of(&[], 10)?.is_empty() && ends_of(&[f64::NAN], 10)?.is_empty());
        assert_eq!(ends_of(&[f64::INFINITY; 3], 10)?, [f64::MAX]);
        assert!(ends_of(&[1.0], 1).is_err() && ends_of(&[1.0], MOST_BINS + 1).is_err());
        Ok(())
    }

    proptest! {
        #[test]
        fn every_value_lies_in_one_bin_and_sorting_changes_nothing(
            reference in prop::collection::vec(-5i8..5, 1..60), current in prop::collection::vec(-9i8..9, 0..60),
            bins in 2_usize..12,
        ) {
            let floats = |values: &[i8]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (reference, current) = (floats(&reference), floats(&current));
            let ends = ends_of(&reference, bins)?;
            prop_assert!(ends.is_sorted_by(|one, next| one < next));
            let array = Array1::from(current.clone());
            let found = counts(&[Column::F64(array.view())], &[&ends], Workers::alone())?.swap_remove(0);
            prop_assert_eq!(found.bins.iter().sum::<u64>() as usize, current.len());
            let sort = |mut values: Vec<f64>| {
                values.sort_unstable_by(f64::total_cmp);
                Values::F64(values)
            };
            prop_assert_eq!(counts_of_sorted(&sort(current), &ends), found.bins);
            prop_assert_eq!(ends_of_sorted(&sort(reference), bins)?, ends);
        }
    }
}
