//! Bindings of [`crate::stats`].

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;

use crate::stats::ks::{KsTest, Method, two_sample};
use crate::stats::sort::Column;

use super::convert::FloatVector;
use super::detached::{brief, detached};

/// The most pairs of values that are compared with the GIL held, in well below 50 microseconds.
const BRIEF_PAIRS: usize = 1 << 16;

/// The same for a single walk over the values.
pub(super) const BRIEF_VALUES: usize = 1 << 11;

/// The column where it lies.
pub(super) fn column<'a>(vector: &'a FloatVector<'_>) -> Column<'a> {
    match vector {
        FloatVector::F32(array) => Column::F32(array.as_array()),
        FloatVector::F64(array) => Column::F64(array.as_array()),
    }
}

/// Whether a test of samples of these sizes is short enough to keep the GIL.
pub(super) fn is_brief(first: usize, second: usize, method: Method) -> bool {
    method != Method::Asymptotic && first + second <= BRIEF_VALUES && first * second <= BRIEF_PAIRS
}

#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // extracted arguments are owned
fn ks_2samp(
    py: Python<'_>,
    a: FloatVector<'_>,
    b: FloatVector<'_>,
    alternative: &str,
    method: &str,
) -> PyResult<(f64, f64, f64, i8, bool)> {
    let (alternative, method) = (alternative.parse()?, method.parse()?);
    let (first, second) = (column(&a), column(&b));
    let KsTest { statistic, pvalue, location, sign, fallback } = if is_brief(first.len(), second.len(), method) {
        brief(|| two_sample(first, second, alternative, method, &crate::runtime::Cancel::new()))?
    } else {
        detached(py, |cancel| two_sample(first, second, alternative, method, cancel))?
    };
    Ok((statistic, pvalue, location, sign, fallback))
}

#[pymodule(name = "stats")]
pub(crate) mod stats_module {
    #[pymodule_export]
    use super::ks_2samp;
}
