"""What predictions are worth: a number for each pair of a true class and a predicted one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from treering._checks import float_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def read_values(values: Any, classes: Sequence[Any], advice: str) -> Floats:
    """Return what each pair is worth, rows and columns in the order of `classes`.

    Those of a table go by their names, those of an array by their places.
    """
    size = len(classes)
    worth = float_array("values", values)
    strange = f"shape {worth.shape}" if worth.shape != (size, size) else None
    if strange is None and not np.isfinite(worth).all():
        row, column = np.argwhere(~np.isfinite(worth))[0]
        strange = f"{worth[row, column]} in row {row}, column {column}"
    if strange is not None:
        raise ValueError(
            "values must hold a finite number for each true class (row) and each predicted one "
            f"(column), {size} by {size}; got {strange}. {advice}"
        )
    frame = nw.from_native(values, pass_through=True, eager_only=True)
    if not isinstance(frame, nw.DataFrame):
        return worth
    names = [str(label) for label in classes]
    columns = [str(name) for name in frame.columns]
    index = [str(name) for name in getattr(values, "index", columns)]
    if index == [str(row) for row in range(size)]:  # rows without names go as columns do
        index = columns
    for what, found in (("columns", columns), ("rows", index)):
        if sorted(found) != sorted(names):
            raise ValueError(
                f"the {what} of values are {', '.join(found)}, and the classes {', '.join(names)}; "
                "name both after the classes, or give an array in their order"
            )
    return worth[np.ix_([index.index(one) for one in names], [columns.index(one) for one in names])]


def in_sorted_order(worth: Floats, classes: NDArray[Any]) -> Floats:
    """Return what pairs are worth, put from the order of `classes` into sorted order."""
    order = np.argsort(classes, kind="stable")
    return worth[np.ix_(order, order)]
