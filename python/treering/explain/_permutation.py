"""What a column is worth to a score: how much it falls when the column's values are shuffled."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from joblib import Parallel, delayed
from sklearn.metrics import check_scoring
from sklearn.utils import check_array, check_random_state
from sklearn.utils.random import sample_without_replacement

from treering._axis import label_text
from treering._checks import whole_number
from treering._frames import backend_of
from treering._results import Result, number_text, text_table
from treering._sklearn import safe_indexing, scores_answers
from treering._text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from treering.report import Html

    Floats = NDArray[np.float64]

_ARRAYS = ("importances_mean", "importances_std", "importances")
_MOST_PRINTED = 15


@dataclass(frozen=True, repr=False, eq=False)
class PermutationImportance(Result):
    """How much a score falls when a column's values are shuffled.

    Attributes
    ----------
    importances_mean : ndarray of shape (n_features,)
        The mean fall over the repeats.
    importances_std : ndarray of shape (n_features,)
        Its standard deviation over the repeats.
    importances : ndarray of shape (n_features, n_repeats)
        The fall in each repeat.
    score : float
        The score before.
    feature_names : tuple of str
        The columns.
    backend : str or None
        The library that the rows came from; None for an array.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.explain import permutation_importance
    >>> from treering.tree import DecisionTreeClassifier
    >>> X = np.random.default_rng(0).random((200, 2))
    >>> tree = DecisionTreeClassifier(random_state=0).fit(X, X[:, 0] > 0.5)
    >>> permutation_importance(tree, X, X[:, 0] > 0.5, random_state=0)["importances_mean"]
    array([0.47, 0.  ])
    """

    importances_mean: Floats
    importances_std: Floats
    importances: Floats
    score: float
    feature_names: tuple[str, ...]
    backend: str | None = field(default=None, repr=False)

    def __getitem__(self, name: str) -> Floats:
        """Return one of the arrays by its name, as of scikit-learn's result."""
        if name not in _ARRAYS:
            raise KeyError(f"there is no {name!r}; there are {', '.join(_ARRAYS)}")
        found: Floats = getattr(self, name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in _ARRAYS

    def __iter__(self) -> Iterator[str]:
        return iter(_ARRAYS)

    def keys(self) -> tuple[str, ...]:
        """Return the names of the arrays.

        Returns
        -------
        tuple of str
        """
        return _ARRAYS

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain Python values.

        Returns
        -------
        dict
        """
        return {
            "score": self.score,
            "feature_names": list(self.feature_names),
            **{name: self[name].tolist() for name in _ARRAYS},
        }

    def to_html(self) -> Html:
        """Return the result as a fragment of HTML.

        Returns
        -------
        treering.report.Html
        """
        from treering import report

        return report.Html(
            "\n".join(
                [
                    report.paragraph(f"score {number_text(self.score)}"),
                    report.table(_HEADERS, self._cells(), align="<>>", rest="to_frame() holds all"),
                ]
            )
        )

    def plot(self, ax: Any = None, *, most: int = 12) -> Any:
        """Draw the mean falls.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a figure.
        most
            How many columns are shown.

        Returns
        -------
        treering.plotting.ContributionBarDisplay
        """
        from treering.plotting import ContributionBarDisplay

        display = ContributionBarDisplay(
            self.importances_mean.reshape(-1, 1),
            self.feature_names,
            xlabel="fall of the score when shuffled",
            spread=self.importances_std,
        )
        return display.plot(ax, most=most)

    def _cells(self) -> list[list[str]]:
        order = np.argsort(-self.importances_mean, kind="stable")
        return [
            [
                label_text(self.feature_names[place], longest=32),
                number_text(float(self.importances_mean[place])),
                number_text(float(self.importances_std[place])),
            ]
            for place in order
        ]

    def _text(self) -> str:
        cells = self._cells()
        columns = counted(len(cells), "column")
        repeats = counted(self.importances.shape[1], "repeat")
        lines = [
            f"PermutationImportance: {columns}, {repeats} (score {number_text(self.score)})",
            text_table(_HEADERS, cells[:_MOST_PRINTED], align="<>>"),
        ]
        left = len(cells) - _MOST_PRINTED
        return "\n".join([*lines, *([f"and {counted(left, 'column')} more"] if left > 0 else [])])

    def _columns(self) -> dict[str, Any]:
        return {
            "column": list(self.feature_names),
            "importances_mean": self.importances_mean,
            "importances_std": self.importances_std,
        }


_HEADERS = ("column", "fall of the score", "deviation")


def permutation_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    n_repeats: int = 5,
    n_jobs: int | None = None,
    random_state: Any = None,
    sample_weight: Any = None,
    max_samples: float = 1.0,
) -> PermutationImportance | dict[str, PermutationImportance]:
    """Tell how much a score falls when a column's values are shuffled.

    Parameters
    ----------
    estimator : object
        A fitted estimator, of treering, scikit-learn or anyone who keeps to its conventions.
    X : array-like or table of shape (n_samples, n_features)
        Rows: those of the training say what the model relies on, others what helps it.
    y : array-like or None
        What the score compares answers with.
    scoring : str, callable, list, tuple, dict or None, default=None
        The score, as in scikit-learn; None for the estimator's own. Several give a dict of results.
    n_repeats : int, default=5
        How often each column is shuffled.
    n_jobs : int, default=None
        Processes among which the columns are divided. Models of treering use all cores with one;
        its forests answer for all columns in one, by as many threads as their own `n_jobs` says.
    random_state : int, RandomState or None, default=None
        The seed of the shuffles; with that of scikit-learn's function they are the same.
    sample_weight : array-like of shape (n_samples,), default=None
        The weights of rows in the score.
    max_samples : int or float, default=1.0
        How many of the rows, or which share of them, are drawn anew for each column.

    Returns
    -------
    PermutationImportance or dict
        By the names of the scores where there are several.

    Raises
    ------
    ValueError
        If `max_samples` is more than there are rows, or an argument is outside its range.

    Notes
    -----
    Columns that tell the same share what they are worth: shuffling one alone costs little. The
    shares of their contributions are told by :class:`TreeExplainer`.

    References
    ----------
    .. [1] L. Breiman, "Random forests", Machine Learning 45 (2001).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.ensemble import RandomForestRegressor
    >>> from treering.explain import permutation_importance
    >>> X = np.random.default_rng(0).random((300, 3))
    >>> forest = RandomForestRegressor(20, random_state=0).fit(X, X[:, 0] + 2 * X[:, 1])
    >>> found = permutation_importance(forest, X, X[:, 0] + 2 * X[:, 1], random_state=0)
    >>> found.importances_mean.argsort()[::-1]
    array([1, 0, 2])
    """
    n_repeats = whole_number("n_repeats", n_repeats, least=1)
    rows = Columns.of(X)
    draws = _draws(max_samples, rows.count)
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max + 1)
    scorer = check_scoring(estimator, scoring=scoring)
    score = _Score(scorer, estimator, rows, y, sample_weight)
    before = score(estimator)
    score = score.drawn(draws, random := np.random.RandomState(seed))
    orders = _orders(score.rows.count, n_repeats, random)
    if scores_answers(scorer) and _answers_by_trees(estimator):
        after = score.of_answers(orders)
    else:
        work = delayed(score.when_shuffled)
        after = Parallel(n_jobs=n_jobs)(work(place, orders) for place in range(rows.width))
    backend = backend_of(X)
    names = rows.names

    def result(score: float, scores: Floats) -> PermutationImportance:
        falls = score - scores
        return PermutationImportance(
            falls.mean(axis=1), falls.std(axis=1), falls, float(score), names, backend
        )

    if not isinstance(before, dict):
        return result(before, np.array(after, dtype=np.float64))
    return {
        name: result(score, np.array([[one[name] for one in column] for column in after]))
        for name, score in before.items()
    }


def _draws(max_samples: Any, count: int) -> int:
    if isinstance(max_samples, float | np.floating):
        if not 0 < max_samples <= 1:
            raise ValueError(f"max_samples must be a share above 0, at most 1; got {max_samples}")
        return max(1, int(max_samples * count))
    draws = whole_number("max_samples", max_samples, least=1)
    if draws > count:
        raise ValueError(f"max_samples is {draws:,}, and there are {counted(count, 'row')}")
    return draws


def _answers_by_trees(estimator: Any) -> bool:
    """Whether a model answers as its trees do: a class that derives from it may change the rows."""
    is_own = type(estimator).__module__.startswith("treering.")
    return is_own and hasattr(estimator, "_when_shuffled")


def _orders(count: int, n_repeats: int, random: np.random.RandomState) -> list[NDArray[np.intp]]:
    """Return the orders of all columns; each shuffle goes on from the last."""
    order, places, orders = np.arange(count), np.arange(count), []
    for _ in range(n_repeats):
        random.shuffle(order)
        places = places[order]
        orders.append(places)
    return orders


@dataclass(frozen=True)
class Columns:
    """Rows of which a column can be shuffled: an array, or a table of any library.

    Attributes
    ----------
    given
        The rows.
    count, width
        How many rows and columns there are.
    names
        The columns' names.
    """

    given: Any
    count: int
    width: int
    names: tuple[str, ...]

    @classmethod
    def of(cls, X: Any) -> Columns:
        """Read an array or a table; other things become an array."""
        frame = nw.from_native(X, pass_through=True, eager_only=True)
        if isinstance(frame, nw.DataFrame):
            return cls(X, len(frame), len(frame.columns), tuple(map(str, frame.columns)))
        array = check_array(X, ensure_all_finite="allow-nan", dtype=None)
        width = array.shape[1]
        return cls(array, len(array), width, tuple(f"x{place}" for place in range(width)))

    def shuffled(self, place: int, order: NDArray[np.intp]) -> Any:
        """Return the rows with one column in another order."""
        if isinstance(self.given, np.ndarray):
            array = self.given.copy()
            array[:, place] = self.given[order, place]
            return array
        frame = nw.from_native(self.given, eager_only=True)
        series = frame.get_column(frame.columns[place])
        moved = series[order.tolist()]
        if frame.implementation.is_pandas():
            # In pandas, columns go by their index.
            moved = nw.from_native(moved.to_native().set_axis(self.given.index), series_only=True)
        return frame.with_columns(moved.alias(frame.columns[place])).to_native()


@dataclass(frozen=True)
class _Score:
    """How a model is scored on some rows."""

    scorer: Callable[..., Any]
    estimator: Any
    rows: Columns
    y: Any
    weights: Any

    def __call__(self, estimator: Any, rows: Any = None) -> Any:
        """Score a model on these rows, or as many others."""
        weights = {} if self.weights is None else {"sample_weight": self.weights}
        return self.scorer(estimator, self.rows.given if rows is None else rows, self.y, **weights)

    def drawn(self, count: int, random: np.random.RandomState) -> _Score:
        """Return the score on so many rows drawn at random; all of them stay as they are."""
        if count == self.rows.count:
            return self
        chosen = sample_without_replacement(self.rows.count, count, random_state=random)
        return replace(
            self,
            rows=Columns.of(safe_indexing(self.rows.given, chosen)),
            y=safe_indexing(self.y, chosen),
            weights=None if self.weights is None else safe_indexing(self.weights, chosen),
        )

    def when_shuffled(self, place: int, orders: list[NDArray[np.intp]]) -> list[Any]:
        """Score rows of which a column is shuffled, in one order after the other."""
        return [self(self.estimator, self.rows.shuffled(place, order)) for order in orders]

    def of_answers(self, orders: list[NDArray[np.intp]]) -> list[list[Any]]:
        """Score what a model of treering answers when each column is shuffled."""
        shuffled = self.estimator._when_shuffled(self.rows.given, np.array(orders, np.uint32))
        scores = iter([self(answers) for answers in shuffled])
        return [[next(scores) for _ in orders] for _ in range(self.rows.width)]
