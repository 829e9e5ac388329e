"""How large a change is: a share of the rows, whatever the test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.95
"""At which the interval of an effect holds."""


@dataclass(frozen=True)
class Effect:
    """A change as a share of the rows, and between which shares it lies.

    Attributes
    ----------
    size
        From 0, nothing has changed, to 1.
    low, high
        Between these the effect in all rows that there could be lies, with a probability of at
        least 0.95, whatever the distributions.
    """

    size: float
    low: float
    high: float


def of_numbers(statistic: float, sizes: tuple[int, int]) -> Effect:
    """Return the largest difference of two distribution functions.

    Notes
    -----
    The bounds are those of Dvoretzky, Kiefer and Wolfowitz with Massart's constant, half of what
    may go wrong for each sample.
    """
    half = (1 - LEVEL) / 2
    air = sum(math.sqrt(math.log(2 / half) / (2 * count)) for count in sizes)
    return _within(statistic, air)


def of_categories(before: Sequence[int], now: Sequence[int]) -> Effect:
    """Return the total variation distance of two vectors of counts: what share has moved.

    Notes
    -----
    The bounds follow from Weissman and others, "Inequalities for the L1 deviation of the empirical
    distribution" (2003), half of what may go wrong for each sample. They hold for the categories
    that are listed: of those that neither sample has, nothing is known.
    """
    sizes = (sum(before), sum(now))
    size = sum(abs(b / sizes[0] - n / sizes[1]) for b, n in zip(before, now, strict=True)) / 2
    categories = sum(b + n > 0 for b, n in zip(before, now, strict=True))
    half = (1 - LEVEL) / 2
    # The logarithm of 2**categories - 2, which is 0 for a single category.
    log = categories * math.log(2) + math.log1p(-(2.0 ** (1 - categories))) if categories > 1 else 0
    air = sum(math.sqrt(2 * (log - math.log(half)) / count) for count in sizes) / 2
    return _within(size, air if categories > 1 else 0.0)


def _within(size: float, air: float) -> Effect:
    return Effect(size, max(0.0, size - air), min(1.0, size + air))
