"""scikit-learn's fitted trees, forests and boosted trees, as they are explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

from treering._axis import key_text
from treering._core.explain import TreeModel
from treering.explain._answers import answers_of, names_of_outputs

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from treering._core.explain import _Arrays

_TREES = (DecisionTreeClassifier, DecisionTreeRegressor)
_FORESTS = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
_BOOSTED = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
KINDS = tuple(kind.__name__ for kind in (*_TREES, *_FORESTS, *_BOOSTED))
"""The estimators that are explained; extra trees are trees, too."""

_NO_CATEGORIES = np.empty((0, 4), dtype=np.uint64)


def read_sklearn(model: Any) -> dict[str, Any] | None:
    """Return what explains a model of scikit-learn's; None for what is none of these kinds."""
    if isinstance(model, _BOOSTED):
        check_is_fitted(model)
        return _read_boosted(model)
    if isinstance(model, (*_TREES, *_FORESTS)):
        check_is_fitted(model)
        trees = model.estimators_ if isinstance(model, _FORESTS) else [model]
        return _read_averaged(model, [tree.tree_ for tree in trees])
    return None


# ---- trees and forests


def _read_averaged(model: Any, trees: list[Any]) -> dict[str, Any]:
    outputs, kept = names_of_outputs(model)
    has_mirror = outputs is not None and kept is None and is_classifier(model) and len(outputs) == 2
    arrays = [_arrays_of_tree(tree, is_second_alone=has_mirror) for tree in trees]
    width = arrays[0]["value"].shape[1]
    core = TreeModel.of_arrays(arrays, model.n_features_in_, width, True, 1 / len(trees))
    return {
        "cores": (core,),
        "rows": lambda X: _rows(model, X, np.float32),
        "answers": answers_of(model),
        "base": np.zeros(1),
        "outputs": outputs,
        "columns": np.arange(model.n_features_in_),
        "has_mirror": has_mirror,
        "kept": kept,
    }


def _arrays_of_tree(tree: Any, *, is_second_alone: bool) -> _Arrays:
    values = np.asarray(tree.value, dtype=np.float64).reshape(tree.node_count, -1)
    return {
        "children_left": np.asarray(tree.children_left, dtype=np.int64),
        "children_right": np.asarray(tree.children_right, dtype=np.int64),
        "feature": np.asarray(tree.feature, dtype=np.int64),
        "threshold": np.asarray(tree.threshold, dtype=np.float64),
        "missing_go_to_left": np.asarray(tree.missing_go_to_left, dtype=np.uint8),
        "cover": np.asarray(tree.weighted_n_node_samples, dtype=np.float64),
        "value": values[:, 1:2] if is_second_alone else values,
        "category_row": np.full(tree.node_count, -1),
        "left_categories": _NO_CATEGORIES,
        "known_categories": _NO_CATEGORIES,
    }


def _rows(model: Any, X: Any, dtype: type[np.floating[Any]]) -> Any:
    checked: Any = validate_data(
        model, X, accept_sparse="csr", dtype=dtype, reset=False, ensure_all_finite="allow-nan"
    )
    return checked.tocsr() if issparse(checked) else checked


# ---- boosted trees


def _read_boosted(model: Any) -> dict[str, Any]:
    known, places = model._bin_mapper.make_known_categories_bitsets()
    columns = np.arange(model.n_features_in_)
    if model._preprocessor is not None:
        # Its trees see categorical columns before the others.
        is_categorical = np.asarray(model.is_categorical_)
        columns = np.r_[columns[is_categorical], columns[~is_categorical]]
    cores = [
        TreeModel.of_arrays(
            [_arrays_of_predictor(step[place], known, places) for step in model._predictors],
            len(columns),
            1,
            False,
            1.0,
        )
        for place in range(model.n_trees_per_iteration_)
    ]
    outputs = None
    if len(cores) > 1:
        outputs = tuple(map(key_text, model.classes_.tolist()))
    return {
        "cores": tuple(cores),
        "rows": lambda X: np.asarray(model._preprocess_X(X, reset=False), dtype=np.float64),
        "answers": _raw_answers(model),
        "base": np.asarray(model._baseline_prediction, dtype=np.float64).ravel(),
        "outputs": outputs,
        "columns": columns,
    }


def _raw_answers(model: Any) -> Callable[[Any], NDArray[np.float64]]:
    """Return how a boosted model answers before its link: what its trees add up to."""

    def answers(X: Any) -> NDArray[np.float64]:
        if is_classifier(model):
            raw = model.decision_function(X)
        else:
            raw = model.predict(X)
            if model.loss in ("gamma", "poisson"):
                raw = np.log(raw)
        return np.asarray(raw, dtype=np.float64).reshape(len(raw), -1)

    return answers


def _arrays_of_predictor(predictor: Any, known: Any, places: Any) -> _Arrays:
    nodes = predictor.nodes
    is_leaf = nodes["is_leaf"].astype(bool)
    is_categorical = nodes["is_categorical"].astype(bool) & ~is_leaf
    rows = np.where(is_categorical, np.cumsum(is_categorical) - 1, -1)
    sets = nodes["bitset_idx"][is_categorical]
    # Of sixteen bytes, as the core takes them, whatever the machine's order of bytes.
    own = [_words(predictor.raw_left_cat_bitsets[place]) for place in sets]
    whole = [_words(known[places[column]]) for column in nodes["feature_idx"][is_categorical]]
    left, right = (
        np.where(is_leaf, -1, nodes[side].astype(np.int64)) for side in ("left", "right")
    )
    return {
        "children_left": left,
        "children_right": right,
        "feature": nodes["feature_idx"].astype(np.int64),
        "threshold": np.where(is_leaf, 0.0, nodes["num_threshold"]),
        "missing_go_to_left": nodes["missing_go_to_left"].astype(np.uint8),
        "cover": nodes["count"].astype(np.float64),
        "value": nodes["value"].astype(np.float64).reshape(-1, 1),
        "category_row": rows.astype(np.int64),
        "left_categories": np.array(own, dtype=np.uint64).reshape(-1, 4),
        "known_categories": np.array(whole, dtype=np.uint64).reshape(-1, 4),
    }


def _words(bits: Any) -> list[int]:
    """Return 256 bits, in words of 32, as four words of 64."""
    halves = [int(word) for word in bits]
    return [low | high << 32 for low, high in zip(halves[::2], halves[1::2], strict=True)]
