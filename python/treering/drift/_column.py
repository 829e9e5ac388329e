"""What was found in one column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from treering._results import Result, field_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from treering._text import Verdict

_SIGNS = {1: "higher", -1: "lower"}

Cause = Literal["values", "missing values", "type", "absent"]
"""What drifted."""


class Histogram(NamedTuple):
    """Densities of a column in the reference and now, in the same bins.

    Attributes
    ----------
    edges : tuple of float
        The bins' edges, one more than there are bins.
    reference, current : tuple of float
        The density in each bin; times the bin's width it is the share of the values there.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import detect_drift
    >>> ramp = np.arange(100.0).reshape(-1, 1)
    >>> len(detect_drift(ramp, ramp)["x0"].histogram.edges)
    21
    """

    edges: tuple[float, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]


class Ecdf(NamedTuple):
    """The distribution functions of a column in the reference and now, at the same numbers.

    Attributes
    ----------
    values : tuple of float
        The numbers, ascending.
    reference, current : tuple of float
        Which share of the values lies below each of them; of all at the last one.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import detect_drift
    >>> ramp = np.arange(100.0).reshape(-1, 1)
    >>> detect_drift(ramp, ramp)["x0"].ecdf.reference[-1]
    1.0
    """

    values: tuple[float, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]


class Shares(NamedTuple):
    """The share of each category in the reference and now.

    Attributes
    ----------
    labels : tuple of str
        The categories, the most frequent of the reference first; the last one may be "other".
    reference, current : tuple of float
        Their shares of the values that are not missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from treering.drift import detect_drift
    >>> before = pd.DataFrame({"town": ["Bonn"] * 60 + ["Ulm"] * 40})
    >>> now = pd.DataFrame({"town": ["Bonn"] * 50 + ["Ulm"] * 50})
    >>> detect_drift(before, now)["town"].shares
    Shares(labels=('Bonn', 'Ulm'), reference=(0.6, 0.4), current=(0.5, 0.5))
    """

    labels: tuple[str, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]


@dataclass(frozen=True, repr=False)
class ColumnDrift(Result):
    """What was found in one column.

    Attributes
    ----------
    column : str
        Its name.
    test : str
        The test or the distance, by its name in :mod:`treering.stats`; ``"ks"`` is ``"ks_2samp"``.
    statistic, pvalue : float or None
        The test's outcome; None if there was not enough data for it. The p-value of a distance
        comes from exchanging rows of both sides, None if a threshold was given instead.
    adjusted_pvalue : float or None
        The column's p-value corrected for the number of columns: of the test or, if there are
        missing values, of the smaller of `pvalue` and `missing_pvalue`, doubled. Without a
        correction the smaller of the two as it is. None if neither was made.
    drift : bool
        Whether the verdict is "drift".
    verdict : str
        "drift", "no drift" or "not enough data"; of profiles also "undecided".
    reference_size, current_size : int
        How many values each side had, missing ones not counted.
    reference_missing, current_missing : float
        The share of missing values on each side.
    location : float or None
        The value at which the distributions lie furthest apart.
    sign : int or None
        1 if more of the current values lie above that location than before, -1 if fewer.
    missing_pvalue : float or None
        Of the test that both sides have one share of missing values; None if neither side has any,
        or too few rows.
    kind : str
        "numbers" or "categories".
    effect_size : float or None
        How large the change of the values is, as a share of the rows, whatever the test: of
        numbers the largest difference of the two distribution functions, of categories the share
        that has moved to other ones (their total variation distance).
    effect_low, effect_high : float or None
        Between these the effect in all rows that there could be lies, with a probability of at
        least 0.95.
    threshold : float or None
        Above which a distance is a drift, if one was given.
    cause : str or None
        What drifted: "values", "missing values", "type", or "absent" where the current table has
        no such column; None without a drift.
    note : str or None
        What else is to be said, such as that the column changed its type.
    histogram : Histogram or None
        Of numbers: densities of both sides in twenty bins on their common range, or in as many as
        hold equally many whole numbers.
    shares : Shares or None
        Of categories: how frequent each is on both sides.
    ecdf : Ecdf or None
        Of numbers: both distribution functions.
    backend : str or None
        The library that the current table came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import detect_drift
    >>> ramp = np.arange(100.0).reshape(-1, 1)
    >>> column = detect_drift(ramp, ramp + 50)["x0"]
    >>> column.statistic, column["direction"]
    (0.5, 'higher')
    """

    column: str
    test: str
    statistic: float | None
    pvalue: float | None
    adjusted_pvalue: float | None
    drift: bool
    verdict: Verdict
    reference_size: int
    current_size: int
    reference_missing: float
    current_missing: float
    location: float | None
    sign: int | None
    missing_pvalue: float | None = None
    kind: Literal["numbers", "categories"] = "numbers"
    effect_size: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None
    threshold: float | None = None
    cause: Cause | None = None
    note: str | None = None
    histogram: Histogram | None = field(repr=False, compare=False, default=None)
    shares: Shares | None = field(repr=False, compare=False, default=None)
    ecdf: Ecdf | None = field(repr=False, compare=False, default=None)
    backend: str | None = field(default=None, repr=False, compare=False)

    @property
    def direction(self) -> str | None:
        """Where the values moved at `location`: "higher" or "lower".

        None without a test of the values, of categories, and where it is the share of missing
        values that drifted, rather than the values.
        """
        if self.sign is None or self.lies_in_the_missing:
            return None
        return _SIGNS.get(self.sign)

    @property
    def lies_in_the_missing(self) -> bool:
        """Whether it is the share of missing values that drifted, rather than the values."""
        return self.cause == "missing values"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which the effect lies; None without one."""
        if self.effect_low is None or self.effect_high is None:
            return None
        return self.effect_low, self.effect_high

    @property
    def least_pvalue(self) -> float | None:
        """The smaller of `pvalue` and `missing_pvalue`; None if neither test was made."""
        made = [p for p in (self.pvalue, self.missing_pvalue) if p is not None]
        return min(made, default=None)

    def __getitem__(self, name: str) -> Any:
        if name in {"direction", "least_pvalue", "interval"} or name in self.__dataclass_fields__:
            return getattr(self, name)
        raise KeyError(name)

    def keys(self) -> tuple[str, ...]:
        """Return the names of what was found.

        Returns
        -------
        tuple of str
        """
        return field_names(self)

    def _lines(self) -> list[tuple[str, str]]:
        return [
            (name, text)
            for name, text in super()._lines()
            if getattr(self, name.replace(" ", "_")) is not None
        ]

    @classmethod
    def _table(cls, rows: Sequence[Self]) -> dict[str, Any]:
        table = super()._table(rows)
        del table["sign"]
        return {**table, "direction": [row.direction for row in rows]}
