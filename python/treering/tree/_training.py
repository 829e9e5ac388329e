"""What trees and forests share before and after the native call."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from numbers import Integral, Rational, Real
from typing import Any
from warnings import warn

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.utils import Tags, check_random_state, column_or_1d, compute_sample_weight
from sklearn.utils.validation import check_is_fitted, validate_data

from treering._core.tree import TreeParams
from treering._jobs import bounded
from treering._sklearn import Interval, RealNotInt, StrOptions, check_sample_weight
from treering._validation import (
    checked_sparse,
    compressed_rows,
    naming_columns,
    naming_labels,
    refuse_dates,
)
from treering.tree._categories import (
    Categories,
    categorical_mask,
    encode_categories,
    learn_categories,
    share_categories,
)

FLOATS = (np.float64, np.float32)
FLOAT_TYPES = frozenset(map(np.dtype, FLOATS))

TREE_CONSTRAINTS: dict[str, list[Any]] = {
    "max_depth": [Interval(Integral, 1, None, closed="left"), None],
    "min_samples_split": [
        Interval(Integral, 2, None, closed="left"),
        Interval(RealNotInt, 0.0, 1.0, closed="right"),
    ],
    "min_samples_leaf": [
        Interval(Integral, 1, None, closed="left"),
        Interval(RealNotInt, 0.0, 1.0, closed="neither"),
    ],
    "min_weight_fraction_leaf": [Interval(Real, 0.0, 0.5, closed="both")],
    "max_features": [
        Interval(Integral, 1, None, closed="left"),
        Interval(RealNotInt, 0.0, 1.0, closed="right"),
        StrOptions({"sqrt", "log2"}),
        None,
    ],
    "max_leaf_nodes": [Interval(Integral, 2, None, closed="left"), None],
    "min_impurity_decrease": [Interval(Real, 0.0, None, closed="left")],
    "random_state": ["random_state"],
    "ccp_alpha": [Interval(Real, 0.0, None, closed="left")],
    "monotonic_cst": ["array-like", None],
    "max_bins": [Interval(Integral, 2, 255, closed="both"), None],
    "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
}


class TrainingMixin:
    """What single trees and forests say of themselves, and how they check parameters."""

    categorical_features: ArrayLike | str | None
    # Where columns are categorical: arrays of categories, and the position of each. What every
    # prediction asks for is quicker to find without a default.
    _categories: Categories | None = None
    _positions: list[dict[Any, int] | None] | None

    @property
    def is_categorical_(self) -> NDArray[np.bool_] | None:
        """Which columns are categorical; None if none is."""
        check_is_fitted(self)
        return categorical_mask(self)

    @property
    def categories_(self) -> Categories | None:
        """The categories of each column, in the order by which trees split them.

        A category's place is the number that thresholds are compared with. None stands for columns
        that are not categorical, or for the whole list if no column is.
        """
        check_is_fitted(self)
        return self._categories

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = self.categorical_features is None
        tags.target_tags.multi_output = True
        return tags

    def _validate_params(self: Any) -> None:
        # scikit-learn's own check takes these for numbers, or stumbles over them.
        for name, value in self.get_params(deep=False).items():
            if isinstance(value, np.timedelta64):
                raise TypeError(f"{name} must be a number; got {value!r}, a length of time")
            if isinstance(value, Rational) and not isinstance(value, Integral):
                raise TypeError(f"{name} must be an int or a float; got {value!r:.60}: use float()")
        super()._validate_params()  # type: ignore[misc]

    def _weigh(
        self, _y: NDArray[Any], weights: NDArray[np.float64] | None
    ) -> NDArray[np.float64] | None:
        """Weights of rows from those given; classifiers multiply them by those of the classes."""
        return weights


@contextmanager
def unchanged_if_it_fails(estimator: Any) -> Iterator[None]:
    """Leave an estimator as it was if its fit fails: old trees know nothing of new labels."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def validate_training(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    *,
    check_input: bool = True,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
    """Check a training set; the core itself looks for infinite values while it reads X."""
    if issparse(y):
        raise TypeError(f"y is a sparse {type(y).__name__}, expected an array: pass y.toarray()")
    rows: Any = learn_categories(estimator, checked_sparse(X))
    labels: Any = y
    if check_input:
        with naming_labels(y), naming_columns(rows):
            rows, labels = validate_data(
                estimator,
                rows,
                y,
                accept_sparse="csr",
                dtype=FLOATS,
                ensure_all_finite=False,
                multi_output=True,
            )
            if labels.ndim == 2 and labels.shape[1] == 1:
                # scikit-learn's forests and boosted trees warn of it, its trees do not.
                warns = hasattr(estimator, "n_estimators") or hasattr(estimator, "max_iter")
                labels = column_or_1d(labels, warn=warns)
    else:
        _require_array("X", X, 2)
        _require_array("y", y, 1, 2)
        estimator.n_features_in_ = rows.shape[1]
    rows = compressed_rows(estimator, rows)
    if estimator._categories is not None:
        rows = np.require(rows, requirements="W")  # the order of the categories is to come
    if sample_weight is None:
        return rows, labels, None
    return rows, labels, checked_weights("sample_weight", sample_weight, rows)


def checked_weights(name: str, given: ArrayLike, rows: Any) -> NDArray[np.float64]:
    """Check a weight for each row."""
    refuse_dates(name, given)
    try:
        weights: NDArray[np.float64] = check_sample_weight(
            given, rows, dtype=np.float64, ensure_non_negative=True
        )
    except (ArithmeticError, TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        first_line = str(error).split("\n", 1)[0]
        raise kind(
            f"{name} must hold a finite number of 0 or more for each of the "
            f"{rows.shape[0]} rows, some of them above 0 ({first_line})"
        ) from error
    return weights


def _require_array(name: str, given: Any, *dimensions: int) -> None:
    """Refuse what only the checks that ``check_input=False`` skips would make an array of."""
    if (isinstance(given, np.ndarray) or issparse(given)) and given.ndim in dimensions:
        return
    shape = f" of shape {given.shape}" if hasattr(given, "shape") else ""
    raise TypeError(
        f"check_input=False needs {name} as an array of {' or '.join(map(str, dimensions))} "
        f"dimensions; got {type(given).__name__}{shape}: convert it with numpy.asarray, or leave "
        "check_input=True"
    )


def adopt_columns(estimator: Any, other: Any) -> None:
    """Take over what another estimator saw of the columns."""
    estimator.n_features_in_ = other.n_features_in_
    if hasattr(other, "feature_names_in_"):
        estimator.feature_names_in_ = other.feature_names_in_
    share_categories(estimator, other)


def adopt_labels(estimator: Any, other: Any) -> None:
    """Take over what another estimator of the same kind learned of the labels."""
    estimator.n_outputs_ = other.n_outputs_
    if is_classifier(estimator):
        estimator.classes_, estimator.n_classes_ = other.classes_, other.n_classes_


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Draw the seed that all random choices of a fit derive from."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int64).max, dtype=np.int64))


def count_features(max_features: float | str | None, columns: int) -> int:
    """Turn ``max_features`` into a number of columns, as scikit-learn does."""
    if max_features is None:
        return columns
    if max_features == "sqrt":
        return max(1, int(np.sqrt(columns)))
    if max_features == "log2":
        return max(1, int(np.log2(columns)))
    if isinstance(max_features, Integral):
        return int(max_features)
    return max(1, int(float(max_features) * columns))


def tree_params(estimator: Any, rows: int, columns: int, *, splitter: str = "best") -> TreeParams:
    """Turn an estimator's parameters into numbers of rows and columns."""
    leaf = estimator.min_samples_leaf
    min_samples_leaf = int(leaf) if isinstance(leaf, Integral) else ceil(leaf * rows)
    split = estimator.min_samples_split
    min_samples_split = int(split) if isinstance(split, Integral) else max(2, ceil(split * rows))
    # No node has more rows than there are: beyond them, a minimum can only be missed.
    min_samples_leaf = min(min_samples_leaf, rows + 1)
    min_samples_split = min(min_samples_split, rows + 1)
    return TreeParams(
        criterion=estimator.criterion,
        splitter=splitter,
        max_depth=bounded(estimator.max_depth),
        min_samples_split=max(min_samples_split, 2 * min_samples_leaf),
        min_samples_leaf=min_samples_leaf,
        min_weight_fraction_leaf=float(estimator.min_weight_fraction_leaf),
        max_features=min(count_features(estimator.max_features, columns), columns),
        max_leaf_nodes=bounded(estimator.max_leaf_nodes),
        min_impurity_decrease=float(min(estimator.min_impurity_decrease, sys.float_info.max)),
        ccp_alpha=float(min(estimator.ccp_alpha, sys.float_info.max)),
        monotonic=monotonic_signs(estimator, columns),
        max_bins=bounded(estimator.max_bins),
    )


def monotonic_signs(estimator: Any, columns: int) -> list[int]:
    """Check monotonic constraints; empty without any, or if none constrains."""
    if estimator.monotonic_cst is None:
        return []
    n_outputs = getattr(estimator, "n_outputs_", 1)
    if n_outputs > 1:
        raise ValueError(
            "Monotonicity constraints are not supported with multiple outputs: got "
            f"{n_outputs} outputs. Train one model for each of them"
        )
    if is_classifier(estimator):
        classes = estimator.n_classes_
        if classes > 2:
            raise ValueError(
                f"Monotonicity constraints are not supported with multiclass classification: got "
                f"{classes} classes"
            )
    signs = checked_signs(estimator, estimator.monotonic_cst, columns)
    if is_classifier(estimator):
        # The core compares the shares of the first of two classes.
        signs = -signs
    return signs.astype(np.int8).tolist() if signs.any() else []


def checked_signs(estimator: Any, given: Any, columns: int) -> NDArray[np.float64]:
    """Check that monotonic constraints are -1, 0 or 1, one for each column, 0 for categories."""
    try:
        signs = np.asarray(given, dtype=np.float64)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(
            "monotonic_cst must be None or an array-like of -1, 0 or 1, one for each column; got "
            f"{given!r:.100}"
        ) from error
    if signs.ndim != 1 or signs.shape[0] != columns:
        shape = signs.shape[0] if signs.ndim == 1 else signs.shape
        raise ValueError(
            f"monotonic_cst has shape {shape} but the input data X has {columns} features."
        )
    if not np.isin(signs, (-1, 0, 1)).all():
        raise ValueError(
            "monotonic_cst must be None or an array-like of -1, 0 or 1, but got "
            f"{np.unique(given).tolist()}"
        )
    mask = categorical_mask(estimator)
    if mask is not None and signs[mask].any():
        raise ValueError(
            "Categorical features cannot have monotonic constraints. monotonic_cst constrains "
            f"the columns {np.flatnonzero(mask & (signs != 0)).tolist()}, which are categorical: "
            "set it to 0 there"
        )
    return signs


def weigh_classes(
    class_weight: dict[Any, float] | list[dict[Any, float]] | str,
    y: NDArray[Any],
    weights: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Multiply the weights of rows by those of their classes."""
    if not isinstance(class_weight, str):
        for named in class_weight if isinstance(class_weight, list) else [class_weight]:
            _check_class_weights(named)
    expanded: NDArray[np.float64] = compute_sample_weight(class_weight, y)
    with np.errstate(over="ignore"):
        if weights is not None:
            expanded = expanded * weights
        total = expanded.sum()
    if not 0 < total < np.inf:
        given = "" if weights is None else ", multiplied by sample_weight,"
        raise ValueError(
            f"class_weight={class_weight!r}{given} makes rows of a total weight of {total}; "
            "expected a finite total above 0"
        )
    return expanded


def _check_class_weights(named: Any) -> None:
    if not isinstance(named, dict):
        raise TypeError(
            "class_weight must hold a dict of classes and weights for each output; got "
            f"{named!r:.60}"
        )
    for label, weight in named.items():
        number: Any = weight
        if not (isinstance(weight, Real) and 0 <= number <= sys.float_info.max):
            raise ValueError(
                f"class_weight gives the class {label!r} the weight {weight!r:.40}; expected "
                "a finite number of 0 or more"
            )


def validate_rows(estimator: Any, X: ArrayLike, *, check_input: bool = True) -> NDArray[Any]:
    """Check rows to predict.

    An array that is already right skips scikit-learn's generic checks, which take longer than a
    prediction of one row.
    """
    if type(X) is np.ndarray and X.ndim == 2 and X.dtype in FLOAT_TYPES:
        count, columns = X.shape
        if count and columns == estimator.n_features_in_ and estimator._positions is None:
            if check_input and hasattr(estimator, "feature_names_in_"):
                # In scikit-learn's words, which its users may filter by.
                warn(
                    f"X does not have valid feature names, but {type(estimator).__name__} was "
                    "fitted with feature names",
                    UserWarning,
                    stacklevel=2,
                )
            return X
    checked: Any = checked_sparse(X)
    if estimator._positions is not None:
        checked = encode_categories(estimator, checked)
    if check_input:
        with naming_columns(checked):
            checked = validate_data(
                estimator,
                checked,
                accept_sparse="csr",
                dtype=FLOATS,
                reset=False,
                ensure_all_finite=False,
            )
    else:
        _require_array("X", X, 2)
    rows: NDArray[Any] = compressed_rows(estimator, checked)
    return rows
