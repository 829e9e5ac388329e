"""Which columns of two tables are compared with one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text
from treering._frames import is_array, read_table
from treering._text import counted
from treering.drift._categories import refuse_too_many
from treering.drift._reference import Reference, select

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from treering._frames import Table

_MOST_NAMED = 20


def match(
    reference: Any, current: Any, columns: Sequence[str] | None, *, with_pool: bool
) -> tuple[Reference, Table, tuple[str, ...]]:
    """Return the reference, the current table and the columns to compare."""
    names_arrays = not isinstance(reference, Reference) and is_array(reference)
    base = (
        reference
        if isinstance(reference, Reference)
        else Reference._for_once(reference, columns if names_arrays else None, with_pool=with_pool)
    )
    if is_array(current):
        table = read_table(current, names=_names_by_position(base, current), what="current")
    else:
        table = read_table(current, names=None, what="current")
        if not base._named:
            raise ValueError(
                "current is a table and reference an array whose columns have no names; name them "
                f"by columns=[...], {len(base.names)} in all, or give the reference as a table"
            )
    refuse_too_many(table.rows, "current")
    if columns is not None and not names_arrays:
        chosen = select(base.names, columns, where="reference")
        for name in chosen:
            if name in base.skipped:
                raise ValueError(
                    f"column {name!r} of reference cannot be compared: it "
                    f"{base.skipped[name]}; leave it out of columns, or encode it as numbers first"
                )
    else:
        chosen = base.compared
        if is_array(current):  # which may hold the numbers alone
            chosen = tuple(name for name in chosen if name in table.names)
    if not chosen:
        raise ValueError(
            "reference has no column to compare; skipped: "
            + ", ".join(f"{name!r} ({why})" for name, why in base.skipped.items())
        )
    refuse_strangers(chosen, table.names)
    return base, table, chosen


def refuse_strangers(chosen: Collection[str], current: Collection[str]) -> None:
    """Refuse a current table that has none of the columns to compare: it is another table."""
    if set(chosen).isdisjoint(current):
        raise ValueError(
            f"current has none of the columns to compare ({_listed(tuple(chosen))}); it has "
            f"{_listed(tuple(current)) or 'no columns'}"
        )


def _names_by_position(base: Reference, current: Any) -> tuple[str, ...]:
    """Name the columns of an array: those of the reference, with or without those not numeric."""
    shape = np.shape(current)
    numeric = tuple(base._kept)
    if len(shape) != 2 or shape[1] == len(base.names):
        return base.names
    if shape[1] == len(numeric):
        return numeric
    expected = f"{counted(len(base.names), 'column')} ({_listed(base.names)})"
    others = len(numeric) < len(base.names)
    if others and numeric:
        expected += f", of which {len(numeric)} are numeric ({_listed(numeric)})"
    either = ", or all numeric ones," if others and numeric else ""
    by_name = ", or give a table, whose columns go by name" if base._named else ""
    raise ValueError(
        f"current has {counted(shape[1], 'column')} and reference has {expected}; an array's "
        f"columns go by position, so give all of them{either} in this order{by_name}"
    )


def _listed(names: tuple[str, ...]) -> str:
    more = ", ..." if len(names) > _MOST_NAMED else ""
    return ", ".join(map(label_text, names[:_MOST_NAMED])) + more
