//! Threads, keyed random streams and the cancel flag.
//!
//! * [`Cancel`]: a flag that long work polls, so that Ctrl-C ends it;
//! * [`threads`]: pools by size, and how many threads a call may use;
//! * [`random`]: random draws that are a function of their key, not of the order of calls.

pub mod cancel;
pub mod random;
pub mod threads;

pub use cancel::Cancel;
pub use random::{Stream, mix};
pub use threads::{map_indices, thread_count};
