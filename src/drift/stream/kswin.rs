//! KSWIN: the newest values of a window beside a sample of the older ones, by the Kolmogorov–Smirnov test.
//!
//! Reference: Raab, Heusinger and Schleif, "Reactive soft prototype computing for concept drift streams" (2020).

use std::collections::VecDeque;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{Parameter, Signal, Values, Watch, holds, probability, whole};
use crate::error::{Error, Result};
use crate::runtime::{Cancel, Stream, mix};
use crate::stats::ks::pvalue_of;

/// The least statistic that is a drift, as published.
const LEAST_STATISTIC: f64 = 0.1;

/// A sliding window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KsWin {
    alpha: f64,
    window_size: u64,
    stat_size: u64,
    seed: u64,
    window: VecDeque<f64>,
    seen: u64,
    /// The least difference of counts that is a drift.
    #[serde(skip)]
    critical: OnceLock<u64>,
}

impl KsWin {
    /// A detector that compares the last `stat_size` of `window_size` values with as many drawn of those before.
    pub fn new(alpha: f64, window_size: u64, stat_size: u64, seed: u64) -> Self {
        let (window, critical) = (VecDeque::new(), OnceLock::new());
        Self { alpha, window_size, stat_size, seed, window, seen: 0, critical }
    }

    fn critical(&self, cancel: &Cancel) -> Result<u64> {
        if let Some(&found) = self.critical.get() {
            return Ok(found);
        }
        let size = self.stat_size;
        let found = least_difference(size, |difference| {
            let statistic = difference as f64 / size as f64;
            let pvalue = pvalue_of(size as usize, size as usize, statistic, cancel)?;
            Ok(pvalue <= self.alpha && statistic > LEAST_STATISTIC)
        })?;
        Ok(*self.critical.get_or_init(|| found))
    }

    /// As many of the older values as there are newest ones, each equally likely, none twice: Floyd's method.
    fn drawn(&self) -> Vec<f64> {
        let older = (self.window_size - self.stat_size) as u32;
        let mut stream = Stream::new(mix(self.seed, self.seen));
        let mut places: Vec<u32> = Vec::with_capacity(self.stat_size as usize);
        for last in older - self.stat_size as u32..older {
            let place = stream.below(last + 1);
            let at = places.binary_search(&place).map_or_else(|at| (at, place), |_| (places.len(), last));
            places.insert(at.0, at.1);
        }
        places.into_iter().map(|place| self.window[place as usize]).collect()
    }
}

/// The least difference up to `most` that is a drift, where all larger ones are; `most + 1` if none is.
pub(super) fn least_difference(most: u64, is_drift: impl Fn(u64) -> Result<bool>) -> Result<u64> {
    let (mut low, mut high) = (0, most + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_drift(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}

/// The largest difference between the counts of two ascending samples of one size, up to any number.
fn difference(one: &[f64], other: &[f64]) -> u64 {
    let (mut i, mut j, mut most) = (0, 0, 0_usize);
    while i < one.len() && j < other.len() {
        let value = one[i].min(other[j]);
        i += one[i..].iter().take_while(|&&next| next <= value).count();
        j += other[j..].iter().take_while(|&&next| next <= value).count();
        most = most.max(i.abs_diff(j));
    }
    most as u64
}

impl Watch for KsWin {
    const VALUES: Values = Values::Finite;

    fn update(&mut self, value: f64, cancel: &Cancel) -> Result<Signal> {
        let critical = self.critical(cancel)?;
        self.seen += 1;
        if self.window.len() as u64 == self.window_size {
            self.window.pop_front();
        }
        self.window.push_back(value);
        if (self.window.len() as u64) < self.window_size {
            return Ok(Signal::Quiet);
        }
        let mut older = self.drawn();
        let mut newest: Vec<f64> = self.window.range((self.window_size - self.stat_size) as usize..).copied().collect();
        older.sort_by(f64::total_cmp);
        newest.sort_by(f64::total_cmp);
        Ok(if difference(&older, &newest) >= critical { Signal::Drift } else { Signal::Quiet })
    }

    fn reset(&mut self) {
        self.window.clear();
    }

    /// The newest values are those after the change.
    fn begin_anew(&mut self) {
        let older = self.window.len().saturating_sub(self.stat_size as usize);
        self.window.drain(..older);
    }

    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        vec![
            ("alpha", Parameter::Float(self.alpha)),
            ("window_size", Parameter::Int(self.window_size)),
            ("stat_size", Parameter::Int(self.stat_size)),
            ("seed", Parameter::Int(self.seed)),
        ]
    }

    fn check(&self) -> Result<()> {
        probability("alpha", self.alpha)?;
        whole("stat_size", self.stat_size, 2)?;
        whole("window_size", self.window_size, 4)?;
        if self.window_size < 2 * self.stat_size {
            let expected = format!("at least twice stat_size, {}", 2 * self.stat_size);
            return Err(Error::parameter("window_size", expected, self.window_size));
        }
        holds(self.window.len() as u64 <= self.window_size && self.window.iter().all(|value| value.is_finite()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_older_values_none_twice() -> Result<()> {
        let mut kswin = KsWin::new(0.005, 100, 30, 7);
        for i in 0..100 {
            kswin.update(f64::from(i) / 100.0, &Cancel::new())?;
        }
        let mut counts = [0; 70];
        for seen in 0..7000 {
            kswin.seen = seen;
            let drawn = kswin.drawn();
            assert!(drawn.len() == 30 && drawn.is_sorted_by(|one, next| one < next));
            for value in drawn {
                counts[(value * 100.0).round() as usize] += 1;
            }
        }
        // Each is expected 3,000 times, with a standard deviation of 41.
        assert!(counts.iter().all(|count| (2800..3200).contains(count)), "{counts:?}");
        Ok(())
    }
}
