//! Threads, keyed random streams, the cancel flag and the net under panics.
//!
//! * [`Cancel`]: a flag that long work polls, so that Ctrl-C ends it;
//! * [`guard`]: panics as errors;
//! * [`memory`]: room for results whose size the caller decides;
//! * [`threads`]: how many threads a call may use;
//! * [`workers`]: the threads of a call, and the flag that stops them;
//! * [`random`]: random draws that are a function of their key, not of the order of calls.

pub mod cancel;
pub mod guard;
pub mod memory;
pub mod random;
pub mod threads;
pub mod workers;

pub use cancel::Cancel;
pub use guard::guarded;
pub use random::{Stream, mix};
pub use threads::thread_count;
pub use workers::Workers;
