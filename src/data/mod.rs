//! Data as the other rooms read it: borrowed, of any strides, never copied without need.
//!
//! * [`matrix`]: borrowed matrices of either float width, dense or sparse;
//! * [`real`]: floats of either width, and the blocks of rows in which tables are read;
//! * [`sparse`]: borrowed sparse matrices, row by row;
//! * [`ordered`]: floats as integers of the same order;
//! * [`sorting`]: sorting by counting;
//! * [`close`]: neighbouring values between which no threshold may stand;
//! * [`codes`]: the codes of a column, as narrow as their number allows;
//! * [`coded`]: columns as ranks of their distinct values, which trees train on.

pub(crate) mod by_rows;
pub mod close;
pub mod coded;
pub mod codes;
pub mod matrix;
pub mod ordered;
pub mod real;
pub mod sorting;
pub mod sparse;

pub use close::CloseCodes;
pub use coded::{CodedColumn, CodedMatrix};
pub use codes::Codes;
pub(crate) use codes::{Code, with_codes};
pub use matrix::{Features, MatrixView};
pub use real::Real;
pub(crate) use real::{PARALLEL_ELEMENTS, block_rows};
pub use sparse::SparseView;
