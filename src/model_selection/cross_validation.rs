//! Training one model for each fold on one coded matrix.
//!
//! A matrix is encoded once. The codes of a fold's training rows are read from those of all rows, and
//! are the ones that a separate fit would make: so are the trees, bit for bit. The values of X are
//! not copied, and the trees of folds share one pool.

use std::borrow::Cow;
use std::sync::Arc;

use crate::data::CodedMatrix;
use crate::ensemble::{Forest, ForestParams, TreePlan};
use crate::error::Result;
use crate::runtime::{Workers, mix};
use crate::tree::{Targets, TrainingRows};

/// The training part of one fold, and how its model is grown.
#[derive(Debug, Clone)]
pub struct FoldTraining {
    /// The training rows, in training order; none for all rows.
    pub rows: Option<Vec<u32>>,
    /// Their labels.
    pub labels: Labels,
    /// Their weights.
    pub weights: Option<Vec<f64>>,
    /// How the forest is grown; a single tree is a forest of one without bootstrap.
    pub params: ForestParams,
    /// The seed of its random choices.
    pub seed: u64,
}

/// The labels of a fold, row by row.
#[derive(Debug, Clone)]
pub enum Labels {
    /// Codes of classes, and how many classes each output has.
    Classes(Vec<u32>, Vec<u32>),
    /// Numbers, and how many outputs each row has.
    Numbers(Vec<f64>, usize),
}

impl Labels {
    fn targets(&self) -> Targets<'_> {
        match self {
            Self::Classes(codes, counts) => Targets::Classes { codes, counts },
            Self::Numbers(values, outputs) => Targets::Numbers { values, outputs: *outputs },
        }
    }
}

/// Grows the forest of every fold; all codes are in memory at a time.
///
/// # Errors
/// As [`Forest::grown`].
pub fn grow_folds(matrix: &CodedMatrix, folds: &[FoldTraining], workers: Workers<'_>) -> Result<Vec<Forest>> {
    let parts: Vec<FoldRows<'_>> =
        folds.iter().map(|fold| FoldRows::new(matrix, fold, workers)).collect::<Result<_>>()?;
    let training: Vec<TrainingRows<'_>> = parts.iter().map(FoldRows::training).collect();
    training.iter().try_for_each(TrainingRows::check)?;
    let plans: Vec<TreePlan<'_>> =
        training.iter().zip(folds).map(|(rows, fold)| TreePlan::new(rows, &fold.params)).collect::<Result<_>>()?;
    let tasks: Vec<(usize, u64)> = folds
        .iter()
        .enumerate()
        .flat_map(|(fold, part)| (0..part.params.n_estimators as u64).map(move |tree| (fold, mix(part.seed, tree))))
        .collect();
    let for_each = workers.alone_if(tasks.len() >= workers.threads());
    let trees = workers.map(tasks.len(), |task| {
        let (fold, key) = tasks[task];
        plans[fold].grow(&training[fold], key, for_each).map(Arc::new)
    })?;
    let mut grown = tasks.iter().map(|&(_, key)| key).zip(trees);
    folds
        .iter()
        .map(|fold| {
            let (keys, trees) = grown.by_ref().take(fold.params.n_estimators).unzip();
            Ok(Forest::empty(matrix.columns().len(), fold.labels.targets().outputs())?.with(trees, keys))
        })
        .collect()
}

/// The rows of one fold, coded.
struct FoldRows<'a> {
    fold: &'a FoldTraining,
    matrix: Cow<'a, CodedMatrix>,
    rows: Vec<u32>,
}

impl<'a> FoldRows<'a> {
    fn new(matrix: &'a CodedMatrix, fold: &'a FoldTraining, workers: Workers<'_>) -> Result<Self> {
        let own = match &fold.rows {
            Some(rows) => Cow::Owned(matrix.of_rows(rows, workers)?),
            None => Cow::Borrowed(matrix),
        };
        let matrix = match fold.params.tree.max_bins {
            // Bins of the training rows alone: those of all would tell of the rows that test.
            Some(bins) => Cow::Owned(own.into_owned().binned(Some(bins), workers)?),
            None => own,
        };
        Ok(Self { fold, rows: matrix.all_rows()?, matrix })
    }

    fn training(&self) -> TrainingRows<'_> {
        TrainingRows {
            matrix: &self.matrix,
            rows: &self.rows,
            targets: self.fold.labels.targets(),
            weights: self.fold.weights.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis};

    use super::*;
    use crate::data::MatrixView;
    use crate::ensemble::{Bootstrap, fit};
    use crate::runtime::Stream;
    use crate::tree::{Criterion, TreeParams};

    fn check_folds(x: &Array2<f64>, params: &ForestParams, labels: impl Fn(&[u32]) -> Labels) -> Result<()> {
        let folds: Vec<FoldTraining> = (0..4)
            .map(|fold| {
                let all = 0..x.nrows() as u32;
                let rows: Vec<u32> = all.clone().filter(|row| fold == 3 || row % 3 != fold).collect();
                let labels = labels(&rows);
                FoldTraining {
                    rows: (fold < 3).then_some(rows),
                    labels,
                    weights: None,
                    params: params.clone(),
                    seed: 11,
                }
            })
            .collect();
        let coded = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
        for (forest, part) in grow_folds(&coded, &folds, Workers::unstoppable(3))?.iter().zip(&folds) {
            let rows: Vec<usize> = part
                .rows
                .as_ref()
                .map_or_else(|| (0..x.nrows()).collect(), |rows| rows.iter().map(|&row| row as usize).collect());
            let own = x.select(Axis(0), &rows);
            let separate = fit(MatrixView::F64(own.view()), part.labels.targets(), params, 11, Workers::alone())?;
            assert_eq!(forest.trees(), separate.trees());
        }
        Ok(())
    }

    #[test]
    fn folds_of_one_coding_equal_separate_fits() -> Result<()> {
        let mut stream = Stream::new(3);
        // Few values of much repetition, and about as many values as rows.
        let x = Array2::from_shape_fn((900, 4), |(_, column)| match column {
            0 | 1 => (stream.uniform() * 40.0).floor(),
            2 => (stream.uniform() * 700.0).floor(),
            _ => stream.uniform(),
        });
        let numbers: Vec<f64> = x.rows().into_iter().map(|row| row[0] * row[3] + stream.uniform()).collect();
        let params = |criterion, max_bins| ForestParams {
            n_estimators: 4,
            tree: TreeParams { criterion, max_bins, max_features: 2, ..TreeParams::new(4) },
            bootstrap: Some(Bootstrap { draws: 500, balanced: false }),
        };
        for max_bins in [None, Some(20)] {
            check_folds(&x, &params(Criterion::Gini, max_bins), |rows| {
                Labels::Classes(rows.iter().map(|&row| u32::from(numbers[row as usize] > 10.0)).collect(), vec![2])
            })?;
            check_folds(&x, &params(Criterion::SquaredError, max_bins), |rows| {
                Labels::Numbers(rows.iter().map(|&row| numbers[row as usize]).collect(), 1)
            })?;
            check_folds(&x, &params(Criterion::SquaredError, max_bins), |rows| {
                Labels::Numbers(rows.iter().flat_map(|&row| [numbers[row as usize], 1.0]).collect(), 2)
            })?;
        }
        Ok(())
    }
}
