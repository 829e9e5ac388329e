"""Columns whose unit has changed: the same distribution, times a factor that people know."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering.quality._facts import ColumnFacts

    Floats = NDArray[np.float64]

# What one number becomes in another unit; each holds in both directions.
_POWERS = {
    "1,000 times (as of a unit and a thousandth)": 1e3,
    "100 times (as of a share and percent)": 1e2,
    "10 times": 10.0,
    "1,000,000 times": 1e6,
    "1,000,000,000 times": 1e9,
}
_FACTORS = {
    "60 times (as of minutes and seconds)": 60.0,
    "3,600 times (as of hours and seconds)": 3600.0,
    "24 times (as of days and hours)": 24.0,
    "1,440 times (as of days and minutes)": 1440.0,
    "86,400 times (as of days and seconds)": 86400.0,
    "7 times (as of weeks and days)": 7.0,
    "3.6 times (as of metres per second and kilometres per hour)": 3.6,
    "12 times (as of years and months, or feet and inches)": 12.0,
    "2.54 times (as of inches and centimetres)": 2.54,
    "25.4 times (as of inches and millimetres)": 25.4,
    "3.28 times (as of metres and feet)": 1 / 0.3048,
    "1.609 times (as of miles and kilometres)": 1.609344,
    "10.76 times (as of square metres and square feet)": 0.3048**-2,
    "2.205 times (as of kilograms and pounds)": 1 / 0.45359237,
    "28.35 times (as of ounces and grams)": 28.349523125,
    "3.785 times (as of gallons and litres)": 3.785411784,
    "4.184 times (as of kilocalories and kilojoules)": 4.184,
    "1,024 times (as of bytes and kibibytes)": 1024.0,
    "1,048,576 times (as of bytes and mebibytes)": 1048576.0,
}
_TEMPERATURES = {
    "1.8 times plus 32 (as of degrees Celsius and Fahrenheit)": (1.8, 32.0),
    "plus 273.15 (as of degrees Celsius and kelvins)": (1.0, 273.15),
}
_LEAST_APART = 0.2
"""How far apart, at least, the distributions are before one of them is converted."""
_MOST_APART = 0.02
"""And how far at most afterwards, or what chance allows."""
_GREAT = 100.0
_MOST_APART_OF_GREAT = 0.3
"""Nothing grows a hundredfold by itself: what is a power of ten may have drifted, too, if twice
and half of it fit far worse."""
_RESOLVED = 1.05
"""A factor that is no power of ten has to be told from one that is so many times larger."""
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
    most = max(chance, _MOST_APART)
    with np.errstate(over="ignore", invalid="ignore"):
        for told, factor in (_POWERS | _FACTORS).items():
            for small, large, words in (
                (then, current, f"they are {told} the reference's"),
                (current, then, f"the reference's are {told} these"),
            ):
                if _fits(small, large, factor, most, is_power=told in _POWERS):
                    return words
        for told, (factor, summand) in _TEMPERATURES.items():
            if _distance(then * factor + summand, current) <= most:
                return f"they are {told} the reference's"
            if _distance(current * factor + summand, then) <= most:
                return f"the reference's are {told} these"
    return None


def _fits(small: Floats, large: Floats, factor: float, most: float, *, is_power: bool) -> bool:
    """Tell whether one side is so many times the other, and no other times of it."""
    apart = _distance(small * factor, large)
    if apart <= most and is_power:
        return True
    if factor < _GREAT or not is_power:
        beside = (_distance(small * (factor * off), large) for off in (_RESOLVED, 1 / _RESOLVED))
        return apart <= most and min(beside) > 1.5 * most
    beside = (_distance(small * (factor * off), large) for off in (2.0, 0.5))
    return apart <= _MOST_APART_OF_GREAT and min(beside) > apart + 0.1


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
