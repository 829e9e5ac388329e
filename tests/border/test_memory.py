"""What no memory holds ends in a MemoryError that says how much was asked for, never in an abort.

Broadcast arrays take a few bytes however many rows they have, so these calls are cheap.
"""

from collections.abc import Callable

import numpy as np
import pytest

from treering._core import drift, metrics, preprocessing, stats
from treering._core.tree import Tree
from treering.ensemble import RandomForestClassifier
from treering.tree import DecisionTreeClassifier

ROWS = 10**14
X = np.arange(60.0).reshape(-1, 3)
Y = np.arange(20) // 10
TREE: Tree = DecisionTreeClassifier().fit(X, Y).tree_
FOREST = RandomForestClassifier(3).fit(X, Y)._forest
MANY_ROWS = np.broadcast_to(X[:1], (ROWS, 3))
MANY_COLUMNS = np.broadcast_to(X[:1, :1], (3, ROWS))
MANY_LABELS = np.broadcast_to(np.int64(1), ROWS)
MANY_CODES = np.broadcast_to(np.uint32(1), ROWS)
MANY_SCORES = np.broadcast_to(0.5, ROWS)

CALLS: dict[str, Callable[[], object]] = {
    "tree shares": lambda: TREE.predict(MANY_ROWS),
    "tree leaves": lambda: TREE.apply(MANY_ROWS),
    "tree paths": lambda: TREE.decision_path(MANY_ROWS),
    "forest shares": lambda: FOREST.predict(MANY_ROWS),
    "forest codes": lambda: FOREST.predict_codes(MANY_ROWS),
    "forest leaves": lambda: FOREST.apply(MANY_ROWS),
    "forest paths": lambda: FOREST.decision_path(MANY_ROWS),
    "out of bag": lambda: FOREST.out_of_bag(MANY_ROWS, 10, None, 2),
    "contingency": lambda: metrics.contingency(MANY_LABELS, MANY_LABELS),
    "ranks": lambda: metrics.ranks(MANY_LABELS),
    "whole numbers": lambda: metrics.whole_numbers(MANY_SCORES),
    "log loss": lambda: metrics.log_loss(
        MANY_CODES, np.broadcast_to(0.5, (ROWS, 2)), None, 1e-15, 1e-8
    ),
    "area": lambda: metrics.roc_auc(MANY_CODES, 1, MANY_SCORES, None),
    "moments": lambda: preprocessing.moments(MANY_COLUMNS),
    "extremes": lambda: preprocessing.extremes(MANY_COLUMNS),
    "trend": lambda: stats.mann_kendall(MANY_SCORES),
    "p-values": lambda: stats.adjust_pvalues(MANY_SCORES, "holm"),
}


@pytest.mark.parametrize("name", CALLS)
def test_sizes_beyond_memory_are_errors(name: str) -> None:
    with pytest.raises((MemoryError, ValueError)) as caught:
        CALLS[name]()
    if isinstance(caught.value, MemoryError):
        assert "do not fit into memory; give fewer rows at a time" in str(caught.value)


def test_samples_beyond_memory_are_errors() -> None:
    """Samples are counted in 32 bits, so this limit is met before that of memory."""
    for call in (
        lambda: stats.ks_2samp([MANY_SCORES], [MANY_SCORES], "two-sided", "auto"),
        lambda: drift.ReferenceColumn(MANY_SCORES),
    ):
        with pytest.raises(ValueError, match="too long"):
            call()
