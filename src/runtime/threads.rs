//! How many threads a call may use.

use std::sync::OnceLock;

use crate::error::{Error, Result};

/// How many threads a call may use.
///
/// `n_jobs` follows joblib: a positive number is taken as it is, −1 means every core, −2 all but
/// one. `None` means every core that this process may use (the standard library asks for its
/// affinity and for the quotas of cgroups of either version), and fewer where `RAYON_NUM_THREADS`
/// or `OMP_NUM_THREADS` say so. The latter is how loky, Dask, Ray and Spark tell their workers what
/// share of the machine is theirs.
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
        Some(jobs) if jobs > 0 => Ok(usize::try_from(jobs).unwrap_or(usize::MAX).min(cores.max(MOST_THREADS))),
        Some(jobs) => Ok((cores as i64 + 1).saturating_add(jobs).max(1) as usize),
    }
}

/// How many cores this process may use; asked once, since the answer is read from files.
fn available_cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// More threads than this (and than there are cores) never help, and may exhaust the limits of
/// the process.
const MOST_THREADS: usize = 64;

fn limit(variable: &str) -> Option<usize> {
    first_level(&std::env::var(variable).ok()?)
}

/// The number of threads in a value such as "4", or, with one for each level of nesting, "4,2".
fn first_level(value: &str) -> Option<usize> {
    value.split(',').next()?.trim().parse().ok().filter(|&limit| limit > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_openmp_reads_them() {
        assert_eq!(["4", "4,2", " 3 , 1", "+2"].map(first_level), [Some(4), Some(4), Some(3), Some(2)]);
        assert_eq!(["", "0", "-1", "many", ",2"].map(first_level), [None; 5]);
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
