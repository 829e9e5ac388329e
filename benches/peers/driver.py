"""Asks the workers of a case in turn and gathers what they say."""

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from benches.peers.case import OURS, Case, Peer
from benches.peers.machine import Load

# Seconds that the rounds of one case may take together, beyond the fewest rounds.
BUDGET = {False: 60.0, True: 10.0}
ROUNDS = (3, 9)


@dataclass(frozen=True)
class Measurement:
    """What one peer took for one case."""

    workload: str
    case: str
    peer: str
    rounds: int
    median: float
    fastest: float
    slowest: float
    quality: str
    other_cores: float | None


class Worker:
    """One measured process."""

    def __init__(self, workload: str, case: Case, peer: Peer) -> None:
        self.name = peer.name
        self.seconds: list[float] = []
        clean = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benches.peers", "worker", workload, case.name, peer.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean | dict(peer.environment),
        )
        self.failed = self._answer() is None

    def ask(self, request: str) -> dict[str, Any] | None:
        """Send one request; None if the process has ended, which its own output explains."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        return self._answer()

    def _answer(self) -> dict[str, Any] | None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        answer: dict[str, Any] | None = json.loads(line) if line else None
        return answer

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def measure(workload: str, case: Case, *, quick: bool) -> list[Measurement]:
    """Run all peers of a case interleaved; a peer that cannot run is reported and left out."""
    workers = [Worker(workload, case, peer) for peer in case.peers]
    try:
        for worker in workers:
            if worker.failed:
                print(f"  {worker.name}: could not run here", file=sys.stderr)
        running = [worker for worker in workers if not worker.failed]
        load = Load([worker.process.pid for worker in running])
        warm_up = _round(running)
        rounds = min(max(int(BUDGET[quick] / max(warm_up, 1e-9)), ROUNDS[0]), ROUNDS[1])
        for worker in running:
            worker.seconds.clear()
        for _ in range(rounds):
            _round(running)
        others = load.other_cores()
        figures = {worker.name: _figures(worker) for worker in running}
        return [
            Measurement(
                workload,
                case.name,
                worker.name,
                rounds,
                statistics.median(worker.seconds),
                min(worker.seconds),
                max(worker.seconds),
                _quality(case, figures, worker.name),
                others,
            )
            for worker in running
        ]
    finally:
        for worker in workers:
            worker.close()


def _round(workers: list[Worker]) -> float:
    total = 0.0
    for worker in workers:
        answer = worker.ask("run")
        if answer is None:
            raise SystemExit(f"{worker.name} ended in the middle of its work")
        worker.seconds.append(answer["seconds"])
        total += answer["seconds"]
    return total


def _figures(worker: Worker) -> list[float]:
    answer = worker.ask("figures")
    if answer is None:
        raise SystemExit(f"{worker.name} ended in the middle of its work")
    figures: list[float] = answer["figures"]
    return figures


def _quality(case: Case, figures: dict[str, list[float]], peer: str) -> str:
    if case.quality == "accuracy":
        return f"accuracy {figures[peer][0]:.4f}"
    if peer == OURS or OURS not in figures:
        return "reference" if peer == OURS else ""
    pairs = zip(figures[OURS], figures[peer], strict=True)
    return f"largest difference {max(abs(ours - theirs) for ours, theirs in pairs):.1e}"
