//! Precision, recall, F-score and support from a table of counts.
//!
//! For label i with tp correct, fp wrongly predicted and fn missed rows: precision tp/(tp+fp),
//! recall tp/(tp+fn), F-score (1+β²)·tp / ((1+β²)·tp + β²·fn + fp).

use super::contingency::Contingency;
use crate::error::Error;

/// How scores of several labels become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// They do not: one score per label.
    PerLabel,
    /// One score from the sums over labels.
    Micro,
    /// The plain mean over labels.
    Macro,
    /// The mean over labels, weighted by how often each was true.
    Weighted,
}

impl std::str::FromStr for Average {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "none" => Ok(Self::PerLabel),
            "micro" => Ok(Self::Micro),
            "macro" => Ok(Self::Macro),
            "weighted" => Ok(Self::Weighted),
            other => Err(Error::parameter("average", "one of 'none', 'micro', 'macro', 'weighted'", other)),
        }
    }
}

/// Scores per label, or one of each where they were averaged.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The share of predictions of a label that were right.
    pub precision: Vec<f64>,
    /// The share of a label's rows that were found.
    pub recall: Vec<f64>,
    /// The weighted harmonic mean of the two.
    pub fscore: Vec<f64>,
    /// How often the label was true: the rows, or the sum of their weights.
    pub support: Vec<f64>,
    /// Whether some denominator of precision, recall, F-score was 0.
    pub undefined: [bool; 3],
    /// How many values the warning speaks of: labels, or 1 for the micro average.
    pub compared: usize,
}

/// Precision, recall, F-score and support of the labels at `positions` (`None`: a label that does
/// not occur), or of all labels. O(labels).
///
/// A score whose denominator is 0 becomes `zero_division`; averages leave NaN out.
pub fn precision_recall_fscore(
    table: &Contingency,
    positions: Option<&[Option<usize>]>,
    average: Average,
    beta: f64,
    zero_division: f64,
) -> Scores {
    let pick = |sums: &[f64]| -> Vec<f64> {
        positions.map_or_else(
            || sums.to_vec(),
            |positions| positions.iter().map(|place| place.map_or(0.0, |i| sums[i])).collect(),
        )
    };
    let mut correct = pick(&table.correct);
    let mut predicted = pick(&table.predicted);
    let mut actual = pick(&table.actual);
    if average == Average::Micro {
        for sums in [&mut correct, &mut predicted, &mut actual] {
            *sums = vec![sums.iter().sum()];
        }
    }
    let mut undefined = [false; 3];
    let mut ratios = |which: usize, ratio: &dyn Fn(usize) -> (f64, f64)| -> Vec<f64> {
        (0..correct.len())
            .map(|i| {
                let (above, below) = ratio(i);
                if below == 0.0 {
                    undefined[which] = true;
                    return zero_division;
                }
                above / below
            })
            .collect()
    };
    let precision = ratios(0, &|i| (correct[i], predicted[i]));
    let recall = ratios(1, &|i| (correct[i], actual[i]));
    let squared = beta * beta;
    let fscore = if squared.is_infinite() {
        recall.clone()
    } else if squared == 0.0 {
        precision.clone()
    } else {
        ratios(2, &|i| ((1.0 + squared) * correct[i], squared * actual[i] + predicted[i]))
    };
    let compared = correct.len();
    let weights = (average == Average::Weighted).then_some(actual.as_slice());
    let combine = |scores: Vec<f64>| match average {
        Average::PerLabel => scores,
        _ => vec![mean_of_defined(&scores, weights)],
    };
    Scores {
        precision: combine(precision),
        recall: combine(recall),
        fscore: combine(fscore),
        support: actual.clone(),
        undefined,
        compared,
    }
}

/// The mean of the values that are not NaN; the plain one where their weights sum to 0.
pub(crate) fn mean_of_defined(values: &[f64], weights: Option<&[f64]>) -> f64 {
    let (mut sum, mut weight_sum, mut plain_sum, mut count) = (0.0, 0.0, 0.0, 0.0);
    for (i, &value) in values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
        let weight = weights.map_or(1.0, |weights| weights[i]);
        sum += weight * value;
        weight_sum += weight;
        plain_sum += value;
        count += 1.0;
    }
    if weight_sum == 0.0 { plain_sum / count } else { sum / weight_sum }
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test fails by panicking
mod tests {
    use super::*;

    fn table() -> Contingency {
        Contingency::count(&[0, 1, 2, 0, 1, 2], &[0, 2, 1, 0, 0, 1], None, crate::runtime::Workers::alone())
            .expect("counted")
    }

    #[test]
    fn scores_of_a_known_table() {
        let scores = precision_recall_fscore(&table(), None, Average::PerLabel, 1.0, 0.0);
        assert_eq!(scores.precision, vec![2.0 / 3.0, 0.0, 0.0]);
        assert_eq!(scores.recall, vec![1.0, 0.0, 0.0]);
        assert_eq!(scores.fscore, vec![0.8, 0.0, 0.0]);
        assert_eq!(scores.support, vec![2.0; 3]);
        assert_eq!(scores.undefined, [false; 3]);
        let scores = precision_recall_fscore(&table(), None, Average::Weighted, 1.0, 0.0);
        assert!((scores.precision[0] - 2.0 / 9.0).abs() < 1e-15);
        assert!((scores.recall[0] - table().accuracy()).abs() < 1e-15);
    }

    #[test]
    fn a_label_that_never_occurs_is_undefined() {
        let table = table();
        let places = table.positions(&[0, 9]);
        let scores = precision_recall_fscore(&table, Some(&places), Average::Macro, 1.0, f64::NAN);
        assert_eq!(scores.undefined, [true; 3]);
        assert_eq!(scores.recall, vec![1.0]);
        assert_eq!(scores.compared, 2);
    }
}
