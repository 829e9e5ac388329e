"""Every public name is documented, completely and truly: the examples run."""

import doctest
import importlib
import inspect
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest

import architecture as house

# What a user need not write, or scikit-learn documents for every estimator.
UNWRITTEN = {"self", "cls", "args", "kwargs"}


def modules() -> list[str]:
    """The package, its rooms and their public files."""
    names = ["treering"]
    for path in house.python_files():
        parts = path.relative_to(house.PYTHON).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if parts and parts[0] != "_core" and parts[-1] != "__main__":
            names.append(".".join(("treering", *parts)))
    return names


def public() -> list[tuple[str, Any]]:
    """Every class and function that a room offers, under the name that users write."""
    found = []
    for room in sorted(path.parent.name for path in house.PYTHON.glob("*/__init__.py")):
        if not room.startswith("_"):
            module = importlib.import_module(f"treering.{room}")
            found += [(f"{room}.{name}", getattr(module, name)) for name in module.__all__]
    return [(name, thing) for name, thing in found if not isinstance(thing, ModuleType)]


def methods(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods that the class itself or an ancestor in treering writes documentation for.

    One that overrides a method of scikit-learn may inherit its documentation.
    """
    for ancestor in cls.__mro__:
        if ancestor.__module__.startswith("treering"):
            for name, thing in vars(ancestor).items():
                plain = thing.__func__ if isinstance(thing, (classmethod, staticmethod)) else thing
                if name.startswith("_") or not isinstance(plain, FunctionType):
                    continue
                if plain.__doc__ or not inspect.getdoc(getattr(ancestor, name)):
                    yield name, plain


def sections(doc: str) -> dict[str, str]:
    """The parts of a numpydoc docstring by their underlined titles."""
    pieces = re.split(r"^([A-Z][A-Za-z ]+)\n-{3,}$", inspect.cleandoc(doc), flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True)) | {"": pieces[0]}


def described(section: str) -> set[str]:
    """The names that a section of parameters or attributes describes."""
    heads = re.findall(r"^(\S[^:\n]*?)(?: *: .*)?$", section, flags=re.MULTILINE)
    return {name.strip(" *") for head in heads for name in head.split(",")}


def parameters(thing: Any) -> set[str]:
    """What a caller writes; a class that is built as its ancestor outside is built has none."""
    if inspect.isclass(thing):
        own = [vars(base) for base in thing.__mro__ if base.__module__.startswith("treering")]
        if not any("__init__" in names or "__new__" in names for names in own):
            return set()
    try:
        names = inspect.signature(thing).parameters
    except (TypeError, ValueError):
        return set()
    return {name for name in names if not name.startswith("_")} - UNWRITTEN


def returns_something(function: Any) -> bool:
    annotation = inspect.signature(function).return_annotation
    return annotation not in (None, "None", inspect.Signature.empty)


def faults(name: str, thing: Any, *, example: bool) -> list[str]:
    """What a reader would miss in the documentation of a class or a function."""
    doc = inspect.getdoc(thing)
    if not doc:
        return [f"{name} has no docstring"]
    parts = sections(doc)
    known = described(parts.get("Parameters", "")) | described(parts.get("Attributes", ""))
    # scikit-learn asks for y in fit even where nothing looks at it.
    missing = sorted(parameters(thing) - known)
    found = [f"{name}: the parameter {parameter} is not described" for parameter in missing]
    if (
        not inspect.isclass(thing)
        and returns_something(thing)
        and not parts.keys() & {"Returns", "Yields"}
    ):
        found.append(f"{name}: nothing says what it returns")
    if example and ">>> " not in doc:
        found.append(f"{name} has no example")
    return found


def test_every_public_name_is_documented() -> None:
    found = []
    for name, thing in public():
        if inspect.isclass(thing) and issubclass(thing, Exception):
            found += [f"{name} has no docstring"] if not thing.__doc__ else []
        elif inspect.isclass(thing):
            found += faults(name, thing, example=True)
            for method, function in methods(thing):
                found += faults(f"{name}.{method}", function, example=False)
        elif callable(thing):
            found += faults(name, thing, example=True)
    assert sorted(set(found)) == []


def test_every_room_says_what_it_offers() -> None:
    for path in sorted(house.PYTHON.glob("*/__init__.py")):
        module = importlib.import_module(f"treering.{path.parent.name}")
        assert module.__doc__, path.parent.name
        assert list(module.__all__) == sorted(module.__all__), path.parent.name


def test_every_room_has_its_page() -> None:
    pages = {path.stem for path in (house.ROOT / "docs").glob("*.md")}
    rooms = {path.parent.name for path in house.PYTHON.glob("*/__init__.py")}
    assert {room for room in rooms if not room.startswith("_")} - pages == set()


def run_examples(module: ModuleType) -> doctest.TestResults:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    with np.printoptions(), warnings.catch_warnings():
        warnings.simplefilter("error")
        return doctest.testmod(module, optionflags=flags)


@pytest.mark.parametrize("name", modules())
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    assert run_examples(module).failed == 0


def test_poor_documentation_would_be_seen() -> None:
    def mean(values: list[float], axis: int) -> float:
        """Average.

        Parameters
        ----------
        values : list of float
            What is averaged.
        """
        return sum(values) / axis

    assert faults("mean", mean, example=True) == [
        "mean: the parameter axis is not described",
        "mean: nothing says what it returns",
        "mean has no example",
    ]
    lying = ModuleType("lying", ">>> 1 + 1\n3\n")
    assert (
        doctest.DocTestRunner(verbose=False)
        .run(doctest.DocTestFinder().find(lying, "lying")[0], out=lambda _: None)
        .failed
        == 1
    )
