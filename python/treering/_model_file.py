"""What every estimator does to be kept in a file, and to come back from one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar
from warnings import warn

import numpy as np
from sklearn.utils.validation import check_is_fitted

from treering._checks import quoted_names
from treering._core import persistence as _core
from treering._files import replace_file, writable_target

if TYPE_CHECKING:
    import os
    from pathlib import Path

# What a parameter can be set to instead of a function
_IN_PLACE_OF_FUNCTIONS = {"feature_name_combiner": "'concat'", "oob_score": "True"}

# Where `set_output` leaves what it was told
_OUTPUT = "_sklearn_output_config"

# Columns without names of a model that holds nothing else for each of them: a file of some bytes
# could ask for any number.
_MOST_UNNAMED = 1 << 20

# What the schema and the trees of a file give back
_FROM_SCHEMA = {"n_features_in_", "feature_names_in_", "n_outputs_", "classes_", "n_classes_"}


class ModelFileMixin:
    """Saving an estimator as data."""

    _kept_attributes: ClassVar[tuple[str, ...]]
    """Attributes that a file holds, besides the schema and what predicts."""

    _rebuilt_attributes: ClassVar[tuple[str, ...]] = ()
    """Attributes that follow from the rest."""

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the fitted estimator into a file that :func:`treering.load` reads.

        The file holds data and no code: class, parameters, columns, classes, trees and a checksum.
        It is written under another name, forced to the disk and renamed: a reader, or a crash,
        finds the old file or the new one, never a part.

        Parameters
        ----------
        path : str or os.PathLike
            Where to; its folder exists. ``.treering`` is a good ending.

        Returns
        -------
        pathlib.Path
            The path, absolute.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If a parameter is no data (a function, a RandomState), or if the class is not one of
            treering's.
        OSError
            If the file cannot be written; nothing is left behind.
        """
        room_of(type(self))
        check_is_fitted(self)
        target = writable_target(path, "a model")
        replace_file(target, self._file_content())
        return target

    def _file_content(self: Any, *, fitted: bool = True) -> bytes:
        """Return what a file of this estimator holds; of one that is not fitted, parameters."""
        room = room_of(type(self))
        parameters = self._file_parameters()
        if not fitted:
            self._validate_params()
            output = {name: vars(self)[name] for name in (_OUTPUT,) if name in vars(self)}
            return described(f"{room}.{type(self).__name__}", parameters, output)
        check_is_fitted(self)
        # What could not be loaded is not saved.
        self._validate_params()
        self._check_restored(self._file_predictor())
        kept = self._file_attributes()
        known = {*parameters, *self._kept_attributes, *self._rebuilt_attributes, *_FROM_SCHEMA}
        if others := sorted(vars(self).keys() - known):
            warn(
                f"a model file does not keep {quoted_names(others)}, which no fit of a "
                f"{type(self).__name__} sets",
                UserWarning,
                stacklevel=3,
            )
        return described(
            f"{room}.{type(self).__name__}",
            parameters,
            kept,
            columns=self.n_features_in_,
            names=getattr(self, "feature_names_in_", None),
            outputs=self._file_outputs(),
            predictor=self._file_predictor(),
        )

    def _file_outputs(self) -> int | list[Any] | None:
        """Return the number of outputs, or the classes of each; None if columns come out."""
        classes = getattr(self, "classes_", None)
        if classes is None:
            return getattr(self, "n_outputs_", None)
        return classes if isinstance(classes, list) else [classes]

    def _file_parameters(self: Any) -> dict[str, Any]:
        """Return the parameters that a file holds, as data."""
        parameters: dict[str, Any] = self.get_params(deep=False)
        return parameters

    def _file_attributes(self) -> dict[str, Any]:
        """Return the attributes that a file holds, as data."""
        return {name: vars(self)[name] for name in self._kept_attributes if name in vars(self)}

    def _file_predictor(self) -> Any:
        """Return the trees, if there are any."""
        return None

    def _restore_parameters(self: Any) -> None:
        """Turn the parameters that a file held into those that a user gives."""
        self._validate_params()

    def _restore_template(self: Any, attributes: dict[str, Any]) -> None:
        """Become the estimator that was saved without a fit."""
        self._restore_parameters()
        expect("attributes", attributes.keys() <= {_OUTPUT})
        if _OUTPUT in attributes:
            expect_container(attributes[_OUTPUT])
            vars(self).update(attributes)

    def _restore_outputs(self: Any, outputs: int | list[Any] | None) -> None:
        """Take the number of outputs, or their classes."""
        expect("classes_", isinstance(outputs, list) == hasattr(self, "predict_proba"))
        if isinstance(outputs, list):
            self.n_outputs_ = len(outputs)
            self._keep_classes(outputs)
        elif outputs is not None:
            self.n_outputs_ = outputs

    def _restore(
        self: Any,
        columns: int,
        names: list[str] | None,
        outputs: int | list[Any] | None,
        attributes: dict[str, Any],
        predictor: Any,
    ) -> None:
        """Become the fitted estimator that was saved, or say why that cannot be."""
        self._restore_parameters()
        self.n_features_in_ = columns
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        self._restore_outputs(outputs)
        if unknown := sorted(attributes.keys() - set(self._kept_attributes)):
            raise ValueError(f"no {type(self).__name__} has the attributes {quoted_names(unknown)}")
        vars(self).update(attributes)
        holds_trees = type(self)._file_predictor is not ModelFileMixin._file_predictor
        expect("predictor", holds_trees or predictor is None)
        self._check_restored(predictor)


def described(
    class_name: str,
    parameters: dict[str, Any],
    attributes: dict[str, Any] | None = None,
    *,
    columns: int = 0,
    names: Any = None,
    outputs: int | list[Any] | None = None,
    predictor: Any = None,
) -> bytes:
    """Write an estimator as the content of a file; without columns, one that is not fitted."""
    for name, value in parameters.items():
        if callable(value) or isinstance(value, np.random.RandomState):
            other = "None or a whole number"
            if callable(value):
                other = _IN_PLACE_OF_FUNCTIONS.get(name, "a value that is data")
            raise TypeError(
                f"{name} is {value!r:.60}, which is no data and cannot stand in a model file; "
                f"call set_params({name}=...) with {other} before you save the model"
            )
    content: bytes = _core.write_model(
        class_name=class_name,
        columns=columns,
        names=None if names is None else names.tolist(),
        outputs=outputs,
        parameters=parameters,
        attributes=attributes or {},
        predictor=predictor,
    )
    return content


def room_of(cls: type) -> str:
    """Return the room that offers a class, which is the only kind that a file can name."""
    package, _, rest = cls.__module__.partition(".")
    room = rest.partition(".")[0]
    offered = sys.modules.get(f"treering.{room}") if package == "treering" else None
    if getattr(offered, cls.__name__, None) is not cls:
        raise TypeError(
            f"{cls.__name__} is no class of treering's: a model file names those alone, since "
            "loading another would mean running code that the file asks for. Save an estimator of "
            "treering's own, or keep this one with joblib"
        )
    return room


def expect(name: str, holds: bool) -> None:
    """Refuse an attribute of a file that no fit could have set."""
    if not holds:
        raise ValueError(f"its {name.rstrip('_')} is not one that a fit sets")


def check_unnamed(columns: int, names: Any) -> None:
    """Refuse a number of columns that would be named one by one, and that nothing else confirms."""
    if names is None and columns > _MOST_UNNAMED:
        raise ValueError(
            f"it states {columns} columns without names, more than {_MOST_UNNAMED}: fit it on a "
            "table, whose names are kept"
        )


def expect_container(output: Any) -> None:
    """Refuse what no `set_output` sets."""
    expect("set_output", type(output) is dict and output.keys() <= {"transform"})
    expect("set_output", output.get("transform") in {None, "default", "pandas", "polars"})


def is_whole(value: Any, most: int = sys.maxsize) -> bool:
    """Tell whether this is a whole number from 1 to `most`."""
    return type(value) is int and 1 <= value <= most


def is_row(value: Any, length: int) -> bool:
    """Tell whether this is a row of so many floats."""
    return isinstance(value, np.ndarray) and value.shape == (length,) and value.dtype.kind == "f"
