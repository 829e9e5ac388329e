"""What a comparison found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from treering._axis import label_text
from treering._checks import check_axes, close_names, one_of, quoted, whole_number
from treering._html import worst_tone
from treering._results import (
    ALL_ROWS,
    Result,
    number_text,
    percent_text,
    pvalue_text,
    reasons_text,
    text_table,
)
from treering._text import VERDICT_TITLES, counted
from treering.drift._column import ColumnDrift

if TYPE_CHECKING:
    from treering._html import Tone
    from treering.drift._column import Shares
    from treering.plotting import DriftEcdfDisplay, DriftHistogramDisplay, DriftShareDisplay
    from treering.report import Html

_MOST_PRINTED = 40
_MOST_CHARTS = 12
_LONGEST_NAME = 40
_LONGEST_CATEGORY = 16


@dataclass(frozen=True, repr=False)
class DriftReport(Result, Mapping[str, ColumnDrift]):
    """What a comparison found: a mapping from column to :class:`ColumnDrift`.

    Its size does not depend on the number of rows that were compared.

    Attributes
    ----------
    columns : dict
        The findings.
    skipped : dict
        Columns that were not compared, and why.
    alpha, correction, min_size
        As they were asked for.
    reference_rows, current_rows : int
        How many rows each side had.
    backend : str or None
        The library that the current table came from; None for an array.
    min_effect, false_alarms
        As they were asked for.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import detect_drift
    >>> ramp = np.arange(100.0).reshape(-1, 1)
    >>> detect_drift(ramp, ramp + 50)
    DriftReport: 1 of 1 column drifted (alpha 0.05, fdr_bh, effects from 5.0 %; 100 rows, then 100)
    column  verdict  effect  test  statistic   pvalue  adjusted  moved   missing before  missing now
    ------  -------  ------  ----  ---------  -------  --------  ------  --------------  -----------
    x0      drift    50.0 %  ks       0.5000  <0.0001   <0.0001  higher           0.0 %        0.0 %
    """

    columns: dict[str, ColumnDrift]
    skipped: dict[str, str]
    alpha: float
    correction: str | None
    min_size: int
    reference_rows: int
    current_rows: int
    backend: str | None = None
    min_effect: float = 0.0
    false_alarms: str | None = None

    def __getitem__(self, name: Any) -> ColumnDrift:
        try:
            return self.columns[str(name)]
        except KeyError:
            why = self.skipped.get(str(name))
            near = "" if why else close_names(str(name), self.columns)
            told = f"column {quoted(str(name))} was not compared"
            raise KeyError(told + (f": {why}" if why else near)) from None

    # The mapping's own would make the message of a missing name, only to drop it.
    def __contains__(self, name: object) -> bool:
        return str(name) in self.columns

    def get(self, name: Any, default: Any = None) -> Any:
        """Return the findings of a column, or something else if it was not compared.

        Parameters
        ----------
        name
            The column.
        default
            What to return in their place.

        Returns
        -------
        ColumnDrift or object
        """
        return self.columns.get(str(name), default)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def drifted(self) -> tuple[str, ...]:
        """The columns whose verdict is "drift"."""
        return tuple(name for name, found in self.columns.items() if found.drift)

    @property
    def undecided(self) -> tuple[str, ...]:
        """The columns whose verdict is "not enough data" or, of profiles, "undecided"."""
        unknown = {"not enough data", "undecided"}
        return tuple(name for name, found in self.columns.items() if found.verdict in unknown)

    @property
    def share(self) -> float:
        """The share of drifted columns among those that could be judged; 0 if none could."""
        judged = len(self.columns) - len(self.undecided)
        return len(self.drifted) / judged if judged else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "alpha": self.alpha,
            "correction": self.correction,
            "min_size": self.min_size,
            "min_effect": self.min_effect,
            "false_alarms": self.false_alarms,
            "reference_rows": self.reference_rows,
            "current_rows": self.current_rows,
            "share": self.share,
            "columns": {name: found.to_dict() for name, found in self.columns.items()},
            "skipped": dict(self.skipped),
        }

    def plot(self, ax: Any = None, *, columns: int = 2, most: int = _MOST_CHARTS) -> Any:
        """Draw each column's two densities, drifted columns first.

        Parameters
        ----------
        ax
            As in :meth:`treering.plotting.DisplayGrid.plot`.
        columns
            How many pictures stand in a row.
        most
            How many columns are drawn at most: those with the smallest p-values. The figure says
            how many are left out; :meth:`display` draws any one.

        Returns
        -------
        treering.plotting.DisplayGrid
        """
        from treering.plotting import DisplayGrid

        one = "one column is drawn by report.display(name).plot()"
        check_axes(ax, many=True, instead=one)
        whole_number("columns", columns, meaning=f"is how many pictures stand in a row ({one}),")
        whole_number("most", most, meaning="is how many columns are drawn at most,")
        displays = [self.display(name) for name in self._drawn(most)]
        if not displays:
            raise ValueError(f"there is nothing to draw: every column has {_UNDRAWN}")
        return DisplayGrid(displays, columns=columns, title=self._left_out(most)).plot(ax=ax)

    def _left_out(self, most: int) -> str | None:
        """Say what is not drawn and how to draw it; None if that is nothing."""
        drawable = sum(_is_drawable(found) for found in self.columns.values())
        if drawable <= most:
            rest = len(self.columns) - drawable
            return f"{counted(rest, 'column')} without a picture" if rest else None
        return (
            f"{most} of {drawable:,} columns, those with the smallest p-values\n"
            f"{drawable - most:,} not drawn: plot(most={drawable}) for all, "
            "display(name).plot() for one"
        )

    def display(
        self, name: str, kind: Literal["density", "ecdf"] = "density"
    ) -> DriftHistogramDisplay | DriftEcdfDisplay | DriftShareDisplay:
        """Return the display of one column, to be drawn by its ``plot(ax=...)``.

        Parameters
        ----------
        name
            The column.
        kind
            Of numbers: their densities, or their distribution functions. Of categories there are
            shares.

        Returns
        -------
        DriftHistogramDisplay or DriftEcdfDisplay or DriftShareDisplay
            Of :mod:`treering.plotting`.
        """
        one_of("kind", kind, ("density", "ecdf"), optional=False)
        from treering.plotting import DriftEcdfDisplay, DriftHistogramDisplay, DriftShareDisplay

        found = self[name]
        told: dict[str, Any] = {
            "name": found.column,
            "verdict": found.verdict,
            "detail": _outcome(found),
        }
        if found.shares is not None:
            return DriftShareDisplay(*found.shares, **told)
        if found.histogram is None or found.ecdf is None:
            raise ValueError(f"column {name!r} has {_UNDRAWN}")
        if kind == "ecdf":
            return DriftEcdfDisplay(*found.ecdf, location=found.location, **told)
        return DriftHistogramDisplay(*found.histogram, **told)

    def to_html(self) -> Html:
        """Return the report as a fragment of HTML: cards, table and pictures.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        charts = [_chart(name, self.columns[name]) for name in self._drawn(_MOST_CHARTS)]
        tones: dict[str, Tone] = {
            "drift": "bad",
            "no drift": "plain",
            "not enough data": "warning",
            "undecided": "warning",
        }
        order = self._ordered()
        blocks = [
            report.cards(
                [
                    (
                        "columns drifted",
                        f"{len(self.drifted)} of {len(self.columns)}",
                        self._tone(),
                    ),
                    ("reference rows", f"{self.reference_rows:,}"),
                    ("current rows", f"{self.current_rows:,}"),
                    *self._rules(),
                ]
            ),
            report.table(
                _HEADERS,
                [_cells(self.columns[name]) for name in order],
                align=_ALIGNMENT,
                tones=[tones[self.columns[name].verdict] for name in order],
                rest=f"they have larger p-values; {ALL_ROWS}",
            ),
        ]
        if self.skipped:
            blocks.append(report.paragraph(self._skipped_text(), quiet=True))
        blocks.append(report.columns(charts))
        drawable = sum(_is_drawable(found) for found in self.columns.values())
        if drawable > len(charts):
            told = f"Pictures of {len(charts)} of {drawable:,} columns, the smallest p-values first"
            blocks.append(report.paragraph(f"{told}; display(name) has any.", quiet=True))
        return report.Html("\n".join(blocks))

    def _rules(self) -> list[tuple[str, str]]:
        if self.false_alarms is not None:
            rules = [("false alarms", self.false_alarms)]
        else:
            rules = [("alpha", f"{self.alpha:g}"), ("correction", self.correction or "none")]
        return [*rules, ("least effect", percent_text(self.min_effect))]

    def _rule(self) -> str:
        if self.false_alarms is not None:
            rule = f"{self.false_alarms}, {self.correction}"
        else:
            rule = f"alpha {self.alpha:g}, {self.correction or 'no correction'}"
        return f"{rule}, effects from {percent_text(self.min_effect)}"

    def _tone(self) -> Tone:
        return worst_tone(found._tone() for found in self.columns.values())

    def _headline(self) -> str:
        verdicts = [found.verdict for found in self.columns.values()]
        told = {"not enough data": "without enough data", "undecided": "undecided"}
        unknown = "".join(
            f", {verdicts.count(verdict):,} {words}"
            for verdict, words in told.items()
            if verdict in verdicts
        )
        return (
            f"{len(self.drifted)} of {counted(len(self.columns), 'column')} drifted{unknown} "
            f"({self._rule()}; {counted(self.reference_rows, 'row')}, then {self.current_rows:,})"
        )

    def _columns(self) -> dict[str, Any]:
        return ColumnDrift._table(list(self.columns.values()))

    def _text(self) -> str:
        names = list(self.columns)
        if len(names) > _MOST_PRINTED:
            names = self._ordered()[:_MOST_PRINTED]
        lines = [
            f"DriftReport: {self._headline()}",
            text_table(_HEADERS, [_cells(self.columns[name]) for name in names], align=_ALIGNMENT),
        ]
        if len(names) < len(self.columns):
            lines.append(
                f"and {len(self.columns) - len(names):,} more with larger p-values; "
                "to_frame() has all"
            )
        if self.skipped:
            lines.append(self._skipped_text())
        return "\n".join(lines)

    def _skipped_text(self) -> str:
        return f"skipped: {reasons_text(self.skipped)}"

    def _ordered(self) -> list[str]:
        """Return the columns, those with the smallest p-values first."""

        def key(name: str) -> tuple[float, float]:
            found = self.columns[name]
            least = found.least_pvalue
            return 2.0 if least is None else least, -(found.statistic or 0.0)

        return sorted(self.columns, key=key)

    def _drawn(self, most: int) -> list[str]:
        names = [name for name in self._ordered() if _is_drawable(self.columns[name])]
        kept = set(names[:most])
        return [name for name in (names if len(names) > most else self.columns) if name in kept]


_CHANGES = {"type": "another type", "absent": "is gone"}
_UNDRAWN = (
    "no picture: no finite value on either side, values too far apart for bins in double "
    "precision, another type than before or no such column now, or only a profile of its numbers"
)
_ALIGNMENT = "<<><>>><>>"
_HEADERS = (
    "column",
    "verdict",
    "effect",
    "test",
    "statistic",
    "pvalue",
    "adjusted",
    "moved",
    "missing before",
    "missing now",
)


def _is_drawable(found: ColumnDrift) -> bool:
    return found.histogram is not None or found.shares is not None


def _chart(name: str, found: ColumnDrift) -> Html:
    from treering import report

    note = VERDICT_TITLES[found.verdict]
    if found.shares is not None:
        return report.bar_chart(*found.shares, name=name, note=note)
    assert found.histogram is not None
    return report.histogram_chart(*found.histogram, name=name, note=note)


def _cells(found: ColumnDrift) -> tuple[str, ...]:
    return (
        label_text(found.column, longest=_LONGEST_NAME),
        found.verdict,
        percent_text(found.effect_size) if found.effect_size is not None else "",
        found.test,
        number_text(found.statistic),
        pvalue_text(found.pvalue),
        pvalue_text(found.adjusted_pvalue),
        _moved(found),
        percent_text(found.reference_missing),
        percent_text(found.current_missing),
    )


def _moved(found: ColumnDrift) -> str:
    if not found.drift:
        return ""
    if found.cause in _CHANGES:
        return _CHANGES[found.cause]
    if found.lies_in_the_missing:
        is_more = found.current_missing > found.reference_missing
        return "more missing" if is_more else "fewer missing"
    if found.shares is not None:
        return _category_that_moved(found.shares)
    return found.direction or ""


def _category_that_moved(shares: Shares) -> str:
    """Name the category whose share has changed most."""
    apart = [now - then for then, now in zip(shares.reference, shares.current, strict=True)]
    place = max(range(len(apart)), key=lambda at: abs(apart[at]))
    label = label_text(shares.labels[place], longest=_LONGEST_CATEGORY)
    return f"{'more' if apart[place] > 0 else 'fewer'} {label}"


def _outcome(found: ColumnDrift) -> str:
    if found.adjusted_pvalue is None or (found.pvalue is None and not found.drift):
        return f"{found.reference_size:,} and {counted(found.current_size, 'value')}"
    text = pvalue_text(found.adjusted_pvalue)
    adjusted = f"adjusted p {text if text.startswith('<') else '= ' + text}"
    if found.lies_in_the_missing:
        return (
            f"missing {percent_text(found.reference_missing)}, then "
            f"{percent_text(found.current_missing)}, {adjusted}"
        )
    name = "KS" if found.test == "ks" else found.test
    return f"{name} {number_text(found.statistic, 3)}, {adjusted}"
