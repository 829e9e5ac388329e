"""What scikit-learn's composites keep in a model file: their parts, each the content of its own.

A part stands in the file as bytes. Lists of parts keep the shape that scikit-learn gives them:
``(name, part)`` in a Pipeline, ``(name, part, columns)`` in a ColumnTransformer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, LabelEncoder
from sklearn.utils import Bunch

from treering._checks import quoted
from treering._model_file import check_unnamed, expect, expect_container

# Writes a part: the estimator, the words that name its place, and whether it is fitted.
Write: TypeAlias = Callable[..., bytes]
# Reads one: its bytes, and whether it shall be fitted.
Read: TypeAlias = Callable[..., Any]
Fields: TypeAlias = dict[str, Any]
Words: TypeAlias = tuple[str | None, ...]

# How deep composites may stand in one another. Each takes a copy of what it holds, and
# scikit-learn asks every one of them for its tags several times, which ask their own parts.
MOST_NESTED = 6

# Functions of numpy that take an array of numbers and give one: a file names one of these.
_FUNCTIONS = (
    *("abs", "absolute", "arcsinh", "arctan", "cbrt", "ceil", "cos", "exp", "exp2", "expm1"),
    *("floor", "log", "log10", "log1p", "log2", "nan_to_num", "negative", "reciprocal", "rint"),
    *("sign", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc"),
)

# What these are given besides rows. `where` and `out` would show memory, or write to the caller's.
_ARGUMENTS = {np.nan_to_num: ("nan", "posinf", "neginf")}


@dataclass(frozen=True)
class Composite:
    """How one class of scikit-learn's is written and read."""

    write: Callable[[Any, Write, bool], tuple[Fields, Fields]]
    """From a model: its parameters and attributes as data."""
    read: Callable[[Any, Fields, Read, bool], None]
    """What a new model of the class, with its parameters set, becomes by its attributes."""
    words: Words = ()
    """What may stand in the place of a part."""
    left_out: tuple[str, ...] = ("n_jobs",)
    """Parameters that have their defaults in a file: of the machine, not of the model."""
    keeps_columns: bool = False
    """Whether it has the number of its columns; else its parts tell."""
    keeps_names: bool = False
    """Whether it has their names."""


def write_composite(model: Any, write: Write, *, fitted: bool) -> tuple[Fields, Fields]:
    """Turn a composite into parameters and attributes that are data."""
    composite = COMPOSITES[type(model)]
    if composite.keeps_columns and fitted:
        check_unnamed(
            getattr(model, "n_features_in_", 0), getattr(model, "feature_names_in_", None)
        )
    parameters, attributes = composite.write(model, write, fitted)
    if "_sklearn_output_config" in vars(model):
        attributes["_sklearn_output_config"] = model._sklearn_output_config
    given = model.get_params(deep=False)
    others = {name: given[name] for name in given.keys() - {*composite.left_out}}
    return others | parameters, attributes


def read_composite(
    model: Any,
    columns: int,
    names: list[str] | None,
    attributes: Fields,
    read: Read,
    *,
    fitted: bool,
) -> None:
    """Turn a composite with its parameters into what its file holds."""
    composite = COMPOSITES[type(model)]
    for name in composite.left_out:
        expect(name, getattr(model, name) is None)
    output = attributes.pop("_sklearn_output_config", None)
    if composite.keeps_columns and columns:
        check_unnamed(columns, names)
        model.n_features_in_ = columns
    if composite.keeps_names and names is not None:
        model.feature_names_in_ = np.array(names, dtype=object)
    composite.read(model, attributes, read, fitted)  # takes what it knows out of them
    expect("attributes", not attributes)
    if hasattr(model, "_parameter_constraints"):  # a FeatureUnion checks none
        model._validate_params()
    if output is not None:
        expect_container(output)
        model._sklearn_output_config = output


def _write_parts(
    parts: list[Any], kind: str, write: Write, *, fitted: bool
) -> list[tuple[str, Any]]:
    """Write the parts of a list of names and estimators."""
    return [(name, _written(part, f"{kind} {quoted(name)}", write, fitted)) for name, part in parts]


def _written(part: Any, place: str, write: Write, fitted: bool) -> Any:
    if part is None or isinstance(part, str):
        return part
    try:
        return write(part, place, fitted=fitted)
    except TypeError as error:
        raise error if place in str(error) else TypeError(f"{place}: {error}") from error


def _read_parts(parts: Any, words: Words, read: Read, *, fitted: bool) -> list[tuple[str, Any]]:
    expect("parts", isinstance(parts, list) and parts != [])
    for part in parts:
        expect("parts", isinstance(part, tuple) and len(part) == 2 and isinstance(part[0], str))
    expect("parts", len({name for name, _ in parts}) == len(parts))
    return [(name, _read(part, words, read, fitted)) for name, part in parts]


def _read(part: Any, words: Words, read: Read, fitted: bool) -> Any:
    if isinstance(part, bytes):
        return read(part, fitted=fitted)
    expect("parts", (part is None or isinstance(part, str)) and part in words)
    return part


# ---- Pipeline and FeatureUnion: the list of parts is fitted in its place


def _write_list(
    name: str, kind: str, model: Any, write: Write, fitted: bool
) -> tuple[Fields, Fields]:
    parts = _write_parts(getattr(model, name), kind, write, fitted=fitted)
    attributes = {}
    if fitted and "_transformers_feature_names_out" in vars(model):
        lists = model._transformers_feature_names_out
        attributes["_transformers_feature_names_out"] = [list(names) for names in lists]
    return {name: parts}, attributes


def _read_list(name: str, model: Any, attributes: Fields, read: Read, fitted: bool) -> None:
    words = COMPOSITES[type(model)].words
    setattr(model, name, _read_parts(getattr(model, name), words, read, fitted=fitted))
    names = attributes.pop("_transformers_feature_names_out", None)
    if names is not None:
        expect("names", isinstance(names, list) and all(isinstance(each, list) for each in names))
        model._transformers_feature_names_out = [np.array(each, dtype=object) for each in names]


# ---- ColumnTransformer: what was given and what was fitted stand beside one another


def _write_columns(model: Any, write: Write, fitted: bool) -> tuple[Fields, Fields]:
    chosen = model._columns if fitted else [columns for *_, columns in model.transformers]
    if fitted:
        _check_names(model, [name for name, *_ in model.transformers_ if name != "remainder"])
    parameters: Fields = {
        "transformers": [
            (name, _written(part, _place(name), write, False), _as_data(model, each, fitted))
            for (name, part, _), each in zip(model.transformers, chosen, strict=True)
        ],
        "remainder": _written(model.remainder, "the remainder", write, False),
    }
    if not fitted:
        return parameters, {}
    places = model._transformer_to_input_indices
    attributes: Fields = {
        # Where no column was chosen, nothing was fitted.
        "transformers_": [
            (
                name,
                _written(part, _place(name), write, bool(len(places[name]))),
                _as_data(model, each, fitted),
            )
            for name, part, each in model.transformers_
        ],
        "places": {name: [int(place) for place in found] for name, found in places.items()},
        "remainder": _as_data(model, model._remainder[2], fitted),
        "output_indices_": {
            name: (span.start, span.stop) for name, span in model.output_indices_.items()
        },
        "sparse_output_": bool(model.sparse_output_),
    }
    if "_transformers_feature_names_out" in vars(model):
        attributes["names_out"] = list(model._transformers_feature_names_out)
    return parameters, attributes


def _place(name: str) -> str:
    return f"transformer {quoted(name)}"


def _check_names(model: Any, fitted: list[str]) -> None:
    if [name for name, *_ in model.transformers] != fitted:
        raise ValueError(
            f"the transformers of the {type(model).__name__} were changed after it was fitted "
            f"({', '.join(map(quoted, fitted))}): fit it again before you save it"
        )


def _as_data(model: Any, columns: Any, fitted: bool) -> Any:
    """Return names or places of columns; those that a slice chose one by one."""
    if not fitted and (callable(columns) or isinstance(columns, slice)):
        raise TypeError(
            "a ColumnTransformer that is not fitted itself, as a part of another one, keeps no "
            "slice and no function that chooses its columns: give it their names"
        )
    if isinstance(columns, np.generic):
        return columns.item()
    if isinstance(columns, tuple):
        return [*columns]
    if not isinstance(columns, slice):
        return columns
    if not isinstance(columns.start, str) and not isinstance(columns.stop, str):
        return [*range(model.n_features_in_)[columns]]
    names = model.feature_names_in_.tolist()
    start = None if columns.start is None else names.index(columns.start)
    stop = None if columns.stop is None else names.index(columns.stop) + 1
    return names[start : stop : columns.step]


def _read_columns(model: Any, attributes: Fields, read: Read, fitted: bool) -> None:
    model.transformers = _read_triples(model.transformers, read, lambda _: False)
    model.remainder = _read(model.remainder, COMPOSITES[type(model)].words, read, False)
    if not fitted:
        return
    places = attributes.pop("places")
    columns = range(model.n_features_in_)
    names = {name for name, *_ in model.transformers} | {"remainder"}
    expect("places", type(places) is dict and places.keys() <= names)
    for found in places.values():
        expect("places", isinstance(found, list))
        expect("places", all(type(place) is int and place in columns for place in found))
    model.transformers_ = _read_triples(
        attributes.pop("transformers_"), read, lambda name: bool(places[name])
    )
    expect("parts", [name for name, *_ in model.transformers_ if name not in names] == [])
    model._transformer_to_input_indices = places
    model._columns = [chosen for *_, chosen in model.transformers]
    model._remainder = ("remainder", model.remainder, attributes.pop("remainder"))
    spans = attributes.pop("output_indices_")
    expect("output_indices_", type(spans) is dict)
    for span in spans.values():
        expect("output_indices_", isinstance(span, tuple) and len(span) == 2)
        expect("output_indices_", all(type(end) is int for end in span))
    model.output_indices_ = {name: slice(*span) for name, span in spans.items()}
    model.sparse_output_ = attributes.pop("sparse_output_")
    expect("sparse_output_", type(model.sparse_output_) is bool)
    names_out = attributes.pop("names_out", None)
    if names_out is not None:
        expect("names", isinstance(names_out, list))
        model._transformers_feature_names_out = np.array(names_out, dtype=object)


def _read_triples(
    parts: Any, read: Read, is_fitted: Callable[[str], bool]
) -> list[tuple[str, Any, Any]]:
    expect("parts", isinstance(parts, list))
    for part in parts:
        expect("parts", isinstance(part, tuple) and len(part) == 3 and isinstance(part[0], str))
        expect("parts", isinstance(part[2], str | int | list | np.ndarray))
    expect("parts", len({name for name, *_ in parts}) == len(parts))
    words = COMPOSITES[ColumnTransformer].words
    return [
        (name, _read(part, words, read, is_fitted(name)), columns) for name, part, columns in parts
    ]


# ---- Voting


def _write_votes(model: Any, write: Write, fitted: bool) -> tuple[Fields, Fields]:
    parameters = {
        "estimators": _write_parts(model.estimators, "estimator", write, fitted=False),
    }
    if not fitted:
        return parameters, {}
    names = [name for name, part in model.estimators if part != "drop"]
    if names != [name for name, part in model.named_estimators_.items() if part != "drop"]:
        raise ValueError(
            f"the estimators of the {type(model).__name__} were changed after it was fitted: fit "
            "it again before you save it"
        )
    parts = zip(names, model.estimators_, strict=True)
    attributes: Fields = {"estimators_": _write_parts([*parts], "estimator", write, fitted=True)}
    if isinstance(model, VotingClassifier):
        attributes["classes_"] = model.classes_
    return parameters, attributes


def _read_votes(model: Any, attributes: Fields, read: Read, fitted: bool) -> None:
    words = COMPOSITES[type(model)].words
    model.estimators = _read_parts(model.estimators, words, read, fitted=False)
    if not fitted:
        return
    parts = _read_parts(attributes.pop("estimators_"), (), read, fitted=True)
    kept = [name for name, part in model.estimators if part != "drop"]
    expect("estimators_", kept != [] and [name for name, _ in parts] == kept)
    model.estimators_ = [part for _, part in parts]
    model.named_estimators_ = Bunch()
    model.named_estimators_.update(dict(model.estimators) | dict(parts))
    if isinstance(model, VotingClassifier):
        classes = attributes.pop("classes_")
        expect("classes_", isinstance(classes, np.ndarray) and classes.ndim == 1)
        codes = np.arange(len(classes))
        for part in model.estimators_:
            expect("classes_", np.array_equal(part.classes_, codes))
        model.le_ = LabelEncoder()
        model.le_.classes_ = model.classes_ = classes


# ---- FunctionTransformer: of functions, numpy's names


def _write_function(model: Any, _write: Write, _fitted: bool) -> tuple[Fields, Fields]:
    names = {name: _function_name(getattr(model, name)) for name in ("func", "inverse_func")}
    for function, options in (("func", model.kw_args), ("inverse_func", model.inv_kw_args)):
        if wrong := _wrong_arguments(getattr(model, function), options):
            raise TypeError(
                f"the argument {wrong[0]} of a FunctionTransformer's {function} cannot stand in a "
                f"model file, which holds numbers for {', '.join(_ARGUMENTS[np.nan_to_num])} of "
                "numpy.nan_to_num alone. treering.preprocessing.FormulaFeatures keeps other "
                "arithmetic as text"
            )
    return names, {}


def _wrong_arguments(function: Any, options: Any) -> list[str]:
    """Return the arguments that no file gives to a function."""
    known = _ARGUMENTS.get(function, ())
    return [
        str(name)
        for name, value in (options or {}).items()
        if name not in known or not isinstance(value, int | float | None)
    ]


def _function_name(function: Any) -> Any:
    name = getattr(function, "__name__", None)
    if function is None or (name in _FUNCTIONS and getattr(np, name) is function):
        return None if function is None else f"numpy.{name}"
    raise TypeError(
        f"the function {name or type(function).__name__} of a FunctionTransformer is code, which a "
        "model file does not hold. These of numpy's can be named in one: "
        f"{', '.join(_FUNCTIONS)}. treering.preprocessing.FormulaFeatures keeps others as text"
    )


def _read_function(model: Any, _attributes: Fields, _read: Read, _fitted: bool) -> None:
    for name in ("func", "inverse_func"):
        text = getattr(model, name)
        if text is not None:
            room, _, function = text.partition(".")
            expect("function", room == "numpy" and function in _FUNCTIONS)
            setattr(model, name, getattr(np, function))
    for name, function in (("kw_args", model.func), ("inv_kw_args", model.inverse_func)):
        options = getattr(model, name)
        expect(name, options is None or type(options) is dict)
        expect(name, not _wrong_arguments(function, options))


# The classes of scikit-learn that a file may name, besides treering's own
COMPOSITES: dict[type, Composite] = {
    ColumnTransformer: Composite(
        _write_columns,
        _read_columns,
        words=("passthrough", "drop"),
        keeps_columns=True,
        keeps_names=True,
    ),
    FeatureUnion: Composite(
        partial(_write_list, "transformer_list", "transformer"),
        partial(_read_list, "transformer_list"),
        words=("passthrough", "drop"),
    ),
    FunctionTransformer: Composite(
        _write_function, _read_function, left_out=(), keeps_columns=True, keeps_names=True
    ),
    # A folder of pickles that the file chooses would be code from a file.
    Pipeline: Composite(
        partial(_write_list, "steps", "step"),
        partial(_read_list, "steps"),
        words=("passthrough", None),
        left_out=("memory",),
    ),
    VotingClassifier: Composite(_write_votes, _read_votes, words=("drop",), keeps_names=True),
    VotingRegressor: Composite(_write_votes, _read_votes, words=("drop",), keeps_names=True),
}


def composite_name(cls: type) -> str:
    """Return the name that a file gives one of these classes: where users import it from."""
    package, _, rest = cls.__module__.partition(".")
    return f"{package}.{rest.partition('.')[0]}.{cls.__name__}"
