//! Log loss of predicted probabilities.

use ndarray::ArrayView2;

use super::{BLOCK_ROWS, PARALLEL_ROWS};
use crate::error::{Error, Result};
use crate::runtime::Workers;

/// What one reading of a matrix of probabilities gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogLoss {
    /// The sum of (weighted) losses.
    pub loss: f64,
    /// The sum of weights: the number of rows where none were given.
    pub weight: f64,
    /// Whether every row sums to 1 within `tolerance`.
    pub sums_to_one: bool,
    /// Whether every probability is a number in 0..=1.
    pub in_range: bool,
}

impl LogLoss {
    const NOTHING: Self = Self { loss: 0.0, weight: 0.0, sums_to_one: true, in_range: true };
}

/// The sum over rows of −ln p(true class), with p kept within `epsilon..=1 − epsilon`.
///
/// `codes` gives each row's true class as a column of `probabilities`; a matrix of one column holds
/// the probability of class 1 of two. Rows are summed in fixed blocks, merged in order.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] where lengths differ, [`crate::ErrorKind::Value`] for a class that
/// has no column, [`crate::ErrorKind::Cancelled`].
pub fn log_loss<F: Copy + Into<f64> + Sync>(
    codes: &[u32],
    probabilities: ArrayView2<'_, F>,
    weights: Option<&[f64]>,
    epsilon: f64,
    tolerance: f64,
    workers: Workers<'_>,
) -> Result<LogLoss> {
    let (rows, columns) = probabilities.dim();
    if codes.len() != rows {
        return Err(Error::shape("the number of true labels", rows, codes.len()));
    }
    if weights.is_some_and(|weights| weights.len() != rows) {
        return Err(Error::shape("the number of sample weights", rows, weights.map_or(0, <[f64]>::len)));
    }
    let classes = columns.max(2) as u32;
    if let Some(code) = codes.iter().find(|&&code| code >= classes) {
        return Err(Error::value("y_true", format!("class {code}"), format!("one of {classes} classes")));
    }
    let read = |block| {
        let start = block * BLOCK_ROWS;
        let mut part = LogLoss::NOTHING;
        for row in start..rows.min(start + BLOCK_ROWS) {
            let mut sum = 0.0;
            for &p in probabilities.row(row) {
                let p: f64 = p.into();
                part.in_range &= (0.0..=1.0).contains(&p);
                sum += p;
            }
            let code = codes[row] as usize;
            let chosen = if columns == 1 {
                let positive: f64 = probabilities[[row, 0]].into();
                sum = 1.0;
                if code == 1 { positive } else { 1.0 - positive }
            } else {
                probabilities[[row, code]].into()
            };
            part.sums_to_one &= (sum - 1.0).abs() <= tolerance;
            let weight = weights.map_or(1.0, |weights| weights[row]);
            part.loss -= weight * chosen.clamp(epsilon, 1.0 - epsilon).ln();
            part.weight += weight;
        }
        Ok(part)
    };
    let mut sum = LogLoss::NOTHING;
    workers.alone_if(rows < PARALLEL_ROWS).fold(rows.div_ceil(BLOCK_ROWS), read, |part| {
        sum.loss += part.loss;
        sum.weight += part.weight;
        sum.sums_to_one &= part.sums_to_one;
        sum.in_range &= part.in_range;
    })?;
    Ok(sum)
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test fails by panicking
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn known_losses() {
        let p = array![[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]];
        let result = log_loss(&[1, 0, 0, 1], p.view(), None, f64::EPSILON, 1e-8, Workers::alone()).expect("valid");
        assert!((result.loss / result.weight - 0.216_161_874_67).abs() < 1e-9, "{result:?}");
        assert!(result.sums_to_one && result.in_range);
        let one_column = p.slice(ndarray::s![.., 1..]).to_owned();
        let same =
            log_loss(&[1, 0, 0, 1], one_column.view(), None, f64::EPSILON, 1e-8, Workers::alone()).expect("valid");
        assert!((same.loss - result.loss).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_probability_is_seen() {
        for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            let result =
                log_loss(&[0], array![[bad, 0.0]].view(), None, f64::EPSILON, 1e-8, Workers::alone()).expect("valid");
            assert!(!result.in_range);
        }
        assert!(log_loss(&[2], array![[0.5, 0.5]].view(), None, f64::EPSILON, 1e-8, Workers::alone()).is_err());
    }
}
