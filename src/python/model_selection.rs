//! `treering._core.model_selection`: the index work of splitters.

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;

use super::convert::{FloatMatrix, Vector};
use super::detached::{brief, detached};
use super::ensemble::{Forest, ForestParams};
use crate::data::CodedMatrix;
use crate::error::{Error, Result};
use crate::model_selection::{self, FoldTraining, folds};
use crate::runtime::thread_count;

/// The module `treering._core.model_selection`.
#[pymodule(name = "model_selection")]
pub(crate) mod model_selection_module {
    #[pymodule_export]
    use super::{by_appearance, deal, group, grow_folds, train_test};
}

/// Fewer rows than this are handled within some 50 microseconds.
const BRIEF_ROWS: usize = 20_000;

fn run<T: Send>(py: Python<'_>, rows: usize, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    if rows < BRIEF_ROWS { brief(work) } else { detached(py, |_| work()) }
}

type Rows<'py> = Bound<'py, PyArray1<i64>>;

/// The rows outside and inside of a fold.
#[pyfunction]
fn train_test<'py>(py: Python<'py>, assignment: Vector<'py, i32>, fold: i32) -> PyResult<(Rows<'py>, Rows<'py>)> {
    let assignment = assignment.as_slice()?;
    let (train, test) = run(py, assignment.len(), || Ok(folds::train_test(assignment, fold)))?;
    Ok((train.into_pyarray(py), test.into_pyarray(py)))
}

/// Classes numbered by their first appearance, and the rows of each.
#[pyfunction]
fn by_appearance<'py>(
    py: Python<'py>,
    codes: Vector<'py, u32>,
    classes: usize,
) -> PyResult<(Bound<'py, PyArray1<u32>>, Rows<'py>)> {
    let codes = codes.as_slice()?;
    let (numbers, counts) = run(py, codes.len(), || folds::by_appearance(codes, classes))?;
    Ok((numbers.into_pyarray(py), counts.into_pyarray(py)))
}

/// The fold of each row, dealt to the rows of each class in order.
#[pyfunction]
fn deal<'py>(
    py: Python<'py>,
    codes: Vector<'py, u32>,
    counts: Vector<'py, i64>,
    dealt: Vector<'py, i32>,
) -> PyResult<Bound<'py, PyArray1<i32>>> {
    let (codes, counts, dealt) = (codes.as_slice()?, counts.as_slice()?, dealt.as_slice()?);
    Ok(run(py, codes.len(), || folds::deal(codes, counts, dealt))?.into_pyarray(py))
}

/// The rows of each class in order, class by class, and how many each has.
#[pyfunction]
fn group<'py>(py: Python<'py>, codes: Vector<'py, u32>, classes: usize) -> PyResult<(Rows<'py>, Rows<'py>)> {
    let codes = codes.as_slice()?;
    let (rows, counts) = run(py, codes.len(), || folds::group(codes, classes))?;
    Ok((rows.into_pyarray(py), counts.into_pyarray(py)))
}

/// The training rows of a fold, their weights, how its forest is grown, and the seed.
type Fold<'py> = (Vector<'py, i64>, Option<Vector<'py, f64>>, Bound<'py, ForestParams>, u64);

/// One forest for each fold, grown on one coded matrix.
#[pyfunction]
fn grow_folds(
    py: Python<'_>,
    x: FloatMatrix<'_>,
    classes: Vector<'_, u32>,
    class_count: usize,
    folds: Vec<Fold<'_>>,
    n_jobs: Option<i64>,
) -> PyResult<Vec<Forest>> {
    let threads = thread_count(n_jobs)?;
    let (view, classes) = (x.view(), classes.as_array().to_vec());
    let folds = folds.iter().map(|fold| training_of(fold, &classes)).collect::<Result<Vec<_>>>()?;
    let forests = detached(py, |cancel| {
        let coded = CodedMatrix::encode(view, threads, cancel)?;
        model_selection::grow_folds(&coded, class_count, &folds, threads, cancel)
    })?;
    Ok(forests.into_iter().map(Forest).collect())
}

fn training_of((rows, weights, params, seed): &Fold<'_>, classes: &[u32]) -> Result<FoldTraining> {
    let rows = rows.as_array();
    if let Some(&row) = rows.iter().find(|&&row| !(0..classes.len() as i64).contains(&row)) {
        return Err(Error::value("the training rows of a fold", row, format!("rows from 0 to {}", classes.len() - 1)));
    }
    Ok(FoldTraining {
        rows: rows.iter().map(|&row| row as u32).collect(),
        classes: rows.iter().map(|&row| classes[row as usize]).collect(),
        weights: weights.as_ref().map(|weights| weights.as_array().to_vec()),
        params: params.get().0.clone(),
        seed: *seed,
    })
}
