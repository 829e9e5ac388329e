//! A random forest (Breiman, "Random Forests", Machine Learning 45, 2001) for classes or numbers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bootstrap::{Bootstrap, Sampler, balanced};
use crate::data::{CodedMatrix, Features};
use crate::error::{Error, Result};
use crate::persistence::decoding::counted;
use crate::persistence::{Checked, Kind, Predictor};
use crate::runtime::memory::{cells, filled, reserved};
use crate::runtime::{Cancel, Workers, mix};
use crate::tree::{LazyWalker, Outputs, Paths, Seed, Shuffles, Targets, TrainingRows, Tree, TreeParams, Walker, grow};

/// How a forest is grown.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestParams {
    /// The number of trees.
    pub n_estimators: usize,
    /// How each tree is grown.
    pub tree: TreeParams,
    /// How rows are drawn for each tree; without it, every tree is trained on all rows.
    pub bootstrap: Option<Bootstrap>,
}

/// A trained forest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Forest {
    columns: u32,
    outputs: Outputs,
    #[serde(deserialize_with = "counted")]
    trees: Vec<Arc<Tree>>,
    /// The key that each tree was grown with.
    #[serde(deserialize_with = "counted")]
    keys: Vec<u64>,
    #[serde(skip)]
    walker: LazyWalker,
}

/// What the trees that were not trained on a row answer for it.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfBag {
    /// `rows × width` means over the trees that left the row out, zeros where none did.
    pub values: Vec<f64>,
    /// How many rows every tree was trained on.
    pub rows_without_trees: usize,
}

impl Forest {
    /// A forest without trees, to grow from.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] without a column or an output, or with too many.
    pub fn empty(columns: usize, outputs: Outputs) -> Result<Self> {
        if columns == 0 || columns >= 1 << 31 {
            return Err(Error::shape("columns", 1, columns));
        }
        outputs.check()?;
        Ok(Self {
            columns: columns as u32,
            outputs,
            trees: Vec::new(),
            keys: Vec::new(),
            walker: LazyWalker::default(),
        })
    }

    /// This forest with as many trees added as `params` asks for beyond those it has.
    ///
    /// With `bootstrap`, the weights of `training` steer the draws, and trees see counts; without
    /// it, trees see the weights. Trees grow in parallel, and where they are fewer than threads, the
    /// parts of each; a tree depends on the seed and on its place in the forest alone.
    ///
    /// # Errors
    /// As [`grow`], and [`crate::ErrorKind::Shape`] if the data does not fit this forest.
    pub fn grown(
        &self,
        training: &TrainingRows<'_>,
        params: &ForestParams,
        seed: u64,
        workers: Workers<'_>,
    ) -> Result<Self> {
        training.check()?;
        if training.matrix.columns().len() != self.columns() {
            return Err(Error::shape("columns of X", self.columns(), training.matrix.columns().len()));
        }
        let outputs = training.targets.outputs();
        if outputs != self.outputs {
            return Err(Error::shape("values for each row of y", self.outputs.width(), outputs.width()));
        }
        let plan = TreePlan::new(training, params)?;
        let first = self.trees.len();
        let key = |index: usize| mix(seed, (first + index) as u64);
        let missing = params.n_estimators.saturating_sub(first);
        let for_each = workers.alone_if(missing >= workers.threads());
        let trees = workers.map(missing, |index| plan.grow(training, key(index), for_each).map(Arc::new))?;
        let keys = (0..trees.len()).map(key).collect();
        Ok(self.with(trees, keys))
    }

    /// This forest with trees added.
    pub(crate) fn with(&self, trees: Vec<Arc<Tree>>, keys: Vec<u64>) -> Self {
        Self {
            trees: self.trees.iter().cloned().chain(trees).collect(),
            keys: self.keys.iter().copied().chain(keys).collect(),
            walker: LazyWalker::default(),
            columns: self.columns,
            outputs: self.outputs.clone(),
        }
    }

    /// The forest of some of these trees, in the order of their places.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for a place where there is no tree.
    pub fn kept(&self, places: &[usize]) -> Result<Self> {
        if let Some(&place) = places.iter().find(|&&place| place >= self.trees.len()) {
            return Err(Error::shape("trees of the forest", self.trees.len(), place));
        }
        let trees = places.iter().map(|&place| Arc::clone(&self.trees[place])).collect();
        let keys = places.iter().map(|&place| self.keys[place]).collect();
        Ok(Self::empty(self.columns(), self.outputs.clone())?.with(trees, keys))
    }

    /// The number of columns the forest was trained on.
    pub fn columns(&self) -> usize {
        self.columns as usize
    }

    /// What the forest answers with.
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// The trees, in the order in which their answers are summed.
    pub fn trees(&self) -> &[Arc<Tree>] {
        &self.trees
    }

    /// The key that each tree was grown with.
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// How many steps a row takes down all trees, on average; none if the trees are not laid out
    /// for walking yet, which one of the first predictions does.
    pub fn steps(&self) -> Option<usize> {
        self.walker.get().map(Walker::steps)
    }

    fn walker(&self, workers: Workers<'_>) -> Result<&Walker> {
        self.walker.walker(&self.trees, workers)
    }

    /// The mean of the trees' answers for every row: `rows × width` values.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for another number of columns, [`crate::ErrorKind::Value`] for
    /// an infinite value, [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn predict<'a>(&self, matrix: impl Into<Features<'a>>, workers: Workers<'_>) -> Result<Vec<f64>> {
        let matrix = matrix.into();
        matrix.check_columns(self.columns())?;
        Ok(self.means(self.walker.sums(&self.trees, matrix, workers)?))
    }

    /// [`Forest::predict`] of one table after the other, in each of which a column is shuffled: see
    /// [`Walker::shuffled_sums`]. There are `shuffles.count() × rows × width` values.
    ///
    /// # Errors
    /// As [`Forest::predict`], and [`crate::ErrorKind::Shape`] for columns or rows that are none.
    pub fn predict_shuffled<'a>(
        &self,
        matrix: impl Into<Features<'a>>,
        shuffles: &Shuffles<'_>,
        workers: Workers<'_>,
    ) -> Result<Vec<f64>> {
        let matrix = matrix.into();
        matrix.check_columns(self.columns())?;
        let sums = self.walker(workers)?.shuffled_sums(matrix, shuffles, workers)?;
        Ok(self.means(sums))
    }

    fn means(&self, mut sums: Vec<f64>) -> Vec<f64> {
        let trees = self.trees.len() as f64;
        for sum in &mut sums {
            *sum /= trees;
        }
        sums
    }

    /// The number of the leaf that every row reaches in every tree: `rows × trees` values.
    ///
    /// # Errors
    /// As [`Forest::predict`].
    pub fn apply<'a>(&self, matrix: impl Into<Features<'a>>, workers: Workers<'_>) -> Result<Vec<i64>> {
        let matrix = matrix.into();
        matrix.check_columns(self.columns())?;
        self.walker(workers)?.leaves(&self.trees, matrix, workers)
    }

    /// The paths of all rows down all trees, whose nodes are numbered one tree after the other.
    ///
    /// # Errors
    /// As [`Forest::predict`].
    pub fn paths<'a>(&self, matrix: impl Into<Features<'a>>, workers: Workers<'_>) -> Result<Paths> {
        Paths::down(&self.trees, matrix.into(), workers)
    }

    /// What the trees that were not trained on a row answer for it, for every training row.
    ///
    /// # Errors
    /// As [`Forest::predict`].
    pub fn out_of_bag<'a>(
        &self,
        matrix: impl Into<Features<'a>>,
        sampler: &Sampler,
        workers: Workers<'_>,
    ) -> Result<OutOfBag> {
        let matrix = matrix.into();
        matrix.check_columns(self.columns())?;
        let walker = self.walker(workers)?;
        let answers = self.outputs.width();
        // The last value of a row counts its trees.
        let width = answers + 1;
        let mut sums = filled(0.0, cells(matrix.rows(), width)?)?;
        for first in (0..self.trees.len()).step_by(TREES_AT_A_TIME) {
            let trees = first..self.trees.len().min(first + TREES_AT_A_TIME);
            let drawn = workers.map(trees.len(), |index| sampler.drawn(self.keys[first + index], workers.cancel()))?;
            let left_out = |tree: usize, row| !drawn[tree - first].contains(row);
            walker.add_wanted(trees, matrix, left_out, &mut sums, workers)?;
        }
        let mut result = OutOfBag { values: reserved(matrix.rows() * answers)?, rows_without_trees: 0 };
        for sums in sums.chunks_exact(width) {
            let trees = sums[answers];
            result.values.extend(sums[..answers].iter().map(|sum| sum / trees.max(1.0)));
            result.rows_without_trees += usize::from(trees == 0.0);
        }
        Ok(result)
    }

    /// The mean of the trees' normalised importances, adding up to one; zeros if no tree splits.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn importances(&self, cancel: &Cancel) -> Result<Vec<f64>> {
        let mut mean = filled(0.0, self.columns())?;
        for tree in self.trees.iter().filter(|tree| tree.nodes().len() > 1) {
            cancel.check()?;
            let importances = tree.importances(true)?;
            mean.iter_mut().zip(importances).for_each(|(mean, importance)| *mean += importance);
        }
        let total: f64 = mean.iter().sum();
        if total > 0.0 {
            for mean in &mut mean {
                *mean /= total;
            }
        }
        Ok(mean)
    }
}

impl Checked for Forest {
    const KIND: Kind = Kind::Forest;

    fn check(&self) -> Result<()> {
        if self.trees.is_empty() || self.trees.len() != self.keys.len() {
            return Err(Error::model_file("a forest needs trees, and a key for each"));
        }
        for tree in &self.trees {
            tree.check()?;
            if tree.columns() != self.columns() || tree.outputs() != &self.outputs {
                return Err(Error::model_file("a forest has a tree of another shape"));
            }
        }
        Ok(())
    }
}

impl Predictor for Forest {
    fn columns(&self) -> usize {
        self.columns()
    }

    fn outputs(&self) -> usize {
        self.outputs.len()
    }

    fn class_counts(&self) -> &[u32] {
        self.outputs.class_counts()
    }
}

/// Trees whose draws are remembered at a time, as a bit for each row.
const TREES_AT_A_TIME: usize = 64;

/// What the trees of a forest share before the first is grown.
pub(crate) struct TreePlan<'a> {
    params: &'a ForestParams,
    sampler: Option<Sampler>,
}

impl<'a> TreePlan<'a> {
    pub(crate) fn new(training: &TrainingRows<'_>, params: &'a ForestParams) -> Result<Self> {
        if params.n_estimators == 0 || params.n_estimators >= 1 << 31 {
            return Err(Error::parameter("n_estimators", "from 1 to 2147483647", params.n_estimators));
        }
        let sampler = params
            .bootstrap
            .as_ref()
            .map(|bootstrap| Sampler::new(training.rows.len(), bootstrap.draws, training.weights))
            .transpose()?;
        Ok(Self { params, sampler })
    }

    /// Grows the tree of a key.
    pub(crate) fn grow(&self, training: &TrainingRows<'_>, key: u64, workers: Workers<'_>) -> Result<Tree> {
        let weights: Option<Vec<f64>> = match &self.sampler {
            None => None,
            Some(sampler) => {
                let counts = sampler.counts(key, workers.cancel())?;
                Some(match &self.params.bootstrap {
                    Some(Bootstrap { balanced: true, .. }) => balanced(&counts, training.targets),
                    _ => counts.into_iter().map(f64::from).collect(),
                })
            }
        };
        let training = TrainingRows { weights: weights.as_deref().or(training.weights), ..*training };
        grow(&training, &self.params.tree, Seed::Key(key), workers)
    }
}

/// Codes a matrix and grows a forest on all of its rows.
///
/// # Errors
/// As [`CodedMatrix::encode`] and [`Forest::grown`].
pub fn fit<'a>(
    matrix: impl Into<Features<'a>>,
    targets: Targets<'_>,
    params: &ForestParams,
    seed: u64,
    workers: Workers<'_>,
) -> Result<Forest> {
    let coded = CodedMatrix::encode(matrix, workers)?.binned(params.tree.max_bins, workers)?;
    let rows = coded.all_rows()?;
    let training = TrainingRows { matrix: &coded, rows: &rows, targets, weights: None };
    Forest::empty(coded.columns().len(), targets.outputs())?.grown(&training, params, seed, workers)
}
