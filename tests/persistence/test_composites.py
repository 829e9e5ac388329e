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
from sklearn.linear_model import Lars
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, PowerTransformer
from sklearn.preprocessing import StandardScaler as TheirScaler
from sklearn.tree import DecisionTreeRegressor as TheirTree

import treering
from treering.ensemble import ExtraTreesClassifier, RandomForestClassifier, RandomForestRegressor
from treering.model_selection import GridSearchCV
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
                            "filled",
                            FunctionTransformer(
                                np.nan_to_num,
                                kw_args={"nan": 0.5},
                                feature_names_out="one-to-one",
                            ),
                        ),
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
            "argument dtype of a FunctionTransformer's func cannot stand .*FormulaFeatures",
        ),
        (
            make_pipeline(
                FunctionTransformer(inverse_func=np.expm1, inv_kw_args={"where": True}), FOREST
            ),
            "argument where of a FunctionTransformer's inverse_func cannot",
        ),
        (
            make_pipeline(StandardScaler(), Lars()),
            "'lars' is a .*Lars, which .*Of models that predict, those of treering.tree",
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
    ids=range(15),
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
