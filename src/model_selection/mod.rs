//! Choosing between models.
//!
//! * [`folds`]: which rows train and which test, from an assignment of rows to folds;
//! * [`hash_split`]: the same from the identifiers of rows;
//! * [`cross_validation`]: one model for each fold, on one coded matrix.

pub mod cross_validation;
pub mod folds;
pub mod hash_split;

pub use cross_validation::{FoldTraining, Labels, grow_folds};
pub use hash_split::TestShare;
