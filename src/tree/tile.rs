//! A subtree's rows, coded anew and packed together.
//!
//! Deep in a tree the rows of a node lie far apart, and each look at a code is a look at another
//! place in memory. So once a node has few enough rows, they get numbers of their own, and their
//! codes become ranks among them: half as wide, and side by side. Each column is sorted once, and a
//! split only divides the sorted rows. That costs less than sorting them again where most columns
//! are looked at in most nodes.

use std::ops::Range;

use super::criterion::Payload;
use super::entries::Words;
use crate::data::sorting::{Word, sort_words};
use crate::data::{CodedColumn, CodedMatrix, Codes};
use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::{filled, make_room};

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
}

impl TilePlan {
    /// The plan for trees that draw so many of the matrix's columns at a node, if tiles pay:
    /// dividing a column costs about a quarter of sorting it.
    pub(super) fn new(matrix: &CodedMatrix, max_features: usize) -> Option<Self> {
        let wide = matrix.columns().iter().filter(|column| is_wide(column)).count();
        (wide > 0 && wide <= 4 * max_features).then(|| Self { most_rows: MOST_ROWS.min(MOST_CELLS / wide) })
    }

    /// Whether a node of so many rows becomes a tile.
    fn suits(self, rows: usize) -> bool {
        (LEAST_ROWS..=self.most_rows).contains(&rows)
    }
}

/// Whether rows of a column are sorted rather than counted.
fn is_wide(column: &CodedColumn) -> bool {
    !matches!(column.codes(), Codes::U8(_))
}

/// One column of a tile.
#[derive(Debug, Default)]
pub(super) struct TileColumn {
    /// Each row's code.
    codes: Vec<u16>,
    /// The value of each code; empty where codes are the matrix's.
    values: Vec<f32>,
    missing_code: u32,
    /// Words of code and row in ascending order, node by node, down to nodes of `LEAST_ROWS`.
    sorted: Vec<u32>,
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

/// A subtree's rows; its buffers are used again from tile to tile.
#[derive(Debug)]
pub(super) struct Tile<P> {
    plan: TilePlan,
    /// Where the rows stand among the tree's.
    range: Range<usize>,
    payloads: Vec<P>,
    columns: Vec<TileColumn>,
    sides: Sides,
    words: Words<u64>,
}

impl<P: Payload> Tile<P> {
    pub(super) fn new(plan: TilePlan, columns: usize) -> Self {
        Self {
            plan,
            range: 0..0,
            payloads: Vec::new(),
            columns: (0..columns).map(|_| TileColumn::default()).collect(),
            sides: Sides::default(),
            words: Words::default(),
        }
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
        is_constant: impl Fn(usize) -> bool,
        cancel: &Cancel,
    ) -> Result<()> {
        for (at, (column, coded)) in self.columns.iter_mut().zip(matrix.columns()).enumerate() {
            cancel.check()?;
            column.sorted.clear();
            column.values.clear();
            if is_constant(at) {
                continue;
            }
            column.codes.clear();
            make_room(&mut column.codes, rows.len())?;
            match coded.codes() {
                Codes::U8(codes) => {
                    column.codes.extend(rows.iter().map(|&row| u16::from(codes[row as usize])));
                    column.missing_code = coded.missing_code();
                }
                Codes::U16(codes) => {
                    let (low, high) = self.words.gather(codes, rows);
                    column.rank(&mut self.words, low, high, coded, cancel)?;
                }
                Codes::U32(codes) => {
                    let (low, high) = self.words.gather(codes, rows);
                    column.rank(&mut self.words, low, high, coded, cancel)?;
                }
            }
        }
        for (number, row) in rows.iter_mut().enumerate() {
            *row = number as u32;
        }
        self.sides.reserve(payloads.len())?;
        self.payloads.clear();
        make_room(&mut self.payloads, payloads.len())?;
        self.payloads.extend_from_slice(payloads);
        self.range = range;
        Ok(())
    }

    pub(super) fn column(&self, column: usize) -> &TileColumn {
        &self.columns[column]
    }

    /// A column's sorted words of a node, where they are kept, and the payloads that they point to.
    pub(super) fn sorted(&self, column: usize, node: &Range<usize>) -> Option<(&[u32], &[P])> {
        let sorted = &self.columns[column].sorted;
        let first = node.start - self.range.start;
        (node.len() >= LEAST_ROWS && !sorted.is_empty())
            .then(|| (&sorted[first..first + node.len()], self.payloads.as_slice()))
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
        for (at, column) in self.columns.iter_mut().enumerate() {
            if !column.sorted.is_empty() && !is_constant(at) {
                self.sides.divide(&mut column.sorted[first..first + node.len()]);
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
    /// Ranks the gathered codes, which lie between `low` and `high`.
    fn rank(
        &mut self,
        gathered: &mut Words<u64>,
        low: u32,
        high: u32,
        coded: &CodedColumn,
        cancel: &Cancel,
    ) -> Result<()> {
        let Words { words, spare } = gathered;
        sort_words(words, spare, low, high, cancel)?;
        make_room(&mut self.sorted, words.len())?;
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
            self.sorted.push(u32::new(code as u32, word.lower()));
        }
        self.missing_code = self.values.len() as u32;
        Ok(())
    }
}
