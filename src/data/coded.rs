//! The coded matrix: every column as ranks of its distinct values.
//!
//! A tree only asks which of two values is larger, so it can work on ranks: small integers that are
//! counted, sorted by radix and compared without touching the values again. The matrix is encoded
//! once; every tree of a forest, every fold of a cross-validation and every candidate of a search
//! reads the same codes. Codes of a subset of rows lead to the same splits as codes made from
//! that subset alone, because a threshold lies between two values that are present in its node.
//!
//! Neighbouring values may share a code, a *bin* ([`CodedMatrix::binned`]). Then thresholds lie
//! between the bins, and training has less to count.

use std::sync::OnceLock;

use ndarray::{ArrayView1, Axis};

use super::by_rows::turned;
use super::close::CloseCodes;
use super::codes::{Code, Codes, with_codes};
use super::matrix::{Features, MatrixView, infinite};
use super::ordered::Float;
use super::sorting::sort_words;
use super::sparse;
use crate::error::{Error, Result};
use crate::runtime::memory::{cells, filled, reserved};
use crate::runtime::{Cancel, Workers};

/// One column: the rank of each row's value, and the value of each rank.
#[derive(Debug, Clone, PartialEq)]
pub struct CodedColumn {
    codes: Codes,
    /// The smallest value of each code.
    values: Vec<f32>,
    /// The largest one; empty where each code has one value.
    highest: Vec<f32>,
    has_missing: bool,
    close: CloseCodes,
}

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
        let mut close = CloseCodes::default();
        close.fill(&values, &values);
        Self { codes, values, highest: Vec::new(), has_missing, close }
    }

    /// The column of some rows alone, as encoding them gives it.
    fn of_rows(&self, rows: &[u32]) -> Result<Self> {
        if self.is_binned() {
            return Err(Error::internal("the bins of all rows are not those of some"));
        }
        with_codes!(&self.codes, codes => self.of_codes(codes, rows))
    }

    fn of_codes<C: Code>(&self, codes: &[C], rows: &[u32]) -> Result<Self> {
        let mut own = filled(ABSENT, self.values.len() + 1)?;
        for &row in rows {
            own[codes[row as usize].get() as usize] = 0;
        }
        let has_missing = own[self.values.len()] != ABSENT;
        let mut values = reserved(self.values.len())?;
        for (own, &value) in own.iter_mut().zip(&self.values).filter(|(own, _)| **own != ABSENT) {
            *own = values.len() as u32;
            values.push(value);
        }
        own[self.values.len()] = values.len() as u32;
        let mut ranks = reserved(rows.len())?;
        ranks.extend(rows.iter().map(|&row| own[codes[row as usize].get() as usize]));
        Ok(Self::from_ranks(ranks, values, has_missing))
    }

    /// The column in at most `most_bins` bins, which share the rows as evenly as whole values can; none
    /// if it has no more values.
    fn binned(&self, most_bins: usize) -> Result<Option<Self>> {
        if self.values.len() <= most_bins {
            return Ok(None);
        }
        with_codes!(&self.codes, codes => self.in_bins(codes, most_bins)).map(Some)
    }

    fn in_bins<C: Code>(&self, codes: &[C], most_bins: usize) -> Result<Self> {
        let ranks = || codes.iter().map(|&code| code.get() as usize);
        let mut rows = filled(0, self.values.len() + 1)?;
        for rank in ranks() {
            rows[rank] += 1;
        }
        let bins = share_out(&rows[..self.values.len()], most_bins)?;
        let (mut values, mut highest) = (reserved(most_bins)?, reserved(most_bins)?);
        for (&bin, &value) in bins.iter().zip(&self.values) {
            if bin as usize == values.len() {
                values.push(value);
                highest.push(value);
            }
            highest[bin as usize] = value;
        }
        let missing = values.len() as u32;
        let mut coded = reserved(codes.len())?;
        coded.extend(ranks().map(|rank| bins.get(rank).copied().unwrap_or(missing)));
        let mut column = Self::from_ranks(coded, values, self.has_missing);
        column.close.fill(&highest, &column.values);
        column.highest = highest;
        Ok(column)
    }

    /// Whether neighbouring values share codes.
    pub fn is_binned(&self) -> bool {
        !self.highest.is_empty()
    }

    /// The rank of each row's value.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The distinct values in ascending order; a code indexes them. Of bins, the smallest ones.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The largest value of each code.
    pub fn highest(&self) -> &[f32] {
        if self.highest.is_empty() { &self.values } else { &self.highest }
    }

    /// The code of a missing value: one more than the last rank.
    pub fn missing_code(&self) -> u32 {
        self.values.len() as u32
    }

    /// Whether any value of the column is missing.
    pub fn has_missing(&self) -> bool {
        self.has_missing
    }

    /// The threshold between two codes.
    #[inline]
    pub fn threshold_between(&self, low: u32, high: u32) -> f64 {
        middle(self.highest()[low as usize], self.values[high as usize])
    }

    /// Whether a threshold may stand between two codes.
    #[inline]
    pub fn separates(&self, low: u32, high: u32) -> bool {
        self.close.separates(low, high, self.highest(), &self.values)
    }
}

/// The middle between two values.
#[inline]
pub fn middle(low: f32, high: f32) -> f64 {
    f64::from(low) / 2.0 + f64::from(high) / 2.0
}

/// The bin of each value, from how many rows have it: a value goes where it makes the bin miss its
/// share of the rows by less, but no bin stays empty.
fn share_out(rows: &[u64], most_bins: usize) -> Result<Vec<u32>> {
    let mut bins = reserved(rows.len())?;
    let mut left: u64 = rows.iter().sum();
    let (mut bin, mut inside) = (0, 0);
    for (at, &of_value) in rows.iter().enumerate() {
        let share = left as f64 / (most_bins - bin) as f64;
        let is_full = inside as f64 + of_value as f64 / 2.0 > share;
        let are_few_left = rows.len() - at < most_bins - bin;
        if inside > 0 && bin + 1 < most_bins && (is_full || are_few_left) {
            left -= inside;
            inside = 0;
            bin += 1;
        }
        inside += of_value;
        bins.push(bin as u32);
    }
    Ok(bins)
}

/// A matrix whose columns are coded.
#[derive(Debug, Clone)]
pub struct CodedMatrix {
    rows: usize,
    columns: Vec<CodedColumn>,
    /// The same codes row by row, once asked for.
    by_rows: OnceLock<Option<Codes>>,
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
        // A code for every cell: better refused now than after the first thousand columns.
        drop(reserved::<u8>(cells(rows, matrix.columns())?)?);
        drop(reserved::<CodedColumn>(matrix.columns())?);
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
        Ok(Self { rows, columns, by_rows: OnceLock::new() })
    }

    /// The matrix with at most so many codes for the values of each column; as it is without a limit.
    ///
    /// A column of more distinct values is cut into bins, which share the rows as evenly as whole
    /// values can. O(cells).
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`]; [`crate::ErrorKind::Cancelled`].
    pub fn binned(self, most_bins: Option<usize>, workers: Workers<'_>) -> Result<Self> {
        let Some(most_bins) = most_bins else { return Ok(self) };
        let workers = workers.alone_if(self.rows.saturating_mul(self.columns.len()) < SMALL);
        let binned = workers.map(self.columns.len(), |index| self.columns[index].binned(most_bins))?;
        let columns = self.columns.into_iter().zip(binned).map(|(column, binned)| binned.unwrap_or(column)).collect();
        Ok(Self { rows: self.rows, columns, by_rows: OnceLock::new() })
    }

    /// The matrix of some rows alone, in their order, as encoding them gives it. O(their cells and the
    /// distinct values of all).
    ///
    /// # Errors
    /// [`crate::ErrorKind::Internal`] for a row that there is not, and for a matrix with bins;
    /// [`crate::ErrorKind::Memory`]; [`crate::ErrorKind::Cancelled`].
    pub fn of_rows(&self, rows: &[u32], workers: Workers<'_>) -> Result<Self> {
        if rows.iter().any(|&row| row as usize >= self.rows) {
            return Err(Error::internal("a training row lies outside the matrix"));
        }
        let workers = workers.alone_if(rows.len().saturating_mul(self.columns.len()) < SMALL);
        let columns = workers.map(self.columns.len(), |index| self.columns[index].of_rows(rows))?;
        Ok(Self { rows: rows.len(), columns, by_rows: OnceLock::new() })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The numbers of all rows, in order.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn all_rows(&self) -> Result<Vec<u32>> {
        let mut rows = reserved(self.rows)?;
        rows.extend(0..self.rows as u32);
        Ok(rows)
    }

    /// The bytes that all codes take if each is as wide as the widest.
    pub fn bytes(&self) -> usize {
        let widest = self.columns.iter().map(|column| column.codes.width());
        self.rows.saturating_mul(self.columns.len()).saturating_mul(widest.max().unwrap_or(1))
    }

    /// All codes row by row, as wide as the widest column's; made by the first call, and kept. None
    /// where there is no memory for them, or the first call was cancelled.
    pub fn by_rows(&self, cancel: &Cancel) -> Option<&Codes> {
        // One thread makes them: others that need them wait, and must not be needed meanwhile.
        self.by_rows.get_or_init(|| turned(&self.columns, self.rows, cancel).ok()).as_ref()
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[CodedColumn] {
        &self.columns
    }
}

/// What no row has.
const ABSENT: u32 = u32::MAX;

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
        with_codes!(column.codes(), codes => codes[row].get() as usize)
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
            let column = CodedColumn::encode(values.collect::<Vec<_>>().into_iter(), &Cancel::new());
            column.ok().map(|column| column.codes().width())
        };
        assert_eq!(
            [width(256, false), width(256, true), width(65_536, false), width(65_536, true)],
            [1, 2, 2, 4].map(Some)
        );
    }

    #[test]
    fn close_values_are_noticed() {
        let separates = |values: [f32; 3]| {
            CodedColumn::encode(values.into_iter(), &Cancel::new()).map(|column| column.separates(0, 1)).ok()
        };
        assert_eq!(separates([0.5, 0.0, 5e-8]), Some(false));
        assert_eq!(separates([0.5, 0.0, 5e-7]), Some(true));
    }

    proptest! {
        #[test]
        fn bins_are_in_order_and_about_even(
            mut values in prop::collection::vec(-30i8..30, 1..300), missing in 0usize..4, most_bins in 2usize..40,
        ) {
            let column = |values: &[f32]| CodedColumn::encode(values.iter().copied(), &Cancel::new());
            let mut floats: Vec<f32> = values.iter().map(|&value| f32::from(value)).collect();
            floats.extend(std::iter::repeat_n(f32::NAN, missing));
            let exact = column(&floats)?;
            let binned = exact.binned(most_bins)?.unwrap_or(exact.clone());
            let codes = |column: &CodedColumn| -> Vec<u32> {
                with_codes!(column.codes(), codes => codes.iter().map(|&code| code.get()).collect())
            };
            let distinct = exact.values().len();
            prop_assert_eq!(binned.values().len(), distinct.min(most_bins));
            for (&value, code) in floats.iter().zip(codes(&binned)) {
                if value.is_nan() {
                    prop_assert_eq!(code, binned.missing_code());
                } else {
                    let code = code as usize;
                    prop_assert!(binned.values()[code] <= value && value <= binned.highest()[code]);
                }
            }
            prop_assert!(binned.highest().iter().zip(&binned.values()[1..]).all(|(low, high)| low < high));
            // No bin holds more than two shares and its largest value.
            values.sort_unstable();
            let most = values.chunk_by(|a, b| a == b).map(<[i8]>::len).max().unwrap_or(0);
            let all = codes(&binned);
            for bin in 0..binned.missing_code() {
                let rows = all.iter().filter(|&&code| code == bin).count();
                prop_assert!(rows <= 2 * values.len().div_ceil(most_bins) + most, "{rows} rows in bin {bin}");
            }
        }
    }

    proptest! {
        #[test]
        fn codes_of_some_rows_are_those_of_their_own_matrix(
            column in prop::collection::vec(prop_oneof![Just(f32::NAN), (-40i8..40).prop_map(f32::from)], 1..400),
            picks in prop::collection::vec(any::<prop::sample::Index>(), 1..300),
        ) {
            let encoded = |values: &[f32]| CodedColumn::encode(values.iter().copied(), &Cancel::new());
            let rows: Vec<u32> = picks.iter().map(|pick| pick.index(column.len()) as u32).collect();
            let own: Vec<f32> = rows.iter().map(|&row| column[row as usize]).collect();
            prop_assert_eq!(encoded(&column)?.of_rows(&rows)?, encoded(&own)?);
        }
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
