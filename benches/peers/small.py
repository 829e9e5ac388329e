"""Forests of 100 trees on the small data sets that scikit-learn carries."""

from benches.peers.case import Case, Score
from benches.peers.data import toy
from benches.peers.models import (
    Forest,
    Kind,
    boosters,
    intelex_forest,
    sklearn_forest,
    treering_forest,
)


def _case(name: str, rows: int, kind: Kind = "Classifier") -> Case:
    load, classes = toy(name), kind == "Classifier"
    what = Forest(kind, max_features="sqrt" if classes else 1.0)
    scores: tuple[Score, ...] = ("accuracy" if classes else "RMSE", "nodes")
    peers = (
        treering_forest(what, load, scores),
        sklearn_forest(what, load, scores, 25.0),
        intelex_forest(what, load, scores, 1.0),
        *boosters(what, load, scores, leaves=16_384, depth=0),
    )
    held_out = -(-rows // 5)
    return Case(name.replace("_", " "), peers, scores, step=1 / held_out)


CASES = (
    _case("iris", 150),
    _case("wine", 178),
    _case("breast_cancer", 569),
    _case("digits", 1_797),
    _case("diabetes", 442, "Regressor"),
)
