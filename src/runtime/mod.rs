//! Threads, keyed random streams, the cancel flag and the net under panics.
//!
//! * [`Cancel`]: a flag that long work polls, so that Ctrl-C ends it;
//! * [`guard`]: panics as errors;
//! * [`threads`]: pools by size, and how many threads a call may use;
//! * [`random`]: random draws that are a function of their key, not of the order of calls.

pub mod cancel;
pub mod guard;
pub mod random;
pub mod threads;

pub use cancel::Cancel;
pub use guard::guarded;
pub use random::{Stream, mix};
pub use threads::{map_indices, thread_count};
