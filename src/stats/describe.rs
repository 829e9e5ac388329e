//! What a column looks like: its size, mean, spread and quantiles.

use ndarray::ArrayView2;

use super::moments::Moments;
use super::order::{OrderStatistics, check_shares, of_values};
use super::sort::Column;
use super::whole::{Whole, each_column};
use crate::data::Real;
use crate::data::ordered::Float;
use crate::error::{Error, Result};
use crate::runtime::{Cancel, Workers};

/// A column in some numbers; NaN is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// How many numbers the column has.
    pub count: usize,
    /// Their mean: infinite if some are, of one sign; NaN without numbers, or if both infinities are among them.
    pub mean: f64,
    /// Their standard deviation, with `count - 1`; NaN for fewer than two numbers, or if one is infinite.
    pub std: f64,
    /// The least number; NaN without numbers.
    pub min: f64,
    /// The greatest number.
    pub max: f64,
    /// The quantile at each share, linear between the two numbers next to it.
    pub quantiles: Vec<f64>,
}

/// Describes every column: its quantiles are those at `shares`, ascending between 0 and 1. Linear in the values.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for shares that are none or not ascending, [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Workers;
/// use treering::stats::describe::describe;
/// use treering::stats::sort::Column;
///
/// let values = array![1.0, 2.0, f64::NAN, 6.0];
/// let found = describe(&[Column::F64(values.view())], &[0.5], Workers::alone())?;
/// assert_eq!((found[0].count, found[0].mean, found[0].max), (3, 3.0, 6.0));
/// assert_eq!(found[0].quantiles, [2.0]);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn describe(columns: &[Column<'_>], shares: &[f64], workers: Workers<'_>) -> Result<Vec<Description>> {
    check_shares(shares)?;
    each_column(columns, workers, |values| match values {
        Whole::F32(values) => of_column(values, shares, workers.cancel()),
        Whole::F64(values) => of_column(values, shares, workers.cancel()),
    })
}

fn of_column<F: Float + Real>(values: &[F], shares: &[f64], cancel: &Cancel) -> Result<Description> {
    let mut asked = Vec::with_capacity(shares.len() + 2);
    asked.push(0.0);
    asked.extend_from_slice(shares);
    asked.push(1.0);
    let OrderStatistics { count, around } = of_values(values, &asked, cancel)?;
    let (min, max) = (around[0].0, around[asked.len() - 1].1);
    let quantiles = shares.iter().zip(&around[1..]);
    let quantiles = quantiles.map(|(share, &around)| between(around, share * count.saturating_sub(1) as f64)).collect();
    let (mean, std) = if count == 0 {
        (f64::NAN, f64::NAN)
    } else if min.is_infinite() || max.is_infinite() {
        // The sum of both infinities is not a number, and with one of them it is infinite.
        let sum = [min, max].into_iter().filter(|end| end.is_infinite()).sum();
        (sum, f64::NAN)
    } else {
        let moments = moments(values, cancel)?;
        let std = if count > 1 { (moments.squares[0] / (count - 1) as f64).sqrt() } else { f64::NAN };
        (moments.mean[0], std)
    };
    Ok(Description { count, mean, std, min, max, quantiles })
}

/// The moments of one column in one piece of memory.
pub(super) fn moments<F: Real>(values: &[F], cancel: &Cancel) -> Result<Moments> {
    let column = ArrayView2::from_shape((values.len(), 1), values)
        .map_err(|error| Error::internal(format!("a column is no matrix: {error}")))?;
    Moments::of(column, None, Workers::new(1, cancel))
}

/// The number at a fractional place between two; rounded as `numpy.quantile` does, so that the results are equal.
fn between((low, high): (f64, f64), place: f64) -> f64 {
    let part = place.fract();
    if low.is_finite() && high.is_finite() && (high - low).is_infinite() {
        return low * (1.0 - part) + high * part;
    }
    if low == high || part == 0.0 {
        low
    } else if part < 0.5 {
        low + (high - low) * part
    } else {
        high - (high - low) * (1.0 - part)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use super::*;

    fn one(values: &Array1<f64>) -> Result<Description> {
        Ok(describe(&[Column::F64(values.view())], &[0.25, 0.5], Workers::alone())?.swap_remove(0))
    }

    #[test]
    fn what_has_no_value_is_nan() -> Result<()> {
        for values in [array![], array![f64::NAN]] {
            let found = one(&values)?;
            assert_eq!(found.count, 0);
            let all = [found.mean, found.std, found.min, found.max, found.quantiles[0], found.quantiles[1]];
            assert!(all.iter().all(|value| value.is_nan()));
        }
        let found = one(&array![3.0])?;
        assert_eq!((found.mean, found.min, found.max, found.quantiles), (3.0, 3.0, 3.0, vec![3.0, 3.0]));
        assert!(found.std.is_nan());
        Ok(())
    }

    #[test]
    fn infinities_show() -> Result<()> {
        let found = one(&array![1.0, f64::INFINITY, 2.0])?;
        assert_eq!((found.mean, found.max, found.quantiles[0]), (f64::INFINITY, f64::INFINITY, 1.5));
        assert!(found.std.is_nan());
        assert_eq!(one(&array![1.0, f64::NEG_INFINITY])?.mean, f64::NEG_INFINITY);
        assert!(one(&array![f64::INFINITY, f64::NEG_INFINITY])?.mean.is_nan());
        Ok(())
    }

    #[test]
    fn threads_and_strides_change_nothing() -> Result<()> {
        let x = ndarray::Array2::from_shape_fn((40_000, 6), |(i, j)| ((i * 31 + j * 17) % 1009) as f64 / 7.0);
        let turned = x.t().as_standard_layout().into_owned();
        let by_rows: Vec<Column<'_>> = x.columns().into_iter().map(Column::F64).collect();
        let by_columns: Vec<Column<'_>> = turned.rows().into_iter().map(Column::F64).collect();
        let expected = describe(&by_rows, &[0.1, 0.9], Workers::alone())?;
        for threads in [1, 2, 5] {
            let workers = Workers::unstoppable(threads);
            assert_eq!(describe(&by_rows, &[0.1, 0.9], workers)?, expected);
            assert_eq!(describe(&by_columns, &[0.1, 0.9], workers)?, expected);
        }
        Ok(())
    }
}
