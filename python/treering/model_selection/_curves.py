"""Scores as functions of the training rows, of a parameter, and of chance."""

from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any

import numpy as np
import sklearn.model_selection as _sklearn
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state, indexable

from treering._jobs import check_jobs
from treering._progress import progress_bar
from treering._sklearn import (
    check_arguments,
    num_samples,
    safe_indexing,
    translate_train_sizes,
)
from treering._validation import checked_sparse
from treering.model_selection._candidates import CannotShareError, candidate_of, may_share
from treering.model_selection._outcomes import Scoring
from treering.model_selection._shared_fits import SharedFits, positions
from treering.model_selection._validation import split_outcomes

Scores = NDArray[np.float64]
Scorer = str | Callable[..., float] | None


def validation_curve(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike | None,
    *,
    param_name: str,
    param_range: ArrayLike,
    groups: ArrayLike | None = None,
    cv: int | Iterable[Any] | None = None,
    scoring: Scorer = None,
    n_jobs: int | None = None,
    pre_dispatch: int | str = "all",
    verbose: int = 0,
    error_score: float | str = np.nan,
    params: dict[str, Any] | None = None,
) -> tuple[Scores, Scores]:
    """Score an estimator on each fold for several values of one parameter.

    The call and the result are those of :func:`sklearn.model_selection.validation_curve`. Values of
    parameters such as `max_depth` and `n_estimators` of treering's trees and forests are read from
    one fit for each fold (see :class:`GridSearchCV`).

    Parameters
    ----------
    estimator : estimator
        What is trained; it is cloned, not changed.
    X : array-like of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or None
        Their classes or values.
    param_name : str
        The parameter.
    param_range : array-like of shape (n_values,)
        Its values.
    groups : array-like of shape (n_samples,), default=None
        Groups for the splitter.
    cv : int, splitter, iterable or None, default=None
        How rows are split; None means five folds, stratified for classifiers.
    scoring : str, callable or None, default=None
        A scorer's name, or a callable ``scorer(estimator, X, y)``; None means ``estimator.score``.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    pre_dispatch : int or str, default="all"
        How many jobs are sent out at once, for other estimators.
    verbose : int, default=0
        1 and more shows how far it is.
    error_score : float or "raise", default=nan
        The score of a fold whose fit or scorer fails.
    params : dict, default=None
        Arguments for ``fit``, the scorer and the splitter; such a call goes through scikit-learn.

    Returns
    -------
    train_scores, test_scores : ndarray of shape (n_values, n_splits)
        Scores on the training and on the test rows.

    Raises
    ------
    TypeError
        If `n_jobs` is not a whole number.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.model_selection import validation_curve
    >>> from treering.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> train, test = validation_curve(tree, X, y, param_name="max_depth", param_range=[1, 2, 5])
    >>> train.mean(axis=1).round(2)
    array([0.67, 0.96, 1.  ])
    """
    check_jobs(n_jobs)
    X = checked_sparse(X)
    if may_share(estimator, y, params):
        check_arguments(
            _sklearn.validation_curve,
            param_name=param_name,
            param_range=param_range,
            cv=cv,
            scoring=scoring,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
        )
        X, y, groups = indexable(X, y, groups)
        splitter = check_cv(cv, y, classifier=is_classifier(estimator))
        scoring = check_scoring(estimator, scoring=scoring)
        cv = splits = list(splitter.split(X, y, groups))
        values: Any = list(param_range)  # type: ignore[arg-type]
        progress = "validation_curve" if verbose else None
        scored = Scoring(scoring, error_score, of_training=True)
        try:
            chosen = [candidate_of(estimator, {param_name: value}) for value in values]
            fits = SharedFits(X, y, splits, n_jobs)
            outcomes = list(scored.outcomes(fits, chosen, progress))
        except CannotShareError:
            pass
        else:
            train, test = (np.empty((len(values), len(fits.splits))) for _ in range(2))
            for place, split, outcome in outcomes:
                train[place, split] = outcome["train_scores"]
                test[place, split] = outcome["test_scores"]
            return train, test
    by_scikit_learn: tuple[Scores, Scores] = _sklearn.validation_curve(
        estimator,
        X,
        y,
        param_name=param_name,
        param_range=param_range,
        groups=groups,
        cv=cv,
        scoring=scoring,
        n_jobs=n_jobs,
        pre_dispatch=pre_dispatch,
        verbose=verbose,
        error_score=error_score,
        params=params,
    )
    return by_scikit_learn


def learning_curve(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike | None,
    *,
    groups: ArrayLike | None = None,
    train_sizes: ArrayLike = np.linspace(0.1, 1.0, 5),  # noqa: B008 (scikit-learn's default)
    cv: int | Iterable[Any] | None = None,
    scoring: Scorer = None,
    exploit_incremental_learning: bool = False,
    n_jobs: int | None = None,
    pre_dispatch: int | str = "all",
    verbose: int = 0,
    shuffle: bool = False,
    random_state: int | np.random.RandomState | None = None,
    error_score: float | str = np.nan,
    return_times: bool = False,
    params: dict[str, Any] | None = None,
) -> tuple[NDArray[Any], ...]:
    """Score an estimator on each fold for several numbers of training rows.

    The call and the result are those of :func:`sklearn.model_selection.learning_curve`. For
    treering's trees and forests the matrix is coded once for all sizes and folds.

    Parameters
    ----------
    estimator : estimator
        What is trained; it is cloned, not changed.
    X : array-like of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or None
        Their classes or values.
    groups : array-like of shape (n_samples,), default=None
        Groups for the splitter.
    train_sizes : array-like of shape (n_sizes,), default=numpy.linspace(0.1, 1.0, 5)
        Numbers of training rows, or shares of those of the first fold.
    cv : int, splitter, iterable or None, default=None
        How rows are split; None means five folds, stratified for classifiers.
    scoring : str, callable or None, default=None
        A scorer's name, or a callable ``scorer(estimator, X, y)``; None means ``estimator.score``.
    exploit_incremental_learning : bool, default=False
        Go on from the smaller size, for estimators with ``partial_fit``.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    pre_dispatch : int or str, default="all"
        How many jobs are sent out at once, for other estimators.
    verbose : int, default=0
        1 and more shows how far it is.
    shuffle : bool, default=False
        Shuffle the training rows of each fold before the first of them are taken.
    random_state : int, RandomState instance or None, default=None
        Where `shuffle` draws from.
    error_score : float or "raise", default=nan
        The score of a fold whose fit or scorer fails.
    return_times : bool, default=False
        Whether the seconds that fits and scores took are returned, too.
    params : dict, default=None
        Arguments for ``fit``, the scorer and the splitter; such a call goes through scikit-learn.

    Returns
    -------
    train_sizes : ndarray of int of shape (n_sizes,)
        The numbers of training rows, each once.
    train_scores, test_scores : ndarray of shape (n_sizes, n_splits)
        Scores on the training and on the test rows.
    fit_times, score_times : ndarray of shape (n_sizes, n_splits)
        Seconds; with `return_times`.

    Raises
    ------
    TypeError
        If `n_jobs` is not a whole number.
    ValueError
        If a training size is not possible.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.model_selection import learning_curve
    >>> from treering.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> sizes, train, test = learning_curve(
    ...     tree, X, y, train_sizes=[30, 90], shuffle=True, random_state=0
    ... )
    >>> test.shape
    (2, 5)
    """
    check_jobs(n_jobs)
    X = checked_sparse(X)
    # Draws that go on from call to call cannot be made twice, should a fit fail.
    is_repeatable = not shuffle or isinstance(random_state, Integral)
    if may_share(estimator, y, params) and is_repeatable and not exploit_incremental_learning:
        check_arguments(
            _sklearn.learning_curve,
            train_sizes=train_sizes,
            cv=cv,
            scoring=scoring,
            pre_dispatch=pre_dispatch,
            shuffle=shuffle,
            random_state=random_state,
            error_score=error_score,
            return_times=return_times,
        )
        X, y, groups = indexable(X, y, groups)
        splitter = check_cv(cv, y, classifier=is_classifier(estimator))
        scoring = check_scoring(estimator, scoring=scoring)
        cv = folds = list(splitter.split(X, y, groups))
        sizes = translate_train_sizes(train_sizes, len(folds[0][0]))
        draws = check_random_state(random_state)
        ordered = ((draws.permutation(train) if shuffle else train, test) for train, test in folds)
        count = num_samples(X)
        scored = Scoring(scoring, error_score, of_training=True)
        try:
            splits = [
                (part[:size], test)
                for part, test in ((positions(train, count), test) for train, test in ordered)
                for size in sizes
            ]
            outcomes = split_outcomes(scored, SharedFits(X, y, splits, n_jobs), estimator, verbose)
        except CannotShareError:
            pass
        else:
            names = ("train_scores", "test_scores", "fit_time", "score_time")
            tables = (
                np.array([outcome[name] for outcome in outcomes]).reshape(-1, len(sizes)).T
                for name in names[: 4 if return_times else 2]
            )
            return (sizes, *tables)
    by_scikit_learn: tuple[NDArray[Any], ...] = _sklearn.learning_curve(
        estimator,
        X,
        y,
        groups=groups,
        train_sizes=train_sizes,
        cv=cv,
        scoring=scoring,
        exploit_incremental_learning=exploit_incremental_learning,
        n_jobs=n_jobs,
        pre_dispatch=pre_dispatch,
        verbose=verbose,
        shuffle=shuffle,
        random_state=random_state,
        error_score=error_score,
        return_times=return_times,
        params=params,
    )
    return by_scikit_learn


def permutation_test_score(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike | None,
    *,
    groups: ArrayLike | None = None,
    cv: int | Iterable[Any] | None = None,
    n_permutations: int = 100,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = 0,
    verbose: int = 0,
    scoring: Scorer = None,
    params: dict[str, Any] | None = None,
) -> tuple[float, Scores, float]:
    """Compare a score with those that shuffled labels give.

    The call and the result are those of :func:`sklearn.model_selection.permutation_test_score`; see
    :func:`cross_val_score` for what is quicker.

    Parameters
    ----------
    estimator : estimator
        What is trained; it is cloned, not changed.
    X : array-like of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or None
        Their classes or values.
    groups : array-like of shape (n_samples,), default=None
        Labels are shuffled within groups; also for the splitter.
    cv : int, splitter, iterable or None, default=None
        How rows are split; None means five folds, stratified for classifiers.
    n_permutations : int, default=100
        How often labels are shuffled.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    random_state : int, RandomState instance or None, default=0
        Where labels are shuffled from.
    verbose : int, default=0
        1 and more shows how far it is.
    scoring : str, callable or None, default=None
        A scorer's name, or a callable ``scorer(estimator, X, y)``; None means ``estimator.score``.
    params : dict, default=None
        Arguments for ``fit``, the scorer and the splitter; such a call goes through scikit-learn.

    Returns
    -------
    score : float
        The mean score of the folds with the true labels.
    permutation_scores : ndarray of shape (n_permutations,)
        Those with shuffled labels.
    pvalue : float
        The share of scores, the true one among them, that are at least as good as the true one.

    Raises
    ------
    TypeError
        If `n_jobs` is not a whole number.

    References
    ----------
    M. Ojala and G. C. Garriga, "Permutation Tests for Studying Classifier Performance", Journal of
    Machine Learning Research 11, 1833-1863, 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.model_selection import permutation_test_score
    >>> from treering.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> score, _, pvalue = permutation_test_score(tree, X, y, n_permutations=99)
    >>> round(float(pvalue), 2)
    0.01
    """
    check_jobs(n_jobs)
    X = checked_sparse(X)
    # scikit-learn fits one estimator again and again: what its fits draw or keep goes on.
    goes_on = any(
        isinstance(value, np.random.RandomState) or (value and name.endswith("warm_start"))
        for name, value in estimator.get_params().items()
        if isinstance(value, (bool, np.random.RandomState))
    )
    is_repeatable = isinstance(random_state, Integral)
    if may_share(estimator, y, params) and is_repeatable and not goes_on:
        check_arguments(
            _sklearn.permutation_test_score,
            cv=cv,
            n_permutations=n_permutations,
            scoring=scoring,
        )
        X, y, groups = indexable(X, y, groups)
        cv = splitter = check_cv(cv, y, classifier=is_classifier(estimator))
        scored = Scoring(check_scoring(estimator, scoring=scoring), "raise")

        def mean_score(labels: Any) -> float:
            fits = SharedFits(X, labels, list(splitter.split(X, labels, groups)), n_jobs)
            outcomes = split_outcomes(scored, fits, estimator, 0)
            return float(np.mean([outcome["test_scores"] for outcome in outcomes]))

        draws = check_random_state(random_state)
        try:
            score = mean_score(y)
            shuffled = np.empty(n_permutations)
            title = "permutation_test_score" if verbose else None
            with progress_bar(n_permutations, title, "permutation") as bar:
                for number in range(n_permutations):
                    shuffled[number] = mean_score(_shuffled(y, groups, draws))
                    bar.update()
        except CannotShareError:
            pass
        else:
            return score, shuffled, (np.sum(shuffled >= score) + 1.0) / (n_permutations + 1)
    by_scikit_learn: tuple[float, Scores, float] = _sklearn.permutation_test_score(
        estimator,
        X,
        y,
        groups=groups,
        cv=cv,
        n_permutations=n_permutations,
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=verbose,
        scoring=scoring,
        params=params,
    )
    return by_scikit_learn


def _shuffled(y: Any, groups: Any, draws: np.random.RandomState) -> Any:
    """Shuffle labels, within their groups if there are any."""
    if groups is None:
        return safe_indexing(y, draws.permutation(len(y)))
    groups = np.asarray(groups)
    rows = np.arange(len(groups))
    for group in np.unique(groups):
        members = groups == group
        rows[members] = draws.permutation(rows[members])
    return safe_indexing(y, rows)
