"""Write `shap_values.json`: small trees of scikit-learn's, and what the package shap says of them.

Run with shap and scikit-learn installed, which the project's own environment need not have:
``python tests/explain/make_shap_values.py``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import shap
import sklearn
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor


def arrays(tree: Any) -> dict[str, Any]:
    return {
        "children_left": tree.children_left.tolist(),
        "children_right": tree.children_right.tolist(),
        "feature": tree.feature.tolist(),
        "threshold": tree.threshold.tolist(),
        "missing_go_to_left": tree.missing_go_to_left.tolist(),
        "cover": tree.weighted_n_node_samples.tolist(),
        "value": tree.value.reshape(tree.node_count, -1).tolist(),
    }


def case(model: Any, rows: np.ndarray, background: np.ndarray) -> dict[str, Any]:
    dependent = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    given = shap.TreeExplainer(model, background, feature_perturbation="interventional")
    return {
        "trees": [arrays(one.tree_) for one in model.estimators_],
        "rows": rows.tolist(),
        "background": background.tolist(),
        "expected": np.atleast_1d(dependent.expected_value).tolist(),
        "values": np.asarray(dependent.shap_values(rows)).tolist(),
        "interactions": np.asarray(dependent.shap_interaction_values(rows)).tolist(),
        "interventional_expected": np.atleast_1d(given.expected_value).tolist(),
    }


def main() -> None:
    cases = {}
    for name, Model, (X, y) in (
        ("numbers", RandomForestRegressor, load_diabetes(return_X_y=True)),
        ("classes", RandomForestClassifier, load_wine(return_X_y=True)),
    ):
        rows = X[:, :5].astype(np.float32).astype(np.float64)
        model = Model(n_estimators=3, max_depth=4, random_state=0).fit(rows, y)
        cases[name] = case(model, rows[:4], rows[100:106])
    versions = {"shap": shap.__version__, "scikit-learn": sklearn.__version__}
    path = Path(__file__).with_name("shap_values.json")
    path.write_text(json.dumps({"versions": versions, **cases}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
