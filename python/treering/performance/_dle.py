"""Errors without labels, from a forest that knows where a model errs."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.isotonic import IsotonicRegression

from treering._checks import between_0_and_1, whole_number
from treering._feature_reader import FeatureReader
from treering._frames import backend_of, read_table
from treering._text import counted
from treering.ensemble import RandomForestRegressor
from treering.metrics import Interval
from treering.performance._errors import LOSSES, check_logarithms, read_numbers, row_losses
from treering.performance._history import PerformanceHistory
from treering.performance._labels import metric_names, same_rows
from treering.performance._window_scores import WindowPerformance
from treering.performance._windows import split

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


_USUAL = ("mean_absolute_error", "root_mean_squared_error")
_MOST_DRAWN = 8_192
"""Rows that each tree is grown on at most."""
_LARGEST = 3e38


class DLE:
    """Direct loss estimation: errors of a regression model before labels come.

    A forest learns from rows whose labels are known how large the model's loss is where; its mean
    over a window without labels estimates the metric [1]_. It is right as long as the model errs
    where it erred in the reference: a concept that drifts does not show.

    Parameters
    ----------
    metrics
        Out of ``mean_absolute_error``, ``mean_squared_error``, ``root_mean_squared_error``,
        ``mean_absolute_percentage_error``, ``mean_squared_log_error`` and
        ``root_mean_squared_log_error``; the first and the third by default.
    n_estimators
        How many trees the forest of all losses has.
    level
        Of the intervals in which the realised metrics are expected.
    random_state
        The forests' seed.
    n_jobs
        Threads; None for all.

    Attributes
    ----------
    names_ : tuple of str
        The columns that are used.
    skipped_ : dict
        Those that are not, and why.
    reference_rows_ : int
        How many rows the reference had.

    Notes
    -----
    Intervals hold the spread of a row's loss about what trees that have not seen it expect, larger
    losses having the larger spread, and how much the trees differ in the window's mean, each of
    which has learned from rows drawn anew.

    References
    ----------
    .. [1] NannyML, "Direct loss estimation", documentation of its performance estimators.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import DLE
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((2000, 2))
    >>> truth = X[:, 1] + X[:, 0] * rng.normal(size=2000)  # the first column says how far off
    >>> estimator = DLE(metrics=["mean_absolute_error"]).fit(X, truth, X[:, 1])
    >>> today = 0.5 + 0.5 * rng.random((500, 2))
    >>> history = estimator.estimate(today, today[:, 1])
    >>> 0.5 < history[0]["mean_absolute_error"] < 0.7
    True
    """

    def __init__(
        self,
        *,
        metrics: Sequence[str] | None = None,
        n_estimators: int = 16,
        level: float = 0.95,
        random_state: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.metrics = metrics
        self.n_estimators = n_estimators
        self.level = level
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y_true: Any, y_pred: Any) -> Self:
        """Learn where the model errs from rows whose labels are known.

        Parameters
        ----------
        X
            The model's columns: a two-dimensional array, or a pandas, polars or pyarrow table.
            Texts are taken as categories; missing values are values of their own.
        y_true, y_pred
            True and predicted values of rows that the model was not trained on.

        Returns
        -------
        DLE
            Itself.

        Raises
        ------
        TypeError
            If `X` is no table, or values are no numbers.
        ValueError
            If lengths differ, a value is missing or infinite, or a logarithmic metric is asked of
            values below -1.
        """
        names = self._names()
        whole_number("n_estimators", self.n_estimators)
        table = read_table(X, names=None, what="X")
        truth, predicted = read_numbers(y_true, "y_true"), read_numbers(y_pred, "y_pred")
        same_rows(table.rows, y_true=truth, y_pred=predicted)
        if table.rows < 2:
            raise ValueError(f"the reference has {counted(table.rows, 'row')}; give many more")
        check_logarithms(names, y_true=truth, y_pred=predicted)
        self._reader = FeatureReader.of(table)
        self.names_, self.skipped_ = self._reader.names, dict(self._reader.skipped)
        rows = self._rows(table, predicted)
        self.reference_rows_ = len(rows)
        self._losses = list(dict.fromkeys(LOSSES[name][0] for name in names))
        losses = np.column_stack([row_losses(loss, truth, predicted) for loss in self._losses])
        forest = RandomForestRegressor(
            n_estimators=self.n_estimators,
            min_samples_leaf=int(np.clip(len(rows) // 200, 1, 40)),
            max_samples=min(len(rows), _MOST_DRAWN),
            max_bins=127,
            oob_score=_no_score,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )
        self._forest = _LossForest.fit(forest, rows, losses)
        return self

    def estimate(
        self,
        X: Any,
        y_pred: Any,
        *,
        window: Any = None,
        every: str | dt.timedelta | None = None,
        label: Any = None,
    ) -> PerformanceHistory:
        """Estimate the errors of rows whose labels are not known.

        Parameters
        ----------
        X
            The model's columns, those of the reference: of tables by name, of arrays by position.
        y_pred
            Predicted values.
        window, every, label
            As in :func:`track`.

        Returns
        -------
        PerformanceHistory
            With ``estimated=True``: metrics that are expected, and intervals in which the realised
            ones are.

        Raises
        ------
        ValueError
            If a column of the reference is missing, lengths differ, or a value is missing or
            infinite.
        """
        if not hasattr(self, "names_"):
            raise ValueError("this DLE knows no reference yet; call fit(X, y_true, y_pred) first")
        names = self._names()
        table = read_table(X, names=None, what="X")
        predicted = read_numbers(y_pred, "y_pred")
        same_rows(table.rows, y_pred=predicted)
        windows = split(table.rows, window, every=every, label=label)
        rows = self._rows(table, predicted)
        level = between_0_and_1("level", self.level)
        for metric in names:
            if LOSSES[metric][0] not in self._losses:
                raise ValueError(f"the reference was not fitted for {metric}; fit anew with it")
        expected, by_tree = self._forest.expected(rows, windows.rows)
        backend = backend_of(X, y_pred, window)
        found = []
        for number, (name, own) in enumerate(zip(windows.labels, windows.rows, strict=True)):
            intervals = {}
            for metric in names:
                loss, is_root = LOSSES[metric]
                place = self._losses.index(loss)
                interval = self._forest.interval(
                    expected[own, place], by_tree[:, number, place], place, level
                )
                intervals[metric] = Interval(*map(math.sqrt, interval)) if is_root else interval
            found.append(WindowPerformance(name, len(predicted[own]), intervals, backend))
        return PerformanceHistory(tuple(found), level, backend, estimated=True)

    def _rows(self, table: Any, predicted: Floats) -> Floats:
        rows = np.column_stack([self._reader.read(table), predicted])
        clipped: Floats = np.clip(rows, -_LARGEST, _LARGEST)
        return clipped

    def _names(self) -> tuple[str, ...]:
        if self.metrics is None:
            return _USUAL
        return metric_names(self.metrics, LOSSES)


@dataclass(frozen=True)
class _LossForest:
    """A forest that expects losses, and how far off it is.

    Attributes
    ----------
    units
        What each loss was divided by, so that all count alike where the forest cuts.
    curves
        Of each loss the variance about what is expected, which does not fall as that grows.
    share
        Of the variance between trees, that of trees which learn from all rows.
    """

    forest: RandomForestRegressor
    units: Floats
    curves: list[tuple[Floats, Floats]]
    share: float

    @classmethod
    def fit(cls, forest: RandomForestRegressor, rows: Floats, losses: Floats) -> _LossForest:
        units = losses.std(axis=0)
        units[units == 0] = 1.0
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Some inputs do not have OOB scores")
            forest.fit(rows, (losses / units).squeeze())
        unseen = np.asarray(forest.oob_prediction_).reshape(losses.shape) * units
        told = unseen.any(axis=1)  # a row that every tree has seen is answered by zeros
        if told.any():
            unseen, losses = unseen[told], losses[told]
        curves = []
        for expected, loss in zip(unseen.T, losses.T, strict=True):
            some = slice(None, None, -(-len(loss) // _MOST_DRAWN))
            curve = IsotonicRegression(out_of_bounds="clip").fit(
                expected[some], (loss[some] - expected[some]) ** 2
            )
            curves.append((curve.X_thresholds_, curve.y_thresholds_))
        return cls(forest, units, curves, min(1.0, _MOST_DRAWN / len(rows)))

    def expected(self, rows: Floats, windows: Sequence[Any]) -> tuple[Floats, Floats]:
        """Return what is expected of each row, and of each window by each tree."""
        expected = np.asarray(self.forest.predict(rows)).reshape(-1, len(self.units))
        leaves = self.forest.apply(rows)
        by_tree = np.empty((leaves.shape[1], len(windows), len(self.units)))
        for number, tree in enumerate(self.forest.estimators_):
            values = tree.tree_.value[:, :, 0]
            for window, own in enumerate(windows):
                counts = np.bincount(leaves[own, number], minlength=len(values))
                by_tree[number, window] = counts @ values / counts.sum()
        return expected * self.units, by_tree * self.units

    def interval(self, rows: Floats, by_tree: Floats, place: int, level: float) -> Interval:
        """Return the mean of what is expected, and between which the realised one is."""
        of_labels = np.interp(rows, *self.curves[place]).sum() / len(rows) ** 2
        of_trees = by_tree.var() * self.share
        half = NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(of_labels + of_trees)
        value = float(rows.mean())
        return Interval(value, max(0.0, value - half), value + half)


def _no_score(_truth: Floats, _predicted: Floats) -> float:
    """Ask a forest for out-of-bag predictions alone."""
    return 0.0
