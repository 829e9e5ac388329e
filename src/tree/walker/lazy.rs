//! Trees that are laid out when it pays.
//!
//! Laying a tree out costs as much as some thousand walks down its nodes as they are. A forest that
//! answers one fold of a cross-validation, and nothing more, is not worth it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::block::{Block, key};
use super::layout::round_down;
use super::{ROWS_TOGETHER, Walker};
use crate::data::Features;
use crate::error::Result;
use crate::runtime::Workers;
use crate::runtime::memory::{cells, filled};
use crate::tree::nodes::{NO_CHILD, Node, Tree};

/// Rows that walk down a tree in lock step.
const ROWS_ABREAST: usize = 8;

/// A row that walks down a tree takes as long as laying out so many nodes.
const NODES_OF_A_WALK: usize = 8;

/// A walker, once it pays. Every call is given the same trees, which their owner keeps.
#[derive(Debug, Default)]
pub struct LazyWalker {
    walker: OnceLock<Walker>,
    /// How many rows have walked without it.
    rows: AtomicUsize,
}

impl Clone for LazyWalker {
    fn clone(&self) -> Self {
        Self { walker: self.walker.clone(), rows: AtomicUsize::new(self.rows.load(Ordering::Relaxed)) }
    }
}

impl LazyWalker {
    /// The walker, if the trees are laid out.
    pub fn get(&self) -> Option<&Walker> {
        self.walker.get()
    }

    /// The walker of the trees, which the first call lays out.
    ///
    /// # Errors
    /// As [`Walker::new`].
    pub fn walker(&self, trees: &[Arc<Tree>], workers: Workers<'_>) -> Result<&Walker> {
        if let Some(walker) = self.walker.get() {
            return Ok(walker);
        }
        // Not inside the lock: it is laid out by many threads, of which one might wait for the lock.
        let walker = Walker::new(trees, workers)?;
        Ok(self.walker.get_or_init(|| walker))
    }

    /// The sums of the trees' answers for every row: `rows × width` values, the same whether the trees are
    /// laid out or not.
    ///
    /// # Errors
    /// As [`Walker::new`] and [`Walker::sums`].
    pub fn sums(&self, trees: &[Arc<Tree>], matrix: Features<'_>, workers: Workers<'_>) -> Result<Vec<f64>> {
        // Who asks for few rows will ask again, and waits for the answer.
        if self.walker.get().is_none() && matrix.rows() >= ROWS_TOGETHER {
            let before = self.rows.fetch_add(matrix.rows(), Ordering::Relaxed);
            let nodes: usize = trees.iter().map(|tree| tree.nodes().len()).sum();
            if before.saturating_add(matrix.rows()).saturating_mul(NODES_OF_A_WALK * trees.len()) < nodes {
                return sums(trees, matrix, workers);
            }
        }
        self.walker(trees, workers)?.sums(matrix, workers)
    }
}

/// The sums of the answers of trees as they are.
fn sums(trees: &[Arc<Tree>], matrix: Features<'_>, workers: Workers<'_>) -> Result<Vec<f64>> {
    let (columns, width) = trees.first().map_or((1, 1), |tree| (tree.columns(), tree.outputs().width()));
    matrix.check_columns(columns)?;
    let mut sums = filled(0.0, cells(matrix.rows(), width)?)?;
    let size = Block::size(matrix.rows(), columns, workers.threads());
    workers.fill(&mut sums, size * width, |index, sums| {
        let (first, rows) = (index * size, sums.len() / width);
        let mut block = Block::default();
        block.read(matrix, first..first + rows, false)?;
        for tree in trees {
            workers.cancel().check()?;
            add(tree, &block, width, sums);
        }
        Ok(())
    })?;
    Ok(sums)
}

/// Adds what a tree answers for the rows of a block.
fn add(tree: &Tree, block: &Block, width: usize, sums: &mut [f64]) {
    let stride = block.stride();
    for (keys, sums) in block.keys.chunks(ROWS_ABREAST * stride).zip(sums.chunks_mut(ROWS_ABREAST * width)) {
        let last = sums.len() / width - 1;
        let rows = std::array::from_fn(|lane| &keys[lane.min(last) * stride..][..stride]);
        let leaves = walk(tree.nodes(), rows, block.has_missing);
        for (sums, leaf) in sums.chunks_exact_mut(width).zip(leaves) {
            for (sum, value) in sums.iter_mut().zip(&tree.values()[leaf as usize * width..][..width]) {
                *sum += value;
            }
        }
    }
}

/// The leaves that rows end in.
fn walk(nodes: &[Node], rows: [&[i32]; ROWS_ABREAST], has_missing: bool) -> [u32; ROWS_ABREAST] {
    let mut places = [0; ROWS_ABREAST];
    loop {
        let before = places;
        for (place, keys) in places.iter_mut().zip(rows) {
            let node = &nodes[*place as usize];
            let column = node.feature as usize;
            let key_of_row = keys[if has_missing { 2 * column + usize::from(node.missing_left) } else { column }];
            let child = if key_of_row > key(round_down(node.threshold)) { node.right } else { node.left };
            *place = if child == NO_CHILD { *place } else { child };
        }
        if places == before {
            return places;
        }
    }
}
