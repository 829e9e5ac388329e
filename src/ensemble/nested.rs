//! Forests that are read from a larger one.
//!
//! A forest of ten trees is the first ten of a forest of thirty, and a tree of depth five the top of a
//! deeper one ([`crate::tree::limits`]). Of candidates that differ in such parameters alone, one
//! forest is grown, by the loosest of each.

use std::sync::Arc;

use super::forest::{Forest, ForestParams};
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::tree::Limits;

impl ForestParams {
    /// Parameters of a forest from which those of all `variants` can be read; none if they differ in
    /// more than the number of trees and [`Limits`], or in limits of trees that grow best first,
    /// whose order of growth these change.
    pub fn loosest(variants: &[Self]) -> Option<Self> {
        let first = variants.first()?;
        let n_estimators = variants.iter().map(|params| params.n_estimators).max()?;
        let are_all = |is_alike: &dyn Fn(&Self) -> bool| variants.iter().all(is_alike);
        if are_all(&|params| params.tree == first.tree && params.bootstrap == first.bootstrap) {
            return Some(Self { n_estimators, ..first.clone() });
        }
        let loosest = Limits::loosest(variants.iter().map(|params| Limits::of(&params.tree)))?;
        let tree = loosest.within(&first.tree);
        let is_alike = |params: &Self| loosest.within(&params.tree) == tree && params.bootstrap == first.bootstrap;
        (tree.max_leaf_nodes.is_none() && are_all(&is_alike)).then(|| Self {
            n_estimators,
            tree,
            bootstrap: first.bootstrap.clone(),
        })
    }
}

impl Forest {
    /// The forest that the same training and seed give by `params`, if this one was grown by `grown`,
    /// the loosest of them and others ([`ForestParams::loosest`]).
    ///
    /// Trees that stay as they are, are shared. Linear in the nodes of the others.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] if there are fewer trees; [`crate::ErrorKind::Memory`],
    /// [`crate::ErrorKind::Cancelled`].
    pub fn limited(&self, params: &ForestParams, grown: &ForestParams, workers: Workers<'_>) -> Result<Self> {
        let count = params.n_estimators;
        if count > self.trees().len() {
            return Err(Error::shape("trees of the forest", count, self.trees().len()));
        }
        let (limits, loosest) = (Limits::of(&params.tree), Limits::of(&grown.tree));
        let trees = if limits == loosest {
            self.trees()[..count].to_vec()
        } else {
            workers
                .map(count, |index| self.trees()[index].limited(&limits, &loosest, workers.cancel()).map(Arc::new))?
        };
        Ok(Self::empty(self.columns(), self.outputs().clone())?.with(trees, self.keys()[..count].to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::data::MatrixView;
    use crate::ensemble::{Bootstrap, fit};
    use crate::runtime::Stream;
    use crate::tree::{Targets, TreeParams};

    fn params(n_estimators: usize, tree: TreeParams) -> ForestParams {
        ForestParams { n_estimators, tree, bootstrap: Some(Bootstrap { draws: 150, balanced: true }) }
    }

    #[test]
    fn forests_of_one_growth_equal_separate_fits() -> Result<()> {
        let mut stream = Stream::new(5);
        let x = Array2::from_shape_fn((150, 3), |_| stream.uniform());
        let classes: Vec<u32> = x.rows().into_iter().map(|row| (row[0] + row[1] + stream.uniform()) as u32).collect();
        let fitted = |params: &ForestParams, threads| {
            let targets = Targets::Classes { codes: &classes, counts: &[3] };
            fit(MatrixView::F64(x.view()), targets, params, 9, Workers::unstoppable(threads))
        };
        let tree = || TreeParams { max_features: 2, ..TreeParams::new(3) };
        let variants = [
            params(3, TreeParams { max_depth: Some(2), ..tree() }),
            params(7, TreeParams { max_depth: Some(5), min_samples_split: 10, ..tree() }),
            params(5, TreeParams { ccp_alpha: 0.01, max_depth: Some(4), ..tree() }),
            params(4, TreeParams { min_impurity_decrease: 0.02, max_depth: Some(5), ..tree() }),
        ];
        let grown = ForestParams::loosest(&variants).ok_or_else(|| Error::internal("variants are not nested"))?;
        assert_eq!((grown.n_estimators, grown.tree.max_depth), (7, Some(5)));
        let forest = fitted(&grown, 2)?;
        for variant in &variants {
            let limited = forest.limited(variant, &grown, Workers::unstoppable(2))?;
            let separate = fitted(variant, 1)?;
            assert_eq!((limited.trees(), limited.keys()), (separate.trees(), separate.keys()));
        }
        Ok(())
    }

    #[test]
    fn what_is_not_nested_is_refused() {
        let tree = TreeParams::new(3);
        let other = TreeParams { min_samples_leaf: 2, ..TreeParams::new(3) };
        assert!(ForestParams::loosest(&[params(2, tree.clone()), params(2, other)]).is_none());
        let best_first = |max_depth| TreeParams { max_leaf_nodes: Some(5), max_depth, ..TreeParams::new(3) };
        assert!(ForestParams::loosest(&[params(2, best_first(None)), params(2, best_first(Some(2)))]).is_none());
        let counts = ForestParams::loosest(&[params(2, best_first(None)), params(4, best_first(None))]);
        assert_eq!(counts.map(|params| params.n_estimators), Some(4));
        assert!(ForestParams::loosest(&[]).is_none());
    }
}
