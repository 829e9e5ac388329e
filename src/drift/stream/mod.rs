//! Detectors of change in a stream of numbers: one value after the other, in constant memory.
//!
//! * [`cumulative`]: sums of differences from a mean, Page–Hinkley and CUSUM;
//! * [`adwin`]: a window that is cut where its two parts differ;
//! * [`errors`]: error rates, and distances between errors, DDM and EDDM;
//! * [`hoeffding`]: means of bounded values by Hoeffding's bound and `McDiarmid`'s, HDDM;
//! * [`kswin`]: the end of a window beside a sample of its beginning;
//! * [`reference_ks`]: a window beside a reference that does not change, by a tree of prefix sums.

pub mod adwin;
pub mod cumulative;
pub mod errors;
pub mod hoeffding;
pub mod kswin;
pub mod reference_ks;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::persistence::{Checked, Kind};
use crate::runtime::Cancel;

pub use adwin::Adwin;
pub use cumulative::{Cusum, Direction, PageHinkley};
pub use errors::{Ddm, Eddm};
pub use hoeffding::{HddmA, HddmW};
pub use kswin::KsWin;
pub use reference_ks::ReferenceKs;

/// What a detector says after a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// Nothing has changed, as far as can be told.
    Quiet,
    /// Something may be changing.
    Warning,
    /// Something has changed.
    Drift,
}

/// Which values a detector takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Any number whose square is one, too.
    Finite,
    /// From 0 to 1.
    Unit,
    /// 0 or 1.
    Binary,
}

impl Values {
    /// Checks a value.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`].
    fn check(self, value: f64, place: usize) -> Result<()> {
        let (fits, expected) = match self {
            Self::Finite => (value.abs() <= LARGEST, "numbers from -1e150 to 1e150: leave missing values out"),
            Self::Unit => ((0.0..=1.0).contains(&value), "numbers from 0 to 1, such as 1 for an error and 0 for none"),
            Self::Binary => (value == 0.0 || value == 1.0, "1 for an error and 0 for none"),
        };
        if fits { Ok(()) } else { Err(Error::value(format!("value {place} of the stream"), value, expected)) }
    }
}

/// The largest number that a detector takes.
const LARGEST: f64 = 1e150;

/// No stream is as long; what is read may go on for as many values again.
const MOST_SEEN: u64 = 1 << 62;

/// A parameter of a detector, as its user gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Parameter {
    /// A number.
    Float(f64),
    /// A number, or none.
    Optional(Option<f64>),
    /// A whole number.
    Int(u64),
    /// A truth value.
    Bool(bool),
    /// A word.
    Text(&'static str),
}

/// What all detectors do.
pub trait Watch {
    /// Which values it takes.
    const VALUES: Values;

    /// Takes the next value, which has been checked.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    fn update(&mut self, value: f64, cancel: &Cancel) -> Result<Signal>;

    /// Forgets all values.
    fn reset(&mut self);

    /// Forgets what is over, after a detection.
    fn begin_anew(&mut self) {
        self.reset();
    }

    /// The parameters, by name.
    fn parameters(&self) -> Vec<(&'static str, Parameter)>;

    /// Checks parameters and state.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Parameter`]; [`crate::ErrorKind::ModelFile`] for a state that does not hold together.
    fn check(&self) -> Result<()>;
}

/// Any of the detectors.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Detector {
    /// Sums of differences from the running mean.
    PageHinkley(PageHinkley),
    /// Sums of standardised differences.
    Cusum(Cusum),
    /// A window that is cut.
    Adwin(Adwin),
    /// A rate of errors.
    Ddm(Ddm),
    /// Distances between errors.
    Eddm(Eddm),
    /// A mean, by Hoeffding's bound.
    HddmA(HddmA),
    /// A fading mean, by `McDiarmid`'s bound.
    HddmW(HddmW),
    /// The end of a window beside its beginning.
    KsWin(KsWin),
    /// A window beside a reference.
    ReferenceKs(ReferenceKs),
}

/// Calls one method of whichever detector it is.
macro_rules! each {
    ($detector:expr, $inner:ident => $call:expr) => {
        match $detector {
            Detector::PageHinkley($inner) => $call,
            Detector::Cusum($inner) => $call,
            Detector::Adwin($inner) => $call,
            Detector::Ddm($inner) => $call,
            Detector::Eddm($inner) => $call,
            Detector::HddmA($inner) => $call,
            Detector::HddmW($inner) => $call,
            Detector::KsWin($inner) => $call,
            Detector::ReferenceKs($inner) => $call,
        }
    };
}

impl Detector {
    /// The parameters, by name.
    pub fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        each!(self, inner => inner.parameters())
    }

    /// The name of its class.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PageHinkley(_) => "PageHinkley",
            Self::Cusum(_) => "CUSUM",
            Self::Adwin(_) => "ADWIN",
            Self::Ddm(_) => "DDM",
            Self::Eddm(_) => "EDDM",
            Self::HddmA(_) => "HDDM_A",
            Self::HddmW(_) => "HDDM_W",
            Self::KsWin(_) => "KSWIN",
            Self::ReferenceKs(_) => "StreamingKS",
        }
    }
}

/// A detector at work: it begins anew after each detection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Watcher {
    detector: Detector,
    signal: Signal,
    seen: u64,
    detections: u64,
}

impl Watcher {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Parameter`].
    ///
    /// ```
    /// use treering::drift::stream::{Ddm, Detector, Watcher};
    /// use treering::runtime::Cancel;
    ///
    /// let mut watcher = Watcher::new(Detector::Ddm(Ddm::new(30, 2.0, 3.0)))?;
    /// let errors: Vec<f64> = (0..400).map(|i| f64::from(u8::from(i > 200 || i % 10 == 0))).collect();
    /// let found = watcher.update_many(&errors, &Cancel::new())?;
    /// assert!(found.first().is_some_and(|at| (201..230).contains(at)));
    /// # Ok::<(), treering::Error>(())
    /// ```
    pub fn new(detector: Detector) -> Result<Self> {
        each!(&detector, inner => inner.check())?;
        Ok(Self { detector, signal: Signal::Quiet, seen: 0, detections: 0 })
    }

    /// Takes the next values; returns the places of those at which a drift was detected. Of values that it cannot take
    /// it takes none.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`]; [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn update_many(&mut self, values: &[f64], cancel: &Cancel) -> Result<Vec<usize>> {
        /// Values between two looks at whether to stop.
        const BLOCK: usize = 4096;
        let kind = each!(&self.detector, inner => kind_of(inner));
        values.iter().enumerate().try_for_each(|(place, &value)| kind.check(value, place))?;
        let mut found = Vec::new();
        for (place, &value) in values.iter().enumerate() {
            if place % BLOCK == 0 {
                cancel.check()?;
            }
            self.signal = each!(&mut self.detector, inner => inner.update(value, cancel))?;
            self.seen += 1;
            if self.signal == Signal::Drift {
                each!(&mut self.detector, inner => inner.begin_anew());
                self.detections += 1;
                found.push(place);
            }
        }
        Ok(found)
    }

    /// Forgets all values.
    pub fn reset(&mut self) {
        each!(&mut self.detector, inner => inner.reset());
        (self.signal, self.seen, self.detections) = (Signal::Quiet, 0, 0);
    }

    /// What the last value said.
    pub fn signal(&self) -> Signal {
        self.signal
    }

    /// How many values there were.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// How many drifts were detected.
    pub fn detections(&self) -> u64 {
        self.detections
    }

    /// The detector.
    pub fn detector(&self) -> &Detector {
        &self.detector
    }
}

fn kind_of<W: Watch>(_: &W) -> Values {
    W::VALUES
}

impl Checked for Watcher {
    const KIND: Kind = Kind::Detector;

    fn check(&self) -> Result<()> {
        each!(&self.detector, inner => inner.check()).map_err(|error| match error.kind() {
            ErrorKind::Parameter { .. } => Error::model_file(error.to_string()),
            _ => error,
        })?;
        if self.detections > self.seen || self.seen >= MOST_SEEN {
            return Err(Error::model_file("a detector has detected more than it has seen"));
        }
        Ok(())
    }
}

/// A parameter that is a number in a range, its ends left out or not.
fn in_range(name: &'static str, value: f64, fits: bool, expected: &str) -> Result<()> {
    if fits && value.is_finite() { Ok(()) } else { Err(Error::parameter(name, expected, value)) }
}

/// A probability, neither impossible nor certain.
fn probability(name: &'static str, value: f64) -> Result<()> {
    in_range(name, value, 0.0 < value && value < 1.0, "between 0 and 1, both excluded")
}

/// A number that is not less than zero.
fn not_negative(name: &'static str, value: f64) -> Result<()> {
    in_range(name, value, value >= 0.0, "a finite number, at least 0")
}

/// A whole number in a range.
fn whole(name: &'static str, value: u64, least: u64) -> Result<()> {
    whole_up_to(name, value, least, 1 << 24)
}

fn whole_up_to(name: &'static str, value: u64, least: u64, most: u64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::parameter(name, format!("a whole number from {least} to {most}"), value))
}

/// A state that cannot be.
fn impossible() -> Error {
    Error::model_file("the state of a detector does not hold together")
}

fn holds(fits: bool) -> Result<()> {
    if fits { Ok(()) } else { Err(impossible()) }
}

/// The mean of values that come one by one, and the squares about it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Running {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Running {
    fn push(&mut self, value: f64) {
        self.count += 1;
        let apart = value - self.mean;
        self.mean += apart / self.count as f64;
        // Of the largest numbers there is no square.
        self.squares = (self.squares + apart * (value - self.mean)).min(f64::MAX);
    }

    /// The standard deviation, with one degree of freedom less than values; 0 of fewer than two.
    fn std(&self) -> f64 {
        if self.count < 2 { 0.0 } else { (self.squares / (self.count - 1) as f64).sqrt() }
    }

    fn check(&self) -> Result<()> {
        holds(
            self.mean.abs() <= LARGEST
                && self.squares >= 0.0
                && self.squares.is_finite()
                && self.count < MOST_SEEN
                && (self.count > 0 || self.mean == 0.0),
        )
    }

    /// Whether it may be the mean of shares, but for rounding.
    fn is_share(&self) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.mean)
    }
}
