"""Searches for the best parameters, with scikit-learn's calls and results.

They are scikit-learn's classes: parameters, candidates, results and what a fitted search offers are
inherited. What changes is that models of treering's own estimators come from few fits, and that a
search which is stopped keeps what it has done.
"""

import sklearn.model_selection as _sklearn
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (makes halving importable)

from treering.model_selection._search_run import SharingHalving, SharingSearch


class GridSearchCV(SharingSearch, _sklearn.GridSearchCV):
    """Try every combination of parameters by cross-validation, and keep the best.

    Parameters
    ----------
    estimator : estimator
        What is tuned; it is cloned, not changed.
    param_grid : dict of str to list, or list of such dicts
        The values of each parameter; every combination is tried. ``step__name`` is a parameter of a
        step of a pipeline.
    scoring : str, callable, list, tuple, dict or None, default=None
        A scorer's name, a callable ``scorer(estimator, X, y)``, or several of them by name; None
        means ``estimator.score``.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    refit : bool, str or callable, default=True
        Whether the best candidate is fitted to all rows; of several metrics, which one decides. A
        callable chooses the candidate's place from `cv_results_`.
    cv : int, splitter, iterable or None, default=None
        How rows are split; None means five folds, stratified for classifiers.
    verbose : int, default=0
        1 and more shows how far the search is.
    pre_dispatch : int or str, default="2*n_jobs"
        How many jobs are sent out at once, for other estimators.
    error_score : float or "raise", default=nan
        The score where a fit or a scorer fails.
    return_train_score : bool, default=False
        Whether training rows are scored, too.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Parameters, times, scores and ranks of all candidates, a table for ``pandas.DataFrame``. The
        time of a fit that several candidates share is divided among them.
    best_index_, best_params_, best_score_ : int, dict, float
        Which candidate is best, its parameters and its mean score.
    best_estimator_ : estimator
        The best candidate, fitted to all rows; with `refit`.
    refit_time_ : float
        Seconds that this fit took.
    scorer_ : callable or dict of callable
        What scored.
    n_splits_ : int
        The number of splits.
    multimetric_ : bool
        Whether there are several metrics.

    Notes
    -----
    Trees and forests of treering, alone or at the end of a pipeline, are coded once for all
    candidates; those that differ in `n_estimators`, `max_depth`, `min_samples_split`,
    `min_impurity_decrease` or `ccp_alpha` alone are read from one fit; the steps before are fitted
    once for each split and each of their own parameters. Scores are those of separate fits.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.ensemble import RandomForestClassifier
    >>> from treering.model_selection import GridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = RandomForestClassifier(random_state=0)
    >>> search = GridSearchCV(forest, {"n_estimators": [5, 20], "max_depth": [2, None]}).fit(X, y)
    >>> search.best_params_
    {'max_depth': 2, 'n_estimators': 5}
    """


class RandomizedSearchCV(SharingSearch, _sklearn.RandomizedSearchCV):
    """Try random combinations of parameters by cross-validation, and keep the best.

    Parameters
    ----------
    estimator : estimator
        What is tuned; it is cloned, not changed.
    param_distributions : dict of str to list or distribution, or list of such dicts
        What the values of each parameter are drawn from: a list, or anything with ``rvs``, such as
        SciPy's distributions.
    n_iter : int, default=10
        How many combinations are drawn.
    scoring : str, callable, list, tuple, dict or None, default=None
        A scorer's name, a callable ``scorer(estimator, X, y)``, or several of them by name; None
        means ``estimator.score``.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    refit : bool, str or callable, default=True
        Whether the best candidate is fitted to all rows; of several metrics, which one decides. A
        callable chooses the candidate's place from `cv_results_`.
    cv : int, splitter, iterable or None, default=None
        How rows are split; None means five folds, stratified for classifiers.
    verbose : int, default=0
        1 and more shows how far the search is.
    random_state : int, RandomState instance or None, default=None
        Where parameters are drawn from.
    pre_dispatch : int or str, default="2*n_jobs"
        How many jobs are sent out at once, for other estimators.
    error_score : float or "raise", default=nan
        The score where a fit or a scorer fails.
    return_train_score : bool, default=False
        Whether training rows are scored, too.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Parameters, times, scores and ranks of all candidates, a table for ``pandas.DataFrame``. The
        time of a fit that several candidates share is divided among them.
    best_index_, best_params_, best_score_ : int, dict, float
        Which candidate is best, its parameters and its mean score.
    best_estimator_ : estimator
        The best candidate, fitted to all rows; with `refit`.
    refit_time_ : float
        Seconds that this fit took.
    scorer_ : callable or dict of callable
        What scored.
    n_splits_ : int
        The number of splits.
    multimetric_ : bool
        Whether there are several metrics.

    Notes
    -----
    Trees and forests of treering, alone or at the end of a pipeline, are coded once for all
    candidates; those that differ in `n_estimators`, `max_depth`, `min_samples_split`,
    `min_impurity_decrease` or `ccp_alpha` alone are read from one fit; the steps before are fitted
    once for each split and each of their own parameters. Scores are those of separate fits.

    Examples
    --------
    >>> from scipy.stats import randint
    >>> from sklearn.datasets import load_iris
    >>> from treering.ensemble import RandomForestClassifier
    >>> from treering.model_selection import RandomizedSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=20, random_state=0)
    >>> distributions = {"max_depth": randint(1, 9), "max_features": [1, 2, 3]}
    >>> search = RandomizedSearchCV(forest, distributions, n_iter=5, random_state=0).fit(X, y)
    >>> bool(search.best_score_ > 0.94)
    True
    """


class HalvingGridSearchCV(SharingHalving, _sklearn.HalvingGridSearchCV):
    """Try every combination of parameters on little, and the better ones on more.

    Parameters
    ----------
    estimator : estimator
        What is tuned; it is cloned, not changed.
    param_grid : dict of str to list, or list of such dicts
        The values of each parameter; every combination is tried. ``step__name`` is a parameter of a
        step of a pipeline.
    factor : int or float, default=3
        One of so many candidates goes on to the next round, with so many times the resource.
    resource : str, default="n_samples"
        What grows from round to round: rows, or a parameter of the estimator that is a number.
    max_resources : int or "auto", default="auto"
        The most of it that a candidate gets; "auto" means all rows.
    min_resources : int or {"exhaust", "smallest"}, default="exhaust"
        What each candidate gets in the first round.
    aggressive_elimination : bool, default=False
        Repeat the first round until few enough candidates are left for the last to use most.
    cv : int, splitter, iterable or None, default=5
        How rows are split.
    scoring : str, callable or None, default=None
        A scorer's name, or a callable ``scorer(estimator, X, y)``; None means ``estimator.score``.
    refit : bool or callable, default=True
        Whether the best candidate is fitted to all rows. A callable chooses its place from
        `cv_results_`.
    error_score : float or "raise", default=nan
        The score where a fit or a scorer fails.
    return_train_score : bool, default=True
        Whether training rows are scored, too.
    random_state : int, RandomState instance or None, default=None
        Where rows are drawn from.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    verbose : int, default=0
        1 and more shows how far the search is.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Parameters, times, scores and ranks of all candidates, a table for ``pandas.DataFrame``. The
        time of a fit that several candidates share is divided among them.
    best_index_, best_params_, best_score_ : int, dict, float
        Which candidate is best, its parameters and its mean score.
    best_estimator_ : estimator
        The best candidate, fitted to all rows; with `refit`.
    refit_time_ : float
        Seconds that this fit took.
    scorer_ : callable or dict of callable
        What scored.
    n_splits_ : int
        The number of splits.
    multimetric_ : bool
        Whether there are several metrics.
    n_resources_, n_candidates_ : list of int
        What each round gave to a candidate, and how many candidates it had.
    n_iterations_, n_required_iterations_, n_possible_iterations_ : int
        The rounds there were, those that would leave one candidate, and those that the resource
        allows.
    n_remaining_candidates_ : int
        The candidates that the last round left.
    min_resources_, max_resources_ : int
        The least and the most that a candidate got.

    Notes
    -----
    Trees and forests of treering, alone or at the end of a pipeline, are coded once for all
    candidates; those that differ in `n_estimators`, `max_depth`, `min_samples_split`,
    `min_impurity_decrease` or `ccp_alpha` alone are read from one fit; the steps before are fitted
    once for each split and each of their own parameters. Scores are those of separate fits.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from treering.model_selection import HalvingGridSearchCV
    >>> from treering.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = {"max_depth": [1, 2, 3, 4], "min_samples_leaf": [1, 5, 20]}
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> search = HalvingGridSearchCV(tree, grid, random_state=0).fit(X, y)
    >>> search.n_candidates_
    [12, 4]
    """


class HalvingRandomSearchCV(SharingHalving, _sklearn.HalvingRandomSearchCV):
    """Try random combinations of parameters on little, and the better ones on more.

    Parameters
    ----------
    estimator : estimator
        What is tuned; it is cloned, not changed.
    param_distributions : dict of str to list or distribution, or list of such dicts
        What the values of each parameter are drawn from: a list, or anything with ``rvs``, such as
        SciPy's distributions.
    n_candidates : int or "exhaust", default="exhaust"
        How many combinations the first round has; "exhaust" means as many as let the last one use
        all of the resource.
    factor : int or float, default=3
        One of so many candidates goes on to the next round, with so many times the resource.
    resource : str, default="n_samples"
        What grows from round to round: rows, or a parameter of the estimator that is a number.
    max_resources : int or "auto", default="auto"
        The most of it that a candidate gets; "auto" means all rows.
    min_resources : int or {"exhaust", "smallest"}, default="smallest"
        What each candidate gets in the first round.
    aggressive_elimination : bool, default=False
        Repeat the first round until few enough candidates are left for the last to use most.
    cv : int, splitter, iterable or None, default=5
        How rows are split.
    scoring : str, callable or None, default=None
        A scorer's name, or a callable ``scorer(estimator, X, y)``; None means ``estimator.score``.
    refit : bool or callable, default=True
        Whether the best candidate is fitted to all rows. A callable chooses its place from
        `cv_results_`.
    error_score : float or "raise", default=nan
        The score where a fit or a scorer fails.
    return_train_score : bool, default=True
        Whether training rows are scored, too.
    random_state : int, RandomState instance or None, default=None
        Where rows and parameters are drawn from.
    n_jobs : int, default=None
        How many threads (processes, for other estimators) to use. None means the estimator's own
        ``n_jobs``, which for treering's estimators means every core.
    verbose : int, default=0
        1 and more shows how far the search is.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Parameters, times, scores and ranks of all candidates, a table for ``pandas.DataFrame``. The
        time of a fit that several candidates share is divided among them.
    best_index_, best_params_, best_score_ : int, dict, float
        Which candidate is best, its parameters and its mean score.
    best_estimator_ : estimator
        The best candidate, fitted to all rows; with `refit`.
    refit_time_ : float
        Seconds that this fit took.
    scorer_ : callable or dict of callable
        What scored.
    n_splits_ : int
        The number of splits.
    multimetric_ : bool
        Whether there are several metrics.
    n_resources_, n_candidates_ : list of int
        What each round gave to a candidate, and how many candidates it had.
    n_iterations_, n_required_iterations_, n_possible_iterations_ : int
        The rounds there were, those that would leave one candidate, and those that the resource
        allows.
    n_remaining_candidates_ : int
        The candidates that the last round left.
    min_resources_, max_resources_ : int
        The least and the most that a candidate got.

    Notes
    -----
    Trees and forests of treering, alone or at the end of a pipeline, are coded once for all
    candidates; those that differ in `n_estimators`, `max_depth`, `min_samples_split`,
    `min_impurity_decrease` or `ccp_alpha` alone are read from one fit; the steps before are fitted
    once for each split and each of their own parameters. Scores are those of separate fits.

    Examples
    --------
    >>> from scipy.stats import randint
    >>> from sklearn.datasets import load_iris
    >>> from treering.model_selection import HalvingRandomSearchCV
    >>> from treering.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> distributions = {"max_depth": randint(1, 9), "min_samples_leaf": randint(1, 20)}
    >>> search = HalvingRandomSearchCV(tree, distributions, random_state=0).fit(X, y)
    >>> bool(search.best_score_ > 0.85)
    True
    """
