"""Judging a million predictions of classes or numbers, each metric by a call of its own."""

from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benches.peers.case import OURS, SEED, Case, Peer, Task, size

Kind = Literal["integers", "strings"]


def _labels(kind: Kind) -> tuple[NDArray[Any], NDArray[Any]]:
    """True and predicted labels, four fifths of them equal."""
    random = np.random.default_rng(SEED)
    y_true = random.integers(0, 3, size(1_000_000))
    y_pred = np.where(random.random(y_true.size) < 0.8, y_true, random.integers(0, 3, y_true.size))
    if kind == "strings":
        names = np.array(["setosa", "versicolor", "virginica"])
        return names[y_true], names[y_pred]
    return y_true, y_pred


def _four(library: str, name: str, kind: Kind) -> Peer:
    def prepare() -> Task:
        y_true, y_pred = _labels(kind)
        metrics = import_module(f"{library}.metrics")

        def run(_: int) -> list[float]:
            return [
                metrics.accuracy_score(y_true, y_pred),
                metrics.precision_score(y_true, y_pred, average="weighted"),
                metrics.recall_score(y_true, y_pred, average="weighted"),
                metrics.f1_score(y_true, y_pred, average="weighted"),
            ]

        return Task(run, figures=lambda scores: [float(score) for score in scores])

    return Peer(name, prepare)


def _auc(library: str, name: str) -> Peer:
    def prepare() -> Task:
        random = np.random.default_rng(SEED)
        y_true = random.integers(0, 2, size(1_000_000))
        y_score = random.standard_normal(y_true.size) + y_true
        score = import_module(f"{library}.metrics").roc_auc_score
        return Task(run=lambda _: score(y_true, y_score), figures=lambda area: [float(area)])

    return Peer(name, prepare)


def _error(library: str, name: str, metric: str, target: float | None = None) -> Peer:
    def prepare() -> Task:
        random = np.random.default_rng(SEED)
        y_true = random.gamma(2.0, 3.0, size(1_000_000))
        y_pred = y_true * random.lognormal(0, 0.3, y_true.size)
        score = getattr(import_module(f"{library}.metrics"), metric)
        return Task(run=lambda _: score(y_true, y_pred), figures=lambda error: [float(error)])

    return Peer(name, prepare, target=target)


def _regression(metric: str) -> Case:
    theirs = _error("sklearn", "scikit-learn", metric, target=1.0)
    return Case(f"{metric}, 1M numbers", (_error("treering", OURS, metric), theirs))


def _case(kind: Kind) -> Case:
    peers = (_four("treering", OURS, kind), _four("sklearn", "scikit-learn", kind))
    return Case(f"accuracy, precision, recall, F1; 1M {kind}", peers)


CASES = (
    _case("integers"),
    _case("strings"),
    Case(
        "ROC AUC, 1M scores",
        (_auc("treering", OURS), _auc("sklearn", "scikit-learn")),
    ),
    _regression("mean_squared_error"),
    _regression("median_absolute_error"),
    _regression("r2_score"),
    _regression("mean_poisson_deviance"),
)
