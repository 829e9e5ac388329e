//! What a two-sample test looks for.

use crate::error::{Error, Result};

/// What a two-sample test looks for: any difference, or one of a direction. Which one, each test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// Any difference.
    TwoSided,
    /// What the test compares is less in the first sample.
    Less,
    /// What the test compares is greater in the first sample.
    Greater,
}

impl std::str::FromStr for Alternative {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "two-sided" => Ok(Self::TwoSided),
            "less" => Ok(Self::Less),
            "greater" => Ok(Self::Greater),
            _ => Err(Error::parameter("alternative", "'two-sided', 'less' or 'greater'", format!("{name:?}"))),
        }
    }
}
