import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from treering.stats import energy_distance, wasserstein_distance

DISTANCES = [
    (wasserstein_distance, stats.wasserstein_distance),
    (energy_distance, stats.energy_distance),
]
samples = hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e3, 1e3, width=32))


@pytest.mark.parametrize(("ours", "theirs"), DISTANCES)
@given(first=samples, second=samples)
def test_distances_are_scipys(ours, theirs, first, second):
    assert ours(first, second) == pytest.approx(theirs(first, second), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(("ours", "theirs"), DISTANCES)
@pytest.mark.parametrize("sizes", [(100_000, 70_000), (3, 50_000)])
def test_large_samples_are_scipys(ours, theirs, sizes):
    rng = np.random.default_rng(sizes)
    first, second = rng.lognormal(size=sizes[0]), rng.lognormal(0.1, size=sizes[1]).astype("f4")
    assert ours(first, second) == pytest.approx(theirs(first, second), rel=1e-11)


@pytest.mark.parametrize(("ours", "theirs"), DISTANCES)
def test_weights_are_left_to_scipy(ours, theirs):
    arguments = ([0.0, 1.0], [2.0, 5.0], [3.0, 1.0], None)
    assert ours(*arguments) == theirs(*arguments)


@pytest.mark.parametrize(("ours", "_"), DISTANCES)
def test_missing_and_infinite_values(ours, _):
    assert np.isnan(ours([1.0, np.nan], [1.0]))
    assert ours([1.0, np.inf], [1.0, 2.0]) == np.inf
    assert ours([1.0, np.inf], [1.0, np.inf]) == 0.0
    assert ours(pd.Series([1.0, 2.0]), [1, 2]) == 0.0


def test_whole_numbers_beyond_double_precision():
    first = np.array([2**60, 2**60 + 2])
    assert wasserstein_distance(first, first + 1) == 1.0


@pytest.mark.parametrize(("ours", "_"), DISTANCES)
def test_bad_input_is_named(ours, _):
    with pytest.raises(ValueError, match="v_values is empty"):
        ours([1.0], [])
    with pytest.raises(ValueError, match="u_values must have one dimension; got 2"):
        ours([[1.0]], [1.0])
    with pytest.raises(TypeError, match="v_values must hold numbers"):
        ours([1.0], ["a"])
