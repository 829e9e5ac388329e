//! Whether two vectors of counts come from one distribution over categories.
//!
//! Pearson's χ² test of homogeneity. Its limiting law needs counts that are not too small: where a
//! category is expected fewer than five times in either sample, the p-value comes from random
//! tables with the same margins instead (Hope, "A simplified Monte Carlo significance test
//! procedure", 1968), drawn under fixed keys, so that equal counts give equal p-values.

use statrs::function::factorial::ln_factorial;
use statrs::function::gamma::checked_gamma_ur;

use crate::error::{Error, Result};
use crate::runtime::{Cancel, Stream, mix};

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquared {
    /// Pearson's χ², without a continuity correction.
    pub statistic: f64,
    /// The probability of a statistic at least as large if both samples have one distribution.
    pub pvalue: f64,
    /// The categories that occur, less one.
    pub degrees_of_freedom: usize,
    /// Cramér's V: how far both distributions are apart, in 0..=1, whatever the sample sizes.
    pub cramers_v: f64,
    /// Whether the p-value comes from random tables.
    pub is_resampled: bool,
}

/// Below this expected count the p-value comes from random tables.
const LEAST_EXPECTED: f64 = 5.0;

/// How many random tables: p-values are multiples of 1/10,000.
const TABLES: u64 = 9_999;

const KEY: u64 = 0x6368_6932_3273_616d;

/// Counts are exact as floats below this total.
const LARGEST_TOTAL: u64 = 1 << 53;

/// Compares two samples of counts over the same categories, in the same order.
///
/// Categories that occur in neither sample are left out. O(k), or some 10,000 times that where
/// random tables are needed.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if the vectors differ in length; [`crate::ErrorKind::Value`] for a
/// negative count, a sample without observations, or 2⁵³ observations; [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use treering::runtime::Cancel;
/// use treering::stats::chi_squared::two_sample;
///
/// let test = two_sample(&[30, 70], &[50, 50], &Cancel::new())?;
/// assert!((test.statistic - 25.0 / 3.0).abs() < 1e-12 && test.pvalue < 0.01);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn two_sample(reference: &[i64], current: &[i64], cancel: &Cancel) -> Result<ChiSquared> {
    if reference.len() != current.len() {
        return Err(Error::shape("counts of the same categories", reference.len(), current.len()));
    }
    let n_reference = total(reference, "reference_counts")?;
    let n_current = total(current, "current_counts")?;
    let mut categories: Vec<Category> = reference
        .iter()
        .zip(current)
        .map(|(&in_reference, &in_current)| {
            Category::new(in_reference as u64, in_current as u64, n_reference, n_current)
        })
        .filter(|category| category.total > 0)
        .collect();
    let statistic: f64 = categories.iter().map(|category| category.term(category.in_reference)).sum();
    let degrees_of_freedom = categories.len() - 1;
    let is_resampled =
        degrees_of_freedom > 0 && categories.iter().any(|category| category.least_expected < LEAST_EXPECTED);
    let pvalue = if degrees_of_freedom == 0 {
        1.0
    } else if is_resampled {
        resampled_pvalue(&mut categories, n_reference, n_current, cancel)?
    } else {
        upper_tail(statistic, degrees_of_freedom)
    };
    let cramers_v = (statistic / (n_reference + n_current) as f64).sqrt().min(1.0);
    Ok(ChiSquared { statistic, pvalue, degrees_of_freedom, cramers_v, is_resampled })
}

fn total(counts: &[i64], name: &str) -> Result<u64> {
    if let Some((index, count)) = counts.iter().enumerate().find(|(_, count)| **count < 0) {
        return Err(Error::value(format!("{name}, at index {index},"), count, "counts, which are not negative"));
    }
    let total: u128 = counts.iter().map(|&count| count as u128).sum();
    match u64::try_from(total) {
        Ok(0) => Err(Error::value(name, "no observation", "at least one")),
        Ok(total) if total < LARGEST_TOTAL => Ok(total),
        _ => Err(Error::value(name, format!("{total} observations"), "fewer than 2^53")),
    }
}

/// P(χ² ≥ x).
fn upper_tail(x: f64, degrees_of_freedom: usize) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    checked_gamma_ur(degrees_of_freedom as f64 / 2.0, x / 2.0).map_or(f64::NAN, |tail| tail.clamp(0.0, 1.0))
}

struct Category {
    in_reference: u64,
    total: u64,
    expected: f64,
    least_expected: f64,
    /// 1 / expected in the reference + 1 / expected in the current sample.
    weight: f64,
}

impl Category {
    fn new(in_reference: u64, in_current: u64, n_reference: u64, n_current: u64) -> Self {
        let total = in_reference + in_current;
        let share = total as f64 / (n_reference + n_current) as f64;
        let (expected, other) = (n_reference as f64 * share, n_current as f64 * share);
        Self {
            in_reference,
            total,
            expected,
            least_expected: expected.min(other),
            weight: 1.0 / expected + 1.0 / other,
        }
    }

    /// What this category adds to χ² if the reference has `count` of it.
    fn term(&self, count: u64) -> f64 {
        let difference = count as f64 - self.expected;
        difference * difference * self.weight
    }
}

/// The share of tables, the observed one included, that are at least as uneven.
fn resampled_pvalue(categories: &mut [Category], n_reference: u64, n_current: u64, cancel: &Cancel) -> Result<f64> {
    // Rare categories are drawn first; what is left of the reference falls to the commonest.
    categories.sort_by_key(|category| category.total);
    let observed: f64 = categories.iter().map(|category| category.term(category.in_reference)).sum();
    let at_least = observed * (1.0 - 1e-12);
    let mut as_uneven = 1u64;
    for table in 0..TABLES {
        cancel.check()?;
        let mut stream = Stream::new(mix(KEY, table));
        let (mut left, mut open) = (n_reference + n_current, n_reference);
        let mut statistic = 0.0;
        for category in &*categories {
            let count = draw(&mut stream, left, category.total, open);
            statistic += category.term(count);
            left -= category.total;
            open -= count;
        }
        as_uneven += u64::from(statistic >= at_least);
    }
    Ok(as_uneven as f64 / (TABLES + 1) as f64)
}

/// Up to this many, members of a category are drawn one by one.
const DRAWN_ONE_BY_ONE: u64 = 48;

/// How many of `members` are among `open` places drawn without replacement from `population`.
fn draw(stream: &mut Stream, population: u64, members: u64, open: u64) -> u64 {
    if members == population {
        return open;
    }
    if members <= DRAWN_ONE_BY_ONE {
        let mut taken = 0;
        for drawn in 0..members {
            let chance = (open - taken) as f64 / (population - drawn) as f64;
            taken += u64::from(stream.uniform() < chance);
        }
        return taken;
    }
    draw_from_mode(stream, population, members, open)
}

/// The same by inversion: from the likeliest number outwards, some standard deviations far.
fn draw_from_mode(stream: &mut Stream, population: u64, members: u64, open: u64) -> u64 {
    let others = population - members;
    let least = open.saturating_sub(others);
    let most = members.min(open);
    let mode = (((members + 1) as u128 * (open + 1) as u128 / (population + 2) as u128) as u64).clamp(least, most);
    let ln_choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let at_mode = (ln_choose(members, mode) + ln_choose(others, open - mode) - ln_choose(population, open)).exp();
    // From count to count + 1.
    let ratio = |count: u64| {
        let above = (members - count) as f64 * (open - count) as f64;
        above / ((count + 1) as f64 * (others + count + 1 - open) as f64)
    };
    let mut rest = stream.uniform() - at_mode;
    let (mut low, mut high) = (mode, mode);
    let (mut at_low, mut at_high) = (at_mode, at_mode);
    while rest >= 0.0 && (low > least || high < most) {
        if high < most {
            at_high *= ratio(high);
            high += 1;
            rest -= at_high;
            if rest < 0.0 {
                return high;
            }
        }
        if low > least {
            low -= 1;
            at_low /= ratio(low);
            rest -= at_low;
            if rest < 0.0 {
                return low;
            }
        }
        if at_low + at_high == 0.0 {
            // Rounding has left a remainder that no number accounts for.
            break;
        }
    }
    mode
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(reference: &[i64], current: &[i64]) -> Result<ChiSquared> {
        two_sample(reference, current, &Cancel::new())
    }

    #[test]
    fn equal_shares_have_no_distance() -> Result<()> {
        let found = test(&[10, 0, 20, 30], &[20, 0, 40, 60])?;
        assert_eq!((found.statistic, found.pvalue, found.degrees_of_freedom), (0.0, 1.0, 2));
        let one = test(&[0, 7], &[0, 9])?;
        assert_eq!((one.pvalue, one.degrees_of_freedom, one.cramers_v), (1.0, 0, 0.0));
        Ok(())
    }

    #[test]
    fn rare_categories_are_resampled_to_the_exact_pvalue() -> Result<()> {
        // Fisher's exact test: tables of these margins at least as uneven as (3, 1), (1, 3).
        let found = test(&[3, 1], &[1, 3])?;
        assert!(found.is_resampled);
        let exact = 34.0 / 70.0;
        assert!((found.pvalue - exact).abs() < 4.0 * (exact * (1.0 - exact) / 10_000.0f64).sqrt(), "{}", found.pvalue);
        assert_eq!(test(&[3, 1], &[1, 3])?, found);
        Ok(())
    }

    #[test]
    fn both_ways_to_draw_have_the_hypergeometric_mean_and_variance() {
        let (population, members, open) = (1000u64, 40u64, 300u64);
        let mean = members as f64 * 0.3;
        let variance = mean * 0.7 * 960.0 / 999.0;
        for from_mode in [false, true] {
            let mut stream = Stream::new(9);
            let draws: Vec<f64> = (0..20_000)
                .map(|_| {
                    let draw = if from_mode { draw_from_mode } else { draw };
                    draw(&mut stream, population, members, open) as f64
                })
                .collect();
            let got = draws.iter().sum::<f64>() / 20_000.0;
            let spread = draws.iter().map(|x| (x - got).powi(2)).sum::<f64>() / 20_000.0;
            assert!((got - mean).abs() < 4.0 * (variance / 20_000.0).sqrt(), "{got} {mean}");
            assert!((spread / variance - 1.0).abs() < 0.05, "{spread} {variance}");
        }
    }

    #[test]
    fn counts_that_make_no_sense_are_refused() {
        assert!(test(&[1, 2], &[1]).is_err());
        assert!(test(&[1, -2], &[1, 1]).is_err());
        assert!(test(&[0, 0], &[1, 1]).is_err());
        assert!(test(&[], &[]).is_err());
        assert!(test(&[i64::MAX, 1], &[1, 1]).is_err());
    }
}
