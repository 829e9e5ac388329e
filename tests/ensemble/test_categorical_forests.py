"""Forests on categorical columns: out of bag, in folds, grown on, tree by tree, and in files."""

import pickle
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score as sklearn_cross_val_score

import treering
from categorical_data import (
    CITY,
    CONTAINERS,
    FORESTS,
    FRAME,
    KINDS,
    NUMBERS,
    TREES,
    answers,
    by_hand,
    content,
    labels,
    model,
)
from damage import resealed, with_parts
from treering import ModelFileError
from treering._core import persistence
from treering.ensemble import RandomForestClassifier, RandomForestRegressor
from treering.model_selection import cross_val_score
from treering.tree import DecisionTreeRegressor


@pytest.mark.parametrize("kind", FORESTS)
@pytest.mark.parametrize("given", ["pandas labels", "polars", "objects"])
def test_out_of_bag_scores_are_those_of_columns_recoded_by_hand(kind, given) -> None:
    options = {"n_estimators": 40, "bootstrap": True, "oob_score": True}
    X = CONTAINERS[given](FRAME)
    fitted = model(kind, **options).fit(X, labels(kind))
    rows = by_hand(fitted.categories_, FRAME)
    plain = model(kind, **options, categorical_features=None).fit(rows, labels(kind))
    assert fitted.oob_score_ == plain.oob_score_ > 0.7
    name = "oob_prediction_" if hasattr(plain, "oob_prediction_") else "oob_decision_function_"
    np.testing.assert_array_equal(getattr(fitted, name), getattr(plain, name))


def test_one_column_of_a_table_is_scored_out_of_bag() -> None:
    """Whose array is the table's own memory, where positions cannot be written."""
    for table in (pd.DataFrame({"city": CITY}), CONTAINERS["polars"](FRAME).select("city")):
        forest = RandomForestRegressor(
            40, categorical_features=["city"], oob_score=True, random_state=0
        ).fit(table, NUMBERS)
        assert forest.oob_score_ > 0.7


def test_weights_of_classes_work_with_categories() -> None:
    for weight in ("balanced", "balanced_subsample"):
        forest = model(RandomForestClassifier, class_weight=weight).fit(FRAME, labels(FORESTS[0]))
        rows = by_hand(forest.categories_, FRAME)
        plain = model(RandomForestClassifier, class_weight=weight, categorical_features=None)
        assert content(forest) == content(plain.fit(rows, labels(FORESTS[0])))


@pytest.mark.parametrize("kind", KINDS)
def test_folds_do_not_see_the_labels_of_others(kind) -> None:
    scores = cross_val_score(model(kind), FRAME, labels(kind), cv=4)
    expected = sklearn_cross_val_score(model(kind), FRAME, labels(kind), cv=4)
    np.testing.assert_array_equal(scores, expected)


def test_noise_in_many_categories_scores_no_better_than_chance() -> None:
    """An order by all labels would tell each fold the labels that it is scored on."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 150, (300, 1)), rng.integers(0, 2, 300)
    scores = cross_val_score(RandomForestClassifier(20, categorical_features=[0]), X, y)
    assert scores.mean() < 0.6


@pytest.mark.parametrize("kind", FORESTS)
def test_trees_of_a_forest_take_the_same_rows(kind) -> None:
    forest = model(kind).fit(FRAME, labels(kind))
    rows = FRAME.astype(object).to_numpy()
    for at, tree in enumerate(forest):
        assert tree.categories_ is forest.categories_
        assert tree.is_categorical_.tolist() == [False, True, True]
        np.testing.assert_array_equal(tree.apply(rows), forest.apply(FRAME)[:, at])
    mean = np.mean([answers(tree, rows) for tree in forest], axis=0)
    np.testing.assert_allclose(answers(forest, FRAME), mean, rtol=1e-12)


# ---- growing on


@pytest.mark.parametrize("kind", FORESTS)
def test_growing_on_keeps_the_order_of_the_first_fit(kind) -> None:
    whole = model(kind, n_estimators=9).fit(FRAME, labels(kind))
    parts = model(kind, n_estimators=4, warm_start=True).fit(FRAME, labels(kind))
    loaded = pickle.loads(pickle.dumps(parts))
    for forest in (parts, loaded):
        order = [*forest.categories_]
        forest.set_params(n_estimators=9).fit(FRAME, labels(kind))
        assert content(forest) == content(whole)
        assert all(mine is theirs for mine, theirs in zip(forest.categories_, order, strict=True))


def test_growing_on_takes_other_categories_for_missing() -> None:
    known = np.flatnonzero(CITY != "Ulm")
    forest = model(RandomForestRegressor, n_estimators=3, warm_start=True)
    forest.fit(FRAME.iloc[known], NUMBERS[known])
    rows = by_hand(forest.categories_, FRAME)
    plain = model(
        RandomForestRegressor, n_estimators=3, warm_start=True, categorical_features=None
    ).fit(rows[known], NUMBERS[known])
    # Other labels would give another order, which the trees that are there do not know.
    for one, X in ((forest, FRAME), (plain, rows)):
        one.set_params(n_estimators=6).fit(X, -NUMBERS)
    assert content(forest) == content(plain)
    assert "Ulm" not in forest.categories_[1]


def test_growing_on_needs_the_same_columns() -> None:
    forest = model(RandomForestRegressor, n_estimators=2, warm_start=True).fit(FRAME, NUMBERS)
    before = forest.predict(FRAME)
    for given, text in (([1], r"\[1, 2\]; got \[1\]"), (None, r"\[1, 2\]; got \[\]")):
        forest.set_params(n_estimators=4, categorical_features=given)
        with pytest.raises(ValueError, match="needs the categorical columns of the first.*" + text):
            forest.fit(FRAME, NUMBERS)
        np.testing.assert_array_equal(forest.predict(FRAME), before)
    plain = model(RandomForestRegressor, warm_start=True, categorical_features=None)
    plain.fit(FRAME[["size"]], NUMBERS).set_params(categorical_features=[0])
    with pytest.raises(ValueError, match=r"first fit, \[\]; got \[0\]"):
        plain.fit(FRAME[["size"]], NUMBERS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", ["reading", "growing"])
def test_a_fit_that_fails_leaves_the_model_as_it_was(kind, at) -> None:
    fitted = model(kind).fit(FRAME, labels(kind))
    before = answers(fitted, FRAME)
    other = FRAME.iloc[::-1].assign(city="elsewhere")
    if at == "reading":
        other = other.assign(size=np.inf)
    else:
        fitted.set_params(monotonic_cst=[0, 1, 0])
    with pytest.raises((TypeError, ValueError)):
        fitted.fit(other, labels(kind))
    np.testing.assert_array_equal(answers(fitted, FRAME), before)
    fresh = model(kind)
    with pytest.raises((TypeError, ValueError)):
        fresh.fit(FRAME.assign(size=np.inf), labels(kind))
    assert not hasattr(fresh, "n_features_in_")


# ---- files


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("given", ["pandas category", "objects"])
def test_files_keep_the_categories(kind, given, tmp_path) -> None:
    X = CONTAINERS[given](FRAME)
    fitted = model(kind).fit(X, labels(kind))
    path = fitted.save(tmp_path / "model.treering")
    again = treering.load(path)
    np.testing.assert_array_equal(answers(again, X), answers(fitted, X))
    np.testing.assert_array_equal(again.is_categorical_, fitted.is_categorical_)
    for mine, theirs in zip(again.categories_, fitted.categories_, strict=True):
        np.testing.assert_array_equal(mine, theirs, strict=True)
    assert again.get_params() == fitted.get_params()
    assert again.save(tmp_path / "again.treering").read_bytes() == path.read_bytes()
    assert vars(again).keys() == vars(pickle.loads(pickle.dumps(fitted))).keys()


@pytest.mark.parametrize("given", [["city"], np.array([True]), "from_dtype"])
def test_files_keep_every_way_to_name_columns(given, tmp_path) -> None:
    table = pd.DataFrame({"city": CITY}).astype({"city": "category"})
    tree = DecisionTreeRegressor(categorical_features=given).fit(table, NUMBERS)
    again = treering.load(tree.save(tmp_path / "model.treering"))
    assert repr(again.get_params()) == repr(tree.get_params())
    np.testing.assert_array_equal(again.predict(table), tree.predict(table))


def test_files_keep_any_text(tmp_path) -> None:
    odd = CITY[:, None].copy()
    odd[CITY == "Bonn"] = "half\ud800"
    odd[CITY == "Ulm"] = "a\0"
    tree = DecisionTreeRegressor(categorical_features=[0]).fit(odd, NUMBERS)
    again = treering.load(tree.save(tmp_path / "model.treering"))
    assert {"half\ud800", "a\0"} < set(again.categories_[0])
    assert again.categories_[0].tolist() == tree.categories_[0].tolist()
    np.testing.assert_array_equal(again.predict(odd), tree.predict(odd))


def test_a_tree_of_a_forest_keeps_them_in_its_file(tmp_path) -> None:
    tree = model(RandomForestRegressor).fit(FRAME, NUMBERS).estimators_[0]
    again = treering.load(tree.save(tmp_path / "model.treering"))
    rows = FRAME.astype(object).to_numpy()
    np.testing.assert_array_equal(again.predict(rows), tree.predict(rows))


TEXTS = np.array(["b", "a"], dtype=object)


@pytest.mark.parametrize("kind", [DecisionTreeRegressor, RandomForestRegressor])
@pytest.mark.parametrize(
    "categories",
    [
        None,
        3,
        {},
        [None, None, None],
        [None, TEXTS],
        (None, TEXTS, None),
        [None, ["a", "b"], None],
        [None, np.array(["a", "a"], dtype=object), None],
        [None, np.array(["a", 1.0], dtype=object), None],
        [None, np.array(["a", None], dtype=object), None],
        [None, np.array([], dtype=object), None],
        [None, np.array(["a", "b"]), None],
        [None, np.array([["a"]], dtype=object), None],
        [None, np.array([1.0, 1.0]), None],
        [None, np.array([0.0, -0.0]), None],
        [None, np.array([1.0, np.nan]), None],
        [None, np.array([2.0**53]), None],
        [None, np.array([1, 2]), None],
        [None, np.array([1.0], dtype=np.float32), None],
        [None, np.array(1.0), None],
    ],
    ids=repr,
)
def test_categories_that_no_fit_sets_are_refused(kind, categories, tmp_path) -> None:
    path = model(kind).fit(FRAME, NUMBERS).save(tmp_path / "model.treering")
    data = path.read_bytes()
    path.write_bytes(with_parts(data, attributes={"_categories": categories}))
    with pytest.raises(ModelFileError, match="categories is not one that a fit sets"):
        treering.load(path)
    other = [None, TEXTS, np.array([2.0, 0.0])]
    path.write_bytes(with_parts(data, attributes={"_categories": other}))
    assert treering.load(path).categories_[1].tolist() == ["b", "a"]
    path.write_bytes(with_parts(data, attributes={"_positions": [None, {}, None]}))
    with pytest.raises(ModelFileError, match="has the attributes '_positions'"):
        treering.load(path)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("kind", TREES)
def test_altered_files_load_or_are_refused(kind, tmp_path, effort) -> None:
    fitted = model(kind, max_depth=2).fit(FRAME, labels(kind))
    data = fitted.save(tmp_path / "model.treering").read_bytes()
    path = tmp_path / "altered.treering"
    start = data.index(b"_categories")
    rows = FRAME.astype(object).to_numpy()
    loaded = refused = 0
    for place in range(start, start + 150, effort(2, 1)):
        for byte in (0, 1, 0x7F, 0xFF):
            altered = bytearray(data)
            altered[place] = byte
            path.write_bytes(resealed(bytes(altered)))
            try:
                again = treering.load(path)
            except ModelFileError:
                refused += 1
                continue
            loaded += 1
            with suppress(ValueError):  # text where numbers were, and the other way round
                again.predict(rows)
    assert loaded
    assert refused


def test_files_without_categories_hold_nothing_of_them(tmp_path) -> None:
    plain = model(DecisionTreeRegressor, categorical_features=None).fit(FRAME[["size"]], NUMBERS)
    data = plain.save(tmp_path / "model.treering").read_bytes()
    *_, attributes, _ = persistence.read_model(data)
    assert attributes.keys() == {"max_features_"}
