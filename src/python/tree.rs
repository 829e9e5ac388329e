//! Decision trees for Python.

use std::sync::Arc;

use ndarray::{Array, Array1, Array2, Array3, Dimension};
use numpy::{Element, IntoPyArray, Ix1, Ix3, PyArray, PyArray1, PyArray3, PyArrayMethods, PyReadwriteArray1};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

use super::convert::{FeatureMatrix, FloatMatrix, Vector, contiguous_option};
use super::detached::{detached, run};
use super::labels::{LabelMatrix, outputs_of};
use crate::data::{CodedMatrix, Features};
use crate::error::{Error, Result};
use crate::persistence::{from_bytes, to_bytes};
use crate::runtime::memory::{filled, reserved};
use crate::runtime::{Workers, mix};
use crate::tree::{self, Criterion, LazyWalker, Node, Outputs, Paths, Seed, Splitter, TrainingRows};

/// Fewer steps than this, of up to four nanoseconds each, are taken with the GIL held.
pub(super) const BRIEF_STEPS: usize = 10_000;

/// Fewer nodes than this are written with the GIL held.
const BRIEF_NODES: usize = 1_000;

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
        min_weight_fraction_leaf, max_features, max_leaf_nodes, min_impurity_decrease, ccp_alpha, monotonic, max_bins))]
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
        max_bins: Option<usize>,
    ) -> PyResult<Self> {
        let params = tree::TreeParams {
            criterion: match criterion {
                "gini" => Criterion::Gini,
                "entropy" | "log_loss" => Criterion::Entropy,
                "squared_error" => Criterion::SquaredError,
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
            max_bins,
        };
        params.check()?;
        Ok(Self(params))
    }
}

/// A grown tree.
#[pyclass(frozen, module = "treering._core.tree")]
#[allow(clippy::struct_field_names)] // the tree of the core, with what Python asks of it
pub(crate) struct Tree {
    pub(super) tree: Arc<tree::Tree>,
    walker: LazyWalker,
    arrays: Arrays,
}

/// The nodes as arrays, each made when it is first asked for and kept: code written for
/// scikit-learn asks for them once for every node.
#[derive(Default)]
struct Arrays {
    children_left: Kept<i64, Ix1>,
    children_right: Kept<i64, Ix1>,
    feature: Kept<i64, Ix1>,
    threshold: Kept<f64, Ix1>,
    impurity: Kept<f64, Ix1>,
    n_node_samples: Kept<i64, Ix1>,
    weighted_n_node_samples: Kept<f64, Ix1>,
    missing_go_to_left: Kept<u8, Ix1>,
    value: Kept<f64, Ix3>,
}

/// A read-only array that is made once: to write into it would not change the tree.
struct Kept<T: Element, D: Dimension>(PyOnceLock<Py<PyArray<T, D>>>);

impl<T: Element, D: Dimension> Default for Kept<T, D> {
    fn default() -> Self {
        Self(PyOnceLock::new())
    }
}

impl<T: Element, D: Dimension> Kept<T, D> {
    fn get<'py>(
        &self,
        py: Python<'py>,
        make: impl FnOnce() -> Result<Array<T, D>>,
    ) -> PyResult<Bound<'py, PyArray<T, D>>> {
        let array = self.0.get_or_try_init(py, || {
            let array = make()?.into_pyarray(py);
            array.try_readwrite()?.make_nonwriteable();
            PyResult::Ok(array.unbind())
        })?;
        Ok(array.bind(py).clone())
    }
}

/// Which nodes rows pass.
pub(super) struct Passed {
    paths: Paths,
    ones: Vec<i64>,
}

impl Passed {
    pub(super) fn new(paths: Paths) -> Result<Self> {
        Ok(Self { ones: filled(1, paths.nodes.len())?, paths })
    }

    /// One where a row passes a node, as a matrix of `scipy.sparse`.
    pub(super) fn into_matrix(self, py: Python<'_>, nodes: usize) -> PyResult<Bound<'_, PyAny>> {
        let shape = (self.paths.starts.len() - 1, nodes);
        let parts = (self.ones.into_pyarray(py), self.paths.nodes.into_pyarray(py), self.paths.starts.into_pyarray(py));
        py.import("scipy.sparse")?.call_method1("csr_matrix", (parts, shape))
    }
}

impl Tree {
    pub(super) fn new(tree: Arc<tree::Tree>) -> Self {
        Self { tree, walker: LazyWalker::default(), arrays: Arrays::default() }
    }

    fn of_nodes<'py, T: Element>(
        &self,
        py: Python<'py>,
        kept: &Kept<T, Ix1>,
        value: impl Fn(&Node) -> T,
    ) -> PyResult<Bound<'py, PyArray1<T>>> {
        kept.get(py, || {
            let mut values = reserved(self.tree.nodes().len())?;
            values.extend(self.tree.nodes().iter().map(value));
            Ok(Array1::from_vec(values))
        })
    }

    /// Runs work on few rows with the GIL held, on many without it.
    fn predict_with<T: Send>(
        &self,
        py: Python<'_>,
        matrix: Features<'_>,
        n_jobs: Option<i64>,
        work: impl FnOnce(Workers<'_>) -> Result<T> + Send,
    ) -> PyResult<T> {
        // One of the first calls lays the tree out.
        let nodes = if self.walker.get().is_some() { 0 } else { self.tree.nodes().len() };
        let steps = matrix.rows().saturating_mul(self.tree.columns() + self.tree.max_depth());
        run(py, steps.saturating_add(10 * nodes) < BRIEF_STEPS, n_jobs, work)
    }

    /// Values row by row as an array with an axis for the outputs.
    fn by_output(&self, rows: usize, values: Vec<f64>) -> Result<Array3<f64>> {
        let outputs = self.tree.outputs();
        Array3::from_shape_vec((rows, outputs.len(), outputs.most_classes()), values)
            .map_err(|error| Error::internal(format!("a tree holds another number of values: {error}")))
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
    fn grow(
        py: Python<'_>,
        x: FeatureMatrix<'_>,
        y: LabelMatrix<'_>,
        class_counts: Option<Vec<u32>>,
        weights: Option<Vector<'_, f64>>,
        params: &TreeParams,
        seed: u64,
        replay: Option<u32>,
        n_jobs: Option<i64>,
    ) -> PyResult<Self> {
        let (view, labels, outputs) = (x.view()?, y.view(), outputs_of(class_counts, 1));
        let weights = weights.as_ref().map(|weights| weights.as_array());
        let tree = run(py, false, n_jobs, |workers| {
            let (labels, weights) = (labels.rows()?, contiguous_option(weights)?);
            let coded = CodedMatrix::encode(view, workers)?.binned(params.0.max_bins, workers)?;
            let rows = coded.all_rows()?;
            let targets = labels.targets(&outputs);
            let training = TrainingRows { matrix: &coded, rows: &rows, targets, weights: weights.as_deref() };
            // A tree is the first of a forest of the same seed.
            let seed = replay.map_or(Seed::Key(mix(seed, 0)), Seed::Replay);
            tree::grow(&training, &params.0, seed, workers)
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
    fn children_left<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.of_nodes(py, &self.arrays.children_left, |node| if node.is_leaf() { -1 } else { i64::from(node.left) })
    }

    #[getter]
    fn children_right<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.of_nodes(py, &self.arrays.children_right, |node| if node.is_leaf() { -1 } else { i64::from(node.right) })
    }

    #[getter]
    fn feature<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.of_nodes(py, &self.arrays.feature, |node| if node.is_leaf() { -2 } else { i64::from(node.feature) })
    }

    #[getter]
    fn threshold<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        self.of_nodes(py, &self.arrays.threshold, |node| if node.is_leaf() { -2.0 } else { node.threshold })
    }

    #[getter]
    fn impurity<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        self.of_nodes(py, &self.arrays.impurity, |node| node.impurity)
    }

    #[getter]
    fn n_node_samples<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        self.of_nodes(py, &self.arrays.n_node_samples, |node| i64::from(node.rows))
    }

    #[getter]
    fn weighted_n_node_samples<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        self.of_nodes(py, &self.arrays.weighted_n_node_samples, |node| node.weight)
    }

    #[getter]
    fn missing_go_to_left<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u8>>> {
        self.of_nodes(py, &self.arrays.missing_go_to_left, |node| u8::from(node.missing_left))
    }

    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<f64>>> {
        self.arrays.value.get(py, || self.by_output(self.tree.nodes().len(), self.tree.values().to_vec()))
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

    fn compute_node_depths<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let depths = self.tree.depths()?.into_iter().map(|depth| i64::from(depth) + 1);
        Ok(depths.collect::<Array1<i64>>().into_pyarray(py))
    }

    /// A row of values for each row; of several outputs, a row for each of them.
    #[pyo3(signature = (x, n_jobs=None))]
    fn predict<'py>(&self, py: Python<'py>, x: FeatureMatrix<'py>, n_jobs: Option<i64>) -> PyResult<Bound<'py, PyAny>> {
        let view = x.view()?;
        let trees = std::slice::from_ref(&self.tree);
        let answers = self.predict_with(py, view, n_jobs, |workers| self.walker.sums(trees, view, workers))?;
        Ok(if self.tree.outputs().len() == 1 {
            rows_by(view.rows(), self.tree.outputs().width(), answers)?.into_pyarray(py).into_any()
        } else {
            self.by_output(view.rows(), answers)?.into_pyarray(py).into_any()
        })
    }

    #[pyo3(signature = (x, n_jobs=None))]
    fn apply<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let view = x.view()?;
        let trees = std::slice::from_ref(&self.tree);
        Ok(self
            .predict_with(py, view, n_jobs, |workers| self.walker.walker(trees, workers)?.leaves(trees, view, workers))?
            .into_pyarray(py))
    }

    /// One where a row passes a node, as a matrix of `scipy.sparse`.
    #[pyo3(signature = (x, n_jobs=None))]
    fn decision_path<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let view = x.view()?;
        let trees = std::slice::from_ref(&self.tree);
        let passed = self.predict_with(py, view, n_jobs, |workers| Passed::new(Paths::down(trees, view, workers)?))?;
        passed.into_matrix(py, self.tree.nodes().len())
    }

    /// Adds the mean answer where some columns are held fixed, for every row of a grid of them.
    fn compute_partial_dependence<'py>(
        &self,
        py: Python<'py>,
        x: FloatMatrix<'py>,
        target_features: Vector<'py, i64>,
        mut out: PyReadwriteArray1<'py, f64>,
    ) -> PyResult<()> {
        let grid = x.view();
        let mut columns = reserved(target_features.as_array().len())?;
        for &column in target_features.as_array() {
            let expected = format!("columns from 0 to {}", self.tree.columns() - 1);
            columns.push(usize::try_from(column).map_err(|_| Error::value("target_features", column, expected))?);
        }
        let means = detached(py, |cancel| self.tree.partial_dependence(grid, &columns, cancel))?;
        let mut out = out.as_array_mut();
        if out.len() != means.len() {
            return Err(Error::shape("values of out, one for each row of the grid", means.len(), out.len()).into());
        }
        out.iter_mut().zip(means).for_each(|(sum, mean)| *sum += mean);
        Ok(())
    }

    #[allow(clippy::type_complexity)] // the two arrays of a path
    fn pruning_path<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>)> {
        let path = detached(py, |cancel| self.tree.pruning_path(cancel))?;
        Ok((path.alphas.into_pyarray(py), path.impurities.into_pyarray(py)))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = run(py, self.tree.nodes().len() < BRIEF_NODES, None, |_| to_bytes(&*self.tree))?;
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
