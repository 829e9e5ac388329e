//! `treering._core.model_selection`: the index work of splitters.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use super::detached::{brief, detached};
use crate::error::Result;
use crate::model_selection::folds;

/// The module `treering._core.model_selection`.
#[pymodule(name = "model_selection")]
pub(crate) mod model_selection_module {
    #[pymodule_export]
    use super::{by_appearance, deal, group, train_test};
}

/// Fewer rows than this are handled within some 50 microseconds.
const BRIEF_ROWS: usize = 20_000;

fn run<T: Send>(py: Python<'_>, rows: usize, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    if rows < BRIEF_ROWS { brief(work) } else { detached(py, |_| work()) }
}

type Rows<'py> = Bound<'py, PyArray1<i64>>;

/// The rows outside and inside of a fold.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // pyo3 hands arguments over by value
fn train_test<'py>(
    py: Python<'py>,
    assignment: PyReadonlyArray1<'py, i32>,
    fold: i32,
) -> PyResult<(Rows<'py>, Rows<'py>)> {
    let assignment = assignment.as_slice()?;
    let (train, test) = run(py, assignment.len(), || Ok(folds::train_test(assignment, fold)))?;
    Ok((train.into_pyarray(py), test.into_pyarray(py)))
}

/// Classes numbered by their first appearance, and the rows of each.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // pyo3 hands arguments over by value
fn by_appearance<'py>(
    py: Python<'py>,
    codes: PyReadonlyArray1<'py, u32>,
    classes: usize,
) -> PyResult<(Bound<'py, PyArray1<u32>>, Rows<'py>)> {
    let codes = codes.as_slice()?;
    let (numbers, counts) = run(py, codes.len(), || folds::by_appearance(codes, classes))?;
    Ok((numbers.into_pyarray(py), counts.into_pyarray(py)))
}

/// The fold of each row, dealt to the rows of each class in order.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // pyo3 hands arguments over by value
fn deal<'py>(
    py: Python<'py>,
    codes: PyReadonlyArray1<'py, u32>,
    counts: PyReadonlyArray1<'py, i64>,
    dealt: PyReadonlyArray1<'py, i32>,
) -> PyResult<Bound<'py, PyArray1<i32>>> {
    let (codes, counts, dealt) = (codes.as_slice()?, counts.as_slice()?, dealt.as_slice()?);
    Ok(run(py, codes.len(), || folds::deal(codes, counts, dealt))?.into_pyarray(py))
}

/// The rows of each class in order, class by class, and how many each has.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // pyo3 hands arguments over by value
fn group<'py>(py: Python<'py>, codes: PyReadonlyArray1<'py, u32>, classes: usize) -> PyResult<(Rows<'py>, Rows<'py>)> {
    let codes = codes.as_slice()?;
    let (rows, counts) = run(py, codes.len(), || folds::group(codes, classes))?;
    Ok((rows.into_pyarray(py), counts.into_pyarray(py)))
}
