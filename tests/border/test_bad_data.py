"""Data that cannot be read is refused by the name of the column, in whatever container it comes."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn.preprocessing
import sklearn.tree
from scipy import sparse

from treering.ensemble import RandomForestClassifier
from treering.metrics import accuracy_score, confusion_matrix
from treering.model_selection import cross_val_score
from treering.preprocessing import MinMaxScaler, StandardScaler
from treering.tree import DecisionTreeClassifier

TREES = [DecisionTreeClassifier(), RandomForestClassifier(3)]
SCALERS = [StandardScaler(), MinMaxScaler()]
FRAMES = [pd.DataFrame, pl.DataFrame, pa.table]
GOOD = [0.0, 1.0, 2.0, 3.0]
LABELS = [0, 1, 0, 1]
TODAY = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


NUMBERS_AS_TEXT = [["1.5", "2"], ["2.5", "3"], ["0.5", "4"], ["7", "1"]]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (DecisionTreeClassifier(), sklearn.tree.DecisionTreeClassifier()),
        (StandardScaler(), sklearn.preprocessing.StandardScaler()),
        (MinMaxScaler(), sklearn.preprocessing.MinMaxScaler()),
    ],
)
@pytest.mark.parametrize(
    "container",
    [
        list,
        np.asarray,
        lambda rows: np.asarray(rows).astype("S"),
        lambda rows: np.asarray(rows, dtype=object),
        lambda rows: pd.DataFrame(rows, columns=list("ab")),
        lambda rows: pd.DataFrame(rows, columns=list("ab"), dtype=object),
        lambda rows: pl.DataFrame(rows, schema=["a", "b"], orient="row"),
    ],
)
def test_numbers_written_as_text_are_read_as_by_scikit_learn(
    ours: Any, theirs: Any, container: Callable[[Any], Any]
) -> None:
    X, numbers = container(NUMBERS_AS_TEXT), np.asarray(NUMBERS_AS_TEXT, dtype=np.float64)
    method = "transform" if hasattr(ours, "transform") else "predict"
    found = [getattr(estimator.fit(X, LABELS), method)(X) for estimator in (ours, theirs)]
    np.testing.assert_array_equal(*found)
    np.testing.assert_array_equal(found[0], getattr(ours.fit(numbers, LABELS), method)(numbers))


def name(thing: Any) -> str:
    return getattr(thing, "__name__", type(thing).__name__)


def reading(estimator: Any) -> list[Callable[[Any], Any]]:
    """Every method that reads rows, of an estimator fitted on the columns "good" and "bad"."""
    frame = pd.DataFrame({"good": GOOD, "bad": GOOD})
    methods = ("predict", "predict_proba", "predict_log_proba", "apply", "decision_path")
    if hasattr(estimator, "transform"):
        methods = ("transform", "inverse_transform")
    fitted = estimator.fit(frame, LABELS)
    return [
        *(getattr(fitted, method) for method in methods),
        lambda X: fitted.fit(X, LABELS),
        *([lambda X: fitted.score(X, LABELS)] if hasattr(fitted, "score") else []),
    ]


COLUMNS = [
    ([1.0, 2.0, np.inf, 4.0], "holds inf in row 2; replace it by NaN"),
    ([1.0, -np.inf, 3.0, 4.0], "holds -inf in row 1; replace it by NaN"),
    (["1", "red", "blue", "2"], "holds the text 'red' in row 1.*to_numeric.*OrdinalEncoder"),
    ([TODAY] * 4, "Datetime.*expected numbers.*weekday"),
    ([TODAY.date()] * 4, "expected numbers.*weekday"),
    ([dt.timedelta(hours=1)] * 4, "Duration.*expected numbers"),
]


@pytest.mark.parametrize("frame", FRAMES, ids=name)
@pytest.mark.parametrize(("values", "message"), COLUMNS)
@pytest.mark.parametrize("estimator", [*TREES, *SCALERS], ids=name)
def test_a_bad_column_of_a_frame_is_named(frame, values, message, estimator) -> None:
    table = frame({"good": GOOD, "bad": values})
    for read in reading(estimator):
        with pytest.raises((ValueError, TypeError), match=rf"Column 1 \('bad'\).*{message}"):
            read(table)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=name)
@pytest.mark.parametrize("estimator", [*TREES, *SCALERS], ids=name)
def test_bad_columns_of_types_of_their_own_are_named(frame, estimator) -> None:
    category = "category" if frame is pd.DataFrame else pl.Categorical
    kinds = {
        "categories": (frame({"a": ["red", "blue"] * 2})["a"].astype(category), "'red' in row 0")
        if frame is pd.DataFrame
        else (pl.Series(["red", "blue"] * 2, dtype=pl.Categorical), "'red' in row 0"),
        "objects": (frame({"a": [[1], [2], [3], [4]]})["a"], "type list in row 0"),
    }
    for kind, (values, message) in kinds.items():
        with pytest.raises((ValueError, TypeError), match=rf"Column 1 \('{kind}'\).*{message}"):
            estimator.fit(frame({"good": GOOD, kind: values}), LABELS)


@pytest.mark.parametrize("estimator", TREES, ids=name)
def test_values_beyond_single_precision_are_named(estimator) -> None:
    for read in reading(estimator):
        with pytest.raises(ValueError, match=r"Column 1 \('bad'\) holds 1e\+39 in row 3.*rescale"):
            read(pd.DataFrame({"good": GOOD, "bad": [1.0, 2.0, 3.0, 1e39]}))


@pytest.mark.parametrize("estimator", TREES, ids=name)
def test_cross_validation_names_the_column(estimator) -> None:
    for bad, message in ((np.inf, "holds inf in row 0"), ("red", "holds the text 'red' in row 0")):
        with pytest.raises(ValueError, match=rf"Column 1 \('bad'\).*{message}"):
            cross_val_score(estimator, pd.DataFrame({"good": GOOD, "bad": bad}), LABELS, cv=2)


ARRAYS = [
    (np.array([[1, "red"]] * 4), "Column 1 of X holds the text 'red' in row 0"),
    (np.array([[1, None], [2, "red"]] * 2, dtype=object), "Column 1 of X holds the text 'red'"),
    (np.array([[1, {}]] * 4, dtype=object), "Column 1 of X holds a value of type dict in row 0"),
    ([[1.0, "red"]] * 4, "Column 1 of X holds the text 'red'"),
    ([[1.0, TODAY]] * 4, "Column 1 of X holds the date 2026-11-22.*weekday"),
    ([[1.0, pd.NA]] * 4, r"Column 1 of X holds pandas.NA in row 0.*astype\('Float64'\)"),
    ([[1.0, 1j]] * 4, "Column 1 of X holds the complex number 1j in row 0"),
    (np.full((4, 2), 1j), "Column 0 of X holds the complex number 1j.*Complex data not supported"),
    (np.array([[np.datetime64("2026-11-22")]] * 4), "X holds datetime64.*weekday"),
    (np.where(np.eye(4) == 1, np.inf, 0.0)[:, ::-1], "Column 3 holds inf in row 0"),
    (pd.DataFrame({0: GOOD, 1: ["red"] * 4}), r"Column 1 .*holds the text 'red'"),
    ([[1.0, 2.0], [1.0]] * 2, "row 0 has length 2, row 1 has length 1"),
    (np.zeros(4), "Reshape your data"),
    (np.zeros((4, 2, 2)), r"3 dimensions, \(4, 2, 2\).*reshape\(len\(X\), -1\)"),
    (np.zeros((0, 2)), r"0 sample\(s\)"),
    (np.zeros((4, 0)), r"0 feature\(s\)"),
    (pd.DataFrame(index=range(4)), "a table without columns; give at least one"),
    (np.zeros(4, dtype=[("a", float), ("b", float)]), r"\['a', 'b'\].*structured_to_unstructured"),
    (pl.LazyFrame({"a": GOOD}), r"X is a lazy table.*\.collect\(\)"),
    (pd.DataFrame(np.eye(4)[:, :2], columns=["a", "a"]), "columns of the same name.*'a'"),
    (pa.table([GOOD, GOOD], names=["a", "a"]), "columns of the same name.*'a'"),
    ({"a": GOOD}, r"X is a dict.*pandas.DataFrame\(X\)"),
    ((row for row in GOOD), "X is a generator; expected rows and columns"),
    (None, "X is None; expected rows and columns"),
]


@pytest.mark.parametrize(("X", "message"), ARRAYS)
@pytest.mark.parametrize("estimator", [*TREES, *SCALERS], ids=name)
def test_other_bad_data_is_named(X, message, estimator) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        estimator.fit(X, LABELS)


@pytest.mark.parametrize("estimator", [*TREES, *SCALERS], ids=name)
@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"a": [True, False] * 2, "b": pd.array([1, None] * 2, dtype="Int64")}),
        pd.DataFrame({"a": pd.Series([1, None] * 2, dtype=object), "b": ["1", "2"] * 2}),
        pd.DataFrame({"a": pd.Categorical([1, 2] * 2)}),
        pl.DataFrame({"a": [True, False] * 2, "b": [1, None] * 2}),
        pa.table({"a": [True, False] * 2, "b": [1, None] * 2}),
        np.array([[True, False]] * 4),
    ],
    ids=["nullable", "objects", "categories", "polars", "pyarrow", "bool"],
)
def test_what_stands_for_numbers_is_read(X, estimator) -> None:
    fitted = estimator.fit(X, LABELS)
    assert fitted.n_features_in_ == X.shape[1]


Y = [
    (["a", None, "b", None], "no label in 2 of its rows, the first in row 1"),
    ([1.0, 0.0, np.nan, 1.0], "no label in 1 of its rows, the first in row 2"),
    (pd.Series(["a", "b", None, "a"]), "no label in 1 .* row 2"),
    (pd.Series(["a", pd.NA, "b", "a"], dtype=object), "no label in 1 .* row 1"),
    (pd.array([0, 1, None, 1], dtype="Int64"), "no label in 1 .* row 2"),
    (pl.Series([0, 1, None, 1]), "no label in 1 .* row 2"),
    (pa.chunked_array([["a", "b"], [None, "a"]]), "no label in 1 .* row 2"),
    (np.array(["2026-11-22", "NaT"] * 2, dtype="datetime64[D]"), "no label in 2 .* row 1"),
    (np.array([1, "a", 1, "a"], dtype=object), "mixes labels of the types int, str"),
    ([1, 2**64, 1, 2], "y holds the number 18446744073709551616 in row 1"),
    ([10**400, 1, 1, 1], "in row 0, which no 64-bit number can hold; give such labels as text"),
]


@pytest.mark.parametrize(("y", "message"), Y)
@pytest.mark.parametrize("estimator", TREES, ids=name)
def test_missing_labels_are_counted_and_placed(y, message, estimator) -> None:
    with pytest.raises(ValueError, match=message):
        estimator.fit(np.eye(4), y)


@pytest.mark.parametrize("cls", [StandardScaler, MinMaxScaler])
def test_a_scaler_recovers_from_a_refusal(cls) -> None:
    scaler = cls()
    for bad in (sparse.csr_matrix(np.eye(4)), np.full((4, 2), np.inf), [["red"]]):
        with pytest.raises((ValueError, TypeError)):
            scaler.fit(bad)
        with pytest.raises((ValueError, TypeError)):
            scaler.partial_fit(bad)
    again = scaler.partial_fit(np.eye(4)).transform(np.eye(4))
    np.testing.assert_array_equal(again, cls().fit_transform(np.eye(4)))


def without_objects(texts, *, where):
    """Return text with slots that hold no object at all, which numpy shows as None."""
    return np.add(np.array(texts, dtype=object), "", where=where, out=None)


def test_slots_without_an_object_are_missing_labels() -> None:
    y = without_objects(["cat", "dog", "emu"] * 2, where=[True, True, False] * 2)
    with pytest.raises(ValueError, match="no label in 2 of its rows, the first in row 2"):
        DecisionTreeClassifier().fit(np.eye(6), y)
    nothing = without_objects(["cat"] * 6, where=[False] * 6)
    for labels in (y, nothing):
        with pytest.raises((TypeError, ValueError)):
            confusion_matrix(labels, labels)
        with pytest.raises((TypeError, ValueError)):
            accuracy_score(labels, np.array(["cat"] * 6, dtype=object))


def test_text_of_a_class_of_its_own_stays_what_it_is() -> None:
    class Animal(StrEnum):
        CAT = "cat"
        DOG = "dog"

    y = np.array([Animal.DOG, Animal.CAT] * 3, dtype=object)
    tree = DecisionTreeClassifier().fit(np.arange(6.0)[:, None], y)
    assert [type(label) for label in tree.classes_] == [Animal, Animal]
    assert tree.predict([[0.0]])[0] is Animal.DOG
    assert accuracy_score(y, ["dog", "cat"] * 3) == 1


CHANGE = """
import signal
import numpy as np
from treering.metrics import accuracy_score

y = np.array(["ant", "bee"] * 1_500_000, dtype=object)

def change(*_):
    {change}

signal.signal(signal.SIGALRM, change)
signal.setitimer(signal.ITIMER_REAL, 0.004)
try:
    accuracy_score(y, y)
except Exception as error:
    print(type(error).__name__)
print("alive")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no interval timer")
@pytest.mark.parametrize(
    "change",
    [
        "y.resize(10, refcheck=False)",
        "y.resize(0, refcheck=False)",
        "y.resize(9_000_000, refcheck=False)",
        "y.shape = (y.size // 2, 2)",
        "y[:] = None",
    ],
)
def test_a_signal_handler_may_change_labels_while_they_are_read(change: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", CHANGE.format(change=change)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[-1] == "alive"


def test_variances_beyond_double_precision_are_refused() -> None:
    for scaler in (StandardScaler(), StandardScaler(with_mean=False)):
        with pytest.raises(
            ValueError, match=r"Column 1 holds values up to 1e\+160, whose variance"
        ):
            scaler.fit([[1.0, 1e160], [2.0, -1e160], [3.0, 0.0]])
    with pytest.raises(ValueError, match="rescale the column, or the sample weights"):
        StandardScaler().fit(np.eye(3), sample_weight=[1e308] * 3)
    with pytest.raises(ValueError, match="0 or more for each of the 3 rows"):
        StandardScaler().fit(np.eye(3), sample_weight=[-1, 1, 1])
