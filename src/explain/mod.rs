//! What columns contribute to predictions: Shapley values of trees and of sums of trees.
//!
//! * [`model`]: trees as they are explained, whoever grew them;
//! * [`rows`]: some rows, column by column, and which way each goes at a split;
//! * [`rule`]: where and with what weight integrals are read;
//! * [`path_dependent`]: values in which the columns that are not known are averaged by the
//!   training rows of each node;
//! * [`interactions`]: the same for pairs of columns;
//! * [`interventional`]: values in which they are taken from background rows.
//!
//! A Shapley value is an integral over the share of columns that are known, in which every column
//! on a path from the root to a leaf is a linear factor (Owen, "Multilinear extensions of games",
//! Management Science 18, 1972). The integrand is a polynomial of fewer degrees than there are
//! columns on a path, so that a few nodes of Gauss's rule give it exactly; all factors are positive,
//! so that nothing cancels however deep the tree (Wettenstein, Mitchell, Yu, "Quadrature-TreeSHAP",
//! 2026).

pub mod interactions;
pub mod interventional;
pub mod model;
mod path;
pub mod path_dependent;
pub mod rows;
pub mod rule;

pub use interactions::interaction_values;
pub use interventional::{Background, interventional_values};
pub use model::{Model, Split, TreeParts};
pub use path_dependent::shapley_values;
