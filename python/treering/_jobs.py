"""How many threads a call may use, where joblib has a say in it."""

import os
import sys
from multiprocessing import parent_process
from numbers import Integral
from typing import Any

import numpy as np
from joblib.parallel import SequentialBackend, get_active_backend  # type: ignore[attr-defined]

from treering._checks import shown

# Variables by which those who start worker processes (loky, Dask, Ray, Spark) tell each its share
_SHARES = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS")

# Fewer rows than this are predicted before joblib has been asked.
_FEW_ROWS = 200


def bounded(number: int | None) -> int | None:
    """Cut a whole number to what the core can hold, where any larger one means the same."""
    return None if number is None else max(-sys.maxsize, min(int(number), sys.maxsize))


def check_jobs(n_jobs: Any) -> None:
    """Refuse an ``n_jobs`` that is no whole number; its range is the core's to check."""
    # numpy registers its lengths of time among the whole numbers.
    if n_jobs is not None and (
        not isinstance(n_jobs, Integral) or isinstance(n_jobs, np.timedelta64)
    ):
        raise TypeError(
            f"n_jobs must be a whole number of threads, -1 for every core, or None; got "
            f"{shown(n_jobs)}"
        )


def threads(n_jobs: int | None, rows: int = _FEW_ROWS) -> int | None:
    """Turn ``n_jobs`` of a call on so many rows into what the core takes.

    None stands for what ``joblib.parallel_config`` says around the call, as in scikit-learn. Where
    it says nothing, the core uses every core of the process, or the share that the environment
    names. Calls from several threads of one process share one pool. A worker that joblib has forked
    without a word about its share works alone.
    """
    check_jobs(n_jobs)  # of a fitted model it may have been set to anything
    if n_jobs is not None or rows < _FEW_ROWS:
        return bounded(n_jobs)
    backend, jobs = get_active_backend()
    if isinstance(backend, SequentialBackend):
        return 1
    if jobs not in (None, -1):
        return bounded(jobs)
    is_worker = bool(backend.nesting_level) and parent_process() is not None
    return 1 if is_worker and not any(name in os.environ for name in _SHARES) else None
