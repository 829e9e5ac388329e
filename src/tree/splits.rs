//! The search for a node's best split.
//!
//! A column is looked at in one of four ways, whichever costs least: *counting* adds every row
//! into the class sums of its code and walks through the codes that were touched; *sorting* packs
//! code and place into one word, sorts these words, and walks through them; a *coarse* look finds
//! which of the words need to be sorted at all; in a tile the words lie *sorted* already. All find
//! the same cut, the first of the best.

use std::ops::Range;

use super::coarse::Buckets;
use super::counting::{CountedRows, Counts};
use super::criterion::{Payload, Scan};
use super::draws::Draws;
use super::entries::{Entries, SortedRows, Words};
use super::params::TreeParams;
use super::tile::{Tile, TileColumn};
use super::trial::{Bounds, Split, Target, Threshold, Trial};
use crate::data::sorting::{Packed, Word, sort_words};
use crate::data::{Code, CodedMatrix, with_codes};
use crate::error::Result;
use crate::runtime::Cancel;

/// The search within one tree; its buffers are reused from node to node.
pub(super) struct Search<'a, P: Payload, S: Scan<P>> {
    matrix: &'a CodedMatrix,
    cancel: &'a Cancel,
    monotonic: &'a [i8],
    trial: Trial<P, S>,
    counts: Counts<P::Sum>,
    buckets: Buckets<P, S>,
    narrow: Words<Packed<16>>,
    wide: Words<Packed<12>>,
    wider: Words<Packed<8>>,
    widest: Words<u64>,
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
            trial: Trial::new(node, params.min_samples_leaf, min_weight_leaf),
            counts: Counts::new(cells, params.min_samples_leaf > 1),
            buckets: Buckets::default(),
            narrow: Words::default(),
            wide: Words::default(),
            wider: Words::default(),
            widest: Words::default(),
        }
    }

    /// Begins a node.
    pub(super) fn begin(&mut self, payloads: &[P], node: &S::Node, bounds: Bounds, to_the_bit: bool) {
        self.trial.begin(payloads, node, bounds, to_the_bit);
    }

    /// The best split of the columns looked at since the node began; the first of equals.
    pub(super) fn best(&self, tile: Option<&Tile<P>>) -> Option<Split> {
        let cut = self.trial.best?;
        Some(self.target(cut.column(), tile).split(cut))
    }

    /// Takes over the best split of columns that another search looked at later in the same node.
    pub(super) fn take_better(&mut self, later: &Self) {
        if later.trial.best.is_some() && (self.trial.best.is_none() || later.trial.best_score > self.trial.bar) {
            (self.trial.best, self.trial.best_score) = (later.trial.best, later.trial.best_score);
            self.trial.raise_bar();
        }
    }

    /// Whether no column can give a better split than the best so far.
    pub(super) fn is_settled(&self) -> bool {
        self.trial.is_settled()
    }

    fn target<'t>(&'t self, column: usize, tile: Option<&'t Tile<P>>) -> Target<'t> {
        Target { column, coded: &self.matrix.columns()[column], local: tile.map(|tile| tile.column(column)) }
    }

    /// Tries one threshold of a column, drawn between its smallest and largest value; returns whether
    /// the column varies among these rows.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`].
    pub(super) fn draw_at(
        &mut self,
        column: usize,
        rows: &[u32],
        payloads: &[P],
        tile: Option<&Tile<P>>,
        draws: &mut impl Draws,
    ) -> Result<bool> {
        self.cancel.check()?;
        let coded = &self.matrix.columns()[column];
        let local = tile.map(|tile| tile.column(column));
        let target = Target { column, coded, local };
        let codes = local.map_or(coded.codes(), TileColumn::codes);
        self.above_others(
            column,
            |search| with_codes!(codes, codes => search.try_random(&target, codes, rows, payloads, draws)),
        )
    }

    /// Tries the cuts of a column, which must score more than those of others.
    fn above_others(&mut self, column: usize, look: impl FnOnce(&mut Self) -> Result<bool>) -> Result<bool> {
        self.trial.constraint = self.monotonic.get(column).copied().unwrap_or(0);
        let (best_of_others, bar) = (self.trial.best_score, self.trial.bar);
        self.trial.best_score = bar;
        let varies = look(self)?;
        if self.trial.best_score == bar {
            self.trial.best_score = best_of_others;
        } else {
            self.trial.raise_bar();
        }
        Ok(varies)
    }

    /// Tries the splits of one column; returns whether the column varies among these rows. `tile`
    /// is the one that the node lies in, with the node's place.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`], [`crate::ErrorKind::Memory`].
    pub(super) fn look_at(
        &mut self,
        column: usize,
        rows: &[u32],
        payloads: &[P],
        tile: Option<(&Tile<P>, &Range<usize>)>,
    ) -> Result<bool> {
        self.cancel.check()?;
        let coded = &self.matrix.columns()[column];
        let local = tile.map(|(tile, _)| tile.column(column));
        let target = Target { column, coded, local };
        self.above_others(column, |search| {
            if let Some((words, payloads)) = tile.and_then(|(tile, node)| tile.sorted(column, node)) {
                return search_sorted(&mut search.trial, &target, words, payloads, search.cancel);
            }
            let count = target.missing_code() as usize + 1;
            let codes = local.map_or(coded.codes(), TileColumn::codes);
            let is_coarse = !coded.has_missing() && Buckets::suit_codes(&search.trial, count, rows.len());
            if !is_coarse && search.counts.suits(count, rows.len()) {
                with_codes!(codes, codes => search.try_by_counting(&target, codes, rows, payloads))
            } else {
                with_codes!(codes, codes => search.try_by_sorting(&target, codes, rows, payloads))
            }
        })
    }

    /// Writes a one for every row that goes left, a zero for the others.
    pub(super) fn sides(&self, split: &Split, tile: Option<&Tile<P>>, rows: &[u32], sides: &mut [u32]) {
        let coded = &self.matrix.columns()[split.column];
        let local = tile.map(|tile| tile.column(split.column));
        let missing_code = local.map_or(coded.missing_code(), TileColumn::missing_code);
        let codes = local.map_or(coded.codes(), TileColumn::codes);
        with_codes!(codes, codes => write_sides(split, codes, missing_code, rows, sides));
    }

    fn try_by_counting<C: Code>(
        &mut self,
        target: &Target<'_>,
        codes: &[C],
        rows: &[u32],
        payloads: &[P],
    ) -> Result<bool> {
        let missing_code = target.missing_code();
        self.counts.fill(missing_code, codes, rows, payloads);
        let part = |missing| CountedRows { counts: &self.counts, missing, missing_code };
        let (present, missing) = (part(false), part(true));
        let varies =
            present.range().is_some_and(|(low, high)| Entries::<P>::rows(&missing) > 0 || target.separates(low, high));
        if varies {
            self.trial.search(target, &present, &missing, self.cancel)?;
        }
        self.counts.clear();
        Ok(varies)
    }

    /// Packs codes and places into words of 32 bits where they fit: half the memory, and faster to sort.
    fn try_by_sorting<C: Code>(
        &mut self,
        target: &Target<'_>,
        codes: &[C],
        rows: &[u32],
        payloads: &[P],
    ) -> Result<bool> {
        let Self { trial, buckets, narrow, wide, wider, widest, cancel, .. } = self;
        let (most, count) = (target.missing_code(), rows.len());
        if Packed::<16>::fits(most, count) {
            sort_and_search(trial, buckets, narrow, target, codes, rows, payloads, cancel)
        } else if !C::IS_NARROW && Packed::<12>::fits(most, count) {
            sort_and_search(trial, buckets, wide, target, codes, rows, payloads, cancel)
        } else if !C::IS_NARROW && Packed::<8>::fits(most, count) {
            sort_and_search(trial, buckets, wider, target, codes, rows, payloads, cancel)
        } else {
            sort_and_search(trial, buckets, widest, target, codes, rows, payloads, cancel)
        }
    }

    fn try_random<C: Code>(
        &mut self,
        target: &Target<'_>,
        codes: &[C],
        rows: &[u32],
        payloads: &[P],
        draws: &mut impl Draws,
    ) -> Result<bool> {
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
            return Ok(false);
        }
        let (values, highest) = (target.coded.values(), target.coded.highest());
        let (smallest, largest) = (f64::from(values[low as usize]), f64::from(highest[high as usize]));
        let drawn = draws.uniform(smallest, largest);
        let missing_left = (missing_rows > 0).then(|| draws.coin());
        let drawn = if drawn == largest { smallest } else { drawn };
        let cut = values.partition_point(|&value| f64::from(value) <= drawn) as u32;
        // A threshold within a bin would part at prediction what is one in training.
        let cut = if low < high { cut.clamp(low + 1, high) } else { cut };
        let is_between =
            f64::from(highest[cut as usize - 1]) <= drawn && (cut > high || drawn < f64::from(values[cut as usize]));
        let threshold = if is_between {
            Threshold::At(drawn)
        } else if cut > high {
            Threshold::At(f64::from(highest[high as usize]))
        } else {
            target.threshold_between(cut - 1, cut)
        };
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
            trial.scan.settle(self.cancel)?;
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
        Ok(true)
    }
}

/// Writes a one for every row whose code is left of the split.
fn write_sides<C: Code>(split: &Split, codes: &[C], missing_code: u32, rows: &[u32], sides: &mut [u32]) {
    let codes = rows.iter().map(|&row| codes[row as usize].get());
    if split.missing_left == Some(true) {
        for (side, code) in sides.iter_mut().zip(codes) {
            *side = u32::from(code < split.cut || code == missing_code);
        }
    } else {
        for (side, code) in sides.iter_mut().zip(codes) {
            *side = u32::from(code < split.cut);
        }
    }
}

/// Sorts the rows of one column, or as many as may matter, and tries its splits; returns whether it
/// varies.
#[allow(clippy::too_many_arguments)] // parts of one search, borrowed apart
fn sort_and_search<C: Code, P: Payload, S: Scan<P>, W: Word>(
    trial: &mut Trial<P, S>,
    buckets: &mut Buckets<P, S>,
    buffers: &mut Words<W>,
    target: &Target<'_>,
    codes: &[C],
    rows: &[u32],
    payloads: &[P],
    cancel: &Cancel,
) -> Result<bool> {
    let (low, high) = buffers.gather(codes, rows)?;
    if low == high {
        return Ok(false);
    }
    if high < target.missing_code() && Buckets::suit(trial, rows.len(), low, high) {
        buckets.search(trial, target, buffers, payloads, (low, high), cancel)?;
        return Ok(target.separates(low, high));
    }
    let Words { words, spare } = buffers;
    sort_words(words, spare, low, high, cancel)?;
    search_sorted(trial, target, words, payloads, cancel)
}

/// Tries the splits of one column in sorted order; returns whether it varies.
fn search_sorted<P: Payload, S: Scan<P>, W: Word>(
    trial: &mut Trial<P, S>,
    target: &Target<'_>,
    words: &[W],
    payloads: &[P],
    cancel: &Cancel,
) -> Result<bool> {
    let (Some(low), Some(high)) = (words.first().map(|word| word.upper()), words.last().map(|word| word.upper()))
    else {
        return Ok(false);
    };
    if low == high {
        return Ok(false);
    }
    let missing_code = target.missing_code();
    let present =
        if high == missing_code { words.partition_point(|word| word.upper() < missing_code) } else { words.len() };
    let (words, missing) = words.split_at(present);
    if missing.is_empty() && !target.separates(low, high) {
        return Ok(false);
    }
    let part = |words| SortedRows { words, payloads };
    trial.search(target, &part(words), &part(missing), cancel)?;
    Ok(true)
}
