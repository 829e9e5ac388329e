//! The two-sample Cramér–von Mises test: how far two distribution functions are apart everywhere, not at one place.
//!
//! References: Anderson, "On the distribution of the two-sample Cramér–von Mises criterion", Annals of Mathematical
//! Statistics 33 (1962); Xiao, Gordon and Yakovlev, "A C++ program for the Cramér–von Mises two-sample test", Journal
//! of Statistical Software 17 (2006).

use std::cmp::Ordering;
use std::f64::consts::{FRAC_PI_2, PI};

use super::ks::gcd;
use super::limit_law::alternating;
use super::method::Method;
use super::pooled::{each_group, sort_both};
use super::sort::{Column, Values};
use crate::error::{Error, Result};
use crate::runtime::Cancel;
use crate::runtime::memory::make_room;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CramerVonMises {
    /// Anderson's T: the squared distance of both distribution functions, summed over all values, by its weight.
    pub statistic: f64,
    /// The probability of such a distance if both samples come from one continuous distribution.
    pub pvalue: f64,
}

impl CramerVonMises {
    /// What a sample of fewer than two values, or with missing ones, results in: NaN.
    pub const UNDEFINED: Self = Self { statistic: f64::NAN, pvalue: f64::NAN };
}

/// The size of the larger sample up to which [`Method::Auto`] is exact.
const MOST_EXACT: usize = 20;

/// The exact law of samples with so many pairs of values takes about a minute.
const MOST_PAIRS: f64 = 4096.0;

/// Compares two samples of two values and more.
///
/// A sample that contains NaN gives [`CramerVonMises::UNDEFINED`]. O(n₁ + n₂) for large samples, beside an exact
/// p-value, whose tables grow with n₁·n₂ and the number of distances that there are.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if a sample is empty or has 2³² values; [`crate::ErrorKind::Parameter`] for an exact
/// p-value of more than 4,096 pairs of values; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Cancel;
/// use treering::stats::cramer_von_mises::two_sample;
/// use treering::stats::method::Method;
/// use treering::stats::sort::Column;
///
/// let (a, b) = (array![1.0, 2.0, 3.0], array![4.0, 5.0, 6.0]);
/// let (a, b) = (Column::F64(a.view()), Column::F64(b.view()));
/// let test = two_sample(a, b, Method::Auto, &Cancel::new())?;
/// assert_eq!(((test.statistic * 36.0).round(), test.pvalue), (19.0, 0.1));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn two_sample(first: Column<'_>, second: Column<'_>, method: Method, cancel: &Cancel) -> Result<CramerVonMises> {
    match sort_both(first, second, cancel)? {
        Some((first, second)) => compare_sorted(&first, &second, method, cancel),
        None => Ok(CramerVonMises::UNDEFINED),
    }
}

/// Compares two sorted samples. Fewer than two values in one give [`CramerVonMises::UNDEFINED`].
///
/// # Errors
/// As [`two_sample`], but for the shapes.
pub fn compare_sorted(first: &Values, second: &Values, method: Method, cancel: &Cancel) -> Result<CramerVonMises> {
    let (n_first, n_second) = (first.len(), second.len());
    if n_first < 2 || n_second < 2 {
        return Ok(CramerVonMises::UNDEFINED);
    }
    // Of each value: how far its rank in both samples together, less that in its own, is from where it would be. Four
    // times their squares are whole numbers.
    let (mut squares_first, mut squares_second, mut passed) = (0_u128, 0_u128, (0_u64, 0_u64));
    each_group(first, second, |group| {
        squares_first += squares(group.first, passed.1, group.first + group.second);
        squares_second += squares(group.second, passed.0, group.first + group.second);
        passed = (passed.0 + group.first, passed.1 + group.second);
    });
    cancel.check()?;
    let (m, n) = (n_first as f64, n_second as f64);
    let (pairs, all) = (m * n, m + n);
    let weighted = m * (squares_first as f64 / 4.0) + n * (squares_second as f64 / 4.0);
    let statistic = weighted / (pairs * all) - (4.0 * pairs - 1.0) / (6.0 * all);
    if method == Method::Exact && pairs > MOST_PAIRS {
        return Err(Method::refuse_exact(n_first, n_second));
    }
    let is_exact = match method {
        Method::Auto => n_first.max(n_second) <= MOST_EXACT,
        Method::Exact => true,
        Method::Asymptotic => false,
    };
    let pvalue = if is_exact {
        let fourfold = n_first as u128 * squares_first + n_second as u128 * squares_second;
        exact(n_first as u128, n_second as u128, fourfold, cancel)?
    } else {
        let mean = (1.0 + 1.0 / all) / 6.0;
        let variance =
            (all + 1.0) * (4.0 * pairs * all - 3.0 * (m * m + n * n) - 2.0 * pairs) / (45.0 * all * all * 4.0 * pairs);
        upper_tail(1.0 / 6.0 + (statistic - mean) / (45.0 * variance).sqrt())
    };
    Ok(CramerVonMises { statistic, pvalue })
}

/// Four times the sum, over `own` tied values of one sample, of the squares of what their mean rank among all is above
/// their rank in the sample. `others` values of the other sample come before; `together` are tied.
fn squares(own: u64, others: u64, together: u64) -> u128 {
    // Twice a difference is `2 others + together + 1 - 2 i` for i = 1 to own: an arithmetic series.
    let (own, first) = (i128::from(own), 2 * i128::from(others) + i128::from(together) + 1);
    let (sum, sum_of_squares) = (own * (own + 1) / 2, own * (own + 1) * (2 * own + 1) / 6);
    (own * first * first - 4 * first * sum + 4 * sum_of_squares).unsigned_abs()
}

/// How often each distance occurs among the orders so far, in ascending order of the distances.
type Frequencies = Vec<(u128, f64)>;

/// The share of all orders of `m` and `n` different values whose sum of squares is at least a quarter of `fourfold`.
fn exact(m: u128, n: u128, fourfold: u128, cancel: &Cancel) -> Result<f64> {
    let common = u128::from(gcd(m as u64, n as u64));
    let (a, b) = (n / common, m / common);
    let multiple = a * m;
    let pairs = m * n;
    // What the recursion counts, of the sum of squares; both are whole numbers of 4 · 6 · pairs².
    let excess = (6 * fourfold).saturating_sub(4 * pairs * (4 * pairs - 1));
    let bound = multiple.checked_mul(multiple).and_then(|square| square.checked_mul((m + n) * excess));
    let least = bound.ok_or_else(|| Error::memory(u128::MAX))? / (24 * pairs * pairs);
    let mut columns: Vec<Frequencies> = Vec::new();
    make_room(&mut columns, m as usize + 1)?;
    columns.resize(m as usize + 1, Vec::new());
    columns[0].push((0, 1.0));
    for u in 0..=n {
        for v in 0..columns.len() {
            cancel.check()?;
            let before = v.checked_sub(1).map_or(&[][..], |place| &columns[place]);
            let mut merged = merge(before, &columns[v])?;
            let apart = (a * v as u128).abs_diff(b * u);
            for (distance, _) in &mut merged {
                *distance += apart * apart;
            }
            columns[v] = merged;
        }
    }
    let last = columns.pop().unwrap_or_default();
    let all: f64 = last.iter().map(|(_, count)| count).sum();
    let far: f64 = last.iter().filter(|(distance, _)| *distance >= least).map(|(_, count)| count).sum();
    Ok(far / all)
}

fn merge(first: &[(u128, f64)], second: &[(u128, f64)]) -> Result<Frequencies> {
    let mut merged = Vec::new();
    make_room(&mut merged, first.len() + second.len())?;
    let (mut i, mut j) = (0, 0);
    while let (Some(&(one, count)), Some(&(other, other_count))) = (first.get(i), second.get(j)) {
        match one.cmp(&other) {
            Ordering::Less => {
                merged.push((one, count));
                i += 1;
            }
            Ordering::Greater => {
                merged.push((other, other_count));
                j += 1;
            }
            Ordering::Equal => {
                merged.push((one, count + other_count));
                (i, j) = (i + 1, j + 1);
            }
        }
    }
    merged.extend_from_slice(&first[i..]);
    merged.extend_from_slice(&second[j..]);
    Ok(merged)
}

/// The probability that the limit of the statistic exceeds `x`. Tails keep their digits.
fn upper_tail(x: f64) -> f64 {
    /// Below, the law has no more than 1e-18.
    const LEAST: f64 = 0.003;
    if x.is_nan() || x < LEAST {
        return if x.is_nan() { x } else { 1.0 };
    }
    // The transform's poles are the squares of multiples of pi.
    let tail = alternating(|interval, side| {
        let root = (2.0 * interval - 0.5) * PI + FRAC_PI_2 * side;
        (-x * root * root / 2.0).exp() / (root * (FRAC_PI_2 * side).cos()).sqrt()
    });
    tail.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayView1;
    use proptest::prelude::*;

    use super::*;

    fn test(first: &[f64], second: &[f64], method: Method) -> CramerVonMises {
        let (first, second) = (Column::F64(ArrayView1::from(first)), Column::F64(ArrayView1::from(second)));
        two_sample(first, second, method, &Cancel::new()).unwrap_or(CramerVonMises::UNDEFINED)
    }

    #[test]
    fn published_points_of_the_limit_law() {
        // Anderson and Darling, "Asymptotic theory of certain goodness of fit criteria", 1952, table 1.
        for (level, x) in [(0.5, 0.11888), (0.1, 0.34730), (0.05, 0.46136), (0.01, 0.74346), (0.001, 1.16786)] {
            let tail = upper_tail(x);
            assert!((tail / level - 1.0).abs() < 2e-4, "{tail} for {level}");
        }
        assert_eq!(upper_tail(0.001), 1.0);
        assert!(upper_tail(100.0) > 0.0 && upper_tail(100.0) < 1e-200);
    }

    proptest! {
        #[test]
        fn samples_can_be_exchanged(
            first in prop::collection::vec(-9i32..9, 2..8), second in prop::collection::vec(-9i32..9, 2..8),
        ) {
            let floats = |sample: &[i32]| sample.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (first, second) = (floats(&first), floats(&second));
            for method in [Method::Exact, Method::Asymptotic] {
                let (one, other) = (test(&first, &second, method), test(&second, &first, method));
                prop_assert!((one.statistic - other.statistic).abs() <= 1e-12);
                prop_assert!((one.pvalue - other.pvalue).abs() <= 1e-12);
                prop_assert!((0.0..=1.0).contains(&one.pvalue));
            }
        }
    }
}
