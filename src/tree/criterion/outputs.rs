//! Several outputs, of classes or of numbers: impurities are means over the outputs.
//!
//! Every row looks its labels up, which is slow beside one output but asks nothing of their kind.

use super::classes::{entropy_beyond, impurity_of};
use super::numbers::{LEAST_SUM, deviance_of};
use super::payload::{Payload, Placed};
use super::{Measure, Scan, score_of};
use crate::tree::params::Criterion;
use crate::tree::targets::Targets;

/// Weighted sums over some rows: of every class of every output, or of every output's numbers.
#[derive(Debug, Clone, Default)]
pub(in crate::tree) struct OutputSums<'a> {
    criterion: Criterion,
    targets: Targets<'a>,
    /// The largest number of classes of an output; 1 for numbers.
    stride: usize,
    weight: f64,
    sums: Vec<f64>,
    squares: f64,
    deviance: f64,
}

impl<'a> OutputSums<'a> {
    pub(in crate::tree) fn new(criterion: Criterion, targets: Targets<'a>) -> Self {
        let outputs = targets.outputs();
        Self { criterion, targets, stride: outputs.most_classes(), sums: vec![0.0; outputs.width()], ..Self::default() }
    }

    fn add_row(&mut self, place: usize, weight: f64) {
        self.weight += weight;
        match self.targets {
            Targets::Classes { codes, counts } => {
                let row = &codes[place * counts.len()..][..counts.len()];
                for (sums, &code) in self.sums.chunks_exact_mut(self.stride).zip(row) {
                    sums[code as usize] += weight;
                }
            }
            Targets::Numbers { values, outputs } => {
                for (sum, value) in self.sums.iter_mut().zip(&values[place * outputs..][..outputs]) {
                    *sum += weight * value;
                    self.squares += weight * value * value;
                }
            }
        }
    }

    fn subtract_part(&mut self, part: &Self) {
        self.weight -= part.weight;
        self.squares -= part.squares;
        for (sum, less) in self.sums.iter_mut().zip(&part.sums) {
            *sum -= less;
        }
    }

    /// The mean over outputs of classes.
    fn class_impurity(&self, counts: &[u32]) -> f64 {
        let outputs = self.sums.chunks_exact(self.stride).zip(counts);
        let sum = outputs.fold(0.0, |sum, (sums, &count)| {
            let sums = &sums[..count as usize];
            if self.criterion == Criterion::Entropy {
                entropy_beyond(sum, sums, self.weight)
            } else {
                sum + impurity_of(self.criterion, sums, self.weight)
            }
        });
        sum / counts.len() as f64
    }

    /// How good a split into this and another part is.
    fn score_beside(&self, right: &Self) -> f64 {
        match (self.targets, self.criterion) {
            (Targets::Classes { counts, .. }, _) => {
                let (impurity_left, impurity_right) = (self.class_impurity(counts), right.class_impurity(counts));
                score_of(self.weight, right.weight, impurity_left, impurity_right)
            }
            (Targets::Numbers { .. }, Criterion::Poisson) => {
                let logarithms = |side: &Self| {
                    side.sums
                        .iter()
                        .try_fold(0.0, |total, &sum| (sum > LEAST_SUM).then(|| total + sum * (sum / side.weight).ln()))
                };
                match (logarithms(self), logarithms(right)) {
                    (Some(left), Some(right)) => left + right,
                    _ => f64::NEG_INFINITY,
                }
            }
            (Targets::Numbers { .. }, _) => {
                let squares = |side: &Self| side.sums.iter().map(|sum| sum * sum).sum::<f64>() / side.weight;
                squares(self) + squares(right)
            }
        }
    }
}

impl Measure<Placed> for OutputSums<'_> {
    fn clear(&mut self) {
        self.sums.fill(0.0);
        (self.weight, self.squares, self.deviance) = (0.0, 0.0, 0.0);
    }

    fn add(&mut self, payload: Placed) {
        self.add_row(payload.cell(), payload.weight);
    }

    fn subtract(&mut self, part: &Self) {
        self.subtract_part(part);
    }

    fn finish(&mut self, payloads: &[Placed]) {
        let (Targets::Numbers { values, outputs }, Criterion::Poisson) = (self.targets, self.criterion) else {
            return;
        };
        self.deviance = 0.0;
        for (output, &sum) in self.sums.iter().enumerate() {
            if sum <= LEAST_SUM {
                self.deviance = f64::INFINITY;
                return;
            }
            let mean = sum / self.weight;
            for row in payloads {
                self.deviance += deviance_of(row.weight, values[row.cell() * outputs + output], mean);
            }
        }
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn impurity(&self) -> f64 {
        let outputs = self.targets.per_row() as f64;
        match (self.targets, self.criterion) {
            (Targets::Classes { counts, .. }, _) => self.class_impurity(counts),
            (Targets::Numbers { .. }, Criterion::Poisson) => self.deviance / (self.weight * outputs),
            (Targets::Numbers { .. }, _) => {
                let squared_means = self.sums.iter().map(|sum| (sum / self.weight).powi(2));
                squared_means.fold(self.squares / self.weight, |rest, square| rest - square) / outputs
            }
        }
    }

    fn write(&self, values: &mut Vec<f64>) {
        values.extend(self.sums.iter().map(|sum| sum / self.weight));
    }

    fn value(&self) -> f64 {
        self.sums[0] / self.weight
    }
}

/// Any criterion of several outputs, evaluated from the sums each time.
#[derive(Debug, Default)]
pub(in crate::tree) struct ManyOutputs<'a> {
    node: OutputSums<'a>,
    left: OutputSums<'a>,
}

impl<'a> Scan<Placed> for ManyOutputs<'a> {
    type Node = OutputSums<'a>;
    type Mark = ();
    type Bucket = ();

    fn begin(&mut self, node: &OutputSums<'a>) {
        self.node.clone_from(node);
        self.left.clone_from(node);
        self.left.clear();
    }

    fn add(&mut self, cell: usize, amount: f64) {
        self.left.add_row(cell, amount);
    }

    fn weights(&self) -> (f64, f64) {
        (self.left.weight, self.node.weight - self.left.weight)
    }

    fn values(&self) -> (f64, f64) {
        let right = (self.node.sums[0] - self.left.sums[0]) / (self.node.weight - self.left.weight);
        (self.left.value(), right)
    }

    fn mark(&self) {}

    fn score(&self) -> f64 {
        let mut right = self.node.clone();
        right.subtract_part(&self.left);
        self.left.score_beside(&right)
    }
}
