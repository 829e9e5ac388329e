//! Pools by size, and how many threads a call may use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::error::{Error, Result};

/// How many threads a call may use.
///
/// `n_jobs` follows joblib: a positive number is taken as it is, −1 means every core, −2 all but
/// one. `None` means every core that this process may use (affinity and cgroup limits included),
/// and fewer where `RAYON_NUM_THREADS` or `OMP_NUM_THREADS` say so.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] for 0.
pub fn thread_count(n_jobs: Option<i64>) -> Result<usize> {
    let cores = available_cores();
    match n_jobs {
        None => {
            Ok(["RAYON_NUM_THREADS", "OMP_NUM_THREADS"].iter().filter_map(|name| limit(name)).fold(cores, usize::min))
        }
        Some(0) => Err(Error::parameter("n_jobs", "a positive or a negative whole number, or None", 0)),
        Some(jobs) if jobs > 0 => Ok(usize::try_from(jobs).unwrap_or(cores).min(MOST_THREADS)),
        Some(jobs) => Ok((cores as i64 + 1 + jobs).max(1) as usize),
    }
}

/// How many cores this process may use; asked once, since the answer is read from files.
fn available_cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// More threads than this never help and may exhaust the process's limits.
const MOST_THREADS: usize = 1024;

fn limit(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok().filter(|&limit| limit > 0)
}

/// Computes `work(0), …, work(count - 1)` on up to `threads` threads; results come in order.
///
/// One thread means this one: no pool is touched. After a failure, work not yet begun is skipped.
///
/// # Errors
/// One of the failures of `work`.
pub fn map_indices<T: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    if threads <= 1 || count <= 1 {
        return (0..count).map(work).collect();
    }
    pool(threads)?.install(|| (0..count).into_par_iter().with_max_len(1).map(work).collect())
}

/// Pools live as long as their process; a forked child makes its own, since threads do not
/// survive a fork.
fn pool(threads: usize) -> Result<Arc<ThreadPool>> {
    static POOLS: Mutex<BTreeMap<(u32, usize), Arc<ThreadPool>>> = Mutex::new(BTreeMap::new());
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (std::process::id(), threads);
    if let Some(pool) = pools.get(&key) {
        return Ok(Arc::clone(pool));
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("treering-{index}"))
        .build()
        .map_err(|error| Error::internal(format!("a pool of {threads} threads could not be started: {error}")))?;
    let pool = Arc::new(pool);
    pools.insert(key, Arc::clone(&pool));
    Ok(pool)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn results_come_in_order_for_any_number_of_threads() {
        let expected: Vec<usize> = (0..1000).map(|i| i * i).collect();
        for threads in [1, 2, 3, 7] {
            assert_eq!(map_indices(threads, 1000, |i| Ok(i * i)).ok(), Some(expected.clone()));
        }
    }

    #[test]
    fn a_failure_is_returned() {
        let failed = map_indices(3, 100, |i| if i == 40 { Err(Error::shape("x", 1, 2)) } else { Ok(i) });
        assert!(matches!(failed.map_err(|e| e.kind().clone()), Err(ErrorKind::Shape { .. })));
    }

    #[test]
    fn jobs_follow_joblib() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        assert_eq!(thread_count(Some(3)).ok(), Some(3));
        assert_eq!(thread_count(Some(-1)).ok(), Some(cores));
        assert_eq!(thread_count(Some(-1000)).ok(), Some(1));
        assert!(thread_count(Some(0)).is_err());
        assert!(thread_count(None).is_ok_and(|n| (1..=cores).contains(&n)));
    }
}
