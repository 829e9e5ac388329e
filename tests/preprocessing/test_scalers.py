"""Scalers equal scikit-learn's to 1e-12, and are more exact where it is not."""

from fractions import Fraction
from operator import mul

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.preprocessing as reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline

from treering.preprocessing import MinMaxScaler, StandardScaler

STANDARD = ("mean_", "var_", "scale_", "n_samples_seen_")
RANGE = ("min_", "scale_", "data_min_", "data_max_", "data_range_", "n_samples_seen_")
PAIRS = [
    (StandardScaler, reference.StandardScaler, STANDARD),
    (MinMaxScaler, reference.MinMaxScaler, RANGE),
]


def same(ours, theirs, atol=0.0):
    if theirs is None:
        assert ours is None
        return
    assert np.asarray(ours).dtype == np.asarray(theirs).dtype
    assert np.shape(ours) == np.shape(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=atol)


def assert_parity(pair, X, batches=1, weights=None, **parameters):
    """Fit in batches, transform and invert with both; everything must agree to 1e-12 of itself."""
    cls, peer, attributes = pair
    ours, theirs = cls(**parameters), peer(**parameters)
    keywords = {}
    for index, rows in enumerate(np.array_split(np.arange(len(X)), batches)):
        if weights is not None:
            keywords = {"sample_weight": weights[rows]}
        step = "fit" if index == 0 else "partial_fit"
        getattr(ours, step)(X[rows], **keywords)
        getattr(theirs, step)(X[rows], **keywords)
    for name in attributes:
        same(getattr(ours, name), getattr(theirs, name))
    # The transforms themselves, with equal factors, agree to the bit.
    for name in attributes:
        setattr(ours, name, getattr(theirs, name))
    moved = ours.transform(X)
    assert moved.dtype == theirs.transform(X).dtype
    np.testing.assert_array_equal(moved, theirs.transform(X))
    np.testing.assert_array_equal(ours.inverse_transform(moved), theirs.inverse_transform(moved))


def matrix(rows=300, columns=5, dtype=np.float64, missing=0.0, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(3, 10.0 ** np.arange(-2, columns - 2), (rows, columns)).astype(dtype)
    if missing:
        X[rng.random(X.shape) < missing] = np.nan
    return X


@pytest.mark.parametrize("pair", PAIRS, ids=["standard", "range"])
@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int32])
@pytest.mark.parametrize("batches", [1, 4])
def test_parity(pair, dtype, missing, batches):
    if missing and dtype == np.int32:
        pytest.skip("integers have no NaN")
    X = matrix(dtype=dtype, missing=missing) if dtype != np.float16 else matrix(columns=3)
    # Sums of single-precision data run in double precision on both sides.
    assert_parity(pair, X.astype(dtype), batches)


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda X: X[::2], lambda X: X[:, ::-1]])
@pytest.mark.parametrize("pair", PAIRS, ids=["standard", "range"])
def test_layouts(pair, layout):
    assert_parity(pair, layout(matrix(missing=0.1)))
    assert_parity(pair, layout(matrix(rows=3001, columns=9)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("batches", [1, 3])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_weights(dtype, batches, missing):
    X = matrix(dtype=dtype, missing=missing)
    weights = np.random.default_rng(1).integers(0, 4, len(X)) / 2
    assert_parity(PAIRS[0], X, batches, weights)


@pytest.mark.parametrize("batches", [1, 3])
@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_weights_of_any_value_against_exact_sums(dtype, batches, missing):
    """Exact fractions, because scikit-learn adds float32 weights up in single precision."""
    X = matrix(dtype=dtype, missing=missing)
    weights = np.random.default_rng(1).random(len(X)).astype(dtype)
    ours = StandardScaler()
    for rows in np.array_split(np.arange(len(X)), batches):
        ours.partial_fit(X[rows], sample_weight=weights[rows])
    for column in range(X.shape[1]):
        known = ~np.isnan(X[:, column])
        mean, variance = exact_moments(X[known, column], weights[known])
        assert float(ours.mean_[column]) == pytest.approx(float(mean), rel=1e-12, abs=0)
        assert float(ours.var_[column]) == pytest.approx(float(variance), rel=1e-12, abs=0)


@pytest.mark.parametrize("with_mean", [True, False])
@pytest.mark.parametrize("with_std", [True, False])
@pytest.mark.parametrize("batches", [1, 2])
def test_switches(with_mean, with_std, batches):
    assert_parity(PAIRS[0], matrix(missing=0.1), batches, with_mean=with_mean, with_std=with_std)


@pytest.mark.parametrize("feature_range", [(-3, 5), (0.25, 0.5)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_clip(feature_range, dtype):
    ours = MinMaxScaler(feature_range=feature_range, clip=True).fit(matrix(dtype=dtype))
    theirs = reference.MinMaxScaler(feature_range=feature_range, clip=True).fit(matrix(dtype=dtype))
    wider = (matrix(seed=1, missing=0.1) * 3).astype(dtype)
    np.testing.assert_array_equal(ours.transform(wider), theirs.transform(wider))


def test_single_precision_through_double_factors():
    for cls, peer, _ in PAIRS:
        ours, theirs = cls().fit(matrix()), peer().fit(matrix())
        vars(ours).update(vars(theirs))
        X = matrix(dtype=np.float32, seed=2)
        np.testing.assert_array_equal(ours.transform(X), theirs.transform(X))
        np.testing.assert_array_equal(ours.inverse_transform(X), theirs.inverse_transform(X))


@settings(max_examples=80, deadline=None)
@given(
    X=hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20),
        elements=st.floats(-1e6, 1e6) | st.integers(-3, 3).map(float),
    ),
    batches=st.integers(1, 3),
    standard=st.booleans(),
)
def test_any_small_matrix(X, batches, standard):
    cls, peer, attributes = PAIRS[0 if standard else 1]
    ours, theirs = cls(), peer()
    for part in np.array_split(X, min(batches, len(X))):
        ours.partial_fit(part)
        theirs.partial_fit(part)
    scale = np.abs(X).max() + 1
    for name in attributes:
        mine, peers = np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name))
        # Means of both signs cancel, and so do deviations: to the size of the data, not their own.
        if name in ("mean_", "data_min_", "data_max_", "n_samples_seen_"):
            np.testing.assert_allclose(mine, peers, rtol=1e-12, atol=1e-12 * scale)
        if name == "var_":
            np.testing.assert_allclose(mine, peers, rtol=1e-12, atol=1e-12 * scale**2)


def exact_moments(values, weights=None):
    """Mean and variance without rounding."""
    exact = [Fraction(float(value)) for value in values]
    weights = [Fraction(1 if weights is None else float(weights[row])) for row in range(len(exact))]
    total = sum(weights)
    mean = sum(map(mul, weights, exact)) / total
    return mean, sum(w * (x - mean) ** 2 for w, x in zip(weights, exact, strict=True)) / total


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e9, 1e12])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("sort", [False, True])
def test_offsets_cost_no_more_digits_than_in_scikit_learn(offset, order, sort):
    rng = np.random.default_rng(0)
    X = np.asarray(offset + rng.normal(size=(5000, 2)), order=order)
    if sort:
        X.sort(axis=0)
    ours, theirs = StandardScaler(), reference.StandardScaler()
    for part in np.array_split(X, 5):
        ours.partial_fit(part)
        theirs.partial_fit(part)
    for column in range(2):
        _, exact = exact_moments(X[:, column])
        mine = abs(Fraction(float(ours.var_[column])) - exact) / exact
        peers = abs(Fraction(float(theirs.var_[column])) - exact) / exact
        assert float(mine) <= max(1.5 * float(peers), 1e-13)


def test_constant_columns():
    X = np.tile([0.0, 1.0, 1e9 + 0.1, np.pi, 1e-300, 7e15], (1001, 1))
    assert_parity(PAIRS[0], X)
    np.testing.assert_array_equal(StandardScaler().fit(X).scale_, 1)
    assert_parity(PAIRS[1], X)


def test_a_column_of_nan():
    X = matrix(columns=3)
    X[:, 1] = np.nan
    scaler = StandardScaler().fit(X)
    assert np.isnan(scaler.mean_[1])
    assert np.isnan(scaler.transform(X)[:, 1]).all()
    later = matrix(columns=3, seed=1)
    expected = StandardScaler().fit(later).mean_[1]
    assert scaler.partial_fit(later).mean_[1] == pytest.approx(expected)
    with pytest.warns(RuntimeWarning, match="All-NaN slice"):
        assert np.isnan(MinMaxScaler().fit(X).scale_[1])


@pytest.mark.parametrize("cls", [StandardScaler, MinMaxScaler])
@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_infinity_is_found_and_named(cls, value, dtype):
    X = matrix(dtype=dtype, missing=0.1)
    good = cls().fit(X)
    X[17, 3] = value
    frame = pd.DataFrame(X, columns=list("abcde"))
    for call in (cls().fit, good.transform, good.inverse_transform):
        with pytest.raises(ValueError, match=r"Input X contains infinity .* Column 3 holds"):
            call(X)
        with pytest.raises(ValueError, match="infinity"):
            call(np.asfortranarray(X))
    with pytest.raises(ValueError, match=r"Column 3 \('d'\) holds -?inf in row 17"):
        cls().fit(frame)


def test_infinity_with_weights():
    X = matrix()
    X[17, 3] = np.inf
    for weight in (0.0, 1.0):
        weights = np.ones(len(X))
        weights[17] = weight
        with pytest.raises(ValueError, match="Column 3"):
            StandardScaler().fit(X, sample_weight=weights)


@pytest.mark.parametrize("cls", [StandardScaler, MinMaxScaler])
def test_bad_input(cls):
    peer = getattr(reference, cls.__name__)
    fitted, peer_fitted = cls().fit(matrix()), peer().fit(matrix())
    for bad in ([], [1.0, 2.0], [["a", "b"]], np.empty((0, 5)), matrix(columns=4), [[1j] * 5]):
        for name in ("fit", "partial_fit", "transform", "inverse_transform"):
            if name in ("fit", "partial_fit") and np.shape(bad) == (300, 4):
                continue
            with pytest.raises((ValueError, TypeError)) as raised:
                getattr(fitted if "transform" in name else cls(), name)(bad)
            with pytest.raises((ValueError, TypeError)) as expected:
                getattr(peer_fitted if "transform" in name else peer(), name)(bad)
            assert raised.type is expected.type
            # Where a column is to blame it is named first; scikit-learn's own words follow.
            assert str(expected.value).split("\n")[0].rstrip(".:") in str(raised.value)


def test_bad_parameters():
    for parameters in ({"feature_range": (1, 0)}, {"feature_range": [0, 1]}, {"clip": "yes"}):
        with pytest.raises(ValueError) as raised:
            MinMaxScaler(**parameters).fit(matrix())
        with pytest.raises(ValueError) as expected:
            reference.MinMaxScaler(**parameters).fit(matrix())
        assert str(raised.value) == str(expected.value)


@pytest.mark.parametrize("bound", [np.inf, np.nan, 10**400])
def test_a_range_has_finite_ends(bound):
    for feature_range in ((0, bound), (-bound, 0)):
        with pytest.raises(ValueError, match="feature_range must hold finite numbers"):
            MinMaxScaler(feature_range=feature_range).fit(matrix())


def test_sparse_input_is_scikit_learns():
    X = sparse.random_array((50, 4), density=0.3, rng=0, format="csr")
    ours = StandardScaler(with_mean=False).fit(X)
    theirs = reference.StandardScaler(with_mean=False).fit(X)
    np.testing.assert_array_equal(ours.var_, theirs.var_)
    assert (ours.transform(X) != theirs.transform(X)).nnz == 0
    with pytest.raises(ValueError, match="Cannot center sparse"):
        StandardScaler().fit(X)
    with pytest.raises(TypeError, match="does not support sparse"):
        MinMaxScaler().fit(X)


@pytest.mark.parametrize("cls", [StandardScaler, MinMaxScaler])
def test_frames_in_and_out(cls):
    X = matrix(columns=3)
    frame = pd.DataFrame(X, columns=["a", "b", "c"], index=range(10, 310))
    scaler = cls().fit(frame)
    assert list(scaler.feature_names_in_) == ["a", "b", "c"]
    assert list(scaler.get_feature_names_out()) == ["a", "b", "c"]
    moved = scaler.set_output(transform="pandas").transform(frame)
    assert list(moved.index) == list(frame.index)
    np.testing.assert_array_equal(moved.to_numpy(), cls().fit_transform(X))
    other = cls(copy=False).set_output(transform="polars").fit_transform(pl.DataFrame(X))
    assert isinstance(other, pl.DataFrame)
    with pytest.raises(ValueError, match="feature names"):
        scaler.transform(frame[["c", "b", "a"]])


@pytest.mark.parametrize("cls", [StandardScaler, MinMaxScaler])
def test_scikit_learns_tools(cls):
    X = matrix()
    scaler = cls().fit(X)
    assert isinstance(scaler, getattr(reference, cls.__name__))
    assert repr(clone(scaler)) == f"{cls.__name__}()"
    np.testing.assert_array_equal(make_pipeline(cls()).fit_transform(X), scaler.transform(X))
    make_column_transformer((cls(), [0, 1])).fit(X)


def test_input_is_left_alone_or_worked_on_in_place():
    X = matrix()
    kept = X.copy()
    X.flags.writeable = False
    StandardScaler().fit(X).transform(X)
    np.testing.assert_array_equal(X, kept)
    X.flags.writeable = True
    moved = StandardScaler(copy=False).fit_transform(X)
    assert np.shares_memory(moved, X)


def test_large_input():
    X = np.hstack([matrix(rows=60_001, seed=seed) for seed in range(4)])
    for pair in PAIRS:
        assert_parity(pair, X)
        assert_parity(pair, np.asfortranarray(X))


@pytest.mark.parametrize("scaler", [MinMaxScaler, StandardScaler])
def test_half_precision_keeps_the_names_of_columns(scaler):
    frame = pd.DataFrame({"a": [0.0, 1, 2], "b": [10.0, 20, 30]}).astype("float16")
    fitted = scaler().fit(frame)
    assert [*fitted.get_feature_names_out()] == ["a", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.transform(frame[["b", "a"]])


@pytest.mark.parametrize("scaler", [MinMaxScaler, StandardScaler])
def test_bytes_in_the_other_order_are_the_same_numbers(scaler):
    values = np.array([[1.0], [2.0], [4.0]])
    swapped = pd.DataFrame({"a": values[:, 0].astype(values.dtype.newbyteorder())})
    np.testing.assert_array_equal(scaler().fit_transform(swapped), scaler().fit_transform(values))
