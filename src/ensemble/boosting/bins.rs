//! Columns cut into at most 255 bins.
//!
//! Thresholds are scikit-learn's: midway between values where a column has few, else quantiles that
//! share the rows evenly (numpy's "averaged inverted distribution function"). A missing value has
//! the code [`MISSING`], whatever the number of bins.

use serde::{Deserialize, Serialize};

use crate::data::MatrixView;
use crate::data::ordered::Float;
use crate::data::sorting::sort_keys;
use crate::error::{Error, Result};
use crate::persistence::decoding::counted;
use crate::runtime::memory::reserved;
use crate::runtime::{Cancel, Workers};
use crate::stats::order::weighted_places;

/// The code of a missing value.
pub const MISSING: u8 = u8::MAX;

/// The most bins of a column.
pub const MOST_BINS: usize = MISSING as usize;

/// The codes that there are, that of missing values among them.
pub(super) const CODES: usize = MOST_BINS + 1;

/// How the values of a column become codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ColumnBins {
    /// A value has as its code how many of the ascending thresholds are below it.
    Numbers(#[serde(deserialize_with = "counted")] Vec<f64>),
    /// A value is its own code if it is one of so many whole numbers from 0 on; others are missing.
    Categories(u8),
}

impl ColumnBins {
    /// Bins of the values of some rows, with their weights if they have any; missing values and
    /// rows without weight do not count.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn of_numbers(
        values: impl Iterator<Item = f64>,
        weights: Option<&[f64]>,
        most_bins: usize,
        cancel: &Cancel,
    ) -> Result<Self> {
        let thresholds = match weights {
            None => {
                let mut keys = reserved(values.size_hint().0)?;
                keys.extend(values.filter(|value| !value.is_nan()).map(Float::key));
                let sorted: Vec<f64> = sort_keys(keys, cancel)?.into_iter().map(f64::from_key).collect();
                thresholds(&sorted, most_bins, |share| quantile(&sorted, share))
            }
            Some(weights) => {
                let mut rows = reserved(weights.len())?;
                let weighed = values.zip(weights).filter(|(value, weight)| !value.is_nan() && **weight != 0.0);
                rows.extend(weighed.map(|(value, &weight)| (value, weight)));
                rows.sort_by(|one, other| one.0.total_cmp(&other.0));
                let sorted: Vec<f64> = rows.iter().map(|row| row.0).collect();
                let cumulated: Vec<f64> = rows
                    .iter()
                    .scan(0.0, |sum, row| {
                        *sum += row.1;
                        Some(*sum)
                    })
                    .collect();
                thresholds(&sorted, most_bins, |share| {
                    let (place, next) = weighted_places(&cumulated, share);
                    sorted[place].midpoint(sorted[next])
                })
            }
        };
        Ok(Self::Numbers(thresholds))
    }

    /// Bins of every column of a matrix: of so many categories, or of its numbers, which are those of
    /// the drawn rows if some were drawn.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] if weights, drawn rows or categories do not fit the matrix,
    /// [`crate::ErrorKind::Parameter`] for less than two bins or too many,
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn of_columns(
        matrix: MatrixView<'_>,
        drawn: Option<&[u32]>,
        weights: Option<&[f64]>,
        categories: &[Option<u8>],
        most_bins: usize,
        workers: Workers<'_>,
    ) -> Result<Vec<Self>> {
        if categories.len() != matrix.columns() {
            return Err(Error::shape("columns of X", categories.len(), matrix.columns()));
        }
        if !(2..=MOST_BINS).contains(&most_bins) {
            return Err(Error::parameter("max_bins", format!("from 2 to {MOST_BINS}"), most_bins));
        }
        let rows = drawn.map_or(matrix.rows(), <[u32]>::len);
        if let Some(weights) = weights.filter(|weights| weights.len() != rows) {
            return Err(Error::shape("weights", rows, weights.len()));
        }
        if let Some(&row) = drawn.unwrap_or(&[]).iter().find(|&&row| row as usize >= matrix.rows()) {
            return Err(Error::shape("rows of X", matrix.rows(), row as usize));
        }
        workers.map(matrix.columns(), |column| {
            if let Some(count) = categories[column] {
                return Ok(Self::Categories(count));
            }
            let value = |row: usize| match matrix {
                MatrixView::F32(view) => f64::from(view[(row, column)]),
                MatrixView::F64(view) => view[(row, column)],
            };
            let place = |at: usize| drawn.map_or(at, |drawn| drawn[at] as usize);
            Self::of_numbers((0..rows).map(|at| value(place(at))), weights, most_bins, workers.cancel())
        })
    }

    /// How many codes values that are not missing have.
    pub fn count(&self) -> usize {
        match self {
            Self::Numbers(thresholds) => thresholds.len() + 1,
            Self::Categories(count) => usize::from(*count),
        }
    }

    /// Checks bins of a file.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`] if no training gives them.
    pub(super) fn check(&self) -> Result<()> {
        let Self::Numbers(thresholds) = self else { return Ok(()) };
        let is_usable = |threshold: &f64| *threshold <= MOST_THRESHOLD;
        let ascend = thresholds.iter().all(is_usable) && thresholds.is_sorted_by(|one, next| one < next);
        if self.count() > MOST_BINS || !ascend {
            return Err(Error::model_file("thresholds of a column do not ascend"));
        }
        Ok(())
    }

    /// Whether values are categories.
    pub fn is_categorical(&self) -> bool {
        matches!(self, Self::Categories(_))
    }
}

/// The largest threshold: beyond it are infinite values.
const MOST_THRESHOLD: f64 = 1e300;

/// Thresholds between sorted values: midway where there are at most so many, else quantiles.
fn thresholds(sorted: &[f64], most_bins: usize, quantile: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut distinct: Vec<f64> = Vec::new();
    for &value in sorted {
        if distinct.len() > most_bins {
            break;
        }
        if distinct.last() != Some(&value) {
            distinct.push(value);
        }
    }
    let mut found: Vec<f64> = if distinct.len() <= most_bins {
        distinct.windows(2).map(|pair| pair[0].midpoint(pair[1])).collect()
    } else {
        let step = 100.0 / most_bins as f64;
        (1..most_bins).map(|bin| quantile(bin as f64 * step / 100.0)).collect()
    };
    for threshold in &mut found {
        *threshold = threshold.min(MOST_THRESHOLD);
    }
    found.dedup();
    found
}

/// The averaged inverted distribution function at a share of the rows.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = sorted.len() as f64 * share - 1.0;
    let below = place.floor().max(0.0);
    let low = sorted[below as usize];
    let high = sorted[(below as usize + 1).min(sorted.len() - 1)];
    if place < 0.0 || low == high {
        low
    } else if place > below {
        high
    } else {
        high - (high - low) * 0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: &[f64], weights: Option<&[f64]>, most: usize) -> Vec<f64> {
        match ColumnBins::of_numbers(values.iter().copied(), weights, most, &Cancel::new()) {
            Ok(ColumnBins::Numbers(thresholds)) => thresholds,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn few_values_are_parted_midway() {
        assert_eq!(numbers(&[3.0, 1.0, 1.0, f64::NAN, 2.0], None, 3), [1.5, 2.5]);
        assert!(numbers(&[5.0, 5.0], None, 255).is_empty());
        assert!(numbers(&[f64::NAN], None, 255).is_empty());
        assert_eq!(numbers(&[3.0, 1.0, 2.0], Some(&[1.0, 1.0, 0.0]), 3), [2.0]);
    }

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.percentile(numpy.arange(11), [25, 50, 75], method="averaged_inverted_cdf")
        let eleven: Vec<f64> = (0..11).map(f64::from).collect();
        assert_eq!(numbers(&eleven, None, 4), [2.0, 5.0, 8.0]);
        // of numpy.arange(12)
        let twelve: Vec<f64> = (0..12).map(f64::from).collect();
        assert_eq!(numbers(&twelve, None, 4), [2.5, 5.5, 8.5]);
        assert_eq!(numbers(&twelve, Some(&[1.0; 12]), 4), [2.5, 5.5, 8.5]);
    }
}
