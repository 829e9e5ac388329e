//! The χ² law.

use statrs::function::gamma::checked_gamma_ur;

/// P(χ² ≥ x) with so many degrees of freedom; 1 below zero, NaN for NaN. Small tails keep their digits.
pub fn upper_tail(x: f64, degrees_of_freedom: usize) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return if x.is_nan() { x } else { 1.0 };
    }
    if degrees_of_freedom == 0 || x.is_infinite() {
        return 0.0;
    }
    checked_gamma_ur(degrees_of_freedom as f64 / 2.0, x / 2.0).map_or(f64::NAN, |tail| tail.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_keep_their_digits() {
        // Two degrees of freedom are an exponential law.
        for x in [1e-9, 1.0, 300.0] {
            assert!((upper_tail(x, 2) / f64::exp(-x / 2.0) - 1.0).abs() < 1e-12, "{x}");
        }
        assert_eq!((upper_tail(-1.0, 3), upper_tail(1.0, 0), upper_tail(f64::INFINITY, 4)), (1.0, 0.0, 0.0));
        assert!(upper_tail(f64::NAN, 3).is_nan());
    }
}
