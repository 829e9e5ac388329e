//! Boosting for Python.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::convert::{FloatMatrix, Matrix, Vector, contiguous, contiguous_option};
use super::detached::{detached, run};
use super::tree::{BRIEF_STEPS, rows_by};
use crate::ensemble::boosting::{self, Binned, BoostedTree, ColumnBins, GrowthParams, Learned, Loss};
use crate::error::{Error, Result};
use crate::persistence::{from_bytes, to_bytes};

#[pymodule(name = "boosting")]
pub(crate) mod boosting_module {
    #[pymodule_export]
    use super::{Boosting, BoostingLoss, BoostingParams, BoostingTraining, CodedRows, ColumnsBins};
}

/// How the values of each column become codes.
#[pyclass(frozen, module = "treering._core.boosting", name = "Bins")]
pub(crate) struct ColumnsBins(Arc<Vec<ColumnBins>>);

/// Rows as codes.
#[pyclass(frozen, module = "treering._core.boosting")]
pub(crate) struct CodedRows {
    rows: Binned,
    bins: Arc<Vec<ColumnBins>>,
}

/// How trees are grown.
#[pyclass(frozen, module = "treering._core.boosting")]
pub(crate) struct BoostingParams(GrowthParams);

/// What boosting lowers.
#[pyclass(frozen, module = "treering._core.boosting")]
pub(crate) struct BoostingLoss(Loss);

/// A trained model.
#[pyclass(frozen, module = "treering._core.boosting")]
pub(crate) struct Boosting(pub(super) Arc<boosting::Boosting>);

/// A model that learns, one iteration after the other.
#[pyclass(frozen, module = "treering._core.boosting")]
pub(crate) struct BoostingTraining {
    model: Arc<boosting::Boosting>,
    rows: Py<CodedRows>,
    /// Contiguous, and not copied: they are as large as the codes of eight columns.
    labels: Py<PyArray1<f64>>,
    weights: Option<Py<PyArray1<f64>>>,
    training: Mutex<boosting::Training>,
}

#[pymethods]
impl ColumnsBins {
    /// Bins of so many categories of each column, or of its numbers in the drawn rows.
    #[staticmethod]
    #[pyo3(signature = (x, drawn, weights, categories, max_bins, n_jobs=None))]
    fn learn(
        py: Python<'_>,
        x: FloatMatrix<'_>,
        drawn: Option<Vector<'_, u32>>,
        weights: Option<Vector<'_, f64>>,
        categories: Vec<Option<u8>>,
        max_bins: usize,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let view = x.view();
        let drawn = drawn.as_ref().map(|drawn| drawn.as_array());
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let bins = run(py, false, n_jobs, |workers| {
            let (drawn, weights) = (contiguous_option(drawn)?, contiguous_option(weights)?);
            ColumnBins::of_columns(view, drawn.as_deref(), weights.as_deref(), &categories, max_bins, workers)
        })?;
        Ok(Self(Arc::new(bins)))
    }

    /// Rows as codes of these bins.
    #[pyo3(signature = (x, n_jobs=None))]
    fn code(&self, py: Python<'_>, x: FloatMatrix<'_>, n_jobs: Option<i64>) -> PyResult<CodedRows> {
        let view = x.view();
        let rows = run(py, false, n_jobs, |workers| Binned::new(view, &self.0, workers))?;
        Ok(CodedRows { rows, bins: Arc::clone(&self.0) })
    }

    fn __repr__(&self) -> String {
        format!("<Bins: {} columns>", self.0.len())
    }
}

#[pymethods]
impl CodedRows {
    fn __len__(&self) -> usize {
        self.rows.rows()
    }

    fn __repr__(&self) -> String {
        format!("<CodedRows: {} rows of {} columns>", self.rows.rows(), self.rows.columns())
    }
}

#[pymethods]
impl BoostingParams {
    #[new]
    #[pyo3(signature = (
        *, max_leaf_nodes, max_depth, min_samples_leaf, l2_regularization, learning_rate, max_features, monotonic,
        interactions
    ))]
    #[allow(clippy::too_many_arguments)] // all by name
    fn new(
        max_leaf_nodes: Option<usize>,
        max_depth: Option<u32>,
        min_samples_leaf: u32,
        l2_regularization: f64,
        learning_rate: f64,
        max_features: f64,
        monotonic: Vec<i8>,
        interactions: Option<Vec<Vec<u32>>>,
    ) -> Self {
        Self(GrowthParams {
            max_leaf_nodes,
            max_depth,
            min_samples_leaf,
            l2_regularization,
            learning_rate,
            max_features,
            monotonic,
            interactions,
        })
    }
}

#[pymethods]
impl BoostingLoss {
    /// A loss by its name; the quantile or the number of classes, where it needs one.
    #[new]
    #[pyo3(signature = (name, *, quantile=None, classes=None))]
    fn new(name: &str, quantile: Option<f64>, classes: Option<usize>) -> PyResult<Self> {
        let loss = match (name, classes) {
            ("squared_error", _) => Loss::SquaredError,
            ("absolute_error", _) => Loss::AbsoluteError,
            ("quantile", _) => Loss::Quantile(quantile.unwrap_or(f64::NAN)),
            ("poisson", _) => Loss::Poisson,
            ("gamma", _) => Loss::Gamma,
            ("log_loss", Some(classes)) if classes > 2 => Loss::MultinomialLog(classes),
            ("log_loss", _) => Loss::BinaryLog,
            _ => return Err(Error::parameter("loss", "a loss of this class", name).into()),
        };
        loss.check()?;
        Ok(Self(loss))
    }

    /// The best single answer for all rows, before the link.
    fn baseline<'py>(
        &self,
        py: Python<'py>,
        labels: Vector<'py, f64>,
        weights: Option<Vector<'py, f64>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let labels = labels.as_array();
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let baseline = detached(py, |cancel| {
            let (labels, weights) = (contiguous(labels)?, contiguous_option(weights)?);
            self.0.baseline(&labels, weights.as_deref(), cancel)
        })?;
        Ok(baseline.into_pyarray(py))
    }

    /// The weighted mean loss of answers before the link.
    #[pyo3(signature = (labels, raw, weights, n_jobs=None))]
    fn mean(
        &self,
        py: Python<'_>,
        labels: Vector<'_, f64>,
        raw: Matrix<'_, f64>,
        weights: Option<Vector<'_, f64>>,
        n_jobs: Option<i64>,
    ) -> PyResult<f64> {
        let (labels, raw) = (labels.as_array(), raw.as_array());
        let weights = weights.as_ref().map(|weights| weights.as_array());
        run(py, false, n_jobs, |workers| {
            let (labels, weights) = (contiguous(labels)?, contiguous_option(weights)?);
            self.0.mean(&labels, raw, weights.as_deref(), workers)
        })
    }
}

impl Boosting {
    pub(super) fn new(model: boosting::Boosting) -> Self {
        Self(Arc::new(model))
    }
}

#[pymethods]
impl Boosting {
    /// A model without trees, of so many classes if it tells classes apart.
    #[staticmethod]
    fn empty(bins: &ColumnsBins, classes: Option<u32>, baseline: Vec<f64>) -> PyResult<Self> {
        Ok(Self::new(boosting::Boosting::new(bins.0.to_vec(), classes, baseline)?))
    }

    #[getter]
    fn bins(&self) -> ColumnsBins {
        ColumnsBins(Arc::new(self.0.bins().to_vec()))
    }

    #[getter]
    fn baseline<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.0.baseline())
    }

    #[getter]
    fn columns(&self) -> usize {
        self.0.bins().len()
    }

    /// Of each column the number of its categories; None of columns of numbers.
    #[getter]
    fn categories(&self) -> Vec<Option<usize>> {
        self.0.bins().iter().map(|bins| bins.is_categorical().then(|| bins.count())).collect()
    }

    /// How many numbers a row is answered with.
    #[getter]
    fn width(&self) -> usize {
        self.0.outputs()
    }

    /// The number of iterations.
    fn __len__(&self) -> usize {
        self.0.iterations()
    }

    /// The number of leaves of all trees, and the largest depth of one, from an iteration on.
    fn size(&self, first: usize) -> (usize, u32) {
        size(self.0.trees().get(first.saturating_mul(self.0.outputs())..).unwrap_or_default())
    }

    /// The model as it was after some iterations.
    fn first(&self, iterations: usize) -> Self {
        Self::new(self.0.first(iterations))
    }

    /// What it answers before its link.
    #[pyo3(signature = (x, n_jobs=None))]
    fn raw<'py>(
        &self,
        py: Python<'py>,
        x: FloatMatrix<'py>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let view = x.view();
        let steps = view.rows().saturating_mul(self.0.nodes() / 4 + 4 * self.0.bins().len());
        let raw = run(py, steps < BRIEF_STEPS, n_jobs, |workers| self.0.raw(view, workers))?;
        Ok(rows_by(view.rows(), self.0.outputs(), raw)?.into_pyarray(py))
    }

    /// What iterations add to the answers, with what the model begins with if the first is among
    /// them.
    #[pyo3(signature = (rows, first, end, n_jobs=None))]
    fn added<'py>(
        &self,
        py: Python<'py>,
        rows: &CodedRows,
        first: usize,
        end: usize,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let raw = run(py, false, n_jobs, |workers| {
            check_bins(&self.0, rows)?;
            self.0.added(&rows.rows, first..end, workers)
        })?;
        Ok(rows_by(rows.rows.rows(), self.0.outputs(), raw)?.into_pyarray(py))
    }

    fn partial_dependence<'py>(
        &self,
        py: Python<'py>,
        grid: FloatMatrix<'py>,
        columns: Vec<usize>,
        output: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let grid = grid.view();
        let means = detached(py, |cancel| self.0.partial_dependence(grid, &columns, output, cancel))?;
        Ok(means.into_pyarray(py))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &detached(py, |_| to_bytes(&*self.0))?))
    }

    #[staticmethod]
    #[pyo3(name = "from_bytes")]
    fn read(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        Ok(Self::new(detached(py, |_| from_bytes(data))?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, (bytes,)))
    }

    fn __repr__(&self) -> String {
        format!("<Boosting: {} iterations>", self.0.iterations())
    }
}

/// The number of leaves of some trees, and the largest depth of one.
fn size(trees: &[BoostedTree]) -> (usize, u32) {
    (trees.iter().map(BoostedTree::leaves).sum(), trees.iter().map(BoostedTree::max_depth).max().unwrap_or(0))
}

/// Codes of other bins would be walked down as if they were of these.
fn check_bins(model: &boosting::Boosting, rows: &CodedRows) -> Result<()> {
    if model.bins() == rows.bins.as_slice() {
        return Ok(());
    }
    Err(Error::value("the coded rows", "codes of other bins", "rows coded by the model's own bins"))
}

impl BoostingTraining {
    fn lock(&self) -> MutexGuard<'_, boosting::Training> {
        self.training.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The labels and the weights.
    fn learned<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(PyReadonlyArray1<'py, f64>, Option<PyReadonlyArray1<'py, f64>>)> {
        let read = |own: &Py<PyArray1<f64>>| Ok::<_, PyErr>(own.bind(py).try_readonly()?);
        Ok((read(&self.labels)?, self.weights.as_ref().map(read).transpose()?))
    }
}

#[pymethods]
impl BoostingTraining {
    /// Goes on with a model on coded rows.
    #[new]
    #[pyo3(signature = (model, rows, labels, weights, loss, seed, n_jobs=None))]
    #[allow(clippy::too_many_arguments)] // a model, data, and how it is lowered
    fn new(
        py: Python<'_>,
        model: &Boosting,
        rows: Py<CodedRows>,
        labels: Vector<'_, f64>,
        weights: Option<Vector<'_, f64>>,
        loss: &BoostingLoss,
        seed: u64,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let kept = (labels.as_unbound().clone_ref(py), weights.as_ref().map(|own| own.as_unbound().clone_ref(py)));
        let labels = labels.as_array();
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let coded = rows.get();
        let training = run(py, false, n_jobs, |workers| {
            check_bins(&model.0, coded)?;
            let count = coded.rows.rows();
            for (what, own) in [("labels, without gaps", Some(labels)), ("weights, without gaps", weights)] {
                if let Some(own) = own.filter(|own| own.len() != count || own.as_slice().is_none()) {
                    return Err(Error::shape(what, count, own.len()));
                }
            }
            boosting::Training::new(&model.0, loss.0, &coded.rows, seed, workers)
        })?;
        let (labels, weights) = kept;
        Ok(Self { model: Arc::clone(&model.0), rows, labels, weights, training: Mutex::new(training) })
    }

    /// Adds one iteration.
    #[pyo3(signature = (params, n_jobs=None))]
    fn boost(&self, py: Python<'_>, params: &BoostingParams, n_jobs: Option<i64>) -> PyResult<()> {
        let binned = &self.rows.get().rows;
        let (labels, weights) = self.learned(py)?;
        let (labels, weights) = (labels.as_slice()?, weights.as_ref().map(|own| own.as_slice()).transpose()?);
        run(py, false, n_jobs, |workers| {
            let learned = Learned { binned, bins: self.model.bins(), labels, weights };
            workers.inside(|| self.lock().boost(&learned, &params.0, workers))
        })
    }

    /// The mean loss of the rows.
    #[pyo3(signature = (n_jobs=None))]
    fn mean_loss(&self, py: Python<'_>, n_jobs: Option<i64>) -> PyResult<f64> {
        let (labels, weights) = self.learned(py)?;
        let (labels, weights) = (labels.as_slice()?, weights.as_ref().map(|own| own.as_slice()).transpose()?);
        run(py, false, n_jobs, |workers| self.lock().mean_loss(labels, weights, workers))
    }

    /// What the rows are answered before the link.
    fn raw<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let raw = rows_by(self.model.outputs(), self.rows.get().rows.rows(), self.lock().raw().to_vec())?;
        raw.into_pyarray(py).into_any().getattr("T")
    }

    /// Answers for other rows, with what the last iteration adds.
    #[pyo3(signature = (rows, raw, n_jobs=None))]
    fn with_last<'py>(
        &self,
        py: Python<'py>,
        rows: &CodedRows,
        raw: Matrix<'py, f64>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let raw = raw.as_array();
        let raw = run(py, false, n_jobs, |workers| {
            check_bins(&self.model, rows)?;
            let mut raw = contiguous(raw)?.into_owned();
            self.lock().add_last(&rows.rows, &mut raw, workers)?;
            Ok(raw)
        })?;
        Ok(rows_by(rows.rows.rows(), self.model.outputs(), raw)?.into_pyarray(py))
    }

    /// The number of leaves of the last iteration's trees, and the largest depth of one.
    fn last_size(&self) -> (usize, u32) {
        size(self.lock().last())
    }

    /// The model with all iterations so far.
    fn model(&self) -> Boosting {
        Boosting::new(self.lock().added_to(&self.model))
    }
}
