//! Samples of either float width, sorted once, as integers of the same order.

use ndarray::{ArrayView1, Axis};

use crate::data::MatrixView;
use crate::data::ordered::Float;
use crate::data::sorting::sort_keys;
use crate::error::{Error, Result};
use crate::runtime::Cancel;
use crate::runtime::memory::reserved;

/// A borrowed column of either float width and any stride.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// Single precision.
    F32(ArrayView1<'a, f32>),
    /// Double precision.
    F64(ArrayView1<'a, f64>),
}

impl<'a> Column<'a> {
    /// The columns of a matrix.
    pub fn all_of(matrix: MatrixView<'a>) -> Vec<Self> {
        match matrix {
            MatrixView::F32(view) => {
                (0..view.ncols()).map(|column| Self::F32(view.index_axis_move(Axis(1), column))).collect()
            }
            MatrixView::F64(view) => {
                (0..view.ncols()).map(|column| Self::F64(view.index_axis_move(Axis(1), column))).collect()
            }
        }
    }
}

impl Column<'_> {
    /// The number of values, missing ones included.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column's values in ascending order; NaN is dropped and counted, −0.0 becomes 0.0.
    ///
    /// O(n) for large columns, O(n log n) for those below some thousand values.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] from 2³² values on; [`crate::ErrorKind::Memory`];
    /// [`crate::ErrorKind::Cancelled`].
    pub fn sorted(&self, cancel: &Cancel) -> Result<Sorted> {
        Ok(match self {
            Self::F32(values) => {
                let sorted = sorted(*values, cancel)?;
                Sorted { missing: values.len() - sorted.len(), values: Values::F32(sorted) }
            }
            Self::F64(values) => {
                let sorted = sorted(*values, cancel)?;
                Sorted { missing: values.len() - sorted.len(), values: Values::F64(sorted) }
            }
        })
    }
}

/// A sorted sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sorted {
    /// The values that are not missing, in ascending order.
    pub values: Values,
    /// How many NaN were dropped.
    pub missing: usize,
}

/// Values of either float width, owned.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Values {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

impl Values {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a place; NaN behind the last.
    pub fn at(&self, place: usize) -> f64 {
        match self {
            Self::F32(values) => values.get(place).map_or(f64::NAN, |&value| value.widen()),
            Self::F64(values) => values.get(place).copied().unwrap_or(f64::NAN),
        }
    }

    /// How many values are at most `end`. O(log n).
    pub fn up_to(&self, end: f64) -> usize {
        match self {
            Self::F32(values) => values.partition_point(|&value| value.widen() <= end),
            Self::F64(values) => values.partition_point(|&value| value <= end),
        }
    }

    /// The first and the last value.
    pub fn ends(&self) -> Option<(f64, f64)> {
        match self {
            Self::F32(values) => Some((values.first()?.widen(), values.last()?.widen())),
            Self::F64(values) => Some((*values.first()?, *values.last()?)),
        }
    }
}

/// Values that are read between two looks at the cancel flag.
const CHUNK: usize = 1 << 20;

fn sorted<T: Float>(values: ArrayView1<'_, T>, cancel: &Cancel) -> Result<Vec<T>> {
    if u32::try_from(values.len()).is_err() {
        return Err(Error::shape("a sample is too long", u32::MAX as usize, values.len()));
    }
    let mut keys = reserved(values.len())?;
    let present = |value: &T| value.partial_cmp(value).is_some();
    for chunk in values.axis_chunks_iter(Axis(0), CHUNK) {
        cancel.check()?;
        match chunk.as_slice() {
            Some(values) => keys.extend(values.iter().copied().filter(present).map(T::key)),
            None => keys.extend(chunk.iter().copied().filter(present).map(T::key)),
        }
    }
    let keys = sort_keys(keys, cancel)?;
    Ok(keys.into_iter().map(T::from_key).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Stream;
    use ndarray::Array1;
    use proptest::prelude::*;

    fn sorted_f64(values: &[f64]) -> Vec<f64> {
        sorted(ArrayView1::from(values), &Cancel::new()).unwrap_or_default()
    }

    fn expected<T: Float>(values: &[T]) -> Vec<f64> {
        let mut values: Vec<f64> = values.iter().map(|v| v.widen() + 0.0).filter(|v| !v.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    proptest! {
        #[test]
        fn keys_have_the_order_of_values(a: f64, b: f64, c: f32, d: f32) {
            prop_assume!(!a.is_nan() && !b.is_nan() && !c.is_nan() && !d.is_nan());
            prop_assert_eq!(a.partial_cmp(&b), Some(a.key().cmp(&b.key())));
            prop_assert_eq!(c.partial_cmp(&d), Some(c.key().cmp(&d.key())));
            prop_assert_eq!(f64::from_key(a.key()), a);
            prop_assert_eq!(f32::from_key(c.key()), c);
        }

        #[test]
        fn small_samples_are_sorted(values in prop::collection::vec(any::<f64>(), 0..50)) {
            prop_assert_eq!(sorted_f64(&values), expected(&values));
        }
    }

    #[test]
    fn large_samples_of_many_shapes_are_sorted() {
        let mut stream = Stream::new(1);
        let mut uniform = || stream.uniform();
        let n = 5000;
        let shapes: Vec<Vec<f64>> = vec![
            (0..n).map(|_| uniform()).collect(),
            (0..n).map(|_| (uniform() * 10.0).floor() - 5.0).collect(),
            (0..n).map(|_| 1e9 + uniform()).chain([f64::INFINITY, f64::NEG_INFINITY, 1e300, -0.0, f64::NAN]).collect(),
            (0..n).map(|_| (uniform() - 0.5) * 10f64.powf(600.0 * uniform() - 300.0)).collect(),
            vec![7.5; n],
            (0..n).rev().map(|i| i as f64).collect(),
            (0..n).map(|i| f64::from_bits((i as u64 * 7919) % 5000)).collect(),
        ];
        for values in &shapes {
            assert_eq!(sorted_f64(values), expected(values));
            let narrow: Vec<f32> = values.iter().map(|&v| v as f32).collect();
            let sorted = sorted(ArrayView1::from(&narrow), &Cancel::new()).unwrap_or_default();
            assert_eq!(sorted.iter().map(|v| v.widen()).collect::<Vec<_>>(), expected(&narrow));
        }
    }

    #[test]
    fn strided_views_are_read_where_they_lie() {
        let values = Array1::from_iter((0..4000).map(|i| f64::from((i * 37) % 4001)));
        let view = values.slice(ndarray::s![..;-2]);
        let sorted = Column::F64(view).sorted(&Cancel::new());
        let expected = expected(&view.to_vec());
        assert_eq!(sorted.ok(), Some(Sorted { values: Values::F64(expected), missing: 0 }));
    }
}
