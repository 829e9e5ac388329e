"""Files of composites that were made by hand: refused, or harmless."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline

import treering
from treering._core import persistence as core
from treering.persistence._composites import MOST_NESTED
from treering.preprocessing import (
    FormulaFeatures,
    MinMaxScaler,
    OneHotEncoder,
    SimpleImputer,
    StandardScaler,
)
from treering.tree import DecisionTreeRegressor

rng = np.random.default_rng(3)
NUMBERS = rng.normal(size=80)
ROWS = pd.DataFrame(
    {
        "age": np.where(rng.random(80) < 0.1, np.nan, rng.normal(size=80)),
        "income": rng.random(80),
        "town": rng.choice(["Bonn", "Köln", "Ulm"], 80),
        "level": rng.choice(["low", "high"], 80),
    }
)
INCOME = ROWS[["income"]]
TREE = DecisionTreeRegressor(max_depth=4, random_state=0)


def refused(folder: Any, class_name: str, parameters: Any, attributes: Any = None, **more: Any):
    options = {"columns": 1, "names": None, "outputs": None, "predictor": None} | more
    data = core.write_model(
        class_name=class_name, parameters=parameters, attributes=attributes or {}, **options
    )
    path = folder / "made.treering"
    path.write_bytes(data)
    with pytest.raises(treering.ModelFileError) as caught:
        treering.load(path)
    return str(caught.value)


def part_of(model: Any, folder: Any) -> bytes:
    return treering.save(model, folder / "part.treering").read_bytes()


def test_files_that_name_other_things_are_refused(tmp_path) -> None:
    scaler = part_of(StandardScaler().fit(INCOME), tmp_path)
    pipeline = "sklearn.pipeline.Pipeline"
    for name in ("os.system", "sklearn.svm.SVC", "sklearn.pipeline.make_pipeline", "Pipeline"):
        assert "upgrade" in refused(tmp_path, name, {"steps": [("a", scaler)]})
    for steps in (
        None,
        [],
        "steps",
        [scaler],
        [("a", b"bytes")],
        [("a", "cache")],
        [("a", 3)],
        [(1, scaler)],
        [("a", scaler), ("a", scaler)],
        [("a", scaler, "b")],
        ("a", scaler),
        {"a": scaler},
    ):
        assert "cannot be loaded" in refused(tmp_path, pipeline, {"steps": steps})
    assert "memory" in refused(tmp_path, pipeline, {"steps": [("a", scaler)], "memory": "cache"})
    assert "'cache'" in refused(tmp_path, pipeline, {"steps": [("a", scaler)], "cache": 1})
    assert "attributes" in refused(tmp_path, pipeline, {"steps": [("a", scaler)]}, {"x": 1})
    made = {"func": "numpy.fromfile"}
    text = refused(tmp_path, "sklearn.preprocessing.FunctionTransformer", made)
    assert "function" in text
    text = refused(tmp_path, "sklearn.preprocessing.FunctionTransformer", {"func": "os.system"})
    assert "function" in text


def test_files_choose_no_processes_and_no_words_of_others(tmp_path) -> None:
    scaler = part_of(StandardScaler().fit(INCOME), tmp_path)
    union = {"transformer_list": [("a", scaler)], "n_jobs": 20_000}
    assert "n_jobs" in refused(tmp_path, "sklearn.pipeline.FeatureUnion", union)
    parts = {"steps": [("a", scaler), ("b", "drop")]}
    assert "parts" in refused(tmp_path, "sklearn.pipeline.Pipeline", parts)
    parts = {"transformer_list": [("a", None)]}
    assert "parts" in refused(tmp_path, "sklearn.pipeline.FeatureUnion", parts)
    function = "sklearn.preprocessing.FunctionTransformer"
    for name, argument, value in (
        ("numpy.abs", "where", np.ones((1000, 1, 1), dtype=bool)),
        ("numpy.log1p", "where", False),  # would answer with memory as it was found
        ("numpy.nan_to_num", "copy", False),  # would write into the caller's rows
        ("numpy.nan_to_num", "nan", np.zeros((1000, 1, 1))),
        (None, "nan", 0.0),
    ):
        for names in (("func", "kw_args"), ("inverse_func", "inv_kw_args")):
            made = dict(zip(names, (name, {argument: value}), strict=True))
            assert names[1] in refused(tmp_path, function, made)
    assert "kw_args" in refused(tmp_path, function, {"func": "numpy.abs", "kw_args": [1]})
    deep = {"formulas": {"a": "~" * 900 + "x0"}}
    assert "no arithmetic" in refused(tmp_path, "preprocessing.FormulaFeatures", deep)


def test_files_state_no_columns_that_nothing_confirms(tmp_path) -> None:
    columns = ColumnTransformer([("scaled", MinMaxScaler(), [0])]).fit(NUMBERS[:, None])
    _, _, _, _, _, *fields, _ = core.read_model(part_of(columns, tmp_path))
    for class_name, *content in (
        ("preprocessing.FormulaFeatures", {}, {}),
        ("sklearn.preprocessing.FunctionTransformer", {"func": "numpy.log1p"}, {}),
        ("sklearn.compose.ColumnTransformer", *fields),
    ):
        text = refused(tmp_path, class_name, *content, columns=2**31 - 1)
        assert "2147483647 columns without names, more than 1048576" in text
    formulas = FormulaFeatures().fit(NUMBERS[:, None])
    formulas.n_features_in_ = 2**21
    with pytest.raises(ValueError, match="2097152 columns without names"):
        treering.save(formulas, tmp_path / "formulas.treering")


def test_files_of_composites_hold_no_classes_and_no_trees(tmp_path) -> None:
    steps = {"steps": [("a", part_of(StandardScaler().fit(INCOME), tmp_path))]}
    tree = DecisionTreeRegressor(max_depth=1).fit(INCOME, NUMBERS).tree_
    pipeline = "sklearn.pipeline.Pipeline"
    assert "predictor" in refused(tmp_path, pipeline, steps, outputs=1, predictor=tree)
    assert "predictor" in refused(tmp_path, pipeline, steps, outputs=[np.arange(2)])


@pytest.mark.parametrize(
    "changes",
    [
        {"categories_": [np.array([f"c{place}" for place in range(1000)], object)]},
        {"_n_features_outs": [2**33]},
    ],
)
def test_encoders_count_their_columns_themselves(changes, tmp_path) -> None:
    encoder = OneHotEncoder(sparse_output=False).fit(ROWS[["town"]])
    *_, columns, names, _, parameters, attributes, _ = core.read_model(part_of(encoder, tmp_path))
    data = core.write_model(
        class_name="preprocessing.OneHotEncoder",
        columns=columns,
        names=names,
        outputs=None,
        parameters=parameters,
        attributes=attributes | changes,
        predictor=None,
    )
    (tmp_path / "made.treering").write_bytes(data)
    again = treering.load(tmp_path / "made.treering")
    known = again.categories_[0]
    rows = pd.DataFrame({"town": known[-2:]})
    assert again.transform(rows).shape == (2, len(known))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_infrequent_indices", [np.array([7])]),
        ("_infrequent_indices", [np.array([0, 0])]),
        ("_infrequent_indices", [None]),
        ("_default_to_infrequent_mappings", [np.array([0, 1, 9])]),
        ("_default_to_infrequent_mappings", [np.array([0, 1])]),
        ("_default_to_infrequent_mappings", [np.array([0.0, 1.0, 0.0])]),
        ("_drop_idx_after_grouping", np.array([5])),
        ("drop_idx_", np.array([-1])),
        ("drop_idx_", np.array(["a"])),
    ],
)
def test_places_beyond_the_categories_are_refused(name, value, tmp_path) -> None:
    encoder = OneHotEncoder(max_categories=2, drop="first").fit(ROWS[["town"]])
    *_, columns, names, _, parameters, attributes, _ = core.read_model(part_of(encoder, tmp_path))
    assert attributes["_infrequent_enabled"]
    made = {"columns": columns, "names": names}
    given = attributes | {name: value}
    refused(tmp_path, "preprocessing.OneHotEncoder", parameters, given, **made)


def test_parts_that_are_not_fitted_are_refused(tmp_path) -> None:
    bare = StandardScaler()._file_content(fitted=False)
    assert "columns" in refused(tmp_path, "preprocessing.StandardScaler", {}, columns=0)
    assert "columns" in refused(tmp_path, "sklearn.pipeline.Pipeline", {"steps": [("a", bare)]})
    votes = {"estimators": [("a", bare)]}
    assert "estimators_" in refused(tmp_path, "sklearn.ensemble.VotingRegressor", votes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("places", {"numbers": [7], "towns": [2]}),
        ("places", {"numbers": [-1], "towns": [2]}),
        ("places", {"numbers": [True], "towns": [2]}),
        ("places", [0, 1]),
        ("places", {}),
        ("transformers_", []),
        ("transformers_", [("numbers", "drop", {"a": 1})]),
        ("output_indices_", {"numbers": (0,)}),
        ("output_indices_", [(0, 1)]),
        ("sparse_output_", 1),
        ("sparse_output_", None),
        ("names_out", 3),
        ("unknown", 3),
        ("_sklearn_output_config", {"transform": "os"}),
    ],
)
def test_altered_column_transformers_are_refused_or_do_no_harm(name, value, tmp_path) -> None:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    model = ColumnTransformer(
        [("numbers", numbers, ["age", "income"]), ("towns", OneHotEncoder(), ["town"])]
    ).fit(ROWS)
    *_, columns, names, _, parameters, attributes, _ = core.read_model(part_of(model, tmp_path))
    attributes[name] = value
    data = core.write_model(
        class_name="sklearn.compose.ColumnTransformer",
        columns=columns,
        names=names,
        outputs=None,
        parameters=parameters,
        attributes=attributes,
        predictor=None,
    )
    path = tmp_path / "made.treering"
    path.write_bytes(data)
    if name == "transformers_" and value == []:
        assert treering.load(path).transform(ROWS).shape == (80, 0)
        return
    with pytest.raises(treering.ModelFileError, match="does not hold together"):
        treering.load(path)


def test_parts_cannot_be_nested_without_end(tmp_path) -> None:
    model: Any = StandardScaler()
    for _ in range(MOST_NESTED):
        model = make_pipeline(model)
    data = part_of(model.fit(INCOME), tmp_path)
    assert treering.load(tmp_path / "part.treering").transform(INCOME).shape == (80, 1)
    for _ in range(2):
        model = make_pipeline(model)
        with pytest.raises(TypeError, match=f"more than {MOST_NESTED} deep"):
            treering.save(model, tmp_path / "deep.treering")
    for _ in range(2):
        text = refused(tmp_path, "sklearn.pipeline.Pipeline", {"steps": [("a", data)]})
        data = (tmp_path / "made.treering").read_bytes()
    assert f"more than {MOST_NESTED} deep" in text
