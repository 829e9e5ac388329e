"""Models as they are explained: their trees, their rows and their answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from treering.explain._answers import answers_of, names_of_outputs
from treering.explain._sklearn_models import KINDS, read_sklearn

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from treering._core.explain import TreeModel

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TreeParts:
    """What explains a model.

    Attributes
    ----------
    cores
        Trees whose answers stand beside one another.
    rows
        Turns rows as users give them into what the trees compare.
    answers
        What the model answers for rows, as the trees do: an array of two dimensions.
    base
        What every answer begins with.
    outputs
        The names of the answers; None where there is but one number.
    columns
        For each column that the trees compare, which column of the rows it is.
    has_mirror
        Whether the trees answer with the share of the second of two classes alone.
    kept
        Which of the trees' numbers are answers; all of them where it is None.
    """

    cores: tuple[TreeModel, ...]
    rows: Callable[[Any], Any]
    answers: Callable[[Any], Floats]
    base: Floats
    outputs: tuple[str, ...] | None
    columns: NDArray[np.intp]
    has_mirror: bool = False
    kept: NDArray[np.intp] | None = None

    def joined(self, parts: list[Floats]) -> Floats:
        """Return what the cores gave as one array, whose last axis is that of the answers."""
        values = np.concatenate(parts, axis=-1)
        if self.has_mirror:
            return np.concatenate([-values, values], axis=-1)
        return values if self.kept is None else values[..., self.kept]

    def expected(self, parts: list[Floats]) -> Floats:
        """Return the mean answers of all cores, as one array."""
        values = np.concatenate(parts)
        if self.has_mirror:
            return np.concatenate([1 - values, values])
        return self.base + (values if self.kept is None else values[self.kept])


def read_model(model: Any) -> TreeParts:
    """Return what explains a fitted model.

    Raises
    ------
    TypeError
        If there is no way to explain it.
    """
    if hasattr(model, "_trees_to_explain"):
        check_is_fitted(model)
        return _read_own(model)
    if isinstance(model, type):
        raise TypeError(f"model is the class {model.__name__}; give a fitted object of it")
    parts = read_sklearn(model)
    if parts is None:
        raise TypeError(
            "trees, forests and boosted trees of treering are explained, and of scikit-learn "
            f"{', '.join(KINDS)}, also as the last step of a Pipeline; got {type(model).__name__}"
        )
    return TreeParts(**parts)


def _read_own(model: Any) -> TreeParts:
    trees = model._trees_to_explain()
    # A boosted model has a core for each of its answers, which are numbers before the link.
    is_boosted = isinstance(trees, tuple)
    cores = trees if is_boosted else (trees,)
    outputs, kept = names_of_outputs(model)
    if is_boosted and len(cores) == 1:
        outputs = None
    return TreeParts(
        cores=cores,
        rows=model._rows_to_explain,
        answers=getattr(model, "_answers_to_explain", None) or answers_of(model),
        base=model._base_to_explain() if is_boosted else np.zeros(1),
        outputs=outputs,
        columns=np.arange(cores[0].columns),
        has_mirror=outputs is not None and len(outputs) == 2 and cores[0].width == 1,
        kept=kept,
    )
