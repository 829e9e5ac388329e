"""Where a model is worst: slices that a tree finds, judged on rows that it has not seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from treering._checks import between_0_and_1, float_array, one_of, whole_number
from treering._feature_reader import FeatureReader
from treering._frames import backend_of, is_array, read_table, read_vector
from treering._results import (
    Result,
    number_text,
    percent_text,
    pvalue_text,
    reasons_text,
    text_table,
)
from treering._text import counted, shortened
from treering.metrics import Interval
from treering.performance._cuts import BINS, by_chance, ends, telling_cuts
from treering.performance._errors import LOSSES, loss_interval
from treering.performance._labels import (
    complete,
    complete_predictions,
    refuse_continuous,
    same_rows,
)
from treering.performance._probabilities import read_probabilities
from treering.performance._rules import conditions_of, rule_text
from treering.performance._scores import label_intervals, log_losses
from treering.performance._window_scores import score_text
from treering.performance._windows import place_of
from treering.stats import adjust_pvalues
from treering.tree import DecisionTreeRegressor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering._html import Tone
    from treering.report import Html

    Floats = NDArray[np.float64]

_OF_CLASSES = ("accuracy", "log_loss")
_OF_NUMBERS = ("mean_absolute_error", "mean_squared_error", "root_mean_squared_error")
_LARGEST = 3e38
_LONGEST_RULE = 90


@dataclass(frozen=True, repr=False)
class Segment(Result):
    """A slice of the rows, and how good predictions are in it.

    Attributes
    ----------
    rule : str
        Which rows belong, in words.
    count : int
        How many of the rows that judge belong.
    share : float
        Their share.
    value, low, high : float
        The metric in the segment, and its interval.
    rest : float
        The metric of all other rows that judge.
    adjusted_pvalue : float
        The chance of so much worse a segment, or of any such segment found, where none is worse
        than the rest.
    worse : bool
        Whether it is worse, at the level that was asked for.
    backend : str or None
        The library that the data came from; None for lists and arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import worst_segments
    >>> age = np.arange(1000.0).reshape(-1, 1)
    >>> truth = np.zeros(1000)
    >>> worst_segments(age, truth, age[:, 0] > 799)[0].value
    0.0
    """

    rule: str
    count: int
    share: float
    value: float
    low: float
    high: float
    rest: float
    adjusted_pvalue: float
    worse: bool
    backend: str | None = None


@dataclass(frozen=True, repr=False)
class SegmentReport(Result, Sequence[Segment]):
    """Slices of the rows, the worst first.

    Attributes
    ----------
    segments : tuple of Segment
        The slices; together they are all rows.
    metric : str
        What was judged.
    overall : Interval
        It in all rows that judge, with its interval.
    alpha : float
        As it was asked for.
    rows : int
        How many rows judge: half of those given. The others found the slices.
    skipped : dict
        Columns that were not used, and why.
    backend : str or None
        The library that the data came from; None for lists and arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import worst_segments
    >>> age = np.arange(1000.0).reshape(-1, 1)
    >>> truth = np.zeros(1000)
    >>> report = worst_segments(age, truth, age[:, 0] > 799, names=["age"])
    >>> report[0].worse, len(report.worse)
    (True, 1)
    """

    segments: tuple[Segment, ...]
    metric: str
    overall: Interval
    alpha: float
    rows: int
    skipped: dict[str, str]
    backend: str | None = None

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Segment, ...]: ...
    def __getitem__(self, index: int | slice) -> Segment | tuple[Segment, ...]:
        if isinstance(index, slice):
            return self.segments[index]
        return self.segments[place_of(index, len(self))]

    def __len__(self) -> int:
        return len(self.segments)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    @property
    def worse(self) -> tuple[Segment, ...]:
        """The segments that are worse than the rest."""
        return tuple(segment for segment in self.segments if segment.worse)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric,
            "overall": self.overall._asdict(),
            "alpha": self.alpha,
            "rows": self.rows,
            "segments": [segment.to_dict() for segment in self.segments],
            "skipped": dict(self.skipped),
        }

    def to_html(self) -> Html:
        """Return the report as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        tones: list[Tone] = ["bad" if segment.worse else "plain" for segment in self.segments]
        blocks = [
            report.cards(
                [
                    (
                        "segments worse than the rest",
                        f"{len(self.worse)} of {len(self)}",
                        "bad" if self.worse else "good",
                    ),
                    (
                        f"{self.metric.replace('_', ' ')} overall",
                        score_text(self.overall, wide=True),
                    ),
                    ("rows that judge", f"{self.rows:,}"),
                ]
            ),
            report.table(_HEADERS, self._cells(longest=400), align=_ALIGNMENT, tones=tones),
            *(report.paragraph(line, quiet=True) for line in self._skipped()),
        ]
        return report.Html("\n".join(blocks))

    def _tone(self) -> Tone:
        return "warning" if self.worse else "good"

    def _columns(self) -> dict[str, Any]:
        return Segment._table(list(self.segments))

    def _cells(self, longest: int = _LONGEST_RULE) -> list[tuple[str, ...]]:
        return [
            (
                shortened(segment.rule, longest),
                f"{segment.count:,}",
                percent_text(segment.share),
                score_text(Interval(segment.value, segment.low, segment.high), wide=True),
                number_text(segment.rest),
                pvalue_text(segment.adjusted_pvalue),
            )
            for segment in self.segments
        ]

    def _text(self) -> str:
        told = f"{len(self.worse)} of {counted(len(self), 'segment')} worse than the rest"
        overall = f"{self.metric} {score_text(self.overall, wide=True)}"
        return "\n".join(
            [
                f"SegmentReport: {told} ({overall} overall; {counted(self.rows, 'row')} judge)",
                text_table(_HEADERS, self._cells(), align=_ALIGNMENT),
                *self._skipped(),
            ]
        )

    def _skipped(self) -> list[str]:
        return [f"skipped: {reasons_text(self.skipped)}"] if self.skipped else []


_HEADERS = ("segment", "rows", "share", "metric", "rest", "adjusted")
_ALIGNMENT = "<>>>>>"


def worst_segments(
    X: Any,
    y_true: Any,
    y_pred: Any,
    *,
    metric: str = "accuracy",
    y_proba: Any = None,
    classes: Any = None,
    names: Sequence[str] | None = None,
    max_depth: int = 3,
    min_rows: int = 50,
    alpha: float = 0.05,
    random_state: int = 0,
) -> SegmentReport:
    """Find the slices of rows in which predictions are worst.

    Half of the rows grow a shallow tree of the losses; the other half judges its leaves, so that a
    slice is not bad only because it was looked for.

    Parameters
    ----------
    X
        The columns to slice by, the model's or others: a two-dimensional array, or a pandas, polars
        or pyarrow table. Texts are taken as categories; missing values may be a slice of their own.
    y_true, y_pred
        True and predicted labels or values.
    metric
        ``"accuracy"`` or ``"log_loss"`` of classes; ``"mean_absolute_error"``,
        ``"mean_squared_error"`` or ``"root_mean_squared_error"`` of numbers.
    y_proba, classes
        Predicted probabilities for the log loss, as in :func:`track`.
    names
        For an array, a name for each column.
    max_depth
        How many cuts a slice is made of at most.
    min_rows
        The least rows of a slice, in either half.
    alpha
        The chance that any slice is called worse where none is, between 0 and 1.
    random_state
        The seed by which the rows are halved.

    Returns
    -------
    SegmentReport
        The slices, the worst first.

    Raises
    ------
    TypeError
        If `X` is no table, or labels of numbers are no numbers.
    ValueError
        If lengths differ, a label is missing, there are fewer than ``4 * min_rows`` rows, no column
        can be used, or a parameter is outside its range.

    Notes
    -----
    Only cuts are made that take more off the variance of the losses than the best of all would do
    by chance. A slice is compared with all other rows by Welch's test of their losses, one-sided,
    corrected by Holm's rule. Time grows with the rows times the columns.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import worst_segments
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((4000, 3))
    >>> truth = rng.integers(0, 2, 4000)
    >>> wrong = rng.random(4000) < np.where(X[:, 1] > 0.8, 0.4, 0.1)
    >>> report = worst_segments(X, truth, truth ^ wrong)
    >>> report[0].rule.startswith("x1 > 0.")
    True
    """
    one_of("metric", metric, (*_OF_CLASSES, *_OF_NUMBERS), optional=False)
    max_depth = whole_number("max_depth", max_depth, most=10)
    min_rows = whole_number("min_rows", min_rows, least=2)
    alpha = between_0_and_1("alpha", alpha)
    table = read_table(X, names=names if is_array(X) else None, what="X")
    truth = complete(read_vector(y_true, what="y_true"), "y_true")
    predicted = complete_predictions(read_vector(y_pred, what="y_pred"))
    same_rows(table.rows, y_true=truth, y_pred=predicted)
    if table.rows < 4 * min_rows:
        raise ValueError(
            f"there are {counted(table.rows, 'row')}; slices of at least {min_rows} rows in either "
            f"half need {4 * min_rows}"
        )
    losses = _losses(metric, truth, predicted, y_proba, classes)
    reader = FeatureReader.of(table)
    if not reader.names:
        raise ValueError(f"X has no column to slice by: {reasons_text(reader.skipped)}")
    rows = np.clip(reader.read(table), -_LARGEST, _LARGEST)
    half = np.random.default_rng(random_state).permutation(len(rows)) % 2 == 0
    labels = _in_order_of_losses(rows, losses, half, reader)
    with_missing = [bool(np.isnan(column).any()) for column in rows.T]
    tree = DecisionTreeRegressor(
        max_depth=max_depth,
        max_leaf_nodes=2**max_depth,
        min_samples_leaf=min_rows,
        min_impurity_decrease=by_chance(float(losses[half].var()), int(half.sum()), rows.shape[1]),
        max_bins=BINS,
        random_state=random_state,
    ).fit(rows[half], losses[half])
    cuts = telling_cuts(tree.tree_, rows.shape[1])
    leaves, judged = ends(tree.tree_, cuts)[tree.apply(rows[~half])], losses[~half]
    correct = predicted[~half] == truth[~half] if metric == "accuracy" else None
    rules = conditions_of(tree.tree_, cuts)
    found = []
    for leaf, conditions in rules.items():
        inside = leaves == leaf
        if not inside.any():
            continue
        rest = judged[~inside]
        interval = _interval(metric, judged[inside], correct, inside, 1 - alpha)
        found.append(
            (
                rule_text(conditions, reader.names, labels, with_missing),
                int(inside.sum()),
                interval,
                _value(metric, rest) if len(rest) else float("nan"),
                _pvalue(judged[inside], rest),
                float(judged[inside].mean()),
            )
        )
    adjusted = adjust_pvalues([row[4] for row in found], "holm")
    backend = backend_of(X, y_pred, y_true)
    segments = [
        Segment(
            rule=rule,
            count=count,
            share=count / len(judged),
            value=interval.value,
            low=interval.low,
            high=interval.high,
            rest=rest,
            adjusted_pvalue=float(after),
            worse=bool(after < alpha),
            backend=backend,
        )
        for (rule, count, interval, rest, _, _), after in zip(found, adjusted, strict=True)
    ]
    order = np.argsort([-row[5] for row in found], kind="stable")
    everything = np.ones(len(judged), dtype=bool)
    return SegmentReport(
        segments=tuple(segments[place] for place in order),
        metric=metric,
        overall=_interval(metric, judged, correct, everything, 1 - alpha),
        alpha=alpha,
        rows=len(judged),
        skipped=dict(reader.skipped),
        backend=backend,
    )


def _losses(
    metric: str, truth: NDArray[Any], predicted: NDArray[Any], y_proba: Any, classes: Any
) -> Floats:
    """Return the loss of each row."""
    if metric == "accuracy":
        why = "accuracy is for classes; of numbers, ask for metric='mean_absolute_error'"
        refuse_continuous(truth, "y_true", why)
        refuse_continuous(predicted, "y_pred", why)
        return np.asarray(truth != predicted, dtype=np.float64)
    if metric == "log_loss":
        if y_proba is None:
            raise ValueError("log_loss needs predicted probabilities: give y_proba=")
        return log_losses(truth, *read_probabilities(y_proba, classes, truth))
    numbers = [float_array(name, v) for name, v in (("y_true", truth), ("y_pred", predicted))]
    with np.errstate(over="ignore", invalid="ignore"):
        losses = LOSSES[metric][0](*numbers)
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        raise ValueError(
            f"the loss of row {bad[0]} is not a finite number; leave out rows whose values are "
            "infinite"
        )
    return losses


def _in_order_of_losses(
    rows: Floats, losses: Floats, half: NDArray[np.bool_], reader: FeatureReader
) -> dict[str, tuple[str, ...]]:
    """Put categories in the order of their mean losses in the first half, and return them."""
    labels: dict[str, tuple[str, ...]] = {}
    for name, own in reader.categories.items():
        column = rows[:, reader.names.index(name)]
        known = ~np.isnan(column)
        codes = column[known & half].astype(np.intp)
        counts = np.bincount(codes, minlength=len(own) + 1)
        sums = np.bincount(codes, weights=losses[known & half], minlength=len(own) + 1)
        means = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)[: len(own)]
        order = np.argsort(means, kind="stable")
        ranks = np.empty(len(own) + 1)
        ranks[order], ranks[-1] = np.arange(len(own)), len(own)
        column[known] = ranks[column[known].astype(np.intp)]
        labels[name] = tuple(own[place] for place in order)
    return labels


def _value(metric: str, losses: Floats) -> float:
    mean = float(losses.mean())
    if metric == "accuracy":
        return 1 - mean
    return math.sqrt(mean) if metric == "root_mean_squared_error" else mean


def _interval(
    metric: str,
    losses: Floats,
    correct: NDArray[np.bool_] | None,
    inside: NDArray[np.bool_],
    level: float,
) -> Interval:
    if correct is not None:
        said = correct[inside].astype(np.int64)
        return label_intervals(np.ones_like(said), said, ["accuracy"], level)["accuracy"]
    return loss_interval(losses, level, is_root=metric == "root_mean_squared_error")


def _pvalue(inside: Floats, rest: Floats) -> float:
    """Test whether the losses inside are no larger than the rest's."""
    if len(inside) < 2 or len(rest) < 2:
        return 1.0
    spread = math.sqrt(inside.var(ddof=1) / len(inside) + rest.var(ddof=1) / len(rest))
    apart = float(inside.mean() - rest.mean())
    if spread == 0:
        return 0.0 if apart > 0 else 1.0
    return NormalDist().cdf(-apart / spread)
