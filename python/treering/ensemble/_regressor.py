"""Forests for numbers."""

from collections.abc import Callable
from typing import Any, Generic, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from treering._jobs import threads
from treering._sklearn import StrOptions, fit_context
from treering._validation import read_rows
from treering.ensemble._base import BaseForest, TreeT
from treering.tree import DecisionTreeRegressor, ExtraTreeRegressor
from treering.tree._categories import encode_grid
from treering.tree._numbers import (
    CRITERIA,
    NumbersMixin,
    current_criterion,
    partial_dependence,
)
from treering.tree._training import unchanged_if_it_fails, validate_rows


class _ForestRegressor(NumbersMixin, RegressorMixin, BaseForest[TreeT], Generic[TreeT]):
    """Training and prediction of a forest of numbers."""

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **BaseForest._parameter_constraints,
        "criterion": [StrOptions(CRITERIA)],
    }

    @fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Grow the forest.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; compared in single precision. NaN means missing.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights, 0 or more. With `bootstrap` they steer how likely a row is drawn,
            otherwise every tree uses them.

        Returns
        -------
        object
            This estimator, fitted.

        Raises
        ------
        ValueError
            If X holds infinite values, if shapes do not fit together, or if parameters are
            outside their range or contradict one another.
        """
        with unchanged_if_it_fails(self):
            X, y, weights = self._validate_training(X, y, sample_weight)
            numbers, _ = self._learn(y)
            has_grown = self._grow(X, numbers, None, weights)
            if self.oob_score and (has_grown or not hasattr(self, "oob_score_")):
                self._score_out_of_bag(X, numbers)
        return self

    def _score_out_of_bag(self, X: NDArray[Any], numbers: NDArray[np.float64]) -> None:
        answers = self._answers_out_of_bag(X)
        self.oob_prediction_ = self._shape_numbers(answers)
        score = self.oob_score if callable(self.oob_score) else r2_score
        self.oob_score_ = score(self._shape_numbers(numbers), self.oob_prediction_)

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the mean of the trees' numbers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Their numbers.
        """
        forest = self._fitted()
        rows = validate_rows(self, X)
        answers: NDArray[np.float64] = read_rows(
            self, forest.predict, rows, threads(self.n_jobs, rows.shape[0])
        )
        return self._shape_numbers(answers)

    def _compute_partial_dependence_recursion(
        self, grid: ArrayLike, target_features: ArrayLike
    ) -> NDArray[np.float64]:
        """Do what scikit-learn's partial_dependence asks of its own forests."""
        trees = [tree.tree_ for tree in self.estimators_]
        return partial_dependence(trees, encode_grid(self, grid, target_features), target_features)


class RandomForestRegressor(_ForestRegressor[DecisionTreeRegressor]):
    """A random forest of exact trees for numbers, under scikit-learn's names.

    Parameters, attributes and semantics are those of
    :class:`sklearn.ensemble.RandomForestRegressor` 1.9. Columns are coded once for all trees,
    trees grow in parallel without Python's lock, and the result does not depend on the number of
    threads. Missing values (NaN) are learned.

    Parameters
    ----------
    n_estimators : int, default=100
        The number of trees.
    criterion : {"squared_error", "absolute_error", "poisson"}, default="squared_error"
        What a good split is measured by, and what a leaf answers with: the mean, or the median for
        "absolute_error". "poisson", half the Poisson deviance, needs numbers of 0 or more.
    max_depth : int, default=None
        The depth at which nodes become leaves.
    min_samples_split : int or float, default=2
        Nodes with fewer rows become leaves; a float is a share of all rows.
    min_samples_leaf : int or float, default=1
        Every leaf holds at least so many rows; a float is a share of all rows.
    min_weight_fraction_leaf : float, default=0.0
        Every leaf holds at least this share of the total weight.
    max_features : {"sqrt", "log2", None}, int or float, default=1.0
        How many columns are drawn for each split; None and 1.0 mean all, 0.3 is a good choice
        where columns are many.
    max_leaf_nodes : int, default=None
        Grow the best leaf first until there are so many leaves.
    min_impurity_decrease : float, default=0.0
        A split must lower the weighted impurity by at least so much.
    bootstrap : bool, default=True
        Train each tree on rows drawn with replacement.
    oob_score : bool or callable, default=False
        Estimate the score from trees that left a row out; a callable is given the true and the
        predicted numbers, and R2 is used otherwise.
    n_jobs : int, default=None
        How many threads to use. None means every core this process may use (fewer where
        ``RAYON_NUM_THREADS`` or ``OMP_NUM_THREADS`` say so), -1 every core.
    random_state : int, RandomState instance or None, default=None
        The seed of all random choices.
    verbose : int, default=0
        Print how many trees were grown, and in what time.
    warm_start : bool, default=False
        Keep the trees of the last fit and add more.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning of every tree.
    max_samples : int or float, default=None
        How many rows are drawn for each tree; a float is a share of all rows (of all weight).
    monotonic_cst : array-like of int of shape (n_features,), default=None
        For each column whether predictions may only grow (1) or fall (-1) with it, or do as they
        like (0). For one output only.
    max_bins : int, default=None
        Cut columns of more distinct values into so many bins, 2 to 255, that share the rows
        evenly; thresholds lie between bins. Faster on many rows, and a little coarser. None
        looks at every value, as scikit-learn does, which has no such parameter.
    categorical_features : array-like of bool, int or str, "from_dtype" or None, default=None
        The columns whose values are names of categories (text, truth values, numbers): a mask,
        positions, names of columns, or those to which a table gives a categorical type. Their
        categories are put in the order of their mean targets once, and split by thresholds of
        that order. Missing ones, and at prediction those that `fit` has not seen, go where missing
        values go.

    Attributes
    ----------
    estimator, estimator_ : DecisionTreeRegressor
        The kind of tree that the forest grows.
    estimator_params : tuple of str
        The parameters that the trees take over from the forest.
    estimators_ : tuple of DecisionTreeRegressor
        The trees. To leave some out, assign others of them: ``estimators_[:10]``.
    estimators_samples_ : sequence of ndarray
        The rows drawn for each tree.
    feature_importances_ : ndarray of shape (n_features,)
        How much each column lowered the impurity, adding up to one.
    is_categorical_ : ndarray of bool of shape (n_features,) or None
        Which columns are categorical; None if none is.
    categories_ : list of ndarray or None
        The categories of each column, in the order by which trees split them, and None for other
        columns.
    n_features_in_ : int
        The number of columns seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are strings.
    n_outputs_ : int
        The number of outputs: of columns of y.
    oob_score_ : float
        The out-of-bag score, with `oob_score`.
    oob_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        The out-of-bag predictions, with `oob_score`.

    See Also
    --------
    treering.tree.DecisionTreeRegressor : One tree.
    ExtraTreesRegressor : Splits at random thresholds.
    RandomForestClassifier : The same for classes.

    References
    ----------
    L. Breiman, "Random Forests", Machine Learning 45, 5-32, 2001.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from treering.ensemble import RandomForestRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> forest = RandomForestRegressor(oob_score=True, random_state=0).fit(X, y)
    >>> forest.oob_score_ > 0.35
    True
    """

    _tree = DecisionTreeRegressor

    def __init__(
        self,
        n_estimators: int = 100,
        *,
        criterion: str = "squared_error",
        max_depth: int | None = None,
        min_samples_split: float = 2,
        min_samples_leaf: float = 1,
        min_weight_fraction_leaf: float = 0.0,
        max_features: float | str | None = 1.0,
        max_leaf_nodes: int | None = None,
        min_impurity_decrease: float = 0.0,
        bootstrap: bool = True,
        oob_score: bool | Callable[..., float] = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        warm_start: bool = False,
        ccp_alpha: float = 0.0,
        max_samples: float | None = None,
        monotonic_cst: ArrayLike | None = None,
        max_bins: int | None = None,
        categorical_features: ArrayLike | str | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.criterion = current_criterion(criterion)
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
        self.ccp_alpha = ccp_alpha
        self.max_samples = max_samples
        self.monotonic_cst = monotonic_cst
        self.max_bins = max_bins
        self.categorical_features = categorical_features


class ExtraTreesRegressor(_ForestRegressor[ExtraTreeRegressor]):
    """A forest of extremely randomized trees for numbers, under scikit-learn's names.

    Splits are made at random thresholds, one for each drawn column, of which the best is taken.
    Parameters, attributes and semantics are those of
    :class:`sklearn.ensemble.ExtraTreesRegressor` 1.9. The result does not depend on the number
    of threads.

    Parameters
    ----------
    n_estimators : int, default=100
        The number of trees.
    criterion : {"squared_error", "absolute_error", "poisson"}, default="squared_error"
        What a good split is measured by, and what a leaf answers with: the mean, or the median for
        "absolute_error". "poisson", half the Poisson deviance, needs numbers of 0 or more.
    max_depth : int, default=None
        The depth at which nodes become leaves.
    min_samples_split : int or float, default=2
        Nodes with fewer rows become leaves; a float is a share of all rows.
    min_samples_leaf : int or float, default=1
        Every leaf holds at least so many rows; a float is a share of all rows.
    min_weight_fraction_leaf : float, default=0.0
        Every leaf holds at least this share of the total weight.
    max_features : {"sqrt", "log2", None}, int or float, default=1.0
        How many columns are drawn for each split; None and 1.0 mean all, 0.3 is a good choice
        where columns are many.
    max_leaf_nodes : int, default=None
        Grow the best leaf first until there are so many leaves.
    min_impurity_decrease : float, default=0.0
        A split must lower the weighted impurity by at least so much.
    bootstrap : bool, default=False
        Train each tree on rows drawn with replacement.
    oob_score : bool or callable, default=False
        Estimate the score from trees that left a row out; a callable is given the true and the
        predicted numbers, and R2 is used otherwise.
    n_jobs : int, default=None
        How many threads to use. None means every core this process may use (fewer where
        ``RAYON_NUM_THREADS`` or ``OMP_NUM_THREADS`` say so), -1 every core.
    random_state : int, RandomState instance or None, default=None
        The seed of all random choices.
    verbose : int, default=0
        Print how many trees were grown, and in what time.
    warm_start : bool, default=False
        Keep the trees of the last fit and add more.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning of every tree.
    max_samples : int or float, default=None
        How many rows are drawn for each tree; a float is a share of all rows (of all weight).
    monotonic_cst : array-like of int of shape (n_features,), default=None
        For each column whether predictions may only grow (1) or fall (-1) with it, or do as they
        like (0). For one output only.
    max_bins : int, default=None
        Cut columns of more distinct values into so many bins, 2 to 255, that share the rows
        evenly; thresholds lie between bins. Faster on many rows, and a little coarser. None
        looks at every value, as scikit-learn does, which has no such parameter.
    categorical_features : array-like of bool, int or str, "from_dtype" or None, default=None
        The columns whose values are names of categories (text, truth values, numbers): a mask,
        positions, names of columns, or those to which a table gives a categorical type. Their
        categories are put in the order of their mean targets once, and split by thresholds of
        that order. Missing ones, and at prediction those that `fit` has not seen, go where missing
        values go.

    Attributes
    ----------
    estimator, estimator_ : ExtraTreeRegressor
        The kind of tree that the forest grows.
    estimator_params : tuple of str
        The parameters that the trees take over from the forest.
    estimators_ : tuple of ExtraTreeRegressor
        The trees. To leave some out, assign others of them: ``estimators_[:10]``.
    estimators_samples_ : sequence of ndarray
        The rows drawn for each tree.
    feature_importances_ : ndarray of shape (n_features,)
        How much each column lowered the impurity, adding up to one.
    is_categorical_ : ndarray of bool of shape (n_features,) or None
        Which columns are categorical; None if none is.
    categories_ : list of ndarray or None
        The categories of each column, in the order by which trees split them, and None for other
        columns.
    n_features_in_ : int
        The number of columns seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are strings.
    n_outputs_ : int
        The number of outputs: of columns of y.
    oob_score_ : float
        The out-of-bag score, with `oob_score`.
    oob_prediction_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        The out-of-bag predictions, with `oob_score`.

    See Also
    --------
    treering.tree.ExtraTreeRegressor : One tree.
    RandomForestRegressor : Splits at the best thresholds.
    ExtraTreesClassifier : The same for classes.

    References
    ----------
    P. Geurts, D. Ernst and L. Wehenkel, "Extremely randomized trees", Machine Learning 63, 3-42,
    2006.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from treering.ensemble import ExtraTreesRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> forest = ExtraTreesRegressor(bootstrap=True, oob_score=True, random_state=0).fit(X, y)
    >>> forest.oob_score_ > 0.35
    True
    """

    _tree = ExtraTreeRegressor
    _splitter = "random"

    def __init__(
        self,
        n_estimators: int = 100,
        *,
        criterion: str = "squared_error",
        max_depth: int | None = None,
        min_samples_split: float = 2,
        min_samples_leaf: float = 1,
        min_weight_fraction_leaf: float = 0.0,
        max_features: float | str | None = 1.0,
        max_leaf_nodes: int | None = None,
        min_impurity_decrease: float = 0.0,
        bootstrap: bool = False,
        oob_score: bool | Callable[..., float] = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        warm_start: bool = False,
        ccp_alpha: float = 0.0,
        max_samples: float | None = None,
        monotonic_cst: ArrayLike | None = None,
        max_bins: int | None = None,
        categorical_features: ArrayLike | str | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.criterion = current_criterion(criterion)
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
        self.ccp_alpha = ccp_alpha
        self.max_samples = max_samples
        self.monotonic_cst = monotonic_cst
        self.max_bins = max_bins
        self.categorical_features = categorical_features
