"""What two-sample tests share: how samples are read, missing values, and axes."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from treering._checks import one_of, whole_number
from treering._frames import backend_of
from treering._results import Result, field_names
from treering.stats._samples import FloatArray, exact_levels, float_array, number_array

NanPolicy = Literal["propagate", "omit", "raise"]

_NAN_POLICIES = ("propagate", "omit", "raise")

ALTERNATIVES = ("two-sided", "less", "greater")

# What a test finds, in the order of its result's fields; NaN first where it is undefined.
Row = tuple[Any, ...]
# All pairs are tested in one call, so that threads divide them.
Test = Callable[[list[FloatArray], list[FloatArray]], list[Row]]


class TestResult(Result):
    """What results of tests share: a table with a row for each test of samples along an axis."""

    __slots__ = ()

    @classmethod
    def _table(cls, rows: Sequence[Self]) -> dict[str, Any]:
        """Return a row for each test; samples of more dimensions hold many."""
        names = field_names(cls, seen=True)
        return {
            name: np.concatenate([np.ravel(getattr(row, name)) for row in rows]) for name in names
        }


class PairResult(TestResult):
    """A result that unpacks and indexes as ``(statistic, pvalue)``, as SciPy's do."""

    __slots__ = ()

    statistic: Any
    pvalue: Any

    def _pair(self) -> tuple[Any, Any]:
        return (self.statistic, self.pvalue)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pair())

    def __len__(self) -> int:
        return 2

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self._pair()[index]


@dataclass(frozen=True)
class Samples:
    """Two samples as numbers, and where their observations lie."""

    first: FloatArray
    second: FloatArray
    axis: int
    keepdims: bool
    policy: str
    backend: str | None
    levels: NDArray[Any] | None
    name: str
    names: tuple[str, str]

    @classmethod
    def read(
        cls,
        data: tuple[ArrayLike, ArrayLike],
        *,
        function: str,
        names: tuple[str, str],
        axis: int | None,
        nan_policy: str,
        keepdims: bool,
        ranks_do: bool = True,
    ) -> Self:
        """Read the samples of a function of this name.

        Of a function that uses nothing but their order, for which `ranks_do`, whole numbers that
        double precision would round are ranked.
        """
        one_of("nan_policy", nan_policy, _NAN_POLICIES, optional=False)
        first, second = (
            number_array(values, name) for values, name in zip(data, names, strict=True)
        )
        levels = None
        if ranks_do and (ranked := exact_levels(first, second)) is not None:
            levels, first, second = ranked
        firsts, seconds = float_array(first), float_array(second)
        dimensions = max(firsts.ndim, seconds.ndim, 1)
        if axis is None:
            firsts, seconds, place = firsts.ravel(), seconds.ravel(), 0
        else:
            place = whole_number("axis", axis, least=-dimensions, most=dimensions - 1)
            place %= dimensions
        backend = backend_of(*data)
        return cls(firsts, seconds, place, keepdims, nan_policy, backend, levels, function, names)

    def each(self, test: Test, *, least: int = 1) -> tuple[list[Row], tuple[int, ...] | None]:
        """Test the observations along the axis: a row for each pair of samples, and their shape.

        The shape is None if there is one pair, whose results are plain numbers. A test gets no
        missing values but under the policy to propagate, and no fewer than `least` observations;
        `least` is that of the test.
        """
        if self.first.ndim == self.second.ndim == 1 and not self.keepdims:
            return self._rows(test, [self.first], [self.second], least), None
        dimensions = max(self.first.ndim, self.second.ndim, 1)

        def observations_last(sample: FloatArray) -> NDArray[Any]:
            padded = sample.reshape((1,) * (dimensions - sample.ndim) + sample.shape)
            return np.moveaxis(padded, self.axis, -1)

        firsts, seconds = observations_last(self.first), observations_last(self.second)
        shape = np.broadcast_shapes(firsts.shape[:-1], seconds.shape[:-1])
        firsts = np.broadcast_to(firsts, shape + firsts.shape[-1:])
        seconds = np.broadcast_to(seconds, shape + seconds.shape[-1:])
        places = list(np.ndindex(shape))
        rows = self._rows(
            test, [firsts[at] for at in places], [seconds[at] for at in places], least
        )
        if self.keepdims:
            shape = (*shape[: self.axis], 1, *shape[self.axis :])
        return rows, shape

    def _rows(
        self, test: Test, firsts: list[FloatArray], seconds: list[FloatArray], least: int
    ) -> list[Row]:
        for side, name in ((firsts, self.names[0]), (seconds, self.names[1])):
            # All of a side have one length, before their NaN are omitted.
            if side and (size := side[0].size) < least:
                what = "is empty" if size == 0 else f"has {size} observation"
                needed = "one observation" if least == 1 else f"{least} observations"
                raise ValueError(f"{name} {what}; expected at least {needed} in either sample")
        if self.policy == "omit":
            firsts, seconds = ([_present(sample) for sample in side] for side in (firsts, seconds))
        pairs = list(zip(firsts, seconds, strict=True))
        enough = [min(first.size, second.size) >= least for first, second in pairs]
        tested = [pair for pair, has_enough in zip(pairs, enough, strict=True) if has_enough]
        found = iter(test([first for first, _ in tested], [second for _, second in tested]))
        rows = [next(found) if has_enough else () for has_enough in enough]
        if self.policy == "raise" and any(
            np.isnan(row[0]) and _has_missing(*pair) for row, pair in zip(rows, pairs, strict=True)
        ):
            raise ValueError("the samples contain NaN; drop them, or pass nan_policy='omit'")
        self._warn(least, emptied=not all(enough))
        return rows

    def _warn(self, least: int, *, emptied: bool) -> None:
        if emptied:
            what = "nothing" if least == 1 else "too little"
            warnings.warn(
                f"{self.name}: {what} is left of a sample after its NaN were omitted; the result "
                "is NaN",
                RuntimeWarning,
                stacklevel=5,
            )


def _present(sample: FloatArray) -> FloatArray:
    missing = np.isnan(sample)
    return sample[~missing] if missing.any() else sample


def _has_missing(first: FloatArray, second: FloatArray) -> bool:
    return bool(np.isnan(first).any() or np.isnan(second).any())


def columns(rows: list[Row], shape: tuple[int, ...] | None, width: int) -> list[Any]:
    """Return what rows hold, column by column: numbers of one row, else arrays of a shape.

    A row without values is undefined.
    """
    filled = [row or (np.nan,) * width for row in rows]
    if shape is None:
        return list(filled[0])
    return [
        np.array([row[index] for row in filled], dtype=np.float64).reshape(shape)
        for index in range(width)
    ]
