//! What a split is measured by: sums over rows on both sides of a moving cut.
//!
//! * [`payload`]: what a row carries;
//! * [`classes`]: one output of classes;
//! * [`pairs`]: two classes with whole-number weights;
//! * [`numbers`]: one output of numbers, by sums and sums of squares;
//! * [`outputs`]: several outputs;
//! * [`medians`]: absolute errors about a median.
//!
//! The formulas are written in scikit-learn's order of operations, so that equal sums give equal
//! scores, ties included.

mod classes;
mod medians;
mod numbers;
mod outputs;
mod pairs;
mod payload;

pub(super) use classes::ClassSums;
pub(super) use classes::{CountedGini, Evaluated, POSSIBLE_IMPURITIES};
pub(super) use medians::{AbsoluteError, Medians};
pub(super) use numbers::{MomentSums, PoissonDeviance, SquaredError};
pub(super) use outputs::{ManyOutputs, OutputSums};
pub(super) use pairs::{BinaryGini, PairSums};
pub(super) use payload::{Counted, Pair, Payload, Placed, Response, Sum, Weighted};

use crate::error::Result;
use crate::runtime::Cancel;

/// What is known of the rows of a node, or of one side of a split.
pub(super) trait Measure<P: Payload>: Clone + Send + Sync {
    /// Forgets all rows.
    fn clear(&mut self);
    /// Takes in a row.
    fn add(&mut self, payload: P);
    /// Takes out the rows of a part.
    fn subtract(&mut self, part: &Self);
    /// Looks at all rows again, where sums do not tell enough.
    fn finish(&mut self, _payloads: &[P]) {}
    /// The rows' total weight.
    fn weight(&self) -> f64;
    /// How much the rows differ.
    fn impurity(&self) -> f64;
    /// Whether an impurity found by subtraction can be one, or is nothing but rounding.
    fn is_possible(&self, impurity: f64) -> bool {
        !impurity.is_nan()
    }
    /// A power of two that scores of cuts of these rows differ by for no reason but rounding; zero where
    /// they are exact.
    fn rounding(&self) -> f64 {
        step_of(self.impurity() * self.weight())
    }
    /// Appends what a node of these rows answers with.
    fn write(&self, values: &mut Vec<f64>);
    /// What monotonic constraints compare: the share of the first of two classes, or a number.
    fn value(&self) -> f64;
}

/// A power of two far larger than what sums of rows differ by in another order, and far smaller than what
/// matters, where a cut can gain so much at most.
fn step_of(gain: f64) -> f64 {
    const SHARE: f64 = 1.0 / (1_u64 << 40) as f64;
    const EXPONENT: u64 = 0x7ff << 52;
    f64::from_bits(gain.to_bits() & EXPONENT) * SHARE
}

/// Both sides of a cut that moves through a node.
///
/// Where a cut stands can be marked, and many marks be judged at once: judging apart from moving
/// lets the processor do several at a time.
pub(super) trait Scan<P: Payload>: Default + Send {
    /// What it knows of the whole node.
    type Node: Measure<P>;
    /// Where the cut stands.
    type Mark: Copy + Default + Send;

    /// The sum of some rows with neighbouring codes.
    type Bucket: Copy + Default + PartialEq + Send;

    /// Whether sums of rows tell how good a cut among them may be.
    const HAS_BUCKETS: bool = false;

    /// Whether marks can be returned to after the cut has moved on.
    const MARKS_LAST: bool = false;

    /// Whether it must be told all rows, in order, before the first moves.
    const LOOKS_AHEAD: bool = false;

    /// Begins a node.
    fn enter(&mut self, _node: &Self::Node, _payloads: &[P]) {}
    /// A score that no cut of these rows can exceed, but for the order of its sums; infinite where that is not quickly
    /// told.
    fn highest(_payloads: &[P]) -> f64 {
        f64::INFINITY
    }
    /// Puts everything to the right.
    fn begin(&mut self, node: &Self::Node);
    /// Tells the next row to come, if the scan looks ahead.
    fn announce(&mut self, _cell: usize, _amount: P::Sum) {}
    /// All rows are told.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`].
    fn settle(&mut self, _cancel: &Cancel) -> Result<()> {
        Ok(())
    }
    /// Moves rows of one cell from right to left.
    fn add(&mut self, cell: usize, amount: P::Sum);
    /// Moves rows of every cell.
    #[inline]
    fn add_all(&mut self, amounts: &[P::Sum]) {
        for (cell, &amount) in amounts.iter().enumerate() {
            if amount != P::Sum::default() {
                self.add(cell, amount);
            }
        }
    }
    /// Marks where the cut stands.
    fn mark(&self) -> Self::Mark;
    /// Returns to a mark.
    fn restore(&mut self, _mark: Self::Mark) {}
    /// Whether a cut may score more than the `best` that `bound` belongs to.
    fn may_exceed(&self, _mark: Self::Mark, _bound: f64) -> bool {
        true
    }
    /// Adds a row to a bucket.
    fn add_to(&self, _bucket: &mut Self::Bucket, _payload: P) {}
    /// Where the cut stands after a bucket has moved from right to left.
    fn after(mark: Self::Mark, _bucket: Self::Bucket) -> Self::Mark {
        mark
    }
    /// Whether a cut before, or among, the rows of a bucket behind a mark may score more than the
    /// best that `bound` belongs to.
    fn may_exceed_within(&self, _mark: Self::Mark, _bucket: Self::Bucket, _bound: f64) -> bool {
        true
    }
    /// The weight on the left and on the right.
    fn weights(&self) -> (f64, f64);
    /// What monotonic constraints compare, on the left and on the right.
    fn values(&self) -> (f64, f64);
    /// What [`Scan::may_exceed`] rejects most cuts by: a bound that only changes with `best`.
    fn bound(&self, best: f64) -> f64 {
        best
    }
    /// The score of the cut; no number where it cannot be made.
    fn score(&self) -> f64;
}

/// Scores are compared by a bound first, with a margin that is wide beside rounding, so that no
/// cut is rejected that the formula would accept.
const MARGIN: f64 = 1e-10;

/// Minus the weighted impurity of both sides.
fn score_of(left: f64, right: f64, impurity_left: f64, impurity_right: f64) -> f64 {
    -right * impurity_right - left * impurity_left
}
