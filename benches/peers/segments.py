"""The rows in which predictions are worst: no peer looks for them, so treering is timed alone."""

from importlib import import_module
from typing import Any

import numpy as np

from benches.peers.case import OURS, SEED, Case, Peer, Task, size


def _ours() -> Task:
    """Slices of twenty columns; one in ten predictions is wrong, in one slice four in ten."""
    random = np.random.default_rng(SEED)
    X = random.random((size(100_000), 20))
    truth = random.integers(0, 2, len(X))
    in_slice = (X[:, 1] > 0.8) & (X[:, 4] < 0.5)
    predicted = truth ^ (random.random(len(X)) < np.where(in_slice, 0.4, 0.1))
    worst_segments = import_module("treering.performance").worst_segments

    def figures(report: Any) -> list[float]:
        return [float(report.overall.value), float(len(report))]

    return Task(lambda _: worst_segments(X, truth, predicted), figures)


CASES = (Case("worst segments, 100k x 20", (Peer(OURS, _ours),), limit=2.0),)
