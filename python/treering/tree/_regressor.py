"""Decision trees for numbers."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from treering._sklearn import StrOptions, fit_context
from treering.tree._base import BaseTree
from treering.tree._categories import encode_grid
from treering.tree._numbers import (
    CRITERIA,
    NumbersMixin,
    current_criterion,
    partial_dependence,
)
from treering.tree._training import unchanged_if_it_fails, validate_training


class _TreeRegressor(NumbersMixin, RegressorMixin, BaseTree):
    """Training and prediction of a tree of numbers."""

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **BaseTree._parameter_constraints,
        "criterion": [StrOptions(CRITERIA)],
    }

    @fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        check_input: bool = True,
    ) -> Self:
        """Grow the tree.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; compared in single precision. NaN means missing.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights, 0 or more. A row of weight 0 is left out.
        check_input : bool, default=True
            False skips scikit-learn's checks of X and y; X is then an array of float32 or float64
            and y an array of numbers, none of them missing.

        Returns
        -------
        object
            This estimator, fitted.

        Raises
        ------
        ValueError
            If X holds infinite values, if shapes do not fit together, if y holds numbers that the
            criterion cannot measure, or if a parameter is outside its range.
        """
        with unchanged_if_it_fails(self):
            X, y, weights = validate_training(self, X, y, sample_weight, check_input=check_input)
            numbers, _ = self._learn(y)
            self._grow(X, numbers, None, weights)
        return self

    def predict(self, X: ArrayLike, check_input: bool = True) -> NDArray[np.float64]:
        """Return the number of the leaf that each row reaches.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        check_input : bool, default=True
            False skips scikit-learn's checks of X, which is then an array of float32 or float64.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Their numbers.
        """
        return self._shape_numbers(self._answers(X, check_input=check_input))

    def _compute_partial_dependence_recursion(
        self, grid: ArrayLike, target_features: ArrayLike
    ) -> NDArray[np.float64]:
        """Do what scikit-learn's partial_dependence asks of its own trees."""
        grid = encode_grid(self, grid, target_features)
        return partial_dependence([self.tree_], grid, target_features)


class DecisionTreeRegressor(_TreeRegressor):
    """A decision tree for numbers that splits exactly, under scikit-learn's names.

    Parameters, attributes and results are those of :class:`sklearn.tree.DecisionTreeRegressor`;
    given the same random choices, the trees are identical node for node. Missing values (NaN) are
    learned.

    Parameters
    ----------
    criterion : {"squared_error", "absolute_error", "poisson"}, default="squared_error"
        What a good split is measured by, and what a leaf answers with: the mean, or the median for
        "absolute_error". "poisson", half the Poisson deviance, needs numbers of 0 or more.
    splitter : {"best", "random"}, default="best"
        Try every threshold of a drawn column, or one drawn at random.
    max_depth : int, default=None
        The depth at which nodes become leaves.
    min_samples_split : int or float, default=2
        Nodes with fewer rows become leaves; a float is a share of all rows.
    min_samples_leaf : int or float, default=1
        Every leaf holds at least so many rows; a float is a share of all rows.
    min_weight_fraction_leaf : float, default=0.0
        Every leaf holds at least this share of the total weight.
    max_features : int, float, {"sqrt", "log2"} or None, default=None
        How many columns are drawn for each split; None means all.
    random_state : int, RandomState instance or None, default=None
        The seed of all random choices, the order in which equally good columns are tried among
        them.
    max_leaf_nodes : int, default=None
        Grow the best leaf first until there are so many leaves.
    min_impurity_decrease : float, default=0.0
        A split must lower the weighted impurity by at least so much.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning: the larger, the smaller the tree.
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
    feature_importances_ : ndarray of shape (n_features,)
        How much each column lowered the impurity, adding up to one.
    max_features_ : int
        The number of columns drawn for each split.
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
    tree_ : Tree
        The nodes, as arrays under scikit-learn's names.

    See Also
    --------
    DecisionTreeClassifier : The same for classes.
    treering.ensemble.RandomForestRegressor : Many trees whose answers are averaged.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and Regression Trees",
    Wadsworth, 1984.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from treering.tree import DecisionTreeRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> tree = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X, y)
    >>> round(tree.score(X, y), 2)
    0.5
    """

    def __init__(
        self,
        *,
        criterion: str = "squared_error",
        splitter: str = "best",
        max_depth: int | None = None,
        min_samples_split: float = 2,
        min_samples_leaf: float = 1,
        min_weight_fraction_leaf: float = 0.0,
        max_features: float | str | None = None,
        random_state: int | np.random.RandomState | None = None,
        max_leaf_nodes: int | None = None,
        min_impurity_decrease: float = 0.0,
        ccp_alpha: float = 0.0,
        monotonic_cst: ArrayLike | None = None,
        max_bins: int | None = None,
        categorical_features: ArrayLike | str | None = None,
    ) -> None:
        self.criterion = current_criterion(criterion)
        self.splitter = splitter
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self.min_samples_leaf = min_samples_leaf
        self.min_weight_fraction_leaf = min_weight_fraction_leaf
        self.max_features = max_features
        self.random_state = random_state
        self.max_leaf_nodes = max_leaf_nodes
        self.min_impurity_decrease = min_impurity_decrease
        self.ccp_alpha = ccp_alpha
        self.monotonic_cst = monotonic_cst
        self.max_bins = max_bins
        self.categorical_features = categorical_features


class ExtraTreeRegressor(_TreeRegressor):
    """A tree for numbers that splits at random thresholds, under scikit-learn's names.

    One threshold is drawn for each drawn column, and the best of these splits is taken.
    Parameters, attributes and results are those of :class:`sklearn.tree.ExtraTreeRegressor`.
    Such trees are made for forests: see :class:`treering.ensemble.ExtraTreesRegressor`.

    Parameters
    ----------
    criterion : {"squared_error", "absolute_error", "poisson"}, default="squared_error"
        What a good split is measured by, and what a leaf answers with: the mean, or the median for
        "absolute_error". "poisson", half the Poisson deviance, needs numbers of 0 or more.
    splitter : {"random", "best"}, default="random"
        Try every threshold of a drawn column, or one drawn at random.
    max_depth : int, default=None
        The depth at which nodes become leaves.
    min_samples_split : int or float, default=2
        Nodes with fewer rows become leaves; a float is a share of all rows.
    min_samples_leaf : int or float, default=1
        Every leaf holds at least so many rows; a float is a share of all rows.
    min_weight_fraction_leaf : float, default=0.0
        Every leaf holds at least this share of the total weight.
    max_features : int, float, {"sqrt", "log2"} or None, default=1.0
        How many columns are drawn for each split; None and 1.0 mean all.
    random_state : int, RandomState instance or None, default=None
        The seed of all random choices, the order in which equally good columns are tried among
        them.
    min_impurity_decrease : float, default=0.0
        A split must lower the weighted impurity by at least so much.
    max_leaf_nodes : int, default=None
        Grow the best leaf first until there are so many leaves.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning: the larger, the smaller the tree.
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
    feature_importances_ : ndarray of shape (n_features,)
        How much each column lowered the impurity, adding up to one.
    max_features_ : int
        The number of columns drawn for each split.
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
    tree_ : Tree
        The nodes, as arrays under scikit-learn's names.

    See Also
    --------
    DecisionTreeRegressor : Splits at the best threshold.
    treering.ensemble.ExtraTreesRegressor : Many such trees whose answers are averaged.

    References
    ----------
    P. Geurts, D. Ernst and L. Wehenkel, "Extremely randomized trees", Machine Learning 63, 3-42,
    2006.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from treering.tree import ExtraTreeRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> tree = ExtraTreeRegressor(random_state=0).fit(X, y)
    >>> tree.score(X, y)
    1.0
    """

    def __init__(
        self,
        *,
        criterion: str = "squared_error",
        splitter: str = "random",
        max_depth: int | None = None,
        min_samples_split: float = 2,
        min_samples_leaf: float = 1,
        min_weight_fraction_leaf: float = 0.0,
        max_features: float | str | None = 1.0,
        random_state: int | np.random.RandomState | None = None,
        min_impurity_decrease: float = 0.0,
        max_leaf_nodes: int | None = None,
        ccp_alpha: float = 0.0,
        monotonic_cst: ArrayLike | None = None,
        max_bins: int | None = None,
        categorical_features: ArrayLike | str | None = None,
    ) -> None:
        self.criterion = current_criterion(criterion)
        self.splitter = splitter
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self.min_samples_leaf = min_samples_leaf
        self.min_weight_fraction_leaf = min_weight_fraction_leaf
        self.max_features = max_features
        self.random_state = random_state
        self.min_impurity_decrease = min_impurity_decrease
        self.max_leaf_nodes = max_leaf_nodes
        self.ccp_alpha = ccp_alpha
        self.monotonic_cst = monotonic_cst
        self.max_bins = max_bins
        self.categorical_features = categorical_features
