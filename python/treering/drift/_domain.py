"""Whether a forest can tell the rows of two tables apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._area_interval import area_interval
from treering._axis import label_text
from treering._checks import between_0_and_1, least_effect, whole_number
from treering._results import Result, number_text, percent_text, pvalue_text, text_table
from treering._text import counted
from treering.drift._features import Features, left_out_cards, left_out_text, skipped_text
from treering.ensemble import RandomForestClassifier
from treering.metrics import roc_auc_score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._text import Verdict
    from treering.report import Html

_MOST_SHUFFLED = 5000
"""Rows of a side on which columns are shuffled, to see what each is worth."""
_MOST_DRAWN = 16_384
"""Rows that each tree is grown on at most: a few thousand tell a change that matters."""
_LARGEST = 3e38
"""Infinite values are as large as any that a forest takes."""
_MOST_PRINTED = 20
_ROWS_KEPT = 20


@dataclass(frozen=True, repr=False)
class DomainReport(Result):
    """How well a forest tells the rows of two tables apart.

    Attributes
    ----------
    auc : float
        The share of pairs, a row of each table, of which the forest gives the current one the
        higher score: 0.5 where nothing tells them apart, 1 where anything does. Rows are scored by
        trees that have not seen them.
    auc_low, auc_high : float
        Its interval, at the level ``1 - alpha``.
    pvalue : float or None
        Of the test that the tables have one distribution; None with too few rows.
    verdict : str
        "drift", "no drift" or "not enough data".
    columns : dict
        By column, how much of the area is lost when its values are shuffled, the largest first.
    rows : tuple of int
        The places of the current rows that look least like the reference, the least alike first.
    scores : tuple of float
        The forest's share for the current table of each of these rows.
    skipped : dict
        Columns that were not used, and why.
    changed : tuple of str
        Those of them that the current table lacks, or holds something else in: a drift.
    reference_rows, current_rows : int
        How many rows each side had.
    alpha, min_effect : float
        As they were asked for.
    backend : str or None
        The library that the current table came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import domain_classifier
    >>> ramp = np.arange(200.0).reshape(-1, 1)
    >>> domain_classifier(ramp, ramp + 500).auc
    1.0
    """

    auc: float
    auc_low: float
    auc_high: float
    pvalue: float | None
    verdict: Verdict
    columns: dict[str, float]
    rows: tuple[int, ...]
    scores: tuple[float, ...]
    skipped: dict[str, str]
    changed: tuple[str, ...]
    reference_rows: int
    current_rows: int
    alpha: float
    min_effect: float
    backend: str | None = field(default=None, repr=False)

    @property
    def drift(self) -> bool:
        """Whether the verdict is "drift"."""
        return self.verdict == "drift"

    def to_html(self) -> Html:
        """Return the report as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        blocks = [
            report.cards(
                [
                    ("verdict", self.verdict, self._tone()),
                    *left_out_cards(self.skipped, self.changed),
                    ("area under the curve", number_text(self.auc)),
                    ("p-value", pvalue_text(self.pvalue)),
                    ("reference rows", f"{self.reference_rows:,}"),
                    ("current rows", f"{self.current_rows:,}"),
                ]
            ),
            report.table(_HEADERS, self._cells(), align="<>"),
        ]
        blocks += [
            report.paragraph(line, quiet=True) for line in skipped_text(self.skipped, self.changed)
        ]
        if self.rows:
            told = ", ".join(f"{row} ({percent_text(score)})" for row, score in self._least_alike())
            blocks.append(report.paragraph(f"Rows least like the reference: {told}", quiet=True))
        return report.Html("\n".join(blocks))

    def _columns(self) -> dict[str, Any]:
        return {
            "column": list(self.columns),
            "auc_lost": np.fromiter(self.columns.values(), np.float64, len(self.columns)),
        }

    def _least_alike(self) -> list[tuple[int, float]]:
        return list(zip(self.rows, self.scores, strict=True))

    def _cells(self) -> list[tuple[str, str]]:
        return [(label_text(name), number_text(lost)) for name, lost in self.columns.items()]

    def _headline(self) -> str:
        interval = f"{number_text(self.auc_low)} to {number_text(self.auc_high)}"
        told = (
            f"AUC {number_text(self.auc)}, {percent_text(1 - self.alpha, 0)} interval {interval}, "
            f"p {pvalue_text(self.pvalue)}; {counted(self.reference_rows, 'row')}, then "
            f"{self.current_rows:,}"
        )
        return f"{self.verdict} ({left_out_text(self.skipped, self.changed)}{told})"

    def _text(self) -> str:
        lines = [f"DomainReport: {self._headline()}"]
        if self.columns:
            lines.append(text_table(_HEADERS, self._cells()[:_MOST_PRINTED], align="<>"))
        if len(self.columns) > _MOST_PRINTED:
            lines.append(f"and {len(self.columns) - _MOST_PRINTED:,} more; to_frame() has all")
        if self.rows:
            told = ", ".join(f"{row} ({percent_text(s, 0)})" for row, s in self._least_alike()[:5])
            lines.append(f"rows least like the reference: {told}")
        lines += skipped_text(self.skipped, self.changed)
        return "\n".join(lines)


_HEADERS = ("column", "AUC lost when shuffled")


def domain_classifier(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] | None = None,
    alpha: float = 0.05,
    min_effect: float = 0.05,
    min_size: int = 30,
    n_estimators: int = 100,
    random_state: int = 0,
    n_jobs: int | None = None,
) -> DomainReport:
    """Grow a forest that tells current rows from those of the reference.

    A change in how columns belong together shows here, and to no test of single columns.

    Parameters
    ----------
    reference, current
        Two-dimensional arrays, or pandas, polars or pyarrow tables. Columns of tables go by name.
        Texts are taken as categories; missing values are values of their own.
    columns
        The columns to use; a name for each column if the sides are arrays.
    alpha
        The rate of false alarms, between 0 and 1.
    min_effect
        How far the area under the curve must lie above 0.5 to be a drift.
    min_size
        With fewer rows than this on either side the verdict is "not enough data".
    n_estimators
        How many trees each of the two forests has.
    random_state
        The seed of both.
    n_jobs
        Threads; None for all.

    Returns
    -------
    DomainReport

    Raises
    ------
    TypeError
        If a side is no table.
    ValueError
        If there is no column to use, or a parameter is outside its range.

    Notes
    -----
    Both tables are halved; a forest of each half scores the other, and the area is the mean of the
    two halves. Given the forest, the scores of the other half are fixed, and its area has the law
    of the Mann-Whitney statistic. The two are not independent: their mean is judged by the law of
    one, which holds however they go together [1]_. Out-of-bag scores of one forest are not judged:
    where nothing has changed, their area varies a third more than that law says, so that one window
    in ten would be a false alarm at 0.05.

    Time grows with the rows, those that a tree is grown on excepted (at most 16,384).

    References
    ----------
    .. [1] D. Lopez-Paz and M. Oquab, "Revisiting classifier two-sample tests", ICLR (2017).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import domain_classifier
    >>> rng = np.random.default_rng(0)
    >>> before = rng.normal(size=(600, 3))
    >>> now = rng.normal(size=(500, 3))
    >>> now[:, 1] = now[:, 0] + 0.1 * now[:, 1]
    >>> report = domain_classifier(before, now)
    >>> report.verdict, list(report.columns)[-1]
    ('drift', 'x2')
    """
    alpha = between_0_and_1("alpha", alpha)
    min_effect = least_effect(min_effect, most=0.5)
    min_size = whole_number("min_size", min_size, least=4)
    n_estimators = whole_number("n_estimators", n_estimators)
    random_state = whole_number("random_state", random_state, least=0, most=2**32 - 2)
    features = Features.read(reference, current, columns)
    sizes = len(features.reference), len(features.current)
    if not features.has_rows(min_size):
        nothing = float("nan")
        return _report(
            features, sizes, (nothing, nothing, nothing), None, alpha, min_effect, {}, ()
        )
    forests = _Forests(features, n_estimators, random_state, n_jobs)
    area, pvalue = forests.area()
    low, high = forests.interval(area, alpha)
    scores = forests.scores[sizes[0] :]
    least_alike = np.argsort(-scores, kind="stable")[:_ROWS_KEPT]
    rows = tuple((int(row), float(scores[row])) for row in least_alike)
    lost = forests.lost_by_shuffling(random_state)
    return _report(features, sizes, (area, low, high), pvalue, alpha, min_effect, lost, rows)


def _report(
    features: Features,
    sizes: tuple[int, int],
    area: tuple[float, float, float],
    pvalue: float | None,
    alpha: float,
    min_effect: float,
    lost: dict[str, float],
    rows: tuple[tuple[int, float], ...],
) -> DomainReport:
    verdict: Verdict = "not enough data"
    if pvalue is not None:
        verdict = "drift" if pvalue < alpha and area[0] >= 0.5 + min_effect else "no drift"
    if features.changed:
        verdict = "drift"
    return DomainReport(
        *area,
        pvalue=pvalue,
        verdict=verdict,
        columns=lost,
        rows=tuple(row for row, _ in rows),
        scores=tuple(score for _, score in rows),
        skipped=features.skipped,
        changed=features.changed,
        reference_rows=sizes[0],
        current_rows=sizes[1],
        alpha=alpha,
        min_effect=min_effect,
        backend=features.backend,
    )


class _Forests:
    """Two forests, each grown on one half of the rows and scoring the other."""

    def __init__(
        self, features: Features, n_estimators: int, random_state: int, n_jobs: int | None
    ) -> None:
        self.names = features.names
        rows = np.concatenate([features.reference, features.current])
        self.rows = np.clip(rows, -_LARGEST, _LARGEST)
        sizes = len(features.reference), len(features.current)
        self.is_current = np.repeat([0, 1], sizes)
        rng = np.random.default_rng(random_state)
        # Halves of both sides, so that either half has its share of current rows.
        self.half = np.concatenate([rng.permutation(size) % 2 for size in sizes])
        self.forests = []
        self.scores = np.empty(len(self.rows))
        for half in (0, 1):
            learned, scored = self.half != half, self.half == half
            count = int(learned.sum())
            forest = RandomForestClassifier(
                n_estimators=n_estimators,
                min_samples_leaf=int(np.clip(count // 50, 1, 50)),
                max_samples=min(count, _MOST_DRAWN),
                max_bins=255,
                class_weight="balanced",
                random_state=random_state,
                n_jobs=n_jobs,
            ).fit(self.rows[learned], self.is_current[learned])
            self.forests.append(forest)
            self.scores[scored] = forest.predict_proba(self.rows[scored])[:, 1]

    def area(self) -> tuple[float, float]:
        """Return the mean area under the curve of the halves, and the p-value of it."""
        areas, deviations = [], []
        for half in (0, 1):
            rows = self.half == half
            area = float(roc_auc_score(self.is_current[rows], self.scores[rows]))
            areas.append(area)
            deviations.append((area - 0.5) / self._spread(half))
        return sum(areas) / 2, NormalDist().cdf(-sum(deviations) / 2)

    def _spread(self, half: int) -> float:
        """Return the standard deviation of a half's area where nothing tells the tables apart."""
        now = int(self.is_current[self.half == half].sum())
        before = int((self.half == half).sum()) - now
        return float(np.sqrt((now + before + 1) / (12 * now * before)))

    def interval(self, area: float, alpha: float) -> tuple[float, float]:
        """Return an interval that is right for either half, and wide for their mean."""
        now = int(self.is_current.sum())
        return area_interval(area, now // 2, (len(self.rows) - now) // 2, 1 - alpha)

    def lost_by_shuffling(self, random_state: int) -> dict[str, float]:
        """Return how much of the area is lost without each column, the largest loss first."""
        rng = np.random.default_rng(random_state + 1)
        lost = np.zeros(len(self.names))
        for half, forest in enumerate(self.forests):
            rows = _some(np.flatnonzero(self.half == half), self.is_current, rng)
            shuffled, truth = self.rows[rows], self.is_current[rows]
            before = float(roc_auc_score(truth, self.scores[rows]))
            orders = rng.permutation(len(rows)).astype(np.uint32).reshape(1, -1)
            for column, answers in enumerate(forest._when_shuffled(shuffled, orders)):
                after = float(roc_auc_score(truth, answers.predict_proba(shuffled)[:, 1]))
                lost[column] += (before - after) / 2
        order = np.argsort(-lost, kind="stable")
        return {self.names[column]: float(lost[column]) for column in order}


def _some(
    rows: NDArray[np.intp], is_current: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Take some rows of either side."""
    kept = []
    for side in (0, 1):
        own = rows[is_current[rows] == side]
        kept.append(own if len(own) <= _MOST_SHUFFLED else rng.choice(own, _MOST_SHUFFLED, False))
    return np.concatenate(kept)
