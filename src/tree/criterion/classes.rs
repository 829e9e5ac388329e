//! One output of classes: the weight of every class on both sides of a cut.

use super::payload::{Counted, Payload, Sum};
use super::{MARGIN, Measure, Scan, score_of, step_of};
use crate::tree::params::Criterion;

/// Impurities of classes lie within these bounds, whatever the criterion; rounding may leave less
/// than zero.
pub(in crate::tree) const POSSIBLE_IMPURITIES: std::ops::RangeInclusive<f64> = -1e-6..=32.0;

/// The impurity of rows with these class weights.
pub(super) fn impurity_of<S: Sum>(criterion: Criterion, sums: &[S], weight: f64) -> f64 {
    if criterion == Criterion::Entropy { entropy_beyond(0.0, sums, weight) } else { gini_of(sums, weight) }
}

/// The entropy of these class weights added, class by class, to that of outputs before.
pub(super) fn entropy_beyond<S: Sum>(entropy: f64, sums: &[S], weight: f64) -> f64 {
    sums.iter().fold(entropy, |entropy, &sum| {
        let share = sum.weight() / weight;
        if share > 0.0 { entropy - share * (share.ln() / std::f64::consts::LN_2) } else { entropy }
    })
}

fn gini_of<S: Sum>(sums: &[S], weight: f64) -> f64 {
    let square = weight * weight;
    if !(1e-200..1e200).contains(&square) {
        // Squares would leave the range of numbers; shares do not.
        return 1.0 - sums.iter().map(|&sum| (sum.weight() / weight).powi(2)).sum::<f64>();
    }
    let squares: f64 = sums.iter().map(|&sum| sum.weight() * sum.weight()).sum();
    1.0 - squares / square
}

/// The weights of the classes among some rows.
#[derive(Debug, Clone)]
pub(in crate::tree) struct ClassSums<S> {
    criterion: Criterion,
    sums: Vec<S>,
    total: S,
}

impl<S: Sum> ClassSums<S> {
    pub(in crate::tree) fn new(criterion: Criterion, classes: usize) -> Self {
        Self { criterion, sums: vec![S::default(); classes], total: S::default() }
    }
}

impl<P: Payload> Measure<P> for ClassSums<P::Sum> {
    fn clear(&mut self) {
        self.sums.fill(P::Sum::default());
        self.total = P::Sum::default();
    }

    #[inline]
    fn add(&mut self, payload: P) {
        self.sums[payload.cell()] += payload.amount();
        self.total += payload.amount();
    }

    fn subtract(&mut self, part: &Self) {
        for (sum, &less) in self.sums.iter_mut().zip(&part.sums) {
            *sum = *sum - less;
        }
        self.total = self.total - part.total;
    }

    fn weight(&self) -> f64 {
        self.total.weight()
    }

    fn impurity(&self) -> f64 {
        impurity_of(self.criterion, &self.sums, self.total.weight())
    }

    fn rounding(&self) -> f64 {
        if P::Sum::IS_EXACT { 0.0 } else { step_of(Measure::<P>::impurity(self) * self.total.weight()) }
    }

    fn is_possible(&self, impurity: f64) -> bool {
        POSSIBLE_IMPURITIES.contains(&impurity)
    }

    fn write(&self, values: &mut Vec<f64>) {
        let weight = self.total.weight();
        values.extend(self.sums.iter().map(|sum| sum.weight() / weight));
    }

    fn value(&self) -> f64 {
        self.sums[0].weight() / self.total.weight()
    }
}

/// Minus the weighted Gini impurity, in scikit-learn's order of operations.
pub(super) fn gini_score(left: f64, right: f64, squares_left: f64, squares_right: f64) -> f64 {
    let gini_left = 1.0 - squares_left / (left * left);
    let gini_right = 1.0 - squares_right / (right * right);
    score_of(left, right, gini_left, gini_right)
}

/// Gini impurity of any number of classes from exact integers: one step and one evaluation cost
/// the same for all of them, since the sums of squares are carried along.
#[derive(Debug, Default)]
pub(in crate::tree) struct CountedGini {
    /// Class weights on the left and on the right.
    sides: Vec<[u32; 2]>,
    total: f64,
    left: i64,
    squares_left: i64,
    squares_right: i64,
    at: CountedMark,
}

/// The weight on the left, and the sums of squared class weights on both sides.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::tree) struct CountedMark {
    left: f64,
    squares_left: f64,
    squares_right: f64,
}

impl Scan<Counted> for CountedGini {
    type Node = ClassSums<u32>;
    type Mark = CountedMark;
    type Bucket = ();

    const MARKS_LAST: bool = true;

    /// Both sides pure.
    fn highest(_payloads: &[Counted]) -> f64 {
        0.0
    }

    fn begin(&mut self, node: &ClassSums<u32>) {
        self.sides.clear();
        self.sides.extend(node.sums.iter().map(|&sum| [0, sum]));
        self.total = node.total.weight();
        self.left = 0;
        self.squares_left = 0;
        self.squares_right = node.sums.iter().map(|&sum| i64::from(sum) * i64::from(sum)).sum();
        self.at = self.mark();
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
    }

    /// Without branches, for whether rows have a class could not be foretold.
    #[inline]
    fn add_all(&mut self, amounts: &[u32]) {
        let (mut moved, mut gained, mut lost) = (0, 0, 0);
        for ([left, right], &amount) in self.sides.iter_mut().zip(amounts) {
            // Totals are below 2^26, so that no sum here leaves 32 bits.
            gained += u64::from(amount) * u64::from(2 * *left + amount);
            lost += u64::from(amount) * u64::from(2 * *right - amount);
            moved += u64::from(amount);
            *left += amount;
            *right -= amount;
        }
        self.left += moved as i64;
        self.squares_left += gained as i64;
        self.squares_right -= lost as i64;
    }

    #[inline]
    fn mark(&self) -> CountedMark {
        CountedMark {
            left: self.left as f64,
            squares_left: self.squares_left as f64,
            squares_right: self.squares_right as f64,
        }
    }

    #[inline]
    fn restore(&mut self, mark: CountedMark) {
        self.at = mark;
    }

    fn weights(&self) -> (f64, f64) {
        (self.at.left, self.total - self.at.left)
    }

    fn values(&self) -> (f64, f64) {
        let (left, right) = Scan::<Counted>::weights(self);
        (f64::from(self.sides[0][0]) / left, f64::from(self.sides[0][1]) / right)
    }

    fn bound(&self, best: f64) -> f64 {
        best + self.total * (1.0 - MARGIN)
    }

    /// The score is `squares_left / left + squares_right / right` less the total weight.
    #[inline]
    fn may_exceed(&self, mark: CountedMark, bound: f64) -> bool {
        let right = self.total - mark.left;
        mark.squares_left * right + mark.squares_right * mark.left >= bound * (mark.left * right)
    }

    fn score(&self) -> f64 {
        gini_score(self.at.left, self.total - self.at.left, self.at.squares_left, self.at.squares_right)
    }
}

/// Any criterion, evaluated from the class weights each time.
#[derive(Debug, Default)]
pub(in crate::tree) struct Evaluated<S> {
    criterion: Criterion,
    totals: Vec<S>,
    left: Vec<S>,
    right: Vec<S>,
    total: S,
    weight_left: S,
}

impl<P: Payload> Scan<P> for Evaluated<P::Sum> {
    type Node = ClassSums<P::Sum>;
    type Mark = ();
    type Bucket = ();

    fn begin(&mut self, node: &ClassSums<P::Sum>) {
        self.totals.clear();
        self.totals.extend_from_slice(&node.sums);
        self.right.clear();
        self.right.extend_from_slice(&node.sums);
        self.left.clear();
        self.left.resize(node.sums.len(), P::Sum::default());
        self.criterion = node.criterion;
        self.total = node.total;
        self.weight_left = P::Sum::default();
    }

    #[inline]
    fn add(&mut self, class: usize, weight: P::Sum) {
        self.left[class] += weight;
        self.right[class] = self.totals[class] - self.left[class];
        self.weight_left += weight;
    }

    fn weights(&self) -> (f64, f64) {
        (self.weight_left.weight(), (self.total - self.weight_left).weight())
    }

    fn values(&self) -> (f64, f64) {
        let (left, right) = Scan::<P>::weights(self);
        (self.left[0].weight() / left, self.right[0].weight() / right)
    }

    fn mark(&self) {}

    fn score(&self) -> f64 {
        let (left, right) = Scan::<P>::weights(self);
        let impurity_left = impurity_of(self.criterion, &self.left, left);
        let impurity_right = impurity_of(self.criterion, &self.right, right);
        score_of(left, right, impurity_left, impurity_right)
    }
}

#[cfg(test)]
mod tests {
    use super::super::pairs::{BinaryGini, PairSums};
    use super::super::payload::Pair;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_impurities() {
        assert_eq!(impurity_of(Criterion::Gini, &[5u32, 5], 10.0), 0.5);
        assert_eq!(impurity_of(Criterion::Entropy, &[5u32, 5], 10.0), 1.0);
        assert_eq!(impurity_of(Criterion::Gini, &[7u32, 0], 7.0), 0.0);
        assert_eq!(impurity_of(Criterion::Entropy, &[0u32, 7], 7.0), 0.0);
        for weight in [1e-310, 1e-200, 1e-100, 1e155, 8e307] {
            assert_eq!(impurity_of(Criterion::Gini, &[weight, weight], weight + weight), 0.5);
        }
    }

    proptest! {
        #[test]
        fn carried_squares_equal_evaluated_ones(rows in prop::collection::vec((0u32..5, 1u32..9), 2..60)) {
            let mut totals = vec![0u32; 5];
            for &(class, weight) in &rows {
                totals[class as usize] += weight;
            }
            let of = |sums: &[u32]| ClassSums { criterion: Criterion::Gini, sums: sums.to_vec(), total: sums.iter().sum() };
            let (mut carried, mut evaluated) = (CountedGini::default(), Evaluated::default());
            let (mut binary, mut node) = (BinaryGini::default(), PairSums::default());
            let pair_of = |class: u32, weight| Pair::new(class % 2, weight);
            for &(class, weight) in &rows {
                node.add(pair_of(class, weight));
            }
            binary.begin(&node);
            let pair = [totals[0] + totals[2] + totals[4], totals[1] + totals[3]];
            let mut carried_pair = CountedGini::default();
            carried_pair.begin(&of(&pair));
            carried.begin(&of(&totals));
            Scan::<Counted>::begin(&mut evaluated, &of(&totals));
            for &(class, weight) in &rows[..rows.len() - 1] {
                carried.add(class as usize, weight);
                binary.add(0, pair_of(class, weight));
                carried_pair.add(class as usize % 2, weight);
                Scan::<Counted>::add(&mut evaluated, class as usize, weight);
                let score = Scan::<Counted>::score(&evaluated);
                carried.restore(carried.mark());
                prop_assert_eq!(carried.score(), score);
                prop_assert!(carried.may_exceed(carried.mark(), carried.bound(score.next_down())));
                carried_pair.restore(carried_pair.mark());
                let pair_score = carried_pair.score();
                prop_assert_eq!(binary.score(), pair_score);
                prop_assert!(binary.may_exceed(binary.mark(), binary.bound(pair_score.next_down())));
                prop_assert!(!binary.may_exceed(binary.mark(), binary.bound(pair_score + 1e-6 * totals.len() as f64)));
            }
        }
    }
}
