//! Forests for Python.

use std::sync::Arc;

use ndarray::ArrayView1;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArray3};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::convert::{FeatureMatrix, Matrix, Vector, contiguous_option};
use super::detached::{detached, run};
use super::labels::{LabelMatrix, outputs_of};
use super::tree::{BRIEF_STEPS, Passed, Tree, TreeParams, rows_by};
use crate::data::{CodedMatrix, Features};
use crate::ensemble::{self, Bootstrap, IsolationParams, Sampler, isolation};
use crate::error::Result;
use crate::persistence::{from_bytes, to_bytes};
use crate::runtime::Workers;
use crate::runtime::memory::reserved;
use crate::tree::{Shuffles, TrainingRows};

#[pymodule(name = "ensemble")]
pub(crate) mod ensemble_module {
    #[pymodule_export]
    use super::{Forest, ForestParams};
}

/// How a forest is grown.
#[pyclass(frozen, module = "treering._core.ensemble")]
#[derive(Clone)]
pub(crate) struct ForestParams(pub(super) ensemble::ForestParams);

#[pymethods]
impl ForestParams {
    #[new]
    #[pyo3(signature = (*, n_estimators, tree, bootstrap_draws, balanced_subsample))]
    fn new(n_estimators: usize, tree: &TreeParams, bootstrap_draws: Option<usize>, balanced_subsample: bool) -> Self {
        let bootstrap = bootstrap_draws.map(|draws| Bootstrap { draws, balanced: balanced_subsample });
        Self(ensemble::ForestParams { n_estimators, tree: tree.0.clone(), bootstrap })
    }

    /// Parameters of a forest from which those of all variants can be read, if there are any.
    #[staticmethod]
    fn loosest(variants: Vec<Bound<'_, Self>>) -> Option<Self> {
        let variants: Vec<_> = variants.iter().map(|params| params.get().0.clone()).collect();
        ensemble::ForestParams::loosest(&variants).map(Self)
    }

    #[getter]
    fn n_estimators(&self) -> usize {
        self.0.n_estimators
    }

    #[getter]
    fn bootstrap_draws(&self) -> Option<usize> {
        self.0.bootstrap.as_ref().map(|bootstrap| bootstrap.draws)
    }
}

/// A trained forest.
#[pyclass(frozen, module = "treering._core.ensemble")]
pub(crate) struct Forest(pub(super) ensemble::Forest);

impl Forest {
    /// The key that a tree was grown with.
    fn key(&self, index: usize) -> Result<u64> {
        let keys = self.0.keys();
        keys.get(index).copied().ok_or_else(|| crate::Error::shape("trees of the forest", keys.len(), index))
    }

    /// Runs work on few rows with the GIL held, on many without it.
    fn predict<T: Send>(
        &self,
        py: Python<'_>,
        matrix: Features<'_>,
        n_jobs: Option<i64>,
        work: impl FnOnce(Workers<'_>) -> Result<T> + Send,
    ) -> PyResult<T> {
        // One of the first calls lays the trees out.
        let steps = self
            .0
            .steps()
            .map_or(usize::MAX, |steps| matrix.rows().saturating_mul(steps.saturating_add(self.0.columns())));
        run(py, steps < BRIEF_STEPS, n_jobs, work)
    }
}

fn sampler(rows: usize, draws: usize, weights: Option<ArrayView1<'_, f64>>) -> Result<Sampler> {
    Sampler::new(rows, draws, contiguous_option(weights)?.as_deref())
}

#[pymethods]
impl Forest {
    /// A forest without trees: of so many classes for every output, or of so many numbers.
    #[staticmethod]
    fn empty(columns: usize, class_counts: Option<Vec<u32>>, numbers: usize) -> PyResult<Self> {
        Ok(Self(ensemble::Forest::empty(columns, outputs_of(class_counts, numbers))?))
    }

    #[pyo3(signature = (x, y, weights, params, seed, n_jobs))]
    #[allow(clippy::too_many_arguments)] // data, then how to grow
    fn grown(
        &self,
        py: Python<'_>,
        x: FeatureMatrix<'_>,
        y: LabelMatrix<'_>,
        weights: Option<Vector<'_, f64>>,
        params: &ForestParams,
        seed: u64,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let (view, labels) = (x.view()?, y.view());
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let forest = run(py, false, n_jobs, |workers| {
            let (labels, weights) = (labels.rows()?, contiguous_option(weights)?);
            let coded = CodedMatrix::encode(view, workers)?.binned(params.0.tree.max_bins, workers)?;
            let rows = coded.all_rows()?;
            let targets = labels.targets(self.0.outputs());
            let training = TrainingRows { matrix: &coded, rows: &rows, targets, weights: weights.as_deref() };
            self.0.grown(&training, &params.0, seed, workers)
        })?;
        Ok(Self(forest))
    }

    /// This forest with isolation trees added: so many in all, each of so many rows and columns.
    #[pyo3(signature = (x, weights, n_estimators, draws, bootstrap, max_features, seed, n_jobs))]
    #[allow(clippy::too_many_arguments)] // data, then how to grow
    fn isolated(
        &self,
        py: Python<'_>,
        x: FeatureMatrix<'_>,
        weights: Option<Vector<'_, f64>>,
        n_estimators: usize,
        draws: usize,
        bootstrap: bool,
        max_features: usize,
        seed: u64,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let view = x.view()?;
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let params = IsolationParams { n_estimators, draws, bootstrap, max_features };
        let forest = run(py, false, n_jobs, |workers| {
            let weights = contiguous_option(weights)?;
            isolation::isolate(&self.0, view, weights.as_deref(), &params, seed, workers)
        })?;
        Ok(Self(forest))
    }

    /// The rows and the columns drawn for one isolation tree, ascending.
    #[allow(clippy::too_many_arguments)] // a place, then how it was grown
    fn isolated_from<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        rows: usize,
        weights: Option<Vector<'py, f64>>,
        draws: usize,
        bootstrap: bool,
        max_features: usize,
    ) -> PyResult<[Bound<'py, PyArray1<i32>>; 2]> {
        let key = self.key(index)?;
        let columns = self.0.columns();
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let params = IsolationParams { n_estimators: 1, draws, bootstrap, max_features };
        let (rows, columns) = run(py, rows < BRIEF_STEPS, None, |workers| {
            params.check(rows, columns)?;
            let weights = contiguous_option(weights)?;
            let drawn = isolation::drawn_rows(key, rows, weights.as_deref(), &params, workers.cancel())?;
            let numbers = |drawn: Vec<u32>| drawn.into_iter().map(|row| row as i32).collect::<Vec<_>>();
            Ok((numbers(drawn), numbers(isolation::drawn_columns(key, columns, max_features)?)))
        })?;
        Ok([rows.into_pyarray(py), columns.into_pyarray(py)])
    }

    #[getter]
    fn columns(&self) -> usize {
        self.0.columns()
    }

    /// How many values a row is answered with.
    #[getter]
    fn width(&self) -> usize {
        self.0.outputs().width()
    }

    fn __len__(&self) -> usize {
        self.0.trees().len()
    }

    /// A seed for the parameters of a tree, below 2³¹.
    fn seed(&self, index: usize) -> PyResult<u64> {
        Ok(self.key(index)? & 0x7fff_ffff)
    }

    fn kept(&self, indices: Vec<usize>) -> PyResult<Self> {
        Ok(Self(self.0.kept(&indices)?))
    }

    /// The forest of other parameters, read from this one of looser ones.
    #[pyo3(signature = (params, grown, n_jobs=None))]
    fn limited(
        &self,
        py: Python<'_>,
        params: &ForestParams,
        grown: &ForestParams,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        Ok(Self(run(py, false, n_jobs, |workers| self.0.limited(&params.0, &grown.0, workers))?))
    }

    fn tree(&self, index: usize) -> PyResult<Tree> {
        let trees = self.0.trees();
        let tree = trees.get(index).ok_or_else(|| crate::Error::shape("trees of the forest", trees.len(), index))?;
        Ok(Tree::new(Arc::clone(tree)))
    }

    fn importances<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let steps: usize = self.0.trees().iter().map(|tree| tree.nodes().len() + tree.columns()).sum();
        let importances = run(py, steps < BRIEF_STEPS, None, |workers| self.0.importances(workers.cancel()))?;
        Ok(importances.into_pyarray(py))
    }

    /// The means of the trees' answers: the shares of the classes, or numbers.
    #[pyo3(name = "predict", signature = (x, n_jobs=None))]
    fn predict_values<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let view = x.view()?;
        let values = self.predict(py, view, n_jobs, |workers| self.0.predict(view, workers))?;
        Ok(rows_by(view.rows(), self.0.outputs().width(), values)?.into_pyarray(py))
    }

    /// The same of shuffled rows: of each of the columns, given by the row that an order names for
    /// each row, one order after the other.
    #[pyo3(signature = (x, columns, orders, n_jobs=None))]
    fn predict_shuffled<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        columns: (usize, usize),
        orders: Matrix<'py, u32>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let view = x.view()?;
        let shuffles = Shuffles { columns: columns.0..columns.1, orders: orders.as_array() };
        let values = run(py, false, n_jobs, |workers| self.0.predict_shuffled(view, &shuffles, workers))?;
        let shape = (shuffles.count(), view.rows(), self.0.outputs().width());
        let values = rows_by(shape.0 * shape.1, shape.2, values)?;
        let tables = values.into_shape_with_order(shape).map_err(|error| crate::Error::internal(error.to_string()))?;
        Ok(tables.into_pyarray(py))
    }

    /// The class with the largest mean share, the first of equals, of a forest of one output.
    #[pyo3(signature = (x, n_jobs=None))]
    fn predict_codes<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let view = x.view()?;
        let codes = self.predict(py, view, n_jobs, |workers| {
            let shares = self.0.predict(view, workers)?;
            let mut codes: Vec<i64> = reserved(view.rows())?;
            codes.extend(shares.chunks_exact(self.0.outputs().width()).map(largest));
            Ok(codes)
        })?;
        Ok(codes.into_pyarray(py))
    }

    #[pyo3(signature = (x, n_jobs=None))]
    fn apply<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray2<i64>>> {
        let view = x.view()?;
        let leaves = self.predict(py, view, n_jobs, |workers| self.0.apply(view, workers))?;
        Ok(rows_by(view.rows(), self.0.trees().len(), leaves)?.into_pyarray(py))
    }

    /// One where a row passes a node of any tree, as a matrix of `scipy.sparse`.
    #[pyo3(signature = (x, n_jobs=None))]
    fn decision_path<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let view = x.view()?;
        let passed = self.predict(py, view, n_jobs, |workers| Passed::new(self.0.paths(view, workers)?))?;
        passed.into_matrix(py, self.0.trees().iter().map(|tree| tree.nodes().len()).sum())
    }

    /// What trees that left a row out answer for it, for every training row, and the number of rows
    /// that no tree left out.
    #[pyo3(signature = (x, draws, weights, n_jobs))]
    fn out_of_bag<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        draws: usize,
        weights: Option<Vector<'py, f64>>,
        n_jobs: Option<i64>,
    ) -> PyResult<(Bound<'py, PyArray2<f64>>, usize)> {
        let view = x.view()?;
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let result =
            run(py, false, n_jobs, |workers| self.0.out_of_bag(view, &sampler(view.rows(), draws, weights)?, workers))?;
        Ok((rows_by(view.rows(), self.0.outputs().width(), result.values)?.into_pyarray(py), result.rows_without_trees))
    }

    /// The rows drawn for one tree, in the order of drawing.
    fn drawn_rows<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        rows: usize,
        draws: usize,
        weights: Option<Vector<'py, f64>>,
    ) -> PyResult<Bound<'py, PyArray1<i32>>> {
        let key = self.key(index)?;
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let drawn = run(py, rows.max(draws) < BRIEF_STEPS, None, |workers| {
            if i32::try_from(rows).is_err() {
                return Err(crate::Error::shape("rows: more than int32 can number", i32::MAX as usize, rows));
            }
            let sampler = sampler(rows, draws, weights)?;
            let mut drawn = reserved(draws)?;
            sampler.draw(key, workers.cancel(), |row| drawn.push(row as i32))?;
            Ok(drawn)
        })?;
        Ok(drawn.into_pyarray(py))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &detached(py, |_| to_bytes(&self.0))?))
    }

    #[staticmethod]
    #[pyo3(name = "from_bytes")]
    fn read(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        Ok(Self(detached(py, |_| from_bytes(data))?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, (bytes,)))
    }

    fn __repr__(&self) -> String {
        format!("<Forest: {} trees>", self.0.trees().len())
    }
}

fn largest(shares: &[f64]) -> i64 {
    let mut best = 0;
    for (class, &share) in shares.iter().enumerate() {
        if share > shares[best] {
            best = class;
        }
    }
    best as i64
}
