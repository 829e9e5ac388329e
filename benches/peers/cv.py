"""Five-fold cross-validation of a forest, on two cores.

scikit-learn may use the cores in two ways, threads inside each forest or processes for the folds;
both are measured.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from benches.peers.case import OURS, THREADS, Case, Peer, Task, size
from benches.peers.data import generated

Load = Callable[[], tuple[NDArray[Any], NDArray[Any]]]


def _peer(library: str, name: str, load: Load, *, trees: int, folds: int | None) -> Peer:
    def prepare() -> Task:
        X, y = load()
        validate = import_module(f"{library}.model_selection").cross_val_score
        forest = import_module(f"{library}.ensemble").RandomForestClassifier

        def run(seed: int) -> Any:
            model = forest(n_estimators=size(100, 3), n_jobs=trees, random_state=seed)
            return validate(model, X, y, cv=5, n_jobs=folds)

        return Task(
            run=run,
            figures=lambda scores: [float(np.mean(scores))],
        )

    return Peer(name, prepare)


def _case(name: str, load: Load) -> Case:
    peers = (
        _peer("treering", OURS, load, trees=THREADS, folds=None),
        _peer("sklearn", "scikit-learn, threads in forests", load, trees=THREADS, folds=None),
        _peer("sklearn", "scikit-learn, processes for folds", load, trees=1, folds=THREADS),
    )
    return Case(name, peers, ("accuracy",))


CASES = (
    _case("digits", lambda: load_digits(return_X_y=True)),
    _case("10k x 20", lambda: generated(size(10_000), 20)),
)
