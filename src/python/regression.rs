//! What `treering._core.metrics` says of predicted numbers.

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;

use super::convert::{Matrix, Vector, contiguous, contiguous_option};
use super::detached::run;
use crate::error::Result;
use crate::metrics::means::{Method, mean_interval as interval_of_mean};
use crate::metrics::median::median_errors;
use crate::metrics::regression::{Loss, Predictions};
use crate::metrics::targets::Targets;
use crate::runtime::Workers;

/// Fewer values than this are read within some 50 microseconds, though each takes a logarithm.
const BRIEF_VALUES: usize = 3000;

/// Targets, rows by outputs.
#[derive(FromPyObject)]
pub(crate) enum TargetMatrix<'py> {
    #[pyo3(transparent)]
    F64(Matrix<'py, f64>),
    #[pyo3(transparent)]
    F32(Matrix<'py, f32>),
    #[pyo3(transparent)]
    I64(Matrix<'py, i64>),
}

impl TargetMatrix<'_> {
    fn view(&self) -> Targets<'_> {
        match self {
            Self::F64(array) => Targets::F64(array.as_array()),
            Self::F32(array) => Targets::F32(array.as_array()),
            Self::I64(array) => Targets::I64(array.as_array()),
        }
    }
}

type Array<'py> = Bound<'py, PyArray1<f64>>;

/// Runs a kernel on predictions; None for what scikit-learn shall judge.
fn judged<T: Send>(
    py: Python<'_>,
    y_true: &TargetMatrix<'_>,
    y_pred: &TargetMatrix<'_>,
    weights: Option<&Vector<'_, f64>>,
    judge: impl FnOnce(&Predictions<'_>, Workers<'_>) -> Result<T> + Send,
) -> PyResult<T> {
    let (truth, predicted) = (y_true.view(), y_pred.view());
    let weights = weights.map(|weights| weights.as_array());
    let (rows, outputs) = truth.dim();
    run(py, rows.saturating_mul(outputs) < BRIEF_VALUES, None, |workers| {
        let weights = contiguous_option(weights)?;
        judge(&Predictions::new(truth.reborrow(), predicted.reborrow(), weights.as_deref())?, workers)
    })
}

/// The mean loss of each output.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, weights, loss, parameter))]
pub(super) fn mean_losses<'py>(
    py: Python<'py>,
    y_true: TargetMatrix<'py>,
    y_pred: TargetMatrix<'py>,
    weights: Option<Vector<'py, f64>>,
    loss: &str,
    parameter: f64,
) -> PyResult<Option<Array<'py>>> {
    let loss = Loss::named(loss, parameter)?;
    let losses = judged(py, &y_true, &y_pred, weights.as_ref(), |given, workers| given.mean_losses(loss, workers))?;
    Ok(losses.map(|losses| losses.into_pyarray(py)))
}

/// The median absolute error of each output.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, weights))]
pub(super) fn median_absolute_errors<'py>(
    py: Python<'py>,
    y_true: TargetMatrix<'py>,
    y_pred: TargetMatrix<'py>,
    weights: Option<Vector<'py, f64>>,
) -> PyResult<Option<Array<'py>>> {
    let medians = judged(py, &y_true, &y_pred, weights.as_ref(), median_errors)?;
    Ok(medians.map(|medians| medians.into_pyarray(py)))
}

/// The largest absolute error of each output.
#[pyfunction]
#[allow(clippy::redundant_closure_for_method_calls)] // the method itself has one lifetime only
pub(super) fn max_errors<'py>(
    py: Python<'py>,
    y_true: TargetMatrix<'py>,
    y_pred: TargetMatrix<'py>,
) -> PyResult<Option<Array<'py>>> {
    let largest = judged(py, &y_true, &y_pred, None, |given, workers| given.max_errors(workers))?;
    Ok(largest.map(|largest| largest.into_pyarray(py)))
}

/// (squared errors, variation of the errors, variation of the truth), a sum for each output.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, weights))]
#[allow(clippy::redundant_closure_for_method_calls)] // as above
#[allow(clippy::type_complexity)] // three arrays
pub(super) fn variations<'py>(
    py: Python<'py>,
    y_true: TargetMatrix<'py>,
    y_pred: TargetMatrix<'py>,
    weights: Option<Vector<'py, f64>>,
) -> PyResult<Option<(Array<'py>, Array<'py>, Array<'py>)>> {
    let variations = judged(py, &y_true, &y_pred, weights.as_ref(), |given, workers| given.variations(workers))?;
    Ok(variations.map(|outputs| {
        let (mut errors, mut of_errors, mut of_truth) = (Vec::new(), Vec::new(), Vec::new());
        for output in outputs {
            errors.push(output.squared_error);
            of_errors.push(output.of_error);
            of_truth.push(output.of_truth);
        }
        (errors.into_pyarray(py), of_errors.into_pyarray(py), of_truth.into_pyarray(py))
    }))
}

/// A mean as (value, low, high).
#[pyfunction]
pub(super) fn mean_interval(
    py: Python<'_>,
    values: Vector<'_, f64>,
    method: &str,
    level: f64,
    n_resamples: usize,
    seed: u64,
) -> PyResult<(f64, f64, f64)> {
    let values = values.as_array();
    let method: Method = method.parse()?;
    let is_brief = matches!(method, Method::StudentsT | Method::Normal) && values.len() < BRIEF_VALUES;
    let interval = run(py, is_brief, None, |workers| {
        interval_of_mean(&contiguous(values)?, method, level, n_resamples, seed, workers)
    })?;
    Ok((interval.value, interval.low, interval.high))
}
