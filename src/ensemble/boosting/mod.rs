//! Gradient boosting of trees on binned columns.
//!
//! * [`bins`]: columns cut into at most 255 bins, and rows as codes;
//! * `histogram`: sums of gradients by code, exact in whole numbers;
//! * `split`: the best split of a node;
//! * [`grower`]: a tree, grown leaf by leaf;
//! * [`tree`]: grown trees;
//! * [`loss`]: what is lowered;
//! * [`training`]: one iteration after the other.
//!
//! Ke et al., "`LightGBM`: A Highly Efficient Gradient Boosting Decision Tree" (NIPS 2017); parameters
//! and semantics are those of scikit-learn's histogram gradient boosting.

pub mod bins;
pub mod grower;
mod histogram;
pub mod loss;
mod split;
pub mod training;
pub mod tree;

pub use bins::{Binned, ColumnBins};
pub use grower::GrowthParams;
pub use loss::Loss;
pub use training::Training;
pub use tree::BoostedTree;

#[cfg(test)]
mod tests;
