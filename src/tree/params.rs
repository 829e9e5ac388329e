//! What a tree is grown by, with relative sizes already resolved to numbers of rows and columns.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What a good split is measured by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Criterion {
    /// Gini impurity: the chance that two rows of a node differ in class.
    #[default]
    Gini,
    /// Shannon entropy of the classes, in bits.
    Entropy,
    /// Squared distances of numbers from their mean.
    SquaredError,
    /// Absolute distances of numbers from their median.
    AbsoluteError,
    /// Half the Poisson deviance of numbers, 0 or more, from their mean.
    Poisson,
}

impl Criterion {
    /// Whether it measures classes; else it measures numbers.
    pub fn is_of_classes(self) -> bool {
        matches!(self, Self::Gini | Self::Entropy)
    }
}

/// Which thresholds of a drawn column are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Splitter {
    /// Every threshold; the best one wins.
    Best,
    /// One threshold, drawn between the node's smallest and largest value.
    Random,
}

/// So many bins, and missing values, take one byte a cell.
pub const MOST_BINS: usize = 255;

/// How a tree is grown. The names are scikit-learn's.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeParams {
    /// What a good split is measured by.
    pub criterion: Criterion,
    /// Which thresholds are tried.
    pub splitter: Splitter,
    /// The depth at which nodes become leaves; the root has depth 0.
    pub max_depth: Option<usize>,
    /// Nodes with fewer rows become leaves.
    pub min_samples_split: usize,
    /// Every leaf holds at least so many rows (rows of weight zero do not count).
    pub min_samples_leaf: usize,
    /// Every leaf holds at least this share of the total weight, between 0 and 0.5.
    pub min_weight_fraction_leaf: f64,
    /// How many columns are drawn for a split; drawing goes on until one of them varies.
    pub max_features: usize,
    /// Grow best-first until there are so many leaves; `None` grows depth-first without a limit.
    pub max_leaf_nodes: Option<usize>,
    /// A split must lower the weighted impurity by at least so much.
    pub min_impurity_decrease: f64,
    /// Minimal cost-complexity pruning: subtrees whose gain per leaf is at most this are cut off.
    pub ccp_alpha: f64,
    /// For each column whether predictions may only grow (1) or fall (-1) with it, or do as they
    /// like (0): of the number, or of the share of the second of two classes. Empty without any.
    pub monotonic: Vec<i8>,
    /// Columns of more distinct values than this are cut into so many bins, between which
    /// thresholds lie ([`crate::data::CodedMatrix::binned`]); `None` looks at every value.
    pub max_bins: Option<usize>,
}

impl TreeParams {
    /// scikit-learn's defaults for a decision tree on `columns` columns.
    pub fn new(columns: usize) -> Self {
        Self {
            criterion: Criterion::Gini,
            splitter: Splitter::Best,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            min_weight_fraction_leaf: 0.0,
            max_features: columns.max(1),
            max_leaf_nodes: None,
            min_impurity_decrease: 0.0,
            ccp_alpha: 0.0,
            monotonic: Vec::new(),
            max_bins: None,
        }
    }

    /// Checks every range.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Parameter`] for the first parameter outside its range.
    pub fn check(&self) -> Result<()> {
        let at_least = |name, least: usize, got: usize| {
            if got < least { Err(Error::parameter(name, format!("at least {least}"), got)) } else { Ok(()) }
        };
        at_least("max_depth", 1, self.max_depth.unwrap_or(1))?;
        at_least("min_samples_split", 2, self.min_samples_split)?;
        at_least("min_samples_leaf", 1, self.min_samples_leaf)?;
        at_least("max_features", 1, self.max_features)?;
        at_least("max_leaf_nodes", 2, self.max_leaf_nodes.unwrap_or(2))?;
        if self.max_bins.is_some_and(|bins| !(2..=MOST_BINS).contains(&bins)) {
            let got = self.max_bins.unwrap_or(0);
            return Err(Error::parameter("max_bins", format!("between 2 and {MOST_BINS}, or None"), got));
        }
        if !(0.0..=0.5).contains(&self.min_weight_fraction_leaf) {
            let got = self.min_weight_fraction_leaf;
            return Err(Error::parameter("min_weight_fraction_leaf", "between 0 and 0.5", got));
        }
        for (name, got) in [("min_impurity_decrease", self.min_impurity_decrease), ("ccp_alpha", self.ccp_alpha)] {
            if got.is_nan() || got < 0.0 {
                return Err(Error::parameter(name, "0 or more", got));
            }
        }
        Ok(())
    }
}
