//! Several threads that grow one tree: what they share, what they hand over, and how parts are joined.
//!
//! A thread that has divided a large node goes on with the left child and hands over the right one,
//! with its rows and its share of the tile. Which thread grows a part changes no node of it, for the
//! draws of a node depend on its path alone; joined in the order of the whole tree, parts give the
//! nodes that one thread would have.

use std::sync::atomic::{AtomicU32, Ordering};

use super::criterion::{Payload, Scan};
use super::nodes::{NO_CHILD, Node, Tree};
use super::params::TreeParams;
use super::splits::Search;
use super::targets::Outputs;
use super::tasks::Task;
use super::tile::Tile;
use super::trial::{Split, Threshold};
use crate::data::CodedMatrix;
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::runtime::memory::reserved;

/// Smaller parts are grown sooner than they are handed over.
const LEAST_ROWS: usize = 512;

/// So many parts for each thread even out how long they take.
const PARTS: usize = 8;

/// What all parts of a tree share. `N` is what is known of a node.
pub(super) struct Frame<'a, N> {
    pub(super) params: &'a TreeParams,
    pub(super) matrix: &'a CodedMatrix,
    pub(super) outputs: Outputs,
    /// A node without rows.
    pub(super) node: N,
    /// How many cells rows have, where that is few enough to count them by code.
    pub(super) cells: Option<usize>,
    /// How many rows the tree has.
    pub(super) rows: usize,
    pub(super) total_weight: f64,
    pub(super) min_weight_leaf: f64,
    pub(super) workers: Workers<'a>,
    pub(super) numbers: AtomicU32,
}

impl<N> Frame<'_, N> {
    /// Whether a right child is handed over: both children are large beside the tree.
    pub(super) fn is_worth_handing(&self, left: &Task, right: &Task) -> bool {
        let threads = self.workers.threads();
        let least = LEAST_ROWS.max(self.rows / (PARTS * threads));
        threads > 1 && left.end - left.start >= least && right.end - right.start >= least
    }

    /// Whether threads share the columns of a node of so many rows: there are fewer such nodes than
    /// threads.
    pub(super) fn shares_columns(&self, rows: usize) -> bool {
        let threads = self.workers.threads();
        threads > 1 && rows >= LEAST_ROWS && rows > self.rows / threads
    }

    /// A number for a part that is handed over; the first part has 0.
    pub(super) fn next_number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

impl<N: Clone> Frame<'_, N> {
    /// A search through the tree's columns.
    pub(super) fn search<P: Payload, S: Scan<P, Node = N>>(&self) -> Search<'_, P, S> {
        Search::new(
            self.matrix,
            self.params,
            self.node.clone(),
            self.cells,
            self.min_weight_leaf,
            self.workers.cancel(),
        )
    }
}

/// A subtree to be grown.
pub(super) struct Job<P, D> {
    pub(super) number: u32,
    pub(super) task: Task,
    pub(super) rows: Vec<u32>,
    pub(super) payloads: Vec<P>,
    pub(super) tile: Option<Tile<P>>,
    pub(super) draws: D,
}

/// What takes jobs over.
pub(super) type Hand<'h, P, D> = &'h dyn Fn(Job<P, D>);

/// Nodes in the order of the tree, with gaps where other parts belong.
pub(super) struct Part {
    number: u32,
    pub(super) nodes: Vec<Node>,
    pub(super) values: Vec<f64>,
    pub(super) gaps: Vec<Gap>,
    thresholds: Vec<Unknown>,
    max_depth: u32,
}

/// A threshold that is not looked up yet: between two codes of a node's column.
struct Unknown {
    node: u32,
    low: u32,
    high: u32,
}

/// Where a part lacks the right child of a node.
pub(super) struct Gap {
    /// Before which node it belongs.
    pub(super) at: u32,
    pub(super) parent: u32,
    /// The part that fills it.
    pub(super) number: u32,
}

impl Part {
    pub(super) fn new(number: u32) -> Self {
        Self { number, nodes: Vec::new(), values: Vec::new(), gaps: Vec::new(), thresholds: Vec::new(), max_depth: 0 }
    }

    /// Adds a leaf at so many steps from the root; returns its place.
    pub(super) fn add(&mut self, node: Node, depth: u32) -> u32 {
        self.max_depth = self.max_depth.max(depth);
        self.nodes.push(node);
        self.nodes.len() as u32 - 1
    }

    /// Notes the split of a node.
    pub(super) fn split(&mut self, id: u32, split: &Split, missing_left: bool) {
        let node = &mut self.nodes[id as usize];
        node.feature = split.column as u32;
        node.missing_left = missing_left;
        match split.threshold {
            Threshold::At(threshold) => node.threshold = threshold,
            Threshold::Between { low, high } => self.thresholds.push(Unknown { node: id, low, high }),
        }
    }

    /// Looks thresholds up that are not known yet. One after the other, so that the processor waits
    /// for many of them at a time.
    pub(super) fn finish(mut self, matrix: &CodedMatrix) -> Self {
        for Unknown { node, low, high } in std::mem::take(&mut self.thresholds) {
            let node = &mut self.nodes[node as usize];
            // Splits that were not carried out have none.
            if node.left != NO_CHILD {
                node.threshold = matrix.columns()[node.feature as usize].threshold_between(low, high);
            }
        }
        self
    }
}

/// The tree whose parts these are.
pub(super) fn joined(mut parts: Vec<Part>, columns: u32, outputs: Outputs) -> Result<Tree> {
    let max_depth = parts.iter().map(|part| part.max_depth).max().unwrap_or(0);
    let mut tree = Tree { columns, outputs, max_depth, nodes: Vec::new(), values: Vec::new() };
    if parts.len() == 1 {
        let part = parts.remove(0);
        (tree.nodes, tree.values) = (part.nodes, part.values);
    } else {
        parts.sort_unstable_by_key(|part| part.number);
        tree.nodes = reserved(parts.iter().map(|part| part.nodes.len()).sum())?;
        tree.values = reserved(parts.iter().map(|part| part.values.len()).sum())?;
        append(&mut tree, &parts, 0)?;
    }
    Ok(tree)
}

/// Appends a part and those that fill its gaps. Parts are large beside the tree, so few lie within
/// each other.
fn append(tree: &mut Tree, parts: &[Part], number: u32) -> Result<()> {
    let part = parts.get(number as usize).ok_or_else(|| Error::internal("a part of a tree is missing"))?;
    let width = tree.outputs.width();
    let mut places: Vec<u32> = reserved(part.nodes.len())?;
    let mut done = 0;
    for gap in &part.gaps {
        append_nodes(tree, part, done..gap.at as usize, width, &mut places);
        done = gap.at as usize;
        let child = tree.nodes.len() as u32;
        append(tree, parts, gap.number)?;
        tree.nodes[places[gap.parent as usize] as usize].right = child;
    }
    append_nodes(tree, part, done..part.nodes.len(), width, &mut places);
    for (node, &place) in part.nodes.iter().zip(&places) {
        let moved = &mut tree.nodes[place as usize];
        if node.left != NO_CHILD {
            moved.left = places[node.left as usize];
        }
        if node.right != NO_CHILD {
            moved.right = places[node.right as usize];
        }
    }
    Ok(())
}

fn append_nodes(tree: &mut Tree, part: &Part, nodes: std::ops::Range<usize>, width: usize, places: &mut Vec<u32>) {
    let first = tree.nodes.len() as u32;
    places.extend((first..).take(nodes.len()));
    tree.values.extend_from_slice(&part.values[nodes.start * width..nodes.end * width]);
    tree.nodes.extend_from_slice(&part.nodes[nodes]);
}
