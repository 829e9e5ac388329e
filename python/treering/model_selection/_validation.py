"""Cross-validation: the models of all folds from one coded matrix."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn import model_selection as sklearn_model_selection
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import indexable

from treering._core.model_selection import grow_folds
from treering._jobs import check_jobs, threads
from treering._sklearn import num_samples, safe_indexing
from treering._validation import checked_sparse, read_rows
from treering.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

# Estimators whose folds are all trained on one coded matrix
_ONE_CODING = {
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
}


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
    treering's own trees and forests the matrix is coded once, and the trees of all folds grow in
    one pool without Python's lock; every model equals the one that a separate fit gives. Any other
    estimator goes through scikit-learn.

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
        Print progress; such a call goes through scikit-learn.
    params : dict, default=None
        Arguments for ``fit``, the scorer and the splitter; such a call goes through scikit-learn.
    pre_dispatch : int or str, default="2*n_jobs"
        How many jobs are sent out at once, for other estimators.
    error_score : float or "raise", default=nan
        The score of a fold whose fit fails, for other estimators; treering's own raise.

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
    check_jobs(n_jobs)
    X = checked_sparse(X)  # before SciPy takes rows of it
    # Bins of all rows, or the order of categories by the labels of all rows, would tell each fold
    # of the rows that it is scored on.
    is_ours = type(estimator) in _ONE_CODING and all(
        getattr(estimator, name) is None for name in ("max_bins", "categorical_features")
    )
    if is_ours and y is not None and not issparse(y) and params is None and not verbose:
        scores = _score_by_one_coding(estimator, X, y, groups, scoring, cv, n_jobs)
        if scores is not None:
            return scores
    scores = sklearn_model_selection.cross_val_score(
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
        error_score=error_score,
    )
    return np.asarray(scores)


def _score_by_one_coding(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike,
    groups: ArrayLike | None,
    scoring: str | Callable[..., float] | None,
    cv: int | Iterable[Any] | None,
    n_jobs: int | None,
) -> NDArray[np.float64] | None:
    """Score every fold; None if y has several columns, or some fold lacks a class."""
    X, y, groups = indexable(X, y, groups)
    scorer = check_scoring(estimator, scoring=scoring)
    whole = clone(estimator)
    whole._validate_params()
    data, labels, _ = whole._validate_training(X, y, None)
    if labels.ndim > 1:
        return None
    counts: list[int] | None = None
    if is_classifier(whole):
        learned, counts = whole._learn_classes(labels)
    else:
        learned = whole._learn_numbers(labels)
    folds, models, tests = [], [], []
    for train, test in check_cv(cv, y, classifier=is_classifier(whole)).split(X, y, groups):
        train = _positions(train, num_samples(X))  # noqa: PLW2901 (masks become positions)
        if counts is not None and len(np.unique(learned[train])) < counts[0]:
            return None
        model = clone(estimator)
        folds.append((train, *model._plan_fold(labels[train], data.shape[1])))
        models.append(model)
        tests.append(test)
    jobs = n_jobs if n_jobs is not None else getattr(estimator, "n_jobs", None)
    forests = read_rows(whole, grow_folds, data, learned, counts, folds, threads(jobs))
    scores = []
    for model, forest, test in zip(models, forests, tests, strict=True):
        model._adopt(forest, whole)
        scores.append(scorer(model, safe_indexing(X, test), safe_indexing(y, test)))
    return np.array(scores)


def _positions(rows: ArrayLike, count: int) -> NDArray[np.int64]:
    """Row numbers from a mask or from row numbers, negative ones included."""
    rows = np.asarray(rows)
    positions = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
    return np.where(positions < 0, positions + count, positions)
