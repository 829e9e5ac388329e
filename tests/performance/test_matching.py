"""Labels are put beside their predictions; what does not go together is named."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treering.performance import match_labels, track


def test_each_label_finds_its_prediction():
    predictions = pd.DataFrame({"id": list("abcde"), "said": [1, 0, 1, 1, 0]})
    labels = pd.DataFrame({"id": list("dba"), "truth": [1, 1, 1]})
    matched = match_labels(predictions["id"], labels["id"], labels["truth"])
    assert matched.rows.tolist() == [0, 1, 3]
    assert matched.labels.tolist() == [1, 1, 1]
    assert (matched.predictions, matched.waiting, matched.backend) == (5, 2, "pandas")
    history = track(matched.labels, predictions["said"].to_numpy()[matched.rows])
    assert history[0]["accuracy"] == pytest.approx(2 / 3)


def test_what_does_not_go_together_is_named_and_the_rest_is_matched():
    matched = match_labels(
        pl.Series([1, 2, 3, 3, 4]), [3, 9, 1, 1, 2, 2, 4, 8], [0, 1, 1, 1, 0, 1, None, 1]
    )
    assert matched.rows.tolist() == [0, 2, 3]
    assert matched.labels.tolist() == [1, 0, 0]
    assert matched.unknown == (9, 8)
    assert matched.conflicting == (2,)
    assert matched.repeated_labels == (1,)
    assert matched.repeated_predictions == (3,)
    told = str(matched)
    assert "labels of no prediction " in told
    assert " 2 (9, 8)" in told
    assert "with labels that differ " in told
    assert len(matched.to_frame()) == 3


def test_without_labels_all_predictions_wait():
    matched = match_labels([1, 2], [], [])
    assert (matched.rows.tolist(), matched.waiting) == ([], 2)
    assert match_labels([], [1], ["x"]).unknown == (1,)


@given(
    st.lists(st.integers(0, 20), max_size=30),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), max_size=30),
)
def test_every_prediction_is_matched_or_waits(ids, pairs):
    matched = match_labels(ids, [name for name, _ in pairs], [label for _, label in pairs])
    told = {}
    for name, label in pairs:
        told.setdefault(name, set()).add(label)
    for row, label in zip(matched.rows, matched.labels, strict=True):
        assert told[ids[row]] == {label}
    sure = {name for name, labels in told.items() if len(labels) == 1}
    assert matched.waiting == sum(name not in told for name in ids)
    assert {ids[row] for row in matched.rows} == sure & set(ids)
    assert set(matched.unknown) == told.keys() - set(ids)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: match_labels([1], [1, 2], [0]), ValueError, "label_ids has 2 rows and labels 1"),
        (lambda: match_labels([1, None], [1], [0]), ValueError, "no identifier in row 1"),
        (lambda: match_labels([1], [np.nan], [0]), ValueError, "label_ids has no identifier"),
        (
            lambda: match_labels([[1, 2], [3, 4]], [1], [0]),
            (TypeError, ValueError),
            "prediction_ids",
        ),
        (
            lambda: match_labels([1, 2], ["1", "2"], [0, 1]),
            ValueError,
            "prediction_ids hold 1, .*and label_ids '1', .*: text and numbers never match",
        ),
        (lambda: match_labels("abc", [1], [0]), TypeError, "one value per row"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
