//! Sums of differences from a mean: Page–Hinkley and CUSUM.
//!
//! References: Page, "Continuous inspection schemes", Biometrika 41 (1954); Hinkley, "Inference about the change-point
//! from cumulative sum tests", Biometrika 58 (1971); Montgomery, "Introduction to statistical quality control",
//! chapter 9.

use serde::{Deserialize, Serialize};

use super::{Parameter, Running, Signal, Values, Watch, holds, in_range, not_negative, whole};
use crate::error::{Error, Result};
use crate::runtime::Cancel;

/// Which changes of a mean count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// A larger mean.
    Up,
    /// A smaller mean.
    Down,
    /// Either.
    Both,
}

impl Direction {
    /// The direction's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Both => "both",
        }
    }

    fn exceeds(self, up: f64, down: f64, threshold: f64) -> bool {
        (self != Self::Down && up > threshold) || (self != Self::Up && down > threshold)
    }
}

impl std::str::FromStr for Direction {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "up" => Ok(Self::Up),
            "down" => Ok(Self::Down),
            "both" => Ok(Self::Both),
            _ => Err(Error::parameter("mode", "'up', 'down' or 'both'", format!("'{name}'"))),
        }
    }
}

/// Page–Hinkley: the sum of differences from the running mean, beside its least and its greatest value so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageHinkley {
    min_instances: u64,
    delta: f64,
    threshold: f64,
    alpha: f64,
    mode: Direction,
    mean: Running,
    rise: f64,
    least: f64,
    fall: f64,
    most: f64,
}

impl PageHinkley {
    /// A detector of changes larger than `delta`, whose sums, which fade by `alpha`, are to exceed `threshold`.
    pub fn new(min_instances: u64, delta: f64, threshold: f64, alpha: f64, mode: Direction) -> Self {
        let mean = Running::default();
        Self { min_instances, delta, threshold, alpha, mode, mean, rise: 0.0, least: 0.0, fall: 0.0, most: 0.0 }
    }
}

impl Watch for PageHinkley {
    const VALUES: Values = Values::Finite;

    fn update(&mut self, value: f64, _: &Cancel) -> Result<Signal> {
        self.mean.push(value);
        let apart = value - self.mean.mean;
        self.rise = self.alpha * self.rise + apart - self.delta;
        self.fall = self.alpha * self.fall + apart + self.delta;
        let is_first = self.mean.count == 1;
        self.least = if is_first { self.rise } else { self.least.min(self.rise) };
        self.most = if is_first { self.fall } else { self.most.max(self.fall) };
        let is_drift = self.mean.count >= self.min_instances
            && self.mode.exceeds(self.rise - self.least, self.most - self.fall, self.threshold);
        Ok(if is_drift { Signal::Drift } else { Signal::Quiet })
    }

    fn reset(&mut self) {
        *self = Self::new(self.min_instances, self.delta, self.threshold, self.alpha, self.mode);
    }

    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        vec![
            ("min_instances", Parameter::Int(self.min_instances)),
            ("delta", Parameter::Float(self.delta)),
            ("threshold", Parameter::Float(self.threshold)),
            ("alpha", Parameter::Float(self.alpha)),
            ("mode", Parameter::Text(self.mode.name())),
        ]
    }

    fn check(&self) -> Result<()> {
        whole("min_instances", self.min_instances, 1)?;
        not_negative("delta", self.delta)?;
        not_negative("threshold", self.threshold)?;
        in_range("alpha", self.alpha, 0.0 < self.alpha && self.alpha <= 1.0, "above 0 and at most 1")?;
        self.mean.check()?;
        holds([self.rise, self.least, self.fall, self.most].iter().all(|sum| sum.is_finite()))
    }
}

/// CUSUM: sums of standardised differences from a mean beyond a slack, above and below.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cusum {
    mean: Option<f64>,
    std: Option<f64>,
    slack: f64,
    threshold: f64,
    warm_start: u64,
    mode: Direction,
    learned: Running,
    up: f64,
    down: f64,
}

impl Cusum {
    /// A detector of changes by more than twice `slack` standard deviations. Mean and standard deviation that are not
    /// given are those of the first `warm_start` values.
    pub fn new(
        mean: Option<f64>,
        std: Option<f64>,
        slack: f64,
        threshold: f64,
        warm_start: u64,
        mode: Direction,
    ) -> Self {
        Self { mean, std, slack, threshold, warm_start, mode, learned: Running::default(), up: 0.0, down: 0.0 }
    }
}

impl Watch for Cusum {
    const VALUES: Values = Values::Finite;

    fn update(&mut self, value: f64, _: &Cancel) -> Result<Signal> {
        let is_known = self.mean.is_some() && self.std.is_some();
        if !is_known && self.learned.count < self.warm_start {
            self.learned.push(value);
            return Ok(Signal::Quiet);
        }
        let apart = value - self.mean.unwrap_or(self.learned.mean);
        // Of values that never varied any other one is a change.
        let apart = if apart == 0.0 { 0.0 } else { apart / self.std.unwrap_or_else(|| self.learned.std()) };
        self.up = (self.up + apart - self.slack).max(0.0);
        self.down = (self.down - apart - self.slack).max(0.0);
        let is_drift = self.mode.exceeds(self.up, self.down, self.threshold);
        Ok(if is_drift { Signal::Drift } else { Signal::Quiet })
    }

    fn reset(&mut self) {
        *self = Self::new(self.mean, self.std, self.slack, self.threshold, self.warm_start, self.mode);
    }

    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        vec![
            ("mean", Parameter::Optional(self.mean)),
            ("std", Parameter::Optional(self.std)),
            ("slack", Parameter::Float(self.slack)),
            ("threshold", Parameter::Float(self.threshold)),
            ("warm_start", Parameter::Int(self.warm_start)),
            ("mode", Parameter::Text(self.mode.name())),
        ]
    }

    fn check(&self) -> Result<()> {
        if let Some(mean) = self.mean {
            in_range("mean", mean, true, "a finite number")?;
        }
        if let Some(std) = self.std {
            in_range("std", std, std > 0.0, "a finite number above 0")?;
        }
        not_negative("slack", self.slack)?;
        not_negative("threshold", self.threshold)?;
        whole("warm_start", self.warm_start, 2)?;
        self.learned.check()?;
        holds(self.up >= 0.0 && self.down >= 0.0)
    }
}
