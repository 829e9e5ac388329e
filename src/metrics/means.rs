//! Confidence intervals of a mean.
//!
//! * Student's t and the normal quantile, from the standard error;
//! * the percentiles of means of samples drawn anew (the bootstrap), plain or corrected for bias
//!   and acceleration (Efron, "Better bootstrap confidence intervals", 1987, sections 2 and 6).
//!
//! Draw number b has its own key, so intervals are a function of the values, the level, the number
//! of draws and the seed.

use statrs::distribution::{ContinuousCDF, Normal};

use super::binomial::Chance;
use super::intervals::{DRAWS_PER_TASK, Interval, MOST_RESAMPLES, normal_quantile, quantile};
use super::regression::{Moments, sum};
use super::targets::PIECE_ROWS;
use super::{BLOCK_ROWS, PARALLEL_ROWS};
use crate::error::{Error, Result};
use crate::runtime::memory::reserved;
use crate::runtime::{Stream, Workers, mix};
use crate::stats::student;

/// How the interval of a mean is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Student's t.
    StudentsT,
    /// The normal quantile.
    Normal,
    /// Percentiles of drawn means.
    Percentile,
    /// Percentiles of drawn means, corrected for bias and acceleration.
    Bca,
}

impl std::str::FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "t" => Ok(Self::StudentsT),
            "z" => Ok(Self::Normal),
            "bootstrap" => Ok(Self::Percentile),
            "bca" => Ok(Self::Bca),
            other => Err(Error::parameter("method", "one of 't', 'z', 'bootstrap', 'bca'", other)),
        }
    }
}

/// The mean of some values with its interval; of one value alone there is none, so that its ends
/// are NaN. Equal values have an interval without width.
///
/// O(n) for [`Method::StudentsT`] and [`Method::Normal`], else O(resamples · min(n, 16,384)).
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for a level outside (0, 1) or no draws; [`crate::ErrorKind::Value`]
/// for no values, or values whose mean or variance double precision does not hold;
/// [`crate::ErrorKind::Cancelled`].
pub fn mean_interval(
    values: &[f64],
    method: Method,
    level: f64,
    resamples: usize,
    seed: u64,
    workers: Workers<'_>,
) -> Result<Interval> {
    let z = normal_quantile(level)?;
    if !(1..=MOST_RESAMPLES).contains(&resamples) {
        return Err(Error::parameter("n_resamples", format!("from 1 to {MOST_RESAMPLES}"), resamples));
    }
    if values.is_empty() {
        return Err(Error::value("the sample", "no values", "at least one"));
    }
    let moments = moments(values, workers)?;
    let (mean, rows) = (moments.mean, values.len() as f64);
    if !(mean + moments.squares).is_finite() {
        let expected = "finite values whose squared distances from the mean double precision holds";
        return Err(Error::value("the sample", "values that are missing or too large", expected));
    }
    if values.len() == 1 {
        return Ok(Interval { value: mean, low: f64::NAN, high: f64::NAN });
    }
    if moments.squares == 0.0 {
        return Ok(Interval { value: mean, low: mean, high: mean });
    }
    let within = |half: f64| Interval { value: mean, low: mean - half, high: mean + half };
    let standard_error = (moments.squares / (rows - 1.0) / rows).sqrt();
    match method {
        Method::StudentsT => Ok(within(student::quantile(level, rows - 1.0)? * standard_error)),
        Method::Normal => Ok(within(z * standard_error)),
        Method::Percentile | Method::Bca => {
            let mut deviations: Vec<f64> = reserved(values.len())?;
            deviations.extend(values.iter().map(|value| value - mean));
            // In units of the deviation, whose third power double precision holds.
            let unit = (moments.squares / rows).sqrt();
            let cubes = |piece: &[f64]| piece.iter().map(|d| (d / unit).powi(3)).sum::<f64>();
            let skewness = deviations.chunks(PIECE_ROWS).map(cubes).sum::<f64>() / rows.powf(1.5);
            let draws = draw_means(deviations, resamples, seed, workers)?;
            let (low, high) = match method {
                Method::Bca => corrected_shares(&draws, skewness / 6.0, z),
                _ => ((1.0 - level) / 2.0, 0.5 + level / 2.0),
            };
            let (low, high) = (quantile(&draws, low).min(0.0), quantile(&draws, high).max(0.0));
            Ok(Interval { value: mean, low: mean + low, high: mean + high })
        }
    }
}

fn moments(values: &[f64], workers: Workers<'_>) -> Result<Moments> {
    let read = |block| {
        let mut room = [0.0; PIECE_ROWS];
        let mut moments = Moments::default();
        let stop = values.len().min((block + 1) * BLOCK_ROWS);
        for piece in values[block * BLOCK_ROWS..stop].chunks(PIECE_ROWS) {
            moments.merge(Moments::of(piece, None, piece.len() as f64, &mut room));
        }
        Ok(moments)
    };
    let mut total = Moments::default();
    let blocks = values.len().div_ceil(BLOCK_ROWS);
    workers.alone_if(values.len() < PARALLEL_ROWS).fold(blocks, read, |part| total.merge(part))?;
    Ok(total)
}

/// The means of samples of so many deviations, drawn with replacement, sorted.
fn draw_means(deviations: Vec<f64>, resamples: usize, seed: u64, workers: Workers<'_>) -> Result<Vec<f64>> {
    let urn = Urn::new(deviations);
    let tasks = resamples.div_ceil(DRAWS_PER_TASK);
    let workers = workers.alone_if(urn.singles.len().saturating_mul(resamples) < 100_000);
    let mut means = reserved(resamples)?;
    let draw = |task| {
        let stop = resamples.min((task + 1) * DRAWS_PER_TASK);
        let draws = task * DRAWS_PER_TASK..stop;
        Ok(draws.map(|draw| urn.draw(&mut Stream::new(mix(seed, draw as u64)))).collect::<Vec<f64>>())
    };
    workers.fold(tasks, draw, |part| means.extend(part))?;
    means.sort_unstable_by(f64::total_cmp);
    Ok(means)
}

/// The values to draw from.
///
/// More than 16,384 are drawn in two parts: the 4,096 that are farthest from the mean one by one,
/// and the sum of the others, of whom each draw takes more than ten thousand, from the normal
/// distribution that it follows. What that changes is first of all their skewness over 6·√n (Edgeworth):
/// for the squares of normal errors, 0.06 % of all draws more or less beyond an end of a 95 %
/// interval, where 9,999 draws are off by 0.16 % by chance.
struct Urn {
    rows: u64,
    singles: Vec<f64>,
    others: Option<Others>,
}

struct Others {
    /// The chance of a row to be none of them.
    single: Chance,
    mean: f64,
    deviation: f64,
    normal: Normal,
}

/// The most values that are all drawn one by one.
const DRAWN_ROWS: usize = 16_384;

/// Of more values, these are.
const FAR_ROWS: usize = 4096;

impl Urn {
    fn new(mut deviations: Vec<f64>) -> Self {
        let rows = deviations.len();
        if rows <= DRAWN_ROWS {
            return Self { rows: rows as u64, singles: deviations, others: None };
        }
        deviations.select_nth_unstable_by(rows - FAR_ROWS, |a, b| a.abs().total_cmp(&b.abs()));
        let singles = deviations.split_off(rows - FAR_ROWS);
        let (mut moments, mut room) = (Moments::default(), [0.0; PIECE_ROWS]);
        for piece in deviations.chunks(PIECE_ROWS) {
            moments.merge(Moments::of(piece, None, piece.len() as f64, &mut room));
        }
        let others = Others {
            single: Chance::new(FAR_ROWS as f64 / rows as f64),
            mean: moments.mean,
            deviation: (moments.squares / deviations.len() as f64).sqrt(),
            normal: Normal::standard(),
        };
        Self { rows: rows as u64, singles, others: Some(others) }
    }

    /// The mean of as many draws as there are rows.
    fn draw(&self, stream: &mut Stream) -> f64 {
        let (mut count, mut total) = (self.rows, 0.0);
        if let Some(others) = &self.others {
            count = others.single.successes(stream, self.rows);
            let rest = (self.rows - count) as f64;
            let normal = others.normal.inverse_cdf(stream.uniform().max(f64::MIN_POSITIVE));
            total = rest * others.mean + rest.sqrt() * others.deviation * normal;
        }
        let singles = self.singles.len() as u32;
        let mut room = [0.0; 64];
        while count > 0 {
            let taken = count.min(64) as usize;
            room[..taken].fill_with(|| self.singles[stream.below(singles) as usize]);
            total += sum(&room[..taken]);
            count -= taken as u64;
        }
        total / self.rows as f64
    }
}

/// The shares of sorted draws of a mean, less the mean itself, that stand for ±z.
fn corrected_shares(draws: &[f64], acceleration: f64, z: f64) -> (f64, f64) {
    let normal = Normal::standard();
    let below = draws.partition_point(|&draw| draw < 0.0);
    let up_to = draws.partition_point(|&draw| draw <= 0.0);
    let count = draws.len() as f64;
    // Few draws may all lie on one side, which says no more than that the share is small.
    let share = (below as f64).midpoint(up_to as f64).clamp(0.5, count - 0.5) / count;
    let bias = normal.inverse_cdf(share);
    let corrected = |z: f64| {
        let shifted = bias + z;
        let scale = 1.0 - acceleration * shifted;
        // Towards 0 the corrected point leaves every distribution.
        if scale > 0.0 { normal.cdf(bias + shifted / scale) } else { f64::from(u8::from(shifted > 0.0)) }
    };
    (corrected(-z), corrected(z))
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test fails by panicking
mod tests {
    use super::*;

    const METHODS: [Method; 4] = [Method::StudentsT, Method::Normal, Method::Percentile, Method::Bca];

    /// Right-skewed values.
    fn sample(rows: usize) -> Vec<f64> {
        let mut stream = Stream::new(3);
        (0..rows).map(|_| -(1.0 - stream.uniform()).ln()).collect()
    }

    fn interval(values: &[f64], method: Method, threads: usize) -> Interval {
        mean_interval(values, method, 0.95, 9999, 0, Workers::unstoppable(threads)).expect("valid")
    }

    #[test]
    fn every_method_finds_the_standard_error() {
        for rows in [500, 100_000] {
            let values = sample(rows);
            let width = 2.0 * 1.96 / (rows as f64).sqrt();
            for method in METHODS {
                let found = interval(&values, method, 2);
                assert!((found.value - 1.0).abs() < 4.0 / (rows as f64).sqrt());
                assert!(((found.high - found.low) / width - 1.0).abs() < 0.12, "{method:?} {found:?}");
            }
        }
    }

    #[test]
    fn the_correction_follows_the_skewness() {
        let values = sample(40);
        let (plain, corrected) = (interval(&values, Method::Percentile, 1), interval(&values, Method::Bca, 1));
        assert!(corrected.low > plain.low && corrected.high > plain.high, "{plain:?} {corrected:?}");
    }

    #[test]
    fn threads_change_nothing() {
        for rows in [1000, 70_000] {
            let values = sample(rows);
            for method in METHODS {
                assert_eq!(interval(&values, method, 1), interval(&values, method, 3));
            }
        }
    }

    #[test]
    fn equal_values_are_certain_and_one_alone_says_nothing() {
        for method in METHODS {
            let found = interval(&vec![0.1; 70_000], method, 1);
            assert_eq!((found.value, found.low, found.high), (0.1, 0.1, 0.1));
            assert!(interval(&[0.1], method, 1).low.is_nan());
        }
    }

    #[test]
    fn few_draws_and_wide_levels_give_an_interval() {
        for level in [1e-9, 0.5, 1.0 - 1e-12] {
            for method in METHODS {
                for resamples in [1, 2, 50] {
                    let values = [0.0, 0.0, 0.0, 1e9];
                    let found = mean_interval(&values, method, level, resamples, 1, Workers::alone()).expect("valid");
                    assert!(found.low <= found.value && found.value <= found.high, "{method:?} {level} {found:?}");
                }
            }
        }
    }

    #[test]
    fn bad_input_is_named() {
        let bad: [(&[f64], f64, usize); 6] = [
            (&[], 0.95, 10),
            (&[1.0, f64::NAN], 0.95, 10),
            (&[1e200, -1e200], 0.95, 10),
            (&[1.0, 2.0], 1.0, 10),
            (&[1.0, 2.0], f64::NAN, 10),
            (&[1.0, 2.0], 0.5, 0),
        ];
        for (values, level, resamples) in bad {
            assert!(mean_interval(values, Method::Bca, level, resamples, 0, Workers::alone()).is_err());
        }
        assert!("jackknife".parse::<Method>().is_err());
    }
}
