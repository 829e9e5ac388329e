"""The words of a comparison: a case, its peers, what is timed and what is compared."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from shutil import which
from typing import Any, Literal

from numpy.typing import NDArray

SEED = 0
THREADS = 2

OURS = "treering"

# Set for the workers of a smoke run.
QUICK = "TREERING_BENCH_QUICK"

Score = Literal["accuracy", "AUC", "RMSE", "nodes"]


def size(full: int, least: int = 200) -> int:
    """A number of rows or trees: as it is or, in a smoke run, a hundredth of it."""
    return min(full, max(least, full // 100)) if QUICK in os.environ else full


@dataclass(frozen=True)
class Task:
    """Work that a worker has prepared.

    `run` is measured. It is given the number of the round, which models take as their seed.
    `figures` turns its last result into the numbers whose quality is compared, and is not measured.
    """

    run: Callable[[int], Any]
    figures: Callable[[Any], list[float]]


@dataclass(frozen=True)
class Peer:
    """One contestant: its preparation runs in a process of its own, with these variables set.

    `needs` are the modules without which it is reported as not installed. `target` is how many
    times as fast as this peer (or how many times as small) treering has to be. A peer that cannot
    be installed beside the others has an interpreter of its own, which the environment variable
    `interpreter` names.
    """

    name: str
    prepare: Callable[[], Task]
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    target: float | None = None
    interpreter: str | None = None

    @property
    def python(self) -> str:
        """The interpreter that runs it."""
        return os.environ.get(self.interpreter, "") if self.interpreter else sys.executable

    def missing(self) -> str | None:
        """What must be installed before this peer can run."""
        if self.interpreter is not None:
            named = f"not installed: name a Python that has {self.name} by {self.interpreter}"
            return None if which(self.python) else named
        absent = [name for name in self.needs if find_spec(name) is None]
        return f"not installed: {', '.join(absent)}" if absent else None


def nothing() -> str | None:
    return None


@dataclass(frozen=True)
class Case:
    """One comparison. The first peer is treering.

    `scores` names the figures in their order; without names they are numbers that must agree with
    those of treering. `step` is a difference of scores that means nothing, such as one held-out
    row. `limit` is the longest that treering may take, in seconds. `obstacle` says what keeps the
    case from being run here.
    """

    name: str
    peers: tuple[Peer, ...]
    scores: tuple[Score, ...] = ()
    measure: Literal["time", "memory"] = "time"
    step: float = 0.0
    limit: float | None = None
    obstacle: Callable[[], str | None] = nothing


def sample(values: NDArray[Any], limit: int = 20_000) -> list[float]:
    """Evenly spaced values of a large array, enough to compare two of them."""
    flat = values.reshape(-1)
    return [float(value) for value in flat[:: max(1, flat.size // limit)]]
