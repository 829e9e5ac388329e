//! Bindings of [`crate::profile`].

use std::sync::{Mutex, OnceLock, PoisonError};

use ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::categories::CategoryTable;
use super::convert::{FloatVector, Vector};
use super::detached::{brief, detached, run};
use super::stats::column;
use crate::error::{Error, Result};
use crate::persistence::{from_bytes, to_bytes};
use crate::preprocessing::{Category, CategoryColumn};
use crate::profile::categories::Categories;
use crate::profile::column::Numbers;
use crate::profile::pairs::Pairs;
use crate::profile::quantiles::Quantiles;
use crate::profile::table::{Builder, NamedColumn};
use crate::profile::{ColumnProfile, Part, Profile, compare};
use crate::runtime::Workers;
use crate::stats::ks::pvalue_of;
use crate::stats::sort::Column;

/// One column of a batch, as Python has read it: its values by kind, any of which may be none.
#[derive(FromPyObject)]
struct ColumnInput<'py> {
    name: String,
    numbers: Option<FloatVector<'py>>,
    ends: Option<Vec<f64>>,
    times: Option<FloatVector<'py>>,
    texts: Option<PyRef<'py, CategoryTable>>,
    truths: (u64, u64),
    missing: u64,
    others: u64,
}

/// The same, to be read without the GIL.
struct ColumnValues<'a> {
    name: &'a str,
    numbers: Option<Column<'a>>,
    ends: Option<&'a [f64]>,
    times: Option<Column<'a>>,
    texts: Option<&'a CategoryColumn>,
    truths: (u64, u64),
    missing: u64,
    others: u64,
}

/// Takes batches of rows that follow one another.
#[pyclass(frozen, module = "treering._core.profile")]
struct ProfileBuilder(Mutex<Builder>);

#[pymethods]
impl ProfileBuilder {
    #[new]
    fn new() -> Self {
        Self(Mutex::new(Builder::default()))
    }

    /// Adds a batch of so many rows. Values that are NaN among numbers and times are missing. With `pairs`, columns all
    /// of whose rows are numbers or missing are correlated with one another.
    fn push(&self, py: Python<'_>, rows: u64, columns: Vec<ColumnInput<'_>>, pairs: bool) -> PyResult<()> {
        let values: Vec<ColumnValues<'_>> = columns
            .iter()
            .map(|input| ColumnValues {
                name: &input.name,
                numbers: input.numbers.as_ref().map(column),
                ends: input.ends.as_deref(),
                times: input.times.as_ref().map(column),
                texts: input.texts.as_ref().and_then(|table| table.columns().first()),
                truths: input.truths,
                missing: input.missing,
                others: input.others,
            })
            .collect();
        run(py, false, None, |workers| {
            let columns = workers.map(values.len(), |place| profiled(&values[place], workers.cancel()))?;
            if let Some(column) = columns.iter().find(|column| column.column.rows() != rows) {
                return Err(Error::internal(format!("the values of {} are not as many as rows", column.name())));
            }
            let pairs = paired(&values, if pairs { rows } else { u64::MAX }, workers)?;
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Part { rows, columns, pairs })
        })
    }

    /// The profile of all batches; None if there was none.
    fn finish(&self, py: Python<'_>) -> PyResult<Option<PyProfile>> {
        let builder = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let part = detached(py, |_| builder.finish())?;
        Ok(part.map(|part| PyProfile::new(Profile::of(part))))
    }
}

/// The pairs of columns that have a number, or NaN, in each of so many rows.
fn paired(values: &[ColumnValues<'_>], rows: u64, workers: Workers<'_>) -> Result<Pairs> {
    let (mut whole, mut unpaired) = (Vec::new(), Vec::new());
    for (place, values) in (0..).zip(values) {
        match values.numbers {
            Some(numbers) if numbers.len() as u64 == rows => whole.push((place, numbers)),
            Some(_) => unpaired.push(place),
            None => {}
        }
    }
    Pairs::of(&whole, unpaired, workers)
}

fn profiled(values: &ColumnValues<'_>, cancel: &crate::runtime::Cancel) -> Result<NamedColumn> {
    let mut profile = ColumnProfile { truths: values.truths, others: values.others, ..ColumnProfile::empty() };
    profile.missing = values.missing;
    let both = [(values.numbers, values.ends, &mut profile.numbers), (values.times, None, &mut profile.times)];
    for (given, ends, kept) in both {
        if let Some(given) = given {
            let (numbers, missing) = Numbers::of(given, ends, cancel)?;
            *kept = numbers;
            profile.missing += missing;
        }
    }
    if let Some(texts) = values.texts {
        let learned = texts.learn()?;
        let mut named = Vec::with_capacity(learned.len());
        for &(category, count) in &learned {
            match category {
                Category::Text(text) => named.push((text.as_ref(), count)),
                Category::None | Category::Nan => profile.missing += count,
            }
        }
        profile.texts = Categories::of(named.into_iter());
    }
    Ok(NamedColumn::new(values.name, profile))
}

/// A profile, and its parts added up once somebody asks.
#[pyclass(frozen, name = "Profile", module = "treering._core.profile")]
struct PyProfile {
    profile: Profile,
    whole: OnceLock<Part>,
}

/// What is known of the numbers or the times of a column: count, infinite ones below and above, zeros, mean, standard
/// deviation, skewness, kurtosis, distinct ones and whether that is exact, the widest bounds of a rank.
type NumberFacts = (u64, (u64, u64), u64, f64, f64, f64, f64, f64, bool, u64);

/// Count, distinct ones and whether that is exact, the shortest, the longest, all characters, lost counts.
type TextFacts = (u64, f64, bool, u64, u64, u64, u64);

/// Counts that surely are no more, and no less.
type Bounds<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>);

impl PyProfile {
    fn new(profile: Profile) -> Self {
        Self { profile, whole: OnceLock::new() }
    }

    fn whole(&self, py: Python<'_>) -> PyResult<&Part> {
        if self.whole.get().is_none() {
            let part = run(py, false, None, |workers| self.profile.whole(workers))?;
            let _ = self.whole.set(part);
        }
        self.whole.get().ok_or_else(|| Error::internal("a profile was not added up").into())
    }

    fn column(&self, py: Python<'_>, place: usize) -> PyResult<&ColumnProfile> {
        let whole = self.whole(py)?;
        let column = whole.columns.get(place).ok_or_else(|| PyIndexError::new_err("a profile has no such column"))?;
        Ok(&column.column)
    }

    fn numbers(&self, py: Python<'_>, place: usize, times: bool) -> PyResult<&Numbers> {
        let column = self.column(py, place)?;
        Ok(if times { &column.times } else { &column.numbers })
    }
}

#[pymethods]
impl PyProfile {
    /// How many parts are kept apart.
    #[getter]
    fn parts(&self) -> usize {
        self.profile.parts().len()
    }

    /// How many rows there are.
    fn rows(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.whole(py)?.rows)
    }

    /// The columns' names.
    fn names(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(self.whole(py)?.columns.iter().map(|column| column.name().into_owned()).collect())
    }

    /// Missing values, (false, true), others.
    fn counts(&self, py: Python<'_>, place: usize) -> PyResult<(u64, (u64, u64), u64)> {
        let column = self.column(py, place)?;
        Ok((column.missing, column.truths, column.others))
    }

    /// What is known of the numbers of a column, or of its times.
    fn number_facts(&self, py: Python<'_>, place: usize, times: bool) -> PyResult<NumberFacts> {
        let numbers = self.numbers(py, place, times)?;
        let (moments, (distinct, is_exact)) = (&numbers.moments, numbers.distinct.count(numbers.count()));
        Ok((
            numbers.count(),
            numbers.infinite,
            numbers.zeros,
            moments.mean(),
            moments.std(),
            moments.skewness(),
            moments.kurtosis(),
            distinct,
            is_exact,
            numbers.quantiles.widest(),
        ))
    }

    /// The numbers, or times, at shares of the way from the least to the greatest.
    fn quantiles<'py>(
        &self,
        py: Python<'py>,
        place: usize,
        times: bool,
        shares: Vec<f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let quantiles = &self.numbers(py, place, times)?.quantiles;
        Ok(shares.into_iter().map(|share| quantiles.at(share)).collect::<Vec<_>>().into_pyarray(py))
    }

    /// Of each value, between which counts the number of those at most as large lies.
    fn up_to<'py>(
        &self,
        py: Python<'py>,
        place: usize,
        times: bool,
        values: Vector<'py, f64>,
    ) -> PyResult<Bounds<'py>> {
        let quantiles = &self.numbers(py, place, times)?.quantiles;
        let values = values.as_array();
        let bounds = values.iter().map(|&value| quantiles.up_to(value));
        let (low, high): (Vec<i64>, Vec<i64>) = bounds.map(|(low, high)| (low as i64, high as i64)).unzip();
        Ok((low.into_pyarray(py), high.into_pyarray(py)))
    }

    /// What is known of the texts of a column.
    fn text_facts(&self, py: Python<'_>, place: usize) -> PyResult<TextFacts> {
        let texts = &self.column(py, place)?.texts;
        let (distinct, is_exact) = texts.distinct.count(texts.count);
        let lengths = texts.lengths;
        Ok((texts.count, distinct, is_exact, lengths.least, lengths.most, lengths.total, texts.lost))
    }

    /// The categories that are counted, in the order of their texts, and how often each occurs at least.
    fn categories(&self, py: Python<'_>, place: usize) -> PyResult<Vec<(String, u64)>> {
        let texts = &self.column(py, place)?.texts;
        Ok(texts.entries().iter().map(|entry| (entry.text().into_owned(), entry.count)).collect())
    }

    /// The upper ends of all bins but the last of a column of numbers.
    fn bin_ends(&self, py: Python<'_>, place: usize, bins: usize) -> PyResult<Vec<f64>> {
        let numbers = self.numbers(py, place, false)?;
        brief(|| compare::ends(&numbers.quantiles, bins))
    }

    /// Between which numbers the distance of a column from another profile's lies: "ks", "wasserstein", or a divergence,
    /// with its number of bins and its smoothing.
    fn distance(
        &self,
        py: Python<'_>,
        place: usize,
        other: &Self,
        other_place: usize,
        how: (String, usize, f64),
    ) -> PyResult<(f64, f64)> {
        let (kind, bins, smoothing) = how;
        let (reference, current) = (self.column(py, place)?, other.column(py, other_place)?);
        let times = reference.numbers.count() == 0 && reference.times.count() > 0;
        let (before, now) = (quantiles(reference, times), quantiles(current, times));
        let found = detached(py, |_| match kind.as_str() {
            "ks" => Ok(compare::kolmogorov_smirnov(before, now)),
            "wasserstein" => Ok(compare::wasserstein(before, now)),
            _ => compare::divergence(reference, current, bins, smoothing, kind.parse()?),
        })?;
        Ok((found.low, found.high))
    }

    /// Pearson's correlations of the columns at these places; None if some of their numbers are in no pair.
    fn correlation<'py>(&self, py: Python<'py>, places: Vec<u32>) -> PyResult<Option<Bound<'py, PyArray2<f64>>>> {
        let part = self.whole(py)?;
        let mut matrix = Array2::from_elem((places.len(), places.len()), f64::NAN);
        for (row, &one) in places.iter().enumerate() {
            let varies = self.column(py, one as usize)?.numbers.moments.second > 0.0;
            matrix[[row, row]] = if varies { 1.0 } else { f64::NAN };
            for (column, &other) in places[..row].iter().enumerate() {
                let Some(found) = part.pairs.correlation(one, other) else { return Ok(None) };
                (matrix[[row, column]], matrix[[column, row]]) = (found, found);
            }
        }
        Ok(Some(matrix.into_pyarray(py)))
    }

    /// Whether all numbers of a column are in pairs.
    fn is_paired(&self, py: Python<'_>, place: u32) -> PyResult<bool> {
        Ok(self.whole(py)?.pairs.is_paired(place))
    }

    /// The profile of these parts and others, whichever comes first.
    fn merged(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        Ok(Self::new(detached(py, |_| self.profile.merged(&other.profile))?))
    }

    /// The same in one part.
    fn compact(&self, py: Python<'_>) -> PyResult<Self> {
        Ok(Self::new(run(py, false, None, |workers| self.profile.compact(workers))?))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &detached(py, |_| to_bytes(&self.profile))?))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<Self> {
        Ok(Self::new(detached(py, |_| from_bytes(data))?))
    }

    /// By their bytes: moments that are not numbers are equal, too.
    fn __eq__(&self, py: Python<'_>, other: &Self) -> PyResult<bool> {
        detached(py, |_| Ok(to_bytes(&self.profile)? == to_bytes(&other.profile)?))
    }

    fn __repr__(&self) -> String {
        format!("<Profile: {} parts>", self.profile.parts().len())
    }
}

fn quantiles(column: &ColumnProfile, times: bool) -> &Quantiles {
    if times { &column.times.quantiles } else { &column.numbers.quantiles }
}

/// The two-sided p-value of a Kolmogorov–Smirnov statistic of samples of these sizes.
#[pyfunction]
fn ks_pvalue(py: Python<'_>, n_first: usize, n_second: usize, statistic: f64) -> PyResult<f64> {
    detached(py, |cancel| pvalue_of(n_first, n_second, statistic, cancel))
}

#[pymodule(name = "profile")]
pub(crate) mod profile_module {
    #[pymodule_export]
    use super::{ProfileBuilder, PyProfile, ks_pvalue};
}
