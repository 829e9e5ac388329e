"""What counts as equal quality, and when a target is reached."""

from typing import Any

import pytest
from benches.peers import verdict
from benches.peers.case import OURS


def row(peer: str, median: float | None, **more: Any) -> dict[str, Any]:
    return {
        "workload": "forest",
        "case": "one",
        "peer": peer,
        "measure": "time",
        "median": median,
        "scores": {},
        "difference": None,
        "step": 0.0,
        "target": None,
        "limit": None,
        "other_cores": 0.0,
        "note": "",
    } | more


def scored(peer: str, *accuracy: float, **more: Any) -> dict[str, Any]:
    return row(peer, 1.0, scores={"accuracy": list(accuracy)}, **more)


OWN = scored(OURS, 0.90, 0.91, 0.92)  # a spread of 0.01


@pytest.mark.parametrize(
    ("theirs", "sign"),
    [
        (scored("p", 0.92, 0.93, 0.94), 0),
        (scored("p", 0.94, 0.95, 0.96), 1),
        (scored("p", 0.86, 0.87, 0.88), -1),
        # One seed is compared within what the spread of the other's allows: t(2) is 9.92 at 1 %.
        (scored("p", 0.95), 0),
        (scored("p", 0.79), -1),
        # The wider spread of the two counts.
        (scored("p", 0.80, 0.95, 1.0), 0),
    ],
)
def test_scores_are_equal_within_twice_the_spread_of_seeds(
    theirs: dict[str, Any], sign: int
) -> None:
    assert verdict.compare("accuracy", OWN, theirs) == sign


def test_a_lower_error_is_better() -> None:
    ours = row(OURS, 1.0, scores={"RMSE": [2.0, 2.1, 2.2]})
    theirs = row("p", 1.0, scores={"RMSE": [1.0, 1.1, 1.2]})
    assert verdict.compare("RMSE", ours, theirs) == 1
    assert verdict.compare("RMSE", theirs, ours) == -1


def test_one_held_out_row_is_no_difference() -> None:
    ours = scored(OURS, 1.0, 1.0, 1.0, step=1 / 30)
    assert verdict.compare("accuracy", ours, scored("p", *[29 / 30] * 3)) == 0
    assert verdict.compare("accuracy", ours, scored("p", *[28 / 30] * 3)) == -1


def test_too_few_seeds_tell_nothing() -> None:
    assert verdict.compare("accuracy", scored(OURS, 0.9, 0.9), scored("p", 0.8)) is None
    theirs = scored("p", 0.8, target=1.0)
    assert verdict.target(theirs, scored(OURS, 0.9)) == (
        "at least 1x: reached, quality not compared"
    )


def test_quality_says_the_score_the_spread_and_how_it_compares() -> None:
    assert verdict.quality(OWN, OWN) == "accuracy 0.9100 ± 0.0100"
    worse = row("p", 1.0, scores={"accuracy": [0.5, 0.5, 0.5], "nodes": [1e6, 1e6, 1e6]})
    assert verdict.quality(worse, OWN) == "accuracy 0.5000 ± 0.0000, 1,000,000 nodes: worse"
    ours = row(OURS, 1.0, scores={"accuracy": [0.9] * 3, "AUC": [0.8] * 3})
    theirs = row("p", 1.0, scores={"accuracy": [0.9] * 3, "AUC": [0.9] * 3})
    assert verdict.quality(theirs, ours).endswith(": equal accuracy, better AUC")
    assert verdict.quality(row("p", 1.0, difference=0.25), row(OURS, 1.0)) == (
        "largest difference 2.5e-01"
    )
    alone = row(OURS, 1.0)
    assert verdict.quality(alone, alone) == "reference"


def test_a_target_is_reached_only_at_equal_quality() -> None:
    def said(median: float, *accuracy: float, **more: Any) -> str:
        theirs = scored("p", *accuracy, **more) | {"median": median, "target": 6.0}
        return verdict.target(theirs, OWN)

    equal, better, worse = (0.91, 0.91, 0.91), (0.99, 0.99, 0.99), (0.5, 0.5, 0.5)
    assert said(6.0, *equal) == "at least 6x: reached"
    assert said(5.9, *equal) == "at least 6x: missed"
    assert said(9.0, *better) == "at least 6x: missed, for its quality is better"
    assert said(9.0, *worse) == "at least 6x: reached"
    assert said(6.0, *equal, other_cores=1.5) == "at least 6x: reached (others used 1.5 cores)"


def test_what_was_not_measured_is_neither_reached_nor_missed() -> None:
    absent = row("p", None, target=2.0)
    assert verdict.target(absent, OWN) == "at least 2x: not measured"
    assert verdict.target(scored("p", 0.9, target=2.0), None) == "at least 2x: not measured"
    assert verdict.target(scored("p", 0.9), OWN) == ""


def test_a_limit_is_that_of_treering() -> None:
    ours = row(OURS, 20e-6, limit=25e-6)
    assert verdict.target(ours, ours) == "at most 25 us: reached"
    slow = row(OURS, 30e-6, limit=25e-6)
    assert verdict.target(slow, slow) == "at most 25 us: missed"


def test_targets_are_counted() -> None:
    rows = [
        OWN,
        scored("a", 0.91, target=0.5),
        scored("b", 0.91, target=2.0),
        row("c", None, target=1.0),
    ]
    counted = verdict.tally(rows, {("forest", "one"): OWN})
    assert counted == {"reached": 1, "missed": 1, "not measured": 1}
