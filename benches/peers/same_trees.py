"""scikit-learn's forest in the formats of other engines: the very same trees, node for node."""

import json
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What XGBoost writes as the parent of a root.
NO_PARENT = 2**31 - 1


def as_onnx(forest: Any) -> bytes:
    """A model that answers single-precision rows with labels and, unused here, probabilities."""
    example = np.zeros((1, forest.n_features_in_), dtype=np.float32)
    model = import_module("skl2onnx").to_onnx(
        forest, example, options={id(forest): {"zipmap": False}}
    )
    converted: bytes = model.SerializeToString()
    return converted


def as_xgboost(forest: Any, version: str) -> bytes:
    """A Booster that answers with the probability of the second of two classes, for XGBoost 3."""
    size = len(forest.estimators_)
    trees = [
        _tree(tree.tree_, index, size, forest.n_features_in_)
        for index, tree in enumerate(forest.estimators_)
    ]
    counts = {"num_parallel_tree": str(size), "num_trees": str(size)}
    learner = {
        "attributes": {},
        "feature_names": [],
        "feature_types": [],
        "gradient_booster": {
            "name": "gbtree",
            "model": {
                "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
                "gbtree_model_param": counts,
                "iteration_indptr": [0, size],
                "tree_info": [0] * size,
                "trees": trees,
            },
        },
        "learner_model_param": {
            "base_score": "[0E0]",
            "boost_from_average": "0",
            "num_class": "0",
            "num_feature": str(forest.n_features_in_),
            "num_target": "1",
        },
        "objective": {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}},
    }
    written_by = [int(part) for part in version.split(".")[:3]]
    return json.dumps({"version": written_by, "learner": learner}).encode()


def _tree(tree: Any, index: int, size: int, columns: int) -> dict[str, Any]:
    order = _by_level(tree)
    count = len(order)
    places = np.empty(count, dtype=np.int64)
    places[order] = np.arange(count)
    inner = tree.children_left[order] >= 0
    left = np.where(inner, places[tree.children_left[order]], -1)
    right = np.where(inner, places[tree.children_right[order]], -1)
    parents = np.full(count, NO_PARENT)
    for children in (left, right):
        parents[children[inner]] = np.flatnonzero(inner)
    # scikit-learn's values are the shares of the classes; the forest answers with their mean.
    answers = tree.value[order, 0, 1] / size
    none = [0] * count
    return {
        "id": index,
        "left_children": left.tolist(),
        "right_children": right.tolist(),
        "parents": parents.tolist(),
        "split_indices": np.where(inner, tree.feature[order], 0).tolist(),
        "split_conditions": np.where(inner, _border(tree.threshold[order]), answers).tolist(),
        "split_type": none,
        "default_left": none,
        "base_weights": answers.tolist(),
        "loss_changes": [0.0] * count,
        "sum_hessian": tree.weighted_n_node_samples[order].tolist(),
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "tree_param": {
            "num_deleted": "0",
            "num_feature": str(columns),
            "num_nodes": str(count),
            "size_leaf_vector": "1",
        },
    }


def _by_level(tree: Any) -> NDArray[np.int64]:
    """The nodes in an order in which siblings are neighbours, as XGBoost has them."""
    level = np.array([0])
    levels = []
    while level.size:
        levels.append(level)
        inner = level[tree.children_left[level] >= 0]
        level = np.column_stack((tree.children_left[inner], tree.children_right[inner])).ravel()
    return np.concatenate(levels)


def _border(threshold: NDArray[np.float64]) -> NDArray[np.float32]:
    """The least single-precision number above a threshold.

    scikit-learn goes left where a single-precision value is at most the threshold, XGBoost where it
    is less than the border.
    """
    near = threshold.astype(np.float32)
    above = np.nextafter(near, np.float32(np.inf))
    return np.where(near > threshold, near, above)
