"""Five-fold cross-validation of a forest, on two cores.

scikit-learn may use the cores in two ways, threads inside each forest or processes for the folds;
both are measured.
"""

from collections.abc import Callable
from importlib import import_module

import numpy as np

from benches.peers.case import OURS, SEED, THREADS, Case, Peer, Task
from benches.peers.forest import Data, classification, digits


def _peer(
    library: str, name: str, load: Callable[[], Data], *, trees: int, folds: int | None
) -> Peer:
    def prepare() -> Task:
        X, y = load()
        validate = import_module(f"{library}.model_selection").cross_val_score
        forest = import_module(f"{library}.ensemble").RandomForestClassifier
        model = forest(n_estimators=100, n_jobs=trees, random_state=SEED)
        return Task(
            run=lambda: validate(model, X, y, cv=5, n_jobs=folds),
            figures=lambda scores: [float(np.mean(scores))],
        )

    return Peer(name, prepare)


def _case(name: str, load: Callable[[], Data]) -> Case:
    peers = (
        _peer("treering", OURS, load, trees=THREADS, folds=None),
        _peer("sklearn", "scikit-learn, threads in forests", load, trees=THREADS, folds=None),
        _peer("sklearn", "scikit-learn, processes for folds", load, trees=1, folds=THREADS),
    )
    return Case(name, peers, "accuracy")


CASES = (_case("digits", digits), _case("10k-x-20", classification(10_000, 20)))
