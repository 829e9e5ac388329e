//! Targets of any number type, read in pieces of double precision.

use std::ops::Range;

use ndarray::{ArrayView1, ArrayView2, s};

/// Rows that are read at a time: a few pieces of so many stay in the processor's first cache.
pub(crate) const PIECE_ROWS: usize = 512;

/// Where a piece is written to that does not lie in memory as it is needed.
pub(crate) type Room = [f64; PIECE_ROWS];

/// A borrowed matrix of targets, rows by outputs, of any strides.
#[derive(Debug, Clone, Copy)]
pub enum Targets<'a> {
    /// Single precision.
    F32(ArrayView2<'a, f32>),
    /// Double precision.
    F64(ArrayView2<'a, f64>),
    /// Whole numbers.
    I64(ArrayView2<'a, i64>),
}

impl<'a> Targets<'a> {
    /// The numbers of rows and of outputs.
    pub fn dim(&self) -> (usize, usize) {
        match self {
            Self::F32(view) => view.dim(),
            Self::F64(view) => view.dim(),
            Self::I64(view) => view.dim(),
        }
    }

    /// The same for a shorter time, with which other loans of such a time go together.
    pub fn reborrow(&self) -> Targets<'_> {
        match self {
            Self::F32(view) => Targets::F32(view.reborrow()),
            Self::F64(view) => Targets::F64(view.reborrow()),
            Self::I64(view) => Targets::I64(view.reborrow()),
        }
    }

    /// One output alone.
    pub(crate) fn output(self, output: usize) -> Self {
        let columns = output..=output;
        match self {
            Self::F32(view) => Self::F32(view.slice_move(s![.., columns])),
            Self::F64(view) => Self::F64(view.slice_move(s![.., columns])),
            Self::I64(view) => Self::I64(view.slice_move(s![.., columns])),
        }
    }

    /// At most [`PIECE_ROWS`] values of an output. `None` where one of them is NaN, infinite or a
    /// whole number that double precision may not hold.
    pub(crate) fn read<'r>(self, output: usize, rows: Range<usize>, room: &'r mut Room) -> Option<&'r [f64]>
    where
        'a: 'r,
    {
        const EXACT: u64 = 1 << 53;
        let values = match self {
            Self::F32(view) => convert(view.slice_move(s![rows, output]), room, f64::from),
            Self::F64(view) => {
                let piece = view.slice_move(s![rows, output]);
                if let Some(values) = piece.to_slice() { values } else { convert(piece, room, |value| value) }
            }
            Self::I64(view) => convert(view.slice_move(s![rows, output]), room, |value| {
                if value.unsigned_abs() <= EXACT { value as f64 } else { f64::NAN }
            }),
        };
        values.iter().fold(true, |finite, value| finite & value.is_finite()).then_some(values)
    }
}

fn convert<'r, T: Copy>(piece: ArrayView1<'_, T>, room: &'r mut Room, to: impl Fn(T) -> f64) -> &'r [f64] {
    let room = &mut room[..piece.len()];
    if let Some(values) = piece.as_slice() {
        room.iter_mut().zip(values).for_each(|(place, &value)| *place = to(value));
    } else {
        room.iter_mut().zip(piece).for_each(|(place, &value)| *place = to(value));
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn every_type_and_stride_is_read() {
        let doubles = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        let singles = doubles.mapv(|value| value as f32);
        let whole = doubles.mapv(|value| value as i64);
        let fortran = doubles.t().to_owned();
        let all = [
            Targets::F64(doubles.view()),
            Targets::F64(fortran.t()),
            Targets::F32(singles.view()),
            Targets::I64(whole.view()),
        ];
        for targets in all {
            assert_eq!(targets.dim(), (3, 2));
            assert_eq!(targets.read(1, 1..3, &mut [0.0; PIECE_ROWS]), Some([4.0, 6.0].as_slice()));
            assert_eq!(targets.output(1).read(0, 0..1, &mut [0.0; PIECE_ROWS]), Some([2.0].as_slice()));
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let targets = array![[0.0], [bad]];
            assert_eq!(Targets::F64(targets.view()).read(0, 0..2, &mut [0.0; PIECE_ROWS]), None);
            let targets = targets.mapv(|value| value as f32);
            assert_eq!(Targets::F32(targets.view()).read(0, 0..2, &mut [0.0; PIECE_ROWS]), None);
        }
        let large = array![[(1_i64 << 53) + 1]];
        assert_eq!(Targets::I64(large.view()).read(0, 0..1, &mut [0.0; PIECE_ROWS]), None);
    }
}
