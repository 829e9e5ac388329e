//! The best cut of a node so far, and the walk through the cuts of one column.

use super::criterion::{Measure, Payload, Scan};
use super::entries::{CUTS, Entries};
use super::tile::TileColumn;
use crate::data::CodedColumn;
use crate::data::coded::middle;
use crate::error::Result;
use crate::runtime::Cancel;

/// A split: rows whose code is below `cut` go left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) column: usize,
    /// A code of the tile, where the node lies in one.
    pub(super) cut: u32,
    pub(super) threshold: Threshold,
    /// Where missing values go; `None` when the node has none: to the child with more rows.
    pub(super) missing_left: Option<bool>,
}

/// The threshold of a split.
#[derive(Debug, Clone, Copy)]
pub(super) enum Threshold {
    At(f64),
    /// In the middle between two codes of the matrix, whose values are looked up for many splits at
    /// once: they are often far away in memory.
    Between {
        low: u32,
        high: u32,
    },
}

/// The best cut so far; its threshold is looked up only when it has won.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cut {
    /// Between two neighbouring codes of the node.
    Between { column: usize, low: u32, high: u32, missing_left: Option<bool> },
    /// Where the threshold is known.
    At(Split),
}

impl Cut {
    pub(super) fn column(&self) -> usize {
        match self {
            Self::Between { column, .. } | Self::At(Split { column, .. }) => *column,
        }
    }
}

/// The column that is looked at.
pub(super) struct Target<'a> {
    pub(super) column: usize,
    pub(super) coded: &'a CodedColumn,
    /// The column of the tile that the node lies in; codes are then the tile's.
    pub(super) local: Option<&'a TileColumn>,
}

impl Target<'_> {
    pub(super) fn missing_code(&self) -> u32 {
        self.local.map_or(self.coded.missing_code(), TileColumn::missing_code)
    }

    /// Whether a threshold may stand between two codes.
    #[inline]
    pub(super) fn separates(&self, low: u32, high: u32) -> bool {
        match self.local.filter(|column| column.is_ranked()) {
            Some(column) => column.separates(low, high),
            None => self.coded.separates(low, high),
        }
    }

    /// The split that a cut of this column makes.
    pub(super) fn split(&self, cut: Cut) -> Split {
        match cut {
            Cut::Between { low, high, missing_left, .. } => self.between(low, high, missing_left),
            Cut::At(split) => split,
        }
    }

    /// The middle between two codes.
    pub(super) fn threshold_between(&self, low: u32, high: u32) -> Threshold {
        match self.local.filter(|column| column.is_ranked()) {
            Some(column) => Threshold::At(middle(column.values()[low as usize], column.values()[high as usize])),
            None => Threshold::Between { low, high },
        }
    }

    /// The split between two neighbouring codes of a node.
    fn between(&self, low: u32, high: u32, missing_left: Option<bool>) -> Split {
        let threshold = self.threshold_between(low, high);
        Split { column: self.column, cut: high, threshold, missing_left }
    }

    /// The split of missing values from all others.
    fn missing_from_others(&self) -> Split {
        Split {
            column: self.column,
            cut: self.missing_code(),
            threshold: Threshold::At(f64::INFINITY),
            missing_left: Some(false),
        }
    }
}

/// Between which the values of a node must lie, by constraints on the nodes above it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) lower: f64,
    pub(super) upper: f64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { lower: f64::NEG_INFINITY, upper: f64::INFINITY }
    }
}

impl Bounds {
    fn contain(self, value: f64) -> bool {
        value >= self.lower && value <= self.upper
    }
}

/// Steps up to this are told apart.
const MOST_STEPS: f64 = (1_u64 << 52) as f64;

/// What is known of the node, and the best split so far.
pub(super) struct Trial<P: Payload, S: Scan<P>> {
    pub(super) scan: S,
    pub(super) node: S::Node,
    pub(super) rows: u32,
    min_samples_leaf: u32,
    min_weight_leaf: f64,
    pub(super) bounds: Bounds,
    /// Of the column that is looked at: the sign that the step from left to right must have.
    pub(super) constraint: i8,
    block: Block<S::Mark>,
    pub(super) best: Option<Cut>,
    pub(super) best_score: f64,
    /// What the cuts of another column must score more than.
    pub(super) bar: f64,
    /// A score that no cut can exceed, but for rounding.
    highest: f64,
    /// Scores of different columns that fall into one step of this size are equal but for rounding.
    step: f64,
}

impl<P: Payload, S: Scan<P>> Trial<P, S> {
    pub(super) fn new(node: S::Node, min_samples_leaf: usize, min_weight_leaf: f64) -> Self {
        Self {
            scan: S::default(),
            node,
            rows: 0,
            min_samples_leaf: min_samples_leaf as u32,
            min_weight_leaf,
            bounds: Bounds::default(),
            constraint: 0,
            block: Block::default(),
            best: None,
            best_score: f64::NEG_INFINITY,
            bar: f64::NEG_INFINITY,
            highest: f64::INFINITY,
            step: 0.0,
        }
    }

    /// Begins a node. Scores of different columns are compared to the last bit if `to_the_bit`.
    pub(super) fn begin(&mut self, payloads: &[P], node: &S::Node, bounds: Bounds, to_the_bit: bool) {
        self.node.clone_from(node);
        self.scan.enter(node, payloads);
        self.rows = payloads.len() as u32;
        self.bounds = bounds;
        self.best = None;
        self.best_score = f64::NEG_INFINITY;
        self.bar = f64::NEG_INFINITY;
        // Two rows can be parted in one way only: any cut is the best.
        self.highest = if payloads.len() == 2 { f64::NEG_INFINITY } else { S::highest(payloads) };
        self.step = if to_the_bit { 0.0 } else { node.rounding() };
    }

    /// Tells what the cuts of another column must score more than, once one has the best so far.
    ///
    /// Columns that part the rows alike score alike, but sums taken in another order differ in their last
    /// bits, the same way in every tree. The first of such columns is to win, which is drawn anew for each
    /// tree. Scores are compared by whole steps, so that the order in which columns are joined changes
    /// nothing.
    pub(super) fn raise_bar(&mut self) {
        let steps = (self.best_score / self.step).floor();
        self.bar = if steps.abs() < MOST_STEPS { ((steps + 1.0) * self.step).next_down() } else { self.best_score };
    }

    /// Whether no column can give a better cut than the best so far.
    pub(super) fn is_settled(&self) -> bool {
        self.best.is_some() && self.highest <= self.bar
    }

    /// Tries every cut of a column: first with missing values on the right, then on the left.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`].
    pub(super) fn search(
        &mut self,
        target: &Target<'_>,
        present: &impl Entries<P>,
        missing: &impl Entries<P>,
        cancel: &Cancel,
    ) -> Result<()> {
        let missing_rows = missing.rows();
        self.scan.begin(&self.node);
        if S::LOOKS_AHEAD {
            present.visit(|_, _, cell, amount| self.scan.announce(cell, amount));
            missing.visit(|_, _, cell, amount| self.scan.announce(cell, amount));
            self.scan.settle(cancel)?;
        }
        self.walk(target, present, None, 0, (missing_rows > 0).then_some(false));
        if missing_rows > 0 {
            self.consider(self.rows - missing_rows, target.missing_from_others());
            self.scan.begin(&self.node);
            if S::LOOKS_AHEAD {
                missing.visit(|_, _, cell, amount| self.scan.announce(cell, amount));
                present.visit(|_, _, cell, amount| self.scan.announce(cell, amount));
                self.scan.settle(cancel)?;
            }
            missing.visit(|_, _, cell, amount| self.scan.add(cell, amount));
            self.walk(target, present, None, missing_rows, Some(true));
        }
        Ok(())
    }

    /// Whether sides of a cut are bound to be of some size, or in some order.
    pub(super) fn is_limited(&self) -> bool {
        self.min_samples_leaf > 1 || self.min_weight_leaf > 0.0 || self.constraint != 0
    }

    /// Tries the cuts among some rows of a column without missing values, before which the scan
    /// stands, and before the first of them if `previous` is the code before it.
    pub(super) fn search_among(&mut self, target: &Target<'_>, rows: &impl Entries<P>, previous: Option<u32>) {
        self.walk(target, rows, previous, 0, None);
    }

    /// Tries the cuts between neighbouring codes.
    #[inline]
    fn walk(
        &mut self,
        target: &Target<'_>,
        present: &impl Entries<P>,
        previous: Option<u32>,
        rows: u32,
        missing_left: Option<bool>,
    ) {
        let previous = previous.unwrap_or_else(|| present.first_code());
        let best = if S::MARKS_LAST && self.rows >= MANY && !self.is_limited() {
            self.walk_by_blocks(target, present, previous)
        } else {
            self.walk_one_by_one(target, present, previous, rows)
        };
        if let Some((low, high)) = best {
            self.best = Some(Cut::Between { column: target.column, low, high, missing_left });
        }
    }

    /// Judges many cuts at once; only a block with one that may be the best so far is looked at
    /// cut by cut.
    #[inline]
    fn walk_by_blocks(
        &mut self,
        target: &Target<'_>,
        present: &impl Entries<P>,
        mut previous: u32,
    ) -> Option<(u32, u32)> {
        let Self { scan, block, best_score, .. } = self;
        let mut best = None;
        let mut bound = scan.bound(*best_score);
        let mut position = Default::default();
        loop {
            let length = present.advance(&mut position, scan, &mut block.codes, &mut block.marks);
            if length == 0 {
                return best;
            }
            if block.may_exceed(scan, length, bound) {
                let mark = scan.mark();
                if let Some(cut) = block.best(target, scan, previous, length, best_score) {
                    best = Some(cut);
                    bound = scan.bound(*best_score);
                }
                scan.restore(mark);
            }
            previous = block.codes[length - 1];
        }
    }

    /// What changes from row to row is local, so that it stays in registers.
    #[inline]
    fn walk_one_by_one(
        &mut self,
        target: &Target<'_>,
        present: &impl Entries<P>,
        mut previous: u32,
        rows: u32,
    ) -> Option<(u32, u32)> {
        let mut scan = std::mem::take(&mut self.scan);
        let mut rows_left = rows;
        let (mut best, mut best_score, mut bound) = (None, self.best_score, scan.bound(self.best_score));
        let limited = self.is_limited();
        present.visit(|code, rows, cell, amount| {
            if code != previous {
                let mark = scan.mark();
                if scan.may_exceed(mark, bound) {
                    scan.restore(mark);
                    let score = scan.score();
                    // What may look values up comes last: they are often far away in memory.
                    if score > best_score
                        && (!limited || self.is_allowed(rows_left, &scan))
                        && target.separates(previous, code)
                    {
                        best_score = score;
                        bound = scan.bound(score);
                        best = Some((previous, code));
                    }
                }
            }
            previous = code;
            rows_left += rows;
            scan.add(cell, amount);
        });
        self.scan = scan;
        self.best_score = best_score;
        best
    }

    /// Tries the cut at which the scan stands.
    pub(super) fn consider(&mut self, rows_left: u32, split: Split) {
        let mark = self.scan.mark();
        self.scan.restore(mark);
        let score = self.scan.score();
        if score > self.best_score && self.is_allowed(rows_left, &self.scan) {
            self.best_score = score;
            self.best = Some(Cut::At(split));
        }
    }

    /// Whether both sides are as large as leaves must be, and as constraints want them.
    #[inline]
    fn is_allowed(&self, rows_left: u32, scan: &S) -> bool {
        if self.min_samples_leaf > 1
            && (rows_left < self.min_samples_leaf || self.rows - rows_left < self.min_samples_leaf)
        {
            return false;
        }
        if self.min_weight_leaf > 0.0 {
            let (left, right) = scan.weights();
            if left < self.min_weight_leaf || right < self.min_weight_leaf {
                return false;
            }
        }
        if self.constraint == 0 {
            return true;
        }
        let (left, right) = scan.values();
        self.bounds.contain(left) && self.bounds.contain(right) && (left - right) * f64::from(self.constraint) <= 0.0
    }
}

/// So many rows are worth judging by blocks.
const MANY: u32 = 24;

/// As many as are judged in one step: short blocks are filled up to a multiple of it.
const STEP: usize = 8;

/// Cuts that are judged together: the code behind each, and its mark.
struct Block<M> {
    codes: [u32; CUTS],
    marks: [M; CUTS],
}

impl<M: Copy + Default> Default for Block<M> {
    fn default() -> Self {
        Self { codes: [0; CUTS], marks: [M::default(); CUTS] }
    }
}

impl<M: Copy + Default> Block<M> {
    /// Whether any of the first cuts may score more than what `bound` belongs to. Without a branch
    /// for each of them, so that several are judged at a time.
    #[inline]
    fn may_exceed<P: Payload, S: Scan<P, Mark = M>>(&mut self, scan: &S, length: usize, bound: f64) -> bool {
        let filled = length.next_multiple_of(STEP).min(CUTS);
        let last = self.marks[length - 1];
        self.marks[length..filled].fill(last);
        let mut any = false;
        for marks in self.marks[..filled].chunks_exact(STEP) {
            any |= marks.iter().fold(false, |any, &mark| any | scan.may_exceed(mark, bound));
        }
        any
    }

    /// The first of the best cuts that score more than the best so far, which it becomes.
    fn best<P: Payload, S: Scan<P, Mark = M>>(
        &self,
        target: &Target<'_>,
        scan: &mut S,
        mut previous: u32,
        length: usize,
        best_score: &mut f64,
    ) -> Option<(u32, u32)> {
        let mut best = None;
        let mut bound = scan.bound(*best_score);
        for (&code, &mark) in self.codes[..length].iter().zip(&self.marks) {
            if code != previous && scan.may_exceed(mark, bound) {
                scan.restore(mark);
                let score = scan.score();
                if score > *best_score && target.separates(previous, code) {
                    *best_score = score;
                    bound = scan.bound(score);
                    best = Some((previous, code));
                }
            }
            previous = code;
        }
        best
    }
}
