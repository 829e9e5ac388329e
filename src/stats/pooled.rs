//! Two samples in one order: sorted together, and walked value by value.

use super::sort::{Column, Values};
use crate::data::ordered::Float;
use crate::error::{Error, Result};
use crate::runtime::{Cancel, Workers, thread_count};

/// From this many values on, each sample is sorted on a thread of its own.
const TWO_THREADS: usize = 1 << 16;

/// Both samples in ascending order; none if one of them contains NaN.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if a sample is empty or has 2³² values; [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
pub(super) fn sort_both(first: Column<'_>, second: Column<'_>, cancel: &Cancel) -> Result<Option<(Values, Values)>> {
    for (length, name) in [(first.len(), "the first sample is empty"), (second.len(), "the second sample is empty")] {
        if length == 0 {
            return Err(Error::shape(name, 1, 0));
        }
    }
    let threads = if first.len() + second.len() < TWO_THREADS { 1 } else { thread_count(None)?.min(2) };
    let mut sorted = Workers::new(threads, cancel)
        .map(2, |index| if index == 0 { first.sorted(cancel) } else { second.sorted(cancel) })?
        .into_iter();
    match (sorted.next(), sorted.next()) {
        (Some(first), Some(second)) if first.missing == 0 && second.missing == 0 => {
            Ok(Some((first.values, second.values)))
        }
        _ => Ok(None),
    }
}

/// How often a value occurs in two samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Group {
    pub(super) value: f64,
    pub(super) first: u64,
    pub(super) second: u64,
}

/// Visits the values of two sorted samples in ascending order. O(n₁ + n₂).
pub(super) fn each_group(first: &Values, second: &Values, visit: impl FnMut(Group)) {
    match (first, second) {
        (Values::F32(first), Values::F32(second)) => walk(first, second, visit),
        (Values::F32(first), Values::F64(second)) => walk(first, second, visit),
        (Values::F64(first), Values::F32(second)) => walk(first, second, visit),
        (Values::F64(first), Values::F64(second)) => walk(first, second, visit),
    }
}

fn walk<A: Float, B: Float>(first: &[A], second: &[B], mut visit: impl FnMut(Group)) {
    let (mut i, mut j) = (0, 0);
    loop {
        let value = match (first.get(i), second.get(j)) {
            (Some(a), Some(b)) => a.widen().min(b.widen()),
            (Some(a), None) => a.widen(),
            (None, Some(b)) => b.widen(),
            (None, None) => return,
        };
        let (from_i, from_j) = (i, j);
        while first.get(i).is_some_and(|a| a.widen() == value) {
            i += 1;
        }
        while second.get(j).is_some_and(|b| b.widen() == value) {
            j += 1;
        }
        visit(Group { value, first: (i - from_i) as u64, second: (j - from_j) as u64 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_are_the_counts_of_each_value(
            mut first in prop::collection::vec(0u8..9, 0..40), mut second in prop::collection::vec(0u8..9, 0..40),
        ) {
            first.sort_unstable();
            second.sort_unstable();
            let mut groups = Vec::new();
            let narrow = Values::F32(first.iter().map(|&value| f32::from(value)).collect());
            let wide = Values::F64(second.iter().map(|&value| f64::from(value)).collect());
            each_group(&narrow, &wide, |group| groups.push(group));
            prop_assert!(groups.is_sorted_by(|one, other| one.value < other.value));
            for value in 0..9 {
                let count = |sample: &[u8]| sample.iter().map(|&other| u64::from(other == value)).sum::<u64>();
                let found = groups.iter().find(|group| group.value == f64::from(value));
                prop_assert_eq!(found.map_or(0, |group| group.first), count(&first));
                prop_assert_eq!(found.map_or(0, |group| group.second), count(&second));
            }
        }
    }
}
