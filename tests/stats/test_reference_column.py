import copy
import pickle

import numpy as np
import pytest

from treering import ModelFileError
from treering._core.drift import ReferenceColumn, compare_columns, compare_samples
from treering._core.stats import ks_2samp


@pytest.fixture
def rng():
    return np.random.default_rng(8)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("sizes", [(100, 30), (5_000, 40), (40, 5_000), (20_000, 20_000)])
@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_a_stored_reference_gives_the_plain_test(rng, sizes, alternative, dtype):
    reference = rng.normal(size=sizes[0]).round(2).astype(dtype)
    current = rng.normal(size=sizes[1]).round(2)
    column = ReferenceColumn(reference)
    for values in [current, current.astype(np.float32)]:
        row = column.ks(values, alternative, "auto")
        # Of two widths the lesser: 0.1 in the one is 0.1 in the other.
        width = np.float64 if dtype == values.dtype == np.float64 else np.float32
        first, second = (side.astype(width).astype(np.float64) for side in (reference, values))
        (expected,) = ks_2samp([first], [second], alternative, "auto")
        assert row[:6] == (*expected[:4], sizes[1], 0)
        assert compare_samples([reference], [values], alternative, "auto")[0][:6] == row[:6]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_reference_is_sorted_and_its_missing_values_counted(dtype):
    column = ReferenceColumn(np.array([3, np.nan, -np.inf, 1, np.nan], dtype=dtype))
    assert (column.size, column.missing, column.minimum, column.maximum) == (3, 2, -np.inf, 3)
    assert column.values().tolist() == [-np.inf, 1, 3]
    assert column.values().dtype == dtype
    assert repr(column) == "ReferenceColumn(size=3, missing=2)"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_bins_are_counted_as_numpy_counts_them(rng, dtype):
    values = np.append(rng.normal(size=500).round(1), [np.inf, -np.inf, np.nan]).astype(dtype)
    now = (rng.normal(size=300).round(1) + 0.5).astype(dtype)
    finite = values[np.isfinite(values)].astype(np.float64)
    edges, before, after = ReferenceColumn(values).ks(now, "two-sided", "auto")[6]
    both = np.concatenate([finite, now.astype(np.float64)])
    np.testing.assert_allclose(edges, np.linspace(both.min(), both.max(), 101), atol=1e-13)
    np.testing.assert_array_equal(before, np.histogram(finite, edges)[0])
    np.testing.assert_array_equal(after, np.histogram(now.astype(np.float64), edges)[0])
    nothing = ReferenceColumn(np.array([np.nan, np.inf], dtype=dtype))
    assert nothing.ks(np.array([np.inf], dtype=dtype), "two-sided", "auto")[6] is None


def test_bytes_pickle_and_copy_bring_the_column_back(rng):
    column = ReferenceColumn(np.append(rng.normal(size=1000), np.nan))
    for again in [
        ReferenceColumn.from_bytes(column.to_bytes()),
        pickle.loads(pickle.dumps(column)),
        copy.deepcopy(column),
    ]:
        assert again.to_bytes() == column.to_bytes()
        np.testing.assert_array_equal(again.values(), column.values())
        assert again.missing == 1


def test_altered_bytes_are_refused(rng):
    data = bytearray(ReferenceColumn(rng.normal(size=50)).to_bytes())
    with pytest.raises(ModelFileError, match="truncated"):
        ReferenceColumn.from_bytes(bytes(data[:-1]))
    data[60] ^= 1
    with pytest.raises(ModelFileError, match="checksum"):
        ReferenceColumn.from_bytes(bytes(data))


def test_columns_compare_alike_on_any_number_of_threads(rng):
    data = [rng.normal(size=n) for n in [50, 3_000, 200, 20_000, 7]]
    references = [ReferenceColumn(values) for values in data]
    currents = [rng.normal(size=n) + 0.1 for n in [500, 90, 200, 10_000, 70]]

    def plain(rows):
        return [(*row[:6], *(array.tolist() for array in row[6])) for row in rows]

    one = plain(compare_columns(references, currents, "two-sided", "auto", 1))
    assert one == plain(
        reference.ks(current, "two-sided", "auto")
        for reference, current in zip(references, currents, strict=True)
    )
    for n_jobs in [2, 3, 7, -1, None]:
        assert plain(compare_columns(references, currents, "two-sided", "auto", n_jobs)) == one
    assert plain(compare_samples(data, currents, "two-sided", "auto")) == one
    with pytest.raises(ValueError, match="one for each reference: expected 1, got 0"):
        compare_samples(data[:1], [], "two-sided", "auto")


def test_columns_without_values_give_nan_and_their_sizes():
    empty, full = ReferenceColumn(np.array([np.nan])), ReferenceColumn(np.array([1.0, 2.0]))
    assert np.isnan([empty.minimum, empty.maximum]).all()
    rows = compare_columns(
        [empty, full, full],
        [np.array([1.0]), np.array([]), np.array([np.nan, 5.0])],
        "two-sided",
        "auto",
    )
    assert np.isnan([rows[0][1], rows[1][1]]).all()
    assert [row[4:6] for row in rows] == [(1, 0), (0, 0), (1, 1)]
    assert rows[2][:2] == (1.0, pytest.approx(2 / 3))


def test_bad_input_is_explained():
    column = ReferenceColumn(np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="one for each reference: expected 1, got 0"):
        compare_columns([column], [], "two-sided", "auto")
    with pytest.raises(ValueError, match="n_jobs"):
        compare_columns([column], [np.array([1.0])], "two-sided", "auto", 0)
    with pytest.raises(ValueError, match="alternative must be"):
        column.ks(np.array([1.0]), "both", "auto")
    with pytest.raises(TypeError, match="float32 or float64"):
        ReferenceColumn(np.array([1, 2]))
