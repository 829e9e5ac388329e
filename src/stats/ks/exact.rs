//! Exact p-values of the two-sample Kolmogorov–Smirnov statistic.
//!
//! Under the null hypothesis the order in which the values of both samples come is a uniformly
//! drawn lattice path from (0, 0) to (m, n), and the p-value is the share of paths that touch
//! |x/m − y/n| ≥ d somewhere. That share is computed directly, as a sum of positive terms, so that
//! tiny p-values keep their relative accuracy (Viehmann, "Numerically more stable computation of
//! the p-values for the two-sample Kolmogorov–Smirnov test", 2021).

use std::ops::Range;

use statrs::function::gamma::ln_gamma;

use crate::error::Result;
use crate::runtime::Cancel;

use crate::stats::alternative::Alternative;

/// The p-value of d = h / lcm(m, n), or `None` where `SciPy`'s method overflows.
///
/// `h` must be positive and at most the least common multiple. O(m + n) for equal sizes, else
/// O(m·n·d).
pub(super) fn pvalue(m: usize, n: usize, h: u64, alternative: Alternative, cancel: &Cancel) -> Result<Option<f64>> {
    let two_sided = alternative == Alternative::TwoSided;
    if m == n {
        return Ok(Some(if two_sided { equal_sizes(n, h) } else { equal_sizes_one_sided(n, h) }));
    }
    if !two_sided && number_of_paths_overflows(m, n) {
        return Ok(None);
    }
    let common = gcd(m as u64, n as u64);
    let lattice = Lattice { m, n, step_x: n as i64 / common as i64, step_y: m as i64 / common as i64, h: h as i64 };
    let share = if two_sided { lattice.share_outside(cancel)? } else { lattice.share_above(cancel)? };
    Ok(Some(share.clamp(0.0, 1.0)))
}

pub(in crate::stats) fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The reflection principle: 2·Σₖ (−1)ᵏ⁻¹ C(2n, n − k·h) / C(2n, n), for k = 1, 2, …
fn equal_sizes(n: usize, h: u64) -> f64 {
    let n = n as f64;
    let h = h as f64;
    let (mut ratio, mut sum, mut sign) = (1.0, 0.0, 1.0);
    let mut at = 0.0;
    while at + h <= n {
        ratio *= binomial_ratio(n, at, h);
        sum += sign * ratio;
        if ratio < 1e-20 * sum {
            break;
        }
        sign = -sign;
        at += h;
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

fn equal_sizes_one_sided(n: usize, h: u64) -> f64 {
    binomial_ratio(n as f64, 0.0, h as f64)
}

/// C(2n, n − at − h) / C(2n, n − at) as a product of h factors.
fn binomial_ratio(n: f64, at: f64, h: f64) -> f64 {
    // Eight factors share a division: products of eight sizes stay far from overflow.
    let mut ratio = 1.0;
    let mut k = 0.0;
    while k < h {
        let last = (k + 8.0).min(h);
        let (mut over, mut under) = (1.0, 1.0);
        while k < last {
            over *= n - at - k;
            under *= n + at + k + 1.0;
            k += 1.0;
        }
        ratio *= over / under;
        if ratio == 0.0 {
            break;
        }
    }
    ratio
}

/// Whether C(m + n, n) is beyond double precision. `SciPy` counts one-sided paths as a number of
/// that type and turns to the asymptotic law where it cannot.
fn number_of_paths_overflows(m: usize, n: usize) -> bool {
    let (m, n) = (m as f64, n as f64);
    ln_gamma(m + n + 1.0) - ln_gamma(m + 1.0) - ln_gamma(n + 1.0) > f64::MAX.ln()
}

struct Lattice {
    m: usize,
    n: usize,
    /// A step in x adds this to the lead, a step in y takes `step_y` away; both are coprime.
    step_x: i64,
    step_y: i64,
    /// Paths are outside from this lead on.
    h: i64,
}

impl Lattice {
    /// The y of the points inside on the anti-diagonal x + y = s.
    fn inside(&self, s: usize, two_sided: bool) -> Range<usize> {
        let (m, n, s_steps) = (self.m as i64, self.n as i64, s as i64 * self.step_x);
        let both = self.step_x + self.step_y;
        let low = ((s_steps - self.h).div_euclid(both) + 1).max(s as i64 - m).max(0);
        let mut end = n.min(s as i64) + 1;
        if two_sided {
            // The first y outside is ⌈(s·step_x + h) / both⌉.
            end = end.min((s_steps + self.h + both - 1).div_euclid(both));
        }
        low as usize..end.max(low) as usize
    }

    /// The share of paths that touch either side.
    ///
    /// A path's reversal is as likely as the path, so both halves of the way see the same shares,
    /// and half of the recursion is enough: the halves meet on the middle anti-diagonal.
    fn share_outside(&self, cancel: &Cancel) -> Result<f64> {
        if self.is_below_the_smallest_float() {
            return Ok(0.0);
        }
        let total = self.m + self.n;
        let middle = total / 2;
        let mut shares = Shares::new(self, true);
        for s in 1..=middle {
            shares.advance(s, cancel)?;
        }
        let near = shares.current.clone();
        let near_band = self.inside(middle, true);
        if total - middle > middle {
            shares.advance(total - middle, cancel)?;
        }
        let far_band = self.inside(total - middle, true);
        let share = |shares: &[f64], band: &Range<usize>, y: usize| if band.contains(&y) { shares[y + 1] } else { 1.0 };
        let (mut sum, mut weights) = (0.0, 0.0);
        self.for_each_crossing(middle, |y, weight| {
            let before = share(&near, &near_band, y);
            let after = share(&shares.current, &far_band, self.n - y);
            weights += weight;
            sum += weight * (before + after - before * after);
        });
        Ok(sum / weights)
    }

    /// The share of paths whose lead gets to h.
    fn share_above(&self, cancel: &Cancel) -> Result<f64> {
        let total = self.m + self.n;
        let mut shares = Shares::new(self, false);
        for s in 1..=total {
            shares.advance(s, cancel)?;
        }
        Ok(shares.current[self.n + 1])
    }

    /// Hoeffding's bound for draws without replacement, summed over all anti-diagonals.
    fn is_below_the_smallest_float(&self) -> bool {
        let (m, n) = (self.m as f64, self.n as f64);
        let d = self.h as f64 / (m * self.step_x as f64);
        let n_effective = m * n / (m + n);
        let least = m.min(n);
        2.0 * d * d * n_effective * least / (least + 1.0) - (2.0 * (m + n)).ln() > 746.0
    }

    /// Calls `each` with every y on the anti-diagonal and a number proportional to how many paths
    /// go through it: hypergeometric weights, by their ratios from the mode outwards.
    fn for_each_crossing(&self, s: usize, mut each: impl FnMut(usize, f64)) {
        let (low, high) = (s.saturating_sub(self.m), self.n.min(s));
        let mode = ((s + 1) * (self.n + 1) / (self.m + self.n + 2)).clamp(low, high);
        let (m, n, s) = (self.m as f64, self.n as f64, s as f64);
        // From y to y + 1.
        let ratio = |y: usize| {
            let y = y as f64;
            (s - y) * (n - y) / ((y + 1.0) * (m - s + y + 1.0))
        };
        let mut weight = 1.0;
        for y in mode..=high {
            each(y, weight);
            weight *= ratio(y);
        }
        let mut weight = 1.0;
        for y in (low..mode).rev() {
            weight /= ratio(y);
            each(y, weight);
        }
    }
}

/// The share of paths to each point that were outside on their way, anti-diagonal by anti-diagonal.
struct Shares<'a> {
    lattice: &'a Lattice,
    two_sided: bool,
    /// Index y + 1 holds the share at y; whatever is next to the points inside holds 1.
    current: Vec<f64>,
    next: Vec<f64>,
    /// y as a float, so that the recursion vectorises.
    heights: Vec<f64>,
}

impl<'a> Shares<'a> {
    fn new(lattice: &'a Lattice, two_sided: bool) -> Self {
        let length = lattice.n + 3;
        let mut current = vec![1.0; length];
        current[1] = 0.0;
        Self {
            lattice,
            two_sided,
            current,
            next: vec![1.0; length],
            heights: (0..=lattice.n).map(|y| y as f64).collect(),
        }
    }

    /// From x + y = s − 1 to x + y = s: of the paths to (x, y), x/s come from the left.
    fn advance(&mut self, s: usize, cancel: &Cancel) -> Result<()> {
        if s.is_multiple_of(64) {
            cancel.check()?;
        }
        let inside = self.lattice.inside(s, self.two_sided);
        if inside.is_empty() {
            // No path gets through here inside, so every share from here on is 1.
            self.next.fill(1.0);
        } else {
            let steps = s as f64;
            let per_step = 1.0 / steps;
            let from_left = &self.current[inside.start + 1..=inside.end];
            let from_below = &self.current[inside.clone()];
            let heights = &self.heights[inside.clone()];
            let next = &mut self.next[inside.start + 1..=inside.end];
            for (((next, &left), &below), &y) in next.iter_mut().zip(from_left).zip(from_below).zip(heights) {
                *next = ((steps - y) * left + y * below) * per_step;
            }
            self.next[inside.start] = 1.0;
            self.next[inside.end + 1] = 1.0;
        }
        std::mem::swap(&mut self.current, &mut self.next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(m: usize, n: usize, h: u64, alternative: Alternative) -> f64 {
        pvalue(m, n, h, alternative, &Cancel::new()).ok().flatten().unwrap_or(f64::NAN)
    }

    /// Counts paths one by one.
    fn counted(m: usize, n: usize, h: u64, two_sided: bool) -> f64 {
        let common = gcd(m as u64, n as u64) as i64;
        let (step_x, step_y) = (n as i64 / common, m as i64 / common);
        // Paths to each point that stayed inside, and all of them.
        let mut inside = vec![vec![0u128; n + 1]; m + 1];
        let mut all = inside.clone();
        for x in 0..=m {
            for y in 0..=n {
                let lead = x as i64 * step_x - y as i64 * step_y;
                let is_outside = lead >= h as i64 || two_sided && -lead >= h as i64;
                let sum = |paths: &Vec<Vec<u128>>| {
                    if x + y == 0 {
                        return 1;
                    }
                    (if x > 0 { paths[x - 1][y] } else { 0 }) + (if y > 0 { paths[x][y - 1] } else { 0 })
                };
                (inside[x][y], all[x][y]) = (if is_outside { 0 } else { sum(&inside) }, sum(&all));
            }
        }
        (all[m][n] - inside[m][n]) as f64 / all[m][n] as f64
    }

    #[test]
    fn every_small_case_equals_the_counted_paths() {
        for m in 1..=12 {
            for n in 1..=12 {
                let common = gcd(m as u64, n as u64);
                for h in 1..=(m * n) as u64 / common {
                    for (alternative, two_sided) in [(Alternative::TwoSided, true), (Alternative::Greater, false)] {
                        let (got, expected) = (exact(m, n, h, alternative), counted(m, n, h, two_sided));
                        let error = (got - expected).abs() / expected;
                        assert!(error < 1e-13, "{m} {n} {h} {alternative:?}: {got} {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn medium_cases_equal_the_counted_paths() {
        for (m, n) in [(60, 50), (50, 60), (37, 61), (90, 21), (5, 100), (1, 100)] {
            let largest = (m * n) as u64 / gcd(m as u64, n as u64);
            for h in (1..=largest).step_by(largest as usize / 13 + 1).chain([largest]) {
                for (alternative, two_sided) in [(Alternative::TwoSided, true), (Alternative::Less, false)] {
                    let (got, expected) = (exact(m, n, h, alternative), counted(m, n, h, two_sided));
                    assert!((got - expected).abs() <= 1e-12 * expected, "{m} {n} {h}: {got} {expected}");
                }
            }
        }
    }

    #[test]
    fn hopeless_cases_are_zero_at_once() {
        assert_eq!(exact(30_000, 20_000, 60_000, Alternative::TwoSided), 0.0);
    }
}
