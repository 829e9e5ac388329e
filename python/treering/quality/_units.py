"""Columns whose unit has changed: the same distribution, times a factor that people know."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering.quality._facts import ColumnFacts

    Floats = NDArray[np.float64]

# How many times one number becomes in another unit, and which these may be; in both directions.
_POWERS = {1e3: "", 1e2: "share, percent", 10.0: "", 1e6: "", 1e9: ""}
_FACTORS = {
    60.0: "minutes, seconds",
    3600.0: "hours, seconds",
    24.0: "days, hours",
    1440.0: "days, minutes",
    86400.0: "days, seconds",
    7.0: "weeks, days",
    3.6: "m/s, km/h",
    12.0: "years, months; or feet, inches",
    2.54: "inches, centimetres",
    25.4: "inches, millimetres",
    1 / 0.3048: "metres, feet",
    1.609344: "miles, kilometres",
    0.3048**-2: "square metres, square feet",
    1 / 0.45359237: "kilograms, pounds",
    28.349523125: "ounces, grams",
    3.785411784: "gallons, litres",
    4.184: "kilocalories, kilojoules",
    1024.0: "bytes, kibibytes",
    1048576.0: "bytes, mebibytes",
}
_TEMPERATURES = {(1.8, 32.0): ("Celsius", "Fahrenheit"), (1.0, 273.15): ("Celsius", "Kelvin")}
_LEAST_APART = 0.2
"""How far apart, at least, the distributions are before one of them is converted."""
_MOST_APART = 0.02
"""And how far at most afterwards, or what chance allows."""
_GREAT = 100.0
_MOST_APART_OF_GREAT = 0.3
"""Nothing grows a hundredfold by itself: what is a power of ten may have drifted, too, if twice
and half of it fit far worse."""
_RESOLVED_DEGREES = 1.2
_RESOLVED = 1.05
"""A factor has to be told from one that is so many times larger."""
_MOST_CHANCE = 0.1
_MANY = 10.0
_MUCH_THE_SAME = 0.15
_LEAST_VALUES = 30
_LEAST_DISTINCT = 10


def changed_unit(before: ColumnFacts, now: ColumnFacts) -> str | None:
    """Say by what a column's numbers are multiplied now; None if by nothing that is known.

    The quantiles of both tables are compared, converted by every pair of units: the distance is
    the largest difference of the two distribution functions that the quantiles show. What grows
    as things do is no other unit: a factor counts if it fits as well as chance allows, and those
    beside it do not.
    """
    sizes = [facts.kinds.get("numbers", 0) for facts in (before, now)]
    if min(sizes) < _LEAST_VALUES or before.infinite or now.infinite:
        return None
    then, current = (np.asarray(facts.quantiles) for facts in (before, now))
    if min(len(np.unique(then)), len(np.unique(current))) < _LEAST_DISTINCT:
        return None
    chance = 1.63 * math.sqrt(1 / sizes[0] + 1 / sizes[1])
    if _distance(then, current) < _LEAST_APART + chance:
        return None
    # With fewer values than tell two distributions apart, many factors fit.
    most = max(chance, _MOST_APART) if chance <= _MOST_CHANCE else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for factor, units in (_POWERS | _FACTORS).items():
            times = f"{factor:,.4g} times" if factor < 1000 else f"{factor:,.0f} times"
            named = f" ({units})" if units else ""
            is_power = factor in _POWERS
            if _fits(then, current, factor, most, is_power=is_power):
                return f"{times} the reference's{named}"
            if _fits(current, then, factor, most, is_power=is_power):
                return f"the reference's are {times} these{named}"
        for (factor, summand), (one, other) in _TEMPERATURES.items():
            if _is_resolved(then, current, (factor, summand), most, _RESOLVED_DEGREES):
                return f"{other} where the reference has {one}"
            if _is_resolved(current, then, (factor, summand), most, _RESOLVED_DEGREES):
                return f"{one} where the reference has {other}"
    return None


def changed_scale(before: ColumnFacts, now: ColumnFacts) -> str | None:
    """Say that a column's numbers are many times as large or small, of much the same shape.

    Which unit they have, if they have another one, is not told: many would fit.
    """
    sizes = [facts.kinds.get("numbers", 0) for facts in (before, now)]
    if min(sizes) < _LEAST_VALUES or before.infinite or now.infinite:
        return None
    then, current = (np.asarray(facts.quantiles) for facts in (before, now))
    middles = float(np.median(then)), float(np.median(current))
    if not middles[0] or not middles[1] or middles[0] * middles[1] < 0:
        return None
    factor = middles[1] / middles[0]
    if 1 / _MANY < factor < _MANY or _distance(then * factor, current) > _MUCH_THE_SAME:
        return None
    if factor > 1:
        return f"about {factor:,.3g} times as large"
    return f"about {1 / factor:,.3g} times as small"


def _fits(small: Floats, large: Floats, factor: float, most: float, *, is_power: bool) -> bool:
    """Tell whether one side is so many times the other, and no other times of it."""
    if _is_resolved(small, large, (factor, 0.0), most, _RESOLVED):
        return True
    if factor < _GREAT or not is_power:
        return False
    apart = _distance(small * factor, large)
    beside = (_distance(small * (factor * off), large) for off in (2.0, 0.5))
    return apart <= _MOST_APART_OF_GREAT and min(beside) > apart + 0.1


def _is_resolved(
    small: Floats, large: Floats, line: tuple[float, float], most: float, off: float
) -> bool:
    """Tell whether a conversion fits as well as chance allows, and those beside it do not."""
    converted = small * line[0] + line[1]
    if _distance(converted, large) > most:
        return False
    return min(_distance(converted * off, large), _distance(converted / off, large)) > 1.5 * most


def _distance(first: Floats, second: Floats) -> float:
    """Return the largest difference of two distribution functions, of their quantiles."""
    places = np.concatenate([first, second])
    last = len(first) - 1
    sides = [
        (np.searchsorted(each, places, side="left") + np.searchsorted(each, places, side="right"))
        / (2 * last)
        for each in (first, second)
    ]
    return float(np.abs(sides[0] - sides[1]).max())
