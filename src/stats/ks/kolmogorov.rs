//! The law of the one-sample Kolmogorov statistic Dₙ = sup |Fₙ − F| for finite n.
//!
//! The method is chosen as Simard and L'Ecuyer advise ("Computing the two-sided
//! Kolmogorov–Smirnov distribution", Journal of Statistical Software 39(11), 2011), at the borders
//! that `SciPy` uses: Durbin's matrix in the form of Marsaglia, Tsang and Wang (2003), the
//! expansion of Pelz and Good (1976), twice the one-sided tail, and Ruben and Gambino's closed
//! forms (1982) at both ends.

use std::f64::consts::{E, PI};

/// P(Dₙ ≥ x) for a sample of `n` ≥ 1 (a whole number).
pub(super) fn sf(n: f64, x: f64) -> f64 {
    let t = n * x;
    let n_x_squared = t * x;
    let tail = if x >= 1.0 {
        0.0
    } else if t <= 0.5 {
        1.0
    } else if t <= 1.0 {
        1.0 - factorial_over_power(n) * (n * (2.0 * t - 1.0).ln()).exp()
    } else if t >= n - 1.0 {
        2.0 * (1.0 - x).powf(n)
    } else if x >= 0.5 {
        2.0 * one_sided(n, x)
    } else if n <= 140.0 {
        if n_x_squared <= 4.0 { 1.0 - durbin(n, x) } else { 2.0 * one_sided(n, x) }
    } else if n_x_squared >= 370.0 {
        0.0
    } else if n_x_squared >= 2.2 {
        2.0 * one_sided(n, x)
    } else if n_x_squared < 0.0274 {
        // The distribution function is below 1e-17 here.
        1.0
    } else if n <= 100_000.0 && n * x.powf(1.5) <= 1.4 {
        1.0 - durbin(n, x)
    } else {
        1.0 - pelz_good(n, x)
    };
    tail.clamp(0.0, 1.0)
}

/// ln n! − (n + ½)·ln n + n − ½·ln 2π: what Stirling's formula leaves out. `n` must be positive.
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 && n.fract() == 0.0 {
        let ln_factorial = (2..=n as u64).map(|k| k as f64).product::<f64>().ln();
        return ln_factorial - (n + 0.5) * n.ln() + n - 0.5 * (2.0 * PI).ln();
    }
    let square = n * n;
    (1.0 / 12.0
        - (1.0 / 360.0
            - (1.0 / 1260.0 - (1.0 / 1680.0 - (1.0 / 1188.0 - 691.0 / 360_360.0 / square) / square) / square) / square)
            / square)
        / n
}

/// n! / nⁿ · eⁿ = √(2πn)·e^(Stirling's error)
fn stirling_factor(n: f64) -> f64 {
    (2.0 * PI * n).sqrt() * stirling_error(n).exp()
}

/// n! / nⁿ
fn factorial_over_power(n: f64) -> f64 {
    stirling_factor(n) * (-n).exp()
}

/// P(Dₙ⁺ ≥ x) for 0 < x < 1: Smirnov's tail of the one-sided statistic.
///
/// Σ over v of C(n, v)·x·(x + v/n)^(v−1)·(1 − x − v/n)^(n−v): x/(x + v/n) times a binomial
/// probability, which is evaluated in Loader's saddle-point form. The terms of a large sample are
/// a smooth bump that vanishes with all its derivatives at both ends; so equally spaced ones sum to
/// the same. Beyond a million, `SciPy`'s limit, the formula of Marsaglia and others takes over.
fn one_sided(n: f64, x: f64) -> f64 {
    const SUMMED_ONE_BY_ONE: f64 = 2048.0;
    const TERMS: u32 = 512;
    if n > 1e6 {
        return (-(6.0 * n * x + 1.0).powi(2) / (18.0 * n)).exp();
    }
    let term = |v: f64| {
        let (shift, rest) = (n * x, n - v);
        if rest <= shift {
            return 0.0;
        }
        let deviance = (shift - v * (shift / v).ln_1p()) + (-shift - rest * (-shift / rest).ln_1p());
        let correction = stirling_error(n) - stirling_error(v) - stirling_error(rest);
        shift / (shift + v) * (correction - deviance).exp() * (n / (2.0 * PI * v * rest)).sqrt()
    };
    if n <= SUMMED_ONE_BY_ONE {
        let last = (n * (1.0 - x)) as u32;
        (1..=last).map(|v| term(f64::from(v))).sum::<f64>() + (n * (-x).ln_1p()).exp()
    } else {
        let step = n / f64::from(TERMS);
        (0..TERMS).map(|k| term((f64::from(k) + 0.5) * step)).sum::<f64>() * step
    }
}

/// P(Dₙ ≤ x) by Durbin's matrix H: n!/nⁿ times the middle of its n-th power.
///
/// H is divided by e beforehand, so that its powers neither overflow nor vanish. One row is
/// carried along: by single steps for small n, by repeated squaring for large. O(n·k²), or
/// O(k³·log n), for k = ⌈n·x⌉.
fn durbin(n: f64, x: f64) -> f64 {
    let k = (n * x).ceil() as usize;
    let h = k as f64 - n * x;
    let size = 2 * k - 1;
    let mut inverse_factorials = vec![1.0 / E; size + 1];
    for i in 1..=size {
        inverse_factorials[i] = inverse_factorials[i - 1] / i as f64;
    }
    let mut matrix = vec![0.0; size * size];
    for i in 0..size {
        for j in 0..size.min(i + 2) {
            matrix[i * size + j] = inverse_factorials[i + 1 - j];
        }
    }
    for i in 0..size {
        let missing = h.powi(i as i32 + 1) * inverse_factorials[i + 1];
        matrix[i * size] -= missing;
        matrix[(size - 1) * size + size - 1 - i] -= missing;
    }
    matrix[(size - 1) * size] += (2.0 * h - 1.0).max(0.0).powi(size as i32) * inverse_factorials[size];

    let mut row = vec![0.0; size];
    row[k - 1] = 1.0;
    let mut power = n as u64;
    let mut product = vec![0.0; size];
    if n <= 140.0 {
        for _ in 0..power {
            row_times(&row, &matrix, &mut product);
            std::mem::swap(&mut row, &mut product);
        }
    } else {
        let mut square = vec![0.0; size * size];
        while power > 0 {
            if power % 2 == 1 {
                row_times(&row, &matrix, &mut product);
                std::mem::swap(&mut row, &mut product);
            }
            power /= 2;
            if power > 0 {
                for (from, into) in matrix.chunks_exact(size).zip(square.chunks_exact_mut(size)) {
                    row_times(from, &matrix, into);
                }
                std::mem::swap(&mut matrix, &mut square);
            }
        }
    }
    stirling_factor(n) * row[k - 1]
}

fn row_times(row: &[f64], matrix: &[f64], product: &mut [f64]) {
    product.fill(0.0);
    for (&factor, values) in row.iter().zip(matrix.chunks_exact(row.len())) {
        if factor != 0.0 {
            for (sum, &value) in product.iter_mut().zip(values) {
                *sum += factor * value;
            }
        }
    }
}

/// P(Dₙ ≤ x) up to O(1/n²): the first four terms of the expansion in 1/√n, in the form with
/// theta functions that converges fast for small z = x·√n.
fn pelz_good(n: f64, x: f64) -> f64 {
    let z = x * n.sqrt();
    let z2 = z * z;
    let z4 = z2 * z2;
    let z6 = z4 * z2;
    let z8 = z4 * z4;
    let mut sums = [0.0; 4];
    let first = PI * PI / (8.0 * z2);
    let mut k = 1.0;
    loop {
        // (k − ½)·π, squared, and the theta function's terms at half and at whole numbers.
        let half = ((k - 0.5) * PI).powi(2);
        let whole = (k * PI).powi(2);
        let exponent = half / (2.0 * z2);
        if exponent > first + 60.0 {
            break;
        }
        let at_half = (-exponent).exp();
        let at_whole = (-whole / (2.0 * z2)).exp();
        sums[0] += at_half / z;
        sums[1] += at_half * (half - z2) / (6.0 * z4);
        sums[2] += at_half * (6.0 * z6 + 2.0 * z4 + half * (2.0 * z4 - 5.0 * z2) + half * half * (1.0 - 2.0 * z2))
            / (72.0 * z4 * z2 * z)
            - at_whole * whole / (36.0 * z2 * z);
        sums[3] += at_half
            * (half.powi(3) * (5.0 - 30.0 * z2)
                + half.powi(2) * (212.0 * z4 - 60.0 * z2)
                + half * (135.0 * z4 - 96.0 * z6)
                - 30.0 * z6
                - 90.0 * z8)
            / (6480.0 * z8 * z2)
            + at_whole * whole * (3.0 * z2 - whole) / (216.0 * z6);
        k += 1.0;
    }
    let root = n.sqrt();
    (2.0 * PI).sqrt() * (sums[0] + (sums[1] + (sums[2] + sums[3] / root) / root) / root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() <= tolerance * expected.abs(), "{got} {expected}");
    }

    #[test]
    fn published_values() {
        // The example of Marsaglia, Tsang and Wang (2003).
        assert_close(1.0 - sf(10.0, 0.274), 0.628_479_615_456_504_3, 1e-13);
    }

    #[test]
    fn neighbouring_methods_agree() {
        // Durbin's matrix is exact; the expansion is good to some n⁻².
        for n in [200.0, 1000.0, 4000.0] {
            for z in [0.5, 0.8, 1.2] {
                let x = z / f64::sqrt(n);
                assert!((durbin(n, x) - pelz_good(n, x)).abs() < 0.2 / (n * n), "{n} {z}");
            }
        }
        // Twice the one-sided tail is exact from one half on and close before.
        assert!((1.0 - durbin(20.0, 0.35) - 2.0 * one_sided(20.0, 0.35)).abs() < 1e-6);
    }

    #[test]
    fn spaced_terms_sum_to_all_terms() {
        for n in [2049.0, 5000.0, 50_000.0] {
            for n_x_squared in [2.2, 5.0, 50.0, 369.0] {
                let x = f64::sqrt(n_x_squared / n);
                let shift = n * x;
                let all: f64 = (1..(n - shift) as u32)
                    .map(f64::from)
                    .map(|v| {
                        let rest = n - v;
                        let deviance = (shift - v * (shift / v).ln_1p()) + (-shift - rest * (-shift / rest).ln_1p());
                        let correction = stirling_error(n) - stirling_error(v) - stirling_error(rest);
                        shift / (shift + v) * (correction - deviance).exp() * (n / (2.0 * PI * v * rest)).sqrt()
                    })
                    .sum();
                assert_close(one_sided(n, x), all, 1e-11);
            }
        }
    }
}
