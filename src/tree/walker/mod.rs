//! Prediction: many rows down many trees.
//!
//! * `layout`: a tree laid out for walking, eight bytes a node;
//! * `block`: rows turned into integers of the same order, in blocks that stay in the cache;
//! * `lanes`: walks in lock step, which hides the latency of memory;
//! * `gathers`: the same with AVX-512; `planes`: shallow trees, node by node;
//! * `shuffled`: rows of which a column is shuffled, from where they leave their way;
//! * `lazy`: trees that are laid out when it pays.
//!
//! A block walks down one tree before the next, so that the tree stays in the cache, too. Answers
//! are added in the order of the trees, whatever the kernel and the number of threads.

mod block;
#[cfg(target_arch = "x86_64")]
mod gathers;
mod lanes;
mod layout;
mod lazy;
#[cfg(target_arch = "x86_64")]
mod planes;
mod shuffled;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use lanes::Kernel;
pub use lazy::LazyWalker;
pub use shuffled::Shuffles;

use self::block::Block;
use self::lanes::{Grove, LANES};
use self::layout::{Narrow, Step, Wide};
use super::nodes::Tree;
use crate::data::Features;
use crate::error::Result;
use crate::runtime::memory::{cells, filled, reserved};
use crate::runtime::{Cancel, Workers};

/// Fewer rows than this walk one after the other, if there are many trees.
const ROWS_TOGETHER: usize = 24;

/// Trees laid out for walking.
#[derive(Debug, Clone)]
pub struct Walker {
    nodes: Nodes,
    /// The different answers of each tree's leaves.
    values: Vec<f64>,
    /// Where each tree's answers begin.
    starts: Vec<usize>,
    width: usize,
    /// How many steps a row takes on average, down all trees.
    steps: usize,
    kernel: Kernel,
    /// The number that each tree gives its places, once it was asked for.
    numbers: OnceLock<Vec<Vec<u32>>>,
}

#[derive(Debug, Clone)]
enum Nodes {
    Narrow(Grove<Narrow>),
    Wide(Grove<Wide>),
}

/// Where a row ends in a tree: the leaf's place, and which of the tree's answers it gives.
#[derive(Debug, Clone, Copy)]
struct Leaf {
    place: u32,
    answer: u32,
}

/// Calls a method of the nodes, whichever they are.
macro_rules! of_nodes {
    ($walker:expr, $nodes:ident => $call:expr) => {
        match &$walker.nodes {
            Nodes::Narrow($nodes) => $call,
            Nodes::Wide($nodes) => $call,
        }
    };
}
use of_nodes;

impl Walker {
    /// Lays out trees of the same columns and outputs.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`], and those of [`Kernel::chosen`].
    pub fn new(trees: &[Arc<Tree>], workers: Workers<'_>) -> Result<Self> {
        Self::with_kernel(trees, Kernel::chosen()?, workers)
    }

    /// The same, for a kernel that this processor can run.
    fn with_kernel(trees: &[Arc<Tree>], kernel: Kernel, workers: Workers<'_>) -> Result<Self> {
        let columns = trees.first().map_or(1, |tree| tree.columns());
        let (nodes, planted) = if trees.iter().all(|tree| layout::is_narrow(tree)) {
            let mut grove = Grove::new(columns);
            let planted = grove.plant(trees, workers)?;
            (Nodes::Narrow(grove), planted)
        } else {
            let mut grove = Grove::new(columns);
            let planted = grove.plant(trees, workers)?;
            (Nodes::Wide(grove), planted)
        };
        let mut walker = Self {
            nodes,
            values: reserved(planted.iter().map(|(values, _)| values.len()).sum())?,
            starts: reserved(trees.len())?,
            width: trees.first().map_or(1, |tree| tree.outputs().width()),
            steps: planted.iter().map(|(_, steps)| steps).sum::<f64>().ceil() as usize,
            kernel,
            numbers: OnceLock::new(),
        };
        for (values, _) in planted {
            walker.starts.push(walker.values.len());
            walker.values.extend_from_slice(&values);
        }
        Ok(walker)
    }

    /// How many trees there are.
    pub fn trees(&self) -> usize {
        self.starts.len()
    }

    /// How many steps a row takes on average, down all trees.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Calls `visit` with tree, row and leaf, for every row of a block and some of the trees, which
    /// come in their order for each row.
    fn walk(
        &self,
        trees: Range<usize>,
        block: &Block,
        cancel: &Cancel,
        visit: impl FnMut(usize, usize, Leaf),
    ) -> Result<()> {
        of_nodes!(self, nodes => self.walk_down(nodes, trees, block, cancel, visit))
    }

    fn walk_down<S: Step>(
        &self,
        nodes: &Grove<S>,
        trees: Range<usize>,
        block: &Block,
        cancel: &Cancel,
        mut visit: impl FnMut(usize, usize, Leaf),
    ) -> Result<()> {
        let leaf = |step: S| Leaf { place: step.left(), answer: step.answer() };
        let count = if block.grouped { block.rows } else { self.trees() }.next_multiple_of(LANES);
        let mut leaves = filled(S::leaf(0, 0), count)?;
        if block.grouped {
            for tree in trees {
                cancel.check()?;
                nodes.rows_down_tree(tree, block, self.kernel, &mut leaves);
                leaves[..block.rows].iter().enumerate().for_each(|(row, &step)| visit(tree, row, leaf(step)));
            }
        } else {
            for row in 0..block.rows {
                cancel.check()?;
                nodes.row_down_trees(row, block, self.kernel, &mut leaves);
                trees.clone().for_each(|tree| visit(tree, row, leaf(leaves[tree])));
            }
        }
        Ok(())
    }

    /// Adds what a leaf of a tree answers to sums: `WIDTH` values, or `width` if that is none.
    #[inline]
    fn add<const WIDTH: usize>(&self, tree: usize, leaf: Leaf, sums: &mut [f64]) {
        let width = if WIDTH == 0 { self.width } else { WIDTH };
        let values = &self.values[self.starts[tree] + leaf.answer as usize * width..][..width];
        for (sum, value) in sums[..width].iter_mut().zip(values) {
            *sum += value;
        }
    }

    /// The sums of the trees' answers for every row: `rows × width` values.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for another number of columns, [`crate::ErrorKind::Value`] for
    /// an infinite value, [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn sums(&self, matrix: Features<'_>, workers: Workers<'_>) -> Result<Vec<f64>> {
        // Loops of constant length take a fraction of the time.
        match self.width {
            1 => self.sums_of::<1>(matrix, workers),
            2 => self.sums_of::<2>(matrix, workers),
            3 => self.sums_of::<3>(matrix, workers),
            _ => self.sums_of::<0>(matrix, workers),
        }
    }

    /// [`Walker::sums`] of `WIDTH` values for each row; of any number, if that is none.
    fn sums_of<const WIDTH: usize>(&self, matrix: Features<'_>, workers: Workers<'_>) -> Result<Vec<f64>> {
        let width = if WIDTH == 0 { self.width } else { WIDTH };
        let mut sums = filled(0.0, cells(matrix.rows(), width)?)?;
        self.by_blocks(matrix, width, &mut sums, workers, |_, block, sums| {
            self.walk(0..self.trees(), block, workers.cancel(), |tree, row, leaf| {
                self.add::<WIDTH>(tree, leaf, &mut sums[row * width..]);
            })
        })?;
        Ok(sums)
    }

    /// Adds what some of the trees answer for the rows that `is_wanted` names with a tree, and one
    /// behind it.
    ///
    /// `sums` has a row for each row: its values, then the number of trees.
    ///
    /// # Errors
    /// As [`Walker::sums`].
    pub fn add_wanted(
        &self,
        trees: Range<usize>,
        matrix: Features<'_>,
        is_wanted: impl Fn(usize, usize) -> bool + Sync + Send,
        sums: &mut [f64],
        workers: Workers<'_>,
    ) -> Result<()> {
        let width = self.width + 1;
        self.by_blocks(matrix, width, sums, workers, |first, block, sums| {
            self.walk(trees.clone(), block, workers.cancel(), |tree, row, leaf| {
                if is_wanted(tree, first + row) {
                    let sums = &mut sums[row * width..][..width];
                    self.add::<0>(tree, leaf, sums);
                    sums[width - 1] += 1.0;
                }
            })
        })
    }

    /// The number of the leaf that every row reaches in every tree: `rows × trees` values, of the
    /// trees that were laid out, in their order.
    ///
    /// # Errors
    /// As [`Walker::sums`].
    pub fn leaves(&self, trees: &[Arc<Tree>], matrix: Features<'_>, workers: Workers<'_>) -> Result<Vec<i64>> {
        if self.numbers.get().is_none() {
            let numbers = workers.map(trees.len(), |tree| Ok(layout::numbers(&trees[tree])))?;
            // Another thread may have been first, with the same.
            let _ = self.numbers.set(numbers);
        }
        let numbers = self.numbers.get().map_or(&[][..], Vec::as_slice);
        let width = trees.len();
        let mut leaves = filled(0, cells(matrix.rows(), width)?)?;
        self.by_blocks(matrix, width, &mut leaves, workers, |_, block, leaves| {
            self.walk(0..width, block, workers.cancel(), |tree, row, leaf| {
                leaves[row * width + tree] = i64::from(numbers[tree][leaf.place as usize]);
            })
        })?;
        Ok(leaves)
    }

    /// How many rows walk down one tree together; fewer walk down many trees at once, so that a
    /// tree is fetched for enough rows.
    fn together(&self) -> usize {
        if self.trees() < LANES { LANES } else { ROWS_TOGETHER }
    }

    /// Calls `work` with every block of rows, where it begins, and its part of the results, which
    /// are `width` for each row.
    fn by_blocks<T: Send>(
        &self,
        matrix: Features<'_>,
        width: usize,
        results: &mut [T],
        workers: Workers<'_>,
        work: impl Fn(usize, &Block, &mut [T]) -> Result<()> + Sync + Send,
    ) -> Result<()> {
        let columns = of_nodes!(self, nodes => nodes.columns());
        matrix.check_columns(columns)?;
        let size = Block::size(matrix.rows(), columns, workers.threads());
        workers.fill(results, size * width, |index, results| {
            let first = index * size;
            let mut block = Block::default();
            let rows = results.len() / width;
            block.read(matrix, first..first + rows, rows >= self.together())?;
            work(first, &block, results)
        })
    }
}

#[cfg(test)]
mod tests;
