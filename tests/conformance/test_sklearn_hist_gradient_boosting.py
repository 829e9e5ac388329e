"""scikit-learn's test_gradient_boosting.py of boosted trees on treering's classes."""

import re

import pytest

import sklearn_tests

globals().update(
    sklearn_tests.tests_of("sklearn.ensemble._hist_gradient_boosting.tests.test_gradient_boosting")
)

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Kinds that categorical_features may not mix; the names of these tests hold the message awaited.
NOT_ALL_OF_ONE_TYPE = tuple(
    f"test_categorical_spec_errors[categorical_features{case}-None-{awaited}-{cls}]"
    for case, awaited in enumerate(
        re.escape(
            f"categorical_features must be an array-like of bool, int or str, got: {kinds}."
        ).replace("\\", "\\\\")
        for kinds in ("bytes40", "bytes, float")
    )
    for cls in ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
)

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED: dict[str, str] = {
    **dict.fromkeys(
        (
            "test_should_stop",
            "test_max_depth_max_leaf_nodes",
            "test_single_node_trees",
            "test_binning_train_validation_are_separated",
            "test_small_trainset",
            "test_categorical_encoding_strategies",
            "test_check_interaction_cst",
            "test_categorical_different_order_same_model",
            "test_dataframe_categorical_results_same_as_ndarray",
        ),
        "reads private attributes of scikit-learn's classes; test_boosting.py holds its subject",
    ),
    **dict.fromkeys(
        (
            "test_early_stopping_with_sample_weights",
            "test_raw_predict_is_called_with_custom_scorer",
        ),
        "counts calls of private functions of scikit-learn's",
    ),
    "test_custom_loss": "gives an object of a private class as the loss",
    "test_sample_weight_effect": (
        "two rows are parted as well by either of two columns; sums in whole numbers round "
        "weighted gradients in other places than repeated ones, and such a tie falls otherwise"
    ),
    **dict.fromkeys(
        ("test_categorical_spec_errors_with_feature_names", *NOT_ALL_OF_ONE_TYPE),
        "awaits scikit-learn's words; those of treering's forests say more",
    ),
}

# Tests of scikit-learn's own parts, which no class of treering takes part in: left out.
FOREIGN: tuple[str, ...] = ()

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW: tuple[str, ...] = ()


def test_what_is_listed_are_tests() -> None:
    listed = {name.partition("[")[0] for name in (*EXCUSED, *FOREIGN, *SLOW)}
    assert listed <= set(globals())
