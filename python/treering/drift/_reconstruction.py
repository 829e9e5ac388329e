"""Drift in how numbers belong together: rows rebuilt from a few principal components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text
from treering._checks import between_0_and_1, is_number, least_effect, shown, whole_number
from treering._results import Result, number_text, percent_text, pvalue_text, text_table
from treering._text import counted
from treering.drift._features import Features, left_out_cards, left_out_text, skipped_text
from treering.stats import ks_2samp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._text import Verdict
    from treering.report import Html

_MOST_PRINTED = 20


@dataclass(frozen=True, repr=False)
class ReconstructionReport(Result):
    """How well rows are rebuilt from the principal components of the reference.

    Attributes
    ----------
    reference_error, current_error : float
        The mean distance between a row and what it is rebuilt as, in standard deviations of the
        reference; that of the reference by components that have not seen the row.
    statistic, pvalue : float or None
        Of the two-sample Kolmogorov-Smirnov test of the rows' distances; None with too few rows.
    verdict : str
        "drift", "no drift" or "not enough data".
    components : int
        How many principal components rows are rebuilt from.
    columns : dict
        By column, how much its mean squared error has grown, the largest growth first.
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
    >>> from treering.drift import reconstruction_error
    >>> pairs = np.repeat(np.arange(100.0), 2).reshape(-1, 2)
    >>> round(reconstruction_error(pairs, pairs).current_error, 6)
    0.0
    """

    reference_error: float
    current_error: float
    statistic: float | None
    pvalue: float | None
    verdict: Verdict
    components: int
    columns: dict[str, float]
    skipped: dict[str, str]
    changed: tuple[str, ...]
    reference_rows: int
    current_rows: int
    alpha: float
    min_effect: float
    backend: str | None = None

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
                    ("error before", number_text(self.reference_error)),
                    ("error now", number_text(self.current_error)),
                    ("p-value", pvalue_text(self.pvalue)),
                    ("components", f"{self.components}"),
                ]
            ),
            report.table(_HEADERS, self._cells(), align="<>"),
            *(
                report.paragraph(line, quiet=True)
                for line in skipped_text(self.skipped, self.changed)
            ),
        ]
        return report.Html("\n".join(blocks))

    def _columns(self) -> dict[str, Any]:
        return {
            "column": list(self.columns),
            "error_growth": np.fromiter(self.columns.values(), np.float64, len(self.columns)),
        }

    def _cells(self) -> list[tuple[str, str]]:
        return [(label_text(name), number_text(grown)) for name, grown in self.columns.items()]

    def _headline(self) -> str:
        errors = (
            f"error {number_text(self.reference_error)}, then {number_text(self.current_error)}"
        )
        way = "higher" if self.current_error > self.reference_error else "lower"
        told = (
            f"{errors}; distances {way} for {percent_text(self.statistic)} of the rows, p "
            f"{pvalue_text(self.pvalue)}; "
            f"{counted(self.components, 'component')}; {counted(self.reference_rows, 'row')}, then "
            f"{self.current_rows:,}"
        )
        return f"{self.verdict} ({left_out_text(self.skipped, self.changed)}{told})"

    def _text(self) -> str:
        lines = [f"ReconstructionReport: {self._headline()}"]
        lines.append(text_table(_HEADERS, self._cells()[:_MOST_PRINTED], align="<>"))
        if len(self.columns) > _MOST_PRINTED:
            lines.append(f"and {len(self.columns) - _MOST_PRINTED:,} more; to_frame() has all")
        lines += skipped_text(self.skipped, self.changed)
        return "\n".join(lines)


_HEADERS = ("column", "squared error grew by")


def reconstruction_error(
    reference: Any,
    current: Any,
    *,
    n_components: float = 0.65,
    columns: Sequence[str] | None = None,
    alpha: float = 0.05,
    min_effect: float = 0.05,
    min_size: int = 30,
    random_state: int = 0,
) -> ReconstructionReport:
    """Rebuild rows from principal components of the reference, and compare how far off they are.

    Columns that went together and do so no longer are rebuilt badly, though each of them may look
    as it did.

    Parameters
    ----------
    reference, current
        Two-dimensional arrays, or pandas, polars or pyarrow tables. Columns of tables go by name. A
        category is taken as its share of the reference, a missing value as the column's mean.
    n_components
        How many components: a whole number, or the share of the variance that they explain.
    columns
        The columns to use; a name for each column if the sides are arrays.
    alpha
        The rate of false alarms, between 0 and 1.
    min_effect
        The least change of the distances that is a drift, as a share of the rows.
    min_size
        With fewer rows than this on either side the verdict is "not enough data".
    random_state
        The seed by which the reference is halved.

    Returns
    -------
    ReconstructionReport

    Raises
    ------
    TypeError
        If a side is no table.
    ValueError
        If there is no column to use, or a parameter is outside its range.

    Notes
    -----
    Rows are always rebuilt a little better by the components that they were found by: the reference
    is halved, each half rebuilt by the components of the other, and current rows by both in turn.
    Time grows with the rows and with the square of the columns.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.drift import reconstruction_error
    >>> rng = np.random.default_rng(0)
    >>> before = rng.normal(size=(500, 1)) + 0.3 * rng.normal(size=(500, 4))
    >>> now = before.copy()
    >>> now[:, 2] = rng.permutation(now[:, 2])
    >>> report = reconstruction_error(before, now)
    >>> report.verdict, next(iter(report.columns))
    ('drift', 'x2')
    """
    alpha = between_0_and_1("alpha", alpha)
    min_effect = least_effect(min_effect)
    min_size = whole_number("min_size", min_size, least=4)
    random_state = whole_number("random_state", random_state, least=0)
    features = Features.read(reference, current, columns)
    if len(features.names) < 2:
        raise ValueError(
            f"there is one column to use, {features.names[0]!r}, and nothing that it could belong "
            "together with; for single columns there is detect_drift"
        )
    _check_components(n_components, len(features.names))
    before, now = _numeric(features)
    half = np.random.default_rng(random_state).permutation(len(before)) % 2
    errors, growth, kept = [np.empty(len(before)), np.empty(len(now))], np.zeros(before.shape[1]), 0
    for side in (0, 1):
        learned, others = before[half != side], half == side
        if not len(learned) or not others.any():
            learned, others = before, np.ones(len(before), dtype=bool)
        components = _Components.of(learned, n_components)
        kept = max(kept, components.count)
        squares = [components.squares(before[others]), components.squares(now[side::2])]
        errors[0][others] = np.sqrt(squares[0].sum(axis=1))
        errors[1][side::2] = np.sqrt(squares[1].sum(axis=1))
        if len(squares[1]):
            growth += (squares[1].mean(axis=0) - squares[0].mean(axis=0)) / 2
    statistic = pvalue = None
    verdict: Verdict = "not enough data"
    if features.has_rows(min_size):
        test = ks_2samp(errors[0], errors[1])
        statistic, pvalue = float(test.statistic), float(test.pvalue)
        verdict = "drift" if pvalue < alpha and statistic >= min_effect else "no drift"
    if features.changed:
        verdict = "drift"
    order = np.argsort(-growth, kind="stable")
    return ReconstructionReport(
        reference_error=float(errors[0].mean()),
        current_error=float(errors[1].mean()),
        statistic=statistic,
        pvalue=pvalue,
        verdict=verdict,
        components=kept,
        columns={features.names[column]: float(growth[column]) for column in order},
        skipped=features.skipped,
        changed=features.changed,
        reference_rows=len(before),
        current_rows=len(now),
        alpha=alpha,
        min_effect=min_effect,
        backend=features.backend,
    )


def _check_components(given: Any, columns: int) -> None:
    if not is_number(given):
        raise TypeError(f"n_components must be a whole number or a share; got {shown(given)}")
    is_share = isinstance(given, float) and 0 < given < 1
    if not is_share and (given % 1 or not 1 <= given <= columns):
        raise ValueError(
            f"n_components must be a share between 0 and 1, or a whole number from 1 to {columns}, "
            f"the number of columns; got {given}"
        )


def _numeric(features: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both sides without missing or infinite values; categories by their shares."""
    before, now = features.reference.copy(), features.current.copy()
    for place, name in enumerate(features.names):
        if name in features.categories:
            codes = before[:, place]
            known = codes[~np.isnan(codes)].astype(np.intp)
            counts = np.bincount(known, minlength=len(features.categories[name]) + 1)
            shares = counts / max(1, len(known))
            for side in (before, now):
                has = ~np.isnan(side[:, place])
                side[has, place] = shares[side[has, place].astype(np.intp)]
        finite = before[np.isfinite(before[:, place]), place]
        mean = _mean(finite)
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 0.0)
        for side in (before, now):
            column = side[:, place]
            column[np.isnan(column)] = mean
            column[column == np.inf] = high
            column[column == -np.inf] = low
    return before, now


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean of some numbers, however large they are; 0 of none."""
    if not len(values):
        return 0.0
    largest = float(np.abs(values).max()) or 1.0
    return float((values / largest).mean()) * largest


@dataclass(frozen=True)
class _Components:
    """What rows are centred, scaled and rebuilt by."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    axes: NDArray[np.float64]

    @property
    def count(self) -> int:
        return int(self.axes.shape[1])

    @classmethod
    def of(cls, rows: NDArray[np.float64], n_components: float) -> _Components:
        largest = np.abs(rows).max(axis=0)
        largest[largest == 0] = 1.0
        # Of numbers at most 1: squares of the largest that there are would be infinite.
        small = rows / largest
        mean, scale = small.mean(axis=0), small.std(axis=0)
        scale[scale <= 1e-12] = 1.0
        standard = (small - mean) / scale
        variances, axes = np.linalg.eigh(standard.T @ standard / len(rows))
        variances, axes = variances[::-1], axes[:, ::-1]
        if isinstance(n_components, float) and n_components < 1:
            total = variances.sum()
            explained = np.cumsum(variances) / total if total > 0 else np.ones(len(variances))
            count = int(np.searchsorted(explained, n_components)) + 1
        else:
            count = int(n_components)
        return cls(mean * largest, scale * largest, axes[:, : min(count, len(variances))])

    def squares(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the squared error of each value, in standard deviations of its column."""
        standard = (rows - self.mean) / self.scale
        rebuilt = standard @ self.axes @ self.axes.T
        squares: NDArray[np.float64] = (standard - rebuilt) ** 2
        return squares
