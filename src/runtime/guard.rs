//! Panics as errors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result};

/// Runs work, and turns a panic inside it into an error, on whichever thread it happened.
///
/// What the work had borrowed may be left half changed: drop it.
///
/// # Errors
/// Those of the work; [`crate::ErrorKind::Internal`] with the message of a panic.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Error::internal(message(&*panic))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::runtime::Workers;

    fn reason(result: Result<Vec<usize>>) -> Option<String> {
        match result.err()?.kind() {
            ErrorKind::Internal { reason } => Some(reason.clone()),
            _ => None,
        }
    }

    #[test]
    fn a_panic_on_any_thread_becomes_an_error() {
        for threads in [1, 3] {
            let outcome = guarded(|| {
                Workers::unstoppable(threads).map(100, |index| {
                    assert!(index != 40, "row {index} is broken");
                    Ok(index)
                })
            });
            assert_eq!(reason(outcome).as_deref(), Some("row 40 is broken"));
        }
    }

    #[test]
    fn results_and_errors_pass_through() {
        assert_eq!(guarded(|| Ok(7)).ok(), Some(7));
        let failed = guarded::<()>(|| Err(Error::shape("columns", 2, 3)));
        assert!(matches!(failed.map_err(|e| e.kind().clone()), Err(ErrorKind::Shape { .. })));
    }
}
