"""Scaling a million rows of fifty columns."""

from importlib import import_module
from typing import Any, Literal

import numpy as np

from benches.peers.case import OURS, SEED, Case, Peer, Task, sample, size

Step = Literal["fit", "transform"]


def _peer(library: str, name: str, scaler: str, step: Step, kind: str) -> Peer:
    def prepare() -> Task:
        random = np.random.default_rng(SEED)
        X = (random.standard_normal((size(1_000_000), 50)) * 3 + 7).astype(kind)
        make = getattr(import_module(f"{library}.preprocessing"), scaler)
        if step == "transform":
            fitted = make().fit(X)
            return Task(run=lambda _: fitted.transform(X), figures=sample)

        def figures(fitted: Any) -> list[float]:
            offset = fitted.mean_ if scaler == "StandardScaler" else fitted.min_
            return [float(value) for value in (*offset, *fitted.scale_)]

        return Task(run=lambda _: make().fit(X), figures=figures)

    return Peer(name, prepare)


def _case(scaler: str, step: Step, kind: str) -> Case:
    peers = (
        _peer("treering", OURS, scaler, step, kind),
        _peer("sklearn", "scikit-learn", scaler, step, kind),
    )
    return Case(f"{scaler}.{step}, {kind}", peers)


CASES = tuple(
    _case(scaler, step, kind)
    for scaler in ("StandardScaler", "MinMaxScaler")
    for step in ("fit", "transform")
    for kind in ("float64", "float32")
)
