//! The coded matrix: every column as ranks of its distinct values.
//!
//! A tree only asks which of two values is larger, so it can work on ranks: small integers that are
//! counted, sorted by radix and compared without touching the values again. The matrix is encoded
//! once; every tree of a forest, every fold of a cross-validation and every candidate of a search
//! reads the same codes. Codes of a subset of rows lead to the same splits as codes made from
//! that subset alone, because a threshold lies between two values that are present in its node.

use ndarray::{ArrayView1, Axis};

use super::matrix::{Features, MatrixView, infinite};
use super::ordered::Float;
use super::sorting::sort_words;
use super::sparse;
use crate::error::{Error, Result};
use crate::runtime::memory::{filled, reserved};
use crate::runtime::{Cancel, Workers};

/// The ranks of one column, as narrow as the number of distinct values allows.
#[derive(Debug, Clone, PartialEq)]
pub enum Codes {
    /// Up to 256 codes.
    U8(Vec<u8>),
    /// Up to 65,536 codes.
    U16(Vec<u16>),
    /// More.
    U32(Vec<u32>),
}

/// One column: the rank of each row's value, and the value of each rank.
#[derive(Debug, Clone, PartialEq)]
pub struct CodedColumn {
    codes: Codes,
    values: Vec<f32>,
    has_missing: bool,
    has_close_values: bool,
}

/// Two neighbouring values closer than this count as equal, as in scikit-learn.
const CLOSE: f32 = 1e-7;

impl CodedColumn {
    /// Encodes fewer than 2³² single-precision values; NaN gets the code after the last rank.
    ///
    /// Linear in the number of rows: their keys are sorted by counting.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn encode(column: impl ExactSizeIterator<Item = f32>, cancel: &Cancel) -> Result<Self> {
        let rows = column.len();
        let mut keyed = reserved(rows)?;
        let mut missing = Vec::new();
        let (mut low, mut high) = (u32::MAX, 0);
        for (row, value) in column.enumerate() {
            if row % POLL_ROWS == 0 {
                cancel.check()?;
            }
            if value.is_nan() {
                missing.push(row as u32);
            } else {
                let key = value.key();
                (low, high) = (low.min(key), high.max(key));
                keyed.push(u64::from(key) << 32 | row as u64);
            }
        }
        sort_words(&mut keyed, &mut Vec::new(), low.min(high), high, cancel)?;
        let mut values: Vec<f32> = Vec::new();
        let mut ranks = filled(0u32, rows)?;
        let mut previous = None;
        for chunk in keyed.chunks(POLL_ROWS) {
            cancel.check()?;
            for &pair in chunk {
                let key = (pair >> 32) as u32;
                if previous != Some(key) {
                    values.push(f32::from_key(key));
                    previous = Some(key);
                }
                ranks[pair as u32 as usize] = (values.len() - 1) as u32;
            }
        }
        for &row in &missing {
            ranks[row as usize] = values.len() as u32;
        }
        Ok(Self::from_ranks(ranks, values, !missing.is_empty()))
    }

    /// A column from the rank of each row's value, and the value of each rank.
    pub(super) fn from_ranks(ranks: Vec<u32>, values: Vec<f32>, has_missing: bool) -> Self {
        let codes = match values.len() + usize::from(has_missing) {
            ..=256 => Codes::U8(ranks.iter().map(|&rank| rank as u8).collect()),
            257..=65_536 => Codes::U16(ranks.iter().map(|&rank| rank as u16).collect()),
            _ => Codes::U32(ranks),
        };
        let has_close_values = values.windows(2).any(|pair| !are_apart(pair[0], pair[1]));
        Self { codes, values, has_missing, has_close_values }
    }

    /// The rank of each row's value.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The distinct values in ascending order; a code indexes them.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The code of a missing value: one more than the last rank.
    pub fn missing_code(&self) -> u32 {
        self.values.len() as u32
    }

    /// Whether any value of the column is missing.
    pub fn has_missing(&self) -> bool {
        self.has_missing
    }

    /// Whether some distinct values are so close that no threshold may stand between them.
    pub fn has_close_values(&self) -> bool {
        self.has_close_values
    }
}

/// Whether a threshold may stand between two values.
#[inline]
pub fn are_apart(low: f32, high: f32) -> bool {
    high > low + CLOSE
}

/// A matrix whose columns are coded.
#[derive(Debug, Clone)]
pub struct CodedMatrix {
    rows: usize,
    columns: Vec<CodedColumn>,
}

impl CodedMatrix {
    /// Encodes a matrix, columns in parallel.
    ///
    /// Double-precision values are rounded to single precision first, as scikit-learn's trees do.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] for an infinite value, or one beyond single precision, with its
    /// place; [`crate::ErrorKind::Shape`] for 2³² − 1 rows or more; [`crate::ErrorKind::Memory`];
    /// [`crate::ErrorKind::Cancelled`].
    pub fn encode<'a>(matrix: impl Into<Features<'a>>, workers: Workers<'_>) -> Result<Self> {
        let matrix = matrix.into();
        let rows = matrix.rows();
        if rows >= u32::MAX as usize {
            return Err(Error::shape("rows of X: more than trees can number", u32::MAX as usize - 1, rows));
        }
        let cancel = workers.cancel();
        let workers = workers.alone_if(rows.saturating_mul(matrix.columns()) < SMALL);
        let columns = match matrix {
            Features::Dense(matrix) => workers.map(matrix.columns(), |index| match matrix {
                MatrixView::F32(view) => encode_column(view.index_axis(Axis(1), index), index, |value| value, cancel),
                MatrixView::F64(view) => {
                    encode_column(view.index_axis(Axis(1), index), index, |value| value as f32, cancel)
                }
            })?,
            Features::Sparse(matrix) => sparse::encode(matrix, workers)?,
        };
        Ok(Self { rows, columns })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[CodedColumn] {
        &self.columns
    }
}

/// Fewer cells than this are encoded faster by one thread.
const SMALL: usize = 20_000;

/// Rows that are read between two looks at the cancel flag.
const POLL_ROWS: usize = 1 << 20;

fn encode_column<T: Copy>(
    column: ArrayView1<'_, T>,
    index: usize,
    narrow: impl Fn(T) -> f32,
    cancel: &Cancel,
) -> Result<CodedColumn> {
    if let Some(row) = column.iter().position(|&value| narrow(value).is_infinite()) {
        return Err(infinite(index, row));
    }
    CodedColumn::encode(column.iter().map(|&value| narrow(value)), cancel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn code(column: &CodedColumn, row: usize) -> usize {
        match column.codes() {
            Codes::U8(codes) => codes[row] as usize,
            Codes::U16(codes) => codes[row] as usize,
            Codes::U32(codes) => codes[row] as usize,
        }
    }

    proptest! {
        #[test]
        fn codes_decode_to_their_values(column in prop::collection::vec(any::<f32>().prop_filter("finite", |v| !v.is_infinite()), 0..700)) {
            let coded = CodedColumn::encode(column.iter().copied(), &Cancel::new())?;
            prop_assert!(coded.values().windows(2).all(|pair| pair[0] < pair[1]));
            for (row, &value) in column.iter().enumerate() {
                let code = code(&coded, row);
                if value.is_nan() {
                    prop_assert_eq!(code, coded.missing_code() as usize);
                } else {
                    prop_assert_eq!(coded.values()[code], value);
                }
            }
        }
    }

    #[test]
    fn codes_are_as_narrow_as_they_can_be() {
        let width = |distinct: u32, missing: bool| {
            let values = (0..70_000u32).map(move |i| if missing && i == 0 { f32::NAN } else { (i % distinct) as f32 });
            CodedColumn::encode(values.collect::<Vec<_>>().into_iter(), &Cancel::new()).ok().map(|column| match column
                .codes()
            {
                Codes::U8(_) => 1,
                Codes::U16(_) => 2,
                Codes::U32(_) => 4,
            })
        };
        assert_eq!(
            [width(256, false), width(256, true), width(65_536, false), width(65_536, true)],
            [1, 2, 2, 4].map(Some)
        );
    }

    #[test]
    fn close_values_are_noticed() {
        let has_close = |values: [f32; 3]| {
            CodedColumn::encode(values.into_iter(), &Cancel::new()).map(|column| column.has_close_values()).ok()
        };
        assert_eq!(has_close([0.5, 0.0, 5e-8]), Some(true));
        assert_eq!(has_close([0.5, 0.0, 5e-7]), Some(false));
        assert_eq!(has_close([1.0, 1.0, 1.0]), Some(false));
    }

    #[test]
    fn both_zeros_share_a_rank() {
        let column = CodedColumn::encode([0.0, -0.0].into_iter(), &Cancel::new());
        assert_eq!(column.ok().map(|column| column.values().len()), Some(1));
    }

    #[test]
    fn infinity_is_refused_with_its_place() {
        let mut matrix = Array2::<f64>::zeros((4, 3));
        matrix[[2, 1]] = 1e39;
        let error = CodedMatrix::encode(MatrixView::F64(matrix.view()), Workers::alone()).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("column 1, row 2"), "{error}");
    }
}
