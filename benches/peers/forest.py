"""Training a random forest of deep trees, exactly and with 255 bins, sqrt(columns) at each node.

The bounds of LightGBM and XGBoost are the deepest trees that fit into the time and the memory of a
two-core machine; where that costs quality, the table says so.
"""

from collections.abc import Callable

from benches.peers.case import Case, Score, nothing
from benches.peers.data import Data, classification, diamonds, no_diamonds
from benches.peers.models import (
    BINS,
    Forest,
    boosters,
    intelex_forest,
    no_bins,
    sklearn_forest,
    treering_forest,
)

BINARY: tuple[Score, ...] = ("accuracy", "AUC", "nodes")
CLASSES: tuple[Score, ...] = ("accuracy", "nodes")


def _cases(
    name: str,
    load: Callable[[], Data],
    what: Forest,
    scores: tuple[Score, ...],
    *,
    leaves: int,
    depth: int,
    obstacle: Callable[[], str | None] = nothing,
) -> tuple[Case, Case]:
    exact = (
        treering_forest(what, load, scores),
        sklearn_forest(what, load, scores, 6.0),
        intelex_forest(what, load, scores, 1.0),
        intelex_forest(what, load, scores, None, bins=-1),
    )
    binned = (
        treering_forest(what, load, scores, bins=BINS),
        sklearn_forest(what, load, scores, 12.0),
        intelex_forest(what, load, scores, 1.5, bins=BINS),
        *boosters(what, load, scores, leaves=leaves, depth=depth),
    )
    return (
        Case(f"{name}, exact", exact, scores, obstacle=obstacle),
        Case(f"{name}, {BINS} bins", binned, scores, obstacle=lambda: obstacle() or no_bins()),
    )


CASES = (
    *_cases("10k x 20", classification(10_000, 20), Forest(), BINARY, leaves=16_384, depth=0),
    *_cases("diamonds", diamonds, Forest(), CLASSES, leaves=4_096, depth=0, obstacle=no_diamonds),
    *_cases("100k x 50", classification(100_000, 50), Forest(), BINARY, leaves=2_048, depth=12),
    *_cases(
        "1M x 20, 20 trees",
        classification(1_000_000, 20),
        Forest(trees=20),
        BINARY,
        leaves=16_384,
        depth=16,
    ),
)
