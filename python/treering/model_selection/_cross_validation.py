"""Cross-validation whose models come from one coded matrix."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import sklearn.model_selection as _sklearn
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.metrics import check_scoring

from treering._sklearn import check_arguments, num_samples
from treering.model_selection._calls import Call, refuse_metrics, share_or_delegate
from treering.model_selection._candidates import CannotShareError, candidate_of
from treering.model_selection._outcomes import Outcome, Scoring
from treering.model_selection._shared_fits import SharedFits

Scorers = str | Callable[..., Any] | list[str] | tuple[str, ...] | dict[str, Any] | None


def cross_val_score(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    scoring: str | Callable[..., float] | None = None,
    cv: int | Iterable[Any] | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    params: dict[str, Any] | None = None,
    pre_dispatch: int | str = "2*n_jobs",
    error_score: float | str = np.nan,
) -> NDArray[np.float64]:
    """Score an estimator on each fold, trained on the others.

    The call and the scores are those of :func:`sklearn.model_selection.cross_val_score`. For
    treering's own trees and forests, alone or at the end of a pipeline, the matrix is coded once,
    and the trees of all folds grow in one pool without Python's lock; every model equals the one
    that a separate fit gives. Any other estimator goes through scikit-learn.

    Parameters
    ----------
    estimator : estimator
        What is trained; it is cloned, not changed.
    X : array-like of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,), default=None
        Their classes or values.
    groups : array-like of shape (n_samples,), default=None
        Groups for the splitter.
    scoring : str, callable or None, default=None
        A scorer's name, or a callable ``scorer(estimator, X, y)``; None means ``estimator.score``.
    cv : int, splitter, iterable or None, default=None
        How rows are split; None means five folds, stratified for classifiers.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    verbose : int, default=0
        1 and more shows how far it is.
    params : dict, default=None
        Arguments for ``fit``, the scorer and the splitter; such a call goes through scikit-learn.
    pre_dispatch : int or str, default="2*n_jobs"
        How many jobs are sent out at once, for other estimators.
    error_score : float or "raise", default=nan
        The score of a fold whose fit or scorer fails.

    Returns
    -------
    ndarray of shape (n_splits,)
        The score of each fold.

    Raises
    ------
    TypeError
        If `n_jobs` is not a whole number.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.ensemble import RandomForestClassifier
    >>> from treering.model_selection import cross_val_score
    >>> X, y = load_iris(return_X_y=True)
    >>> bool(cross_val_score(RandomForestClassifier(random_state=0), X, y).mean() > 0.94)
    True
    """
    refuse_metrics(scoring)
    check_arguments(
        _sklearn.cross_val_score,
        scoring=scoring,
        cv=cv,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        error_score=error_score,
    )
    scorer = check_scoring(estimator, scoring=scoring)
    results = cross_validate(
        estimator,
        X,
        y,
        groups=groups,
        scoring={"score": scorer},
        cv=cv,
        n_jobs=n_jobs,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        error_score=error_score,
    )
    scores: NDArray[np.float64] = np.asarray(results["test_score"])
    return scores


def cross_validate(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    scoring: Scorers = None,
    cv: int | Iterable[Any] | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    params: dict[str, Any] | None = None,
    pre_dispatch: int | str = "2*n_jobs",
    return_train_score: bool = False,
    return_estimator: bool = False,
    return_indices: bool = False,
    error_score: float | str = np.nan,
) -> dict[str, Any]:
    """Score an estimator on each fold by several metrics, and keep times and models.

    The call and the result are those of :func:`sklearn.model_selection.cross_validate`; see
    :func:`cross_val_score` for what is quicker.

    Parameters
    ----------
    estimator : estimator
        What is trained; it is cloned, not changed.
    X : array-like of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,), default=None
        Their classes or values.
    groups : array-like of shape (n_samples,), default=None
        Groups for the splitter.
    scoring : str, callable, list, tuple, dict or None, default=None
        A scorer's name, a callable ``scorer(estimator, X, y)``, or several of them by name; None
        means ``estimator.score``.
    cv : int, splitter, iterable or None, default=None
        How rows are split; None means five folds, stratified for classifiers.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    verbose : int, default=0
        1 and more shows how far it is.
    params : dict, default=None
        Arguments for ``fit``, the scorer and the splitter; such a call goes through scikit-learn.
    pre_dispatch : int or str, default="2*n_jobs"
        How many jobs are sent out at once, for other estimators.
    return_train_score : bool, default=False
        Whether training rows are scored, too.
    return_estimator : bool, default=False
        Whether the fitted estimators are kept.
    return_indices : bool, default=False
        Whether the rows of each fold are kept.
    error_score : float or "raise", default=nan
        The score of a fold whose fit or scorer fails.

    Returns
    -------
    dict of str to ndarray
        ``test_score`` (``test_<name>`` of several metrics), ``train_score``, ``fit_time``,
        ``score_time``, ``estimator`` and ``indices``, a value for each fold.

    Raises
    ------
    TypeError
        If `n_jobs` is not a whole number.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.model_selection import cross_validate
    >>> from treering.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> results = cross_validate(tree, X, y, scoring=["accuracy", "f1_macro"])
    >>> sorted(results)
    ['fit_time', 'score_time', 'test_accuracy', 'test_f1_macro']
    """

    def shared(call: Call) -> dict[str, Any]:
        scorer = check_scoring(estimator, scoring=scoring, raise_exc=error_score == "raise")
        scored = Scoring(scorer, error_score, return_train_score, return_estimator)
        outcomes = scored.by_split(call.fits(), estimator, verbose)
        return _by_name(outcomes, call.cv if return_indices else None)

    return share_or_delegate(
        _sklearn.cross_validate,
        shared,
        estimator,
        X,
        y,
        groups=groups,
        scoring=scoring,
        cv=cv,
        n_jobs=n_jobs,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        return_train_score=return_train_score,
        return_estimator=return_estimator,
        return_indices=return_indices,
        error_score=error_score,
    )


def _by_name(outcomes: list[Outcome], splits: list[Any] | None) -> dict[str, Any]:
    """Turn outcomes into the arrays of ``cross_validate``."""
    results: dict[str, Any] = {
        name: np.array([outcome[name] for outcome in outcomes])
        for name in ("fit_time", "score_time")
    }
    if "estimator" in outcomes[0]:
        results["estimator"] = [outcome["estimator"] for outcome in outcomes]
    if splits is not None:
        train, test = zip(*splits, strict=True)
        results["indices"] = {"train": train, "test": test}
    first = outcomes[0]
    kinds = [kind for kind in ("test", "train") if f"{kind}_scores" in first]
    names = list(first["test_scores"]) if isinstance(first["test_scores"], dict) else [None]
    for name in names:
        for kind in kinds:
            scores = [outcome[f"{kind}_scores"] for outcome in outcomes]
            results[f"{kind}_{'score' if name is None else name}"] = np.array(
                [each if name is None else each[name] for each in scores]
            )
    return results


def cross_val_predict(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    cv: int | Iterable[Any] | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    params: dict[str, Any] | None = None,
    pre_dispatch: int | str = "2*n_jobs",
    method: str = "predict",
) -> Any:
    """Predict each row by the model that was trained without it.

    The call and the result are those of :func:`sklearn.model_selection.cross_val_predict`; see
    :func:`cross_val_score` for what is quicker.

    Parameters
    ----------
    estimator : estimator
        What is trained; it is cloned, not changed.
    X : array-like of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,), default=None
        Their classes or values.
    groups : array-like of shape (n_samples,), default=None
        Groups for the splitter.
    cv : int, splitter, iterable or None, default=None
        How rows are split, each into one test set; None means five folds, stratified for
        classifiers.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    verbose : int, default=0
        How much scikit-learn prints, for other estimators.
    params : dict, default=None
        Arguments for ``fit`` and the splitter; such a call goes through scikit-learn.
    pre_dispatch : int or str, default="2*n_jobs"
        How many jobs are sent out at once, for other estimators.
    method : {"predict", "predict_proba", "predict_log_proba", "decision_function"}, \
            default="predict"
        What the models are asked for.

    Returns
    -------
    ndarray
        The answer for each row.

    Raises
    ------
    TypeError
        If `n_jobs` is not a whole number.
    ValueError
        If the test sets do not hold each row once.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.model_selection import cross_val_predict
    >>> from treering.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> predicted = cross_val_predict(DecisionTreeClassifier(random_state=0), X, y)
    >>> bool((predicted == y).mean() > 0.9)
    True
    """

    def shared(call: Call) -> Any:
        if not hasattr(estimator, method):
            raise CannotShareError
        return _predictions(call.fits(), estimator, method)

    return share_or_delegate(
        _sklearn.cross_val_predict,
        shared,
        estimator,
        X,
        y,
        groups=groups,
        cv=cv,
        n_jobs=n_jobs,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        method=method,
    )


def _predictions(fits: SharedFits, estimator: BaseEstimator, method: str) -> NDArray[Any]:
    """Ask the model of each split for its test rows; put the answers in the order of X."""
    rows = np.concatenate([test for _, test in fits.splits])
    if not np.array_equal(np.sort(rows), np.arange(num_samples(fits.X))):
        raise ValueError("cross_val_predict only works for partitions")
    # Folds that lack a class, and several outputs of classes, are put together by scikit-learn.
    classes = None if method == "predict" else len(np.unique(np.asarray(fits.y)))
    answers: list[Any] = [None] * len(fits.splits)
    for fit in fits.of([candidate_of(estimator, {})]):
        answer = getattr(fit.learner, method)(fit.fold.test_rows()[0])
        if classes is not None and (isinstance(answer, list) or answer.shape[1] != classes):
            raise CannotShareError
        answers[fit.fold.split] = answer
    answered = np.concatenate(answers)
    ordered = np.empty_like(answered)
    ordered[rows] = answered
    return ordered
