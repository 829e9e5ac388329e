"""The imputer fills in what scikit-learn's does."""

import numpy as np
import pytest
import sklearn.impute
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import treering
from treering.preprocessing import SimpleImputer

Peer = sklearn.impute.SimpleImputer


def table(seed, rows=300, dtype=np.float64):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 6)) * 10.0 ** rng.integers(-3, 4, 6)
    X[:, 3] = X[:, 3].round(-1)
    X[rng.random(X.shape) < 0.2] = np.nan
    X[:, 5] = 7
    return X.astype(dtype)


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent", "constant"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("rows", [1, 2, 299, 300])
def test_statistics_and_rows(strategy, dtype, order, rows):
    X = np.asarray(table(rows, 300, dtype)[:rows], order=order)
    X[0] = 1  # no column is empty
    ours, theirs = (kind(strategy=strategy).fit(X) for kind in (SimpleImputer, Peer))
    assert ours.statistics_.dtype == theirs.statistics_.dtype
    tolerance = 0 if strategy != "mean" else {8: 1e-13, 4: 1e-5, 2: 1e-2}[X.itemsize]
    np.testing.assert_allclose(
        ours.statistics_.astype(float),
        theirs.statistics_.astype(float),
        rtol=tolerance,
        atol=tolerance,
    )
    filled = ours.transform(X)
    assert filled.dtype == X.dtype
    np.testing.assert_allclose(filled, theirs.transform(X), rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(filled[~np.isnan(X)], X[~np.isnan(X)])


@given(st.lists(st.floats(-1e300, 1e300) | st.just(np.nan), min_size=1, max_size=40))
def test_medians_are_numpys(values):
    X = np.array([*values, 0.5])[:, np.newaxis]
    np.testing.assert_array_equal(
        SimpleImputer(strategy="median").fit(X).statistics_, np.nanmedian(X, axis=0)
    )


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("strategy", ["mean", "median"])
@pytest.mark.parametrize("indicator", [False, True])
def test_empty_columns_and_indicators(keep, strategy, indicator):
    X = table(1)
    X[:, 2] = np.nan
    options = {
        "strategy": strategy,
        "keep_empty_features": keep,
        "add_indicator": indicator,
    }
    ours, theirs = (kind(**options).fit(X) for kind in (SimpleImputer, Peer))
    if keep:
        results = [each.transform(X) for each in (ours, theirs)]
    else:
        with pytest.warns(
            UserWarning, match=r"Skipping features without any observed values: \[2\]"
        ):
            results = [each.transform(X) for each in (ours, theirs)]
    np.testing.assert_allclose(*results, rtol=1e-13)
    np.testing.assert_array_equal(ours.get_feature_names_out(), theirs.get_feature_names_out())


def test_other_data_takes_scikit_learns_path():
    text = np.array([["a", "x"], [np.nan, "y"], ["a", np.nan]], dtype=object)
    for options in ({"strategy": "most_frequent"}, {"strategy": "constant", "fill_value": "?"}):
        np.testing.assert_array_equal(
            SimpleImputer(**options).fit_transform(text), Peer(**options).fit_transform(text)
        )
    numbers = np.array([[1, -1], [2, 3], [-1, 4]])
    np.testing.assert_array_equal(
        SimpleImputer(missing_values=-1).fit_transform(numbers),
        Peer(missing_values=-1).fit_transform(numbers),
    )
    rows = sparse.csc_array(np.nan_to_num(table(2)))
    rows.data[::5] = np.nan
    np.testing.assert_array_equal(
        SimpleImputer().fit_transform(rows).toarray(), Peer().fit_transform(rows).toarray()
    )
    options = {"strategy": lambda values: values.max()}
    np.testing.assert_array_equal(
        SimpleImputer(**options).fit_transform(table(3)), Peer(**options).fit_transform(table(3))
    )


def test_in_place():
    X = table(4)
    expected = Peer(strategy="median").fit_transform(X)
    filled = SimpleImputer(strategy="median", copy=False).fit(X).transform(X)
    assert filled is X
    np.testing.assert_array_equal(X, expected)


@pytest.mark.parametrize("module", ["pandas", "polars"])
def test_tables(module):
    library = pytest.importorskip(module)
    frame = library.DataFrame({"a": [1.0, None, 4.0], "b": [None, 2, 3]})
    imputer = SimpleImputer(strategy="median").set_output(transform=module)
    filled = imputer.fit_transform(frame)
    assert type(filled) is library.DataFrame
    assert list(filled.columns) == ["a", "b"]
    np.testing.assert_array_equal(filled.to_numpy(), [[1, 2.5], [2.5, 2], [4, 3]])


def test_infinite_values_are_named():
    X = table(5)
    X[7, 1] = np.inf
    for strategy in ("mean", "median"):
        with pytest.raises(ValueError, match=r"infinity.*Column 1 holds inf in row 7"):
            SimpleImputer(strategy=strategy).fit(X)
        with pytest.raises(ValueError, match=r"infinity.*Column 1 holds inf in row 7"):
            SimpleImputer(strategy=strategy).fit(table(5)).transform(X)


@pytest.mark.parametrize(
    "imputer",
    [
        SimpleImputer(),
        SimpleImputer(strategy="median", add_indicator=True),
        SimpleImputer(strategy="most_frequent"),
        SimpleImputer(strategy="constant", fill_value=-1.5),
    ],
    ids=repr,
)
def test_files_keep_all(imputer, tmp_path):
    X = table(6)
    imputer.fit(X)
    again = treering.load(imputer.save(tmp_path / "imputer.treering"))
    np.testing.assert_array_equal(again.transform(X), imputer.transform(X))
    assert again.statistics_.dtype == imputer.statistics_.dtype
    np.testing.assert_array_equal(again.get_feature_names_out(), imputer.get_feature_names_out())
    assert (
        again.save(tmp_path / "again").read_bytes() == (tmp_path / "imputer.treering").read_bytes()
    )


def test_files_of_text(tmp_path):
    X = np.array([["a", "x"], [np.nan, "y"], ["a", np.nan]], dtype=object)
    imputer = SimpleImputer(strategy="most_frequent").fit(X)
    again = treering.load(imputer.save(tmp_path / "imputer.treering"))
    np.testing.assert_array_equal(again.transform(X), imputer.transform(X))
