"""MaxAbsScaler and RobustScaler give what scikit-learn's give."""

import numpy as np
import pytest
import sklearn.preprocessing
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import treering
from treering.preprocessing import MaxAbsScaler, RobustScaler

CASES = [
    (MaxAbsScaler, {}),
    (MaxAbsScaler, {"clip": True}),
    (RobustScaler, {}),
    (RobustScaler, {"quantile_range": (10, 70), "unit_variance": True}),
    (RobustScaler, {"with_centering": False}),
    (RobustScaler, {"with_scaling": False}),
]


def table(seed, dtype=np.float64, order="C"):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(500, 5)) * 10.0 ** rng.integers(-3, 4, 5)
    X[:, 3] = X[:, 3].round(-1)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[:, 4] = 0
    return np.asarray(X.astype(dtype), order=order)


@pytest.mark.parametrize(("kind", "options"), CASES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
def test_scaled_rows(kind, options, dtype, order):
    X, other = table(0, dtype, order), table(1, dtype)
    peer = getattr(sklearn.preprocessing, kind.__name__)
    ours, theirs = (each(**options).fit(X) for each in (kind, peer))
    epsilon = np.finfo(dtype).eps
    for name in ("scale_", "center_", "max_abs_", "n_samples_seen_"):
        mine, expected = getattr(ours, name, None), getattr(theirs, name, None)
        assert (mine is None) == (expected is None), name
        if expected is not None:
            assert np.asarray(mine).dtype == np.asarray(expected).dtype, name
            np.testing.assert_allclose(mine, expected, rtol=4 * epsilon, err_msg=name)
    for rows in (X, other):
        scaled = ours.transform(rows)
        assert scaled.dtype == dtype
        np.testing.assert_allclose(
            scaled, theirs.transform(rows), rtol=8 * epsilon, atol=8 * epsilon
        )
    if not options.get("clip"):
        np.testing.assert_allclose(ours.inverse_transform(scaled), other, rtol=1e-5, atol=1e-6)


@given(
    st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=30),
    st.tuples(st.floats(0, 100), st.floats(0, 100)).map(sorted),
)
def test_quantiles_are_numpys(values, quantile_range):
    X = np.array(values)[:, np.newaxis]
    low, high = np.percentile(X, quantile_range, axis=0)
    scaler = RobustScaler(quantile_range=tuple(quantile_range)).fit(X)
    np.testing.assert_allclose(scaler.center_, np.median(X, axis=0), rtol=1e-15)
    expected = np.where(high - low < 10 * np.finfo(float).eps, 1, high - low)
    np.testing.assert_allclose(scaler.scale_, expected, rtol=1e-9, atol=1e-9 * np.abs(X).max())


@pytest.mark.parametrize("kind", [MaxAbsScaler, RobustScaler])
def test_sparse_rows(kind):
    rows = sparse.random_array((60, 4), density=0.4, rng=np.random.default_rng(0), format="csc")
    options = {"with_centering": False} if kind is RobustScaler else {}
    peer = getattr(sklearn.preprocessing, kind.__name__)
    np.testing.assert_allclose(
        kind(**options).fit_transform(rows).toarray(),
        peer(**options).fit_transform(rows).toarray(),
    )


def test_parts_of_the_rows():
    X = table(2)
    scaler = MaxAbsScaler()
    for part in np.array_split(X, 3):
        scaler.partial_fit(part)
    whole = MaxAbsScaler().fit(X)
    np.testing.assert_array_equal(scaler.max_abs_, whole.max_abs_)
    assert scaler.n_samples_seen_ == len(X)


def test_empty_columns():
    X = table(3)
    X[:, 1] = np.nan
    with pytest.warns(RuntimeWarning, match="All-NaN"):
        scaled = MaxAbsScaler().fit_transform(X)
    assert np.isnan(scaled[:, 1]).all()
    assert np.isnan(RobustScaler().fit_transform(X)[:, 1]).all()


@pytest.mark.parametrize("kind", [MaxAbsScaler, RobustScaler])
def test_bad_input(kind):
    X = table(4)
    X[3, 2] = -np.inf
    with pytest.raises(ValueError, match=r"Column 2 holds -inf in row 3"):
        kind().fit(X)
    with pytest.raises(ValueError, match=r"Column 2 holds -inf in row 3"):
        kind().fit(table(4)).transform(X)
    with pytest.raises(ValueError, match="Invalid quantile range"):
        RobustScaler(quantile_range=(80, 20)).fit(table(4))


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_files(kind, options, tmp_path):
    X = table(5)
    scaler = kind(**options).fit(X)
    again = treering.load(scaler.save(tmp_path / "scaler.treering"))
    np.testing.assert_array_equal(again.transform(X), scaler.transform(X))
