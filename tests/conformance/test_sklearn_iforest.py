"""scikit-learn's test_iforest.py on treering's class."""

import pytest

import sklearn_tests

globals().update(sklearn_tests.tests_of("sklearn.ensemble.tests.test_iforest"))

# scikit-learn's tests say for themselves which warnings they mean.
pytestmark = pytest.mark.filterwarnings("default")

# Tests that must fail, each with its reason: where one passes, the run fails.
EXCUSED = {
    "test_max_samples_consistency": "reads a private attribute of scikit-learn's class",
    "test_iforest_warm_start": (
        "awaits the same object for the first tree; treering makes trees when they are asked for"
    ),
    **dict.fromkeys(
        ("test_iforest_chunks_works1", "test_iforest_chunks_works2"),
        "counts calls of a function of scikit-learn's by which rows are parted",
    ),
    "test_iforest_sparse_input_float_contamination": (
        "awaits that no two of fifty scores of five trees are equal, which holds for some seeds"
    ),
}

# Tests of scikit-learn's own parts, which no class of treering takes part in: left out.
FOREIGN: tuple[str, ...] = ()

# Tests that take long, and whose subject the tests of the rooms cover, too.
SLOW: tuple[str, ...] = ()


def test_what_is_listed_are_tests() -> None:
    assert {*EXCUSED, *FOREIGN, *SLOW} <= set(globals())
