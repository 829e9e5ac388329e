"""What is wrong with X and y, by the names of the columns that are to blame.

scikit-learn's checks decide what is accepted; where they refuse, their message seldom says which
column it was. The data is looked through only then, so good data pays nothing for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from scipy.sparse import csr_array, csr_matrix, issparse, sparray

from treering._checks import is_missing
from treering._frames import repeated_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

_ENCODE = (
    "numbers that were read as text become numbers by pandas.to_numeric(column, errors='coerce'); "
    "encode categories first, for example with treering.preprocessing.OrdinalEncoder or "
    "OneHotEncoder, in a ColumnTransformer where other columns are numbers; trees and forests take "
    "them as they are where categorical_features names the column"
)
# What scikit-learn says of other columns than those of fit: what they hold is not to blame.
_OTHER_COLUMNS = "The feature names should match"
_SPREAD = (
    "turn it into numbers that mean something to the model, for example year, month and weekday, "
    "or days since a fixed date"
)


@contextmanager
def naming_columns(X: Any) -> Iterator[None]:
    """Say which column is to blame where the checks inside refuse X; refuse dates.

    numpy, and with it scikit-learn, takes dates for a number of units since 1970 in some containers
    and refuses them in others. No such number is what its user meant.
    """
    _refuse_dates(X)
    try:
        yield
    except (ArithmeticError, TypeError, ValueError) as error:
        fault = None if str(error).startswith(_OTHER_COLUMNS) else _fault(X)
        if fault is None:
            raise
        raise _same_kind(error, fault) from error


@contextmanager
def naming_repeated() -> Iterator[None]:
    """Say which names stand over several columns, where scikit-learn asks for the names of X."""
    try:
        yield
    except DuplicateError as error:
        raise ValueError(_fault_of_names(error)) from error


@contextmanager
def naming_labels(y: Any) -> Iterator[None]:
    """Say which rows lack a label where the checks inside refuse y."""
    try:
        if getattr(getattr(y, "dtype", None), "kind", "") == "M" and _fault_of_labels(y):
            raise ValueError("Input y contains NaT.")  # noqa: TRY301 (scikit-learn takes it for a class)
        yield
    except (TypeError, ValueError) as error:
        fault = _fault_of_labels(y)
        if fault is None:
            raise
        raise _same_kind(ValueError(str(error)), fault) from error


def checked_sparse(X: Any) -> Any:
    """Return X; a sparse matrix or array only if its indices describe one.

    SciPy's conversions and products trust the indices of a matrix, and scikit-learn's checks do not
    look at them: a number that is out of range would be read, or written, beyond the array. The
    matrix returned shares the values of X and is otherwise new, so nothing that X remembers about
    their order is relied upon. Indices that SciPy is to convert are copied before they are looked
    at, since another thread may write into those of X; those of compressed rows the core checks as
    it reads them.
    """
    if not issparse(X) or X.ndim != 2:
        return X
    try:
        if X.format == "lil":
            X = _from_lists(X)
        elif X.format == "dia":
            X = type(X)((X.data, X.offsets.copy()), shape=X.shape).tocsr()
        elif X.format == "coo":
            return type(X)((X.data, (X.row.copy(), X.col.copy())), shape=X.shape)
        elif X.format not in ("bsr", "csc", "csr"):
            X = X.tocsr()
        indices, starts = X.indices, X.indptr
        if X.format != "csr":
            indices, starts = indices.copy(), starts.copy()
        parts = type(X)((X.data, indices, starts), shape=X.shape)
        parts.check_format()
    except (ArithmeticError, IndexError, TypeError, ValueError) as error:
        raise ValueError(
            f"X is a sparse {type(X).__name__} whose indices describe no matrix of shape "
            f"{X.shape}: {str(error).rstrip('.')}. Build it anew from its rows, columns and values"
        ) from error
    return parts


def _from_lists(X: Any) -> Any:
    """Compressed rows of a matrix in lists, whose lengths SciPy's own conversion trusts."""
    columns, values = ([list(row) for row in lists] for lists in (X.rows, X.data))
    lengths = [len(row) for row in columns]
    if lengths != [len(row) for row in values]:
        raise ValueError("its rows hold other numbers of columns than of values")
    flat = np.fromiter(chain.from_iterable(values), X.dtype, count=sum(lengths))
    indices = np.fromiter(chain.from_iterable(columns), np.int64, count=sum(lengths))
    kind = csr_array if isinstance(X, sparray) else csr_matrix
    return kind((flat, indices, np.cumsum([0, *lengths])), shape=X.shape)


def compressed_rows(estimator: Any, X: Any) -> Any:
    """Return checked rows as the core reads them; sparse ones hold finite numbers only."""
    if not issparse(X):
        return X
    X = X.tocsr()
    missing = np.flatnonzero(np.isnan(X.data))
    if len(missing):
        row, column, name = _place_of_entry(estimator, X, int(missing[0]))
        raise ValueError(
            f"Input X contains NaN. {named_column(column, name)} of X, which is sparse, holds it "
            f"in row {row}; trees learn missing values from dense rows alone: pass X.toarray(), or "
            "replace NaN by a number."
        )
    return X


def _place_of_entry(estimator: Any, X: Any, entry: int) -> tuple[int, int, Any]:
    """Row, column and name of the column of an entry of a matrix in compressed rows."""
    row, column = int(np.searchsorted(X.indptr, entry, side="right")) - 1, int(X.indices[entry])
    names = getattr(estimator, "feature_names_in_", None)
    return row, column, None if names is None else names[column]


def read_rows(estimator: Any, method: Callable[..., Any], rows: NDArray[Any], *args: Any) -> Any:
    """Let the core read checked rows; name the column of a value that it refuses."""
    try:
        return method(rows, *args)
    except ValueError:
        refuse_infinite(estimator, rows, np.float32)
        raise


def refuse_infinite(
    estimator: Any, X: NDArray[Any], width: type[np.floating[Any]] | np.dtype[Any]
) -> None:
    """Raise an error for the first value of X that is infinite in this width, if there is one."""
    values: NDArray[Any] = np.asarray(X.data) if issparse(X) else X
    with np.errstate(over="ignore", invalid="ignore"):
        too_large = np.isinf(values.astype(width, copy=False))
    if not too_large.any():
        return
    place = tuple(int(where[0]) for where in np.nonzero(too_large))
    value = values[place]
    if issparse(X):
        row, column, name = _place_of_entry(estimator, X, *place)
    else:
        (row, column), names = place, getattr(estimator, "feature_names_in_", None)
        name = None if names is None else names[column]
    advice = "replace it by NaN (a missing value) or a finite number"
    if np.isfinite(value):
        advice = f"the largest possible is {np.finfo(width).max:.8g}: rescale the column"
    raise ValueError(
        f"Input X contains infinity or a value too large for {np.dtype(width)!r}. "
        f"{named_column(column, name)} holds {value} in row {row}; "
        f"{advice}."
    )


def _same_kind(error: Exception, fault: str) -> Exception:
    """Raise what scikit-learn raises; its own words follow, for those who search for them."""
    kind = TypeError if isinstance(error, TypeError) else ValueError
    first_line = str(error).split("\n", 1)[0].rstrip(".:")
    return kind(f"{fault} ({first_line})." if first_line else f"{fault}.")


def named_column(position: int, name: Any) -> str:
    """Write which column is meant: its position, and its name if it has one."""
    return f"Column {position}" if name is None else f"Column {position} ({name!r})"


def frame_of(X: Any) -> Any:
    """Return X as a table of narwhals, lazy or not; None for anything else."""
    if isinstance(X, (np.ndarray, list, tuple)):
        return None
    frame = nw.from_native(X, pass_through=True)
    return frame if isinstance(frame, (nw.DataFrame, nw.LazyFrame)) else None


def _refuse_dates(X: Any) -> None:
    if isinstance(X, np.ndarray):
        refuse_dates("X", X)
        return
    try:
        frame = frame_of(X)
        columns = frame.schema.items() if isinstance(frame, nw.DataFrame) else ()
    except DuplicateError:
        return  # which the checks refuse in their turn
    for position, (name, dtype) in enumerate(columns):
        if dtype.is_temporal():
            raise ValueError(
                f"{named_column(position, name)} of X holds {dtype} values, expected numbers; "
                f"{_SPREAD}."
            )


def refuse_dates(name: str, values: Any) -> None:
    """Refuse dates and lengths of time where numbers are expected."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):
        return  # which the checks refuse in their turn
    is_date = array.dtype.kind in "Mm"
    if array.dtype.kind == "O":
        is_date = any(isinstance(value, (np.datetime64, np.timedelta64)) for value in array.flat)
    if is_date:
        kind = "dates" if array.dtype.kind == "O" else f"{array.dtype} values"
        raise ValueError(f"{name} holds {kind}, expected numbers; {_SPREAD}.")


def _fault_of_names(error: DuplicateError) -> str:
    return (
        f"X has columns of the same name ({repeated_names(error)}); give each column a name of its "
        "own, or pass an array to go by position"
    )


def _fault(X: Any) -> str | None:
    """Say what makes X unreadable; None if nothing is found."""
    try:
        frame = frame_of(X)
        if isinstance(frame, nw.LazyFrame):
            return "X is a lazy table, whose rows are not there yet; pass X.collect()"
        if frame is not None:
            return _fault_of_frame(frame)
    except DuplicateError as error:
        return _fault_of_names(error)
    if issparse(X):
        return None
    if not hasattr(X, "__array__"):
        if not isinstance(X, (list, tuple)):
            return _fault_of_thing(X)
        if X and isinstance(X[0], dict):
            return "X is a list of dicts, expected rows and columns; pass pandas.DataFrame(X)"
        fault = _fault_of_lengths(X)
        if fault is not None:
            return fault
    try:
        return _fault_of_array(np.asarray(X, dtype=getattr(X, "dtype", object)))
    except (TypeError, ValueError):  # not even an array of objects can be made of it
        return None


def _fault_of_thing(X: Any) -> str | None:
    if isinstance(X, (float, int, np.generic)):
        return None  # scikit-learn says how to make a row or a column of a number
    hint = " such as pandas.DataFrame(X)" if isinstance(X, dict) else ""
    return (
        f"X is {'None' if X is None else f'a {type(X).__name__}'}; expected rows and columns of "
        f"numbers, as an array, a list of rows, or a table{hint}"
    )


def _fault_of_lengths(X: Any) -> str | None:
    rows = [len(row) if hasattr(row, "__len__") else None for row in X]
    other = next((place for place, length in enumerate(rows) if length != rows[0]), None)
    if other is None:
        return None
    first, then = (
        "no length" if rows[place] is None else f"length {rows[place]}" for place in (0, other)
    )
    return (
        f"the rows of X differ in length: row 0 has {first}, row {other} has {then}; "
        "give each row one value for each column, NaN where it is missing"
    )


def _fault_of_array(X: NDArray[Any]) -> str | None:
    if X.dtype.names is not None:
        return (
            f"X is a structured array of the fields {list(X.dtype.names)}; pass "
            "numpy.lib.recfunctions.structured_to_unstructured(X)"
        )
    if X.ndim > 2:
        return (
            f"X has {X.ndim} dimensions, {X.shape}; expected rows and columns, for example "
            "X.reshape(len(X), -1)"
        )
    if X.ndim < 2 or X.dtype.kind not in "OUSVc":
        return None
    found = (
        (position, _fault_of_values(X[:, position].tolist())) for position in range(X.shape[1])
    )
    return next(
        (f"{named_column(place, None)} of X {fault}" for place, fault in found if fault), None
    )


def _fault_of_frame(frame: nw.DataFrame[Any]) -> str | None:
    if not frame.columns:
        # The words in which scikit-learn says so of arrays.
        return (
            f"Found array with 0 feature(s) (shape=({len(frame)}, 0)) while a minimum of 1 is "
            "required: X is a table without columns; give at least one column of numbers"
        )
    for position, series in enumerate(frame.iter_columns()):
        dtype = series.dtype
        if dtype.is_numeric() or dtype == nw.Boolean:
            continue
        values = series.to_list()
        fault = _fault_of_values(values)
        if fault is not None:
            return f"{named_column(position, series.name)} of X, of type {dtype}, {fault}"
    return None


def _fault_of_values(values: Iterable[Any]) -> str | None:
    for row, value in enumerate(values):
        if value is None:
            continue
        expected = f"in row {row}, expected numbers, NaN where one is missing"
        try:
            float(value)
        except OverflowError:
            return (
                f"holds a number in row {row} that is too large for double precision; rescale the "
                "column, or replace the number by NaN (a missing value)"
            )
        except (TypeError, ValueError):
            pass
        else:
            continue
        if isinstance(value, (str, bytes)):
            return f"holds the text {value!r} {expected}; {_ENCODE}"
        if type(value).__name__ == "NAType":
            return f"holds pandas.NA {expected}; convert it with .astype('Float64')"
        if hasattr(value, "isoformat"):
            return f"holds the date {value} {expected}; {_SPREAD}"
        if isinstance(value, complex):
            return f"holds the complex number {value} {expected}; pass its parts as columns"
        kind = type(value).__name__
        return f"holds a value of type {kind} {expected}; make columns of numbers of it"
    return None


def _fault_of_labels(y: Any) -> str | None:
    """Say what makes labels unusable: some are missing, or they cannot be put in order."""
    if np.isscalar(y) or isinstance(y, (dict, set)) or not hasattr(y, "__len__"):
        given = repr(y) if np.isscalar(y) else f"a {type(y).__name__}"
        return f"y is {given:.60}; expected a label for each row of X, as a list or an array"
    if np.iscomplexobj(y):
        return "y holds complex numbers; expected classes or real numbers, such as y.real"
    frame = frame_of(y)
    if isinstance(frame, nw.DataFrame) and any(
        kind.is_temporal() for kind in frame.schema.values()
    ):
        return f"y holds dates among its columns, expected numbers or classes; {_SPREAD}"
    series = nw.from_native(y, pass_through=True, allow_series=True)
    if isinstance(series, nw.Series):
        values = series.to_list()
    else:
        array = np.asarray(y, dtype=None if hasattr(y, "dtype") else object)
        values = array.tolist() if array.ndim == 1 and array.dtype.kind in "OfM" else []
    missing = [row for row, value in enumerate(values) if is_missing(value)]
    if missing:
        return (
            f"y has no label in {len(missing)} of its rows, the first in row {missing[0]}; "
            "give these rows a label or leave them out of X and y"
        )
    wide = (row for row, value in enumerate(values) if _is_beyond_64_bits(value))
    if (row := next(wide, None)) is not None:
        return (
            f"y holds the number {values[row]!s:.40} in row {row}, which no 64-bit number can "
            "hold; give such labels as text"
        )
    texts = {isinstance(value, str) for value in values}
    if len(texts) == 2:
        kinds = ", ".join(sorted({type(value).__name__ for value in values}))
        return f"y mixes labels of the types {kinds}; give all labels one type, for example text"
    return None


def _is_beyond_64_bits(value: Any) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**64
