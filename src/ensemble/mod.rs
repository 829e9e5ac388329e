//! Many trees that decide together.
//!
//! * [`boosting`]: trees of which each learns what those before it have left;
//! * [`bootstrap`]: which rows each tree is trained on;
//! * [`forest`]: random forests, their predictions and out-of-bag estimates; those of a search's
//!   candidates, read from one ([`ForestParams::loosest`], [`Forest::limited`]);
//! * [`isolation`]: isolation forests.
//!
//! ```
//! use ndarray::Array2;
//! use treering::data::MatrixView;
//! use treering::ensemble::{Bootstrap, ForestParams, fit};
//! use treering::runtime::Workers;
//! use treering::tree::{Targets, TreeParams};
//!
//! let x = Array2::from_shape_fn((100, 2), |(row, column)| ((row * 7 + column * 3) % 100) as f64);
//! let classes: Vec<u32> = x.column(0).iter().map(|&value| u32::from(value > 49.0)).collect();
//! let targets = Targets::Classes { codes: &classes, counts: &[2] };
//! let params = ForestParams {
//!     n_estimators: 10,
//!     tree: TreeParams::new(2),
//!     bootstrap: Some(Bootstrap { draws: 100, balanced: false }),
//! };
//! let forest = fit(MatrixView::F64(x.view()), targets, &params, 7, Workers::unstoppable(2))?;
//! let shares = forest.predict(MatrixView::F64(x.view()), Workers::unstoppable(2))?;
//! let right = shares.chunks(2).zip(&classes).filter(|(row, class)| (row[1] > row[0]) == (**class == 1)).count();
//! assert!(right >= 97);
//! # Ok::<(), treering::Error>(())
//! ```

pub mod boosting;
pub mod bootstrap;
pub mod forest;
pub mod isolation;
mod nested;

pub use bootstrap::{Bootstrap, Sampler};
pub(crate) use forest::TreePlan;
pub use forest::{Forest, ForestParams, OutOfBag, fit};
pub use isolation::IsolationParams;
