"""How often chance alone would put so many of the marked rows into one of two tables."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import bdtrc

_CHUNK = 4096
_NEGLIGIBLE = 1e-17


def chance_of_more(now: int, rows: int, before: int, reference_rows: int) -> float:
    """Return how often at least so many marked rows are in the current table, by chance.

    Exact: the tail of the hypergeometric law, where `now + before` of all rows of both tables are
    marked and dealt out at random. With `before=0` it is also how often the `now` largest values
    of both tables are all in the current one.

    Parameters
    ----------
    now, rows
        How many of the current table's rows are marked, and how many there are.
    before, reference_rows
        The same of the reference.

    Returns
    -------
    float
        1 where there are no more marked rows than expected.
    """
    marked, total = now + before, rows + reference_rows
    if now * total <= marked * rows:
        return 1.0
    first = math.exp(
        _log_choose(marked, now)
        + _log_choose(total - marked, rows - now)
        - _log_choose(total, rows)
    )
    tail, term = first, first
    for start in range(now, min(marked, rows), _CHUNK):
        counts = np.arange(start, min(start + _CHUNK, marked, rows), dtype=np.float64)
        ratios = (marked - counts) * (rows - counts)
        ratios /= (counts + 1) * (reference_rows - marked + counts + 1)
        terms = term * np.cumprod(ratios)
        tail += float(terms.sum())
        term = float(terms[-1])
        if term <= tail * _NEGLIGIBLE:
            break
    return min(tail, 1.0)


def chance_of_new_categories(new: int, rows: int, once: int, reference_rows: int) -> float:
    """Return how often chance alone shows at least so many categories for the first time.

    Categories that occur once in the reference tell how many there are that it happens not to
    have: with each category's rows coming by a Poisson law of their own, of those that occur once
    before or are new now, at most a share of `rows / (rows + reference_rows)` is expected to be
    new. It is never less than that law says, so that no more alarms are false than promised.

    Parameters
    ----------
    new, rows
        How many categories the current table alone has, and how many rows.
    once, reference_rows
        How many categories occur once in the reference, and how many rows it has.

    References
    ----------
    I. J. Good, "The population frequencies of species and the estimation of population
    parameters", Biometrika 40 (1953).
    """
    if not new:
        return 1.0
    return float(bdtrc(new - 1, new + once, rows / (rows + reference_rows)))


def _log_choose(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)
