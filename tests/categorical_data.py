"""Columns of categories, the same in every kind of container, and models that split them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from estimators import FORESTS, TREES

KINDS = TREES + FORESTS

RNG = np.random.default_rng(7)
ROWS = 240
CITIES = np.array(["Aachen", "Bonn", "Köln", "", "Trier", "Ulm", "\N{SNOWMAN}"], dtype=object)
CITY: NDArray[Any] = CITIES[RNG.integers(0, len(CITIES), ROWS)]
SIZE = np.round(RNG.normal(size=ROWS), 2)
GRADE = RNG.integers(-2, 4, ROWS).astype(float)
# Effects that the names' order does not follow
EFFECT = dict(zip(CITIES, [3.0, -1.0, 2.0, 0.5, -2.0, 1.0, -3.0], strict=True))
NUMBERS = np.array([EFFECT[city] for city in CITY]) + (GRADE % 3) + 0.1 * SIZE
CLASSES = np.array(["low", "middle", "high"])[np.digitize(NUMBERS, [-1.0, 2.0])]
GAPS = CITY.copy()
GAPS[::13] = None

FRAME = pd.DataFrame({"size": SIZE, "city": GAPS, "grade": GRADE})
CATEGORICAL = [1, 2]
NAMES = ["city", "grade"]

# Every way to hold the same rows; those in TYPED give the column of cities a categorical type.
TYPED: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas category": lambda frame: frame.astype({"city": "category"}),
    "pandas ordered": lambda frame: frame.astype(
        {"city": pd.CategoricalDtype(sorted(CITIES, reverse=True), ordered=True)}
    ),
    "polars categorical": lambda frame: polars(frame, pl.Categorical),
    "polars enum": lambda frame: polars(frame, pl.Enum(list(CITIES))),
    "pyarrow dictionary": lambda frame: arrow(frame, dictionary=True),
}
CONTAINERS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas object": lambda frame: frame.astype({"city": object}),
    "pandas string": lambda frame: frame.astype({"city": "string"}),
    "pandas Float64": lambda frame: frame.astype({"grade": "Float64"}),
    "pandas labels": lambda frame: frame.set_index(frame.index[::-1]),
    "polars": lambda frame: polars(frame, pl.String),
    "pyarrow": lambda frame: arrow(frame, dictionary=False),
    "objects": lambda frame: frame.astype(object).to_numpy(),
    "lists": lambda frame: frame.astype(object).to_numpy().tolist(),
    **TYPED,
}


def polars(frame: pd.DataFrame, dtype: Any) -> pl.DataFrame:
    columns = {"city": [None if pd.isna(city) else city for city in frame["city"]]}
    return pl.DataFrame(
        {
            "size": frame["size"].to_numpy(),
            "city": pl.Series(columns["city"], dtype=dtype),
            "grade": pl.Series(frame["grade"].to_numpy(), dtype=pl.Float32),
        }
    )


def arrow(frame: pd.DataFrame, *, dictionary: bool) -> pa.Table:
    city = pa.array([None if pd.isna(city) else city for city in frame["city"]], pa.string())
    return pa.table(
        {
            "size": frame["size"].to_numpy(),
            "city": city.dictionary_encode() if dictionary else city,
            "grade": frame["grade"].to_numpy(),
        }
    )


def labels(kind: Any) -> NDArray[Any]:
    return CLASSES if kind.__name__.endswith("Classifier") else NUMBERS


def model(kind: Any, **params: Any) -> Any:
    few = {"n_estimators": 6} if kind in FORESTS else {}
    return kind(**{"random_state": 0, "categorical_features": CATEGORICAL, **few, **params})


def content(fitted: Any) -> bytes:
    """The trees, to the bit."""
    trees = fitted._forest if hasattr(fitted, "_forest") else fitted.tree_
    found: bytes = trees.to_bytes()
    return found


def answers(fitted: Any, X: Any) -> NDArray[np.float64]:
    method = getattr(fitted, "predict_proba", fitted.predict)
    found: NDArray[np.float64] = method(X)
    return found


def by_hand(categories: list[Any], frame: pd.DataFrame) -> NDArray[np.float64]:
    """Rows as an array of numbers: positions in lists of categories, NaN for others."""
    columns = []
    for column, known in zip(frame.columns, categories, strict=True):
        values = frame[column].tolist()
        if known is not None:
            places = {category: place for place, category in enumerate(known)}
            values = [places.get(value, np.nan) for value in values]
        columns.append(np.array(values, dtype=float))
    return np.column_stack(columns)
