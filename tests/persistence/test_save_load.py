"""What is saved comes back: every estimator, every kind of label and of parameter."""

import copy
import pickle
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.metrics import f1_score

import estimators
import treering
from treering.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.preprocessing import MinMaxScaler, OneHotEncoder, SimpleImputer, StandardScaler
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

X, Y = load_iris(return_X_y=True)
FRAME = pd.DataFrame(X, columns=["sepal length", "größe", "\N{SNOWMAN}", ""])
METHODS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "apply",
    "transform",
    "inverse_transform",
)


def same(mine: Any, theirs: Any) -> bool:
    """Equal to the bit, types and shapes included."""
    if type(mine) is not type(theirs):
        return False
    if isinstance(mine, Sequence) and not isinstance(mine, str | bytes):
        return len(mine) == len(theirs) and all(map(same, mine, theirs))
    if isinstance(mine, dict):
        return all(map(same, [*mine], [*theirs])) and all(
            map(same, [*mine.values()], [*theirs.values()])
        )
    if sparse.issparse(mine):
        return same(mine.toarray(), theirs.toarray())
    if isinstance(mine, np.ndarray):
        if mine.dtype == object:
            return mine.shape == theirs.shape and same(mine.tolist(), theirs.tolist())
        return (mine.shape, mine.dtype, mine.tobytes()) == (
            theirs.shape,
            theirs.dtype,
            theirs.tobytes(),
        )
    if isinstance(mine, float):
        return np.float64(mine).tobytes() == np.float64(theirs).tobytes()
    if hasattr(mine, "to_bytes") and not isinstance(mine, int):
        return mine.to_bytes() == theirs.to_bytes()
    return bool(mine == theirs)


def loaded_again(model: Any, folder: Path, rows: Any = X) -> Any:
    """Save, load and compare everything that a user can ask for."""
    path = model.save(folder / "model.treering")
    again = treering.load(path)
    assert type(again) is type(model)
    assert same(again.get_params(), model.get_params())
    for name in dir(model):
        if name.endswith("_") and not name.startswith("_") and name != "estimator_":
            mine, theirs = getattr(again, name), getattr(model, name)
            if name == "estimators_":
                mine, theirs = [t.tree_ for t in mine], [t.tree_ for t in theirs]
            assert same(mine, theirs), name
    for method in METHODS:
        # These two undo nothing that is not their own output.
        is_other = (
            isinstance(model, OneHotEncoder | SimpleImputer) and method == "inverse_transform"
        )
        if hasattr(model, method) and not is_other:
            assert same(getattr(again, method)(rows), getattr(model, method)(rows)), method
    assert again.save(folder / "again.treering").read_bytes() == path.read_bytes()
    return again


def test_every_estimator_can_be_saved_and_loaded() -> None:
    from treering.persistence._load import CLASSES

    known = {(cls.__module__.split(".")[1], cls.__name__) for cls in map(type, estimators.models())}
    assert known == {(room, name) for room, names in CLASSES.items() for name in names}


@pytest.mark.parametrize("model", estimators.models(), ids=repr)
@pytest.mark.parametrize("frame", [False, True])
def test_estimators_come_back(model, frame, tmp_path) -> None:
    rows = FRAME if frame else X
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = model.fit(rows, Y)
    # Scaling back needs numbers alone, as all other methods take both.
    again = loaded_again(fitted, tmp_path, rows)
    assert same(pickle.loads(pickle.dumps(again)).get_params(), model.get_params())
    assert copy.deepcopy(again).n_features_in_ == 4


@pytest.mark.parametrize(
    "labels",
    [
        Y,
        Y.astype(">i4"),
        Y.astype(np.uint64) + 2**63,
        (Y - 128).astype(np.int8),
        Y.astype(np.float32),
        -Y.astype(float),
        Y > 0,
        np.zeros(len(Y), int),
        np.array(["no", "perhaps", "ja \N{SNOWMAN}"])[Y],
        np.array(["no", "", "a\0b"], dtype=object)[Y],
        np.array(["half\ud800", "b", "c"], dtype=object)[Y],
        np.array(["2020-01-01", "2021-01-01", "2022-01-01"], "M8[D]")[Y],
        np.column_stack([Y, Y > 0]),
        np.column_stack(
            [np.array(["a", "b", "c"], object)[Y], np.array(["x", "y", "y"], object)[Y]]
        ),
    ],
    ids=lambda labels: f"{labels.dtype}-{labels.ndim}",
)
@pytest.mark.parametrize("kind", [DecisionTreeClassifier, ExtraTreesClassifier])
def test_labels_of_every_kind_come_back(kind, labels, tmp_path) -> None:
    params = {"n_estimators": 3} if kind is ExtraTreesClassifier else {}
    loaded_again(kind(**params, random_state=0).fit(X, labels), tmp_path)


@pytest.mark.parametrize(
    "params",
    [
        {"class_weight": dict.fromkeys([-(2**63), 2**64 - 1, *range(20_000)], 1.0)},
        {"class_weight": {0: 1, 1: 2.5, np.int64(2): np.float32(3)}},
        {"class_weight": "balanced_subsample", "max_samples": 0.5},
        {"max_depth": 10**30, "max_leaf_nodes": 10**40, "n_jobs": 1},
        {"max_depth": np.int32(3), "max_features": np.float64(0.5), "ccp_alpha": 1e-300},
        {"random_state": 2**31, "bootstrap": False, "warm_start": True, "verbose": False},
        {"random_state": np.int64(7), "oob_score": True},
        {"n_estimators": 1, "min_impurity_decrease": 5e-324},
    ],
    ids=lambda params: repr(params)[:50],
)
def test_parameters_come_back_with_their_types(params, tmp_path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = RandomForestClassifier(**{"n_estimators": 12, "random_state": 0, **params}).fit(
            X, Y
        )
    again = loaded_again(model, tmp_path)
    for name, value in model.get_params().items():
        assert type(getattr(again, name)) is type(value)


@pytest.mark.parametrize("signs", [[1, 0, -1, 0], (0, 1, 0, 0), np.array([0, 0, 1, -1])])
def test_monotonic_constraints_come_back(signs, tmp_path) -> None:
    again = loaded_again(DecisionTreeRegressor(monotonic_cst=signs).fit(X, Y), tmp_path)
    assert type(again.monotonic_cst) is type(signs)


@pytest.mark.parametrize("signs", [pd.Series([1, 0, 0, 0]), pl.Series([1, 0, 0, 0])])
def test_other_array_likes_come_back_as_arrays(signs, tmp_path) -> None:
    model = DecisionTreeRegressor(monotonic_cst=signs, random_state=0).fit(X, Y)
    again = treering.load(model.save(tmp_path / "model.treering"))
    assert isinstance(again.monotonic_cst, np.ndarray)
    assert again.fit(X, Y).tree_.to_bytes() == model.tree_.to_bytes()


def test_weights_of_classes_for_each_output_come_back(tmp_path) -> None:
    both = np.column_stack([Y, Y > 0])
    weights = [{0: 1, 1: 2, 2: 3}, {0: 1.5, 1: 1}]
    model = RandomForestClassifier(3, class_weight=weights, random_state=0).fit(X, both)
    assert loaded_again(model, tmp_path).class_weight == weights


@pytest.mark.parametrize("shape", [1, 3])
def test_numbers_of_several_outputs_and_out_of_bag_come_back(shape, tmp_path) -> None:
    numbers = np.column_stack([Y * (place + 0.1) for place in range(shape)])
    model = RandomForestRegressor(40, oob_score=True, random_state=0)
    model.fit(X, numbers if shape > 1 else numbers[:, 0], sample_weight=np.arange(1, 151))
    loaded_again(model, tmp_path)


def test_a_loaded_model_goes_on(tmp_path) -> None:
    """More trees, another fit, cross-validation's folds: as the model that was saved."""
    model = RandomForestClassifier(5, warm_start=True, random_state=0).fit(X, Y)
    again = treering.load(model.save(tmp_path / "model.treering"))
    for one in (model, again):
        one.set_params(n_estimators=9).fit(X, Y)
    assert again._forest.to_bytes() == model._forest.to_bytes()
    from sklearn.base import clone

    assert same(clone(again).fit(X, Y).predict(X), clone(model).fit(X, Y).predict(X))


def test_a_tree_of_a_forest_can_be_saved(tmp_path) -> None:
    forest = RandomForestClassifier(2, random_state=0).fit(X, Y)
    loaded_again(forest.estimators_[1], tmp_path)


def test_a_forest_that_forgot_its_draws_can_be_saved(tmp_path) -> None:
    """As one that cross-validation made."""
    forest = RandomForestClassifier(2, random_state=0).fit(X, Y)
    forest._sampling = None
    again = treering.load(forest.save(tmp_path / "model.treering"))
    with pytest.raises(AttributeError, match="estimators_samples_ is not kept"):
        again.estimators_samples_  # noqa: B018


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(with_mean=False, with_std=False),
        StandardScaler(with_std=False),
        StandardScaler(),
        MinMaxScaler(feature_range=(-2.5, 3), clip=True),
    ],
    ids=repr,
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_scalers_come_back(scaler, dtype, tmp_path) -> None:
    rows = X.astype(dtype)
    rows[3, 1] = np.nan
    again = loaded_again(scaler.fit(rows), tmp_path, rows)
    for one in (again, scaler):
        one.partial_fit(2 * rows)
    assert same(again.transform(rows), scaler.transform(rows))


def test_scalers_keep_what_set_output_chose(tmp_path) -> None:
    scaler = StandardScaler().set_output(transform="pandas").fit(FRAME)
    again = treering.load(scaler.save(tmp_path / "scaler.treering"))
    pd.testing.assert_frame_equal(again.transform(FRAME), scaler.transform(FRAME))


# ---- what is not saved


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(), DecisionTreeRegressor(), MinMaxScaler()]
)
def test_an_unfitted_model_is_refused(model, tmp_path) -> None:
    with pytest.raises(NotFittedError, match="not fitted yet"):
        model.save(tmp_path / "model.treering")
    assert list(tmp_path.iterdir()) == []


class MyForest(RandomForestClassifier):
    """A class that only its author has."""


def test_a_class_of_the_users_own_is_refused(tmp_path) -> None:
    with pytest.raises(TypeError, match=r"MyForest is no class of treering's.*joblib"):
        MyForest(2).fit(X, Y).save(tmp_path / "model.treering")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"random_state": np.random.RandomState(0)}, r"random_state.*set_params\(random_state"),
        ({"oob_score": f1_score}, r"oob_score is <function f1_score.*set_params\(oob_score"),
        ({"class_weight": {0: 1, 1: pd.Timestamp("2020-01-01")}}, "class_weight"),
        ({"class_weight": {0: 1, frozenset(): 2}}, "class_weight holds something of type frozens"),
        ({"monotonic_cst": [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}, "monotonic_cst.*deep in one"),
        ({"class_weight": {2**64: 1.0}}, "class_weight has a key beyond 64 bits"),
        (
            {"monotonic_cst": [np.zeros(2, "c16")]},
            "monotonic_cst holds something of type numpy <c16",
        ),
        ({"class_weight": {(0, 1): 2}}, "class_weight holds something of type tuple"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_parameters_that_are_no_data_are_refused(params, message, tmp_path) -> None:
    model = RandomForestClassifier(2, random_state=0).fit(X, Y).set_params(**params)
    with pytest.raises(TypeError, match=message):
        model.save(tmp_path / "model.treering")
    assert list(tmp_path.iterdir()) == []


def test_labels_that_are_no_data_are_refused(tmp_path) -> None:
    model = DecisionTreeClassifier().fit(X, Y)
    model.classes_ = np.array([0, 1, object()], dtype=object)
    with pytest.raises(TypeError, match="the classes of y holds something of type object"):
        model.save(tmp_path / "model.treering")


def test_parameters_out_of_range_are_refused_before_they_are_written(tmp_path) -> None:
    model = DecisionTreeClassifier().fit(X, Y).set_params(max_depth=-1)
    with pytest.raises(ValueError, match="max_depth"):
        model.save(tmp_path / "model.treering")
    scaler = StandardScaler(with_mean=False, with_std=False).fit(X).set_params(with_std=True)
    with pytest.raises(ValueError, match="its scale is not one that a fit sets"):
        scaler.save(tmp_path / "model.treering")
    assert list(tmp_path.iterdir()) == []


def test_foreign_attributes_are_told_of(tmp_path) -> None:
    model = ExtraTreesRegressor(2, random_state=0).fit(X, Y)
    model.note = "of March"
    with pytest.warns(
        UserWarning, match="does not keep 'note', which no fit of a ExtraTrees"
    ) as seen:
        path = model.save(tmp_path / "model.treering")
    assert seen[0].filename == __file__
    assert not hasattr(treering.load(path), "note")
