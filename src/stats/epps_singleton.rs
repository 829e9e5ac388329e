//! The Epps–Singleton test: whether two samples, whose values need not be continuous, have one characteristic function.
//!
//! References: Epps and Singleton, "An omnibus test for the two-sample problem using the empirical characteristic
//! function", Journal of Statistical Computation and Simulation 26 (1986).

use super::order::of_values;
use super::sort::Column;
use crate::data::PARALLEL_ELEMENTS;
use crate::error::Result;
use crate::runtime::memory::{filled, reserved};
use crate::runtime::{Cancel, Workers};

/// Values whose sums are kept apart before they are added.
const BLOCK: usize = 1 << 14;

/// Of one sample: the means of the cosines, then the sines, at each point, and of the products of each pair of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Waves {
    /// As many means as two for each point.
    pub means: Vec<f64>,
    /// Row by row, the mean products.
    pub products: Vec<f64>,
}

/// The waves of both samples at `points`, in units of half the interquartile range of all values.
///
/// None if a value is missing or infinite, or if the range is zero. O(n₁ + n₂) for each pair of points.
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub fn waves<'a>(
    first: Column<'a>,
    second: Column<'a>,
    points: &[f64],
    workers: Workers<'_>,
) -> Result<Option<(Waves, Waves)>> {
    let mut values = reserved(first.len() + second.len())?;
    for column in [first, second] {
        match column {
            Column::F32(sample) => values.extend(sample.iter().map(|&value| f64::from(value))),
            Column::F64(sample) => values.extend(sample.iter().copied()),
        }
    }
    if values.iter().any(|value: &f64| !value.is_finite()) {
        return Ok(None);
    }
    let scale = half_range(&values, workers.cancel())?;
    if scale <= 0.0 || scale.is_nan() {
        return Ok(None);
    }
    let frequencies: Vec<f64> = points.iter().map(|point| point / scale).collect();
    let (first, second) = values.split_at(first.len());
    Ok(Some((waves_of(first, &frequencies, workers)?, waves_of(second, &frequencies, workers)?)))
}

/// Half the distance of the quartiles.
fn half_range(values: &[f64], cancel: &Cancel) -> Result<f64> {
    let found = of_values(values, &[0.25, 0.75], cancel)?;
    let place = |share: f64| (share * (found.count.saturating_sub(1)) as f64).fract();
    let between = |(low, high): (f64, f64), share: f64| low + (high - low) * place(share);
    Ok((between(found.around[1], 0.75) - between(found.around[0], 0.25)) / 2.0)
}

fn waves_of(values: &[f64], frequencies: &[f64], workers: Workers<'_>) -> Result<Waves> {
    let width = 2 * frequencies.len();
    let sums = |block: usize| {
        let (mut means, mut products) = (filled(0.0, width)?, filled(0.0, width * width)?);
        let mut row = filled(0.0, width)?;
        for &value in &values[block * BLOCK..values.len().min((block + 1) * BLOCK)] {
            for (at, frequency) in frequencies.iter().enumerate() {
                (row[frequencies.len() + at], row[at]) = (frequency * value).sin_cos();
            }
            for (one, sum) in row.iter().zip(&mut means) {
                *sum += one;
            }
            for (one, sums) in row.iter().zip(products.chunks_exact_mut(width)) {
                for (other, sum) in row.iter().zip(sums) {
                    *sum += one * other;
                }
            }
        }
        Ok((means, products))
    };
    let mut waves = Waves { means: filled(0.0, width)?, products: filled(0.0, width * width)? };
    let workers = workers.alone_if(values.len() < PARALLEL_ELEMENTS);
    workers.fold(values.len().div_ceil(BLOCK), sums, |(means, products)| {
        waves.means.iter_mut().zip(means).for_each(|(sum, part)| *sum += part);
        waves.products.iter_mut().zip(products).for_each(|(sum, part)| *sum += part);
    })?;
    let count = values.len() as f64;
    waves.means.iter_mut().chain(&mut waves.products).for_each(|sum| *sum /= count);
    Ok(waves)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn waves_are_means() -> Result<()> {
        // The quartiles of all four values are 1 and 3, half of whose distance is 1.
        let (a, b) = (array![0.0, 4.0], array![4.0_f32 / 3.0, 8.0 / 3.0]);
        let found = waves(Column::F64(a.view()), Column::F32(b.view()), &[0.5], Workers::alone())?;
        let Some((first, _)) = found else { panic!("no waves") };
        assert!((first.means[0] - f64::midpoint(1.0, 2.0_f64.cos())).abs() < 1e-6);
        assert!((first.products[3] - 2.0_f64.sin().powi(2) / 2.0).abs() < 1e-6);
        assert_eq!(first.products[1].to_bits(), first.products[2].to_bits());
        Ok(())
    }

    #[test]
    fn threads_change_no_bit() -> Result<()> {
        let values = ndarray::Array1::from_shape_fn(300_000, |i| ((i * 31) % 1009) as f64);
        let column = Column::F64(values.view());
        let alone = waves(column, column, &[0.4, 0.8], Workers::alone())?;
        assert_eq!(waves(column, column, &[0.4, 0.8], Workers::unstoppable(3))?, alone);
        Ok(())
    }

    #[test]
    fn what_has_no_range_has_no_waves() -> Result<()> {
        for values in [array![1.0, 1.0, 1.0, 1.0, 1.0, 9.0], array![1.0, f64::NAN], array![f64::INFINITY, 1.0]] {
            let column = Column::F64(values.view());
            assert_eq!(waves(column, column, &[0.4], Workers::alone())?.map(|_| ()), None);
        }
        Ok(())
    }
}
