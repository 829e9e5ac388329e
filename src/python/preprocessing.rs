//! `treering._core.preprocessing`: column statistics and affine transforms.

use numpy::{IntoPyArray, PyArray1, PyReadwriteArray2};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::convert::{FloatMatrix, Vector};
use super::detached::{brief, detached};
use crate::data::MatrixView;
use crate::error::{Error, Result};
use crate::preprocessing::{self, Affine, Extremes, Moments};
use crate::runtime::thread_count;

/// The module `treering._core.preprocessing`.
#[pymodule(name = "preprocessing")]
pub(crate) mod preprocessing_module {
    #[pymodule_export]
    use super::{extremes, moments, scale};
}

/// Fewer elements than this are read within some 50 microseconds.
const BRIEF_ELEMENTS: usize = 20_000;

fn run<T: Send>(py: Python<'_>, elements: usize, work: impl FnOnce(usize) -> Result<T> + Send) -> PyResult<T> {
    if elements < BRIEF_ELEMENTS {
        return brief(|| work(1));
    }
    let threads = thread_count(None)?;
    detached(py, |_| work(threads))
}

type Array<'py> = Bound<'py, PyArray1<f64>>;
type Given<'py> = Vector<'py, f64>;

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
    let weights = weights.map(|weights| weights.as_array().to_vec());
    let mut before = Moments::empty(view.columns());
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
    let moments = run(py, view.rows() * view.columns(), |threads| {
        let now = match view {
            MatrixView::F32(view) => Moments::of(view, weights.as_deref(), threads),
            MatrixView::F64(view) => Moments::of(view, weights.as_deref(), threads),
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
    let extremes = run(py, view.rows() * view.columns(), |threads| match view {
        MatrixView::F32(view) => Extremes::of(view, threads),
        MatrixView::F64(view) => Extremes::of(view, threads),
    })?;
    Ok((extremes.low.into_pyarray(py), extremes.high.into_pyarray(py)))
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
    let elements = view.rows() * view.columns();
    let other = || PyTypeError::new_err("out must be a writeable array of the same dtype as x, and not x itself");
    match view {
        MatrixView::F32(view) => {
            let mut out = out.extract::<PyReadwriteArray2<'_, f32>>().map_err(|_| other())?;
            let out = out.as_array_mut();
            run(py, elements, |threads| preprocessing::apply(view, out, &shift, &scale, operation, threads))
        }
        MatrixView::F64(view) => {
            let mut out = out.extract::<PyReadwriteArray2<'_, f64>>().map_err(|_| other())?;
            let out = out.as_array_mut();
            run(py, elements, |threads| preprocessing::apply(view, out, &shift, &scale, operation, threads))
        }
    }
}
