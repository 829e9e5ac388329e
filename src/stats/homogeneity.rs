//! Whether two vectors of counts come from one distribution over categories.
//!
//! Tests of homogeneity: Pearson's χ², the likelihood ratio G, and Fisher's by the chance of the table. The limiting law
//! of the first two needs counts that are not too small, and the
//! larger ones the further out in its tail a p-value lies, where corrections for many tests look.
//! So the p-value is conditional on the margins, but for counts that are large enough:
//!
//! * two categories: exact, the sum of the hypergeometric chances of all tables at least as uneven (for Fisher's test
//!   also more, where there are few tables);
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

use statrs::function::factorial::ln_factorial;

use crate::error::{Error, Result};
use crate::runtime::{Cancel, Stream, mix};

use super::chi_squared::upper_tail;
use super::hypergeometric::Urn;

/// What makes a table of counts uneven, beside others with the same margins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Pearson's χ², without a continuity correction.
    Pearson,
    /// G: twice the logarithm of the likelihood ratio.
    LogLikelihood,
    /// How small the chance of the table is, given its margins (Fisher; Freeman and Halton for more categories).
    Chance,
}

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homogeneity {
    /// χ² or G; for [`Statistic::Chance`] the ratio of the odds of the first of two categories, reference to current,
    /// and of more the table's chance.
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

/// Up to so many tables are all looked at for Fisher's test.
const FEW_TABLES: f64 = 1e5;

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
/// use treering::stats::homogeneity::{Statistic, two_sample};
///
/// let test = two_sample(&[30, 70], &[50, 50], Statistic::Pearson, &Cancel::new())?;
/// assert!((test.statistic - 25.0 / 3.0).abs() < 1e-12 && test.pvalue < 0.01);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn two_sample(reference: &[i64], current: &[i64], kind: Statistic, cancel: &Cancel) -> Result<Homogeneity> {
    if reference.len() != current.len() {
        return Err(Error::shape("counts of the same categories", reference.len(), current.len()));
    }
    let n_reference = total(reference, "reference_counts")?;
    let n_current = total(current, "current_counts")?;
    let categories: Vec<Category> = reference
        .iter()
        .zip(current)
        .map(|(&in_reference, &in_current)| {
            Category::new(in_reference as u64, in_current as u64, n_reference, n_current)
        })
        .filter(|category| category.total > 0)
        .collect();
    let mut table = Table { categories, n_reference, n_current, kind };
    let degrees_of_freedom = table.categories.len() - 1;
    let pearson = table.observed(Statistic::Pearson);
    let cramers_v = (pearson / (n_reference + n_current) as f64).sqrt().min(1.0);
    let statistic = match kind {
        Statistic::Pearson => pearson,
        Statistic::LogLikelihood => table.observed(kind).max(0.0),
        Statistic::Chance => table.odds_ratio().unwrap_or_else(|| table.chance()),
    };
    let (pvalue, method) = table.pvalue(cancel)?;
    Ok(Homogeneity { statistic, pvalue, degrees_of_freedom, cramers_v, method })
}

/// Categories that occur, in both samples.
struct Table {
    categories: Vec<Category>,
    n_reference: u64,
    n_current: u64,
    kind: Statistic,
}

impl Table {
    fn observed(&self, kind: Statistic) -> f64 {
        self.categories.iter().map(|category| category.term(category.in_reference, kind)).sum()
    }

    /// From where on another table counts as being as uneven: rounding must not tell apart what is equal.
    fn as_uneven(&self) -> f64 {
        let observed = self.observed(self.kind);
        if self.kind == Statistic::Chance { observed - 1e-7 } else { observed * (1.0 - 1e-12) }
    }

    /// The ratio of the odds of the first of two categories.
    fn odds_ratio(&self) -> Option<f64> {
        let [first, second] = &self.categories[..] else { return None };
        let (a, b) = (first.in_reference as f64, second.in_reference as f64);
        let (c, d) = ((first.total - first.in_reference) as f64, (second.total - second.in_reference) as f64);
        Some(if b * c == 0.0 { if a * d == 0.0 { f64::NAN } else { f64::INFINITY } } else { a * d / (b * c) })
    }

    /// The chance of the table, given its margins.
    fn chance(&self) -> f64 {
        let all = ln_choose(self.n_reference + self.n_current, self.n_reference);
        (-self.observed(Statistic::Chance) - all).exp().min(1.0)
    }

    fn pvalue(&mut self, cancel: &Cancel) -> Result<(f64, Method)> {
        let least_expected =
            self.categories.iter().map(|category| category.least_expected).fold(f64::INFINITY, f64::min);
        let can_walk = least_expected.sqrt() <= LARGEST_DEVIATION;
        // The chance of a table has G's limit.
        let limit = if self.kind == Statistic::Pearson { Statistic::Pearson } else { Statistic::LogLikelihood };
        let asymptotic = upper_tail(self.observed(limit), self.categories.len() - 1);
        match &self.categories[..] {
            [_] => return Ok((1.0, Method::Exact)),
            [first, second] if can_walk => return Ok((self.tail_of_two(first, second, cancel)?, Method::Exact)),
            _ => {}
        }
        if self.kind == Statistic::Chance && self.tables() <= FEW_TABLES {
            return Ok((self.share_of_chances(cancel)?, Method::Exact));
        }
        if !can_walk || is_reliable(least_expected, asymptotic) {
            return Ok((asymptotic, Method::Asymptotic));
        }
        match self.bounded_pvalue(cancel)? {
            bound if bound <= SPENT_ON_TAILS => Ok((bound, Method::Bounded)),
            _ => Ok((self.resampled_pvalue(cancel)?, Method::Resampled)),
        }
    }

    fn tail_of_two(&self, first: &Category, second: &Category, cancel: &Cancel) -> Result<f64> {
        let urn = self.urn(first);
        match self.kind {
            Statistic::Pearson => return urn.tail(first.in_reference, cancel),
            Statistic::Chance => return urn.no_likelier(first.in_reference, cancel),
            Statistic::LogLikelihood => {}
        }
        let least = self.as_uneven();
        let uneven =
            |count: u64| first.term(count, self.kind) + second.term(self.n_reference - count, self.kind) >= least;
        urn.share_where(uneven, cancel)
    }

    fn urn(&self, category: &Category) -> Urn {
        Urn { population: self.n_reference + self.n_current, members: category.total, open: self.n_reference }
    }

    /// A bound of the number of tables with these margins.
    fn tables(&self) -> f64 {
        let counts = self.categories.iter().map(|category| category.total.min(self.n_reference) as f64 + 1.0);
        let most = counts.clone().fold(1.0, f64::max);
        // What is left falls to the category with the most choices.
        counts.product::<f64>() / most
    }

    /// The sum of the chances of all tables whose chance is no greater.
    fn share_of_chances(&mut self, cancel: &Cancel) -> Result<f64> {
        self.categories.sort_by_key(|category| category.total);
        let all = ln_choose(self.n_reference + self.n_current, self.n_reference);
        let mut share = 0.0;
        let mut behind = Vec::with_capacity(self.categories.len());
        let mut rest = 0;
        for category in self.categories.iter().rev() {
            behind.push(rest);
            rest += category.total;
        }
        behind.reverse();
        let walk = Walk { categories: &self.categories, behind: &behind, least: self.as_uneven(), cancel };
        walk.add(0, self.n_reference, 0.0, &mut |uneven| share += (-uneven - all).exp())?;
        Ok(share.min(1.0))
    }

    /// The least of the categories' own tails, times how many there are.
    fn bounded_pvalue(&self, cancel: &Cancel) -> Result<f64> {
        let mut least: f64 = 1.0;
        for category in &self.categories {
            least = least.min(self.urn(category).tail(category.in_reference, cancel)?);
        }
        Ok((least * self.categories.len() as f64).min(1.0))
    }

    /// The share of tables, the observed one included, that are at least as uneven.
    fn resampled_pvalue(&mut self, cancel: &Cancel) -> Result<f64> {
        // Rare categories are drawn first; what is left of the reference falls to the commonest.
        self.categories.sort_by_key(|category| category.total);
        let at_least = self.as_uneven();
        // The margins alone, so that the draws know nothing of what was observed.
        let key = self.categories.iter().fold(mix(KEY, self.n_reference), |key, category| mix(key, category.total));
        let mut as_uneven = 0u64;
        let mut drawn = 0;
        for tables in [TABLES, MORE_TABLES] {
            for table in drawn..tables {
                cancel.check()?;
                let mut stream = Stream::new(mix(key, table));
                let (mut left, mut open) = (self.n_reference + self.n_current, self.n_reference);
                let mut statistic = 0.0;
                for category in &self.categories {
                    let count = Urn { population: left, members: category.total, open }.draw(&mut stream);
                    statistic += category.term(count, self.kind);
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
}

/// A walk through all tables with the same margins.
struct Walk<'a> {
    categories: &'a [Category],
    /// Observations of the categories behind each one.
    behind: &'a [u64],
    least: f64,
    cancel: &'a Cancel,
}

impl Walk<'_> {
    /// Visits how uneven each table is that is at least as uneven, from category `place` on with `open` observations of
    /// the reference left.
    fn add(&self, place: usize, open: u64, uneven: f64, visit: &mut impl FnMut(f64)) -> Result<()> {
        let Some(category) = self.categories.get(place) else {
            if uneven >= self.least {
                visit(uneven);
            }
            return Ok(());
        };
        self.cancel.check()?;
        for count in open.saturating_sub(self.behind[place])..=open.min(category.total) {
            self.add(place + 1, open - count, uneven + category.term(count, Statistic::Chance), visit)?;
        }
        Ok(())
    }
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

    /// What this category adds to a table's unevenness if the reference has `count` of it.
    fn term(&self, count: u64, kind: Statistic) -> f64 {
        let (here, there) = (count as f64, (self.total - count) as f64);
        let times_log = |count: f64, expected: f64| if count > 0.0 { count * (count / expected).ln() } else { 0.0 };
        match kind {
            Statistic::Pearson => {
                let difference = here - self.expected;
                difference * difference * self.weight
            }
            Statistic::LogLikelihood => {
                2.0 * (times_log(here, self.expected) + times_log(there, self.total as f64 - self.expected))
            }
            Statistic::Chance => -ln_choose(self.total, count),
        }
    }
}

/// The logarithm of the number of ways to choose `members` of `all`.
fn ln_choose(all: u64, members: u64) -> f64 {
    ln_factorial(all) - ln_factorial(members) - ln_factorial(all - members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(reference: &[i64], current: &[i64]) -> Result<Homogeneity> {
        two_sample(reference, current, Statistic::Pearson, &Cancel::new())
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
    fn tables(totals: [i64; 3], n_reference: i64, kind: Statistic) -> Result<Vec<(f64, Homogeneity)>> {
        let mut found = Vec::new();
        for first in 0..=totals[0] {
            for second in 0..=totals[1] {
                let third = n_reference - first - second;
                if third < 0 || third > totals[2] {
                    continue;
                }
                let reference = [first, second, third];
                let current = [totals[0] - first, totals[1] - second, totals[2] - third];
                let ways: f64 =
                    totals.iter().zip(reference).map(|(&total, count)| ln_choose(total as u64, count as u64)).sum();
                let chance = (ways - ln_choose(totals.iter().sum::<i64>() as u64, n_reference as u64)).exp();
                found.push((chance, two_sample(&reference, &current, kind, &Cancel::new())?));
            }
        }
        Ok(found)
    }

    #[test]
    fn no_pvalue_comes_oftener_than_it_says() -> Result<()> {
        let mut methods = Vec::new();
        for (totals, n_reference) in [([3, 4, 9], 8), ([2, 12, 20], 14), ([9, 9, 14], 16)] {
            let tables = tables(totals, n_reference, Statistic::Pearson)?;
            assert!((tables.iter().map(|(chance, _)| chance).sum::<f64>() - 1.0).abs() < 1e-9);
            for (_, Homogeneity { pvalue, method, statistic, .. }) in &tables {
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
    fn fishers_pvalue_is_the_chance_of_no_likelier_tables() -> Result<()> {
        for (totals, n_reference) in [([3, 4, 9], 8), ([2, 12, 20], 14)] {
            let tables = tables(totals, n_reference, Statistic::Chance)?;
            for (chance, found) in &tables {
                let expected: f64 =
                    tables.iter().map(|(other, _)| other).filter(|&&other| other <= chance * (1.0 + 1e-7)).sum();
                assert_eq!(found.method, Method::Exact);
                assert!((found.pvalue - expected).abs() < 1e-10, "{found:?} {expected}");
                assert!((found.statistic / chance - 1.0).abs() < 1e-9);
            }
        }
        Ok(())
    }

    #[test]
    fn the_likelihood_ratio_of_two_categories_is_exact() -> Result<()> {
        let found = two_sample(&[3, 9], &[7, 4], Statistic::LogLikelihood, &Cancel::new())?;
        let g = |a: f64, b: f64, c: f64, d: f64| {
            let (n, row) = (a + b + c + d, a + b);
            let part = |count: f64, column: f64, row: f64| {
                if count > 0.0 { count * (count * n / (column * row)).ln() } else { 0.0 }
            };
            2.0 * (part(a, a + c, row) + part(b, b + d, row) + part(c, a + c, n - row) + part(d, b + d, n - row))
        };
        assert!((found.statistic - g(3.0, 9.0, 7.0, 4.0)).abs() < 1e-12);
        let expected: f64 = (0..=10)
            .filter(|&a| {
                let a = a as f64;
                g(a, 12.0 - a, 10.0 - a, 1.0 + a) >= found.statistic * (1.0 - 1e-12)
            })
            .map(|a| (ln_choose(10, a) + ln_choose(13, 12 - a) - ln_choose(23, 12)).exp())
            .sum();
        assert!((found.pvalue - expected).abs() < 1e-12, "{} {expected}", found.pvalue);
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
