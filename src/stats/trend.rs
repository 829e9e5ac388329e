//! Whether an ordered series rises or falls, and how fast.
//!
//! The Mann–Kendall test asks whether later values tend to be greater or smaller than earlier ones
//! (Mann, "Nonparametric tests against trend", 1945; Kendall, "Rank correlation methods", 1948).
//! The slope is the median over all pairs (Theil, 1950; Sen, 1968). Neither assumes a shape or a
//! distribution, and a few wild values change little. Values are assumed to be independent.

use super::inversions::{Ties, count_inversions};
use super::normal::two_sided;
use crate::data::ordered::Float;
use crate::error::{Error, Result};
use crate::runtime::Cancel;
use crate::runtime::memory::reserved;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Kendall's τ-b between the values and their order, in −1..=1; 0 if all values are equal.
    pub tau: f64,
    /// How many pairs rise minus how many fall.
    pub s: i64,
    /// The variance of `s` if there is no trend, corrected for ties.
    pub variance: f64,
    /// The two-sided p-value.
    pub pvalue: f64,
    /// The median change per step over all pairs.
    pub slope: f64,
    /// Whether the p-value is exact.
    pub is_exact: bool,
}

/// Without ties the p-value is exact up to this length.
const LONGEST_EXACT: usize = 50;

/// Up to this length the slopes of all pairs are made; beyond, their median is searched for.
const LONGEST_ENUMERATED: usize = 512;

/// Tests a series for a trend.
///
/// The p-value is exact for at most 50 values without ties; otherwise `s`, brought one nearer to 0
/// for continuity, over its standard deviation is taken as normal. O(n log n). The slope is exact
/// for at most 512 values, and beyond as near as the values' rounding lets pairs be told apart.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] for fewer than two values; [`crate::ErrorKind::Value`] if one is not
/// finite, or beyond 10²⁹⁰; [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use treering::runtime::Cancel;
/// use treering::stats::trend::mann_kendall;
///
/// let trend = mann_kendall(&[1.0, 2.0, 4.0, 3.0, 5.0], &Cancel::new())?;
/// assert_eq!((trend.s, trend.slope, trend.is_exact), (8, 1.0, true));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn mann_kendall(values: &[f64], cancel: &Cancel) -> Result<Trend> {
    let n = values.len();
    if n < 2 || u32::try_from(n).is_err() {
        return Err(Error::shape(
            "the length of a series that is tested for a trend",
            if n < 2 { 2 } else { u32::MAX as usize },
            n,
        ));
    }
    let possible = -LARGEST_VALUE..=LARGEST_VALUE;
    if let Some((index, value)) = values.iter().enumerate().find(|(_, value)| !possible.contains(value)) {
        return Err(Error::value(
            format!("values, at index {index},"),
            value,
            "finite numbers, none beyond 1e290; drop the points that are missing",
        ));
    }
    let mut sorted = reserved(n)?;
    sorted.extend_from_slice(values);
    let falling = count_inversions(&mut sorted, Ties::Excluded, cancel)?;
    let pairs = pair_count(n);
    let mut tied = 0;
    let mut variance = variance_term(n);
    for run in sorted.chunk_by(|a, b| a == b) {
        tied += pair_count(run.len());
        variance -= variance_term(run.len());
    }
    variance /= 18.0;
    let rising = pairs - tied - falling;
    let s = rising as i64 - falling as i64;
    let tau = if tied == pairs { 0.0 } else { s as f64 / (pairs as f64 * (pairs - tied) as f64).sqrt() };
    let is_exact = tied == 0 && n <= LONGEST_EXACT;
    let pvalue = if s == 0 {
        1.0
    } else if is_exact {
        (2.0 * inversions_up_to(n, rising.min(falling) as usize)).min(1.0)
    } else {
        let z = (s.unsigned_abs() - 1) as f64 / variance.sqrt();
        two_sided(z)
    };
    let slope = if n <= LONGEST_ENUMERATED {
        median_of_all_slopes(values)
    } else {
        search_median_slope(values, falling, tied, cancel)?
    };
    Ok(Trend { tau, s, variance, pvalue, slope, is_exact })
}

fn pair_count(n: usize) -> u64 {
    n as u64 * (n as u64).saturating_sub(1) / 2
}

fn variance_term(n: usize) -> f64 {
    let n = n as f64;
    n * (n - 1.0) * (2.0 * n + 5.0)
}

/// Larger values have differences and slopes that double precision cannot hold.
const LARGEST_VALUE: f64 = 1e290;

/// The probability that a random order of `n` has at most `most` inversions.
fn inversions_up_to(n: usize, most: usize) -> f64 {
    let mut probabilities = vec![0.0; most + 1];
    probabilities[0] = 1.0;
    let mut sums = vec![0.0; most + 2];
    for length in 2..=n {
        // The value at place `length` adds 0 to length − 1 inversions, each as likely. In the tail
        // that is asked for the sums grow fast, so their differences lose next to nothing.
        for (inversions, probability) in probabilities.iter().enumerate() {
            sums[inversions + 1] = sums[inversions] + probability;
        }
        for (inversions, probability) in probabilities.iter_mut().enumerate() {
            let first = (inversions + 1).saturating_sub(length);
            *probability = (sums[inversions + 1] - sums[first]) / length as f64;
        }
    }
    probabilities.iter().sum()
}

fn median_of_all_slopes(values: &[f64]) -> f64 {
    let mut slopes = Vec::with_capacity(pair_count(values.len()) as usize);
    for (i, &early) in values.iter().enumerate() {
        slopes.extend(values[i + 1..].iter().enumerate().map(|(steps, &late)| (late - early) / (steps + 1) as f64));
    }
    let middle = slopes.len() / 2;
    let is_even = slopes.len() % 2 == 0;
    let (lower, &mut upper, _) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    if is_even { lower.iter().copied().fold(f64::NEG_INFINITY, f64::max).midpoint(upper) } else { upper }
}

/// The median slope by bisection: how many slopes are at most θ is how many pairs of y − θ·t stand
/// in descending order or are tied.
fn search_median_slope(values: &[f64], falling: u64, level: u64, cancel: &Cancel) -> Result<f64> {
    // Every slope lies between those of neighbours.
    let neighbours = values.windows(2).map(|pair| pair[1] - pair[0]);
    let (least, greatest) =
        neighbours.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), slope| (low.min(slope), high.max(slope)));
    let centre = values.len() as f64 / 2.0;
    let slope_of_rank = |rank: u64| -> Result<f64> {
        let (mut low, mut high) = (least, greatest);
        if rank < falling {
            high = high.min(0.0);
        } else if rank < falling + level {
            return Ok(0.0);
        } else {
            low = low.max(0.0);
        }
        loop {
            // Halving the number of floats between both ends takes 64 steps at most, however far a
            // few wild values have put these ends.
            let (low_key, high_key) = (low.key(), high.key());
            if high_key <= low_key + 1 {
                return Ok(high);
            }
            let middle = f64::from_key(low_key.midpoint(high_key));
            let mut tilted = reserved(values.len())?;
            tilted.extend(values.iter().enumerate().map(|(t, value)| value - middle * (t as f64 - centre)));
            if count_inversions(&mut tilted, Ties::Counted, cancel)? > rank {
                high = middle;
            } else {
                low = middle;
            }
        }
    };
    let pairs = pair_count(values.len());
    let upper = slope_of_rank(pairs / 2)?;
    if pairs % 2 == 1 { Ok(upper) } else { Ok(slope_of_rank(pairs / 2 - 1)?.midpoint(upper)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Stream;
    use proptest::prelude::*;

    fn trend(values: &[f64]) -> Trend {
        let failed = Trend { tau: f64::NAN, s: 0, variance: 0.0, pvalue: f64::NAN, slope: f64::NAN, is_exact: false };
        mann_kendall(values, &Cancel::new()).unwrap_or(failed)
    }

    #[test]
    fn a_wild_value_hardly_moves_the_slope_of_a_long_series() {
        for wild in [1e15, 1e20, 1e280, -1e280] {
            let mut values: Vec<f64> = (0..600).map(f64::from).collect();
            values[300] = wild;
            let slope = trend(&values).slope;
            assert!((slope - 1.0).abs() < 1e-12, "{wild}: {slope}");
        }
        assert!(mann_kendall(&[1.7e308, -1.7e308, 1.0], &Cancel::new()).is_err());
    }

    proptest! {
        #[test]
        fn pairs_are_counted(values in prop::collection::vec(-4i8..4, 2..40)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let mut s = 0;
            for (i, early) in values.iter().enumerate() {
                for late in &values[i + 1..] {
                    s += i64::from(late > early) - i64::from(late < early);
                }
            }
            let found = trend(&values);
            prop_assert_eq!(found.s, s);
            let reversed: Vec<f64> = values.iter().rev().copied().collect();
            prop_assert_eq!(trend(&reversed).s, -s);
            prop_assert_eq!(trend(&reversed).pvalue, found.pvalue);
        }
    }

    #[test]
    fn monotone_series_have_the_least_pvalue() {
        let rising: Vec<f64> = (0..6).map(f64::from).collect();
        let found = trend(&rising);
        assert_eq!((found.tau, found.s, found.slope), (1.0, 15, 1.0));
        assert!((found.pvalue - 2.0 / 720.0).abs() < 1e-17);
    }

    #[test]
    fn constant_series_have_no_trend() {
        let found = trend(&[0.7; 9]);
        assert_eq!((found.tau, found.s, found.pvalue, found.slope), (0.0, 0, 1.0, 0.0));
    }

    #[test]
    fn the_searched_slope_is_the_median_slope() {
        let mut stream = Stream::new(3);
        for (n, level) in [(600, 1e9), (701, 1e9), (650, 3.0)] {
            let values: Vec<f64> =
                (0..n).map(|t| (stream.uniform() * level).floor() / level + 0.001 * f64::from(t)).collect();
            let (found, expected) = (trend(&values).slope, median_of_all_slopes(&values));
            assert!((found - expected).abs() < 1e-14, "{found} {expected}");
        }
    }

    #[test]
    fn points_that_are_not_finite_are_named() {
        let error = mann_kendall(&[1.0, f64::NAN], &Cancel::new()).map_err(|error| error.to_string());
        assert!(error.is_err_and(|message| message.contains("index 1")));
    }
}
