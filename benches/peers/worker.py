"""The measured process: prepares one peer, then answers requests from its standard input."""

import gc
import json
import os
import statistics
import sys
import time
import warnings
from typing import Any, TextIO

from benches.peers import peak
from benches.peers.case import OURS, Peer, Task

# A request repeats calls that are shorter than this, and answers with their median.
ENOUGH = 0.1

# The share of the machine's memory that one process may take, so that no other one is ended.
SHARE = 0.5


def serve(peer: Peer) -> None:
    """Answer `run SEED` and `memory SEED` with a measurement and `figures` with numbers.

    Answers are lines of JSON. What fails is answered with a reason.
    """
    # Whatever a library prints must not end up among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    _bound_memory()
    try:
        if peer.name == OURS:
            _refuse_development_build()
        task = peer.prepare()
        _say(answers, ready=True)
        result: Any = None
        for request in sys.stdin:
            word, *seed = request.split()
            if word == "figures":
                _say(answers, figures=task.figures(result))
                continue
            result = None
            gc.collect()
            measured, result = (_timed if word == "run" else _sized)(task, int(seed[0]))
            _say(answers, **measured)
    # A peer may fail in its own way; that is one line of the table, not the end of the run.
    except Exception as error:  # noqa: BLE001
        _say(answers, failed=f"{type(error).__name__}: {error}".splitlines()[0])


def _timed(task: Task, seed: int) -> tuple[dict[str, float], Any]:
    seconds: list[float] = []
    while True:
        start = time.perf_counter()
        result = task.run(seed)
        seconds.append(time.perf_counter() - start)
        if sum(seconds) >= ENOUGH:
            return {"median": statistics.median(seconds), "fastest": min(seconds)}, result


def _sized(task: Task, seed: int) -> tuple[dict[str, float], Any]:
    size, result = peak.during(lambda: task.run(seed))
    return {"median": size, "fastest": size}, result


def _bound_memory() -> None:
    """A library that asks for too much is refused, where the system can do so."""
    try:
        import resource
    except ImportError:
        return
    if not sys.platform.startswith("linux"):
        return
    most = int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * SHARE)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _refuse_development_build() -> None:
    from treering._core import DEVELOPMENT_BUILD

    if DEVELOPMENT_BUILD:
        raise RuntimeError("this is a development build, which is not for timing: use `make bench`")


def _say(answers: TextIO, **fields: object) -> None:
    answers.write(json.dumps(fields) + "\n")
    answers.flush()
