//! Tails of the standard normal law.

use statrs::function::gamma::checked_gamma_ur;

use super::alternative::Alternative;

/// P(|Z| ≥ z), by way of the upper incomplete gamma function, which keeps more digits than the error function at
/// hand.
pub(super) fn two_sided(z: f64) -> f64 {
    if z > 0.0 { checked_gamma_ur(0.5, z * z / 2.0).map_or(f64::NAN, |tail| tail.clamp(0.0, 1.0)) } else { 1.0 }
}

/// P(Z ≥ z); NaN for NaN.
pub(super) fn upper_tail(z: f64) -> f64 {
    if z.is_nan() || z.is_infinite() {
        return if z.is_nan() { z } else { f64::from(u8::from(z < 0.0)) };
    }
    let outside = two_sided(z.abs()) / 2.0;
    if z > 0.0 { outside } else { 1.0 - outside }
}

/// The p-value of a statistic that is normal, by what is looked for.
pub fn pvalue(z: f64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::TwoSided => {
            if z.is_nan() {
                z
            } else {
                two_sided(z.abs())
            }
        }
        Alternative::Less => upper_tail(-z),
        Alternative::Greater => upper_tail(z),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_tails_keep_their_digits() {
        for (z, expected) in [
            (1e-9, 1.0 - 7.978_845_608_028_654e-10),
            (0.5, 0.617_075_077_451_973_8),
            (1.96, 0.049_995_790_296_440_87),
            (6.0, 1.973_175_290_075_396e-9),
            (30.0, 9.813_427_854_297_475e-198),
        ] {
            let got = two_sided(z);
            assert!((got / expected - 1.0).abs() < 1e-11, "{z}: {got} {expected}");
        }
    }

    #[test]
    fn both_tails_make_one() {
        for z in [0.0, 0.3, 2.0] {
            assert!((upper_tail(z) + upper_tail(-z) - 1.0).abs() < 1e-15);
        }
        assert!(upper_tail(f64::NAN).is_nan());
        assert_eq!([upper_tail(f64::NEG_INFINITY), upper_tail(f64::INFINITY)], [1.0, 0.0]);
    }
}
