//! Binomial draws: how many of n rows fall into a cell.

use crate::runtime::Stream;

/// A chance of success, with what drawing needs of it.
pub(crate) struct Chance {
    /// The chance of the rarer outcome.
    p: f64,
    /// Whether that outcome is failure.
    flipped: bool,
    odds: f64,
    ln_rest: f64,
}

impl Chance {
    pub(crate) fn new(p: f64) -> Self {
        let flipped = p > 0.5;
        let p = if flipped { (1.0 - p).max(0.0) } else { p };
        Self { p, flipped, odds: p / (1.0 - p), ln_rest: (-p).ln_1p() }
    }

    /// The number of successes in so many trials.
    ///
    /// Few expected: inversion, one product per success. Many: Hörmann's transformed rejection with
    /// a squeeze, BTRS ("The generation of binomial random variates", 1993), some 1.2 rounds
    /// whatever the size.
    pub(crate) fn successes(&self, stream: &mut Stream, trials: u64) -> u64 {
        let n = trials as f64;
        let rare = if self.p == 0.0 || trials == 0 {
            0
        } else if n * self.p < 10.0 {
            self.by_inversion(stream, n)
        } else {
            self.by_rejection(stream, n)
        };
        if self.flipped { trials - rare } else { rare }
    }

    fn by_inversion(&self, stream: &mut Stream, n: f64) -> u64 {
        let mut chance = (n * self.ln_rest).exp();
        let mut left = stream.uniform();
        let mut successes = 0.0;
        while left > chance && successes < n {
            left -= chance;
            successes += 1.0;
            chance *= self.odds * (n - successes + 1.0) / successes;
        }
        successes as u64
    }

    fn by_rejection(&self, stream: &mut Stream, n: f64) -> u64 {
        let p = self.p;
        let deviation = (n * p * (1.0 - p)).sqrt();
        let b = 1.15 + 2.53 * deviation;
        let a = -0.0873 + 0.0248 * b + 0.01 * p;
        let c = n * p + 0.5;
        let squeeze = 0.92 - 4.2 / b;
        loop {
            let v = stream.uniform();
            let u = stream.uniform() - 0.5;
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + c).floor();
            if us >= 0.07 && v <= squeeze {
                return k as u64;
            }
            if !(0.0..=n).contains(&k) {
                continue;
            }
            let mode = ((n + 1.0) * p).floor();
            let alpha = (2.83 + 5.1 / b) * deviation;
            let height = (v * alpha / (a / (us * us) + b)).ln();
            let bound = (mode + 0.5) * ((mode + 1.0) / (self.odds * (n - mode + 1.0))).ln()
                + (n + 1.0) * ((n - mode + 1.0) / (n - k + 1.0)).ln()
                + (k + 0.5) * (self.odds * (n - k + 1.0) / (k + 1.0)).ln()
                + stirling_rest(mode)
                + stirling_rest(n - mode)
                - stirling_rest(k)
                - stirling_rest(n - k);
            if height <= bound {
                return k as u64;
            }
        }
    }
}

/// ln k! less Stirling's formula for it: ln k! − [ln √(2π) + (k + ½) ln(k + 1) − (k + 1)].
fn stirling_rest(k: f64) -> f64 {
    const FIRST: [f64; 10] = [
        0.081_061_466_795_327_26,
        0.041_340_695_955_409_29,
        0.027_677_925_684_998_34,
        0.020_790_672_103_765_09,
        0.016_644_691_189_821_19,
        0.013_876_128_823_070_75,
        0.011_896_709_945_891_77,
        0.010_411_265_261_972_09,
        0.009_255_462_182_712_733,
        0.008_330_563_433_362_87,
    ];
    if let Some(&rest) = FIRST.get(k as usize) {
        return rest;
    }
    let inverse = 1.0 / (k + 1.0);
    let squared = inverse * inverse;
    (1.0 / 12.0 - (1.0 / 360.0 - squared / 1260.0) * squared) * inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::mix;

    #[test]
    fn binomial_draws_have_the_right_moments() {
        let draws = 200_000;
        for (trials, p) in [(5, 0.3), (40, 0.2), (60, 0.25), (1000, 0.04), (1000, 0.7), (2_000_000, 0.1)] {
            let mut stream = Stream::new(mix(1, trials));
            let (n, mut sum, mut squares, mut cubes) = (trials as f64, 0.0, 0.0, 0.0);
            let deviation = (n * p * (1.0 - p)).sqrt();
            for _ in 0..draws {
                let z = (Chance::new(p).successes(&mut stream, trials) as f64 - n * p) / deviation;
                sum += z;
                squares += z * z;
                cubes += z * z * z;
            }
            let count = f64::from(draws);
            assert!((sum / count).abs() < 4.0 / count.sqrt(), "mean of {trials}, {p}");
            assert!((squares / count - 1.0).abs() < 8.0 / count.sqrt(), "variance of {trials}, {p}");
            let skew = (1.0 - 2.0 * p) / deviation;
            assert!((cubes / count - skew).abs() < 20.0 / count.sqrt(), "skewness of {trials}, {p}");
        }
    }

    #[test]
    fn rejection_draws_follow_the_distribution() {
        // Chi-squared over the cells of Binomial(60, 0.25).
        let (trials, p, draws) = (60u64, 0.25, 300_000);
        let mut counts = [0.0; 61];
        let mut stream = Stream::new(11);
        for _ in 0..draws {
            counts[Chance::new(p).successes(&mut stream, trials) as usize] += 1.0;
        }
        let mut chance = 0.75f64.powi(60);
        let (mut chi_squared, mut cells) = (0.0, 0.0);
        for (k, count) in counts.iter().enumerate() {
            let expected = chance * f64::from(draws);
            if expected > 20.0 {
                chi_squared += (count - expected) * (count - expected) / expected;
                cells += 1.0;
            }
            chance *= p / (1.0 - p) * (60.0 - k as f64) / (k as f64 + 1.0);
        }
        // Four deviations of a chi-squared above its mean.
        assert!(chi_squared < cells + 4.0 * f64::sqrt(2.0 * cells), "{chi_squared} over {cells} cells");
    }
}
