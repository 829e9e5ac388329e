//! Choosing between models.
//!
//! * [`folds`]: which rows train and which test, from an assignment of rows to folds.

pub mod folds;
