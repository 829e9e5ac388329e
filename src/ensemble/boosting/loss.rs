//! What boosting lowers: losses, their gradients and hessians by what a model answers before its
//! link ("raw" answers).

use ndarray::ArrayView2;

use super::baseline::total;
use crate::error::{Error, Result};
use crate::runtime::Workers;

/// Rows whose losses are added up at a time.
const ROWS_AT_A_TIME: usize = 1 << 14;

/// The most classes: each iteration has a tree for each.
const MOST_CLASSES: usize = 1 << 20;

/// A loss, halved where that makes its gradient plain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    /// Half the squared difference.
    SquaredError,
    /// The absolute difference.
    AbsoluteError,
    /// The pinball loss of a quantile.
    Quantile(f64),
    /// Half the Poisson deviance, of a logarithm.
    Poisson,
    /// Half the gamma deviance, of a logarithm.
    Gamma,
    /// The log loss of two classes, of log odds; labels are 0 and 1.
    BinaryLog,
    /// The log loss of several classes, of a number for each; labels are places.
    MultinomialLog(usize),
}

impl Loss {
    /// How many numbers a row is answered with.
    pub fn outputs(self) -> usize {
        match self {
            Self::MultinomialLog(classes) => classes,
            _ => 1,
        }
    }

    /// Whether all hessians are one, but for the weights of rows.
    pub fn has_constant_hessian(self) -> bool {
        matches!(self, Self::SquaredError | Self::AbsoluteError | Self::Quantile(_))
    }

    /// The quantile of its residuals that a leaf answers with, of losses whose hessians say nothing.
    pub fn leaf_quantile(self) -> Option<f64> {
        match self {
            Self::AbsoluteError => Some(0.5),
            Self::Quantile(quantile) => Some(quantile),
            _ => None,
        }
    }

    /// # Errors
    /// [`crate::ErrorKind::Parameter`] for a quantile or a number of classes outside its range.
    pub fn check(self) -> Result<()> {
        match self {
            Self::Quantile(quantile) if !(0.0..=1.0).contains(&quantile) => {
                Err(Error::parameter("quantile", "from 0 to 1", quantile))
            }
            Self::MultinomialLog(classes) if !(3..=MOST_CLASSES).contains(&classes) => {
                Err(Error::parameter("classes", "from 3 to 2^20", classes))
            }
            _ => Ok(()),
        }
    }

    /// Checks that labels are places of classes, of a loss of several.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] for the first that is none.
    pub(super) fn check_labels(self, labels: &[f64]) -> Result<()> {
        let Self::MultinomialLog(classes) = self else { return Ok(()) };
        let is_place = |label: f64| label >= 0.0 && label < classes as f64 && label.fract() == 0.0;
        match labels.iter().find(|&&label| !is_place(label)) {
            Some(label) => Err(Error::value("a label", label, format!("a class from 0 to {}", classes - 1))),
            None => Ok(()),
        }
    }

    /// The loss of a row, of losses with one output.
    #[inline]
    pub fn of_one(self, label: f64, raw: f64) -> f64 {
        match self {
            Self::SquaredError => 0.5 * (raw - label) * (raw - label),
            Self::AbsoluteError => (raw - label).abs(),
            Self::Quantile(quantile) if label >= raw => quantile * (label - raw),
            Self::Quantile(quantile) => (1.0 - quantile) * (raw - label),
            Self::Poisson => raw.exp() - label * raw,
            Self::Gamma => raw + label * (-raw).exp(),
            Self::BinaryLog | Self::MultinomialLog(_) => raw.max(0.0) + (-raw.abs()).exp().ln_1p() - label * raw,
        }
    }

    /// The weighted mean loss of rows that are answered `raw`, which has a row for each.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] if labels, answers and weights do not fit together,
    /// [`crate::ErrorKind::Value`] if there are no rows or all weights are 0,
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn mean(
        self,
        labels: &[f64],
        raw: ArrayView2<'_, f64>,
        weights: Option<&[f64]>,
        workers: Workers<'_>,
    ) -> Result<f64> {
        let rows = labels.len();
        if raw.dim() != (rows, self.outputs()) {
            return Err(Error::shape("raw answers", rows * self.outputs(), raw.len()));
        }
        if let Some(weights) = weights.filter(|weights| weights.len() != rows) {
            return Err(Error::shape("weights", rows, weights.len()));
        }
        let total = total(rows, weights)?;
        let of_row = |row: usize| {
            let loss = match self {
                Self::MultinomialLog(_) => of_classes(labels[row] as usize, raw.row(row).iter().copied()),
                _ => self.of_one(labels[row], raw[(row, 0)]),
            };
            weights.map_or(loss, |weights| loss * weights[row])
        };
        // Whatever the number of threads, the same sums are added in the same order.
        let sums = workers.alone_if(rows < 2 * ROWS_AT_A_TIME).map(rows.div_ceil(ROWS_AT_A_TIME), |part| {
            let rows = part * ROWS_AT_A_TIME..rows.min((part + 1) * ROWS_AT_A_TIME);
            Ok(rows.map(of_row).sum::<f64>())
        })?;
        Ok(sums.into_iter().sum::<f64>() / total)
    }

    /// The gradient of a row and its hessian, of losses with one output.
    #[inline]
    pub fn pull(self, label: f64, raw: f64) -> (f64, f64) {
        match self {
            Self::SquaredError => (raw - label, 1.0),
            Self::AbsoluteError => (if label < raw { 1.0 } else { -1.0 }, 1.0),
            Self::Quantile(quantile) => (if label >= raw { -quantile } else { 1.0 - quantile }, 1.0),
            Self::Poisson => {
                let mean = raw.exp();
                (mean - label, mean)
            }
            Self::Gamma => {
                let ratio = label * (-raw).exp();
                (1.0 - ratio, ratio)
            }
            Self::BinaryLog | Self::MultinomialLog(_) => {
                // The share of ones, without overflow on either side.
                let small = (-raw.abs()).exp();
                let share = if raw >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
                (share - label, share * (1.0 - share))
            }
        }
    }
}

/// The log loss of a row of several classes.
fn of_classes(label: usize, raw: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = raw.clone().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = raw.clone().map(|raw| (raw - largest).exp()).sum();
    largest + sum.ln() - raw.into_iter().nth(label).unwrap_or(f64::NAN)
}
