"""Write the golden files of the format revision that this treering writes.

``python tests/persistence/golden/make.py`` adds to the folder of the revision a small file for
each kind that has none, and what it predicted. Files that were written once are never written
again: they are what later releases must still read.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.linear_model._base import LinearModel
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

import treering
from treering._core.drift import ReferenceColumn
from treering.drift import Reference, stream
from treering.drift import _reference as drift
from treering.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from treering.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from treering.preprocessing import (
    FormulaFeatures,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    SimpleImputer,
    StandardScaler,
)
from treering.profile import Profile
from treering.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

FOLDER = Path(__file__).parent
METHODS = ("predict", "predict_proba", "transform", "apply", "score_samples")

rng = np.random.default_rng(20)
ROWS = np.round(rng.normal(size=(40, 3)), 3)
ROWS[rng.random(ROWS.shape) < 0.05] = np.nan
X = pd.DataFrame(ROWS, columns=["age", "income (€)", "größe"])
FILLED = np.nan_to_num(ROWS)
NUMBERS = np.round(FILLED @ [1.0, -2.0, 0.5], 3)
TEXTS = np.array(["no", "perhaps", "yes"])[np.digitize(NUMBERS, [-1, 1])]
PAIRS = np.column_stack([NUMBERS > 0, NUMBERS > 1]).astype(int)
TOWNS = X.assign(town=np.array(["Bonn", "Köln", "", "Ulm"], object)[np.arange(40) % 4])
WEIGHTS = {"no": 1.0, "perhaps": 2.0, "yes": 0.5}
SMALL = {"max_depth": 3, "random_state": 0}


def models():
    """Small models that together use every part of the format."""
    few = SMALL | {"n_estimators": 3}
    return {
        "text_classes": RandomForestClassifier(**few, class_weight=WEIGHTS, oob_score=True).fit(
            X, TEXTS
        ),
        "two_outputs": ExtraTreesClassifier(**few, class_weight=[{0: 1, 1: 2}, {0: 3, 1: 1}]).fit(
            ROWS, PAIRS
        ),
        "object_classes": DecisionTreeClassifier(**SMALL).fit(X, TEXTS.astype(object)),
        "monotonic": ExtraTreeClassifier(**SMALL, monotonic_cst=[1, 0, -1]).fit(ROWS, PAIRS[:, 0]),
        "weighted": RandomForestRegressor(**few, oob_score=True).fit(
            X, NUMBERS, sample_weight=np.arange(1, 41)
        ),
        "two_numbers": ExtraTreesRegressor(**few).fit(ROWS, np.column_stack([NUMBERS, -NUMBERS])),
        "medians": DecisionTreeRegressor(**SMALL, criterion="absolute_error").fit(FILLED, NUMBERS),
        "poisson": ExtraTreeRegressor(**SMALL, criterion="poisson").fit(ROWS, np.abs(NUMBERS)),
        "categories": RandomForestClassifier(**few, categorical_features=["town", "age"]).fit(
            TOWNS, TEXTS
        ),
        "isolation": IsolationForest(
            n_estimators=3, max_samples=20, contamination=0.1, max_features=2, random_state=0
        ).fit(X, sample_weight=np.arange(1, 41)),
        "boosted": HistGradientBoostingRegressor(
            loss="poisson", max_iter=3, min_samples_leaf=4, monotonic_cst={"age": 1}
        ).fit(X, np.abs(NUMBERS), sample_weight=np.arange(1, 41)),
        "boosted_classes": HistGradientBoostingClassifier(
            max_iter=2,
            min_samples_leaf=2,
            categorical_features=["town"],
            early_stopping=True,
            class_weight=WEIGHTS,
            random_state=0,
        ).fit(TOWNS, TEXTS),
        "standard": StandardScaler().fit(X),
        "minmax": MinMaxScaler(feature_range=(-1, 1)).fit(ROWS.astype(np.float32)),
        "max_abs": MaxAbsScaler(clip=True).fit(X),
        "robust": RobustScaler(quantile_range=(10, 80), unit_variance=True).fit(X),
        "imputer": SimpleImputer(strategy="median", add_indicator=True).fit(X),
        "one_hot": OneHotEncoder(sparse_output=False, drop="first").fit(TOWNS[["town"]]),
        "ordinal": OrdinalEncoder(max_categories=3).fit(TOWNS[["town"]]),
        "formulas": FormulaFeatures({"share": "age / (1 + abs(`income (€)`))"}).fit(X),
        "least_squares": LinearRegression().fit(FILLED, np.column_stack([NUMBERS, -NUMBERS])),
        "ridge": Ridge(fit_intercept=False).fit(FILLED, NUMBERS),
        "lasso": Lasso(alpha=0.1).fit(FILLED, NUMBERS),
        "elastic_net": ElasticNet(alpha=0.1).fit(FILLED, NUMBERS),
        "logistic": LogisticRegression().fit(FILLED, TEXTS),
        "pipeline": make_pipeline(_columns(), RandomForestRegressor(**few)).fit(TOWNS, NUMBERS),
        "voting": VotingRegressor(
            [
                ("forest", ExtraTreesRegressor(**few)),
                ("tree", make_pipeline(StandardScaler(), DecisionTreeRegressor(**SMALL))),
            ],
            weights=[2, 1],
        ).fit(X, NUMBERS),
        "votes": VotingClassifier(
            [("forest", RandomForestClassifier(**few)), ("none", "drop")], voting="soft"
        ).fit(X, TEXTS),
    }


def _columns():
    """Prepare numbers and texts with every part of scikit-learn's that a file can hold."""
    numbers = FeatureUnion(
        [
            ("scaled", make_pipeline(SimpleImputer(), StandardScaler())),
            ("logs", make_pipeline(SimpleImputer(), FunctionTransformer(np.abs))),
        ],
        transformer_weights={"logs": 0.5},
    )
    return ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include=np.number)),
            ("first", "passthrough", slice("age", "income (€)")),
            ("none", StandardScaler(), []),
        ],
        remainder=OneHotEncoder(handle_unknown="ignore"),
    )


def recorded(model):
    rows = X if hasattr(model, "feature_names_in_") else ROWS
    if isinstance(getattr(model, "categorical_features", None), list) or isinstance(
        model, Pipeline
    ):
        rows = TOWNS
    rows = TOWNS[["town"]] if isinstance(model, OneHotEncoder | OrdinalEncoder) else rows
    takes_missing = not isinstance(model, LinearModel | LogisticRegression)
    takes_missing &= getattr(model, "criterion", None) != "absolute_error"
    rows = (rows if takes_missing else FILLED)[:12]
    answers = {}
    for method in METHODS:
        if hasattr(model, method):
            found = getattr(model, method)(rows)
            found = found if isinstance(found, list) else [found]
            answers[method] = [np.asarray(each).tolist() for each in found]
    return {
        "class": type(model).__name__,
        "parameters": repr(model.get_params(deep=False)),
        "rows": np.asarray(rows).tolist(),
        "names": list(rows.columns) if isinstance(rows, pd.DataFrame) else None,
        "answers": answers,
    }


def detectors() -> list[stream.Detector]:
    """Detectors of each kind, at work."""
    errors = np.arange(120) % 5 == 0
    kinds = (
        stream.ADWIN,
        stream.CUSUM,
        stream.DDM,
        stream.EDDM,
        stream.HDDM_A,
        stream.HDDM_W,
        stream.KSWIN,
        stream.PageHinkley,
    )
    found = [kind() for kind in kinds]
    found.append(stream.StreamingKS(FILLED[:, 0], window_size=20))
    for each in found:
        each.update_many(errors)
    return found


def main() -> None:
    found = models()
    forest = found["text_classes"]._forest
    parts = {
        "forest": forest,
        "tree": forest.tree(0),
        "boosting": found["boosted"]._boosting,
        "reference": ReferenceColumn(FILLED[:, 0]),
        "reference_single": ReferenceColumn(ROWS[:, 0].astype(np.float32)),
        "profile": Profile.of(TOWNS).merge(Profile.of(TOWNS[:7])),
        **{f"detector_{type(each).__name__}": each for each in detectors()},
    }
    revision = int.from_bytes(forest.to_bytes()[8:10], "little")
    folder = FOLDER / str(revision)
    folder.mkdir(exist_ok=True)
    record = {"version": treering.__version__, "models": {}}
    if folder.with_suffix(".json").exists():
        record = json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))
    for name, model in found.items():
        path = folder / f"{name}.treering"
        if not path.exists():
            # A selector of columns is kept as what it chose.
            record["models"][name] = recorded(treering.load(treering.save(model, path)))
    tables = folder / f"table_{drift.REVISION}.reference"  # which has a revision of its own
    if not tables.exists():
        tables.write_bytes(Reference(TOWNS).to_bytes())
    for name, part in parts.items():
        path = folder / f"{name}.part"
        if not path.exists():
            path.write_bytes(part.to_bytes())
    text = json.dumps(record, indent=None, separators=(",", ":"))
    folder.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
