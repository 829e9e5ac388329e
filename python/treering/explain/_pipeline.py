"""The columns that a pipeline makes, traced back to those that it was given."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

_MIXING = {"IterativeImputer", "KNNImputer", "Normalizer"}
"""Steps of scikit-learn whose columns are named one by one and yet come from several."""


def sources_of(step: Any, columns: int) -> list[int] | None:
    """Return for each column that a fitted step makes which of so many it comes from.

    None where one comes from several, as principal components do, or where the step does not say.
    """
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return [*range(columns)]
    if isinstance(step, Pipeline):
        sources: list[int] | None = [*range(columns)]
        for _, part in step.steps:
            own = None if sources is None else sources_of(part, len(sources))
            if own is None or sources is None:
                return None
            sources = [sources[place] for place in own]
        return sources
    if isinstance(step, ColumnTransformer):
        return _of_columns(step, columns)
    return _by_name(step, columns)


def _of_columns(transformer: ColumnTransformer, columns: int) -> list[int] | None:
    width = max((slot.stop for slot in transformer.output_indices_.values()), default=0)
    sources: list[int] = [-1] * width
    for name, part, chosen in transformer.transformers_:
        slot = transformer.output_indices_.get(name)
        if slot is None or slot.stop == slot.start or (isinstance(part, str) and part == "drop"):
            continue
        own = _places(transformer, chosen, columns)
        made = None if own is None else sources_of(part, len(own))
        if own is None or made is None or len(made) != slot.stop - slot.start:
            return None
        sources[slot] = [own[place] for place in made]
    return None if -1 in sources else sources


def _places(transformer: Any, chosen: Any, columns: int) -> list[int] | None:
    """Return the places of the columns that a part of a transformer takes."""
    names = list(getattr(transformer, "feature_names_in_", ()))
    if isinstance(chosen, slice):
        start, stop = (
            names.index(end) if isinstance(end, str) else end for end in (chosen.start, chosen.stop)
        )
        if isinstance(chosen.stop, str):  # names of a slice take the last one with them
            stop += 1
        return [*range(columns)[start : stop : chosen.step]]
    items = np.atleast_1d(np.asarray(chosen, dtype=object)).tolist()
    if items and all(isinstance(item, bool | np.bool_) for item in items):
        return [place for place, is_taken in enumerate(items) if is_taken]
    try:
        return [
            names.index(item) if isinstance(item, str) else range(columns)[item] for item in items
        ]
    except (IndexError, TypeError, ValueError):
        return None


def _by_name(step: Any, columns: int) -> list[int] | None:
    """Give columns names that occur nowhere else, and look for them among those that are made."""
    tokens = [f"\N{BROKEN BAR}{place}\N{BROKEN BAR}" for place in range(columns)]
    if type(step).__name__ in _MIXING:
        return None
    try:
        nameless = copy.copy(step)
        vars(nameless).pop("feature_names_in_", None)
        made = list(nameless.get_feature_names_out(np.asarray(tokens, dtype=object)))
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        return None
    sources = []
    for name in made:
        found = [place for place, token in enumerate(tokens) if token in str(name)]
        if len(found) != 1:
            return None
        sources.append(found[0])
    return sources
