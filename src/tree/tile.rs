//! A subtree's rows, packed together.
//!
//! Deep in a tree the rows of a node lie far apart, and each look at a code is a look at another
//! place in memory. So once a node has few enough rows, they get numbers of their own, and their
//! codes are copied side by side.
//!
//! Where most columns are looked at in most nodes, codes become ranks among these rows besides, half
//! as wide. Each column is sorted once, and a split only divides the sorted rows, which costs less
//! than sorting them again.

use std::ops::Range;
use std::sync::Arc;

use super::criterion::Payload;
use super::entries::Words;
use super::params::TreeParams;
use crate::data::by_rows::BLOCK;
use crate::data::sorting::{Packed, Word, sort_words};
use crate::data::{CloseCodes, Code, CodedColumn, CodedMatrix, Codes, with_codes};
use crate::error::Result;
use crate::runtime::memory::{filled, make_room};
use crate::runtime::{Cancel, Workers};

/// Local codes and row numbers take 16 bits, and one code is left for missing values.
const MOST_ROWS: usize = (1 << 16) - 1;

/// A local code, and the number of a row.
type LocalWord = Packed<16>;

/// So many rows times sorted columns take 80 MB.
const MOST_CELLS: usize = 1 << 23;

/// Nodes with fewer rows sort them themselves: dividing every column would cost more.
pub(super) const LEAST_ROWS: usize = 3;

/// Matrices of fewer bytes are near enough as they are.
const LEAST_BYTES: usize = 1 << 21;

/// Copied tiles of so many bytes stay in the processor's second cache.
const NEAR_BYTES: usize = 1 << 20;

/// Columns of fewer codes are counted in most nodes, where not all columns are looked at.
const COUNTED: usize = 1 << 10;

/// Copying fewer rows gains nothing.
const LEAST_COPIED: usize = 32;

/// When to make tiles of the nodes of a tree, and of what kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct TilePlan {
    most_rows: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Codes become ranks, and wide columns are kept sorted.
    Sorted {
        /// Whether columns of few codes are too, where rows are few: they are all looked at.
        narrow: bool,
    },
    /// Codes are the matrix's, copied so that they lie together.
    Copied,
}

impl TilePlan {
    /// The plan for trees grown depth first, if tiles pay: sorted ones where there are at most
    /// `most_sorted` columns to sort.
    pub(super) fn new(matrix: &CodedMatrix, params: &TreeParams, most_sorted: usize, cancel: &Cancel) -> Option<Self> {
        let columns = matrix.columns();
        let kind = Kind::Sorted { narrow: params.max_features >= columns.len() };
        let wide = columns.iter().filter(|column| kind.sorts(column, matrix.rows())).count();
        if wide > 0 && wide <= most_sorted {
            return Some(Self { most_rows: MOST_ROWS.min(MOST_CELLS / wide), kind });
        }
        let (bytes, rows) = (matrix.bytes(), matrix.rows());
        let most_rows = NEAR_BYTES / (bytes / rows.max(1)).max(1);
        // As wide as the widest column: more than the codes themselves, but not many times as much.
        let is_even = bytes <= 2 * rows * columns.iter().map(|column| column.codes().width()).sum::<usize>();
        let reaches = params.max_depth.is_none_or(|depth| {
            let halved = u32::try_from(depth).ok().and_then(|depth| rows.checked_shr(depth));
            halved.unwrap_or(0) <= most_rows
        });
        let pays = bytes >= LEAST_BYTES && most_rows >= LEAST_COPIED && is_even && reaches;
        (pays && matrix.by_rows(cancel).is_some()).then_some(Self { most_rows, kind: Kind::Copied })
    }

    /// Whether a node of so many rows becomes a tile.
    fn suits(self, rows: usize) -> bool {
        let least = if self.kind == Kind::Copied { LEAST_COPIED } else { LEAST_ROWS };
        (least..=self.most_rows).contains(&rows)
    }
}

impl Kind {
    /// Whether so many rows of a column are kept sorted; else they are counted or sorted at each node.
    fn sorts(self, column: &CodedColumn, rows: usize) -> bool {
        let Self::Sorted { narrow } = self else { return false };
        // A rank has one value; a bin has a lowest and a highest.
        let codes = column.missing_code() as usize;
        !column.is_binned() && if narrow { codes > 255 || codes * 8 > rows } else { codes > COUNTED }
    }
}

/// One column of a tile.
#[derive(Debug)]
pub(super) struct TileColumn {
    /// Each row's code.
    codes: Codes,
    /// The value of each code; empty where codes are the matrix's.
    values: Vec<f32>,
    close: CloseCodes,
    missing_code: u32,
}

impl Default for TileColumn {
    fn default() -> Self {
        Self { codes: Codes::U16(Vec::new()), values: Vec::new(), close: CloseCodes::default(), missing_code: 0 }
    }
}

impl TileColumn {
    /// Each row's code.
    pub(super) fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The code of missing values; no other code is as large.
    pub(super) fn missing_code(&self) -> u32 {
        self.missing_code
    }

    /// Whether codes are ranks within the tile, and not the matrix's codes.
    pub(super) fn is_ranked(&self) -> bool {
        !self.values.is_empty()
    }

    /// The value of each rank.
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// Whether a threshold may stand between two ranks.
    pub(super) fn separates(&self, low: u32, high: u32) -> bool {
        self.close.separates(low, high, &self.values, &self.values)
    }
}

/// What stays as it is while a tile's rows are divided.
#[derive(Debug, Default)]
struct Cells<P> {
    payloads: Vec<P>,
    columns: Vec<TileColumn>,
}

/// A subtree's rows; its buffers are used again from tile to tile.
#[derive(Debug)]
pub(super) struct Tile<P> {
    plan: TilePlan,
    /// Where the rows stand among the tree's.
    range: Range<usize>,
    /// Shared by the parts of a tile that several threads work on.
    cells: Arc<Cells<P>>,
    /// For each column words of code and row in ascending order, node by node, down to nodes of
    /// `LEAST_ROWS`.
    sorted: Vec<Vec<LocalWord>>,
    sides: Sides,
}

impl<P: Payload> Tile<P> {
    pub(super) fn new(plan: TilePlan, columns: usize) -> Self {
        Self { plan, range: 0..0, cells: Arc::default(), sorted: vec![Vec::new(); columns], sides: Sides::default() }
    }

    /// The part of the tile in which a node lies, for another thread; room for a tile to come where it
    /// lies in none.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub(super) fn part(&self, node: &Range<usize>) -> Result<Self> {
        if !self.holds(node) {
            return Ok(Self::new(self.plan, self.sorted.len()));
        }
        let first = node.start - self.range.start;
        let mut part = Self { range: 0..node.len(), cells: Arc::clone(&self.cells), ..Self::new(self.plan, 0) };
        part.sides.reserve(self.sides.goes_left.len())?;
        for sorted in &self.sorted {
            let mut words = Vec::new();
            if !sorted.is_empty() {
                make_room(&mut words, node.len())?;
                words.extend_from_slice(&sorted[first..first + node.len()]);
            }
            part.sorted.push(words);
        }
        Ok(part)
    }

    /// Whether a node lies in the tile.
    pub(super) fn holds(&self, node: &Range<usize>) -> bool {
        self.range.start <= node.start && node.end <= self.range.end
    }

    /// Whether a node that lies in no tile yet becomes one.
    pub(super) fn suits(&self, node: &Range<usize>) -> bool {
        self.plan.suits(node.len())
    }

    /// Makes a tile of a node: `rows` become numbers within it. Columns known to be constant are
    /// left out.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`], [`crate::ErrorKind::Memory`].
    pub(super) fn fill(
        &mut self,
        matrix: &CodedMatrix,
        range: Range<usize>,
        rows: &mut [u32],
        payloads: &[P],
        is_constant: impl Fn(usize) -> bool + Sync,
        workers: Workers<'_>,
    ) -> Result<()> {
        let (columns, kind) = (matrix.columns(), self.plan.kind);
        // Where parts of the tile before are still at work, they keep it.
        let Cells { payloads: mut kept, columns: mut filled } =
            Arc::into_inner(std::mem::take(&mut self.cells)).unwrap_or_default();
        filled.resize_with(columns.len(), TileColumn::default);
        let mut filled: Vec<_> = filled.into_iter().zip(std::mem::take(&mut self.sorted)).collect();
        let by_rows = if kind == Kind::Copied { matrix.by_rows(workers.cancel()) } else { None };
        let (length, given) = (columns.len().div_ceil(workers.threads().max(1)), &*rows);
        workers.fill(&mut filled, length, |piece, filled| {
            let first = piece * length;
            let columns = &columns[first..first + filled.len()];
            if let Some(codes) = by_rows {
                return with_codes!(codes, codes => copy(codes, matrix.columns().len(), first, columns, filled, given));
            }
            let mut words = Words::default();
            for (at, ((column, sorted), coded)) in (first..).zip(filled.iter_mut().zip(columns)) {
                workers.cancel().check()?;
                sorted.clear();
                column.values.clear();
                if !is_constant(at) {
                    column.rank(sorted, &mut words, kind, coded, given, workers.cancel())?;
                }
            }
            Ok(())
        })?;
        let (filled, sorted) = filled.into_iter().unzip();
        for (number, row) in rows.iter_mut().enumerate() {
            *row = number as u32;
        }
        self.sides.reserve(payloads.len())?;
        kept.clear();
        make_room(&mut kept, payloads.len())?;
        kept.extend_from_slice(payloads);
        (self.cells, self.sorted, self.range) = (Arc::new(Cells { payloads: kept, columns: filled }), sorted, range);
        Ok(())
    }

    pub(super) fn column(&self, column: usize) -> &TileColumn {
        &self.cells.columns[column]
    }

    /// A column's sorted words of a node, where they are kept, and the payloads that they point to.
    pub(super) fn sorted(&self, column: usize, node: &Range<usize>) -> Option<(&[LocalWord], &[P])> {
        let sorted = &self.sorted[column];
        let first = node.start - self.range.start;
        (node.len() >= LEAST_ROWS && !sorted.is_empty())
            .then(|| (&sorted[first..first + node.len()], self.cells.payloads.as_slice()))
    }

    /// Divides the sorted words of a node; `sides` holds a one for each of its `rows` that goes
    /// left, of which there are `left`.
    pub(super) fn divide(
        &mut self,
        node: &Range<usize>,
        rows: &[u32],
        sides: &[u32],
        left: usize,
        is_constant: impl Fn(usize) -> bool,
    ) {
        if self.plan.kind == Kind::Copied || left.max(node.len() - left) < LEAST_ROWS {
            return;
        }
        for (&row, &side) in rows.iter().zip(sides) {
            self.sides.goes_left[row as usize] = side as u8;
        }
        let first = node.start - self.range.start;
        for (at, sorted) in self.sorted.iter_mut().enumerate() {
            if !sorted.is_empty() && !is_constant(at) {
                self.sides.divide(&mut sorted[first..first + node.len()]);
            }
        }
    }
}

/// What dividing works with; as long as the largest tile so far, since most trees are small.
#[derive(Debug, Default)]
struct Sides {
    /// For each row whether it goes left.
    goes_left: Vec<u8>,
    left: Vec<LocalWord>,
    right: Vec<LocalWord>,
}

impl Sides {
    /// Makes room for tiles of so many rows.
    fn reserve(&mut self, rows: usize) -> Result<()> {
        if self.left.len() < rows {
            *self = Self {
                goes_left: filled(0, rows)?,
                left: filled(LocalWord::default(), rows)?,
                right: filled(LocalWord::default(), rows)?,
            };
        }
        Ok(())
    }

    /// Moves words of rows that go left before the others, each in their order.
    fn divide(&mut self, words: &mut [LocalWord]) {
        // Slices, so that their bounds stay in registers.
        let (goes_left, into_left, into_right) = (&self.goes_left[..], &mut self.left[..], &mut self.right[..]);
        let mut left = 0;
        for (at, &word) in words.iter().enumerate() {
            // Written to both sides, and counted on one: a branch could not be foretold.
            into_left[left] = word;
            into_right[at - left] = word;
            left += usize::from(goes_left[word.lower() as usize]);
        }
        let right = words.len() - left;
        words[..left].copy_from_slice(&into_left[..left]);
        words[left..].copy_from_slice(&into_right[..right]);
    }
}

/// Copies some rows' codes of neighbouring columns, the first of them `first` of `width`, from codes
/// that lie row by row.
fn copy<C: Code>(
    by_rows: &[C],
    width: usize,
    first: usize,
    columns: &[CodedColumn],
    filled: &mut [(TileColumn, Vec<LocalWord>)],
    rows: &[u32],
) -> Result<()> {
    let mut held: Vec<Vec<C>> = Vec::with_capacity(filled.len());
    for ((column, sorted), coded) in filled.iter_mut().zip(columns) {
        sorted.clear();
        column.values.clear();
        column.missing_code = coded.missing_code();
        held.push(C::room(&mut column.codes, rows.len())?);
    }
    for block in rows.chunks(BLOCK) {
        for (at, codes) in (first..).zip(&mut held) {
            codes.extend(block.iter().map(|&row| by_rows[row as usize * width + at]));
        }
    }
    for ((column, _), codes) in filled.iter_mut().zip(held) {
        column.codes = C::wrap(codes);
    }
    Ok(())
}

impl TileColumn {
    /// Takes the codes of some rows. Those of a wide column become ranks, in whose order the rows
    /// are written to `sorted`.
    fn rank(
        &mut self,
        sorted: &mut Vec<LocalWord>,
        words: &mut Words<u64>,
        kind: Kind,
        coded: &CodedColumn,
        rows: &[u32],
        cancel: &Cancel,
    ) -> Result<()> {
        if !kind.sorts(coded, rows.len()) {
            self.missing_code = coded.missing_code();
            return with_codes!(coded.codes(), codes => self.take(codes, rows));
        }
        let mut ranks = u16::room(&mut self.codes, rows.len())?;
        let (low, high) = with_codes!(coded.codes(), codes => words.gather(codes, rows))?;
        let Words { words, spare } = words;
        sort_words(words, spare, low, high, cancel)?;
        make_room(sorted, words.len())?;
        make_room(&mut self.values, words.len())?;
        ranks.resize(words.len(), 0);
        let missing = coded.missing_code();
        let mut previous = None;
        for &word in words.iter() {
            let origin = word.upper();
            if previous != Some(origin) && origin != missing {
                self.values.push(coded.values()[origin as usize]);
            }
            previous = Some(origin);
            let code = if origin == missing { self.values.len() } else { self.values.len() - 1 };
            ranks[word.lower() as usize] = code as u16;
            sorted.push(LocalWord::new(code as u32, word.lower()));
        }
        self.close.fill(&self.values, &self.values);
        (self.codes, self.missing_code) = (Codes::U16(ranks), self.values.len() as u32);
        Ok(())
    }

    /// Takes the codes of some rows as they are.
    fn take<C: Code>(&mut self, codes: &[C], rows: &[u32]) -> Result<()> {
        let mut taken = C::room(&mut self.codes, rows.len())?;
        taken.extend(rows.iter().map(|&row| codes[row as usize]));
        self.codes = C::wrap(taken);
        Ok(())
    }
}
