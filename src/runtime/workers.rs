//! The threads of a call, and the flag that stops them.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use rayon::prelude::*;
use rayon::{Scope, ThreadPool};

use super::cancel::Cancel;
use crate::error::{Error, Result};

/// How many threads a call may use, and the flag by which it is asked to stop.
///
/// Work is cut into numbered pieces that do not depend on the number of threads, and results come
/// in the order of the pieces: any number of threads gives the same bytes. The flag is looked at
/// before each piece.
#[derive(Debug, Clone, Copy)]
pub struct Workers<'a> {
    threads: usize,
    cancel: &'a Cancel,
}

impl<'a> Workers<'a> {
    /// Up to `threads` threads that stop when `cancel` is set.
    pub const fn new(threads: usize, cancel: &'a Cancel) -> Self {
        Self { threads, cancel }
    }

    /// Up to `threads` threads that nothing stops.
    pub const fn unstoppable(threads: usize) -> Workers<'static> {
        static NEVER: Cancel = Cancel::new();
        Workers::new(threads, &NEVER)
    }

    /// This thread, which nothing stops.
    pub const fn alone() -> Workers<'static> {
        Self::unstoppable(1)
    }

    /// This thread only, if `few` holds: starting others would take longer than the work.
    #[must_use]
    pub const fn alone_if(self, few: bool) -> Self {
        if few { Self { threads: 1, ..self } } else { self }
    }

    /// How many threads there may be: for the size of pieces, where it changes no result.
    pub const fn threads(self) -> usize {
        self.threads
    }

    /// The flag, for work inside a piece.
    pub const fn cancel(self) -> &'a Cancel {
        self.cancel
    }

    /// Computes `work(0), …, work(count - 1)`; results come in order.
    ///
    /// One thread means this one: no pool is touched. After a failure, work not yet begun is
    /// skipped.
    ///
    /// # Errors
    /// One of the failures of `work`; [`crate::ErrorKind::Cancelled`].
    pub fn map<T: Send>(self, count: usize, work: impl Fn(usize) -> Result<T> + Sync + Send) -> Result<Vec<T>> {
        let work = |index| {
            self.cancel.check()?;
            work(index)
        };
        if self.threads <= 1 || count <= 1 {
            return (0..count).map(work).collect();
        }
        self.run(|| (0..count).into_par_iter().with_max_len(1).map(work).collect())?
    }

    /// Computes the same, and hands each result to `take` in order; however many there are, few
    /// wait at a time.
    ///
    /// # Errors
    /// As [`Workers::map`].
    pub fn fold<T: Send>(
        self,
        count: usize,
        work: impl Fn(usize) -> Result<T> + Sync + Send,
        mut take: impl FnMut(T),
    ) -> Result<()> {
        const WAITING: usize = 1024;
        for first in (0..count).step_by(WAITING) {
            self.map(WAITING.min(count - first), |index| work(first + index))?.into_iter().for_each(&mut take);
        }
        Ok(())
    }

    /// Works off a job, and all that `work` hands over meanwhile; results come in any order.
    ///
    /// # Errors
    /// As [`Workers::map`].
    pub fn spread<J: Send, T: Send>(
        self,
        first: J,
        work: impl Fn(J, &dyn Fn(J)) -> Result<T> + Sync + Send,
    ) -> Result<Vec<T>> {
        if self.threads > 1 {
            let done = Mutex::new(Ok(Vec::new()));
            pool(self.threads)?.install(|| rayon::scope(|scope| work_off(scope, first, &work, self.cancel, &done)));
            return done.into_inner().unwrap_or_else(PoisonError::into_inner);
        }
        let (waiting, mut done) = (RefCell::new(vec![first]), Vec::new());
        loop {
            let Some(job) = waiting.borrow_mut().pop() else { return Ok(done) };
            self.cancel.check()?;
            done.push(work(job, &|job| waiting.borrow_mut().push(job))?);
        }
    }

    /// Calls `work` with every piece of `length` items and its number; the last may be shorter.
    ///
    /// # Errors
    /// As [`Workers::map`].
    pub fn fill<T: Send>(
        self,
        items: &mut [T],
        length: usize,
        work: impl Fn(usize, &mut [T]) -> Result<()> + Sync + Send,
    ) -> Result<()> {
        let length = length.max(1);
        let work = |(index, piece)| {
            self.cancel.check()?;
            work(index, piece)
        };
        if self.threads <= 1 || items.len() <= length {
            return items.chunks_mut(length).enumerate().try_for_each(work);
        }
        self.run(|| items.par_chunks_mut(length).with_max_len(1).enumerate().try_for_each(work))?
    }

    /// Does work that hands many small pieces to these threads: among them the hand-over is quick.
    ///
    /// # Errors
    /// As `work`; [`crate::ErrorKind::Internal`] if no threads can be started.
    pub fn inside<T: Send>(self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        if self.threads <= 1 { work() } else { self.run(work)? }
    }

    /// Runs in a pool of these threads. Work that has others do a part of it stays in its own pool:
    /// with another, more threads would run than were asked for.
    fn run<T: Send>(self, work: impl FnOnce() -> T + Send) -> Result<T> {
        if rayon::current_thread_index().is_some() { Ok(work()) } else { Ok(pool(self.threads)?.install(work)) }
    }
}

/// Works off a job, unless one failed before it; those that it hands over go to any thread.
fn work_off<'s, J: Send + 's, T: Send>(
    scope: &Scope<'s>,
    job: J,
    work: &'s (impl Fn(J, &dyn Fn(J)) -> Result<T> + Sync),
    cancel: &'s Cancel,
    done: &'s Mutex<Result<Vec<T>>>,
) {
    let list = || done.lock().unwrap_or_else(PoisonError::into_inner);
    if list().is_err() {
        return;
    }
    let hand = |job| scope.spawn(move |scope| work_off(scope, job, work, cancel, done));
    let result = cancel.check().and_then(|()| work(job, &hand));
    let mut list = list();
    match (&mut *list, result) {
        (Ok(list), Ok(result)) => list.push(result),
        (Ok(_), Err(error)) => *list = Err(error),
        (Err(_), _) => {}
    }
}

/// A pool of threads, and the process and the number of threads that it was made for.
type Entry = (u32, usize, Arc<ThreadPool>);

/// Pools of the sizes used last are kept, since starting one takes some 100 microseconds.
///
/// A forked child makes its own, for threads do not survive a fork, and leaves its parent's alone,
/// whose locks may be held for ever. So may be the lock of this list, if another thread held it
/// while the process was forked: the child then works with pools that nobody keeps.
fn pool(threads: usize) -> Result<Arc<ThreadPool>> {
    const KEPT: usize = 4;
    static POOLS: Mutex<Vec<Entry>> = Mutex::new(Vec::new());
    let process = std::process::id();
    let find = |pools: &[Entry]| {
        let place = pools.iter().position(|entry| (entry.0, entry.1) == (process, threads))?;
        Some((place, Arc::clone(&pools[place].2)))
    };
    let list = || match POOLS.try_lock() {
        Ok(pools) => Some(pools),
        Err(TryLockError::Poisoned(pools)) => Some(pools.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    };
    if let Some(mut pools) = list()
        && let Some((place, pool)) = find(&pools)
    {
        pools[place..].rotate_left(1);
        return Ok(pool);
    }
    let pool = Arc::new(start(threads)?);
    let mut dropped = None;
    if let Some(mut pools) = list()
        && find(&pools).is_none()
    {
        let mut own = (0..pools.len()).filter(|&place| pools[place].0 == process);
        let oldest = own.next().filter(|_| own.count() + 1 >= KEPT);
        dropped = oldest.map(|place| pools.remove(place));
        pools.push((process, threads, Arc::clone(&pool)));
    }
    // Outside the lock: ending threads takes longer than the list should be held.
    drop(dropped);
    Ok(pool)
}

fn start(threads: usize) -> Result<ThreadPool> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("treering-{index}"))
        .build()
        .map_err(|error| Error::internal(format!("a pool of {threads} threads could not be started: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn results_come_in_order_for_any_number_of_threads() {
        let expected: Vec<usize> = (0..5000).map(|i| i * i).collect();
        // More sizes than are kept.
        for threads in [1, 2, 3, 4, 5, 6, 7, 2] {
            let workers = Workers::unstoppable(threads);
            assert_eq!(workers.map(5000, |i| Ok(i * i)).ok(), Some(expected.clone()));
            let mut taken = Vec::new();
            assert!(workers.fold(5000, |i| Ok(i * i), |square| taken.push(square)).is_ok());
            assert_eq!(taken, expected);
            let mut filled = vec![0; 5000];
            let square = |piece: usize, items: &mut [usize]| {
                items.iter_mut().enumerate().for_each(|(at, item)| *item = (piece * 7 + at).pow(2));
                Ok(())
            };
            assert!(workers.fill(&mut filled, 7, square).is_ok());
            assert_eq!(filled, expected);
        }
    }

    #[test]
    fn jobs_that_are_handed_over_are_done() {
        let halve = |numbers: std::ops::Range<usize>, hand: &dyn Fn(std::ops::Range<usize>)| {
            let mut rest = numbers;
            while rest.len() > 1 {
                let middle = rest.start + rest.len() / 2;
                hand(middle..rest.end);
                rest = rest.start..middle;
            }
            if rest.start == 777 { Err(Error::shape("x", 1, 2)) } else { Ok(rest.start) }
        };
        for threads in [1, 2, 3, 7] {
            let workers = Workers::unstoppable(threads);
            let mut done = workers.spread(0..500, halve).unwrap_or_default();
            done.sort_unstable();
            assert_eq!(done, (0..500).collect::<Vec<_>>());
            let failed = workers.spread(0..1000, halve);
            assert!(matches!(failed.map_err(|e| e.kind().clone()), Err(ErrorKind::Shape { .. })));
        }
    }

    #[test]
    fn a_failure_is_returned() {
        let fail = |index| if index == 40 { Err(Error::shape("x", 1, 2)) } else { Ok(index) };
        for threads in [1, 3] {
            let failed = Workers::unstoppable(threads).map(100, fail);
            assert!(matches!(failed.map_err(|e| e.kind().clone()), Err(ErrorKind::Shape { .. })));
            let failed = Workers::unstoppable(threads).fill(&mut [0; 100], 1, |index, _| fail(index).map(|_| ()));
            assert!(matches!(failed.map_err(|e| e.kind().clone()), Err(ErrorKind::Shape { .. })));
        }
    }

    #[test]
    fn a_request_stops_the_pieces_that_have_not_begun() {
        for threads in [1, 3] {
            let cancel = Cancel::new();
            let workers = Workers::new(threads, &cancel);
            let stopped = workers.map(10_000, |index| {
                if index == 0 {
                    cancel.request();
                }
                Ok(index)
            });
            assert_eq!(stopped.map_err(|e| e.kind().clone()), Err(ErrorKind::Cancelled));
            assert!(workers.fill(&mut [0; 9], 2, |_, _| Ok(())).is_err());
        }
    }
}
