"""Permutation importance: scikit-learn's, to the last bit, and what treering adds."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.inspection import permutation_importance as theirs
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from treering.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor
from treering.explain import PermutationImportance, permutation_importance

CANCER = load_breast_cancer(as_frame=True)
X, Y = CANCER.data.iloc[:200, :6], CANCER.target[:200]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_repeats": 2, "max_samples": 0.5},
        {"max_samples": 90},
        {"scoring": "roc_auc"},
        {"scoring": ["accuracy", "neg_log_loss"]},
        {"sample_weight": np.arange(200) / 200},
        {"random_state": np.random.RandomState(4)},
        {"n_jobs": 2},
    ],
    ids=lambda given: "-".join(given) or "usual",
)
@pytest.mark.parametrize("table", [pd.DataFrame, np.asarray], ids=["pandas", "numpy"])
@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(10, random_state=0),
    ],
    ids=["pipeline", "forest"],
)
def test_falls_are_those_of_scikit_learn(options, table, model):
    given = table(X)
    model = clone(model).fit(given, Y)
    seeds = {"random_state": 0} | options
    if isinstance(seeds["random_state"], np.random.RandomState):
        ours = permutation_importance(model, given, Y, random_state=np.random.RandomState(4))
        expected = theirs(model, given, Y, random_state=np.random.RandomState(4))
    else:
        ours = permutation_importance(model, given, Y, **seeds)
        expected = theirs(model, given, Y, **seeds)
    if "importances" in expected:
        ours, expected = {"score": ours}, {"score": expected}
    assert ours.keys() == expected.keys()
    for name, found in ours.items():
        assert isinstance(found, PermutationImportance)
        for array in ("importances", "importances_mean", "importances_std"):
            np.testing.assert_array_equal(found[array], expected[name][array])


@pytest.mark.parametrize("answers", [1 << 23, 300], ids=["at-once", "in-parts"])
def test_forests_of_numbers_of_categories_and_of_several_outputs(answers, monkeypatch):
    monkeypatch.setattr("treering.ensemble._shuffled._MOST_ANSWERS", answers)
    mixed = X.assign(kind=pd.Categorical(np.where(X.iloc[:, 1] > 18, "tall", "low")))
    mixed.iloc[::7, 2] = np.nan
    forest = RandomForestRegressor(
        7, max_bins=20, categorical_features="from_dtype", random_state=0
    )
    for given, target in (
        (mixed, X.iloc[:, 0]),
        (mixed, X.iloc[:, :2]),
    ):
        model = clone(forest).fit(given, target)
        before = model.predict(given)
        ours = permutation_importance(model, given, target, random_state=1)
        expected = theirs(model, given, target, random_state=1)
        np.testing.assert_array_equal(ours.importances, expected.importances)
        np.testing.assert_array_equal(model.predict(given), before)
    both = np.column_stack([Y, X.iloc[:, 0] > 14])
    model = ExtraTreesClassifier(5, random_state=0).fit(csr_matrix(X), both)
    ours = permutation_importance(model, X.to_numpy(), both, random_state=1)
    expected = theirs(model, X.to_numpy(), both, random_state=1)
    np.testing.assert_array_equal(ours.importances, expected.importances)


class _OfRoundedRows(RandomForestClassifier):
    def predict(self, X):
        return super().predict(np.round(X))


def test_models_that_change_their_rows_are_asked_for_shuffled_ones():
    model = _OfRoundedRows(10, random_state=0).fit(X.to_numpy(), Y)
    ours = permutation_importance(model, X.to_numpy(), Y, random_state=0)
    expected = theirs(model, X.to_numpy(), Y, random_state=0)
    np.testing.assert_array_equal(ours.importances, expected.importances)


def test_scores_that_look_at_the_rows_are_given_them():
    def of_rows(model, rows, truth):
        return np.mean((model.predict(rows) == truth) * rows[:, 0])

    model = RandomForestClassifier(10, random_state=0).fit(X.to_numpy(), Y)
    options = {"scoring": of_rows, "random_state": 0}
    ours = permutation_importance(model, X.to_numpy(), Y, **options)
    expected = theirs(model, X.to_numpy(), Y, **options)
    np.testing.assert_array_equal(ours.importances, expected.importances)


@pytest.mark.parametrize("table", [pl.from_pandas, pa.Table.from_pandas], ids=["polars", "pyarrow"])
def test_tables_of_other_libraries_give_the_same(table):
    model = RandomForestClassifier(10, random_state=0).fit(X, Y)
    expected = permutation_importance(model, X, Y, random_state=0)
    found = permutation_importance(model, table(X), Y, random_state=0)
    np.testing.assert_array_equal(found.importances, expected.importances)
    assert found.feature_names == tuple(X.columns)
    assert found.backend in {"polars", "pyarrow"}


def test_texts_and_indexes_are_kept():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"town": rng.choice(["Bonn", "Ulm"], 100), "age": rng.random(100)},
        index=rng.permutation(100) + 1000,
    )
    model = RandomForestClassifier(10, random_state=0, categorical_features=["town"])
    model.fit(frame, frame["town"] == "Ulm")
    found = permutation_importance(model, frame, frame["town"] == "Ulm", random_state=0)
    assert found.importances_mean[0] > 0.3
    assert found.importances_mean[1] == 0.0
    assert frame["town"].isin(["Bonn", "Ulm"]).all()


def test_it_prints_and_is_drawn():
    model = RandomForestClassifier(10, random_state=0).fit(X, Y)
    found = permutation_importance(model, X, Y, random_state=0)
    assert str(found).startswith("PermutationImportance: 6 columns, 5 repeats (score 1.0000)")
    names = [text.get_text() for text in found.plot(most=3).ax_.get_yticklabels()]
    best = np.argsort(-found.importances_mean, kind="stable")[:3]
    assert names == [*(X.columns[place] for place in best), "3 others"]
    assert "fall of the score" in found.to_html()
    assert list(found.to_frame().columns) == ["column", "importances_mean", "importances_std"]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"n_repeats": 0}, ValueError, "n_repeats must be"),
        ({"max_samples": 201}, ValueError, "max_samples is 201, and there are 200 rows"),
        ({"max_samples": 1.5}, ValueError, "a share above 0"),
        ({"max_samples": "all"}, TypeError, "max_samples"),
        ({"scoring": "acuracy"}, ValueError, "acuracy"),
    ],
)
def test_bad_input_is_named(options, error, words):
    model = RandomForestClassifier(2, random_state=0).fit(X, Y)
    with pytest.raises(error, match=words):
        permutation_importance(model, X, Y, **options)


def test_a_name_that_is_none_is_told():
    model = RandomForestClassifier(2, random_state=0).fit(X, Y)
    with pytest.raises(KeyError, match="importances_mean"):
        permutation_importance(model, X, Y, n_repeats=1)["mean"]
