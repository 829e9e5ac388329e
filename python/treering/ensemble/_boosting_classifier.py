"""Boosted trees for classes."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin

from treering._core.boosting import BoostingLoss
from treering._encoding import encode_labels
from treering._model_file import expect
from treering._sklearn import StrOptions
from treering.ensemble._boosting import BaseHistGradientBoosting
from treering.ensemble._boosting_scores import Floats
from treering.tree._training import weigh_classes


class HistGradientBoostingClassifier(ClassifierMixin, BaseHistGradientBoosting):
    """Gradient boosting of trees on binned columns, for classes, under scikit-learn's names.

    Parameters, attributes and semantics are those of
    :class:`sklearn.ensemble.HistGradientBoostingClassifier` 1.9. Sums of gradients are exact in
    whole numbers: the result does not depend on the number of threads. Missing values (NaN) are
    learned.

    Parameters
    ----------
    loss : {"log_loss"}, default="log_loss"
        What is lowered. For more than two classes each iteration grows a tree for each.
    learning_rate : float, default=0.1
        What the values of leaves are multiplied by.
    max_iter : int, default=100
        The most iterations; of more than two classes each has a tree for each.
    max_leaf_nodes : int, default=31
        The most leaves of a tree; None sets no limit.
    max_depth : int, default=None
        The most levels of splits in a tree.
    min_samples_leaf : int, default=20
        Every leaf holds at least so many rows.
    l2_regularization : float, default=0.0
        Added to the hessians of a leaf, which makes its value smaller.
    max_features : float, default=1.0
        The share of columns drawn for each split.
    max_bins : int, default=255
        Columns of more distinct values are cut into so many bins that share the rows evenly.
    categorical_features : array-like of bool, int or str, "from_dtype" or None, \
            default="from_dtype"
        The columns whose values are names of categories (text, truth values, numbers), at most
        `max_bins` of them: a mask, positions, names of columns, or those to which a table gives a
        categorical type. A split parts its categories in two sets. Missing ones, and at prediction
        those that `fit` has not seen, go where missing values go.
    monotonic_cst : array-like of int of shape (n_features,) or dict, default=None
        For each column whether the chance of the second class may only grow (1) or fall (-1) with
        it, or do as it likes (0); a dict names columns. For two classes only.
    interaction_cst : {"pairwise", "no_interactions"} or sequence of sets of int, default=None
        Sets of columns that may stand on one path of a tree together; columns that are not named
        form another set.
    warm_start : bool, default=False
        Keep the trees of the last fit and add more, with its bins. The rows should be the same.
    early_stopping : "auto" or bool, default="auto"
        Stop when scores no longer improve; "auto" does so for more than 10,000 rows, or where
        `fit` is given `X_val`.
    scoring : str, callable or None, default="loss"
        What early stopping looks at: the loss, a scorer by its name, a callable
        ``scorer(estimator, X, y)``, which is given checked numbers, or None for the estimator's
        own score.
    validation_fraction : int, float or None, default=0.1
        How many rows, or which share of them, early stopping holds out; None looks at the training
        rows.
    n_iter_no_change : int, default=10
        Stop where none of so many scores is better than the one before them.
    tol : float, default=1e-7
        By how much a score must be better.
    verbose : int, default=0
        Print what was boosted, and in what time; above 1 print each iteration.
    random_state : int, RandomState instance or None, default=None
        The seed of all random choices: rows held out, rows for thresholds, drawn columns.
    class_weight : dict or "balanced", default=None
        The weight of each class, by its label.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        The number of columns seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are strings.
    n_iter_ : int
        The number of iterations.
    n_trees_per_iteration_ : int
        One, or of more than two classes their number.
    do_early_stopping_ : bool
        Whether training may stop early.
    train_score_ : ndarray of shape (n_iter_ + 1,)
        The scores of the training rows before the first iteration and after each, with early
        stopping; else empty.
    validation_score_ : ndarray of shape (n_iter_ + 1,)
        The same of the rows held out.
    is_categorical_ : ndarray of bool of shape (n_features,) or None
        Which columns are categorical; None if none is.
    categories_ : list of ndarray or None
        The categories of each column, sorted, and None for other columns.

    See Also
    --------
    HistGradientBoostingRegressor : The same for numbers.
    RandomForestClassifier : Trees that do not depend on one another.

    References
    ----------
    G. Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NIPS 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.ensemble import HistGradientBoostingClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = HistGradientBoostingClassifier().fit(X, y)
    >>> model.score(X, y) > 0.97
    True
    """

    n_outputs_: int
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **BaseHistGradientBoosting._parameter_constraints,
        "loss": [StrOptions({"log_loss"})],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        loss: str = "log_loss",
        *,
        learning_rate: float = 0.1,
        max_iter: int = 100,
        max_leaf_nodes: int | None = 31,
        max_depth: int | None = None,
        min_samples_leaf: int = 20,
        l2_regularization: float = 0.0,
        max_features: float = 1.0,
        max_bins: int = 255,
        categorical_features: ArrayLike | str | None = "from_dtype",
        monotonic_cst: ArrayLike | dict[str, int] | None = None,
        interaction_cst: Any = None,
        warm_start: bool = False,
        early_stopping: bool | str = "auto",
        scoring: str | Callable[..., float] | None = "loss",
        validation_fraction: float | None = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-7,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
        class_weight: dict[Any, float] | str | None = None,
    ) -> None:
        super().__init__(
            loss,
            learning_rate=learning_rate,
            max_iter=max_iter,
            max_leaf_nodes=max_leaf_nodes,
            max_depth=max_depth,
            min_samples_leaf=min_samples_leaf,
            l2_regularization=l2_regularization,
            max_features=max_features,
            max_bins=max_bins,
            categorical_features=categorical_features,
            monotonic_cst=monotonic_cst,
            interaction_cst=interaction_cst,
            warm_start=warm_start,
            early_stopping=early_stopping,
            scoring=scoring,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            verbose=verbose,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most likely class, the first of equals.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Their classes.
        """
        return self._predicted(self._raw_predict(X))

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the chance of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Chances, in the order of `classes_`.
        """
        return self._shares(self._raw_predict(X))

    def decision_function(self, X: ArrayLike) -> Floats:
        """Return what the trees add up to: log odds of the second of two classes, or of each.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        return self._decided(self._raw_predict(X))

    def staged_predict(self, X: ArrayLike) -> Iterator[NDArray[Any]]:
        """Yield what :meth:`predict` returns after each iteration.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Yields
        ------
        ndarray of shape (n_samples,)
            Classes.
        """
        for raw in self._staged_raw_predict(X):
            yield self._predicted(raw)

    def staged_predict_proba(self, X: ArrayLike) -> Iterator[Floats]:
        """Yield what :meth:`predict_proba` returns after each iteration.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Yields
        ------
        ndarray of shape (n_samples, n_classes)
            Chances, in the order of `classes_`.
        """
        for raw in self._staged_raw_predict(X):
            yield self._shares(raw)

    def staged_decision_function(self, X: ArrayLike) -> Iterator[Floats]:
        """Yield what :meth:`decision_function` returns after each iteration.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Yields
        ------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            What the trees add up to so far.
        """
        for raw in self._staged_raw_predict(X):
            yield self._decided(raw)

    def _predicted(self, raw: Floats) -> NDArray[Any]:
        """Return classes from answers before the link."""
        codes = raw[:, 0] > 0 if raw.shape[1] == 1 else raw.argmax(axis=1)
        classes: NDArray[Any] = self.classes_.take(codes.astype(np.intp), axis=0)
        return classes

    def _shares(self, raw: Floats) -> Floats:
        """Return chances from answers before the link."""
        if len(self.classes_) == 1:
            return np.ones((len(raw), 1))
        if raw.shape[1] > 1:
            chances: Floats = softmax(raw, axis=1)
            return chances
        second = expit(raw[:, 0])
        return np.column_stack([1 - second, second])

    @staticmethod
    def _decided(raw: Floats) -> Floats:
        return raw[:, 0] if raw.shape[1] == 1 else raw

    def _learn_labels(self, y: NDArray[Any]) -> Floats:
        classes, codes = encode_labels(y)
        self.n_outputs_ = 1
        self._keep_classes([classes])
        return codes.astype(np.float64)

    def _keep_classes(self, classes: list[NDArray[Any]]) -> None:
        """Keep the classes, and how many trees they need."""
        self.classes_ = classes[0]
        count = len(self.classes_)
        self.n_trees_per_iteration_ = count if count > 2 else 1

    def _labels_held_out(self, y: NDArray[Any], name: str) -> Floats:
        codes = {label: code for code, label in enumerate(self.classes_.tolist())}
        try:
            unknown = set(y.tolist()) - codes.keys()
        except TypeError as error:
            raise ValueError(
                f"{name} holds what is no label ({error}); expected the classes of y, "
                f"{self.classes_.tolist()[:10]}"
            ) from error
        if unknown:
            raise ValueError(
                f"{name} contains previously unseen labels: "
                f"{sorted(map(str, unknown))[:10]}; y has the classes {self.classes_.tolist()[:10]}"
            )
        return np.array([codes[label] for label in y.tolist()], dtype=np.float64)

    def _weigh(self, y: NDArray[Any], weights: Floats | None) -> Floats | None:
        if self.class_weight is None:
            return weights
        return weigh_classes(self.class_weight, y, weights)

    def _loss(self) -> BoostingLoss:
        return BoostingLoss(self.loss, classes=len(self.classes_))

    def _check_restored(self, predictor: Any) -> None:
        expect("classes", isinstance(self.classes_, np.ndarray) and self.n_outputs_ == 1)
        labels = self.classes_.tolist()
        expect("classes", len(set(labels)) == len(labels))
        super()._check_restored(predictor)
