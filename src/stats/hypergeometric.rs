//! The hypergeometric law: how many members are among places drawn without replacement.

use statrs::function::factorial::ln_factorial;

use crate::error::Result;
use crate::runtime::{Cancel, Stream};

/// `open` places drawn without replacement from a population, some of whose `members` are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Urn {
    pub(super) population: u64,
    pub(super) members: u64,
    pub(super) open: u64,
}

/// A walk ends at chances this far below the mode's.
const NEGLIGIBLE: f64 = 1e-307;

/// No p-value is smaller: more than all that lies beyond the ends of a walk.
const LEAST_PVALUE: f64 = 1e-300;

/// Steps of a walk between two looks at the cancel flag.
const STEPS: u64 = 1 << 16;

/// Up to this many, members are drawn one by one.
const DRAWN_ONE_BY_ONE: u64 = 48;

impl Urn {
    /// The exact chance of a number at least as far from the mean as `observed`, either way.
    ///
    /// O(standard deviation).
    pub(super) fn tail(self, observed: u64, cancel: &Cancel) -> Result<f64> {
        // Distances as whole numbers, times the population: no tie is lost to rounding.
        let mean = u128::from(self.members) * u128::from(self.open);
        let distance = |count: u64| (u128::from(count) * u128::from(self.population)).abs_diff(mean);
        let far = distance(observed);
        self.share_where(|count| distance(count) >= far, cancel)
    }

    /// The exact chance of all numbers that are no likelier than `observed`; chances within a ten-millionth are equal.
    ///
    /// O(standard deviation).
    pub(super) fn no_likelier(self, observed: u64, cancel: &Cancel) -> Result<f64> {
        // Relative to the mode's, as the sum below goes: logarithms of large factorials would not tell ties.
        let (mut count, mut chance) = (self.mode(), 1.0);
        while count != observed && chance > NEGLIGIBLE {
            if count.is_multiple_of(STEPS) {
                cancel.check()?;
            }
            if count < observed {
                chance *= self.ratio(count);
                count += 1;
            } else {
                count -= 1;
                chance /= self.ratio(count);
            }
        }
        let most = chance * (1.0 + 1e-7);
        self.share_by(|_, chance| chance <= most, cancel)
    }

    /// The exact chance of a number that is `far`, of which there is one at least.
    ///
    /// Chances are summed from the mode outwards, relative to the mode's: O(standard deviation).
    pub(super) fn share_where(self, far: impl Fn(u64) -> bool, cancel: &Cancel) -> Result<f64> {
        self.share_by(|count, _| far(count), cancel)
    }

    /// The same of a number, and its chance relative to the mode's.
    fn share_by(self, far: impl Fn(u64, f64) -> bool, cancel: &Cancel) -> Result<f64> {
        let mode = self.mode();
        let (mut all, mut as_far) = (1.0, if far(mode, 1.0) { 1.0 } else { 0.0 });
        for upwards in [true, false] {
            let (mut count, mut chance) = (mode, 1.0);
            let end = if upwards { self.most() } else { self.least() };
            while count != end && chance > NEGLIGIBLE {
                if count.is_multiple_of(STEPS) {
                    cancel.check()?;
                }
                if upwards {
                    chance *= self.ratio(count);
                    count += 1;
                } else {
                    count -= 1;
                    chance /= self.ratio(count);
                }
                all += chance;
                if far(count, chance) {
                    as_far += chance;
                }
            }
        }
        Ok((as_far / all).clamp(LEAST_PVALUE, 1.0))
    }

    /// A random number of members.
    pub(super) fn draw(self, stream: &mut Stream) -> u64 {
        if self.members == self.population {
            return self.open;
        }
        if self.members <= DRAWN_ONE_BY_ONE { self.draw_one_by_one(stream) } else { self.draw_from_mode(stream) }
    }

    fn draw_one_by_one(self, stream: &mut Stream) -> u64 {
        let mut taken = 0;
        for drawn in 0..self.members {
            let chance = (self.open - taken) as f64 / (self.population - drawn) as f64;
            taken += u64::from(stream.uniform() < chance);
        }
        taken
    }

    /// By inversion: from the likeliest number outwards, some standard deviations far.
    fn draw_from_mode(self, stream: &mut Stream) -> u64 {
        let (least, most, mode) = (self.least(), self.most(), self.mode());
        let at_mode = self.chance(mode);
        let mut rest = stream.uniform() - at_mode;
        let (mut low, mut high) = (mode, mode);
        let (mut at_low, mut at_high) = (at_mode, at_mode);
        while rest >= 0.0 && (low > least || high < most) {
            if high < most {
                at_high *= self.ratio(high);
                high += 1;
                rest -= at_high;
                if rest < 0.0 {
                    return high;
                }
            }
            if low > least {
                low -= 1;
                at_low /= self.ratio(low);
                rest -= at_low;
                if rest < 0.0 {
                    return low;
                }
            }
            if at_low + at_high == 0.0 {
                // Rounding has left a remainder that no number accounts for.
                break;
            }
        }
        mode
    }

    fn others(self) -> u64 {
        self.population - self.members
    }

    fn least(self) -> u64 {
        self.open.saturating_sub(self.others())
    }

    fn most(self) -> u64 {
        self.members.min(self.open)
    }

    /// The likeliest number of members.
    fn mode(self) -> u64 {
        let product = u128::from(self.members + 1) * u128::from(self.open + 1);
        ((product / u128::from(self.population + 2)) as u64).clamp(self.least(), self.most())
    }

    /// The chance of `count` members.
    fn chance(self, count: u64) -> f64 {
        let ln_choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
        let members = ln_choose(self.members, count) + ln_choose(self.others(), self.open - count);
        (members - ln_choose(self.population, self.open)).exp()
    }

    /// The chance of `count` + 1 members over that of `count`.
    fn ratio(self, count: u64) -> f64 {
        let above = (self.members - count) as f64 * (self.open - count) as f64;
        above / ((count + 1) as f64 * (self.others() + count + 1 - self.open) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_draw_have_the_laws_mean_and_variance() {
        let urn = Urn { population: 1000, members: 40, open: 300 };
        let mean = 40.0 * 0.3;
        let variance = mean * 0.7 * 960.0 / 999.0;
        for draw in [Urn::draw_one_by_one, Urn::draw_from_mode] {
            let mut stream = Stream::new(9);
            let draws: Vec<f64> = (0..20_000).map(|_| draw(urn, &mut stream) as f64).collect();
            let got = draws.iter().sum::<f64>() / 20_000.0;
            let spread = draws.iter().map(|x| (x - got).powi(2)).sum::<f64>() / 20_000.0;
            assert!((got - mean).abs() < 4.0 * (variance / 20_000.0).sqrt(), "{got} {mean}");
            assert!((spread / variance - 1.0).abs() < 0.05, "{spread} {variance}");
        }
    }

    #[test]
    fn the_tail_is_the_sum_of_all_chances_as_far() -> Result<()> {
        let urn = Urn { population: 30, members: 11, open: 9 };
        let mean = 11.0 * 9.0 / 30.0;
        for observed in urn.least()..=urn.most() {
            let far = (observed as f64 - mean).abs();
            let sum: f64 = (urn.least()..=urn.most())
                .filter(|&count| (count as f64 - mean).abs() >= far - 1e-9)
                .map(|count| urn.chance(count))
                .sum();
            let tail = urn.tail(observed, &Cancel::new())?;
            assert!((tail - sum).abs() < 1e-12, "{observed}: {tail} {sum}");
        }
        Ok(())
    }
}
