//! A grown tree: its nodes, as scikit-learn numbers and describes them.

use serde::{Deserialize, Serialize};

use super::criterion::POSSIBLE_IMPURITIES;
use super::targets::{MOST_NUMBER, Outputs};
use crate::error::{Error, Result};
use crate::persistence::decoding::{counted, grown};
use crate::persistence::{Checked, Kind, Predictor};
use crate::runtime::memory::filled;

/// The child of a leaf.
pub const NO_CHILD: u32 = u32::MAX;

/// The most columns that a stored tree may have: results by column stay small beside the machine.
pub const MOST_COLUMNS: u32 = 1 << 24;

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The child for values up to the threshold; [`NO_CHILD`] in a leaf.
    pub left: u32,
    /// The child for larger values; [`NO_CHILD`] in a leaf.
    pub right: u32,
    /// The column that is compared; 0 in a leaf.
    pub feature: u32,
    /// The threshold; infinite where only missing values go right; 0 in a leaf.
    pub threshold: f64,
    /// Whether missing values go to the left child.
    pub missing_left: bool,
    /// The impurity of the training rows that reached the node.
    pub impurity: f64,
    /// How many distinct training rows reached the node.
    pub rows: u32,
    /// Their total weight.
    pub weight: f64,
}

impl Node {
    /// Whether the node has no children.
    pub fn is_leaf(&self) -> bool {
        self.left == NO_CHILD
    }

    /// Whether a row with this value in the compared column goes to the left child.
    pub fn sends_left(&self, value: f32) -> bool {
        if value.is_nan() { self.missing_left } else { f64::from(value) <= self.threshold }
    }
}

/// A decision tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    pub(super) columns: u32,
    pub(super) outputs: Outputs,
    pub(super) max_depth: u32,
    #[serde(deserialize_with = "grown")]
    pub(super) nodes: Vec<Node>,
    /// What every node answers with, node by node.
    #[serde(deserialize_with = "counted")]
    pub(super) values: Vec<f64>,
}

impl Tree {
    /// A tree of one number, from its nodes and what each answers with.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`] if the nodes are no tree.
    pub(crate) fn of_numbers(columns: usize, max_depth: u32, nodes: Vec<Node>, values: Vec<f64>) -> Result<Self> {
        let tree = Self { columns: columns as u32, outputs: Outputs::Numbers(1), max_depth, nodes, values };
        tree.check()?;
        Ok(tree)
    }

    /// The number of columns the tree was trained on.
    pub fn columns(&self) -> usize {
        self.columns as usize
    }

    /// What the nodes hold.
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// The largest distance from the root to a leaf.
    pub fn max_depth(&self) -> usize {
        self.max_depth as usize
    }

    /// The nodes; the root comes first and every parent before its children.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The values of every node, [`Outputs::width`] for each: for every output the share of each
    /// class, filled up with zeros where another output has more, or a number.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The number of leaves.
    pub fn leaves(&self) -> usize {
        self.nodes.iter().filter(|node| node.is_leaf()).count()
    }

    /// How much each column lowered the impurity, summed over its splits and, if asked, divided so
    /// that all add up to one. A tree of one node gives zeros.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn importances(&self, normalise: bool) -> Result<Vec<f64>> {
        let mut importances = filled(0.0, self.columns())?;
        for node in self.nodes.iter().filter(|node| !node.is_leaf()) {
            let weighted = |child: u32| {
                let child = &self.nodes[child as usize];
                child.weight * child.impurity
            };
            importances[node.feature as usize] +=
                node.weight * node.impurity - weighted(node.left) - weighted(node.right);
        }
        let root_weight = self.nodes[0].weight;
        for importance in &mut importances {
            *importance /= root_weight;
        }
        let total: f64 = importances.iter().sum();
        if normalise && total > 0.0 {
            for importance in &mut importances {
                *importance /= total;
            }
        }
        Ok(importances)
    }

    /// The depth of every node.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn depths(&self) -> Result<Vec<u32>> {
        let mut depths = filled(0, self.nodes.len())?;
        for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| !node.is_leaf()) {
            depths[node.left as usize] = depths[index] + 1;
            depths[node.right as usize] = depths[index] + 1;
        }
        Ok(depths)
    }
}

/// Weights up to this can be multiplied by an impurity.
pub(super) const MOST_WEIGHT: f64 = f64::MAX / 64.0;

/// The largest impurity of numbers up to [`MOST_NUMBER`].
const MOST_IMPURITY: f64 = 4.0 * MOST_NUMBER * MOST_NUMBER;

/// How much rounding may take from sums of shares and weights.
const ROUNDING: f64 = 1e-6;

impl Checked for Tree {
    const KIND: Kind = Kind::Tree;

    fn check(&self) -> Result<()> {
        let fail = |reason: &str| Err(Error::model_file(reason));
        let count = self.nodes.len();
        if count == 0 || self.outputs.check().is_err() || self.columns == 0 || self.columns > MOST_COLUMNS {
            return fail("a tree needs a node, an output, and a possible number of columns");
        }
        if count.checked_mul(self.outputs.width()) != Some(self.values.len()) {
            return fail("a tree holds more or fewer values than its nodes need");
        }
        self.check_values()?;
        self.check_nodes()?;
        if self.depths()?.into_iter().max() != Some(self.max_depth) {
            return fail("a tree states a depth that it does not have");
        }
        Ok(())
    }
}

impl Predictor for Tree {
    fn columns(&self) -> usize {
        self.columns()
    }

    fn outputs(&self) -> usize {
        self.outputs.len()
    }

    fn class_counts(&self) -> &[u32] {
        self.outputs.class_counts()
    }
}

impl Tree {
    fn check_values(&self) -> Result<()> {
        let fail = |reason: &str| Err(Error::model_file(reason));
        match &self.outputs {
            Outputs::Classes(counts) => {
                let stride = self.outputs.most_classes();
                for (place, shares) in self.values.chunks_exact(stride).enumerate() {
                    let (shares, rest) = shares.split_at(counts[place % counts.len()] as usize);
                    if !shares.iter().all(|share| (0.0..=1.0).contains(share)) || rest.iter().any(|&share| share != 0.0)
                    {
                        return fail("a tree holds a class share that is not between 0 and 1");
                    }
                    if (shares.iter().sum::<f64>() - 1.0).abs() > ROUNDING {
                        return fail("a tree holds class shares that do not add up to 1");
                    }
                }
            }
            Outputs::Numbers(_) => {
                if !self.values.iter().all(|value| value.abs() <= MOST_NUMBER) {
                    return fail("a tree holds a value that no training gives");
                }
            }
        }
        Ok(())
    }

    fn is_possible(&self, node: &Node) -> bool {
        match self.outputs {
            Outputs::Classes(_) => POSSIBLE_IMPURITIES.contains(&node.impurity),
            // Rows that are all zeros have no Poisson deviance, and are not divided.
            Outputs::Numbers(_) if node.is_leaf() && node.impurity == f64::INFINITY => true,
            Outputs::Numbers(_) => node.impurity.abs() <= MOST_IMPURITY,
        }
    }

    fn check_nodes(&self) -> Result<()> {
        let fail = |reason: String| Err(Error::model_file(reason));
        let count = self.nodes.len();
        let mut parents = vec![0u8; count];
        for (index, node) in self.nodes.iter().enumerate() {
            if !self.is_possible(node)
                || !(0.0..=MOST_WEIGHT).contains(&node.weight)
                || node.weight == 0.0
                || node.rows == 0
            {
                return fail(format!("node {index} of a tree has no possible weight, impurity or number of rows"));
            }
            if node.is_leaf() && node.right == NO_CHILD {
                continue;
            }
            for child in [node.left as usize, node.right as usize] {
                // Children after parents: walks end, and there is no cycle.
                if child <= index || child >= count || parents[child] != 0 {
                    return fail(format!("node {index} of a tree has no possible child {child}"));
                }
                parents[child] = 1;
            }
            let (left, right) = (&self.nodes[node.left as usize], &self.nodes[node.right as usize]);
            let below = left.weight + right.weight;
            if (below - node.weight).abs() > ROUNDING * node.weight + f64::MIN_POSITIVE {
                return fail(format!("the children of node {index} of a tree weigh more or less than it does"));
            }
            if u64::from(left.rows) + u64::from(right.rows) != u64::from(node.rows) {
                return fail(format!("the children of node {index} of a tree have more or fewer rows than it has"));
            }
            if node.feature >= self.columns || node.threshold.is_nan() {
                return fail(format!("node {index} of a tree has no possible split"));
            }
        }
        if parents[1..].contains(&0) {
            return fail("a tree has a node that cannot be reached".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persistence::{from_bytes, to_bytes};

    fn node(left: u32, right: u32, impurity: f64, weight: f64) -> Node {
        let rows = if left == NO_CHILD { 1 } else { 2 };
        Node { left, right, feature: 0, threshold: 0.5, missing_left: false, impurity, rows, weight }
    }

    fn stump(root: Node, shares: [f64; 6]) -> Tree {
        let (half, leaf) = (root.weight / 2.0, NO_CHILD);
        let nodes = vec![root, node(leaf, leaf, 0.0, half), node(leaf, leaf, 0.0, half)];
        Tree { columns: 1, outputs: Outputs::Classes(vec![2]), max_depth: 1, nodes, values: shares.to_vec() }
    }

    #[test]
    fn files_that_no_training_writes_are_refused() {
        const SHARES: [f64; 6] = [0.5, 0.5, 1.0, 0.0, 0.0, 1.0];
        let is_read = |tree: &Tree| to_bytes(tree).and_then(|bytes| from_bytes::<Tree>(&bytes)).is_ok();
        assert!(is_read(&stump(node(1, 2, 0.5, 4.0), SHARES)));
        let mut uneven = stump(node(1, 2, 0.5, 4.0), SHARES);
        uneven.nodes[1].weight = 3.0;
        let [mut empty, mut crowded] = [(); 2].map(|()| stump(node(1, 2, 0.5, 4.0), SHARES));
        (empty.nodes[1].rows, empty.nodes[2].rows) = (0, 2);
        crowded.nodes[1].rows = u32::MAX;
        for (what, tree) in [
            ("infinite impurity", stump(node(1, 2, f64::INFINITY, 4.0), SHARES)),
            ("vast impurity", stump(node(1, 2, 1e308, 4.0), SHARES)),
            ("negative impurity", stump(node(1, 2, -1e308, 4.0), SHARES)),
            ("vast weight", stump(node(1, 2, 0.5, f64::MAX), SHARES)),
            ("no weight", stump(node(1, 2, 0.5, 0.0), SHARES)),
            ("a cycle", stump(node(0, 2, 0.5, 4.0), SHARES)),
            ("shares of nothing", stump(node(1, 2, 0.5, 4.0), [0.0; 6])),
            ("children that weigh more", uneven),
            ("a leaf without rows", empty),
            ("children of more rows", crowded),
        ] {
            assert!(!is_read(&tree), "{what}");
        }
    }
}
