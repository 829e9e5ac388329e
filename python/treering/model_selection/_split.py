"""Splitters that draw as scikit-learn's do and return the same rows.

They are scikit-learn's classes: parameters, checks, warnings and errors are inherited. Random
draws come from numpy's generator in the same order; what changes is how labels are grouped and how
rows are gathered.
"""

import warnings
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
import sklearn.model_selection as _sklearn
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state, indexable

from treering._core import metrics as _labels_core
from treering._core import model_selection as _core
from treering._labels import encode
from treering._sklearn import approximate_mode, num_samples, safe_indexing, validate_shuffle_split
from treering._validation import checked_sparse

_Rows = NDArray[np.int64]


class _Folds(BaseCrossValidator):
    """The last step of scikit-learn's ``split``: from one fold number per row to rows."""

    n_splits: int

    def _fold_of_each_row(self, X: Any, y: Any) -> NDArray[np.int32]:
        raise NotImplementedError

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[_Rows, _Rows]]:
        """Yield the rows that train and the rows that test, fold by fold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The data; only its length is used.
        y : array-like of shape (n_samples,), default=None
            Labels, where folds shall keep their shares.
        groups : object
            Ignored.

        Yields
        ------
        train, test : ndarray
            Row numbers.
        """
        X, y, _ = indexable(X, y, groups)
        yield from self._rows(X, y)

    def _rows(self, X: Any, y: Any) -> Iterator[tuple[_Rows, _Rows]]:
        folds = self._fold_of_each_row(X, y)
        for fold in range(self.n_splits):
            yield _core.train_test(folds, fold)


class KFold(_sklearn.KFold, _Folds):
    """Consecutive folds, shuffled on request; each is the test set once.

    Parameters
    ----------
    n_splits : int, default=5
        The number of folds.
    shuffle : bool, default=False
        Shuffle rows before they are cut into folds.
    random_state : int, RandomState instance or None, default=None
        Where `shuffle` draws from.

    Examples
    --------
    >>> from treering.model_selection import KFold
    >>> for train, test in KFold(n_splits=2).split([10, 20, 30, 40]):
    ...     print(train, test)
    [2 3] [0 1]
    [0 1] [2 3]
    """

    def _rows(self, X: Any, y: Any) -> Iterator[tuple[_Rows, _Rows]]:
        if self.shuffle:
            yield from super()._rows(X, y)
            return
        rows = np.arange(num_samples(X))
        stops = np.cumsum(self._sizes(rows.size))
        for start, stop in zip([0, *stops], stops, strict=False):
            yield np.concatenate((rows[:start], rows[stop:])), rows[start:stop].copy()

    def _sizes(self, rows: int) -> _Rows:
        sizes = np.full(self.n_splits, rows // self.n_splits)
        sizes[: rows % self.n_splits] += 1
        return sizes

    def _fold_of_each_row(self, X: Any, _y: Any) -> NDArray[np.int32]:
        rows = num_samples(X)
        sizes = self._sizes(rows)
        folds = np.repeat(np.arange(self.n_splits, dtype=np.int32), sizes)
        order = np.arange(rows)
        check_random_state(self.random_state).shuffle(order)
        shuffled = np.empty(rows, dtype=np.int32)
        shuffled[order] = folds
        return shuffled


class StratifiedKFold(_sklearn.StratifiedKFold, _Folds):  # type: ignore[misc]
    """Folds that hold each label in the same share.

    Parameters
    ----------
    n_splits : int, default=5
        The number of folds.
    shuffle : bool, default=False
        Shuffle the rows of each label before they are dealt to folds.
    random_state : int, RandomState instance or None, default=None
        Where `shuffle` draws from.

    Examples
    --------
    >>> from treering.model_selection import StratifiedKFold
    >>> for train, test in StratifiedKFold(n_splits=2).split([1, 2, 3, 4], ["a", "a", "b", "b"]):
    ...     print(train, test)
    [1 3] [0 2]
    [0 2] [1 3]
    """

    def _fold_of_each_row(self, X: Any, y: Any) -> NDArray[np.int32]:
        folds: NDArray[np.int32] = self._make_test_folds(X, y)
        return folds

    def _make_test_folds(self, X: Any, y: Any = None) -> NDArray[np.int32]:
        labels = encode(y)
        if labels is None:
            return np.asarray(super()._make_test_folds(X, y), dtype=np.int32)
        distinct, ranks = _labels_core.ranks(labels.arrays[0])
        codes, counts = _core.by_appearance(ranks, distinct.size)
        if (self.n_splits > counts).all():
            raise ValueError(
                f"n_splits={self.n_splits} cannot be greater than the number of members in each "
                "class."
            )
        if self.n_splits > counts.min():
            warnings.warn(
                f"The least populated class in y has only {counts.min()} members, which is less "
                f"than n_splits={self.n_splits}.",
                UserWarning,
                stacklevel=2,
            )
        # Rows sorted by class are dealt to the folds in turn: fold i gets the places that leave
        # the remainder i.
        ends = np.cumsum(counts)
        splits = np.arange(self.n_splits)[:, np.newaxis]
        upto = (ends - splits + self.n_splits - 1) // self.n_splits
        before = (ends - counts - splits + self.n_splits - 1) // self.n_splits
        allocation = upto - before
        rng = check_random_state(self.random_state)
        dealt = []
        for of_class in allocation.T:
            folds = np.repeat(np.arange(self.n_splits), of_class)
            if self.shuffle:
                rng.shuffle(folds)
            dealt.append(folds)
        return _core.deal(codes, counts, np.concatenate(dealt).astype(np.int32))


class ShuffleSplit(_sklearn.ShuffleSplit):
    """Random train and test sets, drawn anew for every split.

    Drawing the permutation is all the work there is, so this is scikit-learn's class unchanged.

    Parameters
    ----------
    n_splits : int, default=10
        The number of splits.
    test_size, train_size : float or int, default=None
        A share or a number of rows; by default a tenth tests and the rest trains.
    random_state : int, RandomState instance or None, default=None
        Where permutations are drawn from.

    Examples
    --------
    >>> from treering.model_selection import ShuffleSplit
    >>> train, test = next(ShuffleSplit(test_size=0.25, random_state=0).split(range(8)))
    >>> print(train, test)
    [1 7 3 0 5 4] [6 2]
    """


class StratifiedShuffleSplit(_sklearn.StratifiedShuffleSplit):
    """Random train and test sets that hold each label in the same share.

    Parameters
    ----------
    n_splits : int, default=10
        The number of splits.
    test_size, train_size : float or int, default=None
        A share or a number of rows; by default a tenth tests and the rest trains.
    random_state : int, RandomState instance or None, default=None
        Where permutations are drawn from.

    Examples
    --------
    >>> from treering.model_selection import StratifiedShuffleSplit
    >>> splitter = StratifiedShuffleSplit(test_size=2, random_state=0)
    >>> train, test = next(splitter.split([0] * 4, ["a", "a", "b", "b"]))
    >>> print(train, test)
    [1 2] [3 0]
    """

    def _iter_indices(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[_Rows, _Rows]]:
        rows = num_samples(X)
        n_train, n_test = validate_shuffle_split(
            rows, self.test_size, self.train_size, default_test_size=self._default_test_size
        )
        labels = encode(y)
        if labels is None:
            yield from super()._iter_indices(X, y, groups)
            return
        distinct, codes = _labels_core.ranks(labels.arrays[0])
        of_classes, counts = _core.group(codes, distinct.size)
        if counts.min() < 2 or min(n_train, n_test) < distinct.size:
            yield from super()._iter_indices(X, y, groups)  # which says what is wrong
            return
        of_class = np.split(of_classes, np.cumsum(counts)[:-1])
        rng = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            of_train = approximate_mode(counts, n_train, rng)
            of_test = approximate_mode(counts - of_train, n_test, rng)
            train, test = [], []
            for members, trains, tests in zip(of_class, of_train, of_test, strict=True):
                permutation = rng.permutation(members.size)
                train.append(members[permutation[:trains]])
                test.append(members[permutation[trains : trains + tests]])
            yield rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(test))


class GroupKFold(_sklearn.GroupKFold):
    """Folds that keep the rows of each group together.

    There are few groups beside rows, so this is scikit-learn's class unchanged.

    Parameters
    ----------
    n_splits : int, default=5
        The number of folds, at most that of groups.
    shuffle : bool, default=False
        Deal groups to folds at random; without it, so that folds are about even.
    random_state : int, RandomState instance or None, default=None
        Where `shuffle` draws from.

    Examples
    --------
    >>> from treering.model_selection import GroupKFold
    >>> for train, test in GroupKFold(n_splits=2).split([1, 2, 3, 4], groups=["a", "b", "a", "b"]):
    ...     print(train, test)
    [0 2] [1 3]
    [1 3] [0 2]
    """


class TimeSeriesSplit(_sklearn.TimeSeriesSplit):
    """Training rows that come before the test rows, more of them with every split.

    Counting is all the work there is, so this is scikit-learn's class unchanged.

    Parameters
    ----------
    n_splits : int, default=5
        The number of splits.
    max_train_size : int, default=None
        At most so many rows train, the latest.
    test_size : int, default=None
        How many rows test; by default all splits and the first training set get as many.
    gap : int, default=0
        How many rows before the test rows are left out.

    Examples
    --------
    >>> from treering.model_selection import TimeSeriesSplit
    >>> for train, test in TimeSeriesSplit(n_splits=2).split(range(6)):
    ...     print(train, test)
    [0 1] [2 3]
    [0 1 2 3] [4 5]
    """


class RepeatedKFold(_sklearn.RepeatedKFold):
    """Shuffled folds, several times.

    Drawing the permutations is all the work there is, so this is scikit-learn's class unchanged.

    Parameters
    ----------
    n_splits : int, default=5
        The number of folds.
    n_repeats : int, default=10
        How often rows are cut into folds anew.
    random_state : int, RandomState instance or None, default=None
        Where permutations are drawn from.

    Examples
    --------
    >>> from treering.model_selection import RepeatedKFold
    >>> for train, test in RepeatedKFold(n_splits=2, n_repeats=1, random_state=0).split(range(4)):
    ...     print(train, test)
    [0 1] [2 3]
    [2 3] [0 1]
    """


def train_test_split(
    *arrays: Any,
    test_size: float | None = None,
    train_size: float | None = None,
    random_state: Any = None,
    shuffle: bool = True,
    stratify: Any = None,
    groups: Any = None,
) -> list[Any]:
    """Split arrays of equal length into a random train and test set each.

    Parameters
    ----------
    *arrays : sequence of indexables
        Lists, numpy arrays, SciPy sparse matrices, pandas or polars frames.
    test_size, train_size : float or int, default=None
        A share or a number of rows; by default a quarter tests and the rest trains.
    random_state : int, RandomState instance or None, default=None
        Where the permutation is drawn from.
    shuffle : bool, default=True
        False takes the first rows to train and the next to test.
    stratify : array-like, default=None
        Labels whose shares both sets shall keep.
    groups : array-like, default=None
        The group of each row: rows of one group stay together, and sizes are those of groups. Not
        together with `stratify` or ``shuffle=False``. scikit-learn's function has no groups; the
        split is that of its ``GroupShuffleSplit``.

    Returns
    -------
    list
        The train and the test part of each array, of its own kind.

    Examples
    --------
    >>> from treering.model_selection import train_test_split
    >>> train_test_split([1, 2, 3, 4], test_size=1, random_state=0)
    [[4, 2, 1], [3]]
    """
    arrays = tuple(map(checked_sparse, arrays))  # before SciPy takes rows of them
    if groups is not None:
        if stratify is not None or shuffle is not True:
            raise ValueError(
                "groups go neither with stratify nor with shuffle=False; leave one out"
            )
        if not arrays:
            raise ValueError("At least one array required as input")
        arrays = indexable(*arrays)
        by_groups = _sklearn.GroupShuffleSplit(
            1,
            test_size=0.25 if test_size is train_size is None else test_size,
            train_size=train_size,
            random_state=random_state,
        )
        sides = next(by_groups.split(arrays[0], groups=groups))
        return [safe_indexing(array, rows) for array in arrays for rows in sides]
    plain = (
        bool(arrays)
        and stratify is not None
        and shuffle is True
        and _is_size(test_size)
        and _is_size(train_size)
        and (random_state is None or isinstance(random_state, (Integral, np.random.RandomState)))
    )
    if not plain:
        parts: list[Any] = _sklearn.train_test_split(
            *arrays,
            test_size=test_size,
            train_size=train_size,
            random_state=random_state,
            shuffle=shuffle,
            stratify=stratify,
        )
        return parts
    arrays = indexable(*arrays)
    n_train, n_test = validate_shuffle_split(
        num_samples(arrays[0]), test_size, train_size, default_test_size=0.25
    )
    splitter = StratifiedShuffleSplit(
        test_size=n_test, train_size=n_train, random_state=random_state
    )
    train, test = next(splitter.split(X=arrays[0], y=stratify))
    return [safe_indexing(array, rows) for array in arrays for rows in (train, test)]


def _is_size(size: Any) -> bool:
    """Whether a size passes scikit-learn's check of parameters."""
    if size is None:
        return True
    if isinstance(size, Integral):
        return not isinstance(size, bool) and int(size) >= 1
    return isinstance(size, Real) and 0 < float(size) < 1
