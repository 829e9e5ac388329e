//! `treering._core.metrics`: tables of counts and what follows from them.

use std::borrow::Cow;

use ndarray::{ArrayView1, ArrayView2, Axis};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::convert::{FloatMatrix, FloatVector, Matrix, Vector};
use super::detached::{brief, detached};
use crate::data::MatrixView;
use crate::error::{Error, Result};
use crate::metrics::intervals::IntervalParams;
use crate::metrics::text::Dictionary;
use crate::metrics::{self, Average, Interval, contingency::rank};
use crate::runtime::{Cancel, map_indices, thread_count};

/// The module `treering._core.metrics`.
#[pymodule(name = "metrics")]
pub(crate) mod metrics_module {
    #[pymodule_export]
    use super::{
        Contingency, contingency, contingency_of_matrix, encode_text, encode_text_rows, log_loss, ranks, roc_auc,
        roc_auc_one_vs_rest, whole_numbers,
    };
}

/// Fewer rows than this are counted within some 50 microseconds.
const BRIEF_ROWS: usize = 30_000;

/// Runs work on so many rows through the doorway that fits.
fn run<T: Send>(py: Python<'_>, rows: usize, work: impl FnOnce(usize) -> Result<T> + Send) -> PyResult<T> {
    if rows < BRIEF_ROWS {
        return brief(|| work(1));
    }
    let threads = thread_count(None)?;
    detached(py, |_| work(threads))
}

/// The values in one piece of memory: where they lie if they do, else a copy.
fn contiguous<T: Clone>(view: ArrayView1<'_, T>) -> Cow<'_, [T]> {
    match view.to_slice() {
        Some(slice) => Cow::Borrowed(slice),
        None => Cow::Owned(view.to_vec()),
    }
}

/// How often each label was true, was predicted, and was both.
#[pyclass(frozen, module = "treering._core.metrics")]
pub(crate) struct Contingency {
    table: metrics::Contingency,
}

type ScoreArrays<'py> =
    (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

type Triple = (f64, f64, f64);

#[pymethods]
impl Contingency {
    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_slice(py, &self.table.labels)
    }

    #[getter]
    fn n_labels(&self) -> usize {
        self.table.labels.len()
    }

    #[getter]
    fn rows(&self) -> usize {
        self.table.rows
    }

    #[getter]
    fn total(&self) -> f64 {
        self.table.total
    }

    #[getter]
    fn correct(&self) -> f64 {
        self.table.correct.iter().sum()
    }

    #[getter]
    fn accuracy(&self) -> f64 {
        self.table.accuracy()
    }

    /// The whole table, true labels by predicted labels; None above 512 labels.
    #[getter]
    fn cells<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArray2<f64>>>> {
        let k = self.table.labels.len();
        self.table.cells.as_ref().map(|cells| PyArray1::from_slice(py, cells).reshape([k, k])).transpose()
    }

    /// Where each label stands among the table's own; -1 for one that does not occur.
    fn positions<'py>(&self, py: Python<'py>, labels: Vector<'py, i64>) -> Bound<'py, PyArray1<i64>> {
        let places = self.table.positions(&contiguous(labels.as_array()));
        places.into_iter().map(|place| place.map_or(-1, |i| i as i64)).collect::<Vec<_>>().into_pyarray(py)
    }

    /// Precision, recall, F-score and support; which had denominators of 0; how many values.
    #[pyo3(signature = (labels, average, beta, zero_division))]
    fn scores<'py>(
        &self,
        py: Python<'py>,
        labels: Option<Vector<'py, i64>>,
        average: &str,
        beta: f64,
        zero_division: f64,
    ) -> PyResult<(ScoreArrays<'py>, (bool, bool, bool), usize)> {
        let places = labels.map(|labels| self.table.positions(&contiguous(labels.as_array())));
        let average: Average = average.parse()?;
        let scores = metrics::precision_recall_fscore(&self.table, places.as_deref(), average, beta, zero_division);
        let arrays = (
            scores.precision.into_pyarray(py),
            scores.recall.into_pyarray(py),
            scores.fscore.into_pyarray(py),
            scores.support.into_pyarray(py),
        );
        Ok((arrays, scores.undefined.into(), scores.compared))
    }

    /// Accuracy, precision, recall and F1, each as (value, low, high).
    #[pyo3(signature = (labels, average, level, zero_division, n_resamples, seed))]
    #[allow(clippy::too_many_arguments)] // called by one face, by keyword
    fn summary(
        &self,
        py: Python<'_>,
        labels: Option<Vector<'_, i64>>,
        average: &str,
        level: f64,
        zero_division: f64,
        n_resamples: usize,
        seed: u64,
    ) -> PyResult<(Triple, Triple, Triple, Triple)> {
        let places = labels.map(|labels| self.table.positions(&contiguous(labels.as_array())));
        let average: Average = average.parse()?;
        let params =
            IntervalParams { level, resamples: n_resamples, seed, zero_division, threads: thread_count(None)? };
        let work = |cancel: &Cancel| metrics::summarise(&self.table, places.as_deref(), average, &params, cancel);
        let summary = detached(py, work)?;
        let triple = |interval: Interval| (interval.value, interval.low, interval.high);
        Ok((triple(summary.accuracy), triple(summary.precision), triple(summary.recall), triple(summary.fscore)))
    }
}

/// The table of two arrays of whole-number labels.
#[pyfunction]
#[pyo3(signature = (y_true, y_pred, weights=None))]
fn contingency(
    py: Python<'_>,
    y_true: Vector<'_, i64>,
    y_pred: Vector<'_, i64>,
    weights: Option<Vector<'_, f64>>,
) -> PyResult<Contingency> {
    let (y_true, y_pred) = (contiguous(y_true.as_array()), contiguous(y_pred.as_array()));
    let weights = weights.as_ref().map(|weights| contiguous(weights.as_array()));
    let table =
        run(py, y_true.len(), |threads| metrics::Contingency::count(&y_true, &y_pred, weights.as_deref(), threads))?;
    Ok(Contingency { table })
}

/// The table that a matrix of counts already is; labels are its row numbers.
#[pyfunction]
fn contingency_of_matrix(matrix: Matrix<'_, f64>) -> PyResult<Contingency> {
    let labels = (0..matrix.shape()[0] as i64).collect();
    let cells = matrix.as_array().iter().copied().collect();
    brief(|| Ok(Contingency { table: metrics::Contingency::from_cells(labels, cells)? }))
}

/// Floats that are all whole numbers within ±2^53, as int64; else None.
#[pyfunction]
fn whole_numbers<'py>(py: Python<'py>, values: FloatVector<'py>) -> Option<Bound<'py, PyArray1<i64>>> {
    let whole = match &values {
        FloatVector::F32(values) => to_whole(values.as_array()),
        FloatVector::F64(values) => to_whole(values.as_array()),
    };
    whole.map(|values| values.into_pyarray(py))
}

fn to_whole<F: Copy + Into<f64>>(values: ArrayView1<'_, F>) -> Option<Vec<i64>> {
    const EXACT: f64 = (1u64 << 53) as f64;
    let mut whole = true;
    let integers = contiguous(values)
        .iter()
        .map(|&value| {
            let value: f64 = value.into();
            let integer = value as i64;
            whole &= integer as f64 == value && value.abs() <= EXACT;
            integer
        })
        .collect();
    whole.then_some(integers)
}

type Ranks<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<u32>>);

/// The distinct labels, sorted, and each row's place among them.
#[pyfunction]
fn ranks<'py>(py: Python<'py>, labels: Vector<'py, i64>) -> PyResult<Ranks<'py>> {
    let labels = contiguous(labels.as_array());
    let (distinct, codes) = run(py, labels.len(), |_| Ok(rank(&[&labels])))?;
    Ok((distinct.into_pyarray(py), codes.into_pyarray(py)))
}

type Encoded<'py> = (Vec<String>, Vec<Bound<'py, PyArray1<i64>>>);

/// Text labels as their places among the distinct ones; None unless every label is a str.
#[pyfunction]
fn encode_text<'py>(py: Python<'py>, arrays: Vec<Vector<'py, Py<PyAny>>>) -> Option<Encoded<'py>> {
    let views: Vec<_> = arrays.iter().map(|array| array.as_array()).collect();
    let mut dictionary = Dictionary::new();
    // A column of text holds few objects many times; their addresses tell them apart at once.
    let mut seen: Vec<(*mut pyo3::ffi::PyObject, u32)> = vec![(std::ptr::null_mut(), 0); 1024];
    let mut codes: Vec<Vec<u32>> = Vec::with_capacity(views.len());
    for view in &views {
        let mut column = Vec::with_capacity(view.len());
        for object in view {
            let address = object.as_ptr();
            let slot = &mut seen[(address as usize >> 4) & 1023];
            if slot.0 != address {
                let text = object.bind(py).cast::<PyString>().ok()?.to_str().ok()?;
                *slot = (address, dictionary.code(text));
            }
            column.push(slot.1);
        }
        codes.push(column);
    }
    let (texts, places) = dictionary.into_sorted();
    let texts = texts.into_iter().map(str::to_owned).collect();
    Some((texts, codes.into_iter().map(|column| placed(py, &column, &places)).collect()))
}

/// The same for numpy's fixed-width text, given as one row of code points per label.
#[pyfunction]
fn encode_text_rows<'py>(py: Python<'py>, arrays: Vec<Matrix<'py, u32>>) -> PyResult<Option<Encoded<'py>>> {
    let views: Vec<Cow<'_, [u32]>> = arrays
        .iter()
        .map(|array| match array.as_array().to_slice() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(array.as_array().iter().copied().collect()),
        })
        .collect();
    let widths: Vec<usize> = arrays.iter().map(|array| array.shape()[1]).collect();
    let encoded = detached(py, |_| {
        let mut dictionary = Dictionary::new();
        let codes: Vec<Vec<u32>> = views
            .iter()
            .zip(&widths)
            .map(|(rows, &width)| rows.chunks_exact(width.max(1)).map(|row| dictionary.code(trimmed(row))).collect())
            .collect();
        Ok((dictionary.into_sorted(), codes))
    })?;
    let ((texts, places), codes) = encoded;
    let Some(texts) = texts.into_iter().map(decoded).collect::<Option<Vec<String>>>() else {
        return Ok(None);
    };
    Ok(Some((texts, codes.into_iter().map(|column| placed(py, &column, &places)).collect())))
}

/// numpy pads short text with zeros.
fn trimmed(row: &[u32]) -> &[u32] {
    let length = row.iter().rposition(|&point| point != 0).map_or(0, |last| last + 1);
    &row[..length]
}

fn decoded(points: &[u32]) -> Option<String> {
    points.iter().map(|&point| char::from_u32(point)).collect()
}

fn placed<'py>(py: Python<'py>, codes: &[u32], places: &[i64]) -> Bound<'py, PyArray1<i64>> {
    codes.iter().map(|&code| places[code as usize]).collect::<Vec<i64>>().into_pyarray(py)
}

/// (sum of losses, sum of weights, every row sums to 1, every entry lies in 0..=1).
#[pyfunction]
#[pyo3(signature = (codes, probabilities, weights, epsilon, tolerance))]
fn log_loss(
    py: Python<'_>,
    codes: Vector<'_, u32>,
    probabilities: FloatMatrix<'_>,
    weights: Option<Vector<'_, f64>>,
    epsilon: f64,
    tolerance: f64,
) -> PyResult<(f64, f64, bool, bool)> {
    let codes = contiguous(codes.as_array());
    let weights = weights.as_ref().map(|weights| contiguous(weights.as_array()));
    let view = probabilities.view();
    let loss = run(py, 4 * codes.len(), |threads| match view {
        MatrixView::F32(view) => {
            metrics::probability::log_loss(&codes, view, weights.as_deref(), epsilon, tolerance, threads)
        }
        MatrixView::F64(view) => {
            metrics::probability::log_loss(&codes, view, weights.as_deref(), epsilon, tolerance, threads)
        }
    })?;
    Ok((loss.loss, loss.weight, loss.sums_to_one, loss.in_range))
}

/// The area under the ROC curve of the class `positive` against the others.
#[pyfunction]
#[pyo3(signature = (codes, positive, scores, weights))]
fn roc_auc(
    py: Python<'_>,
    codes: Vector<'_, u32>,
    positive: u32,
    scores: Vector<'_, f64>,
    weights: Option<Vector<'_, f64>>,
) -> PyResult<f64> {
    let codes = contiguous(codes.as_array());
    let scores = contiguous(scores.as_array());
    let weights = weights.as_ref().map(|weights| contiguous(weights.as_array()));
    brief(|| same_length(codes.len(), scores.len()))?;
    run(py, 10 * codes.len(), |threads| {
        metrics::ranking::roc_auc(|row| codes[row] == positive, &scores, weights.as_deref(), threads)
    })
}

/// The area of each class against the rest; class k is scored by column k.
#[pyfunction]
#[pyo3(signature = (codes, scores, weights))]
fn roc_auc_one_vs_rest<'py>(
    py: Python<'py>,
    codes: Vector<'py, u32>,
    scores: Matrix<'py, f64>,
    weights: Option<Vector<'py, f64>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let codes = contiguous(codes.as_array());
    let scores: ArrayView2<'_, f64> = scores.as_array();
    let weights = weights.as_ref().map(|weights| contiguous(weights.as_array()));
    brief(|| same_length(codes.len(), scores.nrows()))?;
    let areas = run(py, 10 * codes.len() * scores.ncols().max(1), |threads| {
        map_indices(if codes.len() < 10_000 { 1 } else { threads }, scores.ncols(), |class| {
            let column = scores.index_axis(Axis(1), class).to_vec();
            metrics::ranking::roc_auc(|row| codes[row] == class as u32, &column, weights.as_deref(), 1)
        })
    })?;
    Ok(areas.into_pyarray(py))
}

fn same_length(labels: usize, scores: usize) -> Result<()> {
    if labels == scores { Ok(()) } else { Err(Error::shape("the number of scores", labels, scores)) }
}
