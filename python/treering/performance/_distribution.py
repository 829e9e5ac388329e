"""What a model predicts, window by window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from treering._axis import key_text, label_text
from treering._checks import between_0_and_1, one_of, whole_number
from treering._corrections import CORRECTIONS, Correction
from treering._frames import backend_of
from treering._html import worst_tone
from treering._results import (
    ALL_ROWS,
    Result,
    label_column,
    number_text,
    percent_text,
    pvalue_text,
    python_label,
    text_table,
    value_text,
)
from treering._text import counted
from treering.performance._labels import check_kinds, check_texts, coded, counts_of
from treering.performance._windows import split
from treering.stats import adjust_pvalues, chi2_2samp

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from treering._html import Tone
    from treering._text import Verdict
    from treering.report import Html

_MOST_PRINTED = 40
_MOST_COLUMNS = 8
_OUTCOMES = ("statistic", "pvalue", "adjusted_pvalue", "cramers_v")


@dataclass(frozen=True, repr=False)
class WindowDistribution(Result):
    """How often each class was predicted in one window.

    Attributes
    ----------
    window : object
        The window's label.
    count : int
        How many predictions it has.
    counts : dict
        Class to how often it was predicted; :meth:`share` gives shares from 0 to 1, and the column
        ``percentage`` of the table percentages from 0 to 100.
    statistic, pvalue, adjusted_pvalue : float or None
        Of the chi-squared test against the reference, and the p-value corrected for the number of
        windows; None without a reference or with too few predictions.
    cramers_v : float or None
        The size of the difference, from 0 to 1, whatever the number of predictions.
    verdict : str or None
        "drift", "no drift" or "not enough data"; None without a reference.
    method : str or None
        Where the p-value comes from, as in :func:`treering.stats.chi2_2samp`: "asymptotic" where
        all classes are expected often enough.
    backend : str or None
        The library that the predictions came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.performance import prediction_distribution
    >>> prediction_distribution(["a", "b", "a"]).windows[0].share("b")
    0.3333333333333333
    """

    window: Any
    count: int
    counts: dict[Any, int]
    statistic: float | None = None
    pvalue: float | None = None
    adjusted_pvalue: float | None = None
    cramers_v: float | None = None
    verdict: Verdict | None = None
    method: str | None = None
    backend: str | None = field(default=None, repr=False, compare=False)

    @property
    def drift(self) -> bool:
        """Whether the verdict is "drift"."""
        return self.verdict == "drift"

    def share(self, label: Any) -> float:
        """Return a class's share, from 0 to 1.

        Parameters
        ----------
        label
            The class.

        Returns
        -------
        float
        """
        return self.counts[label] / self.count

    def to_dict(self) -> dict[str, Any]:
        """Return the counts, and the test if there was one, as plain Python values.

        Returns
        -------
        dict
        """
        counts = {key_text(label): count for label, count in self.counts.items()}
        tested = () if self.verdict is None else (*_OUTCOMES, "verdict", "method")
        return {
            "window": python_label(self.window),
            "count": self.count,
            "counts": counts,
            **{name: getattr(self, name) for name in tested},
        }

    def _lines(self) -> list[tuple[str, str]]:
        counts = list(self.counts.items())
        lines = [("window", label_text(self.window)), ("count", f"{self.count:,}")]
        lines += [
            (label_text(label), f"{count:,} ({percent_text(count / self.count)})")
            for label, count in counts[:_MOST_PRINTED]
        ]
        if len(counts) > _MOST_PRINTED:
            rest = sum(count for _, count in counts[_MOST_PRINTED:])
            lines.append((f"{len(counts) - _MOST_PRINTED} more", f"{rest:,}"))
        if self.verdict is not None:
            lines += [
                (name.replace("_", " "), value_text(name, getattr(self, name)))
                for name in (*_OUTCOMES, "verdict")
            ]
        return lines

    @classmethod
    def _table(cls, rows: Sequence[Self]) -> dict[str, Any]:
        """Return a row for each window and class."""
        pairs = [(row, label) for row in rows for label in row.counts]
        table: dict[str, Any] = {
            "window": label_column([row.window for row, _ in pairs]),
            "class": label_column([label for _, label in pairs]),
            "count": [row.counts[label] for row, label in pairs],
            "percentage": np.asarray(
                [100 * row.counts[label] / row.count for row, label in pairs], dtype=np.float64
            ),
        }
        if rows[0].verdict is not None:
            for name in _OUTCOMES:
                table[name] = np.asarray([getattr(row, name) for row, _ in pairs], dtype=np.float64)
            table["verdict"] = [row.verdict for row, _ in pairs]
            table["method"] = [row.method for row, _ in pairs]
        return table


@dataclass(frozen=True, repr=False)
class PredictionDistribution(Result):
    """How often each class was predicted, window by window.

    Attributes
    ----------
    classes : tuple
        All classes, of the predictions and the reference, sorted.
    windows : tuple of WindowDistribution
        The windows in order.
    reference : dict or None
        Class to how often it was expected.
    alpha, correction, min_size
        As they were asked for.
    backend : str or None
        The library that the predictions came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.performance import prediction_distribution
    >>> prediction_distribution(["a", "b", "a", "a"], window=2)
    PredictionDistribution: 2 classes, 2 windows, 4 predictions
    window  count        a       b
    ------  -----  -------  ------
    1           2   50.0 %  50.0 %
    2           2  100.0 %   0.0 %
    """

    classes: tuple[Any, ...]
    windows: tuple[WindowDistribution, ...]
    reference: dict[Any, int] | None
    alpha: float
    correction: str | None
    min_size: int
    backend: str | None = None

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def drifted(self) -> tuple[Any, ...]:
        """The labels of the windows whose verdict is "drift"."""
        return tuple(row.window for row in self.windows if row.drift)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Shares in 0..1: a row per window, a column per class."""
        return np.asarray(
            [[row.counts[label] / row.count for label in self.classes] for row in self.windows]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the distribution as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "classes": list(self.classes),
            "alpha": self.alpha,
            "correction": self.correction,
            "min_size": self.min_size,
            "reference": None
            if self.reference is None
            else {key_text(label): count for label, count in self.reference.items()},
            "windows": [row.to_dict() for row in self.windows],
        }

    def plot(self, ax: Any = None) -> Any:
        """Draw the share of each class over time.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.

        Returns
        -------
        treering.plotting.PredictionShareDisplay
        """
        from treering.plotting import PredictionShareDisplay

        return PredictionShareDisplay(
            [row.window for row in self.windows],
            self.shares,
            self.classes,
            reference=self._expected(),
        ).plot(ax=ax)

    def to_html(self) -> Html:
        """Return the distribution as a fragment of HTML: chart and table.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        chart = report.share_chart(
            [row.window for row in self.windows],
            self.shares,
            self.classes,
            reference=self._expected(),
        )
        headers, rows = self._cells(self.windows)
        tones: list[Tone] = ["bad" if row.drift else "plain" for row in self.windows]
        table = report.table(
            headers, rows, tones=tones, keep="last", most=_MOST_PRINTED, rest=ALL_ROWS
        )
        return report.Html(f"{chart}\n{report.paragraph(self._headline())}\n{table}")

    def _columns(self) -> dict[str, Any]:
        return WindowDistribution._table(self.windows)

    def _text(self) -> str:
        shown = self.windows[-_MOST_PRINTED:]
        hidden = len(self.windows) - len(shown)
        note = [f"({counted(hidden, 'earlier window')}; to_frame() has all)"] if hidden else []
        title = f"PredictionDistribution: {self._headline()}"
        return "\n".join([title, *note, text_table(*self._cells(shown))])

    def _tone(self) -> Tone:
        return worst_tone(row._tone() for row in self.windows)

    def _headline(self) -> str:
        total = sum(row.count for row in self.windows)
        told = (
            f"{counted(len(self.classes), 'class')}, {counted(len(self.windows), 'window')}, "
            f"{counted(total, 'prediction')}"
        )
        if self.reference is None:
            return told
        return (
            f"{told}; {counted(len(self.drifted), 'window')} drifted from the reference "
            f"(alpha {self.alpha:g}, {self.correction or 'no correction'})"
        )

    def _expected(self) -> NDArray[np.float64] | None:
        if self.reference is None:
            return None
        counts = np.asarray([self.reference[label] for label in self.classes], dtype=np.float64)
        return np.asarray(counts / counts.sum())

    def _cells(self, rows: tuple[WindowDistribution, ...]) -> tuple[list[str], list[list[str]]]:
        shown = self.classes[:_MOST_COLUMNS]
        rest = self.classes[_MOST_COLUMNS:]
        headers = ["window", "count", *(label_text(label) for label in shown)]
        headers += [f"{len(rest)} more"] if rest else []
        tested = self.reference is not None
        headers += ["adjusted p", "Cramer's V", "verdict"] if tested else []
        cells = []
        for row in rows:
            line = [label_text(row.window), f"{row.count:,}"]
            line += [percent_text(row.counts[label] / row.count) for label in shown]
            if rest:
                line.append(percent_text(sum(row.counts[label] for label in rest) / row.count))
            if tested:
                line += [
                    pvalue_text(row.adjusted_pvalue),
                    number_text(row.cramers_v, 3),
                    row.verdict or "",
                ]
            cells.append(line)
        return headers, cells


def prediction_distribution(
    y_pred: Any,
    *,
    window: Any = None,
    reference: Any = None,
    alpha: float = 0.05,
    correction: Correction | None = "fdr_bh",
    min_size: int = 30,
    every: str | dt.timedelta | None = None,
) -> PredictionDistribution:
    """Count what was predicted, window by window, and compare it with what was expected.

    Parameters
    ----------
    y_pred
        Predicted labels, one per row: what ``model.predict`` returns, not ``predict_proba``.
    window, every
        As in :func:`treering.performance.track`.
    reference
        Labels, one per row, such as the model's predictions on its test set; or a mapping from
        class to count. Each window is compared with it by a chi-squared test; classes that only
        one side has are counted as zero on the other.
    alpha
        The false-alarm rate, between 0 and 1.
    correction
        For the number of windows, as in :func:`treering.drift.detect_drift`; None for the plain
        rule p < `alpha`.
    min_size
        A window with fewer predictions gets the verdict "not enough data".

    Returns
    -------
    PredictionDistribution

    Raises
    ------
    ValueError
        If there are no rows, labels are missing or continuous numbers, two labels share a text (1
        and "1"), or the reference holds shares instead of counts.

    Examples
    --------
    >>> from treering.performance import prediction_distribution
    >>> made = prediction_distribution(["a", "b"] * 60 + ["b"] * 60, window=60, reference={
    ...     "a": 100, "b": 100})
    >>> made.drifted
    (3,)
    """
    alpha = between_0_and_1("alpha", alpha)
    min_size = whole_number("min_size", min_size)
    one_of("correction", correction, CORRECTIONS)
    backend = backend_of(y_pred, window)
    labels, codes = coded(y_pred, "y_pred")
    windows = split(len(codes), window, every=every)
    expected = None if reference is None else counts_of(reference)
    names = set(labels) | set(expected or ())
    try:
        classes = tuple(sorted(names))
    except TypeError:
        classes = tuple(sorted(names, key=lambda name: (type(name).__name__, str(name))))
    check_texts(classes)
    if expected is not None:
        check_kinds(labels, expected)
    place = {name: index for index, name in enumerate(classes)}
    codes = np.asarray([place[label] for label in labels], dtype=np.intp)[codes]
    counted = [np.bincount(codes[rows], minlength=len(classes)) for rows in windows.rows]

    rows = []
    tested: list[int] = []
    tests: list[Any] = []
    if expected is not None:
        base = np.asarray([expected.get(name, 0) for name in classes], dtype=np.int64)
        tested = [
            index
            for index, counts in enumerate(counted)
            if min(int(counts.sum()), int(base.sum())) >= min_size
        ]
        tests = [chi2_2samp(base, counted[index].astype(np.int64)) for index in tested]
    plain = np.asarray([test.pvalue for test in tests], dtype=np.float64)
    adjusted = plain if correction is None or not tests else adjust_pvalues(plain, correction)
    found = dict(zip(tested, zip(tests, map(float, adjusted), strict=True), strict=True))
    for index, (name, counts) in enumerate(zip(windows.labels, counted, strict=True)):
        outcome: dict[str, Any] = {}
        if index in found:
            test, pvalue = found[index]
            outcome = {
                "statistic": float(test.statistic),
                "pvalue": float(test.pvalue),
                "adjusted_pvalue": pvalue,
                "cramers_v": float(test.cramers_v),
                "verdict": "drift" if pvalue < alpha else "no drift",
                "method": test.method,
            }
        elif expected is not None:
            outcome = {"verdict": "not enough data"}
        rows.append(
            WindowDistribution(
                window=name,
                count=int(counts.sum()),
                counts=dict(zip(classes, map(int, counts), strict=True)),
                backend=backend,
                **outcome,
            )
        )
    return PredictionDistribution(
        classes=classes,
        windows=tuple(rows),
        reference=None
        if expected is None
        else {name: int(expected.get(name, 0)) for name in classes},
        alpha=alpha,
        correction=correction,
        min_size=min_size,
        backend=backend,
    )
