"""Histogram gradient boosting: 100 iterations of 31 leaves, its time and its memory at the peak.

All peers cut columns into 255 bins, ask 20 rows of each leaf (XGBoost an equal weight of hessians
instead) and are told to train all iterations.
"""

from functools import partial
from importlib import import_module
from typing import Any

from benches.peers import peak
from benches.peers.case import OURS, THREADS, Case, Peer, Score, size
from benches.peers.data import Data, classification
from benches.peers.models import BINS, fit
from benches.peers.tree import TWO_CORES

ITERATIONS = 100
LEAVES = 31
SCORES: tuple[Score, ...] = ("accuracy", "AUC")


def _histogram(library: str, seed: int, _: Data) -> Any:
    """treering or scikit-learn, which share their names."""
    return import_module(f"{library}.ensemble").HistGradientBoostingClassifier(
        max_iter=size(ITERATIONS, 3),
        max_leaf_nodes=LEAVES,
        max_bins=BINS,
        early_stopping=False,
        random_state=seed,
    )


def _lightgbm(seed: int, _: Data) -> Any:
    return import_module("lightgbm").LGBMClassifier(
        n_estimators=size(ITERATIONS, 3),
        num_leaves=LEAVES,
        max_bin=BINS,
        n_jobs=THREADS,
        random_state=seed,
        verbose=-1,
    )


def _xgboost(seed: int, _: Data) -> Any:
    return import_module("xgboost").XGBClassifier(
        tree_method="hist",
        grow_policy="lossguide",
        n_estimators=size(ITERATIONS, 3),
        max_leaves=LEAVES,
        max_depth=0,
        max_bin=BINS,
        learning_rate=0.1,
        reg_lambda=0.0,
        n_jobs=THREADS,
        random_state=seed,
    )


def _cases(rows: int, columns: int, name: str, sklearn_target: float | None) -> tuple[Case, Case]:
    load = classification(rows, columns)

    def peers(lightgbm: float, sklearn: float | None) -> tuple[Peer, ...]:
        return (
            fit(OURS, partial(_histogram, "treering"), load, SCORES, environment=TWO_CORES),
            fit("LightGBM", _lightgbm, load, SCORES, needs=("lightgbm",), target=lightgbm),
            fit(
                "scikit-learn",
                partial(_histogram, "sklearn"),
                load,
                SCORES,
                environment=TWO_CORES,
                target=sklearn,
            ),
            fit("XGBoost", _xgboost, load, SCORES, needs=("xgboost",)),
        )

    return (
        Case(name, peers(1.0, sklearn_target), SCORES),
        Case(
            f"{name}, memory", peers(1.0, None), SCORES, measure="memory", obstacle=peak.unreadable
        ),
    )


CASES = (
    *_cases(5_000, 20, "5k x 20", 10.0),
    *_cases(100_000, 50, "100k x 50", None),
    *_cases(1_000_000, 20, "1M x 20", None),
)
