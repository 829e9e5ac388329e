//! Samples of either float width, sorted once.
//!
//! Floats are mapped to unsigned integers of the same order. Small samples go through the standard
//! library's comparison sort. Larger ones are sorted by counting on at most three 11-bit digits of
//! the part of the keys that varies; keys that still agree after 33 bits stand next to each other
//! then, and only those short runs are compared. Three passes over memory instead of six.

use ndarray::ArrayView1;

use crate::error::{Error, Result};
use crate::runtime::Cancel;

/// A borrowed column of either float width and any stride.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// Single precision.
    F32(ArrayView1<'a, f32>),
    /// Double precision.
    F64(ArrayView1<'a, f64>),
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
    /// [`crate::ErrorKind::Shape`] from 2³² values on; [`crate::ErrorKind::Cancelled`].
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

    /// The first and the last value.
    pub fn ends(&self) -> Option<(f64, f64)> {
        match self {
            Self::F32(values) => Some((values.first()?.widen(), values.last()?.widen())),
            Self::F64(values) => Some((*values.first()?, *values.last()?)),
        }
    }
}

/// A float that is compared as double precision and sorted by its bits.
pub trait Float: Copy + PartialOrd {
    /// The unsigned integer of the same width.
    type Key: Key;

    /// The same value in double precision.
    fn widen(self) -> f64;

    /// A key that has the value's order. The value must not be NaN.
    fn key(self) -> Self::Key;

    /// The value of a key.
    fn from_key(key: Self::Key) -> Self;
}

impl Float for f64 {
    type Key = u64;

    #[inline]
    fn widen(self) -> f64 {
        self
    }

    #[inline]
    fn key(self) -> u64 {
        // Adding 0.0 turns −0.0 into 0.0, so that equal values have equal keys.
        let bits = (self + 0.0).to_bits();
        bits ^ (((bits as i64) >> 63) as u64 | 1 << 63)
    }

    #[inline]
    fn from_key(key: u64) -> Self {
        Self::from_bits(key ^ ((!((key as i64) >> 63)) as u64 | 1 << 63))
    }
}

impl Float for f32 {
    type Key = u32;

    #[inline]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    #[inline]
    fn key(self) -> u32 {
        let bits = (self + 0.0).to_bits();
        bits ^ (((bits as i32) >> 31) as u32 | 1 << 31)
    }

    #[inline]
    fn from_key(key: u32) -> Self {
        Self::from_bits(key ^ ((!((key as i32) >> 31)) as u32 | 1 << 31))
    }
}

/// An unsigned integer that can be sorted by its digits.
pub trait Key: Copy + Ord + Default {
    /// The bits of `self - least` from `shift` upwards.
    fn above(self, least: Self, shift: u32) -> u64;
}

impl Key for u64 {
    #[inline]
    fn above(self, least: Self, shift: u32) -> u64 {
        (self - least) >> shift
    }
}

impl Key for u32 {
    #[inline]
    fn above(self, least: Self, shift: u32) -> u64 {
        u64::from((self - least) >> shift)
    }
}

/// Below this size the counting tables cost more than they save.
const SMALL: usize = 1024;
const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 1 << DIGIT_BITS;
const MOST_PASSES: u32 = 3;

fn sorted<T: Float>(values: ArrayView1<'_, T>, cancel: &Cancel) -> Result<Vec<T>> {
    if u32::try_from(values.len()).is_err() {
        return Err(Error::shape("a sample is too long", u32::MAX as usize, values.len()));
    }
    let mut keys = Vec::with_capacity(values.len());
    let present = |value: &T| value.partial_cmp(value).is_some();
    match values.as_slice() {
        Some(values) => keys.extend(values.iter().copied().filter(present).map(T::key)),
        None => keys.extend(values.iter().copied().filter(present).map(T::key)),
    }
    cancel.check()?;
    let keys = sort_keys(keys, cancel)?;
    Ok(keys.into_iter().map(T::from_key).collect())
}

fn sort_keys<K: Key>(mut keys: Vec<K>, cancel: &Cancel) -> Result<Vec<K>> {
    if keys.len() < SMALL {
        keys.sort_unstable();
        return Ok(keys);
    }
    let (least, greatest) = keys.iter().fold((keys[0], keys[0]), |(low, high), &key| (low.min(key), high.max(key)));
    let bits = 64 - greatest.above(least, 0).leading_zeros();
    let passes = bits.div_ceil(DIGIT_BITS).min(MOST_PASSES);
    let shift = bits.saturating_sub(passes * DIGIT_BITS);

    let mut counts = [[0u32; DIGITS]; MOST_PASSES as usize];
    for key in &keys {
        let above = key.above(least, shift);
        for (pass, counts) in counts.iter_mut().enumerate() {
            counts[(above >> (pass as u32 * DIGIT_BITS)) as usize % DIGITS] += 1;
        }
    }
    let mut moved = vec![K::default(); keys.len()];
    for (pass, counts) in counts.iter_mut().enumerate().take(passes as usize) {
        if counts.iter().any(|&count| count as usize == keys.len()) {
            continue;
        }
        cancel.check()?;
        let mut next = 0;
        for count in counts.iter_mut() {
            next += std::mem::replace(count, next);
        }
        let down = shift + pass as u32 * DIGIT_BITS;
        for &key in &keys {
            let place = &mut counts[key.above(least, down) as usize % DIGITS];
            moved[*place as usize] = key;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut moved);
    }
    if shift > 0 {
        cancel.check()?;
        sort_runs(&mut keys, |key| key.above(least, shift));
    }
    Ok(keys)
}

/// Sorts keys whose `prefix` is in order already.
fn sort_runs<K: Key>(keys: &mut [K], prefix: impl Fn(K) -> u64) {
    let mut begin = 0;
    while begin < keys.len() {
        let shared = prefix(keys[begin]);
        let mut end = begin + 1;
        while end < keys.len() && prefix(keys[end]) == shared {
            end += 1;
        }
        if end - begin == 2 {
            if keys[begin] > keys[begin + 1] {
                keys.swap(begin, begin + 1);
            }
        } else if end - begin > 2 {
            keys[begin..end].sort_unstable();
        }
        begin = end;
    }
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
