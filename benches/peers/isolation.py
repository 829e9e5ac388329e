"""Isolation forests beside scikit-learn's: fitted on 100,000 rows and asked for all of them.

A hundredth of the rows lie anywhere; the figure is the area under the curve that tells them.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benches.peers.case import OURS, SEED, THREADS, Case, Peer, Task, size

COLUMNS = 20


def _rows() -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    random = np.random.default_rng(SEED)
    rows = size(100_000)
    odd = rows // 100
    cloud = random.normal(size=(rows - odd, COLUMNS))
    others = random.uniform(-5, 5, size=(odd, COLUMNS))
    return np.vstack([cloud, others]).astype(np.float32), np.arange(rows) >= rows - odd


def _task(library: str) -> Task:
    X, is_odd = _rows()
    forest = import_module(library).IsolationForest
    area = import_module("sklearn.metrics").roc_auc_score

    def run(seed: int) -> Any:
        return forest(random_state=seed, n_jobs=THREADS).fit(X).score_samples(X)

    return Task(run, lambda scores: [float(area(is_odd, -scores))])


CASES = (
    Case(
        "isolation forest, 100k x 20, fit and score",
        (
            Peer(OURS, lambda: _task("treering.ensemble")),
            Peer("scikit-learn", lambda: _task("sklearn.ensemble"), target=10.0),
        ),
        ("AUC",),
    ),
)
