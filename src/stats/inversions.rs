//! Pairs of values in descending order.

use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::filled;

/// Values merged between two looks at the cancel flag.
const POLL_VALUES: usize = 1 << 18;

/// Whether a pair of equal values counts.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ties {
    Counted,
    Excluded,
}

/// Sorts the values, counting the pairs that stood in descending order (and the tied ones).
pub(super) fn count_inversions<T: Copy + PartialOrd + Default>(
    values: &mut Vec<T>,
    ties: Ties,
    cancel: &Cancel,
) -> Result<u64> {
    let n = values.len();
    let mut merged = filled(T::default(), n)?;
    let mut count = 0;
    let mut width = 1;
    while width < n {
        for begin in (0..n).step_by(2 * width) {
            let middle = (begin + width).min(n);
            let end = (begin + 2 * width).min(n);
            let (mut left, mut right) = (begin, middle);
            for places in merged[begin..end].chunks_mut(POLL_VALUES) {
                cancel.check()?;
                for place in places {
                    let take_left = right == end
                        || left < middle
                            && (values[left] < values[right]
                                || ties == Ties::Excluded && values[left] == values[right]);
                    if take_left {
                        *place = values[left];
                        left += 1;
                    } else {
                        *place = values[right];
                        right += 1;
                        count += (middle - left) as u64;
                    }
                }
            }
        }
        std::mem::swap(values, &mut merged);
        width *= 2;
    }
    Ok(count)
}
