"""Encoding a million texts, filling a million rows, splitting a million identifiers."""

from binascii import crc32
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from benches.peers.case import OURS, SEED, Case, Peer, Task, sample, size

TARGET = 5.0


def _texts(container: str) -> Any:
    """A column of fifty names in random order."""
    names = np.array([f"category {number:02}" for number in range(50)], dtype=object)
    chosen = names[np.random.default_rng(SEED).integers(50, size=size(1_000_000))]
    if container == "array of objects":
        return chosen.reshape(-1, 1)
    return import_module("pandas").DataFrame({"name": chosen}).astype({"name": "str"})


def _rows() -> Any:
    random = np.random.default_rng(SEED)
    values = random.standard_normal((size(1_000_000), 20))
    values[random.random(values.shape) < 0.1] = np.nan
    return values


def _fitted(
    library: str, name: str, room: str, make: Callable[[Any], Any], load: Callable[[], Any]
) -> Peer:
    def prepare() -> Task:
        X = load()
        model = make(import_module(f"{library}.{room}"))

        def figures(found: Any) -> list[float]:
            values = found.indices if hasattr(found, "indices") else found
            return sample(np.asarray(values))

        return Task(lambda _: model.fit_transform(X), figures)

    return Peer(name, prepare, target=None if library == "treering" else TARGET)


def _encoder(encoder: str, container: str) -> Case:
    def make(room: Any) -> Any:
        return getattr(room, encoder)()

    peers = (
        _fitted("treering", OURS, "preprocessing", make, lambda: _texts(container)),
        _fitted("sklearn", "scikit-learn", "preprocessing", make, lambda: _texts(container)),
    )
    return Case(f"{encoder}, 1M texts, {container}", peers)


def _imputer(strategy: str) -> Case:
    def make(room: Any) -> Any:
        return room.SimpleImputer(strategy=strategy)

    peers = (
        _fitted("treering", OURS, "preprocessing", make, _rows),
        _fitted("sklearn", "scikit-learn", "impute", make, _rows),
    )
    return Case(f"SimpleImputer, {strategy}, 1M x 20", peers)


def _identifiers() -> Any:
    return np.random.default_rng(SEED).integers(2**62, size=size(1_000_000))


def _split() -> Case:
    def ours() -> Task:
        found = import_module("treering.model_selection").hash_split
        ids = _identifiers()
        return Task(lambda _: found(ids, test_size=0.2), lambda sides: sample(sides[1]))

    def by_hand() -> Task:
        """The function of A. Géron's *Hands-On Machine Learning*, chapter 2."""
        ids = _identifiers()

        def run(_seed: int) -> Any:
            return [place for place, each in enumerate(ids) if crc32(each.data) < 0.2 * 2**32]

        return Task(run, lambda test: sample(np.array(test)))

    return Case(
        "hash_split, 1M identifiers",
        (Peer(OURS, ours), Peer("Python, row by row", by_hand)),
        limit=0.02,
    )


CASES = (
    *(
        _encoder(encoder, container)
        for encoder in ("OneHotEncoder", "OrdinalEncoder")
        for container in ("array of objects", "pandas column of text")
    ),
    _imputer("median"),
    _imputer("mean"),
    _split(),
)
