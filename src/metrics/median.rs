//! The median of absolute errors, by selection; with weights, by sorting.
//!
//! Errors are never negative, so their bits are in their order. One reading counts them by their
//! leading bits, which tells where the median must lie; a second one gathers the few errors that
//! begin with these bits, and the median is selected among them.

use super::regression::Predictions;
use super::{BLOCK_ROWS, PARALLEL_ROWS};
use crate::data::sorting::sort_keys;
use crate::error::Result;
use crate::runtime::Workers;
use crate::runtime::memory::{filled, reserved};
use crate::stats::order::weighted_places;

/// Errors are counted by so many bits after the sign: the exponent and three more.
const LEADING_BITS: u32 = 14;

/// The median |y − ŷ| of each output. With weights it is where half of the weight lies below: the
/// mean of two errors where both are such places (type 2 of Hyndman and Fan, "Sample quantiles in
/// statistical packages", 1996).
///
/// `None` for what scikit-learn shall judge, as in [`Predictions`].
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub fn median_errors(predictions: &Predictions<'_>, workers: Workers<'_>) -> Result<Option<Vec<f64>>> {
    let mut medians = Vec::with_capacity(predictions.outputs());
    for output in 0..predictions.outputs() {
        let output = predictions.output(output);
        let median = match output.weights() {
            Some(weights) => weighted_median(&output, weights, workers)?,
            None => median(&output, workers)?,
        };
        match median {
            Some(median) if median.is_finite() => medians.push(median),
            _ => return Ok(None),
        }
    }
    Ok(Some(medians))
}

fn leading(error: f64) -> usize {
    (error.to_bits() >> (63 - LEADING_BITS)) as usize
}

fn median(output: &Predictions<'_>, workers: Workers<'_>) -> Result<Option<f64>> {
    let rows = output.rows();
    if rows == 0 {
        return Ok(None);
    }
    let workers = workers.alone_if(rows < PARALLEL_ROWS);
    let blocks = rows.div_ceil(BLOCK_ROWS);
    let (low, high) = ((rows - 1) / 2, rows / 2);
    let mut range = 0..=usize::MAX;
    let (mut before, mut count) = (0, rows);
    if blocks > 1 {
        let Some(counts) = counts_by_leading_bits(output, blocks, workers)? else { return Ok(None) };
        let mut places = (0, 0);
        let mut seen = 0;
        for (place, &count) in counts.iter().enumerate() {
            if seen <= low {
                (places.0, before) = (place, seen);
            }
            if seen <= high {
                places.1 = place;
            }
            seen += count;
        }
        range = places.0..=places.1;
        count = counts[range.clone()].iter().sum();
    }
    let mut gathered = reserved(count)?;
    let mut valid = true;
    let gather = |block| {
        let mut few: Vec<f64> = Vec::new();
        let valid = output.absolute_errors(block, |_, errors| {
            few.extend(errors.iter().filter(|&&error| range.contains(&leading(error))));
        });
        Ok((few, valid))
    };
    workers.fold(blocks, gather, |(few, all)| {
        valid &= all;
        gathered.extend(few);
    })?;
    // Another thread may have written into the targets between the readings.
    if !valid || gathered.len() != count {
        return Ok(None);
    }
    let (below, &mut upper, _) = gathered.select_nth_unstable_by(high - before, f64::total_cmp);
    let lower = if low == high { upper } else { below.iter().copied().fold(0.0, f64::max) };
    Ok(Some(lower.midpoint(upper)))
}

/// How many errors begin with each pattern of bits.
fn counts_by_leading_bits(output: &Predictions<'_>, blocks: usize, workers: Workers<'_>) -> Result<Option<Vec<usize>>> {
    let count = |block| {
        let mut counts = filled(0u32, 1 << LEADING_BITS)?;
        let valid = output.absolute_errors(block, |_, errors| {
            for &error in errors {
                counts[leading(error)] += 1;
            }
        });
        Ok((counts, valid))
    };
    let mut total = filled(0usize, 1 << LEADING_BITS)?;
    let mut valid = true;
    workers.fold(blocks, count, |(counts, all)| {
        valid &= all;
        total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count as usize);
    })?;
    Ok(valid.then_some(total))
}

fn weighted_median(output: &Predictions<'_>, weights: &[f64], workers: Workers<'_>) -> Result<Option<f64>> {
    let rows = output.rows();
    if rows == 0 || u32::try_from(rows).is_err() {
        return Ok(None);
    }
    let mut errors: Vec<(u64, u32)> = reserved(rows)?;
    for block in 0..rows.div_ceil(BLOCK_ROWS) {
        workers.cancel().check()?;
        let all = output.absolute_errors(block, |start, piece| {
            errors.extend(piece.iter().zip(start as u32..).map(|(error, row)| (error.to_bits(), row)));
        });
        if !all {
            return Ok(None);
        }
    }
    let errors = sort_keys(errors, workers.cancel())?;
    let error = |place: usize| f64::from_bits(errors[place].0);
    let mut sums = reserved(rows)?;
    let mut sum = 0.0;
    sums.extend(errors.iter().map(|&(_, row)| {
        sum += weights[row as usize];
        sum
    }));
    let (place, next) = weighted_places(&sums, 0.5);
    Ok(Some(error(place).midpoint(error(next))))
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test fails by panicking
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::targets::Targets;

    fn median_of(errors: &[f64], weights: Option<&[f64]>, threads: usize) -> Option<f64> {
        let truth = Array2::from_shape_vec((errors.len(), 1), errors.to_vec()).expect("one column");
        let zeros = Array2::<f64>::zeros((errors.len(), 1));
        let predictions =
            Predictions::new(Targets::F64(truth.view()), Targets::F64(zeros.view()), weights).expect("valid");
        let medians = median_errors(&predictions, Workers::unstoppable(threads)).expect("not stopped");
        medians.map(|medians| medians[0])
    }

    fn by_sorting(errors: &[f64]) -> f64 {
        let mut sorted: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
        sorted.sort_by(f64::total_cmp);
        sorted[(sorted.len() - 1) / 2].midpoint(sorted[sorted.len() / 2])
    }

    proptest! {
        #[test]
        fn a_median_stands_in_the_middle(errors in prop::collection::vec(-5.0..5.0_f64, 1..50)) {
            prop_assert_eq!(median_of(&errors, None, 1), Some(by_sorting(&errors)));
            prop_assert_eq!(median_of(&errors, Some(&vec![2.0; errors.len()]), 1), Some(by_sorting(&errors)));
        }
    }

    #[test]
    fn many_rows_are_counted_first() {
        for rows in [BLOCK_ROWS + 1, 3 * BLOCK_ROWS + 7, 4 * BLOCK_ROWS] {
            // Spread, all alike, two far apart around the middle, most of them zero.
            let kinds: [fn(usize, usize) -> f64; 4] = [
                |row, _| (row as f64 * 0.618).fract() - 0.4,
                |_, _| 7.0,
                |row, rows| if row < rows / 2 { 1e-9 } else { 1e9 },
                |row, rows| if row < rows / 2 { -0.0 } else { row as f64 },
            ];
            for kind in kinds {
                let errors: Vec<f64> = (0..rows).map(|row| kind(row, rows)).collect();
                for threads in [1, 3] {
                    assert_eq!(median_of(&errors, None, threads), Some(by_sorting(&errors)));
                }
            }
        }
    }

    #[test]
    fn rows_of_no_weight_are_passed_over() {
        assert_eq!(median_of(&[1.0, 2.0, 3.0, 9.0], Some(&[1.0, 0.0, 1.0, 0.0]), 1), Some(2.0));
        assert_eq!(median_of(&[1.0, 2.0, 3.0], Some(&[0.0, 0.0, 5.0]), 1), Some(3.0));
        assert_eq!(median_of(&[4.0, 2.0, 3.0], Some(&[1.0, 5.0, 1.0]), 1), Some(2.0));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let mut errors = vec![1.0; 2 * BLOCK_ROWS];
        errors[BLOCK_ROWS + 5] = f64::NAN;
        assert_eq!(median_of(&errors, None, 2), None);
        assert_eq!(median_of(&errors, Some(&vec![1.0; errors.len()]), 2), None);
    }
}
