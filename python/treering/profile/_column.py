"""What a profile says of one column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from treering._axis import label_text
from treering._results import Result, number_text, percent_text

if TYPE_CHECKING:
    from treering._kinds import Kind

COLUMN_HEADERS = (
    "column",
    "kind",
    "missing",
    "distinct",
    "mean or top",
    "std",
    "min",
    "median",
    "max",
)


@dataclass(frozen=True, repr=False)
class ColumnProfile(Result):
    """What a profile says of one column.

    Parameters
    ----------
    column : str
        Its name.
    kind : str
        "numbers", "times", "texts", "truth values", "others"; "mixed" of several of them, "empty"
        of missing values alone.
    rows, missing : int
        How many values there are, and how many of them are missing.
    distinct : int or None
        How many distinct values; None for a kind that is not counted.
    distinct_is_exact : bool or None
        Whether that is exact (up to 1,024) or an estimate, whose standard error is 1.6 %.
    mean, std, skewness, kurtosis : float, str or None
        Of finite numbers: mean, standard deviation with one degree of freedom less than values,
        third and fourth standardised moment, the latter less 3. Of times the mean alone, as text.
    min, q25, median, q75, max : float, str or None
        The least and the greatest number or moment, which are exact, and quartiles, which are
        numbers of the column: nothing is interpolated.
    rank_error : float or None
        By how much the rank of a quartile may be off, as a share of the values: a bound that holds
        for certain.
    zeros, infinite : int or None
        How many numbers are zero, and how many infinite.
    true : int or None
        How many truth values are true.
    shortest, longest : int or None
        Characters of the shortest and the longest text.
    mean_length : float or None
        Their mean.
    top : str or None
        The most frequent text.
    top_count : int or None
        How often it occurs, at least.
    kinds : dict
        How many values there are of each kind, missing ones not counted.
    backend : str or None, default None
        The library that the data came from; None for arrays and files.

    Examples
    --------
    >>> from treering.profile import Profile
    >>> column = Profile.of([[1.0], [2.0], [6.0]])["x0"]
    >>> column.mean, column.median, column.distinct
    (3.0, 2.0, 3)
    """

    column: str
    kind: Kind
    rows: int
    missing: int
    distinct: int | None = None
    distinct_is_exact: bool | None = None
    mean: Any = None
    std: float | None = None
    skewness: float | None = None
    kurtosis: float | None = None
    min: Any = None
    q25: Any = None
    median: Any = None
    q75: Any = None
    max: Any = None
    rank_error: float | None = None
    zeros: int | None = None
    infinite: int | None = None
    true: int | None = None
    shortest: int | None = None
    longest: int | None = None
    mean_length: float | None = None
    top: str | None = None
    top_count: int | None = None
    kinds: dict[str, int] = field(default_factory=dict, repr=False)
    backend: str | None = field(default=None, repr=False, compare=False)

    @property
    def missing_share(self) -> float:
        """The share of missing values; 0 without rows."""
        return self.missing / self.rows if self.rows else 0.0

    def _lines(self) -> list[tuple[str, str]]:
        return [
            (name, text)
            for name, text in super()._lines()
            if getattr(self, name.replace(" ", "_")) is not None
        ]


def column_cells(column: ColumnProfile) -> list[str]:
    """Write a row of a table with these headers."""
    distinct = "" if column.distinct is None else f"{column.distinct:,}"
    if column.distinct_is_exact is False:
        distinct = f"about {distinct}"
    return [
        label_text(column.column),
        column.kind,
        percent_text(column.missing_share),
        distinct,
        *(_moment_cells(column) if column.kind == "times" else _number_cells(column)),
    ]


def _number_cells(column: ColumnProfile) -> list[str]:
    middle = column.top if column.mean is None else column.mean
    return [_cell(each) for each in (middle, column.std, column.min, column.median, column.max)]


def _moment_cells(column: ColumnProfile) -> list[str]:
    """Write days or seconds if the column's moments are whole ones; their mean is no finer."""
    own = column.min, column.q25, column.median, column.q75, column.max
    finer = "." if all("." not in each for each in own) else None
    if all(each.endswith("T00:00:00") for each in own):
        finer = "T"

    def written(moment: str) -> str:
        if finer is not None:
            moment = moment.partition(finer)[0]
        return (moment.rstrip("0") if "." in moment else moment).replace("T", " ")

    return [written(column.mean), "", *map(written, (column.min, column.median, column.max))]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return label_text(value) if isinstance(value, str) else number_text(float(value))
