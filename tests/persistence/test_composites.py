"""Pipelines and what else scikit-learn composes: saved whole, as data, or refused by name."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, PowerTransformer
from sklearn.preprocessing import StandardScaler as TheirScaler
from sklearn.tree import DecisionTreeRegressor as TheirTree

import treering
from treering._core import persistence as core
from treering.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor
from treering.model_selection import GridSearchCV
from treering.persistence._composites import MOST_NESTED
from treering.preprocessing import (
    FormulaFeatures,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    SimpleImputer,
    StandardScaler,
)
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor

rng = np.random.default_rng(3)
ROWS = pd.DataFrame(
    {
        "age": np.where(rng.random(80) < 0.1, np.nan, rng.normal(size=80)),
        "income": rng.random(80),
        "town": rng.choice(["Bonn", "Köln", "Ulm"], 80),
        "level": rng.choice(["low", "high"], 80),
    }
)
NUMBERS = rng.normal(size=80)
TEXTS = np.where(NUMBERS > 0, "yes", "no")
NUMERIC = make_column_selector(dtype_include=np.number)

FOREST = RandomForestRegressor(3, random_state=0)
TREE = DecisionTreeRegressor(max_depth=4, random_state=0)


def prepared(columns: Any = NUMERIC, **options: Any) -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return ColumnTransformer(
        [("numbers", numbers, columns), ("towns", OneHotEncoder(), ["town"])], **options
    )


def loaded_again(model: Any, folder: Any, rows: Any = ROWS) -> Any:
    """Save, load and compare what comes out, to the bit, and the file of what was loaded."""
    path = treering.save(model, folder / "model.treering")
    again = treering.load(path)
    for method in ("predict", "predict_proba", "transform"):
        if hasattr(model, method):
            mine, theirs = getattr(again, method)(rows), getattr(model, method)(rows)
            assert type(mine) is type(theirs)
            mine, theirs = (x.toarray() if hasattr(x, "toarray") else x for x in (mine, theirs))
            np.testing.assert_array_equal(mine, theirs)
    first = [steps[0] if isinstance(steps, Pipeline) else steps for steps in (again, model)]
    if not isinstance(first[0], VotingClassifier):
        mine, theirs = (each.get_feature_names_out() for each in first)
        assert mine.tolist() == theirs.tolist()
    assert treering.save(again, folder / "again.treering").read_bytes() == path.read_bytes()
    return again


MODELS = {
    "selector": make_pipeline(prepared(), FOREST),
    "names": make_pipeline(prepared(["age", "income"]), FOREST),
    "places": make_pipeline(prepared([0, 1]), FOREST),
    "places_array": make_pipeline(prepared(np.array([0, 1])), FOREST),
    "index": make_pipeline(prepared(ROWS.columns[:2]), FOREST),
    "mask": make_pipeline(prepared([True, True, False, False]), FOREST),
    "slice": make_pipeline(prepared(slice(0, 2)), FOREST),
    "names_slice": make_pipeline(prepared(slice("age", "income")), FOREST),
    "tuple": make_pipeline(prepared(("age", "income")), FOREST),
    "open_slice": make_pipeline(prepared(slice(None, "income")), FOREST),
    "remainder": make_pipeline(prepared(remainder=OrdinalEncoder()), TREE),
    "passthrough": make_pipeline(prepared(remainder="drop"), "passthrough", None, TREE),
    "weights": make_pipeline(prepared(transformer_weights={"towns": 0.5}), TREE),
    "short_names": make_pipeline(prepared(verbose_feature_names_out=False), TREE),
    "pattern_names": make_pipeline(
        prepared(verbose_feature_names_out="{feature_name}@{transformer_name}"), TREE
    ),
    "frames": make_pipeline(
        prepared(transformer_weights=None), FormulaFeatures({"both": "x0 + x1"}), TREE
    ),
    "no_columns": make_pipeline(
        ColumnTransformer(
            [("none", StandardScaler(), []), ("one", MinMaxScaler(), ["income"])],
            remainder="drop",
        ),
        TREE,
    ),
    "one_column": ColumnTransformer(
        [("scaled", MinMaxScaler(), ["income"]), ("kept", "passthrough", ["town"])]
    ),
    "union": make_pipeline(
        make_column_transformer(
            (
                FeatureUnion(
                    [
                        ("one", StandardScaler()),
                        ("same", "passthrough"),
                        ("none", "drop"),
                        (
                            "roots",
                            FunctionTransformer(np.sqrt, np.square, feature_names_out="one-to-one"),
                        ),
                    ],
                    transformer_weights={"one": 2.0},
                ),
                ["income"],
            )
        ),
        FOREST,
    ),
    "voting": make_pipeline(
        prepared(),
        VotingRegressor([("forest", FOREST), ("none", "drop"), ("tree", TREE)], weights=[2, 5, 1]),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_come_back_whole(name, tmp_path) -> None:
    model = MODELS[name].fit(ROWS, NUMBERS)
    again = loaded_again(model, tmp_path)
    again.fit(ROWS, NUMBERS)  # parameters came back, too
    loaded_again(again, tmp_path)
    assert pickle.loads(pickle.dumps(again)).get_params().keys() == model.get_params().keys()


@pytest.mark.parametrize("voting", ["soft", "hard"])
def test_votes_come_back(voting, tmp_path) -> None:
    numbers = make_pipeline(SimpleImputer(), DecisionTreeClassifier(max_depth=2))
    votes = VotingClassifier(
        [("trees", ExtraTreesClassifier(3)), ("tree", numbers)],
        voting=voting,
        flatten_transform=False,
    ).fit(ROWS[["age", "income"]], TEXTS)
    again = loaded_again(votes, tmp_path, ROWS[["age", "income"]])
    assert again.classes_.tolist() == ["no", "yes"]
    assert [*again.named_estimators_] == ["trees", "tree"]


def test_set_output_is_kept(tmp_path) -> None:
    model = prepared(["age", "income"]).set_output(transform="pandas")
    model.set_params(towns__sparse_output=False).fit(ROWS)
    again = loaded_again(model, tmp_path)
    assert again.transform(ROWS).equals(model.transform(ROWS))
    union = make_union(StandardScaler(), MinMaxScaler()).set_output(transform="pandas")
    union.fit(ROWS[["income"]])
    again = treering.load(treering.save(union, tmp_path / "union.treering"))
    assert again.transform(ROWS[["income"]]).equals(union.transform(ROWS[["income"]]))


def test_parts_keep_their_containers_for_another_fit(tmp_path) -> None:
    model = prepared(remainder="passthrough").set_params(towns__sparse_output=False)
    model.set_output(transform="pandas").fit(ROWS)
    again = treering.load(treering.save(model, tmp_path / "model.treering")).fit(ROWS)
    assert again.transform(ROWS).dtypes.tolist() == model.transform(ROWS).dtypes.tolist()


def test_rows_without_names_do(tmp_path) -> None:
    rows = ROWS[["age", "income"]].to_numpy()
    model = make_pipeline(
        make_column_transformer((SimpleImputer(), [0]), remainder="passthrough"), FOREST
    ).fit(rows, NUMBERS)
    again = loaded_again(model, tmp_path, rows)
    assert again.n_features_in_ == 2
    assert not hasattr(again, "feature_names_in_")


def test_columns_are_checked_after_loading_as_before(tmp_path) -> None:
    model = treering.load(
        treering.save(make_pipeline(prepared(), FOREST).fit(ROWS, NUMBERS), tmp_path / "m")
    )
    assert model.feature_names_in_.tolist() == list(ROWS.columns)
    with pytest.raises(ValueError, match=r"columns are missing: \{'town'\}"):
        model.predict(ROWS.drop(columns="town"))
    # Columns that come in another order are found by their names.
    other = ROWS[["level", "town", "income", "age"]]
    np.testing.assert_array_equal(model.predict(other), model.predict(ROWS))


def test_a_pipeline_leaves_its_folder_of_pickles_behind(tmp_path) -> None:
    model = make_pipeline(SimpleImputer(), FOREST, memory=str(tmp_path / "cache"))
    model.fit(ROWS[["age", "income"]], NUMBERS)
    again = treering.load(treering.save(model, tmp_path / "model.treering"))
    assert again.memory is None


class Adder(TransformerMixin, BaseEstimator):
    """A transformer of a user's own."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X


class Forest(RandomForestRegressor):
    """A class of a user's own, whose parent is treering's."""


INCOME = ROWS[["income"]]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (make_pipeline(Adder(), FOREST), r"step 'adder' is a .*Adder.*FormulaFeatures.*joblib"),
        (make_pipeline(TheirScaler(), FOREST), "treering.preprocessing.StandardScaler takes the"),
        (
            make_pipeline(StandardScaler(), TheirTree()),
            "treering.tree.DecisionTreeRegressor takes the same",
        ),
        (
            make_pipeline(FunctionTransformer(np.abs, kw_args={"dtype": np.dtype(float)}), FOREST),
            "argument dtype of a FunctionTransformer's function must be a plain value",
        ),
        (make_pipeline(PowerTransformer(), FOREST), "'powertransformer' is a .*PowerTransformer"),
        (make_pipeline(StandardScaler(), Forest(3)), "step 'forest' is a .*Forest, which"),
        (
            make_pipeline(FunctionTransformer(lambda rows: rows), FOREST),
            "function <lambda> of a FunctionTransformer is code.*log1p",
        ),
        (
            make_pipeline(FunctionTransformer(np.linalg.norm), FOREST),
            "function norm of a FunctionTransformer is code",
        ),
        (
            make_column_transformer((make_pipeline(make_union(Adder())), ["income"])),
            "transformer 'adder' is",
        ),
        (
            make_column_transformer((MinMaxScaler(), []), remainder=Adder()),
            "the remainder is a .*Adder",
        ),
        (VotingRegressor([("own", Forest(3))]), "estimator 'own' is a"),
        (GridSearchCV(FOREST, {"max_depth": [1, 2]}), "a search, .*: save its best_estimator_"),
        (Adder(), "the model is a"),
    ],
    ids=range(13),
)
def test_what_is_code_is_refused_with_the_way_out(model, message, tmp_path) -> None:
    path = tmp_path / "model.treering"
    if isinstance(model, Pipeline) and message.startswith("function norm"):
        model[0].set_params(check_inverse=False).fit(INCOME)
        model[1].fit(INCOME, NUMBERS)
    else:
        model.fit(INCOME, NUMBERS)
    with pytest.raises(TypeError, match=message):
        treering.save(model, path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_fitted_model_is_refused(tmp_path) -> None:
    path = tmp_path / "model.treering"
    for model in (make_pipeline(StandardScaler(), FOREST), prepared(), RandomForestClassifier()):
        with pytest.raises(NotFittedError, match="not fitted"):
            treering.save(model, path)
    for thing in (None, 3, StandardScaler, "model"):
        with pytest.raises(TypeError, match="model must be a fitted estimator; got"):
            treering.save(thing, path)
    model = prepared().fit(ROWS)
    model.transformers = model.transformers[:1]
    with pytest.raises(ValueError, match=r"changed after it was fitted \('numbers', 'towns'\)"):
        treering.save(model, path)
    votes = VotingRegressor([("a", TREE), ("b", FOREST)]).fit(INCOME, NUMBERS)
    votes.set_params(a="drop")
    with pytest.raises(ValueError, match="estimators of the VotingRegressor were changed"):
        treering.save(votes, path)
    assert list(tmp_path.iterdir()) == []


# ---- files that were made by hand


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
    many = {"func": "numpy.abs", "kw_args": {"where": np.ones((1000, 1, 1), dtype=bool)}}
    text = refused(tmp_path, "sklearn.preprocessing.FunctionTransformer", many)
    assert "kw_args" in text
    deep = {"formulas": {"a": "~" * 900 + "x0"}}
    assert "no arithmetic" in refused(tmp_path, "preprocessing.FormulaFeatures", deep)


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
    model = prepared().fit(ROWS)
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
