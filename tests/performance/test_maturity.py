"""Labels that have come, and labels that are still to come."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

from treering.performance import label_maturity

DAY = np.timedelta64(1, "D")
START = np.datetime64("2026-03-01")


def log(days=20, rows=200, seed=0):
    """Rows of each day, whose labels come after some days; one in ten never does."""
    rng = np.random.default_rng(seed)
    predicted = np.repeat(START + np.arange(days), rows).astype("datetime64[us]")
    delay = rng.exponential(3 * 86_400, len(predicted)).astype("timedelta64[s]")
    labelled = predicted + delay
    labelled[rng.random(len(predicted)) < 0.1] = np.datetime64("NaT")
    return predicted, labelled


def test_shares_are_counted_and_expected_ones_follow_the_delays():
    predicted, labelled = log()
    now = START + 20 * DAY
    found = label_maturity(predicted, labelled, now=now, every="1d")
    assert len(found) == 20
    for row in found:
        own = predicted.astype("datetime64[D]") == np.datetime64(row.window, "D")
        come = labelled[own] <= now
        assert (row.count, row.labelled) == (200, come.sum())
        assert row.share == come.sum() / 200
        age = float((now - np.datetime64(row.window, "D")) / DAY)
        assert row.expected_share == pytest.approx(0.9 * (1 - np.exp(-age / 3)), abs=0.05)
    assert found[0].state == "final"
    assert found[-1].state == "provisional"
    # Of all labels nine in ten come: half of all after 2.4 days.
    assert found.delay(0.5) / 86_400 == pytest.approx(-3 * np.log(1 - 0.5 / 0.9), abs=0.2)
    assert found.delay(0.95) == np.inf


def test_the_curve_does_not_mistake_waiting_for_being_quick():
    # Labels take ten days, and most rows are younger than that: those that came are the quick ones.
    rng = np.random.default_rng(0)
    predicted = START + rng.integers(0, 12 * 86_400, 5000).astype("timedelta64[s]")
    labelled = predicted + rng.exponential(10 * 86_400, 5000).astype("timedelta64[s]")
    found = label_maturity(predicted, labelled, now=START + 12 * DAY)
    come = labelled <= START + 12 * DAY
    naive = float(np.median((labelled - predicted)[come] / DAY))
    assert found.delay(0.5) / 86_400 == pytest.approx(10 * np.log(2), rel=0.1)
    assert naive < 4


def test_labels_from_the_future_are_not_there_yet():
    predicted, labelled = log(days=3)
    found = label_maturity(predicted, labelled, now=START + 3 * DAY, every="1d")
    again = label_maturity(
        predicted,
        np.where(labelled > START + 3 * DAY, None, labelled),
        now=START + 3 * DAY,
        every="1d",
    )
    assert found == again
    nothing = label_maturity(
        predicted, np.full(len(predicted), "NaT", "M8[us]"), now=START + 3 * DAY
    )
    assert (nothing[0].state, nothing[0].expected_share, nothing.delays) == ("no labels", 0.0, ())
    assert "longer than seen" in repr(nothing)


def test_every_kind_of_moment_gives_the_same():
    predicted, labelled = log(days=4)
    expected = label_maturity(predicted, labelled, now="2026-03-05", every="1d")
    pandas = label_maturity(
        pd.Series(predicted), pd.Series(labelled), now=pd.Timestamp("2026-03-05"), every="1d"
    )
    polars = label_maturity(
        pl.Series(predicted),
        pl.Series(labelled),
        now=dt.datetime(2026, 3, 5, tzinfo=dt.UTC),
        every="1d",
    )
    lists = label_maturity(
        predicted.astype(object).tolist(),
        [None if value is None else value for value in labelled.astype(object)],
        now=dt.date(2026, 3, 5),
        every="1d",
    )
    for found in (pandas, polars, lists):
        assert found.windows == expected.windows
    assert isinstance(pandas.to_frame(), pd.DataFrame)
    assert "provisional" in pandas.to_html()


@pytest.mark.parametrize(
    ("call", "kind", "told"),
    [
        (lambda p, t: label_maturity(p, t[1:], now="2027-01-01"), ValueError, "has 40 rows and"),
        (
            lambda p, t: label_maturity(p, p - DAY, now="2027-01-01"),
            ValueError,
            "no row can be used: 40 rows whose label came before the prediction",
        ),
        (
            lambda p, t: label_maturity(p, t, now="2026-02-01"),
            ValueError,
            "40 rows predicted after now",
        ),
        (
            lambda p, t: label_maturity(p, t, now="2026-03-01", window=[1]),
            ValueError,
            "window holds 1 label for 40 rows",
        ),
        (lambda p, t: label_maturity([1, 2], [1, 2], now="2027-01-01"), TypeError, "hold moments"),
        (lambda p, t: label_maturity(p, t, now="soon"), ValueError, "now must be a moment"),
        (lambda p, t: label_maturity(p, t, now=3), TypeError, "now must be a moment"),
        (lambda p, t: label_maturity(p, t, now="2027-01-01", complete=2), ValueError, "complete"),
        (lambda p, t: label_maturity(p[:0], t[:0], now="2027-01-01"), ValueError, "no rows"),
    ],
)
def test_bad_input_is_named(call, kind, told):
    with pytest.raises(kind, match=told):
        call(*log(days=2, rows=20))


def test_rows_that_cannot_be_are_left_out_and_named():
    predicted, labelled = log(days=3, rows=10)
    now = START + 3 * DAY
    expected = label_maturity(predicted, labelled, now=now, every="1d")
    bad = np.array(["NaT", now + DAY, START], dtype="M8[us]")
    with_bad = np.insert(predicted, [0, 5, 9], bad)
    labels = np.insert(labelled, [0, 5, 9], [START, now + 2 * DAY, START - DAY])
    found = label_maturity(with_bad, labels, now=now, every="1d")
    assert found.windows == expected.windows
    assert found.delays == expected.delays
    assert [*found.left_out] == [
        "without a moment of prediction (the first is row 0)",
        "predicted after now, 2026-03-04T00:00:00.000000 (the first is row 6)",
        "whose label came before the prediction (the first is row 11)",
    ]
    assert [*found.left_out.values()] == [1, 1, 1]
    assert "left out: 1 row whose label came before the prediction" in str(found)
    assert "left out: 1 row whose label came before the prediction" in found.to_html()
    days = np.repeat(["a", "b", "c"], 10)
    by_name = label_maturity(
        with_bad, labels, now=now, window=np.insert(days, [0, 5, 9], ["a", "z", "a"]).tolist()
    )
    assert [(row.window, row.count) for row in by_name] == [("a", 10), ("b", 10), ("c", 10)]


def test_a_row_is_left_out_once_and_said_at_once():
    predicted, labelled = log(days=3, rows=10)
    labelled[4] = predicted[4]
    swapped = label_maturity(labelled, predicted, now=START + 3 * DAY)
    assert sum(swapped.left_out.values()) + sum(row.count for row in swapped) == 30
    assert len(swapped.left_out) == 3
    head = str(swapped).split("\n", 1)[0]
    assert f"{sum(swapped.left_out.values())} of 30 rows left out, half of the rows" in head
