//! A tree of a boosted model.

use serde::{Deserialize, Serialize};

use super::bins::{ColumnBins, MISSING};
use super::split::{CodeSet, contains};
use crate::error::{Error, Result};
use crate::persistence::decoding::grown;

/// The children of a leaf.
const NO_CHILD: u32 = u32::MAX;

/// The largest value of a node: beyond it no gradient is taken.
pub(super) const MOST_VALUE: f64 = 1e200;

/// A node; its right child follows its left one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The left child; none in a leaf.
    pub left: u32,
    /// The column that is compared.
    pub column: u32,
    /// Codes up to it go left.
    pub code: u8,
    /// Whether missing values go left.
    pub missing_left: bool,
    /// Which of the tree's sets of codes goes left, of a column of categories.
    pub codes: Option<u32>,
    /// What the node answers with, multiplied by the learning rate in a leaf.
    pub value: f64,
    /// By how much the split lowers the loss.
    pub gain: f64,
    /// How many training rows reached it.
    pub rows: u32,
    /// How many splits are above it.
    pub depth: u32,
}

impl Node {
    pub(super) fn leaf(value: f64, rows: u32, depth: u32) -> Self {
        Self { left: NO_CHILD, column: 0, code: 0, missing_left: false, codes: None, value, gain: 0.0, rows, depth }
    }

    /// Whether the node has no children.
    pub fn is_leaf(&self) -> bool {
        self.left == NO_CHILD
    }

    /// The right child.
    pub fn right(&self) -> u32 {
        self.left + 1
    }
}

/// A tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoostedTree {
    /// The nodes, a parent before its children.
    #[serde(deserialize_with = "grown")]
    pub nodes: Vec<Node>,
    /// Sets of codes that go left, a bit for each.
    #[serde(deserialize_with = "grown")]
    pub(super) code_sets: Vec<CodeSet>,
}

impl BoostedTree {
    pub(super) fn new() -> Self {
        Self { nodes: Vec::new(), code_sets: Vec::new() }
    }

    /// Whether a code goes to the left child of a node that has one.
    pub fn sends_left(&self, node: &Node, code: u8) -> bool {
        match node.codes {
            _ if code == MISSING => node.missing_left,
            Some(set) => contains(&self.code_sets[set as usize], code),
            None => code <= node.code,
        }
    }

    /// The codes that go left, of a node that compares categories.
    pub fn left_codes(&self, node: &Node) -> Option<CodeSet> {
        node.codes.map(|set| self.code_sets[set as usize])
    }

    /// The largest distance from the root to a leaf.
    pub fn max_depth(&self) -> u32 {
        self.nodes.iter().map(|node| node.depth).max().unwrap_or(0)
    }

    /// The number of leaves.
    pub fn leaves(&self) -> usize {
        self.nodes.iter().filter(|node| node.is_leaf()).count()
    }

    /// Whether all nodes answer with numbers that can be added up, and gain such.
    pub(super) fn is_finite(&self) -> bool {
        let is_usable = |node: &Node| node.value.abs() <= MOST_VALUE && node.gain.is_finite();
        self.nodes.iter().all(is_usable)
    }

    /// Checks a tree of a file on columns of such bins.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`] if no training gives it.
    pub(super) fn check(&self, bins: &[ColumnBins]) -> Result<()> {
        let fail = |reason: &str| Err(Error::model_file(reason));
        let Some(root) = self.nodes.first() else { return fail("a boosted tree has no nodes") };
        if !self.is_finite() {
            return fail("a boosted tree answers with what is no number");
        }
        let mut next = 1;
        let mut sets = 0;
        // Of each node that is a child, the depth.
        let mut depths = vec![None; self.nodes.len()];
        depths[0] = Some(0);
        for (number, node) in self.nodes.iter().enumerate() {
            if depths[number] != Some(node.depth) || node.rows > root.rows {
                return fail("a boosted tree has nodes that no parent has");
            }
            if node.gain < 0.0 {
                return fail("a boosted tree has a split that loses");
            }
            if node.is_leaf() {
                if *node != Node::leaf(node.value, node.rows, node.depth) {
                    return fail("a boosted tree has a leaf that compares");
                }
                continue;
            }
            next += 2;
            let left = node.left as usize;
            let children = self.nodes.get(left..).and_then(<[Node]>::first_chunk::<2>);
            let Some(bins) = bins.get(node.column as usize) else {
                return fail("a boosted tree compares a column that there is not");
            };
            let Some([one, other]) = children.filter(|_| left > number && depths[left].is_none()) else {
                return fail("a boosted tree has no children for a split");
            };
            if u64::from(one.rows) + u64::from(other.rows) != u64::from(node.rows) {
                return fail("a boosted tree loses rows");
            }
            depths[left] = Some(node.depth + 1);
            if depths[left + 1].replace(node.depth + 1).is_some() {
                return fail("a boosted tree has a child of two parents");
            }
            let fits = match (node.codes, bins) {
                (None, ColumnBins::Numbers(_)) => usize::from(node.code) < bins.count(),
                (Some(set), ColumnBins::Categories(count)) => {
                    sets += 1;
                    let set = self.code_sets.get(set as usize);
                    node.code == 0 && set.is_some_and(|set| (*count..MISSING).all(|code| !contains(set, code)))
                }
                _ => false,
            };
            if !fits {
                return fail("a boosted tree compares what its column does not hold");
            }
        }
        if next != self.nodes.len() || sets != self.code_sets.len() {
            return fail("a boosted tree has parts that nothing uses");
        }
        Ok(())
    }
}
