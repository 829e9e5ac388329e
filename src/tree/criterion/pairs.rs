//! Two classes with whole-number weights: both weights in one word.

use super::classes::{POSSIBLE_IMPURITIES, gini_score, impurity_of};
use super::payload::{Pair, Sum};
use super::{MARGIN, Measure, Scan};
use crate::tree::params::Criterion;

/// The weights of two classes among some rows.
#[derive(Debug, Clone, Default)]
pub(in crate::tree) struct PairSums(Pair);

impl PairSums {
    fn weights(&self) -> [f64; 2] {
        [f64::from(self.0.all() - self.0.second()), f64::from(self.0.second())]
    }
}

impl Measure<Pair> for PairSums {
    fn clear(&mut self) {
        *self = Self::default();
    }

    #[inline]
    fn add(&mut self, payload: Pair) {
        self.0 += payload;
    }

    fn subtract(&mut self, part: &Self) {
        self.0 = self.0 - part.0;
    }

    fn weight(&self) -> f64 {
        self.0.weight()
    }

    fn impurity(&self) -> f64 {
        impurity_of(Criterion::Gini, &self.weights(), self.0.weight())
    }

    fn rounding(&self) -> f64 {
        0.0
    }

    fn is_possible(&self, impurity: f64) -> bool {
        POSSIBLE_IMPURITIES.contains(&impurity)
    }

    fn write(&self, values: &mut Vec<f64>) {
        values.extend(self.weights().map(|weight| weight / self.0.weight()));
    }

    fn value(&self) -> f64 {
        self.weights()[0] / self.0.weight()
    }
}

/// Gini impurity of two classes from exact integers.
///
/// With `W` and `P` the weights of all rows and of the positive ones, `w` and `p` those on the
/// left, and `D = pW − Pw`, the score is `(P² + (W − P)²) / W − W + 2 D² / (W w (W − w))`. So a
/// cut is better than the best one only if `D²` exceeds a bound times `w (W − w)`.
#[derive(Debug, Default)]
pub(in crate::tree) struct BinaryGini {
    total: f64,
    positive: f64,
    left: Pair,
}

/// The weights of all rows and of the positive ones on the left, in the order of the word that they
/// come from.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::tree) struct BinaryMark {
    left: i32,
    positive: i32,
}

impl From<Pair> for BinaryMark {
    #[inline]
    fn from(pair: Pair) -> Self {
        Self { left: pair.all() as i32, positive: pair.second() as i32 }
    }
}

impl Scan<Pair> for BinaryGini {
    type Node = PairSums;
    type Mark = BinaryMark;
    type Bucket = Pair;

    const HAS_BUCKETS: bool = true;
    const MARKS_LAST: bool = true;

    /// Both sides pure.
    fn highest(_payloads: &[Pair]) -> f64 {
        0.0
    }

    fn begin(&mut self, node: &PairSums) {
        *self = Self { total: node.weight(), positive: node.weights()[1], left: Pair::default() };
    }

    #[inline]
    fn add(&mut self, _cell: usize, weights: Pair) {
        self.left += weights;
    }

    #[inline]
    fn mark(&self) -> BinaryMark {
        self.left.into()
    }

    #[inline]
    fn restore(&mut self, mark: BinaryMark) {
        self.left = Pair::of(mark.left as u32, mark.positive as u32);
    }

    #[inline]
    fn add_to(&self, bucket: &mut Pair, payload: Pair) {
        *bucket += payload;
    }

    #[inline]
    fn after(mark: BinaryMark, bucket: Pair) -> BinaryMark {
        let moved = BinaryMark::from(bucket);
        BinaryMark { left: mark.left + moved.left, positive: mark.positive + moved.positive }
    }

    /// The score is a convex function of both weights, so no cut scores more than the best of four:
    /// before and after the bucket, and among it with all positive rows first, or last. Of a node of
    /// one class none is considered.
    #[inline]
    fn may_exceed_within(&self, mark: BinaryMark, bucket: Pair, bound: f64) -> bool {
        let end = Self::after(mark, bucket);
        let positive = end.positive - mark.positive;
        let positive_first = BinaryMark { left: mark.left + positive, positive: end.positive };
        let positive_last = BinaryMark { left: end.left - positive, positive: mark.positive };
        let may_exceed =
            |mark: BinaryMark| mark.left > 0 && f64::from(mark.left) < self.total && self.may_exceed(mark, bound);
        may_exceed(positive_first) || may_exceed(positive_last) || may_exceed(mark) || may_exceed(end)
    }

    fn weights(&self) -> (f64, f64) {
        let left = self.left.weight();
        (left, self.total - left)
    }

    fn values(&self) -> (f64, f64) {
        let (left, right) = self.weights();
        let positive = f64::from(self.left.second());
        ((left - positive) / left, (right - (self.positive - positive)) / right)
    }

    fn bound(&self, best: f64) -> f64 {
        let (total, positive) = (self.total, self.positive);
        let squares = positive * positive + (total - positive) * (total - positive);
        (best + total * (1.0 - MARGIN) - squares / total) * total / 2.0
    }

    #[inline]
    fn may_exceed(&self, mark: BinaryMark, bound: f64) -> bool {
        let (left, positive) = (f64::from(mark.left), f64::from(mark.positive));
        let distance = positive * self.total - self.positive * left;
        distance * distance >= bound * (left * (self.total - left))
    }

    fn score(&self) -> f64 {
        let (left, right) = self.weights();
        let squares = |all: f64, positive: f64| (all - positive) * (all - positive) + positive * positive;
        let positive = f64::from(self.left.second());
        gini_score(left, right, squares(left, positive), squares(right, self.positive - positive))
    }
}
