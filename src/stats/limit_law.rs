//! Limit laws of squared distances between distribution functions: weighted sums of squares of normal numbers.
//!
//! Reference: Smirnov, "On the distribution of the ω² criterion", 1936: the tail as a series of integrals, each over an
//! interval between two poles of the law's transform.

use std::f64::consts::PI;

/// Points of an interval. The roots at both of its ends are taken out by a sine, so that points at equal steps of its
/// angle give all digits.
const POINTS: usize = 128;

/// Sums, with alternating signs, the integrals of `value` over intervals 1, 2, 3, ...
///
/// `value` gets the interval's number and a place in it, from −1 to 1; it falls off quickly from interval to interval.
/// It may grow at the ends as one over the root of the distance. Relative digits are kept, however small the sum is.
pub(super) fn alternating(value: impl Fn(f64, f64) -> f64) -> f64 {
    let mut total = 0.0;
    for interval in 1_u32.. {
        let mut sum = 0.0;
        for point in 0..POINTS {
            let angle = PI * ((point as f64 + 0.5) / POINTS as f64 - 0.5);
            sum += value(f64::from(interval), angle.sin()) * angle.cos();
        }
        let term = sum * PI / POINTS as f64;
        total += if interval % 2 == 1 { term } else { -term };
        if term <= 1e-18 * total.abs() || term == 0.0 {
            break;
        }
    }
    total
}
