"""Label scores equal scikit-learn's: values to 1e-12, warnings and errors to the letter."""

from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import UndefinedMetricWarning

import treering.metrics as ours

PRF = ("precision_score", "recall_score", "f1_score", "precision_recall_fscore_support")


LABELS = {
    "int64": np.array([0, 1, 2, 7]),
    "negative": np.array([-3, -1, 4], dtype=np.int32),
    "bool": np.array([False, True]),
    "uint8": np.array([0, 200], dtype=np.uint8),
    "float": np.array([0.0, 1.0, 5.0]),
    "float32": np.array([0.0, 1.0, -5.0], dtype=np.float32),
    "far apart": np.array([-(10**15), 3, 10**12]),
    "wide": np.arange(700),
    "text": np.array(["ant", "bee", "crow", "Ä"]),
    "objects": np.array(["ant", "bee", "longer than that"], dtype=object),
    "one": np.array([1]),
}


def sample(kind, rows=120, seed=0):
    rng = np.random.default_rng(seed)
    labels = LABELS[kind]
    true = labels[rng.integers(0, len(labels), rows)]
    pred = np.where(rng.random(rows) < 0.6, true, labels[rng.integers(0, len(labels), rows)])
    return true, pred.astype(true.dtype), rng


@pytest.mark.parametrize("weighted", [None, "float", "int"])
@pytest.mark.parametrize("kind", LABELS)
def test_every_kind_of_label(assert_same, kind, weighted):
    true, pred, rng = sample(kind)
    weights = {
        None: None,
        "float": rng.random(len(true)),
        "int": rng.integers(0, 4, len(true)),
    }[weighted]
    assert_same("accuracy_score", true, pred, sample_weight=weights)
    assert_same("accuracy_score", true, pred, normalize=False, sample_weight=weights)
    for adjusted in (False, True):
        with np.errstate(all="ignore"):
            assert_same(
                "balanced_accuracy_score", true, pred, sample_weight=weights, adjusted=adjusted
            )
    for normalize in (None, "true", "pred", "all"):
        assert_same("confusion_matrix", true, pred, sample_weight=weights, normalize=normalize)
    for name, average in product(PRF, (None, "binary", "micro", "macro", "weighted")):
        assert_same(name, true, pred, average=average, sample_weight=weights)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=1),
    average=st.sampled_from([None, "binary", "micro", "macro", "weighted", "samples", "nonsense"]),
    labels=st.none() | st.lists(st.integers(-1, 6), max_size=5),
    zero_division=st.sampled_from(["warn", 0, 1, 0.0, 1.0, np.nan, 0.5, "zero"]),
    pos_label=st.sampled_from([1, 0, 3, None, "1", 1.0, True]),
    weighted=st.booleans(),
    text=st.booleans(),
)
def test_every_parameter(
    assert_same, *, rows, average, labels, zero_division, pos_label, weighted, text
):
    table = np.array(rows)
    true, pred = table[:, 0], table[:, 1]
    if text:
        true, pred = true.astype(str), pred.astype(str)
        labels = None if labels is None else [str(label) for label in labels]
    keywords = {
        "average": average,
        "labels": labels,
        "zero_division": zero_division,
        "pos_label": pos_label,
        "sample_weight": table[:, 2] / 2 if weighted else None,
    }
    for name in PRF:
        assert_same(name, true, pred, **keywords)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3)), min_size=1),
    labels=st.none() | st.lists(st.integers(-1, 6), max_size=5),
    normalize=st.sampled_from([None, "true", "pred", "all", "columns"]),
    weighted=st.booleans(),
)
def test_confusion_matrix(assert_same, rows, labels, normalize, weighted):
    table = np.array(rows)
    weights = table[:, 2] / 2 if weighted else None
    keywords = {"labels": labels, "normalize": normalize, "sample_weight": weights}
    assert_same("confusion_matrix", table[:, 0], table[:, 1], **keywords)


@pytest.mark.parametrize("beta", [0, 0.5, 2, np.inf, -1])
def test_beta(assert_same, beta):
    true, pred, _ = sample("int64")
    assert_same("precision_recall_fscore_support", true, pred, beta=beta, average="macro")
    assert_same("precision_recall_fscore_support", true, pred, beta=beta, warn_for=["recall"])


@pytest.mark.parametrize(
    "convert",
    [
        list,
        tuple,
        pd.Series,
        lambda a: pd.Series(a, index=range(5, 5 + len(a))[::-1]),
        lambda a: pd.Series(a, dtype="category"),
        pl.Series,
        lambda a: pl.Series(a).cast(pl.String).cast(pl.Categorical),
        lambda a: a[::-1][::2],
        lambda a: a.astype(a.dtype.newbyteorder(">")),
        lambda a: a.reshape(-1, 1),
        lambda a: np.repeat(a, 2)[::2],
    ],
)
@pytest.mark.parametrize("kind", ["int64", "bool", "text"])
def test_containers(assert_same, kind, convert):
    true, pred, _ = sample(kind)
    true, pred = convert(true), convert(pred)
    for name in PRF:
        assert_same(name, true, pred, average="weighted")
    assert_same("accuracy_score", true, pred)
    assert_same("confusion_matrix", true, pred)


@pytest.mark.parametrize(
    ("true", "pred"),
    [
        ([], []),
        ([0, 1], [0]),
        ([0, 1], ["a", "b"]),
        ([0.5, 1.0], [0, 1]),
        ([0.0, np.nan], [0, 1]),
        ([0.0, np.inf], [0, 1]),
        ([[0, 1], [1, 1]], [[0, 1], [1, 0]]),
        (np.array([1, 2], dtype=object), [1, 2]),
        (np.array(["a", None], dtype=object), ["a", "b"]),
        ([b"a", b"b"], [b"a", b"b"]),
        (np.zeros((2, 2, 2)), np.zeros((2, 2, 2))),
        ("ab", "ab"),
        (3, 4),
        (None, [1]),
        (np.array([2**63, 1], dtype=np.uint64), np.array([1, 1], dtype=np.uint64)),
        (pd.Series([1, None], dtype="Int64"), [1, 1]),
    ],
)
def test_what_cannot_be_counted_is_scikit_learns(assert_same, true, pred):
    for name in ("accuracy_score", "precision_score", "confusion_matrix"):
        assert_same(name, true, pred)


@pytest.mark.parametrize("weight", [2**31, 2**53 + 1, 2**62 - 1])
def test_whole_weights_add_up_exactly(weight):
    """Doubles would lose the last bit of such sums."""
    labels = [0, 1, 1]
    matrix = ours.confusion_matrix(labels, labels, sample_weight=np.full(3, weight))
    np.testing.assert_array_equal(matrix, [[weight, 0], [0, 2 * weight]])
    assert ours.accuracy_score(labels, [0, 0, 1], sample_weight=np.full(3, weight)) == 2 / 3


@pytest.mark.parametrize(
    "weights", [[1, 2], [0, 0, 0], [1, np.nan, 1], [1, np.inf, 2], [-1, 2, 3], ["a", "b", "c"], 2]
)
def test_unusual_weights_are_scikit_learns(assert_same, weights):
    for name in ("accuracy_score", "recall_score", "confusion_matrix"):
        assert_same(name, [0, 1, 1], [0, 1, 0], sample_weight=weights)


def test_multilabel_is_scikit_learns(assert_same):
    true, pred = np.array([[0, 1], [1, 1]]), np.array([[0, 1], [1, 0]])
    assert_same("f1_score", true, pred, average="samples")
    assert_same("accuracy_score", true, pred)


def test_many_rows_and_threads(assert_same):
    rng = np.random.default_rng(1)
    true = rng.integers(0, 5, 500_000)
    pred = np.where(rng.random(500_000) < 0.7, true, rng.integers(0, 6, 500_000))
    weights = rng.random(500_000)
    for name in PRF:
        assert_same(name, true, pred, average="weighted")
        assert_same(name, true, pred, average="macro", sample_weight=weights)


@pytest.mark.parametrize("name", PRF)
def test_a_warning_names_the_callers_line(name):
    with pytest.warns(UndefinedMetricWarning) as caught:
        getattr(ours, name)([0, 0], [0, 0], labels=[0, 1], average="macro")
    assert {warning.filename for warning in caught} == {__file__}
