"""What models are trained and judged on: rows to train on, and rows held out."""

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.model_selection import train_test_split

from benches.peers.case import SEED, size

# Rows of generated data that are held out, beside those that are trained on.
HELD_OUT = 20_000

# A folder with diamonds/diamonds.csv, the 53,940 rows of ggplot2.
FOLDER = "TREERING_DATA"

# The ordered words of the diamonds, worst first.
GRADES = {
    "cut": ("Fair", "Good", "Very Good", "Premium", "Ideal"),
    "color": tuple("JIHGFED"),
    "clarity": ("I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"),
}


class Data(NamedTuple):
    X: NDArray[Any]
    y: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]


def split(X: NDArray[Any], y: NDArray[Any], *, stratify: bool = True) -> Data:
    """A fifth of the rows held out."""
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.2, random_state=SEED, stratify=y if stratify else None
    )
    return Data(X, y, X_test, y_test)


def apart(X: NDArray[Any], y: NDArray[Any], rows: int) -> Data:
    """The first rows to train on, the others held out."""
    return Data(X[:rows], y[:rows], X[rows:], y[rows:])


def toy(name: str) -> Callable[[], Data]:
    """One of the small data sets that scikit-learn carries."""

    def load() -> Data:
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        return split(X, y, stratify=name != "diabetes")

    return load


def generated(rows: int, columns: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """A task of two classes that a forest finds neither easy nor hopeless."""
    X, y = datasets.make_classification(
        rows,
        columns,
        n_informative=columns * 2 // 5,
        n_redundant=columns // 10,
        n_clusters_per_class=4,
        class_sep=0.8,
        flip_y=0.05,
        random_state=SEED,
    )
    return X, y


def classification(rows: int, columns: int, held_out: int = HELD_OUT) -> Callable[[], Data]:
    def load() -> Data:
        trained = size(rows)
        return apart(*generated(trained + size(held_out), columns), trained)

    return load


def linear(rows: int, columns: int) -> Callable[[], Data]:
    """Numbers that grow with two fifths of the columns."""

    def load() -> Data:
        trained = size(rows)
        X, y = datasets.make_regression(
            trained + size(HELD_OUT),
            columns,
            n_informative=columns * 2 // 5,
            noise=20.0,
            random_state=SEED,
        )
        return apart(X, y, trained)

    return load


def friedman(rows: int, columns: int) -> Callable[[], Data]:
    """Friedman's first function of five columns, with noise of variance one."""

    def load() -> Data:
        trained = size(rows)
        X, y = datasets.make_friedman1(
            trained + size(HELD_OUT), columns, noise=1.0, random_state=SEED
        )
        return apart(X, y, trained)

    return load


def housing_file() -> Path | None:
    """The districts of California, with gaps and a column of text."""
    folder = os.environ.get(FOLDER)
    return Path(folder) / "california_housing" / "housing.csv" if folder else None


def no_housing() -> str | None:
    return _absent(housing_file(), "california_housing/housing.csv")


def _absent(path: Path | None, name: str) -> str | None:
    if path is None:
        return f"no data: set {FOLDER} to a folder with {name}"
    return None if path.is_file() else f"no data: {FOLDER} has no {name}"


def diamonds_file() -> Path | None:
    folder = os.environ.get(FOLDER)
    return Path(folder) / "diamonds" / "diamonds.csv" if folder else None


def no_diamonds() -> str | None:
    return _absent(diamonds_file(), "diamonds/diamonds.csv")


def diamonds() -> Data:
    """The quality of the cut from the other nine columns."""
    path = diamonds_file()
    if path is None:
        raise FileNotFoundError(no_diamonds())
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ranks = {name: {word: at for at, word in enumerate(words)} for name, words in GRADES.items()}
    table = {
        name: np.array(
            [float(ranks[name][row[name]] if name in ranks else row[name]) for row in rows]
        )
        for name in rows[0]
    }
    cut = table.pop("cut").astype(np.int64)
    data = split(np.column_stack(list(table.values())), cut)
    kept = size(len(data.y))
    return data._replace(X=data.X[:kept], y=data.y[:kept])


Signal = Literal["curve", "few columns", "many columns", "few values"]


def signal(
    rows: int,
    columns: int,
    kind: Signal,
    *,
    classes: int | None = None,
    dtype: type[np.floating[Any]] = np.float32,
) -> Callable[[], Data]:
    """Normal columns, some of which the target follows; few values stand for rounded columns."""

    def load() -> Data:
        random = np.random.default_rng(SEED)
        trained = size(rows)
        total = trained + size(HELD_OUT)
        X = random.standard_normal((total, columns))
        if kind == "few values":
            levels = np.resize([3, 4, 5, 7, 9, 11], columns)
            X = np.clip(np.floor((X + 3) / 6 * levels), 0, levels - 1)
        first, second = X[:, 0], X[:, min(1, columns - 1)]
        weights = np.linspace(1.5, -0.75, min(columns, 6 if kind == "few columns" else 8))
        y = {
            "curve": lambda: np.sin(9 * first) + np.sign(first) * np.sqrt(np.abs(first)) / 2,
            "few columns": lambda: X[:, :6] @ weights + np.sin(first * second) / 2,
            "many columns": lambda: X[:, :8] @ weights + np.where(first > 0, second, 0) / 3,
            "few values": lambda: X[:, :8] @ weights + (first == second) / 2,
        }[kind]()
        y += random.normal(scale=0.05 if kind == "few values" else 0.15, size=total)
        if classes is not None:
            y = np.searchsorted(np.quantile(y, np.arange(1, classes) / classes), y)
        return apart(X.astype(dtype), y, trained)

    return load
