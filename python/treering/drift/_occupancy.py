"""Drift where a deployed forest cuts, and nowhere else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text
from treering._checks import between_0_and_1, close_names, least_effect, quoted, shown, whole_number
from treering._core import drift as _native
from treering._frames import backend_of
from treering._html import worst_tone
from treering._results import Result, number_text, percent_text, pvalue_text, text_table
from treering._text import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering._html import Tone
    from treering._text import Verdict
    from treering.report import Html

    Integers = NDArray[np.int64]
    Tree = tuple[Integers, Integers, Integers, NDArray[np.float64], Integers]

_MOST_PRINTED = 20


@dataclass(frozen=True, repr=False)
class CutDrift(Result):
    """How rows have moved at a column's cuts.

    Attributes
    ----------
    column : str
        Its name.
    verdict : str
        "drift", "no drift" or "not enough data".
    influence : float
        What its cuts are worth to the model, as a share of all cuts: the impurity they take away.
    moved : float
        How much larger or smaller the share of rows on a side of its cuts is than it was, of the
        rows that reach them: the mean over its cuts, weighted by what they are worth.
    expected : float
        How large `moved` is on average where nothing has changed, at these numbers of rows.
    impact : float
        What `moved` exceeds `expected` by, times `influence`.
    adjusted_pvalue : float or None
        The chance that any column moves as far as this one where nothing has changed; None with
        too few rows.
    backend : str or None
        The library that the current table came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import leaf_occupancy
    >>> from treering.tree import DecisionTreeClassifier
    >>> before, now = np.repeat([[0.0], [1.0]], 50, axis=0), np.ones((40, 1))
    >>> tree = DecisionTreeClassifier().fit(before, before[:, 0])
    >>> leaf_occupancy(tree, before, now)["x0"].moved
    0.5
    """

    column: str
    verdict: Verdict
    influence: float
    moved: float
    expected: float
    impact: float
    adjusted_pvalue: float | None
    backend: str | None = None

    @property
    def drift(self) -> bool:
        """Whether the verdict is "drift"."""
        return self.verdict == "drift"


@dataclass(frozen=True, repr=False)
class OccupancyReport(Result, Mapping[str, CutDrift]):
    """Where rows move in a model's trees: a mapping from column to :class:`CutDrift`.

    Attributes
    ----------
    columns : dict
        The findings, the largest impact first; columns that no tree cuts are left out.
    alpha, min_effect : float
        As they were asked for.
    trees : int
        How many trees the model has.
    reference_rows, current_rows : int
        How many rows of each side were looked at.
    backend : str or None
        The library that the current table came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import leaf_occupancy
    >>> from treering.tree import DecisionTreeClassifier
    >>> before, now = np.repeat([[0.0], [1.0]], 50, axis=0), np.ones((40, 1))
    >>> tree = DecisionTreeClassifier().fit(before, before[:, 0])
    >>> leaf_occupancy(tree, before, now).drifted
    ('x0',)
    """

    columns: dict[str, CutDrift]
    alpha: float
    min_effect: float
    trees: int
    reference_rows: int
    current_rows: int
    backend: str | None = None

    def __getitem__(self, name: Any) -> CutDrift:
        try:
            return self.columns[str(name)]
        except KeyError:
            near = close_names(str(name), self.columns)
            raise KeyError(f"no tree cuts column {quoted(str(name))}{near}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def drifted(self) -> tuple[str, ...]:
        """The columns whose verdict is "drift", the largest impact first."""
        return tuple(name for name, found in self.columns.items() if found.drift)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "alpha": self.alpha,
            "min_effect": self.min_effect,
            "trees": self.trees,
            "reference_rows": self.reference_rows,
            "current_rows": self.current_rows,
            "columns": {name: found.to_dict() for name, found in self.columns.items()},
        }

    def to_html(self) -> Html:
        """Return the report as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        tones: dict[str, Tone] = {"drift": "bad", "no drift": "plain", "not enough data": "warning"}
        blocks = [
            report.cards(
                [
                    (
                        "columns drifted",
                        f"{len(self.drifted)} of {len(self.columns)}",
                        self._tone(),
                    ),
                    ("trees", f"{self.trees:,}"),
                    ("reference rows", f"{self.reference_rows:,}"),
                    ("current rows", f"{self.current_rows:,}"),
                ]
            ),
            report.table(
                _HEADERS,
                [_cells(found) for found in self.columns.values()],
                align=_ALIGNMENT,
                tones=[tones[found.verdict] for found in self.columns.values()],
                rest="they have a smaller impact; to_frame() holds all",
            ),
        ]
        return report.Html("\n".join(blocks))

    def _tone(self) -> Tone:
        return worst_tone(found._tone() for found in self.columns.values())

    def _columns(self) -> dict[str, Any]:
        return CutDrift._table(list(self.columns.values()))

    def _text(self) -> str:
        shown = list(self.columns.values())[:_MOST_PRINTED]
        told = (
            f"{len(self.drifted)} of {counted(len(self.columns), 'column')} drifted "
            f"(alpha {self.alpha:g}, effects from {percent_text(self.min_effect)}; "
            f"{counted(self.trees, 'tree')}; {counted(self.reference_rows, 'row')}, then "
            f"{self.current_rows:,})"
        )
        lines = [
            f"OccupancyReport: {told}",
            text_table(_HEADERS, [_cells(found) for found in shown], align=_ALIGNMENT),
        ]
        if len(shown) < len(self.columns):
            lines.append(f"and {len(self.columns) - len(shown):,} more; to_frame() has all")
        return "\n".join(lines)


_HEADERS = ("column", "verdict", "influence", "moved", "expected", "adjusted", "impact")
_ALIGNMENT = "<<>>>>>"


def _cells(found: CutDrift) -> tuple[str, ...]:
    return (
        label_text(found.column, longest=40),
        found.verdict,
        percent_text(found.influence),
        percent_text(found.moved),
        percent_text(found.expected),
        pvalue_text(found.adjusted_pvalue),
        number_text(found.impact),
    )


def leaf_occupancy(
    model: Any,
    reference: Any,
    current: Any,
    *,
    alpha: float = 0.05,
    min_effect: float = 0.05,
    min_size: int = 30,
    exchanges: int = 199,
    max_rows: int = 10_000,
    random_state: int = 0,
    n_jobs: int | None = None,
) -> OccupancyReport:
    """Test whether rows take other ways through a model's trees than those of the reference.

    What the model never looks at is ignored, however it moves; what it cuts by is found, weighted
    by what the cuts are worth to it.

    Parameters
    ----------
    model
        A fitted tree or forest of treering or scikit-learn, or a Pipeline that ends in one.
    reference, current
        What the model was trained on and what it sees now, as it takes them for prediction.
    alpha
        The chance that any column is reported where nothing has changed, between 0 and 1.
    min_effect
        By how much the share of rows on a side of a column's cuts must exceed what is expected by
        chance to be a drift.
    min_size
        With fewer rows than this on either side the verdict is "not enough data".
    exchanges
        How many times rows of both tables are exchanged at random.
    max_rows
        How many rows of either side are looked at, drawn at random.
    random_state
        The seed of both.
    n_jobs
        Threads; None for all.

    Returns
    -------
    OccupancyReport

    Raises
    ------
    TypeError
        If the model has no trees.
    ValueError
        If a parameter is outside its range, or there are too few exchanges for `alpha`.

    Notes
    -----
    At every cut the share of rows that goes left is compared, of those that reach it. A column's
    movement is the mean of these differences, weighted by the impurity that each cut takes away;
    how large it is by chance is seen by exchanging rows of both tables. P-values are adjusted for
    all columns at once by the largest movement of each exchange [1]_. Time grows with the rows, the
    trees and the exchanges.

    References
    ----------
    .. [1] P. Westfall and S. Young, "Resampling-based multiple testing" (1993).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import leaf_occupancy
    >>> from treering.ensemble import RandomForestRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3))
    >>> model = RandomForestRegressor(20, random_state=0).fit(X, X[:, 0])
    >>> now = rng.normal(size=(300, 3)) + [0.5, 0.0, 0.5]
    >>> leaf_occupancy(model, X, now)["x0"].drift
    True
    """
    alpha = between_0_and_1("alpha", alpha)
    min_effect = least_effect(min_effect)
    min_size = whole_number("min_size", min_size, least=2)
    exchanges = whole_number("exchanges", exchanges, least=19)
    random_state = whole_number("random_state", random_state, least=0)
    max_rows = whole_number("max_rows", max_rows, least=min_size)
    if (exchanges + 1) * alpha < 1:
        raise ValueError(
            f"{exchanges} exchanges give no p-value below {1 / (exchanges + 1):.3g}, and alpha is "
            f"{alpha:g}; ask for exchanges={int(np.ceil(1 / alpha))} or more"
        )
    forest, prepare = _forest_of(model)
    backend = backend_of(current, reference)
    rng = np.random.default_rng(random_state)
    names, sides = None, []
    for table, what in ((reference, "reference"), (current, "current")):
        rows = prepare(_in_order(_some_rows(table, max_rows, rng, what), model))
        names = names or _names_of(model, forest, rows)
        sides.append(np.asarray(forest.apply(rows)).reshape(len(rows), -1))
    sizes = len(sides[0]), len(sides[1])
    trees = _trees_of(forest, np.vstack(sides))
    assert names is not None
    is_enough = min(sizes) >= min_size
    influence, moved, expected, pvalue = _native.movements(
        trees, len(names), sizes[0], exchanges if is_enough else 1, random_state, n_jobs
    )
    findings = []
    for place, name in enumerate(names):
        if not influence[place] > 0:
            continue
        excess = float(moved[place] - expected[place])
        verdict: Verdict = "not enough data"
        if is_enough:
            verdict = "drift" if pvalue[place] <= alpha and excess >= min_effect else "no drift"
        findings.append(
            CutDrift(
                column=name,
                verdict=verdict,
                influence=float(influence[place]),
                moved=float(moved[place]),
                expected=float(expected[place]),
                impact=max(0.0, excess) * float(influence[place]),
                adjusted_pvalue=float(pvalue[place]) if is_enough else None,
                backend=backend,
            )
        )
    findings.sort(key=lambda found: -found.impact)
    return OccupancyReport(
        columns={found.column: found for found in findings},
        alpha=alpha,
        min_effect=min_effect,
        trees=len(trees),
        reference_rows=sizes[0],
        current_rows=sizes[1],
        backend=backend,
    )


def _forest_of(model: Any) -> tuple[Any, Any]:
    """Return what has the trees, and what prepares rows for it."""
    if isinstance(model, type):
        raise TypeError(f"model is the class {model.__name__}; give one that is fitted")
    steps = getattr(model, "steps", None)
    forest = model[-1] if steps is not None else model
    prepare = model[:-1].transform if steps is not None and len(steps) > 1 else lambda rows: rows
    if not hasattr(forest, "apply") or not (
        hasattr(forest, "tree_") or hasattr(forest, "estimators_")
    ):
        fitted = "" if not hasattr(forest, "fit") else ", or is not fitted"
        raise TypeError(
            f"{type(forest).__name__} has no trees whose cuts can be read{fitted}; give a fitted "
            "tree or forest of treering or scikit-learn, or a Pipeline that ends in one"
        )
    return forest, prepare


def _some_rows(table: Any, most: int, rng: np.random.Generator, what: str) -> Any:
    """Return so many rows of a table, or all, in their order."""
    if not hasattr(table, "__len__"):
        raise TypeError(f"{what} must be a table, as the model takes it; got {shown(table)}")
    count = table.shape[0] if hasattr(table, "shape") else len(table)
    if not count:
        raise ValueError(f"{what} has no rows")
    if count <= most:
        return table
    chosen = np.sort(rng.choice(count, most, replace=False))
    if hasattr(table, "iloc"):
        return table.iloc[chosen]
    if hasattr(table, "take") and not isinstance(table, np.ndarray):
        return table.take(chosen)
    return table[chosen] if hasattr(table, "shape") else [table[row] for row in chosen]


def _in_order(rows: Any, model: Any) -> Any:
    """Return the columns of a table in the order in which the model knows them."""
    known = getattr(model, "feature_names_in_", None)
    if known is None or set(known) != set(map(str, getattr(rows, "columns", ()))):
        return rows  # the model says what is wrong
    return rows[list(known)]


def _names_of(model: Any, forest: Any, rows: Any) -> list[str]:
    names = getattr(forest, "feature_names_in_", getattr(rows, "columns", None))
    if names is None and forest is not model:
        # A part of a Pipeline may not know what its columns are called.
        with contextlib.suppress(AttributeError, ValueError):
            names = model[:-1].get_feature_names_out()
    if names is None:
        return [f"x{column}" for column in range(forest.n_features_in_)]
    return [str(name) for name in names]


def _trees_of(forest: Any, leaves: NDArray[Any]) -> list[Tree]:
    """Return the nodes of each tree, what its cuts are worth, and the leaf of each row."""
    estimators = [forest] if hasattr(forest, "tree_") else list(np.ravel(forest.estimators_))
    trees = []
    for estimator, column in zip(estimators, leaves.T, strict=True):
        tree = estimator.tree_
        left, right = tree.children_left, tree.children_right
        weight = tree.weighted_n_node_samples / tree.weighted_n_node_samples[0]
        impurity = weight * tree.impurity
        cuts = left >= 0
        worth = np.zeros(len(left))
        worth[cuts] = impurity[cuts] - impurity[left[cuts]] - impurity[right[cuts]]
        trees.append(
            (
                np.ascontiguousarray(left, dtype=np.int64),
                np.ascontiguousarray(right, dtype=np.int64),
                np.ascontiguousarray(np.maximum(tree.feature, 0), dtype=np.int64),
                np.maximum(worth, 0.0),
                np.ascontiguousarray(column, dtype=np.int64),
            )
        )
    return trees
