"""Training a random forest on numbers: Friedman's function, 100k rows and ten columns."""

from benches.peers.case import Case, Score
from benches.peers.data import friedman
from benches.peers.models import (
    BINS,
    Forest,
    boosters,
    intelex_forest,
    no_bins,
    sklearn_forest,
    treering_forest,
)

SCORES: tuple[Score, ...] = ("RMSE", "nodes")


def _cases(name: str, max_features: float) -> tuple[Case, Case]:
    load, what = friedman(100_000, 10), Forest("Regressor", max_features=max_features)
    exact = (
        treering_forest(what, load, SCORES),
        sklearn_forest(what, load, SCORES, 6.0),
        intelex_forest(what, load, SCORES, 1.5),
        intelex_forest(what, load, SCORES, None, bins=-1),
    )
    binned = (
        treering_forest(what, load, SCORES, bins=BINS),
        sklearn_forest(what, load, SCORES, 9.0),
        intelex_forest(what, load, SCORES, 1.5, bins=BINS),
        *boosters(what, load, SCORES, leaves=8_192, depth=14),
    )
    return (
        Case(f"friedman1, {name}, exact", exact, SCORES),
        Case(
            f"friedman1, {name}, {BINS} bins",
            binned,
            SCORES,
            obstacle=lambda: no_bins("ensemble.RandomForestRegressor"),
        ),
    )


CASES = (*_cases("a third of the columns", 1 / 3), *_cases("all columns", 1.0))
