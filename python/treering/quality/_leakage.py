"""Columns that know what they should not: identifiers, and copies of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from treering._feature_reader import FeatureReader
from treering._results import percent_text
from treering._text import counted
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from treering._frames import Table
    from treering.quality._facts import ColumnFacts
    from treering.quality._judge import Judge

    Floats = NDArray[np.float64]

_MOST_EXACT = 1024
"""More different values than this a profile estimates."""

_LEAST_ROWS = 50
_MOST_ROWS = 20_000
_MOST_CLASSES = 20
_KNOWN = 0.99
"""A share of what there is to know of the target that no honest column tells alone."""
_DIFFERENT = 0.95
"""A share of different texts; of many rows their number is an estimate."""


def check_identifier(judge: Judge, name: str, facts: ColumnFacts) -> None:
    """Look for a column whose values hardly ever repeat, and that is no measurement."""
    judge.checks += 1
    if facts.values < _LEAST_ROWS or facts.distinct is None:
        return
    if [*facts.kinds] == ["texts"]:
        is_like_one = facts.distinct >= _DIFFERENT * facts.values
    else:
        is_like_one = [*facts.kinds] == ["numbers"] and facts.counts_rows
    if not is_like_one:
        return
    about = "about " if facts.distinct > _MOST_EXACT else ""
    different = counted(min(facts.distinct, facts.values), "different value")
    found = f"{about}{different} in {counted(facts.values, 'row')}"
    judge.warning(name, "like an identifier", found, "values that repeat", facts.distinct)


def check_copies(judge: Judge, table: Table, target: str) -> None:
    """Look for columns that alone tell the target of rows which nobody has shown to them."""
    rows = _some_rows(table.rows)
    reader = FeatureReader.of(table)
    if target not in reader.names:
        why = reader.skipped.get(target, "cannot be read")
        judge.skipped["copy of the target"] = f"the target {why}"
        return
    values = reader.column(table, target)
    assert not isinstance(values, str)  # the reader could read it
    known = rows[np.isfinite(values[rows])]
    if len(known) < _LEAST_ROWS:
        few = counted(len(known), "row")
        judge.skipped["copy of the target"] = f"{few} with a target, fewer than {_LEAST_ROWS}"
        return
    score = _scorer(values[known], target in reader.categories)
    if score is None:
        judge.skipped["copy of the target"] = "the target does not vary"
        return
    for name in reader.names:
        if name == target:
            continue
        judge.checks += 1
        column = reader.column(table, name)
        assert not isinstance(column, str)
        told = score(column[known])
        if told >= _KNOWN:
            found = f"tells {percent_text(told)} of what there is to know of '{target}'"
            judge.warning(name, "copy of the target", found, "something left to learn")


def _scorer(target: Floats, is_text: bool) -> Callable[[Floats], float] | None:
    """Return what says how much of the target a column tells, from 0 to 1.

    A tree learns from every other row, and answers for those between: of classes it is the share
    of errors less than the most frequent class alone would make; of numbers that of the variance of
    their ranks.
    """
    classes = np.unique(target)
    if len(classes) < 2:
        return None
    tree: DecisionTreeClassifier | DecisionTreeRegressor
    if is_text or len(classes) <= _MOST_CLASSES:
        truth, tree = target, DecisionTreeClassifier(random_state=0)
    else:
        truth = rankdata(target)
        tree = DecisionTreeRegressor(random_state=0, min_samples_leaf=2)
    return lambda column: _told(tree, column, truth)


def _told(tree: Any, column: Floats, truth: Floats) -> float:
    rows = np.clip(column, -3e38, 3e38)[:, np.newaxis]
    answers = tree.fit(rows[::2], truth[::2]).predict(rows[1::2])
    held_out = truth[1::2]
    if isinstance(tree, DecisionTreeClassifier):
        _, counts = np.unique(held_out, return_counts=True)
        usual = 1 - counts.max() / len(held_out)
        return 1 - float((answers != held_out).mean()) / usual if usual else 0.0
    usual = float(held_out.var())
    return 1 - float(((answers - held_out) ** 2).mean()) / usual if usual else 0.0


def _some_rows(count: int) -> NDArray[np.int64]:
    """Return the rows that are looked at, in an order of chance."""
    order = np.random.default_rng(0).permutation(count)
    return order[:_MOST_ROWS].astype(np.int64)
