"""Searches whose candidates share fits give what scikit-learn's own searches give."""

import numpy as np
import pytest
from scipy.stats import loguniform, randint
from sklearn import model_selection as theirs
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from searches import CLASSIFIER, DIABETES, FOREST, IRIS, assert_same_results
from treering import model_selection as ours
from treering.ensemble import ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from treering.preprocessing import StandardScaler
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeRegressor

NESTED = {
    "n_estimators": [2, 7],
    "max_depth": [2, None],
    "min_samples_split": [2, 0.1],
    "ccp_alpha": [0.0, 0.01],
}


class Ratios(TransformerMixin, BaseEstimator):
    """A transformer of a user's own, which remembers the rows that it was fitted to."""

    seen: list[np.ndarray] = []  # noqa: RUF012 (emptied by the tests)

    def __init__(self, shift=1.0):
        self.shift = shift

    def fit(self, X, y=None):
        self.seen.append(np.array(X)[:, 0])
        self.columns_ = X.shape[1]
        return self

    def transform(self, X):
        return np.column_stack([X, X[:, 0] / (X[:, 1] + self.shift)])


PIPELINE = Pipeline(
    [
        ("ratios", Ratios()),
        ("scale", StandardScaler()),
        ("select", SelectKBest(k=6)),
        ("model", RandomForestRegressor(4, random_state=0)),
    ]
)
GRIDS = [
    (CLASSIFIER, NESTED, IRIS, {"scoring": "accuracy", "return_train_score": True}),
    (
        CLASSIFIER,
        [{"n_estimators": [3, 5], "max_features": [1, 3]}, {"bootstrap": [False]}],
        IRIS,
        {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss", "cv": 3},
    ),
    (
        RandomForestClassifier(4, random_state=1, class_weight="balanced"),
        {"max_leaf_nodes": [None, 4, 9], "max_depth": [2, 5], "min_impurity_decrease": [0.0, 0.02]},
        IRIS,
        {"refit": False},
    ),
    (
        CLASSIFIER,
        {"class_weight": [None, "balanced", "balanced_subsample"], "bootstrap": [True, False]},
        IRIS,
        {"cv": ours.KFold(3, shuffle=True, random_state=0)},
    ),
    (
        FOREST,
        {"max_bins": [None, 16], "min_impurity_decrease": [0.0, 50.0], "max_depth": [3, 6]},
        DIABETES,
        {"scoring": "neg_mean_squared_error"},
    ),
    (ExtraTreesRegressor(4, random_state=1), NESTED, DIABETES, {"cv": 3}),
    (DecisionTreeRegressor(random_state=0), {"max_depth": [1, 3, 8]}, DIABETES, {}),
    (ExtraTreeRegressor(random_state=0), {"ccp_alpha": [0.0, 10.0, 1e9]}, DIABETES, {}),
    (
        DecisionTreeClassifier(random_state=np.random.RandomState(5)),
        {"criterion": ["gini", "entropy"], "min_samples_leaf": [1, 0.1]},
        IRIS,
        {"cv": ours.StratifiedKFold(4, shuffle=True, random_state=1)},
    ),
    (
        PIPELINE,
        {
            "ratios__shift": [1.0, 2.0],
            "select__k": [4, 6],
            "model__n_estimators": [2, 5],
            "scale": [StandardScaler(), "passthrough"],
        },
        DIABETES,
        {"scoring": "neg_root_mean_squared_error", "return_train_score": True, "cv": 3},
    ),
    (
        make_pipeline(
            ColumnTransformer([("scale", StandardScaler(), [0, 1])], remainder="passthrough"),
            DecisionTreeRegressor(random_state=0),
        ),
        {
            "columntransformer__scale__with_mean": [True, False],
            "decisiontreeregressor__max_depth": [2, 4],
        },
        DIABETES,
        {"scoring": make_scorer(mean_absolute_error, greater_is_better=False)},
    ),
]


@pytest.mark.parametrize("case", GRIDS, ids=lambda case: type(case[0]).__name__)
def test_grids_give_the_results_of_separate_fits(case, grown):
    estimator, grid, (X, y), options = case
    search = ours.GridSearchCV(estimator, grid, **options).fit(X, y)
    assert grown
    expected = theirs.GridSearchCV(estimator, grid, **options).fit(X, y)
    assert_same_results(search, expected)
    if options.get("refit", True):
        np.testing.assert_array_equal(search.predict(X), expected.predict(X))
        assert search.score(X, y) == expected.score(X, y)


def test_nested_parameters_are_read_from_one_fit(grown):
    grid = {"n_estimators": [10, 20, 30], "max_depth": [2, 4, 6, 8], "ccp_alpha": [0, 0.01, 0.02]}
    search = ours.GridSearchCV(CLASSIFIER, grid, cv=3, refit=False).fit(*IRIS)
    assert len(search.cv_results_["params"]) == 36
    assert grown == [30, 30, 30]


def test_labels_are_learned_once_for_each_fold(monkeypatch):
    learned = []
    learn = RandomForestClassifier._learn

    def counted(self, y):
        learned.append(self.class_weight)
        return learn(self, y)

    monkeypatch.setattr(RandomForestClassifier, "_learn", counted)
    grid = {"max_depth": [1, 2], "max_features": [1, 2], "class_weight": [None, {0: 2.0}]}
    ours.GridSearchCV(CLASSIFIER, grid, cv=3, refit=False).fit(*IRIS)
    assert learned == [None] * 3 + [{0: 2.0}] * 3


@pytest.mark.parametrize("n_jobs", [1, 3, None])
def test_random_searches_give_the_results_of_separate_fits(n_jobs, grown):
    distributions = {
        "n_estimators": randint(1, 9),
        "max_features": randint(1, 5),
        "ccp_alpha": loguniform(1e-4, 1e-1),
    }
    options = {"n_iter": 8, "random_state": 4, "cv": 3, "return_train_score": True}
    search = ours.RandomizedSearchCV(CLASSIFIER, distributions, n_jobs=n_jobs, **options)
    search.fit(*IRIS)
    assert grown
    expected = theirs.RandomizedSearchCV(CLASSIFIER, distributions, **options).fit(*IRIS)
    assert_same_results(search, expected)


@pytest.mark.parametrize("resource", ["n_samples", "n_estimators"])
@pytest.mark.parametrize("name", ["HalvingGridSearchCV", "HalvingRandomSearchCV"])
def test_halving_gives_the_results_of_separate_fits(name, resource, grown):
    values = {"max_depth": [1, 2, 3, 5, None], "min_samples_split": [2, 5, 20]}
    options = {"random_state": 2, "cv": 3, "resource": resource}
    if resource != "n_samples":
        options |= {"max_resources": 18, "min_resources": 2}
    if name == "HalvingRandomSearchCV":
        options["n_candidates"] = 9
    search = getattr(ours, name)(CLASSIFIER, values, **options).fit(*IRIS)
    assert grown
    expected = getattr(theirs, name)(CLASSIFIER, values, **options).fit(*IRIS)
    assert_same_results(search, expected)
    for attribute in ("n_resources_", "n_candidates_", "n_iterations_", "n_remaining_candidates_"):
        assert getattr(search, attribute) == getattr(expected, attribute)


def test_groups_reach_the_splitter(grown):
    groups = np.arange(150) % 7
    options = {"cv": ours.GroupKFold(4)}
    search = ours.GridSearchCV(CLASSIFIER, {"max_depth": [1, 2]}, **options)
    search.fit(*IRIS, groups=groups)
    assert grown
    expected = theirs.GridSearchCV(CLASSIFIER, {"max_depth": [1, 2]}, **options)
    assert_same_results(search, expected.fit(*IRIS, groups=groups))


def test_no_step_sees_the_rows_that_test(grown):
    X, y = DIABETES
    numbers = np.column_stack([np.arange(len(y)), X])
    Ratios.seen.clear()
    cv = ours.KFold(3, shuffle=True, random_state=0)
    ours.GridSearchCV(
        PIPELINE, {"model__max_depth": [2, 3], "select__k": [2, 5]}, cv=cv, refit=False
    ).fit(numbers, y)
    assert grown
    folds = [set(train) for train, _ in cv.split(numbers)]
    # Once for each fold and each value of what comes before the forest.
    assert [set(map(int, rows)) for rows in Ratios.seen] == folds * 2


def test_scorers_of_a_users_own_get_the_whole_estimator(grown):
    X, y = DIABETES

    def score(estimator, rows, labels):
        assert isinstance(estimator, Pipeline)
        assert rows.shape[1] == X.shape[1]
        assert estimator.named_steps["scale"].n_features_in_ == X.shape[1] + 1
        return -np.abs(estimator.predict(rows) - labels).mean()

    grid = {"model__n_estimators": [2, 4]}
    options = {"scoring": score, "return_train_score": True}
    search = ours.GridSearchCV(PIPELINE, grid, **options).fit(X, y)
    assert grown
    assert_same_results(search, theirs.GridSearchCV(PIPELINE, grid, **options).fit(X, y))


def test_what_a_scorer_raises_is_what_scikit_learn_makes_of_it(grown):
    def score(estimator, X, y):
        if estimator.max_depth == 2:
            raise ValueError("no score at depth 2")
        return 1.0

    grid = {"max_depth": [1, 2]}
    with pytest.warns(UserWarning, match="no score at depth 2"):
        search = ours.GridSearchCV(CLASSIFIER, grid, scoring=score, error_score=-7).fit(*IRIS)
    assert grown
    assert search.cv_results_["mean_test_score"].tolist() == [1.0, -7.0]
    with pytest.raises(ValueError, match="no score at depth 2"):
        ours.GridSearchCV(CLASSIFIER, grid, scoring=score, error_score="raise").fit(*IRIS)


def test_a_fit_that_fails_costs_its_own_candidate():
    X, y = DIABETES
    grid = {"criterion": ["squared_error", "poisson"], "max_depth": [1, 2]}
    labels = y - y.min() - 1  # one row is negative
    options = {"cv": 3, "error_score": np.nan}
    with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="non-finite"):
        search = ours.GridSearchCV(FOREST, grid, **options).fit(X, labels)
    with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="non-finite"):
        expected = theirs.GridSearchCV(FOREST, grid, **options).fit(X, labels)
    assert_same_results(search, expected)
    with pytest.raises(ValueError, match="negative"):
        ours.GridSearchCV(FOREST, grid, cv=3, error_score="raise").fit(X, labels)


@pytest.mark.parametrize(
    ("estimator", "grid", "data"),
    [
        (Ridge(), {"alpha": [0.1, 1.0]}, DIABETES),
        (RandomForestClassifier(40, oob_score=True), {"max_depth": [1, 2]}, IRIS),
        (RandomForestClassifier(4, categorical_features=[0]), {"max_depth": [1, 2]}, IRIS),
        (
            Pipeline([("scale", StandardScaler()), ("model", Ridge())]),
            {"model__alpha": [1]},
            DIABETES,
        ),
    ],
)
def test_other_estimators_go_through_scikit_learn(estimator, grid, data, grown):
    search = ours.GridSearchCV(estimator, grid, cv=3).fit(*data)
    assert not grown
    assert len(search.cv_results_["params"]) == len(next(iter(grid.values())))


def test_a_transformer_that_cannot_be_compared_is_fitted_for_each_candidate(grown):
    X, y = DIABETES
    pipeline = make_pipeline(
        FunctionTransformer(lambda rows: rows * 2), DecisionTreeRegressor(random_state=0)
    )
    grid = {"decisiontreeregressor__max_depth": [1, 2]}
    search = ours.GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert grown == [1, 1, 1]
    assert_same_results(search, theirs.GridSearchCV(pipeline, grid, cv=3).fit(X, y))


def test_a_search_that_is_stopped_keeps_what_it_has_done(grown):
    calls = []

    def score(estimator, X, y):
        calls.append(estimator.max_depth)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return estimator.max_depth

    grid = {"max_features": [1, 2], "max_depth": [1, 2, 3]}
    search = ours.GridSearchCV(CLASSIFIER, grid, scoring=score, cv=2)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*IRIS)
    assert grown
    done = search.cv_results_["params"]
    # The three depths of one forest were scored on both splits; the next forest was begun.
    assert [params["max_features"] for params in done] == [1, 1, 1]
    assert search.best_params_ == {"max_depth": 3, "max_features": 1}
    assert search.best_score_ == 3
    assert not hasattr(search, "best_estimator_")


def test_a_search_shows_how_far_it_is(capsys):
    grid = {"max_depth": [1, 2, 3]}
    ours.GridSearchCV(CLASSIFIER, grid, cv=2).fit(*IRIS)
    assert capsys.readouterr() == ("", "")
    ours.GridSearchCV(CLASSIFIER, grid, cv=2, verbose=1).fit(*IRIS)
    output = capsys.readouterr()
    assert "GridSearchCV" in output.err
    assert "6/6" in output.err


def test_bad_calls_are_refused():
    with pytest.raises(TypeError, match="n_jobs"):
        ours.GridSearchCV(CLASSIFIER, {"max_depth": [1]}, n_jobs=1.5).fit(*IRIS)
    with pytest.raises(ValueError, match="Invalid parameter 'depth'"):
        ours.GridSearchCV(CLASSIFIER, {"depth": [1]}).fit(*IRIS)
    with pytest.raises(ValueError, match="refit must be set to a scorer key"):
        ours.GridSearchCV(CLASSIFIER, {"max_depth": [1]}, scoring=["accuracy", "f1_macro"]).fit(
            *IRIS
        )
    with pytest.raises(ValueError, match="infinity"):
        ours.GridSearchCV(CLASSIFIER, {"max_depth": [1]}, error_score="raise").fit(
            np.where(IRIS[0] > 6, np.inf, IRIS[0]), IRIS[1]
        )


def test_tables_keep_their_names():
    pandas = pytest.importorskip("pandas")
    X, y = load_iris(return_X_y=True, as_frame=True)
    search = ours.GridSearchCV(CLASSIFIER, {"max_depth": [1, 2]}, cv=3).fit(X, y)
    expected = theirs.GridSearchCV(CLASSIFIER, {"max_depth": [1, 2]}, cv=3).fit(X, y)
    assert_same_results(search, expected)
    assert list(search.feature_names_in_) == list(X.columns)
    assert isinstance(pandas.DataFrame(search.cv_results_), pandas.DataFrame)


def test_searches_are_cloned_as_others_are():
    search = ours.GridSearchCV(CLASSIFIER, {"max_depth": [1, 2]})
    assert clone(search).get_params()["param_grid"] == {"max_depth": [1, 2]}
