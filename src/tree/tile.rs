//! A subtree's rows, coded anew and packed together.
//!
//! Deep in a tree the rows of a node lie far apart, and each look at a code is a look at another
//! place in memory. So once a node has few enough rows, they get numbers of their own, and their
//! codes become ranks among them: half as wide, and side by side. Each column is sorted once, and a
//! split only divides the sorted rows. That costs less than sorting them again where most columns
//! are looked at in most nodes.

use std::ops::Range;
use std::sync::Arc;

use super::criterion::Payload;
use super::entries::Words;
use crate::data::sorting::{Word, sort_words};
use crate::data::{CodedColumn, CodedMatrix, Codes};
use crate::error::Result;
use crate::runtime::memory::{filled, make_room};
use crate::runtime::{Cancel, Workers};

/// Local codes and row numbers take 16 bits, and one code is left for missing values.
const MOST_ROWS: usize = (1 << 16) - 1;

/// So many rows times sorted columns take 80 MB.
const MOST_CELLS: usize = 1 << 23;

/// Nodes with fewer rows sort them themselves: dividing every column would cost more.
pub(super) const LEAST_ROWS: usize = 3;

/// When to make tiles of the nodes of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct TilePlan {
    most_rows: usize,
    /// Whether columns of few codes are kept sorted too, where rows are few: they are all looked at.
    sorts_narrow: bool,
}

impl TilePlan {
    /// The plan for trees that draw so many of the matrix's columns at a node, if tiles pay:
    /// dividing a column costs about a quarter of sorting it, and half of counting it.
    pub(super) fn new(matrix: &CodedMatrix, max_features: usize) -> Option<Self> {
        let sorts_narrow = max_features >= matrix.columns().len();
        let plan = Self { most_rows: MOST_ROWS, sorts_narrow };
        let wide = matrix.columns().iter().filter(|column| plan.sorts(column, matrix.rows())).count();
        let most_rows = MOST_ROWS.min(MOST_CELLS / wide.max(1));
        (wide > 0 && wide <= 4 * max_features).then_some(Self { most_rows, ..plan })
    }

    /// Whether so many rows of a column are kept sorted; else they are counted at each node.
    fn sorts(self, column: &CodedColumn, rows: usize) -> bool {
        let is_narrow = matches!(column.codes(), Codes::U8(_));
        !is_narrow || (self.sorts_narrow && column.missing_code() as usize * 8 > rows)
    }

    /// Whether a node of so many rows becomes a tile.
    fn suits(self, rows: usize) -> bool {
        (LEAST_ROWS..=self.most_rows).contains(&rows)
    }
}

/// One column of a tile.
#[derive(Debug, Default)]
pub(super) struct TileColumn {
    /// Each row's code.
    codes: Vec<u16>,
    /// The value of each code; empty where codes are the matrix's.
    values: Vec<f32>,
    missing_code: u32,
}

impl TileColumn {
    /// Each row's code.
    pub(super) fn codes(&self) -> &[u16] {
        &self.codes
    }

    /// The code of missing values; no other code is as large.
    pub(super) fn missing_code(&self) -> u32 {
        self.missing_code
    }

    /// The value of each code, where codes are not the matrix's.
    pub(super) fn values(&self) -> Option<&[f32]> {
        (!self.values.is_empty()).then_some(&self.values)
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
    sorted: Vec<Vec<u32>>,
    sides: Sides,
}

impl<P: Payload> Tile<P> {
    pub(super) fn new(plan: TilePlan, columns: usize) -> Self {
        Self { plan, range: 0..0, cells: Arc::default(), sorted: vec![Vec::new(); columns], sides: Sides::default() }
    }

    /// The part of the tile in which a node lies, for another thread.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub(super) fn part(&self, node: &Range<usize>) -> Result<Self> {
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
        let (columns, plan) = (matrix.columns(), self.plan);
        // Where parts of the tile before are still at work, they keep it.
        let Cells { payloads: mut kept, columns: mut ranked } =
            Arc::into_inner(std::mem::take(&mut self.cells)).unwrap_or_default();
        ranked.resize_with(columns.len(), TileColumn::default);
        let mut ranked: Vec<_> = ranked.into_iter().zip(std::mem::take(&mut self.sorted)).collect();
        let (length, given) = (columns.len().div_ceil(workers.threads().max(1)), &*rows);
        workers.fill(&mut ranked, length, |piece, ranked| {
            let mut words = Words::default();
            for (at, (column, sorted)) in (piece * length..).zip(ranked) {
                workers.cancel().check()?;
                sorted.clear();
                column.values.clear();
                if !is_constant(at) {
                    column.rank(sorted, &mut words, plan, &columns[at], given, workers.cancel())?;
                }
            }
            Ok(())
        })?;
        let (ranked, sorted) = ranked.into_iter().unzip();
        for (number, row) in rows.iter_mut().enumerate() {
            *row = number as u32;
        }
        self.sides.reserve(payloads.len())?;
        kept.clear();
        make_room(&mut kept, payloads.len())?;
        kept.extend_from_slice(payloads);
        (self.cells, self.sorted, self.range) = (Arc::new(Cells { payloads: kept, columns: ranked }), sorted, range);
        Ok(())
    }

    pub(super) fn column(&self, column: usize) -> &TileColumn {
        &self.cells.columns[column]
    }

    /// A column's sorted words of a node, where they are kept, and the payloads that they point to.
    pub(super) fn sorted(&self, column: usize, node: &Range<usize>) -> Option<(&[u32], &[P])> {
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
        if left.max(node.len() - left) < LEAST_ROWS {
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
    left: Vec<u32>,
    right: Vec<u32>,
}

impl Sides {
    /// Makes room for tiles of so many rows.
    fn reserve(&mut self, rows: usize) -> Result<()> {
        if self.left.len() < rows {
            *self = Self { goes_left: filled(0, rows)?, left: filled(0, rows)?, right: filled(0, rows)? };
        }
        Ok(())
    }

    /// Moves words of rows that go left before the others, each in their order.
    fn divide(&mut self, words: &mut [u32]) {
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

impl TileColumn {
    /// Takes the codes of some rows. Those of a wide column become ranks, in whose order the rows
    /// are written to `sorted`.
    fn rank(
        &mut self,
        sorted: &mut Vec<u32>,
        words: &mut Words<u64>,
        plan: TilePlan,
        coded: &CodedColumn,
        rows: &[u32],
        cancel: &Cancel,
    ) -> Result<()> {
        self.codes.clear();
        make_room(&mut self.codes, rows.len())?;
        let (low, high) = match coded.codes() {
            Codes::U8(codes) if plan.sorts(coded, rows.len()) => words.gather(codes, rows),
            Codes::U8(codes) => {
                self.codes.extend(rows.iter().map(|&row| u16::from(codes[row as usize])));
                self.missing_code = coded.missing_code();
                return Ok(());
            }
            Codes::U16(codes) => words.gather(codes, rows),
            Codes::U32(codes) => words.gather(codes, rows),
        };
        let Words { words, spare } = words;
        sort_words(words, spare, low, high, cancel)?;
        make_room(sorted, words.len())?;
        make_room(&mut self.values, words.len())?;
        self.codes.resize(words.len(), 0);
        let missing = coded.missing_code();
        let mut previous = None;
        for &word in words.iter() {
            let origin = word.upper();
            if previous != Some(origin) && origin != missing {
                self.values.push(coded.values()[origin as usize]);
            }
            previous = Some(origin);
            let code = if origin == missing { self.values.len() } else { self.values.len() - 1 };
            self.codes[word.lower() as usize] = code as u16;
            sorted.push(u32::new(code as u32, word.lower()));
        }
        self.missing_code = self.values.len() as u32;
        Ok(())
    }
}
