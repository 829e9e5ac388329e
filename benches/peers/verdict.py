"""What the figures of a peer say beside those of treering: equal quality, and targets reached.

Scores are equal if the means over the seeds differ by no more than twice the standard deviation
from seed to seed, the wider one of the two; or by no more than a t-test at 1 % allows, since a
deviation of three seeds is itself uncertain; or by no more than one held-out row.
"""

import math
import statistics
from collections.abc import Mapping
from typing import Any

from scipy.special import stdtrit

Row = dict[str, Any]

# Whether more is better; what is not here is told and not judged.
HIGHER = {"accuracy": True, "AUC": True, "RMSE": False}

UNITS = {
    "time": (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)),
    "memory": (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)),
}

SEEDS = 3
# Cores that other programs may use before a time says little.
CALM = 0.25


def spread(scores: list[float]) -> float | None:
    """The standard deviation from seed to seed, if there are enough of them."""
    return statistics.stdev(scores) if len(scores) >= SEEDS else None


def allowed(mine: list[float], other: list[float]) -> float:
    """How far two means may lie apart before a t-test at 1 % tells them apart (two samples)."""
    samples = [scores for scores in (mine, other) if len(scores) > 1]
    freedom = sum(len(scores) - 1 for scores in samples)
    squares = sum((len(scores) - 1) * statistics.variance(scores) for scores in samples)
    error = math.sqrt(squares / freedom * (1 / len(mine) + 1 / len(other)))
    return float(stdtrit(freedom, 0.995)) * error


def compare(name: str, ours: Row, theirs: Row) -> int | None:
    """1 if the score of the peer is better, -1 if it is worse, 0 if equal, None if unknown."""
    mine, other = ours["scores"][name], theirs["scores"][name]
    spreads = [value for value in (spread(mine), spread(other)) if value is not None]
    gain = statistics.mean(other) - statistics.mean(mine)
    step = ours["step"] if name == "accuracy" else 0.0
    if not spreads:
        return 0 if abs(gain) <= step else None
    # The last digits of equal scores depend on the order in which they were summed.
    if abs(gain) <= max(2 * max(spreads), allowed(mine, other), step, 1e-12):
        return 0
    return 1 if (gain > 0) is HIGHER[name] else -1


def judged(ours: Row, theirs: Row) -> dict[str, int | None]:
    names = [name for name in theirs["scores"] if name in HIGHER and name in ours["scores"]]
    return {name: compare(name, ours, theirs) for name in names}


def _said(name: str, scores: list[float]) -> str:
    if name == "nodes":
        return f"{statistics.mean(scores):,.0f} nodes"
    wide = spread(scores)
    digits = 4 if name != "RMSE" or statistics.mean(scores) < 100 else 2
    around = "" if wide is None else f" ± {wide:.{digits}f}"
    return f"{name} {statistics.mean(scores):.{digits}f}{around}"


def quality(row: Row, ours: Row | None) -> str:
    """The scores of a peer, and how they stand beside those of treering."""
    if not row["scores"]:
        if row["difference"] is None:
            return "reference" if ours is row else ""
        return f"largest difference {row['difference']:.1e}"
    text = ", ".join(_said(name, scores) for name, scores in row["scores"].items())
    if ours is None or ours is row or ours["median"] is None:
        return text
    words = {1: "better", 0: "equal", -1: "worse", None: "too few seeds to tell"}
    verdicts = judged(ours, row)
    if len(set(verdicts.values())) == 1:
        return f"{text}: {words[next(iter(verdicts.values()))]}"
    return f"{text}: " + ", ".join(f"{words[sign]} {name}" for name, sign in verdicts.items())


def amount(value: float, measure: str = "time") -> str:
    """A time or a size with the unit that suits it."""
    units = UNITS[measure]
    unit, scale = next(((unit, scale) for unit, scale in units if value >= scale), units[-1])
    return f"{value / scale:.3g} {unit}"


def target(row: Row, ours: Row | None) -> str:
    """What was to be reached beside this peer, and whether it was."""
    if row is ours:
        if row["limit"] is None:
            return ""
        aim = f"at most {amount(row['limit'])}"
        if row["median"] is None:
            return f"{aim}: not measured"
        met = row["median"] <= row["limit"]
        return f"{aim}: {'reached' if met else 'missed'}{_disturbed(row)}"
    if row["target"] is None:
        return ""
    aim = f"at least {row['target']:g}x"
    if row["median"] is None or ours is None or ours["median"] is None:
        return f"{aim}: not measured"
    signs = judged(ours, row).values()
    if row["median"] < row["target"] * ours["median"]:
        said = "missed"
    elif 1 in signs:
        said = "missed, for its quality is better"
    elif None in signs:
        said = "reached, quality not compared"
    else:
        said = "reached"
    return f"{aim}: {said}{_disturbed(row)}"


def _disturbed(row: Row) -> str:
    """A note beside times that were measured while the machine had other work."""
    others = row["other_cores"]
    if row["measure"] != "time" or others is None or others <= CALM:
        return ""
    return f" (others used {others:.1f} cores)"


def tally(rows: list[Row], ours: Mapping[tuple[str, str], Row]) -> dict[str, int]:
    """How many targets were reached, missed and not measured."""
    said = [target(row, ours.get((row["workload"], row["case"]))) for row in rows]
    return {
        word: sum(f": {word}" in text for text in said)
        for word in ("reached", "missed", "not measured")
    }
