//! Columns cut into at most 255 bins, and the rows as codes of them.
//!
//! Thresholds are scikit-learn's: midway between values where a column has few, else quantiles that
//! share the rows evenly (numpy's "averaged inverted distribution function"). A missing value has
//! the code [`MISSING`], whatever the number of bins.

use ndarray::ArrayView2;

use crate::data::MatrixView;
use crate::data::ordered::Float;
use crate::data::sorting::sort_keys;
use crate::error::{Error, Result};
use crate::runtime::memory::{cells, filled, reserved};
use crate::runtime::{Cancel, Workers};
use crate::stats::order::weighted_places;

/// The code of a missing value.
pub const MISSING: u8 = u8::MAX;

/// The most bins of a column.
pub const MOST_BINS: usize = MISSING as usize;

/// The codes that there are, that of missing values among them.
pub(super) const CODES: usize = MOST_BINS + 1;

/// Columns whose codes lie together, one in each byte of a word.
pub(super) const COLUMNS_OF_WORD: usize = 8;

/// Rows that are coded at a time.
const ROWS_AT_A_TIME: usize = 1 << 11;

/// How the values of a column become codes.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnBins {
    /// A value has as its code how many of the ascending thresholds are below it.
    Numbers(Vec<f64>),
    /// A value has the place of its category among these ascending ones; others are missing values.
    Categories(Vec<f64>),
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

    /// How many codes values that are not missing have.
    pub fn count(&self) -> usize {
        match self {
            Self::Numbers(thresholds) => thresholds.len() + 1,
            Self::Categories(categories) => categories.len(),
        }
    }

    /// Whether values are categories.
    pub fn is_categorical(&self) -> bool {
        matches!(self, Self::Categories(_))
    }
}

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
    found.dedup();
    // Infinity stands for a split that parts missing values from all others.
    for threshold in &mut found {
        *threshold = threshold.min(1e300);
    }
    found
}

/// The averaged inverted distribution function at a share of the rows.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = sorted.len() as f64 * share - 1.0;
    let below = place.floor().max(0.0);
    let low = sorted[below as usize];
    let high = sorted[(below as usize + 1).min(sorted.len() - 1)];
    if place < 0.0 {
        low
    } else if place > below {
        high
    } else {
        high - (high - low) * 0.5
    }
}

/// Rows as codes, twice: by rows, to be added up, and by columns, to be parted.
///
/// Where few rows are read the codes of each come with a line of the cache or two; where one column
/// is read of many rows, all its codes stay in the cache.
#[derive(Debug, Clone)]
pub struct Binned {
    rows: usize,
    /// Row by row: of eight columns in the bytes of a word, of the next in another.
    words: Vec<u64>,
    columns: Vec<Vec<u8>>,
}

impl Binned {
    /// Codes all rows of a matrix.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for another number of columns or none, too many rows, or a column
    /// of more bins than there are codes;
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn new(matrix: MatrixView<'_>, bins: &[ColumnBins], workers: Workers<'_>) -> Result<Self> {
        if matrix.columns() != bins.len() {
            return Err(Error::shape("columns of X", bins.len(), matrix.columns()));
        }
        if bins.is_empty() {
            return Err(Error::shape("columns", 1, 0));
        }
        if let Some(column) = bins.iter().find(|column| column.count() > MOST_BINS) {
            return Err(Error::shape("bins of a column", MOST_BINS, column.count()));
        }
        if u32::try_from(matrix.rows()).is_err() {
            return Err(Error::shape("rows of X: more than can be numbered", u32::MAX as usize, matrix.rows()));
        }
        let (rows, columns) = (matrix.rows(), matrix.columns());
        let blocks = columns.div_ceil(COLUMNS_OF_WORD);
        let coders: Vec<Coder<'_>> = bins.iter().map(Coder::new).collect();
        let mut words = filled(0, cells(rows, blocks)?)?;
        let mut codes = (0..columns).map(|_| filled(0, rows)).collect::<Result<Vec<Vec<u8>>>>()?;
        // Of every column the codes of some rows, and their words.
        let mut pieces: Vec<(&mut [u64], Vec<&mut [u8]>)> =
            words.chunks_mut(ROWS_AT_A_TIME * blocks).map(|words| (words, Vec::new())).collect();
        for codes in &mut codes {
            pieces.iter_mut().zip(codes.chunks_mut(ROWS_AT_A_TIME)).for_each(|(piece, codes)| piece.1.push(codes));
        }
        workers.fill(&mut pieces, 1, |piece, pieces| {
            let (words, codes) = &mut pieces[0];
            let first = piece * ROWS_AT_A_TIME;
            for (column, (coder, codes)) in coders.iter().zip(codes).enumerate() {
                match matrix {
                    MatrixView::F32(view) => coder.code(view, column, first, codes, f64::from),
                    MatrixView::F64(view) => coder.code(view, column, first, codes, |value| value),
                }
                let words = words[column / COLUMNS_OF_WORD..].iter_mut().step_by(blocks);
                let shift = 8 * (column % COLUMNS_OF_WORD);
                words.zip(codes.iter()).for_each(|(word, &code)| *word |= u64::from(code) << shift);
            }
            Ok(())
        })?;
        drop(pieces);
        Ok(Self { rows, words, columns: codes })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// The codes of a column.
    pub fn column(&self, column: usize) -> &[u8] {
        &self.columns[column]
    }

    /// The words of all rows, row by row.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many columns have their codes in one of a row's words.
    pub(super) fn columns_of(&self, block: usize) -> usize {
        (self.columns.len() - block * COLUMNS_OF_WORD).min(COLUMNS_OF_WORD)
    }

    /// How many words a row has.
    pub(super) fn blocks(&self) -> usize {
        self.columns.len().div_ceil(COLUMNS_OF_WORD)
    }

    /// The code of a row in a column.
    pub fn code(&self, row: usize, column: usize) -> u8 {
        self.columns[column][row]
    }
}

/// One of the bytes of a word.
#[inline]
pub(super) fn byte(word: u64, number: usize) -> u8 {
    (word >> (8 * number)) as u8
}

/// Bins laid out for searching.
enum Coder<'a> {
    /// Thresholds, then infinity: eight comparisons find the place.
    Numbers(Box<[f64; CODES]>),
    Categories(&'a [f64]),
}

impl<'a> Coder<'a> {
    fn new(bins: &'a ColumnBins) -> Self {
        match bins {
            ColumnBins::Numbers(thresholds) => {
                let mut padded = Box::new([f64::INFINITY; CODES]);
                padded[..thresholds.len()].copy_from_slice(thresholds);
                Self::Numbers(padded)
            }
            ColumnBins::Categories(categories) => Self::Categories(categories),
        }
    }

    /// Writes the codes of a column, from a row on.
    fn code<T: Copy>(
        &self,
        view: ArrayView2<'_, T>,
        column: usize,
        first: usize,
        codes: &mut [u8],
        widen: impl Fn(T) -> f64,
    ) {
        let values = view.slice(ndarray::s![first..first + codes.len(), column]);
        let codes = codes.iter_mut().zip(values);
        match self {
            Self::Numbers(thresholds) => {
                codes.for_each(|(code, value)| *code = code_of_number(thresholds, widen(*value)));
            }
            Self::Categories(categories) => {
                codes.for_each(|(code, value)| *code = code_of_category(categories, widen(*value)));
            }
        }
    }
}

/// How many thresholds are below a value.
#[inline]
fn code_of_number(thresholds: &[f64; CODES], value: f64) -> u8 {
    let mut below = 0usize;
    for step in [128, 64, 32, 16, 8, 4, 2, 1] {
        // At most 254 before the last step: the mask tells the compiler.
        below += if thresholds[(below + step - 1) & (CODES - 1)] < value { step } else { 0 };
    }
    if value.is_nan() { MISSING } else { below as u8 }
}

/// The place of a category, of which zero has one sign.
pub(super) fn code_of_category(categories: &[f64], value: f64) -> u8 {
    let value = value + 0.0;
    categories.binary_search_by(|category| category.total_cmp(&value)).map_or(MISSING, |place| place as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

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

    #[test]
    fn categories_that_are_not_known_are_missing() -> Result<()> {
        let bins = [ColumnBins::Categories(vec![0.0, 2.0, 7.0]), ColumnBins::Numbers(vec![0.5])];
        let x = array![[2.0, 0.5], [1.0, f64::INFINITY], [f64::NAN, f64::NAN], [7.0, -1.0], [-0.0, 9.0]];
        let binned = Binned::new(MatrixView::F64(x.view()), &bins, Workers::alone())?;
        let codes: Vec<_> = (0..5).map(|row| (binned.code(row, 0), binned.code(row, 1))).collect();
        assert_eq!(codes, [(1, 0), (MISSING, 1), (MISSING, MISSING), (2, 0), (0, 1)]);
        Ok(())
    }

    proptest! {
        #[test]
        fn a_code_is_how_many_thresholds_are_below(
            values in prop::collection::vec(-1e3f64..1e3, 1..600), most in 2usize..=255, asked in any::<f64>(),
        ) {
            let thresholds = numbers(&values, None, most);
            prop_assert!(thresholds.len() < most && thresholds.is_sorted_by(|one, next| one < next));
            let bins = [ColumnBins::Numbers(thresholds.clone())];
            let mut rows = values.clone();
            rows.extend(&thresholds);
            rows.push(asked);
            let x = ndarray::Array2::from_shape_vec((rows.len(), 1), rows.clone()).expect("a column");
            let binned = Binned::new(MatrixView::F64(x.view()), &bins, Workers::unstoppable(2))?;
            for (row, value) in rows.iter().enumerate() {
                let below = thresholds.iter().filter(|threshold| **threshold < *value).count();
                prop_assert_eq!(usize::from(binned.code(row, 0)), if value.is_nan() { 255 } else { below });
            }
        }
    }
}
