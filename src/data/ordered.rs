//! Floats as unsigned integers of the same order.

use super::sorting::Key;

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_have_the_order_of_their_values(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(a.key().cmp(&b.key()), (a + 0.0).total_cmp(&(b + 0.0)));
            prop_assert_eq!(f64::from_key(a.key()), a);
            let (a, b) = (a as f32, b as f32);
            prop_assert_eq!(a.key().cmp(&b.key()), (a + 0.0).total_cmp(&(b + 0.0)));
            prop_assert_eq!(f32::from_key(a.key()), a);
        }
    }
}
