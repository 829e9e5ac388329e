//! Borrowed matrices of either float width, dense or sparse.

use ndarray::ArrayView2;

use super::sparse::SparseView;
use crate::error::{Error, Result};
use crate::runtime::memory::make_room;

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

    /// The number of columns.
    pub fn columns(&self) -> usize {
        match self {
            Self::F32(view) => view.ncols(),
            Self::F64(view) => view.ncols(),
        }
    }
}

/// What trees read: a dense matrix, or a sparse one.
#[derive(Debug, Clone, Copy)]
pub enum Features<'a> {
    /// Every cell is stored.
    Dense(MatrixView<'a>),
    /// What is not stored is zero.
    Sparse(SparseView<'a>),
}

impl Features<'_> {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Dense(view) => view.rows(),
            Self::Sparse(view) => view.rows(),
        }
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        match self {
            Self::Dense(view) => view.columns(),
            Self::Sparse(view) => view.columns(),
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

    /// Reads one row in single precision, into room that is used again.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] for an infinite value, or one beyond single precision;
    /// [`crate::ErrorKind::Memory`].
    pub fn read_row(&self, row: usize, values: &mut Vec<f32>) -> Result<()> {
        values.clear();
        make_room(values, self.columns())?;
        match self {
            Self::Dense(MatrixView::F32(view)) => values.extend(view.row(row)),
            Self::Dense(MatrixView::F64(view)) => values.extend(view.row(row).iter().map(|&value| value as f32)),
            Self::Sparse(view) => {
                values.resize(view.columns(), 0.0);
                view.row(row).for_each(|(column, value)| values[column] = value);
            }
        }
        match values.iter().position(|value| value.is_infinite()) {
            None => Ok(()),
            Some(column) => Err(infinite(column, row)),
        }
    }
}

impl<'a> From<MatrixView<'a>> for Features<'a> {
    fn from(view: MatrixView<'a>) -> Self {
        Self::Dense(view)
    }
}

impl<'a> From<SparseView<'a>> for Features<'a> {
    fn from(view: SparseView<'a>) -> Self {
        Self::Sparse(view)
    }
}

/// An infinite value, which no tree compares, at a place of X.
pub(crate) fn infinite(column: usize, row: usize) -> Error {
    Error::value(
        format!("X, column {column}, row {row},"),
        "infinity or a value too large for dtype('float32')",
        "finite values or NaN",
    )
}
