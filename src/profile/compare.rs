//! How far two profiled columns are apart: between which numbers for certain.

use super::categories::Categories;
use super::column::{ColumnProfile, Numbers};
use super::quantiles::Quantiles;
use crate::error::Result;
use crate::stats::binning::ends_by;
use crate::stats::divergence::{Divergence, bounds};

/// The numbers between which something lies for certain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// It is no less.
    pub low: f64,
    /// It is no more.
    pub high: f64,
}

impl Bounds {
    /// What nothing is known of.
    pub const UNDEFINED: Self = Self { low: f64::NAN, high: f64::NAN };
}

/// The Kolmogorov–Smirnov statistic: the greatest distance of both distribution functions. NaN if one has no numbers.
/// O(size log size).
pub fn kolmogorov_smirnov(first: &Quantiles, second: &Quantiles) -> Bounds {
    let mut found = Bounds { low: 0.0, high: 0.0 };
    let both = each_step(first, second, |_, at, behind| {
        found.low = found.low.max(at.low).max(behind.low);
        found.high = found.high.max(at.high).max(behind.high);
    });
    if both { found } else { Bounds::UNDEFINED }
}

/// How far numbers have to be moved on average (Wasserstein-1): the area between both distribution functions. NaN if one
/// has no numbers. O(size log size).
pub fn wasserstein(first: &Quantiles, second: &Quantiles) -> Bounds {
    let mut found = Bounds { low: 0.0, high: 0.0 };
    let mut before: Option<(f64, Bounds)> = None;
    let both = each_step(first, second, |value, _, behind| {
        if let Some((start, apart)) = before {
            let width = value - start;
            // Where both are surely one, nothing is moved, however far it is.
            found.low += if apart.low > 0.0 { width * apart.low } else { 0.0 };
            found.high += if apart.high > 0.0 { width * apart.high } else { 0.0 };
        }
        before = Some((value, behind));
    });
    if both { found } else { Bounds::UNDEFINED }
}

/// Visits all kept numbers in ascending order, with the distance of both functions there, and behind it up to the next;
/// false if one has no numbers.
fn each_step(first: &Quantiles, second: &Quantiles, mut visit: impl FnMut(f64, Bounds, Bounds)) -> bool {
    if first.count() == 0 || second.count() == 0 {
        return false;
    }
    let (m, n) = (first.count() as i128, second.count() as i128);
    let share = |apart: i128| apart as f64 / (m as f64 * n as f64);
    // In whole numbers: rounding must not put a bound on the other side of what it bounds.
    let apart = |(low, high): (u64, u64), (other_low, other_high): (u64, u64)| {
        let (low, high) = (low as i128 * n, high as i128 * n);
        let (other_low, other_high) = (other_low as i128 * m, other_high as i128 * m);
        Bounds {
            low: share((low - other_high).max(other_low - high).max(0)),
            high: share((high - other_low).max(other_high - low)),
        }
    };
    let (mut here, mut there) = (first.values().peekable(), second.values().peekable());
    loop {
        let value = match (here.peek(), there.peek()) {
            (Some(&one), Some(&other)) => one.min(other),
            (Some(&one), None) => one,
            (None, Some(&other)) => other,
            (None, None) => return true,
        };
        here.next_if_eq(&value);
        there.next_if_eq(&value);
        visit(value, apart(first.up_to(value), second.up_to(value)), apart(first.above(value), second.above(value)));
    }
}

/// The ends of bins of a profiled reference.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for a number of bins outside their range.
pub fn ends(reference: &Quantiles, bins: usize) -> Result<Vec<f64>> {
    ends_by(bins, reference.count() as usize, |place| reference.number_at(place as u64))
}

/// The binned distance of two columns: numbers in bins of the reference's quantiles, each category in its own, what is
/// missing in another. NaN if one has no values.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for bins or a smoothing outside their range.
pub fn divergence(
    reference: &ColumnProfile,
    current: &ColumnProfile,
    bins: usize,
    smoothing: f64,
    kind: Divergence,
) -> Result<Bounds> {
    let (mut before, mut now) = (Vec::new(), Vec::new());
    for (mine, theirs) in [(&reference.numbers, &current.numbers), (&reference.times, &current.times)] {
        if mine.count() + theirs.count() > 0 {
            let ends = ends(&mine.quantiles, bins)?;
            before.extend(binned(mine, &ends));
            now.extend(binned(theirs, &ends));
        }
    }
    if reference.texts.lost > 0 {
        // Of a category that the reference does not list, nothing is known in either.
        return Ok(Bounds::UNDEFINED);
    }
    by_category(&reference.texts, &current.texts, &mut before, &mut now);
    let exact = |column: &ColumnProfile| [column.truths.0, column.truths.1, column.others, column.missing];
    for (mine, theirs) in exact(reference).into_iter().zip(exact(current)) {
        if mine + theirs > 0 {
            before.push((mine, mine));
            now.push((theirs, theirs));
        }
    }
    let (low, high) = bounds(&before, reference.rows(), &now, current.rows(), smoothing, kind)?;
    Ok(Bounds { low, high })
}

/// Between which counts the number of values in each bin lies.
fn binned(numbers: &Numbers, ends: &[f64]) -> Vec<(u64, u64)> {
    if let Some(counts) = numbers.histogram.as_ref().and_then(|histogram| histogram.counts_at(ends)) {
        return counts.iter().map(|&count| (count, count)).collect();
    }
    let quantiles = &numbers.quantiles;
    let mut before = (0, 0);
    let cumulated = ends.iter().map(|&end| quantiles.up_to(end)).chain([(quantiles.count(), quantiles.count())]);
    cumulated
        .map(|(low, high)| {
            let counts = (low.saturating_sub(before.1), high - before.0);
            before = (low, high);
            counts
        })
        .collect()
}

/// Adds a bin for each category of the reference, which lists all of its own, and one for all others.
fn by_category(reference: &Categories, current: &Categories, before: &mut Vec<(u64, u64)>, now: &mut Vec<(u64, u64)>) {
    if reference.count + current.count == 0 {
        return;
    }
    // Counts of the current sample that are listed may be too small by what was lost, and those that are not listed too.
    let mut others = (current.count, current.count);
    for entry in reference.entries() {
        let listed = current.count_of(entry);
        let theirs = (listed, (listed + current.lost).min(current.count));
        before.push((entry.count, entry.count));
        now.push(theirs);
        others = (others.0.saturating_sub(theirs.1), others.1.saturating_sub(theirs.0));
    }
    if others.1 > 0 {
        before.push((0, 0));
        now.push(others);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, ArrayView1};
    use proptest::prelude::*;

    use super::*;
    use crate::runtime::Cancel;
    use crate::stats::ks::{Method, two_sample};
    use crate::stats::sort::Column;
    use crate::stats::wasserstein::{Distance, distance};

    fn summary(numbers: &[f64], size: usize) -> Quantiles {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Quantiles::of_sorted(&sorted, size).expect("made")
    }

    fn profiled(numbers: &[f64]) -> ColumnProfile {
        let array = Array1::from(numbers.to_vec());
        let (numbers, missing) = Numbers::of(Column::F64(array.view()), None, &Cancel::new()).expect("made");
        ColumnProfile { missing, numbers, ..ColumnProfile::empty() }
    }

    #[test]
    fn what_is_empty_is_undefined() {
        let (some, none) = (summary(&[1.0], 9), Quantiles::empty());
        assert!(kolmogorov_smirnov(&some, &none).low.is_nan() && wasserstein(&none, &some).high.is_nan());
    }

    #[test]
    fn bins_of_the_reference_are_exact_however_long_the_columns() -> Result<()> {
        let ramp = |start: i32, count: i32| (start..start + count).map(f64::from).collect::<Vec<_>>();
        let before = profiled(&ramp(0, 10_000));
        let ends = ends(&before.numbers.quantiles, 10)?;
        let array = Array1::from(ramp(5000, 10_000));
        let (numbers, missing) = Numbers::of(Column::F64(array.view()), Some(&ends), &Cancel::new())?;
        let now = ColumnProfile { missing, numbers, ..ColumnProfile::empty() };
        let found = divergence(&before, &now, 10, 0.0, Divergence::TotalVariation)?;
        assert!((found.low - found.high).abs() < 1e-15 && (found.low - 0.5).abs() < 1e-3, "{found:?}");
        Ok(())
    }

    #[test]
    fn categories_are_exact_and_others_share_a_bin() -> Result<()> {
        let texts = |texts: &[(&str, u64)]| ColumnProfile {
            texts: Categories::of(texts.iter().copied()),
            ..ColumnProfile::empty()
        };
        let (before, now) = (texts(&[("a", 6), ("b", 4)]), texts(&[("a", 2), ("b", 4), ("c", 3), ("d", 1)]));
        let found = divergence(&before, &now, 10, 0.0, Divergence::TotalVariation)?;
        assert!((found.low - 0.4).abs() < 1e-12 && (found.high - 0.4).abs() < 1e-12, "{found:?}");
        Ok(())
    }

    proptest! {
        #[test]
        fn the_exact_statistics_lie_between(
            first in prop::collection::vec(-9i8..9, 2..200), second in prop::collection::vec(-9i8..9, 2..200),
            size in 2_usize..40,
        ) {
            let floats = |sample: &[i8]| sample.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (first, second) = (floats(&first), floats(&second));
            let (one, other) = (summary(&first, size), summary(&second, size));
            let (a, b) = (Column::F64(ArrayView1::from(&first)), Column::F64(ArrayView1::from(&second)));
            let side = crate::stats::alternative::Alternative::TwoSided;
            let exact = two_sample(a, b, side, Method::Asymptotic, &Cancel::new())?.statistic;
            let found = kolmogorov_smirnov(&one, &other);
            prop_assert!(found.low <= exact + 1e-12 && exact <= found.high + 1e-12, "{found:?} {exact}");
            let exact = distance(a, b, Distance::Wasserstein, &Cancel::new())?;
            let found = wasserstein(&one, &other);
            prop_assert!(found.low <= exact + 1e-9 && exact <= found.high + 1e-9, "{found:?} {exact}");
        }

        #[test]
        fn small_columns_are_exact(
            first in prop::collection::vec(-9i8..9, 2..200), second in prop::collection::vec(-9i8..9, 2..200),
        ) {
            let floats = |sample: &[i8]| sample.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (first, second) = (profiled(&floats(&first)), profiled(&floats(&second)));
            for kind in [Divergence::Psi, Divergence::TotalVariation, Divergence::CramersV] {
                let found = divergence(&first, &second, 5, 0.5, kind)?;
                prop_assert!((found.high - found.low).abs() < 1e-12 && found.low >= 0.0);
            }
            let found = kolmogorov_smirnov(&first.numbers.quantiles, &second.numbers.quantiles);
            prop_assert!((found.high - found.low).abs() < 1e-12);
        }
    }
}
