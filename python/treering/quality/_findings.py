"""One thing that is not as expected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from treering._axis import label_text
from treering._results import Result

Level = Literal["fault", "warning"]
Check = Literal[
    "empty table",
    "missing column",
    "new column",
    "type",
    "missing values",
    "infinite values",
    "range",
    "unseen category",
    "unit",
    "constant",
    "near-constant",
    "empty column",
    "duplicate rows",
    "duplicate keys",
    "missing keys",
    "stale",
    "future",
    "order",
    "like an identifier",
    "copy of the target",
]


@dataclass(frozen=True, repr=False)
class QualityFinding(Result):
    """One thing that is not as expected.

    Attributes
    ----------
    column : str or None
        The column; None where it is about whole rows.
    check : str
        What was looked at, such as "missing values" or "range".
    level : str
        "fault", or "warning" for a hint that may be all right.
    found, expected : str
        What there is, and what was expected.
    rows : int or None
        How many rows it is about, where they can be counted.
    pvalue : float or None
        How often chance alone would show as much; None where an expectation holds to the letter.
    backend : str or None
        The library that the table came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.quality import Expectations, check_quality
    >>> expectations = Expectations().edit("x0", high=1)
    >>> print(check_quality(expectations, np.array([[0.5], [2.0]])).findings[0].message)
    column 'x0': 1 value above 1, the highest is 2; expected at most 1
    """

    column: str | None
    check: Check
    level: Level
    found: str
    expected: str
    rows: int | None = None
    pvalue: float | None = None
    backend: str | None = field(default=None, repr=False, compare=False)

    @property
    def message(self) -> str:
        """The finding as one sentence."""
        where = "rows" if self.column is None else f"column '{label_text(self.column, longest=60)}'"
        return f"{where}: {self.found}; expected {self.expected}"
