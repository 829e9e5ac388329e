"""Boosted trees for numbers."""

from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from treering._core.boosting import BoostingLoss
from treering._model_file import expect
from treering._sklearn import Interval, StrOptions
from treering._validation import refuse_dates
from treering.ensemble._boosting import BaseHistGradientBoosting
from treering.ensemble._boosting_scores import Floats

# Losses of logarithms
_LOGARITHMIC = ("gamma", "poisson")


class HistGradientBoostingRegressor(RegressorMixin, BaseHistGradientBoosting):
    """Gradient boosting of trees on binned columns, for numbers, under scikit-learn's names.

    Parameters, attributes and semantics are those of
    :class:`sklearn.ensemble.HistGradientBoostingRegressor` 1.9. Sums of gradients are exact in
    whole numbers: the result does not depend on the number of threads. Missing values (NaN) are
    learned.

    Parameters
    ----------
    loss : {"squared_error", "absolute_error", "gamma", "poisson", "quantile"}, \
            default="squared_error"
        What is lowered. "gamma" and "poisson" boost the logarithm of the mean; the first is for
        numbers above 0, the second for numbers of 0 or more.
    quantile : float, default=None
        Which quantile the loss "quantile" estimates, 0 to 1.
    learning_rate : float, default=0.1
        What the values of leaves are multiplied by.
    max_iter : int, default=100
        The most iterations.
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
        For each column whether answers may only grow (1) or fall (-1) with it, or
        do as they like (0); a dict names columns.
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

    Attributes
    ----------
    n_features_in_ : int
        The number of columns seen by `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are strings.
    n_iter_ : int
        The number of iterations.
    n_trees_per_iteration_ : int
        One.
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
    HistGradientBoostingClassifier : The same for classes.
    RandomForestRegressor : Trees that do not depend on one another.

    References
    ----------
    G. Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NIPS 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from treering.ensemble import HistGradientBoostingRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = HistGradientBoostingRegressor().fit(X, y)
    >>> model.score(X, y) > 0.9
    True
    """

    n_outputs_: int
    # Whether trees answer with logarithms: told by the loss of the fit, whatever is set after it.
    _is_logarithmic: bool
    _kept_attributes: ClassVar = (*BaseHistGradientBoosting._kept_attributes, "_is_logarithmic")
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        **BaseHistGradientBoosting._parameter_constraints,
        "loss": [StrOptions({"squared_error", "absolute_error", "gamma", "poisson", "quantile"})],
        "quantile": [Interval(Real, 0, 1, closed="both"), None],
    }

    def __init__(
        self,
        loss: str = "squared_error",
        *,
        quantile: float | None = None,
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
        self.quantile = quantile

    def predict(self, X: ArrayLike) -> Floats:
        """Return a number for each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self._predicted(self._raw_predict(X))

    def staged_predict(self, X: ArrayLike) -> Iterator[Floats]:
        """Yield what :meth:`predict` returns after each iteration.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Yields
        ------
        ndarray of shape (n_samples,)
            Numbers.
        """
        for raw in self._staged_raw_predict(X):
            yield self._predicted(raw)

    def _predicted(self, raw: Floats) -> Floats:
        """Return numbers from answers before the link."""
        numbers = raw[:, 0]
        return np.exp(numbers) if self._is_logarithmic else numbers

    def _learn_labels(self, y: NDArray[Any]) -> Floats:
        self.n_trees_per_iteration_ = self.n_outputs_ = 1
        self._is_logarithmic = self.loss in _LOGARITHMIC
        numbers = self._labels_held_out(y, "y")
        if self.loss == "poisson" and not numbers.sum() > 0:
            raise ValueError(
                f"loss='poisson' requires non-negative y and sum(y) > 0. The sum is {numbers.sum()}"
            )
        return numbers

    def _labels_held_out(self, y: NDArray[Any], name: str) -> Floats:
        refuse_dates(name, y)
        try:
            numbers = np.ascontiguousarray(y, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{name} must hold numbers, of which a regressor learns the mean ({error}); for "
                "text and other classes use a classifier"
            ) from error
        if not np.isfinite(numbers).all():
            place = int(np.flatnonzero(~np.isfinite(numbers))[0])
            raise ValueError(
                f"Input {name} contains NaN or infinity: row {place} holds {numbers[place]}; "
                "expected finite numbers"
            )
        if self.loss == "gamma" and not (numbers > 0).all():
            raise ValueError(
                f"loss='gamma' requires strictly positive {name}. The least is {numbers.min()}"
            )
        if self.loss == "poisson" and not (numbers >= 0).all():
            raise ValueError(
                f"loss='poisson' requires non-negative {name} and sum(y) > 0. The least is "
                f"{numbers.min()}"
            )
        return numbers

    def _loss(self) -> BoostingLoss:
        if self.loss != "quantile":
            return BoostingLoss(self.loss)
        if self.quantile is None:
            raise ValueError("loss='quantile' needs quantile=..., a number from 0 to 1; got None")
        return BoostingLoss(self.loss, quantile=float(self.quantile))

    def _check_restored(self, predictor: Any) -> None:
        expect("number of outputs", self.n_outputs_ == 1)
        # Files of the first versions do not hold it: the loss is that of the fit.
        self._is_logarithmic = vars(self).get("_is_logarithmic", self.loss in _LOGARITHMIC)
        expect("_is_logarithmic", type(self._is_logarithmic) is bool)
        super()._check_restored(predictor)
