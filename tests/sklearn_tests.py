"""scikit-learn's own test files, run against treering's classes.

A file is read from the installed scikit-learn, and nothing of it is copied: while it is loaded,
scikit-learn's names stand for treering's classes and functions, those that treering offers.
`tests/conformance` holds a file for each, with the tests that are excused and why.
"""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Collection
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import pytest
import sklearn.ensemble
import sklearn.impute
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
import sklearn.preprocessing
import sklearn.tree

import treering.ensemble
import treering.linear_model
import treering.metrics
import treering.model_selection
import treering.preprocessing
import treering.tree

ROOMS = (
    (treering.tree, sklearn.tree),
    (treering.ensemble, sklearn.ensemble),
    (treering.linear_model, sklearn.linear_model),
    (treering.metrics, sklearn.metrics),
    (treering.model_selection, sklearn.model_selection),
    (treering.preprocessing, sklearn.impute),
    (treering.preprocessing, sklearn.preprocessing),
)


def tests_of(name: str, **stand_ins: Any) -> dict[str, Any]:
    """Load a test module of scikit-learn on treering's classes; return what it defines.

    Stand-ins take the place of other names of the module, such as those of estimators that treering
    does not offer.
    """
    found = importlib.util.find_spec(name)
    assert found is not None
    assert found.origin is not None, f"scikit-learn was installed without {name}"
    own_name = "_".join(["on_treering", name.rpartition(".")[2], *stand_ins])
    spec = importlib.util.spec_from_file_location(own_name, found.origin)
    assert spec is not None
    assert spec.loader is not None
    # What the file imports is loaded as it is: scikit-learn's own parts never hold ours.
    importlib.import_module(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[own_name] = module  # where pickle looks for its classes
    with ExitStack() as patches:
        for ours, theirs in ROOMS:
            for kind in ours.__all__:
                if hasattr(theirs, kind):
                    patches.enter_context(patch.object(theirs, kind, getattr(ours, kind)))
        spec.loader.exec_module(module)
    assert stand_ins.keys() <= vars(module).keys()
    vars(module).update(stand_ins)
    names = {key: value for key, value in vars(module).items() if not key.startswith("__")}
    for value in names.values():
        if inspect.isfunction(value) and hasattr(value, "pytestmark"):
            value.pytestmark = [collected(mark) for mark in value.pytestmark]
    return names


def collected(mark: pytest.Mark) -> pytest.Mark:
    """Turn an iterator of parameters, which pytest warns of, into a list."""
    if mark.name != "parametrize" or isinstance(mark.args[1], Collection):
        return mark
    return pytest.mark.parametrize(mark.args[0], list(mark.args[1]), **mark.kwargs).mark
