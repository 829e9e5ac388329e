//! Random streams that are a function of their key.
//!
//! A draw depends on the seed and on what it is for (tree 7, node 12), never on what was drawn
//! before it elsewhere; so any number of threads, in any order, draws the same. The generator is
//! `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014);
//! integers below a bound come from Lemire's method without bias ("Fast random integer generation
//! in an interval", 2019).

const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a key and an index into a new key; neighbouring indices give unrelated keys.
pub const fn mix(key: u64, index: u64) -> u64 {
    finalise(key.wrapping_add(GOLDEN_GAMMA).wrapping_add(finalise(index.wrapping_mul(GOLDEN_GAMMA).wrapping_add(1))))
}

const fn finalise(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of draws that starts at a key.
#[derive(Debug, Clone)]
pub struct Stream(u64);

impl Stream {
    /// The stream of a key.
    pub const fn new(key: u64) -> Self {
        Self(key)
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        finalise(self.0)
    }

    /// A whole number in `0..bound`, each equally likely. `bound` must not be 0.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        let bound = u64::from(bound);
        let mut product = (self.next_u64() >> 32) * bound;
        let mut low = product as u32;
        if u64::from(low) < bound {
            let threshold = ((1u64 << 32) - bound) % bound;
            while u64::from(low) < threshold {
                product = (self.next_u64() >> 32) * bound;
                low = product as u32;
            }
        }
        (product >> 32) as u32
    }

    /// A number in `0.0..1.0` with 53 random bits.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn draws_stay_below_their_bound(key: u64, bound in 1u32..) {
            let mut stream = Stream::new(key);
            for _ in 0..64 {
                prop_assert!(stream.below(bound) < bound);
                let u = stream.uniform();
                prop_assert!((0.0..1.0).contains(&u));
            }
        }

        #[test]
        fn equal_keys_give_equal_streams(key: u64) {
            let (mut a, mut b) = (Stream::new(key), Stream::new(key));
            for _ in 0..16 {
                prop_assert_eq!(a.next_u64(), b.next_u64());
            }
        }
    }

    #[test]
    fn neighbouring_keys_are_unrelated() {
        let bits: u32 = (0..1000u64).map(|i| (mix(42, i) ^ mix(42, i + 1)).count_ones()).sum();
        let mean = f64::from(bits) / 1000.0;
        assert!((mean - 32.0).abs() < 1.0, "mean of flipped bits: {mean}");
    }

    #[test]
    fn draws_are_uniform() {
        let mut stream = Stream::new(7);
        let mut counts = [0u32; 6];
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
        }
        // Chi-squared with 5 degrees of freedom exceeds 20.5 once in a thousand.
        let chi_squared: f64 = counts.iter().map(|&c| (f64::from(c) - 1e4).powi(2) / 1e4).sum();
        assert!(chi_squared < 20.5, "{counts:?}");
    }
}
