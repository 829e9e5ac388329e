//! Correlations of all pairs of columns.
//!
//! Pearson's are sums of products of centred values (`products`), of the rows where both are finite; pairs whose own
//! rows are far from their columns' means, or hardly vary, are read once more.
//! Spearman's are Pearson's of average ranks, Kendall's τ-b counts discordant pairs by merging
//! (`rank_correlation`).

use std::str::FromStr;

use ndarray::Array2;

use super::products::{OwnRows, PairSums, each_pair};
use super::rank_correlation::{kendall, spearman};
use super::sort::Column;
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::runtime::memory::{cells, filled};

/// Which correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correlation {
    /// Of the values.
    Pearson,
    /// Of their average ranks.
    Spearman,
    /// τ-b: concordant minus discordant pairs of rows, corrected for ties.
    Kendall,
}

impl FromStr for Correlation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "pearson" => Ok(Self::Pearson),
            "spearman" => Ok(Self::Spearman),
            "kendall" => Ok(Self::Kendall),
            _ => Err(Error::parameter("method", "'pearson', 'spearman' or 'kendall'", format!("'{name}'"))),
        }
    }
}

/// The correlations of all pairs of columns, a symmetric matrix: for each pair, of the rows where both are finite. NaN
/// where a column does not vary in those rows, on the diagonal too.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] for columns of different lengths, or of 2³² rows and more if they are ranked;
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Workers;
/// use treering::stats::correlation::{Correlation, correlation};
/// use treering::stats::sort::Column;
///
/// let x = array![[1.0, 2.0], [2.0, 4.0], [3.0, f64::NAN]];
/// let columns: Vec<_> = x.columns().into_iter().map(Column::F64).collect();
/// let found = correlation(&columns, Correlation::Pearson, Workers::alone())?;
/// assert_eq!(found[[0, 1]], 1.0);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn correlation(columns: &[Column<'_>], kind: Correlation, workers: Workers<'_>) -> Result<Array2<f64>> {
    let rows = columns.first().map_or(0, Column::len);
    if let Some(other) = columns.iter().find(|column| column.len() != rows) {
        return Err(Error::shape("the length of a column", rows, other.len()));
    }
    match kind {
        Correlation::Pearson => pearson(columns, workers),
        Correlation::Spearman => spearman(columns, workers),
        Correlation::Kendall => kendall(columns, workers),
    }
}

/// A matrix with one triangle filled in.
pub(super) fn symmetric(columns: usize, pairs: impl IntoIterator<Item = ((usize, usize), f64)>) -> Result<Array2<f64>> {
    let mut values = filled(f64::NAN, cells(columns, columns)?)?;
    for ((one, other), value) in pairs {
        values[one * columns + other] = value;
        values[other * columns + one] = value;
    }
    Array2::from_shape_vec((columns, columns), values)
        .map_err(|error| Error::internal(format!("correlations are no matrix: {error}")))
}

/// Pearson's correlations of all pairs of columns.
pub(super) fn pearson(columns: &[Column<'_>], workers: Workers<'_>) -> Result<Array2<f64>> {
    let mut found = Found::default();
    each_pair(columns, workers, |pair, sums| found.take(pair, sums))?;
    let Found { products, done, doubtful } = found;
    let again = workers.map(doubtful.len(), |number| {
        let (one, other) = doubtful[number];
        let rows = OwnRows::of(&columns[one], &columns[other], workers.cancel())?;
        Ok(ratio(rows.products, rows.squares[0], rows.squares[1]))
    })?;
    let mut squares = filled(f64::NAN, columns.len())?;
    for ((one, _), product) in products.iter().filter(|((one, other), _)| one == other) {
        squares[*one] = *product;
    }
    let whole =
        products.iter().map(|&((one, other), product)| ((one, other), ratio(product, squares[one], squares[other])));
    symmetric(columns.len(), whole.chain(done).chain(doubtful.iter().copied().zip(again)))
}

/// What the sums of pairs gave.
#[derive(Default)]
struct Found {
    /// Sums of products where no value is missing: the squares of all columns are among them.
    products: Vec<((usize, usize), f64)>,
    /// Correlations.
    done: Vec<((usize, usize), f64)>,
    /// Pairs whose sums have lost digits.
    doubtful: Vec<(usize, usize)>,
}

impl Found {
    /// Takes the correlation of a pair, or the pair itself where its sums have lost digits.
    fn take(&mut self, pair: (usize, usize), sums: PairSums) {
        let Some(own) = sums.own else {
            self.products.push((pair, sums.products));
            return;
        };
        if own.count < 2.0 {
            self.done.push((pair, f64::NAN));
        } else if let Some([x_squares, y_squares]) = own.squares() {
            self.done.push((pair, ratio(sums.products - own.x * own.y / own.count, x_squares, y_squares)));
        } else {
            self.doubtful.push(pair);
        }
    }
}

/// A correlation of its three sums; NaN if one column does not vary.
pub(super) fn ratio(products: f64, one: f64, other: f64) -> f64 {
    if one > 0.0 && other > 0.0 {
        let root = (one * other).sqrt();
        // The product of small sums may be beyond doubles where those of their roots is not.
        let root = if root > 0.0 { root } else { one.sqrt() * other.sqrt() };
        (products / root).clamp(-1.0, 1.0)
    } else {
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use ndarray::ShapeBuilder;
    use proptest::prelude::*;

    use super::*;

    /// By definition, two readings for each pair.
    fn plain(x: &Array2<f64>) -> Array2<f64> {
        Array2::from_shape_fn((x.ncols(), x.ncols()), |(one, other)| {
            let pairs: Vec<(f64, f64)> = x
                .rows()
                .into_iter()
                .map(|row| (row[one], row[other]))
                .filter(|(a, b)| a.is_finite() && b.is_finite())
                .collect();
            let count = pairs.len() as f64;
            let mean = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0 / count, sum.1 + pair.1 / count));
            let sum = |f: fn(f64, f64) -> f64| pairs.iter().map(|(a, b)| f(a - mean.0, b - mean.1)).sum::<f64>();
            sum(|a, b| a * b) / (sum(|a, _| a * a) * sum(|_, b| b * b)).sqrt()
        })
    }

    fn columns(x: &Array2<f64>) -> Vec<Column<'_>> {
        x.columns().into_iter().map(Column::F64).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn every_pair_is_as_defined(rows in 60usize..600, width in 1usize..70, seed: u64, missing in 0u32..3) {
            let mut stream = crate::runtime::Stream::new(seed);
            let mut common = 0.0;
            let mut x = Array2::zeros((rows, width).f());
            for row in 0..rows {
                common += stream.uniform() - 0.5;
                for column in 0..width {
                    let is_missing = stream.below(8) < missing && column % 3 != 1;
                    let value = common + stream.uniform() * 3.0 + 40.0;
                    x[[row, column]] = if is_missing { f64::NAN } else { value };
                }
            }
            let expected = plain(&x);
            let found = correlation(&columns(&x), Correlation::Pearson, Workers::alone())?;
            for (a, b) in found.iter().zip(&expected) {
                prop_assert!((a - b).abs() < 1e-11 || (a.is_nan() && b.is_nan()), "{a} {b}");
            }
            let by_rows = x.as_standard_layout().into_owned();
            let again = correlation(&columns(&by_rows), Correlation::Pearson, Workers::unstoppable(3))?;
            for (a, b) in found.iter().zip(&again) {
                prop_assert_eq!(a.to_bits(), b.to_bits());
            }
        }
    }

    #[test]
    fn threads_change_nothing() -> Result<()> {
        let mut x = Array2::from_shape_fn((70_000, 5), |(i, j)| ((i * 31 + j * j * 17) % 1009) as f64 / 7.0);
        for missing in [false, true] {
            if missing {
                x[[7, 2]] = f64::NAN;
            }
            let one = correlation(&columns(&x), Correlation::Pearson, Workers::alone())?;
            assert!(one.iter().all(|value| value.is_finite()));
            for threads in [2, 3, 7] {
                assert_eq!(correlation(&columns(&x), Correlation::Pearson, Workers::unstoppable(threads))?, one);
            }
        }
        Ok(())
    }

    #[test]
    fn the_range_of_doubles_is_no_limit() -> Result<()> {
        let line = [1.0, 2.0, 4.0, 3.0];
        for (one, other) in [(1e300, 1e-300), (1e308 / 4.0, 5e-324), (1e-200, 1e200)] {
            let x = Array2::from_shape_fn(
                (4, 2),
                |(row, column)| {
                    if column == 0 { line[row] * one } else { (row + 1) as f64 * other }
                },
            );
            let found = correlation(&columns(&x), Correlation::Pearson, Workers::alone())?;
            assert!((found[[0, 1]] - 0.8).abs() < 1e-15, "{found}");
            assert_eq!((found[[0, 0]], found[[1, 1]]), (1.0, 1.0));
        }
        Ok(())
    }

    #[test]
    fn rows_of_a_pair_that_do_not_vary_have_no_correlation() -> Result<()> {
        let nan = f64::NAN;
        let x = ndarray::array![[0.1, 1.0], [0.1, 2.0], [0.1, 5.0], [7.0, nan], [9.0, nan], [f64::INFINITY, 3.0]];
        for kind in [Correlation::Pearson, Correlation::Spearman, Correlation::Kendall] {
            let found = correlation(&columns(&x), kind, Workers::alone())?;
            assert!(found[[0, 1]].is_nan(), "{kind:?} {found}");
            assert!((found[[0, 0]] - 1.0).abs() < 1e-15 && found[[1, 1]] == 1.0, "{kind:?} {found}");
        }
        Ok(())
    }

    #[test]
    fn lengths_must_agree() {
        let (one, two) = (ndarray::array![1.0], ndarray::array![1.0, 2.0]);
        let columns = [Column::F64(one.view()), Column::F64(two.view())];
        assert!(correlation(&columns, Correlation::Pearson, Workers::alone()).is_err());
    }
}
