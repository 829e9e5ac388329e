"""Columns whose unit has changed: the same distribution, times a factor that people know."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering.quality._facts import ColumnFacts

    Floats = NDArray[np.float64]

# What one number becomes in another unit: a factor and a summand; each holds in both directions.
# Where chance leaves it open which one it is, the first is named.
_UNITS: dict[str, tuple[float, float]] = {
    "10 times": (10.0, 0.0),
    "100 times (as of a share and percent)": (100.0, 0.0),
    "1,000 times (as of a unit and a thousandth)": (1e3, 0.0),
    "1,000,000 times": (1e6, 0.0),
    "1,000,000,000 times": (1e9, 0.0),
    "60 times (as of minutes and seconds)": (60.0, 0.0),
    "3,600 times (as of hours and seconds)": (3600.0, 0.0),
    "24 times (as of days and hours)": (24.0, 0.0),
    "1,440 times (as of days and minutes)": (1440.0, 0.0),
    "86,400 times (as of days and seconds)": (86400.0, 0.0),
    "7 times (as of weeks and days)": (7.0, 0.0),
    "12 times (as of years and months, or feet and inches)": (12.0, 0.0),
    "2.54 times (as of inches and centimetres)": (2.54, 0.0),
    "25.4 times (as of inches and millimetres)": (25.4, 0.0),
    "3.28 times (as of metres and feet)": (1 / 0.3048, 0.0),
    "1.609 times (as of miles and kilometres)": (1.609344, 0.0),
    "10.76 times (as of square metres and square feet)": (0.3048**-2, 0.0),
    "2.205 times (as of kilograms and pounds)": (1 / 0.45359237, 0.0),
    "28.35 times (as of ounces and grams)": (28.349523125, 0.0),
    "3.785 times (as of gallons and litres)": (3.785411784, 0.0),
    "4.184 times (as of kilocalories and kilojoules)": (4.184, 0.0),
    "1.8 times plus 32 (as of degrees Celsius and Fahrenheit)": (1.8, 32.0),
    "plus 273.15 (as of degrees Celsius and kelvins)": (1.0, 273.15),
    "1,024 times (as of bytes and kibibytes)": (1024.0, 0.0),
    "1,048,576 times (as of bytes and mebibytes)": (1048576.0, 0.0),
}
_LEAST_APART = 0.2
"""How far apart, at least, the distributions are before one of them is converted."""
_MOST_APART = 0.05
"""And how far at most afterwards, beside what chance allows."""
_LEAST_VALUES = 30
_LEAST_DISTINCT = 10


def changed_unit(before: ColumnFacts, now: ColumnFacts) -> str | None:
    """Say by what a column's numbers are multiplied now; None if by nothing that is known.

    The quantiles of both tables are compared, converted by every pair of units: the distance is
    the largest difference of the two distribution functions that the quantiles show.
    """
    sizes = [facts.kinds.get("numbers", 0) for facts in (before, now)]
    if min(sizes) < _LEAST_VALUES or before.infinite or now.infinite:
        return None
    then, current = (np.asarray(facts.quantiles) for facts in (before, now))
    if min(len(np.unique(then)), len(np.unique(current))) < _LEAST_DISTINCT:
        return None
    apart = _distance(then, current)
    chance = 1.63 * math.sqrt(1 / sizes[0] + 1 / sizes[1])
    if apart < _LEAST_APART + chance:
        return None
    found = []
    for told, (factor, summand) in _UNITS.items():
        found.append((_distance(then * factor + summand, current), told))
        found.append((_distance((then - summand) / factor, current), f"divided: {told}"))
    least = min(distance for distance, _ in found)
    if least > _MOST_APART + chance or least > apart / 3:
        return None
    told = next(told for distance, told in found if distance <= least + chance / 2)
    if told.startswith("divided: "):
        return f"the reference's are {told.removeprefix('divided: ')} these"
    return f"they are {told} the reference's"


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
