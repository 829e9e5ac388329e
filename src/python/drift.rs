//! Bindings of [`crate::drift`].

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::drift::occupancy::{self, Cuts, Occupied};
use crate::drift::resampling::{self, Pool};
use crate::drift::{Comparison, Distribution, ReferenceColumn, compare_columns, compare_samples};
use crate::persistence::{from_bytes, to_bytes};
use crate::stats::ks::KsTest;
use crate::stats::sort::Values;

use super::convert::{FloatVector, Vector};
use super::detached::{detached, run};
use super::stats::column;

/// Statistic, p-value, location, sign, current size, current missing, and both samples in bins.
type Row<'py> = (f64, f64, f64, i8, usize, usize, Option<Bins<'py>>);

/// Edges, and how many values of the reference and of the current sample lie between them.
type Bins<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>);

fn row(py: Python<'_>, comparison: Comparison) -> Row<'_> {
    let Comparison { test, current_size, current_missing, distribution } = comparison;
    let KsTest { statistic, pvalue, location, sign, .. } = test;
    let counts = |counts: Vec<usize>| PyArray1::from_iter(py, counts.into_iter().map(|count| count as i64));
    let bins = distribution
        .map(|Distribution { edges, reference, current }| (edges.into_pyarray(py), counts(reference), counts(current)));
    (statistic, pvalue, location, sign, current_size, current_missing, bins)
}

#[pyclass(frozen, name = "ReferenceColumn", module = "treering._core.drift")]
struct PyReferenceColumn(ReferenceColumn);

#[pymethods]
impl PyReferenceColumn {
    #[new]
    fn new(py: Python<'_>, values: FloatVector<'_>) -> PyResult<Self> {
        let column = column(&values);
        detached(py, |cancel| ReferenceColumn::new(column, cancel)).map(Self)
    }

    /// How many values there are, without missing ones.
    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }

    /// How many values were missing.
    #[getter]
    fn missing(&self) -> u64 {
        self.0.missing()
    }

    /// The least value; NaN if there is none.
    #[getter]
    fn minimum(&self) -> f64 {
        self.0.range().map_or(f64::NAN, |(minimum, _)| minimum)
    }

    /// The greatest value; NaN if there is none.
    #[getter]
    fn maximum(&self) -> f64 {
        self.0.range().map_or(f64::NAN, |(_, maximum)| maximum)
    }

    fn ks<'py>(
        &self,
        py: Python<'py>,
        current: FloatVector<'py>,
        alternative: &str,
        method: &str,
    ) -> PyResult<Row<'py>> {
        let (alternative, method) = (alternative.parse()?, method.parse()?);
        let current = column(&current);
        Ok(row(py, detached(py, |cancel| self.0.ks(current, alternative, method, cancel))?))
    }

    /// The values, ascending, without missing ones.
    fn values(&self, py: Python<'_>) -> Py<PyAny> {
        match self.0.values() {
            Values::F32(values) => PyArray1::from_slice(py, values).into_any().unbind(),
            Values::F64(values) => PyArray1::from_slice(py, values).into_any().unbind(),
        }
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = detached(py, |_| to_bytes(&self.0))?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        detached(py, |_| from_bytes(data)).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let from_bytes = slf.get_type().getattr("from_bytes")?;
        Ok((from_bytes, (slf.get().to_bytes(slf.py())?,)))
    }

    fn __repr__(&self) -> String {
        format!("ReferenceColumn(size={}, missing={})", self.0.size(), self.0.missing())
    }
}

#[pyfunction]
#[pyo3(name = "compare_columns", signature = (references, currents, alternative, method, n_jobs=None))]
fn py_compare_columns<'py>(
    py: Python<'py>,
    references: Vec<Py<PyReferenceColumn>>,
    currents: Vec<FloatVector<'py>>,
    alternative: &str,
    method: &str,
    n_jobs: Option<i64>,
) -> PyResult<Vec<Row<'py>>> {
    let (alternative, method) = (alternative.parse()?, method.parse()?);
    let references: Vec<_> = references.iter().map(|reference| &reference.get().0).collect();
    let currents: Vec<_> = currents.iter().map(column).collect();
    let compared = detached(py, |cancel| compare_columns(&references, &currents, alternative, method, n_jobs, cancel))?;
    Ok(compared.into_iter().map(|comparison| row(py, comparison)).collect())
}

/// Compares columns with samples that are sorted for this alone, and not kept.
#[pyfunction]
#[pyo3(name = "compare_samples")]
fn py_compare_samples<'py>(
    py: Python<'py>,
    references: Vec<FloatVector<'py>>,
    currents: Vec<FloatVector<'py>>,
    alternative: &str,
    method: &str,
) -> PyResult<Vec<Row<'py>>> {
    let (alternative, method) = (alternative.parse()?, method.parse()?);
    let references: Vec<_> = references.iter().map(column).collect();
    let currents: Vec<_> = currents.iter().map(column).collect();
    let compared = detached(py, |cancel| compare_samples(&references, &currents, alternative, method, cancel))?;
    Ok(compared.into_iter().map(|comparison| row(py, comparison)).collect())
}

/// The smallest p-values of all columns of a sample of the reference in so many windows of it, ascending. Categories
/// are given as codes of whole numbers, -1 where missing, and their number; numbers as such.
#[pyfunction]
#[pyo3(signature = (numbers, categories, rows, window, times, seed))]
fn smallest_pvalues<'py>(
    py: Python<'py>,
    numbers: Vec<Vector<'py, f64>>,
    categories: Vec<(Vector<'py, i64>, u32)>,
    rows: usize,
    window: usize,
    times: usize,
    seed: u64,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let numbers: Vec<Vec<f64>> = numbers.iter().map(|values| values.as_array().to_vec()).collect();
    let mut pools: Vec<Pool> = categories
        .iter()
        .map(|(codes, count)| {
            let code = |&code: &i64| u32::try_from(code).unwrap_or(Pool::MISSING);
            Pool::Categories { codes: codes.as_array().iter().map(code).collect(), count: *count }
        })
        .collect();
    let found = run(py, false, None, |workers| {
        pools.extend(workers.map(numbers.len(), |column| Ok(Pool::numbers(&numbers[column])))?);
        resampling::smallest_pvalues(&pools, rows, window, times, seed, workers)
    })?;
    Ok(found.into_pyarray(py))
}

/// Of a tree: left children, right children, columns and weights of its nodes, and the leaf of each row.
type Tree<'py> = (Vector<'py, i64>, Vector<'py, i64>, Vector<'py, i64>, Vector<'py, f64>, Vector<'py, i64>);

/// Of each column its influence, how far its cuts moved, what was expected, and the p-value.
type ByColumn<'py> =
    (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// How far rows behind the first `reference` ones moved at the cuts of trees; a leaf's children are negative.
#[pyfunction]
fn movements<'py>(
    py: Python<'py>,
    trees: Vec<Tree<'py>>,
    columns: usize,
    reference: usize,
    times: usize,
    seed: u64,
    n_jobs: Option<i64>,
) -> PyResult<ByColumn<'py>> {
    let number = |&number: &i64| u32::try_from(number).unwrap_or(u32::MAX);
    let child = |&child: &i64| u32::try_from(child).unwrap_or(0);
    let trees: Vec<_> = trees
        .iter()
        .map(|(left, right, cut, weights, leaves)| {
            let (left, right) = (left.as_array(), right.as_array());
            let children = left.iter().map(child).zip(right.iter().map(child));
            Occupied {
                cuts: Cuts {
                    children: children.map(|(left, right)| [left, right]).collect(),
                    columns: cut.as_array().iter().map(number).collect(),
                    weights: weights.as_array().to_vec(),
                },
                leaves: leaves.as_array().iter().map(number).collect(),
            }
        })
        .collect();
    let found =
        run(py, false, n_jobs, |workers| occupancy::movements(&trees, columns, reference, times, seed, workers))?;
    let array = |values: Vec<f64>| values.into_pyarray(py);
    Ok((array(found.influence), array(found.moved), array(found.expected), array(found.pvalue)))
}

/// The p-value of a Kolmogorov–Smirnov statistic by its limit law.
#[pyfunction]
fn ks_limit(first: usize, second: usize, statistic: f64) -> f64 {
    resampling::ks_limit(first, second, statistic)
}

/// The p-value of two vectors of counts by the chi-squared law.
#[pyfunction]
fn chi_squared_limit(reference: Vec<u32>, current: Vec<u32>) -> f64 {
    let counts: Vec<[u32; 2]> = reference.into_iter().zip(current).map(|(one, other)| [one, other]).collect();
    resampling::chi_squared_limit(&counts)
}

#[pymodule(name = "drift")]
pub(crate) mod drift_module {
    #[pymodule_export]
    use super::PyReferenceColumn;

    #[pymodule_export]
    use super::{chi_squared_limit, ks_limit, movements, py_compare_columns, py_compare_samples, smallest_pvalues};
}
