//! Shifting and scaling every column, in one reading and one writing.

use std::sync::Mutex;

use ndarray::{ArrayView2, ArrayViewMut2, Axis, Zip};

use crate::data::{PARALLEL_ELEMENTS, Real, block_rows};
use crate::error::{Error, Result};
use crate::runtime::Workers;

/// What happens to a value x of a column with the factors `shift` and `scale`.
///
/// Each step is rounded to the width of the data, as array arithmetic does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Affine {
    /// (x − shift) / scale.
    SubtractDivide,
    /// x · scale + shift.
    MultiplyAdd,
    /// x · scale + shift, kept within two bounds.
    MultiplyAddClip(f64, f64),
}

/// Writes the transform of `x` to `out` and says whether `x` holds an infinity.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] where shapes disagree; [`crate::ErrorKind::Cancelled`], with `out` half written.
pub fn apply<F: Real>(
    x: ArrayView2<'_, F>,
    out: ArrayViewMut2<'_, F>,
    shift: &[f64],
    scale: &[f64],
    operation: Affine,
    workers: Workers<'_>,
) -> Result<bool> {
    if scale.len() != x.ncols() {
        return Err(Error::shape("the number of columns of X", scale.len(), x.ncols()));
    }
    in_blocks(x, out, shift.len(), workers, |x, out| match operation {
        Affine::SubtractDivide => {
            each(x, out, shift, scale, |x, shift, scale| F::nearest(F::nearest(x - shift).into() / scale))
        }
        Affine::MultiplyAdd => {
            each(x, out, shift, scale, |x, shift, scale| F::nearest(F::nearest(x * scale).into() + shift))
        }
        Affine::MultiplyAddClip(low, high) => each(x, out, shift, scale, |x, shift, scale| {
            let value = F::nearest(F::nearest(x * scale).into() + shift).into();
            // NaN fails both comparisons and stays.
            let value = if value < low { low } else { value };
            F::nearest(if value > high { high } else { value })
        }),
    })
}

/// Writes `x` to `out`, with the value of its column where it is NaN, and says whether `x` holds an
/// infinity.
///
/// # Errors
/// As [`apply`].
pub fn fill_missing<F: Real>(
    x: ArrayView2<'_, F>,
    out: ArrayViewMut2<'_, F>,
    values: &[f64],
    workers: Workers<'_>,
) -> Result<bool> {
    in_blocks(x, out, values.len(), workers, |x, out| {
        each(x, out, values, values, |x, value, _| F::nearest(if x.is_nan() { value } else { x }))
    })
}

/// Writes blocks of rows, in parallel; whether any was said to hold an infinity.
fn in_blocks<F: Real>(
    x: ArrayView2<'_, F>,
    mut out: ArrayViewMut2<'_, F>,
    factors: usize,
    workers: Workers<'_>,
    write: impl Fn(ArrayView2<'_, F>, &mut ArrayViewMut2<'_, F>) -> bool + Sync + Send,
) -> Result<bool> {
    let (rows, columns) = x.dim();
    for (what, given, expected) in [
        ("the number of rows of the output", out.nrows(), rows),
        ("the number of columns of the output", out.ncols(), columns),
        ("the number of columns of X", columns, factors),
    ] {
        if given != expected {
            return Err(Error::shape(what, expected, given));
        }
    }
    let size = block_rows(columns);
    let parts: Vec<Mutex<_>> =
        x.axis_chunks_iter(Axis(0), size).zip(out.axis_chunks_iter_mut(Axis(0), size)).map(Mutex::new).collect();
    let infinite = workers.alone_if(x.len() < PARALLEL_ELEMENTS).map(parts.len(), |part| {
        let mut part = parts[part].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (x, out) = &mut *part;
        Ok(write(*x, out))
    })?;
    Ok(infinite.contains(&true))
}

#[inline]
fn each<F: Real>(
    x: ArrayView2<'_, F>,
    out: &mut ArrayViewMut2<'_, F>,
    shift: &[f64],
    scale: &[f64],
    operation: impl Fn(f64, f64, f64) -> F,
) -> bool {
    let mut infinite = false;
    if x.strides()[0] == 1 && x.strides()[1] != 1 {
        for ((x, mut out), (&shift, &scale)) in
            x.columns().into_iter().zip(out.columns_mut()).zip(shift.iter().zip(scale))
        {
            Zip::from(&mut out).and(&x).for_each(|out, &value| {
                let value: f64 = value.into();
                infinite |= value.abs() == f64::INFINITY;
                *out = operation(value, shift, scale);
            });
        }
        return infinite;
    }
    for (x, mut out) in x.rows().into_iter().zip(out.rows_mut()) {
        let mut one = |out: &mut F, value: F, shift: f64, scale: f64| {
            let value: f64 = value.into();
            infinite |= value.abs() == f64::INFINITY;
            *out = operation(value, shift, scale);
        };
        match (x.to_slice(), out.as_slice_mut()) {
            (Some(x), Some(out)) => {
                for (((out, &value), &shift), &scale) in out.iter_mut().zip(x).zip(shift).zip(scale) {
                    one(out, value, shift, scale);
                }
            }
            _ => {
                for (((out, &value), &shift), &scale) in out.iter_mut().zip(x.iter()).zip(shift).zip(scale) {
                    one(out, value, shift, scale);
                }
            }
        }
    }
    infinite
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, ShapeBuilder, array};

    #[test]
    fn operations_are_their_formulas_in_every_layout() {
        let x = array![[1.0, -4.0, f64::NAN], [2.5, 0.0, 7.0]];
        let (shift, scale) = ([0.5, 1.0, 2.0], [2.0, 3.0, 4.0]);
        let mut fortran = Array2::zeros((2, 3).f());
        fortran.assign(&x);
        for view in [x.view(), fortran.view()] {
            for (operation, formula) in [
                (Affine::SubtractDivide, (|x, a, b| (x - a) / b) as fn(f64, f64, f64) -> f64),
                (Affine::MultiplyAdd, |x, a, b| x * b + a),
                (Affine::MultiplyAddClip(-1.0, 5.0), |x, a, b| (x * b + a).clamp(-1.0, 5.0)),
            ] {
                let mut out = Array2::zeros((2, 3));
                assert_eq!(apply(view, out.view_mut(), &shift, &scale, operation, Workers::alone()).ok(), Some(false));
                for ((row, column), &got) in out.indexed_iter() {
                    let expected = formula(x[[row, column]], shift[column], scale[column]);
                    assert!(got == expected || (got.is_nan() && expected.is_nan()));
                }
            }
        }
    }

    #[test]
    fn infinities_are_reported_and_shapes_checked() {
        let x = array![[f64::NEG_INFINITY, 1.0]];
        let mut out = Array2::zeros((1, 2));
        assert_eq!(
            apply(x.view(), out.view_mut(), &[0.0; 2], &[1.0; 2], Affine::MultiplyAdd, Workers::alone()).ok(),
            Some(true)
        );
        assert!(apply(x.view(), out.view_mut(), &[0.0; 3], &[1.0; 3], Affine::MultiplyAdd, Workers::alone()).is_err());
    }
}
