//! The only room that knows Python: one file per room of the core, and the border itself.
//!
//! # The border
//!
//! * [`detached`]: the one doorway for work that takes long: it releases the GIL, honours Ctrl-C
//!   within 0.2 s, and turns a panic into an exception;
//! * [`convert`]: numpy arrays, and sparse matrices made of them, in, without a copy, whatever their strides; owned arrays out, moved;
//! * [`errors`]: the one mapping from the core's error to Python's exceptions.
//!
//! | Python | Rust |
//! |---|---|
//! | `numpy.ndarray` of float32 or float64, two dimensions, any strides | `convert::FloatMatrix` |
//! | the same, or `scipy.sparse` in compressed rows, of float32 or float64 | `convert::FeatureMatrix` |
//! | `numpy.ndarray` of float32 or float64, one dimension, any strides | `convert::FloatVector` |
//! | a column of text from pandas, polars or pyarrow | `arrow::TextPieces` |
//! | `numpy.ndarray` of one element type, one or two dimensions | `convert::Vector`, `convert::Matrix` |
//!
//! Arrays are read where they lie while the GIL is released. Another Python thread that writes
//! into an array during the call makes the result meaningless, as it does for numpy itself.

// pyo3 hands arguments over by value.
#![allow(clippy::needless_pass_by_value)]

mod arrow;
mod boosting;
mod categories;
mod convert;
mod detached;
mod drift;
mod ensemble;
mod errors;
mod explain;
mod labels;
mod metrics;
mod model_selection;
mod persistence;
mod preprocessing;
mod profile;
mod regression;
mod stats;
mod stream;
mod tree;

use pyo3::prelude::*;

#[pymodule(name = "_core")]
mod core_module {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::errors::{InternalError, ModelFileError, TreeringError};

    #[pymodule_export]
    use super::boosting::boosting_module;

    #[pymodule_export]
    use super::categories::categories_module;

    #[pymodule_export]
    use super::drift::drift_module;

    #[pymodule_export]
    use super::ensemble::ensemble_module;

    #[pymodule_export]
    use super::explain::explain_module;

    #[pymodule_export]
    use super::metrics::metrics_module;

    #[pymodule_export]
    use super::model_selection::model_selection_module;

    #[pymodule_export]
    use super::persistence::persistence_module;

    #[pymodule_export]
    use super::preprocessing::preprocessing_module;

    #[pymodule_export]
    use super::profile::profile_module;

    #[pymodule_export]
    use super::stats::stats_module;

    #[pymodule_export]
    use super::stream::stream_module;

    #[pymodule_export]
    use super::tree::tree_module;

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use super::fault_on_purpose;

    /// Whether this is a development build, which is not for timing.
    #[pymodule_export]
    const DEVELOPMENT_BUILD: bool = cfg!(debug_assertions);

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::register_submodules(module)
    }
}

/// Fails on a worker's thread in a way that no input causes, so that tests can see what becomes of
/// such a fault.
#[pyfunction]
fn fault_on_purpose(py: Python<'_>) -> PyResult<()> {
    detached::run(py, false, Some(2), |workers| {
        let few = [0; 5];
        workers.map(8, |index| Ok(few[index])).map(|_| ())
    })
}

/// Makes `treering._core.stats` and its like importable, as their stubs say they are.
fn register_submodules(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let loaded = py.import("sys")?.getattr("modules")?;
    for (name, value) in module.dict() {
        if let Ok(submodule) = value.cast::<PyModule>() {
            let full_name = format!("treering._core.{name}");
            submodule.setattr("__name__", &full_name)?;
            forget_names(submodule)?;
            loaded.set_item(full_name, submodule)?;
        }
    }
    forget_names(module)
}

/// pyo3 gives every module an `__all__`, which each stub would have to repeat.
fn forget_names(module: &Bound<'_, PyModule>) -> PyResult<()> {
    if module.hasattr("__all__")? { module.delattr("__all__") } else { Ok(()) }
}
