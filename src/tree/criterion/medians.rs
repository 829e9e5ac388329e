//! Absolute errors about the weighted median.
//!
//! The error of any first rows of a column's order, and of the rows after them, is found for all
//! cuts at once: rows are taken into a Fenwick tree over their numbers' ranks one after the other,
//! which gives the median and the sums on both sides of it in logarithmic time (P. M. Fenwick, "A
//! new data structure for cumulative frequency tables", 1994).

use super::payload::{Payload, Placed};
use super::{Measure, Scan, score_of};
use crate::error::Result;
use crate::runtime::Cancel;
use crate::tree::targets::Targets;

/// Rows between two looks at the cancel flag.
const POLL_ROWS: usize = 1 << 14;

/// Medians of some rows, and how far the rows are from them.
#[derive(Debug, Clone, Default)]
pub(in crate::tree) struct Medians<'a> {
    targets: Targets<'a>,
    weight: f64,
    /// One for each output.
    middles: Vec<f64>,
    /// The summed absolute errors of all outputs.
    error: f64,
    sorted: Vec<(f64, f64)>,
}

impl<'a> Medians<'a> {
    pub(in crate::tree) fn new(targets: Targets<'a>) -> Self {
        Self { targets, ..Self::default() }
    }
}

/// The number of one output of a row.
#[inline]
fn number(targets: Targets<'_>, place: usize, output: usize) -> f64 {
    match targets {
        Targets::Numbers { values, outputs } => values[place * outputs + output],
        Targets::Classes { .. } => f64::NAN,
    }
}

impl Measure<Placed> for Medians<'_> {
    fn clear(&mut self) {
        self.weight = 0.0;
    }

    fn add(&mut self, payload: Placed) {
        self.weight += payload.weight;
    }

    fn subtract(&mut self, part: &Self) {
        self.weight -= part.weight;
    }

    fn finish(&mut self, payloads: &[Placed]) {
        self.middles.clear();
        self.error = 0.0;
        for output in 0..self.targets.per_row() {
            self.sorted.clear();
            let rows = payloads.iter().map(|row| (number(self.targets, row.cell(), output), row.weight));
            self.sorted.extend(rows);
            self.sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let half = 0.5 * self.sorted.iter().map(|row| row.1).sum::<f64>();
            let mut below = 0.0;
            let mut median = f64::NAN;
            for (place, &(value, weight)) in self.sorted.iter().enumerate() {
                below += weight;
                if below >= half {
                    let next = self.sorted.get(place + 1).map_or(value, |row| row.0);
                    median = if below == half { value.midpoint(next) } else { value };
                    break;
                }
            }
            self.middles.push(median);
            self.error += self.sorted.iter().map(|(value, weight)| weight * (value - median).abs()).sum::<f64>();
        }
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn impurity(&self) -> f64 {
        self.error / (self.weight * self.targets.per_row() as f64)
    }

    fn write(&self, values: &mut Vec<f64>) {
        values.extend_from_slice(&self.middles);
    }

    fn value(&self) -> f64 {
        self.middles[0]
    }
}

/// Weights, and weighted numbers, summed by rank.
#[derive(Debug, Default)]
struct Fenwick {
    sums: Vec<(f64, f64)>,
    total: (f64, f64),
}

impl Fenwick {
    fn clear(&mut self, size: usize) {
        self.sums.clear();
        self.sums.resize(size + 1, (0.0, 0.0));
        self.total = (0.0, 0.0);
    }

    fn add(&mut self, rank: usize, weight: f64, weighted: f64) {
        let mut at = rank + 1;
        while at < self.sums.len() {
            self.sums[at].0 += weight;
            self.sums[at].1 += weighted;
            at += at & at.wrapping_neg();
        }
        self.total.0 += weight;
        self.total.1 += weighted;
    }

    /// The first rank at which the sum of weights reaches a target, or exceeds it if asked, with
    /// the sums of all ranks before it.
    fn search(&self, mut target: f64, exceeds: bool) -> (usize, f64, f64) {
        let size = self.sums.len() - 1;
        let (mut at, mut weight, mut weighted) = (0, 0.0, 0.0);
        let mut step = (size + 1).next_power_of_two() / 2;
        while step > 0 {
            let next = at + step;
            if next <= size && (self.sums[next].0 < target || exceeds && self.sums[next].0 == target) {
                at = next;
                target -= self.sums[next].0;
                weight += self.sums[next].0;
                weighted += self.sums[next].1;
            }
            step /= 2;
        }
        (at, weight, weighted)
    }
}

/// The absolute errors on both sides of every cut.
#[derive(Debug, Default)]
pub(in crate::tree) struct AbsoluteError<'a> {
    targets: Targets<'a>,
    /// For every output the node's numbers in ascending order, and each row's rank among them.
    sorted: Vec<Vec<f64>>,
    ranks: Vec<Vec<u32>>,
    order: Vec<Placed>,
    left_errors: Vec<f64>,
    right_errors: Vec<f64>,
    left_medians: Vec<f64>,
    right_medians: Vec<f64>,
    fenwick: Fenwick,
    total: f64,
    left: f64,
    /// How many rows are on the left.
    position: usize,
}

impl AbsoluteError<'_> {
    /// Adds the errors of the first rows, or of the last ones, to those of the outputs before.
    fn accumulate(&mut self, output: usize, backwards: bool, cancel: &Cancel) -> Result<()> {
        let (sorted, ranks) = (&self.sorted[output], &self.ranks[output]);
        let (errors, medians) = if backwards {
            (&mut self.right_errors, &mut self.right_medians)
        } else {
            (&mut self.left_errors, &mut self.left_medians)
        };
        self.fenwick.clear(sorted.len());
        for step in 0..self.order.len() {
            if step % POLL_ROWS == 0 {
                cancel.check()?;
            }
            let at = if backwards { self.order.len() - 1 - step } else { step };
            let Placed { place, weight } = self.order[at];
            let rank = ranks[place as usize] as usize;
            self.fenwick.add(rank, weight, weight * sorted[rank]);
            let half = 0.5 * self.fenwick.total.0;
            let (first, ..) = self.fenwick.search(half, false);
            let (last, below, weighted_below) = self.fenwick.search(half, true);
            let last = last.min(sorted.len() - 1);
            let median = if first == last { sorted[last] } else { sorted[first].midpoint(sorted[last]) };
            let (above, weighted_above) = (self.fenwick.total.0 - below, self.fenwick.total.1 - weighted_below);
            errors[at] += (weighted_above - median * above) + (median * below - weighted_below);
            medians[at] = median;
        }
        Ok(())
    }

    fn impurities(&self) -> (f64, f64) {
        let outputs = self.targets.per_row() as f64;
        let right = self.total - self.left;
        let impurity_left = self.left_errors[self.position - 1] / (self.left * outputs);
        (impurity_left, self.right_errors[self.position] / (right * outputs))
    }
}

impl<'a> Scan<Placed> for AbsoluteError<'a> {
    type Node = Medians<'a>;
    type Mark = ();
    type Bucket = ();

    const LOOKS_AHEAD: bool = true;

    fn enter(&mut self, node: &Medians<'a>, payloads: &[Placed]) {
        self.targets = node.targets;
        let outputs = node.targets.per_row();
        self.sorted.resize_with(outputs, Vec::new);
        self.ranks.resize_with(outputs, Vec::new);
        for output in 0..outputs {
            let (sorted, ranks) = (&mut self.sorted[output], &mut self.ranks[output]);
            let mut rows: Vec<(f64, u32)> =
                payloads.iter().map(|row| (number(node.targets, row.cell(), output), row.place)).collect();
            rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let last = rows.iter().map(|row| row.1).max().unwrap_or(0) as usize;
            if ranks.len() <= last {
                ranks.resize(last + 1, 0);
            }
            sorted.clear();
            for (rank, (value, place)) in rows.into_iter().enumerate() {
                ranks[place as usize] = rank as u32;
                sorted.push(value);
            }
        }
    }

    fn begin(&mut self, node: &Medians<'a>) {
        self.total = node.weight;
        self.left = 0.0;
        self.position = 0;
        self.order.clear();
    }

    fn announce(&mut self, cell: usize, amount: f64) {
        self.order.push(Placed { place: cell as u32, weight: amount });
    }

    fn settle(&mut self, cancel: &Cancel) -> Result<()> {
        let rows = self.order.len();
        for errors in [&mut self.left_errors, &mut self.right_errors, &mut self.left_medians, &mut self.right_medians] {
            errors.clear();
            errors.resize(rows, 0.0);
        }
        for output in 0..self.targets.per_row() {
            self.accumulate(output, false, cancel)?;
            self.accumulate(output, true, cancel)?;
        }
        Ok(())
    }

    fn add(&mut self, _cell: usize, amount: f64) {
        self.left += amount;
        self.position += 1;
    }

    fn weights(&self) -> (f64, f64) {
        (self.left, self.total - self.left)
    }

    fn values(&self) -> (f64, f64) {
        (self.left_medians[self.position - 1], self.right_medians[self.position])
    }

    fn mark(&self) {}

    fn score(&self) -> f64 {
        let (impurity_left, impurity_right) = self.impurities();
        let (left, right) = self.weights();
        score_of(left, right, impurity_left, impurity_right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn medians(values: &[f64], rows: &[Placed]) -> (f64, f64) {
        let mut medians = Medians::new(Targets::Numbers { values, outputs: 1 });
        for &row in rows {
            medians.add(row);
        }
        medians.finish(rows);
        (medians.value(), medians.error)
    }

    proptest! {
        #[test]
        fn every_cut_has_the_errors_of_its_sides(rows in prop::collection::vec((-5i8..5, 1u8..4), 2..40)) {
            let values: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let placed: Vec<Placed> =
                rows.iter().enumerate().map(|(place, row)| Placed { place: place as u32, weight: f64::from(row.1) }).collect();
            let mut node = Medians::new(Targets::Numbers { values: &values, outputs: 1 });
            for &row in &placed {
                node.add(row);
            }
            let mut scan = AbsoluteError::default();
            scan.enter(&node, &placed);
            scan.begin(&node);
            for row in &placed {
                scan.announce(row.cell(), row.weight);
            }
            scan.settle(&Cancel::new())?;
            for cut in 1..placed.len() {
                scan.add(placed[cut - 1].cell(), placed[cut - 1].weight);
                let (left, right) = (medians(&values, &placed[..cut]), medians(&values, &placed[cut..]));
                prop_assert_eq!(scan.values(), (left.0, right.0));
                let (impurity_left, impurity_right) = scan.impurities();
                let (weight_left, weight_right) = scan.weights();
                prop_assert!((impurity_left * weight_left - left.1).abs() < 1e-9);
                prop_assert!((impurity_right * weight_right - right.1).abs() < 1e-9);
            }
        }
    }
}
