//! What training rows are labelled with, and what the nodes of a tree hold in answer.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::persistence::decoding::counted;

/// The labels of training rows, row by row.
#[derive(Debug, Clone, Copy)]
pub enum Targets<'a> {
    /// For every output a class, below the output's number of classes.
    Classes {
        /// `rows × outputs` classes.
        codes: &'a [u32],
        /// The number of classes of every output.
        counts: &'a [u32],
    },
    /// For every output a finite number.
    Numbers {
        /// `rows × outputs` numbers.
        values: &'a [f64],
        /// How many there are for each row.
        outputs: usize,
    },
}

impl Default for Targets<'_> {
    fn default() -> Self {
        Self::Numbers { values: &[], outputs: 1 }
    }
}

/// Numbers up to this have squares that can be weighed and summed.
pub const MOST_NUMBER: f64 = 1e120;

impl Targets<'_> {
    /// What a tree trained on these labels answers with.
    pub fn outputs(&self) -> Outputs {
        match *self {
            Self::Classes { counts, .. } => Outputs::Classes(counts.to_vec()),
            Self::Numbers { outputs, .. } => Outputs::Numbers(outputs as u32),
        }
    }

    /// How many labels a row has.
    pub fn per_row(&self) -> usize {
        match *self {
            Self::Classes { counts, .. } => counts.len(),
            Self::Numbers { outputs, .. } => outputs,
        }
    }

    /// Checks that there is a possible label for every output of every row.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for another number of labels, [`crate::ErrorKind::Value`] for a
    /// number that is not finite or too large.
    pub fn check(&self, rows: usize) -> Result<()> {
        let labels = match *self {
            Self::Classes { codes, .. } => codes.len(),
            Self::Numbers { values, .. } => values.len(),
        };
        if self.per_row() == 0 {
            return Err(Error::shape("outputs of y", 1, 0));
        }
        if rows.checked_mul(self.per_row()) != Some(labels) {
            return Err(Error::shape("labels for the rows of X", rows.saturating_mul(self.per_row()), labels));
        }
        match *self {
            Self::Classes { codes, counts } => {
                let is_known = |(place, &code): (usize, &u32)| code < counts[place % counts.len()];
                if !codes.iter().enumerate().all(is_known) {
                    return Err(Error::internal("a class code lies outside the classes"));
                }
            }
            Self::Numbers { values, outputs } => {
                let possible = -MOST_NUMBER..=MOST_NUMBER;
                if let Some(place) = values.iter().position(|value| !possible.contains(value)) {
                    return Err(Error::value(
                        format!("y, row {},", place / outputs),
                        format!("{:?}", values[place]),
                        "finite numbers, none beyond 1e120: drop the rows that are missing, rescale the others",
                    ));
                }
            }
        }
        Ok(())
    }
}

/// What the nodes of a tree hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outputs {
    /// For every output the share of each class; each entry is a number of classes.
    Classes(#[serde(deserialize_with = "counted")] Vec<u32>),
    /// So many numbers.
    Numbers(u32),
}

impl Outputs {
    /// How many outputs there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes(counts) => counts.len(),
            Self::Numbers(outputs) => *outputs as usize,
        }
    }

    /// Whether there is no output, which no tree has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of classes of every output; empty for numbers.
    pub fn class_counts(&self) -> &[u32] {
        match self {
            Self::Classes(counts) => counts,
            Self::Numbers(_) => &[],
        }
    }

    /// The largest number of classes of an output; 1 for numbers.
    pub fn most_classes(&self) -> usize {
        match self {
            Self::Classes(counts) => counts.iter().copied().max().unwrap_or(0) as usize,
            Self::Numbers(_) => 1,
        }
    }

    /// How many values a node holds: for every output as many as the largest has.
    pub fn width(&self) -> usize {
        self.len().saturating_mul(self.most_classes())
    }

    /// Checks that every output has a value, and that all together can be numbered.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`].
    pub fn check(&self) -> Result<()> {
        let has_empty = matches!(self, Self::Classes(counts) if counts.contains(&0));
        if self.is_empty() || has_empty {
            return Err(Error::shape("classes", 1, 0));
        }
        if self.width() >= 1 << 31 {
            return Err(Error::shape("classes of all outputs: more than a tree may have", (1 << 31) - 1, self.width()));
        }
        Ok(())
    }
}
