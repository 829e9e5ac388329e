//! The flag by which long work is asked to stop.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{ErrorKind, Result};

/// A flag that is set once and polled often. Polling is one relaxed load.
#[derive(Debug, Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// A flag that nobody has set.
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Asks the work to stop at its next poll.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Fails once a stop was requested; long loops call it every few milliseconds or more often.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] after [`Cancel::request`].
    pub fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(ErrorKind::Cancelled.into()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_fails_the_next_check() {
        let cancel = Cancel::new();
        assert!(cancel.check().is_ok());
        cancel.request();
        assert_eq!(cancel.check().map_err(|e| e.kind().clone()), Err(ErrorKind::Cancelled));
    }
}
