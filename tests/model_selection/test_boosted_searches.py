"""Searches of boosted models, whose iterations are read from one training."""

import numpy as np
import pandas as pd
import pytest
from sklearn import model_selection as theirs
from sklearn.pipeline import make_pipeline

from searches import DIABETES, IRIS, assert_same_results
from treering import model_selection as ours
from treering.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from treering.ensemble._boosting import BaseHistGradientBoosting
from treering.preprocessing import StandardScaler

GRID = {"max_iter": [3, 12, 7], "max_leaf_nodes": [4, 31], "max_depth": [2, None]}
REGRESSOR = HistGradientBoostingRegressor(random_state=0, max_features=0.5)
STOPPED = {
    "early_stopping": True,
    "n_iter_no_change": 2,
    "tol": 1e-4,
    "learning_rate": 0.1,
    "random_state": 0,
}


@pytest.fixture
def counts(monkeypatch):
    """Count fits, and how often thresholds are learned."""
    counts = {"fits": 0, "bins": 0}

    def counted(name, work):
        def wrapper(*args, **keywords):
            counts[name] += 1
            return work(*args, **keywords)

        return wrapper

    base = BaseHistGradientBoosting
    monkeypatch.setattr(base, "fit", counted("fits", base.fit))
    monkeypatch.setattr(base, "_learn_bins", counted("bins", base._learn_bins))
    return counts


@pytest.mark.parametrize("n_jobs", [None, 1])
@pytest.mark.parametrize(
    ("model", "data"),
    [
        (REGRESSOR, DIABETES),
        (HistGradientBoostingClassifier(class_weight="balanced", random_state=0), IRIS),
        (HistGradientBoostingRegressor(**STOPPED), DIABETES),
        (HistGradientBoostingClassifier(scoring="accuracy", **STOPPED), IRIS),
    ],
    ids=["plain", "classes", "stopped", "stopped by a score"],
)
def test_grids_give_the_results_of_separate_fits(model, data, n_jobs, counts) -> None:
    arguments = {"cv": 3, "return_train_score": True}
    expected = theirs.GridSearchCV(model, GRID, **arguments).fit(*data)
    separate = counts["fits"]
    found = ours.GridSearchCV(model, GRID, n_jobs=n_jobs, **arguments).fit(*data)
    assert_same_results(found, expected)
    # Twelve candidates on three folds, and the best one; then one fit of three candidates.
    assert (separate, counts["fits"] - separate) == (37, 13)
    # Thresholds are learned once for each fold, and for the best.
    assert counts["bins"] - separate == 4


def test_a_training_that_stops_early_gives_the_shorter_ones_too() -> None:
    X, y = DIABETES
    longest = HistGradientBoostingRegressor(max_iter=60, **STOPPED).fit(X, y)
    assert 5 < longest.n_iter_ < 60
    for iterations in (1, 5, longest.n_iter_, 59):
        alone = HistGradientBoostingRegressor(max_iter=iterations, **STOPPED).fit(X, y)
        read = longest._first(iterations)
        assert read.get_params() == alone.get_params()
        assert read._boosting.to_bytes() == alone._boosting.to_bytes()
        for name in ("n_iter_", "train_score_", "validation_score_"):
            assert np.array_equal(getattr(read, name), getattr(alone, name))


def test_pipelines_and_tables_share_trainings(counts) -> None:
    table = pd.DataFrame(DIABETES[0], columns=[f"c{column}" for column in range(10)])
    table["c1"] = (table["c1"] > 0).astype("category")
    plain = make_pipeline(StandardScaler(), HistGradientBoostingRegressor(random_state=0))
    name = "histgradientboostingregressor__max_iter"
    for model, X, grid in (
        (plain, DIABETES[0], {name: [4, 9]}),
        (HistGradientBoostingRegressor(random_state=0), table, {"max_iter": [4, 9]}),
    ):
        expected = theirs.GridSearchCV(model, grid, cv=3, refit=False).fit(X, DIABETES[1])
        before = counts["fits"]
        found = ours.GridSearchCV(model, grid, cv=3, refit=False).fit(X, DIABETES[1])
        assert_same_results(found, expected)
        assert counts["fits"] - before == 3


def test_curves_of_iterations_are_one_training_for_each_fold(counts) -> None:
    arguments = {"param_name": "max_iter", "param_range": [2, 5, 9], "cv": 3}
    expected = theirs.validation_curve(REGRESSOR, *DIABETES, **arguments)
    before = counts["fits"]
    found = ours.validation_curve(REGRESSOR, *DIABETES, **arguments)
    assert np.array_equal(found, expected)
    assert counts["fits"] - before == 3


def test_a_single_model_is_left_to_scikit_learn(counts) -> None:
    scores = ours.cross_val_score(REGRESSOR, *DIABETES, cv=3)
    assert np.array_equal(scores, theirs.cross_val_score(REGRESSOR, *DIABETES, cv=3))
    assert counts["fits"] == 6


def test_a_candidate_that_cannot_be_fitted_costs_itself_alone() -> None:
    search = ours.GridSearchCV(REGRESSOR, {"max_iter": [0, 5]}, cv=3)
    with pytest.warns(UserWarning, match="non-finite"), pytest.warns(match="3 fits failed"):
        search.fit(*DIABETES)
    assert search.best_params_ == {"max_iter": 5}
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [True, False]
