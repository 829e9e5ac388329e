"""Boosted trees beside scikit-learn's, and what theirs do not do."""

import pickle
from contextlib import suppress

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_friedman1,
    make_friedman2,
    make_moons,
)
from sklearn.inspection import partial_dependence
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split

import treering
from boosted import CLASSES, FILLED, OWN, WEIGHTS, X, Y, beside, theirs
from treering._core.boosting import Bins, Boosting, BoostingLoss, BoostingTraining
from treering.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from treering.ensemble._boosting_constraints import boosting_params
from treering.explain import TreeExplainer


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize(
    "params",
    [
        {"loss": "squared_error"},
        {"loss": "absolute_error"},
        {"loss": "quantile", "quantile": 0.3},
        {"loss": "poisson"},
        {"loss": "gamma"},
        {"categorical_features": [5], "l2_regularization": 2.0},
        {"monotonic_cst": [1, 0, -1, 0, 0, 0], "max_leaf_nodes": None, "max_depth": 4},
        {"interaction_cst": [{0, 1}, {1, 2}], "max_bins": 20, "min_samples_leaf": 3},
        {"interaction_cst": "pairwise"},
    ],
    ids=lambda params: "-".join(map(str, params)),
)
def test_regressors_grow_the_trees_of_scikit_learn(params, weights) -> None:
    y = np.exp(Y / 3) if params.get("loss") in ("poisson", "gamma") else Y
    ours, other = beside(HistGradientBoostingRegressor(max_iter=15, **params), X, y, weights)
    np.testing.assert_allclose(ours, other, atol=1e-6)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"class_weight": "balanced"},
        {"early_stopping": True, "random_state": 3},
        {"early_stopping": True, "scoring": "accuracy", "random_state": 3, "n_iter_no_change": 2},
        {"early_stopping": True, "validation_fraction": None, "tol": 0.02, "n_iter_no_change": 1},
        {"early_stopping": True, "scoring": None, "random_state": 1, "categorical_features": [5]},
    ],
    ids=lambda params: "-".join(params) or "usual",
)
@pytest.mark.parametrize("y", [CLASSES == "a", CLASSES], ids=["two", "three"])
def test_classifiers_grow_the_trees_of_scikit_learn(params, y) -> None:
    model = HistGradientBoostingClassifier(max_iter=12, **params)
    ours, other = model.fit(X, y), theirs(model).fit(X, y)
    assert ours.n_iter_ == other.n_iter_
    assert ours.do_early_stopping_ == other.do_early_stopping_
    np.testing.assert_allclose(ours._raw_predict(X), other._raw_predict(X), atol=1e-6)
    np.testing.assert_allclose(ours.train_score_, other.train_score_, atol=1e-8)
    np.testing.assert_allclose(ours.validation_score_, other.validation_score_, atol=1e-8)
    np.testing.assert_array_equal(ours.predict(X), other.predict(X))
    np.testing.assert_allclose(ours.predict_proba(X), other.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(ours.decision_function(X), other.decision_function(X), atol=1e-6)


def test_thresholds_of_many_rows_are_those_of_the_rows_that_scikit_learn_draws() -> None:
    random = np.random.default_rng(1)
    many = random.normal(size=(210_000, 2))
    y = many[:, 0] * many[:, 1]
    for weights in (None, random.random(len(y))):
        model = HistGradientBoostingRegressor(max_iter=3, early_stopping=False, random_state=5)
        ours, other = beside(model, many, y, weights)
        np.testing.assert_allclose(ours, other, atol=1e-6)


@pytest.mark.parametrize(
    "data",
    [
        load_breast_cancer(return_X_y=True),
        load_wine(return_X_y=True),
        load_iris(return_X_y=True),
        load_digits(return_X_y=True),
        make_moons(1000, noise=0.3, random_state=0),
        make_classification(2000, 20, n_informative=8, random_state=0),
        load_diabetes(return_X_y=True),
        make_friedman1(2000, noise=1.0, random_state=0),
        make_friedman2(2000, noise=50.0, random_state=0),
    ],
    ids=["cancer", "wine", "iris", "digits", "moons", "made", "diabetes", "one", "two"],
)
def test_answers_on_rows_held_out_are_as_good_as_scikit_learns(data) -> None:
    train_x, test_x, train_y, test_y = train_test_split(*data, random_state=0)
    is_regression = train_y.dtype.kind == "f"
    model = OWN[is_regression](max_iter=50)
    answers = []
    for each in (model, theirs(model)):
        each.fit(train_x, train_y)
        if is_regression:
            answers.append(root_mean_squared_error(test_y, each.predict(test_x)) / test_y.std())
        else:
            answers.append(log_loss(test_y, each.predict_proba(test_x)))
    assert answers[0] == pytest.approx(answers[1], abs=0.01)


@pytest.mark.parametrize("cls", OWN)
def test_a_warm_start_goes_on_as_if_it_had_not_stopped(cls) -> None:
    y = CLASSES if is_classifier(cls()) else Y
    params = {"random_state": 1, "max_features": 0.5, "early_stopping": True, "scoring": "loss"}
    whole = cls(max_iter=12, **params).fit(X, y)
    model = cls(max_iter=5, warm_start=True, **params).fit(X, y)
    first = model._boosting.to_bytes()
    model.set_params(max_iter=12).fit(X, y)
    assert model._boosting.to_bytes() == whole._boosting.to_bytes() != first
    np.testing.assert_array_equal(model.train_score_, whole.train_score_)
    np.testing.assert_array_equal(model.validation_score_, whole.validation_score_)
    before = model._boosting.to_bytes()
    assert model.fit(X, y)._boosting.to_bytes() == before
    with pytest.raises(ValueError, match="max_iter=3 must be larger than or equal to n_iter_=12"):
        model.set_params(max_iter=3).fit(X, y)
    with pytest.raises(ValueError, match="warm_start=True needs the 6 columns"):
        model.set_params(max_iter=20).fit(X[:, :3], y)
    assert model.n_features_in_ == 6
    assert model._boosting.to_bytes() == before


def test_a_warm_start_knows_its_classes() -> None:
    model = HistGradientBoostingClassifier(max_iter=2, warm_start=True).fit(X, CLASSES)
    with pytest.raises(ValueError, match="needs the classes of the first fit"):
        model.fit(X, CLASSES == "a")


@pytest.mark.parametrize("cls", OWN)
def test_stages_are_models_of_fewer_iterations(cls) -> None:
    y = CLASSES if is_classifier(cls()) else Y
    model = cls(max_iter=6).fit(X, y)
    stages = list(model.staged_predict(X))
    assert len(stages) == model.n_iter_ == 6
    np.testing.assert_array_equal(stages[-1], model.predict(X))
    np.testing.assert_array_equal(stages[2], cls(max_iter=3).fit(X, y).predict(X))
    if is_classifier(model):
        for name in ("predict_proba", "decision_function"):
            last = list(getattr(model, f"staged_{name}")(X))[-1]
            np.testing.assert_array_equal(last, getattr(model, name)(X))


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_categories_are_told_by_the_types_of_a_table(library) -> None:
    texts = np.array([f"town {int(code)}" for code in X[:, 5]])
    columns = {f"x{place}": X[:, place] for place in range(5)}
    frame = library({**columns, "town": texts})
    kind = pd.CategoricalDtype() if library is pd.DataFrame else pl.Categorical
    typed = (
        frame.astype({"town": kind})
        if library is pd.DataFrame
        else frame.with_columns(pl.col("town").cast(kind))
    )
    codes = np.unique(texts, return_inverse=True)[1].astype(float)
    model = HistGradientBoostingRegressor(max_iter=5).fit(typed, Y)
    assert model.is_categorical_.tolist() == [False] * 5 + [True]
    assert model.categories_[5].tolist() == sorted(set(texts))
    other = HistGradientBoostingRegressor(max_iter=5, categorical_features=[5])
    numbers = np.column_stack([X[:, :5], codes])
    np.testing.assert_array_equal(model.predict(typed), other.fit(numbers, Y).predict(numbers))
    # What was not seen goes where missing values go.
    numbers[:50, 5] = np.nan
    strange = library({**columns, "town": ["elsewhere"] * 50 + texts[50:].tolist()})
    np.testing.assert_array_equal(model.predict(strange), other.predict(numbers))


def test_infinite_valuesare_values() -> None:
    rows = np.array([[-np.inf], [0.0], [1.0], [np.inf]] * 20)
    y = np.array([0.0, 1.0, 2.0, 3.0] * 20)
    model = HistGradientBoostingRegressor(min_samples_leaf=1, max_iter=200).fit(rows, y)
    np.testing.assert_allclose(model.predict(rows), y, atol=1e-3)


def test_rows_held_out_by_the_user_stop_the_training() -> None:
    fit, held_out = slice(0, 1000), slice(1000, 2000)
    model = HistGradientBoostingRegressor(max_iter=300, learning_rate=0.5, n_iter_no_change=3)
    model.fit(X[fit], Y[fit], X_val=X[held_out], y_val=Y[held_out])
    assert model.do_early_stopping_
    assert model.n_iter_ < 300
    last = -0.5 * np.mean((model.predict(X[held_out]) - Y[held_out]) ** 2)
    assert model.validation_score_[-1] == pytest.approx(last)
    weighted = clone(model).fit(
        X[fit], Y[fit], X_val=X[held_out], y_val=Y[held_out], sample_weight_val=WEIGHTS[held_out]
    )
    errors = (weighted.predict(X[held_out]) - Y[held_out]) ** 2
    last = -0.5 * np.average(errors, weights=WEIGHTS[held_out])
    assert weighted.validation_score_[-1] == pytest.approx(last)
    with pytest.raises(ValueError, match="X_val is provided, but y_val was not provided"):
        clone(model).fit(X, Y, X_val=X)
    with pytest.raises(ValueError, match="early_stopping should be set to either 'auto' or True"):
        clone(model).set_params(early_stopping=False).fit(X, Y, X_val=X, y_val=Y)
    with pytest.raises(ValueError, match="X_val has 5 rows, y_val 6 labels"):
        clone(model).fit(X, Y, X_val=X[:5], y_val=Y[:6])
    with pytest.raises(ValueError, match=r"previously unseen labels: \['d'\]"):
        HistGradientBoostingClassifier().fit(X, CLASSES, X_val=X[:2], y_val=["a", "d"])


def test_a_callable_scores_a_model_of_the_iterations_so_far() -> None:
    seen = []

    def scorer(model, rows, labels):
        seen.append((model.n_iter_, rows.shape, len(labels)))
        return float(np.mean(model.predict(rows) == labels))

    model = HistGradientBoostingClassifier(
        max_iter=2, early_stopping=True, scoring=scorer, random_state=0
    ).fit(X, CLASSES)
    assert seen == [(count, (rows, 6), rows) for count in range(3) for rows in (1800, 200)]
    assert len(model.train_score_) == 3


def test_weights_are_repetitions() -> None:
    counts = np.random.default_rng(2).integers(0, 3, len(X))
    model = HistGradientBoostingRegressor(
        max_iter=10, max_leaf_nodes=6, min_samples_leaf=1, categorical_features=None
    )
    repeated = clone(model).fit(np.repeat(X, counts, axis=0), np.repeat(Y, counts))
    weighted = model.fit(X, Y, counts.astype(float))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), atol=1e-6)


@pytest.mark.parametrize("y", [Y, CLASSES == "a", CLASSES], ids=["numbers", "two", "three"])
def test_dependence_is_that_of_scikit_learn(y) -> None:
    model = OWN[y.dtype.kind == "f"](max_iter=5).fit(FILLED, y)
    other = theirs(model).fit(FILLED, y)
    for columns in ([0], [1, 2]):
        ours, expected = (
            partial_dependence(each, FILLED, columns, method="recursion", grid_resolution=10)[
                "average"
            ]
            for each in (model, other)
        )
        np.testing.assert_allclose(ours, expected, atol=1e-6)
    weighted = clone(model).fit(FILLED, y, WEIGHTS)
    with pytest.raises(NotImplementedError, match="does not support partial dependence plots"):
        partial_dependence(weighted, FILLED, [0], method="recursion")


@pytest.mark.parametrize("y", [Y, CLASSES == "a", CLASSES], ids=["numbers", "two", "three"])
def test_contributions_are_those_of_scikit_learns_trees(y) -> None:
    model = OWN[y.dtype.kind == "f"](max_iter=5, categorical_features=[5]).fit(X, y)
    found = TreeExplainer(model)(X[:100])
    raw = model._raw_predict(X[:100])
    sums = found.values.sum(axis=1) + found.base_values  # noqa: PD011 (no table)
    np.testing.assert_allclose(sums, raw[:, 0] if raw.shape[1] == 1 else raw, atol=1e-9)
    expected = TreeExplainer(theirs(model).fit(X, y))(X[:100])
    np.testing.assert_allclose(found.values, expected.values, atol=1e-6)
    background = TreeExplainer(model, X[:20])(X[:10])
    sums = background.values.sum(axis=1) + background.base_values  # noqa: PD011 (no table)
    raw = model._raw_predict(X[:10])
    np.testing.assert_allclose(sums, raw[:, 0] if raw.shape[1] == 1 else raw, atol=1e-9)


@pytest.mark.parametrize("cls", OWN)
def test_models_come_back_from_files_and_pickles(cls, tmp_path) -> None:
    y = CLASSES if is_classifier(cls()) else Y
    model = cls(max_iter=3, early_stopping=True, warm_start=True, random_state=0).fit(X, y)
    loaded = treering.load(treering.save(model, tmp_path / "model.treering"))
    for other in (loaded, pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict(X), model.predict(X))
        np.testing.assert_array_equal(other.validation_score_, model.validation_score_)
        assert (other.n_iter_, other.n_trees_per_iteration_) == (3, model.n_trees_per_iteration_)
        other.set_params(max_iter=5).fit(X, y)
    np.testing.assert_array_equal(
        loaded.predict(X), clone(model).set_params(max_iter=5).fit(X, y).predict(X)
    )


def test_few_rows_and_one_class_have_answers() -> None:
    assert HistGradientBoostingRegressor().fit([[1.0]], [3.0]).predict([[5.0]]).tolist() == [3.0]
    one = HistGradientBoostingClassifier().fit(X[:30], np.array(["a"] * 30))
    assert set(one.predict(X)) == {"a"}
    assert one.predict_proba(X).tolist() == [[1.0]] * len(X)


def test_it_tells_what_it_does(capsys) -> None:
    HistGradientBoostingRegressor(max_iter=2, verbose=2, early_stopping=True).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("]")[0] for line in lines[:2]] == ["[1/2", "[2/2"]
    assert "31 leaves" in lines[0]
    assert "val score" in lines[0]
    assert lines[2].startswith("boosted 2 iterations, 62 leaves")


@pytest.mark.parametrize(
    ("params", "y", "message"),
    [
        ({"loss": "gamma"}, Y, "requires strictly positive y"),
        ({"loss": "poisson"}, Y, r"requires non-negative y and sum\(y\) > 0"),
        ({"loss": "quantile"}, Y, "needs quantile=..., a number from 0 to 1"),
        ({}, np.where(Y > 1, np.nan, Y), "row 0 holds nan|contains NaN"),
        ({}, Y * 1e200, "smaller numbers"),
        ({}, np.column_stack([Y, Y]), "boost a model for each column of y"),
        ({"max_bins": 5, "categorical_features": [5]}, Y, "cardinality <= 5 but actually has a"),
        ({"interaction_cst": [[9]]}, Y, r"integer indices in \[0, n_features - 1\] = \[0, 5\]"),
        ({"interaction_cst": [3]}, Y, "must be a sequence of tuples or lists"),
        ({"monotonic_cst": {"age": 1}}, Y, "was not fitted on data with feature names"),
        ({"monotonic_cst": [0, 2, 0, 0, 0, 0]}, Y, "-1, 0 or 1"),
        ({"loss": "hinge"}, Y, "loss"),
        ({"max_iter": 0}, Y, "max_iter"),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, dict) else "",
)
def test_what_cannot_be_learned_is_named(params, y, message) -> None:
    model = HistGradientBoostingRegressor(**params)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert "_boosting" not in vars(model)


def test_weights_and_numbers_at_the_ends_of_double_precision_end_in_a_result_or_an_error() -> None:
    for scale in (1e-300, 1e-30, 1e30, 1e130):
        model = HistGradientBoostingRegressor(max_iter=3).fit(X, Y * scale)
        assert np.isfinite(model.predict(X)).all()
    with pytest.raises(ValueError, match="smaller"):
        HistGradientBoostingRegressor().fit(X, Y * 1e100, np.full(len(Y), 1e100))
    for loss in ("poisson", "gamma"):
        y = np.exp(Y * 100)
        model = HistGradientBoostingRegressor(loss=loss, learning_rate=1.0)
        with suppress(ValueError):
            model.fit(X, y)
        assert "_boosting" not in vars(model) or not np.isnan(model.predict(X)).any()


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingClassifier(max_iter=20, learning_rate=1e300, min_samples_leaf=2),
        HistGradientBoostingRegressor(max_iter=1, learning_rate=1e203, loss="absolute_error"),
    ],
    ids=["classes", "numbers"],
)
def test_what_could_not_be_saved_is_not_trained(model):
    with pytest.raises(ValueError, match="smaller learning_rate"):
        model.fit(FILLED, Y > 0 if is_classifier(model) else 1e9 * Y)


def test_the_core_refuses_labels_that_do_not_fit():
    bins = Bins.learn(FILLED, None, None, [None] * 6, 255)
    loss = BoostingLoss("log_loss", classes=3)
    empty = Boosting.empty(bins, 3, [0.0] * 3)
    coded = bins.code(FILLED)
    with pytest.raises(ValueError, match="labels"):
        BoostingTraining(empty, coded, np.zeros(9), None, loss, 0)
    params = boosting_params(HistGradientBoostingClassifier().fit(FILLED, CLASSES))
    for label in (-1.0, 0.5, 3.0, np.nan):
        training = BoostingTraining(empty, coded, np.full(len(FILLED), label), None, loss, 0)
        with pytest.raises(ValueError, match="from 0 to 2"):
            training.boost(params)
    with pytest.raises(ValueError, match="classes"):
        BoostingLoss("log_loss", classes=2**62).baseline(np.ones(3), None)


def test_values_in_a_gap_go_scikit_learns_way() -> None:
    rows = np.c_[
        np.repeat([0.0, 1.0], 120), np.r_[np.tile([0.0, 10.0, np.nan], 40), np.full(120, 5.0)]
    ]
    y = np.where(rows[:, 0] == 1, 100.0, np.where(rows[:, 1] == 10, 5.0, 0.0))
    for signs in (None, [0, 1]):
        model = HistGradientBoostingRegressor(
            max_iter=1,
            learning_rate=1.0,
            min_samples_leaf=5,
            max_leaf_nodes=3,
            monotonic_cst=signs,
        ).fit(rows, y)
        assert model.predict([[0.0, 5.0]]) == pytest.approx([0.0], abs=1e-6)


def test_parameters_that_change_after_the_fit_change_no_answer(tmp_path) -> None:
    counts = np.floor(np.exp(Y / 4))
    for first, later in (("poisson", "squared_error"), ("squared_error", "gamma")):
        model = HistGradientBoostingRegressor(loss=first, max_iter=5).fit(X, counts + 1)
        answers = model.predict(X)
        model.set_params(loss=later, learning_rate=0.5)
        assert (model.predict(X) == answers).all()
        loaded = treering.load(model.save(tmp_path / "model.treering"))
        assert (loaded.predict(X) == answers).all()
        with pytest.raises(ValueError, match="a loss like that of the first fit"):
            model.set_params(warm_start=True, max_iter=9).fit(X, counts + 1)
        assert (model.predict(X) == answers).all()


@pytest.mark.parametrize("cls", OWN)
def test_parts_of_rows_that_weigh_nothing_are_refused(cls) -> None:
    weights = np.zeros(10)
    weights[0] = 1
    y = np.arange(10) % 2
    model = cls(early_stopping=True, validation_fraction=0.5, random_state=0)
    with pytest.raises(ValueError, match=r"validation_fraction=0\.5 has all 5 rows .* of weight 0"):
        model.fit(X[:10], y, weights)
    assert cls(early_stopping=False, min_samples_leaf=1).fit(X[:10], y, weights).n_iter_ == 100


def test_labels_of_rows_held_out_are_checked_by_their_own_name() -> None:
    classifier, regressor = (cls(max_iter=3) for cls in OWN)
    with pytest.warns(Warning, match="column-vector"):
        ours = classifier.fit(X, CLASSES, X_val=X, y_val=CLASSES[:, None])
    assert ours.do_early_stopping_
    for model, y, y_val, message in (
        (classifier, CLASSES, np.c_[CLASSES, CLASSES], "y_val should be a 1d array"),
        (classifier, CLASSES, [["a"]] * 3 + [["a", "b"]], "y_val should be a 1d array"),
        (classifier, CLASSES, np.array([*CLASSES[1:], {}], object), "y_val holds what is no"),
        (classifier, CLASSES, np.full(len(X), np.nan), "y_val contains previously unseen"),
        (regressor, Y, np.full(len(X), np.nan), "Input y_val contains NaN"),
        (regressor, Y, CLASSES, "y_val must hold numbers"),
        (regressor, Y, np.full(len(X), "2020-01-01", dtype="M8[D]"), "y_val"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            model.fit(X, y, X_val=X, y_val=y_val)


def test_a_warm_start_keeps_its_bins_whatever_their_number_is_set_to() -> None:
    model = HistGradientBoostingRegressor(categorical_features=[5], max_iter=3, warm_start=True)
    model.fit(X, Y)
    assert model.set_params(max_bins=5, max_iter=5).fit(X, Y).n_iter_ == 5
    with pytest.raises(ValueError, match="Fit a new model instead"):
        model.set_params(categorical_features=None, max_iter=7).fit(X, Y)


def test_a_scorer_that_returns_no_number_is_named() -> None:
    model = HistGradientBoostingRegressor(
        early_stopping=True, scoring=lambda estimator, X, y: None, max_iter=3
    )
    with pytest.raises(ValueError, match=r"scoring must return a number.*returned None"):
        model.fit(X, Y)
