"""Categorical columns of every container: how they are named, read, kept and refused."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.inspection import partial_dependence
from sklearn.tree import export_text

from categorical_data import (
    CATEGORICAL,
    CITIES,
    CITY,
    CONTAINERS,
    FRAME,
    GRADE,
    KINDS,
    NAMES,
    NUMBERS,
    SIZE,
    TREES,
    TYPED,
    answers,
    by_hand,
    content,
    labels,
    model,
)
from treering.ensemble import ExtraTreesRegressor, RandomForestRegressor
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

FITTED = model(DecisionTreeRegressor).fit(FRAME, NUMBERS)


# ---- containers


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestRegressor])
def test_every_container_gives_the_same_model(kind, container) -> None:
    X = CONTAINERS[container](FRAME)
    before = copy.deepcopy(X)
    expected = model(kind).fit(FRAME, labels(kind))
    fitted = model(kind).fit(X, labels(kind))
    assert content(fitted) == content(expected)
    np.testing.assert_array_equal(answers(fitted, X), answers(expected, FRAME))
    for mine, theirs in zip(fitted.categories_, expected.categories_, strict=True):
        np.testing.assert_array_equal(mine, theirs, strict=True)
    assert repr(X) == repr(before)  # nothing is written into it
    if hasattr(X, "columns"):
        assert fitted.feature_names_in_.tolist() == list(FRAME.columns)
        named = model(kind, categorical_features=NAMES[::-1]).fit(X, labels(kind))
        assert content(named) == content(expected)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("given", [*CONTAINERS, "pandas"])
def test_a_model_predicts_from_any_container(given) -> None:
    rows = CONTAINERS[given](FRAME) if given in CONTAINERS else FRAME
    np.testing.assert_array_equal(FITTED.predict(rows), FITTED.predict(FRAME))
    np.testing.assert_array_equal(FITTED.predict(rows[:1]), FITTED.predict(FRAME[:1]))


@pytest.mark.parametrize("container", TYPED)
def test_types_of_a_table_can_say_what_is_categorical(container) -> None:
    X = TYPED[container](FRAME)
    typed = model(DecisionTreeRegressor, categorical_features="from_dtype").fit(X, NUMBERS)
    named = model(DecisionTreeRegressor, categorical_features=["city"]).fit(X, NUMBERS)
    assert typed.is_categorical_.tolist() == [False, True, False]
    assert content(typed) == content(named)
    np.testing.assert_array_equal(typed.predict(X), named.predict(X))


@pytest.mark.parametrize(
    "X",
    [FRAME[["size", "grade"]], FRAME[["size", "grade"]].to_numpy(), csr_array(np.eye(len(FRAME)))],
    ids=["table", "array", "sparse"],
)
@pytest.mark.parametrize("given", ["from_dtype", [], np.array([], dtype=bool)])
def test_no_column_may_be_categorical(X, given) -> None:
    fitted = model(DecisionTreeRegressor, categorical_features=given).fit(X, NUMBERS)
    plain = model(DecisionTreeRegressor, categorical_features=None).fit(X, NUMBERS)
    assert (fitted.is_categorical_, fitted.categories_) == (None, None)
    assert content(fitted) == content(plain)


@pytest.mark.parametrize(
    "given",
    [
        [False, True, True],
        np.array([False, True, True]),
        pd.Series([False, True, True]),
        pl.Series([False, True, True]),
        (1, 2),
        [2, 1],
        np.array([1, 2], dtype=np.uint8),
        ["grade", "city"],
        np.array(["city", "grade"]),
        pd.Index(["city", "grade"]),
    ],
    ids=repr,
)
def test_columns_are_named_in_many_ways(given) -> None:
    fitted = model(DecisionTreeRegressor, categorical_features=given).fit(FRAME, NUMBERS)
    assert fitted.is_categorical_.tolist() == [False, True, True]
    assert content(fitted) == content(FITTED)
    assert clone(fitted).categorical_features is not None


def test_numbers_of_any_type_are_the_same_categories() -> None:
    for dtype in (np.float32, np.float16, np.int8, np.uint64, ">i4", ">f8", object, np.longdouble):
        grades = (GRADE + 2).astype(dtype)[:, None]
        fitted = DecisionTreeRegressor(categorical_features=[0]).fit(grades, NUMBERS)
        assert sorted(fitted.categories_[0].tolist()) == [0, 1, 2, 3, 4, 5]
        for other in (np.int64, np.float32, object):
            found = fitted.predict(grades.astype(np.float64).astype(other))
            np.testing.assert_array_equal(found, fitted.predict(grades))


@pytest.mark.parametrize("column", ["boolean", bool, object])
def test_truth_values_are_categories(column) -> None:
    flags = pd.Series(SIZE > 0).astype(column)
    if column != bool:  # noqa: E721 (a name of a type, too)
        flags[::7] = pd.NA if column == "boolean" else None
    fitted = DecisionTreeRegressor(categorical_features=["flag"]).fit(
        pd.DataFrame({"flag": flags}), np.where(SIZE > 0, 1.0, 5.0)
    )
    assert fitted.categories_[0].tolist() == [1.0, 0.0]


def test_rows_in_any_memory_order_are_read_and_left_alone() -> None:
    rows = by_hand([None, sorted(CITIES), None], FRAME)
    expected = model(DecisionTreeRegressor).fit(rows, NUMBERS)
    for X in (np.asfortranarray(rows), rows[:, ::-1].copy()[:, ::-1], np.repeat(rows, 2, 0)[::2]):
        X.setflags(write=False)
        assert content(model(DecisionTreeRegressor).fit(X, NUMBERS)) == content(expected)
        np.testing.assert_array_equal(expected.predict(X), expected.predict(rows))
    single = model(DecisionTreeRegressor).fit(rows.astype(np.float32), NUMBERS)
    assert content(single) == content(expected)


@pytest.mark.parametrize("kind", TREES)
def test_checks_may_be_skipped(kind) -> None:
    rows = FRAME.astype(object).to_numpy()
    checked = model(kind).fit(rows, labels(kind))
    skipped = model(kind).fit(rows, labels(kind), check_input=False)
    assert content(skipped) == content(checked)
    expected = answers(checked, rows)
    np.testing.assert_array_equal(
        getattr(checked, "predict_proba", checked.predict)(rows, check_input=False), expected
    )
    with pytest.raises(ValueError, match="labels for the rows of X: expected 240, got 239"):
        model(kind).fit(rows, labels(kind)[:-1], check_input=False)
    with pytest.raises(TypeError, match="check_input=False needs X as an array"):
        model(kind).fit(rows.tolist(), labels(kind), check_input=False)


def test_tables_may_have_any_index_and_names_that_are_no_text() -> None:
    twice = FRAME.set_index(pd.Index([0] * len(FRAME)))
    for X in (twice, FRAME.set_axis([7, 5, 3], axis=1)):
        assert content(model(DecisionTreeRegressor).fit(X, NUMBERS)) == content(FITTED)


def test_dictionaries_may_differ_between_chunks() -> None:
    city = [None if pd.isna(each) else each for each in FRAME["city"]]
    parts = [pa.array(part, pa.string()).dictionary_encode() for part in (city[:9], city[9:])]
    X = pa.table({**FRAME, "city": pa.chunked_array(parts)})
    assert content(model(DecisionTreeRegressor).fit(X, NUMBERS)) == content(FITTED)


def test_pruning_paths_know_the_categories() -> None:
    plain = model(DecisionTreeRegressor, categorical_features=None)
    expected = plain.cost_complexity_pruning_path(by_hand(FITTED.categories_, FRAME), NUMBERS)
    path = FITTED.cost_complexity_pruning_path(FRAME, NUMBERS)
    np.testing.assert_array_equal(path.ccp_alphas, expected.ccp_alphas)


# ---- missing and unseen


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("kind", [DecisionTreeRegressor, DecisionTreeClassifier])
def test_missing_and_unseen_categories_go_where_missing_values_go(kind, missing) -> None:
    fitted = model(kind).fit(FRAME, labels(kind))
    plain = model(kind, categorical_features=None).fit(
        by_hand(fitted.categories_, FRAME), labels(kind)
    )
    for city in (missing, "Zürich", "bonn", " Bonn"):
        rows = FRAME.assign(city=pd.Series([city] * len(FRAME), dtype=object))
        expected = answers(plain, by_hand(fitted.categories_, rows))
        np.testing.assert_array_equal(answers(fitted, rows), expected)
    for grade in (7.0, 0.5, -np.inf, 1e300, np.nan):
        rows = FRAME.assign(grade=grade)
        expected = answers(plain, by_hand(fitted.categories_, rows))
        np.testing.assert_array_equal(answers(fitted, rows), expected)


def test_a_column_may_be_missing_altogether() -> None:
    empty = FRAME.assign(city=pd.Series([None] * len(FRAME), dtype=object))
    fitted = model(DecisionTreeRegressor).fit(empty, NUMBERS)
    assert fitted.categories_[1].tolist() == []
    np.testing.assert_array_equal(fitted.predict(FRAME), fitted.predict(empty))


# ---- what is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("city", "must be an array-like, a str among {'from_dtype'} or None"),
        (3, "must be an array-like"),
        (["city", "garde"], r"item value 'garde' which is not a valid.*did you mean 'grade'"),
        ([False, True], r"must have shape \(n_features,\), got: \(2,\); X has 3 columns"),
        ([3], r"must be in \[0, n_features - 1\]: got 3, X has 3 columns"),
        ([0, -1], r"must be in \[0, n_features - 1\]: got -1"),
        ([10**30], "must be in"),
        ([1, 2, 1], "holds 1 twice; give each column once"),
        (["city", "city"], "holds 'city' twice"),
        ([1.0], "array-like of bool, int or str, all of one type, got: float"),
        ([True, 2], "got: bool, int"),
        (["city", 2], "got: int, str"),
        ([None], "got: NoneType"),
        ([np.timedelta64(1)], "got: timedelta64"),
        ([[1]], r"a list of truth values, of positions or of names; got \[\[1\]\]"),
        ({"city": 1}, "a list of truth values"),
    ],
    ids=repr,
)
def test_columns_that_cannot_be_meant_are_refused(given, message) -> None:
    with pytest.raises(ValueError, match=message):
        model(DecisionTreeRegressor, categorical_features=given).fit(FRAME, NUMBERS)


@pytest.mark.parametrize(
    "X", [FRAME.to_numpy(), FRAME.set_axis([0, "city", 2], axis=1), csr_array(np.eye(len(FRAME)))]
)
def test_names_need_a_table_that_has_them(X) -> None:
    with pytest.raises(ValueError, match="on data without feature names"):
        model(DecisionTreeRegressor, categorical_features=["city"]).fit(X, NUMBERS)


DATES = pd.Series(pd.date_range("2024-01-01", periods=len(FRAME)))


@pytest.mark.parametrize(
    ("city", "message"),
    [
        (DATES, "'city'.*Datetime.*expected numbers"),
        (DATES.astype(object), "'city'.*of type Timestamp in row 0"),
        (DATES.astype("category"), "'city'.*of type Timestamp in row 0"),
        ([b"Bonn"] * len(FRAME), "'city'.*of type bytes in row 0"),
        ([["Bonn"]] * len(FRAME), "'city'.*of type list in row 0"),
        ([1j] * len(FRAME), "'city'.*complex"),
        ([np.timedelta64(1)] * len(FRAME), "'city'"),
        (pd.cut(pd.Series(SIZE), 3), "'city'.*of type Interval in row 0"),
        (["Bonn"] * 3 + [1] * (len(FRAME) - 3), "'city'.*mixes text and numbers"),
        ([2**53] * len(FRAME), "'city'.*number 9007199254740992 as a category.*as text"),
        ([10**400] * len(FRAME), "'city'.*number inf as a category.*as text"),
        ([-np.inf] * len(FRAME), "'city'.*number -inf as a category"),
    ],
)
def test_values_that_are_no_categories_are_refused(city, message) -> None:
    table = FRAME.assign(city=pd.Series(city, dtype=getattr(city, "dtype", object)))
    with pytest.raises((TypeError, ValueError), match=message):
        model(DecisionTreeRegressor).fit(table, NUMBERS)


def test_other_columns_are_still_numbers() -> None:
    table = FRAME.assign(size="wide")
    with pytest.raises(ValueError, match=r"Column 0 \('size'\).*holds the text 'wide' in row 0"):
        model(DecisionTreeRegressor).fit(table, NUMBERS)
    with pytest.raises(ValueError, match=r"Column 0 of X holds the text 'wide'"):
        model(DecisionTreeRegressor).fit(table.to_numpy(), NUMBERS)
    with pytest.raises(ValueError, match=r"'size'.*holds inf in row 0"):
        model(DecisionTreeRegressor).fit(FRAME.assign(size=np.inf), NUMBERS)
    with pytest.raises(ValueError, match=r"Column 0 \('size'\).*holds the text 'wide' in row 0"):
        FITTED.predict(table)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_rows_that_do_not_fit_the_model_are_refused() -> None:
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        FITTED.predict(FRAME[["city", "size", "grade"]])
    with pytest.raises(ValueError, match="yet now missing:\n- grade"):
        FITTED.predict(FRAME[["size", "city"]])
    with pytest.raises(ValueError, match=r"X has 2 features, but .* is expecting 3"):
        model(DecisionTreeRegressor).fit(FRAME.to_numpy(), NUMBERS).predict([["a", 1.0]])
    with pytest.raises(ValueError, match=r"'city'.*holds numbers as categories, but text when the"):
        FITTED.predict(FRAME.assign(city=1))
    with pytest.raises(ValueError, match=r"'grade'.*holds text as categories, but numbers when"):
        FITTED.predict(FRAME.assign(grade="1"))
    for rows, message in (
        (pl.from_pandas(FRAME).lazy(), "X is a lazy table"),
        (None, "X is None"),
        ([["Bonn"], ["Bonn", 1]], "rows of X differ in length"),
        (["Bonn"], "Expected 2D array, got 1D array instead"),
        (FRAME["city"], "Expected 2D array, got 1D array instead"),
        (1.5, "Expected 2D array"),
        (pd.concat([FRAME, FRAME], axis=1), "X has columns of the same name"),
        (FRAME[:0], r"0 sample\(s\)"),
    ):
        for method in (FITTED.predict, lambda X: model(DecisionTreeRegressor).fit(X, NUMBERS)):
            with pytest.raises((TypeError, ValueError), match=message):
                method(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_sparse_rows_are_refused(kind) -> None:
    rows = csr_array(np.eye(len(FRAME), 3))
    with pytest.raises(TypeError, match=r"Sparse data was passed.*pass X.toarray\(\)"):
        model(kind).fit(rows, labels(kind))
    fitted = model(kind).fit(rows.toarray(), labels(kind))
    with pytest.raises(TypeError, match=r"Sparse data was passed.*pass X.toarray\(\)"):
        fitted.predict(rows)


@pytest.mark.parametrize("kind", [DecisionTreeRegressor, ExtraTreesRegressor])
def test_categories_have_no_direction(kind) -> None:
    with pytest.raises(
        ValueError, match=r"Categorical features cannot have monotonic constraints.*columns \[2\]"
    ):
        model(kind, monotonic_cst=[1, 0, -1]).fit(FRAME, NUMBERS)
    fitted = model(kind, monotonic_cst=[1, 0, 0]).fit(FRAME, NUMBERS)
    low, high = (fitted.predict(FRAME.assign(size=size)) for size in (-1.0, 1.0))
    assert (high >= low).all()


def test_another_fit_forgets_the_categories() -> None:
    fitted = model(DecisionTreeRegressor).fit(FRAME, NUMBERS)
    fitted.set_params(categorical_features=[0]).fit(CITY[:, None], NUMBERS)
    assert sorted(fitted.categories_[0]) == sorted(CITIES)
    fitted.set_params(categorical_features=None).fit(SIZE[:, None], NUMBERS)
    assert (fitted.is_categorical_, fitted.categories_) == (None, None)
    plain = model(DecisionTreeRegressor, categorical_features=None).fit(SIZE[:, None], NUMBERS)
    assert content(fitted) == content(plain)
    assert vars(fitted).keys() == vars(plain).keys()


def test_attributes_need_a_fit() -> None:
    for name in ("is_categorical_", "categories_"):
        assert not hasattr(DecisionTreeRegressor(categorical_features=[0]), name)


# ---- copies, and scikit-learn's functions


@pytest.mark.parametrize("kind", KINDS)
def test_copies_know_the_categories(kind) -> None:
    fitted = model(kind).fit(FRAME, labels(kind))
    for other in (pickle.loads(pickle.dumps(fitted)), copy.copy(fitted), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(answers(other, FRAME), answers(fitted, FRAME))
        assert other.categories_[1].tolist() == fitted.categories_[1].tolist()
    unfitted = clone(fitted)
    assert unfitted.categorical_features == CATEGORICAL
    assert content(unfitted.fit(FRAME, labels(kind))) == content(fitted)


def test_exports_show_positions() -> None:
    shallow = model(DecisionTreeRegressor, max_depth=1).fit(FRAME, NUMBERS)
    below = [*shallow.categories_[1]][: int(shallow.tree_.threshold[0] + 1)]
    assert f"city <= {len(below) - 0.5:.2f}" in export_text(shallow, feature_names=[*FRAME.columns])


@pytest.mark.parametrize("kind", [DecisionTreeRegressor, RandomForestRegressor])
@pytest.mark.parametrize("features", [["city"], ["grade"], ["city", "size"], ["size", "grade"]])
def test_partial_dependence_takes_categories(kind, features) -> None:
    full = FRAME.assign(city=CITY)
    fitted = model(kind).fit(full, NUMBERS)
    plain = model(kind, categorical_features=None).fit(by_hand(fitted.categories_, full), NUMBERS)
    found = partial_dependence(
        fitted, full, features, categorical_features=NAMES, grid_resolution=9, method="recursion"
    )
    columns = [list(FRAME.columns).index(feature) for feature in features]
    axes = []
    for column, values in zip(columns, found["grid_values"], strict=True):
        known = fitted.categories_[column]
        axes.append(values if known is None else [known.tolist().index(each) for each in values])
    grid = np.array(np.meshgrid(*axes, indexing="ij")).reshape(len(axes), -1).T
    expected = plain._compute_partial_dependence_recursion(grid, np.array(columns))
    np.testing.assert_array_equal(found["average"].ravel(), expected)


def test_grids_between_categories_are_refused() -> None:
    many = np.arange(len(FRAME))[:, None] % 120
    fitted = DecisionTreeRegressor(categorical_features=[0]).fit(many, NUMBERS)
    with pytest.raises(ValueError, match=r"Column 0 of the grid holds .* no category.*own cat"):
        partial_dependence(fitted, many.astype(float), [0], grid_resolution=50)
