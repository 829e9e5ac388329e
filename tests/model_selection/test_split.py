"""The same seed gives the same split as scikit-learn's, to the bit."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.model_selection as reference
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import treering.model_selection as ours

STRATIFIED = ("StratifiedKFold", "StratifiedShuffleSplit")
NAMES = ("KFold", "ShuffleSplit", *STRATIFIED)


def outcome(work):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, error = work(), None
        except (ValueError, TypeError) as raised:
            result, error = None, (type(raised), str(raised))
    return result, error, [(warning.category, str(warning.message)) for warning in caught]


def assert_same_splits(name, X, y=None, groups=None, **parameters):
    def splits(module):
        return list(getattr(module, name)(**parameters).split(X, y, groups))

    mine, error, warned = outcome(lambda: splits(ours))
    theirs, expected_error, expected_warned = outcome(lambda: splits(reference))
    assert error == expected_error
    assert warned == expected_warned
    if theirs is None:
        return
    assert len(mine) == len(theirs)
    for own, peer in zip(mine, theirs, strict=True):
        for rows, expected in zip(own, peer, strict=True):
            assert rows.dtype == expected.dtype
            np.testing.assert_array_equal(rows, expected)


@settings(max_examples=120, deadline=None)
@given(
    labels=st.lists(st.integers(-2, 3), min_size=1, max_size=60),
    n_splits=st.integers(2, 6),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["int", "text", "float", "object"]),
)
def test_folds(labels, n_splits, shuffle, seed, kind):
    y = np.array(labels).astype({"int": int, "text": str, "float": float, "object": str}[kind])
    if kind == "object":
        y = y.astype(object)
    parameters = {"n_splits": n_splits, "shuffle": shuffle}
    parameters["random_state"] = seed if shuffle else None
    for name in ("KFold", "StratifiedKFold"):
        assert_same_splits(name, np.zeros(len(y)), y, **parameters)


sizes = st.none() | st.integers(1, 40) | st.floats(0.05, 0.95)


@settings(max_examples=120, deadline=None)
@given(
    labels=st.lists(st.integers(0, 3), min_size=2, max_size=60),
    test_size=sizes,
    train_size=sizes,
    seed=st.integers(0, 2**32 - 1),
    text=st.booleans(),
)
def test_random_splits(labels, test_size, train_size, seed, text):
    y = np.array(labels).astype(str if text else int)
    parameters = {"test_size": test_size, "train_size": train_size, "random_state": seed}
    for name in ("ShuffleSplit", "StratifiedShuffleSplit"):
        assert_same_splits(name, np.zeros(len(y)), y, n_splits=3, **parameters)
    for stratify in (None, y):
        mine, error, _ = outcome(
            lambda s=stratify: ours.train_test_split(y, stratify=s, **parameters)
        )
        theirs, expected_error, _ = outcome(
            lambda s=stratify: reference.train_test_split(y, stratify=s, **parameters)
        )
        assert error == expected_error
        if theirs is not None:
            np.testing.assert_array_equal(np.concatenate(mine), np.concatenate(theirs))
            assert list(map(len, mine)) == list(map(len, theirs))


@settings(max_examples=60, deadline=None)
@given(labels=st.lists(st.integers(0, 2), min_size=12, max_size=80), seed=st.integers(0, 99))
def test_folds_partition_the_rows_and_keep_shares(labels, seed):
    y = np.array([*labels, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    splitter = ours.StratifiedKFold(3, shuffle=True, random_state=seed)
    tests = []
    for train, test in splitter.split(y, y):
        np.testing.assert_array_equal(np.sort(np.r_[train, test]), np.arange(len(y)))
        assert (np.abs(np.bincount(y[test], minlength=3) - np.bincount(y) / 3) < 1).all()
        tests.append(test)
    np.testing.assert_array_equal(np.sort(np.concatenate(tests)), np.arange(len(y)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "y",
    [
        [0, 1] * 10,
        ["a", "b"] * 10,
        pd.Series(["a", "b"] * 10, index=range(5, 25)),
        pd.Series(["a", "b"] * 10, dtype="category"),
        pl.Series(["a", "b"] * 10),
        np.array([[0], [1]] * 10),
        np.array([True, False] * 10),
        np.eye(2)[[0, 1] * 10],
        np.linspace(0, 1, 20),
        [0.0, np.nan] * 10,
        [0] * 19 + [1],
        [0] * 20,
        list(range(20)),
        [0, 1] * 9,
        None,
    ],
)
def test_targets(name, y):
    parameters = {"random_state": 3}
    if "Fold" in name:
        parameters["shuffle"] = True
    assert_same_splits(name, np.zeros((20, 2)), y, **parameters)


@pytest.mark.parametrize("name", NAMES)
def test_groups_and_generators(name):
    y = np.arange(40) % 3
    parameters = {"shuffle": True} if "Fold" in name else {}
    assert_same_splits(name, y, y, groups=y, random_state=1, **parameters)
    mine, theirs = np.random.RandomState(5), np.random.RandomState(5)
    for _ in range(2):  # the generator moves on from one call to the next
        own = list(getattr(ours, name)(random_state=mine, **parameters).split(y, y))
        peer = list(getattr(reference, name)(random_state=theirs, **parameters).split(y, y))
        for a, b in zip(own, peer, strict=True):
            np.testing.assert_array_equal(np.concatenate(a), np.concatenate(b))


@pytest.mark.parametrize("name", NAMES)
def test_scikit_learns_tools(name):
    splitter = getattr(ours, name)(3)
    assert repr(splitter) == repr(getattr(reference, name)(3))
    assert reference.check_cv(splitter) is splitter
    assert isinstance(splitter, getattr(reference, name))
    assert splitter.get_n_splits() == 3
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = (X[:, 0] > 0).astype(int)
    assert len(reference.cross_val_score(LogisticRegression(), X, y, cv=splitter)) == 3


@pytest.mark.parametrize(
    "parameters", [{"n_splits": 1}, {"n_splits": 2.5}, {"shuffle": 1}, {"random_state": 3}]
)
def test_bad_parameters(parameters):
    for name in ("KFold", "StratifiedKFold"):
        assert_same_splits(name, np.zeros(6), [0, 1] * 3, **parameters)


def convert_all(rows):
    X = np.arange(2.0 * rows).reshape(rows, 2)
    return [
        X,
        X.tolist(),
        pd.DataFrame(X, columns=["a", "b"], index=range(3, 3 + rows)),
        pl.DataFrame(X, schema=["a", "b"]),
        sparse.csr_array(X),
        pd.Series(X[:, 0]),
        pl.Series(X[:, 0]),
    ]


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("size", [None, 0.3, 9])
def test_train_test_split_keeps_every_kind(stratified, size):
    arrays = convert_all(30)
    stratify = np.arange(30) % 3 if stratified else None
    keywords = {"test_size": size, "random_state": 7, "stratify": stratify}
    mine = ours.train_test_split(*arrays, **keywords)
    theirs = reference.train_test_split(*arrays, **keywords)
    assert [type(part) for part in mine] == [type(part) for part in theirs]
    for own, peer in zip(mine, theirs, strict=True):
        parts = [part.toarray() if sparse.issparse(part) else part for part in (own, peer)]
        np.testing.assert_array_equal(*map(np.asarray, parts))
    assert list(mine[4].index) == list(theirs[4].index)


@pytest.mark.parametrize(
    ("arrays", "keywords"),
    [
        ((), {}),
        (([1, 2], [1]), {}),
        (([1, 2, 3],), {"test_size": 2.0}),
        (([1, 2, 3],), {"test_size": 1.5, "stratify": [0, 1, 1]}),
        (([1, 2, 3],), {"test_size": "a", "stratify": [0, 1, 1]}),
        (([1, 2, 3, 4],), {"test_size": 4, "stratify": [0, 1, 1, 0]}),
        (([1, 2, 3, 4],), {"stratify": [0, 1, 1, 1]}),
        (([1, 2, 3, 4],), {"stratify": [0, 1, 1]}),
        (([1, 2, 3, 4],), {"stratify": [0, 1, 1, 0], "shuffle": False}),
        (([1, 2, 3, 4],), {"stratify": [0, 1, 1, 0], "random_state": "x"}),
        (([1, 2, 3, 4],), {"shuffle": False}),
    ],
)
def test_bad_input_is_scikit_learns(arrays, keywords):
    mine = outcome(lambda: ours.train_test_split(*arrays, **keywords))
    assert mine == outcome(lambda: reference.train_test_split(*arrays, **keywords))


def test_many_rows():
    y = np.random.default_rng(0).integers(0, 5, 100_000)
    for name in NAMES:
        parameters = {"shuffle": True} if "Fold" in name else {}
        assert_same_splits(name, y, y, n_splits=2, random_state=0, **parameters)


def test_groups_stay_on_one_side():
    rng = np.random.default_rng(3)
    groups, X = rng.integers(0, 20, 200), np.arange(400).reshape(200, 2)
    train, test, train_groups, test_groups = ours.train_test_split(
        X, groups, groups=groups, test_size=0.3, random_state=5
    )
    assert {*train_groups}.isdisjoint(test_groups)
    assert len(train) + len(test) == 200
    splitter = reference.GroupShuffleSplit(1, test_size=0.3, random_state=5)
    expected = next(splitter.split(X, groups=groups))
    assert np.array_equal(train, X[expected[0]])
    assert np.array_equal(test, X[expected[1]])
    assert len({*ours.train_test_split(groups, groups=groups, random_state=0)[1]}) == 5
    with pytest.raises(ValueError, match="neither with stratify"):
        ours.train_test_split(X, groups=groups, stratify=groups)
    with pytest.raises(ValueError, match="At least one array"):
        ours.train_test_split(groups=groups)
