"""Columns of text for encoders: read by the core, from where they lie."""

import warnings
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import validate_data

from treering._checks import quoted
from treering._core.categories import CategoryTable
from treering._frames import as_objects
from treering._model_file import ModelFileMixin, expect
from treering._validation import naming_repeated
from treering.preprocessing._columns import check_transformer, is_special


def read_texts(encoder: Any, X: Any) -> CategoryTable | None:
    """Read a table whose columns hold texts, None and NaN; None for any other."""
    columns = None if is_special(encoder, X) else _columns(X)
    if not columns or not len(columns[0]):
        return None
    # What is missing from a column of pandas is NaN, from others None.
    table = CategoryTable.read(columns, type(X).__module__.partition(".")[0] != "pandas")
    if table is None:
        for column in columns:
            _validate(column, full=True)  # before others read it
    return table


def _validate(column: Any, *, full: bool = False) -> None:
    """Raise pyarrow's error for a column of pyarrow whose parts do not fit; a file may say so."""
    if hasattr(column, "validate"):
        column.validate(full=full)


def _columns(X: Any) -> list[Any] | None:
    """Return columns that may hold texts, each as an array of objects or by the Arrow interface."""
    if type(X) is np.ndarray:
        return list(X.T) if X.ndim == 2 and X.dtype == object else None
    library, kind = type(X).__module__.partition(".")[0], type(X).__name__
    if (library, kind) == ("pandas", "DataFrame"):
        columns = [_pandas_column(X.iloc[:, place]) for place in range(X.shape[1])]
        if any(column is None for column in columns):
            return None
    elif (library, kind) == ("polars", "DataFrame"):
        columns = X.get_columns() if {str(dtype) for dtype in X.dtypes} == {"String"} else []
    elif (library, kind) == ("pyarrow", "Table"):
        columns = X.columns if {str(dtype) for dtype in X.schema.types} <= _ARROW_TEXTS else []
    else:
        return None
    for column in columns:
        _validate(column)
    return columns


_ARROW_TEXTS = {"string", "large_string", "string_view"}


def _pandas_column(column: Any) -> Any:
    if column.dtype == object:
        return column.to_numpy()
    # pandas' older type of text stands for what is missing by NA, which no other container knows.
    if type(column.dtype).__name__ != "StringDtype" or not isinstance(column.dtype.na_value, float):
        return None
    if column.dtype.storage == "pyarrow":
        return column.array.__arrow_array__()
    return column.to_numpy(dtype=object)


# Kinds of the values that encoders write to a file.
_KINDS = "biuf"


class TextColumnsMixin(ModelFileMixin):
    """What encoders do with columns of text, in place of scikit-learn's loops over objects."""

    _kept_attributes: ClassVar[tuple[str, ...]] = (
        "categories_",
        "drop_idx_",
        "_infrequent_enabled",
        "_infrequent_indices",
        "_default_to_infrequent_mappings",
        "_drop_idx_after_grouping",
        "_missing_indices",
        "_n_features_outs",
        "_sklearn_output_config",
    )

    def _file_parameters(self) -> dict[str, Any]:
        parameters = super()._file_parameters()
        dtype = np.dtype(parameters["dtype"])
        if dtype.kind not in _KINDS:
            raise TypeError(
                f"dtype is {dtype}, of which a file holds no values; give a dtype of numbers, such "
                "as float64, and fit again"
            )
        return parameters | {"dtype": dtype.str}

    def _restore_parameters(self: Any) -> None:
        expect("dtype", isinstance(self.dtype, str) and np.dtype(self.dtype).kind in _KINDS)
        self.dtype = np.dtype(self.dtype).type
        super()._restore_parameters()

    def _check_restored(self: Any, _predictor: None) -> None:
        check_transformer(self)
        columns = self.n_features_in_
        for name in ("categories_", "_infrequent_indices", "_default_to_infrequent_mappings"):
            rows = vars(self).get(name, [] if name == "categories_" else [None] * columns)
            is_list = isinstance(rows, list) and len(rows) == columns
            may_lack = name != "categories_"
            are_rows = is_list and all(
                _is_vector(row) or (row is None and may_lack) for row in rows
            )
            expect(name, are_rows)
        expect("_infrequent_enabled", isinstance(vars(self).get("_infrequent_enabled"), bool))
        for place, categories in enumerate(self.categories_):
            # Among numbers, scikit-learn looks by halves.
            expect("categories_", categories.dtype.kind in "OUS" or _ascend(categories))
            self._check_places(place, len(categories))
        if hasattr(self, "_compute_n_features_outs"):  # whatever the file says
            self._n_features_outs = self._compute_n_features_outs()

    def _named(self: Any, column: int) -> str:
        names = getattr(self, "feature_names_in_", None)
        return "" if names is None else f" (column {column} is {quoted(names[column])})"

    def _check_places(self: Any, column: int, count: int) -> None:
        """Refuse places that leave a column's categories: they index a matrix unasked."""

        def of_column(name: str) -> Any:
            rows = vars(self).get(name)
            return None if rows is None else rows[column]

        rare = of_column("_infrequent_indices")
        groups = of_column("_default_to_infrequent_mappings")
        expect("_infrequent_indices", rare is None or _are_places(rare, count))
        expect("_infrequent_indices", rare is None or len(np.unique(rare)) == len(rare))
        kept = count if rare is None else count - len(rare) + 1
        expect("_default_to_infrequent_mappings", (rare is None) == (groups is None))
        missing: Any = vars(self).get("_missing_indices", {})
        expect("_missing_indices", type(missing) is dict)
        place = missing.get(column)
        expect("_missing_indices", place is None or (type(place) is int and 0 <= place < count))
        if groups is not None:
            # A missing value is in no group.
            are_groups = _are_places(groups, kept) and len(groups) == count - (place is not None)
            expect("_default_to_infrequent_mappings", are_groups)
        for name, most in (("drop_idx_", count), ("_drop_idx_after_grouping", kept)):
            dropped = vars(self).get(name)
            if dropped is not None:
                expect(name, _is_vector(dropped) and len(dropped) == self.n_features_in_)
                own = dropped[column]
                is_whole = isinstance(own, int | np.integer)
                expect(name, own is None or (is_whole and bool(0 <= own < most)))

    def fit_transform(self: Any, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Learn the categories, and encode the same rows: texts are read once.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.
        **fit_params : object
            For `fit`; there are none.

        Returns
        -------
        X_out : {ndarray, sparse matrix} of shape (n_samples, n_features_out)
            The encoded rows, of the container that ``set_output`` asks for.
        """
        self._texts_of_fit = None
        try:
            return super().fit_transform(X, y, **fit_params)  # type: ignore[misc]
        finally:
            del self._texts_of_fit

    def _fit(self: Any, X: Any, **options: Any) -> dict[str, Any]:
        automatic = isinstance(self.categories, str) and self.categories == "auto"
        table = read_texts(self, X) if automatic else None
        if "_texts_of_fit" in vars(self):
            self._texts_of_fit = table
        if table is None:
            with naming_repeated():
                by_scikit_learn: dict[str, Any] = super()._fit(X, **options)  # type: ignore[misc]
            return by_scikit_learn
        self._check_infrequent_enabled()
        with naming_repeated():
            validate_data(self, X=X, reset=True, skip_check_array=True)
        learned = table.learn()
        self.n_features_in_ = len(learned)
        self.categories_ = [as_objects(categories) for categories, _ in learned]
        counts = [counts for _, counts in learned]
        output: dict[str, Any] = {"n_samples": len(X)}
        if options.get("return_counts"):
            output["category_counts"] = counts
        missing = {}
        if options.get("return_and_ignore_missing_for_infrequent"):
            for place, (categories, _) in enumerate(learned):
                if isinstance(categories[-1], float):
                    missing[place] = len(categories) - 1
            output["missing_indices"] = missing
        if self._infrequent_enabled:
            self._fit_infrequent_category_mapping(len(X), counts, missing)
        return output

    def _transform(self: Any, X: Any, **options: Any) -> tuple[Any, Any]:
        table = vars(self).get("_texts_of_fit") or read_texts(self, X)
        known = [categories.tolist() for categories in self.categories_]
        found = table.find(known) if table is not None and _width(X) == len(known) else None
        if found is None:
            with naming_repeated():
                by_scikit_learn: tuple[Any, Any] = super()._transform(X, **options)  # type: ignore[misc]
            return by_scikit_learn
        with naming_repeated():
            validate_data(self, X=X, reset=False, skip_check_array=True)
        places, unknown = found
        mask = places >= 0
        handle_unknown = options.get("handle_unknown", "error")
        strangers = [place for place, values in enumerate(unknown) if values]
        if strangers and handle_unknown == "error":
            raise ValueError(
                f"Found unknown categories {unknown[strangers[0]]} in column {strangers[0]} during "
                f"transform{self._named(strangers[0])}; handle_unknown says what is made of such"
            )
        if strangers and options.get("warn_on_unknown"):
            become = "as all zeros"
            if handle_unknown == "infrequent_if_exist":
                become = "as the infrequent category."
            warnings.warn(
                f"Found unknown categories in columns {strangers} during transform. These unknown "
                f"categories will be encoded {become}",
                UserWarning,
                stacklevel=2,
            )
        places[~mask] = 0
        self._map_infrequent_categories(places, mask, options.get("ignore_category_indices"))
        return places, mask


def _ascend(numbers: Any) -> bool:
    """Whether they ascend, with NaN behind all."""
    known = numbers[:-1] if np.isnan(numbers[-1:]).any() else numbers
    return bool((known[:-1] < known[1:]).all()) and not np.isnan(known).any()


def _are_places(value: Any, count: int) -> bool:
    return (
        _is_vector(value)
        and value.dtype.kind in "iu"
        and bool(((value >= 0) & (value < count)).all())
    )


def _is_vector(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 1


def _width(X: Any) -> int:
    return int(X.shape[1])
