//! The area under the ROC curve.
//!
//! It is the chance that a positive row scores higher than a negative one, ties counted half
//! (Mann and Whitney, 1947); so positives and negatives are sorted apart and merged once.

use std::ops::Range;

use super::{BLOCK_ROWS, PARALLEL_ROWS};
use crate::data::ordered::Float;
use crate::data::sorting::sort_keys;
use crate::error::{Error, Result};
use crate::runtime::memory::reserved;
use crate::runtime::{Cancel, Workers};

/// The area under the ROC curve of `scores` for the rows where `positive` holds; NaN where rows
/// of either kind carry no weight.
///
/// O(n log n) time. Without weights the pairs are counted exactly, in integers.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] where lengths differ, [`crate::ErrorKind::Value`] for a score that
/// is NaN, [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// # Example
/// ```
/// use treering::{metrics::ranking::roc_auc, runtime::Workers};
/// let area = roc_auc(|row| row >= 2, &[0.1, 0.4, 0.35, 0.8], None, Workers::alone())?;
/// assert_eq!(area, 0.75);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn roc_auc(
    positive: impl Fn(usize) -> bool + Sync + Send,
    scores: &[f64],
    weights: Option<&[f64]>,
    workers: Workers<'_>,
) -> Result<f64> {
    if weights.is_some_and(|weights| weights.len() != scores.len()) {
        return Err(Error::shape("the number of sample weights", scores.len(), weights.map_or(0, <[f64]>::len)));
    }
    if let Some(row) = scores.iter().position(|score| score.is_nan()) {
        return Err(Error::value(format!("row {row} of y_score"), "NaN", "a number"));
    }
    if u32::try_from(scores.len()).is_err() {
        return Err(Error::shape("too many scores", u32::MAX as usize, scores.len()));
    }
    let cancel = workers.cancel();
    let workers = workers.alone_if(scores.len() < PARALLEL_ROWS);
    match weights {
        None => {
            let mut sorted = workers.map(2, |side| {
                let mut keys = reserved(scores.len())?;
                for rows in blocks(scores.len()) {
                    cancel.check()?;
                    keys.extend(rows.filter(|&row| positive(row) == (side == 1)).map(|row| scores[row].key()));
                }
                sort_keys(keys, cancel)
            })?;
            let (positives, negatives) = (sorted.pop().unwrap_or_default(), sorted.pop().unwrap_or_default());
            area_of_counts(&positives, &negatives, cancel)
        }
        Some(weights) => {
            let mut sorted = workers.map(2, |side| {
                let rows = (0..scores.len()).filter(|&row| positive(row) == (side == 1) && weights[row] != 0.0);
                let mut keys: Vec<(u64, f64)> = reserved(scores.len())?;
                keys.extend(rows.map(|row| (scores[row].key(), weights[row])));
                // Stable: equal scores keep the order of rows, and sums their order.
                keys.sort_by_key(|&(key, _)| key);
                Ok(keys)
            })?;
            let (positives, negatives) = (sorted.pop().unwrap_or_default(), sorted.pop().unwrap_or_default());
            Ok(area_of_weights(&positives, &negatives))
        }
    }
}

/// Rows by the number that is handled between two looks at the cancel flag.
fn blocks(rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(BLOCK_ROWS).map(move |first| first..rows.min(first + BLOCK_ROWS))
}

fn area_of_counts(positives: &[u64], negatives: &[u64], cancel: &Cancel) -> Result<f64> {
    let (mut below, mut upto) = (0, 0);
    let mut doubled: u128 = 0;
    for block in positives.chunks(BLOCK_ROWS) {
        cancel.check()?;
        for &score in block {
            while below < negatives.len() && negatives[below] < score {
                below += 1;
            }
            upto = upto.max(below);
            while upto < negatives.len() && negatives[upto] <= score {
                upto += 1;
            }
            doubled += (below + upto) as u128;
        }
    }
    let pairs = 2 * positives.len() as u128 * negatives.len() as u128;
    Ok(if pairs == 0 { f64::NAN } else { doubled as f64 / pairs as f64 })
}

fn area_of_weights(positives: &[(u64, f64)], negatives: &[(u64, f64)]) -> f64 {
    let positive_weight: f64 = positives.iter().map(|pair| pair.1).sum();
    let negative_weight: f64 = negatives.iter().map(|pair| pair.1).sum();
    if positive_weight == 0.0 || negative_weight == 0.0 {
        return f64::NAN;
    }
    let (mut next, mut below, mut area) = (0, 0.0, 0.0);
    let mut at = 0;
    while at < positives.len() {
        let score = positives[at].0;
        while next < negatives.len() && negatives[next].0 < score {
            below += negatives[next].1;
            next += 1;
        }
        let mut tied = 0.0;
        while next < negatives.len() && negatives[next].0 == score {
            tied += negatives[next].1;
            next += 1;
        }
        let mut weight = 0.0;
        while at < positives.len() && positives[at].0 == score {
            weight += positives[at].1;
            at += 1;
        }
        area += weight * (below + 0.5 * tied);
        below += tied;
    }
    area / positive_weight / negative_weight
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_area_is_the_share_of_ordered_pairs(rows in prop::collection::vec((any::<bool>(), -4i8..4, 0u8..4), 2..60)) {
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 2.0 * if row.2 == 0 { -1.0 } else { 1.0 }).collect();
            let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            let ones = vec![1.0; rows.len()];
            for (given, used) in [(None, &ones), (Some(weights.as_slice()), &weights)] {
                let (mut won, mut pairs) = (0.0, 0.0);
                for i in (0..rows.len()).filter(|&i| rows[i].0) {
                    for j in (0..rows.len()).filter(|&j| !rows[j].0) {
                        let share = if scores[i] > scores[j] { 1.0 } else if scores[i] == scores[j] { 0.5 } else { 0.0 };
                        won += used[i] * used[j] * share;
                        pairs += used[i] * used[j];
                    }
                }
                let area = roc_auc(|row| rows[row].0, &scores, given, Workers::alone())?;
                if pairs == 0.0 {
                    prop_assert!(area.is_nan());
                } else {
                    prop_assert!((area - won / pairs).abs() < 1e-14);
                }
            }
        }
    }

    #[test]
    fn nan_is_refused() {
        assert!(roc_auc(|row| row == 0, &[1.0, f64::NAN], None, Workers::alone()).is_err());
    }
}
