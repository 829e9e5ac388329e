//! One output of numbers, by their weighted sum and sum of squares.

use super::payload::{Moments, Payload, Response};
use super::{MARGIN, Measure, Scan};
use crate::tree::params::Criterion;

/// The weight of some rows, and the weighted sums of their numbers and of the squares.
#[derive(Debug, Clone)]
pub(in crate::tree) struct MomentSums {
    criterion: Criterion,
    sum: Moments,
    squares: f64,
    /// The Poisson deviance of all rows from their mean, halved.
    deviance: f64,
}

impl MomentSums {
    pub(in crate::tree) fn new(criterion: Criterion) -> Self {
        Self { criterion, sum: Moments::default(), squares: 0.0, deviance: 0.0 }
    }
}

/// A mean that is not above this has no Poisson deviance.
pub(super) const LEAST_SUM: f64 = f64::EPSILON;

/// `weight * y * ln(y / mean)`, which is 0 where y is.
pub(super) fn deviance_of(weight: f64, y: f64, mean: f64) -> f64 {
    if y == 0.0 { 0.0 } else { weight * (y * (y / mean).ln()) }
}

impl Measure<Response> for MomentSums {
    fn clear(&mut self) {
        *self = Self::new(self.criterion);
    }

    #[inline]
    fn add(&mut self, payload: Response) {
        let amount = payload.amount();
        self.sum += amount;
        self.squares += amount.response * payload.value;
    }

    fn subtract(&mut self, part: &Self) {
        self.sum = self.sum - part.sum;
        self.squares -= part.squares;
    }

    fn finish(&mut self, payloads: &[Response]) {
        if self.criterion == Criterion::Poisson {
            let mean = self.value();
            self.deviance = if self.sum.response <= LEAST_SUM {
                f64::INFINITY
            } else {
                payloads.iter().fold(0.0, |sum, row| sum + deviance_of(row.weight, row.value, mean))
            };
        }
    }

    fn weight(&self) -> f64 {
        self.sum.weight
    }

    fn impurity(&self) -> f64 {
        if self.criterion == Criterion::Poisson {
            return self.deviance / self.sum.weight;
        }
        let mean = self.value();
        self.squares / self.sum.weight - mean * mean
    }

    fn write(&self, values: &mut Vec<f64>) {
        values.push(self.value());
    }

    fn value(&self) -> f64 {
        self.sum.response / self.sum.weight
    }
}

/// The sums left of a cut, beside those of the whole node.
#[derive(Debug, Default)]
struct Sides {
    total: Moments,
    left: Moments,
}

impl Sides {
    fn right(&self) -> Moments {
        self.total - self.left
    }

    fn weights(&self) -> (f64, f64) {
        (self.left.weight, self.right().weight)
    }

    fn values(&self) -> (f64, f64) {
        let right = self.right();
        (self.left.response / self.left.weight, right.response / right.weight)
    }
}

/// The sums of some rows, and how far they can move the sum left of a cut from what its weight alone
/// would make it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::tree) struct Spread {
    sum: Moments,
    /// Sums of weighted distances from the node's mean: of rows above it, and of those below.
    above: f64,
    below: f64,
}

/// The weighted squares of both means: larger, the less the squared error is.
#[derive(Debug, Default)]
pub(in crate::tree) struct SquaredError(Sides);

impl Scan<Response> for SquaredError {
    type Node = MomentSums;
    type Mark = Moments;
    type Bucket = Spread;

    const HAS_BUCKETS: bool = true;
    const MARKS_LAST: bool = true;

    /// For up to 8 rows: the best of all ways to part them leaves no value of one side between values of the
    /// other (Fisher, "On grouping for maximum homogeneity", Journal of the American Statistical Association
    /// 53, 1958), so few ways need to be tried.
    fn highest(payloads: &[Response]) -> f64 {
        const MOST: usize = 8;
        let mut ordered = [Response::default(); MOST];
        let Some(ordered) = ordered.get_mut(..payloads.len()) else { return f64::INFINITY };
        ordered.copy_from_slice(payloads);
        ordered.sort_unstable_by(|a, b| a.value.total_cmp(&b.value));
        let mut sides = Self::default();
        for row in &*ordered {
            sides.0.total += row.amount();
        }
        let mut highest = f64::NEG_INFINITY;
        for row in &ordered[..payloads.len() - 1] {
            sides.0.left += row.amount();
            highest = highest.max(sides.score());
        }
        highest
    }

    fn begin(&mut self, node: &MomentSums) {
        self.0 = Sides { total: node.sum, left: Moments::default() };
    }

    #[inline]
    fn add(&mut self, _cell: usize, amount: Moments) {
        self.0.left += amount;
    }

    #[inline]
    fn mark(&self) -> Moments {
        self.0.left
    }

    #[inline]
    fn restore(&mut self, mark: Moments) {
        self.0.left = mark;
    }

    #[inline]
    fn add_to(&self, bucket: &mut Spread, payload: Response) {
        let amount = payload.amount();
        let distance = amount.response - amount.weight * (self.0.total.response / self.0.total.weight);
        bucket.sum += amount;
        bucket.above += distance.max(0.0);
        bucket.below += distance.min(0.0);
    }

    #[inline]
    fn after(mark: Moments, bucket: Spread) -> Moments {
        let mut moved = mark;
        moved += bucket.sum;
        moved
    }

    /// With the node's mean `m`, a cut scores more than none by `D² / left + D² / right`, where `D`
    /// is the sum on the left less `m left`. Among the rows, `D` stays between what those above the
    /// mean add, and those below; and the weights between those at both ends.
    #[inline]
    fn may_exceed_within(&self, mark: Moments, bucket: Spread, bound: f64) -> bool {
        let total = self.0.total;
        let mean = total.response / total.weight;
        let (least, most) = (mark.weight, mark.weight + bucket.sum.weight);
        let apart = mark.response - mean * least;
        let distance = (apart + bucket.above).abs().max((apart + bucket.below).abs());
        let product = (least * (total.weight - least)).min(most * (total.weight - most));
        let gain = bound - total.response * mean;
        // Rounding may leave less than nothing on the right of the last bucket.
        product <= 0.0 || distance * distance * (1.0 + MARGIN) * total.weight >= (gain - MARGIN * bound.abs()) * product
    }

    fn weights(&self) -> (f64, f64) {
        self.0.weights()
    }

    fn values(&self) -> (f64, f64) {
        self.0.values()
    }

    fn bound(&self, best: f64) -> f64 {
        best - MARGIN * best.abs()
    }

    /// Two divisions are spared for most cuts: both sides are multiplied by both weights first.
    #[inline]
    fn may_exceed(&self, left: Moments, bound: f64) -> bool {
        let right = self.0.total - left;
        let (squares_left, squares_right) = (left.response * left.response, right.response * right.response);
        squares_left * right.weight + squares_right * left.weight >= bound * (left.weight * right.weight)
    }

    fn score(&self) -> f64 {
        let (left, right) = (self.0.left, self.0.right());
        left.response * left.response / left.weight + right.response * right.response / right.weight
    }
}

/// What the Poisson deviance of both sides leaves out of that of the node.
#[derive(Debug, Default)]
pub(in crate::tree) struct PoissonDeviance(Sides);

impl Scan<Response> for PoissonDeviance {
    type Node = MomentSums;
    type Mark = ();
    type Bucket = ();

    fn begin(&mut self, node: &MomentSums) {
        self.0 = Sides { total: node.sum, left: Moments::default() };
    }

    #[inline]
    fn add(&mut self, _cell: usize, amount: Moments) {
        self.0.left += amount;
    }

    fn mark(&self) {}

    fn weights(&self) -> (f64, f64) {
        self.0.weights()
    }

    fn values(&self) -> (f64, f64) {
        self.0.values()
    }

    /// No number for a side without a positive mean, of which no count can come.
    fn score(&self) -> f64 {
        let (left, right) = (self.0.left, self.0.right());
        if left.response <= LEAST_SUM || right.response <= LEAST_SUM {
            return f64::NAN;
        }
        let (mean_left, mean_right) = self.0.values();
        left.response * mean_left.ln() + right.response * mean_right.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(criterion: Criterion, rows: &[(f64, f64)]) -> MomentSums {
        let rows: Vec<Response> = rows.iter().map(|&(value, weight)| Response { value, weight }).collect();
        let mut sums = MomentSums::new(criterion);
        for &row in &rows {
            sums.add(row);
        }
        sums.finish(&rows);
        sums
    }

    #[test]
    fn known_impurities() {
        assert_eq!(measured(Criterion::SquaredError, &[(1.0, 1.0), (3.0, 1.0)]).impurity(), 1.0);
        assert_eq!(measured(Criterion::SquaredError, &[(1.0, 3.0), (5.0, 1.0)]).impurity(), 3.0);
        let poisson = measured(Criterion::Poisson, &[(0.0, 1.0), (2.0, 1.0)]).impurity();
        assert!((poisson - 2.0_f64.ln()).abs() < 1e-15, "{poisson}");
        assert_eq!(measured(Criterion::Poisson, &[(0.0, 1.0)]).impurity(), f64::INFINITY);
    }

    #[test]
    fn no_way_to_part_rows_scores_more_than_the_highest() {
        let mut stream = crate::runtime::Stream::new(9);
        for rows in 2..=9 {
            for _ in 0..200 {
                let rows: Vec<Response> = (0..rows)
                    .map(|_| Response { value: stream.below(20) as f64 - 5.0, weight: f64::from(1 + stream.below(3)) })
                    .collect();
                let mut sides = SquaredError::default();
                for row in &rows {
                    sides.0.total += row.amount();
                }
                let mut best = f64::NEG_INFINITY;
                for set in 1..(1_u32 << rows.len()) - 1 {
                    sides.0.left = Moments::default();
                    let on_left = rows.iter().enumerate().filter(|(place, _)| set >> place & 1 == 1);
                    on_left.for_each(|(_, row)| sides.0.left += row.amount());
                    best = best.max(sides.score());
                }
                let highest = SquaredError::highest(&rows);
                if rows.len() <= 8 {
                    assert!((highest - best).abs() <= 1e-12 * best.abs(), "{highest} for {best}");
                } else {
                    assert_eq!(highest, f64::INFINITY);
                }
            }
        }
    }

    #[test]
    fn the_bound_rejects_no_better_cut() {
        let mut stream = crate::runtime::Stream::new(3);
        for scale in [1.0, 1e6, 1e-6] {
            let rows: Vec<(f64, f64)> = (0..200).map(|_| (scale * (stream.uniform() - 0.3), 1.0)).collect();
            let node = measured(Criterion::SquaredError, &rows);
            let mut scan = SquaredError::default();
            scan.begin(&node);
            let mut best = f64::NEG_INFINITY;
            for &(value, weight) in &rows[..199] {
                scan.add(0, Response { value, weight }.amount());
                assert!(scan.score() <= best || scan.may_exceed(scan.mark(), scan.bound(best)));
                best = best.max(scan.score());
            }
        }
    }
}
