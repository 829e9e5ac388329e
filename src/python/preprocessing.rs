//! `treering._core.preprocessing`: column statistics and affine transforms.

use ndarray::Array2;
use numpy::{Element, IntoPyArray, PyArray1, PyArray2, PyReadwriteArray2};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::convert::{FloatMatrix, Vector, contiguous_option};
use super::detached::run;
use crate::data::MatrixView;
use crate::error::Error;
use crate::preprocessing::{self, Affine};
use crate::stats::moments::{Extremes, Moments};
use crate::stats::order;
use crate::stats::sort::Column;

/// The module `treering._core.preprocessing`.
#[pymodule(name = "preprocessing")]
pub(crate) mod preprocessing_module {
    #[pymodule_export]
    use super::{extremes, fill_missing, moments, order_statistics, scale};
}

/// Whether the matrix is read within some 50 microseconds.
fn is_brief(matrix: MatrixView<'_>) -> bool {
    matrix.rows().saturating_mul(matrix.columns()) < 20_000
}

type Array<'py> = Bound<'py, PyArray1<f64>>;
type Given<'py> = Vector<'py, f64>;

/// Counts, lower and upper numbers of every column.
type Ordered<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>);

/// (weight, mean, its rounding rest, sum of squared differences) of every column.
type Parts<'py> = (Array<'py>, Array<'py>, Array<'py>, Array<'py>);

fn parts(py: Python<'_>, moments: Moments) -> Parts<'_> {
    (
        moments.weight.into_pyarray(py),
        moments.mean.into_pyarray(py),
        moments.mean_rest.into_pyarray(py),
        moments.squares.into_pyarray(py),
    )
}

/// (weight, mean, its rounding rest, sum of squared differences) of every column; NaN is left out.
/// With `seen`, such a quadruple, of its rows and these together.
#[pyfunction]
#[pyo3(signature = (x, weights=None, seen=None))]
fn moments<'py>(
    py: Python<'py>,
    x: FloatMatrix<'py>,
    weights: Option<Given<'py>>,
    seen: Option<(Given<'py>, Given<'py>, Given<'py>, Given<'py>)>,
) -> PyResult<Parts<'py>> {
    let view = x.view();
    let weights = weights.as_ref().map(|weights| weights.as_array());
    let mut before = Moments::empty(view.columns())?;
    if let Some((weight, mean, mean_rest, squares)) = seen {
        let [weight, mean, mean_rest, squares] =
            [weight, mean, mean_rest, squares].map(|array| array.as_array().to_vec());
        for length in [weight.len(), mean.len(), mean_rest.len(), squares.len()] {
            if length != view.columns() {
                return Err(Error::shape("the number of columns seen", view.columns(), length).into());
            }
        }
        before = Moments { weight, mean, mean_rest, squares };
    }
    let moments = run(py, is_brief(view), None, |workers| {
        let weights = contiguous_option(weights)?;
        let now = match view {
            MatrixView::F32(view) => Moments::of(view, weights.as_deref(), workers),
            MatrixView::F64(view) => Moments::of(view, weights.as_deref(), workers),
        }?;
        before.merge(&now);
        Ok(before)
    })?;
    Ok(parts(py, moments))
}

/// (least, greatest) of every column; (inf, -inf) where a column holds only NaN.
#[pyfunction]
fn extremes<'py>(py: Python<'py>, x: FloatMatrix<'py>) -> PyResult<(Array<'py>, Array<'py>)> {
    let view = x.view();
    let extremes = run(py, is_brief(view), None, |workers| match view {
        MatrixView::F32(view) => Extremes::of(view, workers),
        MatrixView::F64(view) => Extremes::of(view, workers),
    })?;
    Ok((extremes.low.into_pyarray(py), extremes.high.into_pyarray(py)))
}

/// (count, lower, upper) of every column: its numbers, and for each share those at the places around it.
#[pyfunction]
fn order_statistics<'py>(py: Python<'py>, x: FloatMatrix<'py>, shares: Vec<f64>) -> PyResult<Ordered<'py>> {
    let view = x.view();
    let columns = Column::all_of(view);
    let found = run(py, is_brief(view), None, |workers| order::order_statistics(&columns, &shares, workers))?;
    let counts: Vec<i64> = found.iter().map(|column| column.count as i64).collect();
    let place = |at: usize, column: usize| found[column].around[at];
    let lower = Array2::from_shape_fn((shares.len(), found.len()), |(at, column)| place(at, column).0);
    let upper = Array2::from_shape_fn((shares.len(), found.len()), |(at, column)| place(at, column).1);
    Ok((counts.into_pyarray(py), lower.into_pyarray(py), upper.into_pyarray(py)))
}

/// Writes x to `out`, with the value of its column where x is NaN; says whether x holds an infinity.
#[pyfunction]
fn fill_missing(py: Python<'_>, x: FloatMatrix<'_>, out: &Bound<'_, PyAny>, values: Vector<'_, f64>) -> PyResult<bool> {
    let (view, values) = (x.view(), values.as_array().to_vec());
    match view {
        MatrixView::F32(view) => {
            let mut out = writeable::<f32>(out)?;
            let out = out.as_array_mut();
            run(py, is_brief(x.view()), None, |workers| preprocessing::fill_missing(view, out, &values, workers))
        }
        MatrixView::F64(view) => {
            let mut out = writeable::<f64>(out)?;
            let out = out.as_array_mut();
            run(py, is_brief(x.view()), None, |workers| preprocessing::fill_missing(view, out, &values, workers))
        }
    }
}

/// Writes (x - shift) / scale or, with `multiply`, x * scale + shift to `out`; says whether x
/// holds an infinity.
#[pyfunction]
#[pyo3(signature = (x, out, shift, scale, multiply, clip=None))]
fn scale(
    py: Python<'_>,
    x: FloatMatrix<'_>,
    out: &Bound<'_, PyAny>,
    shift: Vector<'_, f64>,
    scale: Vector<'_, f64>,
    multiply: bool,
    clip: Option<(f64, f64)>,
) -> PyResult<bool> {
    let (shift, scale) = (shift.as_array().to_vec(), scale.as_array().to_vec());
    let operation = match (multiply, clip) {
        (false, _) => Affine::SubtractDivide,
        (true, None) => Affine::MultiplyAdd,
        (true, Some((low, high))) => Affine::MultiplyAddClip(low, high),
    };
    let view = x.view();
    match view {
        MatrixView::F32(view) => {
            let mut out = writeable::<f32>(out)?;
            let out = out.as_array_mut();
            run(py, is_brief(x.view()), None, |workers| {
                preprocessing::apply(view, out, &shift, &scale, operation, workers)
            })
        }
        MatrixView::F64(view) => {
            let mut out = writeable::<f64>(out)?;
            let out = out.as_array_mut();
            run(py, is_brief(x.view()), None, |workers| {
                preprocessing::apply(view, out, &shift, &scale, operation, workers)
            })
        }
    }
}

/// An array to write to.
fn writeable<'py, T: Element>(out: &Bound<'py, PyAny>) -> PyResult<PyReadwriteArray2<'py, T>> {
    let other = || PyTypeError::new_err("out must be a writeable array of the same dtype as x, and not x itself");
    out.extract().map_err(|_| other())
}
