//! Trees of stricter limits, read from one that was grown with looser ones.
//!
//! Whether a node is split depends on the nodes above it alone, and so do its draws and its split. The
//! tree that stricter limits give is therefore the top of the tree that looser ones give: searches
//! grow one tree, and read the others from it.

use super::grower::EPSILON;
use super::nodes::Tree;
use super::params::TreeParams;
use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::filled;

/// What a node must have to be split, and what is cut off afterwards. The names are scikit-learn's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The depth at which nodes become leaves; `None` for none.
    pub max_depth: Option<usize>,
    /// Nodes with fewer rows become leaves.
    pub min_samples_split: usize,
    /// A split must lower the weighted impurity by at least so much.
    pub min_impurity_decrease: f64,
    /// Subtrees whose gain per leaf is at most this are cut off.
    pub ccp_alpha: f64,
}

impl Limits {
    /// Those of a tree's parameters.
    pub fn of(params: &TreeParams) -> Self {
        Self {
            max_depth: params.max_depth,
            min_samples_split: params.min_samples_split,
            min_impurity_decrease: params.min_impurity_decrease,
            ccp_alpha: params.ccp_alpha,
        }
    }

    /// The loosest of each, without pruning: a tree grown by them holds the trees of all. None without
    /// limits.
    pub fn loosest(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        let looser = |one: Self, other: Self| Self {
            max_depth: one.max_depth.zip(other.max_depth).map(|(one, other)| one.max(other)),
            min_samples_split: one.min_samples_split.min(other.min_samples_split),
            min_impurity_decrease: one.min_impurity_decrease.min(other.min_impurity_decrease),
            ccp_alpha: 0.0,
        };
        all.into_iter().map(|limits| Self { ccp_alpha: 0.0, ..limits }).reduce(looser)
    }

    /// These limits in place of those of a tree's parameters.
    #[must_use]
    pub fn within(&self, params: &TreeParams) -> TreeParams {
        TreeParams {
            max_depth: self.max_depth,
            min_samples_split: self.min_samples_split,
            min_impurity_decrease: self.min_impurity_decrease,
            ccp_alpha: self.ccp_alpha,
            ..params.clone()
        }
    }
}

impl Tree {
    /// The tree that the same training gives by these limits, if this one was grown depth first by
    /// `grown`, which are nowhere stricter and do not prune.
    ///
    /// Linear in the nodes; with `ccp_alpha`, as [`Tree::pruned`].
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn limited(&self, limits: &Limits, grown: &Limits, cancel: &Cancel) -> Result<Self> {
        cancel.check()?;
        let depths = self.depths()?;
        let mut inner = filled(false, self.nodes().len())?;
        for (index, node) in self.nodes().iter().enumerate().filter(|(_, node)| !node.is_leaf()) {
            inner[index] = limits.max_depth.is_none_or(|limit| (depths[index] as usize) < limit)
                && node.rows as usize >= limits.min_samples_split
                && (limits.min_impurity_decrease <= grown.min_impurity_decrease
                    || self.improvement(index) + EPSILON >= limits.min_impurity_decrease);
        }
        let top = self.keeping(&inner);
        if limits.ccp_alpha > 0.0 { top.pruned(limits.ccp_alpha, cancel) } else { Ok(top) }
    }

    /// By how much the split of an inner node lowers the impurity, by the operations of growth in their
    /// order.
    fn improvement(&self, index: usize) -> f64 {
        let nodes = self.nodes();
        let (node, total) = (&nodes[index], nodes[0].weight);
        let (left, right) = (&nodes[node.left as usize], &nodes[node.right as usize]);
        (node.weight / total)
            * (node.impurity
                - (right.weight / node.weight * right.impurity)
                - (left.weight / node.weight * left.impurity))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;
    use crate::data::{CodedMatrix, MatrixView};
    use crate::runtime::{Stream, Workers};
    use crate::tree::{Criterion, Seed, Targets, TrainingRows, grow};

    proptest! {
        #[test]
        fn a_limited_tree_is_the_one_that_its_limits_give(
            seed: u64,
            max_depth in prop::option::of(1usize..9),
            min_samples_split in 2usize..40,
            min_impurity_decrease in prop_oneof![Just(0.0), 1e-5..0.05],
            ccp_alpha in prop_oneof![Just(0.0), 1e-5..0.05],
            splits_numbers: bool,
            is_monotonic: bool,
        ) {
            let mut stream = Stream::new(seed);
            let x = Array2::from_shape_fn((300, 4), |_| (stream.uniform() * 50.0).floor());
            let numbers: Vec<f64> =
                x.rows().into_iter().map(|row| (row[0] / 10.0).sin() + row[1] / 50.0 + stream.uniform()).collect();
            let classes: Vec<u32> = numbers.iter().map(|&number| u32::from(number > 1.0)).collect();
            let weights: Vec<f64> = (0..300).map(|_| stream.below(3) as f64).collect();
            let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
            let rows = matrix.all_rows()?;
            let (criterion, targets) = if splits_numbers {
                (Criterion::SquaredError, Targets::Numbers { values: &numbers, outputs: 1 })
            } else {
                (Criterion::Gini, Targets::Classes { codes: &classes, counts: &[2] })
            };
            let training = TrainingRows { matrix: &matrix, rows: &rows, targets, weights: Some(&weights) };
            let monotonic = if is_monotonic { vec![1, 0, 0, 0] } else { Vec::new() };
            let limits = Limits { max_depth, min_samples_split, min_impurity_decrease, ccp_alpha };
            let other = Limits { max_depth: Some(6), min_samples_split: 9, min_impurity_decrease: 1e-4, ccp_alpha: 0.0 };
            let params = TreeParams { criterion, max_features: 2, monotonic, ..TreeParams::new(4) };
            let loosest = Limits::loosest([limits, other]).unwrap_or(limits);
            let by = |limits: &Limits| grow(&training, &limits.within(&params), Seed::Key(seed), Workers::alone());
            let large = by(&loosest)?;
            for limits in [limits, other] {
                prop_assert!(large.limited(&limits, &loosest, &Cancel::new())? == by(&limits)?);
            }
        }
    }
}
