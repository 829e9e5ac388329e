"""What the core knows of a column, in words and numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._checks import quoted
from treering.profile._column import ColumnProfile

if TYPE_CHECKING:
    from treering._core import profile as _core
    from treering._kinds import Kind

_QUARTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


def kinds_of(core: _core.Profile, place: int) -> dict[Kind, int]:
    """Return how many values a column has of each kind that it holds."""
    _, (false, true), others = core.counts(place)
    counts: dict[Kind, int] = {
        "numbers": core.number_facts(place, False)[0],
        "times": core.number_facts(place, True)[0],
        "texts": core.text_facts(place)[0],
        "truth values": false + true,
        "others": others,
    }
    return {kind: count for kind, count in counts.items() if count}


def check_texts(core: _core.Profile, place: int, name: str) -> None:
    """Refuse a column that holds values, and no texts among them."""
    kinds = kinds_of(core, place)
    if kinds and "texts" not in kinds:
        raise ValueError(
            f"column {quoted(name)} holds {' and '.join(kinds)}, where texts are counted; quantile "
            "and count_up_to tell of numbers and times"
        )


def is_of_times(core: _core.Profile, place: int, name: str) -> bool:
    """Tell a column of times from one of numbers; one that holds neither is refused."""
    kinds = kinds_of(core, place)
    if kinds and not kinds.keys() & {"numbers", "times"}:
        raise ValueError(
            f"column {quoted(name)} holds {' and '.join(kinds)}, where numbers or times are in "
            "order; value_counts tells of texts"
        )
    return "numbers" not in kinds and "times" in kinds


def describe(core: _core.Profile, name: str, place: int, backend: str | None) -> ColumnProfile:
    """Say what a profile knows of the column at a place."""
    missing, (false, true), _ = core.counts(place)
    kinds = kinds_of(core, place)
    kind: Kind = "mixed" if len(kinds) > 1 else next(iter(kinds), "empty")
    facts: dict[str, Any] = {}
    if "truth values" in kinds:
        facts |= {"true": true, "distinct": bool(true) + bool(false)}
        facts["distinct_is_exact"] = True
    if "texts" in kinds:
        facts |= _text_facts(core, place)
    if "times" in kinds:
        facts |= _number_facts(core, place, times=True)
    if "numbers" in kinds:
        facts |= _number_facts(core, place, times=False)
    if kind == "mixed":
        facts |= {"distinct": None, "distinct_is_exact": None}
    named = {str(kind): count for kind, count in kinds.items()}
    return ColumnProfile(name, kind, core.rows(), missing, **facts, kinds=named, backend=backend)


def _number_facts(core: _core.Profile, place: int, *, times: bool) -> dict[str, Any]:
    count, infinite, zeros, mean, std, skewness, kurtosis, distinct, is_exact, widest = (
        core.number_facts(place, times)
    )
    facts: dict[str, Any] = {"distinct": round(distinct), "distinct_is_exact": is_exact}
    facts["rank_error"] = widest / count
    values = core.quantiles(place, times, _QUARTILES).tolist()
    names = ("min", "q25", "median", "q75", "max")
    if times:
        written = dict(zip(names, map(_moment, values), strict=True))
        return facts | written | {"mean": _moment(mean)}
    facts |= dict(zip(names, values, strict=True))
    moments = {"mean": mean, "std": std, "skewness": skewness, "kurtosis": kurtosis}
    facts |= {name: None if math.isnan(value) else value for name, value in moments.items()}
    return facts | {"zeros": zeros, "infinite": sum(infinite)}


def _text_facts(core: _core.Profile, place: int) -> dict[str, Any]:
    count, distinct, is_exact, shortest, longest, total, _ = core.text_facts(place)
    found = core.categories(place)
    top, often = min(found, key=lambda pair: (-pair[1], pair[0]), default=(None, None))
    return {
        "distinct": round(distinct),
        "distinct_is_exact": is_exact,
        "shortest": shortest,
        "longest": longest,
        "mean_length": total / count,
        "top": top,
        "top_count": often,
    }


def _moment(seconds: float) -> str:
    """Write a time, as short as it is exact."""
    micro = round(seconds * 1e6)
    return str(np.datetime64(micro, "us") if micro % 10**6 else np.datetime64(micro // 10**6, "s"))
