"""Predictions are the same bits by every way of walking, and paths end in the leaves."""

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier as Peer

from treering.ensemble import RandomForestClassifier

PROGRAM = """
import hashlib
import numpy as np
from scipy.sparse import csr_array
from sklearn.datasets import make_classification
from treering.ensemble import ExtraTreesRegressor, RandomForestClassifier
X, y = make_classification(600, 12, n_informative=6, random_state=0)
holes = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
zeros = np.where(np.abs(X) < 0.5, 0, X)
dense = (X, holes, holes[:100], holes[:20], holes[:1], np.asfortranarray(X), X.astype("f4"))
models = (
    RandomForestClassifier(40, random_state=0),
    RandomForestClassifier(20, max_depth=8, random_state=0),
    ExtraTreesRegressor(7, random_state=0),
)
for model in models:
    for train in (X, holes):
        model.fit(train, y)
        for rows in (*dense, csr_array(zeros), csr_array(zeros[:20]), csr_array(zeros[:1])):
            answers = model.predict(rows).tobytes() + model.apply(rows).tobytes()
            print(hashlib.sha256(answers).hexdigest())
"""


def run(kernel: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "TREERING_KERNEL": kernel},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_kernel_answers_the_same() -> None:
    portable = run("portable")
    assert portable.returncode == 0, portable.stderr
    assert run("").stdout == portable.stdout
    for kernel in ("avx512-shallow", "avx512"):
        outcome = run(kernel)
        if outcome.returncode:
            assert f"TREERING_KERNEL must be portable; got {kernel}" in outcome.stderr
        else:
            assert outcome.stdout == portable.stdout


def test_an_unknown_kernel_is_named() -> None:
    outcome = run("quick")
    assert outcome.returncode != 0
    assert "ValueError: the parameter TREERING_KERNEL must be portable" in outcome.stderr
    assert "got quick" in outcome.stderr


@pytest.mark.parametrize("rows", [1, 150, 400])
def test_paths_end_in_the_leaves_of_every_tree(rows: int) -> None:
    X, y = load_iris(return_X_y=True)
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    X = np.resize(X, (rows, 4))
    paths, starts = forest.decision_path(X)
    assert paths.shape == (rows, sum(tree.tree_.node_count for tree in forest.estimators_))
    leaves = forest.apply(X)
    for index, tree in enumerate(forest.estimators_):
        own = paths[:, starts[index] : starts[index + 1]]
        assert (own != tree.decision_path(X)).nnz == 0
        assert (np.asarray(own[np.arange(rows), leaves[:, index]]) == 1).all()


@pytest.mark.parametrize("method", ["predict", "predict_proba", "apply"])
def test_arrays_without_names_warn_as_scikit_learn_does(method: str) -> None:
    X, y = load_iris(return_X_y=True, as_frame=True)
    warned = []
    for model in (RandomForestClassifier(5, random_state=0), Peer(5, random_state=0)):
        predict = getattr(model.fit(X, y), method)
        named = predict(X)
        with pytest.warns(UserWarning, match="valid feature names") as record:
            plain = predict(X.to_numpy())
        np.testing.assert_array_equal(plain, named)
        warned.append([(warning.category, str(warning.message)) for warning in record])
    assert warned[0] == warned[1]
