//! The two-sample Anderson–Darling test: how far two distribution functions are apart, the more so in the tails.
//!
//! References: Scholz and Stephens, "K-sample Anderson–Darling tests", Journal of the American Statistical Association
//! 82 (1987); Anderson and Darling, "Asymptotic theory of certain goodness of fit criteria based on stochastic
//! processes", Annals of Mathematical Statistics 23 (1952).

use std::f64::consts::{FRAC_PI_2, PI};

use super::limit_law::alternating;
use super::pooled::{Group, each_group, sort_both};
use super::sort::{Column, Values};
use crate::error::{Error, Result};
use crate::runtime::Cancel;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AndersonDarling {
    /// Scholz and Stephens' T: the weighted distance, less its mean, in standard deviations.
    pub statistic: f64,
    /// The probability of a statistic at least as large if both samples have one distribution.
    pub pvalue: f64,
}

impl AndersonDarling {
    /// What samples with missing values, with too few values, or of one value alone, give.
    pub const UNDEFINED: Self = Self { statistic: f64::NAN, pvalue: f64::NAN };
}

/// How ties are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Half of the values that are equal lie below (equation 7 of Scholz and Stephens).
    Midrank,
    /// All of them do (equation 6).
    Right,
}

impl std::str::FromStr for Variant {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "midrank" => Ok(Self::Midrank),
            "right" => Ok(Self::Right),
            _ => Err(Error::parameter("variant", "'midrank' or 'right'", format!("{name:?}"))),
        }
    }
}

/// Of one sample beside another, critical values at which p-values are known (Scholz and Stephens, table 2, for two
/// samples), and these p-values.
#[allow(clippy::approx_constant)] // a quantile that begins as Euler's number does
const CRITICAL: [f64; 7] = [0.325, 1.226, 1.961, 2.718, 3.752, 4.592, 6.546];
const LEVELS: [f64; 7] = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];

/// Compares two samples that have four values together and more.
///
/// A sample that contains NaN, and samples of one value alone, give [`AndersonDarling::UNDEFINED`]. Between 0.25 and
/// 0.001 the p-value is interpolated from the table, as in `SciPy`; beyond, it is that of the limit law. O(n₁ + n₂) for
/// large samples.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if a sample is empty or has 2³² values; [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Cancel;
/// use treering::stats::anderson_darling::{Variant, two_sample};
/// use treering::stats::sort::Column;
///
/// let (a, b) = (array![1.0, 2.0, 3.0, 4.0], array![5.0, 6.0, 7.0, 8.0]);
/// let (a, b) = (Column::F64(a.view()), Column::F64(b.view()));
/// let test = two_sample(a, b, Variant::Midrank, &Cancel::new())?;
/// assert!(test.statistic > 3.0 && test.pvalue < 0.02);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn two_sample(first: Column<'_>, second: Column<'_>, variant: Variant, cancel: &Cancel) -> Result<AndersonDarling> {
    let sorted = sort_both(first, second, cancel)?;
    Ok(sorted.map_or(AndersonDarling::UNDEFINED, |(first, second)| compare_sorted(&first, &second, variant)))
}

/// Compares two sorted samples. O(n₁ + n₂).
pub fn compare_sorted(first: &Values, second: &Values, variant: Variant) -> AndersonDarling {
    let (n_first, n_second) = (first.len() as u64, second.len() as u64);
    let all = n_first + n_second;
    if n_first == 0 || n_second == 0 || all < 4 || first.ends() == second.ends() && is_constant(first) {
        return AndersonDarling::UNDEFINED;
    }
    let distance = distance(first, second, variant);
    let statistic = (distance - 1.0) / variance(n_first as f64, n_second as f64).sqrt();
    AndersonDarling { statistic, pvalue: pvalue(statistic) }
}

fn is_constant(values: &Values) -> bool {
    values.ends().is_some_and(|(least, most)| least == most)
}

/// The squared distance of both distribution functions, by its weight at each value.
fn distance(first: &Values, second: &Values, variant: Variant) -> f64 {
    let (n_first, n_second) = (first.len() as f64, second.len() as f64);
    let all = n_first + n_second;
    let (mut sum, mut passed) = (0.0, (0_u64, 0_u64));
    each_group(first, second, |Group { first, second, .. }| {
        let (before, together) = (passed, first + second);
        passed = (passed.0 + first, passed.1 + second);
        // Twice the ranks, so that halves are whole numbers.
        let (rank, rank_first) = match variant {
            Variant::Midrank => (2 * (before.0 + before.1) + together, 2 * before.0 + first),
            Variant::Right => (2 * (passed.0 + passed.1), 2 * passed.0),
        };
        let (rank, rank_first, tied) = (rank as f64 / 2.0, rank_first as f64 / 2.0, together as f64);
        let spread = match variant {
            Variant::Midrank => rank * (all - rank) - all * tied / 4.0,
            Variant::Right => rank * (all - rank),
        };
        // Behind the last value nothing is apart.
        if spread > 0.0 {
            let apart = all * rank_first - rank * n_first;
            sum += tied / all * (apart * apart) / spread;
        }
    });
    let scale = if variant == Variant::Midrank { (all - 1.0) / all } else { 1.0 };
    scale * sum * (1.0 / n_first + 1.0 / n_second)
}

/// The variance of the distance (equation 4 of Scholz and Stephens, for two samples).
fn variance(n_first: f64, n_second: f64) -> f64 {
    let all = n_first + n_second;
    let inverse = 1.0 / n_first + 1.0 / n_second;
    let (h, squares) = harmonic_sums(all as u64 - 1);
    // What the authors write as a double sum.
    let g = squares - 2.0 * h / all;
    let a = (4.0 * g - 6.0) + (10.0 - 6.0 * g) * inverse;
    let b = (2.0 * g - 4.0) * 4.0 + 16.0 * h + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h + 4.0 * g - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * 4.0 + (4.0 * h - 4.0 * g + 6.0) * 2.0 + (2.0 * h - 6.0) * inverse + 4.0 * h;
    let d = (2.0 * h + 6.0) * 4.0 - 8.0 * h;
    // By falling powers of the number of values, so that none is beyond double precision.
    (a + (b + (c + d / all) / all) / all) / ((1.0 - 1.0 / all) * (1.0 - 2.0 / all) * (1.0 - 3.0 / all))
}

/// The sums of 1/i and of 1/i² for i from 1 to `n`.
fn harmonic_sums(n: u64) -> (f64, f64) {
    const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;
    /// Beyond, their expansions are exact to the last digits.
    const MOST_SUMMED: u64 = 1000;
    if n <= MOST_SUMMED {
        let each = || (1..=n).rev().map(|i| 1.0 / i as f64);
        return (each().sum(), each().map(|inverse| inverse * inverse).sum());
    }
    let n = n as f64;
    let harmonic = n.ln() + EULER_GAMMA + 1.0 / (2.0 * n) - 1.0 / (12.0 * n * n) + 1.0 / (120.0 * n.powi(4));
    let squares = PI * PI / 6.0 - 1.0 / n + 1.0 / (2.0 * n * n) - 1.0 / (6.0 * n.powi(3)) + 1.0 / (30.0 * n.powi(5));
    (harmonic, squares)
}

/// The probability of so large a statistic.
fn pvalue(statistic: f64) -> f64 {
    if statistic.is_nan() {
        return f64::NAN;
    }
    // The limit of the distance has mean 1 and this variance.
    let limit = upper_tail(1.0 + statistic * (2.0 * (PI * PI - 9.0) / 3.0).sqrt());
    if statistic < CRITICAL[0] {
        return limit.max(LEVELS[0]);
    }
    if statistic > CRITICAL[6] {
        return limit.min(LEVELS[6]);
    }
    interpolated(statistic)
}

/// The exponential of the parabola that is nearest to the logarithms of the table's p-values.
fn interpolated(statistic: f64) -> f64 {
    // Least squares about the middle of the table, by orthogonal polynomials.
    let count = CRITICAL.len() as f64;
    let mean = CRITICAL.iter().sum::<f64>() / count;
    let first = |x: f64| x - mean;
    let squares: f64 = CRITICAL.iter().map(|&x| first(x).powi(2)).sum();
    let skew = CRITICAL.iter().map(|&x| first(x).powi(3)).sum::<f64>() / squares;
    let second = |x: f64| first(x) * (first(x) - skew) - squares / count;
    let second_squares: f64 = CRITICAL.iter().map(|&x| second(x).powi(2)).sum();
    let (mut constant, mut linear, mut quadratic) = (0.0, 0.0, 0.0);
    for (&x, level) in CRITICAL.iter().zip(LEVELS) {
        constant += level.ln() / count;
        linear += level.ln() * first(x) / squares;
        quadratic += level.ln() * second(x) / second_squares;
    }
    (constant + linear * first(statistic) + quadratic * second(statistic)).exp()
}

/// The probability that the limit of the distance exceeds `x`.
fn upper_tail(x: f64) -> f64 {
    /// Below, the law has no more than 1e-15.
    const LEAST: f64 = 0.035;
    if x < LEAST {
        return 1.0;
    }
    // The transform's poles are the numbers k (k + 1) for whole k: as a square less one, in quarters.
    let tail = alternating(|interval, side| {
        let root = 4.0 * interval + side;
        let pole = (root * root - 1.0) / 4.0;
        (-x * pole / 2.0).exp() * root / (2.0 * (PI * pole * (FRAC_PI_2 * side).cos()).sqrt())
    });
    tail.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayView1;
    use proptest::prelude::*;

    use super::*;

    fn test(first: &[f64], second: &[f64], variant: Variant) -> AndersonDarling {
        let (first, second) = (Column::F64(ArrayView1::from(first)), Column::F64(ArrayView1::from(second)));
        two_sample(first, second, variant, &Cancel::new()).unwrap_or(AndersonDarling::UNDEFINED)
    }

    #[test]
    fn published_points_of_the_limit_law() {
        // Anderson and Darling, "A test of goodness of fit", 1954, for 10 and 5 percent; for 1 percent they print 3.857,
        // and Marsaglia and Marsaglia, "Evaluating the Anderson-Darling distribution", 2004, more digits.
        for (level, x) in [(0.1, 1.933), (0.05, 2.492), (0.01, 3.878_125)] {
            let tail = upper_tail(x);
            assert!((tail / level - 1.0).abs() < 1e-3, "{tail} for {level}");
        }
        assert!(upper_tail(400.0) > 0.0 && upper_tail(400.0) < 1e-170);
    }

    #[test]
    fn sums_are_those_of_the_paper() {
        for n in [4_u64, 9, 700] {
            let (harmonic, squares) = harmonic_sums(n - 1);
            let nested: f64 =
                (1..n - 1).map(|i| (i + 1..n).map(|j| 1.0 / ((n - i) as f64 * j as f64)).sum::<f64>()).sum();
            assert!((nested - (squares - 2.0 * harmonic / n as f64)).abs() < 1e-12, "{n}");
        }
        // Both ways to add up meet.
        let (below, above) = (harmonic_sums(1000), harmonic_sums(1001));
        assert!((above.0 - below.0 - 1.0 / 1001.0).abs() < 1e-14);
        assert!((above.1 - below.1 - 1.0 / 1001.0_f64.powi(2)).abs() < 1e-15);
    }

    #[test]
    fn pvalues_fall() {
        let pvalues: Vec<f64> = (-12..120).map(|step| pvalue(f64::from(step) / 10.0)).collect();
        assert!(pvalues.is_sorted_by(|one, next| one >= next), "{pvalues:?}");
        assert!(pvalues[0] > 0.999 && pvalues[131] < 1e-4);
    }

    #[test]
    fn what_does_not_vary_is_undefined() {
        assert!(test(&[1.0, 1.0], &[1.0, 1.0], Variant::Midrank).statistic.is_nan());
        assert!(test(&[1.0, 2.0], &[1.0], Variant::Midrank).statistic.is_nan());
        assert!(test(&[1.0, f64::NAN, 2.0], &[1.0, 3.0], Variant::Midrank).pvalue.is_nan());
        assert!(test(&[1.0, 1.0], &[2.0, 2.0], Variant::Right).statistic.is_finite());
    }

    proptest! {
        #[test]
        fn samples_can_be_exchanged(
            first in prop::collection::vec(-9i32..9, 2..30), second in prop::collection::vec(-9i32..9, 2..30),
        ) {
            let floats = |sample: &[i32]| sample.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (first, second) = (floats(&first), floats(&second));
            for variant in [Variant::Midrank, Variant::Right] {
                let (one, other) = (test(&first, &second, variant), test(&second, &first, variant));
                prop_assert!(one == other || one.statistic.is_nan() || (one.statistic - other.statistic).abs() <= 1e-9);
                prop_assert!(one.pvalue.is_nan() || (0.0..=1.0).contains(&one.pvalue));
            }
        }
    }
}
