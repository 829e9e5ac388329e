//! treering: the whole life of a tabular model. This is the Rust core.
//!
//! # The rooms, in the order in which data travels
//!
//! A room uses only rooms above it in this list; `tests/test_architecture.py` holds it.
//!
//! | room | what it is for |
//! |---|---|
//! | [`error`] | the one error type: what was given, what was expected, what to do |
//! | [`runtime`] | threads, keyed random streams, the cancel flag, the net under panics |
//! | [`persistence`] | the model file: revision, schema, parameters, trees, checksum |
//! | [`data`] | borrowed matrices of any strides, the coded matrix |
//! | [`stats`] | moments, quantiles, correlations, histograms, two-sample tests, multiple testing |
//! | [`metrics`] | how good predictions are, with intervals |
//! | [`preprocessing`] | scalers, categories |
//! | [`tree`] | criteria, split search, growing, pruning, prediction with one tree |
//! | [`ensemble`] | bootstrap, forests, out-of-bag estimates |
//! | [`model_selection`] | folds and cross-validation on one coded matrix |
//! | [`explain`] | what columns contribute to predictions of trees |
//! | [`profile`] | what can be said of a table in constant memory, in parts that merge |
//! | [`drift`] | a reference sorted once, compared with many windows |
//! | `python` | the only room that knows Python (feature `python`) |
//!
//! # Where to start
//!
//! * to train a forest: [`ensemble`];
//! * to compare two samples: [`stats`];
//! * to add a kernel: the room it belongs to, then its file under `src/python`, its stub under
//!   `python/treering/_core`, its face under `python/treering`.
//!
//! # Promises
//!
//! A result is a function of the data, the parameters and the seed: never of the number of
//! threads. Of the machine it depends through the logarithm of its C library alone (entropy, log
//! loss). No data panics; an index or a length that breaks a documented condition may.

pub mod data;
pub mod drift;
pub mod ensemble;
pub mod error;
pub mod explain;
pub mod metrics;
pub mod model_selection;
pub mod persistence;
pub mod preprocessing;
pub mod profile;
pub mod runtime;
pub mod stats;
pub mod tree;

#[cfg(feature = "python")]
mod python;

pub use error::{Error, ErrorKind, Result};
