//! Decision trees for Python.

use std::sync::{Arc, OnceLock};

use ndarray::{Array1, Array2, Array3};
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArray3};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::convert::{FloatMatrix, Vector, contiguous_option};
use super::detached::{detached, run};
use super::labels::{LabelMatrix, outputs_of};
use crate::data::{CodedMatrix, MatrixView};
use crate::error::{Error, Result};
use crate::persistence::{from_bytes, to_bytes};
use crate::runtime::{Workers, mix};
use crate::tree::{self, Criterion, Node, Outputs, Paths, Seed, Splitter, TrainingRows, Walker};

/// Fewer steps than this, of about a nanosecond each, are taken with the GIL held.
pub(super) const BRIEF_STEPS: usize = 40_000;

/// Fewer bytes than this are read with the GIL held.
const BRIEF_BYTES: usize = 1 << 16;

#[pymodule(name = "tree")]
pub(crate) mod tree_module {
    #[pymodule_export]
    use super::{Tree, TreeParams};
}

/// How a tree is grown, with relative sizes already resolved.
#[pyclass(frozen, module = "treering._core.tree")]
#[derive(Clone)]
pub(crate) struct TreeParams(pub(super) tree::TreeParams);

#[pymethods]
impl TreeParams {
    #[new]
    #[pyo3(signature = (*, criterion, splitter, max_depth, min_samples_split, min_samples_leaf,
        min_weight_fraction_leaf, max_features, max_leaf_nodes, min_impurity_decrease, ccp_alpha, monotonic))]
    #[allow(clippy::too_many_arguments)] // one keyword for each parameter, as in scikit-learn
    fn new(
        criterion: &str,
        splitter: &str,
        max_depth: Option<usize>,
        min_samples_split: usize,
        min_samples_leaf: usize,
        min_weight_fraction_leaf: f64,
        max_features: usize,
        max_leaf_nodes: Option<usize>,
        min_impurity_decrease: f64,
        ccp_alpha: f64,
        monotonic: Vec<i8>,
    ) -> PyResult<Self> {
        let params = tree::TreeParams {
            criterion: match criterion {
                "gini" => Criterion::Gini,
                "entropy" | "log_loss" => Criterion::Entropy,
                "squared_error" | "friedman_mse" => Criterion::SquaredError,
                "absolute_error" => Criterion::AbsoluteError,
                "poisson" => Criterion::Poisson,
                other => Err(Error::parameter("criterion", "a criterion of scikit-learn's trees", other))?,
            },
            splitter: match splitter {
                "best" => Splitter::Best,
                "random" => Splitter::Random,
                other => Err(Error::parameter("splitter", "'best' or 'random'", other))?,
            },
            max_depth,
            min_samples_split,
            min_samples_leaf,
            min_weight_fraction_leaf,
            max_features,
            max_leaf_nodes,
            min_impurity_decrease,
            ccp_alpha,
            monotonic,
        };
        params.check()?;
        Ok(Self(params))
    }
}

/// A grown tree.
#[pyclass(frozen, module = "treering._core.tree")]
pub(crate) struct Tree {
    tree: Arc<tree::Tree>,
    walker: OnceLock<Walker>,
}

impl Tree {
    pub(super) fn new(tree: Arc<tree::Tree>) -> Self {
        Self { tree, walker: OnceLock::new() }
    }

    fn of_nodes<'py, T: numpy::Element>(&self, py: Python<'py>, value: impl Fn(&Node) -> T) -> Bound<'py, PyArray1<T>> {
        self.tree.nodes().iter().map(value).collect::<Array1<T>>().into_pyarray(py)
    }

    /// Runs work on few rows with the GIL held, on many without it.
    fn predict_with<T: Send>(
        &self,
        py: Python<'_>,
        matrix: MatrixView<'_>,
        work: impl FnOnce(Workers<'_>) -> Result<T> + Send,
    ) -> PyResult<T> {
        // The first call lays the tree out.
        let nodes = if self.walker.get().is_some() { 0 } else { self.tree.nodes().len() };
        let steps = matrix.rows().saturating_mul(self.tree.columns() + self.tree.max_depth());
        run(py, steps.saturating_add(10 * nodes) < BRIEF_STEPS, None, work)
    }

    fn walker(&self, workers: Workers<'_>) -> Result<&Walker> {
        if let Some(walker) = self.walker.get() {
            return Ok(walker);
        }
        let walker = Walker::new(std::slice::from_ref(&self.tree), workers)?;
        Ok(self.walker.get_or_init(|| walker))
    }
}

/// A matrix of known shape from its values, row by row.
pub(super) fn rows_by<T>(rows: usize, columns: usize, values: Vec<T>) -> PyResult<Array2<T>> {
    Array2::from_shape_vec((rows, columns), values)
        .map_err(|error| Error::internal(format!("a result has another size than its shape: {error}")).into())
}

#[pymethods]
impl Tree {
    #[staticmethod]
    #[pyo3(signature = (x, y, class_counts, weights, params, seed, replay=None, n_jobs=None))]
    #[allow(clippy::too_many_arguments)] // data, then how to grow
    fn fit(
        py: Python<'_>,
        x: FloatMatrix<'_>,
        y: LabelMatrix<'_>,
        class_counts: Option<Vec<u32>>,
        weights: Option<Vector<'_, f64>>,
        params: &TreeParams,
        seed: u64,
        replay: Option<u32>,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let (view, labels, outputs) = (x.view(), y.view(), outputs_of(class_counts, 1));
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let tree = run(py, false, n_jobs, |workers| {
            let (labels, weights) = (labels.rows()?, contiguous_option(weights)?);
            let coded = CodedMatrix::encode(view, workers)?;
            let rows: Vec<u32> = (0..coded.rows() as u32).collect();
            let targets = labels.targets(&outputs);
            let training = TrainingRows { matrix: &coded, rows: &rows, targets, weights: weights.as_deref() };
            // A tree is the first of a forest of the same seed.
            let seed = replay.map_or(Seed::Key(mix(seed, 0)), Seed::Replay);
            tree::grow(&training, &params.0, seed, workers.cancel())
        })?;
        Ok(Self::new(Arc::new(tree)))
    }

    #[getter]
    fn node_count(&self) -> usize {
        self.tree.nodes().len()
    }

    #[getter]
    fn capacity(&self) -> usize {
        self.tree.nodes().len()
    }

    #[getter]
    fn max_depth(&self) -> usize {
        self.tree.max_depth()
    }

    #[getter]
    fn n_leaves(&self) -> usize {
        self.tree.leaves()
    }

    #[getter]
    fn n_features(&self) -> usize {
        self.tree.columns()
    }

    #[getter]
    fn n_outputs(&self) -> usize {
        self.tree.outputs().len()
    }

    #[getter]
    fn max_n_classes(&self) -> usize {
        self.tree.outputs().most_classes()
    }

    #[getter]
    fn n_classes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let counts = match self.tree.outputs() {
            Outputs::Classes(counts) => counts.iter().map(|&count| i64::from(count)).collect(),
            Outputs::Numbers(outputs) => Array1::ones(*outputs as usize),
        };
        counts.into_pyarray(py)
    }

    #[getter]
    fn children_left<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.of_nodes(py, |node| if node.is_leaf() { -1 } else { i64::from(node.left) })
    }

    #[getter]
    fn children_right<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.of_nodes(py, |node| if node.is_leaf() { -1 } else { i64::from(node.right) })
    }

    #[getter]
    fn feature<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.of_nodes(py, |node| if node.is_leaf() { -2 } else { i64::from(node.feature) })
    }

    #[getter]
    fn threshold<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.of_nodes(py, |node| if node.is_leaf() { -2.0 } else { node.threshold })
    }

    #[getter]
    fn impurity<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.of_nodes(py, |node| node.impurity)
    }

    #[getter]
    fn n_node_samples<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.of_nodes(py, |node| i64::from(node.rows))
    }

    #[getter]
    fn weighted_n_node_samples<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.of_nodes(py, |node| node.weight)
    }

    #[getter]
    fn missing_go_to_left<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        self.of_nodes(py, |node| u8::from(node.missing_left))
    }

    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let outputs = self.tree.outputs();
        let shape = (self.tree.nodes().len(), outputs.len(), outputs.most_classes());
        let value = Array3::from_shape_vec(shape, self.tree.values().to_vec())
            .map_err(|error| Error::internal(format!("a tree holds another number of values: {error}")))?;
        Ok(value.into_pyarray(py))
    }

    #[pyo3(signature = (normalize=true))]
    fn compute_feature_importances<'py>(
        &self,
        py: Python<'py>,
        normalize: bool,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let steps = self.tree.nodes().len() + self.tree.columns();
        Ok(run(py, steps < BRIEF_STEPS, None, |_| self.tree.importances(normalize))?.into_pyarray(py))
    }

    fn compute_node_depths<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        self.tree.depths().into_iter().map(|depth| i64::from(depth) + 1).collect::<Array1<i64>>().into_pyarray(py)
    }

    fn predict<'py>(&self, py: Python<'py>, x: FloatMatrix<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let view = x.view();
        let answers = self.predict_with(py, view, |workers| self.walker(workers)?.sums(view, workers))?;
        Ok(rows_by(view.rows(), self.tree.outputs().width(), answers)?.into_pyarray(py))
    }

    fn apply<'py>(&self, py: Python<'py>, x: FloatMatrix<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let view = x.view();
        let trees = std::slice::from_ref(&self.tree);
        Ok(self.predict_with(py, view, |workers| self.walker(workers)?.leaves(trees, view, workers))?.into_pyarray(py))
    }

    #[allow(clippy::type_complexity)] // the two arrays of a sparse matrix
    fn paths<'py>(
        &self,
        py: Python<'py>,
        x: FloatMatrix<'py>,
    ) -> PyResult<(Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>)> {
        let view = x.view();
        let Paths { nodes, starts } =
            self.predict_with(py, view, |workers| Paths::down(std::slice::from_ref(&self.tree), view, workers))?;
        Ok((nodes.into_pyarray(py), starts.into_pyarray(py)))
    }

    #[allow(clippy::type_complexity)] // the two arrays of a path
    fn pruning_path<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)> {
        let path = detached(py, |cancel| self.tree.pruning_path(cancel))?;
        Ok((path.alphas.into_pyarray(py), path.impurities.into_pyarray(py)))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = run(py, self.tree.nodes().len() < BRIEF_STEPS, None, |_| to_bytes(&*self.tree))?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[staticmethod]
    #[pyo3(name = "from_bytes")]
    fn read(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        let tree = run(py, data.len() < BRIEF_BYTES, None, |_| from_bytes(data))?;
        Ok(Self::new(Arc::new(tree)))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, (bytes,)))
    }

    fn __repr__(&self) -> String {
        let tree = &self.tree;
        format!("<Tree: {} nodes, {} leaves, depth {}>", tree.nodes().len(), tree.leaves(), tree.max_depth())
    }
}
