//! Order statistics of every column: medians and other quantiles.

use ndarray::{ArrayView2, Axis};

use super::{PARALLEL_ELEMENTS, Real};
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::runtime::memory::{cells, reserved};

/// The numbers of one column around some shares of them; NaN is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderStatistics {
    /// How many numbers the column has.
    pub count: usize,
    /// For each share `q` the numbers at the places below and above `q (count - 1)`, which are the same where
    /// it is whole; NaN for a column without numbers.
    pub around: Vec<(f64, f64)>,
}

/// Columns that are gathered in one reading of the rows: half a cache line of doubles.
const COLUMNS_AT_A_TIME: usize = 4;

/// Rows between two looks at the cancel flag.
const POLL_ROWS: usize = 1 << 16;

/// The order statistics of every column at some shares between 0 and 1, ascending.
///
/// Linear in the cells (quickselect, C. A. R. Hoare, "Algorithm 65: Find", 1961); a copy of four columns in
/// memory for each thread.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for shares that are none or not ascending, [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
pub fn order_statistics<F: Real>(
    x: ArrayView2<'_, F>,
    shares: &[f64],
    workers: Workers<'_>,
) -> Result<Vec<OrderStatistics>> {
    let are_shares = shares.iter().all(|share| (0.0..=1.0).contains(share));
    if !are_shares || !shares.is_sorted() {
        return Err(Error::parameter("shares", "between 0 and 1, ascending", format!("{shares:?}")));
    }
    let (rows, columns) = x.dim();
    let workers = workers.alone_if(x.len() < PARALLEL_ELEMENTS);
    let groups = workers.map(columns.div_ceil(COLUMNS_AT_A_TIME), |group| {
        let first = group * COLUMNS_AT_A_TIME;
        let count = COLUMNS_AT_A_TIME.min(columns - first);
        drop(reserved::<F>(cells(rows, count)?)?);
        let mut gathered: Vec<Vec<F>> = (0..count).map(|_| reserved(rows)).collect::<Result<_>>()?;
        let part = x.slice_axis(Axis(1), ndarray::Slice::from(first..first + count));
        for (number, row) in part.axis_iter(Axis(0)).enumerate() {
            if number % POLL_ROWS == 0 {
                workers.cancel().check()?;
            }
            for (column, &value) in gathered.iter_mut().zip(row) {
                if !value.into().is_nan() {
                    column.push(value);
                }
            }
        }
        gathered
            .iter_mut()
            .map(|column| {
                workers.cancel().check()?;
                Ok(OrderStatistics { count: column.len(), around: around(column, shares) })
            })
            .collect::<Result<Vec<_>>>()
    })?;
    Ok(groups.into_iter().flatten().collect())
}

/// Selects from the left to the right: what was selected before parts the rest.
fn around<F: Real>(values: &mut [F], shares: &[f64]) -> Vec<(f64, f64)> {
    let Some(last) = values.len().checked_sub(1) else { return vec![(f64::NAN, f64::NAN); shares.len()] };
    let mut begin = 0;
    let mut at = |place: usize| {
        if place >= begin {
            values[begin..].select_nth_unstable_by(place - begin, |a, b| (*a).into().total_cmp(&(*b).into()));
            begin = place + 1;
        }
        values[place].into()
    };
    shares
        .iter()
        .map(|share| {
            let place = share * last as f64;
            let low = at(place.floor() as usize);
            (low, at((place.ceil() as usize).min(last)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ShapeBuilder};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn places_are_those_of_sorted_columns(
            values in prop::collection::vec(prop_oneof![Just(f64::NAN), -9.0..9.0_f64], 0..240),
            mut shares in prop::collection::vec(0.0..=1.0_f64, 0..6),
            by_columns: bool,
        ) {
            shares.sort_by(f64::total_cmp);
            let shape = ndarray::Ix2(values.len() / 6, 6);
            let shape = if by_columns { shape.f() } else { shape.into() };
            let x = Array2::from_shape_vec(shape, values[..values.len() / 6 * 6].to_vec()).map_err(|e| TestCaseError::fail(e.to_string()))?;
            for threads in [1, 3] {
                let found = order_statistics(x.view(), &shares, Workers::unstoppable(threads))?;
                prop_assert_eq!(found.len(), 6);
                for (column, statistics) in x.columns().into_iter().zip(found) {
                    let mut sorted: Vec<f64> = column.iter().copied().filter(|value| !value.is_nan()).collect();
                    sorted.sort_by(f64::total_cmp);
                    prop_assert_eq!(statistics.count, sorted.len());
                    for (share, (low, high)) in shares.iter().zip(statistics.around) {
                        if sorted.is_empty() {
                            prop_assert!(low.is_nan() && high.is_nan());
                        } else {
                            let place = share * (sorted.len() - 1) as f64;
                            prop_assert_eq!((low, high), (sorted[place.floor() as usize], sorted[place.ceil() as usize]));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn shares_are_between_zero_and_one() {
        let x = Array2::<f64>::zeros((3, 1));
        for shares in [[-0.1, 0.5], [0.5, 1.1], [0.7, 0.3], [f64::NAN, 0.5]] {
            assert!(order_statistics(x.view(), &shares, Workers::alone()).is_err());
        }
    }
}
