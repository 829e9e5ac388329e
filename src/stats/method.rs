//! How the p-value of a test by ranks is computed.

use crate::error::{Error, Result};

/// How the p-value of a test by ranks is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Exact for small samples, asymptotic beyond; which are small, each test says.
    Auto,
    /// Over all orders of different values; ties are not corrected for.
    Exact,
    /// By the limit law of the test.
    Asymptotic,
}

impl Method {
    /// The refusal of an exact p-value of samples that are too large for one.
    pub(super) fn refuse_exact(n_first: usize, n_second: usize) -> Error {
        let limit = "'asymptotic' for samples that are too large for an exact p-value";
        Error::parameter("method", limit, format!("'exact' for {n_first} and {n_second} values"))
    }
}

impl std::str::FromStr for Method {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Self::Auto),
            "exact" => Ok(Self::Exact),
            "asymptotic" => Ok(Self::Asymptotic),
            _ => Err(Error::parameter("method", "'auto', 'exact' or 'asymptotic'", format!("{name:?}"))),
        }
    }
}
