"""What the columns of a table are expected to hold: learned from a reference, edited by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, get_args

from treering._axis import label_text
from treering._checks import as_float, boolean, close_names, is_number, names_of, quoted, shown
from treering._frames import encodable
from treering._kinds import Kind
from treering._results import Result, number_text, percent_text, text_table
from treering._text import counted
from treering.quality._facts import ColumnFacts, read_count
from treering.quality._source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_PRINTED = 40
_MOST_NAMED = 3
_KINDS = tuple(kind for kind in get_args(Kind) if kind not in {"mixed", "empty"})
_BOUNDS = ("kinds", "missing", "low", "high", "categories", "finite", "top_share", "required")


@dataclass(frozen=True, repr=False)
class ColumnExpectation(Result):
    """What a column is expected to hold.

    Bounds that were learned hold as far as chance allows with so many rows; those that were set by
    :meth:`Expectations.edit` hold to the letter.

    Attributes
    ----------
    column : str
        Its name.
    kinds : tuple of str
        Kinds of values that it may hold: "numbers", "times", "texts", "truth values", "others";
        empty if any.
    missing : float
        The largest share of missing values.
    low, high : float or None
        The range of its numbers; None where there is none.
    categories : tuple of str or None
        The texts that it may hold; None for any.
    finite : bool
        Whether infinite numbers are faults.
    top_share : float
        The largest share of the most frequent value.
    required : bool
        Whether the column has to be there.
    edited : tuple of str
        The bounds that were set by hand.
    rows : int
        How many rows the others were learned from; 0 if there were none.
    backend : str or None
        The library that the reference came from; None for an array.
    reference : object or None
        What the reference held, by which chance is told; None if nothing was learned.

    Examples
    --------
    >>> import pandas as pd
    >>> from treering.quality import Expectations
    >>> expectations = Expectations.of(pd.DataFrame({"age": [18, 40, 65]}))
    >>> expectations["age"].low, expectations["age"].high
    (18.0, 65.0)
    """

    column: str
    kinds: tuple[str, ...] = ()
    missing: float = 1.0
    low: float | None = None
    high: float | None = None
    categories: tuple[str, ...] | None = None
    finite: bool = False
    top_share: float = 1.0
    required: bool = True
    edited: tuple[str, ...] = ()
    rows: int = 0
    backend: str | None = field(default=None, repr=False, compare=False)
    reference: ColumnFacts | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the expectation as plain Python values.

        Returns
        -------
        dict
        """
        found = super().to_dict()
        found["reference"] = None if self.reference is None else self.reference.to_dict()
        return found


@dataclass(frozen=True, repr=False)
class Expectations(Result, Mapping[str, ColumnExpectation]):
    """What the columns of a table are expected to hold: a mapping to :class:`ColumnExpectation`.

    Learned by :meth:`of`, changed by :meth:`edit`, kept as text by :meth:`to_json` and
    :meth:`from_json`.

    Attributes
    ----------
    columns : dict
        The expectations.
    rows : int
        How many rows the reference had.
    duplicates : int or None
        How many of them occurred before; None where that is not known.
    backend : str or None
        The library that the reference came from; None for an array.

    Examples
    --------
    >>> import pandas as pd
    >>> from treering.quality import Expectations, check_quality
    >>> expectations = Expectations.of(pd.DataFrame({"age": [18, 40, 65] * 9}))
    >>> expectations = expectations.edit("age", low=0, high=120)
    >>> check_quality(expectations, pd.DataFrame({"age": [30, 130, 50]})).passed
    False
    """

    columns: dict[str, ColumnExpectation] = field(default_factory=dict)
    rows: int = 0
    duplicates: int | None = None
    backend: str | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, reference: Any, *, columns: Sequence[str] | None = None) -> Expectations:
        """Learn what to expect from a table.

        Parameters
        ----------
        reference : table, Profile, stream or path
            A table that is as it should be, or its profile: see
            :meth:`treering.profile.Profile.of`.
        columns : sequence of str, default None
            The columns' names if `reference` is an array.

        Returns
        -------
        Expectations
        """
        return learn(Source.read(reference, "reference", columns))

    def __getitem__(self, name: Any) -> ColumnExpectation:
        try:
            return self.columns[str(name)]
        except KeyError:
            raise KeyError(self._unknown(str(name))) from None

    def _unknown(self, name: str) -> str:
        near = close_names(name, self.columns)
        return f"nothing is expected of column {quoted(name)}{near}"

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def edit(self, column: str, **bounds: Any) -> Expectations:
        """Return expectations in which bounds of one column are set by hand.

        Parameters
        ----------
        column
            The column. One that is not known is added where nothing was learned, and to learned
            expectations if `required` is given, so that a mistyped name is told.
        **bounds
            ``kinds``, ``missing``, ``low``, ``high``, ``categories``, ``finite``, ``top_share`` and
            ``required``, as those of :class:`ColumnExpectation`; None takes a bound away.

        Returns
        -------
        Expectations

        Raises
        ------
        KeyError
            If the columns were learned, this is none of them, and `required` is not given.
        TypeError
            If there is no such bound, or one is of the wrong type.
        ValueError
            If a bound is outside its range.
        """
        name = encodable(str(column))
        if self.rows and name not in self.columns and "required" not in bounds:
            raise KeyError(
                f"{self._unknown(name)}; to add the column, say whether tables have to have it: "
                "required=True or False"
            )
        before = self.columns.get(name, ColumnExpectation(name, backend=self.backend))
        for bound in bounds:
            if bound not in _BOUNDS:
                known = ", ".join(_BOUNDS)
                raise TypeError(f"there is no bound {bound!r}; there are {known}")
        checked = {bound: _checked(bound, value) for bound, value in bounds.items()}
        edited = tuple(dict.fromkeys([*before.edited, *checked]))
        after = replace(before, **checked, edited=edited)
        if after.categories and checked.get("categories") and after.kinds == ("numbers",):
            raise ValueError(
                f"categories are texts, and column {quoted(name)} holds numbers: bound these by "
                "low and high, or turn the column into text in both tables first"
            )
        _check_range(after)
        return replace(self, columns={**self.columns, name: after})

    def drop(self, *columns: str) -> Expectations:
        """Return expectations without those of some columns, which may then hold anything.

        Parameters
        ----------
        *columns
            The columns.

        Returns
        -------
        Expectations
        """
        gone = {self[name].column for name in columns}
        kept = {name: each for name, each in self.columns.items() if name not in gone}
        return replace(self, columns=kept)

    def to_dict(self) -> dict[str, Any]:
        """Return the expectations as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "rows": self.rows,
            "duplicates": self.duplicates,
            "columns": {name: each.to_dict() for name, each in self.columns.items()},
        }

    @classmethod
    def from_json(cls, text: str | bytes) -> Expectations:
        """Read what :meth:`to_json` wrote, as it was or edited by hand.

        Parameters
        ----------
        text : str or bytes
            The JSON.

        Returns
        -------
        Expectations

        Raises
        ------
        TypeError
            If `text` is no text.
        ValueError
            If it is not the JSON of expectations, or says what cannot be.
        """
        if not isinstance(text, str | bytes | bytearray):
            raise TypeError(f"text must be JSON; got {shown(text)}")
        try:
            document = json.loads(text)
            if document["type"] != "Expectations" or document["schema_version"] != 1:
                raise ValueError("it is of another type, or from a newer release")
            columns = {
                str(name): _read_column(str(name), each)
                for name, each in document["columns"].items()
            }
            duplicates = document["duplicates"]
            found = cls(
                columns,
                read_count(document["rows"]),
                None if duplicates is None else read_count(duplicates),
            )
        except _WRONG as error:
            told = f"has no {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(
                f"this is not the JSON of expectations, which to_json() writes: {told}"
            ) from error
        return found

    def _columns(self) -> dict[str, Any]:
        return ColumnExpectation._table(list(self.columns.values()))

    def to_html(self) -> Any:
        """Return the expectations as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        rows = [_cells(each) for each in self.columns.values()]
        return report.table(_HEADERS, rows, align=_ALIGNMENT, rest="to_frame() holds all")

    def _text(self) -> str:
        shown_first = list(self.columns.values())[:_MOST_PRINTED]
        lines = [
            (
                f"Expectations: {counted(len(self), 'column')}, learned from "
                f"{counted(self.rows, 'row')}"
            ),
            text_table(_HEADERS, [_cells(each) for each in shown_first], align=_ALIGNMENT),
        ]
        if len(shown_first) < len(self):
            lines.append(f"and {len(self) - len(shown_first):,} more; to_frame() has all")
        return "\n".join(lines)


_HEADERS = ("column", "kinds", "missing", "low", "high", "categories", "most frequent", "by hand")
_ALIGNMENT = "<<>>><><"


def _cells(each: ColumnExpectation) -> tuple[str, ...]:
    named = each.categories or ()
    more = f" and {len(named) - _MOST_NAMED:,} more" if len(named) > _MOST_NAMED else ""
    return (
        label_text(each.column, longest=24),
        ", ".join(each.kinds) or "any",
        percent_text(each.missing),
        "" if each.low is None else number_text(each.low),
        "" if each.high is None else number_text(each.high),
        ", ".join(label_text(text, longest=16) for text in named[:_MOST_NAMED]) + more,
        percent_text(each.top_share),
        ", ".join(each.edited),
    )


_WRONG = (KeyError, TypeError, ValueError, OverflowError, AttributeError, RecursionError)
"""What reading may end in where a text is not what it should be."""

_FREE: dict[str, Any] = {"kinds": (), "missing": 1.0, "finite": False, "top_share": 1.0}


def _checked(bound: str, value: Any) -> Any:
    """Return a bound as it is kept; None takes it away."""
    if value is None:
        if bound == "required":
            raise TypeError("required must be True or False; got None")
        return _FREE.get(bound)
    if bound in {"finite", "required"}:
        return boolean(bound, value)
    if bound == "categories":
        return tuple(dict.fromkeys(names_of(bound, value)))
    if bound == "kinds":
        kinds = (value,) if isinstance(value, str) else names_of(bound, value)
        for kind in kinds:
            if kind not in _KINDS:
                raise ValueError(f"kinds must be out of {', '.join(_KINDS)}; got {kind!r}")
        return kinds
    if not is_number(value):
        raise TypeError(f"{bound} must be a number; got {shown(value)}")
    number = as_float(bound, value)
    if math.isnan(number) or (bound in {"missing", "top_share"} and not 0 <= number <= 1):
        allowed = "a share between 0 and 1" if bound in {"missing", "top_share"} else "a number"
        raise ValueError(f"{bound} must be {allowed}; got {value!r}")
    return number


def _read_column(name: str, values: Mapping[str, Any]) -> ColumnExpectation:
    """Read one expectation; what differs from what the reference says was set by hand."""
    for bound in values:
        if bound not in {*_BOUNDS, "column", "edited", "rows", "reference"}:
            raise ValueError(f"there is no bound {bound!r}; there are {', '.join(_BOUNDS)}")
    bounds = {bound: _checked(bound, values[bound]) for bound in _BOUNDS}
    facts = values.get("reference")
    known = None if facts is None else ColumnFacts.from_dict(facts)
    learned = ColumnExpectation(name) if known is None else learn_column(name, known)
    listed = {bound for bound in names_of("edited", values["edited"]) if bound in _BOUNDS}
    own = {bound for bound in _BOUNDS if _differs(bounds[bound], getattr(learned, bound))}
    found = ColumnExpectation(
        name,
        **bounds,
        edited=tuple(bound for bound in _BOUNDS if bound in listed | own),
        rows=read_count(values["rows"]),
        reference=known,
    )
    _check_range(found)
    return found


def _differs(given: Any, learned: Any) -> bool:
    """Tell whether a bound was changed; one that was taken away, or is infinite, binds nothing."""
    if given is None:
        return False
    if isinstance(given, tuple):
        return set(given) != set(learned or ())
    return bool(given != learned)


def _check_range(expectation: ColumnExpectation) -> None:
    low, high = expectation.low, expectation.high
    if low is not None and high is not None and low > high:
        raise ValueError(f"low is {low:g} and high {high:g}; low must not be above high")


def learn(source: Source) -> Expectations:
    """Expect what a table holds.

    Columns that ascend from row to row go on to do so: they have no range.
    """
    columns = {}
    for name in source.profile:
        learned = learn_column(name, ColumnFacts.of(source.profile, name), source.backend)
        if source.ascends(name):
            learned = replace(learned, low=None, high=None)
        columns[name] = learned
    return Expectations(columns, source.profile.rows, source.count_repeated(), source.backend)


def learn_column(column: str, facts: ColumnFacts, backend: str | None = None) -> ColumnExpectation:
    """Expect what is known of a column."""
    of_numbers = bool(facts.kinds.get("numbers")) and bool(facts.quantiles)
    has_range = of_numbers and not facts.counts_rows  # numbers of rows go on
    moves_on = facts.is_of_dates
    return ColumnExpectation(
        column=column,
        kinds=tuple(facts.kinds),
        missing=facts.missing_share,
        low=facts.quantiles[0] if has_range else None,
        high=facts.quantiles[-1] if has_range else None,
        categories=tuple(facts.categories) if facts.categories and not moves_on else None,
        finite=facts.infinite == 0 and of_numbers,
        top_share=1.0 if moves_on else facts.top_share,
        rows=facts.rows,
        backend=backend,
        reference=facts,
    )
