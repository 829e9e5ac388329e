//! One column of the reference data, sorted, and its comparison with later samples.

use serde::{Deserialize, Serialize};

use crate::data::ordered::Float;
use crate::error::{Error, Result};
use crate::persistence::{Checked, Kind};
use crate::runtime::memory::reserved;
use crate::runtime::{Cancel, Workers, thread_count};
use crate::stats::alternative::Alternative;
use crate::stats::ks::{KsTest, Method, compare_sorted};
use crate::stats::sort::{Column, Sorted, Values};

/// A reference sample: sorted once, of either float width, without its missing values.
///
/// Infinities are kept: the tests made with it use nothing but the order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceColumn {
    values: Values,
    missing: u64,
}

/// How many bins both samples of a comparison are counted in; whole numbers may take fewer.
pub const BINS: usize = 100;

/// Bins that make one of a histogram.
const FINE: usize = 5;

/// Whole numbers that lie within so many are counted in bins that hold as many of them each: where
/// one holds two and the next one, a histogram has peaks that the data has not.
const FEW_WHOLE: f64 = 2000.0;

/// Both samples of a comparison in bins of one width, from the least finite value to the greatest.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// The bins' edges, one more than there are bins.
    pub edges: Vec<f64>,
    /// How many values of the reference lie in each bin; the last one is closed.
    pub reference: Vec<usize>,
    /// And of the current sample.
    pub current: Vec<usize>,
}

impl Distribution {
    /// Counts both samples; `None` if there is nothing finite to count, or not in double precision.
    fn of(reference: &Values, current: &Values) -> Option<Self> {
        let ends: Vec<(f64, f64)> = [reference, current].into_iter().filter_map(finite_range).collect();
        let low = ends.iter().map(|ends| ends.0).reduce(f64::min)?;
        let high = ends.iter().map(|ends| ends.1).reduce(f64::max)?;
        let are_whole = || [reference, current].into_iter().all(|values| is_whole(values, low, high));
        let whole = (low < high && high - low < FEW_WHOLE && are_whole()).then(|| whole_edges(low, high));
        let edges = whole.or_else(|| edges(low, high)).or_else(|| {
            // Bins about a single value, or values that differ in their last digits.
            let air = (1e-6 * low.abs()).max(0.5);
            edges(low - air, high + air)
        })?;
        let counts = [reference, current].map(|values| counted(values, &edges));
        let [reference, current] = counts;
        Some(Self { edges, reference, current })
    }
}

/// Edges of bins of one width, if they can be told apart.
fn edges(low: f64, high: f64) -> Option<Vec<f64>> {
    // Every fifth edge is numpy's of twenty bins, to the bit: values that lie on an edge are counted alike.
    let step = (high - low) / (BINS / FINE) as f64;
    let mut edges: Vec<f64> =
        (0..BINS).map(|bin| low + (bin / FINE) as f64 * step + (bin % FINE) as f64 * (step / FINE as f64)).collect();
    edges.push(high);
    let can_be_told = (high - low).is_finite() && edges.is_sorted_by(|one, next| one < next);
    can_be_told.then_some(edges)
}

/// Edges of bins of so many whole numbers each, midway between these.
fn whole_edges(low: f64, high: f64) -> Vec<f64> {
    let (numbers, most) = (high - low + 1.0, (BINS / FINE) as f64);
    let width = (numbers / most).ceil();
    let bins = (numbers / width).ceil() as usize;
    (0..=bins * FINE).map(|bin| low - 0.5 + bin as f64 * width / FINE as f64).collect()
}

/// Whether the finite values, which lie between these, are whole numbers that are not so large that
/// none lies midway.
fn is_whole(values: &Values, low: f64, high: f64) -> bool {
    const LARGEST: f64 = (1u64 << 50) as f64;
    let is_whole = |value: f64| value.fract() == 0.0;
    -LARGEST < low
        && high < LARGEST
        && match values {
            Values::F32(values) => finite(values).iter().all(|value| is_whole(value.widen())),
            Values::F64(values) => finite(values).iter().all(|value| is_whole(*value)),
        }
}

fn finite_range(values: &Values) -> Option<(f64, f64)> {
    let (least, greatest) = match values {
        Values::F32(values) => {
            let finite = finite(values);
            (finite.first()?.widen(), finite.last()?.widen())
        }
        Values::F64(values) => {
            let finite = finite(values);
            (*finite.first()?, *finite.last()?)
        }
    };
    Some((least, greatest))
}

fn counted(values: &Values, edges: &[f64]) -> Vec<usize> {
    match values {
        Values::F32(values) => histogram(values, edges),
        Values::F64(values) => histogram(values, edges),
    }
}

/// A current sample compared with its reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The test; [`KsTest::UNDEFINED`] where either sample has no values.
    pub test: KsTest,
    /// How many values the current sample has, without missing ones.
    pub current_size: usize,
    /// How many of its values are missing.
    pub current_missing: usize,
    /// Both samples in bins.
    pub distribution: Option<Distribution>,
}

impl ReferenceColumn {
    /// Sorts a column. NaN counts as missing.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] from 2³² values on; [`crate::ErrorKind::Cancelled`].
    pub fn new(column: Column<'_>, cancel: &Cancel) -> Result<Self> {
        let Sorted { values, missing } = column.sorted(cancel)?;
        Ok(Self { values, missing: missing as u64 })
    }

    /// How many values there are, without missing ones.
    pub fn size(&self) -> usize {
        self.values.len()
    }

    /// The values, ascending.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// How many values were missing.
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// The least and the greatest value; `None` if there is none.
    pub fn range(&self) -> Option<(f64, f64)> {
        self.values.ends()
    }

    /// The Kolmogorov–Smirnov test of the reference, as the first sample, against a current one.
    ///
    /// Missing values of the current sample are dropped. Only the current sample is sorted; one
    /// that is much smaller than the reference is looked up in it, O(m·log(n/m)), instead of being
    /// merged with it, O(n + m). If one side is of single precision and the other of double, both
    /// are compared at single precision, so that 0.1 in the one is 0.1 in the other.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] from 2³² values on; [`crate::ErrorKind::Cancelled`].
    pub fn ks(
        &self,
        current: Column<'_>,
        alternative: Alternative,
        method: Method,
        cancel: &Cancel,
    ) -> Result<Comparison> {
        let Sorted { values, missing } = current.sorted(cancel)?;
        let test = match (&self.values, &values) {
            (Values::F64(wide), Values::F32(_)) => {
                compare_sorted(&rounded(wide)?, &values, alternative, method, cancel)?
            }
            (Values::F32(_), Values::F64(wide)) => {
                compare_sorted(&self.values, &rounded(wide)?, alternative, method, cancel)?
            }
            _ => compare_sorted(&self.values, &values, alternative, method, cancel)?,
        };
        let distribution = Distribution::of(&self.values, &values);
        Ok(Comparison { test, current_size: values.len(), current_missing: missing, distribution })
    }
}

/// Ascending values in single precision: rounding keeps their order.
fn rounded(values: &[f64]) -> Result<Values> {
    let mut narrow = reserved(values.len())?;
    narrow.extend(values.iter().map(|value| *value as f32));
    Ok(Values::F32(narrow))
}

/// The finite part of ascending values.
fn finite<T: Float>(values: &[T]) -> &[T] {
    let start = values.partition_point(|value| value.widen() == f64::NEG_INFINITY);
    let end = values.partition_point(|value| value.widen() < f64::INFINITY);
    &values[start..end]
}

fn histogram<T: Float>(values: &[T], edges: &[f64]) -> Vec<usize> {
    let Some((last, inner)) = edges.split_last() else {
        return Vec::new();
    };
    let mut cuts: Vec<usize> = inner.iter().map(|edge| values.partition_point(|value| value.widen() < *edge)).collect();
    cuts.push(values.partition_point(|value| value.widen() <= *last));
    cuts.windows(2).map(|cut| cut[1].saturating_sub(cut[0])).collect()
}

impl Checked for ReferenceColumn {
    const KIND: Kind = Kind::Reference;

    fn check(&self) -> Result<()> {
        let is_sorted = match &self.values {
            Values::F32(values) => values.is_sorted() && !values.iter().any(|value| value.is_nan()),
            Values::F64(values) => values.is_sorted() && !values.iter().any(|value| value.is_nan()),
        };
        if !is_sorted {
            return Err(Error::model_file("its reference values are not in ascending order"));
        }
        if u64::try_from(self.values.len()).is_ok_and(|size| size.saturating_add(self.missing) > u64::from(u32::MAX)) {
            return Err(Error::model_file("it holds more reference values than can be compared"));
        }
        Ok(())
    }
}

/// Compares many columns with their references, on up to `n_jobs` threads; results come in order.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if there are more or fewer current columns than references;
/// [`crate::ErrorKind::Parameter`] for `n_jobs` = 0; [`crate::ErrorKind::Cancelled`].
pub fn compare_columns(
    references: &[&ReferenceColumn],
    currents: &[Column<'_>],
    alternative: Alternative,
    method: Method,
    n_jobs: Option<i64>,
    cancel: &Cancel,
) -> Result<Vec<Comparison>> {
    if references.len() != currents.len() {
        return Err(Error::shape("current columns, one for each reference", references.len(), currents.len()));
    }
    let threads = thread_count(n_jobs)?;
    Workers::new(threads, cancel)
        .map(references.len(), |index| references[index].ks(currents[index], alternative, method, cancel))
}

/// Compares columns with samples that are sorted for this alone, and not kept; results come in order.
///
/// # Errors
/// As [`compare_columns`].
pub fn compare_samples(
    references: &[Column<'_>],
    currents: &[Column<'_>],
    alternative: Alternative,
    method: Method,
    cancel: &Cancel,
) -> Result<Vec<Comparison>> {
    if references.len() != currents.len() {
        return Err(Error::shape("current columns, one for each reference", references.len(), currents.len()));
    }
    Workers::new(thread_count(None)?, cancel).map(references.len(), |index| {
        ReferenceColumn::new(references[index], cancel)?.ks(currents[index], alternative, method, cancel)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persistence::{from_bytes, to_bytes};
    use crate::stats::ks::two_sample;
    use ndarray::ArrayView1;
    use proptest::prelude::*;

    fn reference(values: &[f64]) -> ReferenceColumn {
        ReferenceColumn::new(Column::F64(ArrayView1::from(values)), &Cancel::new())
            .unwrap_or(ReferenceColumn { values: Values::F64(Vec::new()), missing: 0 })
    }

    proptest! {
        #[test]
        fn a_stored_reference_gives_the_plain_test(
            a in prop::collection::vec(-5i8..5, 1..200),
            b in prop::collection::vec(-5i8..5, 1..9),
        ) {
            let a: Vec<f64> = a.into_iter().map(f64::from).collect();
            let b: Vec<f64> = b.into_iter().map(f64::from).collect();
            let (first, second) = (Column::F64(ArrayView1::from(&a)), Column::F64(ArrayView1::from(&b)));
            let cancel = Cancel::new();
            for alternative in [Alternative::TwoSided, Alternative::Less, Alternative::Greater] {
                let stored = reference(&a).ks(second, alternative, Method::Auto, &cancel)?;
                prop_assert_eq!(stored.test, two_sample(first, second, alternative, Method::Auto, &cancel)?);
            }
        }
    }

    #[test]
    fn bins_hold_the_finite_values_of_both() {
        let values = |values: &[f64]| Values::F64(values.to_vec());
        let one = values(&[f64::NEG_INFINITY, 0.0, 0.5, 1.0, 1.0, 2.0, f64::INFINITY]);
        let Some(found) = Distribution::of(&one, &values(&[1.5])) else { panic!("nothing finite") };
        assert_eq!((found.edges.len(), found.edges[0], found.edges[BINS]), (BINS + 1, 0.0, 2.0));
        let places = |counts: &[usize]| -> Vec<usize> { (0..BINS).filter(|&bin| counts[bin] > 0).collect() };
        assert_eq!((places(&found.reference), found.reference[50]), (vec![0, 25, 50, 99], 2));
        assert_eq!(places(&found.current), [75]);
        assert_eq!(Distribution::of(&values(&[f64::INFINITY]), &values(&[])), None);
        assert_eq!(Distribution::of(&values(&[-1e308]), &values(&[1e308])), None);
        let same = Distribution::of(&values(&[3.0, 3.0]), &values(&[3.0]));
        assert_eq!(same.map(|found| (found.edges[0], found.reference.iter().sum())), Some((2.5, 2)));
        let hours = Distribution::of(&values(&[0.0, 23.0]), &values(&[5.0, 6.0]));
        let Some(hours) = hours else { panic!("nothing finite") };
        // Twelve bins of two hours.
        assert_eq!((hours.edges.len(), hours.edges[0], hours.edges[5], hours.edges[60]), (61, -0.5, 1.5, 23.5));
        let held: Vec<usize> = hours.current.chunks(FINE).map(|bins| bins.iter().sum()).collect();
        assert_eq!(held, [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        let narrow = Values::F32(vec![0.25, 0.5]);
        assert!(Distribution::of(&narrow, &one).is_some_and(|found| found.reference.iter().sum::<usize>() == 2));
    }

    #[test]
    fn bytes_bring_back_the_same_reference() {
        let column = reference(&[3.0, f64::NAN, -1.0, f64::INFINITY]);
        let bytes = to_bytes(&column).unwrap_or_default();
        assert_eq!(from_bytes::<ReferenceColumn>(&bytes).ok(), Some(column));
    }

    #[test]
    fn a_file_out_of_order_is_refused() {
        for values in [vec![2.0, 1.0], vec![f64::NAN]] {
            let bytes = to_bytes(&ReferenceColumn { values: Values::F64(values), missing: 0 }).unwrap_or_default();
            assert!(from_bytes::<ReferenceColumn>(&bytes).is_err());
        }
    }

    #[test]
    fn columns_without_values_are_undefined_not_errors() {
        let (empty, full) = (reference(&[f64::NAN]), reference(&[1.0, 2.0]));
        let values = [f64::NAN, 4.0];
        let current = Column::F64(ArrayView1::from(&values));
        let nothing = Column::F64(ArrayView1::from(&values[..1]));
        let compared = compare_columns(
            &[&empty, &full, &full],
            &[current, nothing, current],
            Alternative::TwoSided,
            Method::Auto,
            Some(2),
            &Cancel::new(),
        );
        let sizes = compared.map(|results| {
            results.iter().map(|r| (r.test.pvalue.is_nan(), r.current_size, r.current_missing)).collect::<Vec<_>>()
        });
        assert_eq!(sizes.ok(), Some(vec![(true, 1, 1), (true, 0, 1), (false, 1, 1)]));
    }
}
