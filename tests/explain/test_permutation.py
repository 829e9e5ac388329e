"""Permutation importance: scikit-learn's, to the last bit, and what treering adds."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.inspection import permutation_importance as theirs
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from treering.ensemble import RandomForestClassifier
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
def test_falls_are_those_of_scikit_learn(options, table):
    given = table(X)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(given, Y)
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
