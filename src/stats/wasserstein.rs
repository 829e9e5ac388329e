//! How far two samples are apart, in the unit of their values.

use super::pooled::{each_group, sort_both};
use super::sort::{Column, Values};
use crate::error::Result;
use crate::runtime::Cancel;

/// A distance between two distribution functions F and G: an integral over the line of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// ∫ |F − G|: how far values have to be moved, on average (Wasserstein-1, the earth mover's distance).
    Wasserstein,
    /// √(2 ∫ (F − G)²) (Székely, "E-statistics: the energy of statistical samples", 2002).
    Energy,
}

/// The distance of two samples; NaN if one contains NaN.
///
/// Infinite if the samples have different shares of an infinity. O(n₁ + n₂) for large samples.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if a sample is empty or has 2³² values; [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Cancel;
/// use treering::stats::sort::Column;
/// use treering::stats::wasserstein::{Distance, distance};
///
/// let (a, b) = (array![0.0, 1.0, 3.0], array![5.0, 6.0, 8.0]);
/// let (a, b) = (Column::F64(a.view()), Column::F64(b.view()));
/// assert_eq!(distance(a, b, Distance::Wasserstein, &Cancel::new())?, 5.0);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn distance(first: Column<'_>, second: Column<'_>, kind: Distance, cancel: &Cancel) -> Result<f64> {
    let sorted = sort_both(first, second, cancel)?;
    Ok(sorted.map_or(f64::NAN, |(first, second)| between_sorted(&first, &second, kind)))
}

/// The distance of two sorted samples; NaN if one is empty. O(n₁ + n₂).
pub fn between_sorted(first: &Values, second: &Values, kind: Distance) -> f64 {
    if first.is_empty() || second.is_empty() {
        return f64::NAN;
    }
    let (sizes, mut passed) = ((first.len() as f64, second.len() as f64), (0, 0));
    let (mut sum, mut compensation, mut previous) = (0.0, 0.0, f64::NAN);
    each_group(first, second, |group| {
        let apart = (passed.0 as f64 / sizes.0 - passed.1 as f64 / sizes.1).abs();
        // Where both functions are equal, nothing is moved, however far the next value is.
        if apart > 0.0 {
            let height = if kind == Distance::Wasserstein { apart } else { apart * apart };
            // Of the two extremes of double precision the difference is no number that it holds.
            let width = group.value - previous;
            let area = if width.is_infinite() && previous.is_finite() && group.value.is_finite() {
                2.0 * (height * (group.value / 2.0 - previous / 2.0))
            } else {
                height * width
            };
            (sum, compensation) = add(sum, compensation, area);
        }
        passed.0 += group.first;
        passed.1 += group.second;
        previous = group.value;
    });
    let area = if sum.is_finite() { sum + compensation } else { sum };
    if kind == Distance::Wasserstein { area } else { 2.0_f64.sqrt() * area.sqrt() }
}

/// One step of a compensated sum (Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
/// Summen", 1974).
fn add(sum: f64, compensation: f64, term: f64) -> (f64, f64) {
    let total = sum + term;
    let lost = if sum.abs() >= term.abs() { (sum - total) + term } else { (term - total) + sum };
    (total, compensation + lost)
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayView1;
    use proptest::prelude::*;

    use super::*;

    fn between(first: &[f64], second: &[f64], kind: Distance) -> f64 {
        let (first, second) = (Column::F64(ArrayView1::from(first)), Column::F64(ArrayView1::from(second)));
        distance(first, second, kind, &Cancel::new()).unwrap_or(f64::NEG_INFINITY)
    }

    #[test]
    fn infinities_count_only_where_shares_differ() {
        let infinity = f64::INFINITY;
        for kind in [Distance::Wasserstein, Distance::Energy] {
            assert_eq!(between(&[1.0, infinity], &[1.0, infinity], kind), 0.0);
            assert_eq!(between(&[1.0, infinity], &[1.0, 1.0], kind), infinity);
            assert_eq!(between(&[-infinity], &[infinity], kind), infinity);
            assert!(between(&[1.0, f64::NAN], &[1.0], kind).is_nan());
        }
        assert_eq!(between(&[1.0, infinity], &[2.0, infinity], Distance::Wasserstein), 0.5);
        let most = f64::MAX;
        assert_eq!(between(&[-most, most], &[most, most], Distance::Wasserstein), most);
    }

    proptest! {
        #[test]
        fn distances_are_symmetric_and_move_with_the_unit(
            first in prop::collection::vec(-9.0..9.0_f64, 1..40), second in prop::collection::vec(-9.0..9.0_f64, 1..40),
        ) {
            for kind in [Distance::Wasserstein, Distance::Energy] {
                let apart = between(&first, &second, kind);
                prop_assert!(apart >= 0.0);
                prop_assert_eq!(between(&first, &first, kind), 0.0);
                prop_assert!((apart - between(&second, &first, kind)).abs() <= 1e-12);
                let fourfold = |sample: &[f64]| sample.iter().map(|value| 4.0 * value).collect::<Vec<_>>();
                let unit = if kind == Distance::Wasserstein { 4.0 } else { 2.0 };
                let moved = between(&fourfold(&first), &fourfold(&second), kind);
                prop_assert!((moved - unit * apart).abs() <= 1e-12 * (1.0 + moved));
            }
            // Sorted values of equal numbers are moved to one another.
            let count = first.len().min(second.len());
            let (mut a, mut b) = (first[..count].to_vec(), second[..count].to_vec());
            a.sort_unstable_by(f64::total_cmp);
            b.sort_unstable_by(f64::total_cmp);
            let mean = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum::<f64>() / count as f64;
            prop_assert!((between(&a, &b, Distance::Wasserstein) - mean).abs() <= 1e-12);
        }
    }
}
