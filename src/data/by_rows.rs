//! The codes of a matrix row by row.
//!
//! Few rows of a large matrix, far from each other, lie in as many places of memory as they have
//! codes; row by row, in as many as there are rows. What takes a part of the rows takes it from here.

use super::coded::CodedColumn;
use super::codes::{Code, Codes, with_codes};
use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::{cells, reserved};

/// As many rows as are turned at a time, so that their lines stay in the nearest memory.
pub(crate) const BLOCK: usize = 64;

/// All codes row by row, as wide as the widest column.
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub(super) fn turned(columns: &[CodedColumn], rows: usize, cancel: &Cancel) -> Result<Codes> {
    match columns.iter().map(|column| column.codes().width()).max() {
        Some(4) => fill(columns, rows, cancel).map(Codes::U32),
        Some(2) => fill(columns, rows, cancel).map(Codes::U16),
        _ => fill(columns, rows, cancel).map(Codes::U8),
    }
}

fn fill<T: Code>(columns: &[CodedColumn], rows: usize, cancel: &Cancel) -> Result<Vec<T>> {
    let width = columns.len();
    let mut turned: Vec<T> = reserved(cells(rows, width)?)?;
    for first in (0..rows).step_by(BLOCK) {
        cancel.check()?;
        let block = first..rows.min(first + BLOCK);
        turned.resize(block.end * width, T::of(0));
        let lines = &mut turned[first * width..];
        for (at, column) in columns.iter().enumerate() {
            with_codes!(column.codes(), codes => spread(&codes[block.clone()], lines, at, width));
        }
    }
    Ok(turned)
}

/// Writes a column's codes into the lines of their rows.
fn spread<C: Code, T: Code>(codes: &[C], lines: &mut [T], at: usize, width: usize) {
    for (line, &code) in lines.chunks_exact_mut(width).zip(codes) {
        line[at] = T::of(code.get());
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::data::{CodedMatrix, MatrixView};
    use crate::runtime::Workers;

    #[test]
    fn every_cell_is_found_in_its_row() -> Result<()> {
        for (rows, most) in [(100, 50.0), (300, 1e9), (70_000, 1e9)] {
            let x = Array2::from_shape_fn((rows, 3), |(row, column)| ((row * 7919 + column * 31) as f64) % most);
            let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
            let by_rows = turned(matrix.columns(), rows, &Cancel::new())?;
            let widen = |codes: &Codes| -> Vec<u32> {
                with_codes!(codes, codes => codes.iter().map(|&code| code.get()).collect())
            };
            let lines = widen(&by_rows);
            for (at, column) in matrix.columns().iter().enumerate() {
                assert!(lines.iter().skip(at).step_by(3).eq(widen(column.codes()).iter()));
            }
        }
        Ok(())
    }
}
