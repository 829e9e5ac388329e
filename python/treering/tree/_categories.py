"""Categorical columns: which they are, what their categories are, and the number of each.

Trees split numbers by thresholds, so a category becomes a number: its position among the categories
of its column, in the order that :mod:`treering.tree._category_order` gives them.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import narwhals as nw
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.utils.validation import validate_data

from treering._checks import close_names, quoted, quoted_names
from treering._encoding import encode_text
from treering._model_file import expect
from treering._validation import frame_of, named_column, naming_columns

Categories: TypeAlias = list[NDArray[Any] | None]
Floats: TypeAlias = NDArray[np.float64]

# Whole numbers from here on are not all told apart in double precision, positions in single.
LARGEST_NUMBER = 2**53
MOST_CATEGORIES = 2**24

_NUMBERS = (bool, int, float, np.bool_, np.integer, np.floating)


@dataclass(frozen=True)
class _Given:
    """Rows as their user gave them: a table, or an array of numbers or of objects."""

    table: nw.DataFrame[Any] | None
    array: NDArray[Any]

    @property
    def width(self) -> int:
        return self.array.shape[1] if self.table is None else len(self.table.columns)

    def name(self, position: int) -> str:
        name = None if self.table is None else self.table.columns[position]
        return f"{named_column(position, name)} of X"

    def column(self, position: int) -> NDArray[Any]:
        """Return a column as float64, NaN where missing, or as objects."""
        if self.table is None:
            column = self.array[:, position]
            return column if column.dtype == object else column.astype(np.float64)
        series = self.table.get_column(self.table.columns[position])
        if series.dtype.is_numeric() or series.dtype == nw.Boolean:
            return np.asarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64)
        return np.fromiter(series.to_list(), dtype=object, count=len(series))

    def replaced(self, columns: dict[int, Floats]) -> Any:
        """Return the same rows, as their user gave them, with other values in some columns."""
        if self.table is None:
            # Positions need more than half precision, and whole numbers have no NaN.
            kept = {np.dtype(object), np.dtype(np.float32), np.dtype(np.float64)}
            dtype = self.array.dtype if self.array.dtype in kept else np.float64
            array = np.array(self.array, dtype=dtype, order="K")
            for position, values in columns.items():
                array[:, position] = values
            return _as_numbers(array)
        names, library = self.table.columns, self.table.implementation
        series = (
            nw.new_series(names[position], values, nw.Float64, backend=library)
            for position, values in columns.items()
        )
        return self.table.with_columns(*series).to_native()


def _as_numbers(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == object:
        with suppress(ArithmeticError, TypeError, ValueError):  # the checks name what is no number
            return array.astype(np.float64)
    return array


def _given(X: Any) -> _Given | None:
    """Read rows; None for what scikit-learn's checks refuse in their turn."""
    with naming_columns(X):
        frame = frame_of(X)
        if isinstance(frame, nw.LazyFrame):
            raise TypeError("X is a lazy table")
    if frame is not None:
        return _Given(frame, np.empty((0, 0))) if frame.columns else None
    if issparse(X):
        return None
    # Numpy would turn numbers beside text into text.
    array = np.asarray(X) if hasattr(X, "__array__") else _objects(X)
    if array is not None and array.ndim == 1 and any(isinstance(one, str) for one in array):
        # scikit-learn's checks would first miss a number.
        raise ValueError(
            "Expected 2D array, got 1D array instead: X holds text alone, expected rows and "
            "columns; pass X.reshape(-1, 1), or table[['name']] for one column of a table"
        )
    if array is None or array.ndim != 2 or array.shape[1] == 0 or array.dtype.kind == "c":
        return None
    return _Given(None, array if array.dtype.kind in "biuf" else array.astype(object))


def _objects(X: Any) -> NDArray[Any] | None:
    try:
        return np.asarray(X, dtype=object)
    except ValueError:  # rows that differ in length
        return None


# ---- which columns are categorical


def _chosen(given: Any, table: nw.DataFrame[Any] | None, width: int) -> list[int]:
    """Return the positions of the columns that `categorical_features` says are categorical."""
    if isinstance(given, str):  # "from_dtype"; arrays have no such types
        types = [] if table is None else list(table.schema.values())
        return [place for place, dtype in enumerate(types) if dtype in (nw.Categorical, nw.Enum)]
    items = np.asarray(given, dtype=object)
    if items.ndim != 1:
        raise ValueError(
            "categorical_features must be None, 'from_dtype' or a list of truth values, of "
            f"positions or of names; got {given!r:.60}"
        )
    values = items.tolist()
    kinds = {_kind(value) for value in values}
    if len(kinds - {"bool", "int", "str"}) or len(kinds) > 1:
        kinds = {type(value).__name__ for value in values}
        raise ValueError(
            "categorical_features must be an array-like of bool, int or str, all of one type, "
            f"got: {', '.join(sorted(kinds))}."
        )
    if kinds == {"bool"}:
        if len(values) != width:
            raise ValueError(
                "categorical_features set as a boolean mask must have shape (n_features,), got: "
                f"{items.shape}; X has {width} columns"
            )
        return [place for place, value in enumerate(values) if value]
    places = _places(values, table) if kinds == {"str"} else [int(value) for value in values]
    for place in places:
        if not 0 <= place < width:
            raise ValueError(
                "categorical_features set as integer indices must be in [0, n_features - 1]: got "
                f"{place}, X has {width} columns"
            )
    if len(set(places)) < len(places):
        twice = next(value for at, value in enumerate(values) if places[at] in places[:at])
        raise ValueError(f"categorical_features holds {twice!r:.60} twice; give each column once")
    return sorted(places)


def _kind(value: Any) -> str:
    """Return which of the three kinds that `categorical_features` may hold a value is."""
    if isinstance(value, bool | np.bool_):
        return "bool"
    if isinstance(value, int | np.integer) and not isinstance(value, np.timedelta64):
        return "int"
    return "str" if isinstance(value, str) else "other"


def _places(names: list[str], table: nw.DataFrame[Any] | None) -> list[int]:
    columns = [] if table is None else list(table.columns)
    if not columns or not all(isinstance(column, str) for column in columns):
        raise ValueError(
            "categorical_features should be passed as an array of integers or as a boolean mask "
            "when the model is fitted on data without feature names; names need a table whose "
            "columns are all named by text"
        )
    for name in names:
        if name not in columns:
            raise ValueError(
                f"categorical_features has an item value {quoted(name)} which is not a valid "
                f"feature name of the training data{close_names(name, columns)}. Observed feature "
                f"names: {quoted_names(columns)}"
            )
    return [columns.index(name) for name in names]


# ---- categories and their positions


def _values(column: NDArray[Any], name: str) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Tell which rows of a column hold a category; return these, as float64 or as plain text."""
    if column.dtype != object:
        present = ~np.isnan(column)
        return present, column[present]
    items = column.tolist()
    kinds = set(map(type, items))
    if kinds == {str}:
        return np.ones(len(items), dtype=bool), column
    for kind in kinds:
        if not _may_be_category(kind):
            row = next(row for row, item in enumerate(items) if type(item) is kind)
            # At the end, what scikit-learn's checks say of such a value
            raise TypeError(
                f"{name} holds a value of type {kind.__name__} in row {row}, expected categories: "
                "text, numbers or truth values; convert it, for example to text (argument must be "
                f"a string or a real number, not {kind.__name__!r})."
            )
    # A number that differs from itself is NaN.
    found = (
        isinstance(item, str) or (isinstance(item, _NUMBERS) and bool(item == item))  # noqa: PLR0124
        for item in items
    )
    present = np.fromiter(found, dtype=bool, count=len(items))
    there = [item for item, is_there in zip(items, present.tolist(), strict=True) if is_there]
    texts = sum(isinstance(item, str) for item in there)
    if 0 < texts < len(there):
        raise ValueError(
            f"{name} mixes text and numbers as categories; give all of them one type, for "
            "example text"
        )
    if texts:
        return present, np.fromiter(map(str.__str__, there), dtype=object, count=len(there))
    return present, np.fromiter(map(_number, there), dtype=np.float64, count=len(there))


def _number(item: Any) -> float:
    try:
        return float(item)
    except OverflowError:  # which is refused, or unknown, as any number is that is too large
        return np.inf


def _may_be_category(kind: type) -> bool:
    """Tell whether a value of this type is a category, or a missing one."""
    if issubclass(kind, np.timedelta64):  # which numpy registers among the whole numbers
        return False
    return issubclass(kind, (str, type(None), *_NUMBERS)) or kind.__name__ in {"NAType", "NaTType"}


def _encoded(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Sorted categories, and the place of every value among them."""
    if values.dtype != object:
        distinct, codes = np.unique(values, return_inverse=True)
        return distinct, codes
    encoded = encode_text([values])
    assert encoded is not None  # all are text
    texts, (codes,) = encoded
    return np.fromiter(texts, dtype=object, count=len(texts)), codes


def _learned(column: NDArray[Any], name: str) -> tuple[NDArray[Any], Floats]:
    """Sorted categories of a column, and the column as their places; NaN where missing."""
    present, values = _values(column, name)
    if values.dtype != object and not (np.abs(values) < LARGEST_NUMBER).all():
        large = values[np.abs(values) >= LARGEST_NUMBER][0]
        raise ValueError(
            f"{name} holds the number {large:.17g} as a category, expected numbers below 2**53 in "
            "size, which double precision tells apart; give such categories as text"
        )
    categories, codes = _encoded(values)
    if len(categories) > MOST_CATEGORIES:
        raise ValueError(
            f"{name} has {len(categories)} categories; trees tell {MOST_CATEGORIES} positions "
            "apart. A column in which nearly every row differs tells nothing: leave it out"
        )
    places = np.full(len(column), np.nan)
    places[present] = codes
    return categories, places


def _looked_up(column: NDArray[Any], known: dict[Any, int], name: str) -> Floats:
    """Return the positions of a column's categories; NaN where missing, or not known."""
    present, values = _values(column, name)
    distinct, codes = _encoded(values)
    is_text = distinct.dtype == object
    if len(distinct) and known and is_text != isinstance(next(iter(known)), str):
        kinds = ("text", "numbers") if is_text else ("numbers", "text")
        raise ValueError(
            f"{name} holds {kinds[0]} as categories, but {kinds[1]} when the model was fitted; "
            "give it the type that it had"
        )
    positions = np.array([known.get(each, np.nan) for each in distinct.tolist()], np.float64)
    places = np.full(len(column), np.nan)
    places[present] = positions[codes]
    return places


# ---- what an estimator knows of them


def categorical_mask(estimator: Any) -> NDArray[np.bool_] | None:
    """Return which columns are categorical; None if none is."""
    if estimator._categories is None:
        return None
    return np.array([categories is not None for categories in estimator._categories])


def keep_categories(estimator: Any, categories: Categories | None) -> None:
    """Keep categories in the order of their positions, and where each is found."""
    if categories is None:
        vars(estimator).pop("_categories", None)
        estimator._positions = None
        return
    estimator._categories = categories
    estimator._positions = [
        None if each is None else {category: at for at, category in enumerate(each.tolist())}
        for each in categories
    ]


def share_categories(estimator: Any, other: Any) -> None:
    """Take over what another estimator knows of the categories."""
    estimator._positions = other._positions
    if other._categories is not None:
        estimator._categories = other._categories


def check_categories(estimator: Any) -> None:
    """Refuse categories of a file that no fit could have set; find the place of each."""
    kept: Any = vars(estimator).get("_categories")
    if kept is None:
        expect("categories_", "_categories" not in vars(estimator))
        keep_categories(estimator, None)
        return
    expect("categories_", type(kept) is list and len(kept) == estimator.n_features_in_)
    expect("categories_", any(each is not None for each in kept))
    for each in kept:
        if each is None:
            continue
        expect("categories_", isinstance(each, np.ndarray) and each.ndim == 1)
        expect("categories_", each.dtype in (np.dtype(object), np.dtype(np.float64)))
        expect("number of categories", len(each) <= MOST_CATEGORIES)
        if each.dtype == object:
            expect("categories_", len(each) > 0 and {type(one) for one in each.tolist()} == {str})
        else:
            expect("categories_", bool((np.abs(each) < LARGEST_NUMBER).all()))
        expect("categories_", len(set(each.tolist())) == len(each))
    keep_categories(estimator, kept)


def keeps_trees(estimator: Any) -> bool:
    """Tell whether a fit adds to trees, which know an order of the categories already."""
    is_grown = not vars(estimator).keys().isdisjoint(("_forest", "_boosting"))
    return getattr(estimator, "warm_start", False) and is_grown


# ---- training


def learn_categories(estimator: Any, X: Any) -> Any:
    """Return rows to train on with numbers in the place of categories.

    The numbers are places among the sorted categories, until `order_categories` knows the targets.
    Where trees are kept that know an order already, they are positions in that order, and other
    categories are missing values.
    """
    chosen: list[int] = []
    given = None
    if estimator.categorical_features is not None:
        given = _given(X)
        width = given.width if given is not None else X.shape[1] if issparse(X) else 0
        if given is not None or issparse(X):
            table = None if given is None else given.table
            chosen = _chosen(estimator.categorical_features, table, width)
    if keeps_trees(estimator):
        before = categorical_mask(estimator)
        known = [] if before is None else np.flatnonzero(before).tolist()
        if known != chosen:
            raise ValueError(
                f"warm_start=True needs the categorical columns of the first fit, {known}; got "
                f"{chosen}. Fit a new model instead."
            )
    elif not chosen:
        keep_categories(estimator, None)
    if not chosen:
        return X
    if given is None:
        raise _sparse(X)
    if keeps_trees(estimator):
        return _with_positions(given, estimator._positions)
    categories: Categories = [None] * given.width
    places = {}
    for position in chosen:
        found = _learned(given.column(position), given.name(position))
        categories[position], places[position] = found
    keep_categories(estimator, categories)
    return given.replaced(places)


def _sparse(X: Any) -> TypeError:
    return TypeError(
        f"Sparse data was passed for X, a {type(X).__name__}, but dense data is required where "
        "columns are categorical: pass X.toarray(), or leave categorical_features=None"
    )


# ---- prediction


def encode_categories(estimator: Any, X: Any) -> Any:
    """Return rows to predict with positions in the place of categories."""
    if issparse(X):
        raise _sparse(X)
    given = _given(X)
    if given is None:
        return X
    names = getattr(estimator, "feature_names_in_", None)
    columns = None if given.table is None else list(given.table.columns)
    if given.width != len(estimator._positions) or (
        names is not None and columns is not None and columns != names.tolist()
    ):
        # Raises scikit-learn's error, which would otherwise come after one about a category.
        validate_data(estimator, X, reset=False, skip_check_array=True)
    return _with_positions(given, estimator._positions)


def _with_positions(given: _Given, known: list[dict[Any, int] | None]) -> Any:
    columns = {
        column: _looked_up(given.column(column), positions, given.name(column))
        for column, positions in enumerate(known)
        if positions is not None
    }
    return given.replaced(columns)


def encode_grid(estimator: Any, grid: ArrayLike, target_features: ArrayLike) -> ArrayLike:
    """Return a grid of values of some columns with positions in the place of categories."""
    if estimator._positions is None:
        return grid
    values = np.asarray(grid)
    values = values if values.dtype.kind in "biuf" else values.astype(object)
    given = _Given(None, values)
    names = getattr(estimator, "feature_names_in_", [None] * len(estimator._positions))
    columns = {}
    for place, column in enumerate(np.asarray(target_features).tolist()):
        known = estimator._positions[column]
        if known is None:
            continue
        name = named_column(column, names[column])
        positions = _looked_up(given.column(place), known, f"{name} of the grid")
        present, _ = _values(given.column(place), name)
        unknown = np.flatnonzero(np.isnan(positions) & present)
        if len(unknown):
            raise ValueError(
                f"{name} of the grid holds {values[unknown[0], place]!r:.60}, which is no category "
                "that the model was fitted with; name the column in partial_dependence's own "
                "categorical_features, whose grid are the categories"
            )
        columns[place] = positions
    return given.replaced(columns)  # type: ignore[no-any-return]
