//! Scalers for Rust users, with linfa's traits.
//!
//! ```
//! use linfa::traits::{Fit, Transformer};
//! use ndarray::array;
//! use treering::preprocessing::StandardScaler;
//!
//! let data = linfa::DatasetBase::from(array![[0.0, 5.0], [2.0, 5.0]]);
//! let scaler = StandardScaler::default().fit(&data)?;
//! assert_eq!(scaler.transform(data.records().view())?, array![[-1.0, 0.0], [1.0, 0.0]]);
//! # Ok::<(), treering::Error>(())
//! ```

use linfa::DatasetBase;
use linfa::traits::{Fit, Transformer};
use ndarray::{Array2, ArrayBase, ArrayView2, Data, Ix2};

use super::affine::{Affine, apply};
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::stats::moments::{Extremes, Moments};

/// Centres every column and scales it to unit variance; constant columns are only centred.
#[derive(Debug, Clone, PartialEq)]
pub struct StandardScaler {
    /// Whether the mean is subtracted.
    pub with_mean: bool,
    /// Whether values are divided by the standard deviation.
    pub with_std: bool,
    /// How many threads may work.
    pub threads: usize,
}

impl Default for StandardScaler {
    fn default() -> Self {
        Self { with_mean: true, with_std: true, threads: 1 }
    }
}

/// Maps every column's least and greatest value to the ends of a range.
#[derive(Debug, Clone, PartialEq)]
pub struct MinMaxScaler {
    /// The ends of the range.
    pub feature_range: (f64, f64),
    /// Whether values outside what was seen are moved to the ends.
    pub clip: bool,
    /// How many threads may work.
    pub threads: usize,
}

impl Default for MinMaxScaler {
    fn default() -> Self {
        Self { feature_range: (0.0, 1.0), clip: false, threads: 1 }
    }
}

/// A scaler that has seen its data: a shift and a scale for every column.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedScaler {
    /// What is subtracted, or added after scaling.
    pub shift: Vec<f64>,
    /// What is divided or multiplied by.
    pub scale: Vec<f64>,
    operation: Affine,
    threads: usize,
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for StandardScaler {
    type Object = FittedScaler;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<FittedScaler> {
        let moments = Moments::of(dataset.records().view(), None, Workers::unstoppable(self.threads))?;
        refuse_infinite(&moments.mean)?;
        let columns = 0..moments.mean.len();
        let shift = if self.with_mean { moments.mean.clone() } else { vec![0.0; moments.mean.len()] };
        let scale = columns.map(|column| if self.with_std { deviation(&moments, column) } else { 1.0 }).collect();
        Ok(FittedScaler { shift, scale, operation: Affine::SubtractDivide, threads: self.threads })
    }
}

/// The standard deviation; 1 where it cannot be told from rounding.
fn deviation(moments: &Moments, column: usize) -> f64 {
    let (weight, mean) = (moments.weight[column], moments.mean[column]);
    let variance = moments.squares[column] / weight;
    let rounding = weight * mean * f64::EPSILON;
    let constant = variance <= weight * f64::EPSILON * variance + rounding * rounding;
    if constant { 1.0 } else { variance.sqrt() }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for MinMaxScaler {
    type Object = FittedScaler;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<FittedScaler> {
        let (low, high) = self.feature_range;
        if low >= high || !low.is_finite() || !high.is_finite() {
            return Err(Error::parameter(
                "feature_range",
                "two numbers in increasing order",
                format!("({low}, {high})"),
            ));
        }
        let extremes = Extremes::of(dataset.records().view(), Workers::unstoppable(self.threads))?;
        let mut fitted =
            FittedScaler { shift: vec![], scale: vec![], operation: Affine::MultiplyAdd, threads: self.threads };
        if self.clip {
            fitted.operation = Affine::MultiplyAddClip(low, high);
        }
        for (&least, &greatest) in extremes.low.iter().zip(&extremes.high) {
            if least > greatest {
                fitted.scale.push(f64::NAN);
                fitted.shift.push(f64::NAN);
                continue;
            }
            refuse_infinite(&[least, greatest])?;
            let range = greatest - least;
            let scale = (high - low) / if range < 10.0 * f64::EPSILON { 1.0 } else { range };
            fitted.scale.push(scale);
            fitted.shift.push(low - least * scale);
        }
        Ok(fitted)
    }
}

fn refuse_infinite(statistics: &[f64]) -> Result<()> {
    match statistics.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(column) => Err(Error::value(format!("column {column} of X"), "an infinity", "finite numbers or NaN")),
    }
}

impl FittedScaler {
    fn run(&self, x: ArrayView2<'_, f64>, operation: Affine) -> Result<Array2<f64>> {
        let mut out = Array2::zeros(x.raw_dim());
        if apply(x, out.view_mut(), &self.shift, &self.scale, operation, Workers::unstoppable(self.threads))? {
            return Err(Error::value("X", "an infinity", "finite numbers or NaN"));
        }
        Ok(out)
    }

    /// Undoes the transform (but for what was clipped).
    ///
    /// # Errors
    /// As [`Transformer::transform`].
    pub fn inverse_transform(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        let inverse = match self.operation {
            Affine::SubtractDivide => Affine::MultiplyAdd,
            Affine::MultiplyAdd | Affine::MultiplyAddClip(..) => Affine::SubtractDivide,
        };
        self.run(x, inverse)
    }
}

/// Fails with [`crate::ErrorKind::Shape`] for another number of columns than was fitted, and with
/// [`crate::ErrorKind::Value`] for an infinity.
impl Transformer<ArrayView2<'_, f64>, Result<Array2<f64>>> for FittedScaler {
    fn transform(&self, x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        self.run(x, self.operation)
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test fails by panicking
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn transforms_and_back() {
        let x = array![[1.0, 7.0, f64::NAN], [2.0, 7.0, 4.0], [6.0, 7.0, 8.0]];
        let data = DatasetBase::from(x.clone());
        for scaler in [
            StandardScaler::default().fit(&data).expect("fits"),
            MinMaxScaler { feature_range: (-1.0, 2.0), ..Default::default() }.fit(&data).expect("fits"),
        ] {
            let there = scaler.transform(x.view()).expect("transforms");
            let back = scaler.inverse_transform(there.view()).expect("inverts");
            for (a, b) in x.iter().zip(&back) {
                assert!((a - b).abs() < 1e-12 || (a.is_nan() && b.is_nan()));
            }
            assert!(scaler.transform(array![[1.0]].view()).is_err());
        }
    }

    #[test]
    fn infinities_are_refused_by_column() {
        let data = DatasetBase::from(array![[1.0, 2.0], [3.0, f64::INFINITY]]);
        let standard = StandardScaler::default().fit(&data).map_err(|error| error.to_string());
        let range = MinMaxScaler::default().fit(&data).map_err(|error| error.to_string());
        let message = "column 1 of X contains an infinity; expected finite numbers or NaN".to_owned();
        assert_eq!(standard, Err(message.clone()));
        assert_eq!(range, Err(message));
        let backwards = MinMaxScaler { feature_range: (1.0, 0.0), ..Default::default() };
        assert!(backwards.fit(&data).is_err());
    }
}
