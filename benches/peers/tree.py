"""Training one tree to its full depth, on 100k rows and fifty columns."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from benches.peers.case import OURS, THREADS, Case, Score
from benches.peers.data import Data, classification, linear
from benches.peers.models import Forest, Kind, fit, intelex_forest

# A tree has no n_jobs; these bound what a library may use on a machine of more cores.
TWO_CORES = {"RAYON_NUM_THREADS": str(THREADS), "OMP_NUM_THREADS": str(THREADS)}


def tree(library: str, kind: Kind, seed: int, _: Data) -> Any:
    make = getattr(import_module(f"{library}.tree"), f"DecisionTree{kind}")
    return make(random_state=seed)


def _case(name: str, kind: Kind, load: Callable[[], Data], scores: tuple[Score, ...]) -> Case:
    # oneDAL has no tree of its own; a forest of one, without bootstrap, is one.
    one = Forest(kind, trees=1, max_features=1.0, options={"bootstrap": False})
    peers = (
        fit(OURS, partial(tree, "treering", kind), load, scores, environment=TWO_CORES),
        fit("scikit-learn", partial(tree, "sklearn", kind), load, scores, target=10.0),
        intelex_forest(one, load, scores, 1.0),
        intelex_forest(one, load, scores, 1.0, bins=-1),
    )
    return Case(name, peers, scores)


CASES = (
    _case("classifier", "Classifier", classification(100_000, 50), ("accuracy", "AUC", "nodes")),
    _case("regressor", "Regressor", linear(100_000, 50), ("RMSE", "nodes")),
)
