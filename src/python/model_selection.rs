//! `treering._core.model_selection`: the index work of splitters.

use std::borrow::Cow;

use ndarray::ArrayView1;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;

use super::convert::{FeatureMatrix, Vector, contiguous_option};
use super::detached::run;
use super::ensemble::{Forest, ForestParams};
use super::labels::{LabelMatrix, LabelRows, outputs_of};
use crate::data::CodedMatrix;
use crate::error::{Error, Result};
use crate::model_selection::{self, FoldTraining, Labels, folds};
use crate::runtime::memory::reserved;

/// The module `treering._core.model_selection`.
#[pymodule(name = "model_selection")]
pub(crate) mod model_selection_module {
    #[pymodule_export]
    use super::{by_appearance, deal, group, grow_folds, train_test};
}

/// Fewer rows than this are handled within some 50 microseconds.
const BRIEF_ROWS: usize = 20_000;

type Rows<'py> = Bound<'py, PyArray1<i64>>;

/// The rows outside and inside of a fold.
#[pyfunction]
fn train_test<'py>(py: Python<'py>, assignment: Vector<'py, i32>, fold: i32) -> PyResult<(Rows<'py>, Rows<'py>)> {
    let assignment = assignment.as_slice()?;
    let (train, test) = run(py, assignment.len() < BRIEF_ROWS, None, |_| Ok(folds::train_test(assignment, fold)))?;
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
    let (numbers, counts) = run(py, codes.len() < BRIEF_ROWS, None, |_| folds::by_appearance(codes, classes))?;
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
    Ok(run(py, codes.len() < BRIEF_ROWS, None, |_| folds::deal(codes, counts, dealt))?.into_pyarray(py))
}

/// The rows of each class in order, class by class, and how many each has.
#[pyfunction]
fn group<'py>(py: Python<'py>, codes: Vector<'py, u32>, classes: usize) -> PyResult<(Rows<'py>, Rows<'py>)> {
    let codes = codes.as_slice()?;
    let (rows, counts) = run(py, codes.len() < BRIEF_ROWS, None, |_| folds::group(codes, classes))?;
    Ok((rows.into_pyarray(py), counts.into_pyarray(py)))
}

/// The training rows of a fold, their weights, how its forest is grown, and the seed.
type Fold<'py> = (Vector<'py, i64>, Option<Vector<'py, f64>>, Bound<'py, ForestParams>, u64);

/// One forest for each fold, grown on one coded matrix.
#[pyfunction]
fn grow_folds(
    py: Python<'_>,
    x: FeatureMatrix<'_>,
    y: LabelMatrix<'_>,
    class_counts: Option<Vec<u32>>,
    folds: Vec<Fold<'_>>,
    n_jobs: Option<i64>,
) -> PyResult<Vec<Forest>> {
    let (view, labels, outputs) = (x.view()?, y.view(), outputs_of(class_counts, 1));
    let given: Vec<_> = folds.iter().map(GivenFold::of).collect();
    let forests = run(py, false, n_jobs, |workers| {
        let labels = labels.rows()?;
        let folds = given.iter().map(|fold| fold.training(&labels, view.rows())).collect::<Result<Vec<_>>>()?;
        let coded = CodedMatrix::encode(view, workers)?;
        model_selection::grow_folds(&coded, &outputs, &folds, workers)
    })?;
    Ok(forests.into_iter().map(Forest).collect())
}

/// A fold as it was given, where it lies.
struct GivenFold<'a> {
    rows: ArrayView1<'a, i64>,
    weights: Option<ArrayView1<'a, f64>>,
    params: &'a crate::ensemble::ForestParams,
    seed: u64,
}

impl<'a> GivenFold<'a> {
    fn of((rows, weights, params, seed): &'a Fold<'_>) -> Self {
        let weights = weights.as_ref().map(|weights| weights.as_array());
        Self { rows: rows.as_array(), weights, params: &params.get().0, seed: *seed }
    }

    fn training(&self, labels: &LabelRows<'_>, count: usize) -> Result<FoldTraining> {
        if let Some(&row) = self.rows.iter().find(|&&row| !(0..count as i64).contains(&row)) {
            let expected = format!("rows from 0 to {}", count.saturating_sub(1));
            return Err(Error::value("the training rows of a fold", row, expected));
        }
        let mut rows = reserved(self.rows.len())?;
        rows.extend(self.rows.iter().map(|&row| row as u32));
        let labels = match labels {
            LabelRows::Classes(codes) => Labels::Classes(chosen(codes, &rows)?),
            LabelRows::Numbers(values, _) => Labels::Numbers(chosen(values, &rows)?),
        };
        Ok(FoldTraining {
            rows,
            labels,
            weights: contiguous_option(self.weights)?.map(Cow::into_owned),
            params: self.params.clone(),
            seed: self.seed,
        })
    }
}

/// The labels of some rows.
fn chosen<T: Copy>(labels: &[T], rows: &[u32]) -> Result<Vec<T>> {
    let mut own = reserved(rows.len())?;
    for &row in rows {
        let label = labels.get(row as usize).ok_or_else(|| Error::shape("labels", row as usize + 1, labels.len()))?;
        own.push(*label);
    }
    Ok(own)
}
