//! Prediction: many rows down many trees.
//!
//! A tree is laid out again for walking: 16 bytes a node, siblings side by side, so that one
//! comparison chooses between two neighbouring places. Thresholds are rounded down to single
//! precision, which changes no answer, since rows are compared in single precision. Rows are
//! taken in blocks that stay in the cache; inside a block, every tree is walked by eight rows in
//! lock step, which hides the memory's latency.

use std::ops::Range;

use ndarray::Axis;

use super::nodes::Tree;
use crate::data::matrix::infinite;
use crate::data::{Features, MatrixView};
use crate::error::Result;
use crate::runtime::memory::{cells, make_room};

/// A node as it is walked.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Step {
    threshold: f32,
    /// The compared column; the top bit says that missing values go left.
    column: u32,
    /// The left child; the right one follows it. A leaf leads to itself.
    left: u32,
    /// In a leaf: where its values stand. In other nodes [`INNER`].
    leaf: u32,
}

const MISSING_LEFT: u32 = 1 << 31;
const INNER: u32 = u32::MAX;
/// Rows walked in lock step.
const LANES: usize = 8;
/// Steps between two looks whether all of them have arrived.
const STRIDE: usize = 4;
/// Bytes of a block of rows: half of what a small level-two cache holds.
const BLOCK_BYTES: usize = 1 << 17;

/// A tree laid out for walking.
#[derive(Debug, Clone)]
pub struct Walker {
    steps: Vec<Step>,
    /// The values of the leaves.
    values: Vec<f64>,
    /// The number that the tree gives each leaf.
    leaf_nodes: Vec<u32>,
    width: usize,
    depth: usize,
}

impl Walker {
    /// Lays out a tree.
    pub fn new(tree: &Tree) -> Self {
        let width = tree.outputs().width();
        let nodes = tree.nodes();
        let blank = Step { threshold: f32::INFINITY, column: 0, left: 0, leaf: INNER };
        let mut walker = Self {
            steps: Vec::with_capacity(nodes.len() + 1),
            values: Vec::new(),
            leaf_nodes: Vec::new(),
            width,
            depth: tree.max_depth(),
        };
        walker.steps.push(blank);
        let mut stack = vec![(0u32, 0usize)];
        while let Some((id, place)) = stack.pop() {
            let node = &nodes[id as usize];
            if node.is_leaf() {
                walker.steps[place] = Step { left: place as u32, leaf: walker.leaf_nodes.len() as u32, ..blank };
                walker.leaf_nodes.push(id);
                walker.values.extend_from_slice(&tree.values()[id as usize * width..][..width]);
            } else {
                let left = walker.steps.len();
                walker.steps.extend([blank; 2]);
                walker.steps[place] = Step {
                    threshold: round_down(node.threshold),
                    column: node.feature | if node.missing_left { MISSING_LEFT } else { 0 },
                    left: left as u32,
                    leaf: INNER,
                };
                stack.push((node.right, left + 1));
                stack.push((node.left, left));
            }
        }
        walker
    }

    /// The leaf that one row reaches.
    #[inline]
    fn leaf_of(&self, row: &[f32]) -> usize {
        let mut step = self.steps[0];
        while step.leaf == INNER {
            let value = row[(step.column & !MISSING_LEFT) as usize];
            let left = if value.is_nan() { step.column & MISSING_LEFT != 0 } else { value <= step.threshold };
            step = self.steps[step.left as usize + usize::from(!left)];
        }
        step.leaf as usize
    }

    /// The leaves of eight rows without missing values.
    #[inline]
    fn leaves_of(&self, rows: &[f32], columns: usize) -> [usize; LANES] {
        let mut places = [0usize; LANES];
        for _ in 0..self.depth.div_ceil(STRIDE) {
            let before = places;
            for _ in 0..STRIDE {
                for (place, row) in places.iter_mut().zip(rows.chunks_exact(columns)) {
                    let step = &self.steps[*place];
                    let value = row[(step.column & !MISSING_LEFT) as usize];
                    // A leaf's threshold is infinite, so it leads to itself.
                    *place = step.left as usize + usize::from(value > step.threshold);
                }
            }
            if places == before {
                break;
            }
        }
        places.map(|place| self.steps[place].leaf as usize)
    }

    /// Calls `visit` with every row of a block and the leaf that it reaches.
    fn walk(&self, block: &Block, mut visit: impl FnMut(usize, usize)) {
        let columns = block.columns;
        let in_lanes = if block.has_missing { 0 } else { block.rows / LANES * LANES };
        for first in (0..in_lanes).step_by(LANES) {
            let leaves = self.leaves_of(&block.values[first * columns..][..LANES * columns], columns);
            for (lane, leaf) in leaves.into_iter().enumerate() {
                visit(first + lane, leaf);
            }
        }
        for row in in_lanes..block.rows {
            visit(row, self.leaf_of(&block.values[row * columns..][..columns]));
        }
    }
}

/// The largest single-precision number up to a threshold.
fn round_down(threshold: f64) -> f32 {
    let rounded = threshold as f32;
    if f64::from(rounded) > threshold { rounded.next_down() } else { rounded }
}

/// Some rows of a matrix, in single precision and row by row.
#[derive(Debug, Default)]
pub struct Block {
    values: Vec<f32>,
    rows: usize,
    columns: usize,
    has_missing: bool,
}

impl Block {
    /// How many rows a block should have.
    pub fn size(columns: usize) -> usize {
        (BLOCK_BYTES / size_of::<f32>() / columns.max(1)).clamp(LANES, 1024)
    }

    /// Reads a range of rows of a matrix.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] for an infinite value, or one beyond single precision;
    /// [`crate::ErrorKind::Memory`] where eight rows of a sparse matrix do not fit.
    pub fn read(&mut self, matrix: Features<'_>, rows: Range<usize>) -> Result<()> {
        self.values.clear();
        match matrix {
            Features::Dense(MatrixView::F32(view)) => {
                self.values.extend(view.slice_axis(Axis(0), rows.clone().into()).iter());
            }
            Features::Dense(MatrixView::F64(view)) => {
                self.values.extend(view.slice_axis(Axis(0), rows.clone().into()).iter().map(|&value| value as f32));
            }
            Features::Sparse(view) => {
                let count = cells(rows.len(), view.columns())?;
                make_room(&mut self.values, count)?;
                self.values.resize(count, 0.0);
                for (row, cells) in rows.clone().zip(self.values.chunks_exact_mut(view.columns().max(1))) {
                    for (column, value) in view.row(row) {
                        cells[column] = value;
                    }
                }
            }
        }
        self.inspect(matrix.columns(), rows)
    }

    /// The rows, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.columns.max(1))
    }

    fn inspect(&mut self, columns: usize, rows: Range<usize>) -> Result<()> {
        const EXPONENT: u32 = 0x7f80_0000;
        self.columns = columns;
        self.rows = rows.len();
        // Without branches, since this runs over every value.
        self.has_missing =
            self.values.iter().fold(false, |found, value| found | (value.to_bits() & EXPONENT == EXPONENT));
        if self.has_missing
            && let Some(at) = self.values.iter().position(|value| value.is_infinite())
        {
            return Err(infinite(at % columns, rows.start + at / columns));
        }
        Ok(())
    }
}

/// Adds what trees answer for every row of a block, tree by tree.
///
/// `sums` has a row for each row of the block.
pub fn add_values<'a>(walkers: impl Iterator<Item = &'a Walker>, block: &Block, sums: &mut [f64]) {
    for walker in walkers {
        let width = walker.width;
        walker.walk(block, |row, leaf| {
            let values = &walker.values[leaf * width..][..width];
            for (sum, value) in sums[row * width..][..width].iter_mut().zip(values) {
                *sum += value;
            }
        });
    }
}

/// Adds what one tree answers for some rows of a block, and one behind it.
///
/// `sums` has a row for each row of the block: its values, then the number of trees.
pub fn add_values_of(walker: &Walker, block: &Block, wanted: impl Fn(usize) -> bool, sums: &mut [f64]) {
    let width = walker.width;
    for (row, rows) in block.iter().enumerate().filter(|&(row, _)| wanted(row)) {
        let leaf = walker.leaf_of(rows);
        let values = walker.values[leaf * width..][..width].iter().chain([&1.0]);
        for (sum, value) in sums[row * (width + 1)..][..=width].iter_mut().zip(values) {
            *sum += value;
        }
    }
}

/// Writes the number of the leaf that every row of a block reaches in every tree.
///
/// `leaves` has a row for each row of the block and a column for each tree.
pub fn write_leaves(walkers: &[Walker], block: &Block, leaves: &mut [i64]) {
    for (index, walker) in walkers.iter().enumerate() {
        walker.walk(block, |row, leaf| leaves[row * walkers.len() + index] = i64::from(walker.leaf_nodes[leaf]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rounding_down_changes_no_comparison(threshold in any::<f64>().prop_filter("a number", |t| !t.is_nan()), value in any::<f32>()) {
            prop_assert_eq!(f64::from(value) <= threshold, value <= round_down(threshold));
        }
    }
}
