//! Borrowed sparse matrices, row by row; what is not stored is zero.

use super::coded::CodedColumn;
use super::matrix::infinite;
use super::ordered::Float;
use super::sorting::sort_words;
use crate::error::{Error, Result};
use crate::runtime::memory::{filled, reserved};
use crate::runtime::{Cancel, Workers};

/// Borrowed whole numbers of either width.
#[derive(Debug, Clone, Copy)]
pub enum Integers<'a> {
    /// 32 bits.
    I32(&'a [i32]),
    /// 64 bits.
    I64(&'a [i64]),
}

impl Integers<'_> {
    fn len(self) -> usize {
        match self {
            Self::I32(numbers) => numbers.len(),
            Self::I64(numbers) => numbers.len(),
        }
    }

    /// A number, which [`SparseView::new`] found to be 0 or more.
    #[inline]
    fn at(self, place: usize) -> usize {
        match self {
            Self::I32(numbers) => numbers[place] as usize,
            Self::I64(numbers) => numbers[place] as usize,
        }
    }
}

/// Borrowed floats of either width.
#[derive(Debug, Clone, Copy)]
pub enum Floats<'a> {
    /// Single precision.
    F32(&'a [f32]),
    /// Double precision.
    F64(&'a [f64]),
}

impl Floats<'_> {
    fn len(self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    #[inline]
    fn at(self, place: usize) -> f32 {
        match self {
            Self::F32(values) => values[place],
            Self::F64(values) => values[place] as f32,
        }
    }
}

/// A borrowed matrix in compressed rows (CSR): the entries of each row in the order of their
/// columns, no column twice.
#[derive(Debug, Clone, Copy)]
pub struct SparseView<'a> {
    columns: usize,
    starts: Integers<'a>,
    indices: Integers<'a>,
    values: Floats<'a>,
}

impl<'a> SparseView<'a> {
    /// A matrix from where each row starts (and the last one ends), and the column and the value
    /// of every entry.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] where these do not describe a matrix, or not in order.
    pub fn new(columns: usize, starts: Integers<'a>, indices: Integers<'a>, values: Floats<'a>) -> Result<Self> {
        Self::check(columns, starts, indices, values, true)?;
        Ok(Self { columns, starts, indices, values })
    }

    /// Checks that these describe a matrix, be its entries in order and of different places or not.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] where they do not.
    pub fn check_bounds(columns: usize, starts: Integers<'_>, indices: Integers<'_>, values: Floats<'_>) -> Result<()> {
        Self::check(columns, starts, indices, values, false)
    }

    fn check(
        columns: usize,
        starts: Integers<'_>,
        indices: Integers<'_>,
        values: Floats<'_>,
        in_order: bool,
    ) -> Result<()> {
        let entries = indices.len().min(values.len());
        let mut start = 0;
        if starts.len() == 0 || starts.at(0) != 0 {
            return Err(malformed("a first row that does not start at entry 0", "indptr to begin with 0"));
        }
        for row in 0..starts.len() - 1 {
            let end = starts.at(row + 1);
            if !(start..=entries).contains(&end) {
                let expected = format!("each row to end where it starts or later, and by entry {entries}");
                return Err(malformed(format!("row {row} from entry {start} to {end}"), expected));
            }
            let mut least = 0;
            for place in start..end {
                let column = indices.at(place);
                if !(least..columns).contains(&column) {
                    let order = if in_order { ", in ascending order" } else { "" };
                    let expected = format!("columns below {columns}{order}");
                    return Err(malformed(format!("column {column} in row {row}"), expected));
                }
                if in_order {
                    least = column + 1;
                }
            }
            start = end;
        }
        Ok(())
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Column and value of every entry of a row.
    #[inline]
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        (self.starts.at(row)..self.starts.at(row + 1)).map(|place| (self.indices.at(place), self.values.at(place)))
    }
}

fn malformed(got: impl Into<String>, expected: impl Into<String>) -> Error {
    Error::value("the sparse matrix X", got.into(), expected)
}

/// The entries of a sparse matrix column by column, in single precision and without zeros.
struct Columns {
    starts: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<f32>,
}

impl Columns {
    /// O(entries + columns). Refuses infinite values.
    fn of(view: SparseView<'_>, cancel: &Cancel) -> Result<Self> {
        let mut starts = filled(0usize, view.columns.saturating_add(1))?;
        for row in 0..view.rows() {
            for (column, value) in view.row(row) {
                if value.is_infinite() {
                    return Err(infinite(column, row));
                }
                starts[column + 1] += usize::from(value != 0.0);
            }
        }
        cancel.check()?;
        for column in 0..view.columns {
            starts[column + 1] += starts[column];
        }
        let entries = starts[view.columns];
        let (mut rows, mut values) = (filled(0u32, entries)?, filled(0f32, entries)?);
        let mut next = reserved(view.columns)?;
        next.extend_from_slice(&starts[..view.columns]);
        for row in 0..view.rows() {
            for (column, value) in view.row(row).filter(|&(_, value)| value != 0.0) {
                rows[next[column]] = row as u32;
                values[next[column]] = value;
                next[column] += 1;
            }
        }
        cancel.check()?;
        Ok(Self { starts, rows, values })
    }
}

/// Encodes every column of a sparse matrix of fewer than 2³² − 1 rows, columns in parallel.
pub(super) fn encode(view: SparseView<'_>, workers: Workers<'_>) -> Result<Vec<CodedColumn>> {
    let rows = view.rows();
    let columns = Columns::of(view, workers.cancel())?;
    workers.map(view.columns, |column| {
        let entries = columns.starts[column]..columns.starts[column + 1];
        encode_column(rows, &columns.rows[entries.clone()], &columns.values[entries], workers.cancel())
    })
}

/// Encodes one column from the rows and the values that are not zero.
fn encode_column(rows: usize, stored: &[u32], entries: &[f32], cancel: &Cancel) -> Result<CodedColumn> {
    let missing = entries.iter().filter(|value| value.is_nan()).count();
    let mut keyed = reserved(entries.len())?;
    let (mut low, mut high) = (u32::MAX, 0);
    for (&row, value) in stored.iter().zip(entries).filter(|(_, value)| !value.is_nan()) {
        let key = value.key();
        (low, high) = (low.min(key), high.max(key));
        keyed.push(u64::from(key) << 32 | u64::from(row));
    }
    sort_words(&mut keyed, &mut Vec::new(), low.min(high), high, cancel)?;
    let mut values: Vec<f32> = Vec::new();
    for key in keyed.iter().map(|&pair| (pair >> 32) as u32) {
        if values.last().is_none_or(|last| last.key() != key) {
            values.push(f32::from_key(key));
        }
    }
    let zero = values.partition_point(|&value| value < 0.0);
    if entries.len() < rows {
        values.insert(zero, 0.0);
    }
    let mut ranks = filled(zero as u32, rows)?;
    let mut rank = 0;
    for &pair in &keyed {
        while values[rank].key() != (pair >> 32) as u32 {
            rank += 1;
        }
        ranks[pair as u32 as usize] = rank as u32;
    }
    for (&row, _) in stored.iter().zip(entries).filter(|(_, value)| value.is_nan()) {
        ranks[row as usize] = values.len() as u32;
    }
    Ok(CodedColumn::from_ranks(ranks, values, missing > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{CodedMatrix, MatrixView};
    use ndarray::Array2;
    use proptest::prelude::*;

    /// Cells of which most are zero, some of either sign, some missing.
    fn cell() -> impl Strategy<Value = f64> {
        prop_oneof![
            6 => Just(None),
            3 => (-3i8..4).prop_map(|value| Some(f64::from(value) / 2.0)),
            1 => Just(Some(1e-60)),
            1 => Just(Some(f64::NAN)),
            1 => any::<f32>().prop_filter("finite", |value| value.is_finite()).prop_map(|value| Some(f64::from(value))),
        ]
        .prop_map(|value: Option<f64>| value.unwrap_or(0.0))
    }

    proptest! {
        #[test]
        fn codes_are_those_of_the_dense_matrix(cells in prop::collection::vec(cell(), 0..400), columns in 1usize..9, store in any::<u64>()) {
            let rows = cells.len() / columns;
            let dense = Array2::from_shape_fn((rows, columns), |(row, column)| cells[row * columns + column]);
            let (mut starts, mut indices, mut values) = (vec![0i32], Vec::new(), Vec::new());
            for row in dense.rows() {
                for (column, &value) in row.iter().enumerate() {
                    // Some zeros are stored.
                    if value != 0.0 || store >> ((column * 7 + values.len()) % 64) & 1 == 1 {
                        indices.push(column as i64);
                        values.push(value);
                    }
                }
                starts.push(values.len() as i32);
            }
            let view = SparseView::new(columns, Integers::I32(&starts), Integers::I64(&indices), Floats::F64(&values))?;
            let coded = CodedMatrix::encode(view, Workers::alone())?;
            let expected = CodedMatrix::encode(MatrixView::F64(dense.view()), Workers::alone())?;
            prop_assert_eq!(coded.rows(), expected.rows());
            prop_assert_eq!(coded.columns(), expected.columns());
        }
    }

    #[test]
    fn what_is_no_matrix_is_refused() {
        let view = |starts: &[i32], indices: &[i32], values: &[f32]| {
            SparseView::new(3, Integers::I32(starts), Integers::I32(indices), Floats::F32(values)).map(|_| ())
        };
        assert!(view(&[0, 2, 3], &[0, 2, 1], &[1.0; 3]).is_ok());
        let faults: [(&[i32], &[i32]); 8] = [
            (&[], &[]),
            (&[1, 2], &[0, 1]),
            (&[0, 2, 1], &[0, 1]),
            (&[0, 9], &[0, 1]),
            (&[0, -1], &[0, 1]),
            (&[0, 2], &[0, 3]),
            (&[0, 2], &[0, -1]),
            (&[0, 2], &[1, 1]),
        ];
        for (starts, indices) in faults {
            assert!(view(starts, indices, &[1.0; 2]).is_err(), "{starts:?} {indices:?}");
            let (starts, indices) = (Integers::I32(starts), Integers::I32(indices));
            let bounds = SparseView::check_bounds(3, starts, indices, Floats::F32(&[1.0; 2]));
            assert_eq!(bounds.is_ok(), matches!(indices, Integers::I32([1, 1])));
        }
        assert!(view(&[0, 2], &[0, 1], &[1.0]).is_err());
    }

    #[test]
    fn infinity_is_refused_with_its_place() {
        let view = SparseView::new(2, Integers::I32(&[0, 0, 1]), Integers::I32(&[1]), Floats::F64(&[1e39]))
            .map_err(|e| e.to_string());
        let error =
            view.and_then(|view| CodedMatrix::encode(view, Workers::alone()).map_err(|e| e.to_string())).map(|_| ());
        assert!(error.is_err_and(|message| message.contains("column 1, row 1")));
    }
}
