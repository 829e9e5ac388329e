//! Rates of errors: DDM, and EDDM by the distances between them.
//!
//! References: Gama, Medas, Castillo and Rodrigues, "Learning with drift detection" (2004); Baena-García and others,
//! "Early drift detection method" (2006).

use serde::{Deserialize, Serialize};

use super::{MOST_SEEN, Parameter, Running, Signal, Values, Watch, holds, in_range, not_negative, whole};
use crate::error::Result;
use crate::runtime::Cancel;

/// DDM: the rate of errors and its standard deviation, beside the least that they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ddm {
    warm_start: u64,
    warning_threshold: f64,
    drift_threshold: f64,
    rate: Running,
    /// The rate and its standard deviation where their sum was least.
    least: Option<(f64, f64)>,
}

impl Ddm {
    /// A detector that warns when the rate of errors lies so many standard deviations above the least.
    pub fn new(warm_start: u64, warning_threshold: f64, drift_threshold: f64) -> Self {
        Self { warm_start, warning_threshold, drift_threshold, rate: Running::default(), least: None }
    }
}

impl Watch for Ddm {
    const VALUES: Values = Values::Unit;

    fn update(&mut self, value: f64, _: &Cancel) -> Result<Signal> {
        self.rate.push(value);
        let rate = self.rate.mean.clamp(0.0, 1.0);
        // Without any error there is no rate to exceed: the first one would be a drift.
        if self.rate.count <= self.warm_start || rate == 0.0 {
            return Ok(Signal::Quiet);
        }
        let deviation = (rate * (1.0 - rate) / self.rate.count as f64).sqrt();
        let (least, spread) = match self.least {
            Some((least, spread)) if rate + deviation > least + spread => (least, spread),
            _ => *self.least.insert((rate, deviation)),
        };
        let level = rate + deviation;
        Ok(if level > least + self.drift_threshold * spread {
            Signal::Drift
        } else if level > least + self.warning_threshold * spread {
            Signal::Warning
        } else {
            Signal::Quiet
        })
    }

    fn reset(&mut self) {
        *self = Self::new(self.warm_start, self.warning_threshold, self.drift_threshold);
    }

    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        vec![
            ("warm_start", Parameter::Int(self.warm_start)),
            ("warning_threshold", Parameter::Float(self.warning_threshold)),
            ("drift_threshold", Parameter::Float(self.drift_threshold)),
        ]
    }

    fn check(&self) -> Result<()> {
        whole("warm_start", self.warm_start, 1)?;
        not_negative("warning_threshold", self.warning_threshold)?;
        let drift = self.drift_threshold;
        in_range("drift_threshold", drift, drift >= self.warning_threshold, "at least warning_threshold")?;
        self.rate.check()?;
        holds(self.rate.is_share())?;
        holds(self.least.is_none_or(|(rate, spread)| (0.0..=1.0).contains(&rate) && (0.0..=1.0).contains(&spread)))
    }
}

/// EDDM: the distance between errors and its standard deviation, beside the most that they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Eddm {
    warm_start: u64,
    alpha: f64,
    beta: f64,
    seen: u64,
    last_error: u64,
    distances: Running,
    most: f64,
    level: Signal,
}

impl Eddm {
    /// A detector that warns when errors are nearer to one another than a share `alpha` of the most that they were, and
    /// has detected a drift below the share `beta`.
    pub fn new(warm_start: u64, alpha: f64, beta: f64) -> Self {
        let distances = Running::default();
        Self { warm_start, alpha, beta, seen: 0, last_error: 0, distances, most: 0.0, level: Signal::Quiet }
    }
}

impl Watch for Eddm {
    const VALUES: Values = Values::Binary;

    fn update(&mut self, value: f64, _: &Cancel) -> Result<Signal> {
        self.seen += 1;
        if value == 0.0 {
            return Ok(self.level);
        }
        self.distances.push((self.seen - self.last_error) as f64);
        self.last_error = self.seen;
        if self.seen > self.warm_start {
            let now = self.distances.mean + 2.0 * self.distances.std();
            if now > self.most {
                self.most = now;
            } else if self.distances.count > self.warm_start {
                let share = now / self.most;
                self.level = if share < self.beta {
                    Signal::Drift
                } else if share < self.alpha {
                    Signal::Warning
                } else {
                    Signal::Quiet
                };
            }
        }
        Ok(self.level)
    }

    fn reset(&mut self) {
        *self = Self::new(self.warm_start, self.alpha, self.beta);
    }

    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        vec![
            ("warm_start", Parameter::Int(self.warm_start)),
            ("alpha", Parameter::Float(self.alpha)),
            ("beta", Parameter::Float(self.beta)),
        ]
    }

    fn check(&self) -> Result<()> {
        whole("warm_start", self.warm_start, 1)?;
        in_range("beta", self.beta, 0.0 < self.beta && self.beta <= 1.0, "above 0 and at most 1")?;
        in_range("alpha", self.alpha, self.beta <= self.alpha && self.alpha <= 1.0, "at least beta and at most 1")?;
        self.distances.check()?;
        holds(self.seen < MOST_SEEN && self.last_error <= self.seen && self.most >= 0.0)
    }
}
