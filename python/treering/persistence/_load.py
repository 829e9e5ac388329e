"""A fitted estimator from a file that nobody vouches for."""

from __future__ import annotations

import errno
import os
import stat
from functools import partial
from importlib import import_module
from inspect import signature
from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from treering._checks import quoted_names, shown
from treering._core import ModelFileError, __version__
from treering._core import persistence as _core
from treering._model_file import expect
from treering.persistence._composites import (
    COMPOSITES,
    MOST_NESTED,
    composite_name,
    read_composite,
)

# The classes that a file may name, by their rooms: nothing else is ever imported for one.
CLASSES = {
    "ensemble": (
        "ExtraTreesClassifier",
        "ExtraTreesRegressor",
        "HistGradientBoostingClassifier",
        "HistGradientBoostingRegressor",
        "IsolationForest",
        "RandomForestClassifier",
        "RandomForestRegressor",
    ),
    "linear_model": ("ElasticNet", "Lasso", "LinearRegression", "LogisticRegression", "Ridge"),
    "preprocessing": (
        "FormulaFeatures",
        "MaxAbsScaler",
        "MinMaxScaler",
        "OneHotEncoder",
        "OrdinalEncoder",
        "RobustScaler",
        "SimpleImputer",
        "StandardScaler",
    ),
    "tree": (
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "ExtraTreeClassifier",
        "ExtraTreeRegressor",
    ),
}

# What a file that does not hold together makes Python raise
_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

# What other files begin with, what they are, and what to do
_OTHERS = (
    (b"TRREFTAB", "a reference table: read it by treering.drift.Reference.from_bytes"),
    (b"\x80", "a pickle, which treering never opens; joblib.load does, and runs what it says"),
    (b"PK", "a zip archive: unpack it first, or give the file that model.save wrote"),
    (b"\x1f\x8b", "compressed: unpack it first"),
    (b"\x78", "compressed: unpack it first"),
    (b"{", "JSON or text; give the file that model.save wrote"),
    (b"[", "JSON or text; give the file that model.save wrote"),
)


def load(path: str | os.PathLike[str]) -> Any:
    """Read a fitted estimator that its method ``save`` wrote.

    The file is data: reading it runs nothing of it, whoever made it, and takes memory of no more
    than a fixed multiple of its length.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    estimator
        An estimator of the class that was saved, with its parameters and fitted attributes. What
        it predicts is equal to the bit.

    Raises
    ------
    treering.ModelFileError
        If the file is not a whole, unaltered model, or if a newer treering wrote it.
    OSError
        If the file does not exist or cannot be read.
    TypeError
        If `path` is no path.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> import treering
    >>> from treering.ensemble import RandomForestClassifier
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X, y)
    >>> path = forest.save(Path(tempfile.mkdtemp()) / "iris.treering")
    >>> again = treering.load(path)
    >>> again
    RandomForestClassifier(random_state=0)
    >>> bool((again.predict_proba(X) == forest.predict_proba(X)).all())
    True
    """
    try:
        given = os.fspath(path)
    except TypeError:
        raise TypeError(f"path must be the path of a file; got {shown(path)}") from None
    if isinstance(given, bytes):
        raise TypeError(
            f"path must be the path of a file, as text; got {shown(given)}. The bytes of a model "
            "are loaded from a file"
        )
    given = os.path.expanduser(given)  # noqa: PTH111 (a Path would lose a leading "./")
    try:
        model = _restored(_read(given))
        _check_fitted(model)
    except ModelFileError as error:
        raise ModelFileError(f"{given!r} cannot be loaded: {error}") from error
    return model


def _check_fitted(model: Any) -> None:
    """Refuse a composite some of whose parts are not fitted, as scikit-learn sees it."""
    try:
        check_is_fitted(model)
    except (*_FAULTS, NotFittedError) as error:
        raise ModelFileError(f"it is not fitted: {error}") from error


def _read(path: str) -> bytes:
    """Read a file whole, if it begins as a model does."""
    # A pipe that nobody writes to would never open.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(
                errno.EISDIR, "a folder, not a file that model.save wrote", path
            )
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError(
                "it is no regular file but a pipe or a device; copy what it gives into a file"
            )
        with os.fdopen(handle, "rb", closefd=False) as file:
            head = file.read(_core.HEADER)
            if not head:
                raise ModelFileError("it is empty; copy it again")
            for start, what in _OTHERS:
                if head.startswith(start):
                    raise ModelFileError(f"it is {what}")
            _core.check_header(head, status.st_size)
            file.seek(0)
            return file.read(status.st_size)
    finally:
        os.close(handle)


def _restored(data: bytes, depth: int = 0, *, fitted: bool = True) -> Any:
    """Make the estimator that the content of a file holds, and its parts."""
    if depth > MOST_NESTED:
        raise ModelFileError(f"its parts stand more than {MOST_NESTED} deep in one another")
    try:
        name, version, columns, names, outputs, *fields, predictor = _core.read_model(data)
        parameters, attributes = fields
        cls = _class_of(name, version)
        if unknown := sorted(map(str, parameters.keys() - signature(cls).parameters.keys())):
            raise ModelFileError(
                f"its parameters {quoted_names(unknown)} are ones that {_unknown(version)}"
            )
        # Parameters that are younger than the file have their defaults.
        estimator = cls(**parameters)
        if cls in COMPOSITES:
            expect("predictor", predictor is None and outputs is None)
            read = partial(_restored, depth=depth + 1)
            read_composite(estimator, columns, names, attributes, read, fitted=fitted)
        elif columns:
            estimator._restore(columns, names, outputs, attributes, predictor)
        else:
            expect("columns", not fitted)
            estimator._restore_template(attributes)
    except (*_FAULTS, RecursionError) as error:
        raise ModelFileError(f"it does not hold together: {error}") from error
    return estimator


def _class_of(name: str, version: str) -> Any:
    room, _, class_name = name.partition(".")
    if class_name in CLASSES.get(room, ()):
        return getattr(import_module(f"treering.{room}"), class_name)
    for cls in COMPOSITES:
        if name == composite_name(cls):
            return cls
    raise ModelFileError(f"it holds {quoted_names([name])}, which {_unknown(version)}")


def _unknown(version: str) -> str:
    return (
        f"treering {__version__} does not know; {quoted_names([version])} wrote it: upgrade "
        "treering, or save the model anew"
    )
