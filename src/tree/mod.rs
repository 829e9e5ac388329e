//! Decision trees.
//!
//! * [`params`]: how a tree is grown;
//! * [`targets`]: what it learns, and what it answers with;
//! * [`training`]: the rows that it is trained on;
//! * [`growth`]: growing one on coded rows, depth first or best first;
//! * [`nodes`]: the grown tree;
//! * [`pruning`]: minimal cost-complexity pruning;
//! * [`limits`]: the trees of stricter limits, read from a larger one;
//! * [`paths`]: the nodes that rows pass on their way to a leaf;
//! * [`dependence`]: partial dependence on some columns;
//! * [`walker`]: prediction with one tree or many.
//!
//! Splits are exact: every threshold between two neighbouring values of a node is tried. Given
//! scikit-learn's own random choices, trees are identical to scikit-learn's, node for node.
//!
//! ```
//! use ndarray::array;
//! use treering::data::{CodedMatrix, MatrixView};
//! use treering::runtime::Workers;
//! use treering::tree::{Seed, Targets, TrainingRows, TreeParams, grow};
//!
//! let x = array![[0.0], [1.0], [2.0], [3.0]];
//! let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
//! let targets = Targets::Classes { codes: &[0, 0, 1, 1], counts: &[2] };
//! let training = TrainingRows { matrix: &matrix, rows: &[0, 1, 2, 3], targets, weights: None };
//! let tree = grow(&training, &TreeParams::new(1), Seed::Key(0), Workers::alone())?;
//! assert_eq!(tree.nodes()[0].threshold, 1.5);
//! assert_eq!(tree.leaves(), 2);
//! # Ok::<(), treering::Error>(())
//! ```

mod coarse;
mod counting;
mod criterion;
pub mod dependence;
mod draws;
mod entries;
mod grower;
pub mod growth;
pub mod limits;
pub mod nodes;
pub mod params;
mod parts;
pub mod paths;
pub mod pruning;
mod splits;
pub mod targets;
mod tasks;
mod tile;
pub mod training;
mod trial;
pub mod walker;

pub use growth::{Seed, grow};
pub use limits::Limits;
pub use nodes::{Node, Tree};
pub use params::{Criterion, Splitter, TreeParams};
pub use paths::Paths;
pub use pruning::PruningPath;
pub use targets::{Outputs, Targets};
pub use training::TrainingRows;
pub use walker::{LazyWalker, Shuffles, Walker};
