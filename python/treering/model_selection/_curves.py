"""Scores as functions of the training rows, of a parameter, and of chance."""

from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any

import numpy as np
import sklearn.model_selection as _sklearn
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.metrics import check_scoring
from sklearn.utils import check_random_state

from treering._progress import progress_bar
from treering._sklearn import num_samples, safe_indexing, translate_train_sizes
from treering.model_selection._calls import Call, share_or_delegate
from treering.model_selection._candidates import CannotShareError, candidate_of
from treering.model_selection._outcomes import Scoring
from treering.model_selection._shared_fits import SharedFits, positions

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

    def shared(call: Call) -> tuple[Scores, Scores]:
        scorer = check_scoring(estimator, scoring=scoring)
        fits = call.fits()
        values: Any = param_range
        candidates = [candidate_of(estimator, {param_name: value}) for value in values]
        progress = "validation_curve" if verbose else None
        scored = Scoring(scorer, error_score, of_training=True)
        train, test = (np.empty((len(candidates), len(fits.splits))) for _ in range(2))
        for place, split, outcome in scored.outcomes(fits, candidates, progress):
            train[place, split] = outcome["train_scores"]
            test[place, split] = outcome["test_scores"]
        return train, test

    return share_or_delegate(
        _sklearn.validation_curve,
        shared,
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

    def shared(call: Call) -> tuple[NDArray[Any], ...]:
        # Draws that go on from call to call cannot be made twice, should a fit fail.
        is_repeatable = not shuffle or isinstance(random_state, Integral)
        if exploit_incremental_learning or not is_repeatable:
            raise CannotShareError
        scorer = check_scoring(estimator, scoring=scoring)
        count = num_samples(call.X)
        folds = [(positions(train, count), test) for train, test in call.draw_splits()]
        sizes = translate_train_sizes(train_sizes, len(folds[0][0]))
        draws = check_random_state(random_state)
        splits = []
        for train, test in folds:
            rows = draws.permutation(train) if shuffle else train
            splits += [(rows[:size], test) for size in sizes]
        scored = Scoring(scorer, error_score, of_training=True)
        fits = SharedFits(call.X, call.y, splits, n_jobs)
        outcomes = scored.by_split(fits, estimator, verbose)
        names = ("train_scores", "test_scores", "fit_time", "score_time")
        tables = (
            np.array([outcome[name] for outcome in outcomes]).reshape(-1, len(sizes)).T
            for name in names[: 4 if return_times else 2]
        )
        return (sizes, *tables)

    return share_or_delegate(
        _sklearn.learning_curve,
        shared,
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

    def shared(call: Call) -> tuple[float, Scores, float]:
        if _goes_on(estimator) or not isinstance(random_state, Integral):
            raise CannotShareError
        scored = Scoring(check_scoring(estimator, scoring=scoring), "raise")

        def mean_score(labels: Any) -> float:
            splits = list(call.cv.split(call.X, labels, call.groups))
            fits = SharedFits(call.X, labels, splits, n_jobs)
            outcomes = scored.by_split(fits, estimator)
            mean: float = np.mean([outcome["test_scores"] for outcome in outcomes])
            return mean

        draws = check_random_state(random_state)
        score = mean_score(call.y)
        shuffled = np.empty(n_permutations)
        title = "permutation_test_score" if verbose else None
        with progress_bar(n_permutations, title, "permutation") as bar:
            for number in range(n_permutations):
                shuffled[number] = mean_score(_shuffled(call.y, call.groups, draws))
                bar.update()
        return score, shuffled, (np.sum(shuffled >= score) + 1.0) / (n_permutations + 1)

    return share_or_delegate(
        _sklearn.permutation_test_score,
        shared,
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


def _goes_on(estimator: BaseEstimator) -> bool:
    """Whether a fit of an estimator depends on what its fits before drew or kept.

    For the shuffled labels, scikit-learn fits one estimator again and again.
    """
    return any(
        isinstance(value, np.random.RandomState)
        or (name.endswith("warm_start") and isinstance(value, (bool, np.bool_)) and value)
        for name, value in estimator.get_params().items()
    )


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
