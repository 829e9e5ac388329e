//! Training one model for each fold on one coded matrix.
//!
//! Ranks of the whole matrix serve every fold: a threshold lies between two values that are
//! present among the fold's training rows, so the trees are those of separate fits: bit for bit where
//! sums are exact, as those of classes are. How a column is summed depends on how many codes it has,
//! so sums of fractions may differ in their last bits. No row is copied, and the trees of all folds
//! share one pool.

use std::sync::Arc;

use crate::data::CodedMatrix;
use crate::ensemble::{Forest, ForestParams, TreePlan};
use crate::error::Result;
use crate::runtime::{Workers, mix};
use crate::tree::{Outputs, Targets, TrainingRows};

/// The training part of one fold, and how its model is grown.
#[derive(Debug, Clone)]
pub struct FoldTraining {
    /// The training rows, in training order.
    pub rows: Vec<u32>,
    /// Their labels.
    pub labels: Labels,
    /// Their weights.
    pub weights: Option<Vec<f64>>,
    /// How the forest is grown; a single tree is a forest of one without bootstrap.
    pub params: ForestParams,
    /// The seed of its random choices.
    pub seed: u64,
}

/// The labels of a fold, an output for each row.
#[derive(Debug, Clone)]
pub enum Labels {
    /// Classes.
    Classes(Vec<u32>),
    /// Numbers.
    Numbers(Vec<f64>),
}

impl Labels {
    fn targets<'a>(&'a self, outputs: &'a Outputs) -> Targets<'a> {
        match self {
            Self::Classes(codes) => Targets::Classes { codes, counts: outputs.class_counts() },
            Self::Numbers(values) => Targets::Numbers { values, outputs: 1 },
        }
    }
}

/// Grows the forest of every fold.
///
/// # Errors
/// As [`Forest::grown`].
pub fn grow_folds(
    matrix: &CodedMatrix,
    outputs: &Outputs,
    folds: &[FoldTraining],
    workers: Workers<'_>,
) -> Result<Vec<Forest>> {
    let training: Vec<TrainingRows<'_>> = folds
        .iter()
        .map(|fold| TrainingRows {
            matrix,
            rows: &fold.rows,
            targets: fold.labels.targets(outputs),
            weights: fold.weights.as_deref(),
        })
        .collect();
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
    let empty = Forest::empty(matrix.columns().len(), outputs.clone())?;
    let mut grown = tasks.iter().map(|&(_, key)| key).zip(trees);
    Ok(folds
        .iter()
        .map(|fold| {
            let (keys, trees) = grown.by_ref().take(fold.params.n_estimators).unzip();
            empty.with(trees, keys)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::data::MatrixView;
    use crate::ensemble::{Bootstrap, fit};
    use crate::runtime::Stream;
    use crate::tree::TreeParams;

    #[test]
    fn folds_of_one_coding_equal_separate_fits() -> Result<()> {
        let mut stream = Stream::new(3);
        let x = Array2::from_shape_fn((90, 3), |_| (stream.uniform() * 40.0).floor());
        let classes: Vec<u32> = x.rows().into_iter().map(|row| u32::from(row[0] + row[1] > 40.0)).collect();
        let fold = |first: usize| -> Vec<u32> { (0..90).filter(|row| row % 3 != first as u32).collect() };
        let params = |draws| ForestParams {
            n_estimators: 4,
            tree: TreeParams { max_features: 1, ..TreeParams::new(3) },
            bootstrap: Some(Bootstrap { draws, balanced: false }),
        };
        let folds: Vec<FoldTraining> = (0..3)
            .map(|index| FoldTraining {
                rows: fold(index),
                labels: Labels::Classes(fold(index).iter().map(|&row| classes[row as usize]).collect()),
                weights: None,
                params: params(60),
                seed: 11,
            })
            .collect();
        let coded = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
        let outputs = Outputs::Classes(vec![2]);
        for (forest, part) in grow_folds(&coded, &outputs, &folds, Workers::unstoppable(3))?.iter().zip(&folds) {
            let rows: Vec<usize> = part.rows.iter().map(|&row| row as usize).collect();
            let own = x.select(ndarray::Axis(0), &rows);
            let targets = part.labels.targets(&outputs);
            let separate = fit(MatrixView::F64(own.view()), targets, &params(60), 11, Workers::alone())?;
            assert_eq!(forest.trees(), separate.trees());
        }
        Ok(())
    }
}
