//! ADWIN: a window that grows as long as nothing changes, and is cut where two of its parts differ.
//!
//! The window is kept as buckets of 1, 2, 4, ... values: O(log n) memory.
//!
//! Reference: Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing" (2007), ADWIN2.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{LARGEST, Parameter, Signal, Values, Watch, holds, probability, whole, whole_up_to};
use crate::error::Result;
use crate::runtime::Cancel;

/// Buckets double in size: more rows than this hold more values than can be counted.
const MOST_ROWS: usize = 56;

/// Each bucket that is dropped is followed by a look at all others.
const MOST_BUCKETS: u64 = 256;

/// Some values that follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Bucket {
    mean: f64,
    squares: f64,
}

/// Values of several buckets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// How many.
    pub count: f64,
    /// Their mean; 0 without values.
    pub mean: f64,
    /// The sum of squares about it.
    pub squares: f64,
}

impl Window {
    const EMPTY: Self = Self { count: 0.0, mean: 0.0, squares: 0.0 };

    fn with(self, count: f64, bucket: Bucket) -> Self {
        let all = self.count + count;
        let apart = bucket.mean - self.mean;
        Self {
            count: all,
            mean: self.mean + apart * (count / all),
            squares: self.squares + bucket.squares + apart * apart * (self.count * count / all),
        }
    }
}

/// The window and its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adwin {
    delta: f64,
    clock: u64,
    max_buckets: u64,
    min_window_length: u64,
    grace_period: u64,
    /// At place k buckets of 2ᵏ values, the oldest first.
    rows: Vec<VecDeque<Bucket>>,
    ticks: u64,
}

impl Adwin {
    /// A window that is cut wrongly with a probability of at most `delta` each time it is looked at, every `clock`
    /// values; both parts have `min_window_length` values, and the whole more than `grace_period`.
    pub fn new(delta: f64, clock: u64, max_buckets: u64, min_window_length: u64, grace_period: u64) -> Self {
        Self { delta, clock, max_buckets, min_window_length, grace_period, rows: Vec::new(), ticks: 0 }
    }

    /// The values of the window.
    pub fn window(&self) -> Window {
        self.oldest_first().fold(Window::EMPTY, |all, (count, bucket)| all.with(count, bucket))
    }

    fn oldest_first(&self) -> impl DoubleEndedIterator<Item = (f64, Bucket)> {
        let sizes = (0..self.rows.len()).map(|row| (1_u64 << row) as f64);
        let rows: Vec<_> = self.rows.iter().zip(sizes).collect();
        rows.into_iter().rev().flat_map(|(row, size)| row.iter().map(move |&bucket| (size, bucket)))
    }

    fn insert(&mut self, value: f64) {
        let mut bucket = Bucket { mean: value, squares: 0.0 };
        for row in 0..MOST_ROWS {
            if row == self.rows.len() {
                self.rows.push(VecDeque::new());
            }
            let size = (1_u64 << row) as f64;
            let buckets = &mut self.rows[row];
            buckets.push_back(bucket);
            if buckets.len() as u64 <= self.max_buckets {
                return;
            }
            // The two oldest become one of the next size.
            let merged = buckets.drain(..2).fold(Window::EMPTY, |all, bucket| all.with(size, bucket));
            bucket = Bucket { mean: merged.mean, squares: merged.squares };
        }
    }

    /// Whether the oldest part of the window differs from the rest, wherever it is cut.
    fn is_to_cut(&self) -> bool {
        let all = self.window();
        let least = self.min_window_length as f64;
        let log = (2.0 * all.count.ln() / self.delta).ln();
        let variance = all.squares / all.count;
        let (mut count, mut sum) = (0.0, 0.0);
        self.oldest_first().any(|(size, bucket)| {
            count += size;
            sum += size * (bucket.mean - all.mean);
            let rest = all.count - count;
            if count < least || rest < least {
                return false;
            }
            // About the mean of all, the rest sums up to the opposite.
            let apart = (sum / count + sum / rest).abs();
            let inverse = 1.0 / count + 1.0 / rest;
            apart > (2.0 * inverse * variance * log).sqrt() + 2.0 / 3.0 * inverse * log
        })
    }

    fn drop_oldest(&mut self) {
        if let Some(row) = self.rows.last_mut() {
            row.pop_front();
        }
        while self.rows.last().is_some_and(VecDeque::is_empty) {
            self.rows.pop();
        }
    }
}

impl Watch for Adwin {
    const VALUES: Values = Values::Finite;

    fn update(&mut self, value: f64, _: &Cancel) -> Result<Signal> {
        self.insert(value);
        self.ticks += 1;
        if !self.ticks.is_multiple_of(self.clock) {
            return Ok(Signal::Quiet);
        }
        let mut signal = Signal::Quiet;
        while self.window().count > (self.grace_period.max(1)) as f64 && self.is_to_cut() {
            self.drop_oldest();
            signal = Signal::Drift;
        }
        Ok(signal)
    }

    fn reset(&mut self) {
        self.rows.clear();
        self.ticks = 0;
    }

    /// What is left of the window is what comes after the change.
    fn begin_anew(&mut self) {}

    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        vec![
            ("delta", Parameter::Float(self.delta)),
            ("clock", Parameter::Int(self.clock)),
            ("max_buckets", Parameter::Int(self.max_buckets)),
            ("min_window_length", Parameter::Int(self.min_window_length)),
            ("grace_period", Parameter::Int(self.grace_period)),
        ]
    }

    fn check(&self) -> Result<()> {
        probability("delta", self.delta)?;
        whole("clock", self.clock, 1)?;
        whole_up_to("max_buckets", self.max_buckets, 2, MOST_BUCKETS)?;
        whole("min_window_length", self.min_window_length, 1)?;
        whole("grace_period", self.grace_period, 0)?;
        let buckets = self.rows.iter().flatten();
        holds(
            self.rows.len() < MOST_ROWS
                && self.rows.last().is_none_or(|row| !row.is_empty())
                && self.rows.iter().all(|row| row.len() as u64 <= self.max_buckets)
                && buckets.clone().all(|bucket| bucket.mean.abs() <= LARGEST && bucket.squares >= 0.0),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_the_window() -> Result<()> {
        let mut adwin = Adwin::new(1e-9, 32, 5, 5, 10);
        for i in 0..1000 {
            adwin.update(f64::from(i % 10), &Cancel::new())?;
        }
        let window = adwin.window();
        assert_eq!(window.count, 1000.0);
        assert!((window.mean - 4.5).abs() < 1e-9 && (window.squares / 1000.0 - 8.25).abs() < 1e-9);
        assert!(adwin.rows.len() < 10 && adwin.rows.iter().all(|row| row.len() <= 5));
        adwin.check()
    }
}
