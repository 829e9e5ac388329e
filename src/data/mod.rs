//! Data as the other rooms read it: borrowed, of any strides, never copied without need.
//!
//! * [`matrix`]: borrowed matrices of either float width;
//! * [`coded`]: columns as ranks of their distinct values, which trees train on.

pub mod coded;
pub mod matrix;

pub use coded::{CodedColumn, CodedMatrix, Codes};
pub use matrix::MatrixView;
