//! A tree of a boosted model.

use super::bins::{ColumnBins, MISSING, code_of_category};
use super::split::{CodeSet, contains};

/// The children of a leaf.
const NO_CHILD: u32 = u32::MAX;

/// A node; its right child follows its left one.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The left child; none in a leaf.
    pub left: u32,
    /// The column that is compared.
    pub column: u32,
    /// Values up to it go left; infinite where only missing ones go right.
    pub threshold: f64,
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
        Self {
            left: NO_CHILD,
            column: 0,
            threshold: 0.0,
            code: 0,
            missing_left: false,
            codes: None,
            value,
            gain: 0.0,
            rows,
            depth,
        }
    }

    /// Whether the node has no children.
    pub fn is_leaf(&self) -> bool {
        self.left == NO_CHILD
    }
}

/// A tree.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostedTree {
    /// The nodes, a parent before its children.
    pub nodes: Vec<Node>,
    /// Sets of codes that go left, a bit for each.
    pub(super) code_sets: Vec<CodeSet>,
}

impl BoostedTree {
    pub(super) fn new() -> Self {
        Self { nodes: Vec::new(), code_sets: Vec::new() }
    }

    /// The leaf of a row of values.
    pub fn leaf_of_values(&self, value: impl Fn(usize) -> f64, bins: &[ColumnBins]) -> usize {
        let mut place = 0;
        while !self.nodes[place].is_leaf() {
            let node = &self.nodes[place];
            let column = node.column as usize;
            let value = value(column);
            let goes_left = match (node.codes, &bins[column]) {
                (Some(set), ColumnBins::Categories(categories)) => match code_of_category(categories, value) {
                    MISSING => node.missing_left,
                    code => contains(&self.code_sets[set as usize], code),
                },
                _ if value.is_nan() => node.missing_left,
                _ => value <= node.threshold,
            };
            place = node.left as usize + usize::from(!goes_left);
        }
        place
    }
}
