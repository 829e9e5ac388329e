//! Bindings of [`crate::stats`].

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;

use crate::stats::chi_squared;
use crate::stats::chi_squared::ChiSquared;
use crate::stats::ks::{KsTest, Method, two_sample};
use crate::stats::multiple_testing::adjust;
use crate::stats::sort::Column;
use crate::stats::trend::{Trend, mann_kendall as test_trend};

use super::convert::{FloatVector, Vector, contiguous};
use super::detached::{detached, run};

/// The most pairs of values that are compared with the GIL held, in well below 50 microseconds.
const BRIEF_PAIRS: usize = 1 << 16;

/// The most values of both samples for which that holds.
const BRIEF_VALUES: usize = 1 << 11;

/// The longest series whose trend is found in as short a time.
const BRIEF_SERIES: usize = 64;

/// The column where it lies.
pub(super) fn column<'a>(vector: &'a FloatVector<'_>) -> Column<'a> {
    match vector {
        FloatVector::F32(array) => Column::F32(array.as_array()),
        FloatVector::F64(array) => Column::F64(array.as_array()),
    }
}

/// Whether a test of samples of these sizes is short enough to keep the GIL.
fn is_brief(first: usize, second: usize, method: Method) -> bool {
    method != Method::Asymptotic
        && first.saturating_add(second) <= BRIEF_VALUES
        && first.saturating_mul(second) <= BRIEF_PAIRS
}

#[pyfunction]
fn ks_2samp(
    py: Python<'_>,
    a: FloatVector<'_>,
    b: FloatVector<'_>,
    alternative: &str,
    method: &str,
) -> PyResult<(f64, f64, f64, i8, bool)> {
    let (alternative, method) = (alternative.parse()?, method.parse()?);
    let (first, second) = (column(&a), column(&b));
    let is_brief = is_brief(first.len(), second.len(), method);
    let KsTest { statistic, pvalue, location, sign, fallback } =
        run(py, is_brief, None, |workers| two_sample(first, second, alternative, method, workers.cancel()))?;
    Ok((statistic, pvalue, location, sign, fallback))
}

/// Statistic, p-value, degrees of freedom, Cramér's V, where the p-value comes from.
#[pyfunction]
fn chi2_2samp(
    py: Python<'_>,
    reference: Vector<'_, i64>,
    current: Vector<'_, i64>,
) -> PyResult<(f64, f64, usize, f64, &'static str)> {
    let (reference, current) = (reference.as_array(), current.as_array());
    let ChiSquared { statistic, pvalue, degrees_of_freedom, cramers_v, method } =
        detached(py, |cancel| chi_squared::two_sample(&contiguous(reference)?, &contiguous(current)?, cancel))?;
    Ok((statistic, pvalue, degrees_of_freedom, cramers_v, method.name()))
}

/// τ-b, S, its variance, p-value, slope, whether the p-value is exact.
#[pyfunction]
fn mann_kendall(py: Python<'_>, values: Vector<'_, f64>) -> PyResult<(f64, i64, f64, f64, f64, bool)> {
    let values = values.as_array();
    let Trend { tau, s, variance, pvalue, slope, is_exact } =
        run(py, values.len() <= BRIEF_SERIES, None, |workers| test_trend(&contiguous(values)?, workers.cancel()))?;
    Ok((tau, s, variance, pvalue, slope, is_exact))
}

#[pyfunction]
fn adjust_pvalues<'py>(py: Python<'py>, pvalues: Vector<'_, f64>, method: &str) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let correction = method.parse()?;
    let pvalues = pvalues.as_array();
    let is_brief = pvalues.len() <= BRIEF_VALUES / 4;
    let adjusted = run(py, is_brief, None, |_| adjust(&contiguous(pvalues)?, correction))?;
    Ok(adjusted.into_pyarray(py))
}

#[pymodule(name = "stats")]
pub(crate) mod stats_module {
    #[pymodule_export]
    use super::{adjust_pvalues, chi2_2samp, ks_2samp, mann_kendall};
}
