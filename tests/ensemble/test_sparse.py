"""Sparse rows: the same trees, answers and scores as from the dense array, bytes for bytes."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import is_classifier

from estimators import FORESTS, TREES
from treering.ensemble import (
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.model_selection import cross_val_score, train_test_split
from treering.preprocessing import StandardScaler
from treering.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeRegressor,
)

FORMATS = ["bsr", "coo", "csc", "csr", "dia", "dok", "lil"]

RNG = np.random.default_rng(0)
DENSE = np.where(RNG.random((150, 12)) < 0.2, RNG.integers(-3, 4, (150, 12)) / 2, 0.0)
LABELS = RNG.integers(0, 3, 150)


def make(kind, **params):
    if kind in FORESTS:
        params = {"n_estimators": 7, "bootstrap": True, "oob_score": True, **params}
    return kind(random_state=0, **params)


def content(model):
    return (model._forest if hasattr(model, "_forest") else model.tree_).to_bytes()


def assert_equal(ours, expected, X, dense):
    assert content(ours) == content(expected)
    np.testing.assert_array_equal(ours.predict(X), expected.predict(dense))
    np.testing.assert_array_equal(ours.apply(X), expected.apply(dense))
    assert ours.score(X, LABELS) == expected.score(dense, LABELS)
    if is_classifier(ours):
        np.testing.assert_array_equal(ours.predict_proba(X), expected.predict_proba(dense))
    paths, others = ours.decision_path(X), expected.decision_path(dense)
    if type(ours) in FORESTS:
        (paths, starts), (others, other_starts) = paths, others
        np.testing.assert_array_equal(starts, other_starts)
    assert (paths != others).nnz == 0
    if hasattr(ours, "oob_score_"):
        assert ours.oob_score_ == expected.oob_score_


@pytest.mark.filterwarnings("ignore:Some inputs do not have OOB")
@pytest.mark.filterwarnings("ignore:Constructing a DIA matrix")
@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("kind", [*TREES, *FORESTS])
def test_all_formats_give_what_the_dense_array_gives(kind, container):
    expected = make(kind).fit(DENSE, LABELS)
    for form in FORMATS:
        X = container(DENSE).asformat(form)
        assert_equal(make(kind).fit(X, LABELS), expected, X, DENSE)


@pytest.mark.filterwarnings("ignore:Some inputs do not have OOB")
@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestRegressor])
@pytest.mark.parametrize("values", [np.float32, np.float64, np.int64, bool])
@pytest.mark.parametrize("indices", [np.int32, np.int64])
def test_all_widths_of_numbers_are_read(kind, values, indices):
    dense = DENSE.astype(values)
    X = sparse.csr_array(dense)
    X.indices, X.indptr = X.indices.astype(indices), X.indptr.astype(indices)
    assert_equal(make(kind).fit(X, LABELS), make(kind).fit(dense, LABELS), X, dense)


@given(
    entries=st.lists(
        st.tuples(
            st.integers(0, 5),
            st.integers(0, 3),
            st.sampled_from([0.0, -0.0, 1e-60, 1.0, -1.0, 2.5, 3e38]),
        ),
        max_size=40,
    )
)
def test_stored_zeros_disorder_and_repetitions_mean_what_scipy_says(entries):
    rows, columns, values = np.array(entries).reshape(-1, 3).T
    order = np.argsort(rows, kind="stable")
    starts = np.searchsorted(rows[order], np.arange(7))
    parts = (values[order], columns[order].astype(np.int32), starts.astype(np.int32))
    X = sparse.csr_matrix(parts, shape=(6, 4))
    dense = sparse.coo_array((values, (rows.astype(int), columns.astype(int))), (6, 4)).toarray()
    if np.abs(dense).max() > np.finfo(np.float32).max:
        return
    before = [part.copy() for part in (X.data, X.indices, X.indptr)]
    y = np.arange(6)
    ours, expected = (DecisionTreeRegressor(random_state=0).fit(x, y) for x in (X, dense))
    assert content(ours) == content(expected)
    np.testing.assert_array_equal(ours.predict(X), expected.predict(dense))
    # The core itself too, whoever calls it.
    np.testing.assert_array_equal(ours.tree_.apply(X), ours.tree_.apply(dense))
    for part, old in zip((X.data, X.indices, X.indptr), before, strict=True):
        np.testing.assert_array_equal(part, old)


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_wide_data_with_weights(criterion):
    X = sparse.random_array((400, 3000), density=0.01, rng=1, format="csr")
    y = np.asarray(X[:, :50].sum(axis=1) > 0.3).astype(int)
    weights = np.random.default_rng(2).integers(0, 4, 400)
    params = {"criterion": criterion, "n_estimators": 5, "random_state": 3, "n_jobs": 2}
    ours = RandomForestClassifier(**params).fit(X, y, sample_weight=weights)
    expected = RandomForestClassifier(**params).fit(X.toarray(), y, sample_weight=weights)
    assert content(ours) == content(expected)
    np.testing.assert_array_equal(ours.predict_proba(X), expected.predict_proba(X.toarray()))


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
def test_cross_validation_reads_sparse_rows(form):
    forest = RandomForestClassifier(5, random_state=0)
    X = sparse.csr_array(DENSE).asformat(form)
    np.testing.assert_array_equal(
        cross_val_score(forest, X, LABELS), cross_val_score(forest, DENSE, LABELS)
    )


def test_without_checks_sparse_rows_are_read_too():
    X = sparse.csc_array(DENSE.astype(np.float32))
    ours = DecisionTreeClassifier(random_state=0).fit(X, LABELS, check_input=False)
    assert content(ours) == content(DecisionTreeClassifier(random_state=0).fit(DENSE, LABELS))
    np.testing.assert_array_equal(ours.predict(X, check_input=False), ours.predict(DENSE))


def broken(**parts):
    X = sparse.csr_array(DENSE)
    for name, change in parts.items():
        values = getattr(X, name).copy()
        place, value = change
        values[place] = value
        setattr(X, name, values)
    return X


@pytest.mark.parametrize(
    "X",
    [
        broken(indices=(3, 99)),
        broken(indices=(3, -1)),
        broken(indices=(3, 2**31 - 1)),
        broken(indptr=(4, 10**6)),
        broken(indptr=(4, -5)),
        broken(indptr=(0, 1)),
        broken(indptr=(-1, 2)),
        broken(indptr=(-1, 10**6)),
    ],
)
@pytest.mark.parametrize("form", ["csr", "csc"])
def test_indices_that_are_no_matrix_are_refused_and_never_followed(X, form):
    if form == "csc":
        X = sparse.csc_array((X.data, X.indices, np.zeros(13, dtype=np.int32)), shape=(150, 12))
        X.indptr = np.full(13, 10**6, dtype=np.int32)
    tree = DecisionTreeClassifier(random_state=0).fit(DENSE, LABELS)
    for call in (
        lambda: DecisionTreeClassifier().fit(X, LABELS),
        lambda: DecisionTreeClassifier().fit(X, LABELS, check_input=False),
        lambda: RandomForestRegressor(3).fit(X, LABELS),
        lambda: tree.predict(X),
    ):
        with pytest.raises(ValueError, match=r"indices describe no matrix of shape .150, 12."):
            call()
    with pytest.raises((TypeError, ValueError), match="sparse matrix"):
        tree.tree_.apply(X)


def altered(form, change):
    X = sparse.csr_array(np.eye(*DENSE.shape) if form == "dia" else DENSE).asformat(form)
    change(X)
    return X


def altered_lists(X):
    X.data[0], X.rows[0] = [1.0] * 100_000, [0]


@pytest.mark.parametrize(
    ("form", "change"),
    [
        ("coo", lambda X: X.col.put(5, 77)),
        ("coo", lambda X: X.row.put(5, 2**30)),
        ("csc", lambda X: X.indices.put(5, 2**30)),
        ("csr", lambda X: X.indptr.put(5, 2**30)),
        ("bsr", lambda X: X.indices.put(5, 2**30)),
        ("lil", altered_lists),
        ("lil", lambda X: X.rows.put(0, None)),
        ("dia", lambda X: setattr(X, "offsets", np.arange(10**6, dtype=np.int32))),
        ("dok", lambda X: X._dict.update({(10**9, 0): 1.0})),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda X: ExtraTreeRegressor().fit(X, LABELS),
        lambda X: cross_val_score(ExtraTreeRegressor(), X, LABELS, cv=2),
        lambda X: cross_val_score(ExtraTreeRegressor(), X, LABELS, cv=2, params={}),
        lambda X: train_test_split(X, LABELS),
        lambda X: train_test_split(X, LABELS, stratify=LABELS),
        lambda X: StandardScaler(with_mean=False).fit(X),
        lambda X: StandardScaler(with_mean=False).fit(np.eye(12)).transform(X),
        lambda X: StandardScaler(with_mean=False).fit(np.eye(12)).inverse_transform(X),
    ],
)
def test_no_room_follows_the_indices_of_an_altered_matrix(form, change, call):
    with pytest.raises(ValueError, match="indices describe no matrix"):
        call(altered(form, change))


WRITER = """
import sys, threading
import numpy as np
from scipy import sparse
from treering.tree import DecisionTreeClassifier

sys.setswitchinterval(1e-5)
dense = np.random.default_rng(0).random((2000, 60)) * (np.arange(60) % 3 == 0)
tree = DecisionTreeClassifier(max_depth=1).fit(dense, np.arange(2000) % 3)
X = sparse.csr_matrix(dense).asformat(sys.argv[1])
indices = X.col if sys.argv[1] == "coo" else X.indices
stop = threading.Event()


def write():
    while not stop.is_set():
        kept, indices[7] = indices[7], 2**30
        indices[7] = kept


writer = threading.Thread(target=write)
writer.start()
for _ in range(int(sys.argv[2])):
    try:
        tree.predict(X)
    except ValueError as error:
        assert "matrix" in str(error), error
stop.set()
writer.join()
"""


@pytest.mark.parametrize("form", ["bsr", "coo", "csc"])
def test_indices_that_another_thread_alters_are_never_followed(form):
    command = [sys.executable, "-c", WRITER, form, "300"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_lists_become_the_same_rows():
    for container in (sparse.lil_array, sparse.lil_matrix):
        train, test = train_test_split(container(DENSE), shuffle=False)
        np.testing.assert_array_equal(np.vstack([train.toarray(), test.toarray()]), DENSE)
        assert isinstance(train, sparse.sparray) == (container is sparse.lil_array)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (DENSE.tolist(), LABELS, "check_input=False needs X as an array of 2 dim.* got list"),
        (DENSE[0], LABELS, r"check_input=False needs X .* got ndarray of shape \(12,\)"),
        (DENSE, LABELS.tolist(), "check_input=False needs y as an array of 1 or 2 .* got list"),
    ],
)
def test_without_checks_arrays_are_asked_for(X, y, message):
    with pytest.raises(TypeError, match=message):
        DecisionTreeClassifier().fit(X, y, check_input=False)
    if X is not DENSE:
        with pytest.raises(TypeError, match=message):
            DecisionTreeClassifier().fit(DENSE, LABELS).predict(X, check_input=False)


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestRegressor])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, r"NaN. Column 4 of X, which is sparse, holds it in row 7; .*\.toarray\(\)"),
        (np.inf, "Column 4 holds inf in row 7"),
        (1e39, "Column 4 holds 1e.39 in row 7; the largest possible"),
    ],
)
def test_values_that_sparse_rows_may_not_hold_are_named(kind, value, message):
    dense = DENSE.copy()
    dense[7, 4] = value
    X = sparse.csc_array(dense)
    model = kind().fit(DENSE, LABELS)
    for call in (lambda: kind().fit(sparse.coo_array(dense), LABELS), lambda: model.predict(X)):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize("kind", [*TREES, *FORESTS])
def test_sparse_labels_are_refused(kind):
    kinds = ValueError if kind in FORESTS else TypeError
    with pytest.raises(kinds, match=r"y is a sparse .*toarray\(\)"):
        kind().fit(DENSE, sparse.csr_array(np.eye(150, 2)))
