//! Student's t law.

use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};
use statrs::function::gamma::ln_gamma;

use super::normal::two_sided;
use crate::error::{Error, Result};

/// P(T ≥ t) with so many degrees of freedom, which need not be whole; NaN for NaN. Small tails keep their digits.
pub fn upper_tail(t: f64, freedom: f64) -> f64 {
    if t.is_nan() || freedom.is_nan() || freedom <= 0.0 {
        return f64::NAN;
    }
    if t.is_infinite() {
        return f64::from(u8::from(t < 0.0));
    }
    let outside = outside(t.abs(), freedom) / 2.0;
    if t > 0.0 { outside } else { 1.0 - outside }
}

/// P(|T| ≥ t): the incomplete beta function of half the degrees of freedom and a half.
fn outside(t: f64, freedom: f64) -> f64 {
    /// Beyond, the normal number that is as far out is known to the last digits.
    const MANY: f64 = 1e5;
    if freedom >= MANY {
        // Beyond, nothing is left of the tail.
        return if t > 1e3 { 0.0 } else { two_sided(normal_number(t, freedom)) };
    }
    let (a, b) = (freedom / 2.0, 0.5);
    // The share of the degrees of freedom in their sum with t², and the rest.
    let ratio = t * t / freedom;
    if ratio.is_infinite() {
        return 0.0;
    }
    let (share, rest) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
    if rest == 0.0 {
        return 1.0;
    }
    // share^a · rest^b / B(a, b).
    let front = (-a * ratio.ln_1p()).exp() * rest.sqrt() * gamma_ratio(a) / std::f64::consts::PI.sqrt();
    if share < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(a, b, share) / a
    } else {
        1.0 - front * continued_fraction(b, a, rest) / b
    }
}

/// The number that is as far out under the normal law as `t` is (Hill, "Algorithm 395: Student's t-distribution",
/// Communications of the ACM 13, 1970).
fn normal_number(t: f64, freedom: f64) -> f64 {
    let a = freedom - 0.5;
    let b = 48.0 * a * a;
    let w = a * (t * t / freedom).ln_1p();
    let correction = (((4.0 * w + 33.0) * w + 240.0) * w + 855.0) / (10.0 * (b + 0.8 * w * w + 100.0));
    (1.0 + (w + 3.0 - correction) / b) * w.sqrt()
}

/// Γ(a + 1/2) / Γ(a).
fn gamma_ratio(a: f64) -> f64 {
    /// Beyond, the expansion (Tricomi and Erdélyi, 1951) is exact to the last digits; logarithms would not be.
    const LARGE: f64 = 40.0;
    if a < LARGE {
        return (ln_gamma(a + 0.5) - ln_gamma(a)).exp();
    }
    let x = 1.0 / a;
    let series = 1.0
        + x * (-1.0 / 8.0 + x * (1.0 / 128.0 + x * (5.0 / 1024.0 + x * (-21.0 / 32768.0 + x * (-399.0 / 262_144.0)))));
    a.sqrt() * series
}

/// The continued fraction of the incomplete beta function, by Lentz's method (Press and others, "Numerical Recipes").
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    /// About the root of the greater parameter is needed.
    const MOST_STEPS: u32 = 100_000;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..MOST_STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut factor = 1.0;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            factor = d * c;
            fraction *= factor;
        }
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// The number that |T| exceeds with probability one less `level`, made exact to the last digits by Newton's steps; from
/// 100,000 degrees of freedom on by three terms of its expansion around the normal law's (Fisher and Cornish, "The
/// percentile points of distributions having known cumulants", 1960).
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for a level outside 0 to 1, and degrees of freedom that are not positive.
pub fn quantile(level: f64, freedom: f64) -> Result<f64> {
    if !(level > 0.0 && level < 1.0) {
        return Err(Error::parameter("level", "a number between 0 and 1, both excluded", level));
    }
    let z = Normal::standard().inverse_cdf(0.5 + level / 2.0);
    if freedom >= 1e5 {
        let first = (z.powi(3) + z) / (4.0 * freedom);
        let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom * freedom);
        return Ok(z + first + second);
    }
    let t = StudentsT::new(0.0, 1.0, freedom)
        .map_err(|error| Error::parameter("the degrees of freedom", "a positive number", error))?;
    let tail = (1.0 - level) / 2.0;
    let mut quantile = t.inverse_cdf(tail);
    for _ in 0..3 {
        let step = (t.cdf(quantile) - tail) / t.pdf(quantile);
        if step.is_finite() {
            quantile -= step;
        }
    }
    Ok(-quantile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_keep_their_digits() {
        // SciPy 1.17, whose digits are Boost's.
        for (t, freedom, expected) in [
            (0.0, 3.0, 0.5),
            (1.0, 1.0, 0.25),
            (2.0, 2.0, 0.091_751_709_536_136_98),
            (-2.0, 2.0, 0.908_248_290_463_863),
            (1e-8, 7.5, 0.499_999_996_140_992_66),
            (3.3, 11.25, 0.003_438_792_110_780_575_2),
            (12.5, 40.5, 8.732_298_770_203_709e-16),
            (2.2, 2000.5, 0.013_960_435_687_041_632),
        ] {
            let got = upper_tail(t, freedom);
            assert!((got / expected - 1.0).abs() < 1e-12, "{t}, {freedom}: {got}");
        }
        // One degree of freedom is Cauchy's law, two have a closed form.
        for t in [0.1, 3.0, 1e3, 1e8] {
            let cauchy = 0.5 - f64::atan(t) / std::f64::consts::PI;
            assert!((upper_tail(t, 1.0) - cauchy).abs() < 1e-13 + 1e-9 * cauchy);
            let two = 1.0 / ((2.0 + t * t) * (1.0 + t / (2.0 + t * t).sqrt()));
            assert!((upper_tail(t, 2.0) / two - 1.0).abs() < 1e-12, "{t}");
        }
        assert!(upper_tail(f64::NAN, 3.0).is_nan() && upper_tail(1.0, f64::NAN).is_nan());
        assert_eq!((upper_tail(1e200, 3.0), upper_tail(-1e200, 1e6)), (0.0, 1.0));
        assert_eq!((upper_tail(f64::INFINITY, 3.0), upper_tail(f64::NEG_INFINITY, 3.0)), (0.0, 1.0));
    }

    #[test]
    fn many_degrees_of_freedom_are_the_normal_law() {
        for z in [0.3, 1.96, 7.0] {
            let normal = super::super::normal::two_sided(z) / 2.0;
            assert!((upper_tail(z, 1e15) / normal - 1.0).abs() < 1e-11, "{z}");
            // Where the expansion takes over.
            assert!((upper_tail(z, 99_999.9) / upper_tail(z, 100_000.1) - 1.0).abs() < 1e-7, "{z}");
        }
    }

    #[test]
    fn quantiles_of_students_t() -> Result<()> {
        let known = [
            (0.95, 1.0, 12.706_204_736_174_707),
            (0.8, 5.0, 1.475_884_048_824_481),
            (0.999, 7.0, 5.407_882_520_861_727),
        ];
        for (level, freedom, expected) in known {
            let got = quantile(level, freedom)?;
            assert!((got / expected - 1.0).abs() < 1e-12, "{got} {expected}");
            // Where the expansion takes over.
            assert!((quantile(level, 99_999.0)? / quantile(level, 100_000.0)? - 1.0).abs() < 1e-9);
        }
        assert!(quantile(1.0, 3.0).is_err() && quantile(0.5, -1.0).is_err());
        Ok(())
    }

    #[test]
    fn quantiles_undo_tails() -> Result<()> {
        for freedom in [1.5, 30.0, 2e6] {
            let t = quantile(0.95, freedom)?;
            assert!((upper_tail(t, freedom) - 0.025).abs() < 1e-11, "{freedom}");
        }
        Ok(())
    }
}
