"""What a search does whose candidates share fits."""

import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Self

from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import Tags, get_tags, indexable
from sklearn.utils.parallel import Parallel, delayed

from treering._jobs import check_jobs
from treering._sklearn import (
    fit_and_score,
    fit_context,
    named_scorers,
    num_samples,
    report_failures,
)
from treering._validation import checked_sparse
from treering.model_selection._calls import refuse_metrics
from treering.model_selection._candidates import CannotShareError, candidate_of, may_share
from treering.model_selection._outcomes import Outcome, Scoring
from treering.model_selection._shared_fits import SharedFits

# What a fit of before has left, which candidates of now have nothing to do with
_OF_BEFORE = {
    "best_estimator_",
    "best_index_",
    "best_params_",
    "best_score_",
    "cv_results_",
    "feature_names_in_",
    "refit_time_",
}

# The outcome of each candidate on each split
_Done = dict[int, dict[int, Outcome]]


class SharingSearch:
    """A search whose candidates share fits where they can."""

    @fit_context(prefer_skip_nested_validation=False)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Try all candidates, and fit the best one to all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their classes or numbers.
        **params : dict of str to object
            `groups` for the splitter. Anything else goes to `fit` and the scorer, by scikit-learn's
            own search.

        Returns
        -------
        object
            This search, fitted.

        Raises
        ------
        KeyboardInterrupt
            If it is stopped. `cv_results_` then holds the candidates that were done, and
            `best_params_` the best of them; of searches that scikit-learn does, there are none.
        """
        search: Any = self
        by_scikit_learn: Any = super()
        check_jobs(search.n_jobs)
        X = checked_sparse(X)
        others = {name: value for name, value in params.items() if name != "groups"}
        has_callbacks = bool(getattr(self, "_skl_callbacks", None))
        if not has_callbacks and may_share(search.estimator, y, others):
            _Run(search, X, y, params.get("groups")).finish()
        else:
            try:
                by_scikit_learn.fit(X, y, **params)
            except KeyboardInterrupt:
                _forget_fit(search)
                raise
        return self

    def __sklearn_tags__(self) -> Tags:
        by_scikit_learn: Any = super()
        tags: Tags = by_scikit_learn.__sklearn_tags__()
        search: Any = self
        # Whoever asks what a search takes asks what its estimator takes.
        tags.input_tags.allow_nan = get_tags(search.estimator).input_tags.allow_nan
        return tags


class SharingHalving(SharingSearch):
    """The same for searches that halve the candidates again and again."""

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        self._n_samples_orig = num_samples(X)
        super().fit(X, y, **params)
        search: Any = self
        # That of the last round, whoever chose it.
        search.best_score_ = search.cv_results_["mean_test_score"][search.best_index_]
        return self


class _Run:
    """One run of a search over candidates that share fits."""

    def __init__(self, search: Any, X: Any, y: Any, groups: Any) -> None:
        self.search = search
        refuse_metrics(search.scoring)
        self.scorer, self.refit_metric = search._get_scorers()
        self.X, self.y = indexable(X, y)
        self.groups = groups
        self.params: list[dict[str, Any]] = []
        self.outcomes: list[Outcome] = []
        self.more: dict[str, list[Any]] = defaultdict(list)
        self.results: dict[str, Any] = {}

    def finish(self) -> None:
        """Try all candidates, and fit the best."""
        search, X, y = self.search, self.X, self.y
        cv = check_cv(search.cv, y, classifier=is_classifier(search.estimator))
        search._checked_cv_orig = cv
        search._check_input_parameters(X=X, y=y, split_params={"groups": self.groups})
        search.n_splits_ = cv.get_n_splits(X, y, groups=self.groups)
        context = search._init_callback_context(max_subtasks=1 + (search.refit is not False))
        context = context.call_on_fit_task_begin(estimator=search, X=X, y=y, metadata=None)
        try:
            search._run_search(self.evaluate, callback_ctx=context)
        except KeyboardInterrupt:
            _forget_fit(search)
            if self.results:
                # Not every choice of the best can be made among some of the candidates.
                with suppress(Exception):
                    self._keep_best()
            raise
        self._keep_best()
        if search.refit:
            self._refit()
        context.call_on_fit_task_end(estimator=search, X=X, y=y, metadata=None)

    def evaluate(
        self,
        candidate_params: Iterable[dict[str, Any]],
        cv: Any = None,
        more_results: dict[str, list[Any]] | None = None,
        callback_ctx: Any = None,  # noqa: ARG002 (searches with callbacks go through scikit-learn)
    ) -> dict[str, Any]:
        """Score candidates on all splits; return the results of all so far."""
        search = self.search
        all_params = list(candidate_params)
        splits = list((cv or search._checked_cv_orig).split(self.X, self.y, groups=self.groups))
        if len(splits) != search.n_splits_:
            raise ValueError(
                "cv.split and cv.get_n_splits return inconsistent results. Expected "
                f"{search.n_splits_} splits, got {len(splits)}"
            )
        if not splits or not all_params:
            raise ValueError(
                "No fits were performed. Was the CV iterator empty? Were there no candidates?"
            )
        done: dict[int, dict[int, Outcome]] = defaultdict(dict)
        try:
            self._share(all_params, splits, done)
            left = [place for place in range(len(all_params)) if len(done[place]) < len(splits)]
            self._fit_alone(left, all_params, splits, done)
        except KeyboardInterrupt:
            with suppress(Exception):
                self._add(all_params, splits, done, more_results or {})
            raise
        self._add(all_params, splits, done, more_results or {})
        return self.results

    def _share(self, all_params: list[dict[str, Any]], splits: list[Any], done: _Done) -> None:
        """Score the candidates whose fits can be shared, until one of them fails."""
        search = self.search
        places, shared = [], []
        for place, params in enumerate(all_params):
            with suppress(CannotShareError):
                shared.append(candidate_of(search.estimator, params))
                places.append(place)
        progress = type(search).__name__ if search.verbose else None
        scoring = Scoring(self.scorer, search.error_score, of_training=search.return_train_score)
        with suppress(CannotShareError):
            fits = SharedFits(self.X, self.y, splits, search.n_jobs)
            for number, split, outcome in scoring.outcomes(fits, shared, progress):
                done[places[number]][split] = outcome

    def _fit_alone(
        self, places: list[int], all_params: list[dict[str, Any]], splits: list[Any], done: _Done
    ) -> None:
        """Score the other candidates as scikit-learn does: a fit for each on each split."""
        search = self.search
        outcomes = _parallel(search)(
            delayed(fit_and_score)(
                clone(search.estimator),
                self.X,
                self.y,
                scorer=self.scorer,
                train=train,
                test=test,
                verbose=search.verbose,
                parameters=all_params[place],
                fit_params=None,
                score_params=None,
                return_train_score=search.return_train_score,
                return_n_test_samples=True,
                return_times=True,
                error_score=search.error_score,
            )
            for place in places
            for train, test in splits
        )
        for number, outcome in enumerate(outcomes):
            done[places[number // len(splits)]][number % len(splits)] = outcome

    def _add(
        self,
        all_params: list[dict[str, Any]],
        splits: list[Any],
        done: _Done,
        more_results: dict[str, list[Any]],
    ) -> None:
        """Add the candidates that were scored on all splits to the results."""
        places = [place for place in sorted(done) if len(done[place]) == len(splits)]
        if not places:
            return
        outcomes = [outcome for place in places for _, outcome in sorted(done[place].items())]
        report_failures(
            outcomes, self.search.error_score, of_callable=callable(self.search.scoring)
        )
        self.params.extend(all_params[place] for place in places)
        self.outcomes.extend(outcomes)
        for name, values in more_results.items():
            self.more[name].extend(values[place] for place in places)
        self.results = self.search._format_results(
            self.params, self.search.n_splits_, self.outcomes, self.more
        )

    def _keep_best(self) -> None:
        """Write down the results, and which candidate is best."""
        search, metric = self.search, self.refit_metric
        first = self.outcomes[0]["test_scores"]
        search.multimetric_ = isinstance(first, dict)
        if callable(search.scoring) and search.multimetric_:
            search._check_refit_for_multimetric(first)
            metric = search.refit
        if search.refit or not search.multimetric_:
            search.best_index_ = search._select_best_index(search.refit, metric, self.results)
            if not callable(search.refit):
                search.best_score_ = self.results[f"mean_test_{metric}"][search.best_index_]
            search.best_params_ = self.results["params"][search.best_index_]
        search.scorer_ = named_scorers(self.scorer) or self.scorer
        search.cv_results_ = self.results

    def _refit(self) -> None:
        search = self.search
        best = clone(search.estimator).set_params(**clone(search.best_params_, safe=False))
        started = time.time()
        search.best_estimator_ = best.fit(self.X, self.y)
        search.refit_time_ = time.time() - started
        if hasattr(best, "feature_names_in_"):
            search.feature_names_in_ = best.feature_names_in_


def _forget_fit(search: Any) -> None:
    """Take away what a fit of before has left."""
    for name in _OF_BEFORE & vars(search).keys():
        delattr(search, name)


def _parallel(search: Any) -> Parallel:
    """Return joblib's way to do the fits; each outcome comes when it is there, if that can be."""
    options = {"n_jobs": search.n_jobs, "pre_dispatch": getattr(search, "pre_dispatch", "all")}
    try:
        return Parallel(**options, return_as="generator")
    except ValueError:  # some backends, such as Spark's, answer with all at once
        return Parallel(**options)
