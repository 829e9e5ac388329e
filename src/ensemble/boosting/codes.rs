//! Rows as codes of their bins.

use std::sync::atomic::{AtomicBool, Ordering};

use ndarray::ArrayView2;

use super::bins::{CODES, ColumnBins, MISSING, MOST_BINS};
use crate::data::MatrixView;
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::runtime::memory::{cells, filled, reserved};

/// Columns whose codes lie together, one in each byte of a word.
pub(super) const COLUMNS_OF_WORD: usize = 8;

/// The most rows: sums of more leave too few bits for a hessian.
const MOST_ROWS: usize = 1 << 28;

/// Codes of eight columns of a row.
pub(super) type Word = [u8; COLUMNS_OF_WORD];

/// Rows that are coded at a time.
const ROWS_AT_A_TIME: usize = 1 << 11;

/// What turns values into codes.
#[derive(Debug, Clone)]
pub(super) struct Coders(Vec<Coder>);

impl Coders {
    /// Lays bins out for searching.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for a column of more bins than there are codes, or without a
    /// column, [`crate::ErrorKind::Memory`].
    pub(super) fn new(bins: &[ColumnBins]) -> Result<Self> {
        if bins.is_empty() {
            return Err(Error::shape("columns", 1, 0));
        }
        if let Some(column) = bins.iter().find(|column| column.count() > MOST_BINS) {
            return Err(Error::shape("bins of a column", MOST_BINS, column.count()));
        }
        let mut coders = reserved(bins.len())?;
        coders.extend(bins.iter().map(Coder::new));
        Ok(Self(coders))
    }

    /// How many columns there are.
    pub(super) fn columns(&self) -> usize {
        self.0.len()
    }

    /// How many words a row has.
    pub(super) fn words(&self) -> usize {
        self.0.len().div_ceil(COLUMNS_OF_WORD)
    }

    /// The code of a value of a column.
    pub(super) fn code(&self, column: usize, value: f64) -> u8 {
        self.0[column].code(value)
    }

    /// Writes the words of some rows, from one on; `write` is given the codes of each column, too.
    pub(super) fn code_rows(
        &self,
        matrix: MatrixView<'_>,
        first: usize,
        words: &mut [Word],
        mut write: impl FnMut(usize, &[u8]),
    ) {
        let blocks = self.words();
        let mut codes = [0; ROWS_AT_A_TIME];
        for (part, words) in words.chunks_mut(ROWS_AT_A_TIME * blocks).enumerate() {
            let first = first + part * ROWS_AT_A_TIME;
            let codes = &mut codes[..words.len() / blocks];
            for (column, coder) in self.0.iter().enumerate() {
                match matrix {
                    MatrixView::F32(view) => coder.code_column(view, column, first, codes, f64::from),
                    MatrixView::F64(view) => coder.code_column(view, column, first, codes, |value| value),
                }
                write(column, codes);
                let words = words[column / COLUMNS_OF_WORD..].iter_mut().step_by(blocks);
                words.zip(codes.iter()).for_each(|(word, &code)| word[column % COLUMNS_OF_WORD] = code);
            }
        }
    }
}

/// Rows as codes, row by row: those of a row come with a line of the cache or two.
#[derive(Debug, Clone)]
pub struct Binned {
    rows: usize,
    /// Of eight columns in a word, of the next in another.
    words: Vec<Word>,
    has_missing: Vec<bool>,
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
        if matrix.rows() > MOST_ROWS {
            return Err(Error::shape("rows of X: more than can be boosted on", MOST_ROWS, matrix.rows()));
        }
        let coders = Coders::new(bins)?;
        let (rows, blocks) = (matrix.rows(), coders.words());
        let mut words = filled(Word::default(), cells(rows, blocks)?)?;
        let has_missing: Vec<AtomicBool> = bins.iter().map(|_| AtomicBool::new(false)).collect();
        workers.fill(&mut words, ROWS_AT_A_TIME * blocks, |piece, words| {
            coders.code_rows(matrix, piece * ROWS_AT_A_TIME, words, |column, codes| {
                if codes.contains(&MISSING) {
                    has_missing[column].store(true, Ordering::Relaxed);
                }
            });
            Ok(())
        })?;
        let has_missing = has_missing.into_iter().map(AtomicBool::into_inner).collect();
        Ok(Self { rows, words, has_missing })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.has_missing.len()
    }

    /// Whether a value of a column is missing.
    pub fn has_missing(&self, column: usize) -> bool {
        self.has_missing[column]
    }

    /// The words of all rows, row by row.
    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// How many columns have their codes in one of a row's words.
    pub(super) fn columns_of(&self, block: usize) -> usize {
        (self.columns() - block * COLUMNS_OF_WORD).min(COLUMNS_OF_WORD)
    }

    /// How many words a row has.
    pub(super) fn blocks(&self) -> usize {
        self.columns().div_ceil(COLUMNS_OF_WORD)
    }

    /// The code of a row in a column.
    pub fn code(&self, row: usize, column: usize) -> u8 {
        self.words[row * self.blocks() + column / COLUMNS_OF_WORD][column % COLUMNS_OF_WORD]
    }
}

/// The bins of a column laid out for searching.
#[derive(Debug, Clone)]
enum Coder {
    /// Thresholds, then infinity: eight comparisons find the place.
    Numbers(Box<[f64; CODES]>),
    Categories(u8),
}

impl Coder {
    fn new(bins: &ColumnBins) -> Self {
        match bins {
            ColumnBins::Numbers(thresholds) => {
                let mut padded = Box::new([f64::INFINITY; CODES]);
                padded[..thresholds.len()].copy_from_slice(thresholds);
                Self::Numbers(padded)
            }
            ColumnBins::Categories(count) => Self::Categories(*count),
        }
    }

    fn code(&self, value: f64) -> u8 {
        match self {
            Self::Numbers(thresholds) => code_of_number(thresholds, value),
            Self::Categories(count) => code_of_category(*count, value),
        }
    }

    /// Writes the codes of a column, from a row on.
    fn code_column<T: Copy>(
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
            Self::Categories(count) => {
                codes.for_each(|(code, value)| *code = code_of_category(*count, widen(*value)));
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

/// The number itself, if it is a category.
fn code_of_category(count: u8, value: f64) -> u8 {
    let code = value as u8;
    if f64::from(code) == value && code < count { code } else { MISSING }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Cancel;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn categories_that_are_not_known_are_missing() -> Result<()> {
        let bins = [ColumnBins::Categories(3), ColumnBins::Numbers(vec![0.5])];
        let x = array![[2.0, 0.5], [3.0, f64::INFINITY], [f64::NAN, f64::NAN], [1.5, -1.0], [-0.0, 9.0], [-1.0, 0.0]];
        let binned = Binned::new(MatrixView::F64(x.view()), &bins, Workers::alone())?;
        let codes: Vec<_> = (0..6).map(|row| (binned.code(row, 0), binned.code(row, 1))).collect();
        assert_eq!(codes, [(2, 0), (MISSING, 1), (MISSING, MISSING), (MISSING, 0), (0, 1), (MISSING, 0)]);
        assert!(binned.has_missing(0) && binned.has_missing(1));
        Ok(())
    }

    proptest! {
        #[test]
        fn a_code_is_how_many_thresholds_are_below(
            values in prop::collection::vec(-1e3f64..1e3, 1..600), most in 2usize..=255, asked in any::<f64>(),
        ) {
            let bins = [ColumnBins::of_numbers(values.iter().copied(), None, most, &Cancel::new())?];
            let ColumnBins::Numbers(thresholds) = &bins[0] else { unreachable!() };
            prop_assert!(thresholds.len() < most && thresholds.is_sorted_by(|one, next| one < next));
            let mut rows = values.clone();
            rows.extend(thresholds);
            rows.push(asked);
            let x = ndarray::Array2::from_shape_vec((rows.len(), 1), rows.clone()).expect("a column");
            let binned = Binned::new(MatrixView::F64(x.view()), &bins, Workers::unstoppable(2))?;
            let coders = Coders::new(&bins)?;
            for (row, value) in rows.iter().enumerate() {
                let below = thresholds.iter().filter(|threshold| **threshold < *value).count();
                prop_assert_eq!(usize::from(binned.code(row, 0)), if value.is_nan() { 255 } else { below });
                prop_assert_eq!(coders.code(0, *value), binned.code(row, 0));
            }
        }
    }
}
