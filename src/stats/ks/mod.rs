//! The two-sample Kolmogorov–Smirnov test, with `SciPy`'s statistic, location, sign and p-value.
//!
//! * the statistic: one walk over both sorted samples, in whole numbers;
//! * the exact p-value: lattice paths, counted without cancellation;
//! * the asymptotic p-value: the one-sample law at the effective sample size, or Hodges' formula.
//!
//! Infinities are ordinary values here: the test uses nothing but the order.
//!
//! References: Hodges, "The significance probability of the Smirnov two-sample test", Arkiv för
//! Matematik 3 (1958); Simard and L'Ecuyer (2011); Viehmann (2021).

mod exact;
mod kolmogorov;
mod supremum;

pub(super) use exact::gcd;

use crate::error::{Error, Result};
use crate::runtime::Cancel;
use crate::stats::alternative::Alternative;
use crate::stats::pooled::sort_both;
use crate::stats::sort::{Column, Values};

/// How the p-value is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Exact up to 10,000 values in the larger sample, asymptotic beyond.
    Auto,
    /// Exact, where it is possible.
    Exact,
    /// Asymptotic.
    Asymptotic,
}

impl std::str::FromStr for Method {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Self::Auto),
            "exact" => Ok(Self::Exact),
            "asymp" => Ok(Self::Asymptotic),
            _ => Err(Error::parameter("method", "'auto', 'exact' or 'asymp'", format!("{name:?}"))),
        }
    }
}

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KsTest {
    /// The largest distance between both distribution functions, in 0..=1.
    pub statistic: f64,
    /// The probability of such a distance if both samples come from one continuous distribution.
    pub pvalue: f64,
    /// The observation at which the distance is reached.
    pub location: f64,
    /// 1 where the first distribution function is above the second there, −1 where it is below, 0
    /// in an undefined result.
    pub sign: i8,
    /// Whether an exact p-value was asked for, could not be had, and is an asymptotic one.
    pub fallback: bool,
}

impl KsTest {
    /// What a sample without values, or with missing ones, results in: NaN.
    pub const UNDEFINED: Self =
        Self { statistic: f64::NAN, pvalue: f64::NAN, location: f64::NAN, sign: 0, fallback: false };
}

/// `Method::Auto` is exact up to this many values in the larger sample.
const MOST_EXACT: usize = 10_000;

/// Compares two samples. The alternatives speak about distribution functions, not values: `Less` looks for F₁ < F₂
/// somewhere, where the first sample tends to be the greater one.
///
/// A sample that contains NaN gives [`KsTest::UNDEFINED`]. O(n₁ + n₂) for large samples, beside an
/// exact p-value of samples of different sizes: O(n₁·n₂·d).
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if a sample is empty or has 2³² values; [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Cancel;
/// use treering::stats::alternative::Alternative;
/// use treering::stats::ks::{Method, two_sample};
/// use treering::stats::sort::Column;
///
/// let (a, b) = (array![1.0, 2.0, 3.0, 4.0], array![3.0, 4.0, 5.0, 6.0]);
/// let (a, b) = (Column::F64(a.view()), Column::F64(b.view()));
/// let test = two_sample(a, b, Alternative::TwoSided, Method::Auto, &Cancel::new())?;
/// assert_eq!((test.statistic, test.location, test.sign), (0.5, 2.0, 1));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn two_sample(
    first: Column<'_>,
    second: Column<'_>,
    alternative: Alternative,
    method: Method,
    cancel: &Cancel,
) -> Result<KsTest> {
    match sort_both(first, second, cancel)? {
        Some((first, second)) => compare_sorted(&first, &second, alternative, method, cancel),
        None => Ok(KsTest::UNDEFINED),
    }
}

/// Compares two samples that are sorted and free of NaN, as [`Column::sorted`] makes them.
///
/// An empty one gives [`KsTest::UNDEFINED`]. O(n₁ + n₂), or O(n₂·log n₁) where the second sample
/// is much the smaller one, beside the p-value.
///
/// # Errors
/// [`crate::ErrorKind::Cancelled`].
pub fn compare_sorted(
    first: &Values,
    second: &Values,
    alternative: Alternative,
    method: Method,
    cancel: &Cancel,
) -> Result<KsTest> {
    let (n_first, n_second) = (first.len(), second.len());
    if n_first == 0 || n_second == 0 {
        return Ok(KsTest::UNDEFINED);
    }
    let found = match (first, second) {
        (Values::F32(first), Values::F32(second)) => supremum::extremes(first, second),
        (Values::F32(first), Values::F64(second)) => supremum::extremes(first, second),
        (Values::F64(first), Values::F32(second)) => supremum::extremes(first, second),
        (Values::F64(first), Values::F64(second)) => supremum::extremes(first, second),
    };
    cancel.check()?;
    let below = match alternative {
        Alternative::Less => true,
        Alternative::Greater => false,
        Alternative::TwoSided => found.below.distance > found.above.distance,
    };
    let (extreme, sign) = if below { (found.below, -1) } else { (found.above, 1) };
    let significance = significance(n_first, n_second, extreme.distance, alternative, method, cancel)?;
    Ok(KsTest {
        statistic: significance.statistic,
        pvalue: significance.pvalue,
        location: extreme.location,
        sign,
        fallback: significance.fallback,
    })
}

struct Significance {
    /// The statistic; in exact tests the nearest fraction that the sizes allow.
    statistic: f64,
    pvalue: f64,
    fallback: bool,
}

fn significance(
    n_first: usize,
    n_second: usize,
    d: f64,
    alternative: Alternative,
    method: Method,
    cancel: &Cancel,
) -> Result<Significance> {
    let common = gcd(n_first as u64, n_second as u64);
    let (steps_first, steps_second) = (n_first as u64 / common, n_second as u64 / common);
    // SciPy's limit for exact tests on demand: its least common multiples are 32 bits wide.
    let too_large = steps_first as f64 >= f64::from(i32::MAX) / steps_second as f64;
    let exact = match method {
        Method::Auto => n_first.max(n_second) <= MOST_EXACT,
        Method::Exact => !too_large,
        Method::Asymptotic => false,
    };
    if !exact {
        let pvalue = asymptotic(n_first, n_second, d, alternative);
        return Ok(Significance { statistic: d, pvalue, fallback: method == Method::Exact });
    }
    let multiple = (steps_first * n_second as u64) as f64;
    let h = (d * multiple).round_ties_even();
    let statistic = h / multiple;
    if h == 0.0 {
        return Ok(Significance { statistic, pvalue: 1.0, fallback: false });
    }
    Ok(match exact::pvalue(n_first, n_second, h as u64, alternative, cancel)? {
        Some(pvalue) => Significance { statistic, pvalue, fallback: false },
        None => {
            Significance { statistic, pvalue: asymptotic(n_first, n_second, statistic, alternative), fallback: true }
        }
    })
}

/// The two-sided p-value of a statistic of samples of these sizes, exact up to 10,000 values.
///
/// # Errors
/// [`crate::ErrorKind::Cancelled`].
pub fn pvalue_of(n_first: usize, n_second: usize, statistic: f64, cancel: &Cancel) -> Result<f64> {
    if n_first == 0 || n_second == 0 || statistic.is_nan() {
        return Ok(f64::NAN);
    }
    Ok(significance(n_first, n_second, statistic, Alternative::TwoSided, Method::Auto, cancel)?.pvalue)
}

fn asymptotic(n_first: usize, n_second: usize, d: f64, alternative: Alternative) -> f64 {
    let (m, n) = (n_first.max(n_second) as f64, n_first.min(n_second) as f64);
    let effective = m * n / (m + n);
    if alternative == Alternative::TwoSided {
        // One value against one has an effective size of ½, which rounds to 0: there is no such
        // law, and nothing can be said against the null hypothesis.
        let n = effective.round_ties_even();
        return if n < 1.0 { 1.0 } else { kolmogorov::sf(n, d) };
    }
    let z = effective.sqrt() * d;
    (-2.0 * z * z - 2.0 * z * (m + 2.0 * n) / (m * n * (m + n)).sqrt() / 3.0).exp().clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{ArrayView1, array};

    fn test(first: &[f64], second: &[f64], alternative: Alternative, method: Method) -> KsTest {
        let (first, second) = (Column::F64(ArrayView1::from(first)), Column::F64(ArrayView1::from(second)));
        two_sample(first, second, alternative, method, &Cancel::new()).unwrap_or(KsTest::UNDEFINED)
    }

    #[test]
    fn separated_samples_have_distance_one() {
        let (low, high) = ([1.0, 2.0, 3.0], [4.0, 5.0, f64::INFINITY]);
        let found = test(&low, &high, Alternative::TwoSided, Method::Auto);
        // Of C(6, 3) = 20 orders, 2 are separated.
        assert_eq!(found, KsTest { statistic: 1.0, pvalue: 0.1, location: 3.0, sign: 1, fallback: false });
        let found = test(&low, &high, Alternative::Less, Method::Auto);
        assert_eq!((found.statistic, found.pvalue, found.sign), (0.0, 1.0, -1));
    }

    #[test]
    fn float_widths_may_differ() {
        let (narrow, wide) = (array![0.5f32, 1.5, 2.5], array![0.5, 1.5, 2.5]);
        let (first, second) = (Column::F32(narrow.view()), Column::F64(wide.view()));
        let found = two_sample(first, second, Alternative::TwoSided, Method::Asymptotic, &Cancel::new());
        assert_eq!(found.map(|f| (f.statistic, f.pvalue)).ok(), Some((0.0, 1.0)));
    }

    #[test]
    fn missing_values_and_empty_samples() {
        assert!(test(&[1.0, f64::NAN], &[2.0], Alternative::TwoSided, Method::Auto).pvalue.is_nan());
        let empty = Column::F64(ArrayView1::from(&[]));
        let other = Column::F64(ArrayView1::from(&[1.0]));
        let failed = two_sample(empty, other, Alternative::TwoSided, Method::Auto, &Cancel::new());
        assert!(failed.is_err_and(|error| error.to_string().contains("the first sample is empty")));
    }

    #[test]
    fn the_number_of_paths_limits_one_sided_exact_tests() {
        let values: Vec<f64> = (0..2000).map(f64::from).collect();
        let found = test(&values[..900], &values[200..1000], Alternative::Greater, Method::Exact);
        assert!(found.fallback);
        let found = test(&values[..900], &values[200..1000], Alternative::TwoSided, Method::Exact);
        assert!(!found.fallback);
    }
}
