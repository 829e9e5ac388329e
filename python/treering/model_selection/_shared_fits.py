"""Models of many candidates on many splits, from as few fits as give them all.

Candidates that prepare rows alike share the prepared rows of each split, and their codes. Those
whose forests can be read from one another share one forest, and those that boost alike for more
or fewer iterations share the longest training.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy, deepcopy
from dataclasses import dataclass, field
from functools import cache
from time import perf_counter
from typing import Any, Self

import numpy as np
from joblib import parallel_config
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from treering._core import InternalError
from treering._core.ensemble import ForestParams
from treering._core.model_selection import CodedRows
from treering._jobs import threads
from treering._sklearn import num_samples, safe_indexing, score_model, scores_answers
from treering._validation import read_rows
from treering.model_selection._candidates import BOOSTED, Candidate, CannotShareError
from treering.tree._training import adopt_columns, adopt_labels

# Folds are grown together until they have so many trees: enough to keep all threads busy
TREES_AT_A_TIME = 64

# Codes of folds that are grown together take about so many bytes at most
BYTES_AT_A_TIME = 1 << 28


def positions(rows: ArrayLike, count: int) -> NDArray[np.int64]:
    """Row numbers from a mask or from row numbers, negative ones included."""
    rows = np.asarray(rows)
    is_mask = rows.dtype == bool
    if (
        rows.ndim != 1
        or not (is_mask or rows.dtype.kind in "iu")
        or (is_mask and len(rows) != count)
    ):
        raise CannotShareError
    numbers = np.flatnonzero(rows) if is_mask else rows.astype(np.int64)
    if len(numbers) and not (-count <= numbers.min() and numbers.max() < count):
        raise CannotShareError
    return np.where(numbers < 0, numbers + count, numbers)


@dataclass(frozen=True)
class Fold:
    """One split of the training set, as learners see its rows."""

    split: int
    # Which of the coded rows train; None for all of them
    train: NDArray[np.int64] | None
    training_rows: Callable[[], tuple[Any, Any]]
    test_rows: Callable[[], tuple[Any, Any]]
    # What was fitted to the training rows before the learners, and in what time
    preparation: Pipeline | None
    seconds: float


@dataclass(frozen=True)
class FoldLabels:
    """What learners that take labels alike learn from those of a fold."""

    fold: Fold
    # Knows the columns and the labels
    learner: Any
    codes: NDArray[Any]
    class_counts: list[int] | None
    weights: NDArray[np.float64] | None

    @classmethod
    def of(cls, fold: Fold, seen: Any, y: NDArray[Any]) -> Self:
        """Learn the labels of a fold; `seen` saw the columns."""
        labels = y if fold.train is None else y[fold.train]
        learner = clone(seen)
        adopt_columns(learner, seen)
        codes, class_counts = learner._learn(labels)
        return cls(fold, learner, codes, class_counts, learner._weigh(labels, None))

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns that train."""
        return len(self.codes), self.learner.n_features_in_


@dataclass
class Coding:
    """Rows that are coded once, and the folds that train on them."""

    X: Any
    y: Any
    folds: list[Fold]
    rows: CodedRows | None = None
    labels: dict[Hashable, list[FoldLabels]] = field(default_factory=dict)

    def code(self, candidate: Candidate, workers: int | None) -> tuple[CodedRows, list[FoldLabels]]:
        """Code rows and learn labels as a candidate does, unless one before it did the same."""
        labels = self.labels.get(candidate.labels_key)
        if self.rows is None or labels is None:
            seen = clone(candidate.learner)
            X, y, _ = seen._validate_training(self.X, self.y, None)
            if self.rows is None:
                self.rows = read_rows(seen, CodedRows, X, workers)
            labels = [FoldLabels.of(fold, seen, y) for fold in self.folds]
            self.labels[candidate.labels_key] = labels
        return self.rows, labels


@dataclass(frozen=True)
class Fit:
    """A fitted model of one candidate on one split."""

    place: int
    candidate: Candidate
    fold: Fold
    learner: Any
    # The preparation, and a share of the time of the fits that gave the model
    seconds: float

    def estimator(self) -> Any:
        """Return the fitted estimator: the learner behind what prepares its rows."""
        if self.candidate.learner is self.candidate.estimator:
            return self.learner
        steps = self.candidate.estimator.steps
        before = steps[:-1] if self.fold.preparation is None else self.fold.preparation.steps
        # What is done to the steps of one model is done to no other.
        before = deepcopy(before)
        whole = copy(self.candidate.estimator)
        whole.steps = [*before, (steps[-1][0], self.learner)]
        return whole


class SharedFits:
    """Fits of candidates on the splits of one training set.

    Parameters
    ----------
    X, y : array-like
        The training set.
    splits : sequence of (train, test)
        Rows of each split.
    n_jobs : int or None
        How many threads to use; None means what the learners say.

    Raises
    ------
    CannotShareError
        If there is no split, or one is none of rows of X.
    """

    def __init__(self, X: Any, y: Any, splits: Sequence[Any], n_jobs: int | None) -> None:
        count = num_samples(X)
        self.X, self.y, self.n_jobs = X, y, n_jobs
        self.splits = [(positions(train, count), positions(test, count)) for train, test in splits]
        if not self.splits:
            raise CannotShareError

    def of(self, candidates: Sequence[Candidate]) -> Iterator[Fit]:
        """Yield the model of each candidate on each split, family by family.

        Raises
        ------
        CannotShareError
            If a fit fails: a fit of its own tells scikit-learn's callers how.
        """
        prepared: dict[Any, dict[Any, list[tuple[int, Candidate]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for place, candidate in enumerate(candidates):
            prepared[candidate.rows_key][candidate.family_key].append((place, candidate))
        for families in prepared.values():
            preparation = next(iter(families.values()))[0][1].preparation
            boosted = [each for each in families.values() if type(each[0][1].learner) in BOOSTED]
            grown = [each for each in families.values() if type(each[0][1].learner) not in BOOSTED]
            if len(boosted) == len(candidates) == 1:
                # There is nothing to share.
                raise CannotShareError
            codings: Any = self._codings(preparation)
            if len(families) > 1:
                codings = list(codings)
            for family in grown:
                for coding in codings:
                    yield from self._fits(family, coding)
            if boosted:
                for coding in codings:
                    yield from self._boosted_fits(boosted, coding)

    def scores(
        self, fit: Fit, scorer: Any, error_score: float | str, *, of_training: bool = False
    ) -> Any:
        """Return the score of a model, or a dict of scores, as scikit-learn's searches do."""
        if scores_answers(scorer):
            model = fit.learner
            X, y = fit.fold.training_rows() if of_training else fit.fold.test_rows()
        else:
            model = fit.estimator()
            X, y = self._rows(self.splits[fit.fold.split][0 if of_training else 1])
        # A metric may write into the labels.
        return score_model(model, X, deepcopy(y), scorer, None, error_score)

    def _rows(self, rows: NDArray[np.int64]) -> tuple[Any, Any]:
        return safe_indexing(self.X, rows), safe_indexing(self.y, rows)

    def _codings(self, preparation: Pipeline | None) -> Iterator[Coding]:
        """Yield rows to be coded: those of X for all folds, or prepared ones for each."""
        if preparation is None:
            yield Coding(self.X, self.y, [self._fold(split) for split in range(len(self.splits))])
            return
        for split in range(len(self.splits)):
            yield self._prepared(split, preparation)

    def _fold(self, split: int) -> Fold:
        train, test = self.splits[split]
        return Fold(split, train, lambda: self._rows(train), lambda: self._rows(test), None, 0.0)

    def _prepared(self, split: int, preparation: Pipeline) -> Coding:
        (X_train, y_train), (X_test, y_test) = map(self._rows, self.splits[split])
        started = perf_counter()
        with _left_to_own_fits():
            fitted = clone(preparation)
            X_learned = fitted.fit_transform(X_train, y_train)
            seconds = perf_counter() - started

        # Some transformers give the rows that they are fitted to other values than later ones.
        @cache
        def training_rows() -> tuple[Any, Any]:
            with _left_to_own_fits():
                return _transformed(fitted, X_train), y_train

        @cache
        def test_rows() -> tuple[Any, Any]:
            with _left_to_own_fits():
                return _transformed(fitted, X_test), y_test

        fold = Fold(split, None, training_rows, test_rows, fitted, seconds)
        return Coding(X_learned, y_train, [fold])

    def _fits(self, family: list[tuple[int, Candidate]], coding: Coding) -> Iterator[Fit]:
        """Yield the models of candidates whose forests are read from one, for each fold."""
        with _left_to_own_fits():
            first = family[0][1]
            jobs = self.n_jobs if self.n_jobs is not None else _jobs_of(first.learner)
            workers = threads(jobs)
            rows, labels = coding.code(first, workers)
            plans = [_FamilyPlan(family, of_fold) for of_fold in labels]
        bytes_of_fold = 4 * num_samples(coding.X) * labels[0].learner.n_features_in_
        together = min(
            -(-TREES_AT_A_TIME // max(plan.params.n_estimators for plan in plans)),
            max(1, BYTES_AT_A_TIME // max(1, bytes_of_fold)),
        )
        for start in range(0, len(plans), together):
            some = plans[start : start + together]
            started = perf_counter()
            with _left_to_own_fits():
                forests = rows.grow([plan.training for plan in some], workers)
            seconds = (perf_counter() - started) / (len(some) * len(family))
            # Candidate by candidate, so that one is done with all folds as soon as can be.
            for number in range(len(family)):
                for plan, forest in zip(some, forests, strict=True):
                    place, candidate, learner, params = plan.members[number]
                    with _left_to_own_fits():
                        limited = forest.limited(params, plan.params, workers)
                    learner._adopt(limited, plan.sampling(params))
                    fold = plan.labels.fold
                    yield Fit(place, candidate, fold, learner, fold.seconds + seconds)

    def _boosted_fits(
        self, families: list[list[tuple[int, Candidate]]], coding: Coding
    ) -> Iterator[Fit]:
        """Yield boosted models, for each fold: candidates of a family are read from the longest."""
        for fold in coding.folds:
            X, y = coding.X, coding.y
            if fold.train is not None:
                X, y = safe_indexing(X, fold.train), safe_indexing(y, fold.train)
            codes: dict[Hashable, dict[int | None, Any]] = defaultdict(dict)
            for family in families:
                started = perf_counter()
                with _left_to_own_fits(), self._threads_limited():
                    for _, candidate in family:
                        candidate.learner._validate_params()
                    longest = max((each.learner for _, each in family), key=_iterations_of)
                    fitted = clone(longest)
                    fitted._fit_sharing(X, y, codes[family[0][1].labels_key])
                seconds = (perf_counter() - started) / len(family)
                for place, candidate in family:
                    learner = fitted._first(candidate.learner.max_iter)
                    yield Fit(place, candidate, fold, learner, fold.seconds + seconds)

    def _threads_limited(self) -> AbstractContextManager[Any]:
        """Limit the threads of what asks joblib's configuration."""
        return nullcontext() if self.n_jobs is None else parallel_config(n_jobs=self.n_jobs)


class _FamilyPlan:
    """The one forest from which those of a family are read, on one fold."""

    def __init__(self, family: list[tuple[int, Candidate]], labels: FoldLabels) -> None:
        self.labels = labels
        self.members = []
        seeds = []
        for place, candidate in family:
            learner = clone(candidate.learner)
            adopt_columns(learner, labels.learner)
            adopt_labels(learner, labels.learner)
            params, seed = learner._plan_fold(labels.shape, labels.weights)
            self.members.append((place, candidate, learner, params))
            seeds.append(seed)
        loosest = ForestParams.loosest([params for *_, params in self.members])
        if loosest is None:
            raise InternalError("candidates of one family are not nested in each other")
        self.params = loosest
        learned = (labels.codes, labels.class_counts, labels.weights)
        self.training = (labels.fold.train, *learned, loosest, seeds[0])

    def sampling(self, params: ForestParams) -> Any:
        """Return what the rows that a forest drew follow from."""
        return len(self.labels.codes), params.bootstrap_draws, self.labels.weights


def _transformed(fitted: Pipeline, X: Any) -> Any:
    """Prepare rows by fitted steps, of which some keep nothing that says that they are fitted."""
    for _, step in fitted.steps:
        if step not in (None, "passthrough"):
            X = step.transform(X)
    return X


def _iterations_of(learner: Any) -> int:
    """How many iterations a boosted learner asks for."""
    return int(learner.max_iter)


def _jobs_of(learner: Any) -> int | None:
    """How many threads a learner asks for; single trees say nothing."""
    jobs: int | None = getattr(learner, "n_jobs", None)
    return jobs


@contextmanager
def _left_to_own_fits() -> Iterator[None]:
    """Leave what fails here to fits of its own, which say what failed and go on without it."""
    try:
        yield
    except InternalError:
        raise
    except Exception as error:
        raise CannotShareError from error
