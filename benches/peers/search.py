"""Searches and cross-validation of forests, on two cores.

The grid of A. Géron's *Hands-On Machine Learning*, chapter 2, on its data (medians in gaps), and a
grid of parameters that can be read from one fit. scikit-learn spreads the fits over processes.
"""

import csv
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benches.peers.case import OURS, THREADS, Case, Peer, Score, Task, size
from benches.peers.data import generated, housing_file, no_housing

Load = Callable[[], tuple[NDArray[Any], NDArray[Any]]]


def _housing() -> tuple[NDArray[Any], NDArray[Any]]:
    """Numbers of the training districts: eight columns, ratios of households, one of each ocean."""
    path = housing_file()
    assert path is not None, no_housing()
    return read_housing(path)


def read_housing(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    oceans = sorted({row["ocean_proximity"] for row in rows})
    names = [name for name in rows[0] if name not in ("ocean_proximity", "median_house_value")]
    numbers = np.array([[float(row[name] or "nan") for name in names] for row in rows])
    numbers = np.where(np.isnan(numbers), np.nanmedian(numbers, axis=0), numbers)
    place = {name: numbers[:, at] for at, name in enumerate(names)}
    ratios = [
        place["total_rooms"] / place["households"],
        place["population"] / place["households"],
        place["total_bedrooms"] / place["total_rooms"],
    ]
    flags = [[row["ocean_proximity"] == ocean for row in rows] for ocean in oceans]
    y = np.array([float(row["median_house_value"]) for row in rows])
    chosen = np.random.default_rng(42).permutation(len(rows))[: size(round(0.8 * len(rows)))]
    return np.column_stack([numbers, *ratios, *flags])[chosen].astype(float), y[chosen]


def _search(
    library: str, name: str, load: Load, kind: str, grid: Any, cv: int, target: float | None
) -> Peer:
    def prepare() -> Task:
        X, y = load()
        search = import_module(f"{library}.model_selection").GridSearchCV
        forest = getattr(import_module(f"{library}.ensemble"), f"RandomForest{kind}")
        scoring = "neg_root_mean_squared_error" if kind == "Regressor" else "accuracy"

        def run(seed: int) -> Any:
            model = forest(random_state=seed)
            return search(model, grid(), cv=cv, scoring=scoring, n_jobs=THREADS).fit(X, y)

        return Task(run, lambda found: [abs(float(found.best_score_))])

    return Peer(name, prepare, target=target)


def _validation(
    library: str, name: str, load: Load, kind: str, *, trees: int, folds: int | None
) -> Peer:
    def prepare() -> Task:
        X, y = load()
        validate = import_module(f"{library}.model_selection").cross_val_score
        forest = getattr(import_module(f"{library}.ensemble"), f"RandomForest{kind}")
        scoring = "neg_root_mean_squared_error" if kind == "Regressor" else "accuracy"

        def run(seed: int) -> Any:
            model = forest(size(100, 3), n_jobs=trees, random_state=seed)
            return validate(model, X, y, cv=10, scoring=scoring, n_jobs=folds)

        return Task(run, lambda scores: [abs(float(np.mean(scores)))])

    return Peer(name, prepare, target=None if library == "treering" else 8.0)


def _chapter() -> list[dict[str, list[Any]]]:
    return [
        {"n_estimators": [3, 10, size(30, 12)], "max_features": [2, 4, 6, 8]},
        {"bootstrap": [False], "n_estimators": [3, 10], "max_features": [2, 3, 4]},
    ]


def _nested() -> dict[str, list[Any]]:
    return {
        "n_estimators": [3, 10, 30] if size(1000) < 1000 else [30, 60, 100],
        "max_depth": [5, 10, 20, None],
        "min_samples_split": [2, 5, 10],
    }


def _grid(
    name: str, load: Load, kind: str, grid: Any, cv: int, target: float, **options: Any
) -> Case:
    score: Score = "RMSE" if kind == "Regressor" else "accuracy"
    peers = (
        _search("treering", OURS, load, kind, grid, cv, None),
        _search("sklearn", "scikit-learn, two processes", load, kind, grid, cv, target),
    )
    return Case(name, peers, (score,), **options)


def _ten_folds(name: str, load: Load, kind: str, **options: Any) -> Case:
    score: Score = "RMSE" if kind == "Regressor" else "accuracy"
    ours = _validation("treering", OURS, load, kind, trees=THREADS, folds=None)
    theirs = (
        ("scikit-learn, threads in forests", {"trees": THREADS, "folds": None}),
        ("scikit-learn, processes for folds", {"trees": 1, "folds": THREADS}),
    )
    peers = [_validation("sklearn", peer, load, kind, **how) for peer, how in theirs]
    return Case(name, (ours, *peers), (score,), **options)


def _classes() -> tuple[NDArray[Any], NDArray[Any]]:
    return generated(size(10_000), 20)


CASES = (
    _grid(
        "12 + 6 candidates, housing, cv 5",
        _housing,
        "Regressor",
        _chapter,
        5,
        8.0,
        obstacle=no_housing,
    ),
    _grid("3 x 4 x 3 nested candidates, 10k x 20, cv 3", _classes, "Classifier", _nested, 3, 40.0),
    _ten_folds("cross_val_score, 10k x 20, cv 10", _classes, "Classifier"),
    _ten_folds("cross_val_score, housing, cv 10", _housing, "Regressor", obstacle=no_housing),
)
