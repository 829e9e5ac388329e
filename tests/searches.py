"""What the tests of searches share: data, models, and how results are compared."""

import numpy as np
from sklearn.datasets import load_diabetes, load_iris

from treering.ensemble import RandomForestClassifier, RandomForestRegressor
from treering.model_selection import _shared_fits

IRIS = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
TIMES = ("mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time")
FOREST = RandomForestRegressor(5, random_state=3)
CLASSIFIER = RandomForestClassifier(6, random_state=3)


class CountedRows:
    """Coded rows that note how many trees are grown on them."""

    coded = _shared_fits.CodedRows
    grown: list[int] = []  # noqa: RUF012 (emptied by the fixture)

    def __init__(self, X, n_jobs):
        self.rows = CountedRows.coded(X, n_jobs)

    def grow(self, folds, n_jobs):
        self.grown.extend(fold[4].n_estimators for fold in folds)
        return self.rows.grow(folds, n_jobs)


def assert_same_results(search, expected):
    results, others = search.cv_results_, expected.cv_results_
    assert list(results) == list(others)
    for name, values in others.items():
        if name == "params":
            assert str(results[name]) == str(values)
        elif name not in TIMES:
            assert type(results[name]) is type(values)
            np.testing.assert_array_equal(results[name], values, err_msg=name)
    assert search.multimetric_ == expected.multimetric_
    assert search.n_splits_ == expected.n_splits_
    if hasattr(expected, "best_params_"):
        assert search.best_index_ == expected.best_index_
        assert str(search.best_params_) == str(expected.best_params_)
    if hasattr(expected, "best_score_"):
        assert search.best_score_ == expected.best_score_
