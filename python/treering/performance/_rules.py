"""Which rows a leaf of a tree holds, said in words of the columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from treering._axis import label_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

_MOST_CATEGORIES = 5


@dataclass(frozen=True)
class Condition:
    """What rows have in one column.

    Attributes
    ----------
    above, at_most
        Between which numbers the values lie; None without such an end.
    missing
        Whether rows without a value belong; None if nothing has told.
    """

    above: float | None = None
    at_most: float | None = None
    missing: bool | None = None

    def cut(self, threshold: float, *, left: bool, missing_left: bool) -> Condition:
        """Narrow it by one more cut of the column."""
        missing = (left == missing_left) and self.missing is not False
        if left:
            least = threshold if self.at_most is None else min(threshold, self.at_most)
            return replace(self, at_most=least, missing=missing)
        most = threshold if self.above is None else max(threshold, self.above)
        return replace(self, above=most, missing=missing)

    def of_numbers(self, name: str, *, has_missing: bool) -> str:
        """Say it of a column of numbers."""
        if self.above is not None and self.above == float("inf"):
            return f"{name} is missing"
        if self.at_most is not None and self.at_most == float("inf"):
            return f"{name} is known"
        ends = [f"{self.above:.6g} < "] if self.above is not None else [""]
        ends += [f" <= {self.at_most:.6g}"] if self.at_most is not None else [""]
        told = f"{name} > {self.above:.6g}" if not ends[1] else f"{ends[0]}{name}{ends[1]}"
        return f"{told} or missing" if has_missing and self.missing else told

    def of_categories(self, name: str, labels: Sequence[str], *, has_missing: bool) -> str:
        """Say it of a column of categories, which stand in the order of their codes."""
        low = -1 if self.above is None else int(self.above)
        high = len(labels) if self.at_most is None else int(self.at_most)
        inside = [label_text(label) for label in labels[low + 1 : high + 1]]
        listed = inside[:_MOST_CATEGORIES]
        if len(inside) > len(listed):
            listed.append(f"{len(inside) - len(listed):,} more")
        if not inside:
            return f"{name} is missing"
        extra = " or missing" if has_missing and self.missing else ""
        return f"{name} in ({', '.join(listed)}){extra}"


def conditions_of(tree: Any, cuts: NDArray[np.bool_]) -> dict[int, dict[int, Condition]]:
    """Return the conditions of the nodes of a fitted tree where no cut is left, by column."""
    found: dict[int, dict[int, Condition]] = {}
    waiting: list[tuple[int, dict[int, Condition]]] = [(0, {})]
    while waiting:
        node, conditions = waiting.pop()
        if not cuts[node]:
            found[node] = conditions
            continue
        column, threshold = int(tree.feature[node]), float(tree.threshold[node])
        missing_left = bool(tree.missing_go_to_left[node])
        for left, child in ((True, tree.children_left[node]), (False, tree.children_right[node])):
            own = conditions.get(column, Condition())
            narrowed = own.cut(threshold, left=left, missing_left=missing_left)
            waiting.append((int(child), {**conditions, column: narrowed}))
    return found


def rule_text(
    conditions: Mapping[int, Condition],
    names: Sequence[str],
    labels: Mapping[str, Sequence[str]],
    with_missing: Sequence[bool],
) -> str:
    """Say which rows have all of these."""
    told = []
    for column, condition in sorted(conditions.items()):
        name = label_text(names[column])
        if names[column] in labels:
            own = labels[names[column]]
            told.append(condition.of_categories(name, own, has_missing=with_missing[column]))
        else:
            told.append(condition.of_numbers(name, has_missing=with_missing[column]))
    return " and ".join(told) or "all rows"
