//! The doorway between Python and the core.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use pyo3::prelude::*;

use crate::error::{Error, Result};
use crate::runtime::{Cancel, Workers, guarded, thread_count};

/// How often Python is asked whether a signal has come. Core work polls its flag far more often,
/// so Ctrl-C ends a call within 0.2 s.
const SIGNAL_POLL: Duration = Duration::from_millis(50);

/// Runs long work without the GIL.
///
/// The work runs on a thread of its own while this one watches for signals: starting that thread
/// costs some 20 microseconds, so work known to be shorter than that goes through [`brief`].
/// A panic becomes `treering.InternalError`, a signal whatever its handler raises.
#[allow(clippy::redundant_closure_for_method_calls)] // the method itself has one lifetime only
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce(&Cancel) -> Result<T> + Send) -> PyResult<T> {
    let cancel = &Cancel::new();
    py.detach(|| {
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            std::thread::Builder::new()
                .name("treering".to_owned())
                .spawn_scoped(scope, move || {
                    // The receiver outlives this thread, so sending cannot fail.
                    let _ = sender.send(guarded(|| work(cancel)));
                })
                .map_err(|error| Error::internal(format!("no thread could be started: {error}")))?;
            let mut raised = None;
            loop {
                match receiver.recv_timeout(SIGNAL_POLL) {
                    Ok(result) => return raised.map_or_else(|| result.map_err(PyErr::from), Err),
                    Err(RecvTimeoutError::Timeout) => {
                        if let Err(error) = Python::attach(|py| py.check_signals()) {
                            cancel.request();
                            raised.get_or_insert(error);
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(Error::internal("a worker ended without an answer").into());
                    }
                }
            }
        })
    })
}

/// Runs work that ends within some 50 microseconds, with the GIL held.
pub(crate) fn brief<T>(work: impl FnOnce() -> Result<T>) -> PyResult<T> {
    guarded(work).map_err(PyErr::from)
}

/// Runs work through the doorway that fits: with the GIL held if `is_brief`, else without it, on as
/// many threads as `n_jobs` says.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    is_brief: bool,
    n_jobs: Option<i64>,
    work: impl FnOnce(Workers<'_>) -> Result<T> + Send,
) -> PyResult<T> {
    if is_brief {
        return brief(|| work(Workers::alone()));
    }
    let threads = thread_count(n_jobs)?;
    detached(py, |cancel| work(Workers::new(threads, cancel)))
}
