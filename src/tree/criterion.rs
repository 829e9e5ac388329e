//! Class weights on both sides of a moving cut, and the impurity they give.
//!
//! Rows carry their class and their weight as a [`Payload`]. Whole-number weights (none at all, or
//! bootstrap counts) are kept as integers, so every sum is exact and does not depend on the order
//! of rows; other weights are summed as floats. The formulas are written in scikit-learn's order
//! of operations, so that equal sums give equal scores, ties included.

use std::ops::{AddAssign, Sub};

use super::params::Criterion;

/// The class and the weight of one training row.
pub(super) trait Payload: Copy + Default {
    /// A sum of weights.
    type Sum: Sum;
    fn class(self) -> usize;
    fn weight(self) -> Self::Sum;
    /// What stands for it in half a word of a sorted key: itself, or its place in the node.
    fn pack(self, place: u32) -> u32;
    /// The payload that was packed.
    fn unpack(packed: u32, payloads: &[Self]) -> Self;
}

pub(super) trait Sum: Copy + Default + PartialEq + AddAssign + Sub<Output = Self> {
    fn to_f64(self) -> f64;
}

impl Sum for u32 {
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Sum for f64 {
    fn to_f64(self) -> f64 {
        self
    }
}

/// A class below 65,536 and a whole-number weight below 65,536, in one word.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counted(u32);

impl Counted {
    pub(super) const MOST_CLASSES: usize = 1 << 16;
    pub(super) const MOST_WEIGHT: f64 = 65_535.0;
    /// Squares of sums up to this stay within 63 bits.
    pub(super) const MOST_TOTAL: f64 = (1u64 << 31) as f64;

    pub(super) fn new(class: u32, weight: u32) -> Self {
        Self(class << 16 | weight)
    }
}

impl Payload for Counted {
    type Sum = u32;

    #[inline]
    fn class(self) -> usize {
        (self.0 >> 16) as usize
    }

    #[inline]
    fn weight(self) -> u32 {
        self.0 & 0xffff
    }

    #[inline]
    fn pack(self, _place: u32) -> u32 {
        self.0
    }

    #[inline]
    fn unpack(packed: u32, _payloads: &[Self]) -> Self {
        Self(packed)
    }
}

/// A class and any weight.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weighted {
    pub(super) class: u32,
    pub(super) weight: f64,
}

impl Payload for Weighted {
    type Sum = f64;

    #[inline]
    fn class(self) -> usize {
        self.class as usize
    }

    #[inline]
    fn weight(self) -> f64 {
        self.weight
    }

    #[inline]
    fn pack(self, place: u32) -> u32 {
        place
    }

    #[inline]
    fn unpack(packed: u32, payloads: &[Self]) -> Self {
        payloads[packed as usize]
    }
}

/// The impurity of a node with these class weights.
pub(super) fn impurity<S: Sum>(criterion: Criterion, sums: &[S], weight: f64) -> f64 {
    match criterion {
        Criterion::Gini => {
            let square = weight * weight;
            if !(1e-200..1e200).contains(&square) {
                // Squares would leave the range of numbers; shares do not.
                return 1.0 - sums.iter().map(|&sum| (sum.to_f64() / weight).powi(2)).sum::<f64>();
            }
            let squares: f64 = sums.iter().map(|&sum| sum.to_f64() * sum.to_f64()).sum();
            1.0 - squares / square
        }
        Criterion::Entropy => sums.iter().fold(0.0, |entropy, &sum| {
            let share = sum.to_f64() / weight;
            if share > 0.0 { entropy - share * (share.ln() / std::f64::consts::LN_2) } else { entropy }
        }),
    }
}

/// The class weights left and right of a cut that moves through a node.
pub(super) trait Scan<P: Payload>: Default {
    /// Puts everything to the right.
    fn begin(&mut self, totals: &[P::Sum], total: P::Sum);
    /// Moves rows of one class from right to left.
    fn add(&mut self, class: usize, weight: P::Sum);
    /// The weight on the left and on the right.
    fn weights(&self) -> (f64, f64);
    /// What [`Scan::score_above`] rejects most cuts by: a bound that only changes with `best`.
    fn bound(&self, best: f64) -> f64;
    /// Minus the weighted impurity of both sides, if it is larger than `best`; `bound` is that of
    /// `best`.
    fn score_above(&self, best: f64, bound: f64) -> Option<f64>;
}

/// Scores are compared by a bound first, with a margin that is wide beside rounding, so that no
/// cut is rejected that the formula would accept.
const MARGIN: f64 = 1e-10;

/// Minus the weighted Gini impurity, in scikit-learn's order of operations.
fn gini_score(left: f64, right: f64, squares_left: f64, squares_right: f64) -> f64 {
    let gini_left = 1.0 - squares_left / (left * left);
    let gini_right = 1.0 - squares_right / (right * right);
    -right * gini_right - left * gini_left
}

/// Gini impurity of two classes from exact integers.
///
/// With `W` and `P` the weights of all rows and of the positive ones, `w` and `p` those on the
/// left, and `D = pW − Pw`, the score is `(P² + (W − P)²) / W − W + 2 D² / (W w (W − w))`. So a
/// cut is better than the best one only if `D²` exceeds a bound times `w (W − w)`.
#[derive(Debug, Default)]
pub(super) struct BinaryGini {
    total: i64,
    positive: i64,
    left: i64,
    positive_left: i64,
}

impl Scan<Counted> for BinaryGini {
    fn begin(&mut self, totals: &[u32], total: u32) {
        *self = Self { total: i64::from(total), positive: i64::from(totals[1]), left: 0, positive_left: 0 };
    }

    #[inline]
    fn add(&mut self, class: usize, weight: u32) {
        self.left += i64::from(weight);
        self.positive_left += i64::from(weight) * class as i64;
    }

    fn weights(&self) -> (f64, f64) {
        (self.left as f64, (self.total - self.left) as f64)
    }

    fn bound(&self, best: f64) -> f64 {
        let (total, positive) = (self.total as f64, self.positive as f64);
        let squares = positive * positive + (total - positive) * (total - positive);
        (best + total * (1.0 - MARGIN) - squares / total) * total / 2.0
    }

    #[inline]
    fn score_above(&self, best: f64, bound: f64) -> Option<f64> {
        let distance = (self.positive_left * self.total - self.positive * self.left) as f64;
        let (left, right) = self.weights();
        if distance * distance < bound * (left * right) {
            return None;
        }
        let squares = |all: f64, positive: f64| (all - positive) * (all - positive) + positive * positive;
        let positive_left = self.positive_left as f64;
        let positive_right = (self.positive - self.positive_left) as f64;
        let score = gini_score(left, right, squares(left, positive_left), squares(right, positive_right));
        (score > best).then_some(score)
    }
}

/// Gini impurity of any number of classes from exact integers: one step and one evaluation cost
/// the same for all of them, since the sums of squares are carried along.
#[derive(Debug, Default)]
pub(super) struct CountedGini {
    /// Class weights on the left and on the right.
    sides: Vec<[u32; 2]>,
    left: i64,
    right: i64,
    squares_left: i64,
    squares_right: i64,
}

impl Scan<Counted> for CountedGini {
    fn begin(&mut self, totals: &[u32], total: u32) {
        self.sides.clear();
        self.sides.extend(totals.iter().map(|&sum| [0, sum]));
        self.left = 0;
        self.right = i64::from(total);
        self.squares_left = 0;
        self.squares_right = totals.iter().map(|&sum| i64::from(sum) * i64::from(sum)).sum();
    }

    #[inline]
    fn add(&mut self, class: usize, weight: u32) {
        let [left, right] = &mut self.sides[class];
        let moved = i64::from(weight);
        self.squares_left += moved * (2 * i64::from(*left) + moved);
        self.squares_right -= moved * (2 * i64::from(*right) - moved);
        *left += weight;
        *right -= weight;
        self.left += moved;
        self.right -= moved;
    }

    fn weights(&self) -> (f64, f64) {
        (self.left as f64, self.right as f64)
    }

    fn bound(&self, best: f64) -> f64 {
        best + (self.left + self.right) as f64 * (1.0 - MARGIN)
    }

    /// The score is `squares_left / left + squares_right / right` less the total weight.
    #[inline]
    fn score_above(&self, best: f64, bound: f64) -> Option<f64> {
        let (left, right) = (self.left as f64, self.right as f64);
        let (squares_left, squares_right) = (self.squares_left as f64, self.squares_right as f64);
        if squares_left * right + squares_right * left < bound * (left * right) {
            return None;
        }
        let score = gini_score(left, right, squares_left, squares_right);
        (score > best).then_some(score)
    }
}

/// Any criterion, evaluated from the class weights each time.
#[derive(Debug, Default)]
pub(super) struct Evaluated<S> {
    criterion: Criterion,
    totals: Vec<S>,
    left: Vec<S>,
    right: Vec<S>,
    total: S,
    weight_left: S,
}

impl<S: Sum> Evaluated<S> {
    pub(super) fn new(criterion: Criterion) -> Self {
        let (totals, left, right) = (Vec::new(), Vec::new(), Vec::new());
        Self { criterion, totals, left, right, total: S::default(), weight_left: S::default() }
    }
}

impl<P: Payload> Scan<P> for Evaluated<P::Sum> {
    fn begin(&mut self, totals: &[P::Sum], total: P::Sum) {
        self.totals.clear();
        self.totals.extend_from_slice(totals);
        self.right.clear();
        self.right.extend_from_slice(totals);
        self.left.clear();
        self.left.resize(totals.len(), P::Sum::default());
        self.total = total;
        self.weight_left = P::Sum::default();
    }

    #[inline]
    fn add(&mut self, class: usize, weight: P::Sum) {
        self.left[class] += weight;
        self.right[class] = self.totals[class] - self.left[class];
        self.weight_left += weight;
    }

    fn weights(&self) -> (f64, f64) {
        (self.weight_left.to_f64(), (self.total - self.weight_left).to_f64())
    }

    fn bound(&self, best: f64) -> f64 {
        best
    }

    fn score_above(&self, best: f64, _bound: f64) -> Option<f64> {
        let (left, right) = Scan::<P>::weights(self);
        let score =
            -right * impurity(self.criterion, &self.right, right) - left * impurity(self.criterion, &self.left, left);
        (score > best).then_some(score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_impurities() {
        assert_eq!(impurity(Criterion::Gini, &[5u32, 5], 10.0), 0.5);
        assert_eq!(impurity(Criterion::Entropy, &[5u32, 5], 10.0), 1.0);
        assert_eq!(impurity(Criterion::Gini, &[7u32, 0], 7.0), 0.0);
        assert_eq!(impurity(Criterion::Entropy, &[0u32, 7], 7.0), 0.0);
        for weight in [1e-310, 1e-200, 1e-100, 1e155, 8e307] {
            assert_eq!(impurity(Criterion::Gini, &[weight, weight], weight + weight), 0.5);
        }
    }

    proptest! {
        #[test]
        fn carried_squares_equal_evaluated_ones(rows in prop::collection::vec((0u32..5, 1u32..9), 2..60)) {
            let mut totals = vec![0u32; 5];
            for &(class, weight) in &rows {
                totals[class as usize] += weight;
            }
            let total = totals.iter().sum();
            let (mut carried, mut evaluated) = (CountedGini::default(), Evaluated::new(Criterion::Gini));
            let mut binary = BinaryGini::default();
            let pair = [totals[0] + totals[2] + totals[4], totals[1] + totals[3]];
            binary.begin(&pair, total);
            let mut carried_pair = CountedGini::default();
            carried_pair.begin(&pair, total);
            carried.begin(&totals, total);
            Scan::<Counted>::begin(&mut evaluated, &totals, total);
            for &(class, weight) in &rows[..rows.len() - 1] {
                carried.add(class as usize, weight);
                binary.add(class as usize % 2, weight);
                carried_pair.add(class as usize % 2, weight);
                Scan::<Counted>::add(&mut evaluated, class as usize, weight);
                let above = |scan: &CountedGini, best| scan.score_above(best, scan.bound(best));
                let binary_above = |best| binary.score_above(best, binary.bound(best));
                let lowest = f64::NEG_INFINITY;
                let score = Scan::<Counted>::score_above(&evaluated, lowest, lowest);
                prop_assert!(score.is_some());
                prop_assert_eq!(above(&carried, lowest), score);
                for (best, better) in [(lowest, true), (score.unwrap_or_default().next_down(), true), (score.unwrap_or_default(), false)] {
                    prop_assert_eq!(above(&carried, best), score.filter(|_| better));
                }
                let pair_score = above(&carried_pair, lowest);
                for (best, better) in [(lowest, true), (pair_score.unwrap_or_default().next_down(), true), (pair_score.unwrap_or_default(), false)] {
                    prop_assert_eq!(binary_above(best), pair_score.filter(|_| better));
                }
            }
        }
    }
}
