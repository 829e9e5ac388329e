"""Mistakes of a first use that would give a wrong answer without a word."""

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from treering.performance import prediction_distribution, track

TRUTH = np.array(["low", "mid", "high", "mid"] * 10)
SHARES = np.array([[0.9, 0.05, 0.05], [0.1, 0.8, 0.1], [0.1, 0.2, 0.7], [0.2, 0.6, 0.2]] * 10)
ORDER = ["low", "mid", "high"]
TABLE = pd.DataFrame(SHARES, columns=ORDER)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
@pytest.mark.parametrize("classes", [None, ["high", "low", "mid"]])
def test_columns_of_probabilities_go_by_name(kind: Any, classes: Any) -> None:
    metrics = ["log_loss", "roc_auc"]
    options: dict[str, Any] = {"metrics": metrics, "classes": classes}
    by_name = track(TRUTH, TRUTH, y_proba=kind(TABLE), **options)
    by_place = track(TRUTH, TRUTH, metrics=metrics, y_proba=SHARES, classes=ORDER)
    assert by_name.to_dict() == by_place.to_dict()


def test_columns_with_other_names_go_by_place() -> None:
    table = pd.DataFrame(SHARES[:, [2, 0, 1]], columns=["a", "b", "c"])
    made = track(TRUTH, TRUTH, metrics="log_loss", y_proba=table)
    assert made.values("log_loss")[0] < 0.5


def test_columns_may_name_classes_that_did_not_occur() -> None:
    truth = np.array(["low", "high"] * 20)
    made = track(truth, truth, metrics="log_loss", y_proba=TABLE[["mid", "high", "low"]])
    expected = track(truth, truth, metrics="log_loss", y_proba=SHARES, classes=ORDER)
    assert made.to_dict() == expected.to_dict()


DAYS = pd.Series(pd.date_range("2025-03-17", periods=60, freq="1h", tz="America/New_York"))


@pytest.mark.parametrize(
    "label",
    [
        pd.Timestamp("2025-03-19", tz="UTC"),
        pd.Timestamp("2025-03-01", tz="America/New_York"),
        np.datetime64("2025-03-18"),
        "2025-03-01",
        5,
    ],
)
def test_a_window_that_was_or_that_precedes_is_refused_however_it_is_written(label: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = track([1] * 60, [1] * 60, window=DAYS, every="1d")
    with pytest.raises(ValueError, match=r"in the history already|precedes|one way"):
        history.extend([1], [1], label=label)


def test_moments_with_a_zone_stay_moments() -> None:
    history = track([1] * 60, [1] * 60, window=DAYS, every="1d")
    later = history.extend([1], [1], label=pd.Timestamp("2025-03-21", tz="America/New_York"))
    assert later.to_frame("pandas")["window"].dtype.kind == "M"
    assert later[-1].window == np.datetime64("2025-03-21T04:00")
    assert json.loads(later.to_json())["windows"][-1]["window"] == "2025-03-21 04:00:00"


def test_moments_are_pythons_own_in_a_dict() -> None:
    history = track([1] * 60, [1] * 60, window=DAYS, every="1d")
    assert type(history.to_dict()["windows"][0]["window"]).__module__ == "datetime"


def test_text_beside_numbers_is_no_drift_but_an_error() -> None:
    with pytest.raises(ValueError, match="are no text and those of reference are text"):
        prediction_distribution([0, 1] * 20, reference=["a", "b"] * 20)
