"""Decision trees for classes."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from treering._sklearn import StrOptions, fit_context
from treering.tree._base import NOT_ROUTED, BaseTree
from treering.tree._classes import ClassesMixin, Shares
from treering.tree._training import (
    unchanged_if_it_fails,
    validate_training,
    weigh_classes,
)


class _TreeClassifier(ClassesMixin, BaseTree):
    """Training and prediction of a tree of classes."""

    class_weight: dict[Any, float] | list[dict[Any, float]] | str | None

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **BaseTree._parameter_constraints,
        "criterion": [StrOptions({"gini", "entropy", "log_loss"})],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    __metadata_request__predict_proba: ClassVar = NOT_ROUTED

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
            Their classes: numbers or strings.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights, 0 or more. A row of weight 0 is left out.
        check_input : bool, default=True
            False skips scikit-learn's checks of X and y; X is then an array of float32 or float64
            and y an array of labels, none of them missing.

        Returns
        -------
        object
            This estimator, fitted.

        Raises
        ------
        ValueError
            If X holds infinite values, if shapes do not fit together, or if a parameter is
            outside its range.
        """
        with unchanged_if_it_fails(self):
            X, y, weights = validate_training(self, X, y, sample_weight, check_input=check_input)
            codes, counts = self._learn(y)
            self._grow(X, codes, counts, self._weigh(y, weights))
        return self

    def _weigh(
        self, y: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> NDArray[np.float64] | None:
        return (
            weights if self.class_weight is None else weigh_classes(self.class_weight, y, weights)
        )

    def _keep_classes(self, classes: list[NDArray[Any]]) -> None:
        super()._keep_classes(classes)
        if len(classes) > 1:  # a list in scikit-learn's forests, an array in its trees
            self.n_classes_ = np.array(self.n_classes_)

    def predict(self, X: ArrayLike, check_input: bool = True) -> NDArray[Any]:
        """Return the class of the leaf that each row reaches.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        check_input : bool, default=True
            False skips scikit-learn's checks of X, which is then an array of float32 or float64.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Their classes.
        """
        return self._most_likely(self.predict_proba(X, check_input))

    def predict_proba(self, X: ArrayLike, check_input: bool = True) -> Shares:
        """Return the class shares of the leaf that each row reaches.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        check_input : bool, default=True
            False skips scikit-learn's checks of X, which is then an array of float32 or float64.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or list of them
            Shares, in the order of `classes_`; of several outputs, an array for each.
        """
        return self._split_shares(self._answers(X, check_input=check_input))


class DecisionTreeClassifier(_TreeClassifier):
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
    class_weight : dict, list of dict, "balanced" or None, default=None
        The weight of each class; a list holds a dict for each output.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning: the larger, the smaller the tree.
    monotonic_cst : array-like of int of shape (n_features,), default=None
        For each column whether the share of the second class may only grow (1) or fall (-1) with
        it, or do as it likes (0). For two classes and one output only.
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
    classes_ : ndarray of shape (n_classes,) or list of ndarray
        The class labels; of several outputs, an array for each.
    n_classes_ : int or ndarray of int
        Their number.
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
    DecisionTreeRegressor : The same for numbers.
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
        class_weight: dict[Any, float] | list[dict[Any, float]] | str | None = None,
        ccp_alpha: float = 0.0,
        monotonic_cst: ArrayLike | None = None,
        max_bins: int | None = None,
        categorical_features: ArrayLike | str | None = None,
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
        self.max_bins = max_bins
        self.categorical_features = categorical_features


class ExtraTreeClassifier(_TreeClassifier):
    """A tree that splits at random thresholds, under scikit-learn's names.

    One threshold is drawn for each drawn column, and the best of these splits is taken.
    Parameters, attributes and results are those of :class:`sklearn.tree.ExtraTreeClassifier`.
    Such trees are made for forests: see :class:`treering.ensemble.ExtraTreesClassifier`.

    Parameters
    ----------
    criterion : {"gini", "entropy", "log_loss"}, default="gini"
        What a good split is measured by; the last two are the same.
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
    max_features : int, float, {"sqrt", "log2"} or None, default="sqrt"
        How many columns are drawn for each split; None means all.
    random_state : int, RandomState instance or None, default=None
        The seed of all random choices, the order in which equally good columns are tried among
        them.
    max_leaf_nodes : int, default=None
        Grow the best leaf first until there are so many leaves.
    min_impurity_decrease : float, default=0.0
        A split must lower the weighted impurity by at least so much.
    class_weight : dict, list of dict, "balanced" or None, default=None
        The weight of each class; a list holds a dict for each output.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning: the larger, the smaller the tree.
    monotonic_cst : array-like of int of shape (n_features,), default=None
        For each column whether the share of the second class may only grow (1) or fall (-1) with
        it, or do as it likes (0). For two classes and one output only.
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
    classes_ : ndarray of shape (n_classes,) or list of ndarray
        The class labels; of several outputs, an array for each.
    n_classes_ : int or ndarray of int
        Their number.
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
    DecisionTreeClassifier : Splits at the best threshold.
    treering.ensemble.ExtraTreesClassifier : Many such trees that decide together.

    References
    ----------
    P. Geurts, D. Ernst and L. Wehenkel, "Extremely randomized trees", Machine Learning 63, 3-42,
    2006.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.tree import ExtraTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = ExtraTreeClassifier(random_state=0).fit(X, y)
    >>> tree.score(X, y)
    1.0
    """

    def __init__(
        self,
        *,
        criterion: str = "gini",
        splitter: str = "random",
        max_depth: int | None = None,
        min_samples_split: float = 2,
        min_samples_leaf: float = 1,
        min_weight_fraction_leaf: float = 0.0,
        max_features: float | str | None = "sqrt",
        random_state: int | np.random.RandomState | None = None,
        max_leaf_nodes: int | None = None,
        min_impurity_decrease: float = 0.0,
        class_weight: dict[Any, float] | list[dict[Any, float]] | str | None = None,
        ccp_alpha: float = 0.0,
        monotonic_cst: ArrayLike | None = None,
        max_bins: int | None = None,
        categorical_features: ArrayLike | str | None = None,
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
        self.max_bins = max_bins
        self.categorical_features = categorical_features
