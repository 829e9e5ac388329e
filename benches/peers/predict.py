"""Answering with a trained forest of 100 trees: one row at a time, and many at once."""

from collections.abc import Callable
from importlib import import_module
from itertools import cycle
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from benches.peers.case import OURS, SEED, THREADS, Case, Peer, Task, accuracy
from benches.peers.forest import Data, classification, iris


def _peer(library: str, name: str, load: Callable[[], Data], rows: int) -> Peer:
    def prepare() -> Task:
        X, X_test, y, y_test = train_test_split(*load(), test_size=0.2, random_state=SEED)
        forest = import_module(f"{library}.ensemble").RandomForestClassifier
        model = forest(n_estimators=100, n_jobs=THREADS, random_state=SEED).fit(X, y)
        # What answers one row at a time runs on one thread, as scikit-learn's guide advises.
        model.set_params(n_jobs=1 if rows == 1 else THREADS)
        batches = cycle(
            [np.ascontiguousarray(X_test[at : at + rows]) for at in range(0, len(X_test), rows)]
        )

        def figures(_: Any) -> list[float]:
            return accuracy(y_test, model.predict(X_test))

        return Task(run=lambda: model.predict(next(batches)), figures=figures)

    return Peer(name, prepare)


def _case(name: str, load: Callable[[], Data], rows: int) -> Case:
    peers = (_peer("treering", OURS, load, rows), _peer("sklearn", "scikit-learn", load, rows))
    return Case(name, peers, "accuracy")


CASES = (
    _case("iris, one row", iris, rows=1),
    _case("10k-x-20, one row", classification(12_500, 20), rows=1),
    _case("10k-x-20, 10,000 rows", classification(50_000, 20), rows=10_000),
)
