"""Asks the workers of a case in turn and gathers what they say."""

import json
import os
import queue
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from benches.peers.case import OURS, Case, Peer
from benches.peers.machine import Load

# Seconds that the rounds of one case may take together, beyond the fewest rounds.
BUDGET = 40.0
ROUNDS = (3, 9)
# A call that takes longer than this is made once, without a round to warm up.
ONCE = 20.0
# Seconds after which a worker is ended: while it prepares itself, and in one call.
PREPARE, LIMIT = 900.0, 240.0
# Seconds of rest after each answer: idle threads of a pool spin for a while before they sleep.
REST = 0.05

# What tunes threads and kernels of the libraries; every worker starts without.
TUNING = ("OPENBLAS_", "OMP_", "GOMP_", "KMP_", "MKL_", "RAYON_")


@dataclass(frozen=True)
class Measurement:
    """What one peer took for one case: seconds or bytes; or, in `note`, why nothing is known.

    `scores` are those of every round, by name; `difference` is the largest one to treering.
    """

    workload: str
    case: str
    peer: str
    measure: str
    target: float | None
    limit: float | None
    step: float
    quick: bool
    note: str = ""
    rounds: int = 0
    median: float | None = None
    fastest: float | None = None
    slowest: float | None = None
    scores: dict[str, list[float]] = field(default_factory=dict)
    difference: float | None = None
    other_cores: float | None = None


class Worker:
    """One measured process. `failure` says why it cannot be asked any more."""

    def __init__(self, workload: str, case: Case, peer: Peer) -> None:
        self.failure: str | None = None
        clean = {key: value for key, value in os.environ.items() if not key.startswith(TUNING)}
        self.process = subprocess.Popen(
            [peer.python, "-m", "benches.peers", "worker", workload, case.name, peer.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean | dict(peer.environment),
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        self._answer(PREPARE)

    def ask(self, request: str) -> dict[str, Any] | None:
        """Send one request; None if it failed, then `failure` says how."""
        if self.failure is not None:
            return None
        assert self.process.stdin is not None
        # What the process said before it ended is read below.
        with suppress(BrokenPipeError):
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
        return self._answer(LIMIT)

    def _answer(self, limit: float) -> dict[str, Any] | None:
        try:
            line = self.lines.get(timeout=limit)
        except queue.Empty:
            self.process.kill()
            self.failure = f"no answer within {limit:.0f} s"
            return None
        if not line:
            self.failure = f"ended on its own, with code {self.process.wait()}"
            return None
        answer: dict[str, Any] = json.loads(line)
        self.failure = answer.get("failed")
        time.sleep(REST)
        return None if self.failure else answer

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as answers:
            for line in answers:
                self.lines.put(line)
        self.lines.put("")

    def close(self) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.listener.join()


class Record:
    """What is known of one peer while its case is measured."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.note = peer.missing() or ""
        self.out = bool(self.note)
        self.medians: list[float] = []
        self.fastest: list[float] = []
        self.figures: list[list[float]] = []
        self.first = 0.0

    def ask(self, worker: Worker, case: Case, seed: int) -> None:
        """One measurement and its figures."""
        start = time.monotonic()
        request = "run" if case.measure == "time" else "memory"
        answer = worker.ask(f"{request} {seed}")
        seconds = time.monotonic() - start
        scored = worker.ask("figures")
        if answer is None or scored is None:
            self.note, self.out = worker.failure or "", True
            return
        self.first = self.first or seconds
        self.medians.append(answer["median"])
        self.fastest.append(answer["fastest"])
        self.figures.append(scored["figures"])

    @property
    def slow(self) -> bool:
        return self.first > ONCE


def measure(workload: str, case: Case, *, quick: bool) -> list[Measurement]:
    """Run all peers of a case interleaved; a peer that cannot run is told with its reason."""
    records = [Record(peer) for peer in case.peers]
    obstacle, others = case.obstacle(), None
    if obstacle is not None:
        for record in records:
            record.note, record.out = obstacle, True
        print(f"  {case.name}: {obstacle}", file=sys.stderr)
    elif case.measure == "time":
        others = _in_turn(workload, case, records, quick=quick)
    else:
        others = _afresh(workload, case, records, quick=quick)
    for record in records:
        if record.note and obstacle is None:
            print(f"  {case.name}: {record.peer.name}: {record.note}", file=sys.stderr)
    ours = next(record for record in records if record.peer.name == OURS)
    return [_measurement(workload, case, record, ours, others, quick=quick) for record in records]


def _in_turn(workload: str, case: Case, records: list[Record], *, quick: bool) -> float | None:
    """Processes that live through all rounds: times of work that is warm."""
    workers: dict[str, Worker] = {}
    try:
        for record in records:
            if not record.out:
                worker = workers[record.peer.name] = Worker(workload, case, record.peer)
                record.note, record.out = worker.failure or "", worker.failure is not None
        load = Load([worker.process.pid for worker in workers.values()])

        def turn(asked: list[Record], seed: int) -> None:
            for record in asked:
                if not record.out:
                    record.ask(workers[record.peer.name], case, seed)

        turn(records, 0)
        again = [record for record in records if not record.out and not record.slow]
        for record in again:
            record.medians.clear()
            record.fastest.clear()
        for seed in range(1, 1 + _rounds(again, quick=quick)):
            turn(again, seed)
        return load.other_cores()
    finally:
        for worker in workers.values():
            worker.close()


def _afresh(workload: str, case: Case, records: list[Record], *, quick: bool) -> float | None:
    """A process for each measurement: the memory of work that is done for the first time."""
    load = Load([])
    for seed in range(1 if quick else ROUNDS[0]):
        for record in records:
            if record.out or record.slow:
                continue
            worker = Worker(workload, case, record.peer)
            try:
                record.ask(worker, case, seed)
            finally:
                worker.close()
    return load.other_cores()


def _rounds(records: list[Record], *, quick: bool) -> int:
    if quick:
        return 1
    seconds = sum(record.first for record in records)
    return min(max(int(BUDGET / max(seconds, 1e-9)), ROUNDS[0]), ROUNDS[1])


def _measurement(
    workload: str, case: Case, record: Record, ours: Record, others: float | None, *, quick: bool
) -> Measurement:
    row = Measurement(
        workload,
        case.name,
        record.peer.name,
        case.measure,
        record.peer.target,
        case.limit,
        case.step,
        quick,
        record.note,
    )
    if record.out:
        return row
    known = {
        "rounds": len(record.medians),
        "median": statistics.median(record.medians),
        "fastest": min(record.fastest),
        "slowest": max(record.medians),
        "scores": {
            name: list(values)
            for name, values in zip(case.scores, zip(*record.figures, strict=True), strict=False)
        },
        "difference": None if case.scores else _difference(record, ours),
        "other_cores": others,
    }
    return Measurement(**(asdict(row) | known))


def _difference(record: Record, ours: Record) -> float | None:
    if record is ours or ours.out:
        return None
    pairs = zip(ours.figures[-1], record.figures[-1], strict=True)
    return max(abs(one - other) for one, other in pairs)
