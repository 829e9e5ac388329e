//! Whether two vectors of counts come from one distribution over categories.
//!
//! Pearson's χ² test of homogeneity. Its limiting law needs counts that are not too small, and the
//! larger ones the further out in its tail a p-value lies, where corrections for many tests look.
//! So the p-value is conditional on the margins, but for counts that are large enough:
//!
//! * two categories: exact, the sum of the hypergeometric chances of all tables at least as uneven;
//! * more, of which one is expected fewer than five times in either sample, or too seldom for how
//!   small the p-value is: random tables with the same margins (Hope, "A simplified Monte Carlo significance test
//!   procedure", 1968), drawn under keys made of the margins, so that equal counts give equal
//!   p-values. Until 400 were as uneven (Besag and Clifford, "Sequential Monte Carlo p-values",
//!   1991), but at most 9,999, and ten times as many where fewer than ten of those were;
//! * more, and a single category so far off that no number of tables would show it: Bonferroni's
//!   bound over the categories' exact tails.
//!
//! No p-value comes more often than it says, on average over the keys: with the margins given, that
//! of random tables carries the error of their number. A fixed number of tables rejects at a level α with a
//! chance of at most α. Of two numbers, the first decides alone from p = 11/10,000 on, and where it
//! leaves the decision to the second its own p-value is smaller; so at any α, what rejects would
//! also be rejected by one of the numbers, the same one for all data. The tails are reported up to
//! ε = 10⁻⁶ only, and ε is added to what the tables say: both reject with a chance of at most
//! ε + (α − ε).

use statrs::function::gamma::checked_gamma_ur;

use crate::error::{Error, Result};
use crate::runtime::{Cancel, Stream, mix};

use super::hypergeometric::Urn;

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
    /// Where the p-value comes from.
    pub method: Method,
}

/// Where a p-value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The χ² law.
    Asymptotic,
    /// All tables with the same margins.
    Exact,
    /// Random tables with the same margins.
    Resampled,
    /// The exact chance of the category that is furthest off, times the number of categories.
    Bounded,
}

impl Method {
    /// The method's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asymptotic => "asymptotic",
            Self::Exact => "exact",
            Self::Resampled => "resampled",
            Self::Bounded => "bounded",
        }
    }
}

/// Below this expected count the χ² law is not relied on at all.
const LEAST_EXPECTED: f64 = 5.0;

/// Above this standard deviation of a count a walk through all tables takes too long, and the χ²
/// law is exact enough for any p-value.
const LARGEST_DEVIATION: f64 = 1e5;

/// Whether the χ² law gives a p-value to some ten percent where the rarest count is so large.
///
/// At z standard deviations the tail of a count of mean λ is off by a factor of about
/// exp(±z³ / 6√λ), which both sides of the test share; z² is at most −2 ln p.
fn is_reliable(least_expected: f64, pvalue: f64) -> bool {
    least_expected >= LEAST_EXPECTED && (-2.0 * pvalue.ln()).powf(1.5) <= 3.0 * least_expected.sqrt()
}

/// How many random tables.
const TABLES: u64 = 9_999;

/// How many where fewer than [`ENOUGH`] of the first were as uneven.
const MORE_TABLES: u64 = 99_999;

/// So many tables as uneven as the observed one need no second round.
const ENOUGH: u64 = 10;

/// So many end the first round: they tell the p-value, which is above 0.04 then, to one part in
/// twenty.
const PLENTY: u64 = 400;

/// The part of every level that is spent on the categories' own tails.
const SPENT_ON_TAILS: f64 = 1e-6;

const KEY: u64 = 0x6368_6932_3273_616d;

/// Counts are exact as floats below this total.
const LARGEST_TOTAL: u64 = 1 << 53;

/// Compares two samples of counts over the same categories, in the same order.
///
/// Categories that occur in neither sample are left out. O(k) for the χ² law; an exact p-value takes
/// some 70 standard deviations of a count, and 10,000 random tables (100,000 where the p-value is
/// below 0.001) about one standard deviation for each category.
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
    let least_expected = categories.iter().map(|category| category.least_expected).fold(f64::INFINITY, f64::min);
    let asymptotic = upper_tail(statistic, degrees_of_freedom);
    let (pvalue, method) = match categories.as_slice() {
        [_] => (1.0, Method::Exact),
        [first, _] if least_expected.sqrt() <= LARGEST_DEVIATION => {
            (first.tail(n_reference, n_current, cancel)?, Method::Exact)
        }
        _ if !is_reliable(least_expected, asymptotic) && least_expected.sqrt() <= LARGEST_DEVIATION => {
            match bounded_pvalue(&categories, n_reference, n_current, cancel)? {
                bound if bound <= SPENT_ON_TAILS => (bound, Method::Bounded),
                _ => (resampled_pvalue(&mut categories, n_reference, n_current, cancel)?, Method::Resampled),
            }
        }
        _ => (asymptotic, Method::Asymptotic),
    };
    let cramers_v = (statistic / (n_reference + n_current) as f64).sqrt().min(1.0);
    Ok(ChiSquared { statistic, pvalue, degrees_of_freedom, cramers_v, method })
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

    /// The exact chance that this category alone is as far from what is expected, either way.
    fn tail(&self, n_reference: u64, n_current: u64, cancel: &Cancel) -> Result<f64> {
        Urn { population: n_reference + n_current, members: self.total, open: n_reference }
            .tail(self.in_reference, cancel)
    }
}

/// The least of the categories' own tails, times how many there are.
fn bounded_pvalue(categories: &[Category], n_reference: u64, n_current: u64, cancel: &Cancel) -> Result<f64> {
    let mut least: f64 = 1.0;
    for category in categories {
        least = least.min(category.tail(n_reference, n_current, cancel)?);
    }
    Ok((least * categories.len() as f64).min(1.0))
}

/// The share of tables, the observed one included, that are at least as uneven.
fn resampled_pvalue(categories: &mut [Category], n_reference: u64, n_current: u64, cancel: &Cancel) -> Result<f64> {
    // Rare categories are drawn first; what is left of the reference falls to the commonest.
    categories.sort_by_key(|category| category.total);
    let observed: f64 = categories.iter().map(|category| category.term(category.in_reference)).sum();
    let at_least = observed * (1.0 - 1e-12);
    // The margins alone, so that the draws know nothing of what was observed.
    let key = categories.iter().fold(mix(KEY, n_reference), |key, category| mix(key, category.total));
    let mut as_uneven = 0u64;
    let mut drawn = 0;
    for tables in [TABLES, MORE_TABLES] {
        for table in drawn..tables {
            cancel.check()?;
            let mut stream = Stream::new(mix(key, table));
            let (mut left, mut open) = (n_reference + n_current, n_reference);
            let mut statistic = 0.0;
            for category in &*categories {
                let count = Urn { population: left, members: category.total, open }.draw(&mut stream);
                statistic += category.term(count);
                left -= category.total;
                open -= count;
            }
            as_uneven += u64::from(statistic >= at_least);
            if as_uneven == PLENTY {
                return Ok(as_uneven as f64 / (table + 1) as f64);
            }
        }
        drawn = tables;
        if as_uneven >= ENOUGH {
            break;
        }
    }
    Ok(((as_uneven + 1) as f64 / (drawn + 1) as f64 + SPENT_ON_TAILS).min(1.0))
}

#[cfg(test)]
mod tests {
    use statrs::function::factorial::ln_factorial;

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
    fn two_rare_categories_have_fishers_exact_pvalue() -> Result<()> {
        let found = test(&[3, 1], &[1, 3])?;
        assert_eq!(found.method, Method::Exact);
        assert!((found.pvalue - 34.0 / 70.0).abs() < 1e-14, "{}", found.pvalue);
        // One table in (1,030 choose 30) and none as far on the other side.
        let far = test(&[1000, 0], &[0, 4])?.pvalue;
        let chance: f64 = (1..=4).map(|i| f64::from(i) / f64::from(1000 + i)).product();
        assert!((far / chance - 1.0).abs() < 1e-12, "{far}");
        Ok(())
    }

    /// Every table of three categories with these margins: its chance and its p-value.
    fn tables(totals: [i64; 3], n_reference: i64) -> Result<Vec<(f64, ChiSquared)>> {
        let ln_choose = |n: i64, k: i64| ln_factorial(n as u64) - ln_factorial(k as u64) - ln_factorial((n - k) as u64);
        let mut found = Vec::new();
        for first in 0..=totals[0] {
            for second in 0..=totals[1] {
                let third = n_reference - first - second;
                if third < 0 || third > totals[2] {
                    continue;
                }
                let reference = [first, second, third];
                let current = [totals[0] - first, totals[1] - second, totals[2] - third];
                let ways: f64 = totals.iter().zip(reference).map(|(&total, count)| ln_choose(total, count)).sum();
                let chance = (ways - ln_choose(totals.iter().sum(), n_reference)).exp();
                found.push((chance, test(&reference, &current)?));
            }
        }
        Ok(found)
    }

    #[test]
    fn no_pvalue_comes_oftener_than_it_says() -> Result<()> {
        let mut methods = Vec::new();
        for (totals, n_reference) in [([3, 4, 9], 8), ([2, 12, 20], 14), ([9, 9, 14], 16)] {
            let tables = tables(totals, n_reference)?;
            assert!((tables.iter().map(|(chance, _)| chance).sum::<f64>() - 1.0).abs() < 1e-9);
            for (_, ChiSquared { pvalue, method, statistic, .. }) in &tables {
                let as_small: f64 = tables.iter().filter(|(_, other)| other.pvalue <= *pvalue).map(|(c, _)| c).sum();
                // 400 tables as uneven end the first round, after about 400 / p.
                let number = if *pvalue < 1e-3 { 100_000.0 } else { 10_000f64.min(PLENTY as f64 / pvalue) };
                let error = 4.5 * (pvalue * (1.0 - pvalue) / number).sqrt() + 1.0 / number;
                match method {
                    Method::Bounded => assert!(as_small <= *pvalue, "{as_small} {pvalue}"),
                    _ => assert!(as_small <= pvalue + error, "{as_small} {pvalue}"),
                }
                let exact: f64 = tables
                    .iter()
                    .filter(|(_, other)| other.statistic >= statistic * (1.0 - 1e-12))
                    .map(|(chance, _)| chance)
                    .sum();
                assert!(*method != Method::Resampled || (exact - pvalue).abs() <= error, "{exact} {pvalue}");
                methods.push(*method);
            }
        }
        assert!(methods.contains(&Method::Bounded) && methods.contains(&Method::Resampled));
        Ok(())
    }

    #[test]
    fn a_category_far_off_is_not_hidden_by_the_number_of_tables() -> Result<()> {
        let found = test(&[500, 480, 20, 0], &[5, 5, 0, 40])?;
        assert_eq!(found.method, Method::Bounded);
        assert!(found.pvalue < 1e-40, "{}", found.pvalue);
        Ok(())
    }

    #[test]
    fn equal_counts_have_equal_pvalues() -> Result<()> {
        assert_eq!(test(&[30, 3, 1], &[20, 1, 3])?, test(&[30, 3, 1], &[20, 1, 3])?);
        Ok(())
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
