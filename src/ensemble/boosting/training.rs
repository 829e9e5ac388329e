//! Boosting, one iteration after the other.

use ndarray::ArrayView2;

use super::baseline::{quantile_among, weighted};
use super::bins::ColumnBins;
use super::codes::Binned;
use super::grower::{Grower, Grown, GrowthParams};
use super::loss::Loss;
use super::model::Boosting;
use super::pulls::{Pull, Pulls};
use super::tree::BoostedTree;
use super::walk::Steps;
use crate::error::{Error, Result};
use crate::runtime::memory::{cells, filled, reserved};
use crate::runtime::{Workers, mix};

/// Rows that are worked off at a time.
const ROWS_AT_A_TIME: usize = 1 << 13;

/// What is learned from.
#[derive(Debug, Clone, Copy)]
pub struct Learned<'a> {
    /// The rows as codes.
    pub binned: &'a Binned,
    /// What the codes stand for.
    pub bins: &'a [ColumnBins],
    /// A label for each row.
    pub labels: &'a [f64],
    /// A weight for each row, if they differ.
    pub weights: Option<&'a [f64]>,
}

/// A model at some iteration of its training.
#[derive(Debug)]
pub struct Training {
    loss: Loss,
    seed: u64,
    /// What the model answers for every row, output by output.
    raw: Vec<f64>,
    gradients: Vec<f64>,
    hessians: Vec<f64>,
    room: Room,
    /// How many trees there were before.
    first: usize,
    /// The trees of every iteration since, one for each output.
    trees: Vec<BoostedTree>,
}

/// Memory that every tree needs.
#[derive(Debug, Default)]
struct Room {
    pulls: Vec<Pull>,
    rows: Vec<u32>,
    spare: Vec<u32>,
}

impl Training {
    /// Goes on with a model, on some rows.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for another number of outputs or columns, or no rows,
    /// [`crate::ErrorKind::Parameter`] for a loss that is none, [`crate::ErrorKind::Memory`],
    /// [`crate::ErrorKind::Cancelled`].
    pub fn new(model: &Boosting, loss: Loss, rows: &Binned, seed: u64, workers: Workers<'_>) -> Result<Self> {
        loss.check()?;
        let (count, outputs) = (rows.rows(), loss.outputs());
        if count == 0 {
            return Err(Error::shape("rows", 1, 0));
        }
        if model.outputs() != outputs {
            return Err(Error::shape("outputs of the model", outputs, model.outputs()));
        }
        let answers = model.added(rows, 0..model.iterations(), workers)?;
        let raw = if outputs == 1 { answers } else { by_outputs(&answers, outputs)? };
        let (gradients, hessians) = (filled(0.0, raw.len())?, filled(0.0, raw.len())?);
        let (first, trees) = (model.trees().len(), Vec::new());
        Ok(Self { loss, seed, raw, gradients, hessians, room: Room::default(), first, trees })
    }

    /// A model with the trees that were added to it.
    pub fn added_to(&self, model: &Boosting) -> Boosting {
        model.with(&self.trees)
    }

    /// What the last iteration adds for other rows: `rows × outputs` numbers, added to `raw`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] if there are not so many, [`crate::ErrorKind::Memory`],
    /// [`crate::ErrorKind::Cancelled`].
    pub fn add_last(&self, rows: &Binned, raw: &mut [f64], workers: Workers<'_>) -> Result<()> {
        let outputs = self.loss.outputs();
        if raw.len() != cells(rows.rows(), outputs)? {
            return Err(Error::shape("raw answers", cells(rows.rows(), outputs)?, raw.len()));
        }
        let last = self.last();
        Steps::new(last.iter())?.add_to(0..last.len(), rows, outputs, raw, workers)
    }

    /// The mean loss of the rows.
    ///
    /// # Errors
    /// As [`Loss::mean`].
    pub fn mean_loss(&self, labels: &[f64], weights: Option<&[f64]>, workers: Workers<'_>) -> Result<f64> {
        let rows = self.raw.len() / self.loss.outputs();
        let raw = ArrayView2::from_shape((self.loss.outputs(), rows), &self.raw);
        let raw = raw.map_err(|error| Error::internal(error.to_string()))?;
        self.loss.mean(labels, raw.t(), weights, workers)
    }

    /// What the model answers for every row, output by output.
    pub fn raw(&self) -> &[f64] {
        &self.raw
    }

    /// The trees that were added, iteration by iteration.
    pub fn trees(&self) -> &[BoostedTree] {
        &self.trees
    }

    /// The trees of the last iteration; none before the first.
    pub fn last(&self) -> &[BoostedTree] {
        &self.trees[self.trees.len().saturating_sub(self.loss.outputs())..]
    }

    /// Adds one iteration.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] if there is not a label for each row,
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn boost(&mut self, learned: &Learned<'_>, params: &GrowthParams, workers: Workers<'_>) -> Result<()> {
        let rows = learned.binned.rows();
        if learned.labels.len() != rows {
            return Err(Error::shape("labels", rows, learned.labels.len()));
        }
        if rows * self.loss.outputs() != self.raw.len() {
            return Err(Error::shape("rows", self.raw.len() / self.loss.outputs(), rows));
        }
        if let Some(weights) = learned.weights.filter(|weights| weights.len() != rows) {
            return Err(Error::shape("weights", rows, weights.len()));
        }
        params.check(learned.binned.columns())?;
        self.loss.check_labels(learned.labels)?;
        self.pull(learned, workers)?;
        let has_hessians = !self.loss.has_constant_hessian() || learned.weights.is_some();
        let grower = Grower::new(learned.binned, learned.bins, params, workers);
        let mut trees = Vec::with_capacity(self.loss.outputs());
        for output in 0..self.loss.outputs() {
            let own = output * rows..(output + 1) * rows;
            let hessians = has_hessians.then(|| &self.hessians[own.clone()]);
            let key = mix(self.seed, (self.first + self.trees.len() + output) as u64);
            let pulls = Pulls::new(&self.gradients[own.clone()], hessians, key, &mut self.room.pulls, workers)?;
            let mut all = std::mem::take(&mut self.room.rows);
            all.clear();
            all.extend(0..rows as u32);
            self.room.spare.resize(rows, 0);
            let mut grown = grower.grow(pulls, all, &mut self.room.spare, key)?;
            if let Some(quantile) = self.loss.leaf_quantile() {
                settle(&mut grown, learned, &self.raw[own.clone()], quantile, params.learning_rate, workers)?;
            }
            if !grown.tree.is_finite() {
                return Err(Error::value(
                    "what a tree answers",
                    "numbers too large to be added up",
                    "smaller numbers in y and sample_weight, or a smaller learning_rate",
                ));
            }
            grown.add_to(&mut self.raw[own], workers)?;
            trees.push(grown.tree);
            self.room.rows = grown.rows;
        }
        self.trees.extend(trees);
        Ok(())
    }

    /// Tells gradients and hessians anew.
    fn pull(&mut self, learned: &Learned<'_>, workers: Workers<'_>) -> Result<()> {
        let rows = learned.binned.rows();
        if let Loss::MultinomialLog(classes) = self.loss {
            return self.pull_classes(learned, classes, workers);
        }
        let (loss, raw) = (self.loss, &self.raw);
        let mut pieces: Vec<(&mut [f64], &mut [f64])> =
            self.gradients.chunks_mut(ROWS_AT_A_TIME).zip(self.hessians.chunks_mut(ROWS_AT_A_TIME)).collect();
        workers.alone_if(rows < 2 * ROWS_AT_A_TIME).fill(&mut pieces, 1, |piece, pieces| {
            let (gradients, hessians) = &mut pieces[0];
            let first = piece * ROWS_AT_A_TIME;
            let rows = first..first + gradients.len();
            let labels = learned.labels[rows.clone()].iter().zip(&raw[rows.clone()]);
            for ((gradient, hessian), (&label, &raw)) in gradients.iter_mut().zip(hessians.iter_mut()).zip(labels) {
                (*gradient, *hessian) = loss.pull(label, raw);
            }
            if let Some(weights) = learned.weights {
                for ((gradient, hessian), weight) in gradients.iter_mut().zip(hessians.iter_mut()).zip(&weights[rows]) {
                    *gradient *= weight;
                    *hessian *= weight;
                }
            }
            Ok(())
        })
    }

    /// The same for several classes: the shares of a row are those of its exponentials.
    fn pull_classes(&mut self, learned: &Learned<'_>, classes: usize, workers: Workers<'_>) -> Result<()> {
        let rows = learned.binned.rows();
        let raw = &self.raw;
        // Of some rows the gradients and hessians, class by class.
        let mut pieces: Vec<Vec<(&mut [f64], &mut [f64])>> = Vec::new();
        pieces.resize_with(rows.div_ceil(ROWS_AT_A_TIME), || Vec::with_capacity(classes));
        for (gradients, hessians) in self.gradients.chunks_mut(rows).zip(self.hessians.chunks_mut(rows)) {
            let parts = gradients.chunks_mut(ROWS_AT_A_TIME).zip(hessians.chunks_mut(ROWS_AT_A_TIME));
            pieces.iter_mut().zip(parts).for_each(|(piece, part)| piece.push(part));
        }
        workers.alone_if(rows < 2 * ROWS_AT_A_TIME).fill(&mut pieces, 1, |place, pieces| {
            let piece = &mut pieces[0];
            let own = place * ROWS_AT_A_TIME..rows.min((place + 1) * ROWS_AT_A_TIME);
            let raw_of = |class: usize| &raw[class * rows..][own.clone()];
            let mut most = filled(f64::NEG_INFINITY, own.len())?;
            for class in 0..classes {
                most.iter_mut().zip(raw_of(class)).for_each(|(most, raw)| *most = most.max(*raw));
            }
            let mut sums = filled(0.0, own.len())?;
            for (class, (shares, _)) in piece.iter_mut().enumerate() {
                for (((share, raw), most), sum) in shares.iter_mut().zip(raw_of(class)).zip(&most).zip(&mut sums) {
                    *share = (raw - most).exp();
                    *sum += *share;
                }
            }
            let labels = &learned.labels[own.clone()];
            for (class, (gradients, hessians)) in piece.iter_mut().enumerate() {
                let class = class as f64;
                for (((gradient, hessian), sum), &label) in
                    gradients.iter_mut().zip(hessians.iter_mut()).zip(&sums).zip(labels)
                {
                    let share = *gradient / sum;
                    *gradient = share - f64::from(u8::from(label == class));
                    *hessian = share * (1.0 - share);
                }
                if let Some(weights) = learned.weights {
                    let weights = &weights[own.clone()];
                    gradients.iter_mut().zip(weights).for_each(|(gradient, weight)| *gradient *= weight);
                    hessians.iter_mut().zip(weights).for_each(|(hessian, weight)| *hessian *= weight);
                }
            }
            Ok(())
        })
    }
}

/// Answers row by row, output by output.
fn by_outputs(answers: &[f64], outputs: usize) -> Result<Vec<f64>> {
    let mut raw = reserved(answers.len())?;
    for output in 0..outputs {
        raw.extend(answers[output..].iter().step_by(outputs));
    }
    Ok(raw)
}

/// Lets leaves answer with a quantile of what is left of their rows' labels.
fn settle(
    grown: &mut Grown,
    learned: &Learned<'_>,
    raw: &[f64],
    quantile: f64,
    learning_rate: f64,
    workers: Workers<'_>,
) -> Result<()> {
    let values = workers.alone_if(raw.len() < ROWS_AT_A_TIME).map(grown.leaves.len(), |place| {
        let (_, start, count) = grown.leaves[place];
        let rows = grown.rows[start..start + count].iter().map(|&row| row as usize);
        let residual = |row: usize| learned.labels[row] - raw[row];
        if let Some(weights) = learned.weights {
            let mut residuals = reserved(count)?;
            residuals.extend(rows.map(|row| (residual(row), weights[row])));
            residuals.sort_unstable_by(|one: &(f64, f64), other| one.0.total_cmp(&other.0));
            return Ok(weighted(&residuals, quantile));
        }
        let mut residuals = reserved(count)?;
        residuals.extend(rows.map(residual));
        Ok(quantile_among(&mut residuals, quantile))
    })?;
    for (&(leaf, ..), value) in grown.leaves.iter().zip(values) {
        grown.tree.nodes[leaf as usize].value = learning_rate * value;
    }
    Ok(())
}
