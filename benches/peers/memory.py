"""The memory that training takes at its peak, beyond what its process held before.

Each figure comes from a process of its own, which has its data and has imported its library.
"""

from collections.abc import Callable
from functools import partial

from benches.peers import peak
from benches.peers.case import OURS, Case, Score, nothing
from benches.peers.data import Data, classification, friedman
from benches.peers.models import BINS, INTELEX, Forest, Maker, fit, forest, no_bins
from benches.peers.tree import TWO_CORES, tree


def _case(
    name: str,
    load: Callable[[], Data],
    makers: tuple[Maker, Maker, Maker],
    score: Score,
    obstacle: Callable[[], str | None] = nothing,
) -> Case:
    ours, theirs, intelex = makers
    scores: tuple[Score, ...] = (score, "nodes")
    peers = (
        fit(OURS, ours, load, scores, environment=TWO_CORES),
        fit("scikit-learn", theirs, load, scores, target=1.0),
        fit(INTELEX, intelex, load, scores, needs=("sklearnex",)),
    )
    return Case(
        name, peers, scores, measure="memory", obstacle=lambda: peak.unreadable() or obstacle()
    )


def _forests(
    name: str, load: Callable[[], Data], what: Forest, score: Score, *, binned: bool = True
) -> tuple[Case, ...]:
    def makers(bins: int | None) -> tuple[Maker, Maker, Maker]:
        return (
            partial(forest, "treering", what, bins=bins),
            partial(forest, "sklearn", what),
            partial(forest, "sklearnex", what, bins=bins),
        )

    exact = _case(f"{name}, exact", load, makers(None), score)
    if not binned:
        return (exact,)
    return exact, _case(f"{name}, {BINS} bins", load, makers(BINS), score, no_bins)


REGRESSOR = Forest("Regressor", max_features=1 / 3)
# A tree of scikit-learn-intelex is a forest of one.
ONE = Forest(trees=1, max_features=1.0, options={"bootstrap": False})

CASES = (
    *_forests("10k x 20", classification(10_000, 20), Forest(), "accuracy"),
    *_forests("friedman1 100k x 10", friedman(100_000, 10), REGRESSOR, "RMSE"),
    *_forests("100k x 50", classification(100_000, 50), Forest(), "accuracy", binned=False),
    _case(
        "one tree, 100k x 50",
        classification(100_000, 50),
        (
            partial(tree, "treering", "Classifier"),
            partial(tree, "sklearn", "Classifier"),
            partial(forest, "sklearnex", ONE),
        ),
        "accuracy",
    ),
)
