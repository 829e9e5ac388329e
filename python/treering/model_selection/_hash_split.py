"""A split that stays when data grows."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from treering._checks import is_missing, shown
from treering._core import model_selection as _core

Rows = NDArray[np.int64]


def hash_split(ids: ArrayLike, test_size: float = 0.2) -> tuple[Rows, Rows]:
    """Split rows by their identifiers: a row that tests once, tests for ever.

    A row tests if the CRC-32 of its identifier lies below `test_size` of all checksums: of a whole
    number its 64 bits, least byte first; of a text its UTF-8 bytes. So no row goes from one set to
    the other when rows are added, removed, or put in another order, on any machine; and all rows of
    one identifier are on one side.

    Parameters
    ----------
    ids : array-like of int or str of shape (n_samples,)
        The identifier of each row: a list, an array, or a column of a table.
    test_size : float, default=0.2
        The share that tests, between 0 and 1; of few rows, about so many.

    Returns
    -------
    train, test : ndarray of int64
        Row numbers, ascending.

    Raises
    ------
    TypeError
        If an identifier is neither a whole number nor a text.
    ValueError
        If `test_size` is not between 0 and 1, or a number does not fit 64 bits.

    References
    ----------
    A. Geron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", chapter 2.

    Examples
    --------
    >>> from treering.model_selection import hash_split
    >>> train, test = hash_split(["a7", "b2", "c9", "d4", "e1"], test_size=0.4)
    >>> train, test
    (array([0, 1]), array([2, 3, 4]))
    """
    if not isinstance(test_size, Real) or isinstance(test_size, bool):
        raise TypeError(f"test_size must be a share between 0 and 1; got {shown(test_size)}")
    # numpy would make texts of the numbers of a list that holds both.
    array = np.asarray(ids, dtype=object if isinstance(ids, (list, tuple)) else None)
    if array.ndim != 1:
        raise ValueError(
            f"ids must hold one identifier for each row; got an array of shape {array.shape}"
        )
    share = float(test_size)
    if array.dtype.kind in "iu":
        return _core.hash_split(array.astype(np.int64, copy=False), share)
    identifiers: list[Any] = array.tolist()
    if all(isinstance(identifier, str) for identifier in identifiers):
        split = _core.hash_split_text([str(identifier) for identifier in identifiers], share)
        if split is None:
            raise ValueError("ids hold half a surrogate pair, which UTF-8 cannot write")
        return split
    if all(_is_whole(identifier) for identifier in identifiers):
        return _core.hash_split(_of_64_bits(identifiers), share)
    missing = next((row for row, each in enumerate(identifiers) if is_missing(each)), None)
    if missing is not None:
        raise TypeError(
            f"ids hold no identifier in row {missing}: give the row one, or leave it out; "
            "numbers that have become floats meanwhile are whole again after .astype('int64')"
        )
    are_texts = isinstance(identifiers[0], str)
    row = next(
        row
        for row, each in enumerate(identifiers)
        if not (isinstance(each, str) if are_texts else _is_whole(each))
    )
    raise TypeError(
        "ids must hold a whole number for each row, or a text for each; got "
        f"{shown(identifiers[row])} in row {row}: make texts of them, with str() or .astype(str)"
    )


def _of_64_bits(identifiers: list[int]) -> NDArray[np.int64]:
    """Whole numbers as their 64 bits, of those without a sign too."""
    if not all(-(2**63) <= identifier < 2**64 for identifier in identifiers):
        raise ValueError(
            "ids hold a whole number of more than 64 bits; make texts of them, with str()"
        )
    bits = [int(identifier) & (2**64 - 1) for identifier in identifiers]
    return np.array(bits, dtype=np.uint64).view(np.int64)


def _is_whole(identifier: Any) -> bool:
    return isinstance(identifier, Integral) and not isinstance(identifier, (bool, np.timedelta64))
