"""Isolation forests: rows that few random cuts part from the others are outliers."""

from collections.abc import Iterator, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar, Self, overload
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from treering._core.ensemble import Forest
from treering._core.explain import TreeModel
from treering._jobs import threads
from treering._model_file import ModelFileMixin, expect, is_whole
from treering._sklearn import Interval, RealNotInt, StrOptions, check_sample_weight, fit_context
from treering._validation import (
    checked_sparse,
    compressed_rows,
    naming_columns,
    read_rows,
    refuse_infinite,
)
from treering.ensemble._base import forest_to_grow, lacks_trees
from treering.ensemble._sampling import LARGEST_COUNT
from treering.tree import ExtraTreeRegressor
from treering.tree._training import FLOATS, draw_seed, unchanged_if_it_fails, validate_rows

_AUTO_DRAWS = 256
_AUTO_OFFSET = -0.5
_ROUNDING = 1e-6


class IsolationForest(ModelFileMixin, OutlierMixin, BaseEstimator):
    """An isolation forest: rows that few random cuts part from the others are outliers [1]_.

    Parameters
    ----------
    n_estimators : int, default=100
        The number of trees.
    max_samples : "auto", int or float, default="auto"
        How many rows are drawn for each tree: 256 or all that there are, so many, or this share.
    contamination : "auto" or float, default="auto"
        The share of outliers among the training rows, up to 0.5, by which ``offset_`` is set;
        "auto" sets it to -0.5, as in the paper.
    max_features : int or float, default=1.0
        How many columns are drawn for each tree, or which share of them.
    bootstrap : bool, default=False
        Whether rows are drawn with replacement.
    n_jobs : int, default=None
        Threads; None for as many as the process may use.
    random_state : int, RandomState or None, default=None
        The seed of all draws.
    verbose : int, default=0
        Taken for scikit-learn's sake; nothing is printed.
    warm_start : bool, default=False
        Whether a fit adds trees to those of the last one.

    Attributes
    ----------
    offset_ : float
        What ``decision_function`` takes off the scores: below 0 lie outliers.
    max_samples_ : int
        How many rows were drawn for each tree.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of str
        Their names, if they have names that are all text.

    Notes
    -----
    Trees differ from scikit-learn's of the same seed, since the draws do; scores are as good and as
    wide apart as those of another seed. A row's path in a tree is the value of the leaf that it
    reaches, so that :class:`~treering.explain.TreeExplainer` tells what columns do to it.

    References
    ----------
    .. [1] F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation forest", IEEE International Conference on
       Data Mining (2008).

    Examples
    --------
    >>> import numpy as np
    >>> from treering.ensemble import IsolationForest
    >>> X = np.r_[np.random.default_rng(0).normal(size=(500, 2)), [[8.0, 8.0]]]
    >>> forest = IsolationForest(random_state=0).fit(X)
    >>> int(forest.score_samples(X).argmin())
    500
    >>> forest.predict([[0.0, 0.0], [8.0, 8.0]])
    array([ 1, -1])
    """

    _kept_attributes: ClassVar = ("offset_", "max_samples_", "_columns", "_sampling")
    _rebuilt_attributes: ClassVar = ("_forest", "_positions", "_categories")
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_estimators": [Interval(Integral, 1, LARGEST_COUNT, closed="both")],
        "max_samples": [
            StrOptions({"auto"}),
            Interval(Integral, 1, LARGEST_COUNT, closed="both"),
            Interval(RealNotInt, 0, 1, closed="right"),
        ],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        "max_features": [Integral, Interval(Real, 0, 1, closed="right")],
        "bootstrap": ["boolean"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
    }
    n_features_in_: int
    offset_: float
    max_samples_: int
    _forest: Forest
    _columns: int
    _sampling: tuple[int, bool, NDArray[np.float64] | None]

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        max_samples: float | str = "auto",
        contamination: float | str = "auto",
        max_features: float = 1.0,
        bootstrap: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        warm_start: bool = False,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.contamination = contamination
        self.max_features = max_features
        self.bootstrap = bootstrap
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start

    @fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: ArrayLike,
        y: Any = None,  # noqa: ARG002 (scikit-learn's signature)
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Grow the forest.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; compared in single precision. NaN means missing.
        y : Ignored
            Taken for scikit-learn's sake.
        sample_weight : array-like of shape (n_samples,), default=None
            How likely each row is drawn, 0 or more.

        Returns
        -------
        IsolationForest
            This estimator, fitted.

        Raises
        ------
        ValueError
            If X holds infinite values, shapes do not fit together, or parameters are outside their
            range.
        """
        with unchanged_if_it_fails(self):
            self._positions = self._categories = None
            with naming_columns(X):
                rows: Any = validate_data(
                    self,
                    checked_sparse(X),
                    accept_sparse="csr",
                    dtype=FLOATS,
                    ensure_all_finite=False,
                )
            rows = compressed_rows(self, rows)
            refuse_infinite(self, rows, np.float32)
            weights = None
            if sample_weight is not None:
                weights = check_sample_weight(
                    sample_weight, rows, dtype=np.float64, ensure_non_negative=True
                )
            self._grow(rows, weights)
            self.offset_ = _AUTO_OFFSET
            if self.contamination != "auto":
                share = 100.0 * float(self.contamination)
                self.offset_ = float(np.percentile(self._scores(rows), share))
        return self

    def _grow(self, rows: Any, weights: NDArray[np.float64] | None) -> None:
        count, columns = rows.shape
        draws = self._draws(count)
        drawn_columns = self._drawn_columns(columns)
        self.n_outputs_ = 1
        forest = forest_to_grow(self, columns, None)
        if len(forest):
            self._check_added(count, draws, drawn_columns)
        if lacks_trees(self, forest):
            forest = read_rows(
                self,
                forest.isolated,
                rows,
                weights,
                self.n_estimators,
                draws,
                self.bootstrap,
                drawn_columns,
                draw_seed(self.random_state),
                threads(self.n_jobs),
            )
        self._forest = forest
        self.max_samples_ = draws
        self._columns = drawn_columns
        self._sampling = (count, bool(self.bootstrap), weights)

    def _check_added(self, rows: int, draws: int, columns: int) -> None:
        """Refuse trees that are not like those of the first fit."""
        if (draws, columns, rows) != (self.max_samples_, self._columns, self._sampling[0]):
            raise ValueError(
                "warm_start=True adds trees like those of the first fit, of "
                f"{self.max_samples_} of {self._sampling[0]} rows and {self._columns} columns "
                f"each; these would be of {draws} of {rows} rows and {columns} columns. "
                "Fit a new forest instead."
            )

    def _draws(self, rows: int) -> int:
        """Turn `max_samples` into a number of rows."""
        if isinstance(self.max_samples, str):
            return min(_AUTO_DRAWS, rows)
        if not isinstance(self.max_samples, Integral):
            return max(1, int(self.max_samples * rows))
        if self.max_samples > rows:
            warn(
                f"max_samples ({self.max_samples}) is greater than the total number of samples "
                f"({rows}). max_samples will be set to n_samples for estimation.",
                UserWarning,
                stacklevel=5,
            )
        return min(int(self.max_samples), rows)

    def _drawn_columns(self, columns: int) -> int:
        """Turn `max_features` into a number of columns."""
        if isinstance(self.max_features, Integral):
            if not 0 < self.max_features <= columns:
                raise ValueError(
                    f"max_features must be in (0, n_features]; got {self.max_features}, X has "
                    f"{columns} columns"
                )
            return int(self.max_features)
        return max(1, int(self.max_features * columns))

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the opposite of the anomaly scores: the lower, the more abnormal.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Between -1 and 0.
        """
        check_is_fitted(self)
        return self._scores(validate_rows(self, X))

    def _scores(self, rows: Any) -> NDArray[np.float64]:
        lengths: NDArray[np.float64] = read_rows(
            self, self._forest.predict, rows, threads(self.n_jobs, rows.shape[0])
        )[:, 0]
        usual = _mean_path(self.max_samples_)
        scores: NDArray[np.float64] = -(
            2.0 ** -(lengths / usual if usual else np.ones_like(lengths))
        )
        return scores

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return scores of which those of outliers lie below 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Tell rows like the others, 1, from outliers, -1.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        return np.where(self.decision_function(X) < 0, -1, 1)

    @property
    def estimators_(self) -> "IsolationTrees":
        """The trees; each answers with the path that a row takes in it."""
        check_is_fitted(self)
        return IsolationTrees(self)

    def __len__(self) -> int:
        return len(self.estimators_)

    def __iter__(self) -> Iterator[ExtraTreeRegressor]:
        return iter(self.estimators_)

    def __getitem__(self, index: int) -> ExtraTreeRegressor:
        return self.estimators_[index]

    @property
    def estimators_samples_(self) -> "DrawnForTrees":
        """The rows that each tree was grown on, ascending; drawn anew when they are asked for."""
        check_is_fitted(self)
        return DrawnForTrees(self, 0)

    @property
    def estimators_features_(self) -> "DrawnForTrees":
        """The columns that each tree was grown on, ascending; drawn anew as well."""
        check_is_fitted(self)
        return DrawnForTrees(self, 1)

    def _drawn(self, place: int) -> list[NDArray[np.int32]]:
        rows, bootstrap, weights = self._sampling
        return self._forest.isolated_from(
            place, rows, weights, self.max_samples_, bootstrap, self._columns
        )

    def _trees_to_explain(self) -> TreeModel:
        return TreeModel.of_forest(self._forest)

    def _rows_to_explain(self, X: Any) -> Any:
        """Return rows as the trees compare them."""
        return validate_rows(self, X)

    def _answers_to_explain(self, X: Any) -> NDArray[np.float64]:
        """Return the mean length of each row's paths."""
        rows = validate_rows(self, X)
        return self._forest.predict(rows, threads(self.n_jobs, rows.shape[0]))

    def _file_predictor(self) -> Forest:
        return self._forest

    def _check_restored(self, predictor: Any) -> None:
        self._positions = self._categories = None
        kept: dict[str, Any] = vars(self)
        expect("forest", isinstance(predictor, Forest))
        expect("number of columns", predictor.columns == self.n_features_in_)
        expect("offset_", type(kept.get("offset_")) is float and -1 <= self.offset_ <= 0)
        expect("max_samples_", is_whole(kept.get("max_samples_"), most=LARGEST_COUNT))
        expect("max_features", is_whole(kept.get("_columns"), most=self.n_features_in_))
        sampling = kept.get("_sampling")
        expect("_sampling", type(sampling) is tuple and len(sampling) == 3)
        assert sampling is not None
        rows, bootstrap, weights = sampling
        expect("number of rows", is_whole(rows, most=2**32 - 2) and type(bootstrap) is bool)
        expect(
            "sample_weight",
            weights is None
            or (
                isinstance(weights, np.ndarray)
                and weights.shape == (rows,)
                and weights.dtype == np.float64
                and bool((weights >= 0).all() and np.isfinite(weights).all())
            ),
        )
        expect("max_samples_", self.max_samples_ <= rows or bootstrap)
        for place in range(len(predictor)):
            tree = predictor.tree(place)
            drawn = int(tree.n_node_samples[0])
            expect("forest", drawn <= min(rows, self.max_samples_))
            # No path is longer than the cuts down the tree and a search among all its rows.
            longest = tree.max_depth + _mean_path(drawn) + _ROUNDING
            paths = tree.value
            expect("forest", bool((paths >= 0).all() and (paths <= longest).all()))
        self._forest = predictor

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags


class DrawnForTrees(Sequence[NDArray[np.int32]]):
    """The rows, or the columns, drawn for each tree, drawn anew whenever a tree's are asked for."""

    def __init__(self, forest: IsolationForest, side: int) -> None:
        self._of = forest
        self._side = side

    def __len__(self) -> int:
        return len(self._of._forest)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.int32]: ...

    @overload
    def __getitem__(self, index: slice) -> list[NDArray[np.int32]]: ...

    def __getitem__(self, index: Any) -> Any:
        places = range(len(self))[index]
        if isinstance(places, range):
            return [self._of._drawn(place)[self._side] for place in places]
        return self._of._drawn(places)[self._side]

    def __repr__(self) -> str:
        what = "columns" if self._side else "rows"
        return f"<{what} drawn for each of {len(self)} trees>"


class IsolationTrees(Sequence[ExtraTreeRegressor]):
    """The trees of an isolation forest, made when one is asked for."""

    def __init__(self, forest: IsolationForest) -> None:
        self._of = forest

    def __len__(self) -> int:
        return len(self._of._forest)

    @overload
    def __getitem__(self, index: int) -> ExtraTreeRegressor: ...

    @overload
    def __getitem__(self, index: slice) -> list[ExtraTreeRegressor]: ...

    def __getitem__(self, index: Any) -> Any:
        places = range(len(self))[index]
        return [*map(self._tree, places)] if isinstance(places, range) else self._tree(places)

    def _tree(self, place: int) -> ExtraTreeRegressor:
        depth = int(np.ceil(np.log2(max(self._of.max_samples_, 2))))
        tree = ExtraTreeRegressor(max_features=1, max_depth=depth)
        tree._positions = None
        tree._categories = None
        tree.n_features_in_ = self._of.n_features_in_
        tree.n_outputs_ = 1
        tree._keep(self._of._forest.tree(place))
        return tree

    def __repr__(self) -> str:
        return f"<{len(self)} isolation trees>"


def _mean_path(rows: int) -> float:
    """Return what searches of a random tree of so many rows take on average."""
    if rows <= 2:
        return float(max(0, rows - 1))
    return float(2 * (np.log(rows - 1) + np.euler_gamma) - 2 * (rows - 1) / rows)
