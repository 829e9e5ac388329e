//! Means of values between 0 and 1, by bounds that hold whatever their law: HDDM.
//!
//! Reference: Frías-Blanco and others, "Online and non-parametric drift detection methods based on Hoeffding's bounds",
//! IEEE Transactions on Knowledge and Data Engineering 27 (2015).

use std::f64::consts::LN_2;

use serde::{Deserialize, Serialize};

use super::{Parameter, Running, Signal, Values, Watch, holds, in_range, probability};
use crate::error::Result;
use crate::runtime::Cancel;

/// How sure a detector is to be before it warns, and before it has detected a drift.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Confidence {
    drift: f64,
    warning: f64,
    two_sided: bool,
}

impl Confidence {
    fn parameters(self) -> Vec<(&'static str, Parameter)> {
        vec![
            ("drift_confidence", Parameter::Float(self.drift)),
            ("warning_confidence", Parameter::Float(self.warning)),
            ("two_sided_test", Parameter::Bool(self.two_sided)),
        ]
    }

    fn check(self) -> Result<()> {
        probability("drift_confidence", self.drift)?;
        probability("warning_confidence", self.warning)?;
        in_range("warning_confidence", self.warning, self.warning >= self.drift, "at least drift_confidence")
    }

    /// What a mean says, that may have risen or fallen at such a confidence.
    fn signal(self, rose: impl Fn(f64) -> bool, fell: impl Fn(f64) -> bool) -> Signal {
        let has_changed = |confidence: f64| rose(confidence) || (self.two_sided && fell(confidence));
        if has_changed(self.drift) {
            Signal::Drift
        } else if has_changed(self.warning) {
            Signal::Warning
        } else {
            Signal::Quiet
        }
    }
}

/// HDDM with averages: the mean of all values beside that up to the place where it was least, by Hoeffding's bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HddmA {
    confidence: Confidence,
    all: Running,
    /// Up to where the mean was least, and up to where it was greatest.
    low: Running,
    high: Running,
}

impl HddmA {
    /// A detector of means that rise or, if it is two-sided, fall.
    pub fn new(drift: f64, warning: f64, two_sided: bool) -> Self {
        let nothing = Running::default();
        Self { confidence: Confidence { drift, warning, two_sided }, all: nothing, low: nothing, high: nothing }
    }

    /// Whether the mean before a cut and that of all values are further apart than chance makes them.
    fn differs(&self, before: &Running, apart: f64, confidence: f64) -> bool {
        let (all, before) = (self.all.count as f64, before.count as f64);
        let spread = (all - before) / before / all;
        before < all && apart >= (spread / 2.0 * (LN_2 - confidence.ln())).sqrt()
    }
}

impl Watch for HddmA {
    const VALUES: Values = Values::Unit;

    fn update(&mut self, value: f64, _: &Cancel) -> Result<Signal> {
        self.all.push(value);
        let error = |mean: &Running| (-self.confidence.drift.ln() / (2 * mean.count) as f64).sqrt();
        if self.low.count == 0 || self.low.mean + error(&self.low) >= self.all.mean + error(&self.all) {
            self.low = self.all;
        }
        if self.high.count == 0 || self.high.mean - error(&self.high) <= self.all.mean - error(&self.all) {
            self.high = self.all;
        }
        Ok(self.confidence.signal(
            |confidence| self.differs(&self.low, self.all.mean - self.low.mean, confidence),
            |confidence| self.differs(&self.high, self.high.mean - self.all.mean, confidence),
        ))
    }

    fn reset(&mut self) {
        let Confidence { drift, warning, two_sided } = self.confidence;
        *self = Self::new(drift, warning, two_sided);
    }

    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        self.confidence.parameters()
    }

    fn check(&self) -> Result<()> {
        self.confidence.check()?;
        [&self.all, &self.low, &self.high].into_iter().try_for_each(Running::check)?;
        holds([&self.all, &self.low, &self.high].into_iter().all(Running::is_share))?;
        let starts_together = (self.all.count == 0) == (self.low.count == 0 && self.high.count == 0);
        holds(starts_together && self.low.count <= self.all.count && self.high.count <= self.all.count)
    }
}

/// A mean in which earlier values weigh less and less.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Fading {
    mean: f64,
    /// The sum of squared weights; 0 without values.
    squares: f64,
}

impl Fading {
    const EMPTY: Self = Self { mean: 0.0, squares: 0.0 };

    fn push(&mut self, value: f64, share: f64) {
        if self.squares == 0.0 {
            *self = Self { mean: value, squares: 1.0 };
        } else {
            self.mean += share * (value - self.mean);
            self.squares = share * share + (1.0 - share) * (1.0 - share) * self.squares;
        }
    }
}

/// `McDiarmid`'s bound of a mean whose weights have such a sum of squares.
fn bound(squares: f64, confidence: f64) -> f64 {
    (squares * -confidence.ln() / 2.0).sqrt()
}

/// Values up to a cut, and those after it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Cut {
    before: Fading,
    after: Fading,
    /// The bound of the mean at the cut.
    at: f64,
}

impl Cut {
    const NONE: Self = Self { before: Fading::EMPTY, after: Fading::EMPTY, at: 0.0 };

    /// Moves the cut here if the bound is better than any before.
    fn update(&mut self, all: Fading, value: f64, share: f64, at: f64, is_better: bool) {
        if is_better || self.before.squares == 0.0 {
            *self = Self { before: all, after: Fading::EMPTY, at };
        } else {
            self.after.push(value, share);
        }
    }

    /// Whether the means are further apart than chance makes them, in one direction.
    fn differs(&self, direction: f64, confidence: f64) -> bool {
        let Self { before, after, .. } = self;
        after.squares > 0.0
            && direction * (after.mean - before.mean) > bound(before.squares + after.squares, confidence)
    }
}

/// HDDM with fading means: recent values beside those up to the place where the mean was least, by `McDiarmid`'s bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HddmW {
    confidence: Confidence,
    /// The weight of the newest value.
    share: f64,
    all: Fading,
    rising: Cut,
    falling: Cut,
}

impl HddmW {
    /// A detector of means that rise or, if it is two-sided, fall; the newest value has the weight `share`.
    pub fn new(drift: f64, warning: f64, share: f64, two_sided: bool) -> Self {
        let confidence = Confidence { drift, warning, two_sided };
        Self { confidence, share, all: Fading::EMPTY, rising: Cut::NONE, falling: Cut::NONE }
    }
}

impl Watch for HddmW {
    const VALUES: Values = Values::Unit;

    fn update(&mut self, value: f64, _: &Cancel) -> Result<Signal> {
        self.all.push(value, self.share);
        let (all, share) = (self.all, self.share);
        let error = bound(all.squares, self.confidence.drift);
        let (high, low) = (all.mean + error, all.mean - error);
        self.rising.update(all, value, share, high, high < self.rising.at);
        self.falling.update(all, value, share, low, low > self.falling.at);
        Ok(self.confidence.signal(
            |confidence| self.rising.differs(1.0, confidence),
            |confidence| self.falling.differs(-1.0, confidence),
        ))
    }

    fn reset(&mut self) {
        let Confidence { drift, warning, two_sided } = self.confidence;
        *self = Self::new(drift, warning, self.share, two_sided);
    }

    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        let mut all = self.confidence.parameters();
        all.insert(2, ("lambda_val", Parameter::Float(self.share)));
        all
    }

    fn check(&self) -> Result<()> {
        self.confidence.check()?;
        probability("lambda_val", self.share)?;
        let means = [&self.rising, &self.falling].into_iter().flat_map(|cut| [cut.before, cut.after]);
        let is_share = |mean: Fading| (-1e-9..=1.0 + 1e-9).contains(&mean.mean) && (0.0..=1.0).contains(&mean.squares);
        holds(means.chain([self.all]).all(is_share) && self.rising.at.is_finite() && self.falling.at.is_finite())
    }
}
