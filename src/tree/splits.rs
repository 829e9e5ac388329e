//! The search for a node's best split.
//!
//! A column is looked at in one of two ways, whichever costs less for the size of the node:
//! *counting* adds every row into the class sums of its code and walks through the codes that were
//! touched; *sorting* packs code and payload into one word, sorts these words, and walks through
//! them. Both visit the same cuts in the same order and score them from the same sums.

use super::criterion::{Payload, Scan, Sum};
use super::draws::Draws;
use super::params::Splitter;
use super::sorting::sort_by_code;
use crate::data::{CodedColumn, CodedMatrix, Codes};

/// A split: rows whose code is below `cut` go left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) column: usize,
    pub(super) cut: u32,
    pub(super) threshold: f64,
    /// Where missing values go; `None` when the node has none: to the child with more rows.
    pub(super) missing_left: Option<bool>,
}

/// A code as it is stored.
trait Code: Copy {
    fn get(self) -> u32;
}

impl Code for u8 {
    fn get(self) -> u32 {
        u32::from(self)
    }
}

impl Code for u16 {
    fn get(self) -> u32 {
        u32::from(self)
    }
}

impl Code for u32 {
    fn get(self) -> u32 {
        self
    }
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
pub(super) struct Search<'a, P: Payload, S> {
    matrix: &'a CodedMatrix,
    trial: Trial<P, S>,
    counts: Counts<P::Sum>,
    keys: Vec<u64>,
    spare_keys: Vec<u64>,
}

impl<'a, P: Payload, S: Scan<P>> Search<'a, P, S> {
    pub(super) fn new(
        matrix: &'a CodedMatrix,
        scan: S,
        classes: usize,
        min_samples_leaf: usize,
        min_weight_leaf: f64,
    ) -> Self {
        Self {
            matrix,
            trial: Trial {
                scan,
                totals: vec![P::Sum::default(); classes],
                total: P::Sum::default(),
                rows: 0,
                min_samples_leaf: min_samples_leaf as u32,
                min_weight_leaf,
                best: None,
                best_score: f64::NEG_INFINITY,
            },
            counts: Counts { classes, count_rows: min_samples_leaf > 1, ..Counts::default() },
            keys: Vec::new(),
            spare_keys: Vec::new(),
        }
    }

    /// Begins a node.
    pub(super) fn begin(&mut self, rows: usize, totals: &[P::Sum], total: P::Sum) {
        self.trial.totals.copy_from_slice(totals);
        self.trial.total = total;
        self.trial.rows = rows as u32;
        self.trial.best = None;
        self.trial.best_score = f64::NEG_INFINITY;
    }

    /// The best split of the columns looked at since the node began; the first of equals.
    pub(super) fn best(&self) -> Option<Split> {
        self.trial.best
    }

    /// Tries the splits of one column; returns whether the column varies among these rows.
    pub(super) fn look_at(
        &mut self,
        column: usize,
        rows: &[u32],
        payloads: &[P],
        splitter: Splitter,
        draws: &mut impl Draws,
    ) -> bool {
        let coded = &self.matrix.columns()[column];
        let target = Target { column, coded };
        match splitter {
            Splitter::Random => {
                with_codes!(coded, codes => self.try_random(&target, codes, rows, payloads, draws))
            }
            Splitter::Best if self.counts.suits(coded, rows.len()) => {
                with_codes!(coded, codes => self.try_by_counting(&target, codes, rows, payloads))
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

    fn try_by_sorting<C: Code>(&mut self, target: &Target<'_>, codes: &[C], rows: &[u32], payloads: &[P]) -> bool {
        let missing_code = target.coded.missing_code();
        let (low, high) = gather(&mut self.keys, codes, rows, payloads);
        if low == high {
            return false;
        }
        sort_by_code(&mut self.keys, &mut self.spare_keys, low, high);
        let present = if target.coded.has_missing() && high == missing_code {
            self.keys.partition_point(|&key| code_of(key) < missing_code)
        } else {
            self.keys.len()
        };
        let (keys, missing) = self.keys.split_at(present);
        if missing.is_empty() && !target.coded.separates(low, high) {
            return false;
        }
        let part = |keys| SortedRows { keys, payloads };
        self.trial.search(target, &part(keys), &part(missing));
        true
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
        trial.scan.begin(&trial.totals, trial.total);
        let mut rows_left = 0;
        for (&row, payload) in rows.iter().zip(payloads) {
            let code = codes[row as usize].get();
            if code < cut || (code == missing_code && missing_left == Some(true)) {
                trial.scan.add(payload.class(), payload.weight());
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

/// The node's totals, and the best split so far.
struct Trial<P: Payload, S> {
    scan: S,
    totals: Vec<P::Sum>,
    total: P::Sum,
    rows: u32,
    min_samples_leaf: u32,
    min_weight_leaf: f64,
    best: Option<Split>,
    best_score: f64,
}

impl<P: Payload, S: Scan<P>> Trial<P, S> {
    /// Tries every cut of a column: first with missing values on the right, then on the left.
    fn search(&mut self, target: &Target<'_>, present: &impl Entries<P>, missing: &impl Entries<P>) {
        let missing_rows = missing.rows();
        self.scan.begin(&self.totals, self.total);
        self.walk(target, present, 0, (missing_rows > 0).then_some(false));
        if missing_rows > 0 {
            self.consider(self.rows - missing_rows, target.missing_from_others());
            self.scan.begin(&self.totals, self.total);
            missing.visit(|_, _, class, weight| self.scan.add(class, weight));
            self.walk(target, present, missing_rows, Some(true));
        }
    }

    /// Tries the cuts between neighbouring codes. What changes from row to row is local, so that
    /// it stays in registers.
    #[inline]
    fn walk(&mut self, target: &Target<'_>, present: &impl Entries<P>, rows: u32, missing_left: Option<bool>) {
        let mut scan = std::mem::take(&mut self.scan);
        let (mut rows_left, mut previous) = (rows, present.first_code());
        let (mut best, mut best_score) = (None, self.best_score);
        present.visit(|code, rows, class, weight| {
            if code != previous
                && target.coded.separates(previous, code)
                && self.is_allowed(rows_left, &scan)
                && let Some(score) = scan.score_above(best_score)
            {
                best_score = score;
                best = Some((previous, code));
            }
            previous = code;
            rows_left += rows;
            scan.add(class, weight);
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
            && let Some(score) = self.scan.score_above(self.best_score)
        {
            self.best_score = score;
            self.best = Some(split);
        }
    }

    /// Whether both sides are as large as leaves must be.
    #[inline]
    fn is_allowed(&self, rows_left: u32, scan: &S) -> bool {
        if self.min_samples_leaf > 1
            && (rows_left < self.min_samples_leaf || self.rows - rows_left < self.min_samples_leaf)
        {
            return false;
        }
        if self.min_weight_leaf > 0.0 {
            let (left, right) = scan.weights();
            return left >= self.min_weight_leaf && right >= self.min_weight_leaf;
        }
        true
    }
}

/// Rows of a node in ascending order of their codes.
trait Entries<P: Payload> {
    /// How many rows there are; at least whether there are any.
    fn rows(&self) -> u32;
    /// The code of the first row; any number where there is none.
    fn first_code(&self) -> u32;
    /// Visits codes, numbers of rows, classes and weights.
    fn visit(&self, visit: impl FnMut(u32, u32, usize, P::Sum));
}

/// One entry for each row, from sorted words.
struct SortedRows<'a, P> {
    keys: &'a [u64],
    payloads: &'a [P],
}

impl<P: Payload> Entries<P> for SortedRows<'_, P> {
    fn rows(&self) -> u32 {
        self.keys.len() as u32
    }

    fn first_code(&self) -> u32 {
        self.keys.first().map_or(0, |&key| code_of(key))
    }

    #[inline]
    fn visit(&self, mut visit: impl FnMut(u32, u32, usize, P::Sum)) {
        for &key in self.keys {
            let payload = P::unpack(key as u32, self.payloads);
            visit(code_of(key), 1, payload.class(), payload.weight());
        }
    }
}

#[inline]
fn code_of(key: u64) -> u32 {
    (key >> 32) as u32
}

/// Packs every row's code and payload into a word; returns the smallest and the largest code.
#[inline]
fn gather<C: Code, P: Payload>(keys: &mut Vec<u64>, codes: &[C], rows: &[u32], payloads: &[P]) -> (u32, u32) {
    let (mut low, mut high) = (u32::MAX, 0);
    keys.clear();
    keys.extend(rows.iter().zip(payloads).enumerate().map(|(index, (&row, payload))| {
        let code = codes[row as usize].get();
        low = low.min(code);
        high = high.max(code);
        u64::from(code) << 32 | u64::from(payload.pack(index as u32))
    }));
    (low, high)
}

/// Class sums by code, with a bit for every code that was touched, so that neither walking nor
/// clearing costs more than the node's rows.
#[derive(Debug, Default)]
struct Counts<S> {
    classes: usize,
    count_rows: bool,
    sums: Vec<S>,
    rows: Vec<u32>,
    touched: Vec<u64>,
}

impl<S: Sum> Counts<S> {
    /// Whether counting costs less than sorting.
    fn suits(&self, column: &CodedColumn, rows: usize) -> bool {
        let cells = (column.values().len() + 1) * self.classes;
        rows >= 16 && cells <= 1 << 18 && cells <= rows * 8
    }

    fn fill<C: Code, P: Payload<Sum = S>>(&mut self, missing_code: u32, codes: &[C], rows: &[u32], payloads: &[P]) {
        let codes_here = missing_code as usize + 1;
        self.touched.clear();
        self.touched.resize(codes_here.div_ceil(64), 0);
        if self.sums.len() < codes_here * self.classes {
            self.sums.resize(codes_here * self.classes, S::default());
        }
        for (&row, payload) in rows.iter().zip(payloads) {
            let code = codes[row as usize].get() as usize;
            self.sums[code * self.classes + payload.class()] += payload.weight();
            self.touched[code / 64] |= 1 << (code % 64);
        }
        if self.count_rows {
            if self.rows.len() < codes_here {
                self.rows.resize(codes_here, 0);
            }
            for &row in rows {
                self.rows[codes[row as usize].get() as usize] += 1;
            }
        }
    }

    fn sums_of(&self, code: u32) -> &[S] {
        &self.sums[code as usize * self.classes..][..self.classes]
    }

    /// How many rows have a code; only whether there are any, when rows are not counted.
    fn rows_of(&self, code: u32) -> u32 {
        if self.count_rows {
            self.rows[code as usize]
        } else {
            (self.touched[code as usize / 64] >> (code % 64) & 1) as u32
        }
    }

    fn clear(&mut self) {
        for (word, &bits) in self.touched.iter().enumerate() {
            for_each_bit(bits, |bit| {
                let code = word * 64 + bit;
                self.sums[code * self.classes..][..self.classes].fill(S::default());
                if self.count_rows {
                    self.rows[code] = 0;
                }
            });
        }
    }
}

fn for_each_bit(mut bits: u64, mut visit: impl FnMut(usize)) {
    while bits != 0 {
        visit(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// One entry for each code and class that occurs, from class sums.
struct CountedRows<'a, S> {
    counts: &'a Counts<S>,
    /// Whether these are the rows of missing value, or all others.
    missing: bool,
    missing_code: u32,
}

impl<S: Sum> CountedRows<'_, S> {
    /// The touched codes of a word that belong here.
    fn touched(&self, word: usize) -> u64 {
        let here = if word == self.missing_code as usize / 64 { 1 << (self.missing_code % 64) } else { 0 };
        self.counts.touched[word] & if self.missing { here } else { !here }
    }

    /// The smallest and the largest code.
    fn range(&self) -> Option<(u32, u32)> {
        let words = 0..self.counts.touched.len();
        let first = words.clone().find(|&word| self.touched(word) != 0)?;
        let last = words.rev().find(|&word| self.touched(word) != 0)?;
        let low = first as u32 * 64 + self.touched(first).trailing_zeros();
        Some((low, last as u32 * 64 + 63 - self.touched(last).leading_zeros()))
    }
}

impl<P: Payload> Entries<P> for CountedRows<'_, P::Sum> {
    fn rows(&self) -> u32 {
        if self.missing { self.counts.rows_of(self.missing_code) } else { 1 }
    }

    fn first_code(&self) -> u32 {
        self.range().map_or(0, |(low, _)| low)
    }

    #[inline]
    fn visit(&self, mut visit: impl FnMut(u32, u32, usize, P::Sum)) {
        for word in 0..self.counts.touched.len() {
            for_each_bit(self.touched(word), |bit| {
                let code = (word * 64 + bit) as u32;
                let mut rows = self.counts.rows_of(code);
                for (class, &sum) in self.counts.sums_of(code).iter().enumerate() {
                    if sum != P::Sum::default() {
                        visit(code, std::mem::take(&mut rows), class, sum);
                    }
                }
            });
        }
    }
}
