"""treering: the whole life of a tabular model, on a Rust core.

Estimators, scalers, splitters, metrics and statistics carry scikit-learn's and SciPy's names:

>>> from treering.ensemble import RandomForestClassifier
>>> from sklearn.datasets import load_iris
>>> X, y = load_iris(return_X_y=True)
>>> RandomForestClassifier(random_state=0).fit(X, y).score(X, y)
1.0

Arrays are read where they lie while Python's lock is released; do not write into an array from
another thread while a call that reads it is running.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from treering._core import InternalError, ModelFileError, TreeringError, __version__

if TYPE_CHECKING:
    from treering import (
        drift,
        ensemble,
        explain,
        linear_model,
        metrics,
        model_selection,
        performance,
        persistence,
        plotting,
        preprocessing,
        profile,
        quality,
        report,
        stats,
        testing,
        tree,
    )
    from treering.persistence import load, save

_ROOMS = (
    "drift",
    "ensemble",
    "explain",
    "linear_model",
    "metrics",
    "model_selection",
    "performance",
    "persistence",
    "plotting",
    "preprocessing",
    "profile",
    "quality",
    "report",
    "stats",
    "testing",
    "tree",
)

__all__ = [
    "InternalError",
    "ModelFileError",
    "TreeringError",
    "__version__",
    "drift",
    "ensemble",
    "explain",
    "linear_model",
    "load",
    "metrics",
    "model_selection",
    "performance",
    "persistence",
    "plotting",
    "preprocessing",
    "profile",
    "quality",
    "report",
    "save",
    "stats",
    "testing",
    "tree",
]


def __getattr__(name: str) -> Any:
    """Import a room when it is first used, so that ``import treering`` stays quick."""
    if name in _ROOMS:
        return import_module(f"treering.{name}")
    if name in ("load", "save"):
        return getattr(import_module("treering.persistence"), name)
    raise AttributeError(f"module 'treering' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
