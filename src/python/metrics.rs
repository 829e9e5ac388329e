//! `treering._core.metrics`: tables of counts and what follows from them.

use ndarray::{ArrayView1, ArrayView2, Axis};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PySlice, PyString};

use super::convert::{FloatMatrix, FloatVector, Matrix, Vector, contiguous, contiguous_option};
use super::detached::{detached, run};
use super::stats::column;
use crate::data::MatrixView;
use crate::error::{Error, Result};
use crate::metrics::intervals::IntervalParams;
use crate::metrics::probability::log_loss as log_loss_of;
use crate::metrics::text::Dictionary;
use crate::metrics::{self, Average, Interval, contingency::rank};
use crate::runtime::memory::reserved;
use crate::runtime::{Cancel, Workers};
use crate::stats::sort::Column;

/// The module `treering._core.metrics`.
#[pymodule(name = "metrics")]
pub(crate) mod metrics_module {
    #[pymodule_export]
    use crate::python::regression::{max_errors, mean_interval, mean_losses, median_absolute_errors, variations};

    #[pymodule_export]
    use super::{
        Contingency, contingency, contingency_of_matrix, encode_text, encode_text_rows, log_loss, ranks, roc_auc,
        roc_auc_one_vs_rest, whole_numbers,
    };
}

/// Fewer rows than this are counted within some 50 microseconds.
const BRIEF_ROWS: usize = 30_000;

/// Fewer labels than this are looked up within that time.
const BRIEF_LABELS: usize = 1000;

/// Rows that are read between two looks for a signal.
const POLL_ROWS: usize = 1 << 16;

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
    fn positions<'py>(&self, py: Python<'py>, labels: Vector<'py, i64>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let labels = labels.as_array();
        let places = run(py, labels.len() < BRIEF_LABELS, None, |_| {
            let places = self.table.positions(&contiguous(labels)?);
            Ok(places.into_iter().map(|place| place.map_or(-1, |i| i as i64)).collect::<Vec<_>>())
        })?;
        Ok(places.into_pyarray(py))
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
        let labels = labels.as_ref().map(|labels| labels.as_array());
        let average: Average = average.parse()?;
        let count = labels.map_or(0, |labels| labels.len()).max(self.table.labels.len());
        let scores = run(py, count < BRIEF_LABELS, None, |_| {
            let places = contiguous_option(labels)?.map(|labels| self.table.positions(&labels));
            Ok(metrics::precision_recall_fscore(&self.table, places.as_deref(), average, beta, zero_division))
        })?;
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
        let labels = labels.as_ref().map(|labels| labels.as_array());
        let average: Average = average.parse()?;
        let params = IntervalParams { level, resamples: n_resamples, seed, zero_division };
        let summary = run(py, false, None, |workers| {
            let places = contiguous_option(labels)?.map(|labels| self.table.positions(&labels));
            metrics::summarise(&self.table, places.as_deref(), average, &params, workers)
        })?;
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
    let (y_true, y_pred) = (y_true.as_array(), y_pred.as_array());
    let weights = weights.as_ref().map(|weights| weights.as_array());
    let table = run(py, y_true.len() < BRIEF_ROWS, None, |workers| {
        let weights = contiguous_option(weights)?;
        metrics::Contingency::count(&contiguous(y_true)?, &contiguous(y_pred)?, weights.as_deref(), workers)
    })?;
    Ok(Contingency { table })
}

/// The table that a matrix of counts already is; labels are its row numbers.
#[pyfunction]
fn contingency_of_matrix(py: Python<'_>, matrix: Matrix<'_, f64>) -> PyResult<Contingency> {
    let matrix = matrix.as_array();
    let table = run(py, matrix.len() < BRIEF_ROWS, None, |_| {
        let cells = contiguous(matrix)?.into_owned();
        metrics::Contingency::from_cells((0..matrix.nrows() as i64).collect(), cells)
    })?;
    Ok(Contingency { table })
}

/// Floats that are all whole numbers within ±2^53, as int64; else None.
#[pyfunction]
fn whole_numbers<'py>(py: Python<'py>, values: FloatVector<'py>) -> PyResult<Option<Bound<'py, PyArray1<i64>>>> {
    let column = column(&values);
    let whole = run(py, column.len() < BRIEF_ROWS, None, |workers| match column {
        Column::F32(values) => to_whole(values, workers.cancel()),
        Column::F64(values) => to_whole(values, workers.cancel()),
    })?;
    Ok(whole.map(|values| values.into_pyarray(py)))
}

fn to_whole<F: Copy + Into<f64>>(values: ArrayView1<'_, F>, cancel: &Cancel) -> Result<Option<Vec<i64>>> {
    const EXACT: f64 = (1u64 << 53) as f64;
    let mut integers = reserved(values.len())?;
    for chunk in values.axis_chunks_iter(Axis(0), POLL_ROWS) {
        cancel.check()?;
        let mut whole = true;
        integers.extend(contiguous(chunk)?.iter().map(|&value| {
            let value: f64 = value.into();
            let integer = value as i64;
            whole &= integer as f64 == value && value.abs() <= EXACT;
            integer
        }));
        if !whole {
            return Ok(None);
        }
    }
    Ok(Some(integers))
}

type Ranks<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<u32>>);

/// The distinct labels, sorted, and each row's place among them.
#[pyfunction]
fn ranks<'py>(py: Python<'py>, labels: Vector<'py, i64>) -> PyResult<Ranks<'py>> {
    let labels = labels.as_array();
    let is_brief = labels.len() < BRIEF_ROWS;
    let (distinct, codes) = run(py, is_brief, None, |workers| rank(&[&contiguous(labels)?], workers.cancel()))?;
    Ok((distinct.into_pyarray(py), codes.into_pyarray(py)))
}

type Encoded<'py> = (Vec<String>, Vec<Bound<'py, PyArray1<i64>>>);

/// Text labels as their places among the distinct ones; None unless every label is a plain str.
///
/// `arrays` are numpy's, of objects. They are read through Python, piece by piece: a slot may hold
/// no object at all, and the handler of a signal may change the array or its length.
#[pyfunction]
fn encode_text<'py>(py: Python<'py>, arrays: Vec<Bound<'py, PyAny>>) -> PyResult<Option<Encoded<'py>>> {
    let mut dictionary = Dictionary::<str>::new();
    let mut codes: Vec<Vec<u32>> = Vec::with_capacity(arrays.len());
    for array in &arrays {
        let rows = array.len()?;
        let mut column = reserved(rows)?;
        while column.len() < rows {
            let (start, stop) = (column.len(), rows.min(column.len() + POLL_ROWS));
            let piece = PySlice::new(py, start as isize, stop as isize, 1);
            let objects = array.get_item(piece)?.call_method0("tolist")?.cast_into::<PyList>()?;
            if objects.len() != stop - start {
                return Err(PyValueError::new_err("an array of labels changed its length while it was read"));
            }
            if !encode_objects(&objects, &mut column, &mut dictionary) {
                return Ok(None);
            }
            py.check_signals()?;
        }
        codes.push(column);
    }
    let (texts, places) = dictionary.into_sorted();
    Ok(Some((texts, placed(py, &codes, &places)?)))
}

/// Adds the codes of some objects to a column; false where one is no plain text.
fn encode_objects(objects: &Bound<'_, PyList>, column: &mut Vec<u32>, dictionary: &mut Dictionary<str>) -> bool {
    // A column of text holds few objects many times; their addresses tell them apart at once, as
    // long as the list keeps them alive.
    let mut seen: Vec<(usize, u32)> = vec![(0, 0); 1024];
    for object in objects {
        let address = object.as_ptr() as usize;
        let slot = &mut seen[(address >> 4) & 1023];
        if slot.0 != address {
            let Some(text) = object.cast_exact::<PyString>().ok().and_then(|text| text.to_str().ok()) else {
                return false;
            };
            *slot = (address, dictionary.code(text));
        }
        column.push(slot.1);
    }
    true
}

/// The same for numpy's fixed-width text, given as one row of code points per label.
#[pyfunction]
fn encode_text_rows<'py>(py: Python<'py>, arrays: Vec<Matrix<'py, u32>>) -> PyResult<Option<Encoded<'py>>> {
    let views: Vec<ArrayView2<'_, u32>> = arrays.iter().map(|array| array.as_array()).collect();
    let encoded = detached(py, |cancel| {
        let texts = views.iter().map(|view| contiguous(*view)).collect::<Result<Vec<_>>>()?;
        let mut dictionary = Dictionary::<[u32]>::new();
        let mut codes = Vec::new();
        for (text, view) in texts.iter().zip(&views) {
            let mut column = reserved(view.nrows())?;
            for (row, points) in text.chunks_exact(view.ncols().max(1)).enumerate() {
                if row % POLL_ROWS == 0 {
                    cancel.check()?;
                }
                column.push(dictionary.code(trimmed(points)));
            }
            codes.push(column);
        }
        let (distinct, places) = dictionary.into_sorted();
        let distinct = distinct.iter().map(|points| decoded(points)).collect::<Option<Vec<String>>>();
        Ok(distinct.map(|distinct| (distinct, places, codes)))
    })?;
    let Some((texts, places, codes)) = encoded else { return Ok(None) };
    Ok(Some((texts, placed(py, &codes, &places)?)))
}

/// numpy pads short text with zeros.
fn trimmed(row: &[u32]) -> &[u32] {
    let length = row.iter().rposition(|&point| point != 0).map_or(0, |last| last + 1);
    &row[..length]
}

fn decoded(points: &[u32]) -> Option<String> {
    points.iter().map(|&point| char::from_u32(point)).collect()
}

/// Each column's codes replaced by the places of their values.
fn placed<'py>(py: Python<'py>, columns: &[Vec<u32>], places: &[i64]) -> PyResult<Vec<Bound<'py, PyArray1<i64>>>> {
    let rows = columns.iter().map(Vec::len).sum::<usize>();
    let columns = run(py, rows < BRIEF_ROWS, None, |_| {
        let place = |codes: &Vec<u32>| {
            let mut column: Vec<i64> = reserved(codes.len())?;
            column.extend(codes.iter().map(|&code| places[code as usize]));
            Ok(column)
        };
        columns.iter().map(place).collect::<Result<Vec<_>>>()
    })?;
    Ok(columns.into_iter().map(|column| column.into_pyarray(py)).collect())
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
    let codes = codes.as_array();
    let weights = weights.as_ref().map(|weights| weights.as_array());
    let view = probabilities.view();
    let is_brief = codes.len().saturating_mul(4 + view.columns()) < BRIEF_ROWS;
    let loss = run(py, is_brief, None, |workers| {
        let (codes, weights) = (contiguous(codes)?, contiguous_option(weights)?);
        match view {
            MatrixView::F32(view) => log_loss_of(&codes, view, weights.as_deref(), epsilon, tolerance, workers),
            MatrixView::F64(view) => log_loss_of(&codes, view, weights.as_deref(), epsilon, tolerance, workers),
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
    let (codes, scores) = (codes.as_array(), scores.as_array());
    let weights = weights.as_ref().map(|weights| weights.as_array());
    same_length(codes.len(), scores.len())?;
    run(py, codes.len() < BRIEF_ROWS / 10, None, |workers| {
        let (codes, weights) = (contiguous(codes)?, contiguous_option(weights)?);
        metrics::ranking::roc_auc(|row| codes[row] == positive, &contiguous(scores)?, weights.as_deref(), workers)
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
    let (codes, scores) = (codes.as_array(), scores.as_array());
    let weights = weights.as_ref().map(|weights| weights.as_array());
    same_length(codes.len(), scores.nrows())?;
    let areas = run(py, scores.len() < BRIEF_ROWS / 10, None, |workers| {
        let (codes, weights) = (contiguous(codes)?, contiguous_option(weights)?);
        let cancel = workers.cancel();
        workers.alone_if(codes.len() < 10_000).map(scores.ncols(), |class| {
            let column = contiguous(scores.index_axis(Axis(1), class))?;
            let is_class = |row: usize| codes[row] == class as u32;
            metrics::ranking::roc_auc(is_class, &column, weights.as_deref(), Workers::new(1, cancel))
        })
    })?;
    Ok(areas.into_pyarray(py))
}

fn same_length(labels: usize, scores: usize) -> Result<()> {
    if labels == scores { Ok(()) } else { Err(Error::shape("the number of scores", labels, scores)) }
}
