"""Training a random forest of 100 trees on two threads, all parameters as they come."""

from collections.abc import Callable
from importlib import import_module

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.model_selection import train_test_split

from benches.peers.case import OURS, SEED, THREADS, Case, Peer, Task, accuracy

Data = tuple[NDArray[np.float64], NDArray[np.int64]]


def iris() -> Data:
    X, y = datasets.load_iris(return_X_y=True)
    return X, y


def digits() -> Data:
    X, y = datasets.load_digits(return_X_y=True)
    return X, y


def classification(rows: int, columns: int) -> Callable[[], Data]:
    """A generated task that a forest finds neither easy nor hopeless."""

    def load() -> Data:
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

    return load


def _peer(library: str, name: str, load: Callable[[], Data]) -> Peer:
    def prepare() -> Task:
        X, X_test, y, y_test = train_test_split(*load(), test_size=0.2, random_state=SEED)
        forest = import_module(f"{library}.ensemble").RandomForestClassifier
        return Task(
            run=lambda: forest(n_estimators=100, n_jobs=THREADS, random_state=SEED).fit(X, y),
            figures=lambda fitted: accuracy(y_test, fitted.predict(X_test)),
        )

    return Peer(name, prepare)


def _case(name: str, load: Callable[[], Data], *, large: bool = False) -> Case:
    peers = (_peer("treering", OURS, load), _peer("sklearn", "scikit-learn", load))
    return Case(name, peers, "accuracy", large)


CASES = (
    _case("iris", iris),
    _case("digits", digits),
    # A fifth of the rows is held back for the accuracy: 10,000 and 100,000 are trained on.
    _case("10k-x-20", classification(12_500, 20)),
    _case("100k-x-50", classification(125_000, 50), large=True),
)
