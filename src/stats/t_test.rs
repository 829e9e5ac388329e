//! The two-sample t-test: whether two means differ, with one variance or two.
//!
//! References: Student, "The probable error of a mean", Biometrika 6 (1908); Welch, "The generalization of Student's
//! problem when several different population variances are involved", Biometrika 34 (1947).

use super::alternative::Alternative;
use super::describe::moments;
use super::moments::Moments;
use super::sort::Column;
use super::student::upper_tail;
use super::whole::{Whole, each_column};
use crate::error::{Error, Result};
use crate::runtime::Workers;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// The difference of the means, first less second, in standard errors.
    pub statistic: f64,
    /// The probability of a statistic as far as this if both means are one.
    pub pvalue: f64,
    /// The degrees of freedom, which Welch's need not be whole.
    pub freedom: f64,
    /// The difference of the means, first less second.
    pub difference: f64,
    /// Its standard error.
    pub standard_error: f64,
}

impl TTest {
    /// What samples with missing values give.
    pub const UNDEFINED: Self = Self {
        statistic: f64::NAN,
        pvalue: f64::NAN,
        freedom: f64::NAN,
        difference: f64::NAN,
        standard_error: f64::NAN,
    };
}

/// Compares the means of two samples, whose variances are one if `equal_variances` says so.
///
/// A sample that contains NaN gives [`TTest::UNDEFINED`]; samples that do not vary, or of one value each, have a
/// statistic that is infinite or NaN. O(n₁ + n₂), each value read once.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if a sample is empty; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Workers;
/// use treering::stats::alternative::Alternative;
/// use treering::stats::sort::Column;
/// use treering::stats::t_test::two_sample;
///
/// let (a, b) = (array![1.0, 2.0, 3.0], array![4.0, 6.0, 8.0]);
/// let (a, b) = (Column::F64(a.view()), Column::F64(b.view()));
/// let test = two_sample(a, b, false, Alternative::TwoSided, Workers::alone())?;
/// assert!((test.statistic + 3.098_386_676_965_933_4).abs() < 1e-12);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn two_sample<'a>(
    first: Column<'a>,
    second: Column<'a>,
    equal_variances: bool,
    alternative: Alternative,
    workers: Workers<'_>,
) -> Result<TTest> {
    for (sample, name) in [(first, "the first sample is empty"), (second, "the second sample is empty")] {
        if sample.is_empty() {
            return Err(Error::shape(name, 1, 0));
        }
    }
    let sizes = [first.len() as f64, second.len() as f64];
    let found = each_column(&[first, second], workers, |values| match values {
        Whole::F32(values) => moments(values, workers.cancel()),
        Whole::F64(values) => moments(values, workers.cancel()),
    })?;
    let [first, second] = &found[..] else { return Err(Error::internal("two samples have no two moments")) };
    if [first, second].iter().zip(sizes).any(|(sample, size)| sample.weight[0] < size) {
        return Ok(TTest::UNDEFINED);
    }
    Ok(compare(first, second, equal_variances, alternative))
}

/// Compares the first columns of two moments.
fn compare(first: &Moments, second: &Moments, equal_variances: bool, alternative: Alternative) -> TTest {
    let (m, n) = (first.weight[0], second.weight[0]);
    let difference = (first.mean[0] - second.mean[0]) + (first.mean_rest[0] - second.mean_rest[0]);
    let (squares_first, squares_second) = (first.squares[0], second.squares[0]);
    let (variance, freedom) = if equal_variances {
        let freedom = m + n - 2.0;
        ((squares_first + squares_second) / freedom * (1.0 / m + 1.0 / n), freedom)
    } else {
        let (one, other) = (squares_first / (m - 1.0) / m, squares_second / (n - 1.0) / n);
        // By shares, whose squares double precision holds.
        let share = one / (one + other);
        let freedom = 1.0 / (share * share / (m - 1.0) + (1.0 - share) * (1.0 - share) / (n - 1.0));
        (one + other, if freedom.is_nan() { 1.0 } else { freedom })
    };
    let standard_error = variance.sqrt();
    let statistic = difference / standard_error;
    let pvalue = match alternative {
        Alternative::TwoSided => 2.0 * upper_tail(statistic.abs(), freedom),
        Alternative::Less => upper_tail(-statistic, freedom),
        Alternative::Greater => upper_tail(statistic, freedom),
    };
    TTest { statistic, pvalue, freedom, difference, standard_error }
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayView1;

    use super::*;

    fn test(first: &[f64], second: &[f64], equal: bool, alternative: Alternative) -> TTest {
        let (first, second) = (Column::F64(ArrayView1::from(first)), Column::F64(ArrayView1::from(second)));
        two_sample(first, second, equal, alternative, Workers::alone()).unwrap_or(TTest::UNDEFINED)
    }

    #[test]
    fn sides_add_up() {
        let (a, b) = ([1.0, 2.0, 4.0, 9.0], [3.0, 3.5, 4.0]);
        for equal in [false, true] {
            let [less, greater, both] =
                [Alternative::Less, Alternative::Greater, Alternative::TwoSided].map(|side| test(&a, &b, equal, side));
            assert!((less.pvalue + greater.pvalue - 1.0).abs() < 1e-14);
            assert!((both.pvalue - 2.0 * less.pvalue.min(greater.pvalue)).abs() < 1e-14);
        }
    }

    #[test]
    fn an_offset_takes_no_digits() {
        let (a, b) = ([1.0, 2.0, 4.0, 9.0], [3.0, 3.5, 4.0]);
        let far = |sample: &[f64]| sample.iter().map(|value| value + 2.0_f64.powi(40)).collect::<Vec<_>>();
        let near = test(&a, &b, false, Alternative::TwoSided);
        let away = test(&far(&a), &far(&b), false, Alternative::TwoSided);
        assert!((near.statistic - away.statistic).abs() < 1e-10);
    }

    #[test]
    fn the_unit_changes_nothing() {
        let (a, b) = ([1.0, 2.0, 4.0], [3.0, 5.0, 9.0]);
        let plain = test(&a, &b, false, Alternative::TwoSided);
        for unit in [1e-90, 1e90] {
            let scaled = |sample: &[f64]| sample.iter().map(|value| value * unit).collect::<Vec<_>>();
            let found = test(&scaled(&a), &scaled(&b), false, Alternative::TwoSided);
            assert!((found.pvalue - plain.pvalue).abs() < 1e-12 && (found.freedom - plain.freedom).abs() < 1e-9);
        }
    }

    #[test]
    fn what_does_not_vary_is_apart_or_not() {
        let found = test(&[1.0, 1.0], &[2.0, 2.0], false, Alternative::TwoSided);
        assert_eq!((found.statistic, found.pvalue), (f64::NEG_INFINITY, 0.0));
        assert!(test(&[1.0, 1.0], &[1.0, 1.0], false, Alternative::TwoSided).pvalue.is_nan());
        assert!(test(&[1.0, f64::NAN], &[1.0, 1.0], true, Alternative::TwoSided).statistic.is_nan());
    }
}
