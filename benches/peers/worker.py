"""The measured process: prepares one peer, then answers requests from its standard input."""

import gc
import json
import os
import statistics
import sys
import time
import warnings
from typing import Any, TextIO

from benches.peers.case import OURS, Peer, Task

# A request repeats calls that are shorter than this, and answers with their median.
ENOUGH = 0.1


def serve(peer: Peer) -> None:
    """Answer `run` with seconds and `figures` with numbers, one line of JSON each."""
    # Whatever a library prints must not end up among the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    if peer.name == OURS:
        _refuse_development_build()
    task = peer.prepare()
    _say(answers, ready=True)
    result: Any = None
    for request in sys.stdin:
        if request.strip() == "run":
            result = None
            gc.collect()
            seconds, result = _timed(task)
            _say(answers, seconds=seconds)
        else:
            _say(answers, figures=task.figures(result))


def _timed(task: Task) -> tuple[float, Any]:
    seconds: list[float] = []
    while True:
        start = time.perf_counter()
        result = task.run()
        seconds.append(time.perf_counter() - start)
        if sum(seconds) >= ENOUGH:
            return statistics.median(seconds), result


def _refuse_development_build() -> None:
    from treering._core import DEVELOPMENT_BUILD

    if DEVELOPMENT_BUILD:
        raise SystemExit("this is a development build, which is not for timing: use `make bench`")


def _say(answers: TextIO, **fields: object) -> None:
    answers.write(json.dumps(fields) + "\n")
    answers.flush()
