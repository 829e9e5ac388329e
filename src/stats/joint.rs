//! Joint moments of pairs of columns, which merge: what Pearson's correlation is made of.
//!
//! Reference: Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
//! moments", Sandia report 2008-6212.

use serde::{Deserialize, Serialize};

use super::products::{OwnRows, OwnSums, each_pair};
use super::sort::Column;
use crate::error::Result;
use crate::runtime::Workers;
use crate::runtime::memory::filled;

/// The moments of two columns over the rows where both are finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JointMoments {
    /// How many rows.
    pub count: u64,
    /// Both means; 0 without rows.
    pub means: [f64; 2],
    /// The sums of squared differences from them.
    pub squares: [f64; 2],
    /// The sum of the products of these differences.
    pub products: f64,
}

impl JointMoments {
    /// No rows.
    pub const EMPTY: Self = Self { count: 0, means: [0.0; 2], squares: [0.0; 2], products: 0.0 };

    /// The moments of these rows and others together.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { *other } else { *self };
        }
        let (m, n) = (self.count as f64, other.count as f64);
        let share = n / (m + n);
        let apart = [0, 1].map(|side: usize| other.means[side] - self.means[side]);
        let pairs = m * share;
        Self {
            count: self.count.saturating_add(other.count),
            means: [0, 1].map(|side: usize| self.means[side] + apart[side] * share),
            squares: [0, 1]
                .map(|side: usize| self.squares[side] + other.squares[side] + apart[side] * apart[side] * pairs),
            products: self.products + other.products + apart[0] * apart[1] * pairs,
        }
    }

    /// Pearson's correlation; NaN if one column does not vary.
    pub fn correlation(&self) -> f64 {
        super::correlation::ratio(self.products, self.squares[0], self.squares[1])
    }
}

impl From<OwnRows> for JointMoments {
    fn from(rows: OwnRows) -> Self {
        let OwnRows { count, scales, means, squares, products } = rows;
        if count == 0 {
            return Self::EMPTY;
        }
        Self {
            count: count as u64,
            means: [0, 1].map(|side: usize| means[side] / scales[side]),
            squares: [0, 1].map(|side: usize| squares[side] / scales[side] / scales[side]),
            products: products / scales[0] / scales[1],
        }
    }
}

/// The joint moments of all pairs of columns of the same length: first with second, first with third, and so on.
/// O(n·p²).
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Workers;
/// use treering::stats::joint::joint_moments;
/// use treering::stats::sort::Column;
///
/// let x = array![[1.0, 2.0], [2.0, 4.0], [3.0, f64::NAN]];
/// let columns: Vec<_> = x.columns().into_iter().map(Column::F64).collect();
/// let pair = joint_moments(&columns, Workers::alone())?[0];
/// assert_eq!((pair.count, pair.means, pair.products), (2, [1.5, 3.0], 1.0));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn joint_moments(columns: &[Column<'_>], workers: Workers<'_>) -> Result<Vec<JointMoments>> {
    let width = columns.len();
    let rows = columns.first().map_or(0, Column::len);
    let mut sums = filled(None, width * width)?;
    let centres = each_pair(columns, workers, |(one, other), found| sums[one * width + other] = Some(found))?;
    let scaled = centres.iter().any(|centre| centre.scale != 1.0);
    let pairs: Vec<(usize, usize)> =
        (0..width).flat_map(|one| (one + 1..width).map(move |other| (one, other))).collect();
    let squares = |column: usize| sums[column * width + column].map_or(f64::NAN, |found| found.products);
    let made = |&(one, other): &(usize, usize)| {
        let found = sums[one * width + other]?;
        let own =
            found.own.unwrap_or(OwnSums { count: rows as f64, x: 0.0, y: 0.0, xx: squares(one), yy: squares(other) });
        if own.count == 0.0 {
            return Some(JointMoments::EMPTY);
        }
        let totals = [own.x, own.y];
        let squares = own.squares().filter(|_| !scaled)?;
        let means = [(one, 0), (other, 1)].map(|(column, side): (usize, usize)| {
            centres[column].mean + (centres[column].rest + totals[side] / own.count)
        });
        let products = found.products - own.x * own.y / own.count;
        Some(JointMoments { count: own.count as u64, means, squares, products })
    };
    workers.map(pairs.len(), |place| match made(&pairs[place]) {
        Some(found) => Ok(found),
        None => OwnRows::of(&columns[pairs[place].0], &columns[pairs[place].1], workers.cancel()).map(Into::into),
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};
    use proptest::prelude::*;

    use super::*;
    use crate::stats::correlation::{Correlation, correlation};

    fn columns<'a>(x: &'a ndarray::ArrayView2<'a, f64>) -> Vec<Column<'a>> {
        x.columns().into_iter().map(Column::F64).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn merged_parts_correlate_as_the_whole(rows in 2usize..200, cut in 0usize..200, seed: u64, far in 0u8..2) {
            let mut stream = crate::runtime::Stream::new(seed);
            let mut x = Array2::zeros((rows, 4));
            for row in 0..rows {
                let common = stream.uniform() + f64::from(far) * 1e6;
                for column in 0..4 {
                    let is_missing = column % 2 == 1 && stream.below(4) == 0;
                    x[[row, column]] = if is_missing { f64::NAN } else { common + 2.0 * stream.uniform() };
                }
            }
            let cut = cut.min(rows);
            let parts = [x.slice(s![..cut, ..]), x.slice(s![cut.., ..])];
            let [one, next] = [0, 1].map(|part: usize| joint_moments(&columns(&parts[part]), Workers::alone()));
            let whole = correlation(&columns(&x.view()), Correlation::Pearson, Workers::alone())?;
            let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
            for ((one, next), pair) in one?.iter().zip(&next?).zip(pairs) {
                let merged = one.merged(next);
                let both = x.rows().into_iter().filter(|row| row[pair.0].is_finite() && row[pair.1].is_finite()).count();
                prop_assert_eq!(merged.count, both as u64);
                if both > 2 {
                    let (found, expected) = (merged.correlation(), whole[[pair.0, pair.1]]);
                    prop_assert!((found - expected).abs() < 1e-7, "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn columns_far_from_one_keep_their_correlation() -> Result<()> {
        let x =
            Array2::from_shape_fn(
                (50, 2),
                |(row, column)| if column == 0 { row as f64 * 1e-160 } else { (row % 7) as f64 * 1e120 },
            );
        let pair = joint_moments(&columns(&x.view()), Workers::alone())?[0];
        assert_eq!(pair.count, 50);
        assert!(pair.means[0] > 2e-159 && pair.means[1] > 2e120);
        Ok(())
    }
}
