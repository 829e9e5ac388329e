"""Linear models are scikit-learn's to the bit, and come back from files."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
from scipy import sparse
from sklearn.pipeline import make_pipeline

import treering
from treering._core import persistence as core
from treering.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from treering.model_selection import cross_val_score
from treering.preprocessing import StandardScaler

rng = np.random.default_rng(5)
X = rng.normal(size=(60, 4))
NUMBERS = X @ [1.0, -2.0, 0.0, 0.5] + rng.normal(size=60)
PAIRS = np.column_stack([NUMBERS, X[:, 0] - NUMBERS])
CLASSES = np.array(["low", "mid", "high"])[np.digitize(NUMBERS, [-1, 1])]

CASES = [
    (LinearRegression(), NUMBERS),
    (LinearRegression(fit_intercept=False), PAIRS),
    (LinearRegression(positive=True), NUMBERS),
    (Ridge(alpha=[1.0, 2.0]), PAIRS),
    (Ridge(solver="sag", random_state=0), NUMBERS),
    (Lasso(alpha=0.1), NUMBERS),
    (Lasso(alpha=0.1, fit_intercept=False), PAIRS),
    (ElasticNet(alpha=0.1, precompute=True), NUMBERS),
    (LinearRegression(), NUMBERS[:, None]),
    (Ridge(), NUMBERS[:, None]),
    (Lasso(alpha=0.1), NUMBERS[:, None]),
    (ElasticNet(alpha=0.1), NUMBERS[:, None]),
    (LogisticRegression(), CLASSES),
    (LogisticRegression(solver="liblinear", class_weight="balanced"), NUMBERS > 0),
    (LogisticRegression(C=np.inf, warm_start=True), CLASSES == "mid"),
]


def attributes(model: Any) -> dict[str, Any]:
    return {name: vars(model)[name] for name in sorted(vars(model))}


@pytest.mark.parametrize(("model", "y"), CASES, ids=repr)
def test_models_are_scikit_learns_and_come_back(model, y, tmp_path) -> None:
    theirs = getattr(sklearn.linear_model, type(model).__name__)(**model.get_params())
    model.fit(X, y)
    again = treering.load(model.save(tmp_path / "model.treering"))
    for other in (theirs.fit(X, y), again):
        assert attributes(model).keys() == attributes(other).keys()
        for name, value in attributes(model).items():
            np.testing.assert_array_equal(vars(other)[name], value, strict=True)
        np.testing.assert_array_equal(other.predict(X), model.predict(X), strict=True)
    again.fit(X, y)


def test_sparse_rows_and_names_do(tmp_path) -> None:
    model = Lasso(alpha=0.1).fit(sparse.csr_array(X), NUMBERS)
    again = treering.load(model.save(tmp_path / "sparse.treering"))
    np.testing.assert_array_equal(again.sparse_coef_.toarray(), model.sparse_coef_.toarray())
    named = pd.DataFrame(X, columns=list("abcd"))
    pipeline = make_pipeline(StandardScaler(), LinearRegression()).fit(named, NUMBERS)
    again = treering.load(treering.save(pipeline, tmp_path / "pipeline.treering"))
    np.testing.assert_array_equal(again.predict(named), pipeline.predict(named))
    with pytest.raises(ValueError, match="feature names"):
        again.predict(named[["b", "a", "c", "d"]])


def test_they_are_cross_validated_by_scikit_learn() -> None:
    scores = cross_val_score(Ridge(), X, NUMBERS, cv=4)
    theirs = sklearn.model_selection.cross_val_score(sklearn.linear_model.Ridge(), X, NUMBERS, cv=4)
    np.testing.assert_array_equal(scores, theirs)


@pytest.mark.parametrize(
    ("model", "y", "changes"),
    [
        (Ridge(), NUMBERS, {"coef_": np.ones(3)}),
        (Ridge(), NUMBERS, {"coef_": [1.0, 1.0, 1.0, 1.0]}),
        (Ridge(), NUMBERS, {"coef_": np.ones((2, 4))}),
        (Ridge(), NUMBERS, {"coef_": np.array(["a"] * 4)}),
        (Ridge(), NUMBERS, {"intercept_": None}),
        (Ridge(), NUMBERS, {"intercept_": np.ones(4)}),
        (Ridge(), NUMBERS, {"intercept_": "1"}),
        (LogisticRegression(), CLASSES, {"coef_": np.ones((2, 4))}),
        (LogisticRegression(), CLASSES, {"intercept_": np.ones(2)}),
    ],
)
def test_altered_files_are_refused(model, y, changes, tmp_path) -> None:
    path = model.fit(X, y).save(tmp_path / "model.treering")
    name, _, columns, names, outputs, parameters, attributes, _ = core.read_model(path.read_bytes())
    made = core.write_model(
        class_name=name,
        columns=columns,
        names=names,
        outputs=outputs,
        parameters=parameters,
        attributes=attributes | changes,
        predictor=None,
    )
    path.write_bytes(made)
    with pytest.raises(treering.ModelFileError, match="is not one that a fit sets"):
        treering.load(path)
