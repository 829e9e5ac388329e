"""Forests for classes."""

from collections.abc import Callable
from typing import Any, Generic, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import type_of_target

from treering._jobs import threads
from treering._sklearn import StrOptions, fit_context
from treering._validation import read_rows
from treering.ensemble._base import BaseForest, TreeT
from treering.ensemble._sampling import weigh_rows
from treering.tree import DecisionTreeClassifier, ExtraTreeClassifier
from treering.tree._classes import ClassesMixin, Shares
from treering.tree._training import unchanged_if_it_fails, validate_rows


class _ForestClassifier(ClassesMixin, BaseForest[TreeT], Generic[TreeT]):
    """Training and prediction of a forest of classes."""

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **BaseForest._parameter_constraints,
        "criterion": [StrOptions({"gini", "entropy", "log_loss"})],
        "class_weight": [StrOptions({"balanced", "balanced_subsample"}), dict, list, None],
    }

    @fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Grow the forest.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; compared in single precision. NaN means missing.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their classes: numbers or strings.
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
            before = self.__dict__.get("classes_") if self.warm_start else None
            codes, counts = self._learn(y)
            if before is not None and "_forest" in self.__dict__:
                self._check_classes(before)
            has_grown = self._grow(X, codes, counts, self._weigh(y, weights))
            if self.oob_score and (has_grown or not hasattr(self, "oob_score_")):
                self._score_out_of_bag(X, y, codes)
        return self

    def _check_classes(self, before: Any) -> None:
        """Refuse to add trees that know other classes, and keep those of before."""
        listed = [each if isinstance(each, list) else [each] for each in (before, self.classes_)]
        if len(listed[0]) != len(listed[1]) or not all(map(np.array_equal, *listed)):
            old, new = ([each.tolist() for each in classes] for classes in listed)
            if len(old) == len(new) == 1:
                old, new = old[0], new[0]
            self._keep_classes(listed[0])
            self.n_outputs_ = len(listed[0])
            raise ValueError(
                f"warm_start=True needs the classes of the first fit, {old}; "
                f"got {new}. Fit a new forest instead."
            )

    def _weigh(
        self, y: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> NDArray[np.float64] | None:
        return weigh_rows(self, y, weights)

    def _estimator(self, index: int) -> TreeT:
        tree: Any = super()._estimator(index)
        counts = [self.n_classes_] if self.n_outputs_ == 1 else self.n_classes_
        tree._keep_classes([np.arange(count, dtype=np.float64) for count in counts])
        return tree  # type: ignore[no-any-return]

    def _score_out_of_bag(
        self, X: NDArray[Any], y: NDArray[Any], codes: NDArray[np.uint32]
    ) -> None:
        answers = self._answers_out_of_bag(X)
        if self.n_outputs_ == 1:
            self.oob_decision_function_ = answers
            predicted, true = answers.argmax(axis=1), codes[:, 0].astype(np.int64)
        else:
            if type_of_target(y) != "multilabel-indicator":
                raise ValueError(
                    "The type of target cannot be used to compute OOB estimates: got "
                    f"{type_of_target(y)}, expected one output or several of two classes "
                    "(multilabel-indicator); fit a forest for each output"
                )
            shares = answers.reshape(len(answers), self.n_outputs_, -1)
            self.oob_decision_function_ = np.ascontiguousarray(shares.transpose(0, 2, 1))
            predicted, true = shares.argmax(axis=2), codes.astype(np.int64)
        if callable(self.oob_score):
            self.oob_score_ = self.oob_score(true, predicted)
        else:
            right = predicted == true
            self.oob_score_ = float(np.mean(right if right.ndim == 1 else right.all(axis=1)))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class with the largest mean share, the first of equals.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Their classes.
        """
        forest = self._fitted()
        if self.n_outputs_ > 1:
            return self._most_likely(self.predict_proba(X))
        rows = validate_rows(self, X)
        codes = read_rows(self, forest.predict_codes, rows, threads(self.n_jobs, rows.shape[0]))
        classes: NDArray[Any] = self.classes_[codes]  # for one row a third of the time of take()
        return classes

    def predict_proba(self, X: ArrayLike) -> Shares:
        """Return the mean of the trees' class shares.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or list of them
            Shares, in the order of `classes_`; of several outputs, an array for each.
        """
        forest = self._fitted()
        rows = validate_rows(self, X)
        shares: NDArray[np.float64] = read_rows(
            self, forest.predict, rows, threads(self.n_jobs, rows.shape[0])
        )
        return self._split_shares(shares)


class RandomForestClassifier(_ForestClassifier[DecisionTreeClassifier]):
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
    class_weight : {"balanced", "balanced_subsample"}, dict, list of dict or None, default=None
        The weight of each class; a list holds a dict for each output. With `bootstrap`, weights
        steer how likely rows are drawn.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning of every tree.
    max_samples : int or float, default=None
        How many rows are drawn for each tree; a float is a share of all rows (of all weight).
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
    n_classes_ : int or list of int
        Their number.
    estimator, estimator_ : DecisionTreeClassifier
        The kind of tree that the forest grows.
    estimator_params : tuple of str
        The parameters that the trees take over from the forest.
    estimators_ : tuple of DecisionTreeClassifier
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
    oob_decision_function_ : ndarray of shape (n_samples, n_classes[, n_outputs])
        The out-of-bag class shares, with `oob_score`.

    See Also
    --------
    treering.tree.DecisionTreeClassifier : One tree.
    ExtraTreesClassifier : Splits at random thresholds.
    RandomForestRegressor : The same for numbers.

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

    _tree = DecisionTreeClassifier

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
        class_weight: dict[Any, float] | list[dict[Any, float]] | str | None = None,
        ccp_alpha: float = 0.0,
        max_samples: float | None = None,
        monotonic_cst: ArrayLike | None = None,
        max_bins: int | None = None,
        categorical_features: ArrayLike | str | None = None,
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
        self.max_bins = max_bins
        self.categorical_features = categorical_features


class ExtraTreesClassifier(_ForestClassifier[ExtraTreeClassifier]):
    """A forest of extremely randomized trees, under scikit-learn's names.

    Splits are made at random thresholds, one for each drawn column, of which the best is taken.
    Parameters, attributes and semantics are those of
    :class:`sklearn.ensemble.ExtraTreesClassifier` 1.9. The result does not depend on the number
    of threads.

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
    bootstrap : bool, default=False
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
    class_weight : {"balanced", "balanced_subsample"}, dict, list of dict or None, default=None
        The weight of each class; a list holds a dict for each output. With `bootstrap`, weights
        steer how likely rows are drawn.
    ccp_alpha : float >= 0.0, default=0.0
        Minimal cost-complexity pruning of every tree.
    max_samples : int or float, default=None
        How many rows are drawn for each tree; a float is a share of all rows (of all weight).
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
    n_classes_ : int or list of int
        Their number.
    estimator, estimator_ : ExtraTreeClassifier
        The kind of tree that the forest grows.
    estimator_params : tuple of str
        The parameters that the trees take over from the forest.
    estimators_ : tuple of ExtraTreeClassifier
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
    oob_decision_function_ : ndarray of shape (n_samples, n_classes[, n_outputs])
        The out-of-bag class shares, with `oob_score`.

    See Also
    --------
    treering.tree.ExtraTreeClassifier : One tree.
    RandomForestClassifier : Splits at the best thresholds.
    ExtraTreesRegressor : The same for numbers.

    References
    ----------
    P. Geurts, D. Ernst and L. Wehenkel, "Extremely randomized trees", Machine Learning 63, 3-42,
    2006.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.ensemble import ExtraTreesClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = ExtraTreesClassifier(bootstrap=True, oob_score=True, random_state=0).fit(X, y)
    >>> forest.oob_score_ > 0.9
    True
    """

    _tree = ExtraTreeClassifier
    _splitter = "random"

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
        bootstrap: bool = False,
        oob_score: bool | Callable[..., float] = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        warm_start: bool = False,
        class_weight: dict[Any, float] | list[dict[Any, float]] | str | None = None,
        ccp_alpha: float = 0.0,
        max_samples: float | None = None,
        monotonic_cst: ArrayLike | None = None,
        max_bins: int | None = None,
        categorical_features: ArrayLike | str | None = None,
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
        self.max_bins = max_bins
        self.categorical_features = categorical_features
