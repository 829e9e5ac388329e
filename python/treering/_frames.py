"""Tables and vectors of the user's own kind: numpy, pandas, polars and pyarrow, in and out.

Readers turn what the user has into named numpy columns; :func:`build_frame` turns a result's
columns back into the same kind of table. Narwhals knows the libraries; none of them is imported
before the user has done so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
from narwhals.exceptions import DuplicateError

from treering._checks import is_missing, names_of
from treering._text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_PREFERRED = ("pandas", "polars", "pyarrow")


@dataclass(frozen=True)
class Table:
    """A table as its user gave it, read column by column when asked.

    Attributes
    ----------
    names
        The columns' names as text; positional ones (``x0``, ``x1``, ...) for an array.
    rows
        How many rows there are.
    named
        Whether the table itself carries the names: columns of a named table go by name, those of
        an array by position.
    backend
        The library the table came from; None for an array.
    what
        What messages call it.
    """

    names: tuple[str, ...]
    rows: int
    named: bool
    backend: str | None
    _source: Any
    what: str

    def raw(self, name: str) -> Any:
        """Return a column as it is: a narwhals series or, of an array, a view."""
        position = self._positions[name]
        if self.backend is None:
            return self._source[:, position]
        return self._source.get_column(self._labels[position])

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names)}

    @cached_property
    def _labels(self) -> list[Any]:
        labels: list[Any] = self._source.columns
        return labels

    def column(self, name: str) -> NDArray[Any] | str:
        """Return a column as float32 or float64 with NaN where missing, or why that cannot be."""
        series = self.raw(name)
        if self.backend is None:
            array: NDArray[Any] = series
            if array.dtype == object:
                return _from_objects(array)
            return _as_floats(array)
        dtype = series.dtype
        if dtype == nw.Float32:
            return np.asarray(series.to_numpy(), dtype=np.float32)
        if dtype == nw.Float64:
            return np.asarray(series.to_numpy(), dtype=np.float64)
        if len(series) > 0 and series.null_count() == len(series):
            # A column without any value has no telling type: text in one library, null in another.
            return np.full(len(series), np.nan)
        if dtype == nw.Object:
            # Pandas keeps, for example, a column of Python numbers and None as objects.
            return _from_objects(np.asarray(series.to_numpy(), dtype=object))
        if not (dtype.is_numeric() or dtype == nw.Boolean):
            native = series.to_native()
            named = native.type if self.backend == "pyarrow" else native.dtype
            return f"has the type {named}, which is not numeric"
        native = series.to_native()
        if self.backend != "pyarrow" and str(native.dtype).endswith("[pyarrow]"):
            native = series.to_arrow()
        if hasattr(native, "type"):
            # Arrow's own cast refuses whole numbers that are rounded, as other libraries do not.
            native = native.cast("double", safe=False)
            return np.asarray(native.to_numpy(zero_copy_only=False), dtype=np.float64)
        return np.asarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64)


def read_table(data: Any, *, names: Sequence[str] | None, what: str) -> Table:
    """Read a table.

    Parameters
    ----------
    data
        A two-dimensional array, or a pandas, polars or pyarrow table.
    names
        The columns' names if `data` is an array.
    what
        What the caller's user calls this argument; used in messages.

    Returns
    -------
    Table

    Raises
    ------
    TypeError
        If `data` is no table.
    ValueError
        If its columns cannot be told apart, or an array does not fit the names.
    """
    try:
        frame = nw.from_native(data, pass_through=True, allow_series=True)
    except DuplicateError as error:
        raise ValueError(
            f"{what} has columns with the same name ({repeated_names(error)}); give each a name "
            "of its own"
        ) from error
    if isinstance(frame, nw.LazyFrame):
        raise TypeError(f"{what} is lazy; collect it first, for example with .collect()")
    if isinstance(frame, nw.Series):
        raise TypeError(f"{what} is a single column; give a table, for example with .to_frame()")
    if isinstance(frame, nw.DataFrame):
        labels = tuple(str(name) for name in frame.columns)
        reject_duplicates(labels, what)
        return Table(labels, len(frame), True, frame.implementation.value, frame, what)

    array = _unmasked(data) if isinstance(data, np.ma.MaskedArray) else np.asarray(data)
    if array.ndim == 0:
        raise TypeError(
            f"{what} must be a two-dimensional array or a pandas, polars or pyarrow table; "
            f"got {_describe(data, array)}"
        )
    if array.ndim != 2:
        hint = "; one column is array.reshape(-1, 1)" if array.ndim == 1 else ""
        raise ValueError(
            f"{what} must be a two-dimensional array or a pandas, polars or pyarrow table; "
            f"got {_describe(data, array)}{hint}"
        )
    if array.dtype != object and array.dtype.kind not in "fiub":
        raise ValueError(
            f"{what} holds {array.dtype} values; give numbers, or a table whose numeric columns "
            "can be told from the others"
        )
    width = array.shape[1]
    if names is None:
        labels = tuple(f"x{position}" for position in range(width))
    else:
        labels = names_of("columns", names)
        if len(labels) != width:
            raise ValueError(
                f"{what} has {counted(width, 'column')} but {counted(len(labels), 'name')} "
                "given; an array's columns go by position, so it needs one name for each"
            )
        reject_duplicates(labels, what)
    return Table(labels, array.shape[0], False, None, array, what)


def _unmasked(data: np.ma.MaskedArray[Any, Any]) -> NDArray[Any]:
    """Return an array of numbers whose masked ones are NaN."""
    if data.dtype.kind not in "fiub":
        return np.asarray(data.filled(None) if data.dtype == object else data)
    wide = np.float32 if data.dtype == np.float32 else np.float64
    return np.where(np.ma.getmaskarray(data), wide(np.nan), np.asarray(data, dtype=wide))


def is_array(data: Any) -> bool:
    """Tell whether `data` would be read as an array, whose columns have no names of their own."""
    try:
        frame = nw.from_native(data, pass_through=True, allow_series=True)
    except DuplicateError:
        return False  # a table, refused where it is read
    return not isinstance(frame, nw.DataFrame | nw.LazyFrame | nw.Series)


def read_vector(values: Any, *, what: str) -> NDArray[Any]:
    """Read one value per row from a list, an array or a pandas, polars or pyarrow column."""
    if isinstance(values, str | bytes) or np.isscalar(values):
        raise TypeError(f"{what} must hold one value per row; got {values!r}")
    series = nw.from_native(values, pass_through=True, allow_series=True)
    if isinstance(series, nw.Series):
        array = np.asarray(series.to_numpy())
    else:
        array = _as_array(values)
        if array.ndim == 2 and array.shape[1] == 1:
            array = array[:, 0]
    if array.ndim != 1:
        advice = (
            "; if these are probabilities, the labels are model.predict(X), or "
            "model.classes_[probabilities.argmax(axis=1)]"
            if array.ndim == 2 and array.dtype.kind == "f"
            else ""
        )
        raise ValueError(
            f"{what} must be one-dimensional, one value per row; "
            f"got {_describe(values, array)}{advice}"
        )
    return array


def _as_array(values: Any) -> NDArray[Any]:
    """Make an array without letting numpy turn 1 and "1" into the same text."""
    try:
        array = np.asarray(values)
    except ValueError:  # values of unequal shapes, such as tuples among numbers
        return as_objects(values)
    if array.dtype.kind in "US" and not isinstance(values, np.ndarray):
        kinds = {isinstance(value, str | bytes) for value in values}
        return array if kinds == {True} else as_objects(values)
    return array


def as_objects(values: Any) -> NDArray[Any]:
    """Return a one-dimensional array of objects, whatever they are: numpy would look into them."""
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


_OF_NO_LIBRARY = ("builtins", "numpy", "numpy.ma")


def backend_of(*values: Any) -> str | None:
    """Return the library of the first value that belongs to one; None if none does."""
    for value in values:
        if type(value).__module__ in _OF_NO_LIBRARY:
            continue  # asking takes longer than a test of a hundred rows
        native = nw.from_native(value, pass_through=True, allow_series=True)
        if isinstance(native, nw.DataFrame | nw.Series):
            return str(native.implementation.value)
    return None


def build_frame(columns: Mapping[str, Any], backend: str | None) -> Any:
    """Build a table of the wanted kind.

    Parameters
    ----------
    columns
        Column name to values of equal length; float arrays may hold NaN for "undefined", which
        becomes a null where the library has nulls.
    backend
        ``"pandas"``, ``"polars"`` or ``"pyarrow"``; None takes the first of these that is
        installed.

    Returns
    -------
    object
        The table; a list with one dictionary per row if no such library is installed.
    """
    if backend is None:
        backend = next((name for name in _PREFERRED if find_spec(name) is not None), None)
    if backend is None:
        names = list(columns)
        rows = zip(*(_plain(columns[name]) for name in names), strict=True)
        return [dict(zip(names, row, strict=True)) for row in rows]
    if backend not in _PREFERRED and backend not in {"modin", "cudf"}:
        raise ValueError(f"backend must be one of {', '.join(_PREFERRED)}; got {backend!r}")
    columns = {encodable(name): values for name, values in columns.items()}
    floats = [
        name
        for name, values in columns.items()
        if isinstance(values, np.ndarray) and values.dtype.kind == "f"
    ]
    if backend in {"pandas", "modin", "cudf"}:
        data = {
            name: values if isinstance(values, np.ndarray) else [*map(encodable, values)]
            for name, values in columns.items()
        }
    else:
        data = {
            name: _plain(values) if name in floats or not isinstance(values, np.ndarray) else values
            for name, values in columns.items()
        }
    library: Any = backend
    frame = nw.from_dict(data, backend=library)
    if floats:
        frame = frame.with_columns(nw.col(*floats).cast(nw.Float64))
    return frame.to_native()


def _plain(values: Iterable[Any]) -> list[Any]:
    """Python values, None where a float is undefined."""
    if isinstance(values, np.ndarray):
        values = values.tolist() if values.dtype.kind != "M" else list(values)
    return [
        None if isinstance(value, float) and is_missing(value) else encodable(value)
        for value in values
    ]


def encodable(value: Any) -> Any:
    """Write out half surrogate pairs, which no library's text type can hold."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def _as_floats(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype in (np.float32, np.float64):
        return array
    return array.astype(np.float64)


def _from_objects(array: NDArray[Any]) -> NDArray[Any] | str:
    values = np.empty(len(array), dtype=np.float64)
    for row, value in enumerate(array):
        if is_missing(value):
            values[row] = np.nan
        elif isinstance(value, bool | int | float | np.bool_ | np.integer | np.floating):
            try:
                values[row] = float(value)
            except OverflowError:
                return f"holds a number in row {row} that is too large for double precision"
        else:
            return f"holds {type(value).__name__} values"
    return values


def reject_duplicates(names: Sequence[str], what: str) -> None:
    """Raise an error that names the columns that occur twice."""
    seen: set[str] = set()
    twice = {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
    if twice:
        raise ValueError(
            f"{what} has more than one column named {', '.join(sorted(map(repr, twice)))}; "
            "give each column a name of its own"
        )


def _describe(data: Any, array: NDArray[Any]) -> str:
    if array.ndim == 0:
        return type(data).__name__
    return f"an array of shape {array.shape}"


def repeated_names(error: DuplicateError) -> str:
    """Return the names that stand over several columns, and how many."""
    return ", ".join(line.strip("- ") for line in str(error).split("\n")[1:])
