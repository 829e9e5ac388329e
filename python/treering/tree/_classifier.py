"""The decision tree classifier."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Bunch, Tags, metadata_routing
from sklearn.utils.validation import check_is_fitted

from treering._core.ensemble import Forest, ForestParams
from treering._core.tree import Tree
from treering._encoding import encode_labels
from treering._sklearn import StrOptions, fit_context
from treering._validation import read_rows
from treering.tree._training import (
    TREE_CONSTRAINTS,
    LogProbaMixin,
    PlainNumbersMixin,
    adopt_columns,
    count_features,
    decision_path,
    draw_seed,
    tree_params,
    validate_rows,
    validate_training,
    weigh_classes,
)

# A switch of the class, not data that a meta-estimator would hand on.
_NOT_ROUTED = {"check_input": metadata_routing.UNUSED}  # type: ignore[attr-defined]


class DecisionTreeClassifier(PlainNumbersMixin, LogProbaMixin, ClassifierMixin, BaseEstimator):
    """A decision tree that splits exactly, under scikit-learn's names.

    Parameters, attributes and results are those of
    :class:`sklearn.tree.DecisionTreeClassifier`; given the same random choices, the trees are
    identical node for node. Missing values (NaN) are learned: every split knows where they go.

    Parameters
    ----------
    criterion : {"gini", "entropy", "log_loss"}, default="gini"
        What a good split is measured by; the last two are the same.
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
    class_weight : dict, "balanced" or None, default=None
        The weight of each class.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning: the larger, the smaller the tree.
    monotonic_cst : None, default=None
        Not available yet; anything but None is refused.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_classes_ : int
        Their number.
    feature_importances_ : ndarray of shape (n_features,)
        How much each column lowered the impurity, adding up to one.
    max_features_ : int
        The number of columns drawn for each split.
    n_features_in_ : int
        The number of columns seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are strings.
    n_outputs_ : int
        Always 1.
    tree_ : Tree
        The nodes, as arrays under scikit-learn's names.

    See Also
    --------
    treering.ensemble.RandomForestClassifier : Many trees that decide together.

    References
    ----------
    L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and Regression Trees",
    Wadsworth, 1984.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    >>> tree.score(X, y)
    0.96
    """

    n_features_in_: int
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **TREE_CONSTRAINTS,
        "splitter": [StrOptions({"best", "random"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    __metadata_request__fit: ClassVar = _NOT_ROUTED
    __metadata_request__predict: ClassVar = _NOT_ROUTED
    __metadata_request__predict_proba: ClassVar = _NOT_ROUTED

    def __init__(
        self,
        *,
        criterion: str = "gini",
        splitter: str = "best",
        max_depth: int | None = None,
        min_samples_split: float = 2,
        min_samples_leaf: float = 1,
        min_weight_fraction_leaf: float = 0.0,
        max_features: float | str | None = None,
        random_state: int | np.random.RandomState | None = None,
        max_leaf_nodes: int | None = None,
        min_impurity_decrease: float = 0.0,
        class_weight: dict[Any, float] | str | None = None,
        ccp_alpha: float = 0.0,
        monotonic_cst: None = None,
    ) -> None:
        self.criterion = criterion
        self.splitter = splitter
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self.min_samples_leaf = min_samples_leaf
        self.min_weight_fraction_leaf = min_weight_fraction_leaf
        self.max_features = max_features
        self.random_state = random_state
        self.max_leaf_nodes = max_leaf_nodes
        self.min_impurity_decrease = min_impurity_decrease
        self.class_weight = class_weight
        self.ccp_alpha = ccp_alpha
        self.monotonic_cst = monotonic_cst

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

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
        X : array-like of shape (n_samples, n_features)
            Rows; compared in single precision. NaN means missing.
        y : array-like of shape (n_samples,)
            Their classes: numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights, 0 or more. A row of weight 0 is left out.
        check_input : bool, default=True
            False skips scikit-learn's checks of X and y; X is then an array of float32 or float64
            and y an array of labels, none of them missing.

        Returns
        -------
        DecisionTreeClassifier
            This estimator, fitted.

        Raises
        ------
        ValueError
            If X holds infinite values, if shapes do not fit together, or if a parameter is
            outside its range.
        """
        X, y, weights = validate_training(self, X, y, sample_weight, check_input=check_input)
        classes, codes = encode_labels(y)
        weights = self._weigh_classes(y, weights)
        params = tree_params(self, *X.shape, splitter=self.splitter)
        seed = draw_seed(self.random_state)
        tree = read_rows(self, Tree.fit, X, codes, len(classes), weights, params, seed)
        self._keep(tree, classes)
        return self

    def _validate_training(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
        return validate_training(self, X, y, sample_weight)

    def _weigh_classes(
        self, y: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> NDArray[np.float64] | None:
        return (
            weights if self.class_weight is None else weigh_classes(self.class_weight, y, weights)
        )

    def _keep(self, tree: Tree, classes: NDArray[Any]) -> None:
        self.tree_ = tree
        self.classes_ = classes
        self.n_classes_ = len(classes)
        self.n_outputs_ = 1
        self.max_features_ = count_features(self.max_features, tree.n_features)

    def _plan_fold(
        self, y: NDArray[Any], columns: int
    ) -> tuple[NDArray[np.float64] | None, ForestParams, int]:
        """Weights, parameters and seed of a fit as a forest of one tree."""
        params = ForestParams(
            n_estimators=1,
            tree=tree_params(self, len(y), columns, splitter=self.splitter),
            bootstrap_draws=None,
            balanced_subsample=False,
        )
        return self._weigh_classes(y, None), params, draw_seed(self.random_state)

    def _adopt(self, forest: Forest, classes: NDArray[Any], whole: Self) -> None:
        """Become the estimator that a fit of a fold gives."""
        adopt_columns(self, whole)
        self._keep(forest.tree(0), classes)

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """How much each column lowered the impurity, adding up to one."""
        check_is_fitted(self)
        importances: NDArray[np.float64] = self.tree_.compute_feature_importances()
        return importances

    def predict(self, X: ArrayLike, check_input: bool = True) -> NDArray[Any]:
        """Return the class of the leaf that each row reaches.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        check_input : bool, default=True
            False skips scikit-learn's checks of X, which is then an array of float32 or float64.

        Returns
        -------
        ndarray of shape (n_samples,)
            Their classes.
        """
        shares = self.predict_proba(X, check_input)
        classes: NDArray[Any] = self.classes_.take(shares.argmax(axis=1), axis=0)
        return classes

    def predict_proba(self, X: ArrayLike, check_input: bool = True) -> NDArray[np.float64]:
        """Return the class shares of the leaf that each row reaches.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        check_input : bool, default=True
            False skips scikit-learn's checks of X, which is then an array of float32 or float64.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Shares, in the order of `classes_`.
        """
        check_is_fitted(self)
        rows = validate_rows(self, X, check_input=check_input)
        shares: NDArray[np.float64] = read_rows(self, self.tree_.predict, rows)
        return shares

    def apply(self, X: ArrayLike, check_input: bool = True) -> NDArray[np.int64]:
        """Return the number of the leaf that each row reaches.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        check_input : bool, default=True
            False skips scikit-learn's checks of X, which is then an array of float32 or float64.

        Returns
        -------
        ndarray of shape (n_samples,)
            Numbers of nodes.
        """
        check_is_fitted(self)
        rows = validate_rows(self, X, check_input=check_input)
        leaves: NDArray[np.int64] = read_rows(self, self.tree_.apply, rows)
        return leaves

    def decision_path(self, X: ArrayLike, check_input: bool = True) -> csr_matrix:
        """Return which nodes each row passes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        check_input : bool, default=True
            False skips scikit-learn's checks of X, which is then an array of float32 or float64.

        Returns
        -------
        csr_matrix of shape (n_samples, n_nodes)
            One where a row passes a node.
        """
        check_is_fitted(self)
        return decision_path(self, self.tree_, validate_rows(self, X, check_input=check_input))

    def get_depth(self) -> int:
        """Return the largest distance from the root to a leaf.

        Returns
        -------
        int
            The depth; 0 for a tree of one node.
        """
        check_is_fitted(self)
        return self.tree_.max_depth

    def get_n_leaves(self) -> int:
        """Return the number of leaves.

        Returns
        -------
        int
            The number of leaves.
        """
        check_is_fitted(self)
        return self.tree_.n_leaves

    def cost_complexity_pruning_path(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Bunch:
        """Return the values of `ccp_alpha` at which the tree of this data shrinks.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights.

        Returns
        -------
        Bunch
            ``ccp_alphas``, ascending, and ``impurities``, the summed impurity of the leaves of
            the tree pruned at each.
        """
        params = {**self.get_params(), "ccp_alpha": 0.0}
        whole = type(self)(**params).fit(X, y, sample_weight=sample_weight)
        alphas, impurities = whole.tree_.pruning_path()
        return Bunch(ccp_alphas=alphas, impurities=impurities)
