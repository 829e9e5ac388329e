"""Columns that are computed from other columns, by formulas that a model file can hold."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from treering._checks import close_names, one_of, quoted, quoted_names, shown
from treering._model_file import ModelFileMixin, check_unnamed
from treering._validation import naming_columns, refuse_infinite
from treering.preprocessing._columns import check_transformer
from treering.preprocessing._formula import Formula, parse_formula


class FormulaFeatures(ModelFileMixin, TransformerMixin, BaseEstimator):
    """Append columns that formulas compute from the columns there are.

    The formulas are text and are read as arithmetic, so that a pipeline with them is data: it can
    be saved by :func:`treering.save`, which a transformer of your own cannot.

    Parameters
    ----------
    formulas : dict of str to str, default=None
        What each new column is: ``{"rooms_per_household": "rooms / households"}``. A formula holds
        columns by their names (``x0``, ``x1``, ... where rows have none), in backquotes if a name
        is no identifier; numbers; ``+ - * / **`` and parentheses; and the functions ``abs``,
        ``exp``, ``expm1``, ``log``, ``log1p``, ``log2``, ``log10``, ``sqrt``, ``sin``, ``cos``,
        ``minimum`` and ``maximum``. None adds nothing.
    remainder : {"passthrough", "drop"}, default="passthrough"
        Whether the columns that went in come out before the new ones.

    Attributes
    ----------
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        The columns' names, if all are text.

    See Also
    --------
    sklearn.preprocessing.FunctionTransformer : Any function of Python's.

    Notes
    -----
    A missing value makes a missing result (but for ``x ** 0`` and ``1 ** x``), and 0 / 0 or the
    root of a negative number is missing too. An
    infinite result, such as 1 / 0, is refused with its row.

    Examples
    --------
    >>> import pandas as pd
    >>> from treering.preprocessing import FormulaFeatures
    >>> homes = pd.DataFrame({"rooms": [6.0, 8.0], "households": [2.0, 1.0]})
    >>> ratios = FormulaFeatures({"rooms_per_household": "rooms / households"})
    >>> ratios.set_output(transform="pandas").fit_transform(homes)
       rooms  households  rooms_per_household
    0    6.0         2.0                  3.0
    1    8.0         1.0                  8.0
    """

    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    _kept_attributes: ClassVar = ("_sklearn_output_config",)

    def __init__(
        self, formulas: Mapping[str, str] | None = None, *, remainder: str = "passthrough"
    ) -> None:
        self.formulas = formulas
        self.remainder = remainder

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 (scikit-learn's)
        """Read the formulas and check that their columns are there.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The transformer.
        """
        self._rows(X, reset=True)
        self._parsed()
        return self

    def transform(self, X: Any) -> Any:
        """Compute the new columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        X_out : ndarray of shape (n_samples, n_features_out)
            The rows with the new columns behind, in single precision if the rows are, of the
            container that ``set_output`` asks for.
        """
        check_is_fitted(self)
        rows = self._rows(X, reset=False)
        formulas = self._parsed()
        before = self.n_features_in_ if self.remainder == "passthrough" else 0
        out = np.empty((len(rows), before + len(formulas)), dtype=rows.dtype, order="F")
        out[:, :before] = rows[:, :before]
        columns = dict(zip(self._names_in(), rows.T, strict=True))
        for place, (name, formula) in enumerate(formulas.items(), before):
            with np.errstate(all="ignore"):
                out[:, place] = formula.compute(columns)
            self._refuse_infinite(name, out[:, place], formula, columns)
        return out

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns that come out.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            The names of the columns that go in, if `fit` saw none; else the same as there.

        Returns
        -------
        feature_names_out : ndarray of str objects
            Names in, if they come out, and the names of the formulas.
        """
        check_is_fitted(self)
        names = self._names_in()
        if input_features is not None:
            given = [*np.asarray(input_features, dtype=object)]
            if hasattr(self, "feature_names_in_") and given != names:
                raise ValueError("input_features is not equal to feature_names_in_")
            if len(given) != len(names):
                raise ValueError(
                    "input_features should have length equal to number of features "
                    f"({len(names)}), got {len(given)}"
                )
            names = given
        kept = names if self.remainder == "passthrough" else []
        return np.array([*kept, *(self.formulas or ())], dtype=object)

    def _rows(self, X: Any, *, reset: bool) -> NDArray[Any]:
        with naming_columns(X):
            rows: NDArray[Any] = validate_data(
                self, X, dtype=(np.float64, np.float32), ensure_all_finite=False, reset=reset
            )
        if np.isinf(rows).any():
            refuse_infinite(self, rows, rows.dtype)
        return rows

    def _names_in(self) -> list[str]:
        names = getattr(self, "feature_names_in_", None)
        return [f"x{place}" for place in range(self.n_features_in_)] if names is None else [*names]

    def _parsed(self) -> dict[str, Formula]:
        """Read the formulas against the columns that `fit` saw."""
        self._validate_params()
        given = {} if self.formulas is None else self.formulas
        known = self._names_in()
        columns = {*known}
        if self.remainder == "passthrough" and (both := sorted(columns & {*map(str, given)})):
            raise ValueError(
                f"formulas compute {quoted_names(both)}, which the rows hold already: name the new "
                "columns otherwise"
            )
        formulas = {}
        for name, text in given.items():
            if not isinstance(name, str):
                raise TypeError(f"formulas must have names that are text; got {shown(name)}")
            formulas[name] = parse_formula(name, text)
            for column in sorted(formulas[name].columns - columns):
                hint = close_names(column, known)
                if not hasattr(self, "feature_names_in_"):
                    hint = (
                        f": they have no names of their own and are x0 to x{len(known) - 1}. Let "
                        "the step before give a table, by .set_output(transform='pandas')"
                    )
                raise ValueError(
                    f"the formula of {quoted(name)} reads {quoted(column)}, which is no column of "
                    f"the rows{hint}"
                )
        return formulas

    def _refuse_infinite(
        self, name: str, values: NDArray[Any], formula: Formula, columns: dict[str, NDArray[Any]]
    ) -> None:
        infinite = np.isinf(values)
        if infinite.any():
            row = int(np.argmax(infinite))
            read = ", ".join(f"{each} = {columns[each][row]:g}" for each in sorted(formula.columns))
            raise ValueError(
                f"the formula of {quoted(name)} is infinite in row {row} ({read}): keep it finite, "
                "for example by maximum(..., 1) below a fraction"
            )

    def _validate_params(self) -> None:
        """Check what can be checked before the columns are known."""
        one_of("remainder", self.remainder, ("passthrough", "drop"), optional=False)
        if self.formulas is not None and not isinstance(self.formulas, Mapping):
            raise TypeError(
                f"formulas must be a dict of names and formulas; got {shown(self.formulas)}"
            )

    def _check_restored(self, _predictor: None) -> None:
        check_transformer(self)
        check_unnamed(self.n_features_in_, getattr(self, "feature_names_in_", None))
        self._parsed()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
