//! How good predictions are, with intervals.
//!
//! * [`contingency`]: one pass over true and predicted labels gives the table of counts;
//! * [`classification`]: accuracy, precision, recall, F-score and support, all from that table;
//! * [`intervals`]: how far each of them may be from its value in the population;
//! * [`ranking`]: the area under the ROC curve;
//! * [`probability`]: log loss;
//! * [`targets`]: true and predicted numbers of any type, read in pieces;
//! * [`regression`]: mean losses, deviances and the sums of R² in one reading of them;
//! * [`median`]: the median absolute error, by selection;
//! * [`means`]: intervals of a mean, from its standard error or by the bootstrap;
//! * [`text`]: dictionary encoding of text labels.
//!
//! Counts are integers and float sums run over fixed blocks of rows, merged in order: the same
//! bits for any number of threads.

pub(crate) mod binomial;
pub mod classification;
pub mod contingency;
pub mod intervals;
pub mod means;
pub mod median;
pub mod probability;
pub mod ranking;
pub mod regression;
pub mod targets;
pub mod text;

pub use classification::{Average, Scores, precision_recall_fscore};
pub use contingency::Contingency;
pub use intervals::{Interval, Summary, summarise, wilson};

/// Rows per block of a float sum and per task of a parallel one.
pub(crate) const BLOCK_ROWS: usize = 65_536;

/// Fewer rows than this are faster on one thread.
pub(crate) const PARALLEL_ROWS: usize = 200_000;
