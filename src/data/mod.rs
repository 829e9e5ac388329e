//! Data as the other rooms read it: borrowed, of any strides, never copied without need.
//!
//! * [`matrix`]: borrowed matrices of either float width, dense or sparse;
//! * [`sparse`]: borrowed sparse matrices, row by row;
//! * [`ordered`]: floats as integers of the same order;
//! * [`sorting`]: sorting by counting;
//! * [`close`]: neighbouring values between which no threshold may stand;
//! * [`coded`]: columns as ranks of their distinct values, which trees train on.

mod by_rows;
pub mod close;
pub mod coded;
pub mod matrix;
pub mod ordered;
pub mod sorting;
pub mod sparse;

pub use close::CloseCodes;
pub use coded::{CodedColumn, CodedMatrix, Codes};
pub use matrix::{Features, MatrixView};
pub use sparse::SparseView;
