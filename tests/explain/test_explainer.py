"""The explainer: models of either library, pipelines, what it refuses."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.ensemble as theirs
import sklearn.preprocessing as their_steps
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures

from treering import preprocessing as our_steps
from treering.ensemble import RandomForestClassifier, RandomForestRegressor
from treering.explain import Explanation, TreeExplainer, _explainer
from treering.tree import DecisionTreeClassifier, DecisionTreeRegressor


def people(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 80, rows).astype(float),
            "town": rng.choice(["Bonn", "Ulm", "Kiel"], rows),
            "income": rng.normal(3000, 500, rows),
        }
    )
    likes = ((frame["age"] > 50) & (frame["town"] == "Ulm")) | (frame["income"] > 3400)
    return frame, np.where(likes, "yes", "no")


def add_up(explanation, answers):
    sums = explanation.values.sum(axis=1) + explanation.base_values
    np.testing.assert_allclose(sums, answers, rtol=0, atol=1e-9)


# ---- pipelines


@pytest.mark.parametrize("steps", [our_steps, their_steps], ids=["ours", "theirs"])
def test_contributions_behind_encoders_are_those_of_the_raw_columns(steps):
    frame, likes = people()
    pipeline = make_pipeline(
        make_column_transformer(
            (steps.OneHotEncoder(), ["town"]), (steps.StandardScaler(), ["age", "income"])
        ),
        RandomForestClassifier(20, random_state=0),
    ).fit(frame, likes)
    explanation = TreeExplainer(pipeline)(frame)
    assert explanation.feature_names == ("age", "town", "income")
    assert explanation.output_names == ("no", "yes")
    add_up(explanation, pipeline.predict_proba(frame))
    # The columns of the encoder, by hand: three towns first, then age and income.
    seen = TreeExplainer(pipeline[-1]).shap_values(pipeline[:-1].transform(frame))
    by_hand = np.stack([seen[:, 3], seen[:, :3].sum(axis=1), seen[:, 4]], axis=1)
    np.testing.assert_allclose(explanation.values, by_hand, rtol=0, atol=1e-14)
    assert explanation.data[0, 1] == frame["town"][0]
    pairs = TreeExplainer(pipeline).shap_interaction_values(frame[:5])
    np.testing.assert_allclose(pairs.sum(axis=2), explanation.values[:5], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "made",
    [
        ColumnTransformer([("t", our_steps.OneHotEncoder(), [1])], remainder="passthrough"),
        ColumnTransformer(
            [("t", their_steps.OneHotEncoder(drop="first"), ["town"]), ("d", "drop", ["income"])],
            remainder=our_steps.SimpleImputer(),
        ),
        ColumnTransformer(
            [
                (
                    "n",
                    make_pipeline(our_steps.SimpleImputer(), our_steps.RobustScaler()),
                    slice(0, 1),
                ),
                ("t", their_steps.OrdinalEncoder(), [False, True, False]),
            ]
        ),
        ColumnTransformer([("t", our_steps.OrdinalEncoder(), slice("town", "town"))]),
    ],
    ids=["places", "dropped", "nested", "slice of names"],
)
def test_columns_are_traced_through_all_that_says_where_they_come_from(made):
    frame, likes = people()
    pipeline = make_pipeline(made, DecisionTreeClassifier(max_depth=4)).fit(frame, likes)
    explanation = TreeExplainer(pipeline)(frame)
    assert explanation.feature_names == ("age", "town", "income")
    add_up(explanation, pipeline.predict_proba(frame))


@pytest.mark.parametrize(
    ("step", "first"),
    [(PCA(2), "pca0"), (PolynomialFeatures(), "1"), (FunctionTransformer(np.abs), "x0")],
)
def test_columns_that_come_from_several_are_told_as_the_model_sees_them(step, first):
    frame, likes = people()
    numbers = frame[["age", "income"]].to_numpy()
    pipeline = make_pipeline(step, RandomForestClassifier(5, random_state=0)).fit(numbers, likes)
    explanation = TreeExplainer(pipeline)(numbers)
    assert explanation.feature_names[0] == first
    assert explanation.data.shape == explanation.values.shape[:2]
    add_up(explanation, pipeline.predict_proba(numbers))


def test_sparse_rows_behind_encoders_are_explained_beside_background_rows():
    frame, likes = people()
    pipeline = make_pipeline(
        make_column_transformer((their_steps.OneHotEncoder(), ["town"]), sparse_threshold=1.0),
        RandomForestClassifier(5, random_state=0),
    ).fit(frame, likes)
    explanation = TreeExplainer(pipeline, frame[:20])(frame)
    assert explanation.feature_names == ("age", "town", "income")
    add_up(explanation, pipeline.predict_proba(frame))


def test_rows_are_shown_by_the_names_of_their_columns():
    frame, likes = people()
    pipeline = make_pipeline(
        make_column_transformer((our_steps.StandardScaler(), ["age", "income"])),
        RandomForestClassifier(5, random_state=0),
    ).fit(frame, likes)
    usual = TreeExplainer(pipeline)(frame)
    others = frame.assign(size=1.0)[["size", "income", "town", "age"]]
    for given in (others, pl.from_pandas(others)):
        explanation = TreeExplainer(pipeline)(given)
        np.testing.assert_array_equal(explanation.values, usual.values)
        assert (explanation.data == usual.data).all()


def test_steps_that_mix_columns_are_not_traced():
    frame, likes = people()
    numbers = frame[["age", "income"]].assign(one=1.0)
    pipeline = make_pipeline(their_steps.Normalizer(), RandomForestClassifier(5, random_state=0))
    explanation = TreeExplainer(pipeline.fit(numbers, likes))(numbers)
    np.testing.assert_array_equal(explanation.data, pipeline[0].transform(numbers))


@pytest.mark.parametrize("first", ["passthrough", None, our_steps.StandardScaler()])
def test_pipelines_in_pipelines_are_unwrapped(first):
    frame, likes = people()
    numbers = frame[["age", "income"]]
    inner = Pipeline([("model", RandomForestClassifier(5, random_state=0))])
    pipeline = Pipeline([("first", first), ("inner", inner)]).fit(numbers, likes)
    explanation = TreeExplainer(pipeline)(numbers)
    assert explanation.feature_names == ("age", "income")
    add_up(explanation, pipeline.predict_proba(numbers))


# ---- models


def test_names_of_answers_are_whole():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 2))
    for labels in (
        [f"product category number {place} of the catalogue" for place in range(3)],
        [1000001.0, 1000002.0, 3.0],
    ):
        model = RandomForestClassifier(3, random_state=0).fit(X, np.repeat(labels, 30))
        explanation = TreeExplainer(model)(X)
        for place, label in enumerate(model.classes_.tolist()):
            found = explanation.output(label)
            np.testing.assert_array_equal(found.values, explanation.values[..., place])
        assert len(set(explanation.to_frame()["answer"])) == 3


def test_columns_may_be_called_as_the_frame_calls_its_own():
    frame, likes = people()
    named = frame[["age", "income"]].set_axis(["row", "answer"], axis=1)
    table = TreeExplainer(fitted(named, likes))(named).to_frame()
    assert list(table.columns) == ["row_", "answer_", "row", "answer"]


def test_amounts_that_cancel_are_no_change_of_the_model():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 4))
    y = rng.normal(size=64) * 1e12
    y[5] = 0.0
    explainer = TreeExplainer(DecisionTreeRegressor(random_state=0).fit(X, y))
    assert explainer.shap_values(X)[5].sum() == pytest.approx(-explainer.expected_value)


def test_an_explainer_travels():
    frame, likes = people()
    numbers = frame[["age", "income"]]
    model = fitted(numbers, likes)
    for explainer in (TreeExplainer(model), TreeExplainer(model, numbers[:9])):
        again = pickle.loads(pickle.dumps(explainer))
        np.testing.assert_array_equal(again.shap_values(numbers), explainer.shap_values(numbers))


def test_rows_in_parts_give_the_same(monkeypatch, capsys):
    frame, likes = people(rows=700)
    numbers = frame[["age", "income"]]
    explainer = TreeExplainer(fitted(numbers, likes))
    whole = explainer.shap_values(numbers), explainer.shap_interaction_values(numbers)
    monkeypatch.setattr(_explainer, "_STEPS_AT_A_TIME", 1)
    parts = explainer.shap_values(numbers), explainer.shap_interaction_values(numbers)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)
    assert "explaining" in capsys.readouterr().err


def test_models_of_a_search_are_explained():
    frame, likes = people()
    numbers = frame[["age", "income"]]
    search = GridSearchCV(RandomForestClassifier(5, random_state=0), {"max_depth": [2, 3]}, cv=2)
    search.fit(numbers, likes)
    explanation = TreeExplainer(search)(numbers)
    add_up(explanation, search.predict_proba(numbers))
    assert explanation.backend == "pandas"


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "gamma", "absolute_error"])
def test_boosted_trees_are_explained_before_their_link(loss):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4))
    X[rng.random(X.shape) < 0.1] = np.nan
    y = np.exp(np.nan_to_num(X[:, 0]) + np.nan_to_num(X[:, 1]) * (X[:, 2] > 0)) + 0.1
    model = theirs.HistGradientBoostingRegressor(loss=loss, max_iter=20).fit(X, y)
    explanation = TreeExplainer(model)(X)
    answers = model.predict(X)
    add_up(explanation, np.log(answers) if loss in {"poisson", "gamma"} else answers)


@pytest.mark.parametrize("classes", [2, 3])
def test_boosted_trees_with_categories_are_explained(classes):
    frame, _ = people(600)
    frame["town"] = frame["town"].astype("category")
    frame.loc[::17, "town"] = None
    likes = pd.qcut(frame["age"] + 30 * (frame["town"] == "Ulm"), classes, labels=False)
    model = theirs.HistGradientBoostingClassifier(
        categorical_features="from_dtype", max_iter=15, random_state=0
    ).fit(frame, likes)
    assert model.is_categorical_.tolist() == [False, True, False]
    explanation = TreeExplainer(model)(frame)
    assert explanation.feature_names == ("age", "town", "income")
    add_up(explanation, model.decision_function(frame))
    order = np.argsort(-explanation.importance().reshape(3, -1).sum(axis=1))
    assert [explanation.feature_names[place] for place in order] == ["age", "town", "income"]
    unknown = frame[:20].assign(town=pd.Categorical(["Trier"] * 20, categories=["Trier"]))
    beside = TreeExplainer(model, frame[:10])
    add_up(beside(unknown), model.decision_function(unknown))


def test_several_outputs_stand_side_by_side():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)), rng.normal(size=(200, 2))
    model = RandomForestRegressor(5, random_state=0).fit(X, y)
    explanation = TreeExplainer(model)(X)
    assert explanation.output_names == ("output 0", "output 1")
    add_up(explanation, model.predict(X))
    labels = np.column_stack([y[:, 0] > 0, np.digitize(y[:, 1], [-0.5, 0.5])])
    for Forest in (RandomForestClassifier, theirs.RandomForestClassifier):
        classes = Forest(5, random_state=0).fit(X, labels)
        explanation = TreeExplainer(classes)(X)
        assert explanation.output_names[:2] == ("output 0: 0", "output 0: 1")
        add_up(explanation, np.hstack(classes.predict_proba(X)))


def test_categories_of_our_forests_are_explained():
    frame, likes = people()
    frame = frame.assign(town=frame["town"].astype("category"))
    model = RandomForestClassifier(9, random_state=0, categorical_features="from_dtype")
    model.fit(frame, likes)
    add_up(TreeExplainer(model)(frame), model.predict_proba(frame))
    table = pl.from_pandas(frame)
    own = RandomForestClassifier(9, categorical_features=["town"]).fit(table, likes)
    explanation = TreeExplainer(own)(table)
    assert explanation.backend == "polars"
    assert isinstance(explanation.to_frame(), pl.DataFrame)


def test_a_constant_model_contributes_nothing():
    X = np.zeros((10, 2))
    explanation = TreeExplainer(DecisionTreeClassifier().fit(X, np.ones(10)))(X)
    assert explanation.values.shape == (10, 2, 1)
    assert not explanation.values.any()
    assert explanation.base_values == [1.0]


# ---- what is refused


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda X, y: TreeExplainer(LogisticRegression().fit(X, y)), TypeError, "got LogisticRegr"),
        (lambda X, y: TreeExplainer(RandomForestClassifier), TypeError, "is a class"),
        (lambda X, y: TreeExplainer("forest"), TypeError, "got str"),
        (lambda X, y: TreeExplainer(RandomForestClassifier()), ValueError, "not fitted"),
        (lambda X, y: TreeExplainer(fitted(X, y))(X[:, :1]), ValueError, "features"),
        (lambda X, y: TreeExplainer(fitted(X, y))([["a", "b"]]), ValueError, "Column 0 of X"),
        (lambda X, y: TreeExplainer(fitted(X, y)).shap_values(X * np.inf), ValueError, "infinity"),
        (lambda X, y: TreeExplainer(fitted(X, y), X[:0]), ValueError, r"0 sample|background"),
        (
            lambda X, y: TreeExplainer(fitted(X, y), X[:3]).shap_interaction_values(X),
            ValueError,
            "make an explainer without data=",
        ),
        (lambda X, y: TreeExplainer(fitted(X, y))(X).output("perhaps"), KeyError, "no answer"),
        (lambda X, y: TreeExplainer(fitted(X, y))(X).plot_beeswarm(), ValueError, "choose one"),
        (lambda X, y: TreeExplainer(fitted(X, y))(X)["no"], TypeError, r"explanation\.output"),
        (lambda X, y: TreeExplainer(fitted(X, y))(X)[999], IndexError, "there are 80 rows"),
        (
            lambda X, y: TreeExplainer(fitted(X, y))(X).output("no").plot_dependence("z"),
            KeyError,
            "no column 'z'",
        ),
    ],
)
def test_bad_input_is_named(call, error, words):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    with np.errstate(invalid="ignore"), pytest.raises(error, match=words):
        call(X, np.where(X[:, 0] > 0, "yes", "no"))


def fitted(X, y):
    return RandomForestClassifier(5, random_state=0).fit(X, y)


def test_a_model_that_was_changed_is_told():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    model = fitted(X, X[:, 0] > 0)
    explainer = TreeExplainer(model)
    model.fit(X, X[:, 1] > 0)
    for call in (explainer, explainer.shap_values, explainer.shap_interaction_values):
        with pytest.raises(ValueError, match="it was changed after this explainer was made"):
            call(X)
    explainer.shap_values(X, check_additivity=False)


# ---- what is printed and drawn


def test_explanations_print_and_are_cut():
    frame, likes = people()
    numbers = frame[["age", "income"]]
    explanation = TreeExplainer(fitted(numbers, likes))(numbers)
    assert isinstance(explanation, Explanation)
    assert "300 rows, 2 columns, 2 answers" in str(explanation)
    one = explanation.output("yes")[3]
    assert len(one) == 1
    assert str(one).startswith("Explanation: 1 row, 2 columns (base ")
    np.testing.assert_array_equal(one.values[0], explanation.values[3, :, 1])
    assert len(explanation[:5]) == 5
    assert len(explanation[numbers["age"].to_numpy() > 50]) == (numbers["age"] > 50).sum()
    np.testing.assert_array_equal(explanation[-1].values[0], explanation.values[-1])
    assert list(explanation.to_frame().columns) == ["row", "answer", "age", "income"]
    assert len(explanation.to_frame()) == 600
    assert "mean |contribution|" in explanation.output("yes").to_html()
    document = explanation.to_dict()
    assert document["rows"] == 300
    np.testing.assert_allclose(document["importance"][1], explanation.importance()[:, 1])


def test_explanations_are_drawn():
    frame, likes = people()
    frame.loc[3, "income"] = np.nan
    frame = frame.assign(town=frame["town"].astype("category"))
    model = RandomForestClassifier(9, random_state=0, categorical_features="from_dtype")
    explanation = TreeExplainer(model.fit(frame, likes))(frame)
    assert len(explanation.plot().ax_.patches) == 6  # three columns, two answers
    likes_it = explanation.output("yes")
    names = [text.get_text() for text in likes_it.plot().ax_.get_yticklabels()]
    order = np.argsort(-likes_it.importance())
    assert names == [likes_it.feature_names[place] for place in order]
    fall = likes_it.plot_waterfall(row=3, most=2)
    texts = [text.get_text() for text in fall.ax_.get_yticklabels()]
    assert len(texts) == 3
    assert texts[-1] == "1 others"
    assert "= " in texts[0]
    steps = sum(bar.get_width() for bar in fall.ax_.patches)
    assert steps == pytest.approx(likes_it.values[3].sum())
    towns = likes_it.plot_dependence("town", colour_by="age").ax_
    assert [text.get_text() for text in towns.get_xticklabels()] == ["Bonn", "Kiel", "Ulm"]
    assert len(likes_it.plot_dependence("income").ax_.collections[0].get_offsets()) == 300


def test_an_explanation_keeps_its_rows():
    X = np.random.default_rng(0).normal(size=(60, 3))
    explain = TreeExplainer(RandomForestRegressor(5, random_state=0).fit(X, X[:, 0]))
    explanation = explain(X)
    before = X[0, 0]
    X[:] = 99
    assert explanation.data[0, 0] == before


def test_a_background_belongs_to_one_model():
    X = np.random.default_rng(0).normal(size=(60, 3))
    one, other = (
        RandomForestRegressor(3, random_state=0).fit(rows, X[:, 0]) for rows in (X, X[:, :1])
    )
    models = [model._trees_to_explain() for model in (one, other)]
    background = models[1].background(X[:, :1])
    with pytest.raises(ValueError, match="another model"):
        models[0].interventional_values(X, background)
