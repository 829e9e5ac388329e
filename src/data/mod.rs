//! Data as the other rooms read it: borrowed, of any strides, never copied without need.

pub mod matrix;

pub use matrix::MatrixView;
