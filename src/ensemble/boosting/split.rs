//! The best split of a node, from the sums of its codes.
//!
//! Gains are those of Chen and Guestrin, "`XGBoost`: A Scalable Tree Boosting System" (2016),
//! equations 5 to 7, as scikit-learn's histogram gradient boosting has them: a child's value is
//! clipped to the bounds of its monotonic constraints before its loss is told.

use std::ops::Range;

use super::bins::{CODES, ColumnBins, MISSING};
use super::histogram::Histogram;
use super::pulls::{Sum, Totals, Units};

/// The least sum of hessians of a child.
const LEAST_HESSIAN: f64 = 1e-3;

/// Categories of fewer rows, weighed by their hessians, go to the right; their values are smoothed
/// by as many.
const LEAST_SUPPORT: f64 = 10.0;

/// Added where sums of hessians are divided by.
const TINY: f64 = 1e-15;

/// Some codes, as bits.
pub(super) type CodeSet = [u64; CODES / 64];

/// Whether a code is among some.
#[inline]
pub(super) fn contains(codes: &CodeSet, code: u8) -> bool {
    codes[usize::from(code >> 6)] >> (code & 63) & 1 == 1
}

fn insert(codes: &mut CodeSet, code: u8) {
    codes[usize::from(code >> 6)] |= 1 << (code & 63);
}

/// What a column asks of its splits.
#[derive(Debug, Clone)]
pub(super) struct ColumnRules {
    /// How many codes values that are not missing have.
    pub codes: usize,
    pub is_categorical: bool,
    pub has_missing: bool,
    /// 1 where answers may only grow with the column, -1 where they may only fall.
    pub monotonic: i8,
}

impl ColumnRules {
    pub(super) fn new(bins: &ColumnBins, has_missing: bool, monotonic: i8) -> Self {
        Self { codes: bins.count(), is_categorical: bins.is_categorical(), has_missing, monotonic }
    }
}

/// What all splits keep to.
#[derive(Debug, Clone, Copy)]
pub(super) struct SplitRules {
    pub min_samples_leaf: u32,
    pub l2_regularization: f64,
}

/// Between which a node's children have their values.
pub(super) type Bounds = (f64, f64);

/// The bounds of a node above which no monotonic column is asked.
pub(super) const UNBOUNDED: Bounds = (f64::NEG_INFINITY, f64::INFINITY);

/// A node as its splits see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parent {
    pub totals: Totals,
    pub value: f64,
    pub bounds: Bounds,
}

/// A split.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub gain: f64,
    pub column: usize,
    /// Rows of codes up to this one go left, of a column of numbers.
    pub code: u8,
    pub missing_left: bool,
    /// The codes that go left, of a column of categories.
    pub left_codes: Option<CodeSet>,
    pub left: Totals,
    pub right: Totals,
}

/// The value of a node, within bounds.
pub(super) fn value(totals: Totals, bounds: Bounds, l2_regularization: f64) -> f64 {
    // Not clamp(), which panics where infinite values have left bounds that are none.
    (-totals.gradient / (totals.hessian + l2_regularization + TINY)).max(bounds.0).min(bounds.1)
}

/// The search in one column.
struct Search<'a> {
    parent: &'a Parent,
    rules: SplitRules,
    column: usize,
    monotonic: i8,
    best: Option<Split>,
}

/// The first of the codes from which on something holds.
fn first_of(codes: Range<usize>, holds: impl Fn(usize) -> bool) -> Option<usize> {
    let (mut low, mut high) = (codes.start, codes.end);
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    (low < codes.end).then_some(low)
}

/// The largest of some numbers, several at a time.
fn largest(numbers: &[f64]) -> f64 {
    let most = |one: f64, other: f64| if other > one { other } else { one };
    let (fours, rest) = numbers.as_chunks::<4>();
    let mut lanes = [f64::NEG_INFINITY; 4];
    for four in fours {
        for (lane, &number) in lanes.iter_mut().zip(four) {
            *lane = most(*lane, number);
        }
    }
    lanes.into_iter().chain(rest.iter().copied()).fold(f64::NEG_INFINITY, most)
}

impl Search<'_> {
    /// Weighs a split of which the left side is known; says whether it is the best so far.
    fn weigh(&mut self, left: Totals, missing_left: bool, code: u8) -> bool {
        let right = self.parent.totals.less(left);
        if !self.is_enough(left) || !self.is_enough(right) {
            return false;
        }
        let gain = self.gain(left, right);
        let is_best = gain > 0.0 && self.best.is_none_or(|best| gain > best.gain);
        if is_best {
            self.best = Some(Split { gain, column: self.column, code, missing_left, left_codes: None, left, right });
        }
        is_best
    }

    fn is_enough(&self, side: Totals) -> bool {
        side.rows >= self.rules.min_samples_leaf && side.hessian >= LEAST_HESSIAN
    }

    /// Weighs the splits of a column of numbers after some of its codes; `left_too` are missing
    /// values that go left.
    fn number(&mut self, scratch: &mut Scratch, codes: Range<usize>, left_too: Sum, units: Units) {
        let Scratch { prefix, gains } = scratch;
        let missing_left = left_too != Sum::default();
        let left = |code: usize| units.totals(prefix.sums[code].plus(left_too));
        // Sides grow with the code: those that hold enough rows on both sides follow each other.
        let is_enough = |code: usize| self.is_enough(left(code));
        let Some(first) = first_of(codes.clone(), is_enough) else { return };
        let is_too_much = |code: usize| !self.is_enough(self.parent.totals.less(left(code)));
        let end = first_of(first..codes.end, is_too_much).unwrap_or(codes.end);
        if self.monotonic != 0 || self.parent.bounds != UNBOUNDED {
            let mut weigh = |code: usize| self.weigh(left(code), missing_left, code as u8);
            // Of equals the first, but the last where missing values go left.
            if missing_left {
                (first..end).rev().for_each(|code| _ = weigh(code));
            } else {
                (first..end).for_each(|code| _ = weigh(code));
            }
            return;
        }
        // Without bounds what a split gains but for what the node has is one quotient, which is told
        // for all codes at once, without units.
        let (gradient, hessian) = units.multiples_of(self.parent.totals);
        let (gradient_too, hessian_too) = units.multiples(left_too);
        let added = units.of_hessian(self.rules.l2_regularization + TINY);
        let lefts = prefix.gradients[first..end].iter().zip(&prefix.hessians[first..end]);
        for (gain, (left_gradient, left_hessian)) in gains.iter_mut().zip(lefts) {
            let (left_gradient, left_hessian) = (left_gradient + gradient_too, left_hessian + hessian_too);
            let right_gradient = gradient - left_gradient;
            let (left_hessian, right_hessian) = (left_hessian + added, hessian - left_hessian + added);
            let sum = left_gradient * left_gradient * right_hessian + right_gradient * right_gradient * left_hessian;
            *gain = sum / (left_hessian * right_hessian);
        }
        let gains = &gains[..end - first];
        let most = largest(gains);
        let is_most = |&gain: &f64| gain == most;
        let place = if missing_left { gains.iter().rposition(is_most) } else { gains.iter().position(is_most) };
        if let Some(place) = place {
            self.weigh(left(first + place), missing_left, (first + place) as u8);
        }
    }

    fn gain(&self, left: Totals, right: Totals) -> f64 {
        let values = [left, right].map(|side| value(side, self.parent.bounds, self.rules.l2_regularization));
        if f64::from(self.monotonic) * (values[1] - values[0]) < 0.0 {
            return -1.0;
        }
        self.parent.value * self.parent.totals.gradient - values[0] * left.gradient - values[1] * right.gradient
    }
}

/// The best split of a column with a gain, the first of equals.
pub(super) fn best_of_column(
    histogram: &Histogram,
    column: usize,
    column_rules: &ColumnRules,
    rules: SplitRules,
    parent: &Parent,
    scratch: &mut Scratch,
) -> Option<Split> {
    let sums = histogram.column(column);
    let units = histogram.units();
    let totals = |code: usize| units.totals(sums[code]);
    let mut search = Search { parent, rules, column, monotonic: column_rules.monotonic, best: None };
    if column_rules.is_categorical {
        return of_categories(totals, column_rules, search);
    }
    let codes = column_rules.codes;
    scratch.prefix.fill(&sums[..codes], units);
    // The last code goes left only where missing values are left to go right.
    let last = codes - usize::from(!column_rules.has_missing);
    search.number(scratch, 0..last, Sum::default(), units);
    if column_rules.has_missing {
        search.number(scratch, 0..codes - 1, sums[usize::from(MISSING)], units);
    }
    search.best
}

/// What the search in a column writes down, for one column after the other.
pub(super) struct Scratch {
    prefix: Prefix,
    gains: [f64; CODES],
}

impl Scratch {
    pub(super) fn new() -> Self {
        let prefix = Prefix { sums: [Sum::default(); CODES], gradients: [0.0; CODES], hessians: [0.0; CODES] };
        Self { prefix, gains: [0.0; CODES] }
    }
}

/// The sums up to each code, as they are and in double precision, without their units.
struct Prefix {
    sums: [Sum; CODES],
    gradients: [f64; CODES],
    hessians: [f64; CODES],
}

impl Prefix {
    fn fill(&mut self, sums: &[Sum], units: Units) {
        let mut sum = Sum::default();
        for (code, own) in sums.iter().enumerate() {
            sum.add(*own);
            self.sums[code] = sum;
            (self.gradients[code], self.hessians[code]) = units.multiples(sum);
        }
    }
}

/// The best split of categories, which are sorted by their values and scanned from both ends up to
/// the middle (Fisher, "On Grouping for Maximum Homogeneity", 1958). Missing values are a category.
fn of_categories(totals: impl Fn(usize) -> Totals, rules: &ColumnRules, mut search: Search<'_>) -> Option<Split> {
    let parent = search.parent.totals;
    let support = f64::from(parent.rows) / parent.hessian;
    let codes = (0..rules.codes).chain(rules.has_missing.then_some(usize::from(MISSING)));
    let mut known: Vec<(f64, u8, Totals)> = codes
        .map(|code| (code, totals(code)))
        .filter(|(_, totals)| totals.hessian * support >= LEAST_SUPPORT)
        .map(|(code, totals)| (totals.gradient / (totals.hessian + LEAST_SUPPORT), code as u8, totals))
        .collect();
    if known.len() < 2 {
        return None;
    }
    known.sort_by(|one, other| one.0.total_cmp(&other.0));
    let middle = known.len().div_ceil(2);
    let mut best = None;
    for from_right in [false, true] {
        let mut scanned = Totals::default();
        for taken in 1..=middle - usize::from(from_right) {
            let last = if from_right { known.len() - taken } else { taken - 1 };
            scanned = scanned.plus(known[last].2);
            if search.weigh(scanned, false, 0) {
                best = Some((from_right, taken));
            }
        }
    }
    let (from_right, taken) = best?;
    let own = if from_right { &known[known.len() - taken..] } else { &known[..taken] };
    let mut left_codes = CodeSet::default();
    for (_, code, _) in own {
        insert(&mut left_codes, *code);
    }
    let missing_left = contains(&left_codes, MISSING);
    search.best.map(|split| Split { left_codes: Some(left_codes), missing_left, ..split })
}
