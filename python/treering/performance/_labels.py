"""Labels as classes: told apart, counted, and refused where they are none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from treering._axis import key_text, label_text
from treering._checks import is_missing, is_number, names_of
from treering._frames import read_vector
from treering._results import plain_label
from treering._text import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray


def refuse_continuous(values: NDArray[Any], what: str, why: str) -> None:
    """Refuse numbers that are no labels, such as probabilities or a regressor's values."""
    if values.dtype.kind != "f":
        return
    between = np.isfinite(values) & (values != np.floor(values))
    if between.any():
        raise ValueError(f"{what} holds {float(values[between][0]):g}, and {why}")


def check_texts(classes: Sequence[Any]) -> None:
    """Refuse labels that JSON and tables, which write them as text, could not tell apart."""
    seen: dict[str, Any] = {}
    for label in classes:
        other = seen.setdefault(key_text(label), label)
        if other is not label:
            raise ValueError(
                f"the labels {other!r} ({type(other).__name__}) and {label!r} "
                f"({type(label).__name__}) are both written {label_text(label)!r}, so that JSON "
                "and tables could not tell them apart; give y_pred and reference labels of one type"
            )


def check_kinds(labels: Sequence[Any], expected: Mapping[Any, int]) -> None:
    """Refuse text beside numbers, which never agree: each class would seem to be new."""
    ours, theirs = ({isinstance(label, str) for label in side} for side in (labels, expected))
    if not ours & theirs:
        told = {True: "text", False: "no text"}
        raise ValueError(
            f"the labels of y_pred are {told[ours.pop()]} and those of reference are "
            f"{told[theirs.pop()]}, so that none of them agree; give both as the same type"
        )


def coded(values: Any, what: str) -> tuple[list[Any], NDArray[np.intp]]:
    """Return the distinct labels and, for each row, the place of its label among them."""
    array = read_vector(values, what=what)
    if not len(array):
        raise ValueError(f"{what} has no rows; give at least one label")
    refuse_continuous(
        array,
        what,
        "how often a class was predicted is counted; if these are probabilities, give the labels: "
        "model.predict(X), or model.classes_[probabilities.argmax(axis=1)]; if they are a "
        "regressor's, put them into classes first, such as numpy.digitize(values, edges)",
    )
    if array.dtype == object:
        place: dict[Any, int] = {}
        codes = np.fromiter(
            (place.setdefault(label, len(place)) for label in array), np.intp, len(array)
        )
        names = [plain_label(label) for label in place]
    else:
        unique, codes = np.unique(array, return_inverse=True)
        names = [plain_label(label) for label in unique]
    missing = [index for index, name in enumerate(names) if is_missing(name)]
    if missing:
        raise ValueError(
            f"{what} lacks {int(np.isin(codes, missing).sum())} of {counted(len(array), 'label')}; "
            "leave out rows without one"
        )
    return names, codes


def counts_of(reference: Any) -> dict[Any, int]:
    if not isinstance(reference, Mapping):
        names, codes = coded(reference, "reference")
        counts = dict(zip(names, np.bincount(codes).tolist(), strict=True))
    else:
        counts = {}
        for label, count in reference.items():
            if not is_number(count) or count < 0 or count % 1 != 0:
                raise ValueError(
                    "reference must map classes to counts, not to shares, since the test needs to "
                    f"know how many there were; got {count!r} for {label!r}"
                )
            counts[plain_label(label)] = int(count)
    if not sum(counts.values()):
        raise ValueError("reference holds no label; give what the model is expected to predict")
    return counts


def complete(values: NDArray[Any], what: str) -> NDArray[Any]:
    """Refuse missing labels."""
    if values.dtype.kind == "f":
        missing = np.flatnonzero(np.isnan(values))
    elif values.dtype == object:
        missing = np.flatnonzero([is_missing(value) for value in values])
    else:
        return values
    if len(missing):
        raise ValueError(
            f"{what} lacks {len(missing)} of {counted(len(values), 'label')}, the first in row "
            f"{missing[0]}; leave out rows whose label is not known yet, and add them once it is"
        )
    return values


def complete_predictions(values: NDArray[Any]) -> NDArray[Any]:
    """Refuse missing predictions."""
    missing = np.flatnonzero([is_missing(value) for value in values.tolist()])
    if len(missing):
        raise ValueError(
            f"y_pred lacks {counted(len(missing), 'prediction')} of {len(values):,}, the first in "
            f"row {missing[0]}; leave out rows that were not predicted"
        )
    return values


def classes_of(classes: Any, **columns: NDArray[Any]) -> NDArray[Any]:
    """Return the classes, sorted: those given, which all labels must be of, or all that occur."""
    found = {what: set(labels.tolist()) for what, labels in columns.items()}
    if classes is not None:
        found["classes"] = set(read_vector(classes, what="classes").tolist())
    everything = set().union(*found.values())
    if len({isinstance(label, str) for label in everything}) > 1:
        raise ValueError(
            f"{', '.join(found)} hold text and other labels, which never agree; give all as one "
            "type"
        )
    known = found.get("classes", everything)
    for what, labels in found.items():
        if strangers := labels - known:
            listed = ", ".join(map(repr, sorted(known)[:20]))
            raise ValueError(
                f"{what} holds {min(strangers)!r}, which is none of classes ({listed}); name all "
                "classes, or leave such rows out"
            )
    return np.asarray(sorted(known))


def same_rows(rows: int, **columns: NDArray[Any]) -> None:
    """Refuse columns that have another number of rows than the table."""
    for name, values in columns.items():
        if len(values) != rows:
            raise ValueError(
                f"X has {counted(rows, 'row')} and {name} {len(values):,}; give one per row"
            )


def metric_names(given: Any, known: Collection[str]) -> tuple[str, ...]:
    """Return the names of metrics, one of them alone or several; all must be known."""
    names = (given,) if isinstance(given, str) else names_of("metrics", given)
    for name in names:
        if name not in known:
            raise ValueError(f"metrics must be out of {', '.join(known)}; got {name!r}")
    return names
