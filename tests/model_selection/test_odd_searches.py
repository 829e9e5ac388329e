"""Searches over odd steps, scorers, splits and candidates give what scikit-learn's own give."""

import numpy as np
import pytest
from joblib import parallel_backend
from joblib._parallel_backends import SequentialBackend
from sklearn import model_selection as theirs
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import make_scorer
from sklearn.pipeline import Pipeline, make_pipeline

from searches import CLASSIFIER, DIABETES, IRIS, assert_same_results
from treering import model_selection as ours
from treering.preprocessing import StandardScaler
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor


class Doubled(TransformerMixin, BaseEstimator):
    """A transformer that keeps nothing."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return 2 * X


def test_transformers_that_keep_nothing_are_shared(grown):
    pipeline = make_pipeline(StandardScaler(), Doubled(), DecisionTreeRegressor(random_state=0))
    grid = {"decisiontreeregressor__max_depth": [1, 2]}
    search = ours.GridSearchCV(pipeline, grid, cv=3).fit(*DIABETES)
    assert grown == [1, 1, 1]
    assert_same_results(search, theirs.GridSearchCV(pipeline, grid, cv=3).fit(*DIABETES))


class Told(TransformerMixin, BaseEstimator):
    """A transformer that gives the rows that it is fitted to other values than later ones."""

    def fit(self, X, y=None):
        self.columns_ = X.shape[1]
        return self

    def fit_transform(self, X, y=None):
        return np.column_stack([X, y])

    def transform(self, X):
        return np.column_stack([X, X[:, 0]])


def test_training_rows_are_scored_as_later_rows_are(grown):
    pipeline = make_pipeline(Told(), DecisionTreeRegressor(random_state=0))
    options = {"cv": 3, "return_train_score": True}
    grid = {"decisiontreeregressor__max_depth": [2, 4]}
    search = ours.GridSearchCV(pipeline, grid, **options).fit(*DIABETES)
    assert grown
    assert_same_results(search, theirs.GridSearchCV(pipeline, grid, **options).fit(*DIABETES))


def test_selectors_of_columns_are_told_apart_by_what_they_select(grown):
    pandas = pytest.importorskip("pandas")
    X, y = DIABETES
    frame = pandas.DataFrame(X, columns=[f"s{column}" for column in range(X.shape[1])])
    frame["s1"] = frame["s1"].astype("float32")
    selectors = [
        make_column_selector(),
        make_column_selector("s[0-4]"),
        make_column_selector(dtype_include=np.float32),
        make_column_selector(dtype_include=[np.dtype("float32"), "float64"]),
        make_column_selector(dtype_exclude=np.float32),
    ]
    pipeline = make_pipeline(
        ColumnTransformer([("scale", StandardScaler(), [])]), DecisionTreeRegressor(random_state=0)
    )
    grid = {
        "columntransformer__transformers": [
            [("scale", StandardScaler(), selector)] for selector in selectors
        ],
        "decisiontreeregressor__max_depth": [2, 4, 6],
    }
    search = ours.GridSearchCV(pipeline, grid, cv=3).fit(frame, y)
    assert len(grown) == 3 * len(selectors)
    assert_same_results(search, theirs.GridSearchCV(pipeline, grid, cv=3).fit(frame, y))


def test_frozen_steps_are_told_apart():
    X, y = IRIS
    frozen = [FrozenEstimator(PCA(1, random_state=0).fit(rows)) for rows in (X, X[50:])]
    pipeline = Pipeline(
        [("prepare", "passthrough"), ("model", DecisionTreeClassifier(random_state=0))]
    )
    searches = [
        library.GridSearchCV(pipeline, {"prepare": frozen}, cv=3).fit(X, y)
        for library in (ours, theirs)
    ]
    for name in ("split2_test_score", "mean_test_score"):
        np.testing.assert_array_equal(*(search.cv_results_[name] for search in searches))


def test_candidates_that_cannot_share_are_fitted_alone(grown):
    X, y = IRIS
    tree = DecisionTreeClassifier(random_state=0)
    grid = [
        {"model": [tree], "model__max_depth": [1, 2, -1]},
        {"model": [RidgeClassifier()]},
    ]
    pipeline = Pipeline([("model", tree)])
    results = []
    for library in (ours, theirs):
        splits = library.KFold(4, shuffle=True, random_state=np.random.RandomState(0)).split(X)
        with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="non-finite"):
            results.append(library.GridSearchCV(pipeline, grid, cv=splits).fit(X, y))
    assert grown == [1, 1, 1, 1]
    assert_same_results(*results)


def test_a_metric_may_write_into_the_labels(grown):
    def error(y_true, y_predicted):
        y_true -= y_predicted
        return -(y_true**2).mean()

    options = {"scoring": make_scorer(error), "cv": 3}
    model, grid = DecisionTreeRegressor(random_state=0), {"max_depth": [2, 4, 6]}
    search = ours.GridSearchCV(model, grid, **options).fit(*DIABETES)
    assert grown
    assert_same_results(search, theirs.GridSearchCV(model, grid, **options).fit(*DIABETES))


def test_a_scorer_may_change_the_steps():
    def score(estimator, X, y):
        estimator[0].scale_ *= 2
        return estimator.score(X, y)

    pipeline = make_pipeline(StandardScaler(), DecisionTreeRegressor(random_state=0))
    options = {"scoring": score, "cv": 3}
    grid = {"decisiontreeregressor__max_depth": [2, 4, 6]}
    search = ours.GridSearchCV(pipeline, grid, **options).fit(*DIABETES)
    assert_same_results(search, theirs.GridSearchCV(pipeline, grid, **options).fit(*DIABETES))


def test_a_stopped_search_forgets_the_fit_before():
    def stop(estimator, X, y):
        raise KeyboardInterrupt

    search = ours.GridSearchCV(CLASSIFIER, {"max_depth": [1, 2]}, cv=2).fit(*IRIS)
    search.set_params(scoring=stop)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*IRIS)
    assert not {"best_estimator_", "cv_results_", "best_params_"} & vars(search).keys()


def test_a_choice_that_needs_all_candidates_hides_no_stop():
    calls = []

    def score(estimator, X, y):
        calls.append(estimator)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return 1.0

    def choice(results):
        return results["params"].index({"max_depth": 2})

    grid = {"max_depth": [1, 5, 2]}
    search = ours.GridSearchCV(CLASSIFIER, grid, scoring=score, refit=choice, cv=2)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*IRIS)
    assert "best_params_" not in vars(search)


def test_halving_with_a_choice_of_ones_own_has_a_score():
    options = {"random_state": 0, "refit": lambda results: 0, "cv": 2}
    grid = {"max_depth": [2, 4, 6]}
    search = ours.HalvingGridSearchCV(CLASSIFIER, grid, **options).fit(*IRIS)
    expected = theirs.HalvingGridSearchCV(CLASSIFIER, grid, **options).fit(*IRIS)
    assert search.best_score_ == expected.best_score_


def test_models_of_folds_know_the_rows_that_they_drew():
    def score(estimator, X, y):
        return float(sum(rows.sum() for rows in estimator.estimators_samples_))

    np.testing.assert_array_equal(
        ours.cross_val_score(CLASSIFIER, *IRIS, scoring=score),
        theirs.cross_val_score(CLASSIFIER, *IRIS, scoring=score),
    )


@pytest.mark.parametrize("jobs", [None, 2])
def test_a_stopped_search_keeps_candidates_that_were_fitted_alone(jobs):
    calls = []

    def score(estimator, X, y):
        calls.append(estimator)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return float(estimator.max_depth)

    # A criterion of scikit-learn's own name that cannot be shared: warm_start.
    grid = {"warm_start": [True], "max_depth": [1, 2, 3, 4]}
    search = ours.GridSearchCV(CLASSIFIER, grid, scoring=score, cv=2, n_jobs=jobs)
    with parallel_backend("threading"), pytest.raises(KeyboardInterrupt):
        search.fit(*IRIS)
    done = [params["max_depth"] for params in search.cv_results_["params"]]
    assert done == [1, 2, 3][: len(done)]
    assert len(done) >= 2
    assert search.best_params_["max_depth"] == done[-1]


def test_backends_that_answer_all_at_once_do(monkeypatch):
    grid = {"warm_start": [True], "max_depth": [1, 2]}
    expected = ours.GridSearchCV(CLASSIFIER, grid, cv=2).fit(*IRIS)
    monkeypatch.setattr(SequentialBackend, "supports_return_generator", False)
    search = ours.GridSearchCV(CLASSIFIER, grid, cv=2).fit(*IRIS)
    assert_same_results(search, expected)


def test_a_stopped_search_of_scikit_learns_forgets_the_fit_before():
    def stop(estimator, X, y):
        raise KeyboardInterrupt

    search = ours.GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=2).fit(*IRIS)
    search.set_params(scoring=stop)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*IRIS)
    assert not {"best_estimator_", "cv_results_", "best_params_"} & vars(search).keys()
