//! The one error type of the core.
//!
//! | kind | when it happens | Python exception |
//! |---|---|---|
//! | [`ErrorKind::Parameter`] | a parameter is outside its range | `ValueError` |
//! | [`ErrorKind::Shape`] | two inputs do not fit together | `ValueError` |
//! | [`ErrorKind::Value`] | a value inside the data cannot be used | `ValueError` |
//! | [`ErrorKind::ModelFile`] | bytes are not a whole, unaltered model | `treering.ModelFileError` |
//! | [`ErrorKind::Memory`] | a result is larger than the memory | `MemoryError` |
//! | [`ErrorKind::Cancelled`] | the user asked to stop | `KeyboardInterrupt` |
//! | [`ErrorKind::Internal`] | a fault of ours | `treering.InternalError` |
//!
//! Kinds carry fields, not finished sentences; the sentence is made in one place, in one style:
//! what was given, what was expected, what to do.

use std::fmt;

/// What every fallible function of the core returns.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of the core: small, so that results stay cheap to pass.
#[derive(Debug)]
pub struct Error(Box<ErrorKind>);

/// What went wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A parameter is outside its range.
    #[error("the parameter {name} must be {expected}; got {got}")]
    Parameter {
        /// The parameter's name, as the user wrote it.
        name: &'static str,
        /// What it must be.
        expected: String,
        /// What it was.
        got: String,
    },
    /// Two inputs do not fit together.
    #[error("{what}: expected {expected}, got {got}")]
    Shape {
        /// Which sizes disagree.
        what: &'static str,
        /// The size that was expected.
        expected: usize,
        /// The size that was given.
        got: usize,
    },
    /// A value inside the data cannot be used.
    #[error("{what} contains {got}; expected {expected}")]
    Value {
        /// Where the value stands ("column 3, row 17 of X").
        what: String,
        /// What stands there.
        got: String,
        /// What may stand there, and what to do.
        expected: String,
    },
    /// Bytes are not a whole, unaltered model.
    #[error("this is not a readable treering model: {reason}")]
    ModelFile {
        /// What was found, and what to do.
        reason: String,
    },
    /// A result, or what it is made from, is larger than the memory.
    #[error("{} do not fit into memory; give fewer rows at a time", in_units(*.bytes))]
    Memory {
        /// The bytes that were asked for.
        bytes: u128,
    },
    /// The user asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// A fault of ours: an invariant of the core did not hold.
    #[error("internal fault in treering: {reason}; please report it with the call that caused it")]
    Internal {
        /// What did not hold.
        reason: String,
    },
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// A parameter outside its range.
    pub fn parameter(name: &'static str, expected: impl Into<String>, got: impl fmt::Display) -> Self {
        ErrorKind::Parameter { name, expected: expected.into(), got: got.to_string() }.into()
    }

    /// Two sizes that disagree.
    pub fn shape(what: &'static str, expected: usize, got: usize) -> Self {
        ErrorKind::Shape { what, expected, got }.into()
    }

    /// A value that cannot be used.
    pub fn value(what: impl Into<String>, got: impl fmt::Display, expected: impl Into<String>) -> Self {
        ErrorKind::Value { what: what.into(), got: got.to_string(), expected: expected.into() }.into()
    }

    /// Bytes that are not a model.
    pub fn model_file(reason: impl Into<String>) -> Self {
        ErrorKind::ModelFile { reason: reason.into() }.into()
    }

    /// Bytes that do not fit into memory.
    pub fn memory(bytes: u128) -> Self {
        ErrorKind::Memory { bytes }.into()
    }

    /// A fault of ours.
    pub fn internal(reason: impl Into<String>) -> Self {
        ErrorKind::Internal { reason: reason.into() }.into()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(kind))
    }
}

/// What linfa's traits ask of an error type; its own failures here are shapes that disagree.
impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::value("the data set", error, "records and targets of one length")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {}

fn in_units(bytes: u128) -> String {
    const UNITS: [&str; 4] = ["MiB", "GiB", "TiB", "PiB"];
    let power = (bytes.max(1).ilog2() / 10).clamp(2, 5);
    format!("{:.1} {}", bytes as f64 / f64::from(1 << 10).powi(power as i32), UNITS[power as usize - 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_in_units_that_people_read() {
        let text = |bytes| Error::memory(bytes).to_string();
        assert_eq!(text(80_000_000_000), "74.5 GiB do not fit into memory; give fewer rows at a time");
        assert!(text(1).starts_with("0.0 MiB"));
        assert!(text(u128::MAX).contains("PiB"));
    }

    #[test]
    fn messages_say_what_was_expected_and_what_was_given() {
        let error = Error::parameter("n_estimators", "at least 1", 0);
        assert_eq!(error.to_string(), "the parameter n_estimators must be at least 1; got 0");
        assert!(matches!(error.kind(), ErrorKind::Parameter { name: "n_estimators", .. }));
    }
}
