//! Confidence intervals for scores of one sample of rows.
//!
//! * Accuracy is a share of rows: Wilson's score interval ("Probable inference, the law of
//!   succession, and statistical inference", 1927). The weighted recall over all labels and every
//!   micro average equal accuracy, so they carry the same interval.
//! * Precision, F-score and the other averages are ratios of cells of one multinomial table: the
//!   table is drawn anew many times and the percentiles of the score are taken (Efron, "Better
//!   bootstrap confidence intervals", 1987, section 2). A table without errors would be drawn
//!   without errors for ever, so the share of right rows is first drawn in as Agresti and Coull do
//!   ("Approximate is better than exact", 1998): z²/2 rows are added to the right ones and z²/2 to
//!   the wrong ones, in the proportions the table already has.
//!
//! Draw number b has its own key, so intervals are a function of the table, the level, the number
//! of draws and the seed.

use statrs::distribution::{ContinuousCDF, Normal};

use super::binomial::Chance;
use super::classification::{Average, precision_recall_fscore};
use super::contingency::Contingency;
use crate::error::{Error, Result};
use crate::runtime::{Stream, Workers, mix};

/// A score and the interval around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The score of the sample.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The scores of one sample, each with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// The share of rows predicted right.
    pub accuracy: Interval,
    /// Averaged precision.
    pub precision: Interval,
    /// Averaged recall.
    pub recall: Interval,
    /// Averaged F1 score.
    pub fscore: Interval,
}

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntervalParams {
    /// The share of samples whose interval shall cover the population's value; within (0, 1).
    pub level: f64,
    /// How many tables are drawn.
    pub resamples: usize,
    /// The key of all draws.
    pub seed: u64,
    /// The value of a score whose denominator is 0.
    pub zero_division: f64,
}

/// More tables than this give no further digit.
pub(crate) const MOST_RESAMPLES: usize = 10_000_000;

impl IntervalParams {
    fn validate(&self) -> Result<()> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::parameter("level", "a number between 0 and 1, both excluded", self.level));
        }
        if !(1..=MOST_RESAMPLES).contains(&self.resamples) {
            let expected = format!("from 1 to {MOST_RESAMPLES}");
            return Err(Error::parameter("n_resamples", expected, self.resamples));
        }
        Ok(())
    }
}

/// Wilson's score interval for `successes` among `total` rows.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for a level outside (0, 1).
///
/// # Example
/// ```
/// let interval = treering::metrics::wilson(90.0, 100.0, 0.95)?;
/// assert!((interval.low - 0.825_63).abs() < 1e-5 && (interval.high - 0.944_78).abs() < 1e-5);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn wilson(successes: f64, total: f64, level: f64) -> Result<Interval> {
    let z = normal_quantile(level)?;
    let value = successes / total;
    let squared = z * z;
    let centre = (successes + squared / 2.0) / (total + squared);
    let half = z / (total + squared) * (value * (1.0 - value) * total + squared / 4.0).sqrt();
    // At the ends the formula gives 0 and 1 but for rounding.
    let low = if successes == 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if successes == total { 1.0 } else { (centre + half).min(1.0) };
    Ok(Interval { value, low, high })
}

pub(crate) fn normal_quantile(level: f64) -> Result<f64> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::parameter("level", "a number between 0 and 1, both excluded", level));
    }
    Ok(Normal::standard().inverse_cdf(0.5 + level / 2.0))
}

/// Accuracy, precision, recall and F1 of a table of counts, each with its interval.
///
/// O(resamples · cells) time: about a millisecond for three labels and 2,000 draws.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for a level outside (0, 1), no draws or the average
/// [`Average::PerLabel`]; [`crate::ErrorKind::Value`] for a table without rows or without cells;
/// [`crate::ErrorKind::Cancelled`].
pub fn summarise(
    table: &Contingency,
    positions: Option<&[Option<usize>]>,
    average: Average,
    params: &IntervalParams,
    workers: Workers<'_>,
) -> Result<Summary> {
    params.validate()?;
    if average == Average::PerLabel {
        return Err(Error::parameter("average", "'micro', 'macro' or 'weighted'", "None"));
    }
    let Some(cells) = &table.cells else {
        return Err(Error::value("the confusion matrix", format!("{} labels", table.labels.len()), "at most 512"));
    };
    if table.total <= 0.0 {
        return Err(Error::value("the confusion matrix", "no rows", "at least one"));
    }
    let accuracy = wilson(table.correct.iter().sum(), table.total, params.level)?;
    let scores = precision_recall_fscore(table, positions, average, 1.0, params.zero_division);
    let values = [scores.precision[0], scores.recall[0], scores.fscore[0]];
    // Where only one label occurs, every score is the share of rows that are right.
    if positions.is_none() && (average == Average::Micro || table.labels.len() == 1) {
        return Ok(Summary { accuracy, precision: accuracy, recall: accuracy, fscore: accuracy });
    }
    let urn = Urn::new(cells, table.labels.len(), table.total, normal_quantile(params.level)?);
    let chosen: Vec<Option<usize>> =
        positions.map_or_else(|| (0..table.labels.len()).map(Some).collect(), <[_]>::to_vec);
    let tasks = params.resamples.div_ceil(DRAWS_PER_TASK);
    let workers = workers.alone_if(urn.cells.len() * params.resamples < 100_000);
    let draws = workers
        .map(tasks, |task| {
            let mut sums = Sums::new(table.labels.len());
            let stop = params.resamples.min((task + 1) * DRAWS_PER_TASK);
            Ok((task * DRAWS_PER_TASK..stop)
                .map(|draw| {
                    urn.draw(&mut Stream::new(mix(params.seed, draw as u64)), &mut sums);
                    sums.averaged(&chosen, average, params.zero_division)
                })
                .collect::<Vec<_>>())
        })?
        .concat();
    let interval = |which: usize| {
        let mut drawn: Vec<f64> = draws.iter().map(|scores| scores[which]).filter(|score| !score.is_nan()).collect();
        percentile_interval(values[which], &mut drawn, params.level)
    };
    let recall = if positions.is_none() && average == Average::Weighted {
        Interval { value: values[1], ..accuracy }
    } else {
        interval(1)
    };
    Ok(Summary { accuracy, precision: interval(0), recall, fscore: interval(2) })
}

/// Samples drawn between two looks at the cancel flag.
pub(crate) const DRAWS_PER_TASK: usize = 64;

/// The middle `level` of what was drawn; it always holds the value itself.
fn percentile_interval(value: f64, drawn: &mut [f64], level: f64) -> Interval {
    if drawn.is_empty() {
        return Interval { value, low: f64::NAN, high: f64::NAN };
    }
    drawn.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Interval { value, low: quantile(drawn, tail).min(value), high: quantile(drawn, 1.0 - tail).max(value) }
}

/// The value below which a share of sorted values lies, on the line between its neighbours.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + part * (sorted[above] - sorted[below])
}

/// A multinomial table to draw from, its likely cells first.
struct Urn {
    rows: u64,
    cells: Vec<UrnCell>,
}

struct UrnCell {
    actual: usize,
    predicted: usize,
    /// The share of this cell among itself and the cells after it.
    share: Chance,
}

impl Urn {
    fn new(counts: &[f64], labels: usize, total: f64, z: f64) -> Self {
        let sum = |of: &dyn Fn(usize, usize) -> f64, right: bool| -> f64 {
            let pairs = (0..labels).flat_map(|i| (0..labels).map(move |j| (i, j)));
            pairs.filter(|(i, j)| (i == j) == right).map(|(i, j)| of(i, j)).sum()
        };
        let count = |i: usize, j: usize| counts[i * labels + j];
        let actual: Vec<f64> = (0..labels).map(|i| (0..labels).map(|j| count(i, j)).sum()).collect();
        let predicted: Vec<f64> = (0..labels).map(|j| (0..labels).map(|i| count(i, j)).sum()).collect();
        // Where a table holds no right (or no wrong) rows, they are imagined as if labels and
        // predictions had nothing to do with one another.
        let independent = |i: usize, j: usize| actual[i] * predicted[j];
        let either = |i: usize, j: usize| if i == j { actual[i] + predicted[i] } else { independent(i, j) };
        let right_sum = sum(&count, true);
        let wrong_sum = sum(&count, false);
        let imagined_right = sum(&either, true);
        let imagined_wrong = sum(&independent, false);
        let added = z * z / 2.0;
        let mut weights: Vec<(f64, usize, usize)> = Vec::new();
        for i in 0..labels {
            for j in 0..labels {
                let (own, own_sum, imagined, imagined_sum) = if i == j {
                    (count(i, j), right_sum, either(i, j), imagined_right)
                } else {
                    (count(i, j), wrong_sum, independent(i, j), imagined_wrong)
                };
                let profile = if own_sum > 0.0 {
                    own / own_sum
                } else if imagined_sum > 0.0 {
                    imagined / imagined_sum
                } else {
                    0.0
                };
                let weight = own + added * profile;
                if weight > 0.0 {
                    weights.push((weight, i, j));
                }
            }
        }
        weights.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut rest = 0.0;
        let mut cells: Vec<UrnCell> = weights
            .iter()
            .rev()
            .map(|&(weight, actual, predicted)| {
                rest += weight;
                UrnCell { actual, predicted, share: Chance::new(weight / rest) }
            })
            .collect();
        cells.reverse();
        Self { rows: total.round() as u64, cells }
    }

    /// Draws a table of as many rows and sums it up. O(cells).
    fn draw(&self, stream: &mut Stream, sums: &mut Sums) {
        sums.clear();
        let mut left = self.rows;
        for cell in &self.cells {
            let count = cell.share.successes(stream, left);
            left -= count;
            let count = count as f64;
            sums.actual[cell.actual] += count;
            sums.predicted[cell.predicted] += count;
            if cell.actual == cell.predicted {
                sums.correct[cell.actual] += count;
            }
            if left == 0 {
                break;
            }
        }
    }
}

/// The three sums per label of one drawn table.
struct Sums {
    actual: Vec<f64>,
    predicted: Vec<f64>,
    correct: Vec<f64>,
}

impl Sums {
    fn new(labels: usize) -> Self {
        Self { actual: vec![0.0; labels], predicted: vec![0.0; labels], correct: vec![0.0; labels] }
    }

    fn clear(&mut self) {
        self.actual.fill(0.0);
        self.predicted.fill(0.0);
        self.correct.fill(0.0);
    }

    /// Averaged precision, recall and F1, without allocating: the same sums as
    /// [`precision_recall_fscore`].
    fn averaged(&self, chosen: &[Option<usize>], average: Average, zero_division: f64) -> [f64; 3] {
        let ratio = |above: f64, below: f64| if below == 0.0 { zero_division } else { above / below };
        let scores = |correct: f64, predicted: f64, actual: f64| {
            [ratio(correct, predicted), ratio(correct, actual), ratio(2.0 * correct, actual + predicted)]
        };
        let of = |place: &Option<usize>| {
            place.map_or((0.0, 0.0, 0.0), |i| (self.correct[i], self.predicted[i], self.actual[i]))
        };
        if average == Average::Micro {
            let (mut correct, mut predicted, mut actual) = (0.0, 0.0, 0.0);
            for (c, p, a) in chosen.iter().map(of) {
                correct += c;
                predicted += p;
                actual += a;
            }
            return scores(correct, predicted, actual);
        }
        let (mut weighted, mut weights, mut plain, mut defined) = ([0.0; 3], [0.0; 3], [0.0; 3], [0.0; 3]);
        for (correct, predicted, actual) in chosen.iter().map(of) {
            let weight = if average == Average::Weighted { actual } else { 1.0 };
            for (k, score) in scores(correct, predicted, actual).into_iter().enumerate() {
                if !score.is_nan() {
                    weighted[k] += weight * score;
                    weights[k] += weight;
                    plain[k] += score;
                    defined[k] += 1.0;
                }
            }
        }
        std::array::from_fn(|k| if weights[k] == 0.0 { plain[k] / defined[k] } else { weighted[k] / weights[k] })
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test fails by panicking
mod tests {
    use super::*;

    fn params() -> IntervalParams {
        IntervalParams { level: 0.95, resamples: 2000, seed: 0, zero_division: 0.0 }
    }

    #[test]
    fn intervals_hold_their_value_and_shrink_with_rows() {
        let mut widths = Vec::new();
        for scale in [1.0, 100.0] {
            let cells = [40.0, 5.0, 1.0, 3.0, 50.0, 2.0, 0.0, 4.0, 30.0].map(|count| count * scale).to_vec();
            let table = Contingency::from_cells(vec![0, 1, 2], cells).expect("square");
            let summary = summarise(&table, None, Average::Weighted, &params(), Workers::alone()).expect("valid");
            for interval in [summary.accuracy, summary.precision, summary.recall, summary.fscore] {
                assert!(0.0 <= interval.low && interval.low < interval.value);
                assert!(interval.value < interval.high && interval.high <= 1.0);
            }
            widths.push(summary.precision.high - summary.precision.low);
        }
        assert!((widths[0] / widths[1] - 10.0).abs() < 1.5, "{widths:?}");
    }

    #[test]
    fn a_table_without_errors_is_not_certain() {
        let table = Contingency::from_cells(vec![0, 1], vec![10.0, 0.0, 0.0, 10.0]).expect("square");
        let summary = summarise(&table, None, Average::Macro, &params(), Workers::alone()).expect("valid");
        assert_eq!(summary.precision.high, 1.0);
        assert!(summary.precision.low > 0.6 && summary.precision.low < 0.95, "{summary:?}");
    }

    #[test]
    fn a_table_of_one_label_is_as_uncertain_as_its_accuracy() {
        let table = Contingency::from_cells(vec![0], vec![30.0]).expect("square");
        let summary = summarise(&table, None, Average::Weighted, &params(), Workers::alone()).expect("valid");
        assert!(summary.accuracy.low < 0.9);
        assert_eq!([summary.precision, summary.recall, summary.fscore], [summary.accuracy; 3]);
    }

    #[test]
    fn threads_change_nothing() {
        let cells: Vec<f64> = (0..400).map(|i| f64::from((i * 37) % 50)).collect();
        let table = Contingency::from_cells((0..20).collect(), cells).expect("square");
        let one = summarise(&table, None, Average::Macro, &params(), Workers::alone()).expect("valid");
        for threads in [2, 3, 7] {
            let workers = Workers::unstoppable(threads);
            assert_eq!(summarise(&table, None, Average::Macro, &params(), workers).expect("valid"), one);
        }
    }

    #[test]
    fn bad_parameters_are_named() {
        let table = Contingency::from_cells(vec![0], vec![1.0]).expect("square");
        for level in [0.0, 1.0, f64::NAN] {
            let params = IntervalParams { level, ..params() };
            assert!(summarise(&table, None, Average::Macro, &params, Workers::alone()).is_err());
        }
        let empty = Contingency::from_cells(vec![0], vec![0.0]).expect("square");
        assert!(summarise(&empty, None, Average::Macro, &params(), Workers::alone()).is_err());
    }
}
