"""Labels that come later, put beside the predictions that they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import label_text
from treering._checks import is_missing, shown
from treering._frames import as_objects, backend_of, read_vector
from treering._results import Result
from treering._text import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from treering._html import Tone

_MOST_NAMED = 5


@dataclass(frozen=True, repr=False, eq=False)
class MatchedLabels(Result):
    """Predictions whose labels are known, and identifiers that do not go together.

    Attributes
    ----------
    rows : ndarray of int
        The places of predictions that have a label, ascending.
    labels : ndarray
        Their labels.
    predictions : int
        How many predictions there are.
    waiting : int
        How many of them have no label yet; those whose labels differ have.
    unknown : tuple
        Identifiers of labels for which nothing was predicted.
    conflicting : tuple
        Identifiers that came with labels that differ: they are left out.
    repeated_labels : tuple
        Identifiers whose label came more than once, always the same.
    repeated_predictions : tuple
        Identifiers of more than one prediction; each of these has the label.
    backend : str or None
        The library that the labels came from; None for lists and arrays.

    Examples
    --------
    >>> from treering.performance import match_labels
    >>> matched = match_labels(["a", "b", "c"], ["c", "a", "z"], [1, 0, 1])
    >>> matched.rows, matched.labels, matched.unknown
    (array([0, 2]), array([0, 1]), ('z',))
    """

    rows: NDArray[np.int64]
    labels: NDArray[Any]
    predictions: int
    waiting: int
    unknown: tuple[Any, ...]
    conflicting: tuple[Any, ...]
    repeated_labels: tuple[Any, ...]
    repeated_predictions: tuple[Any, ...]
    backend: str | None = field(default=None, repr=False)

    def _lines(self) -> list[tuple[str, str]]:
        lines = [
            ("predictions", f"{self.predictions:,}"),
            ("with a label", f"{len(self.rows):,}"),
            ("waiting", f"{self.waiting:,}"),
        ]
        named = {
            "labels of no prediction": self.unknown,
            "identifiers of these": self.conflicting,
            "labels that came again": self.repeated_labels,
            "predictions that share one": self.repeated_predictions,
        }
        differing = self.predictions - len(self.rows) - self.waiting
        if differing:
            lines.append(("with labels that differ", f"{differing:,}"))
        return lines + [(told, _listed(found)) for told, found in named.items() if found]

    def _tone(self) -> Tone:
        return "warning" if self.conflicting or self.unknown else "plain"

    def _columns(self) -> dict[str, Any]:
        return {"row": self.rows, "label": [*self.labels.tolist()]}


def match_labels(prediction_ids: Any, label_ids: Any, labels: Any) -> MatchedLabels:
    """Put labels beside the predictions that they belong to.

    Nothing is guessed: what cannot be matched is named and left out, the rest is matched.

    Parameters
    ----------
    prediction_ids
        The identifier of each prediction: a list, an array or a column.
    label_ids, labels
        The identifier of each label, and the labels, in any order. Missing labels have not come.

    Returns
    -------
    MatchedLabels
        Its ``rows`` and ``labels`` are what :func:`track` takes: ``track(matched.labels,
        y_pred[matched.rows])``.

    Raises
    ------
    ValueError
        If lengths differ, an identifier is missing, or identifiers are text on one side and no
        text on the other, so that none of them could match.

    Examples
    --------
    >>> import numpy as np
    >>> from treering.performance import match_labels, track
    >>> predicted = np.array([1, 0, 1])
    >>> matched = match_labels([11, 12, 13], [13, 11, 99, 11], [1, 1, 0, 1])
    >>> matched
    MatchedLabels
    predictions              3
    with a label             2
    waiting                  1
    labels of no prediction  1 (99)
    labels that came again   1 (11)
    >>> track(matched.labels, predicted[matched.rows])[0]["accuracy"]
    1.0
    """
    backend = backend_of(labels, label_ids, prediction_ids)
    predicted = _identifiers(prediction_ids, "prediction_ids")
    known = _identifiers(label_ids, "label_ids")
    values = read_vector(labels, what="labels")
    if len(values) != len(known):
        raise ValueError(
            f"label_ids has {counted(len(known), 'row')} and labels {len(values):,}; give one of "
            "each"
        )
    _check_types(predicted, known)
    places: dict[Any, int] = {}
    again: dict[Any, None] = {}
    conflicts: dict[Any, None] = {}
    for place, (name, value) in enumerate(zip(known, values.tolist(), strict=True)):
        if is_missing(value):
            continue
        first = places.setdefault(name, place)
        if first != place:
            same = bool(values[first] == value)
            (again if same else conflicts)[name] = None
    rows: list[int] = []
    chosen: list[int] = []
    seen: set[Any] = set()
    shared: dict[Any, None] = {}
    for row, name in enumerate(predicted):
        if name in seen:
            shared[name] = None
        seen.add(name)
        if name in places and name not in conflicts:
            rows.append(row)
            chosen.append(places[name])
    return MatchedLabels(
        rows=np.array(rows, dtype=np.int64),
        labels=values[np.array(chosen, dtype=np.int64)],
        predictions=len(predicted),
        waiting=sum(name not in places for name in predicted),
        unknown=tuple(name for name in places if name not in seen),
        conflicting=tuple(conflicts),
        repeated_labels=tuple(name for name in again if name not in conflicts),
        repeated_predictions=tuple(shared),
        backend=backend,
    )


def _identifiers(values: Any, what: str) -> list[Any]:
    array = read_vector(values, what=what)
    names: list[Any] = array.tolist() if array.dtype.kind != "M" else [*as_objects(array)]
    for row, name in enumerate(names):
        if is_missing(name):
            raise ValueError(f"{what} has no identifier in row {row}; give it one, or leave it out")
    try:
        set(names)
    except TypeError as error:
        raise TypeError(f"{what} must hold numbers or texts; {error}") from error
    return names


def _check_types(predicted: list[Any], known: list[Any]) -> None:
    """Refuse text on one side and none on the other: 1 and "1" would silently never match."""
    ours, theirs = ({isinstance(name, str) for name in side} for side in (predicted, known))
    if ours and theirs and not ours & theirs:
        raise ValueError(
            f"prediction_ids hold {shown(predicted[0])} and label_ids {shown(known[0])}: text and "
            "numbers never match; give both as the same type"
        )


def _listed(names: tuple[Any, ...]) -> str:
    more = ", ..." if len(names) > _MOST_NAMED else ""
    listed = ", ".join(label_text(name, longest=20) for name in names[:_MOST_NAMED])
    return f"{len(names):,} ({listed}{more})"
