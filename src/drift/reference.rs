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

/// A current sample compared with its reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The test; [`KsTest::UNDEFINED`] where either sample has no values.
    pub test: KsTest,
    /// How many values the current sample has, without missing ones.
    pub current_size: usize,
    /// How many of its values are missing.
    pub current_missing: usize,
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

    /// The least and the greatest finite value; `None` if there is none. O(log n).
    pub fn finite_range(&self) -> Option<(f64, f64)> {
        let (least, greatest) = match &self.values {
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

    /// How many values lie in each bin between ascending edges, the last bin closed: O(k·log n).
    ///
    /// ```
    /// use treering::drift::ReferenceColumn;
    /// use treering::runtime::Cancel;
    /// use treering::stats::sort::Column;
    ///
    /// let values = ndarray::arr1(&[0.5, 2.0, 1.0, 1.5]);
    /// let column = ReferenceColumn::new(Column::F64(values.view()), &Cancel::new())?;
    /// assert_eq!(column.histogram(&[0.0, 1.0, 2.0]), [1, 3]);
    /// # Ok::<(), treering::Error>(())
    /// ```
    pub fn histogram(&self, edges: &[f64]) -> Vec<usize> {
        match &self.values {
            Values::F32(values) => histogram(values, edges),
            Values::F64(values) => histogram(values, edges),
        }
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
        Ok(Comparison { test, current_size: values.len(), current_missing: missing })
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
    fn bins_hold_the_values_between_their_edges() {
        let column = reference(&[f64::NEG_INFINITY, 0.0, 0.5, 1.0, 1.0, 2.0, f64::INFINITY, f64::NAN]);
        assert_eq!(column.histogram(&[0.0, 1.0, 2.0]), [2, 3]);
        assert_eq!(column.histogram(&[3.0, 4.0]), [0]);
        assert!(column.histogram(&[1.0]).is_empty() && column.histogram(&[]).is_empty());
        assert_eq!(column.finite_range(), Some((0.0, 2.0)));
        assert_eq!(reference(&[f64::INFINITY, f64::NAN]).finite_range(), None);
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
