"""Two tables as matrices of numbers, for methods that look at all columns together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._axis import label_text
from treering._feature_reader import FeatureReader
from treering._frames import is_array, read_table
from treering._results import reasons_text
from treering._text import counted
from treering.drift._match import refuse_strangers
from treering.drift._reference import select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._html import Tone

_MOST_NAMED = 3


@dataclass(frozen=True)
class Features:
    """The columns that two tables have and that can be turned into numbers.

    Attributes
    ----------
    names, categories, skipped
        As those of a :class:`FeatureReader`.
    changed
        Columns of the reference that the current table lacks, or holds something else in; they are
        among those that are skipped.
    reference, current
        The numbers, a row for each row.
    backend
        The library that the current table came from.
    """

    names: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]
    reference: NDArray[np.float64]
    current: NDArray[np.float64]
    skipped: dict[str, str]
    changed: tuple[str, ...]
    backend: str | None

    def has_rows(self, least: int) -> bool:
        """Tell whether both sides have so many rows."""
        return min(len(self.reference), len(self.current)) >= least

    @classmethod
    def read(cls, reference: Any, current: Any, columns: Sequence[str] | None) -> Self:
        """Read two tables; columns of tables go by name, those of arrays by position."""
        names_arrays = columns if is_array(reference) else None
        before = read_table(reference, names=names_arrays, what="reference")
        names = before.names if is_array(current) else None
        width = np.shape(current)[1] if names is not None and np.ndim(current) == 2 else None
        if width not in {None, len(before.names)}:
            raise ValueError(
                f"current has {counted(width or 0, 'column')} and reference "
                f"{len(before.names):,}; columns of arrays go by position, so give as many"
            )
        now = read_table(current, names=names, what="current")
        if not now.rows:
            raise ValueError("current has no rows")
        if now.named and not before.named and names_arrays is None:
            raise ValueError(
                "current is a table and reference an array whose columns have no names; name them "
                f"by columns=[...], {len(before.names)} in all, or give the reference as a table"
            )
        wanted = before.names
        if columns is not None and before.named:
            wanted = select(before.names, columns, where="reference")
        refuse_strangers(wanted, now.names)
        reader = FeatureReader.of(before, wanted)
        strangers = [name for name in now.names if name not in before.names]
        skipped = dict.fromkeys(strangers, "is not in the reference") | reader.skipped
        sides: tuple[list[Any], list[Any]] = ([], [])
        used, changed = [], []
        for name in reader.names:
            values = reader.column(now, name)
            if isinstance(values, str):
                skipped[name] = values
                changed.append(name)
                continue
            used.append(name)
            sides[0].append(reader.column(before, name))
            sides[1].append(values)
        if not used:
            raise ValueError(
                "there is no column that both tables have and that can be used; skipped: "
                + ", ".join(f"{name!r} ({why})" for name, why in skipped.items())
            )
        matrices = [np.column_stack(side).astype(np.float64, copy=False) for side in sides]
        return cls(
            tuple(used),
            reader.categories,
            matrices[0],
            matrices[1],
            skipped,
            tuple(changed),
            now.backend,
        )


def skipped_text(skipped: dict[str, str], changed: tuple[str, ...]) -> list[str]:
    """Say which columns changed so that they could not be used, and which others were not."""
    lines = []
    others = {name: why for name, why in skipped.items() if name not in changed}
    gone = {name: skipped[name] for name in changed}
    for told, reasons in (("changed", gone), ("skipped", others)):
        if reasons:
            lines.append(f"{told}: {reasons_text(reasons)}")
    return lines


def left_out_text(skipped: dict[str, str], changed: tuple[str, ...]) -> str:
    """Say how many columns a headline does not tell of, to stand before it; empty if it is none."""
    told = []
    if changed:
        named = ", ".join(map(label_text, changed[:_MOST_NAMED]))
        more = ", ..." if len(changed) > _MOST_NAMED else ""
        told.append(f"{counted(len(changed), 'column')} absent or changed ({named}{more})")
    if others := len(skipped) - len(changed):
        told.append(f"{counted(others, 'column')} skipped")
    return f"{' and '.join(told)}; the others: " if told else ""


def left_out_cards(
    skipped: dict[str, str], changed: tuple[str, ...]
) -> list[tuple[str, str, Tone]]:
    """Count the columns that were left out: those that are a drift, and the others."""
    others = len(skipped) - len(changed)
    cards: list[tuple[str, str, Tone]] = [
        ("columns absent or changed", f"{len(changed):,}", "bad"),
        ("columns skipped", f"{others:,}", "plain"),
    ]
    return [card for card, count in zip(cards, (len(changed), others), strict=True) if count]
