//! Minimal cost-complexity pruning (Breiman, Friedman, Olshen and Stone, "Classification and
//! Regression Trees", 1984, chapter 3).

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::nodes::{NO_CHILD, Node, Tree};
use crate::error::Result;
use crate::runtime::Cancel;

/// The sequence of pruned trees: from the whole tree to its root alone.
#[derive(Debug, Clone, PartialEq)]
pub struct PruningPath {
    /// The gain per leaf at which each step cuts, ascending; the first is 0, for the whole tree.
    pub alphas: Vec<f64>,
    /// The summed impurity of the leaves after each step.
    pub impurities: Vec<f64>,
}

/// The state of a pruning: which nodes are still inside, and what their subtrees hold.
struct Pruner<'a> {
    nodes: &'a [Node],
    parents: Vec<u32>,
    /// Impurity weighted by the node's share of the training weight.
    node_risk: Vec<f64>,
    branch_risk: Vec<f64>,
    branch_leaves: Vec<u32>,
    inner: Vec<bool>,
    /// What branches gain, the least first; each is noted anew when it changes.
    links: BinaryHeap<Reverse<Link>>,
}

impl<'a> Pruner<'a> {
    fn new(nodes: &'a [Node], cancel: &Cancel) -> Result<Self> {
        let total = nodes[0].weight;
        let node_risk: Vec<f64> = nodes.iter().map(|node| node.weight * node.impurity / total).collect();
        let mut parents = vec![NO_CHILD; nodes.len()];
        let (mut branch_risk, mut branch_leaves) = (vec![0.0; nodes.len()], vec![0; nodes.len()]);
        for (index, node) in nodes.iter().enumerate().filter(|(_, node)| !node.is_leaf()) {
            parents[node.left as usize] = index as u32;
            parents[node.right as usize] = index as u32;
        }
        // Leaf by leaf, up to the root: the order of additions is part of the result.
        for leaf in (0..nodes.len()).filter(|&index| nodes[index].is_leaf()) {
            cancel.check()?;
            let mut at = leaf as u32;
            while at != NO_CHILD {
                branch_risk[at as usize] += node_risk[leaf];
                branch_leaves[at as usize] += 1;
                at = parents[at as usize];
            }
        }
        let inner: Vec<bool> = nodes.iter().map(|node| !node.is_leaf()).collect();
        let links = BinaryHeap::with_capacity(nodes.len() / 2);
        let mut pruner = Self { nodes, parents, node_risk, branch_risk, branch_leaves, inner, links };
        (0..nodes.len()).filter(|&index| !nodes[index].is_leaf()).for_each(|index| pruner.note(index));
        Ok(pruner)
    }

    /// What the branch of an inner node gains per leaf.
    fn gain(&self, index: usize) -> f64 {
        (self.node_risk[index] - self.branch_risk[index]) / f64::from(self.branch_leaves[index] - 1)
    }

    /// Notes what the branch of an inner node gains now.
    fn note(&mut self, index: usize) {
        // Zeros of both signs are equal.
        let gain = self.gain(index) + 0.0;
        self.links.push(Reverse(Link { gain, index }));
    }

    /// The inner node whose branch gains least per leaf, the first of equals, with that gain.
    fn weakest_link(&mut self) -> Option<(usize, f64)> {
        while let Some(Reverse(Link { gain, index })) = self.links.pop() {
            // Notes of before a cut are out of date.
            if self.inner[index] && (self.gain(index) + 0.0).total_cmp(&gain).is_eq() {
                return Some((index, gain));
            }
        }
        None
    }

    /// Makes a leaf of an inner node.
    fn cut(&mut self, node: usize) {
        let mut below = vec![node as u32];
        while let Some(at) = below.pop() {
            if std::mem::take(&mut self.inner[at as usize]) {
                below.extend([self.nodes[at as usize].left, self.nodes[at as usize].right]);
            }
        }
        let leaves_lost = self.branch_leaves[node] - 1;
        let risk_gained = self.node_risk[node] - self.branch_risk[node];
        let mut at = node as u32;
        while at != NO_CHILD {
            self.branch_leaves[at as usize] -= leaves_lost;
            self.branch_risk[at as usize] += risk_gained;
            if self.inner[at as usize] {
                self.note(at as usize);
            }
            at = self.parents[at as usize];
        }
    }
}

/// An inner node, in the order of what its branch gains per leaf.
#[derive(Debug, PartialEq)]
struct Link {
    gain: f64,
    index: usize,
}

impl Eq for Link {}

impl Ord for Link {
    fn cmp(&self, other: &Self) -> Ordering {
        self.gain.total_cmp(&other.gain).then(self.index.cmp(&other.index))
    }
}

impl PartialOrd for Link {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Tree {
    /// The effective alphas of the tree, and what each leaves of it.
    ///
    /// O(nodes × depth × log nodes).
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`].
    pub fn pruning_path(&self, cancel: &Cancel) -> Result<PruningPath> {
        let mut pruner = Pruner::new(&self.nodes, cancel)?;
        let mut path = PruningPath { alphas: vec![0.0], impurities: vec![pruner.branch_risk[0]] };
        while let Some((node, gain)) = pruner.weakest_link() {
            cancel.check()?;
            pruner.cut(node);
            path.alphas.push(gain);
            path.impurities.push(pruner.branch_risk[0]);
        }
        Ok(path)
    }

    /// The largest subtree whose weakest link gains more than `alpha` per leaf.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`].
    pub fn pruned(&self, alpha: f64, cancel: &Cancel) -> Result<Self> {
        let mut pruner = Pruner::new(&self.nodes, cancel)?;
        while let Some((node, gain)) = pruner.weakest_link() {
            cancel.check()?;
            // Written so that rounding decides as in scikit-learn.
            if alpha < gain {
                break;
            }
            pruner.cut(node);
        }
        Ok(self.keeping(&pruner.inner))
    }

    /// The tree with only these inner nodes, numbered depth first.
    pub(super) fn keeping(&self, inner: &[bool]) -> Self {
        let width = self.outputs.width();
        let mut kept = Self {
            nodes: Vec::new(),
            values: Vec::new(),
            max_depth: 0,
            columns: self.columns,
            outputs: self.outputs.clone(),
        };
        let mut stack = vec![(0u32, 0u32, None)];
        while let Some((old, depth, parent)) = stack.pop() {
            let id = kept.nodes.len() as u32;
            if let Some((parent, is_left)) = parent {
                let parent: &mut Node = &mut kept.nodes[parent as usize];
                *(if is_left { &mut parent.left } else { &mut parent.right }) = id;
            }
            let node = &self.nodes[old as usize];
            kept.values.extend_from_slice(&self.values[old as usize * width..][..width]);
            kept.max_depth = kept.max_depth.max(depth);
            if inner[old as usize] {
                kept.nodes.push(node.clone());
                stack.push((node.right, depth + 1, Some((id, false))));
                stack.push((node.left, depth + 1, Some((id, true))));
            } else {
                let bare =
                    Node { left: NO_CHILD, right: NO_CHILD, feature: 0, threshold: 0.0, missing_left: false, ..*node };
                kept.nodes.push(bare);
            }
        }
        kept
    }
}
