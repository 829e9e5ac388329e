//! Moments to the fourth, which merge.
//!
//! Reference: Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
//! moments", Sandia report 2008-6212.

use serde::{Deserialize, Serialize};

/// Values whose sums are taken about their own mean before they are merged.
const BLOCK: usize = 1024;

/// The sums of powers of differences from the mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// How many values.
    pub count: u64,
    /// Their mean; 0 without values.
    pub mean: f64,
    /// The sum of squared differences from it.
    pub second: f64,
    /// Of third powers.
    pub third: f64,
    /// Of fourth powers.
    pub fourth: f64,
}

impl Moments {
    /// No values.
    pub const EMPTY: Self = Self { count: 0, mean: 0.0, second: 0.0, third: 0.0, fourth: 0.0 };

    /// The moments of finite values. O(n).
    pub fn of<F: Copy + Into<f64>>(values: &[F]) -> Self {
        values.chunks(BLOCK).map(Self::of_block).fold(Self::EMPTY, |all, block| all.merged(&block))
    }

    fn of_block<F: Copy + Into<f64>>(values: &[F]) -> Self {
        // Four sums at a time: none waits for another.
        let sum_of = |power: fn(f64) -> f64| {
            let mut sums = [0.0; 4];
            for four in values.chunks(4) {
                for (sum, &value) in sums.iter_mut().zip(four) {
                    *sum += power(value.into());
                }
            }
            (sums[0] + sums[1]) + (sums[2] + sums[3])
        };
        let count = values.len() as f64;
        let mean = sum_of(|value| value) / count;
        let mut sums = [[0.0; 4]; 4];
        for four in values.chunks(4) {
            for (sum, &value) in sums.iter_mut().zip(four) {
                let difference = value.into() - mean;
                let square = difference * difference;
                sum[0] += difference;
                sum[1] += square;
                sum[2] += square * difference;
                sum[3] += square * square;
            }
        }
        let total = |power: usize| sums.iter().map(|sum| sum[power]).sum::<f64>();
        // What rounding left in the mean is taken out of it, and of all powers: of values that hardly differ it is as
        // large as their differences.
        let rest = total(0) / count;
        let (square, cube) = (rest * rest, rest * rest * rest);
        Self {
            count: values.len() as u64,
            mean: mean + rest,
            second: (total(1) - rest * total(0)).max(0.0),
            third: total(2) - 3.0 * rest * total(1) + 3.0 * square * total(0) - count * cube,
            fourth: (total(3) - 4.0 * rest * total(2) + 6.0 * square * total(1) - 4.0 * cube * total(0)
                + count * square * square)
                .max(0.0),
        }
    }

    /// The moments of these values and others together.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { *other } else { *self };
        }
        let (m, n) = (self.count as f64, other.count as f64);
        let all = m + n;
        let apart = other.mean - self.mean;
        let (share, square) = (apart / all, apart * apart);
        let pairs = m * n / all;
        Self {
            count: self.count.saturating_add(other.count),
            mean: self.mean + share * n,
            second: self.second + other.second + square * pairs,
            third: self.third
                + other.third
                + square * share * pairs * (m - n)
                + 3.0 * share * (m * other.second - n * self.second),
            fourth: (self.fourth
                + other.fourth
                + square * share * share * pairs * (m * m - m * n + n * n)
                + 6.0 * share * share * (m * m * other.second + n * n * self.second)
                + 4.0 * share * (m * other.third - n * self.third))
                .max(0.0),
        }
    }

    /// The mean; NaN without values.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.mean }
    }

    /// The standard deviation, with one degree of freedom less than values; NaN below two.
    pub fn std(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { (self.second / (self.count - 1) as f64).sqrt() }
    }

    /// The third standardised moment; NaN where nothing varies.
    pub fn skewness(&self) -> f64 {
        (self.count as f64).sqrt() * self.third / self.second.powf(1.5)
    }

    /// The fourth standardised moment, less the 3 of the normal law; NaN where nothing varies.
    pub fn kurtosis(&self) -> f64 {
        self.count as f64 * self.fourth / (self.second * self.second) - 3.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(one: f64, other: f64, scale: f64) -> bool {
        (one - other).abs() <= 1e-10 * (1.0 + scale) || (one.is_nan() && other.is_nan())
    }

    #[test]
    fn known_moments() {
        let moments = Moments::of(&[1.0, 2.0, 3.0, 4.0, 10.0]);
        assert_eq!((moments.mean(), moments.std()), (4.0, 12.5_f64.sqrt()));
        // SciPy's skew and kurtosis.
        assert!((moments.skewness() - 1.138_419_957_660_616_6).abs() < 1e-12);
        assert!((moments.kurtosis() + 0.211_999_999_999_999_97).abs() < 1e-12);
        assert!(Moments::EMPTY.mean().is_nan() && Moments::of(&[1.0]).std().is_nan());
        assert!(Moments::of(&[2.0, 2.0]).skewness().is_nan());
    }

    #[test]
    fn an_offset_takes_no_digits() {
        let values: Vec<f64> = (0..5000).map(|i| f64::from(i % 7)).collect();
        let moved: Vec<f64> = values.iter().map(|value| value + 2.0_f64.powi(30)).collect();
        let (near, far) = (Moments::of(&values), Moments::of(&moved));
        assert!((near.std() - far.std()).abs() < 1e-9 && (near.kurtosis() - far.kurtosis()).abs() < 1e-7);
    }

    #[test]
    fn values_that_hardly_differ_have_moments_that_can_be() {
        for odd in 1..999 {
            let near = |place: usize| if place < odd { 0.1 + 0.2 } else { 0.3 };
            let moments = Moments::of(&(0..1000).map(near).collect::<Vec<f64>>());
            let (m, n) = (odd as f64, 1000.0 - odd as f64);
            // A value of two, one of which has the share p: p(1 - p)(1 - 3p(1 - p)) over the variance's square.
            let spread = m * n / 1e6;
            let expected = (1.0 - 3.0 * spread) / spread - 3.0;
            assert!((moments.kurtosis() - expected).abs() < 0.02 * (1.0 + expected.abs()), "{odd}: {moments:?}");
        }
    }

    proptest! {
        #[test]
        fn no_sum_of_even_powers_is_negative(steps in prop::collection::vec(0_u64..4, 1..300), start in 1e-3..1e17_f64) {
            let values: Vec<f64> = steps.iter().map(|&step| f64::from_bits(start.to_bits() + step)).collect();
            let moments = Moments::of(&values);
            prop_assert!(moments.second >= 0.0 && moments.fourth >= 0.0, "{:?}", moments);
        }

        #[test]
        fn parts_merge_to_the_whole(values in prop::collection::vec(-9.0..9.0_f64, 1..3000), cut in 0_usize..3000) {
            let (first, second) = values.split_at(cut.min(values.len()));
            let (whole, merged) = (Moments::of(&values), Moments::of(first).merged(&Moments::of(second)));
            prop_assert_eq!(whole.count, merged.count);
            let scale = values.len() as f64 * 1e4;
            prop_assert!(near(whole.mean, merged.mean, 0.0) && near(whole.second, merged.second, scale));
            prop_assert!(near(whole.third, merged.third, scale) && near(whole.fourth, merged.fourth, scale));
        }
    }
}
