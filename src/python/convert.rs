//! numpy arrays, and sparse matrices made of them, in: without a copy, whatever their strides.
//!
//! The exceptions: an array whose items do not lie on their own grid, such as one field of a packed
//! structured array, is copied, because a view of whole items cannot name its addresses; and so is
//! one whose numbers are written in the order of another machine.

use std::borrow::Cow;
use std::ops::Deref;

use ndarray::{ArrayView, ArrayView1, Dimension};
use numpy::{Element, Ix1, Ix2, PyArrayDescrMethods, PyReadonlyArray, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::data::sparse::{Floats, Integers};
use crate::data::{Features, MatrixView, SparseView};
use crate::error::{Error, Result};
use crate::runtime::memory::reserved;

/// A borrowed array of one element type and as many dimensions as `D` has.
pub(crate) struct Borrow<'py, T: Element, D: Dimension>(PyReadonlyArray<'py, T, D>);

/// A one-dimensional array of one element type.
pub(crate) type Vector<'py, T> = Borrow<'py, T, Ix1>;

/// A two-dimensional array of one element type.
pub(crate) type Matrix<'py, T> = Borrow<'py, T, Ix2>;

impl<'py, T: Element, D: Dimension> Deref for Borrow<'py, T, D> {
    type Target = PyReadonlyArray<'py, T, D>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'py, T: Element, D: Dimension + 'py> Borrow<'py, T, D> {
    fn of(object: &Bound<'py, PyAny>) -> Option<Self> {
        object.extract().ok().map(Self)
    }
}

impl<'py, T: Element, D: Dimension + 'py> FromPyObject<'_, 'py> for Borrow<'py, T, D> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let object = on_grid(object)?;
        Self::of(&object).ok_or_else(|| unexpected::<D>(&object, &T::get_dtype(object.py()).to_string()))
    }
}

/// A two-dimensional array of float32 or float64.
pub(crate) enum FloatMatrix<'py> {
    F32(Matrix<'py, f32>),
    F64(Matrix<'py, f64>),
}

impl FloatMatrix<'_> {
    /// The array where it lies.
    pub(crate) fn view(&self) -> MatrixView<'_> {
        match self {
            Self::F32(array) => MatrixView::F32(array.as_array()),
            Self::F64(array) => MatrixView::F64(array.as_array()),
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for FloatMatrix<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let object = on_grid(object)?;
        if let Some(array) = Matrix::<f64>::of(&object) {
            Ok(Self::F64(array))
        } else if let Some(array) = Matrix::<f32>::of(&object) {
            Ok(Self::F32(array))
        } else {
            Err(unexpected::<Ix2>(&object, "float32 or float64"))
        }
    }
}

/// What trees read: a two-dimensional array, or one of `scipy.sparse` in compressed rows.
pub(crate) enum FeatureMatrix<'py> {
    Dense(FloatMatrix<'py>),
    Sparse(SparseMatrix<'py>),
}

/// The arrays of a sparse matrix in compressed rows, each in one piece of memory.
pub(crate) struct SparseMatrix<'py> {
    columns: usize,
    starts: IndexVector<'py>,
    indices: IndexVector<'py>,
    values: FloatVector<'py>,
}

impl FeatureMatrix<'_> {
    /// The matrix where it lies.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] where the arrays describe no sparse matrix.
    pub(crate) fn view(&self) -> Result<Features<'_>> {
        match self {
            Self::Dense(array) => Ok(array.view().into()),
            Self::Sparse(matrix) => Ok(matrix.view()?.into()),
        }
    }
}

impl<'py> SparseMatrix<'py> {
    fn of(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        // An array that is in one piece is returned as it is.
        let part = |name| object.py().import("numpy")?.call_method1("ascontiguousarray", (object.getattr(name)?,));
        let (_, columns) = object.getattr("shape")?.extract::<(usize, usize)>()?;
        Ok(Self {
            columns,
            starts: part("indptr")?.extract()?,
            indices: part("indices")?.extract()?,
            values: part("data")?.extract()?,
        })
    }

    fn view(&self) -> Result<SparseView<'_>> {
        SparseView::new(self.columns, self.starts.view()?, self.indices.view()?, self.entries()?)
    }

    /// Whether the indices stay within the matrix, in whatever order.
    fn check_bounds(&self) -> Result<()> {
        SparseView::check_bounds(self.columns, self.starts.view()?, self.indices.view()?, self.entries()?)
    }

    fn entries(&self) -> Result<Floats<'_>> {
        Ok(match &self.values {
            FloatVector::F32(values) => Floats::F32(in_one_piece(values)?),
            FloatVector::F64(values) => Floats::F64(in_one_piece(values)?),
        })
    }
}

impl<'py> FromPyObject<'_, 'py> for FeatureMatrix<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.cast::<PyUntypedArray>().is_ok() || !object.hasattr("indptr")? {
            return Ok(Self::Dense(object.extract()?));
        }
        let format: String = object.getattr("format")?.extract()?;
        if format != "csr" {
            let message = format!("expected a sparse matrix in compressed rows (csr); got the format {format}");
            return Err(PyTypeError::new_err(message));
        }
        let matrix = SparseMatrix::of(&object)?;
        if matrix.view().is_ok() {
            return Ok(Self::Sparse(matrix));
        }
        // Entries of one place are summed, as SciPy does where it makes a matrix dense. It trusts
        // the indices, so they are looked at before; and once more in the copy, since another
        // thread may have written in between.
        matrix.check_bounds()?;
        let copy = object.call_method0("copy")?;
        SparseMatrix::of(&copy)?.check_bounds()?;
        copy.setattr("has_canonical_format", false)?;
        copy.setattr("has_sorted_indices", false)?;
        copy.call_method0("sum_duplicates")?;
        Ok(Self::Sparse(SparseMatrix::of(&copy)?))
    }
}

/// A one-dimensional array of int32 or int64.
pub(crate) enum IndexVector<'py> {
    I32(Vector<'py, i32>),
    I64(Vector<'py, i64>),
}

impl<'py> FromPyObject<'_, 'py> for IndexVector<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let object = on_grid(object)?;
        if let Some(array) = Vector::<i32>::of(&object) {
            Ok(Self::I32(array))
        } else if let Some(array) = Vector::<i64>::of(&object) {
            Ok(Self::I64(array))
        } else {
            Err(unexpected::<Ix1>(&object, "int32 or int64"))
        }
    }
}

impl IndexVector<'_> {
    fn view(&self) -> Result<Integers<'_>> {
        Ok(match self {
            Self::I32(numbers) => Integers::I32(in_one_piece(numbers)?),
            Self::I64(numbers) => Integers::I64(in_one_piece(numbers)?),
        })
    }
}

fn in_one_piece<'a, T: Element>(vector: &'a Vector<'_, T>) -> Result<&'a [T]> {
    vector.as_slice().map_err(|_| Error::internal("an array of a sparse matrix is not in one piece"))
}

/// A one-dimensional array of float32 or float64.
pub(crate) enum FloatVector<'py> {
    F32(Vector<'py, f32>),
    F64(Vector<'py, f64>),
}

impl<'py> FromPyObject<'_, 'py> for FloatVector<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let object = on_grid(object)?;
        if let Some(array) = Vector::<f64>::of(&object) {
            Ok(Self::F64(array))
        } else if let Some(array) = Vector::<f32>::of(&object) {
            Ok(Self::F32(array))
        } else {
            Err(unexpected::<Ix1>(&object, "float32 or float64"))
        }
    }
}

/// The values in one piece of memory, in C order: where they lie if they do, else a copy.
pub(crate) fn contiguous<T: Clone, D: Dimension>(view: ArrayView<'_, T, D>) -> Result<Cow<'_, [T]>> {
    if let Some(slice) = view.to_slice() {
        return Ok(Cow::Borrowed(slice));
    }
    let mut values = reserved(view.len())?;
    values.extend(view.iter().cloned());
    Ok(Cow::Owned(values))
}

/// [`contiguous`] of what may be absent.
pub(crate) fn contiguous_option<T: Clone>(view: Option<ArrayView1<'_, T>>) -> Result<Option<Cow<'_, [T]>>> {
    view.map(contiguous).transpose()
}

/// The object itself, or a copy of an array that is not aligned, whose strides are not whole items, or whose bytes lie in
/// the other order.
fn on_grid<'py>(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let object = object.to_owned();
    match object.cast::<PyUntypedArray>() {
        Ok(array) if array.dtype().is_native_byteorder() == Some(false) => {
            array.call_method1("astype", (array.dtype().call_method1("newbyteorder", ("=",))?,))
        }
        Ok(array) if !lies_on_grid(array) => array.call_method0("copy"),
        _ => Ok(object),
    }
}

fn lies_on_grid(array: &Bound<'_, PyUntypedArray>) -> bool {
    let item = array.dtype().itemsize().max(1) as isize;
    array.is_aligned() && array.strides().iter().all(|stride| stride % item == 0)
}

fn unexpected<D: Dimension>(object: &Bound<'_, PyAny>, elements: &str) -> PyErr {
    let got = match object.cast::<PyUntypedArray>() {
        Ok(array) => format!("a {}-dimensional array of {}", array.ndim(), array.dtype()),
        Err(_) => object.get_type().to_string(),
    };
    let dimensions = D::NDIM.map_or_else(String::new, |count| format!("{count}-dimensional "));
    PyTypeError::new_err(format!("expected a {dimensions}numpy array of {elements}; got {got}"))
}
