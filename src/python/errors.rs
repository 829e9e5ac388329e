//! The one mapping from the core's error to Python's exceptions.

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyKeyboardInterrupt, PyMemoryError, PyValueError};
use pyo3::prelude::*;

use crate::error::{Error, ErrorKind};

create_exception!(treering, TreeringError, PyException, "The base of treering's own exceptions.");
create_exception!(
    treering,
    ModelFileError,
    TreeringError,
    "Bytes that are not a whole, unaltered treering model, or one of a later format revision."
);
create_exception!(
    treering,
    InternalError,
    TreeringError,
    "A fault of treering itself. Nothing was changed; please report the call that caused it."
);

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error.kind() {
            ErrorKind::Parameter { .. } | ErrorKind::Shape { .. } | ErrorKind::Value { .. } => {
                PyValueError::new_err(message)
            }
            ErrorKind::ModelFile { .. } => ModelFileError::new_err(message),
            ErrorKind::Memory { .. } => PyMemoryError::new_err(message),
            ErrorKind::Cancelled => PyKeyboardInterrupt::new_err(message),
            ErrorKind::Internal { .. } => InternalError::new_err(message),
        }
    }
}
