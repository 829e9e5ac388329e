//! Counts of values in bins.

use super::sort::Column;
use super::whole::{Whole, each_column};
use crate::data::{PARALLEL_ELEMENTS, Real};
use crate::error::{Error, Result};
use crate::runtime::memory::filled;
use crate::runtime::{Cancel, Workers};

/// Values between two looks at the cancel flag.
const POLL_VALUES: usize = 1 << 18;

/// How the values of a column lie in its bins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// How many lie in each bin: from its lower edge up to, and without, its upper one; the last with both.
    pub bins: Vec<u64>,
    /// How many lie in none; infinities are among them.
    pub outside: u64,
    /// How many are NaN.
    pub missing: u64,
}

/// The least and the greatest finite value of every column; None without any.
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub fn finite_ranges(columns: &[Column<'_>], workers: Workers<'_>) -> Result<Vec<Option<(f64, f64)>>> {
    each_column(columns, workers, |values| match values {
        Whole::F32(values) => finite_range(values, workers.cancel()),
        Whole::F64(values) => finite_range(values, workers.cancel()),
    })
}

fn finite_range<F: Real>(values: &[F], cancel: &Cancel) -> Result<Option<(f64, f64)>> {
    let (mut low, mut high) = ([f64::INFINITY; 4], [f64::NEG_INFINITY; 4]);
    for piece in values.chunks(POLL_VALUES) {
        cancel.check()?;
        for four in piece.chunks(4) {
            for (lane, &value) in four.iter().enumerate() {
                let value = value.into();
                low[lane] = if value < low[lane] && value > f64::NEG_INFINITY { value } else { low[lane] };
                high[lane] = if value > high[lane] && value < f64::INFINITY { value } else { high[lane] };
            }
        }
    }
    let (low, high) =
        (low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max));
    Ok((low <= high).then_some((low, high)))
}

/// Counts the values of every column between its own edges, as `numpy.histogram` does: constant time for each value
/// where bins are of one width, else O(log bins).
///
/// # Errors
/// [`crate::ErrorKind::Shape`] unless every column has its edges; [`crate::ErrorKind::Value`] for fewer than two
/// edges, or edges that do not increase; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Workers;
/// use treering::stats::histogram::histograms;
/// use treering::stats::sort::Column;
///
/// let values = array![0.0, 1.0, 2.0, 9.0, f64::NAN];
/// let found = histograms(&[Column::F64(values.view())], &[&[0.0, 1.0, 2.0]], Workers::alone())?;
/// assert_eq!((found[0].bins.as_slice(), found[0].outside, found[0].missing), ([1, 2].as_slice(), 1, 1));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn histograms(columns: &[Column<'_>], edges: &[&[f64]], workers: Workers<'_>) -> Result<Vec<Counts>> {
    if edges.len() != columns.len() {
        return Err(Error::shape("the number of lists of edges", columns.len(), edges.len()));
    }
    for edges in edges {
        if edges.len() < 2 || !edges.is_sorted_by(|one, next| one < next) {
            return Err(Error::value("the edges of bins", format!("{edges:?}"), "two or more numbers that increase"));
        }
    }
    let count = |number: usize| {
        let edges = edges[number];
        let found = each_column(&columns[number..=number], workers.alone_if(true), |values| match values {
            Whole::F32(values) => count(values, edges, workers.cancel()),
            Whole::F64(values) => count(values, edges, workers.cancel()),
        })?;
        found.into_iter().next().ok_or_else(|| Error::internal("a column has no counts"))
    };
    let values = columns.iter().fold(0_usize, |sum, column| sum.saturating_add(column.len()));
    let few = values < PARALLEL_ELEMENTS;
    workers.alone_if(few).map(columns.len(), count)
}

fn count<F: Real>(values: &[F], edges: &[f64], cancel: &Cancel) -> Result<Counts> {
    let bins = edges.len() - 1;
    let (first, last) = (edges[0], edges[bins]);
    let width = (last - first) / bins as f64;
    let are_even = width.is_finite()
        && edges.iter().enumerate().all(|(at, edge)| (edge - (first + at as f64 * width)).abs() <= width / 2.0);
    // The place past the last bin counts what lies outside.
    let mut counts = filled(0_u64, bins + 1)?;
    let mut missing = 0;
    for piece in values.chunks(POLL_VALUES) {
        cancel.check()?;
        for &value in piece {
            let value = value.into();
            let place = if !(first..=last).contains(&value) {
                missing += u64::from(value.is_nan());
                bins
            } else if are_even {
                // Rounding may put a value beside its bin: the edges decide.
                let guess = (((value - first) / width) as usize).min(bins - 1);
                let guess = guess - usize::from(guess > 0 && value < edges[guess]);
                guess + usize::from(guess + 1 < bins && value >= edges[guess + 1])
            } else {
                edges[1..bins].partition_point(|&edge| edge <= value)
            };
            counts[place] += 1;
        }
    }
    let outside = counts.pop().unwrap_or(0) - missing;
    Ok(Counts { bins: counts, outside, missing })
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayView1;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_value_is_in_its_bin(
            values in prop::collection::vec(prop_oneof![-3.0..9.0_f64, Just(f64::NAN), Just(f64::INFINITY), (0..8).prop_map(f64::from)], 0..200),
            bins in 1usize..9,
            even: bool,
        ) {
            let edges: Vec<f64> = (0..=bins).map(|at| if even { at as f64 * 0.7 } else { (at * at) as f64 }).collect();
            let column = Column::F64(ArrayView1::from(values.as_slice()));
            let found = histograms(&[column, column], &[&edges, &edges], Workers::unstoppable(2))?;
            prop_assert_eq!(&found[0], &found[1]);
            for (at, pair) in edges.windows(2).enumerate() {
                let is_in = |value: f64| pair[0] <= value && (value < pair[1] || at + 1 == bins && value == pair[1]);
                prop_assert_eq!(found[0].bins[at], values.iter().filter(|&&value| is_in(value)).count() as u64);
            }
            prop_assert_eq!(found[0].missing, values.iter().filter(|value| value.is_nan()).count() as u64);
            prop_assert_eq!(found[0].bins.iter().sum::<u64>() + found[0].outside + found[0].missing, values.len() as u64);
        }
    }

    #[test]
    fn ranges_are_those_of_finite_values() -> Result<()> {
        let values = ndarray::array![f64::NEG_INFINITY, 2.0, f64::NAN, -1.0, f64::INFINITY, 0.0];
        let none = ndarray::array![f64::NAN, f64::INFINITY];
        let columns = [Column::F64(values.view()), Column::F64(none.view())];
        assert_eq!(finite_ranges(&columns, Workers::alone())?, [Some((-1.0, 2.0)), None]);
        Ok(())
    }

    #[test]
    fn edges_increase() {
        let values = ndarray::array![1.0];
        for edges in [vec![], vec![1.0], vec![1.0, 1.0], vec![2.0, 1.0], vec![0.0, f64::NAN]] {
            assert!(histograms(&[Column::F64(values.view())], &[&edges], Workers::alone()).is_err());
        }
        assert!(histograms(&[], &[&[0.0, 1.0]], Workers::alone()).is_err());
    }
}
