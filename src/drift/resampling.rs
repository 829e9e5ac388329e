//! What a report finds in windows of the reference itself, where nothing has changed.
//!
//! Rows of a sample of the reference are parted at random, again and again, into a window and the rest, and all columns
//! are tested; the smallest p-value of each parting is kept. So the chance that any column of a window raises an alarm
//! is known for these columns, however they go together (Westfall and Young, "Resampling-based multiple testing", 1993).

use crate::error::{Error, Result};
use crate::runtime::memory::filled;
use crate::runtime::{Stream, Workers, mix};
use crate::stats::chi_squared::upper_tail;

/// One column of the sample, by its rows.
#[derive(Debug, Clone)]
pub enum Pool {
    /// Numbers: rows in the order of their values, and after how many of them another value begins. Rows without a
    /// value are in neither.
    Numbers {
        /// The rows.
        order: Vec<u32>,
        /// Where runs of equal values end, the last at the number of rows in `order`.
        ends: Vec<u32>,
    },
    /// Categories: the code of each row, [`Pool::MISSING`] without one.
    Categories {
        /// The codes.
        codes: Vec<u32>,
        /// How many categories there are.
        count: u32,
    },
}

impl Pool {
    /// The code of a row without a value.
    pub const MISSING: u32 = u32::MAX;

    /// Numbers of rows, NaN where missing. O(n·log n).
    pub fn numbers(values: &[f64]) -> Self {
        let mut order: Vec<u32> = (0..values.len() as u32).filter(|&row| !values[row as usize].is_nan()).collect();
        order.sort_by(|&one, &other| values[one as usize].total_cmp(&values[other as usize]));
        let differs = |at: usize| values[order[at - 1] as usize] != values[order[at] as usize];
        let mut ends: Vec<u32> = (1..order.len()).filter(|&at| differs(at)).map(|at| at as u32).collect();
        if !order.is_empty() {
            ends.push(order.len() as u32);
        }
        Self::Numbers { order, ends }
    }

    fn check(&self, rows: usize) -> Result<()> {
        let fits = match self {
            Self::Numbers { order, ends } => {
                order.len() <= rows
                    && order.iter().all(|&row| (row as usize) < rows)
                    && ends.last().map_or(0, |&last| last as usize) == order.len()
            }
            Self::Categories { codes, count } => {
                codes.len() == rows && codes.iter().all(|code| code < count || *code == Self::MISSING)
            }
        };
        if fits { Ok(()) } else { Err(Error::internal("a column does not fit the sample of the reference")) }
    }

    /// The smallest p-value of a parting: that of the values, and that of the share of missing ones.
    fn pvalue(&self, is_window: &[bool], window: usize, counts: &mut Vec<[u32; 2]>) -> f64 {
        let (present, in_window, values) = match self {
            Self::Numbers { order, ends } => {
                let in_window = order.iter().filter(|&&row| is_window[row as usize]).count();
                let rest = order.len() - in_window;
                let (mut seen, mut start, mut most) = (0, 0, 0_u64);
                for &end in ends {
                    seen += order[start..end as usize].iter().filter(|&&row| is_window[row as usize]).count();
                    start = end as usize;
                    most = most.max(((seen * rest) as u64).abs_diff(((start - seen) * in_window) as u64));
                }
                let statistic = most as f64 / (in_window * rest).max(1) as f64;
                (order.len(), in_window, ks_limit(rest, in_window, statistic))
            }
            Self::Categories { codes, count } => {
                counts.clear();
                counts.resize(*count as usize, [0; 2]);
                let (mut present, mut in_window) = (0, 0);
                for (&code, &is_window) in codes.iter().zip(is_window) {
                    if code != Self::MISSING {
                        counts[code as usize][usize::from(is_window)] += 1;
                        present += 1;
                        in_window += usize::from(is_window);
                    }
                }
                (present, in_window, chi_squared_limit(counts))
            }
        };
        if present == is_window.len() {
            return values;
        }
        let missing = [is_window.len() - window - (present - in_window), window - in_window];
        let shares = [[(present - in_window) as u32, in_window as u32], missing.map(|count| count as u32)];
        values.min(chi_squared_limit(&shares))
    }
}

/// The p-value of a Kolmogorov–Smirnov statistic by its limit law with Stephens' correction; 1 of an empty sample.
///
/// Reference: Stephens, "Use of the Kolmogorov–Smirnov, Cramér–von Mises and related statistics without extensive
/// tables", Journal of the Royal Statistical Society B 32 (1970).
pub fn ks_limit(first: usize, second: usize, statistic: f64) -> f64 {
    if first == 0 || second == 0 {
        return 1.0;
    }
    let root = (first as f64 * second as f64 / (first + second) as f64).sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * statistic;
    if lambda < 0.2 {
        return 1.0; // to thirteen digits, where the series would take many terms
    }
    let mut sum = 0.0;
    for k in 1..=100 {
        let term = (-2.0 * f64::from(k * k) * lambda * lambda).exp();
        sum += if k % 2 == 1 { term } else { -term };
        if term < 1e-17 * sum {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

/// The p-value of Pearson's statistic of counts, by its limit law; 1 of an empty sample or a single category.
pub fn chi_squared_limit(counts: &[[u32; 2]]) -> f64 {
    let totals = [0, 1].map(|side: usize| counts.iter().map(|pair| f64::from(pair[side])).sum::<f64>());
    let all = totals[0] + totals[1];
    let (mut statistic, mut categories) = (0.0, 0_usize);
    for pair in counts {
        let both = f64::from(pair[0]) + f64::from(pair[1]);
        if both > 0.0 {
            categories += 1;
            let expected = both * totals[1] / all;
            let apart = f64::from(pair[1]) - expected;
            statistic += apart * apart / expected * (all / totals[0]);
        }
    }
    if categories < 2 || totals.contains(&0.0) { 1.0 } else { upper_tail(statistic, categories - 1) }
}

/// The smallest p-values of all columns in `times` windows of so many rows, ascending. O(times·rows·columns).
///
/// # Errors
/// [`crate::ErrorKind::Internal`] if columns have other rows; [`crate::ErrorKind::Parameter`] for a window that leaves no
/// rest; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub fn smallest_pvalues(
    pools: &[Pool],
    rows: usize,
    window: usize,
    times: usize,
    seed: u64,
    workers: Workers<'_>,
) -> Result<Vec<f64>> {
    pools.iter().try_for_each(|pool| pool.check(rows))?;
    if window == 0 || window >= rows || rows > u32::MAX as usize {
        return Err(Error::parameter("window", format!("from 1 to {} rows", rows.saturating_sub(1)), window));
    }
    let mut found = workers.map(times, |time| {
        workers.cancel().check()?;
        let mut stream = Stream::new(mix(seed, time as u64));
        let mut is_window = filled(false, rows)?;
        // Floyd's method: each window equally likely.
        for last in rows - window..rows {
            let row = stream.below(last as u32 + 1) as usize;
            let place = if is_window[row] { last } else { row };
            is_window[place] = true;
        }
        let mut counts = Vec::new();
        Ok(pools.iter().map(|pool| pool.pvalue(&is_window, window, &mut counts)).fold(1.0, f64::min))
    })?;
    found.sort_by(f64::total_cmp);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools() -> Vec<Pool> {
        let mut stream = Stream::new(3);
        let numbers: Vec<f64> =
            (0..400).map(|row| if row % 5 == 0 { f64::NAN } else { f64::from(stream.below(60)) }).collect();
        let codes = (0..400).map(|row| if row % 7 == 0 { Pool::MISSING } else { stream.below(3) }).collect();
        vec![Pool::numbers(&numbers), Pool::Categories { codes, count: 3 }]
    }

    #[test]
    fn threads_change_nothing_and_one_column_is_nearly_uniform() -> Result<()> {
        let pools = pools();
        let alone = smallest_pvalues(&pools, 400, 100, 300, 1, Workers::alone())?;
        assert_eq!(smallest_pvalues(&pools, 400, 100, 300, 1, Workers::unstoppable(3))?, alone);
        assert!(alone.is_sorted() && alone.len() == 300);
        let values: Vec<f64> = (0..500).map(f64::from).collect();
        let one = smallest_pvalues(&[Pool::numbers(&values)], 500, 199, 2000, 2, Workers::alone())?;
        for (share, found) in [(0.05, one[100]), (0.2, one[400])] {
            assert!((found - share).abs() < 0.025, "{share} {found}");
        }
        Ok(())
    }

    #[test]
    fn limits_are_those_of_the_tests() {
        // SciPy: stats.kstwobign.sf(1.3581) = 0.05, and Stephens' correction vanishes for large samples.
        assert!((ks_limit(2_000_000, 2_000_000, 1.3581e-3) - 0.05).abs() < 1e-4);
        assert_eq!((ks_limit(0, 3, 0.5), ks_limit(9, 9, 0.0)), (1.0, 1.0));
        // SciPy: chi2_contingency([[10, 20, 30], [20, 20, 20]], correction=False).pvalue
        let pvalue = chi_squared_limit(&[[10, 20], [20, 20], [30, 20]]);
        assert!((pvalue - 0.069_483_451_222_801_5).abs() < 1e-12, "{pvalue}");
        assert_eq!(chi_squared_limit(&[[3, 4]]), 1.0);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(smallest_pvalues(&pools(), 399, 10, 5, 0, Workers::alone()).is_err());
        assert!(smallest_pvalues(&pools(), 400, 400, 5, 0, Workers::alone()).is_err());
    }
}
