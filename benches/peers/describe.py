"""Describing and correlating a million rows of twenty columns, beside pandas."""

from importlib import import_module
from typing import Any

import numpy as np

from benches.peers.case import OURS, SEED, Case, Peer, Task, size

STATISTICS = ["count", "mean", "std", "min", "25%", "50%", "75%", "max"]


def _frame(missing: float) -> Any:
    random = np.random.default_rng(SEED)
    rows = size(1_000_000)
    values = random.standard_normal((rows, 20)) + random.standard_normal((rows, 1))
    if missing:
        values[random.random(values.shape) < missing] = np.nan
    return import_module("pandas").DataFrame(values)


def _peers(missing: float, target: float | None) -> tuple[Peer, ...]:
    def ours() -> Task:
        frame = _frame(missing)
        stats = import_module("treering.stats")

        def figures(result: tuple[Any, Any]) -> list[float]:
            described, correlations = result
            rows = [[float(column[name]) for column in described.values()] for name in STATISTICS]
            return [*np.ravel(rows).tolist(), *correlations.matrix.ravel().tolist()]

        return Task(lambda _: (stats.describe(frame), stats.correlation(frame)), figures)

    def theirs() -> Task:
        frame = _frame(missing)

        def figures(result: tuple[Any, Any]) -> list[float]:
            return [float(value) for part in result for value in part.to_numpy().ravel()]

        return Task(lambda _: (frame.describe(), frame.corr()), figures)

    return Peer(OURS, ours), Peer("pandas", theirs, needs=("pandas",), target=target)


CASES = (
    Case("describe and correlation, 1M x 20", _peers(0.0, 10.0)),
    Case("describe and correlation, 1M x 20, a tenth missing", _peers(0.1, None)),
)
