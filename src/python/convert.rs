//! numpy arrays in, without a copy, whatever their strides.

use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods};
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
        if let Ok(array) = object.extract::<PyReadonlyArray2<'py, f64>>() {
            Ok(Self::F64(array))
        } else if let Ok(array) = object.extract::<PyReadonlyArray2<'py, f32>>() {
            Ok(Self::F32(array))
        } else {
            Err(not_an_array(object, "a two-dimensional numpy array of float32 or float64"))
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
        if let Ok(array) = object.extract::<PyReadonlyArray1<'py, f64>>() {
            Ok(Self::F64(array))
        } else if let Ok(array) = object.extract::<PyReadonlyArray1<'py, f32>>() {
            Ok(Self::F32(array))
        } else {
            Err(not_an_array(object, "a one-dimensional numpy array of float32 or float64"))
        }
    }
}

fn not_an_array(object: Borrowed<'_, '_, PyAny>, expected: &str) -> PyErr {
    let got = match object.cast::<PyUntypedArray>() {
        Ok(array) => format!("a {}-dimensional array of {}", array.ndim(), array.dtype()),
        Err(_) => object.get_type().to_string(),
    };
    PyTypeError::new_err(format!("expected {expected}; got {got}"))
}
