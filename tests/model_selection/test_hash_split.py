"""Splits by identifiers stay when data grows."""

from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treering.model_selection import hash_split


def rule(identifier, test_size):
    """The rule as the book writes it."""
    data = identifier.encode() if isinstance(identifier, str) else np.int64(identifier).tobytes()
    return crc32(data) & 0xFFFFFFFF < test_size * 2**32


@given(
    st.one_of(
        st.lists(st.integers(-(2**63), 2**63 - 1), max_size=50),
        st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=50),
    ),
    st.floats(0.01, 0.99),
)
def test_the_rule_of_the_book(ids, test_size):
    train, test = hash_split(ids, test_size)
    assert test.tolist() == [row for row, each in enumerate(ids) if rule(each, test_size)]
    assert sorted([*train, *test]) == list(range(len(ids)))
    assert train.dtype == test.dtype == np.int64


def test_rows_stay_where_they_are_when_data_grows():
    ids = np.random.default_rng(0).integers(0, 10**12, 5000)
    test = {int(ids[row]) for row in hash_split(ids[:3000])[1]}
    grown = {int(ids[row]) for row in hash_split(ids)[1]}
    assert test == grown & set(ids[:3000].tolist())
    assert 900 < len(grown) < 1100


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int32, np.uint64])
def test_the_width_of_numbers_does_not_matter(kind):
    expected = hash_split(np.arange(100))[1]
    np.testing.assert_array_equal(hash_split(np.arange(100, dtype=kind))[1], expected)
    np.testing.assert_array_equal(hash_split(np.arange(200)[::2] // 2)[1], expected)
    np.testing.assert_array_equal(hash_split(list(range(100)))[1], expected)


def test_columns_of_tables():
    texts = [f"house {number}" for number in range(300)]
    expected = hash_split(texts)[1]
    np.testing.assert_array_equal(hash_split(np.array(texts))[1], expected)
    np.testing.assert_array_equal(hash_split(np.array(texts, dtype=object))[1], expected)
    np.testing.assert_array_equal(hash_split(np.array(texts, np.dtypes.StringDType()))[1], expected)
    for module, name in [("pandas", "Series"), ("polars", "Series"), ("pyarrow", "array")]:
        series = getattr(pytest.importorskip(module), name)
        np.testing.assert_array_equal(hash_split(series(texts))[1], expected)
        np.testing.assert_array_equal(
            hash_split(series(list(range(9))))[1], hash_split(range(9))[1]
        )


@pytest.mark.parametrize(
    ("ids", "error", "words"),
    [
        ([1.0, 2.0], TypeError, r"got 1\.0, of type float in row 0"),
        ([1, None], TypeError, "no identifier in row 1"),
        (["a", 1], TypeError, "got 1, of type int in row 1"),
        ([1, "a"], TypeError, "got 'a', of type str in row 1"),
        ([True, False], TypeError, "got True, of type bool in row 0"),
        (["a", float("nan")], TypeError, "no identifier in row 1"),
        ([1.0, 2.0, float("nan")], TypeError, r"no identifier in row 2.*astype\('int64'\)"),
        ([2**70], ValueError, "more than 64 bits"),
        (["a", "\ud800"], ValueError, "surrogate"),
        ([[1, 2]], ValueError, r"shape \(1, 2\)"),
        (5, ValueError, r"shape \(\)"),
    ],
)
def test_identifiers_that_are_none_are_named(ids, error, words):
    with pytest.raises(error, match=words):
        hash_split(ids)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_leaves_rows_on_both_sides(share):
    with pytest.raises(ValueError, match="test_size must be a share between 0 and 1"):
        hash_split([1, 2], share)
    with pytest.raises(TypeError, match="test_size"):
        hash_split([1, 2], "0.2")
