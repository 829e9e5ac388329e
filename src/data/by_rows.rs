//! The codes of a matrix row by row.
//!
//! Few rows of a large matrix, far from each other, lie in as many places of memory as they have
//! codes; row by row, in as many as there are rows. What takes a part of the rows takes it from here.

use super::coded::{CodedColumn, Codes};
use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::{cells, reserved};

/// As many rows as are turned at a time, so that their lines stay in the nearest memory.
const BLOCK: usize = 64;

/// A code as narrow as one width of [`Codes`].
trait Narrow: Copy {
    fn of(code: u32) -> Self;
}

macro_rules! narrow {
    ($($kind:ty),*) => { $(impl Narrow for $kind {
        fn of(code: u32) -> Self {
            code as Self
        }
    })* };
}
narrow!(u8, u16, u32);

/// All codes row by row, as wide as the widest column.
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub(super) fn turned(columns: &[CodedColumn], rows: usize, cancel: &Cancel) -> Result<Codes> {
    let is_any = |wanted: fn(&Codes) -> bool| columns.iter().any(|column| wanted(column.codes()));
    if is_any(|codes| matches!(codes, Codes::U32(_))) {
        fill(columns, rows, cancel).map(Codes::U32)
    } else if is_any(|codes| matches!(codes, Codes::U16(_))) {
        fill(columns, rows, cancel).map(Codes::U16)
    } else {
        fill(columns, rows, cancel).map(Codes::U8)
    }
}

fn fill<T: Narrow>(columns: &[CodedColumn], rows: usize, cancel: &Cancel) -> Result<Vec<T>> {
    let width = columns.len();
    let mut turned: Vec<T> = reserved(cells(rows, width)?)?;
    for first in (0..rows).step_by(BLOCK) {
        cancel.check()?;
        let block = first..rows.min(first + BLOCK);
        turned.resize(block.end * width, T::of(0));
        let lines = &mut turned[first * width..];
        for (at, column) in columns.iter().enumerate() {
            match column.codes() {
                Codes::U8(codes) => spread(&codes[block.clone()], lines, at, width),
                Codes::U16(codes) => spread(&codes[block.clone()], lines, at, width),
                Codes::U32(codes) => spread(&codes[block.clone()], lines, at, width),
            }
        }
    }
    Ok(turned)
}

/// Writes a column's codes into the lines of their rows.
fn spread<C: Copy + Into<u32>, T: Narrow>(codes: &[C], lines: &mut [T], at: usize, width: usize) {
    for (line, &code) in lines.chunks_exact_mut(width).zip(codes) {
        line[at] = T::of(code.into());
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
                match codes {
                    Codes::U8(codes) => codes.iter().map(|&code| code.into()).collect(),
                    Codes::U16(codes) => codes.iter().map(|&code| code.into()).collect(),
                    Codes::U32(codes) => codes.clone(),
                }
            };
            let lines = widen(&by_rows);
            for (at, column) in matrix.columns().iter().enumerate() {
                assert!(lines.iter().skip(at).step_by(3).eq(widen(column.codes()).iter()));
            }
        }
        Ok(())
    }
}
