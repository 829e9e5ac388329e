//! Columns in one piece of memory, one after the other.

use std::ops::Range;

use ndarray::{ArrayView1, s};

use super::sort::Column;
use crate::data::PARALLEL_ELEMENTS;
use crate::error::Result;
use crate::runtime::Workers;
use crate::runtime::memory::reserved;

/// The values of a column in one piece of memory.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whole<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
}

/// Columns that are gathered in one reading of the rows: half a cache line of doubles.
const COLUMNS_AT_A_TIME: usize = 4;

/// Rows that are read of one column before the next: their cache lines are still there.
const ROWS_AT_A_TIME: usize = 512;

/// Calls `work` with each column where it lies or, if it lies in pieces, such as a column of an array by rows,
/// with a copy; results come in the order of the columns.
///
/// # Errors
/// Those of `work`; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub(super) fn each_column<T: Send>(
    columns: &[Column<'_>],
    workers: Workers<'_>,
    work: impl Fn(Whole<'_>) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    let values = columns.iter().fold(0_usize, |sum, column| sum.saturating_add(column.len()));
    let workers = workers.alone_if(values < PARALLEL_ELEMENTS);
    let groups = groups(columns);
    let done = workers.map(groups.len(), |number| {
        let group = &columns[groups[number].clone()];
        if let [column] = group
            && let Some(values) = whole(column)
        {
            return Ok(vec![work(values)?]);
        }
        let (mut singles, mut doubles) = (Vec::new(), Vec::new());
        for column in group {
            match column {
                Column::F32(values) => singles.push(*values),
                Column::F64(values) => doubles.push(*values),
            }
        }
        let mut found = Vec::with_capacity(group.len());
        for values in gathered(&singles, workers)? {
            found.push(work(Whole::F32(&values))?);
        }
        for values in gathered(&doubles, workers)? {
            found.push(work(Whole::F64(&values))?);
        }
        Ok(found)
    })?;
    Ok(done.into_iter().flatten().collect())
}

fn whole<'a>(column: &Column<'a>) -> Option<Whole<'a>> {
    match column {
        Column::F32(values) => values.to_slice().map(Whole::F32),
        Column::F64(values) => values.to_slice().map(Whole::F64),
    }
}

/// Each column that lies in one piece, and neighbours of one width that do not.
fn groups(columns: &[Column<'_>]) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let scattered_width = |column: &Column<'_>| match column {
        _ if whole(column).is_some() => None,
        Column::F32(_) => Some(4),
        Column::F64(_) => Some(8),
    };
    for (place, column) in columns.iter().enumerate() {
        match groups.last_mut() {
            Some(group)
                if group.len() < COLUMNS_AT_A_TIME
                    && scattered_width(column).is_some()
                    && scattered_width(column) == scattered_width(&columns[place - 1]) =>
            {
                group.end += 1;
            }
            _ => groups.push(place..place + 1),
        }
    }
    groups
}

fn gathered<F: Copy>(columns: &[ArrayView1<'_, F>], workers: Workers<'_>) -> Result<Vec<Vec<F>>> {
    let mut copies: Vec<Vec<F>> = columns.iter().map(|values| reserved(values.len())).collect::<Result<_>>()?;
    let rows = columns.iter().map(ArrayView1::len).max().unwrap_or(0);
    for start in (0..rows).step_by(ROWS_AT_A_TIME) {
        workers.cancel().check()?;
        for (values, copy) in columns.iter().zip(&mut copies) {
            let stop = values.len().min(start + ROWS_AT_A_TIME);
            copy.extend(values.slice(s![start.min(stop)..stop]));
        }
    }
    Ok(copies)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn columns_come_whole_and_in_order_whatever_their_strides() -> Result<()> {
        let doubles = Array2::from_shape_fn((1300, 7), |(row, column)| (row * 7 + column) as f64);
        let singles = doubles.mapv(|value| value as f32);
        let turned = doubles.t().as_standard_layout().into_owned();
        let mut columns: Vec<Column<'_>> = doubles.columns().into_iter().map(Column::F64).collect();
        columns.extend(turned.rows().into_iter().map(Column::F64));
        columns.extend(singles.columns().into_iter().map(Column::F32));
        for threads in [1, 3] {
            let found = each_column(&columns, Workers::unstoppable(threads), |values| {
                Ok(match values {
                    Whole::F32(values) => values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>(),
                    Whole::F64(values) => values.to_vec(),
                })
            })?;
            assert_eq!(found.len(), 21);
            for (place, values) in found.iter().enumerate() {
                assert_eq!(*values, doubles.column(place % 7).to_vec());
            }
        }
        Ok(())
    }
}
