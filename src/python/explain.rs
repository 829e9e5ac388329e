//! Explanations for Python.

use ndarray::{Array3, Array4, ArrayView2};
use numpy::{IntoPyArray, PyArray1, PyArray3, PyArray4};
use pyo3::prelude::*;

use super::boosting::Boosting;
use super::convert::{FeatureMatrix, Matrix, Vector};
use super::detached::{detached, run};
use super::ensemble::Forest;
use super::tree::Tree;
use crate::error::{Error, Result};
use crate::explain::{self, Split, TreeParts};
use crate::runtime::memory::reserved;
use crate::tree::nodes::NO_CHILD;

#[pymodule(name = "explain")]
pub(crate) mod explain_module {
    #[pymodule_export]
    use super::{Background, TreeModel};
}

/// Trees as they are explained.
#[pyclass(frozen, module = "treering._core.explain")]
pub(crate) struct TreeModel(explain::Model);

/// Rows that columns are taken from.
#[pyclass(frozen, module = "treering._core.explain")]
pub(crate) struct Background(explain::Background);

/// The arrays of one tree, as scikit-learn names them.
#[derive(FromPyObject)]
struct Arrays<'py> {
    #[pyo3(item)]
    children_left: Vector<'py, i64>,
    #[pyo3(item)]
    children_right: Vector<'py, i64>,
    #[pyo3(item)]
    feature: Vector<'py, i64>,
    #[pyo3(item)]
    threshold: Vector<'py, f64>,
    #[pyo3(item)]
    missing_go_to_left: Vector<'py, u8>,
    #[pyo3(item)]
    cover: Vector<'py, f64>,
    #[pyo3(item)]
    value: Matrix<'py, f64>,
    /// Which row of the tables below each node looks at; negative where it compares numbers.
    #[pyo3(item)]
    category_row: Vector<'py, i64>,
    #[pyo3(item)]
    left_categories: Matrix<'py, u64>,
    #[pyo3(item)]
    known_categories: Matrix<'py, u64>,
}

#[pymethods]
impl TreeModel {
    #[staticmethod]
    fn of_forest(py: Python<'_>, forest: &Forest) -> PyResult<Self> {
        Ok(Self(detached(py, |_| explain::Model::of_trees(forest.0.trees().iter().map(AsRef::as_ref)))?))
    }

    #[staticmethod]
    fn of_tree(py: Python<'_>, tree: &Tree) -> PyResult<Self> {
        Ok(Self(detached(py, |_| explain::Model::of_trees(std::iter::once(tree.tree.as_ref())))?))
    }

    /// What the trees of one output of a boosted model add up to.
    #[staticmethod]
    fn of_boosting(py: Python<'_>, model: &Boosting, output: usize) -> PyResult<Self> {
        Ok(Self(detached(py, |_| explain::Model::of_boosting(&model.0, output))?))
    }

    /// A model of trees in arrays, whose answers are added up, each times `scale`.
    #[staticmethod]
    #[allow(clippy::needless_pass_by_value)]
    fn of_arrays(trees: Vec<Arrays<'_>>, columns: usize, width: usize, is_single: bool, scale: f64) -> PyResult<Self> {
        let mut parts = reserved(trees.len())?;
        for arrays in &trees {
            parts.push(arrays.parts()?);
        }
        Ok(Self(explain::Model::new(parts, columns, width, is_single, scale)?))
    }

    #[getter]
    fn columns(&self) -> usize {
        self.0.columns()
    }

    #[getter]
    fn width(&self) -> usize {
        self.0.width()
    }

    /// How many nodes all trees have.
    #[getter]
    fn nodes(&self) -> usize {
        self.0.nodes()
    }

    fn expected<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.0.expected())
    }

    #[pyo3(signature = (x, n_jobs=None))]
    fn shapley_values<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let view = x.view()?;
        let values = run(py, false, n_jobs, |workers| explain::shapley_values(&self.0, view, workers))?;
        self.by_columns(py, view.rows(), values)
    }

    #[pyo3(signature = (x, n_jobs=None))]
    fn interaction_values<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray4<f64>>> {
        let view = x.view()?;
        let values = run(py, false, n_jobs, |workers| explain::interaction_values(&self.0, view, workers))?;
        let columns = self.0.columns();
        let shape = (view.rows(), columns, columns, self.0.width());
        let array = Array4::from_shape_vec(shape, values).map_err(|error| Error::internal(error.to_string()))?;
        Ok(array.into_pyarray(py))
    }

    #[pyo3(signature = (x, background, n_jobs=None))]
    fn interventional_values<'py>(
        &self,
        py: Python<'py>,
        x: FeatureMatrix<'py>,
        background: &Background,
        n_jobs: Option<i64>,
    ) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let view = x.view()?;
        let values =
            run(py, false, n_jobs, |workers| explain::interventional_values(&self.0, view, &background.0, workers))?;
        self.by_columns(py, view.rows(), values)
    }

    #[pyo3(signature = (x, n_jobs=None))]
    fn background(&self, py: Python<'_>, x: FeatureMatrix<'_>, n_jobs: Option<i64>) -> PyResult<Background> {
        let view = x.view()?;
        Ok(Background(run(py, false, n_jobs, |workers| explain::Background::new(&self.0, view, workers))?))
    }

    fn __repr__(&self) -> String {
        format!("<TreeModel: {} nodes>", self.0.nodes())
    }
}

impl TreeModel {
    fn by_columns<'py>(&self, py: Python<'py>, rows: usize, values: Vec<f64>) -> PyResult<Bound<'py, PyArray3<f64>>> {
        let shape = (rows, self.0.columns(), self.0.width());
        let array = Array3::from_shape_vec(shape, values).map_err(|error| Error::internal(error.to_string()))?;
        Ok(array.into_pyarray(py))
    }
}

#[pymethods]
impl Background {
    fn expected<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.0.expected())
    }
}

impl Arrays<'_> {
    fn parts(&self) -> Result<TreeParts> {
        let count = self.children_left.as_array().len();
        let lengths = [
            self.children_right.as_array().len(),
            self.feature.as_array().len(),
            self.threshold.as_array().len(),
            self.missing_go_to_left.as_array().len(),
            self.cover.as_array().len(),
            self.value.as_array().nrows(),
            self.category_row.as_array().len(),
        ];
        if let Some(&length) = lengths.iter().find(|&&length| length != count) {
            return Err(Error::shape("nodes of a tree", count, length));
        }
        let mut parts = TreeParts { splits: reserved(count)?, covers: reserved(count)?, values: Vec::new() };
        for node in 0..count {
            let child = |children: &Vector<'_, i64>| match children.as_array()[node] {
                -1 => Ok(NO_CHILD),
                child => number_of("a child in a tree", child, "the number of a node, or -1 in a leaf"),
            };
            let left = child(&self.children_left)?;
            // Of leaves no column is asked.
            let feature = match self.feature.as_array()[node] {
                _ if left == NO_CHILD => 0,
                feature => number_of("a column that a tree compares", feature, "the number of a column")?,
            };
            parts.splits.push(Split {
                left,
                right: child(&self.children_right)?,
                feature,
                threshold: self.threshold.as_array()[node],
                missing_left: self.missing_go_to_left.as_array()[node] != 0,
                categories: self.categories(self.category_row.as_array()[node])?,
            });
        }
        parts.covers.extend(self.cover.as_array().iter());
        parts.values = values_of(self.value.as_array())?;
        Ok(parts)
    }

    fn categories(&self, row: i64) -> Result<Option<Box<[[u64; 4]; 2]>>> {
        let Ok(row) = usize::try_from(row) else { return Ok(None) };
        let set = |table: &Matrix<'_, u64>| {
            let table = table.as_array();
            if row >= table.nrows() || table.ncols() != 4 {
                return Err(Error::shape("sets of categories", row + 1, table.nrows()));
            }
            Ok([0, 1, 2, 3].map(|word| table[(row, word)]))
        };
        Ok(Some(Box::new([set(&self.left_categories)?, set(&self.known_categories)?])))
    }
}

/// A number that 32 bits hold.
fn number_of(what: &str, given: i64, expected: &str) -> Result<u32> {
    u32::try_from(given).map_err(|_| Error::value(what, given, expected))
}

fn values_of(values: ArrayView2<'_, f64>) -> Result<Vec<f64>> {
    let mut own = reserved(values.len())?;
    own.extend(values.iter());
    Ok(own)
}
