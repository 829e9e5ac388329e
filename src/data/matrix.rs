//! Borrowed matrices of either float width.

use ndarray::ArrayView2;

use crate::error::{Error, Result};

/// A borrowed matrix, rows by columns, of any strides (C order, Fortran order, a slice of either).
#[derive(Debug, Clone, Copy)]
pub enum MatrixView<'a> {
    /// Single precision.
    F32(ArrayView2<'a, f32>),
    /// Double precision.
    F64(ArrayView2<'a, f64>),
}

impl MatrixView<'_> {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::F32(view) => view.nrows(),
            Self::F64(view) => view.nrows(),
        }
    }

    /// Checks the number of columns.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for another number.
    pub fn check_columns(&self, expected: usize) -> Result<()> {
        let columns = self.columns();
        if columns == expected { Ok(()) } else { Err(Error::shape("columns of X", expected, columns)) }
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        match self {
            Self::F32(view) => view.ncols(),
            Self::F64(view) => view.ncols(),
        }
    }
}
