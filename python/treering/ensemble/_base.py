"""What every forest does, whatever it predicts."""

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import partial
from numbers import Integral
from time import perf_counter
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar, cast
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix, issparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from treering._core.ensemble import Forest, ForestParams
from treering._core.explain import TreeModel
from treering._jobs import threads
from treering._model_file import ModelFileMixin, expect, is_row, is_whole
from treering._sklearn import Interval, RealNotInt
from treering._validation import read_rows
from treering.ensemble._drawn_rows import DrawnRows
from treering.ensemble._sampling import LARGEST_COUNT, forest_params
from treering.ensemble._shuffled import KnownAnswers, shuffled_answers
from treering.tree._base import BaseTree
from treering.tree._categories import check_categories, share_categories
from treering.tree._category_order import order_categories
from treering.tree._training import (
    TREE_CONSTRAINTS,
    TrainingMixin,
    count_features,
    draw_seed,
    validate_rows,
    validate_training,
)

# More cannot be numbered.
MOST_ROWS = 2**32 - 2

# What the trees take over from the forest
TREE_PARAMETERS = (
    "criterion",
    "max_depth",
    "min_samples_split",
    "min_samples_leaf",
    "min_weight_fraction_leaf",
    "max_features",
    "max_leaf_nodes",
    "min_impurity_decrease",
    "ccp_alpha",
    "monotonic_cst",
    "max_bins",
    "categorical_features",
)

Sampling: TypeAlias = tuple[int, int | None, NDArray[np.float64] | None] | None
TreeT = TypeVar("TreeT", bound=BaseTree)


def forest_to_grow(estimator: Any, columns: int, class_counts: list[int] | None) -> Forest:
    """Return the forest that a fit adds trees to: with `warm_start` that of the last one."""
    forest: Forest | None = vars(estimator).get("_forest") if estimator.warm_start else None
    if forest is None:
        return Forest.empty(columns, class_counts, estimator.n_outputs_)
    if forest.columns != columns:
        raise ValueError(
            f"warm_start=True needs the {forest.columns} columns of the first fit; X has "
            f"{columns}. Fit a new forest instead."
        )
    return forest


def lacks_trees(estimator: Any, forest: Forest) -> bool:
    """Tell whether a fit has trees to add; warn if it has none, and refuse to take some away."""
    if len(forest) > estimator.n_estimators:
        raise ValueError(
            f"n_estimators={estimator.n_estimators} must be larger or equal to "
            f"len(estimators_)={len(forest)} when warm_start==True"
        )
    if len(forest) == estimator.n_estimators:
        warn(
            "Warm-start fitting without increasing n_estimators does not fit new trees.",
            UserWarning,
            stacklevel=5,
        )
        return False
    return True


class BaseForest(TrainingMixin, ModelFileMixin, BaseEstimator, Generic[TreeT]):
    """Parameters, growth, paths and trees of a forest."""

    n_estimators: int
    criterion: str
    max_features: float | str | None
    bootstrap: bool
    oob_score: bool | Callable[..., float]
    n_jobs: int | None
    random_state: int | np.random.RandomState | None
    verbose: int
    warm_start: bool
    n_features_in_: int
    n_outputs_: int
    _tree: ClassVar[type[Any]]
    _splitter: ClassVar[str] = "best"
    _kept_attributes: ClassVar = (
        "_categories",
        "_sampling",
        "oob_score_",
        "oob_decision_function_",
        "oob_prediction_",
    )
    _rebuilt_attributes: ClassVar = ("_forest", "_estimators", "_positions")
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **TREE_CONSTRAINTS,
        "n_estimators": [Interval(Integral, 1, LARGEST_COUNT, closed="both")],
        "bootstrap": ["boolean"],
        "oob_score": ["boolean", callable],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "max_samples": [
            None,
            Interval(RealNotInt, 0.0, None, closed="neither"),
            Interval(Integral, 1, LARGEST_COUNT, closed="both"),
        ],
    }

    def _validate_training(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
        if not self.bootstrap and self.oob_score:
            raise ValueError("Out of bag estimation only available if bootstrap=True")
        if issparse(y):
            raise ValueError(
                "sparse multilabel-indicator for y is not supported: y is a sparse "
                f"{type(y).__name__}; pass y.toarray()"
            )
        return validate_training(self, X, y, sample_weight)

    def _grow(
        self,
        X: NDArray[Any],
        labels: NDArray[Any],
        class_counts: list[int] | None,
        weights: NDArray[np.float64] | None,
    ) -> bool:
        """Grow the trees that are missing; return whether there were any."""
        order_categories(self, X, labels, class_counts, weights)
        forest = forest_to_grow(self, X.shape[1], class_counts)
        already = len(forest)
        params = forest_params(self, X.shape, weights, self._splitter)
        if lacks_trees(self, forest):
            started = perf_counter()
            seed = draw_seed(self.random_state)
            forest = read_rows(
                self, forest.grown, X, labels, weights, params, seed, threads(self.n_jobs)
            )
            if self.verbose:
                seconds = perf_counter() - started
                print(f"grew {len(forest) - already} trees on {X.shape[0]} rows: {seconds:.2f} s")  # noqa: T201 (asked for)
        self._keep(forest, (X.shape[0], params.bootstrap_draws, weights))
        return len(forest) > already

    def _keep(self, forest: Forest, sampling: Sampling) -> None:
        self._forest = forest
        self._sampling = sampling
        self.__dict__.pop("_estimators", None)

    def _trees_to_explain(self) -> TreeModel:
        return TreeModel.of_forest(self._forest)

    def _rows_to_explain(self, X: Any) -> Any:
        """Return rows as the trees compare them."""
        return validate_rows(self, X)

    def _when_shuffled(self, X: Any, orders: NDArray[np.uint32]) -> Iterator[Self]:
        """Yield forests that answer as this one answers rows of which a column is shuffled.

        They answer so whatever rows they are given, and come column by column and, of each, order
        by order; an order names for each row the one whose value it is given.
        """
        rows = validate_rows(self, X)
        read = partial(read_rows, self, self._forest.predict_shuffled, rows)
        tables = shuffled_answers(self._forest, read, orders, threads(self.n_jobs, rows.shape[0]))
        for answers in tables:
            stand_in = copy(self)
            stand_in._forest = cast("Forest", KnownAnswers(answers))
            yield stand_in

    def _file_predictor(self) -> Forest:
        return self._forest

    def _check_restored(self, predictor: Any) -> None:
        expect("forest", isinstance(predictor, Forest))
        expect("number of columns", predictor.columns == self.n_features_in_)
        sampling: Any = vars(self).get("_sampling", ())
        if sampling is not None:
            expect("_sampling", type(sampling) is tuple and len(sampling) == 3)
            rows, draws, weights = sampling
            expect("number of rows", is_whole(rows, most=MOST_ROWS))
            expect("number of draws", draws is None or is_whole(draws, most=LARGEST_COUNT + 1))
            expect("sample_weight", weights is None or _are_weights(weights, rows))
        check_categories(self)
        self._forest = predictor

    def _plan_fold(
        self, shape: tuple[int, int], weights: NDArray[np.float64] | None
    ) -> tuple[ForestParams, int]:
        """Parameters and seed of a fit."""
        params = forest_params(self, shape, weights, self._splitter)
        return params, draw_seed(self.random_state)

    def _adopt(self, forest: Forest, sampling: Sampling) -> None:
        """Become the estimator that a fit gives, of which columns and labels are known."""
        self._keep(forest, sampling)

    def _answers_out_of_bag(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Mean answers of the trees that left each training row out."""
        assert self._sampling is not None
        _, draws, weights = self._sampling
        assert draws is not None  # there is no out-of-bag score without a bootstrap
        answers, without_trees = self._forest.out_of_bag(X, draws, weights, threads(self.n_jobs))
        if without_trees:
            warn(
                "Some inputs do not have OOB scores: every tree was trained on them, which are "
                f"{without_trees} rows. This probably means too few trees were used to compute any "
                "reliable OOB estimates.",
                UserWarning,
                stacklevel=5,
            )
        return answers

    @property
    def estimator(self) -> TreeT:
        """The kind of tree that the forest grows; its parameters are the forest's."""
        tree: TreeT = self._tree()
        return tree

    @property
    def estimator_(self) -> TreeT:
        """The same, for a fitted forest."""
        check_is_fitted(self)
        return self.estimator

    @property
    def estimator_params(self) -> tuple[str, ...]:
        """The parameters that the trees take over from the forest."""
        return TREE_PARAMETERS

    @property
    def estimators_(self) -> tuple[TreeT, ...]:
        """The trees; their classes are codes, as in scikit-learn.

        To leave trees out, or to put them in another order, assign some of them.
        """
        check_is_fitted(self)
        trees: tuple[TreeT, ...] | None = self.__dict__.get("_estimators")
        if trees is None:
            trees = tuple(self._estimator(index) for index in range(len(self._forest)))
            self._estimators = trees
        return trees

    @estimators_.setter
    def estimators_(self, trees: Iterable[TreeT]) -> None:
        places = {id(tree): place for place, tree in enumerate(self.estimators_)}
        kept = tuple(trees)
        if not kept or not all(id(tree) in places for tree in kept):
            raise ValueError(
                "estimators_ can be set to some of the forest's own trees, for example "
                f"estimators_[:10], one of them at least; got {kept!r:.100}. Trees of elsewhere "
                "are averaged by sklearn.ensemble.VotingClassifier or VotingRegressor"
            )
        self._forest = self._forest.kept([places[id(tree)] for tree in kept])
        self._estimators = kept

    def _estimator(self, index: int) -> TreeT:
        tree: Any = self._tree(**{name: getattr(self, name) for name in TREE_PARAMETERS})
        tree.tree_, tree.random_state = self._forest.tree(index), self._forest.seed(index)
        tree.n_outputs_ = self.n_outputs_
        tree.n_features_in_ = self.n_features_in_
        share_categories(tree, self)
        tree.max_features_ = count_features(self.max_features, self.n_features_in_)
        return tree  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self.estimators_)

    def __iter__(self) -> Iterator[TreeT]:
        return iter(self.estimators_)

    def __getitem__(self, index: int) -> TreeT:
        return self.estimators_[index]

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_estimators", None)
        return state

    @property
    def estimators_samples_(self) -> DrawnRows:
        """The rows drawn for each tree, made anew at every access."""
        check_is_fitted(self)
        if self._sampling is None:
            raise AttributeError("estimators_samples_ is not kept for models of cross-validation")
        return DrawnRows(self._forest, *self._sampling)

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """How much each column lowered the impurity, adding up to one.

        Columns with many distinct values look more important than they are.
        """
        check_is_fitted(self)
        return self._forest.importances()

    def apply(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the number of the leaf that each row reaches in each tree.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_estimators)
            Numbers of nodes.
        """
        forest = self._fitted()
        rows = validate_rows(self, X)
        leaves: NDArray[np.int64] = read_rows(
            self, forest.apply, rows, threads(self.n_jobs, rows.shape[0])
        )
        return leaves

    def decision_path(self, X: ArrayLike) -> tuple[csr_matrix, NDArray[np.int64]]:
        """Return which nodes each row passes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        indicator : csr_matrix of shape (n_samples, n_nodes)
            One where a row passes a node; the nodes of all trees, side by side.
        n_nodes_ptr : ndarray of shape (n_estimators + 1,)
            Where the nodes of each tree begin.
        """
        forest = self._fitted()
        rows = validate_rows(self, X)
        paths: csr_matrix = read_rows(
            self, forest.decision_path, rows, threads(self.n_jobs, rows.shape[0])
        )
        counts = [forest.tree(index).node_count for index in range(len(forest))]
        return paths, np.concatenate([[0], np.cumsum(counts)])

    def _fitted(self) -> Forest:
        if "_forest" not in self.__dict__:  # quicker than scikit-learn's check
            check_is_fitted(self)
        return self._forest


def _are_weights(value: Any, rows: int) -> bool:
    is_double = is_row(value, rows) and value.dtype == np.float64
    return is_double and bool((value >= 0).all() and np.isfinite(value).all())
