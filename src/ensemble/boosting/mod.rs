//! Gradient boosting of trees on binned columns.
//!
//! * [`bins`]: columns cut into at most 255 bins;
//! * [`codes`]: rows as codes of their bins;
//! * `pulls`: gradients as whole numbers, whose sums are exact; `histogram`: their sums by code;
//! * `split`: the best split of a node;
//! * [`grower`]: a tree, grown leaf by leaf;
//! * [`tree`]: grown trees;
//! * [`loss`]: what is lowered; [`baseline`]: the one answer that lowers it most;
//! * [`training`]: one iteration after the other;
//! * [`model`]: what was trained, and its predictions; `walk`: rows down its trees.
//!
//! Ke et al., "`LightGBM`: A Highly Efficient Gradient Boosting Decision Tree" (NIPS 2017); parameters
//! and semantics are those of scikit-learn's histogram gradient boosting.

pub mod baseline;
pub mod bins;
pub mod codes;
pub mod grower;
mod histogram;
pub mod loss;
pub mod model;
mod pulls;
mod split;
pub mod training;
pub mod tree;
mod walk;

pub use bins::ColumnBins;
pub use codes::Binned;
pub use grower::GrowthParams;
pub use loss::Loss;
pub use model::Boosting;
pub use training::{Learned, Training};
pub use tree::BoostedTree;

#[cfg(test)]
mod tests;
