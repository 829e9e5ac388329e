"""The words of a comparison: a case, its peers, what is timed and what is compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

SEED = 0
THREADS = 2

OURS = "treering"


@dataclass(frozen=True)
class Task:
    """Work that a worker has prepared.

    `run` is timed; `figures` turns its last result into the numbers whose quality is compared, and
    is not timed.
    """

    run: Callable[[], Any]
    figures: Callable[[Any], list[float]]


@dataclass(frozen=True)
class Peer:
    """One contestant: its preparation runs in a process of its own, with these variables set."""

    name: str
    prepare: Callable[[], Task]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One comparison. The first peer is treering.

    `quality` says how figures are read: as an accuracy to print, or as numbers that must agree
    with those of treering. `large` cases are left out of quick runs.
    """

    name: str
    peers: tuple[Peer, ...]
    quality: Literal["accuracy", "difference"]
    large: bool = False


def sample(values: NDArray[Any], limit: int = 20_000) -> list[float]:
    """Evenly spaced values of a large array, enough to compare two of them."""
    flat = values.reshape(-1)
    return [float(value) for value in flat[:: max(1, flat.size // limit)]]


def accuracy(truth: NDArray[Any], predicted: NDArray[Any]) -> list[float]:
    """Share of right answers."""
    return [float(np.mean(truth == predicted))]
