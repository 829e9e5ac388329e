"""What predictions are worth, from a table of costs and gains."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from treering._worth import read_values
from treering.metrics._classification import confusion_matrix


def business_value(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    values: ArrayLike,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    normalize: bool = True,
) -> float:
    """Return what predictions are worth, by what each outcome costs or brings.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_samples,)
        True and predicted labels.
    values : array-like of shape (n_classes, n_classes)
        What a row of a true class (row) that is predicted as another (column) is worth: costs are
        negative. Of two classes ``[[true negative, false positive], [false negative, true
        positive]]``.
    labels : array-like, default=None
        The classes, in the order of `values`; by default those that occur, sorted.
    sample_weight : array-like of shape (n_samples,), default=None
        The weights of rows.
    normalize : bool, default=True
        The mean worth of a row rather than the sum.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If `values` does not hold a finite number for each pair of classes, or a label is none of
        `labels`.

    Examples
    --------
    >>> from treering.metrics import business_value
    >>> business_value([0, 1, 1, 0], [0, 1, 0, 1], values=[[0, -1], [-10, 5]])
    -1.5
    """
    if labels is not None:
        strangers = np.setdiff1d(np.r_[np.asarray(y_true), np.asarray(y_pred)], np.asarray(labels))
        if len(strangers):
            raise ValueError(f"a label is {strangers[0]!r}, which is none of labels")
    options: dict[str, Any] = {"labels": labels, "sample_weight": sample_weight}
    counts = confusion_matrix(y_true, y_pred, **options)
    known = np.unique(np.r_[np.asarray(y_true), np.asarray(y_pred)]) if labels is None else labels
    worth = read_values(
        values,
        np.asarray(known).tolist(),
        "If a class does not occur, name all of them by labels=",
    )
    total = float((counts * worth).sum())
    return total / float(counts.sum()) if normalize else total
