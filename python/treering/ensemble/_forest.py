"""The random forest classifier."""

from collections.abc import Callable, Iterator
from numbers import Integral
from time import perf_counter
from typing import Any, Self, TypeAlias
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from scipy.sparse import hstack as sparse_hstack
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from treering._core.ensemble import Forest, ForestParams
from treering._encoding import encode_labels
from treering._sklearn import Interval, RealNotInt, StrOptions, fit_context
from treering._validation import read_rows
from treering.ensemble._sampling import LARGEST_COUNT, forest_params, weigh_rows
from treering.tree import DecisionTreeClassifier
from treering.tree._training import (
    TREE_CONSTRAINTS,
    LogProbaMixin,
    PlainNumbersMixin,
    adopt_columns,
    bounded,
    count_features,
    decision_path,
    draw_seed,
    validate_rows,
    validate_training,
)

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
)


Sampling: TypeAlias = tuple[int, int | None, NDArray[np.float64] | None] | None


class RandomForestClassifier(PlainNumbersMixin, LogProbaMixin, ClassifierMixin, BaseEstimator):
    """A random forest of exact trees, under scikit-learn's names.

    Parameters, attributes and semantics are those of
    :class:`sklearn.ensemble.RandomForestClassifier` 1.9. Columns are coded once for all trees,
    trees grow in parallel without Python's lock, and the result does not depend on the number of
    threads. Missing values (NaN) are learned.

    Parameters
    ----------
    n_estimators : int, default=100
        The number of trees.
    criterion : {"gini", "entropy", "log_loss"}, default="gini"
        What a good split is measured by; the last two are the same.
    max_depth : int, default=None
        The depth at which nodes become leaves.
    min_samples_split : int or float, default=2
        Nodes with fewer rows become leaves; a float is a share of all rows.
    min_samples_leaf : int or float, default=1
        Every leaf holds at least so many rows; a float is a share of all rows.
    min_weight_fraction_leaf : float, default=0.0
        Every leaf holds at least this share of the total weight.
    max_features : {"sqrt", "log2", None}, int or float, default="sqrt"
        How many columns are drawn for each split; None means all.
    max_leaf_nodes : int, default=None
        Grow the best leaf first until there are so many leaves.
    min_impurity_decrease : float, default=0.0
        A split must lower the weighted impurity by at least so much.
    bootstrap : bool, default=True
        Train each tree on rows drawn with replacement.
    oob_score : bool or callable, default=False
        Estimate the score from trees that left a row out; a callable is given the true and the
        predicted class codes, and accuracy is used otherwise.
    n_jobs : int, default=None
        How many threads to use. None means every core this process may use (fewer where
        ``RAYON_NUM_THREADS`` or ``OMP_NUM_THREADS`` say so), -1 every core.
    random_state : int, RandomState instance or None, default=None
        The seed of all random choices.
    verbose : int, default=0
        Print how many trees were grown, and in what time.
    warm_start : bool, default=False
        Keep the trees of the last fit and add more.
    class_weight : {"balanced", "balanced_subsample"}, dict or None, default=None
        The weight of each class. With `bootstrap`, weights steer how likely rows are drawn.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning of every tree.
    max_samples : int or float, default=None
        How many rows are drawn for each tree; a float is a share of all rows (of all weight).
    monotonic_cst : None, default=None
        Not available yet; anything but None is refused.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_classes_ : int
        Their number.
    estimator, estimator_ : DecisionTreeClassifier
        The kind of tree that the forest grows.
    estimator_params : tuple of str
        The parameters that the trees take over from the forest.
    estimators_ : list of DecisionTreeClassifier
        The trees.
    estimators_samples_ : list of ndarray
        The rows drawn for each tree.
    feature_importances_ : ndarray of shape (n_features,)
        How much each column lowered the impurity, adding up to one.
    n_features_in_ : int
        The number of columns seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are strings.
    n_outputs_ : int
        Always 1.
    oob_score_ : float
        The out-of-bag score, with `oob_score`.
    oob_decision_function_ : ndarray of shape (n_samples, n_classes)
        The out-of-bag class shares, with `oob_score`.

    See Also
    --------
    treering.tree.DecisionTreeClassifier : One tree.

    References
    ----------
    L. Breiman, "Random Forests", Machine Learning 45, 5-32, 2001.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.ensemble import RandomForestClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = RandomForestClassifier(oob_score=True, random_state=0).fit(X, y)
    >>> forest.oob_score_ > 0.9
    True
    """

    n_features_in_: int
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **TREE_CONSTRAINTS,
        "n_estimators": [Interval(Integral, 1, LARGEST_COUNT, closed="both")],
        "bootstrap": ["boolean"],
        "oob_score": ["boolean", callable],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "class_weight": [StrOptions({"balanced", "balanced_subsample"}), dict, None],
        "max_samples": [
            None,
            Interval(RealNotInt, 0.0, None, closed="neither"),
            Interval(Integral, 1, LARGEST_COUNT, closed="both"),
        ],
    }

    def __init__(
        self,
        n_estimators: int = 100,
        *,
        criterion: str = "gini",
        max_depth: int | None = None,
        min_samples_split: float = 2,
        min_samples_leaf: float = 1,
        min_weight_fraction_leaf: float = 0.0,
        max_features: float | str | None = "sqrt",
        max_leaf_nodes: int | None = None,
        min_impurity_decrease: float = 0.0,
        bootstrap: bool = True,
        oob_score: bool | Callable[..., float] = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        warm_start: bool = False,
        class_weight: dict[Any, float] | str | None = None,
        ccp_alpha: float = 0.0,
        max_samples: float | None = None,
        monotonic_cst: None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.criterion = criterion
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self.min_samples_leaf = min_samples_leaf
        self.min_weight_fraction_leaf = min_weight_fraction_leaf
        self.max_features = max_features
        self.max_leaf_nodes = max_leaf_nodes
        self.min_impurity_decrease = min_impurity_decrease
        self.bootstrap = bootstrap
        self.oob_score = oob_score
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start
        self.class_weight = class_weight
        self.ccp_alpha = ccp_alpha
        self.max_samples = max_samples
        self.monotonic_cst = monotonic_cst

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Grow the forest.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; compared in single precision. NaN means missing.
        y : array-like of shape (n_samples,)
            Their classes: numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights, 0 or more. With `bootstrap` they steer how likely a row is drawn,
            otherwise every tree uses them.

        Returns
        -------
        RandomForestClassifier
            This estimator, fitted.

        Raises
        ------
        ValueError
            If X holds infinite values, if shapes do not fit together, or if parameters are
            outside their range or contradict one another.
        """
        X, y, weights = self._validate_training(X, y, sample_weight)
        classes, codes = encode_labels(y)
        weights = weigh_rows(self, y, classes, weights)
        forest = self._forest_to_grow(X.shape[1], classes)
        params = forest_params(self, X.shape, weights)
        if len(forest) > self.n_estimators:
            raise ValueError(
                f"n_estimators={self.n_estimators} must be larger or equal to "
                f"len(estimators_)={len(forest)} when warm_start==True"
            )
        if len(forest) == self.n_estimators:
            warn(
                "Warm-start fitting without increasing n_estimators does not fit new trees.",
                UserWarning,
                stacklevel=2,
            )
        else:
            started, already = perf_counter(), len(forest)
            seed = draw_seed(self.random_state)
            forest = read_rows(
                self, forest.grown, X, codes, weights, params, seed, bounded(self.n_jobs)
            )
            if self.verbose:
                seconds = perf_counter() - started
                print(f"grew {len(forest) - already} trees on {X.shape[0]} rows: {seconds:.2f} s")  # noqa: T201 (asked for)
        self._keep(forest, classes, (X.shape[0], params.bootstrap_draws, weights))
        if self.oob_score:
            self._score_out_of_bag(X, codes)
        return self

    def _validate_training(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
        if not self.bootstrap and self.oob_score:
            raise ValueError("Out of bag estimation only available if bootstrap=True")
        return validate_training(self, X, y, sample_weight)

    def _keep(self, forest: Forest, classes: NDArray[Any], sampling: Sampling) -> None:
        self._forest = forest
        self._sampling = sampling
        self.classes_ = classes
        self.n_classes_ = len(classes)
        self.n_outputs_ = 1
        self.__dict__.pop("_estimators", None)

    def _plan_fold(
        self, y: NDArray[Any], columns: int
    ) -> tuple[NDArray[np.float64] | None, ForestParams, int]:
        """Weights, parameters and seed of a fit."""
        weights = weigh_rows(self, y, np.unique(y), None)
        params = forest_params(self, (len(y), columns), weights)
        return weights, params, draw_seed(self.random_state)

    def _adopt(self, forest: Forest, classes: NDArray[Any], whole: Self) -> None:
        """Become the estimator that a fit of a fold gives; what was drawn is not kept."""
        adopt_columns(self, whole)
        self._keep(forest, classes, None)

    def _forest_to_grow(self, columns: int, classes: NDArray[Any]) -> Forest:
        forest: Forest | None = self.__dict__.get("_forest") if self.warm_start else None
        if forest is None:
            return Forest.empty(columns, len(classes))
        if not np.array_equal(self.classes_, classes):
            raise ValueError(
                f"warm_start=True needs the classes of the first fit, {self.classes_.tolist()}; "
                f"got {classes.tolist()}. Fit a new forest instead."
            )
        return forest

    def _score_out_of_bag(self, X: NDArray[Any], codes: NDArray[np.uint32]) -> None:
        assert self._sampling is not None
        _, draws, weights = self._sampling
        assert draws is not None  # there is no out-of-bag score without a bootstrap
        shares, without_trees = self._forest.out_of_bag(X, draws, weights, bounded(self.n_jobs))
        if without_trees:
            warn(
                f"{without_trees} rows do not have OOB scores: every tree was trained on them. "
                "Too few trees were used to compute any reliable OOB estimates.",
                UserWarning,
                stacklevel=3,
            )
        self.oob_decision_function_ = shares
        predicted = shares.argmax(axis=1)
        if callable(self.oob_score):
            self.oob_score_ = self.oob_score(codes.astype(np.int64), predicted)
        else:
            self.oob_score_ = float(np.mean(predicted == codes))

    @property
    def estimator(self) -> DecisionTreeClassifier:
        """The kind of tree that the forest grows; its parameters are the forest's."""
        return DecisionTreeClassifier()

    @property
    def estimator_(self) -> DecisionTreeClassifier:
        """The same, for a fitted forest."""
        check_is_fitted(self)
        return self.estimator

    @property
    def estimator_params(self) -> tuple[str, ...]:
        """The parameters that the trees take over from the forest."""
        return TREE_PARAMETERS

    @property
    def estimators_(self) -> list[DecisionTreeClassifier]:
        """The trees; their classes are codes, as in scikit-learn."""
        check_is_fitted(self)
        trees: list[DecisionTreeClassifier] | None = self.__dict__.get("_estimators")
        if trees is None:
            trees = [self._estimator(index) for index in range(len(self._forest))]
            self._estimators = trees
        return trees

    def _estimator(self, index: int) -> DecisionTreeClassifier:
        tree = DecisionTreeClassifier(**{name: getattr(self, name) for name in TREE_PARAMETERS})
        tree.tree_ = self._forest.tree(index)
        tree.classes_ = np.arange(self.n_classes_, dtype=np.float64)
        tree.n_classes_ = self.n_classes_
        tree.n_outputs_ = 1
        tree.n_features_in_ = self.n_features_in_
        tree.max_features_ = count_features(self.max_features, self.n_features_in_)
        return tree

    def __len__(self) -> int:
        return len(self.estimators_)

    def __iter__(self) -> Iterator[DecisionTreeClassifier]:
        return iter(self.estimators_)

    def __getitem__(self, index: int) -> DecisionTreeClassifier:
        return self.estimators_[index]

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_estimators", None)
        return state

    @property
    def estimators_samples_(self) -> list[NDArray[np.int32]]:
        """The rows drawn for each tree, made anew at every access."""
        check_is_fitted(self)
        if self._sampling is None:
            raise AttributeError("estimators_samples_ is not kept for models of cross-validation")
        rows, draws, weights = self._sampling
        if draws is None:
            return [np.arange(rows, dtype=np.int32) for _ in range(len(self._forest))]
        return [
            self._forest.drawn_rows(index, rows, draws, weights)
            for index in range(len(self._forest))
        ]

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """How much each column lowered the impurity, adding up to one.

        Columns with many distinct values look more important than they are.
        """
        check_is_fitted(self)
        return self._forest.importances()

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class with the largest mean share, the first of equals.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Their classes.
        """
        forest = self._fitted()
        codes = read_rows(self, forest.predict_codes, validate_rows(self, X), bounded(self.n_jobs))
        classes: NDArray[Any] = self.classes_.take(codes)
        return classes

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the mean of the trees' class shares.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Shares, in the order of `classes_`.
        """
        forest = self._fitted()
        rows = validate_rows(self, X)
        shares: NDArray[np.float64] = read_rows(
            self, forest.predict_proba, rows, bounded(self.n_jobs)
        )
        return shares

    def apply(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the number of the leaf that each row reaches in each tree.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_estimators)
            Numbers of nodes.
        """
        forest = self._fitted()
        rows = validate_rows(self, X)
        leaves: NDArray[np.int64] = read_rows(self, forest.apply, rows, bounded(self.n_jobs))
        return leaves

    def decision_path(self, X: ArrayLike) -> tuple[csr_matrix, NDArray[np.int64]]:
        """Return which nodes each row passes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
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
        paths = [decision_path(self, forest.tree(index), rows) for index in range(len(forest))]
        starts = np.concatenate([[0], np.cumsum([path.shape[1] for path in paths])])
        return sparse_hstack(paths).tocsr(), starts

    def _fitted(self) -> Forest:
        if "_forest" not in self.__dict__:  # quicker than scikit-learn's check
            check_is_fitted(self)
        return self._forest
