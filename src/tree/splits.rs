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
use crate::data::coded::CLOSE;
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
        let missing_rows = self.counts.rows_of(missing_code);
        let mut groups = CountedGroups::new(&self.counts, missing_code);
        let varies = groups.range().is_some_and(|(low, high)| missing_rows > 0 || target.separates(low, high));
        if varies {
            let sums = self.counts.sums_of(missing_code);
            self.trial.search(target, &mut groups, missing_rows, |scan| {
                for (class, &sum) in sums.iter().enumerate().filter(|(_, sum)| **sum != P::Sum::default()) {
                    scan.add(class, sum);
                }
            });
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
        let present = match target.coded.has_missing() && high == missing_code {
            true => self.keys.partition_point(|&key| code_of(key) < missing_code),
            false => self.keys.len(),
        };
        let (keys, missing) = self.keys.split_at(present);
        if missing.is_empty() && !target.separates(low, high) {
            return false;
        }
        let mut groups = SortedGroups { keys, payloads, at: 0 };
        self.trial.search(target, &mut groups, missing.len() as u32, |scan| {
            for &key in missing {
                let payload = P::unpack(key as u32, payloads);
                scan.add(payload.class(), payload.weight());
            }
        });
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
        if missing_rows == rows.len() || (missing_rows == 0 && !target.separates(low, high)) {
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
            trial.consider(rows_left, || Split { column: target.column, cut, threshold, missing_left });
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
    /// Whether a threshold may stand between two codes of the column.
    fn separates(&self, low: u32, high: u32) -> bool {
        low != high && {
            let values = self.coded.values();
            !self.coded.has_close_values() || values[high as usize] > values[low as usize] + CLOSE
        }
    }

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
    fn search(
        &mut self,
        target: &Target<'_>,
        groups: &mut impl Groups<P, S>,
        missing_rows: u32,
        add_missing: impl Fn(&mut S),
    ) {
        self.scan.begin(&self.totals, self.total);
        self.walk(target, groups, 0, (missing_rows > 0).then_some(false));
        if missing_rows > 0 {
            self.consider(self.rows - missing_rows, || target.missing_from_others());
            self.scan.begin(&self.totals, self.total);
            add_missing(&mut self.scan);
            self.walk(target, groups, missing_rows, Some(true));
        }
    }

    fn walk(
        &mut self,
        target: &Target<'_>,
        groups: &mut impl Groups<P, S>,
        mut rows_left: u32,
        missing_left: Option<bool>,
    ) {
        groups.restart();
        let mut previous = None;
        while let Some(code) = groups.peek() {
            if let Some(previous) = previous
                && target.separates(previous, code)
            {
                self.consider(rows_left, || target.between(previous, code, missing_left));
            }
            rows_left += groups.take(&mut self.scan);
            previous = Some(code);
        }
    }

    #[inline]
    fn consider(&mut self, rows_left: u32, split: impl FnOnce() -> Split) {
        if self.min_samples_leaf > 1
            && (rows_left < self.min_samples_leaf || self.rows - rows_left < self.min_samples_leaf)
        {
            return;
        }
        if self.min_weight_leaf > 0.0 {
            let (left, right) = self.scan.weights();
            if left < self.min_weight_leaf || right < self.min_weight_leaf {
                return;
            }
        }
        let score = self.scan.score();
        if score > self.best_score {
            self.best_score = score;
            self.best = Some(split());
        }
    }
}

/// The rows of a node, grouped by code in ascending order, without those of missing value.
trait Groups<P: Payload, S: Scan<P>> {
    fn restart(&mut self);
    /// The next group's code.
    fn peek(&mut self) -> Option<u32>;
    /// Moves the next group to the left; returns how many rows it has.
    fn take(&mut self, scan: &mut S) -> u32;
}

/// Groups as runs of equal codes in sorted words.
struct SortedGroups<'a, P> {
    keys: &'a [u64],
    payloads: &'a [P],
    at: usize,
}

impl<P: Payload, S: Scan<P>> Groups<P, S> for SortedGroups<'_, P> {
    fn restart(&mut self) {
        self.at = 0;
    }

    #[inline]
    fn peek(&mut self) -> Option<u32> {
        self.keys.get(self.at).map(|&key| code_of(key))
    }

    #[inline]
    fn take(&mut self, scan: &mut S) -> u32 {
        let start = self.at;
        let code = code_of(self.keys[start]);
        while let Some(&key) = self.keys.get(self.at).filter(|&&key| code_of(key) == code) {
            let payload = P::unpack(key as u32, self.payloads);
            scan.add(payload.class(), payload.weight());
            self.at += 1;
        }
        (self.at - start) as u32
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

/// Groups as codes that were touched.
struct CountedGroups<'a, S> {
    counts: &'a Counts<S>,
    missing_code: u32,
    word: usize,
    bits: u64,
}

impl<'a, S: Sum> CountedGroups<'a, S> {
    fn new(counts: &'a Counts<S>, missing_code: u32) -> Self {
        let mut groups = Self { counts, missing_code, word: 0, bits: 0 };
        groups.rewind();
        groups
    }

    fn rewind(&mut self) {
        self.word = 0;
        self.bits = self.touched(0);
    }

    /// The touched codes of a word, without the missing value's.
    fn touched(&self, word: usize) -> u64 {
        let bits = self.counts.touched[word];
        if word == self.missing_code as usize / 64 { bits & !(1 << (self.missing_code % 64)) } else { bits }
    }

    fn next_code(&mut self) -> Option<u32> {
        while self.bits == 0 {
            self.word += 1;
            if self.word >= self.counts.touched.len() {
                return None;
            }
            self.bits = self.touched(self.word);
        }
        Some(self.word as u32 * 64 + self.bits.trailing_zeros())
    }

    /// The smallest and the largest code.
    fn range(&mut self) -> Option<(u32, u32)> {
        let low = self.next_code()?;
        let last = (0..self.counts.touched.len()).rev().find(|&word| self.touched(word) != 0)?;
        Some((low, last as u32 * 64 + 63 - self.touched(last).leading_zeros()))
    }
}

impl<P: Payload, S: Scan<P>> Groups<P, S> for CountedGroups<'_, P::Sum> {
    fn restart(&mut self) {
        self.rewind();
    }

    #[inline]
    fn peek(&mut self) -> Option<u32> {
        self.next_code()
    }

    #[inline]
    fn take(&mut self, scan: &mut S) -> u32 {
        let code = self.word as u32 * 64 + self.bits.trailing_zeros();
        self.bits &= self.bits - 1;
        for (class, &sum) in self.counts.sums_of(code).iter().enumerate() {
            if sum != P::Sum::default() {
                scan.add(class, sum);
            }
        }
        self.counts.rows_of(code)
    }
}
