//! The search for a node's best split.
//!
//! A column is looked at in one of two ways, whichever costs less for the size of the node:
//! *counting* adds every row into the class sums of its code and walks through the codes that were
//! touched; *sorting* packs code and payload into one word, sorts these words, and walks through
//! them. Both visit the same cuts in the same order and score them from the same sums.

use super::counting::{CountedRows, Counts};
use super::criterion::{Payload, Scan};
use super::draws::Draws;
use super::entries::{Code, Entries, SortedRows, code_of, gather};
use super::params::{Splitter, TreeParams};
use crate::data::sorting::sort_words;
use crate::data::{CodedColumn, CodedMatrix, Codes};
use crate::error::Result;
use crate::runtime::Cancel;

/// A split: rows whose code is below `cut` go left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) column: usize,
    pub(super) cut: u32,
    pub(super) threshold: f64,
    /// Where missing values go; `None` when the node has none: to the child with more rows.
    pub(super) missing_left: Option<bool>,
}

/// Calls a generic method with the codes of a column, whatever their width.
macro_rules! with_codes {
    ($column:expr, $codes:ident => $call:expr) => {
        match $column.codes() {
            Codes::U8($codes) => $call,
            Codes::U16($codes) => $call,
            Codes::U32($codes) => $call,
        }
    };
}

/// The search within one tree; its buffers are reused from node to node.
pub(super) struct Search<'a, P: Payload, S: Scan<P>> {
    matrix: &'a CodedMatrix,
    cancel: &'a Cancel,
    monotonic: &'a [i8],
    trial: Trial<P, S>,
    counts: Counts<P::Sum>,
    keys: Vec<u64>,
    spare_keys: Vec<u64>,
}

impl<'a, P: Payload, S: Scan<P>> Search<'a, P, S> {
    /// `cells` is how many cells rows have, where that is few enough to count them by code.
    pub(super) fn new(
        matrix: &'a CodedMatrix,
        params: &'a TreeParams,
        node: S::Node,
        cells: Option<usize>,
        min_weight_leaf: f64,
        cancel: &'a Cancel,
    ) -> Self {
        Self {
            matrix,
            cancel,
            monotonic: &params.monotonic,
            trial: Trial {
                scan: S::default(),
                node,
                rows: 0,
                min_samples_leaf: params.min_samples_leaf as u32,
                min_weight_leaf,
                bounds: Bounds::default(),
                constraint: 0,
                best: None,
                best_score: f64::NEG_INFINITY,
            },
            counts: Counts::new(cells, params.min_samples_leaf > 1),
            keys: Vec::new(),
            spare_keys: Vec::new(),
        }
    }

    /// Begins a node.
    pub(super) fn begin(&mut self, payloads: &[P], node: &S::Node, bounds: Bounds) {
        self.trial.node.clone_from(node);
        self.trial.scan.enter(node, payloads);
        self.trial.rows = payloads.len() as u32;
        self.trial.bounds = bounds;
        self.trial.best = None;
        self.trial.best_score = f64::NEG_INFINITY;
    }

    /// The best split of the columns looked at since the node began; the first of equals.
    pub(super) fn best(&self) -> Option<Split> {
        self.trial.best
    }

    /// Tries the splits of one column; returns whether the column varies among these rows.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`], [`crate::ErrorKind::Memory`].
    pub(super) fn look_at(
        &mut self,
        column: usize,
        rows: &[u32],
        payloads: &[P],
        splitter: Splitter,
        draws: &mut impl Draws,
    ) -> Result<bool> {
        self.cancel.check()?;
        let coded = &self.matrix.columns()[column];
        let target = Target { column, coded };
        self.trial.constraint = self.monotonic.get(column).copied().unwrap_or(0);
        match splitter {
            Splitter::Random => Ok(with_codes!(coded, codes => self.try_random(&target, codes, rows, payloads, draws))),
            Splitter::Best if self.counts.suits(coded, rows.len()) => {
                Ok(with_codes!(coded, codes => self.try_by_counting(&target, codes, rows, payloads)))
            }
            Splitter::Best => with_codes!(coded, codes => self.try_by_sorting(&target, codes, rows, payloads)),
        }
    }

    /// Writes a one for every row that goes left, a zero for the others.
    pub(super) fn sides(&self, split: &Split, rows: &[u32], sides: &mut [u32]) {
        let column = &self.matrix.columns()[split.column];
        // A missing value's code is above every cut; shifted by wrapping, it falls below.
        let (shift, cut) = match split.missing_left {
            Some(true) => (column.missing_code(), split.cut + 1),
            _ => (0, split.cut),
        };
        let modulus = column.missing_code() + 1;
        with_codes!(column, codes => for (side, &row) in sides.iter_mut().zip(rows) {
            let code = codes[row as usize].get();
            let shifted = if shift == 0 { code } else { (code + 1) % modulus };
            *side = u32::from(shifted < cut);
        });
    }

    fn try_by_counting<C: Code>(&mut self, target: &Target<'_>, codes: &[C], rows: &[u32], payloads: &[P]) -> bool {
        let missing_code = target.coded.missing_code();
        self.counts.fill(missing_code, codes, rows, payloads);
        let part = |missing| CountedRows { counts: &self.counts, missing, missing_code };
        let (present, missing) = (part(false), part(true));
        let varies = present
            .range()
            .is_some_and(|(low, high)| Entries::<P>::rows(&missing) > 0 || target.coded.separates(low, high));
        if varies {
            self.trial.search(target, &present, &missing);
        }
        self.counts.clear();
        varies
    }

    fn try_by_sorting<C: Code>(
        &mut self,
        target: &Target<'_>,
        codes: &[C],
        rows: &[u32],
        payloads: &[P],
    ) -> Result<bool> {
        let missing_code = target.coded.missing_code();
        let (low, high) = gather(&mut self.keys, codes, rows, payloads);
        if low == high {
            return Ok(false);
        }
        sort_words(&mut self.keys, &mut self.spare_keys, low, high, self.cancel)?;
        let present = if target.coded.has_missing() && high == missing_code {
            self.keys.partition_point(|&key| code_of(key) < missing_code)
        } else {
            self.keys.len()
        };
        let (keys, missing) = self.keys.split_at(present);
        if missing.is_empty() && !target.coded.separates(low, high) {
            return Ok(false);
        }
        let part = |keys| SortedRows { keys, payloads };
        self.trial.search(target, &part(keys), &part(missing));
        Ok(true)
    }

    /// One threshold between the smallest and the largest value.
    fn try_random<C: Code>(
        &mut self,
        target: &Target<'_>,
        codes: &[C],
        rows: &[u32],
        payloads: &[P],
        draws: &mut impl Draws,
    ) -> bool {
        let missing_code = target.coded.missing_code();
        let (mut low, mut high, mut missing_rows) = (u32::MAX, 0, 0);
        for &row in rows {
            let code = codes[row as usize].get();
            if code == missing_code {
                missing_rows += 1;
            } else {
                low = low.min(code);
                high = high.max(code);
            }
        }
        if missing_rows == rows.len() || (missing_rows == 0 && !target.coded.separates(low, high)) {
            return false;
        }
        let values = target.coded.values();
        let (smallest, largest) = (f64::from(values[low as usize]), f64::from(values[high as usize]));
        let drawn = draws.uniform(smallest, largest);
        let missing_left = (missing_rows > 0).then(|| draws.coin());
        let threshold = if drawn == largest { smallest } else { drawn };
        let cut = values.partition_point(|&value| f64::from(value) <= threshold) as u32;
        let trial = &mut self.trial;
        let goes_left = |row: u32| {
            let code = codes[row as usize].get();
            code < cut || (code == missing_code && missing_left == Some(true))
        };
        trial.scan.begin(&trial.node);
        if S::LOOKS_AHEAD {
            for side in [true, false] {
                for (_, payload) in rows.iter().zip(payloads).filter(|&(&row, _)| goes_left(row) == side) {
                    trial.scan.announce(payload.cell(), payload.amount());
                }
            }
            trial.scan.settle();
        }
        let mut rows_left = 0;
        for (&row, payload) in rows.iter().zip(payloads) {
            if goes_left(row) {
                trial.scan.add(payload.cell(), payload.amount());
                rows_left += 1;
            }
        }
        if rows_left > 0 && rows_left < trial.rows {
            trial.consider(rows_left, Split { column: target.column, cut, threshold, missing_left });
        }
        true
    }
}

/// The column that is looked at.
struct Target<'a> {
    column: usize,
    coded: &'a CodedColumn,
}

impl Target<'_> {
    /// The split between two neighbouring codes of a node.
    fn between(&self, low: u32, high: u32, missing_left: Option<bool>) -> Split {
        let values = self.coded.values();
        let threshold = f64::from(values[low as usize]) / 2.0 + f64::from(values[high as usize]) / 2.0;
        Split { column: self.column, cut: high, threshold, missing_left }
    }

    /// The split of missing values from all others.
    fn missing_from_others(&self) -> Split {
        let cut = self.coded.missing_code();
        Split { column: self.column, cut, threshold: f64::INFINITY, missing_left: Some(false) }
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

/// What is known of the node, and the best split so far.
struct Trial<P: Payload, S: Scan<P>> {
    scan: S,
    node: S::Node,
    rows: u32,
    min_samples_leaf: u32,
    min_weight_leaf: f64,
    bounds: Bounds,
    /// Of the column that is looked at: the sign that the step from left to right must have.
    constraint: i8,
    best: Option<Split>,
    best_score: f64,
}

impl<P: Payload, S: Scan<P>> Trial<P, S> {
    /// Tries every cut of a column: first with missing values on the right, then on the left.
    fn search(&mut self, target: &Target<'_>, present: &impl Entries<P>, missing: &impl Entries<P>) {
        let missing_rows = missing.rows();
        self.scan.begin(&self.node);
        if S::LOOKS_AHEAD {
            present.visit(|_, _, cell, amount| self.scan.announce(cell, amount));
            missing.visit(|_, _, cell, amount| self.scan.announce(cell, amount));
            self.scan.settle();
        }
        self.walk(target, present, 0, (missing_rows > 0).then_some(false));
        if missing_rows > 0 {
            self.consider(self.rows - missing_rows, target.missing_from_others());
            self.scan.begin(&self.node);
            if S::LOOKS_AHEAD {
                missing.visit(|_, _, cell, amount| self.scan.announce(cell, amount));
                present.visit(|_, _, cell, amount| self.scan.announce(cell, amount));
                self.scan.settle();
            }
            missing.visit(|_, _, cell, amount| self.scan.add(cell, amount));
            self.walk(target, present, missing_rows, Some(true));
        }
    }

    /// Tries the cuts between neighbouring codes. What changes from row to row is local, so that
    /// it stays in registers.
    #[inline]
    fn walk(&mut self, target: &Target<'_>, present: &impl Entries<P>, rows: u32, missing_left: Option<bool>) {
        let mut scan = std::mem::take(&mut self.scan);
        let (mut rows_left, mut previous) = (rows, present.first_code());
        let (mut best, mut best_score, mut bound) = (None, self.best_score, scan.bound(self.best_score));
        let limited = self.min_samples_leaf > 1 || self.min_weight_leaf > 0.0 || self.constraint != 0;
        present.visit(|code, rows, cell, amount| {
            if code != previous
                && target.coded.separates(previous, code)
                && (!limited || self.is_allowed(rows_left, &scan))
                && let Some(score) = scan.score_above(best_score, bound)
            {
                best_score = score;
                bound = scan.bound(score);
                best = Some((previous, code));
            }
            previous = code;
            rows_left += rows;
            scan.add(cell, amount);
        });
        self.scan = scan;
        self.best_score = best_score;
        if let Some((low, high)) = best {
            self.best = Some(target.between(low, high, missing_left));
        }
    }

    /// Tries the cut at which the scan stands.
    fn consider(&mut self, rows_left: u32, split: Split) {
        if self.is_allowed(rows_left, &self.scan)
            && let Some(score) = self.scan.score_above(self.best_score, self.scan.bound(self.best_score))
        {
            self.best_score = score;
            self.best = Some(split);
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
