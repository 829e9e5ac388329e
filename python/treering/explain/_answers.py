"""What trees and forests answer, and what their answers are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier

from treering._axis import key_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def names_of_outputs(model: Any) -> tuple[tuple[str, ...] | None, NDArray[np.intp] | None]:
    """Return the names of a tree's or a forest's answers, and which of its numbers they are."""
    several = model.n_outputs_ > 1
    if not is_classifier(model):
        return (
            tuple(f"output {place}" for place in range(model.n_outputs_)) if several else None
        ), None
    if not several:
        return tuple(map(key_text, model.classes_.tolist())), None
    most = max(map(len, model.classes_))
    names: list[str] = []
    kept: list[int] = []
    for place, classes in enumerate(model.classes_):
        names += [f"output {place}: {key_text(label)}" for label in classes.tolist()]
        kept += range(place * most, place * most + len(classes))
    return tuple(names), np.asarray(kept, dtype=np.intp)


def answers_of(model: Any) -> Callable[[Any], Floats]:
    """Return how a tree or a forest answers: shares of classes side by side, or numbers."""

    def answers(X: Any) -> Floats:
        if not is_classifier(model):
            numbers = np.asarray(model.predict(X), dtype=np.float64)
            return numbers.reshape(len(numbers), -1)
        shares = model.predict_proba(X)
        return np.hstack(shares) if isinstance(shares, list) else np.asarray(shares)

    return answers
