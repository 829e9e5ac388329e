//! numpy arrays in, without a copy, whatever their strides.
//!
//! The one exception: an array whose items do not lie on their own grid, such as one field of a
//! packed structured array, is copied, because a view of whole items cannot name its addresses.

use numpy::{PyArrayDescrMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::data::MatrixView;

/// A two-dimensional array of float32 or float64.
pub(crate) enum FloatMatrix<'py> {
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
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
        if let Ok(array) = object.extract::<PyReadonlyArray2<'py, f64>>() {
            Ok(Self::F64(array))
        } else if let Ok(array) = object.extract::<PyReadonlyArray2<'py, f32>>() {
            Ok(Self::F32(array))
        } else {
            Err(not_an_array(&object, "a two-dimensional numpy array of float32 or float64"))
        }
    }
}

/// A one-dimensional array of float32 or float64.
pub(crate) enum FloatVector<'py> {
    F32(PyReadonlyArray1<'py, f32>),
    F64(PyReadonlyArray1<'py, f64>),
}

impl<'py> FromPyObject<'_, 'py> for FloatVector<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let object = on_grid(object)?;
        if let Ok(array) = object.extract::<PyReadonlyArray1<'py, f64>>() {
            Ok(Self::F64(array))
        } else if let Ok(array) = object.extract::<PyReadonlyArray1<'py, f32>>() {
            Ok(Self::F32(array))
        } else {
            Err(not_an_array(&object, "a one-dimensional numpy array of float32 or float64"))
        }
    }
}

/// The object itself, or a copy of an array that is not aligned or whose strides are not whole items.
fn on_grid<'py>(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let object = object.to_owned();
    match object.cast::<PyUntypedArray>() {
        Ok(array) if !lies_on_grid(array) => array.call_method0("copy"),
        _ => Ok(object),
    }
}

fn lies_on_grid(array: &Bound<'_, PyUntypedArray>) -> bool {
    let item = array.dtype().itemsize().max(1) as isize;
    array.is_aligned() && array.strides().iter().all(|stride| stride % item == 0)
}

fn not_an_array(object: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let got = match object.cast::<PyUntypedArray>() {
        Ok(array) => format!("a {}-dimensional array of {}", array.ndim(), array.dtype()),
        Err(_) => object.get_type().to_string(),
    };
    PyTypeError::new_err(format!("expected {expected}; got {got}"))
}
