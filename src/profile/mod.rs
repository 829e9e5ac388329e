//! Profiles: what can be said of a table in constant memory, in parts that merge.
//!
//! * [`quantiles`]: the order of many numbers, with bounds that hold for certain;
//! * [`moments`]: moments to the fourth;
//! * [`distinct`]: how many distinct values there are;
//! * [`categories`]: texts and how often they occur;
//! * [`mod@column`]: all of that for one column;
//! * [`pairs`]: how columns go together;
//! * [`table`]: the columns of a table, part by part;
//! * [`compare`]: how far two columns are apart, between which numbers for certain.
//!
//! A profile keeps its parts, and adds them up in an order of their own when it is asked: so the same parts give the
//! same bytes, in whatever order they were merged, though sums of floating-point numbers do not.

pub mod categories;
pub mod column;
pub mod compare;
pub mod distinct;
pub mod moments;
pub mod pairs;
pub mod quantiles;
pub mod table;

pub use column::ColumnProfile;
pub use table::{Part, Profile};
