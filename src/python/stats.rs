//! Bindings of [`crate::stats`].

use ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::prelude::*;

use crate::error::Error;
use crate::runtime::Workers;
use crate::stats::alternative::Alternative;
use crate::stats::anderson_darling::{self, AndersonDarling};
use crate::stats::binning::{self, BinCounts};
use crate::stats::chi_squared;
use crate::stats::correlation::correlation as correlate;
use crate::stats::cramer_von_mises::{self, CramerVonMises};
use crate::stats::describe::{Description, describe as describe_columns};
use crate::stats::divergence::between;
use crate::stats::epps_singleton::{self, Waves};
use crate::stats::histogram::{self, Counts};
use crate::stats::homogeneity::{Homogeneity, Statistic, two_sample as compare_counts};
use crate::stats::ks::{KsTest, Method, two_sample};
use crate::stats::mann_whitney::{self, MannWhitney};
use crate::stats::multiple_testing::adjust;
use crate::stats::normal;
use crate::stats::sort::Column;
use crate::stats::student;
use crate::stats::t_test::{self, TTest};
use crate::stats::trend::{Trend, mann_kendall as test_trend};
use crate::stats::wasserstein::{self, Distance};

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

/// Whether samples of these sizes are sorted and walked in so short a time that the GIL can be kept.
fn are_brief(first: usize, second: usize) -> bool {
    first.saturating_add(second) <= BRIEF_VALUES / 4
}

/// Tests each sample of `firsts` against that of `seconds`; `are_brief` is asked about the numbers
/// of values that both sides hold together.
fn each_pair<T: Send>(
    py: Python<'_>,
    firsts: &[FloatVector<'_>],
    seconds: &[FloatVector<'_>],
    are_brief: impl Fn(usize, usize) -> bool,
    test: impl for<'a> Fn(Column<'a>, Column<'a>, Workers<'_>) -> crate::error::Result<T> + Send + Sync,
) -> PyResult<Vec<T>> {
    let pairs: Vec<_> = firsts.iter().map(column).zip(seconds.iter().map(column)).collect();
    let values = |count: fn(&(Column<'_>, Column<'_>)) -> usize| pairs.iter().map(count).sum();
    let is_brief = are_brief(values(|pair| pair.0.len()), values(|pair| pair.1.len()));
    run(py, is_brief, None, |workers| workers.map(pairs.len(), |pair| test(pairs[pair].0, pairs[pair].1, workers)))
}

/// Statistic, p-value, location, sign, and whether an exact p-value could not be had.
type KsRow = (f64, f64, f64, i8, bool);

/// What was found for each pair.
#[pyfunction]
fn ks_2samp(
    py: Python<'_>,
    firsts: Vec<FloatVector<'_>>,
    seconds: Vec<FloatVector<'_>>,
    alternative: &str,
    method: &str,
) -> PyResult<Vec<KsRow>> {
    let (alternative, method): (Alternative, _) = (alternative.parse()?, method.parse()?);
    let brief = |first, second| is_brief(first, second, method);
    each_pair(py, &firsts, &seconds, brief, |first, second, workers| {
        let KsTest { statistic, pvalue, location, sign, fallback } =
            two_sample(first, second, alternative, method, workers.cancel())?;
        Ok((statistic, pvalue, location, sign, fallback))
    })
}

/// Of each pair statistic and p-value.
#[pyfunction]
fn mannwhitneyu(
    py: Python<'_>,
    firsts: Vec<FloatVector<'_>>,
    seconds: Vec<FloatVector<'_>>,
    alternative: &str,
    method: &str,
    continuity: bool,
) -> PyResult<Vec<(f64, f64)>> {
    let options = mann_whitney::Options { alternative: alternative.parse()?, method: method.parse()?, continuity };
    each_pair(py, &firsts, &seconds, are_brief, |first, second, workers| {
        let MannWhitney { statistic, pvalue } = mann_whitney::two_sample(first, second, options, workers.cancel())?;
        Ok((statistic, pvalue))
    })
}

/// Of each pair statistic and p-value.
#[pyfunction]
fn cramervonmises_2samp(
    py: Python<'_>,
    firsts: Vec<FloatVector<'_>>,
    seconds: Vec<FloatVector<'_>>,
    method: &str,
) -> PyResult<Vec<(f64, f64)>> {
    let method = method.parse()?;
    let never = |_, _| false;
    each_pair(py, &firsts, &seconds, never, |first, second, workers| {
        let CramerVonMises { statistic, pvalue } =
            cramer_von_mises::two_sample(first, second, method, workers.cancel())?;
        Ok((statistic, pvalue))
    })
}

/// The "wasserstein" or the "energy" distance.
#[pyfunction]
fn distance(py: Python<'_>, u: FloatVector<'_>, v: FloatVector<'_>, kind: &str) -> PyResult<f64> {
    let kind = match kind {
        "wasserstein" => Distance::Wasserstein,
        "energy" => Distance::Energy,
        _ => return Err(Error::parameter("kind", "'wasserstein' or 'energy'", format!("{kind:?}")).into()),
    };
    let (first, second) = (column(&u), column(&v));
    run(py, are_brief(first.len(), second.len()), None, |workers| {
        wasserstein::distance(first, second, kind, workers.cancel())
    })
}

/// Statistic and p-value.
#[pyfunction]
fn anderson_2samp(py: Python<'_>, x: FloatVector<'_>, y: FloatVector<'_>, variant: &str) -> PyResult<(f64, f64)> {
    let variant = variant.parse()?;
    let (first, second) = (column(&x), column(&y));
    let AndersonDarling { statistic, pvalue } = run(py, are_brief(first.len(), second.len()), None, |workers| {
        anderson_darling::two_sample(first, second, variant, workers.cancel())
    })?;
    Ok((statistic, pvalue))
}

/// Statistic, p-value, degrees of freedom, difference of the means and its standard error.
type TTestRow = (f64, f64, f64, f64, f64);

/// What was found for each pair.
#[pyfunction]
fn ttest_2samp(
    py: Python<'_>,
    firsts: Vec<FloatVector<'_>>,
    seconds: Vec<FloatVector<'_>>,
    equal_variances: bool,
    alternative: &str,
) -> PyResult<Vec<TTestRow>> {
    let alternative = alternative.parse()?;
    each_pair(py, &firsts, &seconds, are_brief, |first, second, workers| {
        let TTest { statistic, pvalue, freedom, difference, standard_error } =
            t_test::two_sample(first, second, equal_variances, alternative, workers)?;
        Ok((statistic, pvalue, freedom, difference, standard_error))
    })
}

/// The number that |T| exceeds with probability one less `level`.
#[pyfunction]
fn student_quantile(level: f64, freedom: f64) -> PyResult<f64> {
    Ok(student::quantile(level, freedom)?)
}

/// The p-value of a statistic that is normal.
#[pyfunction]
fn normal_pvalue(z: f64, alternative: &str) -> PyResult<f64> {
    Ok(normal::pvalue(z, alternative.parse()?))
}

/// P(χ² ≥ x).
#[pyfunction]
fn chi_squared_tail(x: f64, degrees_of_freedom: usize) -> f64 {
    chi_squared::upper_tail(x, degrees_of_freedom)
}

/// Means and mean products of the cosines and sines of one sample.
type Moments<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// Of both samples, the means of cosines, then sines, and their mean products, row by row; None where they are not
/// defined.
#[pyfunction]
fn waves<'py>(
    py: Python<'py>,
    x: FloatVector<'py>,
    y: FloatVector<'py>,
    points: Vec<f64>,
) -> PyResult<Option<(Moments<'py>, Moments<'py>)>> {
    let (first, second) = (column(&x), column(&y));
    let found = run(py, false, None, |workers| epps_singleton::waves(first, second, &points, workers))?;
    let arrays = |waves: Waves| (waves.means.into_pyarray(py), waves.products.into_pyarray(py));
    Ok(found.map(|(first, second)| (arrays(first), arrays(second))))
}

/// The upper ends of all bins but the last.
#[pyfunction]
fn bin_ends<'py>(py: Python<'py>, reference: FloatVector<'py>, bins: usize) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let reference = column(&reference);
    let is_brief = reference.len() <= BRIEF_VALUES;
    Ok(run(py, is_brief, None, |workers| binning::ends(reference, bins, workers))?.into_pyarray(py))
}

/// How many values lie in each bin, and how many are missing.
#[pyfunction]
fn bin_counts<'py>(
    py: Python<'py>,
    values: FloatVector<'py>,
    ends: Vec<f64>,
) -> PyResult<(Bound<'py, PyArray1<i64>>, u64)> {
    let values = column(&values);
    let is_brief = values.len() <= BRIEF_VALUES;
    let found = run(py, is_brief, None, |workers| binning::counts(&[values], &[&ends], workers))?;
    let BinCounts { bins, missing } =
        found.into_iter().next().ok_or_else(|| Error::internal("a column has no counts"))?;
    let bins: Vec<i64> = bins.into_iter().map(|count| count as i64).collect();
    Ok((bins.into_pyarray(py), missing))
}

/// The distance of two vectors of counts of the same bins.
#[pyfunction]
fn divergence(reference: Vector<'_, i64>, current: Vector<'_, i64>, smoothing: f64, kind: &str) -> PyResult<f64> {
    let counts = |counts: Vector<'_, i64>| -> Result<Vec<u64>, Error> {
        let counts = counts.as_array();
        counts
            .iter()
            .map(|&count| {
                u64::try_from(count).map_err(|_| Error::value("a bin", count, "a count, which is not negative"))
            })
            .collect()
    };
    Ok(between(&counts(reference)?, &counts(current)?, smoothing, kind.parse()?)?)
}

/// Statistic, p-value, degrees of freedom, Cramér's V, where the p-value comes from; of the test "pearson",
/// "log-likelihood" or "chance".
#[pyfunction]
fn homogeneity(
    py: Python<'_>,
    reference: Vector<'_, i64>,
    current: Vector<'_, i64>,
    kind: &str,
) -> PyResult<(f64, f64, usize, f64, &'static str)> {
    let kind = match kind {
        "pearson" => Statistic::Pearson,
        "log-likelihood" => Statistic::LogLikelihood,
        "chance" => Statistic::Chance,
        _ => {
            return Err(Error::parameter("kind", "'pearson', 'log-likelihood' or 'chance'", format!("{kind:?}")).into());
        }
    };
    let (reference, current) = (reference.as_array(), current.as_array());
    let Homogeneity { statistic, pvalue, degrees_of_freedom, cramers_v, method } =
        detached(py, |cancel| compare_counts(&contiguous(reference)?, &contiguous(current)?, kind, cancel))?;
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

/// The columns where they lie, and whether they are read within some 50 microseconds.
fn table<'a>(columns: &'a [FloatVector<'_>]) -> (Vec<Column<'a>>, bool) {
    let columns: Vec<Column<'_>> = columns.iter().map(column).collect();
    let values = columns.iter().fold(0_usize, |sum, column| sum.saturating_add(column.len()));
    (columns, values <= BRIEF_VALUES)
}

/// (count, mean, std, min, max, quantiles) of every column.
type Described<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray2<f64>>,
);

/// Counts, means, standard deviations, extremes and, row by row, the quantiles of every column.
#[pyfunction]
fn describe<'py>(py: Python<'py>, columns: Vec<FloatVector<'py>>, shares: Vec<f64>) -> PyResult<Described<'py>> {
    let (columns, is_brief) = table(&columns);
    let found = run(py, is_brief, None, |workers| describe_columns(&columns, &shares, workers))?;
    let each = |value: fn(&Description) -> f64| found.iter().map(value).collect::<Vec<_>>().into_pyarray(py);
    let counts: Vec<i64> = found.iter().map(|column| column.count as i64).collect();
    let quantiles = Array2::from_shape_fn((found.len(), shares.len()), |(column, at)| found[column].quantiles[at]);
    Ok((
        counts.into_pyarray(py),
        each(|column| column.mean),
        each(|column| column.std),
        each(|column| column.min),
        each(|column| column.max),
        quantiles.into_pyarray(py),
    ))
}

/// The correlations of all pairs of columns.
#[pyfunction]
fn correlation<'py>(
    py: Python<'py>,
    columns: Vec<FloatVector<'py>>,
    method: &str,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let kind = method.parse()?;
    let (columns, _) = table(&columns);
    let cells = columns.len().saturating_mul(columns.first().map_or(0, Column::len));
    let is_brief = cells.saturating_mul(columns.len()) <= BRIEF_VALUES;
    Ok(run(py, is_brief, None, |workers| correlate(&columns, kind, workers))?.into_pyarray(py))
}

/// The least and the greatest finite value of every column; None without any.
#[pyfunction]
fn finite_ranges(py: Python<'_>, columns: Vec<FloatVector<'_>>) -> PyResult<Vec<Option<(f64, f64)>>> {
    let (columns, is_brief) = table(&columns);
    run(py, is_brief, None, |workers| histogram::finite_ranges(&columns, workers))
}

/// Counts between edges, how many values lie outside, and how many are missing.
type Counted<'py> = (Bound<'py, PyArray1<i64>>, u64, u64);

/// For every column its counts between the edges, how many values lie outside, and how many are missing.
#[pyfunction]
fn histograms<'py>(
    py: Python<'py>,
    columns: Vec<FloatVector<'py>>,
    edges: Vec<Vector<'py, f64>>,
) -> PyResult<Vec<Counted<'py>>> {
    let (columns, is_brief) = table(&columns);
    let edges = edges.iter().map(|edges| contiguous(edges.as_array())).collect::<Result<Vec<_>, _>>()?;
    let edges: Vec<&[f64]> = edges.iter().map(AsRef::as_ref).collect();
    let found = run(py, is_brief, None, |workers| histogram::histograms(&columns, &edges, workers))?;
    let whole = |bins: Vec<u64>| bins.into_iter().map(|count| count as i64).collect::<Vec<_>>().into_pyarray(py);
    Ok(found.into_iter().map(|Counts { bins, outside, missing }| (whole(bins), outside, missing)).collect())
}

#[pymodule(name = "stats")]
pub(crate) mod stats_module {
    #[pymodule_export]
    use super::{
        adjust_pvalues, anderson_2samp, bin_counts, bin_ends, chi_squared_tail, correlation, cramervonmises_2samp,
        describe, distance, divergence, finite_ranges, histograms, homogeneity, ks_2samp, mann_kendall, mannwhitneyu,
        normal_pvalue, student_quantile, ttest_2samp, waves,
    };
}
