"""Shapley values of a forest beside shap and fasttreeshap, and permutation importance.

The forest is scikit-learn's, of ten thousand rows of twenty columns; all explain it as it is. Peers
have interpreters of their own: fasttreeshap asks for a scikit-learn of 2024. Figures are the mean
size of the contributions and, for permutation importance, the accuracy of the forest that each
library brings.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benches.peers.case import OURS, SEED, THREADS, Case, Peer, Task, size

ROWS, EXPLAINED = 10_000, 1_000


def _rows() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    made = import_module("sklearn.datasets").make_classification(
        ROWS + EXPLAINED, 20, n_informative=10, random_state=SEED
    )
    return made[0].astype(np.float32), made[1]


def _forest(depth: int | None) -> tuple[Any, NDArray[np.float32]]:
    X, y = _rows()
    forest = import_module("sklearn.ensemble").RandomForestClassifier(
        size(100), max_depth=depth, random_state=SEED, n_jobs=THREADS
    )
    return forest.fit(X[:ROWS], y[:ROWS]), X[ROWS : ROWS + size(EXPLAINED)]


def _task(depth: int | None, explainer: Any, **options: Any) -> Task:
    forest, rows = _forest(depth)

    def run(_: int) -> Any:
        return explainer(forest, **options).shap_values(rows, check_additivity=False)

    def figures(values: Any) -> list[float]:
        second = values[1] if isinstance(values, list) else values[..., 1]
        return [float(np.abs(second).mean())]

    return Task(run, figures)


def _ours(depth: int | None) -> Task:
    explainer = import_module("treering.explain").TreeExplainer
    return _task(depth, explainer, n_jobs=THREADS)


def _shap(depth: int | None) -> Task:
    return _task(depth, import_module("shap").TreeExplainer)


def _fasttreeshap(depth: int | None) -> Task:
    explainer = import_module("fasttreeshap").TreeExplainer
    return _task(depth, explainer, n_jobs=THREADS, algorithm="auto")


def _peers(depth: int | None) -> tuple[Peer, ...]:
    return (
        Peer(OURS, lambda: _ours(depth)),
        Peer("shap", lambda: _shap(depth), target=15.0, interpreter="TREERING_SHAP_PYTHON"),
        Peer(
            "fasttreeshap",
            lambda: _fasttreeshap(depth),
            target=3.0,
            interpreter="TREERING_FASTTREESHAP_PYTHON",
        ),
    )


def _importance(forest: str, inspection: str) -> Task:
    X, y = _rows()
    learned = slice(size(ROWS))
    model = import_module(forest).RandomForestClassifier(
        size(100), random_state=SEED, n_jobs=THREADS
    )
    model.fit(X[learned], y[learned])
    importance = import_module(inspection).permutation_importance

    def run(_: int) -> Any:
        return importance(model, X[learned], y[learned], n_repeats=5, random_state=SEED)

    return Task(run, lambda _: [float(model.score(X[ROWS:], y[ROWS:]))])


CASES = (
    Case("contributions, forest of 100, depth 8, 1k x 20", _peers(8)),
    Case("contributions, forest of 100, unlimited, 1k x 20", _peers(None)),
    Case(
        "permutation importance, forest of 100, 10k x 20",
        (
            Peer(OURS, lambda: _importance("treering.ensemble", "treering.explain")),
            Peer(
                "scikit-learn",
                lambda: _importance("sklearn.ensemble", "sklearn.inspection"),
                target=8.0,
            ),
        ),
        ("accuracy",),
        step=0.01,
    ),
)
