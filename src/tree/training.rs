//! What a tree is trained on.

use super::nodes::{MOST_COLUMNS, MOST_WEIGHT};
use super::params::{Criterion, TreeParams};
use super::targets::{Outputs, Targets};
use crate::data::CodedMatrix;
use crate::error::{Error, Result};

/// What a tree is trained on.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRows<'a> {
    /// All columns, coded once for every tree that shares them.
    pub matrix: &'a CodedMatrix,
    /// Which rows of the matrix take part, in training order.
    pub rows: &'a [u32],
    /// The labels of these rows.
    pub targets: Targets<'a>,
    /// The weight of each of these rows; all ones where there is none. Rows of weight zero are
    /// left out.
    pub weights: Option<&'a [f64]>,
}

impl TrainingRows<'_> {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] or [`crate::ErrorKind::Value`] for the first part that does not.
    pub fn check(&self) -> Result<()> {
        if self.matrix.columns().len() > MOST_COLUMNS as usize {
            return Err(Error::shape(
                "columns of X: more than trees may have",
                MOST_COLUMNS as usize,
                self.matrix.columns().len(),
            ));
        }
        if self.rows.is_empty() || self.matrix.columns().is_empty() {
            return Err(Error::value("X", "no rows or no columns", "at least one row and one column"));
        }
        self.targets.check(self.rows.len())?;
        if let Some(weights) = self.weights {
            if weights.len() != self.rows.len() {
                return Err(Error::shape("weights for the rows of X", self.rows.len(), weights.len()));
            }
            if let Some(&weight) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                return Err(Error::value("sample_weight", weight, "finite weights of 0 or more"));
            }
            if weights.iter().sum::<f64>() > MOST_WEIGHT {
                return Err(Error::value("sample_weight", "weights whose sum is too large", "smaller weights"));
            }
            if weights.iter().all(|&weight| weight == 0.0) {
                return Err(Error::value("sample_weight", "only zeros", "at least one weight above zero"));
            }
            if let Targets::Numbers { values, .. } = self.targets {
                let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
                if !(largest.max(1.0).powi(2) * weights.iter().sum::<f64>()).is_finite() {
                    let given = "weights whose products with the squares of y are too large";
                    return Err(Error::value("sample_weight", given, "smaller weights"));
                }
            }
        }
        if self.rows.iter().any(|&row| row as usize >= self.matrix.rows()) {
            return Err(Error::internal("a training row lies outside the matrix"));
        }
        Ok(())
    }

    /// Checks that trees can be grown by these parameters: whether the criterion measures the
    /// labels, and constraints can hold.
    ///
    /// # Errors
    /// As [`TrainingRows::check`], and [`crate::ErrorKind::Parameter`].
    pub fn check_for(&self, params: &TreeParams) -> Result<()> {
        self.check()?;
        let outputs = self.targets.outputs();
        if params.criterion.is_of_classes() != matches!(outputs, Outputs::Classes(_)) {
            return Err(Error::internal("the criterion measures another kind of labels"));
        }
        // Rows drawn for a tree may all be zeros: then it is one leaf.
        if let (Criterion::Poisson, Targets::Numbers { values, outputs }) = (params.criterion, self.targets)
            && let Some(place) = values.iter().position(|&value| value < 0.0)
        {
            let (name, value) = (format!("y, row {},", place / outputs), values[place]);
            return Err(Error::value(name, value, "numbers of 0 or more for criterion='poisson'"));
        }
        if params.monotonic.is_empty() {
            return Ok(());
        }
        let columns = self.matrix.columns().len();
        if params.monotonic.len() != columns {
            return Err(Error::shape("monotonic constraints for the columns of X", columns, params.monotonic.len()));
        }
        let can_hold = match outputs {
            Outputs::Classes(counts) => counts == [1] || counts == [2],
            Outputs::Numbers(outputs) => outputs == 1,
        };
        if can_hold {
            Ok(())
        } else {
            Err(Error::parameter("monotonic_cst", "None but for two classes or one number", "constraints"))
        }
    }
}
