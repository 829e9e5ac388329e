"""Log loss and ROC AUC equal scikit-learn's."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treering.metrics import roc_auc_score

NAMES = ("log_loss", "roc_auc_score")


def problem(rows=200, classes=3, seed=0, *, text=False):
    rng = np.random.default_rng(seed)
    true = rng.permutation(np.arange(rows) % classes)
    proba = rng.dirichlet(np.ones(classes), rows)
    if text:
        true = np.array(["ant", "bee", "crow", "dog"])[true]
    return true, proba, rng


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_values(assert_same, classes, weighted, text):
    true, proba, rng = problem(classes=classes, text=text)
    weights = rng.integers(0, 5, len(true)) / 3 if weighted else None
    labels = np.unique(true)
    for normalize in (True, False):
        assert_same("log_loss", true, proba, normalize=normalize, sample_weight=weights)
    assert_same("log_loss", true, proba, labels=labels, sample_weight=weights)
    if classes == 2:
        assert_same("log_loss", true, proba[:, 1], sample_weight=weights)
        assert_same("log_loss", true, proba[:, [1]], sample_weight=weights)
        assert_same("roc_auc_score", true, np.round(proba[:, 1], 1), sample_weight=weights)
        assert_same("roc_auc_score", true, proba, sample_weight=weights)
        return
    for average in ("macro", "weighted", "micro", None):
        for given_labels in (None, labels, labels[::-1], labels[:2]):
            assert_same(
                "roc_auc_score",
                true,
                proba,
                multi_class="ovr",
                average=average,
                labels=given_labels,
                sample_weight=weights,
            )
    assert_same("roc_auc_score", true, proba, multi_class="ovo")
    assert_same("roc_auc_score", true, proba)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(-3, 3), st.integers(0, 3)), min_size=1, max_size=60
    ),
    st.booleans(),
)
def test_area_with_ties(assert_same, rows, weighted):
    table = np.array(rows, dtype=float)
    weights = table[:, 2] if weighted else None
    assert_same("roc_auc_score", table[:, 0], table[:, 1] / 2, sample_weight=weights)
    assert_same("roc_auc_score", table[:, 0] == 1, table[:, 1].astype(int), sample_weight=weights)


@pytest.mark.parametrize(
    "convert", [np.asfortranarray, lambda p: p[::-1][::-1], pd.DataFrame, pl.DataFrame, list]
)
def test_containers(assert_same, convert):
    true, proba, _ = problem()
    assert_same("log_loss", pd.Series(true), convert(proba))
    assert_same("roc_auc_score", list(true), convert(proba), multi_class="ovr")


@pytest.mark.parametrize(
    "proba",
    [
        [[0.5, 0.6], [0.2, 0.8]],
        [[0.5, 1.6], [0.2, 0.8]],
        [[-0.5, 0.5], [0.2, 0.8]],
        [[np.nan, 0.5], [0.2, 0.8]],
        [[np.inf, 0.5], [0.2, 0.8]],
        [[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]],
        [[0.0, 1.0], [0.0, 1.0]],
        [0.1, 0.9, 0.3],
        [],
    ],
)
def test_bad_input_is_scikit_learns(assert_same, proba):
    for name in NAMES:
        assert_same(name, [0, 1], proba)
        assert_same(name, [1, 1], proba, labels=[0, 1])
        assert_same(name, [1, 1], proba)
    assert_same("log_loss", ["a", "b"], proba, labels=["b", "a"])
    assert_same("log_loss", ["a", "b"], proba, labels=["a", "c"])


def test_passed_on(assert_same):
    true, proba, _ = problem(classes=2)
    assert_same("roc_auc_score", true, proba[:, 1], max_fpr=0.2)
    assert_same("roc_auc_score", np.eye(2)[true], proba, average="samples")
    assert_same("log_loss", true, y_pred=proba)
    assert_same("log_loss", true, proba, normalize="yes")


def test_single_precision_is_read_as_it_is():
    true, proba, _ = problem()
    from sklearn import metrics as reference

    import treering.metrics as ours

    single = proba.astype(np.float32)
    np.testing.assert_allclose(
        ours.log_loss(true, single), reference.log_loss(true, single), rtol=1e-5
    )


def test_many_rows(assert_same):
    true, proba, rng = problem(rows=300_000)
    weights = rng.random(len(true))
    assert_same("log_loss", true, proba, sample_weight=weights)
    assert_same("roc_auc_score", true, proba, multi_class="ovr", average="weighted")
    assert_same("roc_auc_score", true == 1, proba[:, 1], sample_weight=weights)


def test_a_score_beyond_double_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="y_score or sample_weight holds a number beyond"):
        roc_auc_score([0, 1], [10**400, 1])
