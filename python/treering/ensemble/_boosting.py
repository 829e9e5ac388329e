"""What boosted trees do, whatever they predict."""

from collections.abc import Callable, Iterator
from copy import copy
from numbers import Integral, Real
from time import perf_counter
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import Tags, check_random_state, column_or_1d
from sklearn.utils.validation import check_is_fitted

from treering._core.boosting import Bins, Boosting, BoostingLoss, BoostingTraining, CodedRows
from treering._core.explain import TreeModel
from treering._jobs import threads
from treering._model_file import ModelFileMixin, expect, is_row
from treering._sklearn import Interval, RealNotInt, StrOptions, fit_context
from treering.ensemble._boosting_constraints import boosting_params
from treering.ensemble._boosting_scores import Floats, Part, Scoreboard, check_weights
from treering.ensemble._boosting_warm_start import check_goes_on, kept_before
from treering.tree._categories import check_categories, encode_grid
from treering.tree._training import (
    TrainingMixin,
    checked_weights,
    unchanged_if_it_fails,
    validate_rows,
    validate_training,
)

# Beyond so many rows thresholds are those of rows drawn among them, with replacement.
_ROWS_FOR_THRESHOLDS = 200_000

# More training rows than these stop early by default.
_ROWS_TO_STOP_EARLY = 10_000

_LARGEST_SEED = np.iinfo(np.uint32).max


class BaseHistGradientBoosting(TrainingMixin, ModelFileMixin, BaseEstimator):
    """Parameters, training and raw answers of boosted trees."""

    _boosting: Boosting
    classes_: Any
    n_features_in_: int
    n_trees_per_iteration_: int
    do_early_stopping_: bool
    train_score_: Any
    validation_score_: Any
    _kept_attributes: ClassVar[tuple[str, ...]] = (
        "_categories",
        "_random_seed",
        "_column_seed",
        "_fitted_with_sw",
        "do_early_stopping_",
        "train_score_",
        "validation_score_",
    )
    _rebuilt_attributes: ClassVar = ("_boosting", "_positions", "n_trees_per_iteration_")
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 (scikit-learn's protocol)
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "max_leaf_nodes": [Interval(Integral, 2, None, closed="left"), None],
        "max_depth": [Interval(Integral, 1, None, closed="left"), None],
        "min_samples_leaf": [Interval(Integral, 1, None, closed="left")],
        "l2_regularization": [Interval(Real, 0, None, closed="left")],
        "max_features": [Interval(RealNotInt, 0, 1, closed="right")],
        "monotonic_cst": ["array-like", dict, None],
        "interaction_cst": [list, tuple, StrOptions({"pairwise", "no_interactions"}), None],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "validation_fraction": [
            Interval(RealNotInt, 0, 1, closed="neither"),
            Interval(Integral, 1, None, closed="left"),
            None,
        ],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_bins": [Interval(Integral, 2, 255, closed="both")],
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "warm_start": ["boolean"],
        "early_stopping": [StrOptions({"auto"}), "boolean"],
        "scoring": [str, callable, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        loss: str,
        *,
        learning_rate: float,
        max_iter: int,
        max_leaf_nodes: int | None,
        max_depth: int | None,
        min_samples_leaf: int,
        l2_regularization: float,
        max_features: float,
        max_bins: int,
        categorical_features: ArrayLike | str | None,
        monotonic_cst: ArrayLike | dict[str, int] | None,
        interaction_cst: Any,
        warm_start: bool,
        early_stopping: bool | str,
        scoring: str | Callable[..., float] | None,
        validation_fraction: float | None,
        n_iter_no_change: int,
        tol: float,
        verbose: int,
        random_state: int | np.random.RandomState | None,
    ) -> None:
        self.loss = loss
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.max_leaf_nodes = max_leaf_nodes
        self.max_depth = max_depth
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.max_features = max_features
        self.max_bins = max_bins
        self.categorical_features = categorical_features
        self.monotonic_cst = monotonic_cst
        self.interaction_cst = interaction_cst
        self.warm_start = warm_start
        self.early_stopping = early_stopping
        self.scoring = scoring
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state

    # ---- what classifiers and regressors do in their own ways

    def _learn_labels(self, y: NDArray[Any]) -> Floats:
        """Return labels as the core reads them; keep classes."""
        raise NotImplementedError

    def _labels_held_out(self, y: NDArray[Any], name: str) -> Floats:
        """Return the labels of rows held out, as the core reads them; errors call them `name`."""
        raise NotImplementedError

    def _loss(self) -> BoostingLoss:
        """Return what is lowered."""
        raise NotImplementedError

    # ---- training

    @fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Boost trees, each on what those before it have left.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows; compared in double precision. NaN means missing.
        y : array-like of shape (n_samples,)
            Their labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Their weights, 0 or more.
        X_val : array-like of shape (n_val, n_features), default=None
            Rows that early stopping looks at, instead of some of X.
        y_val : array-like of shape (n_val,), default=None
            Their labels.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights, 0 or more.

        Returns
        -------
        object
            This estimator, fitted.

        Raises
        ------
        TypeError
            If X is sparse.
        ValueError
            If shapes do not fit together, a column has more categories than `max_bins`, or
            parameters are outside their range or contradict one another.
        """
        with unchanged_if_it_fails(self):
            started = perf_counter()
            goes_on = bool(self.warm_start) and "_boosting" in vars(self)
            before = kept_before(self)
            _refuse_sparse(X)
            rows, labels, weights = validate_training(self, X, y, sample_weight)
            _refuse_columns_of_labels("y", labels)
            if not goes_on:  # which keeps its bins
                self._check_counts_of_categories()
            whole = Part(rows, self._learn_labels(labels), self._weigh(labels, weights))
            if goes_on:
                check_goes_on(self, before)
            held_out = self._given_to_hold_out(X_val, y_val, sample_weight_val)
            self._draw_seeds(goes_on)
            stops = self.early_stopping
            if isinstance(stops, str):
                stops = held_out is not None or len(rows) > _ROWS_TO_STOP_EARLY
            self.do_early_stopping_ = bool(stops)
            train = whole
            if stops and held_out is None and self.validation_fraction is not None:
                train, held_out = self._part(whole)
                check_weights(self.validation_fraction, train, held_out)
            self._fitted_with_sw = sample_weight is not None
            self._boost(train, held_out if stops else None, goes_on)
            if self.verbose:
                leaves, _ = self._boosting.size(0)
                seconds = perf_counter() - started
                print(f"boosted {self.n_iter_} iterations, {leaves} leaves: {seconds:.2f} s")  # noqa: T201 (asked for)
        return self

    def _counts_of_categories(self) -> list[int | None]:
        """Return how many categories each column has; None for columns of numbers."""
        categories = self._categories or [None] * self.n_features_in_
        return [None if each is None else len(each) for each in categories]

    def _check_counts_of_categories(self) -> None:
        for column, count in enumerate(self._counts_of_categories()):
            if count is not None and count > self.max_bins:
                names = getattr(self, "feature_names_in_", None)
                name = f"at index {column}" if names is None else repr(names[column])
                raise ValueError(
                    f"Categorical feature {name} is expected to have a cardinality <= "
                    f"{self.max_bins} but actually has a cardinality of {count}. Raise "
                    "max_bins (to 255 at most), join rare categories, or encode the column"
                )

    def _given_to_hold_out(self, X_val: Any, y_val: Any, weights: Any) -> Part | None:
        """Check the rows that early stopping is given to look at."""
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
            raise ValueError(f"{given} is provided, but {missing} was not provided.")
        if self.early_stopping is False:
            raise ValueError(
                "X_val and y_val are passed to fit while at the same time early_stopping is False. "
                "When passing X_val and y_val to fit, early_stopping should be set to either "
                "'auto' or True."
            )
        _refuse_sparse(X_val)
        rows = validate_rows(self, X_val)
        try:
            labels = np.asarray(y_val)
        except ValueError as error:
            raise ValueError(f"y_val should be a 1d array of labels: {error}") from error
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = column_or_1d(labels, warn=True)
        _refuse_columns_of_labels("y_val", labels)
        if len(labels) != len(rows):
            raise ValueError(
                "Found input variables with inconsistent numbers of samples: X_val has "
                f"{len(rows)} rows, y_val {len(labels)} labels"
            )
        if weights is not None:
            weights = checked_weights("sample_weight_val", weights, rows)
        return Part(rows, self._labels_held_out(labels, "y_val"), weights)

    def _draw_seeds(self, goes_on: bool) -> None:
        """Draw the seeds of all random choices; a warm start keeps those of the first fit."""
        if goes_on:
            return
        random = check_random_state(self.random_state)
        self._random_seed = int(random.randint(_LARGEST_SEED, dtype="u8"))
        self._column_seed = int(random.randint(_LARGEST_SEED, dtype="u8"))

    def _part(self, whole: Part) -> tuple[Part, Part]:
        """Hold some rows out, of each class its share."""
        places = train_test_split(
            np.arange(len(whole.labels)),
            test_size=self.validation_fraction,
            stratify=whole.labels if is_classifier(self) else None,
            random_state=self._random_seed,
        )
        train, held_out = map(whole.taken, places)
        return train, held_out

    def _boost(self, train: Part, held_out: Part | None, goes_on: bool) -> None:
        """Boost trees on some rows until the scores of others, or of these, no longer improve."""
        params, loss = boosting_params(self), self._loss()
        jobs = threads(None)
        if goes_on:
            model = self._boosting
            coded = model.bins.code(train.rows, jobs)
        else:
            bins, coded = self._coded(train, jobs)
            classes = len(self.classes_) if is_classifier(self) else None
            baseline = loss.baseline(train.labels, train.weights).tolist()
            model = Boosting.empty(bins, classes, baseline)
        training = BoostingTraining(
            model, coded, train.labels, train.weights, loss, self._column_seed, jobs
        )
        scores = None
        if goes_on:
            self.train_score_ = self.train_score_.tolist()
            self.validation_score_ = self.validation_score_.tolist()
        else:
            self.train_score_, self.validation_score_ = [], []
        if self.do_early_stopping_:
            scores = Scoreboard(self, loss, train, held_out, jobs)
            scores.begin(model)
            if not goes_on:
                scores.keep(training)
        for iteration in range(len(model), int(self.max_iter)):
            started = perf_counter()
            training.boost(params, jobs)
            if scores is not None:
                scores.follow(training)
                scores.keep(training)
            if self.verbose > 1:
                self._tell(iteration, training, perf_counter() - started)
            if scores is not None and scores.should_stop():
                break
        self._boosting = training.model()
        self.train_score_ = np.array(self.train_score_, dtype=np.float64)
        self.validation_score_ = np.array(self.validation_score_, dtype=np.float64)

    def _tell(self, iteration: int, training: BoostingTraining, seconds: float) -> None:
        leaves, depth = training.last_size()
        line = f"[{iteration + 1}/{self.max_iter}] {leaves} leaves, depth {depth}"
        for name, scores in (("train", self.train_score_), ("val", self.validation_score_)):
            if scores:
                line += f", {name} score {scores[-1]:.5f}"
        print(f"{line}: {seconds:.3f} s")  # noqa: T201 (asked for)

    def _coded(self, train: Part, jobs: int | None) -> tuple[Bins, CodedRows]:
        """Return thresholds and the training rows as codes, those of a fit before if it shares."""
        # What follows from draws is shared by fits of the same seed alone.
        is_drawn = self.do_early_stopping_ or len(train.labels) > _ROWS_FOR_THRESHOLDS
        seed = self._random_seed if is_drawn else None
        shared = vars(self).get("_shared_codes", {})
        if seed not in shared:
            bins = self._learn_bins(train, jobs)
            shared[seed] = bins, bins.code(train.rows, jobs)
        codes: tuple[Bins, CodedRows] = shared[seed]
        return codes

    def _learn_bins(self, train: Part, jobs: int | None) -> Bins:
        """Return the thresholds of each column, or the number of its categories."""
        count, weights, drawn = len(train.labels), train.weights, None
        if count > _ROWS_FOR_THRESHOLDS:
            chances = None if weights is None else weights / weights.sum()
            random = check_random_state(self._random_seed)
            drawn = random.choice(count, _ROWS_FOR_THRESHOLDS, p=chances, replace=True)
            drawn, weights = drawn.astype(np.uint32), None
        return Bins.learn(
            train.rows,
            drawn,
            weights,
            self._counts_of_categories(),
            int(self.max_bins),
            jobs,
        )

    # ---- searches

    def _fit_sharing(self, X: Any, y: Any, codes: dict[int | None, Any]) -> Self:
        """Fit, with the codes of fits before on the same rows, or leave them to those after."""
        self._shared_codes = codes
        try:
            fitted: Self = self.fit(X, y)
        finally:
            del self._shared_codes
        return fitted

    def _first(self, max_iter: int) -> Self:
        """Return the model as a fit of fewer iterations gives it."""
        model = copy(self)
        model.max_iter = max_iter
        model._boosting = self._boosting.first(int(max_iter))
        for name in ("train_score_", "validation_score_"):
            setattr(model, name, getattr(self, name)[: int(max_iter) + 1])
        return model

    # ---- prediction

    @property
    def n_iter_(self) -> int:
        """The number of iterations."""
        check_is_fitted(self)
        return len(self._boosting)

    def __sklearn_is_fitted__(self) -> bool:
        return "_boosting" in vars(self)

    def _rows(self, X: Any) -> NDArray[Any]:
        check_is_fitted(self)
        _refuse_sparse(X)
        return validate_rows(self, X)

    def _raw_predict(self, X: Any) -> Floats:
        """Return answers before the link: a row of numbers for each row."""
        rows = self._rows(X)
        return self._boosting.raw(rows, threads(None, rows.shape[0]))

    def _staged_raw_predict(self, X: Any) -> Iterator[Floats]:
        """Yield answers before the link, after each iteration."""
        rows = self._rows(X)
        jobs = threads(None, rows.shape[0])
        model = self._boosting
        coded = model.bins.code(rows, jobs)
        raw = np.zeros((len(rows), model.width))
        for iteration in range(len(model)):
            raw = raw + model.added(coded, iteration, iteration + 1, jobs)
            yield raw

    def _compute_partial_dependence_recursion(
        self, grid: ArrayLike, target_features: ArrayLike
    ) -> Floats:
        """Return the mean answer of the trees for a grid of values; scikit-learn asks for it."""
        if self._fitted_with_sw:
            raise NotImplementedError(
                f"{type(self).__name__} does not support partial dependence plots with the "
                "'recursion' method when sample weights were given during fit time."
            )
        values = np.asarray(encode_grid(self, grid, target_features), dtype=np.float64)
        columns = np.asarray(target_features, dtype=np.int64).tolist()
        return np.array(
            [
                self._boosting.partial_dependence(values, columns, output)
                for output in range(self._boosting.width)
            ]
        )

    # ---- explanation

    def _trees_to_explain(self) -> tuple[TreeModel, ...]:
        model = self._boosting
        return tuple(TreeModel.of_boosting(model, output) for output in range(model.width))

    def _rows_to_explain(self, X: Any) -> Any:
        """Return rows as the trees compare them."""
        return self._rows(X)

    def _answers_to_explain(self, X: Any) -> Floats:
        return self._raw_predict(X)

    def _base_to_explain(self) -> Floats:
        """Return what every answer begins with."""
        return self._boosting.baseline

    # ---- the model file

    def _file_predictor(self) -> Boosting:
        return self._boosting

    def _check_restored(self, predictor: Any) -> None:
        kept: dict[str, Any] = vars(self)
        expect("predictor", isinstance(predictor, Boosting))
        expect("number of columns", predictor.columns == self.n_features_in_)
        for name in ("_random_seed", "_column_seed"):
            seed = kept.get(name)
            expect(name, type(seed) is int and 0 <= seed < _LARGEST_SEED)
        for name in ("do_early_stopping_", "_fitted_with_sw"):
            expect(name, type(kept.get(name)) is bool)
        for name in ("train_score_", "validation_score_"):
            scores = kept.get(name)
            expect(name, isinstance(scores, np.ndarray) and is_row(scores, scores.size))
        check_categories(self)
        expect("categories_", predictor.categories == self._counts_of_categories())
        self.n_trees_per_iteration_ = predictor.width
        self._boosting = predictor

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.target_tags.multi_output = False
        return tags


def _refuse_sparse(X: Any) -> None:
    if issparse(X):
        raise TypeError(
            f"Sparse data was passed for X, a {type(X).__name__}, but dense data is required. Use "
            "'.toarray()' to convert to a dense numpy array; forests take sparse data"
        )


def _refuse_columns_of_labels(name: str, labels: NDArray[Any]) -> None:
    if labels.ndim != 1:
        raise ValueError(
            f"{name} should be a 1d array, got an array of shape {labels.shape} instead: boost a "
            "model for each column of y"
        )
