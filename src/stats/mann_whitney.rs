//! The Mann–Whitney test: whether the values of one sample tend to be greater than those of another.
//!
//! References: Mann and Whitney, "On a test of whether one of two random variables is stochastically larger than the
//! other", Annals of Mathematical Statistics 18 (1947).

use super::alternative::Alternative;
use super::method::Method;
use super::normal::upper_tail;
use super::pooled::{each_group, sort_both};
use super::sort::{Column, Values};
use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::{cells, filled};

/// What is tested, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Speaks about values: [`Alternative::Less`] looks for lesser ones in the first sample.
    pub alternative: Alternative,
    /// How the p-value is computed.
    pub method: Method,
    /// Whether an asymptotic p-value takes half a step off the statistic.
    pub continuity: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { alternative: Alternative::TwoSided, method: Method::Auto, continuity: true }
    }
}

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// In how many pairs of values the first sample's is the greater one; ties count a half.
    pub statistic: f64,
    /// The probability of such a statistic if both samples come from one distribution; NaN if all values are equal and
    /// nothing is taken off for continuity.
    pub pvalue: f64,
}

impl MannWhitney {
    /// What a sample without values, or with missing ones, results in: NaN.
    pub const UNDEFINED: Self = Self { statistic: f64::NAN, pvalue: f64::NAN };
}

/// The size of the smaller sample up to which [`Method::Auto`] is exact, if no value occurs twice.
const MOST_EXACT: usize = 8;

/// So many steps of the recursion of an exact law take about a minute.
const MOST_STEPS: u128 = 1 << 36;

/// Compares two samples.
///
/// A sample that contains NaN gives [`MannWhitney::UNDEFINED`]. O(n₁ + n₂) for large samples, and (n₁·n₂)² / 2 for
/// an exact p-value.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if a sample is empty or has 2³² values; [`crate::ErrorKind::Parameter`] for an exact
/// p-value of samples that are too large for one; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Cancel;
/// use treering::stats::mann_whitney::{Options, two_sample};
/// use treering::stats::sort::Column;
///
/// let (a, b) = (array![19.0, 22.0, 16.0, 29.0, 24.0], array![20.0, 11.0, 17.0, 12.0]);
/// let (a, b) = (Column::F64(a.view()), Column::F64(b.view()));
/// let test = two_sample(a, b, Options::default(), &Cancel::new())?;
/// assert_eq!((test.statistic, (test.pvalue * 9.0).round()), (17.0, 1.0));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn two_sample(first: Column<'_>, second: Column<'_>, options: Options, cancel: &Cancel) -> Result<MannWhitney> {
    match sort_both(first, second, cancel)? {
        Some((first, second)) => compare_sorted(&first, &second, options, cancel),
        None => Ok(MannWhitney::UNDEFINED),
    }
}

/// Compares two sorted samples. An empty one gives [`MannWhitney::UNDEFINED`].
///
/// # Errors
/// As [`two_sample`], but for the shapes.
pub fn compare_sorted(first: &Values, second: &Values, options: Options, cancel: &Cancel) -> Result<MannWhitney> {
    let (n_first, n_second) = (first.len(), second.len());
    if n_first == 0 || n_second == 0 {
        return Ok(MannWhitney::UNDEFINED);
    }
    // Twice the number of pairs in which the first sample's value is greater: a tie counts one.
    let (mut twice, mut ties, mut passed_second) = (0_u128, 0_u128, 0_u64);
    each_group(first, second, |group| {
        twice += u128::from(group.first) * (2 * u128::from(passed_second) + u128::from(group.second));
        passed_second += group.second;
        let together = u128::from(group.first + group.second);
        ties += together * together * together - together;
    });
    cancel.check()?;
    let pairs = n_first as u128 * n_second as u128;
    let statistic = twice as f64 / 2.0;
    let (judged, sides) = match options.alternative {
        Alternative::Greater => (twice, 1.0),
        Alternative::Less => (2 * pairs - twice, 1.0),
        Alternative::TwoSided => (twice.max(2 * pairs - twice), 2.0),
    };
    let is_exact = match options.method {
        Method::Auto => n_first.min(n_second) <= MOST_EXACT && ties == 0,
        Method::Exact => true,
        Method::Asymptotic => false,
    };
    let tail = if is_exact {
        exact_tail(n_first, n_second, judged / 2, cancel)?
    } else {
        let (n, n_pairs) = ((n_first + n_second) as f64, pairs as f64);
        let deviation = (n_pairs / 12.0 * ((n + 1.0) - ties as f64 / (n * (n - 1.0)))).sqrt();
        let above = judged as f64 / 2.0 - n_pairs / 2.0 - if options.continuity { 0.5 } else { 0.0 };
        upper_tail(above / deviation)
    };
    Ok(MannWhitney { statistic, pvalue: (sides * tail).clamp(0.0, 1.0) })
}

/// The probability that at least `statistic` of all pairs have the greater value in the first sample.
fn exact_tail(n_first: usize, n_second: usize, statistic: u128, cancel: &Cancel) -> Result<f64> {
    let pairs = n_first as u128 * n_second as u128;
    // The law is symmetric: the shorter tail is summed.
    let other = pairs - statistic;
    let shorter = statistic.min(other);
    if pairs.saturating_mul(shorter) > MOST_STEPS {
        return Err(Method::refuse_exact(n_first, n_second));
    }
    let reach = shorter as usize;
    let law = lower_law(n_first.min(n_second), n_first.max(n_second), reach, cancel)?;
    let lower: f64 = law.iter().sum();
    Ok(if other <= statistic { lower } else { 1.0 - lower + law[reach] })
}

/// The probabilities of the statistics 0 to `reach` of samples of such sizes, by the recursion over the sample that
/// has the greatest value of all.
fn lower_law(few: usize, many: usize, reach: usize, cancel: &Cancel) -> Result<Vec<f64>> {
    let width = reach + 1;
    // A row for each size of the smaller sample; of the other one, the sizes take turns.
    let mut laws = filled(0.0, cells(few + 1, width)?)?;
    for row in laws.chunks_exact_mut(width) {
        row[0] = 1.0;
    }
    for other in 1..=many {
        cancel.check()?;
        for size in 1..=few {
            let (smaller, row) = laws[(size - 1) * width..(size + 1) * width].split_at_mut(width);
            let all = (size + other) as f64;
            let (keeps, takes) = (other as f64 / all, size as f64 / all);
            for probability in row.iter_mut() {
                *probability *= keeps;
            }
            // The greatest value is one of this sample: it is above all of the other.
            for (probability, before) in row.iter_mut().skip(other).zip(smaller) {
                *probability += takes * *before;
            }
        }
    }
    laws.drain(..few * width);
    Ok(laws)
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayView1;
    use proptest::prelude::*;

    use super::*;

    fn test(first: &[f64], second: &[f64], alternative: Alternative, method: Method) -> MannWhitney {
        let options = Options { alternative, method, continuity: method != Method::Asymptotic };
        let (first, second) = (Column::F64(ArrayView1::from(first)), Column::F64(ArrayView1::from(second)));
        two_sample(first, second, options, &Cancel::new()).unwrap_or(MannWhitney::UNDEFINED)
    }

    #[test]
    fn the_law_counts_all_orders() -> Result<()> {
        // Of 3 and 2 values: one order each with 0 and 1 pairs, two with 2, 3 and 4.
        let law = lower_law(2, 3, 6, &Cancel::new())?;
        for (probability, count) in law.iter().zip([1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 1.0]) {
            assert!((probability - count / 10.0).abs() < 1e-15);
        }
        Ok(())
    }

    #[test]
    fn equal_values_and_missing_ones_say_nothing() {
        let equal = test(&[1.0; 9], &[1.0; 12], Alternative::TwoSided, Method::Asymptotic);
        assert!(equal.statistic == 54.0 && equal.pvalue.is_nan());
        assert!(test(&[f64::NAN], &[1.0], Alternative::TwoSided, Method::Auto).statistic.is_nan());
    }

    proptest! {
        #[test]
        fn both_samples_share_the_pairs(
            first in prop::collection::vec(-9i32..9, 1..30), second in prop::collection::vec(-9i32..9, 1..30),
        ) {
            let floats = |sample: &[i32]| sample.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (first, second) = (floats(&first), floats(&second));
            for method in [Method::Auto, Method::Exact, Method::Asymptotic] {
                let one = test(&first, &second, Alternative::Less, method);
                let other = test(&second, &first, Alternative::Greater, method);
                prop_assert_eq!(one.statistic + other.statistic, (first.len() * second.len()) as f64);
                prop_assert!(one.pvalue.is_nan() || (one.pvalue - other.pvalue).abs() <= 1e-14);
                // Only the order counts.
                let moved: Vec<_> = [&first, &second].map(|sample| sample.iter().map(|value| value.exp()).collect::<Vec<_>>()).into();
                let again = test(&moved[0], &moved[1], Alternative::Less, method);
                prop_assert!(again == one || one.pvalue.is_nan() && again.statistic == one.statistic);
            }
        }
    }
}
