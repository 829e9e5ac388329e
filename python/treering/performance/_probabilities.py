"""Predicted probabilities, and the classes that their columns stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from treering._checks import float_array
from treering._text import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OFF_ONE = 1e-3
"""How far the probabilities of a row may add up to something else than 1."""


def read_probabilities(
    y_proba: Any, classes: Any, truth: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return probabilities and their classes, sorted; of two classes the second one's alone.

    Without `classes` they are those that occur in `truth`; its rows are those of `y_proba`.
    """
    y_proba, classes = _by_name(y_proba, classes, truth)
    proba = float_array("y_proba", y_proba)
    if proba.ndim not in {1, 2} or len(proba) != len(truth):
        raise ValueError(
            f"y_proba must hold a row for each of {counted(len(truth), 'row')}; "
            f"got shape {proba.shape}"
        )
    if not ((proba >= 0) & (proba <= 1)).all():
        raise ValueError("y_proba must hold probabilities between 0 and 1, none missing")
    if proba.ndim == 2:
        check_sums(proba)
    known = np.unique(truth) if classes is None else np.asarray(classes)
    width = 2 if proba.ndim == 1 else proba.shape[1]
    if len(known) != width:
        raise ValueError(
            f"y_proba stands for {width} classes and "
            + (f"y_true has {len(known)}" if classes is None else f"classes names {len(known)}")
            + "; name the classes of its columns by classes=model.classes_"
        )
    order = np.argsort(known, kind="stable")
    strangers = np.setdiff1d(truth, known)
    if len(strangers):
        raise ValueError(
            f"y_true holds {strangers[0]!r}, which y_proba has no column for; "
            "leave such rows out of probability metrics"
        )
    if proba.ndim == 1:
        return (proba if order[0] == 0 else 1 - proba), known[order]
    return proba[:, order], known[order]


def check_sums(proba: NDArray[np.float64]) -> None:
    """Refuse probabilities of a row that do not add up to 1."""
    sums = proba.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1) > _OFF_ONE)
    if len(off):
        raise ValueError(
            f"the probabilities of row {off[0]} add up to {sums[off[0]]:.6g}, and of "
            f"{counted(len(off), 'row')} in all not to 1; if they are scores of classes, divide "
            "each row by its sum"
        )


def _by_name(y_proba: Any, classes: Any, truth: NDArray[Any]) -> tuple[Any, Any]:
    """Put the columns of a table into the order of the classes that they are named after."""
    names = getattr(y_proba, "column_names", getattr(y_proba, "columns", None))
    if names is None or len(names) != np.shape(y_proba)[1]:
        return y_proba, classes
    places = {str(name): place for place, name in enumerate(names)}
    wanted = np.unique(truth) if classes is None else np.asarray(classes)
    if not {str(name) for name in wanted} <= places.keys():
        return y_proba, classes
    if len(wanted) < len(names):  # classes that did not occur
        if classes is not None or not isinstance(wanted[0], str):
            return y_proba, classes
        wanted = np.asarray(sorted(places))
    return np.asarray(y_proba)[:, [places[str(name)] for name in wanted]], wanted
