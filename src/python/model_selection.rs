//! `treering._core.model_selection`: the index work of splitters.

use std::borrow::Cow;

use ndarray::ArrayView1;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use super::convert::{FeatureMatrix, Vector, contiguous, contiguous_option};
use super::detached::run;
use super::ensemble::{Forest, ForestParams};
use super::labels::{LabelMatrix, LabelRows, LabelView};
use crate::data::CodedMatrix;
use crate::error::{Error, Result};
use crate::model_selection::{self, FoldTraining, Labels, TestShare, folds};
use crate::runtime::memory::reserved;

/// The module `treering._core.model_selection`.
#[pymodule(name = "model_selection")]
pub(crate) mod model_selection_module {
    #[pymodule_export]
    use super::{CodedRows, by_appearance, deal, group, hash_split, hash_split_text, train_test};
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

/// The rows that train and those that test, by identifiers.
#[pyfunction]
fn hash_split<'py>(py: Python<'py>, identifiers: Vector<'py, i64>, test_size: f64) -> PyResult<(Rows<'py>, Rows<'py>)> {
    let (view, share) = (identifiers.as_array(), TestShare::new(test_size)?);
    let is_brief = view.len() < BRIEF_ROWS / 4;
    let (train, test) = run(py, is_brief, None, |workers| share.split(&contiguous(view)?, workers.cancel()))?;
    Ok((train.into_pyarray(py), test.into_pyarray(py)))
}

/// The same for a list of plain str; none if something else is among them.
#[pyfunction]
fn hash_split_text<'py>(
    py: Python<'py>,
    identifiers: &Bound<'py, PyList>,
    test_size: f64,
) -> PyResult<Option<(Rows<'py>, Rows<'py>)>> {
    let share = TestShare::new(test_size)?;
    let (mut train, mut test) = (reserved(identifiers.len())?, reserved(identifiers.len())?);
    for (row, identifier) in identifiers.iter().enumerate() {
        if row % BRIEF_ROWS == 0 {
            py.check_signals()?;
        }
        let Some(text) = identifier.cast_exact::<PyString>().ok().and_then(|text| text.to_str().ok()) else {
            return Ok(None);
        };
        let side = if share.holds(text.as_bytes()) { &mut test } else { &mut train };
        side.push(row as i64);
    }
    Ok(Some((train.into_pyarray(py), test.into_pyarray(py))))
}

/// The training rows of a fold (all rows without them), their labels (classes where their number is
/// given), their weights, how its forest is grown, and the seed.
type Fold<'py> = (
    Option<Vector<'py, i64>>,
    LabelMatrix<'py>,
    Option<Vec<u32>>,
    Option<Vector<'py, f64>>,
    Bound<'py, ForestParams>,
    u64,
);

/// Rows that are coded once, for the forests of many folds.
#[pyclass(frozen, module = "treering._core.model_selection")]
pub(crate) struct CodedRows(CodedMatrix);

#[pymethods]
impl CodedRows {
    #[new]
    #[pyo3(signature = (x, n_jobs=None))]
    fn new(py: Python<'_>, x: FeatureMatrix<'_>, n_jobs: Option<i64>) -> PyResult<Self> {
        let view = x.view()?;
        Ok(Self(run(py, false, n_jobs, |workers| CodedMatrix::encode(view, workers))?))
    }

    /// One forest for each fold.
    #[pyo3(signature = (folds, n_jobs=None))]
    fn grow(&self, py: Python<'_>, folds: Vec<Fold<'_>>, n_jobs: Option<i64>) -> PyResult<Vec<Forest>> {
        let given: Vec<_> = folds.iter().map(GivenFold::of).collect();
        let forests = run(py, false, n_jobs, |workers| {
            let folds = given.into_iter().map(|fold| fold.training(self.0.rows())).collect::<Result<Vec<_>>>()?;
            model_selection::grow_folds(&self.0, &folds, workers)
        })?;
        Ok(forests.into_iter().map(Forest).collect())
    }

    fn __repr__(&self) -> String {
        format!("<CodedRows: {} rows, {} columns>", self.0.rows(), self.0.columns().len())
    }
}

/// A fold as it was given, where it lies.
struct GivenFold<'a> {
    rows: Option<ArrayView1<'a, i64>>,
    labels: LabelView<'a>,
    class_counts: Vec<u32>,
    weights: Option<ArrayView1<'a, f64>>,
    params: &'a crate::ensemble::ForestParams,
    seed: u64,
}

impl<'a> GivenFold<'a> {
    fn of((rows, labels, class_counts, weights, params, seed): &'a Fold<'_>) -> Self {
        Self {
            rows: rows.as_ref().map(|rows| rows.as_array()),
            labels: labels.view(),
            class_counts: class_counts.clone().unwrap_or_default(),
            weights: weights.as_ref().map(|weights| weights.as_array()),
            params: &params.get().0,
            seed: *seed,
        }
    }

    fn training(self, count: usize) -> Result<FoldTraining> {
        Ok(FoldTraining {
            rows: self.rows.map(|rows| numbered(rows, count)).transpose()?,
            labels: match self.labels.rows()? {
                LabelRows::Classes(codes) => Labels::Classes(codes.into_owned(), self.class_counts),
                LabelRows::Numbers(values, outputs) => Labels::Numbers(values.into_owned(), outputs),
            },
            weights: contiguous_option(self.weights)?.map(Cow::into_owned),
            params: self.params.clone(),
            seed: self.seed,
        })
    }
}

/// Numbers of rows, of which there are so many.
fn numbered(given: ArrayView1<'_, i64>, count: usize) -> Result<Vec<u32>> {
    if let Some(&row) = given.iter().find(|&&row| !(0..count as i64).contains(&row)) {
        let expected = format!("rows from 0 to {}", count.saturating_sub(1));
        return Err(Error::value("the training rows of a fold", row, expected));
    }
    let mut rows = reserved(given.len())?;
    rows.extend(given.iter().map(|&row| row as u32));
    Ok(rows)
}
