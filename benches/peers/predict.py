"""Answering with trained forests of 100 deep trees: many rows at once, and one row at a time.

ONNX Runtime and XGBoost run the trees of scikit-learn's forest, converted node for node. All
libraries are given the rows in double precision, as a user has them; ONNX Runtime, which knows
single precision only, is measured with the conversion inside of the call and without it. Answers to
one row are computed on one thread.
"""

import os
import pickle
from collections.abc import Callable
from functools import partial
from importlib import import_module
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benches.peers.case import OURS, THREADS, Case, Peer, Score, Task
from benches.peers.data import Data, classification, toy
from benches.peers.models import INTELEX, Forest, forest, nodes
from benches.peers.same_trees import as_onnx, as_xgboost

SCORES: tuple[Score, ...] = ("accuracy", "nodes")

# A folder in which the workers of one run keep what they trained for one another.
SHARED = "TREERING_BENCH_SHARED"

# Forests with seeds of their own, from which the spread of the accuracy comes.
SEEDS = 3

# Labels for rows.
Predict = Callable[[NDArray[Any]], NDArray[Any]]
Engine = Callable[[str, Data, int], tuple[list[Predict], int]]


def shared(name: str, make: Callable[[], Any]) -> Any:
    """What `make` returns, made once in a run."""
    folder = os.environ.get(SHARED)
    if folder is None:
        return make()
    path = Path(folder) / f"{name}.pickle"
    if not path.exists():
        path.write_bytes(pickle.dumps(make()))
    return pickle.loads(path.read_bytes())  # noqa: S301 (of this very run)


def trained(library: str, case: str, data: Data, seed: int = 0) -> Any:
    return shared(
        f"{library}, {case}, {seed}",
        lambda: forest(library, Forest(), seed, data).fit(data.X, data.y),
    )


def own(library: str, seeds: int, case: str, data: Data, threads: int) -> tuple[list[Predict], int]:
    """Forests of a library that has the names of scikit-learn."""
    models = [trained(library, case, data, seed) for seed in range(seeds)]
    for model in models:
        model.set_params(n_jobs=threads)
    return [model.predict for model in models], round(nodes(models[0]))


def onnx(case: str, data: Data, threads: int, *, convert: bool) -> tuple[list[Predict], int]:
    model = trained("sklearn", case, data)
    runtime = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = runtime.InferenceSession(
        shared(f"onnx, {case}", lambda: as_onnx(model)), options, providers=["CPUExecutionProvider"]
    )
    rows, (labels, *_) = session.get_inputs()[0].name, session.get_outputs()
    wanted = [labels.name]

    def predict(X: NDArray[Any]) -> NDArray[Any]:
        answer: NDArray[Any] = session.run(wanted, {rows: X.astype(np.float32) if convert else X})[
            0
        ]
        return answer

    return [predict], round(nodes(model))


def xgboost(case: str, data: Data, threads: int) -> tuple[list[Predict], int]:
    model = trained("sklearn", case, data)
    library = import_module("xgboost")
    booster = library.Booster()
    booster.load_model(
        bytearray(shared(f"xgboost, {case}", lambda: as_xgboost(model, library.__version__)))
    )
    booster.set_param({"nthread": threads})

    def predict(X: NDArray[Any]) -> NDArray[Any]:
        answer: NDArray[Any] = booster.inplace_predict(X) > 0.5
        return answer

    return [predict], round(nodes(model))


def _peer(
    name: str,
    engine: Engine,
    case: str,
    load: Callable[[], Data],
    *,
    one: bool,
    single: bool = False,
    needs: tuple[str, ...] = (),
    target: float | None = None,
) -> Peer:
    def prepare() -> Task:
        data = load()
        predicts, count = engine(case, data, 1 if one else THREADS)
        X = data.X_test.astype(np.float32) if single else data.X_test
        for predict in predicts:
            # With a first answer, libraries prepare what they answer with.
            predict(X[:1])
        if one:
            rows = cycle([np.ascontiguousarray(row[np.newaxis]) for row in X[:1_000]])
            rounds: list[Callable[[], Any]] = [
                partial(lambda predict: predict(next(rows)), predict) for predict in predicts
            ]
        else:
            rounds = [partial(predict, X) for predict in predicts]
        used = 0

        def run(seed: int) -> Any:
            nonlocal used
            used = seed % len(rounds)
            return rounds[used]()

        def figures(_: Any) -> list[float]:
            return [float(np.mean(predicts[used](X) == data.y_test)), count]

        return Task(run, figures)

    return Peer(name, prepare, needs=needs, target=target)


def _case(name: str, model: str, load: Callable[[], Data], held_out: int, *, one: bool) -> Case:
    """`model` names the forest and its data: cases of one name share what was trained."""
    peer = partial(_peer, case=model, load=load, one=one)
    peers = [
        peer(OURS, partial(own, "treering", SEEDS)),
        peer("scikit-learn", partial(own, "sklearn", 1), target=None if one else 8.0),
        peer(
            INTELEX,
            partial(own, "sklearnex", SEEDS),
            needs=("sklearnex",),
            target=None if one else 1.0,
        ),
        peer(
            "ONNX Runtime",
            partial(onnx, convert=True),
            needs=("onnxruntime", "skl2onnx"),
            target=1.0,
        ),
        peer(
            "ONNX Runtime, rows already single",
            partial(onnx, convert=False),
            single=True,
            needs=("onnxruntime", "skl2onnx"),
            target=1.0,
        ),
    ]
    if model != "iris":
        peers.append(
            peer(
                "XGBoost, the trees of scikit-learn",
                xgboost,
                needs=("xgboost",),
                target=None if one else 1.0,
            )
        )
    return Case(
        name,
        tuple(peers),
        SCORES,
        step=1 / held_out,
        limit=25e-6 if one and model != "iris" else None,
    )


ROWS = 100_000
DEEP = "100k x 50"

CASES = (
    _case(
        f"{ROWS // 1000}k rows, forest of {DEEP}",
        DEEP,
        classification(100_000, 50, held_out=ROWS),
        ROWS,
        one=False,
    ),
    _case("one row, forest of iris", "iris", toy("iris"), 30, one=True),
    _case(
        f"one row, forest of {DEEP}",
        DEEP,
        classification(100_000, 50, held_out=ROWS),
        ROWS,
        one=True,
    ),
)
