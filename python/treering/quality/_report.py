"""What is not as expected in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from treering._axis import label_text
from treering._checks import close_names, quoted
from treering._results import ALL_ROWS, Result, pvalue_text, reasons_text, text_table
from treering._text import counted
from treering.profile._column import COLUMN_HEADERS, column_cells
from treering.quality._findings import QualityFinding

if TYPE_CHECKING:
    from treering._html import Tone
    from treering.profile import ColumnProfile
    from treering.report import Html

_MOST_PRINTED = 40


@dataclass(frozen=True, repr=False)
class QualityReport(Result, Mapping[str, tuple[QualityFinding, ...]]):
    """What is not as expected in a table: a mapping from column to its findings.

    Attributes
    ----------
    findings : tuple of QualityFinding
        Faults first, then warnings.
    columns : dict
        A :class:`treering.profile.ColumnProfile` for each column of the table.
    rows : int
        How many rows the table has.
    reference_rows : int
        How many rows the expectations were learned from; 0 if there are none.
    checks : int
        How many things were looked at.
    skipped : dict
        Checks that could not be made, and why.
    alpha, min_effect : float
        As they were asked for.
    backend : str or None
        The library that the table came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.quality import check_quality
    >>> before = np.arange(100.0).reshape(-1, 1)
    >>> now = np.where(before < 50, np.nan, before)
    >>> check_quality(before, now).faults[0].message
    "column 'x0': 50.0 % of values are missing; expected about 0.0 %"
    """

    findings: tuple[QualityFinding, ...]
    columns: dict[str, ColumnProfile]
    rows: int
    reference_rows: int
    checks: int
    skipped: dict[str, str]
    alpha: float
    min_effect: float
    backend: str | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: Any) -> tuple[QualityFinding, ...]:
        found = tuple(each for each in self.findings if each.column == str(name))
        if not found and str(name) not in self.columns:
            near = close_names(str(name), self.columns)
            raise KeyError(f"there is no column {quoted(str(name))}{near}")
        return found

    def __iter__(self) -> Iterator[str]:
        named = (each.column for each in self.findings if each.column is not None)
        return iter(dict.fromkeys([*self.columns, *named]))

    def __len__(self) -> int:
        return len([*iter(self)])

    @property
    def faults(self) -> tuple[QualityFinding, ...]:
        """What is wrong."""
        return tuple(each for each in self.findings if each.level == "fault")

    @property
    def warnings(self) -> tuple[QualityFinding, ...]:
        """What may be all right."""
        return tuple(each for each in self.findings if each.level == "warning")

    @property
    def passed(self) -> bool:
        """Whether there is no fault; warnings do not count."""
        return not self.faults

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "passed": self.passed,
            "rows": self.rows,
            "reference_rows": self.reference_rows,
            "checks": self.checks,
            "alpha": self.alpha,
            "min_effect": self.min_effect,
            "findings": [each.to_dict() for each in self.findings],
            "columns": {name: each.to_dict() for name, each in self.columns.items()},
            "skipped": dict(self.skipped),
        }

    def to_html(self) -> Html:
        """Return the report as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        tones: dict[str, Tone] = {"fault": "bad", "warning": "warning"}
        blocks = [
            report.cards(
                [
                    ("faults", f"{len(self.faults):,}", "bad" if self.faults else "good"),
                    (
                        "warnings",
                        f"{len(self.warnings):,}",
                        "warning" if self.warnings else "plain",
                    ),
                    ("checks", f"{self.checks:,}"),
                    ("rows", f"{self.rows:,}"),
                    (
                        "reference rows",
                        f"{self.reference_rows:,}" if self.reference_rows else "none",
                    ),
                ]
            )
        ]
        if self.findings:
            blocks.append(
                report.table(
                    _HEADERS,
                    [_cells(each, _WIDE) for each in self.findings],
                    align=_ALIGNMENT,
                    tones=[tones[each.level] for each in self.findings],
                    rest=ALL_ROWS,
                )
            )
        else:
            blocks.append(report.notice("All is as expected.", tone="good"))
        if self.skipped:
            blocks.append(report.paragraph(self._skipped_text(), quiet=True))
        rows = [column_cells(each) for each in self.columns.values()]
        blocks.append(report.table(COLUMN_HEADERS, rows, rest="to_json() holds all"))
        return report.Html("\n".join(blocks))

    def _tone(self) -> Tone:
        return "bad" if self.faults else "warning" if self.warnings else "good"

    def _columns(self) -> dict[str, Any]:
        return QualityFinding._table(list(self.findings))

    def _text(self) -> str:
        head = (
            f"QualityReport: {counted(len(self.faults), 'fault')} and "
            f"{counted(len(self.warnings), 'warning')} in {counted(len(self.columns), 'column')} "
            f"of {counted(self.rows, 'row')} ({counted(self.checks, 'check')}, {self._learned()})"
        )
        lines = [head]
        if self.findings:
            cells = [_cells(each, _NARROW) for each in self.findings[:_MOST_PRINTED]]
            lines.append(text_table(_HEADERS, cells, align=_ALIGNMENT))
        if len(self.findings) > _MOST_PRINTED:
            lines.append(f"and {len(self.findings) - _MOST_PRINTED:,} more; {ALL_ROWS}")
        if self.skipped:
            lines.append(self._skipped_text())
        return "\n".join(lines)

    def _learned(self) -> str:
        if not self.reference_rows:
            return "nothing was learned"
        return f"learned from {counted(self.reference_rows, 'row')}, alpha {self.alpha:g}"

    def _skipped_text(self) -> str:
        return f"not looked at: {reasons_text(self.skipped)}"


_HEADERS = ("level", "column", "check", "found", "expected", "rows", "p-value")
_ALIGNMENT = "<<<<<>>"


# How long the names of columns, what is found and what is expected are written at most
_WIDE = (40, 200, 80)
_NARROW = (20, 74, 24)


def _cells(found: QualityFinding, longest: tuple[int, int, int]) -> tuple[str, ...]:
    return (
        found.level,
        "(rows)" if found.column is None else label_text(found.column, longest=longest[0]),
        found.check,
        label_text(found.found, longest=longest[1]),
        label_text(found.expected, longest=longest[2]),
        "" if found.rows is None else f"{found.rows:,}",
        "" if found.pvalue is None else pvalue_text(found.pvalue),
    )
